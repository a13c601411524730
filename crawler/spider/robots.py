"""robots.txt (RFC 9309): rules for page crawling, and the crawl delay of hosts with many due links.

Scrapy 2.19's middleware lets requests that wait for the same robots.txt slip through: it sets the
parser only after it has waked some of them. Here a look waits in the desk of its origin, and every
waiting look is decided by the same rules when they are there.

A single cited link is looked at as a reader would: its robots.txt is not asked for.
Unavailable (4xx): everything is allowed. Unreachable through a server error (5xx): nothing is.
No answer at all: the look is taken, and tells why.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from protego import Protego

from crawler.domain.observation import Purpose
from crawler.domain.probe import Probe
from crawler.domain.urls import Url, parse
from crawler.spider.lanes import host_of
from crawler.spider.look import Aim, Look
from crawler.spider.settings import CrawlSettings

logger = logging.getLogger(__name__)

_ALLOW_ALL = Protego.parse("")
_DENY_ALL = Protego.parse("User-agent: *\nDisallow: /")
_LONGEST_LINE = 2000


class Admission(Enum):
    """What happens to a look."""

    GO = auto()
    WAIT = auto()
    ASK = auto()
    DENY = auto()


@dataclass(slots=True)
class _Origin:
    rules: Protego | None = None
    waiting: list[Look] = field(default_factory=list)


class Robots:
    """What the origins of this crawl ask robots to do."""

    def __init__(self, settings: CrawlSettings) -> None:
        self._settings = settings
        self._origins: dict[str, _Origin] = {}
        self._links: Counter[str] = Counter()

    def expect(self, probes: Iterable[Probe]) -> None:
        """Count the due links of each host, before any of them is sent."""
        self._links.update(host_of(probe.url) for probe in probes)

    def admit(self, look: Look, url: Url) -> Admission:
        """Decide on a look's next request; `ASK` means: it waits, and the robots.txt is to be fetched."""
        bound = look.probe.purpose is Purpose.PAGE and self._settings.obey_robots_for_pages
        if look.aim is Aim.ROBOTS or not (bound or self._links[host_of(url.canonical)] >= self._settings.robots_from):
            return Admission.GO
        origin = self._origins.get(url.origin)
        if origin is None:
            self._origins[url.origin] = _Origin(waiting=[look])
            return Admission.ASK
        if origin.rules is None:
            origin.waiting.append(look)
            return Admission.WAIT
        if bound and not origin.rules.can_fetch(url.canonical, self._settings.robots_token):
            return Admission.DENY
        return Admission.GO

    def arrived(self, robots_url: str, status: int | None, body: bytes) -> Sequence[Look]:
        """Take an origin's robots.txt in (status None: no answer) and return the looks that waited."""
        origin = self._origins.setdefault(parse(robots_url).origin, _Origin())
        origin.rules = _rules(status, body)
        waiting, origin.waiting = origin.waiting, []
        return waiting

    def delay(self, robots_url: str) -> float:
        """Return the crawl delay that an origin asks for, in seconds, within our cap."""
        origin = self._origins.get(parse(robots_url).origin)
        asked = origin.rules.crawl_delay(self._settings.robots_token) if origin and origin.rules else None
        return min(max(asked or 0.0, 0.0), self._settings.robots_delay_cap.total_seconds())


def robots_url(url: Url) -> str:
    """Return the address of the robots.txt that holds for a URL."""
    return parse("/robots.txt", url.canonical).canonical


def _rules(status: int | None, body: bytes) -> Protego:
    if status is None or 300 <= status < 500:
        return _ALLOW_ALL
    if status >= 500:
        return _DENY_ALL
    text = body.decode("utf-8-sig", "replace")
    lines = (line for line in text.splitlines() if len(line) <= _LONGEST_LINE)
    try:
        return Protego.parse("\n".join(lines))
    except (ValueError, RecursionError, OverflowError) as error:
        logger.info("a robots.txt cannot be read and is taken as empty: %s", error)
        return _ALLOW_ALL
