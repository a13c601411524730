"""The crawl's settings and figures as plain values: what the caller makes from its configuration."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from crawler.domain.addresses import Network

EVERY_NETWORK: tuple[Network, ...] = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRule:
    """What holds for one host and everything below it.

    `host` is a pattern as `example.com` or `*.example.com`; `headers` are secrets: they are sent to
    that host only, never after a redirect from another host or scheme. `skip`: no look at all.
    """

    host: str
    delay: timedelta | None = None
    concurrency: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    skip: bool = False

    def covers(self, host: str) -> bool:
        """Whether the rule holds for this host."""
        pattern = self.host.lower().removeprefix("*.")
        return host == pattern or host.endswith("." + pattern)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlStats:
    """What a crawl did. `answered` looks got an HTTP response; `failed` ones did not.

    `hosts` counts the hosts that were asked, `hosts_that_answered_http` those that answered any
    status. `requests` counts every request sent, robots.txt included. `elapsed` is wall time.
    `stopped` is None for a crawl that came to its end, otherwise why it did not (`signal`, `deadline`).
    """

    asked: int = 0
    answered: int = 0
    failed: int = 0
    skipped: int = 0
    robots_denied: int = 0
    retried: int = 0
    requests: int = 0
    hosts: int = 0
    hosts_that_answered_http: int = 0
    elapsed: timedelta = timedelta()
    stopped: str | None = None


Progress = Callable[[int, int, CrawlStats], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlSettings:
    """How a crawl behaves.

    `timeout` is the time on the network of one try, its redirects included; `deadline` that of the
    whole crawl. A retry waits `retry_wait`, doubled each time, or the server's Retry-After, and is
    given up where that is longer than `retry_cap`. `accept` holds statuses that are fine and never retried.
    `basic_auth` maps a regular expression of URLs to (user, password). `remap` rewrites a URL
    before it is fetched. `page_cap` bounds the pages and sitemaps of a crawled site, `body_cap` all
    else. `allow_private` opens networks that are otherwise refused.
    `resolver` is a name server as `ip:port` (`[ipv6]:port`) instead of the system's.
    `scrapy` holds settings of Scrapy's own that win over ours: further middlewares, pipelines and
    extensions, or a stock part to compare with (a stock download handler has no egress guard).
    `progress(done, known, stats)` is called on the reactor thread, at most ten times a second.
    """

    user_agent: str
    robots_token: str = "lvigil"  # noqa: S105 - a product token (RFC 9309), no secret
    timeout: timedelta = timedelta(seconds=20)
    deadline: timedelta | None = None
    max_retries: int = 2
    retry_wait: timedelta = timedelta(seconds=1)
    retry_cap: timedelta = timedelta(seconds=60)
    max_redirects: int = 10
    max_concurrency: int = 128
    host_concurrency: int = 4
    host_interval: timedelta = timedelta(milliseconds=100)
    accept: frozenset[int] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    basic_auth: Mapping[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    hosts: tuple[HostRule, ...] = ()
    remap: tuple[tuple[re.Pattern[str], str], ...] = ()
    allow_private: tuple[Network, ...] = ()
    ca_bundle: str | None = None
    proxy: str | None = field(default=None, repr=False)
    resolver: str | None = None
    body_cap: int = 256 * 1024
    page_cap: int = 10 * 1024 * 1024
    header_cap: int = 256 * 1024
    robots_from: int = 20
    robots_delay_cap: timedelta = timedelta(seconds=10)
    obey_robots_for_pages: bool = True
    batch_size: int = 500
    window: int = 4000
    stop_grace: timedelta = timedelta(seconds=4)
    progress: Progress | None = field(default=None, repr=False, compare=False)
    scrapy: Mapping[str, object] = field(default_factory=dict, repr=False)

    def __deepcopy__(self, memo: object) -> Self:
        """Return itself: Scrapy copies its settings, and an immutable value need not be."""
        return self

    def rule_for(self, host: str) -> HostRule | None:
        """Return the most specific rule for a host."""
        covering = [rule for rule in self.hosts if rule.covers(host)]
        return max(covering, key=lambda rule: len(rule.host), default=None)


def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Return networks in CIDR notation as values; `all` opens every address.

    Raises:
        ValueError: a text is no network.
    """
    if "all" in texts:
        return EVERY_NETWORK
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)
