"""Read what a report shows: every URL of a run's collection with its links, looks, health and history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crawler.domain.health import Health, Standing
from crawler.domain.observation import Observation, Page, Purpose
from crawler.domain.verdict import LIVING, Judged, Verdict
from crawler.store.codec import observation_of, standing_of
from crawler.store.judging import judged_of
from crawler.store.runs import Run
from crawler.store.schema import (
    HealthRow,
    JudgementRow,
    LinkRow,
    ObservationRow,
    ProbeRow,
    RunRow,
    SourceRow,
    TransitionRow,
    UrlRow,
)
from crawler.store.session import Store

HISTORY_DAYS = 30
_BATCH = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRecord:
    """One stored occurrence."""

    source: str
    line: int
    column: int
    text: str
    raw: str
    kind: str
    href: str
    fragment: str | None
    added: datetime | None
    ignored: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One earlier look: its time, verdict and rule, and the status or failure it saw."""

    at: datetime
    verdict: Verdict
    rule: str
    saw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UrlRecord:
    """Everything stored about one URL of a run's collection.

    `seen` and `judged` are of the newest look, in this run or before; `None` where there was none.
    `past` holds earlier verdicts, oldest first, the newest look last.
    """

    url_id: int
    canonical: str
    first_seen_at: datetime
    links: tuple[LinkRecord, ...]
    seen: Observation | None
    judged: Judged | None
    seen_in_run: int | None
    standing: Standing | None
    accepted_at: datetime | None
    became: Health | None
    past: tuple[Past, ...]


def records(store: Store, run: Run, *, verbatim: bool) -> Iterator[UrlRecord]:
    """Yield every URL of a run's collection, in the order in which its links were found."""
    with store.begin() as session:
        ids = _url_ids(session, run, verbatim=verbatim)
    for start in range(0, len(ids), _BATCH):
        with store.begin() as session:
            yield from _load(session, run, ids[start : start + _BATCH], verbatim=verbatim)


def record_of(store: Store, run: Run, canonical: str) -> UrlRecord | None:
    """Return what is stored about one URL, optional links included."""
    with store.begin() as session:
        url_id = session.scalar(select(UrlRow.id).where(UrlRow.canonical == canonical))
        return next(_load(session, run, [url_id], verbatim=True), None) if url_id else None


def last_healthy_pages(store: Store, project_id: int, url_ids: Sequence[int]) -> dict[int, Page]:
    """Return what each URL's page showed when it was last alive."""
    found: dict[int, Page] = {}
    for start in range(0, len(url_ids), _BATCH):
        with store.begin() as session:
            rows = session.scalars(
                select(ObservationRow)
                .join(JudgementRow, JudgementRow.observation_id == ObservationRow.id)
                .where(
                    JudgementRow.project_id == project_id,
                    JudgementRow.verdict.in_([verdict.value for verdict in LIVING]),
                    ObservationRow.url_id.in_(list(url_ids[start : start + _BATCH])),
                )
                .order_by(ObservationRow.at)
            )
            for row in rows:
                page = observation_of(row).page
                if page:
                    found[row.url_id] = page
    return found


def pending_checks(store: Store, run: Run) -> int:
    """Return how many URLs of this run were not looked at."""
    with store.begin() as session:
        count = session.scalar(
            select(func.count())
            .select_from(ProbeRow)
            .where(ProbeRow.run_id == run.id, ProbeRow.state == "due", ProbeRow.purpose == Purpose.CHECK.value)
        )
        return int(count or 0)


def link_count(store: Store, run: Run, *, verbatim: bool) -> int:
    """Return how many links this run's collection has."""
    with store.begin() as session:
        query = select(func.count()).select_from(LinkRow).where(LinkRow.last_run_id == run.id)
        return int(session.scalar(query if verbatim else query.where(LinkRow.optional.is_(False))) or 0)


def _url_ids(session: Session, run: Run, *, verbatim: bool) -> list[int]:
    query = select(LinkRow.url_id).where(LinkRow.last_run_id == run.id)
    if not verbatim:
        query = query.where(LinkRow.optional.is_(False))
    return list(dict.fromkeys(session.scalars(query.order_by(LinkRow.id))))


def _load(session: Session, run: Run, ids: list[int], *, verbatim: bool) -> Iterator[UrlRecord]:
    links = _links(session, run, ids, verbatim=verbatim)
    looks = _looks(session, run, ids)
    healths = {
        row.url_id: row
        for row in session.scalars(
            select(HealthRow).where(HealthRow.project_id == run.project_id, HealthRow.url_id.in_(ids))
        )
    }
    became = {
        row.url_id: Health(row.after)
        for row in session.scalars(
            select(TransitionRow).where(TransitionRow.run_id == run.id, TransitionRow.url_id.in_(ids))
        )
    }
    for url in sorted(session.scalars(select(UrlRow).where(UrlRow.id.in_(ids))), key=lambda row: ids.index(row.id)):
        past = looks.get(url.id, [])
        newest = past[-1] if past else None
        health = healths.get(url.id)
        yield UrlRecord(
            url_id=url.id,
            canonical=url.canonical,
            first_seen_at=url.first_seen_at,
            links=tuple(links.get(url.id, ())),
            seen=observation_of(newest[0]) if newest else None,
            judged=judged_of(newest[1]) if newest else None,
            seen_in_run=newest[0].run_id if newest else None,
            standing=standing_of(health) if health else None,
            accepted_at=health.accepted_at if health else None,
            became=became.get(url.id),
            past=tuple(_past(*look) for look in past[-HISTORY_DAYS:]),
        )


def _links(session: Session, run: Run, ids: list[int], *, verbatim: bool) -> dict[int, list[LinkRecord]]:
    query = (
        select(LinkRow, SourceRow.path)
        .join(SourceRow, SourceRow.id == LinkRow.source_id)
        .where(LinkRow.last_run_id == run.id, LinkRow.url_id.in_(ids))
        .order_by(SourceRow.id, LinkRow.line, LinkRow.col)
    )
    if not verbatim:
        query = query.where(LinkRow.optional.is_(False))
    found: dict[int, list[LinkRecord]] = {}
    for row, path in session.execute(query):
        found.setdefault(row.url_id, []).append(
            LinkRecord(
                source=path,
                line=row.line,
                column=row.col,
                text=row.text,
                raw=row.raw,
                kind=row.kind,
                href=row.href,
                fragment=row.fragment,
                added=row.added_at,
                ignored=row.ignored,
            )
        )
    return found


def _looks(session: Session, run: Run, ids: list[int]) -> dict[int, list[tuple[ObservationRow, JudgementRow]]]:
    rows = session.execute(
        select(ObservationRow, JudgementRow)
        .join(RunRow, RunRow.id == ObservationRow.run_id)
        .join(
            JudgementRow,
            (JudgementRow.observation_id == ObservationRow.id) & (JudgementRow.project_id == run.project_id),
        )
        .where(
            RunRow.project_id == run.project_id,
            ObservationRow.run_id <= run.id,
            ObservationRow.url_id.in_(ids),
            ObservationRow.purpose == Purpose.CHECK.value,
        )
        .order_by(ObservationRow.at, ObservationRow.id)
    )
    found: dict[int, list[tuple[ObservationRow, JudgementRow]]] = {}
    for look, judgement in rows:
        found.setdefault(look.url_id, []).append((look, judgement))
    return found


def _past(look: ObservationRow, judgement: JudgementRow) -> Past:
    return Past(
        at=look.at,
        verdict=Verdict(judgement.verdict),
        rule=judgement.rule,
        saw=look.failure or (str(look.status) if look.status else look.skip or ""),
    )
