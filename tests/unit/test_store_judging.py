"""Judgements, health, transitions and the baseline."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from crawler.domain.health import Health, Standing
from crawler.domain.verdict import Judged, Verdict, WarningKind
from crawler.errors import StoreError
from crawler.store import judging
from crawler.store.schema import HealthRow, JudgementRow, TransitionRow
from crawler.store.session import Store
from tests.fakes.nights import dead, look_at, night, rule, ruling, seen, start, whole_night


def count(store: Store, table: type) -> int:
    with store.begin() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def health_of(store: Store, project_id: int) -> dict[int, Health]:
    with store.begin() as session:
        ids = list(session.scalars(select(HealthRow.url_id)))
    return {key: standing.health for key, standing in judging.standings(store, project_id, ids).items()}


def test_every_look_is_judged_once(store: Store) -> None:
    run = start(store)
    look_at(store, run, seen(), seen("https://example.org/gone", status=404))
    assert len(rule(store, run)) == 2
    assert judging.unjudged(store, run.project_id, run.id, 100) == []


def test_a_judgement_is_read_back_as_it_was(store: Store) -> None:
    run = start(store)
    look_at(store, run, seen(status=404))
    (made,) = rule(store, run)
    assert judging.judgement(store, run.project_id, made.look.id) == made.judged


def test_a_standing_is_read_back_as_it_was(store: Store) -> None:
    run = start(store)
    look_at(store, run, seen(status=404))
    (made,) = rule(store, run)
    assert judging.standings(store, run.project_id, [made.look.url_id]) == {made.look.url_id: made.after}


def test_only_a_change_of_health_is_a_transition(store: Store) -> None:
    whole_night(store, 1, seen())
    run = whole_night(store, 2, seen())
    changes = judging.open_transitions(store, run.project_id, "archive")
    assert [(before, after) for _, _, before, after in changes] == [(Health.UNKNOWN, Health.OK)]


def test_each_consumer_takes_a_transition_once(store: Store) -> None:
    run = whole_night(store, 1, seen())
    (change,) = judging.open_transitions(store, run.project_id, "archive")
    judging.take_transitions(store, [change[0]], "archive", night(1))
    assert judging.open_transitions(store, run.project_id, "archive") == []
    assert len(judging.open_transitions(store, run.project_id, "publish")) == 1


def test_a_transition_cannot_be_taken_twice(store: Store) -> None:
    run = whole_night(store, 1, seen())
    (change,) = judging.open_transitions(store, run.project_id, "archive")
    judging.take_transitions(store, [change[0]], "archive", night(1))
    with pytest.raises(StoreError):
        judging.take_transitions(store, [change[0]], "archive", night(1))


def test_history_holds_each_url_s_looks_oldest_first(store: Store) -> None:
    other = "https://example.org/other"
    for number in (1, 2, 3):
        run = whole_night(store, number, seen(), seen(other, status=404))
    series = list(judging.history(store, run.project_id))
    assert [[look.observation.at for look in looks] for looks in series] == [[night(1), night(2), night(3)]] * 2


def replay(store: Store, project_id: int, change: Judged | None = None) -> list[list[judging.Ruling]]:
    series = []
    for looks in judging.history(store, project_id):
        standing, rulings = Standing(), []
        for look in looks:
            made = ruling(look, standing)
            rulings.append(replace(made, judged=change) if change else made)
            standing = made.after
        series.append(rulings)
    return series


def test_judging_again_by_the_same_rules_changes_nothing(store: Store) -> None:
    for number in (1, 2, 3):
        run = whole_night(store, number, seen(status=404), dead("https://example.org/slow"))
    before, judged = health_of(store, run.project_id), count(store, JudgementRow)
    assert judging.rewrite(store, run.project_id, run.id, replay(store, run.project_id)) == 0
    assert (health_of(store, run.project_id), count(store, JudgementRow)) == (before, judged)


def test_judging_again_by_other_rules_rewrites_every_judgement(store: Store) -> None:
    run = whole_night(store, 1, seen(status=404))
    other = Judged(verdict=Verdict.ALIVE, rule="other", warnings=(WarningKind.INSECURE,))
    judging.rewrite(store, run.project_id, run.id, replay(store, run.project_id, other))
    (look,) = next(judging.history(store, run.project_id))
    assert judging.judgement(store, run.project_id, look.id) == other


def test_judging_again_gives_at_most_one_transition_a_url(store: Store) -> None:
    for number in (1, 2, 3):
        run = whole_night(store, number, seen(status=404))
    with store.begin() as session:
        for row in session.scalars(select(HealthRow)):
            row.health = Health.OK.value
    transitions = count(store, TransitionRow)
    assert judging.rewrite(store, run.project_id, run.id, replay(store, run.project_id)) == 1
    assert count(store, TransitionRow) == transitions + 1


def test_judging_again_that_fails_midway_changes_nothing(store: Store) -> None:
    run = whole_night(store, 1, seen(status=404))
    before = count(store, JudgementRow)
    series = replay(store, run.project_id, Judged(verdict=Verdict.ALIVE, rule="other"))
    with pytest.raises(StoreError):
        judging.rewrite(store, run.project_id, run.id, [*series, *series])
    (look,) = next(judging.history(store, run.project_id))
    kept = judging.judgement(store, run.project_id, look.id)
    assert kept is not None
    assert (count(store, JudgementRow), kept.verdict) == (before, Verdict.GONE)


def test_judging_again_leaves_other_projects_alone(store: Store) -> None:
    one = whole_night(store, 1, seen(status=404), project="one")
    whole_night(store, 1, seen(status=404), project="other")
    judging.rewrite(store, one.project_id, one.id, replay(store, one.project_id))
    assert count(store, JudgementRow) == 2


def accepted(store: Store) -> list[str | None]:
    with store.begin() as session:
        return list(session.scalars(select(HealthRow.accepted).order_by(HealthRow.url_id)))


def test_the_baseline_accepts_what_fails_and_nothing_else(store: Store) -> None:
    run = whole_night(store, 1, seen(), seen("https://example.org/gone", status=404))
    assert judging.accept_baseline(store, run.project_id, night(1)) == 1
    assert accepted(store) == [None, "gone"]


def test_a_link_that_recovers_leaves_the_baseline(store: Store) -> None:
    run = whole_night(store, 1, seen(status=404))
    judging.accept_baseline(store, run.project_id, night(1))
    whole_night(store, 2, seen())
    assert accepted(store) == [None]


def test_a_link_that_stays_dead_stays_in_the_baseline(store: Store) -> None:
    run = whole_night(store, 1, seen(status=404))
    judging.accept_baseline(store, run.project_id, night(1))
    whole_night(store, 2, seen(status=404))
    assert accepted(store) == ["gone"]
