"""Issues on trackers and the outbox of writes to them, as plain rows: what they mean is the tracker's business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from crawler.store.schema import IssueCallRow, IssueRow
from crawler.store.session import Store, upsert

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredIssue:
    """One issue: identity, number and state as columns, the rest as JSON."""

    project: str
    repo: str
    key: str
    number: int | None
    state: str
    facts: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCall:
    """One planned write."""

    id: str
    project: str
    repo: str
    key: str
    op: str
    payload: Json


def issues(store: Store, project: str, repo: str) -> list[Json]:
    """Return the facts of a project's issues on one tracker."""
    with store.begin() as session:
        rows = session.scalars(
            select(IssueRow).where(IssueRow.project == project, IssueRow.repo == repo).order_by(IssueRow.id)
        )
        return [dict(row.facts) for row in rows]


def save_issue(store: Store, issue: StoredIssue) -> None:
    """Store an issue; it replaces the one of the same project, repository and key."""
    with store.begin() as session:
        _save(session, issue)


def save_calls(store: Store, calls: Sequence[StoredCall]) -> None:
    """Commit planned writes, in order; one that is known is left as it is."""
    with store.begin() as session:
        start = int(session.scalar(select(func.max(IssueCallRow.position))) or 0)
        for position, call in enumerate(calls, start=start + 1):
            values = {
                "id": call.id,
                "project": call.project,
                "repo": call.repo,
                "key": call.key,
                "op": call.op,
                "payload": call.payload,
                "state": "planned",
                "position": position,
            }
            statement: Any = upsert(session, IssueCallRow).values(**values)
            session.execute(statement.on_conflict_do_nothing(index_elements=["id"]))


def planned_calls(store: Store, project: str, repo: str) -> list[Json]:
    """Return the payloads of writes that were planned and neither sent nor dropped, in order."""
    with store.begin() as session:
        rows = session.scalars(
            select(IssueCallRow)
            .where(IssueCallRow.project == project, IssueCallRow.repo == repo, IssueCallRow.state == "planned")
            .order_by(IssueCallRow.position)
        )
        return [dict(row.payload) for row in rows]


def finish_call(store: Store, call_id: str, state: str, result: Json, issue: StoredIssue | None) -> None:
    """Mark a write as `sent` or `dropped` and store the issue that came of it, in one transaction."""
    with store.begin() as session:
        session.execute(update(IssueCallRow).where(IssueCallRow.id == call_id).values(state=state, result=result))
        if issue is not None:
            _save(session, issue)


def _save(session: Session, issue: StoredIssue) -> None:
    values: Json = {
        "project": issue.project,
        "repo": issue.repo,
        "key": issue.key,
        "number": issue.number,
        "state": issue.state,
        "facts": issue.facts,
    }
    statement: Any = upsert(session, IssueRow).values(**values)
    session.execute(statement.on_conflict_do_update(index_elements=["project", "repo", "key"], set_=values))
