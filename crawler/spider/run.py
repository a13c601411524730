"""One crawl from start to end: the reactor, the signals, and what the caller gets back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
from collections.abc import Iterator

from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.settings import Settings

from crawler.spider.addon import SETTING, LookAddon
from crawler.spider.desk import Desk, Frontier
from crawler.spider.handler import ABORT
from crawler.spider.lanes import LaneScheduler
from crawler.spider.reactor import end_threads, event_loop
from crawler.spider.settings import CrawlSettings, CrawlStats
from crawler.spider.spider import LinkSpider

__all__ = ["Frontier", "crawl"]

logger = logging.getLogger(__name__)

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy")


def crawl(frontier: Frontier, settings: CrawlSettings) -> CrawlStats:
    """Look at every probe that the frontier hands out, and return the figures.

    Blocks until the frontier has no more, or until SIGTERM, SIGINT or the deadline: then what is
    finished is recorded, what is not stays with the frontier, and `stopped` is set. A second signal
    ends the process at once. Signals are only handled when called in the main thread.

    Raises:
        Exception: whatever the frontier raised; the crawl ends with it.
        ValueError: the resolver or the proxy is none.
        OSError: the CA bundle cannot be read.
    """
    _quieten_scrapy()
    _warn_of_proxies(settings)
    loop = event_loop()
    try:
        return loop.run_until_complete(_crawl(frontier, settings))
    finally:
        end_threads()


async def _crawl(frontier: Frontier, settings: CrawlSettings) -> CrawlStats:
    desk = Desk(frontier, settings)
    runner = AsyncCrawlerRunner(Settings({"ADDONS": {LookAddon: 0}, SETTING: settings}))
    runner.settings.setdict(settings.scrapy, priority="cmdline")
    crawler = runner.create_crawler(LinkSpider)
    stopper = _Stopper(crawler, desk, settings)
    desk.on_error = stopper.halt
    with _signals(stopper), _deadline(stopper, settings):
        try:
            await runner.crawl(crawler, desk=desk, crawl_settings=settings)
            await stopper.ended()
        finally:
            await desk.close()
    if desk.error is not None:
        raise desk.error
    return desk.stats()


class _Stopper:
    """Ends a crawl early: nothing new is begun, what is under way gets a little time, then is dropped."""

    def __init__(self, crawler: Crawler, desk: Desk, settings: CrawlSettings) -> None:
        self._crawler, self._desk, self._grace = crawler, desk, settings.stop_grace.total_seconds()
        self._task: asyncio.Task[None] | None = None

    def on_signal(self) -> None:
        """Stop for a signal; the next one takes its usual course."""
        for number in _SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        self._desk.tally.stopped = "signal"
        self.halt()

    def on_deadline(self) -> None:
        """Stop because the time is over."""
        self._desk.tally.stopped = self._desk.tally.stopped or "deadline"
        self.halt()

    def halt(self) -> None:
        """Stop for whatever reason."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._stop())

    async def ended(self) -> None:
        """Wait until a stop under way is done."""
        if self._task is not None:
            await self._task

    async def _stop(self) -> None:
        scheduler = self._crawler.engine.scheduler
        if isinstance(scheduler, LaneScheduler):
            scheduler.stop()
        send = self._crawler.signals.send_catch_log
        timer = asyncio.get_running_loop().call_later(self._grace, lambda: send(ABORT))
        await self._crawler.stop_async()
        timer.cancel()


@contextlib.contextmanager
def _deadline(stopper: _Stopper, settings: CrawlSettings) -> Iterator[None]:
    """Stop the crawl when its time is over, as a signal would."""
    if settings.deadline is None:
        yield
        return
    timer = asyncio.get_running_loop().call_later(settings.deadline.total_seconds(), stopper.on_deadline)
    try:
        yield
    finally:
        timer.cancel()


@contextlib.contextmanager
def _signals(stopper: _Stopper) -> Iterator[None]:
    """Handle the signals while the crawl runs, and give the former handlers back."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    former = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        loop.add_signal_handler(number, stopper.on_signal)
    try:
        yield
    finally:
        for number, handler in former.items():
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _quieten_scrapy() -> None:
    """Leave Scrapy's own start-up lines out, unless the program has chosen a level for them."""
    for name in ("scrapy", "twisted"):
        if logging.getLogger(name).level == logging.NOTSET:
            logging.getLogger(name).setLevel(logging.WARNING)


def _warn_of_proxies(settings: CrawlSettings) -> None:
    found = [name for name in _PROXY_VARIABLES if os.environ.get(name) or os.environ.get(name.upper())]
    if found and settings.proxy is None:
        logger.warning("%s in the environment is ignored: set the proxy option to use one", ", ".join(found))
