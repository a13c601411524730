"""From the configuration to what the spider and the archive client take: plain values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from crawler.config import Settings
from crawler.errors import ConfigError
from crawler.spider.settings import CrawlSettings, HostRule, Progress, networks
from crawler.version import user_agent


def crawl_settings(
    settings: Settings, *, retry_cap: timedelta | None = None, progress: Progress | None = None
) -> CrawlSettings:
    """Return the crawl's settings.

    Raises:
        ConfigError: a header, a credential or a remap rule is not of its form.
    """
    return CrawlSettings(
        user_agent=settings.user_agent or user_agent(settings.contact),
        timeout=settings.timeout,
        deadline=settings.crawl.deadline,
        max_retries=settings.max_retries,
        retry_wait=settings.crawl.retry_wait,
        retry_cap=retry_cap or settings.crawl.retry_cap,
        max_redirects=settings.max_redirects,
        max_concurrency=settings.max_concurrency,
        host_concurrency=settings.host_concurrency,
        host_interval=settings.host_request_interval,
        accept=settings.accept,
        headers=_headers(settings.header),
        basic_auth=_credentials(settings.basic_auth),
        hosts=_host_rules(settings),
        remap=_remaps(settings.remap),
        allow_private=networks(settings.allow_private),
        ca_bundle=str(settings.ca_bundle) if settings.ca_bundle else None,
        proxy=settings.proxy,
        resolver=settings.resolver,
        body_cap=settings.crawl.body_cap,
        robots_from=settings.crawl.robots_from,
        progress=progress,
    )


def _headers(lines: Sequence[str]) -> dict[str, str]:
    found = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise ConfigError("header: write 'Name: value'")
        found[name.strip()] = value.strip()
    return found


def _credentials(lines: Sequence[str]) -> dict[str, tuple[str, str]]:
    found = {}
    for line in lines:
        pattern, _, pair = line.strip().partition(" ")
        user, colon, password = pair.strip().partition(":")
        if not colon:
            raise ConfigError("basic_auth: write 'PATTERN USER:PASSWORD'")
        _compile(pattern, "basic_auth")
        found[pattern] = (user, password)
    return found


def _remaps(lines: Sequence[str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    found = []
    for line in lines:
        pattern, space, replacement = line.strip().partition(" ")
        if not space:
            raise ConfigError("remap: write 'PATTERN REPLACEMENT'")
        # lychee's users write $1 for a group
        found.append((_compile(pattern, "remap"), re.sub(r"\$(\w+)", r"\\g<\1>", replacement.strip())))
    return tuple(found)


def _compile(pattern: str, option: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ConfigError(f"{option}: {pattern!r} is no regular expression: {error}") from error


def _host_rules(settings: Settings) -> tuple[HostRule, ...]:
    return tuple(
        HostRule(
            host=pattern,
            delay=host.delay,
            concurrency=host.concurrency,
            headers={name: value.get_secret_value() for name, value in host.headers.items()},
            skip=host.skip,
        )
        for pattern, host in settings.hosts.items()
    )
