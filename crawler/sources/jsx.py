"""JSX (https://facebook.github.io/jsx/): the links of its tags, also of those inside an expression."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import lru_cache

from crawler.domain.links import FoundLink
from crawler.sources import html
from crawler.sources.tags import Attribute, Kind, Token
from crawler.sources.verbatim import verbatim_links

_NAME = re.compile(r"<(?P<end>/?)(?P<name>(?:[A-Za-z_$][\w.:$-]*)?)")
_TAG = re.compile(r"<(?=[A-Za-z_$])")
_ATTRIBUTE = re.compile(
    r"\s*(?:(?P<spread>\{)|(?P<name>[A-Za-z_$][\w.:$-]*)"
    r"(?:\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<code>\{)))?)"
)
_CLOSE = re.compile(r"\s*/?>")
_STRING = re.compile(r"\{\s*(?P<quote>[\"'`])(?P<text>[^\"'`\\$]*)(?P=quote)\s*\}")
_COMPONENTS = {"Link": "a"}
"""Components that everybody calls like another HTML element."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag that ends at `end`: the links of its attributes, and the (start, end) of the code in them.

    All offsets count in the text that was read.
    """

    end: int
    links: list[FoundLink]
    code: list[tuple[int, int]]


def read_tag(source: str, start: int) -> Tag | None:
    """Return the JSX tag at a position; None where there is none."""
    opened = _NAME.match(source, start)
    if opened is None:
        return None
    position, attributes, code = opened.end(), [], []
    while (closed := _CLOSE.match(source, position)) is None:
        match = _ATTRIBUTE.match(source, position)
        if match is None or not opened["name"]:
            return None
        position = match.end()
        if match["spread"] or match["code"]:
            brace = position - 1
            close = braces(source).get(brace)
            if close is None:
                return None
            position = close + 1
            literal = _STRING.fullmatch(source, brace, position)
            if literal is None or not match["name"]:
                code.append((brace, position))
                continue
            attributes.append(Attribute(name=match["name"].lower(), raw=literal["text"], start=literal.start("text")))
        else:
            group = "double" if match["double"] is not None else "single"
            attributes.append(Attribute(name=match["name"].lower(), raw=match[group] or "", start=match.start(group)))
    if opened["end"]:
        return Tag(end=closed.end(), links=[], code=[])
    name = _COMPONENTS.get(opened["name"], opened["name"].lower())
    token = Token(kind=Kind.START, start=start, end=closed.end(), name=name, attributes=tuple(attributes))
    return Tag(end=closed.end(), links=html.tag_links(token), code=code)


def tag_links(source: str, tag: Tag, start: int) -> list[FoundLink]:
    """Return all links of a tag that starts at `start`, counted from there."""
    found = [*tag.links, *(link for first, last in tag.code for link in code_links(source, first, last))]
    return [replace(link, start=link.start - start) for link in sorted(found, key=lambda link: link.start)]


def code_links(source: str, start: int, end: int) -> list[FoundLink]:
    """Return the links of a piece of code: those of the tags in it and, optional, the bare URLs elsewhere."""
    tags = [read_tag(source, match.start()) for match in _TAG.finditer(source, start, end)]
    found = {link.start: link for tag in tags if tag is not None and tag.end <= end for link in tag.links}
    starts = sorted(found)
    links = [found[at] for at in starts]
    for link in verbatim_links(source, start, end, "code"):
        before = bisect_right(starts, link.start) - 1
        if before < 0 or link.start >= starts[before] + len(links[before].raw):
            links.append(link)
    return sorted(links, key=lambda link: link.start)


@lru_cache(maxsize=4)
def braces(text: str) -> dict[int, int]:
    """Return each closed brace's partner: `{` offset to `}` offset."""
    opened: list[int] = []
    pairs = {}
    for match in re.finditer(r"[{}]", text):
        if match[0] == "{":
            opened.append(match.start())
        elif opened:
            pairs[opened.pop()] = match.start()
    return pairs
