# ruff: noqa: FBT001, FBT003 - the signature of markdown-it's rules
"""A CommonMark + GFM parser that tells where each link destination stands.

markdown-it-py keeps line ranges of blocks and no positions of inlines. Its rules are wrapped here: each
notes, in its token's `meta`, the span of the construct and of the destination in the text that it saw.
`crawler.sources.locate` carries these spans back to the document.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import cast

from markdown_it import MarkdownIt
from markdown_it.common.utils import isStrSpace
from markdown_it.helpers import parseLinkDestination, parseLinkLabel
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.reference import reference
from markdown_it.rules_block.table import table
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.autolink import autolink
from markdown_it.rules_inline.backticks import backtick
from markdown_it.rules_inline.html_inline import html_inline
from markdown_it.rules_inline.image import image
from markdown_it.rules_inline.link import link
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

InlineRule = Callable[[StateInline, bool], bool]
BlockRule = Callable[[StateBlock, int, int, bool], bool]
Span = tuple[int, int]

SPAN = "span"
"""Key of a token's `meta`: the whole construct in its block's text."""
DESTINATION = "destination"
"""Key of a token's `meta`: the destination in its block's text, angle brackets left out."""
TAG_LINKS = "tag_links"
"""Key of a token's `meta`: the links of a tag that an extension has read already."""
ROWS = "table_rows"
"""Key of the environment: by line, how many characters before its end a table row starts."""
DEFINITIONS = "definition_places"
"""Key of the environment: (label, destination, line, characters from the destination to the line's end)."""


class _Parser(MarkdownIt):
    """markdown-it with destinations as written: no percent encoding, every scheme is a link."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - the library's name
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802 - the library's name
        return link

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        return True


def build(*extensions: Callable[[MarkdownIt], None]) -> MarkdownIt:
    """Return a parser for CommonMark with tables, strikethrough, footnotes and front matter."""
    parser = _Parser("commonmark", {"maxNesting": 100, "store_labels": True}).enable(["table", "strikethrough"])
    parser.use(footnote_plugin, inline=False, move_to_end=False).use(front_matter_plugin)
    inline: dict[str, tuple[InlineRule, Callable[[StateInline, int], Span | None]]] = {
        "link": (link, _link_destination),
        "image": (_shallow_image, _image_destination),
        "autolink": (autolink, lambda state, start: (start + 1, state.pos - 1)),
        "html_inline": (html_inline, lambda _state, _start: None),
        "backticks": (backtick, lambda _state, _start: None),
    }
    for name, (rule, destination) in inline.items():
        parser.inline.ruler.at(name, partial(_noting, rule, destination))
    parser.block.ruler.at("reference", _reference, {"alt": []})
    parser.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    for extension in extensions:
        extension(parser)
    return parser


@cache
def markdown_parser() -> MarkdownIt:
    """Return the parser for Markdown files."""
    return build()


def note(token: Token, span: Span, destination: Span | None = None) -> None:
    """Write a construct's place into its token."""
    token.meta[SPAN] = span
    token.meta[DESTINATION] = destination


def _noting(
    rule: InlineRule, destination: Callable[[StateInline, int], Span | None], state: StateInline, silent: bool
) -> bool:
    start, count = state.pos, len(state.tokens)
    if not rule(state, silent):
        return False
    if not silent:
        token = next((t for t in state.tokens[count:] if t.type != "text"), None)
        if token is not None:
            note(token, (start, state.pos), destination(state, start))
    return True


_IMAGE_TRIES = "image_tries"
_MOST_TRIES = 1000
"""Reads of an image in one block before those are skipped whose bracket, code aside, nothing closes."""


@lru_cache(maxsize=4)
def _brackets(text: str) -> frozenset[int]:
    """Return the offsets of the opening brackets that are closed."""
    opened: list[int] = []
    closed = set()
    for match in re.finditer(r"\\.|[\[\]]", text, re.DOTALL):
        if match[0] == "[":
            opened.append(match.start())
        elif match[0] == "]" and opened:
            closed.add(opened.pop())
    return frozenset(closed)


class _Shallow:
    """Stands in for a parser while an image is read: its alternative text is not parsed again.

    markdown-it starts a new inline parse for each nested `![`, which its nesting limit does not count.
    """

    def __init__(self, parser: object, **replaced: object) -> None:
        self._parser = parser
        self.__dict__.update(replaced)

    def __getattr__(self, name: str) -> object:
        return getattr(self._parser, name)


def _shallow_image(state: StateInline, silent: bool) -> bool:
    if not state.src.startswith("![", state.pos):
        return False
    tries = state.env.get(_IMAGE_TRIES, ("", 0))
    count = tries[1] + 1 if tries[0] is state.src else 1
    state.env[_IMAGE_TRIES] = (state.src, count)
    if count > _MOST_TRIES and state.pos + 1 not in _brackets(state.src):
        return False  # each try reads to the end of the block for a bracket that is not there
    if silent:
        return image(state, silent)
    parser = state.md
    state.md = cast("MarkdownIt", _Shallow(parser, inline=_Shallow(parser.inline, parse=lambda *_: None)))
    try:
        return image(state, silent)
    finally:
        state.md = parser


def _link_destination(state: StateInline, start: int) -> Span | None:
    return _inline_destination(state, start, parseLinkLabel(state, start, True))


def _image_destination(state: StateInline, start: int) -> Span | None:
    return _inline_destination(state, start, parseLinkLabel(state, start + 1, False))


def _inline_destination(state: StateInline, start: int, label_end: int) -> Span | None:
    """Return the destination between the parentheses; None for a use of a reference."""
    position = label_end + 1
    if label_end < start or state.pos <= position or state.src[position] != "(":
        return None
    position += 1
    while position < state.posMax and (isStrSpace(state.src[position]) or state.src[position] == "\n"):
        position += 1
    return _bare_destination(state.src, position, state.posMax)


def _bare_destination(text: str, start: int, end: int) -> Span | None:
    result = parseLinkDestination(text, start, end)
    if not result.ok:
        return None
    return (start + 1, result.pos - 1) if text[start : start + 1] == "<" else (start, result.pos)


def _reference(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Note a definition's place: label, colon, at most one line end, destination."""
    if not reference(state, start, end, silent):
        return False
    if silent:
        return True
    text, line_ends = "", []
    for line in range(start, state.line):
        text += state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
        line_ends.append(len(text))
        text += "\n"
    label_end = 1
    while text[label_end] != "]":
        label_end += 2 if text[label_end] == "\\" else 1
    position = label_end + 2
    while isStrSpace(text[position]) or text[position] == "\n":
        position += 1
    span = _bare_destination(text, position, len(text))
    if span is not None:
        offset = next(index for index, line_end in enumerate(line_ends) if position < line_end)
        state.env.setdefault(DEFINITIONS, []).append(
            (text[1:label_end], text[span[0] : span[1]], start + offset, line_ends[offset] - span[0])
        )
    return True


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if not table(state, start, end, silent):
        return False
    if not silent:
        rows = state.env.setdefault(ROWS, {})
        for line in range(start, state.line):
            rows[line] = state.eMarks[line] - state.bMarks[line] - state.tShift[line]
    return True
