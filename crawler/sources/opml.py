"""OPML: feed and page addresses in attributes (http://opml.org/spec2.opml), and other plain XML.

The markup is scanned here, because a link needs the place of each attribute's value and XML parsers report an
element's line at most. Entities are resolved for the address; none is ever defined.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace

from crawler.domain.links import FoundLink
from crawler.sources.bare import text_links
from crawler.sources.locate import SourceMap
from crawler.sources.verbatim import verbatim_links

_PART = re.compile(
    r"<!--(?P<comment>.*?)(?:-->|\Z)|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)|<[?!][^>]*(?:>|\Z)"
    r"|<(?P<name>[^\s/>!?<][^\s/><]*)(?P<attributes>(?:\s+[^\s=>/]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*/?>"
    r"|(?P<text>[^<]+)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([^\s=>/]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.DOTALL)
_ENTITY = re.compile(r"&(?:#[0-9]{1,9}|#[xX][0-9a-fA-F]{1,8}|[a-zA-Z][a-zA-Z0-9]{0,31});")
_HEAD = re.compile(r"<opml\b.{0,1000}?<head\b.*?</head\s*>", re.DOTALL | re.IGNORECASE)
_ADDRESS = re.compile(r"\s*((?:https?|ftp)://\S+)\s*", re.IGNORECASE)
_ALWAYS = frozenset({"xmlurl", "htmlurl", "url", "href", "src"})


def extract(document: str) -> list[FoundLink]:
    """Return the addresses in attribute values and text, in document order; those of OPML's head are optional."""
    head = _HEAD.search(document)
    start, end = head.span() if head is not None else (0, 0)
    return [
        replace(link, kind="front-matter", optional=True) if start <= link.start < end else link
        for link in _links(document)
    ]


def anchors(document: str) -> frozenset[str]:
    """Return no anchors: an outline has none."""
    return frozenset()


def _links(document: str) -> Iterator[FoundLink]:
    for part in _PART.finditer(document):
        if part["attributes"]:
            yield from _attributes(document, *part.span("attributes"))
        elif part["comment"]:
            yield from verbatim_links(document, *part.span("comment"), "comment")
        elif part["text"] or part["cdata"]:
            start, end = part.span("text" if part["text"] else "cdata")
            mapped = _meaning(document, start, end) if part["text"] else _as_written(document, start, end)
            yield from mapped.relocate(text_links(mapped.text), document)


def _attributes(document: str, begin: int, end: int) -> Iterator[FoundLink]:
    pairs = list(_ATTRIBUTE.finditer(document, begin, end))
    values = {pair[1].lower(): html.unescape(pair[2] or pair[3] or "") for pair in pairs}
    label = values.get("text") or values.get("title") or ""
    for pair in pairs:
        name, group = pair[1].lower(), 2 if pair[2] is not None else 3
        if name.startswith("xmlns"):
            continue
        address = _ADDRESS.fullmatch(pair[group])
        if address or (name in _ALWAYS and name in ("xmlurl", "htmlurl") and pair[group].strip()):
            raw = pair[group].strip()
            start = pair.start(group) + pair[group].index(raw)
            yield FoundLink(raw=raw, href=html.unescape(raw), start=start, text=label, kind="attribute")
        else:
            mapped = _meaning(document, *pair.span(group))
            yield from mapped.relocate(text_links(mapped.text, kind="attribute"), document)


def _meaning(document: str, start: int, end: int) -> SourceMap:
    """Return a piece of the document with its entities resolved."""
    mapped = SourceMap()
    for entity in _ENTITY.finditer(document, start, end):
        mapped.add(document[start : entity.start()], start)
        mapped.add(html.unescape(entity[0]), entity.start(), len(entity[0]))
        start = entity.end()
    mapped.add(document[start:end], start)
    return mapped


def _as_written(document: str, start: int, end: int) -> SourceMap:
    mapped = SourceMap()
    mapped.add(document[start:end], start)
    return mapped
