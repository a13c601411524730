"""A look under way: what travels with every request of a probe, from its first hop to its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from crawler.domain.observation import Hop, Purpose
from crawler.domain.probe import Probe
from crawler.spider.cookies import ChainJar
from crawler.spider.http1 import Head
from crawler.spider.settings import CrawlSettings

META = "linkvigil"  # the one key of request.meta that is ours; its value is the Look
REDIRECTS = frozenset({301, 302, 303, 307, 308})
ROBOTS_CAP = 512 * 1024  # RFC 9309 section 2.5: at least 500 KiB must be read

_MARKUP = ("text/html", "application/xhtml+xml")
_ZIPPED = ("application/gzip", "application/x-gzip")  # a sitemap's own compression, not the transfer's
_READABLE_PAGES = (*_MARKUP, "text/", "application/xml", "application/rss+xml", "application/atom+xml", *_ZIPPED)


class Phase(StrEnum):
    """How far a request came."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    ANSWER = "answer"


class Aim(StrEnum):
    """What a look is for: a probe's answer, or the robots.txt of an origin."""

    PROBE = "probe"
    ROBOTS = "robots"


@dataclass(slots=True, kw_only=True, eq=False)
class Look:
    """One probe's current try. `spent` is the time on the network so far, in seconds.

    `start` is the URL that is asked first (the probe's, remapped); `not_before` is the monotonic
    time before which the scheduler must not send the next request.
    """

    probe: Probe
    start: str
    url: str
    aim: Aim = Aim.PROBE
    attempt: int = 1
    hops: list[Hop] = field(default_factory=list)
    seen: set[tuple[str, str]] = field(default_factory=set)
    jar: ChainJar = field(default_factory=ChainJar)
    spent: float = 0.0
    not_before: float = 0.0

    @classmethod
    def foreign(cls, url: str) -> Look:
        """Return a look for a request that somebody else's component made: its body is read."""
        return cls(probe=Probe(id=0, url=url, purpose=Purpose.PAGE), start=url, url=url)

    def budget(self, timeout: float) -> float:
        """Return the seconds that are left of this try; never so few that nothing can be said."""
        return max(timeout - self.spent, 0.05)

    def again(self, not_before: float) -> Look:
        """Return the next try of the same probe: from the first URL, with nothing remembered."""
        return Look(
            probe=self.probe,
            start=self.start,
            url=self.start,
            aim=self.aim,
            attempt=self.attempt + 1,
            not_before=not_before,
        )

    def body_cap(self, head: Head, settings: CrawlSettings) -> int:
        """Return how many bytes of the body this response is worth; 0 ends it after the header."""
        cap = settings.page_cap if self.probe.purpose is Purpose.PAGE else settings.body_cap
        if head.status in REDIRECTS and head.get("location") is not None:
            return 0
        if (head.get("content-encoding") or "identity").lower() != "identity":
            return 0
        if self.aim is Aim.ROBOTS:
            return ROBOTS_CAP if head.status < 300 else 0
        return cap if self._reads(head.get("content-type")) else 0

    def _reads(self, content_type: str | None) -> bool:
        kind = (content_type or "").partition(";")[0].strip().lower()
        if self.probe.purpose is Purpose.PAGE:
            return not kind or kind.startswith(_READABLE_PAGES)
        if not (self.probe.want_text or self.probe.fragments):
            return False
        return not kind or kind in _MARKUP
