"""Retention: old looks go, except those that tell a URL's story."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from crawler.domain.verdict import LIVING
from crawler.store.schema import HealthRow, JudgementRow, ObservationRow, ProbeRow, RunRow
from crawler.store.session import Store

_BATCH = 200
_LIVING = [verdict.value for verdict in LIVING]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Old:
    """One look that is older than the age, with what decides whether it is kept."""

    id: int
    probe_id: int
    url_id: int
    series: tuple[int, str, str]
    at: datetime
    answer: tuple[Any, ...]
    redirects: bool
    healthy: bool
    refers_to: int | None


def prune(store: Store, project_id: int, older_than: datetime) -> int:
    """Delete a project's looks from before a time, with their judgements and probes; return how many.

    Looks form a series by URL, purpose and target. Of each series these stay whatever their age: the
    first, the last and the last healthy one before that time, each that differs from the look before
    it (verdict, status, failure, final URL), each that was redirected, and each that the present
    health rests on, so that judging all history again gives the same standing. A look that only says
    "not modified" keeps the one that it refers to.
    """
    count = 0
    after = 0
    while url_ids := _next_urls(store, older_than, after):
        after = url_ids[-1]
        with store.begin() as session:
            old = _old_looks(session, project_id, older_than, url_ids)
            kept = _kept(old) | _resting(session, project_id, url_ids, old)
            doomed = [look for look in old if look.id not in kept]
            _delete(session, doomed)
        count += len(doomed)
    _delete_unanswered(store, project_id, older_than)
    return count


def _next_urls(store: Store, older_than: datetime, after: int) -> list[int]:
    # Of every project: so that the index alone answers.
    with store.begin() as session:
        query = (
            select(ObservationRow.url_id)
            .where(ObservationRow.at < older_than, ObservationRow.url_id > after)
            .distinct()
            .order_by(ObservationRow.url_id)
            .limit(_BATCH)
        )
        return list(session.scalars(query))


def _old_looks(session: Session, project_id: int, older_than: datetime, url_ids: Sequence[int]) -> list[_Old]:
    look, facts = ObservationRow, ObservationRow.facts
    rows = session.execute(
        select(look.id, look.probe_id, look.url_id, look.purpose, look.url, look.at, look.status, look.failure)
        .add_columns(look.skip, look.final_url, JudgementRow.verdict)
        .add_columns(facts["hops"].label("hops"), facts["not_modified_of"].label("refers_to"))
        .join(RunRow, RunRow.id == look.run_id)
        .outerjoin(JudgementRow, (JudgementRow.observation_id == look.id) & (JudgementRow.project_id == project_id))
        .where(RunRow.project_id == project_id, look.url_id.in_(url_ids), look.at < older_than)
        .order_by(look.url_id, look.purpose, look.url, look.at, look.id)
    )
    return [
        _Old(
            id=row.id,
            probe_id=row.probe_id,
            url_id=row.url_id,
            series=(row.url_id, row.purpose, row.url),
            at=row.at,
            answer=(row.verdict, row.status, row.failure, row.skip, row.final_url),
            redirects=len(row.hops or ()) > 1,
            healthy=row.verdict in _LIVING,
            refers_to=row.refers_to,
        )
        for row in rows
    ]


def _resting(session: Session, project_id: int, url_ids: Sequence[int], old: Iterable[_Old]) -> frozenset[int]:
    healths = session.scalars(
        select(HealthRow).where(HealthRow.project_id == project_id, HealthRow.url_id.in_(url_ids))
    ).all()
    strikes = {(row.url_id, datetime.fromisoformat(at)) for row in healths for _, at, _ in row.strikes}
    led_there = {row.observation_id for row in healths}
    return frozenset(look.id for look in old if look.id in led_there or (look.url_id, look.at) in strikes)


def _kept(old: Iterable[_Old]) -> frozenset[int]:
    kept = [look for _, looks in groupby(old, key=lambda look: look.series) for look in _telling(list(looks))]
    return frozenset(look.id for look in kept) | {look.refers_to for look in kept if look.refers_to is not None}


def _telling(looks: Sequence[_Old]) -> Iterator[_Old]:
    last_healthy = next((look for look in reversed(looks) if look.healthy), None)
    before = None
    for look in looks:
        is_edge = before is None or look is looks[-1] or look is last_healthy
        if is_edge or look.redirects or (before is not None and look.answer != before.answer):
            yield look
        before = look


def _delete(session: Session, doomed: Sequence[_Old]) -> None:
    for start in range(0, len(doomed), _BATCH):
        part = doomed[start : start + _BATCH]
        ids = [look.id for look in part]
        session.execute(delete(JudgementRow).where(JudgementRow.observation_id.in_(ids)))
        session.execute(delete(ObservationRow).where(ObservationRow.id.in_(ids)))
        session.execute(delete(ProbeRow).where(ProbeRow.id.in_([look.probe_id for look in part])))


def _delete_unanswered(store: Store, project_id: int, older_than: datetime) -> None:
    runs = select(RunRow.id).where(RunRow.project_id == project_id, RunRow.finished_at < older_than)
    with store.begin() as session:
        session.execute(delete(ProbeRow).where(ProbeRow.run_id.in_(runs), ProbeRow.state == "due"))
