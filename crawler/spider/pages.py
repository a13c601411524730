"""The facts of a page that a response carries."""

from __future__ import annotations

from scrapy.http import Response

from crawler.domain.observation import Page
from crawler.domain.page import page_facts

_MARKUP = ("text/html", "application/xhtml+xml")


def read_page(response: Response) -> Page | None:
    """Return what an HTML response shows, or None where there is no HTML."""
    if not response.body:
        return None
    raw = response.headers.get("Content-Type")
    content_type = raw.decode("latin-1") if raw else None
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind not in _MARKUP and not (content_type is None and b"<" in response.body[:512]):
        return None
    facts = page_facts(response.body, content_type)
    return Page(
        title=facts.title or None,
        h1=facts.h1 or None,
        text=facts.text,
        text_length=facts.text_length,
        text_hash=facts.text_hash or None,
        canonical=facts.canonical,
        og_url=facts.og_url,
        meta_refresh=facts.meta_refresh,
        language=facts.language,
        anchors=facts.anchors,
    )
