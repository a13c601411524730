"""The spider: begins looks, follows redirects hop by hop, tries again, and finishes each look once."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response
from twisted.python.failure import Failure as TwistedFailure

from crawler.domain.observation import Failure, Hop, Observation, Skip
from crawler.domain.probe import Probe
from crawler.domain.urls import InvalidUrl, Url, parse
from crawler.spider import outcome
from crawler.spider.desk import Desk, Result
from crawler.spider.errors import FetchError, Stopped
from crawler.spider.headers import remapped, request_headers
from crawler.spider.lanes import LaneScheduler, host_of
from crawler.spider.look import META, Aim, Look
from crawler.spider.redirects import Broken, Follow, next_hop
from crawler.spider.retries import read_retry_after, wait_before_retry
from crawler.spider.robots import Admission, Robots, robots_url
from crawler.spider.settings import CrawlSettings

logger = logging.getLogger(__name__)

# A host that is down costs each of its links a full timeout: after so many in a row it is not tried again.
_SILENCE = frozenset({Failure.CONNECT_TIMEOUT, Failure.TIMEOUT, Failure.REFUSED})
_SILENT_TRIES = 12
_SILENT_HOSTS = 10  # failing hosts, and none that answers, after which the network itself is the likely cause

_Output = Iterator[Request | Result]


class LinkSpider(Spider):
    """Looks at every probe that the desk hands out. Callbacks yield requests and `Result` items."""

    name = "linkvigil"

    def __init__(self, desk: Desk, crawl_settings: CrawlSettings) -> None:
        super().__init__()
        self.desk = desk
        self._crawl = crawl_settings
        self._robots = Robots(crawl_settings)
        self._silent: Counter[str] = Counter()  # looks in a row that a host did not answer
        self._failing: set[str] = set()

    async def start(self) -> AsyncIterator[Any]:
        """Yield the first request of every look, as long as the desk has probes."""
        try:
            while probes := await self.desk.next_batch():
                self._robots.expect(probes)
                for probe in probes:
                    for output in self._begin(probe):
                        yield output
        except Exception as error:
            # Scrapy logs an error here and ends the crawl as if it were complete: the caller has to know.
            self.desk.fail(error)
            raise

    def answered(self, response: Response) -> _Output:
        """Take a response: one more hop, or the end of the look."""
        look: Look = response.meta[META]
        self._count(look)
        try:
            yield from self._take(look, response)
        except Exception as error:
            # Nothing that a server sends may lose its look: a fault of ours is recorded as such.
            logger.exception("a response of %s could not be read", look.url)
            yield from self._finish(look, outcome.failed(look, _own_fault(error)))

    def missed(self, failure: TwistedFailure) -> _Output:
        """Take a request without a response: another try, or the end of the look."""
        look: Look = failure.request.meta[META]  # type: ignore[attr-defined]
        error = failure.value
        if isinstance(error, Stopped):
            return
        self._count(look)
        if not isinstance(error, FetchError):
            logger.warning("a request to %s failed in an unknown way: %r", look.url, error)
            error = _own_fault(error)
        host = host_of(look.url)
        self._failing.add(host)
        self._silent[host] += error.failure in _SILENCE
        wait = wait_before_retry(self._crawl, look.attempt, failure=error.failure)
        if wait is not None and not self._is_hopeless(host):
            yield from self._again(look, wait)
        elif look.aim is Aim.ROBOTS:
            yield from self._robots_arrived(look, None)
        else:
            yield from self._finish(look, outcome.failed(look, error))

    # Private

    def _is_hopeless(self, host: str) -> bool:
        """Whether another try can tell nothing new: this host stays silent, or no host at all has answered yet."""
        nobody_answers = not self.desk.answering_hosts and len(self._failing) >= _SILENT_HOSTS
        return nobody_answers or self._silent[host] > _SILENT_TRIES

    def _begin(self, probe: Probe) -> _Output:
        start = remapped(self._crawl, probe.url)
        look = Look(probe=probe, start=start, url=start)
        try:
            url = parse(start)
        except InvalidUrl as error:
            yield from self._finish(look, outcome.failed(look, FetchError(Failure.INVALID_URL, str(error))))
            return
        look.start = look.url = url.canonical
        if not url.fetchable:
            yield from self._finish(look, outcome.skipped(look, Skip.SCHEME))
            return
        yield from self._send(look)

    def _send(self, look: Look) -> _Output:
        url = parse(look.url)
        rule = self._crawl.rule_for(host_of(look.url))
        if rule is not None and rule.skip and look.aim is Aim.PROBE:
            yield from self._finish(look, outcome.skipped(look, Skip.EXCLUDED, f"{url.host} is left out"))
            return
        match self._robots.admit(look, url):
            case Admission.GO:
                yield self._request(look, url)
            case Admission.ASK:
                address = robots_url(url)
                probe = Probe(id=-1, url=address, purpose=look.probe.purpose)
                asking = Look(probe=probe, start=address, url=address, aim=Aim.ROBOTS)
                yield self._request(asking, parse(address))
            case Admission.DENY:
                yield from self._finish(look, outcome.skipped(look, Skip.ROBOTS, "robots.txt asks not to"))
            case Admission.WAIT:
                return

    def _request(self, look: Look, url: Url) -> Request:
        look.seen.add((url.canonical, look.jar.state(url)))
        return Request(
            url.canonical,
            callback=self.answered,
            errback=self.missed,
            headers=request_headers(self._crawl, look, url),
            meta={META: look, "verbatim_url": True},
            priority=1 if look.aim is Aim.ROBOTS or look.hops else 0,
            dont_filter=True,
        )

    def _count(self, look: Look) -> None:
        self.desk.tally.requests += 1
        self.desk.asked_hosts.add(host_of(look.url))

    def _take(self, look: Look, response: Response) -> _Output:
        url = parse(look.url)
        self.desk.answering_hosts.add(url.host)
        self._silent.pop(host_of(look.url), None)
        look.hops.append(Hop(url=look.url, status=response.status))
        look.jar.take(url, (value.decode("utf-8", "replace") for value in response.headers.getlist("Set-Cookie")))
        location = response.headers.get("Location")
        most = self._crawl.max_redirects if look.aim is Aim.PROBE else min(5, self._crawl.max_redirects)
        step = next_hop(look, response.status, location.decode("utf-8", "replace") if location else None, most=most)
        match step:
            case Follow():
                look.url = step.url.canonical
                look.not_before = 0.0
                yield from self._send(look)
            case Broken() if look.aim is Aim.PROBE:
                seen = outcome.broken_redirect(look, response, step.failure, step.detail)
                yield from self._finish(look, seen)
            case _:
                yield from self._arrive(look, response)

    def _arrive(self, look: Look, response: Response) -> _Output:
        wish = response.headers.get("Retry-After")
        retry_after = read_retry_after(wish.decode("latin-1") if wish else None, datetime.now(UTC))
        wait = wait_before_retry(self._crawl, look.attempt, status=response.status, retry_after=retry_after)
        if wait is not None:
            self._pause(host_of(look.url), response.status, wait)
            yield from self._again(look, wait)
        elif look.aim is Aim.ROBOTS:
            yield from self._robots_arrived(look, response)
        else:
            seen = outcome.answered(look, response, retry_after=retry_after)
            yield from self._finish(look, seen, response.body or None)

    def _again(self, look: Look, wait: timedelta) -> _Output:
        self.desk.tally.retried += 1
        again = look.again(time.monotonic() + wait.total_seconds())
        yield self._request(again, parse(again.url))

    def _robots_arrived(self, look: Look, response: Response | None) -> _Output:
        status = response.status if response is not None else None
        waiting = self._robots.arrived(look.probe.url, status, response.body if response is not None else b"")
        scheduler = self.crawler.engine.scheduler
        if isinstance(scheduler, LaneScheduler):
            scheduler.slow_down(host_of(look.probe.url), self._robots.delay(look.probe.url))
        for each in waiting:
            yield from self._send(each)

    def _pause(self, host: str, status: int, wait: timedelta) -> None:
        scheduler = self.crawler.engine.scheduler
        if status in {429, 503} and isinstance(scheduler, LaneScheduler):
            scheduler.pause(host, wait.total_seconds())

    def _finish(self, look: Look, seen: Observation, body: bytes | None = None) -> _Output:
        if look.aim is Aim.PROBE:
            yield Result(probe=look.probe, observation=seen, body=body)
        else:
            yield from self._robots_arrived(look, None)


def _own_fault(error: BaseException | None) -> FetchError:
    return FetchError(Failure.PROTOCOL, f"not readable for us: {type(error).__name__}")
