"""The desk between the crawl, on the reactor's thread, and the frontier, in one thread of its own.

Probes are taken in bounded numbers, results are written in batches; whatever the frontier does never
stands in the way of the network. At most `window` probes are taken and not yet recorded: a slow
writer slows the taking down, and memory stays flat.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from crawler.domain.observation import Observation, Purpose, Skip
from crawler.domain.probe import Probe
from crawler.spider.settings import CrawlSettings, CrawlStats

logger = logging.getLogger(__name__)

_EVERY = 1.0  # seconds after which a part of a batch is written
_PROGRESS_GAP = 0.1
_T = TypeVar("_T")


class Frontier(Protocol):
    """What the crawl works on; every method is called off the reactor thread, never two at once."""

    def take(self, limit: int) -> Sequence[Probe]:
        """Return the next due probes that were not taken yet; none: nothing is due now."""

    def record(self, seen: Sequence[tuple[Probe, Observation]]) -> None:
        """Commit a batch; when it returns, these probes are done."""

    def page(self, probe: Probe, observation: Observation, body: bytes) -> None:
        """Take the links of a page; called before the page itself is recorded, perhaps again after a crash."""

    def more(self) -> bool:
        """Called when everything taken is recorded; may add probes. False ends the crawl."""

    def now(self) -> datetime:
        """Return the time to record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A finished look; `body` is the part that was read of it."""

    probe: Probe
    observation: Observation
    body: bytes | None = None


@dataclass(slots=True)
class Tally:
    """The crawl's figures while it runs."""

    asked: int = 0
    answered: int = 0
    failed: int = 0
    skipped: int = 0
    robots_denied: int = 0
    retried: int = 0
    requests: int = 0
    stopped: str | None = None


class FrontierFailed(Exception):
    """The frontier raised; the reason is kept by the desk."""


class Desk:
    """Hands out probes, takes results in."""

    def __init__(self, frontier: Frontier, settings: CrawlSettings) -> None:
        self.tally = Tally()
        self.error: BaseException | None = None
        self.on_error: Callable[[], object] = lambda: None
        self.asked_hosts: set[str] = set()
        self.answering_hosts: set[str] = set()
        self._frontier, self._settings = frontier, settings
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="frontier")
        self._open: dict[int, Probe] = {}
        self._results: list[Result] = []
        self._unrecorded = 0
        self._recorded = asyncio.Event()
        self._due = asyncio.Event()
        self._closing = False
        self._writer: asyncio.Task[None] | None = None
        self._started = time.monotonic()
        self._told = 0.0

    @property
    def halted(self) -> bool:
        """Whether nothing new is begun any more."""
        return self.tally.stopped is not None or self.error is not None

    async def next_batch(self) -> Sequence[Probe]:
        """Return probes to look at, when there is room for them; none: the crawl is over."""
        with suppress(FrontierFailed):
            return await self._next_batch()
        return ()

    def fail(self, error: Exception) -> None:
        """End the crawl for a fault of our own; `crawl` raises it for the caller."""
        self.error = self.error or error
        self.on_error()

    async def _next_batch(self) -> Sequence[Probe]:
        asked_for_more = False
        while not self.halted:
            self._recorded.clear()
            room = self._settings.window - self._unrecorded
            probes = await self._call(self._frontier.take, room) if room >= min(self._settings.window, 64) else ()
            if probes:
                if any(probe.id in self._open for probe in probes):
                    raise RuntimeError("the frontier gave a probe out a second time")
                self._open.update((probe.id, probe) for probe in probes)
                self._unrecorded += len(probes)
                self.tally.asked += len(probes)
                return probes
            if self._unrecorded:
                await self._recorded.wait()
            elif asked_for_more or not await self._call(self._frontier.more):
                break
            else:
                asked_for_more = True
        return ()

    def put(self, result: Result) -> None:
        """Take a result in; a second one for the same probe is not counted."""
        if self._open.pop(result.probe.id, None) is None:
            logger.error("a second result for %s is dropped", result.probe.url)
            return
        wanted = result.probe.purpose is Purpose.PAGE and 200 <= (result.observation.status or 0) < 300
        self._results.append(result if wanted else dataclasses.replace(result, body=None))
        self._count(result.observation)
        if len(self._results) >= self._settings.batch_size or not self._open:
            self._due.set()
        self.tell()

    def start(self) -> None:
        """Begin to write; called once the loop runs."""
        self._writer = asyncio.get_running_loop().create_task(self._write())

    async def close(self) -> None:
        """Write what is finished and end the thread."""
        if self._closing:
            return
        self._closing = True
        self._due.set()
        if self._writer is not None:
            await self._writer
        self._thread.shutdown(wait=True)
        self.tell(final=True)

    def stats(self) -> CrawlStats:
        """Return the figures so far."""
        return CrawlStats(
            **dataclasses.asdict(self.tally),
            hosts=len(self.asked_hosts),
            hosts_that_answered_http=len(self.answering_hosts),
            elapsed=timedelta(seconds=time.monotonic() - self._started),
        )

    def tell(self, *, final: bool = False) -> None:
        """Report progress, at most ten times a second."""
        now = time.monotonic()
        if self._settings.progress is None or (now - self._told < _PROGRESS_GAP and not final):
            return
        self._told = now
        tally = self.tally
        self._settings.progress(tally.answered + tally.failed + tally.skipped, tally.asked, self.stats())

    def _count(self, seen: Observation) -> None:
        if seen.skip is not None:
            self.tally.skipped += 1
            self.tally.robots_denied += seen.skip is Skip.ROBOTS
        elif seen.status is not None:
            self.tally.answered += 1
        else:
            self.tally.failed += 1

    async def _write(self) -> None:
        while not (self._closing and not self._results):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), _EVERY if self._results else None)
            self._due.clear()
            batch, self._results = self._results, []
            if batch and self.error is None:
                with suppress(FrontierFailed):
                    await self._write_batch(batch)
            if self._results and not self._open:
                self._due.set()

    async def _write_batch(self, batch: list[Result]) -> None:
        try:
            await self._call(self._record, batch)
            self._unrecorded -= len(batch)
        finally:
            self._recorded.set()

    def _record(self, batch: list[Result]) -> None:
        now = self._frontier.now()
        stamped = [(each, dataclasses.replace(each.observation, at=now)) for each in batch]
        for each, seen in stamped:
            if each.body is not None:
                self._frontier.page(each.probe, seen, each.body)
        self._frontier.record([(each.probe, seen) for each, seen in stamped])

    async def _call(self, function: Callable[..., _T], *arguments: object) -> _T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)
        except Exception as error:
            # Whatever the store raises ends the crawl.
            self.fail(error)
            raise FrontierFailed from error
