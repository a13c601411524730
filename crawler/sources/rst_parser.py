"""A docutils parser that records where each URL stands while it parses.

Facts about docutils relied on: `Inliner.parse` gets the joined text of each block, with the line
number of its first line; each inline node's `rawsource` is its exact source text; states are looked up
by their class name, so a subclass of the same name takes a state's place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from docutils import frontend, nodes, utils
from docutils.parsers.rst import Directive, Parser, directives, roles, states

from crawler.domain.links import FoundLink
from crawler.sources.bare import bare_links
from crawler.sources.rst_places import Block, Places
from crawler.sources.verbatim import verbatim_links

# Directives whose content is shown as it stands or fed to another program; docutils' own and Sphinx's
# (https://www.sphinx-doc.org/en/master/usage/restructuredtext/directives.html) and common extensions'.
VERBATIM = frozenset(
    """code code-block sourcecode highlight literalinclude math doctest testcode testsetup testcleanup
    testoutput productionlist graphviz digraph graph inheritance-diagram mermaid plantuml uml prompt
    console ipython jupyter-execute code-cell jinja program-output command-output click argparse
    autoprogram bibliography raw""".split()
)
_LINK_LISTS = frozenset({"toctree"})
_IMAGES = frozenset({"image", "figure"})


class Record:
    """What one parse found: link spans, and the document tree for anchors."""

    def __init__(self, document: str) -> None:
        self.places = Places(document)
        self.tree: nodes.document | None = None
        self._found: dict[int, FoundLink] = {}

    def links(self) -> list[FoundLink]:
        """Return the links in document order; a verbatim find inside a real link's span is dropped."""
        ordered = sorted(self._found.values(), key=lambda link: (link.start, link.optional))
        kept: list[FoundLink] = []
        real = [(link.start, link.start + len(link.raw)) for link in ordered if not link.optional]
        position = 0
        for link in ordered:
            while position < len(real) and real[position][1] <= link.start:
                position += 1
            inside = position < len(real) and real[position][0] < link.start + len(link.raw)
            if not (link.optional and inside):
                kept.append(link)
        return kept

    def anchors(self) -> frozenset[str]:
        """Return all ids of the document tree."""
        if self.tree is None:
            return frozenset()
        return frozenset(name for node in self.tree.findall(nodes.Element) for name in node["ids"])

    def add(self, start: int, end: int, href: str, text: str, kind: str) -> None:
        """Record a link at a document span."""
        raw = self.places.document[start:end]
        if raw.strip() and href:
            self._keep(FoundLink(raw=raw, href=href, start=start, text=text, kind=kind))

    def add_bare(self, start: int, end: int, kind: str, *, optional: bool) -> None:
        """Record the bare URLs of a region of the document."""
        document = self.places.document
        found = (
            verbatim_links(document, start, end, kind)
            if optional
            else bare_links(document[start:end], offset=start, kind=kind)
        )
        for link in found:
            self._keep(link)

    def _keep(self, link: FoundLink) -> None:
        held = self._found.get(link.start)
        if held is None or held.optional:
            self._found[link.start] = link

    def taken(self, start: int) -> bool:
        """Whether a link that is not optional stands there already."""
        held = self._found.get(start)
        return held is not None and not held.optional

    def inline(self, text: str, lineno: int, found: list[nodes.Node]) -> None:
        """Record the references and literals of one block of inline text."""
        if not any(_may_link(node) for node in found):
            return
        block = self.places.block(text, lineno)
        if block is None:
            return
        cursor = 0
        for node in found:
            raw = node.rawsource if isinstance(node, nodes.Element) else ""
            if not raw or isinstance(node, nodes.target):
                continue
            position = text.find(raw, cursor)
            if position < 0:
                continue
            cursor = position + len(raw)
            if isinstance(node, nodes.reference) and node.get("refuri"):
                self._reference(node, raw, position, block)
            elif isinstance(node, nodes.literal):
                start, end = block.span(position, cursor)
                self.add_bare(start, end, "code", optional=True)
            elif isinstance(node, nodes.inline) and "role" in node["classes"]:
                start, end = block.span(position, cursor)
                self.add_bare(start, end, "role", optional=False)

    def _reference(self, node: nodes.reference, raw: str, position: int, block: Block) -> None:
        if raw.endswith("_") and raw.startswith("`"):
            inner, end, kind = raw.rfind("<") + 1, raw.rfind(">"), "link"
        elif raw.startswith((":", "`")):
            return  # made by a role (PEP, RFC): no URL stands there
        else:
            inner, end, kind = 0, len(raw), "bare"
        if inner >= end:
            return
        start, stop = block.span(position + inner, position + end)
        start, stop = self._free(start, stop)
        self.add(start, stop, node["refuri"], node.astext(), kind)

    def _free(self, start: int, stop: int) -> tuple[int, int]:
        """Move on to the next equal text of the line where the first is taken (table cells)."""
        document, raw = self.places.document, self.places.document[start:stop]
        line_end = document.find("\n", stop)
        limit = len(document) if line_end < 0 else line_end
        at = start
        while self.taken(at):
            at = document.find(raw, at + 1, limit)
            if at < 0:
                return start, stop
        return at, at + len(raw)

    def uri(self, uri: str, first: int, last: int, text: str, kind: str) -> None:
        """Record a URI that stands, perhaps broken over lines, between two 0-based lines."""
        document = self.places.document
        for low, high in ((first, last), (first - 3, last + 3)):
            start, end = self.places.start(low), self.places.start(high)
            for match in _spaced(uri).finditer(document, start, end):
                if not self.taken(match.start()):
                    self.add(match.start(), match.end(), uri, text, kind)
                    return

    def target(self, block: list[str], lineno: int, node: nodes.target) -> None:
        """Record the URI of an explicit hyperlink target."""
        lines = [utils.unescape(line, True).strip() for line in block]
        lines = [line for line in lines if line]
        text = "\n".join(lines)
        place = self.places.block(text, lineno) if text else None
        if place is not None:
            start, end = place.span(0, len(text))
            name = node["names"][0] if node["names"] else ""
            self.add(start, end, node["refuri"], name, "definition")


def parse(document: str) -> Record | None:
    """Parse a document; None where docutils itself fails on it."""
    record = Record(document)
    tree = utils.new_document("<document>", _settings())
    tree.reporter.halt_level = 5
    try:
        _RecordingParser(record).parse(document, tree)
    except Exception:  # docutils raises errors of many kinds on hostile input; the caller falls back
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


def _may_link(node: nodes.Node) -> bool:
    if isinstance(node, nodes.reference):
        return bool(node.get("refuri"))
    return isinstance(node, nodes.literal | nodes.inline) and ":" in node.rawsource


@lru_cache(maxsize=4096)
def _spaced(uri: str) -> re.Pattern[str]:
    return re.compile(r"\\?\s*".join(re.escape(character) for character in uri))


class _RecordingInliner(states.Inliner):
    def __init__(self, record: Record) -> None:
        super().__init__()
        self._record = record

    def parse(self, text: str, lineno: int, memo: Any, parent: nodes.Element) -> Any:
        found, messages = super().parse(text, lineno, memo, parent)
        self._record.inline(text, lineno, found)
        return found, messages

    def interpreted(self, rawsource: str, text: str, role: str, lineno: int) -> Any:
        function, messages = roles.role(role, self.language, lineno, self.reporter)
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
    explicit = states.Struct(
        patterns=states.Body.explicit.patterns,
        constructs=[(_late(method.__name__), pattern) for method, pattern in states.Body.explicit.constructs],
    )

    def __init__(self, state_machine: Any, debug: bool = False) -> None:
        super().__init__(state_machine, debug)  # type: ignore[call-arg]
        self.nested_sm_kwargs = {"state_classes": STATE_CLASSES, "initial_state": "Body"}

    @property
    def _record(self) -> Record:
        record: Record = self.inliner._record  # type: ignore[attr-defined]
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

    def _skip(self, match: Any) -> Any:
        machine = self.state_machine  # type: ignore[attr-defined]
        _, _, _, blank_finish = machine.get_first_known_indented(match.end(), strip_top=0)
        return [], blank_finish or machine.is_next_line_blank()

    def _image(self, found: list[nodes.Node], first: int) -> None:
        for image in [image for node in found for image in node.findall(nodes.image)][:1]:
            self._record.uri(image["uri"], first, self._line(), image.get("alt", ""), "image")
            wrapper = image.parent
            if isinstance(wrapper, nodes.reference) and wrapper.get("refuri"):
                self._record.uri(wrapper["refuri"], first, self._line(), image.get("alt", ""), "link")


STATE_CLASSES = tuple(type(state.__name__, (_Recording, state), {}) for state in states.state_classes)


class _RecordingParser(Parser):
    def __init__(self, record: Record) -> None:
        super().__init__(inliner=_RecordingInliner(record))
        self.state_classes = STATE_CLASSES
