"""A probe: the only way to ask for traffic. Stages ask, the crawl looks, observations answer."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.domain.observation import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One due look. `id` is the database's; `url` is canonical; `fragments` are those that links ask for.

    `want_text` asks for the page's text: the body is read up to the configured cap; otherwise the
    look ends after the headers. `depth` counts from a site's start page.
    """

    id: int
    url: str
    purpose: Purpose = Purpose.CHECK
    attempt: int = 1
    want_text: bool = False
    fragments: tuple[str, ...] = ()
    depth: int = 0
