"""Short ways to put runs, links and looks into a store, for its tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from crawler.domain.health import Standing, step
from crawler.domain.links import Link
from crawler.domain.observation import Failure, Hop, Observation
from crawler.domain.verdict import judge
from crawler.store import judging, links, probes, runs
from crawler.store.judging import Look, Ruling
from crawler.store.probes import Wanted
from crawler.store.runs import Run, RunState
from crawler.store.session import Store

FIRST_NIGHT = datetime(2026, 1, 1, 3, 17, tzinfo=UTC)
URL = "https://example.org/page"


def night(number: int) -> datetime:
    """Return when the nth night is; the first is 1."""
    return FIRST_NIGHT + timedelta(days=number - 1)


def start(store: Store, now: datetime = FIRST_NIGHT, *, project: str = "list") -> Run:
    """Start a run."""
    return runs.start_run(store, project, now, version="1", pid=1)


def finish(store: Store, run: Run, now: datetime | None = None, state: RunState = RunState.DONE) -> None:
    """End a run."""
    runs.finish_run(store, run, now or run.started_at, state=state)


def link(url: str = URL, **facts: Any) -> Link:
    """Return a link of README.md."""
    given: dict[str, Any] = {"raw": url, "source": "README.md", "line": 1, "column": 1, "text": "text", "kind": "link"}
    return Link(url=url, **(given | facts))


def seen(url: str = URL, at: datetime = FIRST_NIGHT, status: int | None = 200, **facts: Any) -> Observation:
    """Return a look that got an answer, or with `failure` none."""
    if "failure" in facts or "skip" in facts:
        return Observation(url=url, at=at, **facts)
    hops = facts.pop("hops", (Hop(url=url, status=status or 200),))
    return Observation(url=url, at=at, status=status, hops=hops, final_url=hops[-1].url, **facts)


def dead(url: str = URL, at: datetime = FIRST_NIGHT) -> Observation:
    """Return a look that timed out."""
    return seen(url, at, failure=Failure.TIMEOUT)


def look_at(store: Store, run: Run, *looks: Observation) -> None:
    """Collect, ask and record: each look answers a probe of its own URL."""
    known = {url.canonical: url.url_id for url in probes.collected_urls(store, run, verbatim=True)}
    new = [look.url for look in looks if look.url not in known]
    if new:
        links.save_links(store, run, [link(url) for url in new], run.started_at)
        known = {url.canonical: url.url_id for url in probes.collected_urls(store, run, verbatim=True)}
    probes.ask(
        store,
        run,
        [Wanted(url_id=known[look.url], target=look.url, purpose=look.purpose) for look in looks],
        asked_by="test",
        now=run.started_at,
    )
    by_target = {(probe.url, probe.purpose): probe for probe in probes.due(store, run, after=0, limit=10_000)}
    probes.record(store, run, [(by_target[look.url, look.purpose], look) for look in looks])


def rule(store: Store, run: Run) -> list[Ruling]:
    """Judge what a run saw, and store it."""
    looks = judging.unjudged(store, run.project_id, run.id, 10_000)
    before = judging.standings(store, run.project_id, [look.url_id for look in looks])
    rulings = [ruling(look, before.get(look.url_id, Standing())) for look in looks]
    judging.save_rulings(store, run.project_id, run.id, rulings)
    return rulings


def ruling(look: Look, before: Standing) -> Ruling:
    """Judge one look."""
    judged = judge(look.observation)
    after = step(before, judged.verdict, look.observation.failure, look.observation.at).standing
    return Ruling(look=look, judged=judged, before=before, after=after)


def whole_night(store: Store, number: int, *looks: Observation, project: str = "list") -> Run:
    """Run one night: every look at the night's time, judged, ended."""
    run = start(store, night(number), project=project)
    look_at(store, run, *(_moved(look, night(number)) for look in looks))
    rule(store, run)
    finish(store, run)
    return run


def _moved(look: Observation, at: datetime) -> Observation:
    facts = {name: getattr(look, name) for name in look.__slots__}
    return Observation(**(facts | {"at": at}))
