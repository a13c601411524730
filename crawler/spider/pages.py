"""What a page shows: read off the reactor thread where it is long, before the result is handed over."""

from __future__ import annotations

import dataclasses
import logging
from functools import partial
from typing import Self
from urllib.parse import unquote

from scrapy.crawler import Crawler

from crawler.domain.observation import Page
from crawler.domain.page import page_facts
from crawler.spider.desk import Result
from crawler.spider.threads import DaemonThreads

logger = logging.getLogger(__name__)

_MARKUP = ("text/html", "application/xhtml+xml")
_SHORT = 8 * 1024  # bytes that are read faster than a thread is waked


class PagePipeline:
    """Item pipeline: puts the page's facts into the observation of a result that carries a body.

    A page of 256 KiB takes some 50 ms to read: in a thread that does not hold up the sockets. While
    it is read the response counts as unfinished for Scrapy, which takes fewer new ones then.
    """

    def __init__(self) -> None:
        self._threads = DaemonThreads(1, "pages")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:  # noqa: ARG003 - Scrapy's interface
        """Build the pipeline."""
        return cls()

    async def process_item(self, item: object) -> object:
        """Read a result's page."""
        if not isinstance(item, Result) or not item.body:
            return item
        if len(item.body) <= _SHORT:
            return with_page(item)
        return await self._threads.run(partial(with_page, item))

    def close_spider(self) -> None:
        """Let the thread end."""
        self._threads.close()


def with_page(result: Result) -> Result:
    """Return a result with what its body shows; a body that cannot be read leaves it as it is."""
    seen = result.observation
    try:
        page = read_page(result.body or b"", seen.content_type)
    except Exception:
        # A fault of ours in reading a page must not lose its look.
        logger.exception("the page of %s could not be read", seen.url)
        return result
    fragments = fragments_found(result.probe.fragments, page, complete=not seen.truncated)
    return dataclasses.replace(result, observation=dataclasses.replace(seen, page=page, fragments=fragments))


def read_page(body: bytes, content_type: str | None) -> Page | None:
    """Return what an HTML body shows, or None where it is none."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind not in _MARKUP and not (content_type is None and b"<" in body[:512]):
        return None
    facts = page_facts(body, content_type)
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


def fragments_found(wanted: tuple[str, ...], page: Page | None, *, complete: bool) -> dict[str, bool]:
    """Return for each fragment whether the page has it; what cannot be said is left out.

    The empty fragment and `top` always hold (HTML, "scrolling to a fragment"); text fragments
    (`:~:text=`) are cut off; GitHub prefixes the ids of a document with `user-content-`.
    """
    if page is None or page.anchors is None:
        return {}
    found = {}
    for fragment in wanted:
        name, directive, _ = fragment.partition(":~:")
        if directive and not name:
            continue
        forms = {name, unquote(name)}
        holds = bool(forms & page.anchors or {f"user-content-{form}" for form in forms} & page.anchors)
        if holds or unquote(name).lower() in {"", "top"}:
            found[fragment] = True
        elif complete:
            found[fragment] = False
    return found
