"""Plain text and source code: bare URLs only."""

from __future__ import annotations

from crawler.domain.links import FoundLink
from crawler.sources.bare import bare_links


def extract(document: str) -> list[FoundLink]:
    """Return the bare URLs of a text in order."""
    return bare_links(document)


def anchors(document: str) -> frozenset[str]:
    """Return no anchors: plain text has none."""
    return frozenset()
