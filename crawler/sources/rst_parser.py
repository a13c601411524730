"""A docutils parser that records where each URL stands while it parses.

Facts about docutils relied on: `Inliner.parse` gets the joined text of each block, with the line
number of its first line; each inline node's `rawsource` is its exact source text; states are looked up
by their class name, so a subclass of the same name takes a state's place.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from docutils import frontend, nodes, utils
from docutils.parsers.rst import Directive, Parser, directives, roles, states

from crawler.sources.rst_record import Record

# Directives whose content is shown as it stands or fed to another program; docutils' own and Sphinx's
# (https://www.sphinx-doc.org/en/master/usage/restructuredtext/directives.html) and common extensions'.
VERBATIM = frozenset(
    [
        "code",
        "code-block",
        "sourcecode",
        "highlight",
        "literalinclude",
        "math",
        "doctest",
        "testcode",
        "testsetup",
        "testcleanup",
        "testoutput",
        "productionlist",
        "graphviz",
        "digraph",
        "graph",
        "inheritance-diagram",
        "mermaid",
        "plantuml",
        "uml",
        "prompt",
        "console",
        "ipython",
        "jupyter-execute",
        "code-cell",
        "jinja",
        "program-output",
        "command-output",
        "click",
        "argparse",
        "autoprogram",
        "bibliography",
        "raw",
    ]
)
_LINK_LISTS = frozenset({"toctree"})
# docutils would keep what these define for every later document of the process.
_INERT = frozenset({"role", "default-role"})
_IMAGES = frozenset({"image", "figure"})


def parse(document: str) -> Record | None:
    """Parse a document; None where docutils itself fails on it."""
    record = Record(document)
    tree = utils.new_document("<document>", _settings())
    tree.reporter.halt_level = 5
    try:
        _RecordingParser(record).parse(document, tree)
    except Exception:  # noqa: BLE001 - docutils raises errors of many kinds on hostile input; the caller falls back
        return None
    record.tree = tree
    return record


@lru_cache(maxsize=1)
def _settings() -> Any:
    settings = frontend.get_default_settings(Parser)
    settings.file_insertion_enabled = False
    settings.raw_enabled = False
    settings.report_level = 5
    settings.halt_level = 5
    settings.warning_stream = False
    settings.syntax_highlight = "none"
    return settings


class _RecordingInliner(states.Inliner):
    def __init__(self, record: Record) -> None:
        super().__init__()
        self.record = record

    def parse(self, text: str, lineno: int, memo: Any, parent: nodes.Element) -> Any:
        found, messages = super().parse(text, lineno, memo, parent)
        self.record.inline(text, lineno, found)
        return found, messages

    def interpreted(self, rawsource: str, text: str, role: str, lineno: int) -> Any:
        function, _ = roles.role(role, self.language, lineno, self.reporter)
        if function is None and role:
            return [nodes.inline(rawsource, utils.unescape(text), classes=["role"])], []
        return super().interpreted(rawsource, text, role, lineno)


# init_customizations formats its patterns from vars() of the object's own class.
for _name, _value in vars(states.Inliner).items():
    if isinstance(_value, str) and not _name.startswith("__"):
        setattr(_RecordingInliner, _name, _value)


class _Nested(Directive):
    """Any directive that docutils does not know: everything under it is read as a container."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        holder = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, holder)
        return [holder]


def _late(name: str) -> Callable[[Any, Any], Any]:
    return lambda state, match: getattr(state, name)(match)


class _Recording:
    """What is added to each state of docutils' state machine."""

    nested_sm_cache: list[Any] = []  # noqa: RUF012 - docutils' own way, its machines must not mix with ours

    # docutils keeps plain functions here; looked up by name they can be overridden.
    explicit = SimpleNamespace(
        patterns=states.Body.explicit.patterns,
        constructs=[(_late(method.__name__), pattern) for method, pattern in states.Body.explicit.constructs],
    )

    def __init__(self, state_machine: Any, debug: bool = False) -> None:  # noqa: FBT001, FBT002 - docutils' signature
        super().__init__(state_machine, debug)  # type: ignore[call-arg]
        self.nested_sm_kwargs = {"state_classes": STATE_CLASSES, "initial_state": "Body"}

    @property
    def _record(self) -> Record:
        record: Record = self.inliner.record  # type: ignore[attr-defined]
        return record

    def _line(self) -> int:
        number: int = self.state_machine.abs_line_number()  # type: ignore[attr-defined]
        return number

    def _region(self, run: Callable[[], Any], kind: str, *, optional: bool) -> Any:
        first = self._line() - 1
        result = run()
        places = self._record.places
        self._record.add_bare(places.start(first), places.start(self._line()), kind, optional=optional)
        return result

    def comment(self, match: Any) -> Any:
        return self._region(lambda: super(_Recording, self).comment(match), "comment", optional=True)  # type: ignore[misc]

    def doctest(self, match: Any, context: Any, next_state: Any) -> Any:
        run = super().doctest  # type: ignore[misc]
        return self._region(lambda: run(match, context, next_state), "code", optional=True)

    def literal_block(self) -> Any:
        return self._region(super().literal_block, "code", optional=True)  # type: ignore[misc]

    def make_target(self, block: Any, block_text: str, lineno: int, target_name: str) -> Any:
        target = super().make_target(block, block_text, lineno, target_name)  # type: ignore[misc]
        if isinstance(target, nodes.target) and target.get("refuri"):
            self._record.target(list(block), lineno, target)
        return target

    def parse_directive_block(self, indented: Any, line_offset: int, directive: Any, presets: Any) -> Any:
        self._last_block = (indented[:], line_offset)
        return super().parse_directive_block(indented, line_offset, directive, presets)  # type: ignore[misc]

    def directive(self, match: Any, **presets: Any) -> Any:
        name = match.group(1).lower()
        if name in _INERT:
            return self._skip(match)
        if name == "raw" and "html" in match.string[match.end() :].lower():
            return self._raw_html(match)
        if name in VERBATIM:
            return self._region(lambda: self._skip(match), "code", optional=True)
        if name in _LINK_LISTS:
            return self._region(lambda: self._skip(match), "link", optional=False)
        known, _ = directives.directive(name, self.memo.language, self.document)  # type: ignore[attr-defined]
        first = self._line() - 1
        found, blank_finish = self.run_directive(known or _Nested, match, name, presets)  # type: ignore[attr-defined]
        if known and found and isinstance(found[0], nodes.system_message):
            block, offset = self._last_block
            self.nested_parse(block, offset, nodes.container())  # type: ignore[attr-defined]
        if name in _IMAGES:
            self._image(found, first)
        return found, blank_finish

    def _raw_html(self, match: Any) -> Any:
        first = self._line() - 1
        result = self._skip(match)
        self._record.add_html(self._record.places.start(first), self._record.places.start(self._line()))
        return result

    def _skip(self, match: Any) -> Any:
        machine = self.state_machine  # type: ignore[attr-defined]
        _, _, _, blank_finish = machine.get_first_known_indented(match.end(), strip_top=0)
        return [], blank_finish or machine.is_next_line_blank()

    def _image(self, found: list[nodes.Node], first: int) -> None:
        for image in [image for node in found for image in node.findall(nodes.image)][:1]:
            if "*" not in image["uri"]:  # Sphinx picks a file per output format
                self._record.uri(image["uri"], first, self._line(), image.get("alt", ""), "image")
            wrapper = image.parent
            if isinstance(wrapper, nodes.reference) and wrapper.get("refuri"):
                self._record.uri(wrapper["refuri"], first, self._line(), image.get("alt", ""), "link")


STATE_CLASSES = tuple(type(state.__name__, (_Recording, state), {}) for state in states.state_classes)


class _RecordingParser(Parser):
    def __init__(self, record: Record) -> None:
        super().__init__(inliner=_RecordingInliner(record))
        self.state_classes = STATE_CLASSES
