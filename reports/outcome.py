"""What a run means for its caller: exit code by findings, and one line for people."""

from __future__ import annotations

from crawler.domain.verdict import DEAD
from reports.model import Report, Section


def has_findings(report: Report, fail_on: str) -> bool:
    """Whether a report holds what `--fail-on` (`none`, `new`, `broken`) asks for; accepted links do not count."""
    dead = [item for item in report.findings if item.verdict in DEAD and item.section is not Section.IGNORED]
    if fail_on == "new":
        dead = [item for item in dead if item.section is Section.NEW]
    return bool(dead) and fail_on != "none"


def summary(report: Report) -> str:
    """Return one line: project, number of URLs, findings by section."""
    counts = ", ".join(f"{count} {name}" for name, count in report.counts.items() if count)
    return f"{report.run.project}: {report.run.urls} URLs: {counts or 'none'}"
