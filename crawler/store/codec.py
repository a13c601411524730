"""Observations to rows and back: columns for what is searched, JSON for the rest."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from crawler.domain.health import FailureClass, Health, Standing
from crawler.domain.observation import Failure, Hop, Observation, Page, Purpose, Skip
from crawler.domain.probe import Probe
from crawler.domain.urls import shown
from crawler.domain.verdict import Evidence
from crawler.store.schema import HealthRow, ObservationRow, ProbeRow
from crawler.store.session import storable

_FACTS = ("detail", "method", "profile", "content_type", "content_length", "truncated", "address", "not_modified_of")


def observation_values(probe_id: int, run_id: int, url_id: int, seen: Observation) -> dict[str, Any]:
    """Return the columns of one observation."""
    facts: dict[str, Any] = {name: value for name in _FACTS if (value := getattr(seen, name))}
    facts["hops"] = [[shown(hop.url), hop.status] for hop in seen.hops]
    facts["headers"] = seen.headers
    facts["fragments"] = seen.fragments
    facts["page"] = _page_values(seen.page) if seen.page else None
    return {
        "probe_id": probe_id,
        "run_id": run_id,
        "url_id": url_id,
        "purpose": seen.purpose.value,
        "at": seen.at,
        "url": storable(shown(seen.url)),
        "final_url": storable(shown(seen.final_url)) if seen.final_url else None,
        "status": seen.status,
        "failure": seen.failure.value if seen.failure else None,
        "skip": seen.skip.value if seen.skip else None,
        "attempt": seen.attempt,
        "elapsed_ms": seen.elapsed_ms,
        "facts": _storable_tree(facts),
    }


def observation_of(row: ObservationRow) -> Observation:
    """Return the observation that a row holds."""
    facts = dict(row.facts)
    page = facts.pop("page", None)
    return Observation(
        url=row.url,
        at=row.at,
        purpose=Purpose(row.purpose),
        attempt=row.attempt,
        final_url=row.final_url,
        status=row.status,
        failure=Failure(row.failure) if row.failure else None,
        skip=Skip(row.skip) if row.skip else None,
        elapsed_ms=row.elapsed_ms,
        hops=tuple(Hop(url=url, status=status) for url, status in facts.pop("hops", ())),
        page=Page(**page) if page else None,
        **facts,
    )


def probe_of(row: ProbeRow) -> Probe:
    """Return the probe that a row holds."""
    return Probe(
        id=row.id,
        url=row.target,
        purpose=Purpose(row.purpose),
        want_text=row.want_text,
        fragments=tuple(row.fragments),
        depth=row.depth,
    )


def evidence_values(evidence: tuple[Evidence, ...]) -> list[Any]:
    """Return evidence as it is stored."""
    return [[storable(item.name), storable(item.value)] for item in evidence]


def evidence_of(values: list[Any]) -> tuple[Evidence, ...]:
    """Return stored evidence."""
    return tuple(Evidence(name=name, value=value) for name, value in values)


def standing_values(standing: Standing) -> dict[str, Any]:
    """Return the columns of a standing."""
    return {
        "health": standing.health.value,
        "since": standing.since,
        "strikes": [[day.isoformat(), at.isoformat(), kind.value] for day, at, kind in standing.strikes],
        "last_up": standing.last_up,
        "first_down": standing.first_down,
        "neutral_since": standing.neutral_since,
    }


def standing_of(row: HealthRow) -> Standing:
    """Return the standing that a row holds."""
    return Standing(
        health=Health(row.health),
        since=row.since,
        strikes=tuple(
            (date.fromisoformat(day), datetime.fromisoformat(at), FailureClass(kind)) for day, at, kind in row.strikes
        ),
        last_up=row.last_up,
        first_down=row.first_down,
        neutral_since=row.neutral_since,
    )


def _page_values(page: Page) -> dict[str, Any]:
    values = asdict(page)
    values.pop("anchors", None)
    return values


def _storable_tree(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): _storable_tree(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable_tree(item) for item in value]
    return value
