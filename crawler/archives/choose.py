"""Which of the listed captures to look at, and in which order: pure.

A link is best served by a copy from when it was still good: at or before the date that it was last seen
healthy, else the nearest after it. A deep link is never answered with the site's front page.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from crawler.archives import surt
from crawler.archives.cdx import Row


def rank(rows: Iterable[Row], url: str, near: datetime) -> tuple[list[Row], list[str]]:
    """Return the rows worth a look, best first, and in words why others are not.

    Before or at `near` comes first, nearest first; then what is after it. Equal content (digest) is
    looked at once.
    """
    fitting, reasons = [], []
    for row in rows:
        if why := _unfit(row, url):
            reasons.append(f"{row.timestamp:%Y-%m-%d}: {why}")
        else:
            fitting.append(row)
    fitting.sort(key=lambda row: (row.timestamp > near, abs(row.timestamp - near)))
    return _distinct(fitting), list(dict.fromkeys(reasons))


def _unfit(row: Row, url: str) -> str | None:
    if surt.is_root(row.original) and not surt.is_root(url):
        return "a copy of the site's front page, not of this page"
    if not surt.same(row.original, url):
        return "a copy of another address"
    if row.status is not None and row.status >= 400:
        return f"archived with status {row.status}"
    return None


def _distinct(rows: list[Row]) -> list[Row]:
    seen: set[tuple[str, str]] = set()
    kept = []
    for row in rows:
        content = (row.digest, row.original if row.digest == "-" else "")
        if row.digest == "-" or content not in seen:
            kept.append(row)
        seen.add(content)
    return kept
