"""Stage judge: observations to judgements, health and transitions. Derived, and derivable again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from crawler.config import Settings
from crawler.domain.health import WINDOWS, FailureClass, Standing, Window, step
from crawler.domain.observation import Observation, Purpose
from crawler.domain.trust import Trial, distrust, fails_below_http
from crawler.domain.urls import InvalidUrl, parse
from crawler.domain.verdict import LIVING, Judged, Policy, Verdict, judge
from crawler.stages.result import StageResult
from crawler.store import judging, probes, runs
from crawler.store.judging import Look, Ruling
from crawler.store.runs import Run, RunState
from crawler.store.session import Store

Windows = dict[FailureClass, Window]
_BATCH = 500


def policy_of(settings: Settings) -> Policy:
    """Return what the configuration says about verdicts."""
    return Policy(
        accept=settings.accept,
        host_accept=tuple((pattern, host.accept) for pattern, host in settings.hosts.items() if host.accept),
    )


def windows_of(settings: Settings) -> Windows:
    """Return after how many run dates, over which span, each class of failure is confirmed."""
    given = settings.windows
    return WINDOWS | {
        FailureClass.PAGE: Window(strikes=given.page.strikes, span=given.page.span),
        FailureClass.NAME: Window(strikes=given.name.strikes, span=given.name.span),
        FailureClass.PASSING: Window(strikes=given.passing.strikes, span=given.passing.span),
    }


def run(store: Store, run_: Run, settings: Settings, *, distrusted: bool) -> StageResult:
    """Judge this run's looks; in a distrusted run, looks without any HTTP answer change no health."""
    policy, windows = policy_of(settings), windows_of(settings)
    judged = transitions = 0
    while looks := judging.unjudged(store, run_.project_id, run_.id, _BATCH):
        standings = judging.standings(store, run_.project_id, [look.url_id for look in looks])
        rulings = [
            rule_on(look, standings.get(look.url_id, Standing()), policy, windows, distrusted=distrusted)
            for look in looks
        ]
        transitions += judging.save_rulings(store, run_.project_id, run_.id, rulings)
        judged += len(rulings)
    return StageResult(name="judge", counts={"judged": judged, "transitions": transitions})


def rejudge(store: Store, project: str, settings: Settings) -> StageResult:
    """Judge all of a project's history again: judgements and health are rewritten in one transaction."""
    latest = runs.latest_run(store, project)
    if latest is None:
        return StageResult(name="judge", counts={"judged": 0, "transitions": 0})
    policy, windows = policy_of(settings), windows_of(settings)
    untrusted = runs.run_ids(store, latest.project_id, RunState.UNTRUSTED)
    series = [list(_replay(looks, policy, windows, untrusted)) for looks in judging.history(store, latest.project_id)]
    transitions = judging.rewrite(store, latest.project_id, latest.id, series)
    return StageResult(
        name="judge", counts={"judged": sum(len(rulings) for rulings in series), "transitions": transitions}
    )


def rule_on(look: Look, before: Standing, policy: Policy, windows: Windows, *, distrusted: bool) -> Ruling:
    """Judge one look and step the health, unless the run's network was down for it."""
    seen = look.observation
    if distrusted and fails_below_http(bool(seen.hops), seen.failure):
        judged = judge(seen, replace(policy, network_down=True))
        return Ruling(look=look, judged=judged, before=before, after=before)
    judged = judge(seen, policy)
    after = step(before, judged.verdict, seen.failure, seen.at, windows).standing
    return Ruling(look=look, judged=judged, before=before, after=after)


def doubts(store: Store, run_: Run) -> str | None:
    """Return why this run cannot be trusted, concluded from its own looks, or None."""
    seen: dict[int, Observation] = {}
    for key, observation in probes.observations(store, run_, [Purpose.CHECK, Purpose.PAGE]):
        if observation.hops or key not in seen:  # a page's look stands for its link as well: count it once
            seen[key] = observation
    keys = list(seen)
    before: dict[int, Standing] = {}
    for start in range(0, len(keys), _BATCH):  # PostgreSQL takes at most 65,535 parameters in a statement
        before |= judging.standings(store, run_.project_id, keys[start : start + _BATCH])
    ok_before = {key for key, standing in before.items() if standing.last_up and not standing.strikes}
    return distrust(_trials(seen.items(), ok_before))


def provisional(seen: Observation, settings: Settings) -> Judged:
    """Judge a look without storing it, to decide what else to ask for."""
    return judge(seen, policy_of(settings))


def is_failing(verdict: Verdict) -> bool:
    """Whether a look says that something is wrong with the link."""
    return verdict not in LIVING and verdict is not Verdict.SKIPPED


def _replay(looks: list[Look], policy: Policy, windows: Windows, untrusted: frozenset[int]) -> Iterator[Ruling]:
    standing = Standing()
    for look in looks:
        ruling = rule_on(look, standing, policy, windows, distrusted=look.run_id in untrusted)
        standing = ruling.after
        yield ruling


def _trials(seen: Iterable[tuple[int, Observation]], ok_before: set[int]) -> Iterator[Trial]:
    for key, observation in seen:
        try:
            url = parse(observation.url)
        except InvalidUrl:
            continue
        if url.fetchable and observation.skip is None:
            yield Trial(
                host=url.host, answered=bool(observation.hops), failure=observation.failure, was_ok=key in ok_before
            )
