"""Runs: started, taken up again, given up, ended."""

from datetime import timedelta

import pytest

from crawler.store import runs
from crawler.store.runs import RunState
from crawler.store.session import Store
from tests.fakes.nights import FIRST_NIGHT, finish, night, start


def test_a_run_starts_in_state_running_with_its_recorded_time(store: Store) -> None:
    run = start(store)
    assert (run.state, run.started_at, run.resumed) == (RunState.RUNNING, FIRST_NIGHT, False)


def test_a_run_that_was_killed_is_taken_up_again(store: Store) -> None:
    killed = start(store)
    again = start(store, FIRST_NIGHT + timedelta(hours=1))
    assert (again.id, again.resumed, again.started_at) == (killed.id, True, FIRST_NIGHT)


def test_a_run_that_ended_is_not_taken_up_again(store: Store) -> None:
    first = start(store)
    finish(store, first)
    assert start(store, FIRST_NIGHT + timedelta(hours=1)).id != first.id


def test_a_run_that_was_killed_a_day_ago_is_aborted(store: Store) -> None:
    killed = start(store)
    fresh = start(store, night(2))
    finish(store, fresh)
    assert fresh.id != killed.id
    assert runs.run_ids(store, fresh.project_id, RunState.ABORTED) == {killed.id}


def test_a_clock_that_was_set_back_does_not_take_up_a_later_run(store: Store) -> None:
    killed = start(store, night(2))
    assert start(store, night(1)).id != killed.id


def test_projects_do_not_take_up_each_others_runs(store: Store) -> None:
    one, other = start(store, project="one"), start(store, project="other")
    assert one.id != other.id
    assert one.project_id != other.project_id


@pytest.mark.parametrize("state", [RunState.DONE, RunState.PARTIAL], ids=str)
def test_the_previous_run_is_the_last_one_that_was_believed(store: Store, state: RunState) -> None:
    believed = start(store, night(1))
    finish(store, believed, state=state)
    untrusted = start(store, night(2))
    finish(store, untrusted, state=RunState.UNTRUSTED)
    previous = runs.previous_run(store, start(store, night(3)))
    assert previous is not None
    assert previous.id == believed.id


def test_the_first_run_has_no_previous_one(store: Store) -> None:
    assert runs.previous_run(store, start(store)) is None


def test_counts_of_earlier_runs_come_oldest_first_without_the_present_one(store: Store) -> None:
    for number in (1, 2, 3):
        run = start(store, night(number))
        runs.save_counts(store, run.id, {"broken": number})
        if number < 3:
            finish(store, run)
    assert runs.recent_counts(store, run, limit=10) == [(night(1), {"broken": 1}), (night(2), {"broken": 2})]


def test_how_a_run_ended_is_read_back(store: Store) -> None:
    run = start(store)
    runs.finish_run(store, run, night(1), state=RunState.PARTIAL, reason="stopped", stats={"requests": 3})
    latest = runs.latest_run(store, "list")
    assert latest is not None
    assert (latest.state, latest.reason, latest.stats) == (RunState.PARTIAL, "stopped", {"requests": 3})


def test_times_come_back_in_utc_whatever_the_server_s_zone(store: Store) -> None:
    latest = runs.latest_run(store, start(store).project)
    assert latest is not None
    assert latest.started_at.isoformat() == "2026-01-01T03:17:00+00:00"
