"""Dates of the archive's own day, which begins at 00:00 UTC."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta


def next_midnight(now: datetime) -> datetime:
    """Return the next 00:00 UTC: when the archive's daily limits begin anew."""
    tomorrow = now.astimezone(UTC).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), tzinfo=UTC)
