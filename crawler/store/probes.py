"""Probes and observations: what is due, and what was seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, true, update
from sqlalchemy.orm import Session

from crawler.domain.health import Health
from crawler.domain.observation import Observation, Purpose
from crawler.domain.probe import Probe
from crawler.store.codec import observation_of, observation_values, probe_of
from crawler.store.links import url_id
from crawler.store.runs import Run
from crawler.store.schema import HealthRow, LinkRow, ObservationRow, ProbeRow, RunRow, UrlRow
from crawler.store.session import Store, digest, insert_all, storable, upsert

_BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class DueUrl:
    """A URL of the present collection with what decides whether and when it is looked at."""

    url_id: int
    canonical: str
    scheme: str
    host: str
    fragments: tuple[str, ...]
    ignored: str | None
    problem: str | None
    kinds: frozenset[str]
    health: Health | None
    last_look: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A look that a stage asks for."""

    url_id: int
    target: str
    purpose: Purpose
    want_text: bool = False
    fragments: tuple[str, ...] = ()
    depth: int = 0


def collected_urls(store: Store, run: Run, *, verbatim: bool) -> list[DueUrl]:
    """Return every URL of this run's collection; optional links count only with `verbatim`.

    `ignored` is set only where every link to the URL is covered by an ignore comment.
    """
    with store.begin() as session:
        chosen = select(
            LinkRow.url_id,
            LinkRow.fragment,
            LinkRow.ignored,
            LinkRow.problem,
            LinkRow.kind,
            UrlRow.canonical,
            UrlRow.scheme,
            UrlRow.host,
            HealthRow.health,
        )
        rows = session.execute(
            chosen.join(UrlRow, UrlRow.id == LinkRow.url_id)
            .outerjoin(HealthRow, (HealthRow.url_id == UrlRow.id) & (HealthRow.project_id == run.project_id))
            .where(LinkRow.last_run_id == run.id, true() if verbatim else LinkRow.optional.is_(False))
            .order_by(LinkRow.id)
        ).all()
        looks = _last_looks(session, run.project_id)
    grouped: dict[int, list[Any]] = {}
    for row in rows:
        grouped.setdefault(row.url_id, []).append(row)
    return [_due_url(members, looks.get(key)) for key, members in grouped.items()]


def _due_url(rows: list[Any], last_look: datetime | None) -> DueUrl:
    first = rows[0]
    return DueUrl(
        url_id=first.url_id,
        canonical=first.canonical,
        scheme=first.scheme,
        host=first.host,
        fragments=tuple(sorted({row.fragment for row in rows if row.fragment})),
        ignored=first.ignored if all(row.ignored for row in rows) else None,
        problem=first.problem,
        kinds=frozenset(row.kind for row in rows),
        health=Health(first.health) if first.health else None,
        last_look=last_look,
    )


def _last_looks(session: Session, project_id: int) -> dict[int, datetime]:
    rows = session.execute(
        select(ObservationRow.url_id, func.max(ObservationRow.at).label("at"))
        .join(RunRow, RunRow.id == ObservationRow.run_id)
        .where(RunRow.project_id == project_id, ObservationRow.purpose == Purpose.CHECK.value)
        .group_by(ObservationRow.url_id)
    )
    return {row.url_id: row.at for row in rows}


def ask(store: Store, run: Run, wanted: Iterable[Wanted], *, asked_by: str, now: datetime) -> None:
    """Ask for looks; one that this run asked for before is not asked for again."""
    rows = [
        {
            "run_id": run.id,
            "url_id": look.url_id,
            "target": storable(look.target),
            "digest": digest(look.target),
            "purpose": look.purpose.value,
            "asked_by": asked_by,
            "due_at": now,
            "state": "due",
            "depth": look.depth,
            "want_text": look.want_text,
            "fragments": list(look.fragments),
        }
        for look in wanted
    ]
    for start in range(0, len(rows), _BATCH):
        with store.begin() as session:
            statement: Any = upsert(session, ProbeRow)
            session.execute(
                statement.on_conflict_do_nothing(index_elements=["run_id", "purpose", "digest"]),
                rows[start : start + _BATCH],
            )


def ask_page(store: Store, run: Run, target: str, *, depth: int, now: datetime) -> None:
    """Ask for a page of a site that is crawled for its links."""
    with store.begin() as session:
        key = url_id(session, target, now)
    wanted = Wanted(url_id=key, target=target, purpose=Purpose.PAGE, want_text=True, depth=depth)
    ask(store, run, [wanted], asked_by="collect", now=now)


def targets(store: Store, run: Run, purpose: Purpose) -> frozenset[str]:
    """Return the targets that this run asked for with a purpose."""
    with store.begin() as session:
        return frozenset(
            session.scalars(select(ProbeRow.target).where(ProbeRow.run_id == run.id, ProbeRow.purpose == purpose.value))
        )


def is_asked(store: Store, run: Run, target: str, purpose: Purpose) -> bool:
    """Whether this run asked for a look at a target with a purpose."""
    with store.begin() as session:
        return session.scalar(_same_look(run, target, purpose)) is not None


def owner(store: Store, probe_id: int) -> int:
    """Return the URL that a probe is for."""
    with store.begin() as session:
        return session.scalars(select(ProbeRow.url_id).where(ProbeRow.id == probe_id)).one()


def copy_as_check(store: Store, run: Run, page: Probe, observation: Observation, now: datetime) -> None:
    """Let a crawled page's look stand for the check of its URL: one request, not two."""
    wanted = Wanted(url_id=owner(store, page.id), target=page.url, purpose=Purpose.CHECK, want_text=True)
    ask(store, run, [wanted], asked_by="crawl", now=now)
    with store.begin() as session:
        probe_id = session.scalar(_same_look(run, page.url, Purpose.CHECK))
    if probe_id is not None:
        record(store, run, [(Probe(id=probe_id, url=page.url), observation)])


def _same_look(run: Run, target: str, purpose: Purpose) -> Any:
    return select(ProbeRow.id).where(
        ProbeRow.run_id == run.id, ProbeRow.purpose == purpose.value, ProbeRow.digest == digest(target)
    )


def due(store: Store, run: Run, *, after: int, limit: int) -> list[Probe]:
    """Return due probes with an id above `after`, in order."""
    with store.begin() as session:
        rows = session.scalars(
            select(ProbeRow)
            .where(ProbeRow.run_id == run.id, ProbeRow.state == "due", ProbeRow.id > after)
            .order_by(ProbeRow.id)
            .limit(limit)
        )
        return [probe_of(row) for row in rows]


def count_probes(store: Store, run: Run) -> dict[tuple[Purpose, str], int]:
    """Return how many probes of this run are due and done, by purpose."""
    with store.begin() as session:
        rows = session.execute(
            select(ProbeRow.purpose, ProbeRow.state, func.count())
            .where(ProbeRow.run_id == run.id)
            .group_by(ProbeRow.purpose, ProbeRow.state)
        )
        return {(Purpose(purpose), state): count for purpose, state, count in rows}


def record(store: Store, run: Run, seen: Sequence[tuple[Probe, Observation]]) -> None:
    """Store observations and mark their probes as done, in one transaction."""
    with store.begin() as session:
        ids = [probe.id for probe, _ in seen]
        owners = {
            row.id: row.url_id
            for row in session.execute(
                select(ProbeRow.id, ProbeRow.url_id).where(ProbeRow.id.in_(ids), ProbeRow.state == "due")
            )
        }
        rows = {
            probe.id: observation_values(probe.id, run.id, owners[probe.id], observation)
            for probe, observation in seen
            if probe.id in owners
        }
        insert_all(session, ObservationRow, list(rows.values()))
        session.execute(update(ProbeRow).where(ProbeRow.id.in_(list(rows))).values(state="done"))


def observations(store: Store, run: Run, purposes: Sequence[Purpose]) -> list[tuple[int, Observation]]:
    """Return (URL id, observation) of this run for the purposes."""
    with store.begin() as session:
        rows = session.scalars(
            select(ObservationRow)
            .where(ObservationRow.run_id == run.id, ObservationRow.purpose.in_([p.value for p in purposes]))
            .order_by(ObservationRow.id)
        )
        return [(row.url_id, observation_of(row)) for row in rows]
