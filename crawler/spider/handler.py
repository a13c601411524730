"""The download handler: one HTTP/1.1 request on one guarded connection, behind DOWNLOAD_HANDLERS.

Why our own: a look needs the status line and the header of most links and nothing else, and has to
bound what a hostile server can cost. Scrapy 2.19's HTTP11 handler caps neither header bytes nor 1xx
floods, hides why a name did not resolve, and costs two to three times the CPU; its aiohttp handler
takes header lines of 8 kB at most, does not bound interim responses and maps most failures to one
class. Here every byte passes `ResponseReader`, every address passes `EgressGuard` right before
connect(), one deadline covers resolving, connecting, TLS, header and body, and nothing is decompressed.
The pieces fit together as Scrapy expects: signals, middlewares and spiders see usual responses.

A connection serves one request: it is dropped as soon as the header is read, body unread.
"""

from __future__ import annotations

import asyncio
import time
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response

from crawler.domain.observation import Failure
from crawler.domain.urls import parse
from crawler.spider.addon import SETTING, LookAddon
from crawler.spider.errors import FetchError, Stopped
from crawler.spider.exchange import Exchange
from crawler.spider.look import META, Look, Phase
from crawler.spider.settings import CrawlSettings

ABORT = object()  # Scrapy signal: drop every request under way
_PHASE_TIMEOUT = {
    Phase.RESOLVE: (Failure.DNS_TEMPORARY, "the name was not resolved in time"),
    Phase.CONNECT: (Failure.CONNECT_TIMEOUT, "no connection in time"),
    Phase.TLS: (Failure.TIMEOUT, "no TLS handshake in time"),
    Phase.ANSWER: (Failure.TIMEOUT, "no answer in time"),
}


class LookHandler:
    """Scrapy download handler for http and https; Scrapy makes one instance a scheme."""

    lazy = False

    def __init__(self, settings: CrawlSettings, addon: LookAddon, crawler: Crawler) -> None:
        self._settings = settings
        self._crawler = crawler
        self._addon = addon
        self._proxy = parse(settings.proxy) if settings.proxy else None
        self._running: set[asyncio.Task[Response]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the handler from the crawl's settings."""
        addon = crawler.get_addon(LookAddon)
        if addon is None:
            raise NotConfigured("the add-on is not enabled")
        handler = cls(crawler.settings[SETTING], addon, crawler)
        crawler.signals.connect(handler.abort, signal=ABORT)
        return handler

    async def download_request(self, request: Request) -> Response:
        """Fetch one request.

        Raises:
            FetchError: no usable response came.
            Stopped: the crawl ends.
        """
        task = asyncio.ensure_future(self._bounded(request))
        self._running.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            raise Stopped("the crawl ends") from None
        finally:
            self._running.discard(task)

    def abort(self) -> None:
        """End every request under way; each raises `Stopped`."""
        for task in self._running:
            task.cancel()

    async def close(self) -> None:
        """Release the resolver's threads."""
        self._addon.resolver.close()

    async def _bounded(self, request: Request) -> Response:
        look = request.meta.get(META) or Look.foreign(request.url)
        budget = look.budget(self._settings.timeout.total_seconds())
        started = time.monotonic()
        exchange = Exchange(
            request, look, settings=self._settings, dialer=self._addon.dialer, proxy=self._proxy, turn=self._turn
        )
        try:
            async with asyncio.timeout(budget) as deadline:
                return await exchange.run(deadline)
        except TimeoutError as error:
            late = exchange.rescued()
            if late is not None:
                return late
            failure, detail = _PHASE_TIMEOUT[exchange.phase]
            raise FetchError(failure, detail) from error
        finally:
            exchange.close()
            look.spent += time.monotonic() - started - exchange.waited

    async def _turn(self, request: Request) -> None:
        """Wait until the request's host may be sent its next request; see `LaneScheduler.turn`."""
        turn = getattr(self._crawler.engine.scheduler, "turn", None)
        if turn is not None:
            await turn(request)
