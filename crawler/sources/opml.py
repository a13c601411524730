"""OPML: feed and page addresses in attributes (http://opml.org/spec2.opml), and other plain XML.

The markup is scanned here, because a link needs the place of each attribute's value and XML parsers report an
element's line at most. Entities are resolved for the address; none is ever defined.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from crawler.domain.links import FoundLink
from crawler.sources.bare import bare_links
from crawler.sources.verbatim import verbatim_links

_PART = re.compile(
    r"<!--(?P<comment>.*?)(?:-->|\Z)|<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)|<[?!][^>]*(?:>|\Z)"
    r"|<(?P<name>[^\s/>!?<][^\s/><]*)(?P<attributes>(?:\s+[^\s=>/]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*/?>"
    r"|(?P<text>[^<]+)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"([^\s=>/]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.DOTALL)
_ADDRESS = re.compile(r"\s*((?:https?|ftp)://\S+)\s*", re.IGNORECASE)
_ALWAYS = frozenset({"xmlurl", "htmlurl", "url", "href", "src"})


def extract(document: str) -> list[FoundLink]:
    """Return the addresses in attribute values and text, in document order."""
    return list(_links(document))


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
            for link in bare_links(document[start:end], offset=start):
                href = html.unescape(link.href) if part["text"] else link.href
                yield FoundLink(raw=link.raw, href=href, start=link.start, text=link.text, kind="bare")


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
            yield from bare_links(pair[group], offset=pair.start(group), kind="attribute")
