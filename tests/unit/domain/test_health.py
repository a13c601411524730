"""Health over nights: the total table, the windows, and what no sequence of nights may ever do."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.health import TABLE, FailureClass, Health, Signal, Standing, failure_class, step
from crawler.domain.observation import Failure
from crawler.domain.verdict import Verdict

START = datetime(2026, 3, 1, 3, 17, tzinfo=UTC)
NIGHT = timedelta(days=1)

Seen = tuple[Verdict, Failure | None]

UP: Seen = (Verdict.ALIVE, None)
MOVED: Seen = (Verdict.MOVED, None)
GONE: Seen = (Verdict.GONE, None)
NO_NAME: Seen = (Verdict.GONE, Failure.DNS_NXDOMAIN)
NO_DATA: Seen = (Verdict.TRANSIENT, Failure.DNS_NODATA)
NO_FILE: Seen = (Verdict.GONE, Failure.MISSING_FILE)
BAD_URL: Seen = (Verdict.INVALID, Failure.INVALID_URL)
TIMEOUT: Seen = (Verdict.TRANSIENT, Failure.TIMEOUT)
BAD_GATEWAY: Seen = (Verdict.TRANSIENT, None)
BAD_TLS: Seen = (Verdict.UNKNOWN, Failure.TLS_CERTIFICATE)
BLOCKED: Seen = (Verdict.BLOCKED, None)
LOGIN: Seen = (Verdict.LOGIN, None)
SKIPPED: Seen = (Verdict.SKIPPED, Failure.FORBIDDEN_ADDRESS)


def walk(looks: Iterable[tuple[Seen, datetime]], standing: Standing | None = None) -> list[Standing]:
    """Return the standing after each look."""
    standings = []
    now = standing or Standing()
    for (verdict, failure), at in looks:
        now = step(now, verdict, failure, at).standing
        standings.append(now)
    return standings


def nightly(*seen: Seen, start: datetime = START) -> list[Health]:
    """Return the health after each night."""
    return [item.health for item in walk((look, start + NIGHT * number) for number, look in enumerate(seen))]


def standing_in(health: Health) -> Standing:
    """Return a standing reached by real looks, in the state that is wanted."""
    roads: dict[Health, list[Seen]] = {
        Health.UNKNOWN: [],
        Health.OK: [UP],
        Health.SUSPECT: [GONE],
        Health.BROKEN: [NO_FILE],
        Health.RECOVERING: [NO_FILE, UP],
    }
    road = roads[health]
    if not road:
        return Standing()
    reached = walk((look, START - NIGHT * (len(road) - number)) for number, look in enumerate(road))[-1]
    assert reached.health is health
    return reached


def test_the_table_is_total() -> None:
    assert set(TABLE) == set(itertools.product(Health, Signal))


# The design's table, written out again by hand: rows are states, columns up, down, confirmed, neutral.
_DESIGN = {
    Health.UNKNOWN: "ok suspect broken unknown",
    Health.OK: "ok suspect broken ok",
    Health.SUSPECT: "ok suspect broken suspect",
    Health.BROKEN: "recovering broken broken broken",
    Health.RECOVERING: "ok broken broken recovering",
}
_LOOK_OF = {Signal.UP: UP, Signal.DOWN: TIMEOUT, Signal.CONFIRMED: NO_FILE, Signal.NEUTRAL: BLOCKED}


@pytest.mark.parametrize("signal", Signal)
@pytest.mark.parametrize("state", Health)
def test_each_state_moves_as_the_design_says(state: Health, signal: Signal) -> None:
    verdict, failure = _LOOK_OF[signal]
    stepped = step(standing_in(state), verdict, failure, START)
    column = [Signal.UP, Signal.DOWN, Signal.CONFIRMED, Signal.NEUTRAL].index(signal)
    assert stepped.signal is signal
    assert stepped.standing.health is Health(_DESIGN[state].split()[column])


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (UP, None), (MOVED, None), (BLOCKED, None), (LOGIN, None), (SKIPPED, None),
        (GONE, FailureClass.PAGE), ((Verdict.SOFT404, None), FailureClass.PAGE), ((Verdict.PARKED, None), FailureClass.PAGE),
        (NO_NAME, FailureClass.NAME), (NO_DATA, FailureClass.NAME),
        (NO_FILE, FailureClass.IMMEDIATE), (BAD_URL, FailureClass.IMMEDIATE),
        (TIMEOUT, FailureClass.PASSING), (BAD_GATEWAY, FailureClass.PASSING), (BAD_TLS, FailureClass.PASSING),
        ((Verdict.UNKNOWN, None), FailureClass.PASSING), ((Verdict.TRANSIENT, Failure.REFUSED), FailureClass.PASSING),
        ((Verdict.UNKNOWN, Failure.REDIRECT_LOOP), FailureClass.PASSING),
    ],
    ids=lambda value: "/".join(str(part) for part in value) if isinstance(value, tuple) else str(value),
)  # fmt: skip
def test_each_failure_has_the_window_of_its_class(seen: Seen, expected: FailureClass | None) -> None:
    assert failure_class(*seen) is expected


@pytest.mark.parametrize(
    ("seen", "nights"),
    [
        (GONE, 3),
        (NO_NAME, 5),
        (NO_DATA, 5),
        (TIMEOUT, 15),
        (BAD_GATEWAY, 15),
        (BAD_TLS, 15),
        (NO_FILE, 1),
        (BAD_URL, 1),
    ],
    ids=["404", "nxdomain", "nodata", "timeout", "502", "certificate", "file", "invalid"],
)
def test_a_link_that_fails_every_night_is_broken_on_the_night_of_its_window(seen: Seen, nights: int) -> None:
    healths = nightly(*[seen] * nights)
    assert healths == [Health.SUSPECT] * (nights - 1) + [Health.BROKEN]


@pytest.mark.parametrize(
    ("seen", "dates", "span"),
    [(GONE, 3, timedelta(hours=44)), (NO_NAME, 5, timedelta(hours=92)), (TIMEOUT, 7, timedelta(days=14))],
    ids=["404", "nxdomain", "timeout"],
)
def test_the_window_needs_its_whole_span_and_not_a_second_less(seen: Seen, dates: int, span: timedelta) -> None:
    for short in (timedelta(0), timedelta(seconds=1)):
        first = datetime(2026, 3, 1, 23, 0, tzinfo=UTC)
        times = [first + (span - short) * number / (dates - 1) for number in range(dates)]
        assert len({time.date() for time in times}) == dates
        health = walk((seen, time) for time in times)[-1].health
        assert health is (Health.SUSPECT if short else Health.BROKEN)


def test_one_run_date_counts_once_however_often_it_is_looked() -> None:
    looks = [(GONE, START + timedelta(minutes=7 * number)) for number in range(100)]
    final = walk(looks)[-1]
    assert (final.health, len(final.strikes)) == (Health.SUSPECT, 1)


def test_runs_around_midnight_are_three_dates_but_too_short_a_span() -> None:
    late = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
    final = walk([(GONE, late), (GONE, late + timedelta(minutes=2)), (GONE, late + timedelta(days=1, minutes=1))])[-1]
    assert len({day for day, _, _ in final.strikes}) == 3
    assert final.health is Health.SUSPECT
    assert walk([(GONE, late + timedelta(days=2, minutes=2))], final)[-1].health is Health.BROKEN


def test_a_recovered_link_is_ok_only_on_a_later_date() -> None:
    late = datetime(2026, 3, 2, 23, 50, tzinfo=UTC)
    looks = [(NO_FILE, late - NIGHT), (UP, late), (UP, late + timedelta(minutes=5)), (UP, late + timedelta(minutes=15))]
    assert [item.health for item in walk(looks)] == [Health.BROKEN, Health.RECOVERING, Health.RECOVERING, Health.OK]


def test_a_death_and_its_repair_walk_through_all_states() -> None:
    walked = nightly(UP, GONE, GONE, GONE, UP, UP, GONE, UP)
    assert walked == [
        Health.OK, Health.SUSPECT, Health.SUSPECT, Health.BROKEN, Health.RECOVERING, Health.OK, Health.SUSPECT, Health.OK,
    ]  # fmt: skip


def test_a_good_night_between_takes_all_strikes_back() -> None:
    assert nightly(GONE, GONE, UP, GONE, GONE)[-1] is Health.SUSPECT


def test_a_recovering_link_that_fails_again_is_broken_at_once() -> None:
    assert nightly(GONE, GONE, GONE, UP, TIMEOUT)[-1] is Health.BROKEN


def test_page_strikes_count_toward_the_longer_windows_but_not_the_other_way() -> None:
    assert nightly(TIMEOUT, TIMEOUT, GONE)[-1] is Health.SUSPECT
    assert nightly(TIMEOUT, GONE, TIMEOUT, GONE, TIMEOUT, GONE)[-1] is Health.BROKEN
    assert nightly(*[TIMEOUT, GONE][:2] * 7, TIMEOUT)[-1] is Health.BROKEN


def test_two_weeks_of_neutral_answers_make_a_broken_link_unknown() -> None:
    broken = walk([(NO_FILE, START)])
    days = [item.health for item in walk(((BLOCKED, START + NIGHT * number) for number in range(1, 17)), broken[-1])]
    assert days == [Health.BROKEN] * 14 + [Health.UNKNOWN] * 2


def test_a_failure_between_starts_the_neutral_weeks_again() -> None:
    looks = [GONE] * 3 + [BLOCKED] * 13 + [GONE] + [BLOCKED] * 13
    assert nightly(*looks)[-1] is Health.BROKEN


def test_a_link_that_became_unknown_needs_its_whole_window_again() -> None:
    # What it was two weeks ago says nothing of today: one bad night must not break it.
    looks = [GONE] * 3 + [BLOCKED] * 16
    assert nightly(*looks)[-1] is Health.UNKNOWN
    assert nightly(*looks, GONE)[-1] is Health.SUSPECT
    assert nightly(*looks, GONE, GONE, GONE)[-1] is Health.BROKEN


def test_the_same_date_after_a_step_back_in_time_counts_once() -> None:
    order = [0, 2, 0, 2, 0, 2]
    final = walk((GONE, START + NIGHT * number) for number in order)[-1]
    assert len(final.strikes) == 2
    assert final.health is Health.SUSPECT


def test_the_standing_says_when_it_fell_and_when_it_was_last_up() -> None:
    looks = [UP, GONE, BLOCKED, GONE, GONE]
    final = walk((look, START + NIGHT * number) for number, look in enumerate(looks))[-1]
    assert (final.last_up, final.first_down, final.since) == (START, START + NIGHT, START + NIGHT * 4)
    recovered = walk([(UP, START + NIGHT * 5), (UP, START + NIGHT * 6)], final)[-1]
    assert (recovered.first_down, recovered.strikes, recovered.last_up) == (None, (), START + NIGHT * 6)


_DEFINITE = [GONE, (Verdict.SOFT404, None), (Verdict.PARKED, None), NO_NAME]
_PASSING = [TIMEOUT, BAD_GATEWAY, BAD_TLS, NO_DATA]
_GENTLE = [UP, MOVED, BLOCKED, LOGIN, SKIPPED]
_gaps = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=40))


def _timed(looks: list[tuple[Seen, timedelta]]) -> list[tuple[Seen, datetime]]:
    times = itertools.accumulate((gap for _, gap in looks), initial=START)
    return [(seen, at) for (seen, _), at in zip(looks, list(times)[1:], strict=True)]


@given(st.lists(st.tuples(st.sampled_from(_GENTLE), _gaps), max_size=60))
def test_no_sequence_of_good_and_neutral_nights_ever_breaks_a_link(looks: list[tuple[Seen, timedelta]]) -> None:
    healths = {item.health for item in walk(_timed(looks))}
    assert healths <= {Health.UNKNOWN, Health.OK}


@given(
    st.lists(st.tuples(st.sampled_from(_GENTLE), _gaps), max_size=20),
    st.tuples(st.sampled_from(_DEFINITE + _PASSING), _gaps),
    st.lists(st.tuples(st.sampled_from(_GENTLE), _gaps), max_size=20),
)
def test_one_bad_night_never_breaks_a_link(
    before: list[tuple[Seen, timedelta]], bad: tuple[Seen, timedelta], after: list[tuple[Seen, timedelta]]
) -> None:
    assert Health.BROKEN not in {item.health for item in walk(_timed([*before, bad, *after]))}


@given(st.lists(st.tuples(st.sampled_from(_GENTLE + _DEFINITE + _PASSING + [NO_FILE]), _gaps), max_size=60))
def test_a_link_only_breaks_after_enough_run_dates_of_failure(looks: list[tuple[Seen, timedelta]]) -> None:
    timed = _timed(looks)
    standings = walk(timed)
    previous = Standing()
    for number, ((seen, _), now) in enumerate(zip(timed, standings, strict=True)):
        if now.health is Health.BROKEN and previous.health in (Health.UNKNOWN, Health.OK, Health.SUSPECT):
            start = 0
            for back in range(number - 1, -1, -1):
                if timed[back][0] in (UP, MOVED) or standings[back].health is Health.UNKNOWN:
                    start = back + 1
                    break
            failing = {at.date() for look, at in timed[start : number + 1] if failure_class(*look) is not None}
            assert seen == NO_FILE or len(failing) >= 3
        days = [day for day, _, _ in now.strikes]
        assert len(days) == len(set(days))
        assert now.since is not None
        previous = now


@given(st.lists(st.tuples(st.sampled_from(_GENTLE + _DEFINITE + _PASSING), _gaps), max_size=40), st.integers(0, 40))
def test_the_walk_is_the_same_however_it_is_cut(looks: list[tuple[Seen, timedelta]], cut: int) -> None:
    timed = _timed(looks)
    head = walk(timed[:cut])
    tail = walk(timed[cut:], head[-1] if head else None)
    assert head + tail == walk(timed)
