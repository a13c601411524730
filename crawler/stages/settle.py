"""Looks that need no network: excluded and ignored links, other schemes, local files, invalid URLs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import assert_never

from crawler.config import Settings
from crawler.domain.observation import Failure, Observation, Skip
from crawler.domain.urls import FETCHABLE
from crawler.domain.verdict import matches_host
from crawler.sources.local import LocalState, look
from crawler.store.probes import DueUrl

_LOCAL = "file"
# What extractors find but no reader opens: placeholders, preconnect hints, form actions.
_NOT_PAGES = frozenset({"template", "hint", "form"})


def settle(url: DueUrl, settings: Settings, now: datetime) -> Observation | None:
    """Return what can be said of a URL without asking the network, or None where it has to be asked."""
    reason = skip_reason(url, settings, now.date())
    if reason is not None:
        skip, detail = reason
        return Observation(url=url.canonical, at=now, skip=skip, detail=detail)
    if url.scheme == "invalid":
        return Observation(url=url.canonical, at=now, failure=Failure.INVALID_URL, detail=url.problem or "")
    if url.scheme == _LOCAL:
        return _local(url, now)
    return None


def skip_reason(url: DueUrl, settings: Settings, today: date) -> tuple[Skip, str] | None:
    """Return why a URL is not looked at, with a detail for the reader."""
    if url.ignored:
        return Skip.IGNORED, url.ignored
    for rule in settings.ignore:
        if (rule.until is None or today <= rule.until) and any(p.search(url.canonical) for p in rule.pattern):
            return Skip.IGNORED, rule.reason
    excluded = exclusion(url.canonical, url.host, settings)
    if excluded is not None:
        return Skip.EXCLUDED, excluded
    if url.scheme not in {*FETCHABLE, _LOCAL, "invalid"}:
        return Skip.SCHEME, f"{url.scheme}: is not fetched"
    if url.kinds <= _NOT_PAGES:
        return Skip.NOT_A_PAGE, ", ".join(sorted(url.kinds))
    if settings.offline and url.scheme in FETCHABLE:
        return Skip.OFFLINE, ""
    return None


def exclusion(canonical: str, host: str, settings: Settings) -> str | None:
    """Return why the configuration keeps a URL from being looked at, or None."""
    if any(rule.skip and matches_host(pattern, host) for pattern, rule in settings.hosts.items()):
        return "host is skipped"
    included = any(pattern.search(canonical) for pattern in settings.include)
    if settings.include and not included:
        return "not included"
    if not included and any(pattern.search(canonical) for pattern in settings.exclude):
        return "excluded"
    return None


def _local(url: DueUrl, now: datetime) -> Observation:
    outcome = look(url.canonical)
    seen = Observation(url=url.canonical, at=now, final_url=url.canonical, detail=outcome.detail)
    match outcome.state:
        case LocalState.MISSING:
            return replace(seen, failure=Failure.MISSING_FILE, final_url=None)
        case LocalState.FILE | LocalState.FOLDER:
            outcomes = {fragment: look(f"{url.canonical}#{fragment}").fragment_found for fragment in url.fragments}
            found = {fragment: there for fragment, there in outcomes.items() if there is not None}
            return replace(seen, status=200, fragments=found)
        case LocalState.UNREADABLE | LocalState.SPECIAL | LocalState.ELSEWHERE:
            return replace(seen, skip=Skip.SCHEME, detail=f"not read: {outcome.detail}")
        case _:
            assert_never(outcome.state)
