"""The blocks of an AsciiDoc document, line by line, as the AsciiDoc language describes them.

Source: https://docs.asciidoctor.org/asciidoc/latest/ (document header, attribute entries, conditionals,
delimited blocks, literal paragraphs, block masquerading). No kept Python parser of AsciiDoc gives places.
Conditional text that a plain conversion to HTML would leave out is left out here too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from crawler.sources.asciidoc_conditions import CONDITIONAL, INTRINSIC, follow
from crawler.sources.asciidoc_text import Text, expand, literal, masked

_ENTRY = re.compile(r":(!?)(\w[\w-]*)(!?):(?:[ \t]+(.*))?")
_VERBATIM_FENCE = re.compile(r"(-{4,}|\.{4,}|\+{4,}|/{4,}|`{3,})(.*)")
_STRUCTURE_FENCE = re.compile(r"(={4,}|\*{4,}|_{4,}|~{4,}|--|\"\")")
_UNDERLINE = re.compile(r"=+|-+|~+|\^+|\++")
_BLOCK_TITLE = re.compile(r"\.([^\s.].*)")
_TABLE_FENCE = re.compile(r"([|,:!])={3,}")
_BLOCK_ATTRIBUTES = re.compile(r"\[(?:[\w.#%\"'{,\[].*)?\]")
_LIST_ITEM = re.compile(r"\s+(?:[-*.]{1,5}|\d+\.|[A-Za-z]\.|[ivxIVX]+\)|<(?:\d+|\.)>)\s|\s.*?\S(?::{2,4}|;;)(?:\s|$)")
_BARE_TERM = re.compile(r"\s*\S.*?(?::{2,4}|;;)")
_SECTION = re.compile(r"(={1,6}|#{1,6})[ \t]+(\S.*)")
_VERBATIM_STYLES = frozenset(
    [
        "source",
        "listing",
        "literal",
        "stem",
        "latexmath",
        "asciimath",
        "pass",
        "comment",
        "mermaid",
        "plantuml",
        "ditaa",
        "graphviz",
        "dot",
        "a2s",
        "blockdiag",
        "bytefield",
        "diagrams",
        "erd",
        "gnuplot",
        "nomnoml",
        "pikchr",
        "seqdiag",
        "structurizr",
        "svgbob",
        "vega",
        "wavedrom",
    ]
)
_SUBS = re.compile(r"subs\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^,\]]*))")
_LINK_SUBS = frozenset({"macros", "normal"})


class Role(StrEnum):
    """What a block is to a reader."""

    TEXT = "text"
    TITLE = "title"
    CODE = "code"
    HTML = "html"
    COMMENT = "comment"
    FRONT_MATTER = "front-matter"
    ATTRIBUTES = "attributes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Lines that belong together, attribute references already replaced in TEXT and TITLE.

    `separator` is the cell separator inside a table, else empty. `images` is the folder of images then in force.
    """

    role: Role
    text: Text
    separator: str = ""
    images: str = ""


@dataclass(slots=True)
class _State:
    attributes: dict[str, Text] = field(default_factory=dict)
    skipping: list[bool] = field(default_factory=list)
    style: str = ""
    links_in_code: bool = False
    separator: str = ""
    after_break: bool = True
    awaits_text: bool = False
    in_header: bool = False
    started: bool = False
    paragraph: list[tuple[int, str]] = field(default_factory=list)

    def value(self, name: str) -> str | None:
        held = self.attributes.get(name.lower())
        return None if held is None else held.string


def blocks(document: str) -> Iterator[Block]:
    """Yield the blocks of a document in order."""
    state = _State()
    for name, value in INTRINSIC.items():
        state.attributes[name] = Text(string=value, pieces=())
    position, front = _front_matter(document)
    if front:
        yield Block(role=Role.FRONT_MATTER, text=literal([(0, document[:position])]))
    lines = _active_lines(document, position, state)
    for offset, line in lines:
        yield from _line(offset, line, lines, state)
    yield from _flush(state)


def _front_matter(document: str) -> tuple[int, bool]:
    match = re.match(r"---[ \t]*\r?\n.*?^---[ \t]*(?:\r?\n|\Z)", document, re.DOTALL | re.MULTILINE)
    return (match.end(), True) if match else (0, False)


def _active_lines(document: str, position: int, state: _State) -> Iterator[tuple[int, str]]:
    """Yield (offset, line) for the lines that conditionals let through, as attributes stand then."""
    while position < len(document):
        end = document.find("\n", position)
        end = len(document) if end < 0 else end
        line = document[position:end].rstrip()
        conditional = CONDITIONAL.fullmatch(line) if line.endswith("]") else None
        if conditional:
            content = follow(conditional, state.skipping, state.value)
            if content:
                yield position + conditional.start(3), conditional[3]
        elif not any(state.skipping):
            yield position, line.removeprefix("\\") if line.startswith("\\if") else line
        position = end + 1


def _line(offset: int, line: str, lines: Iterator[tuple[int, str]], state: _State) -> Iterator[Block]:
    fence = _VERBATIM_FENCE.fullmatch(line)
    if _underlines(line, state):
        ((at, title),) = state.paragraph
        state.paragraph = []
        yield Block(role=Role.TITLE, text=_readable(literal([(at, title)]), state))
    elif fence and (not fence[2] or fence[1].startswith("`")):
        yield from _flush(state)
        yield from _verbatim(offset, fence[1], lines, state)
    elif table := _TABLE_FENCE.fullmatch(line):
        yield from _flush(state)
        state.separator = "" if state.separator == table[1] else table[1]
    elif _STRUCTURE_FENCE.fullmatch(line):
        yield from _flush(state)
        if line == "--" and state.style in _VERBATIM_STYLES:
            yield from _verbatim(offset, line, lines, state)
    elif line.startswith("//") and not line.startswith("///"):
        yield Block(role=Role.COMMENT, text=literal([(offset, line)]))
    elif not line or line == "+":
        yield from _flush(state)
        state.after_break, state.in_header = True, False
    elif (entry := _ENTRY.fullmatch(line)) and not state.paragraph:
        _define(entry, offset, line, lines, state)
    else:
        yield from _content(offset, line, state)


def _underlines(line: str, state: _State) -> bool:
    """Whether a line makes the line before it a two-line section title: the two are about as long."""
    if len(state.paragraph) != 1 or not _UNDERLINE.fullmatch(line):
        return False
    title = state.paragraph[0][1]
    return abs(len(title) - len(line)) < 2 and title[0] not in ". \t" and bool(re.search(r"\w", title))


def _content(offset: int, line: str, state: _State) -> Iterator[Block]:
    """Read a line that is no delimiter: a section title, block attributes, a title or running text."""
    if not state.paragraph:
        if section := _SECTION.fullmatch(line):
            text = literal([(offset + section.start(2), section[2])])
            state.in_header = not state.started and len(section[1]) == 1
            state.started = True
            yield Block(role=Role.TITLE, text=_readable(text, state))
            return
        if title := _BLOCK_TITLE.fullmatch(line):
            yield Block(role=Role.TEXT, text=_readable(literal([(offset + 1, title[1])]), state))
            return
        if _BLOCK_ATTRIBUTES.fullmatch(line):
            _style(line, state)
            yield Block(role=Role.ATTRIBUTES, text=expand(literal([(offset, line)]), state.attributes))
            return
    indented = state.after_break and not state.paragraph and line[0] in " \t" and not _LIST_ITEM.match(line)
    if indented and not state.awaits_text:
        state.style = state.style or "literal"
    state.awaits_text = False
    state.paragraph.append((offset, line))
    state.after_break, state.started = False, True
    if state.in_header:
        yield from _flush(state)  # author and revision lines: attribute entries may follow at once


def _style(line: str, state: _State) -> None:
    style = re.match(r"\[([\w-]+)", line)
    if style:
        state.style = style[1]
    subs = _SUBS.search(line)
    if subs:
        wanted = (subs[1] or subs[2] or subs[3] or "").replace("+", " ").replace(",", " ").split()
        state.links_in_code = bool(_LINK_SUBS & set(wanted))


def _define(entry: re.Match[str], offset: int, line: str, lines: Iterator[tuple[int, str]], state: _State) -> None:
    name = entry[2].lower()
    if entry[1] or entry[3]:
        state.attributes.pop(name, None)
        return
    value = entry[4] or ""
    parts = [(offset + entry.start(4), value)] if value else []
    while value.endswith(" \\") and parts:
        parts[-1] = (parts[-1][0], value[:-1].rstrip())
        following = next(lines, None)
        if following is None:
            break
        value = following[1]
        indent = len(value) - len(value.lstrip())
        parts.append((following[0] + indent, value[indent:]))
    state.attributes[name] = expand(_unwrapped(literal(parts)), state.attributes)


def _unwrapped(value: Text) -> Text:
    """Return an attribute's value without the `pass:...[ ]` around it."""
    match = re.fullmatch(r"pass:[a-z,-]*\[(.*)\]", value.string, re.DOTALL)
    if match is None or len(value.pieces) != 1:
        return value
    start = value.pieces[0].start + match.start(1)
    return literal([(start, match[1])])


def _verbatim(offset: int, fence: str, lines: Iterator[tuple[int, str]], state: _State) -> Iterator[Block]:
    inside = []
    for position, line in lines:
        if line == fence:
            break
        inside.append((position, line))
    role = Role.CODE
    if fence.startswith("/") or state.style == "comment":
        role = Role.COMMENT
    elif fence.startswith("+") and state.style in ("", "pass"):
        role = Role.HTML
    text = literal(inside)
    if role is Role.CODE and state.links_in_code:
        role, text = Role.TEXT, _readable(text, state)
    state.style, state.links_in_code, state.after_break = "", False, True
    if inside:
        yield Block(role=role, text=text)


def _flush(state: _State) -> Iterator[Block]:
    if not state.paragraph:
        return
    text = literal(state.paragraph)
    verbatim = state.style in _VERBATIM_STYLES and not state.links_in_code
    # The text of a term without one may stand indented after a blank line.
    state.awaits_text = not verbatim and _BARE_TERM.fullmatch(state.paragraph[-1][1]) is not None
    state.paragraph = []
    state.style, state.links_in_code, state.after_break = "", False, True
    if verbatim:
        yield Block(role=Role.CODE, text=text)
    else:
        images = state.value("imagesdir") or ""
        yield Block(role=Role.TEXT, text=_readable(text, state), separator=state.separator, images=images)


def _readable(text: Text, state: _State) -> Text:
    return expand(masked(text), state.attributes)
