"""Mementos, captures, pauses and suggestions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from crawler.domain.memento import Capture, CaptureState, Memento, MementoState
from crawler.domain.suggestion import Confidence, Kind, Suggestion
from crawler.store.codec import evidence_of, evidence_values
from crawler.store.schema import CaptureRow, MementoRow, PauseRow, SuggestionRow, UrlRow
from crawler.store.session import Store, in_batches, insert_all, storable, upsert


def mementos(store: Store, url_ids: Sequence[int]) -> dict[int, tuple[Memento, datetime | None]]:
    """Return (memento, not before) by URL id, for those that were looked for."""
    found: dict[int, tuple[Memento, datetime | None]] = {}
    for ids in in_batches(url_ids):
        with store.begin() as session:
            rows = session.execute(
                select(MementoRow, UrlRow.canonical)
                .join(UrlRow, UrlRow.id == MementoRow.url_id)
                .where(MementoRow.url_id.in_(ids))
            )
            found |= {row.url_id: (_memento(row, url), row.retry_at) for row, url in rows}
    return found


def save_memento(store: Store, url_id: int, memento: Memento) -> None:
    """Store the newest knowledge of a URL's archived copies."""
    retry_at = memento.checked_at + memento.retry_after if memento.retry_after else None
    values: dict[str, Any] = {
        "url_id": url_id,
        "state": memento.state.value,
        "checked_at": memento.checked_at,
        "archive": memento.archive,
        "view_url": memento.view_url,
        "timestamp": memento.timestamp,
        "status": memento.status,
        "verified": memento.verified,
        "title": storable(memento.title) if memento.title else None,
        "reasons": [storable(reason) for reason in memento.reasons],
        "retry_at": retry_at,
    }
    with store.begin() as session:
        statement: Any = upsert(session, MementoRow).values(**values)
        session.execute(statement.on_conflict_do_update(index_elements=["url_id"], set_=values))


def captures(store: Store, url_ids: Sequence[int]) -> dict[int, Capture]:
    """Return the newest capture by URL id."""
    found: dict[int, Capture] = {}
    for ids in in_batches(url_ids):
        with store.begin() as session:
            rows = session.execute(
                select(CaptureRow, UrlRow.canonical)
                .join(UrlRow, UrlRow.id == CaptureRow.url_id)
                .where(CaptureRow.url_id.in_(ids))
            )
            found |= {row.url_id: _capture(row, url) for row, url in rows}
    return found


def save_capture(store: Store, url_id: int, capture: Capture) -> None:
    """Store the state of a capture."""
    values: dict[str, Any] = {
        "url_id": url_id,
        "state": capture.state.value,
        "asked_at": capture.asked_at,
        "job_id": capture.job_id,
        "timestamp": capture.timestamp,
        "view_url": capture.view_url,
        "code": capture.code,
        "detail": storable(capture.detail),
        "retry_at": capture.retry_at,
    }
    with store.begin() as session:
        statement: Any = upsert(session, CaptureRow).values(**values)
        session.execute(statement.on_conflict_do_update(index_elements=["url_id"], set_=values))


def pause(store: Store, service: str) -> tuple[datetime, str] | None:
    """Return until when, and why, a service is left alone."""
    with store.begin() as session:
        row = session.get(PauseRow, service)
        return (row.until, row.reason) if row else None


def set_pause(store: Store, service: str, until: datetime, reason: str) -> None:
    """Leave a service alone until a time."""
    values = {"service": service, "until": until, "reason": storable(reason)}
    with store.begin() as session:
        statement: Any = upsert(session, PauseRow).values(**values)
        session.execute(statement.on_conflict_do_update(index_elements=["service"], set_=values))


def save_suggestions(
    store: Store,
    project_id: int,
    url_id: int,
    ranked: Sequence[Suggestion],
    rejected: Sequence[tuple[str, str, str]],
    now: datetime,
) -> None:
    """Replace a URL's suggestions; `rejected` holds (target, kind, why) of candidates that lost."""
    rows = [
        _suggestion_row(project_id, url_id, rank, item.url, item.kind.value, item.confidence.value, now)
        | {"evidence": evidence_values(item.evidence)}
        for rank, item in enumerate(ranked, start=1)
    ]
    rows += [
        _suggestion_row(project_id, url_id, 0, target, kind, "rejected", now) | {"evidence": [["why", storable(why)]]}
        for target, kind, why in rejected
    ]
    with store.begin() as session:
        session.execute(
            delete(SuggestionRow).where(SuggestionRow.project_id == project_id, SuggestionRow.url_id == url_id)
        )
        insert_all(session, SuggestionRow, rows)


def suggestions(store: Store, project_id: int) -> dict[int, tuple[Suggestion, ...]]:
    """Return the ranked suggestions by URL id."""
    with store.begin() as session:
        rows = session.scalars(
            select(SuggestionRow)
            .where(SuggestionRow.project_id == project_id, SuggestionRow.rank > 0)
            .order_by(SuggestionRow.url_id, SuggestionRow.rank)
        )
        found: dict[int, list[Suggestion]] = {}
        for row in rows:
            found.setdefault(row.url_id, []).append(_suggestion(row))
        return {key: tuple(items) for key, items in found.items()}


def candidates(store: Store, project_id: int, url_id: int) -> list[tuple[int, str, str, str, str]]:
    """Return (rank, target, kind, confidence, evidence in words) of every candidate, won or lost."""
    with store.begin() as session:
        rows = session.scalars(
            select(SuggestionRow)
            .where(SuggestionRow.project_id == project_id, SuggestionRow.url_id == url_id)
            .order_by(SuggestionRow.rank == 0, SuggestionRow.rank, SuggestionRow.id)
        )
        return [
            (row.rank, row.target, row.kind, row.confidence, "; ".join(f"{n}: {v}" for n, v in row.evidence))
            for row in rows
        ]


def _suggestion_row(
    project_id: int, url_id: int, rank: int, target: str, kind: str, confidence: str, now: datetime
) -> dict[str, Any]:
    return {
        "project_id": project_id,
        "url_id": url_id,
        "rank": rank,
        "target": storable(target),
        "kind": kind,
        "confidence": confidence,
        "at": now,
    }


def _suggestion(row: SuggestionRow) -> Suggestion:
    return Suggestion(
        url=row.target,
        kind=Kind(row.kind),
        confidence=Confidence(row.confidence),
        evidence=evidence_of(row.evidence),
    )


def _memento(row: MementoRow, url: str) -> Memento:
    return Memento(
        url=url,
        state=MementoState(row.state),
        checked_at=row.checked_at,
        archive=row.archive,
        view_url=row.view_url,
        timestamp=row.timestamp,
        status=row.status,
        verified=row.verified,
        title=row.title,
        reasons=tuple(row.reasons),
    )


def _capture(row: CaptureRow, url: str) -> Capture:
    return Capture(
        url=url,
        state=CaptureState(row.state),
        asked_at=row.asked_at,
        job_id=row.job_id,
        timestamp=row.timestamp,
        view_url=row.view_url,
        code=row.code,
        detail=row.detail,
        retry_at=row.retry_at,
    )
