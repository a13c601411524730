"""Judging: from looks to health on a real database; judging all history again gives the same."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from crawler.domain.health import Health, Standing
from crawler.domain.observation import Failure, Purpose
from crawler.domain.verdict import Judged
from crawler.stages import judge
from crawler.stages.judge import rejudge
from crawler.store import findings, judging, probes, runs
from crawler.store.session import Store
from tests.unit.stages.nights import NIGHT, START, A, Answer, Nights, answer, finding, link

_ANSWERS: Sequence[Answer] = (
    200, 200, 200, 404, 404, 410, 403, 401, 500, 503, 429, "301 https://b.example/, 200", "302 https://b.example/, 404",
    Failure.TIMEOUT, Failure.DNS_NXDOMAIN, Failure.DNS_NODATA, Failure.TLS_CERTIFICATE, Failure.REFUSED,
)  # fmt: skip


def state(
    nights: Nights,
) -> tuple[dict[str, Standing | None], dict[str, list[tuple[object, ...]]], dict[str, Judged | None]]:
    """Return all that is derived: standings, histories, newest judgements, by URL."""
    run = runs.latest_run(nights.store, "list")
    assert run is not None
    found = list(findings.records(nights.store, run, verbatim=True))
    return (
        {record.canonical: record.standing for record in found},
        {record.canonical: [(past.at, past.verdict, past.rule) for past in record.past] for record in found},
        {record.canonical: record.judged for record in found},
    )


@pytest.mark.parametrize("seed", range(4))
def test_judging_all_history_again_gives_what_the_nights_gave(sqlite_store: Store, seed: int) -> None:
    dice, nights = random.Random(seed), Nights(sqlite_store)
    urls = [f"https://h{number}.example/" for number in range(8)]
    for number in range(24):
        at = START + NIGHT * number
        down = dice.random() < 0.15
        said = {url: Failure.TIMEOUT if down else dice.choice(_ANSWERS) for url in urls}
        if dice.random() < 0.2:
            nights.night(at, said)
            at += NIGHT / 24
        nights.night(
            at,
            {url: said[url] for url in urls if dice.random() < 0.9} or said,
            links=[link(url, line=1) for url in urls],
        )
    before, project = state(nights), runs.project_id(sqlite_store, "list")
    transitions = judging.open_transitions(sqlite_store, project, "test")
    result = rejudge(sqlite_store, "list", nights.settings)
    assert result.counts["transitions"] == 0
    assert state(nights) == before
    assert judging.open_transitions(sqlite_store, project, "test") == transitions


def test_a_changed_rule_changes_all_history_and_each_health_once(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store)
    for number in range(4):
        nights.night(START + NIGHT * number, {A: 404, "https://b.example/": 200})
    assert finding(nights.night(START + NIGHT * 4, {A: 404, "https://b.example/": 200}), A).health is Health.BROKEN
    accepting = Nights(sqlite_store, accept="404")
    result = rejudge(sqlite_store, "list", accepting.settings)
    assert result.counts == {"judged": 10, "transitions": 1}
    standing = state(accepting)[0][A]
    assert standing is not None
    assert (standing.health, standing.strikes, standing.last_up) == (Health.OK, (), START + NIGHT * 4)
    assert rejudge(sqlite_store, "list", accepting.settings).counts["transitions"] == 0
    assert rejudge(sqlite_store, "list", nights.settings).counts["transitions"] == 1


def test_a_baseline_outlives_judging_again_while_the_link_stays_dead(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store)
    nights.night(START, {A: 404})
    judging.accept_baseline(sqlite_store, runs.project_id(sqlite_store, "list"), START)
    rejudge(sqlite_store, "list", nights.settings)
    assert finding(nights.night(START + NIGHT, {A: 404}), A).section.value == "ignored"


def test_a_project_without_a_run_has_nothing_to_judge(sqlite_store: Store) -> None:
    assert rejudge(sqlite_store, "list", Nights(sqlite_store).settings).counts == {"judged": 0, "transitions": 0}


def test_judging_twice_in_a_run_changes_nothing(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store)
    run = nights.begin(START)
    nights.collect(run, [link(A)], START)
    nights.answer_due(run, lambda url: 404, START)
    first = judge.run(sqlite_store, run, nights.settings, distrusted=False)
    second = judge.run(sqlite_store, run, nights.settings, distrusted=False)
    assert (first.counts, second.counts) == ({"judged": 1, "transitions": 1}, {"judged": 0, "transitions": 0})


def test_a_start_page_is_one_link_though_it_was_looked_at_as_page_and_as_link(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store)
    pages = [f"https://h{number % 5}.example/{number}" for number in range(10)]
    nights.night(START, dict.fromkeys([*pages, A], 200))
    at = START + NIGHT
    run = nights.begin(at)
    for page in pages:
        probes.ask_page(sqlite_store, run, page, depth=0, now=at)
    for probe in probes.due(sqlite_store, run, after=0, limit=100):
        seen = answer(probe.url, Failure.TIMEOUT, at)
        probes.record(sqlite_store, run, [(probe, replace(seen, purpose=Purpose.PAGE))])
        probes.copy_as_check(sqlite_store, run, probe, seen, at)
    nights.collect(run, [link(A)], at)
    nights.answer_due(run, lambda url: 200, at)
    assert len(probes.observations(sqlite_store, run, [Purpose.CHECK, Purpose.PAGE])) == 21
    assert judge.doubts(sqlite_store, run) is None


def test_a_run_is_doubted_in_statements_that_every_database_takes(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    real = judging.standings
    monkeypatch.setattr(judging, "standings", lambda store, key, ids: sizes.append(len(ids)) or real(store, key, ids))
    nights = Nights(sqlite_store)
    run = nights.begin(START)
    nights.collect(run, [link(f"https://a.example/{number}", line=number) for number in range(1, 1202)], START)
    nights.answer_due(run, lambda url: 200, START)
    assert judge.doubts(sqlite_store, run) is None
    assert (sum(sizes), max(sizes)) == (1201, 500)


def test_two_projects_keep_their_own_health_of_one_url(sqlite_store: Store) -> None:
    one, two = Nights(sqlite_store), Nights(sqlite_store)
    two.project = two.project.model_copy(update={"name": "other"})
    one.night(START, {A: 404})
    one.night(START + NIGHT, {A: 404})
    assert finding(two.night(START + NIGHT, {A: 404}), A).strikes == 1
    assert finding(one.night(START + NIGHT * 2, {A: 404}), A).health is Health.BROKEN


def test_every_change_of_health_is_one_transition_that_each_consumer_takes_once(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store)
    for number, said in enumerate([200, 404, 404, 404, 200, 200]):
        nights.night(START + NIGHT * number, {A: said})
    project = runs.project_id(sqlite_store, "list")
    steps = judging.open_transitions(sqlite_store, project, "publish")
    assert [(before.value, after.value) for _, _, before, after in steps] == [
        ("unknown", "ok"), ("ok", "suspect"), ("suspect", "broken"), ("broken", "recovering"), ("recovering", "ok"),
    ]  # fmt: skip
    judging.take_transitions(sqlite_store, [key for key, *_ in steps[:3]], "publish", START)
    assert len(judging.open_transitions(sqlite_store, project, "publish")) == 2
    assert len(judging.open_transitions(sqlite_store, project, "notify")) == 5


def test_the_windows_are_configuration(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store, **{"windows.page.strikes": 1, "windows.page.span": "0s"})
    assert finding(nights.night(START, {A: 404}), A).health is Health.BROKEN
