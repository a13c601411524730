"""What the crawl's tests share: a frontier in memory, and settings for the fake web."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from crawler.domain.observation import Observation
from crawler.domain.probe import Probe
from crawler.spider.run import crawl
from crawler.spider.settings import CrawlSettings, CrawlStats
from tests.fakes.dns import FakeDns
from tests.fakes.web import FakeWeb

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


class MemoryFrontier:
    """A frontier of given probes; remembers all it is told."""

    def __init__(self, probes: Sequence[Probe]) -> None:
        self.waiting = list(probes)
        self.seen: list[tuple[Probe, Observation]] = []
        self.batches: list[int] = []
        self.pages: list[tuple[Probe, Observation, bytes]] = []
        self.asked_for_more = 0

    def take(self, limit: int) -> Sequence[Probe]:
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return taken

    def record(self, seen: Sequence[tuple[Probe, Observation]]) -> None:
        self.seen.extend(seen)
        self.batches.append(len(seen))

    def page(self, probe: Probe, observation: Observation, body: bytes) -> None:
        self.pages.append((probe, observation, body))

    def more(self) -> bool:
        self.asked_for_more += 1
        return False

    def now(self) -> datetime:
        return NOW

    @property
    def by_url(self) -> dict[str, Observation]:
        return {probe.url: seen for probe, seen in self.seen}


def settings(**changes: Any) -> CrawlSettings:
    """Return settings that are quick and open loopback."""
    given = {
        "user_agent": "Mozilla/5.0 (compatible; lvigil/0; +https://example.org)",
        "timeout": timedelta(seconds=2),
        "max_retries": 0,
        "retry_wait": timedelta(milliseconds=50),
        "host_interval": timedelta(0),
        "allow_private": LOOPBACK,
    }
    return CrawlSettings(**(given | changes))


def probes(urls: Sequence[str], **options: Any) -> list[Probe]:
    """Return one probe a URL."""
    return [Probe(id=number, url=url, **options) for number, url in enumerate(urls, 1)]


def run(wanted: Sequence[Probe], **changes: Any) -> tuple[MemoryFrontier, CrawlStats]:
    """Crawl probes and return the frontier with the figures."""
    frontier = MemoryFrontier(wanted)
    stats = crawl(frontier, settings(**changes))
    return frontier, stats


class World:
    """A fake web and a fake name server, and crawls that see nothing else."""

    def __init__(self) -> None:
        self.web, self.dns = FakeWeb(), FakeDns()

    def __enter__(self) -> Self:
        self.web.__enter__()
        self.dns.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.dns.__exit__(*error)
        self.web.__exit__(*error)

    def crawl(self, wanted: Sequence[Probe], **changes: Any) -> tuple[MemoryFrontier, CrawlStats]:
        """Crawl probes and return the frontier with the figures."""
        return run(wanted, **({"resolver": self.dns.server, "ca_bundle": self.web.ca_bundle} | changes))

    def look(self, url: str, *, probe: dict[str, Any] | None = None, **changes: Any) -> Observation:
        """Look at one URL."""
        frontier, _ = self.crawl(probes([url], **(probe or {})), **changes)
        return frontier.seen[0][1]
