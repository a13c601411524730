"""Links of a Markdown document: CommonMark with GFM's tables, autolinks and footnotes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference, unescapeAll
from markdown_it.token import Token

from crawler.domain.links import FoundLink
from crawler.sources import html
from crawler.sources.bare import bare_emails, bare_links
from crawler.sources.commonmark import DEFINITIONS, DESTINATION, ROWS, SPAN, TAG_LINKS, markdown_parser
from crawler.sources.jsx import code_links
from crawler.sources.locate import Lines, SourceMap
from crawler.sources.slugs import slugs
from crawler.sources.templates import mark_templates
from crawler.sources.verbatim import verbatim_links

VERBATIM = {
    "fence": "code",
    "code_block": "code",
    "code_inline": "code",
    "front_matter": "front-matter",
    "mdx_code": "code",
    "mdx_comment": "comment",
}
"""Tokens whose text is shown as it is or not at all, and the kind of the bare URLs in it."""

_TAG_NAME = re.compile(r"<(/?[^\s/>]*)")
_EXPLICIT_ID = re.compile(r"[ \t]*\{(?:#(?P<id>[^\s{}]+)[^{}]*|/\*?(?P<comment>[^\s{}*/]+)\*?/)\}[ \t]*\Z")
"""`{#id}` (kramdown, Docusaurus) and `{/*id*/}` (MDX sites), whose stars may have become emphasis."""
_EVERY_PAGE = frozenset({"readme"})
"""Ids that GitHub puts around every rendered file."""

_IN_LINKS = frozenset({"text", "code_inline", "image"})
_IN_HEADINGS = frozenset({"text", "code_inline", "mdx_comment"})
"""Tokens that make up the visible text of a link, and the text from which an anchor is made."""


def extract(document: str) -> list[FoundLink]:
    """Return the links of a Markdown document in document order; never raises.

    `kind` is `link`, `image`, `autolink` (<...>), `bare`, `definition` (a reference link's one place
    that holds the URL), or what `crawler.sources.html` says; `code`, `comment` and `front-matter` are optional.
    """
    return Reader(document, markdown_parser()).links()


def anchors(document: str) -> frozenset[str]:
    """Return what a fragment can point to: GitHub's heading anchors and `readme`, ids in HTML, `{#id}`."""
    return Reader(document, markdown_parser()).anchors()


def headings(document: str) -> list[str]:
    """Return the visible text of each heading."""
    return Reader(document, markdown_parser()).headings()


class Reader:
    """One document, parsed by one parser, with the way from its tokens to its offsets."""

    def __init__(self, document: str, parser: MarkdownIt) -> None:
        self._document = document
        self._lines = Lines(document)
        self._environment: dict[str, Any] = {}
        self._tokens = parser.parse(document.removeprefix("\ufeff"), self._environment)

    def links(self) -> list[FoundLink]:
        """Return all links in document order."""
        found = [link for token in self._tokens for link in self._block(token)]
        uses: dict[str, str] = {}
        for token, mapped in self._inlines():
            found.extend(mapped.relocate(_inline_links(token, uses), self._document))
        found.extend(self._definitions(uses))
        return sorted(mark_templates(found), key=lambda link: link.start)

    def anchors(self) -> frozenset[str]:
        """Return the ids of headings and of the HTML inside."""
        found = set(_EVERY_PAGE)
        headings = []
        for heading in self.headings():
            explicit = _EXPLICIT_ID.search(heading)
            found |= {explicit["id"] or explicit["comment"]} if explicit is not None else set()
            headings.append(heading if explicit is None else heading[: explicit.start()])
        for token in self._tokens:
            for part in (token, *(token.children or ())):
                if part.type.startswith("html_"):
                    found |= html.anchors(part.content)
        return slugs(headings) | found

    def headings(self) -> list[str]:
        """Return the visible text of each heading, images left out."""
        return [
            _visible(following.children or [], shown=_IN_HEADINGS)
            for token, following in pairwise(self._tokens)
            if token.type == "heading_open"
        ]

    def _block(self, token: Token) -> list[FoundLink]:
        if token.map is None:
            return []
        if token.type in VERBATIM:
            start, end = (self._lines.start(line) for line in token.map)
            return _verbatim(self._document, start, end, token.type)
        if token.type == "html_block":
            mapped = self._lines.block(token.content, token.map[0])
            found = token.meta.get(TAG_LINKS)
            return mapped.relocate(html.extract(token.content) if found is None else found, self._document)
        return []

    def _inlines(self) -> Iterator[tuple[Token, SourceMap]]:
        """Yield each inline token with the map of its content."""
        cells: Iterator[SourceMap] | None = None
        spare = ""
        for token in self._tokens:
            if token.type == "tr_open" and token.map is not None:
                cells = iter(self._cells(token.map[0]))
            elif token.type == "tr_close":
                cells = None
            elif token.type == "heading_open":
                spare = "#" if token.markup.startswith("#") else ""
            elif token.type == "inline" and token.map is not None:
                if cells is None:
                    yield token, self._lines.block(token.content, token.map[0], spare=spare)
                elif token.content:
                    yield token, next(cells).within(token.content)
                else:
                    next(cells, None)
            elif token.type == "heading_close":
                spare = ""

    def _cells(self, line: int) -> list[SourceMap]:
        """Return the cells of a table row, where a pipe after a backslash is text."""
        end = self._lines.end(line)
        row = self._document[end - self._environment[ROWS][line] : end].rstrip()
        start = end - self._environment[ROWS][line]
        cells = [SourceMap()]
        begin = 0
        for position, char in enumerate(row):
            if char != "|":
                continue
            escaped = row[position - 1 : position] == "\\"
            cells[-1].add(row[begin : position - escaped], start + begin)
            begin = position if escaped else position + 1
            if not escaped:
                cells.append(SourceMap())
        cells[-1].add(row[begin:], start + begin)
        return cells[1:] if not cells[0].text else cells

    def _definitions(self, uses: dict[str, str]) -> Iterator[FoundLink]:
        for label, destination, line, before_end in self._environment.get(DEFINITIONS, ()):
            start = self._lines.end(line) - before_end
            comment = destination == "#"  # `[//]: # (a comment)`, an idiom
            if destination:
                yield FoundLink(
                    raw=self._document[start : start + len(destination)],
                    href=unescapeAll(destination),
                    start=start,
                    text=uses.get(normalizeReference(label), label),
                    kind="comment" if comment else "definition",
                    optional=comment,
                )


def _inline_links(token: Token, uses: dict[str, str]) -> Iterator[FoundLink]:
    """Yield the links in one block's text; notes the visible text of each used reference."""
    children = token.children or []
    claimed: list[tuple[int, int]] = []
    for index, child in enumerate(children):
        span = child.meta.get(SPAN)
        if span is None:
            continue
        claimed.append(span)
        if child.type in VERBATIM:
            yield from _verbatim(token.content, span[0], span[1], child.type)
        elif child.type == "html_inline":
            found = child.meta.get(TAG_LINKS)
            found = html.extract(child.content) if found is None else found
            yield from _html_links(found, children, index, span[0])
        elif child.meta[DESTINATION] is None:
            uses.setdefault(child.meta.get("label", ""), _text(children, index))
        else:
            yield from _written(token.content, children, index)
    yield from _bare(token.content, claimed)


def _verbatim(text: str, start: int, end: int, construct: str) -> list[FoundLink]:
    """Return the links of code, a comment or front matter."""
    if construct == "mdx_code":
        return code_links(text, start, end)
    return list(verbatim_links(text, start, end, VERBATIM[construct]))


def _written(content: str, children: list[Token], index: int) -> Iterator[FoundLink]:
    """Yield a link or image that holds its destination itself."""
    child = children[index]
    start, end = child.meta[DESTINATION]
    if start < end:
        kind = "image" if child.type == "image" else "autolink" if child.markup == "autolink" else "link"
        href = str(child.attrGet("src" if kind == "image" else "href"))
        yield FoundLink(raw=content[start:end], href=href, start=start, text=_text(children, index), kind=kind)


def _html_links(found: list[FoundLink], children: list[Token], index: int, offset: int) -> Iterator[FoundLink]:
    for link in found:
        text = link.text
        if link.kind == "link" and not text:
            end = "/" + _tag_name(children[index])
            ends = (i for i in range(index + 1, len(children)) if _tag_name(children[i]) == end)
            text = _visible(children[index + 1 : next(ends, len(children))])
        yield replace(link, start=link.start + offset, text=text)


def _tag_name(token: Token) -> str:
    match = _TAG_NAME.match(token.content) if token.type == "html_inline" else None
    return "" if match is None else match[1].lower()


def _bare(content: str, claimed: list[tuple[int, int]]) -> Iterator[FoundLink]:
    """Yield GFM's autolink literals in what no other construct claimed."""
    position = 0
    for start, end in (*sorted(claimed), (len(content), len(content))):
        if position < start:
            gap = content[position:start]
            yield from bare_links(gap, offset=position)
            for mail in bare_emails(gap):
                yield FoundLink(raw=mail.raw, href=mail.href, start=mail.start + position, text=mail.raw, kind="bare")
        position = max(position, end)


def _text(children: list[Token], index: int) -> str:
    """Return the visible text of the link or image that starts at a token."""
    if children[index].type == "image":
        return " ".join(unescapeAll(children[index].content).split())
    level = children[index].level
    for end in range(index + 1, len(children)):
        if children[end].type == "link_close" and children[end].level == level:
            return _visible(children[index + 1 : end])
    return ""


def _visible(children: list[Token], *, shown: frozenset[str] = _IN_LINKS) -> str:
    parts = (" " if c.type.endswith("break") else c.content if c.type in shown else "" for c in children)
    return " ".join("".join(parts).split())
