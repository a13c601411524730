"""Whether and when a try is repeated: pure decisions.

Only what may pass is tried again. A Retry-After (RFC 9110 section 10.2.3) is kept where it is not
longer than the cap; a longer one means no further try in this run, and is recorded.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from crawler.domain.observation import Failure
from crawler.spider.settings import CrawlSettings

PASSING_FAILURES = frozenset({
    Failure.RESET,
    Failure.TIMEOUT,
    Failure.CONNECT_TIMEOUT,
    Failure.REFUSED,
    Failure.DNS_TEMPORARY,
})  # fmt: skip
PASSING_STATUSES = frozenset({429, 500, 502, 503, 504})
_LONGEST = timedelta(days=30)


def wait_before_retry(
    settings: CrawlSettings,
    attempt: int,
    *,
    status: int | None = None,
    failure: Failure | None = None,
    retry_after: timedelta | None = None,
) -> timedelta | None:
    """Return how long to wait before the next try, or None for no further try."""
    passing = failure in PASSING_FAILURES if failure else status in PASSING_STATUSES - settings.accept
    if not passing or attempt > settings.max_retries:
        return None
    if retry_after is not None and retry_after > settings.retry_cap:
        return None
    backoff: timedelta = min(settings.retry_wait * (1 << attempt - 1), settings.retry_cap)
    return max(backoff, retry_after or timedelta())


def read_retry_after(text: str | None, now: datetime) -> timedelta | None:
    """Return a Retry-After as a duration from now, between nothing and 30 days; None if unreadable."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), _LONGEST)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return min(max(when - now, timedelta()), _LONGEST)
