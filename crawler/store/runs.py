"""Projects and runs: start, resume, finish."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crawler.store.schema import ProjectRow, RunRow
from crawler.store.session import Store

RESUME_WITHIN = timedelta(hours=20)


class RunState(StrEnum):
    """How a run stands or ended."""

    RUNNING = "running"
    DONE = "done"
    PARTIAL = "partial"
    UNTRUSTED = "untrusted"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of one project."""

    id: int
    project_id: int
    project: str
    started_at: datetime
    finished_at: datetime | None = None
    state: RunState = RunState.RUNNING
    reason: str | None = None
    resumed: bool = False
    stats: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


def start_run(store: Store, project: str, now: datetime, *, version: str, pid: int) -> Run:
    """Start a run, or take up one that was killed less than `RESUME_WITHIN` ago.

    The caller holds the lock, so a run that still says `running` belongs to a process that died.
    """
    with store.begin() as session:
        owner = _project(session, project)
        stale = session.scalars(
            select(RunRow).where(RunRow.project_id == owner.id, RunRow.state == RunState.RUNNING).order_by(RunRow.id)
        ).all()
        for row in stale[:-1]:
            row.state = RunState.ABORTED
        if stale and timedelta(0) <= now - stale[-1].started_at <= RESUME_WITHIN:
            stale[-1].pid = pid
            return _run(stale[-1], owner.name, resumed=True)
        if stale:
            stale[-1].state, stale[-1].reason = RunState.ABORTED, "the process died"
        row = RunRow(
            project_id=owner.id,
            started_at=now,
            state=RunState.RUNNING,
            pid=pid,
            tool_version=version,
            stats={},
            counts={},
        )
        session.add(row)
        session.flush()
        return _run(row, owner.name)


def finish_run(
    store: Store,
    run: Run,
    now: datetime,
    *,
    state: RunState,
    reason: str | None = None,
    stats: dict[str, Any] | None = None,
) -> None:
    """Mark a run as ended."""
    with store.begin() as session:
        session.execute(
            update(RunRow)
            .where(RunRow.id == run.id)
            .values(state=state.value, reason=reason, finished_at=now, stats=stats or {})
        )


def save_counts(store: Store, run_id: int, counts: dict[str, int]) -> None:
    """Keep a report's counts, for the next report's deltas."""
    with store.begin() as session:
        session.execute(update(RunRow).where(RunRow.id == run_id).values(counts=counts))


def project_id(store: Store, name: str) -> int:
    """Return the id of a project, made where it is new."""
    with store.begin() as session:
        return int(_project(session, name).id)


def projects(store: Store) -> list[tuple[int, str]]:
    """Return (id, name) of all projects that ever ran."""
    with store.begin() as session:
        return [(row.id, row.name) for row in session.scalars(select(ProjectRow).order_by(ProjectRow.name))]


def latest_run(store: Store, project: str) -> Run | None:
    """Return the newest run of a project."""
    with store.begin() as session:
        owner = _project(session, project)
        row = session.scalars(
            select(RunRow).where(RunRow.project_id == owner.id).order_by(RunRow.id.desc()).limit(1)
        ).first()
        return _run(row, owner.name) if row else None


def run_ids(store: Store, project_id: int, state: RunState) -> frozenset[int]:
    """Return the ids of a project's runs that ended in a state."""
    with store.begin() as session:
        return frozenset(
            session.scalars(select(RunRow.id).where(RunRow.project_id == project_id, RunRow.state == state.value))
        )


def previous_run(store: Store, run: Run) -> Run | None:
    """Return the last run before this one whose results were believed."""
    with store.begin() as session:
        row = session.scalars(
            select(RunRow)
            .where(
                RunRow.project_id == run.project_id,
                RunRow.id < run.id,
                RunRow.state.in_([RunState.DONE.value, RunState.PARTIAL.value]),
            )
            .order_by(RunRow.id.desc())
            .limit(1)
        ).first()
        return _run(row, run.project) if row else None


def recent_counts(store: Store, run: Run, limit: int) -> list[tuple[datetime, dict[str, int]]]:
    """Return (time, counts by section) of the newest believed runs before this one, oldest first."""
    with store.begin() as session:
        rows = session.scalars(
            select(RunRow)
            .where(RunRow.project_id == run.project_id, RunRow.id < run.id, RunRow.state == RunState.DONE.value)
            .order_by(RunRow.id.desc())
            .limit(limit)
        ).all()
        return [(row.started_at, dict(row.counts)) for row in reversed(rows) if row.counts]


def _project(session: Session, name: str) -> ProjectRow:
    row = session.scalars(select(ProjectRow).where(ProjectRow.name == name)).first()
    if row is None:
        row = ProjectRow(name=name)
        session.add(row)
        session.flush()
    return row


def _run(row: RunRow, project: str, *, resumed: bool = False) -> Run:
    return Run(
        id=row.id,
        project_id=row.project_id,
        project=project,
        started_at=row.started_at,
        finished_at=row.finished_at,
        state=RunState(row.state),
        reason=row.reason,
        resumed=resumed,
        stats=dict(row.stats or {}),
        counts=dict(row.counts or {}),
    )
