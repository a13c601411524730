"""Reports for the issue tests: one night's findings in a line."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from crawler.domain.health import Health
from crawler.domain.verdict import Verdict
from reports.model import Finding, Place, Report, RunView, Section

FIRST_NIGHT = datetime(2026, 3, 1, 3, 17, tzinfo=UTC)


def night(number: int) -> datetime:
    """Return when night 1, 2, 3 ... began."""
    return FIRST_NIGHT + timedelta(days=number - 1)


def report(when: int, *findings: Finding, language: str = "en", **run: Any) -> Report:
    """Return the report of a night."""
    facts: dict[str, Any] = {
        "id": when,
        "project": "awesome",
        "started_at": night(when),
        "finished_at": night(when) + timedelta(minutes=9),
        "tool_version": "0.1.0",
    }
    return Report(run=RunView(**{**facts, **run}), findings=findings, language=language)


def finding(url: str, section: Section, health: Health | None, verdict: Verdict, **values: Any) -> Finding:
    """Return a finding with one place to edit."""
    facts: dict[str, Any] = {
        "key": hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:16],
        "rule": "not-found",
        "why": "The server says that there is no such page.",
        "links": (Place(source="README.md", line=12, column=3, text="a link"),),
        "final_url": url,
    }
    return Finding(url=url, section=section, health=health, verdict=verdict, **{**facts, **values})


def dead(url: str, **values: Any) -> Finding:
    """Return a confirmed dead link, dead since the first night."""
    values.setdefault("status", 404)
    values.setdefault("down_since", FIRST_NIGHT)
    values.setdefault("section", Section.BROKEN)
    section = values.pop("section")
    return finding(url, section, Health.BROKEN, Verdict.GONE, **values)


def suspect(url: str) -> Finding:
    """Return a link that is dead today and not confirmed."""
    return finding(url, Section.NEW, Health.SUSPECT, Verdict.GONE, status=404, dead_today=True)


def recovering(url: str) -> Finding:
    """Return a link that answered once after it was broken."""
    return finding(url, Section.REPAIRED, Health.RECOVERING, Verdict.ALIVE, status=200, rule="success", why="fine")


def fine(url: str) -> Finding:
    """Return a link in order."""
    return finding(url, Section.FINE, Health.OK, Verdict.ALIVE, status=200, rule="success", why="fine")
