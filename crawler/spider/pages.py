"""The facts of a page that a response carries."""

from __future__ import annotations

from lxml import html
from scrapy.http import Response

from crawler.domain.observation import Page

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
    try:
        parser = html.HTMLParser(encoding=getattr(response, "encoding", "utf-8"))
        tree = html.document_fromstring(response.body, parser=parser)
    except (ValueError, html.etree.ParserError):
        return None
    title = tree.findtext(".//title")
    anchors = {value for name in ("id", "name") for value in tree.xpath(f"//@{name}")}
    text = " ".join(tree.text_content().split())
    return Page(title=title, text=text[:2048], text_length=len(text), anchors=frozenset(anchors))
