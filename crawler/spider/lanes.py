"""The scheduler: one lane a host, each with its own gap and its own limit (SCHEDULER seam).

Scrapy 2.19 does not keep CONCURRENT_REQUESTS_PER_DOMAIN on the asyncio reactor (46 in flight with a
limit of 4: its downloader starts a task before it counts it), so the limits live here and the
downloader only reports what it has finished (`LaneDownloader`). The host with most waiting work goes
first: a crawl takes as long as its longest host. Gaps are strict: lost time is never caught up.

A request is let out when its lane is free; because resolving and connecting take a varying time, the
handler asks once more right before it writes (`turn`), so that the gaps hold at the server.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import deque
from typing import Self

from scrapy import Request
from scrapy.core.downloader import Downloader
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.internet.defer import Deferred

from crawler.domain.urls import InvalidUrl, parse
from crawler.spider.look import META, Look
from crawler.spider.settings import CrawlSettings

_LEAST_COST = 0.001  # seconds that a request counts for at least when hosts are ordered
_KEPT_IDLE = 10_000  # lanes without work that are remembered for their gap


class Lane:
    """One host's queue. Times are monotonic seconds."""

    __slots__ = ("concurrency", "entry", "free_at", "in_flight", "interval", "size_at_entry", "turn_at", "waiting")

    def __init__(self, interval: float, concurrency: int) -> None:
        self.interval = interval
        self.concurrency = concurrency
        self.waiting: deque[Request] = deque()
        self.in_flight = 0
        self.free_at = 0.0  # the scheduler lets nothing out before
        self.turn_at = 0.0  # the handler sends nothing before
        self.entry = 0  # number of the valid heap entry; 0: none
        self.size_at_entry = 0

    @property
    def work(self) -> float:
        """Seconds that the waiting requests take at least."""
        return len(self.waiting) * max(self.interval, _LEAST_COST)

    def pause(self, until: float) -> None:
        """Send nothing before a time."""
        self.free_at = max(self.free_at, until)
        self.turn_at = max(self.turn_at, until)


class LaneScheduler(BaseScheduler):
    """Keeps every host's gap and limit, longest host first."""

    def __init__(self, settings: CrawlSettings, crawler: Crawler) -> None:
        self._settings = settings
        self._crawler = crawler
        self._lanes: dict[str, Lane] = {}
        self._flying: dict[Request, Lane] = {}
        self._ready: list[tuple[float, int, Lane]] = []
        self._timed: list[tuple[float, int, Lane]] = []
        self._delayed: list[tuple[float, int, Request]] = []
        self._queued = 0
        self._entries = 0
        self._stopped = False
        self._alarm: asyncio.TimerHandle | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the scheduler from the crawl's settings."""
        return cls(crawler.settings["LINKVIGIL_CRAWL"], crawler)

    # Scrapy's scheduler interface

    def has_pending_requests(self) -> bool:
        """Whether anything waits, a retry included."""
        return not self._stopped and (self._queued > 0 or bool(self._delayed))

    def enqueue_request(self, request: Request) -> bool:
        """Take a request into its host's lane, or hold it back until it may go there."""
        look = request.meta.get(META)
        due = look.not_before if isinstance(look, Look) else 0.0
        if due > time.monotonic():
            self._entries += 1
            heapq.heappush(self._delayed, (due, self._entries, request))
        else:
            self._join(request)
        return True

    def next_request(self) -> Request | None:
        """Return the request that may be sent now, or None; then a timer wakes the engine."""
        if self._stopped:
            return None
        now = time.monotonic()
        self._promote(now)
        while self._ready:
            _, entry, lane = heapq.heappop(self._ready)
            if entry != lane.entry:
                continue
            lane.entry = 0
            return self._let_out(lane, now)
        self._set_alarm(now)
        return None

    def close(self, reason: str) -> None:
        """Drop the timer."""
        self.stop()

    # For our own components

    def stop(self) -> None:
        """Let nothing out any more."""
        self._stopped = True
        if self._alarm is not None:
            self._alarm.cancel()

    def lane(self, host: str) -> Lane:
        """Return a host's lane, made at need."""
        lane = self._lanes.get(host)
        if lane is None:
            if len(self._lanes) > _KEPT_IDLE + len(self._flying) + self._queued:
                self._forget_idle()
            rule = self._settings.rule_for(host)
            delay = rule.delay if rule and rule.delay is not None else self._settings.host_interval
            most = rule.concurrency if rule and rule.concurrency else self._settings.host_concurrency
            lane = self._lanes[host] = Lane(delay.total_seconds(), most)
        return lane

    def slow_down(self, host: str, interval: float) -> None:
        """Make a host's gap at least `interval` seconds."""
        lane = self.lane(host)
        lane.interval = max(lane.interval, interval)

    def pause(self, host: str, seconds: float) -> None:
        """Send a host nothing for a while."""
        self.lane(host).pause(time.monotonic() + seconds)

    async def turn(self, request: Request) -> None:
        """Wait until the gap since the host's last request is over, and take the turn."""
        lane = self._flying.get(request)
        if lane is None:
            return
        # Several may wait: whoever wakes first goes, the others find the next turn moved on.
        while (rest := lane.turn_at - time.monotonic()) > 0:  # noqa: ASYNC110 - time is what is waited for
            await asyncio.sleep(rest)
        lane.turn_at = time.monotonic() + lane.interval

    def finished(self, request: Request) -> None:
        """Give a request's place in its lane back."""
        lane = self._flying.pop(request, None)
        if lane is not None:
            lane.in_flight -= 1
            self._offer(lane)

    # Private

    def _join(self, request: Request) -> None:
        lane = self.lane(host_of(request.url))
        if request.priority > 0:
            lane.waiting.appendleft(request)
        else:
            lane.waiting.append(request)
        self._queued += 1
        if not lane.entry or len(lane.waiting) >= 2 * lane.size_at_entry:
            self._offer(lane)

    def _offer(self, lane: Lane) -> None:
        """Enter a lane that has work and a free place into the heap where it belongs."""
        if not lane.waiting or lane.in_flight >= lane.concurrency:
            return
        self._entries += 1
        lane.entry, lane.size_at_entry = self._entries, len(lane.waiting)
        if lane.free_at > time.monotonic():
            heapq.heappush(self._timed, (lane.free_at, lane.entry, lane))
        else:
            heapq.heappush(self._ready, (-lane.work, lane.entry, lane))

    def _promote(self, now: float) -> None:
        while self._delayed and self._delayed[0][0] <= now:
            self._join(heapq.heappop(self._delayed)[2])
        while self._timed and self._timed[0][0] <= now:
            _, entry, lane = heapq.heappop(self._timed)
            if entry == lane.entry:
                lane.entry = 0
                self._offer(lane)

    def _let_out(self, lane: Lane, now: float) -> Request:
        request = lane.waiting.popleft()
        self._queued -= 1
        lane.in_flight += 1
        lane.free_at = max(lane.free_at, now + lane.interval)
        self._flying[request] = lane
        self._offer(lane)
        return request

    def _forget_idle(self) -> None:
        now = time.monotonic()
        for host in [host for host, lane in self._lanes.items() if _is_idle(lane, now)]:
            del self._lanes[host]

    def _set_alarm(self, now: float) -> None:
        due = min((heap[0][0] for heap in (self._timed, self._delayed) if heap), default=None)
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if due is not None:
            self._alarm = asyncio.get_running_loop().call_later(max(due - now, 0.001), self._wake)

    def _wake(self) -> None:
        slot = self._crawler.engine._slot  # noqa: SLF001 - Scrapy 2.19 has no public way to wake its engine
        if slot is not None:
            slot.nextcall.schedule()


class LaneDownloader(Downloader):
    """Scrapy's downloader, telling the scheduler when a request has left it, however it ended.

    Its own slots never bind: CONCURRENT_REQUESTS_PER_DOMAIN is set to CONCURRENT_REQUESTS and the
    delay to 0, so the fault of its limits does not matter.
    """

    def fetch(self, request: Request, _spider: object = None) -> Deferred[Response | Request]:
        """Fetch as Scrapy does, then give the lane's place back."""
        fetched: Deferred[Response | Request] = super().fetch(request)
        return fetched.addBoth(self._left, request)

    def _left(self, result: object, request: Request) -> object:
        scheduler = self.crawler.engine.scheduler
        if isinstance(scheduler, LaneScheduler):
            scheduler.finished(request)
        return result


def host_of(url: str) -> str:
    """Return the host that a request's lane is named after; all that cannot be read share one."""
    try:
        return parse(url).host.rstrip(".")
    except InvalidUrl:
        return ""


def _is_idle(lane: Lane, now: float) -> bool:
    return not lane.waiting and not lane.in_flight and lane.free_at <= now and lane.turn_at <= now
