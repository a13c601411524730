"""What a person sees: frozen values that every renderer, the issue plan and the patch share.

`build.py` makes a `Report` from the store; nothing below reads the database again. All times are
aware UTC. Texts from pages and sources are hostile: renderers escape, the model keeps them raw.
URLs in the model carry no userinfo.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from crawler.domain.health import Health
from crawler.domain.memento import CaptureState, MementoState
from crawler.domain.observation import Failure, Hop
from crawler.domain.suggestion import Suggestion
from crawler.domain.verdict import Evidence, Verdict


class Section(StrEnum):
    """Where a finding stands in the report, in this order; each finding stands in exactly one."""

    NEW = "new"
    BROKEN = "broken"
    SUSPECT = "suspect"
    REVIEW = "review"
    REPAIRED = "repaired"
    REDIRECT = "redirect"
    IGNORED = "ignored"
    FINE = "fine"
    PENDING = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One occurrence that a maintainer has to edit. `permalink` is a web address of the line, where known."""

    source: str
    line: int
    column: int
    text: str
    raw: str = ""
    kind: str = "link"
    fragment: str | None = None
    fragment_found: bool | None = None
    added: datetime | None = None
    permalink: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MementoView:
    """The archived copy of a finding, or what is known instead of one."""

    state: MementoState
    url: str | None = None
    timestamp: datetime | None = None
    archive: str = ""
    verified: bool = False
    reasons: tuple[str, ...] = ()
    checked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureView:
    """The state of a request to archive a finding."""

    state: CaptureState
    at: datetime
    code: str | None = None
    detail: str = ""
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryDay:
    """One run date of one URL, for the history bar."""

    at: datetime
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One URL with everything a maintainer needs to act on it.

    `key` is stable between runs (a hash of project and canonical URL). `dead_today` is a definite
    verdict (gone, soft404, parked, invalid) that the windows have not confirmed yet.
    `first_seen` is when the link was first known (git, else our first run), `down_since` when the
    present failure was first seen, `last_ok` when it was last alive.
    """

    key: str
    url: str
    section: Section
    verdict: Verdict
    rule: str
    why: str
    final_url: str | None = None
    status: int | None = None
    failure: Failure | None = None
    hops: tuple[Hop, ...] = ()
    warnings: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    health: Health | None = None
    dead_today: bool = False
    links: tuple[Place, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    memento: MementoView | None = None
    capture: CaptureView | None = None
    history: tuple[HistoryDay, ...] = ()
    first_seen: datetime | None = None
    down_since: datetime | None = None
    last_ok: datetime | None = None
    checked_at: datetime | None = None
    strikes: int = 0
    ignore_reason: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """The run that a report shows, and whether it may be believed.

    `untrusted` says why the run's own results cannot be trusted (the network was down), `partial`
    why it ended early; both are sentences, or None. `notes` are further remarks (captures stopped
    for the day, no contact configured).
    """

    id: int | None
    project: str
    started_at: datetime
    finished_at: datetime
    tool_version: str
    previous_at: datetime | None = None
    untrusted: str | None = None
    partial: str | None = None
    notes: tuple[str, ...] = ()
    links: int = 0
    urls: int = 0
    checked: int = 0
    pending: int = 0
    requests: int = 0
    hosts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All findings of one project's run: the broken ones first, as `Section` orders them."""

    run: RunView
    findings: tuple[Finding, ...]
    language: str = "en"
    counts: dict[str, int] = field(default_factory=dict)
    previous_counts: dict[str, int] = field(default_factory=dict)
    trend: tuple[tuple[datetime, dict[str, int]], ...] = ()
    downloads: tuple[str, ...] = ()

    def section(self, section: Section) -> tuple[Finding, ...]:
        """Return the findings of one section, in report order."""
        return tuple(finding for finding in self.findings if finding.section is section)
