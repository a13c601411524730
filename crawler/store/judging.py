"""Judgements, health and transitions: derived, and derivable again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from crawler.domain.health import Health, Standing
from crawler.domain.observation import Observation, Purpose
from crawler.domain.verdict import RULE_SET, Judged, Verdict, WarningKind
from crawler.store.codec import evidence_of, evidence_values, observation_of, standing_of, standing_values
from crawler.store.schema import HealthRow, JudgementRow, ObservationRow, RunRow, TransitionRow, TransitionTakenRow
from crawler.store.session import Store, insert_all, upsert

_HEALTH_KEY = ("project_id", "url_id")
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One stored observation of purpose `check`."""

    id: int
    url_id: int
    run_id: int
    observation: Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What judging a look gave: the judgement, the standing after it, and the standing before."""

    look: Look
    judged: Judged
    before: Standing
    after: Standing


def unjudged(store: Store, project_id: int, run_id: int, limit: int) -> list[Look]:
    """Return looks of this run that have no judgement yet, oldest first."""
    with store.begin() as session:
        rows = session.scalars(
            select(ObservationRow)
            .where(
                ObservationRow.run_id == run_id,
                ObservationRow.purpose == Purpose.CHECK.value,
                ~exists().where(
                    JudgementRow.observation_id == ObservationRow.id, JudgementRow.project_id == project_id
                ),
            )
            .order_by(ObservationRow.id)
            .limit(limit)
        )
        return [_look(row) for row in rows]


def standings(store: Store, project_id: int, url_ids: Sequence[int]) -> dict[int, Standing]:
    """Return the present standing of the URLs that have one."""
    with store.begin() as session:
        rows = session.scalars(
            select(HealthRow).where(HealthRow.project_id == project_id, HealthRow.url_id.in_(list(url_ids)))
        )
        return {row.url_id: standing_of(row) for row in rows}


def save_rulings(store: Store, project_id: int, run_id: int, rulings: Sequence[Ruling]) -> int:
    """Store judgements, standings and transitions in one transaction; return the number of transitions."""
    with store.begin() as session:
        insert_all(session, JudgementRow, [_judgement(project_id, ruling) for ruling in rulings])
        _save_standings(session, project_id, rulings)
        return _save_transitions(session, project_id, run_id, rulings)


def history(store: Store, project_id: int) -> Iterator[list[Look]]:
    """Yield all stored looks of a project, grouped by URL, oldest first."""
    last = 0
    while True:
        with store.begin() as session:
            next_id = session.scalar(
                select(ObservationRow.url_id)
                .join(RunRow, RunRow.id == ObservationRow.run_id)
                .where(RunRow.project_id == project_id, ObservationRow.url_id > last)
                .order_by(ObservationRow.url_id)
                .limit(1)
            )
            if next_id is None:
                return
            last = next_id
            looks = _looks_of(session, project_id, next_id)
        if looks:
            yield looks


def rewrite(store: Store, project_id: int, run_id: int, rulings: Sequence[Sequence[Ruling]]) -> int:
    """Replace every judgement and standing of a project in one transaction.

    Each inner sequence holds one URL's rulings, oldest first. A URL whose health ends elsewhere
    than it stood gets one transition. Returns the number of transitions.
    """
    with store.begin() as session:
        stood = {
            row.url_id: Health(row.health)
            for row in session.scalars(select(HealthRow).where(HealthRow.project_id == project_id))
        }
        session.execute(delete(JudgementRow).where(JudgementRow.project_id == project_id))
        _save_standings(session, project_id, [series[-1] for series in rulings])
        changed = []
        for series in rulings:
            insert_all(session, JudgementRow, [_judgement(project_id, ruling) for ruling in series])
            final = series[-1]
            before = Standing(health=stood.get(final.look.url_id, Health.UNKNOWN))
            changed.append(Ruling(look=final.look, judged=final.judged, before=before, after=final.after))
        return _save_transitions(session, project_id, run_id, changed)


def open_transitions(store: Store, project_id: int, consumer: str) -> list[tuple[int, int, Health, Health]]:
    """Return (transition id, URL id, before, after) that a consumer has not taken yet."""
    with store.begin() as session:
        rows = session.scalars(
            select(TransitionRow)
            .where(
                TransitionRow.project_id == project_id,
                ~exists().where(
                    TransitionTakenRow.transition_id == TransitionRow.id, TransitionTakenRow.consumer == consumer
                ),
            )
            .order_by(TransitionRow.id)
        )
        return [(row.id, row.url_id, Health(row.before), Health(row.after)) for row in rows]


def take_transitions(store: Store, ids: Sequence[int], consumer: str, now: datetime) -> None:
    """Mark transitions as taken by a consumer."""
    with store.begin() as session:
        insert_all(
            session, TransitionTakenRow, [{"transition_id": key, "consumer": consumer, "at": now} for key in ids]
        )


def accept_baseline(store: Store, project_id: int, now: datetime) -> int:
    """Accept every URL that fails now; return how many there are."""
    with store.begin() as session:
        rows = session.scalars(
            select(HealthRow).where(
                HealthRow.project_id == project_id,
                HealthRow.health.in_([Health.SUSPECT.value, Health.BROKEN.value]),
            )
        ).all()
        for row in rows:
            row.accepted = _verdict_of(session, project_id, row.observation_id)
            row.accepted_at = now
        return len(rows)


def judgement(store: Store, project_id: int, observation_id: int) -> Judged | None:
    """Return a stored judgement."""
    with store.begin() as session:
        row = session.get(JudgementRow, (project_id, observation_id))
        return judged_of(row) if row else None


def judged_of(row: JudgementRow) -> Judged:
    """Return the judgement that a row holds."""
    return Judged(
        verdict=Verdict(row.verdict),
        rule=row.rule,
        evidence=evidence_of(row.evidence),
        warnings=tuple(WarningKind(name) for name in row.warnings),
    )


def _verdict_of(session: Session, project_id: int, observation_id: int) -> str:
    row = session.get(JudgementRow, (project_id, observation_id))
    return row.verdict if row else Verdict.UNKNOWN.value


def _look(row: ObservationRow) -> Look:
    return Look(id=row.id, url_id=row.url_id, run_id=row.run_id, observation=observation_of(row))


def _looks_of(session: Session, project_id: int, url_id: int) -> list[Look]:
    rows = session.scalars(
        select(ObservationRow)
        .join(RunRow, RunRow.id == ObservationRow.run_id)
        .where(
            RunRow.project_id == project_id,
            ObservationRow.url_id == url_id,
            ObservationRow.purpose == Purpose.CHECK.value,
        )
        .order_by(ObservationRow.at, ObservationRow.id)
    )
    return [_look(row) for row in rows]


def _judgement(project_id: int, ruling: Ruling) -> dict[str, Any]:
    return {
        "project_id": project_id,
        "observation_id": ruling.look.id,
        "url_id": ruling.look.url_id,
        "verdict": ruling.judged.verdict.value,
        "rule": ruling.judged.rule,
        "evidence": evidence_values(ruling.judged.evidence),
        "warnings": [warning.value for warning in ruling.judged.warnings],
        "rule_set": RULE_SET,
    }


def _save_standings(session: Session, project_id: int, rulings: Sequence[Ruling]) -> None:
    """Store the standing after each ruling; a baseline ends where a link is well again."""
    rows = {
        ruling.look.url_id: {
            "project_id": project_id,
            "url_id": ruling.look.url_id,
            "observation_id": ruling.look.id,
            **standing_values(ruling.after),
        }
        for ruling in rulings
    }
    if not rows:
        return
    statement: Any = upsert(session, HealthRow)
    fresh = statement.excluded
    changing = [name for name in next(iter(rows.values())) if name not in _HEALTH_KEY]
    session.execute(
        statement.on_conflict_do_update(index_elements=_HEALTH_KEY, set_={name: fresh[name] for name in changing}),
        list(rows.values()),
    )
    well = [ruling.look.url_id for ruling in rulings if ruling.after.health is Health.OK]
    for start in range(0, len(well), _BATCH):
        session.execute(
            update(HealthRow)
            .where(HealthRow.project_id == project_id, HealthRow.url_id.in_(well[start : start + _BATCH]))
            .where(HealthRow.accepted_at.is_not(None))
            .values(accepted=None, accepted_at=None)
        )


def _save_transitions(session: Session, project_id: int, run_id: int, rulings: Sequence[Ruling]) -> int:
    rows = [
        {
            "project_id": project_id,
            "url_id": ruling.look.url_id,
            "run_id": run_id,
            "before": ruling.before.health.value,
            "after": ruling.after.health.value,
            "at": ruling.look.observation.at,
            "why": f"{ruling.judged.verdict.value}: {ruling.judged.rule}",
        }
        for ruling in rulings
        if ruling.before.health is not ruling.after.health
    ]
    insert_all(session, TransitionRow, rows)
    return len(rows)
