"""URLs in code, comments and other text that is shown or skipped as it stands: always optional."""

from __future__ import annotations

from collections.abc import Iterator

from crawler.domain.links import FoundLink
from crawler.sources.bare import bare_links


def verbatim_links(document: str, start: int, end: int, kind: str) -> Iterator[FoundLink]:
    """Yield the bare URLs between two offsets, without the tail of a compound scheme (`git+https://`)."""
    for link in bare_links(document[start:end], offset=start, kind=kind, optional=True):
        if document[link.start - 1 : link.start] != "+":
            yield link
