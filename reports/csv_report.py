"""The report as CSV: one row a link occurrence, for spreadsheets and for joining with other tables.

RFC 4180: comma, CRLF, quotes doubled. The header is stable: columns are added at the end only. Page
titles and link texts are foreign, so a cell that a spreadsheet would run as a formula starts with an
apostrophe (CWE-1236); the raw text is in the JSON report. A finding without a place has one row
without source. Times are ISO 8601 UTC; empty means unknown.
"""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Final

from reports.escape import csv_cell
from reports.model import Finding, Place, Report
from reports.wording import days_down, stamp

BYTE_ORDER_MARK: Final = "\ufeff"
HEADER: Final[tuple[str, ...]] = (
    "source",
    "line",
    "column",
    "url",
    "section",
    "verdict",
    "health",
    "status",
    "failure",
    "rule",
    "why",
    "text",
    "fragment",
    "fragment_found",
    "final_url",
    "warnings",
    "dead_today",
    "days_down",
    "first_seen",
    "down_since",
    "last_ok",
    "checked_at",
    "suggestion",
    "suggestion_kind",
    "suggestion_confidence",
    "memento",
    "memento_at",
    "memento_verified",
    "ignore_reason",
    "key",
)


def render_csv(report: Report) -> str:
    """Return the report as CSV without byte order mark; the first line is `HEADER`."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for finding in report.findings:
        fixed = _of_finding(finding, report.run.started_at)
        for place in finding.links or (None,):
            row = {**fixed, **_of_place(place)}
            writer.writerow([csv_cell(row[name]) for name in HEADER])
    return out.getvalue()


def _of_finding(finding: Finding, now: datetime) -> dict[str, str]:
    best = finding.suggestions[0] if finding.suggestions else None
    memento = finding.memento
    days = days_down(finding, now)
    return {
        "url": finding.url,
        "section": finding.section.value,
        "verdict": finding.verdict.value,
        "health": finding.health.value if finding.health else "",
        "status": str(finding.status) if finding.status is not None else "",
        "failure": finding.failure.value if finding.failure else "",
        "rule": finding.rule,
        "why": finding.why,
        "final_url": finding.final_url or "",
        "warnings": " ".join(finding.warnings),
        "dead_today": _truth(finding.dead_today),
        "days_down": str(days) if days is not None else "",
        "first_seen": _time(finding.first_seen),
        "down_since": _time(finding.down_since),
        "last_ok": _time(finding.last_ok),
        "checked_at": _time(finding.checked_at),
        "suggestion": best.url if best else "",
        "suggestion_kind": best.kind.value if best else "",
        "suggestion_confidence": best.confidence.value if best else "",
        "memento": memento.url or "" if memento else "",
        "memento_at": _time(memento.timestamp) if memento else "",
        "memento_verified": _truth(memento.verified) if memento else "",
        "ignore_reason": finding.ignore_reason or "",
        "key": finding.key,
    }


def _of_place(place: Place | None) -> dict[str, str]:
    if place is None:
        return dict.fromkeys(("source", "line", "column", "text", "fragment", "fragment_found"), "")
    return {
        "source": place.source,
        "line": str(place.line),
        "column": str(place.column),
        "text": place.text,
        "fragment": place.fragment or "",
        "fragment_found": _truth(place.fragment_found),
    }


def _truth(value: bool | None) -> str:  # noqa: FBT001 - a cell's value
    return "" if value is None else str(value).lower()


def _time(moment: datetime | None) -> str:
    return stamp(moment) if moment is not None else ""
