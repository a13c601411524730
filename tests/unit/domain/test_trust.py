"""Whether a run may be believed: no network, hardly any, or a web that answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.observation import Failure
from crawler.domain.trust import Trial, distrust, fails_below_http

_OWN = [Failure.FORBIDDEN_ADDRESS, Failure.INVALID_URL, Failure.MISSING_FILE]
_BELOW = [failure for failure in Failure if failure not in _OWN]


def failing(
    count: int, *, was_ok: bool = False, hosts: int | None = None, failure: Failure = Failure.TIMEOUT
) -> list[Trial]:
    """Return links that got no answer, spread over hosts."""
    return [
        Trial(host=f"h{number % (hosts or count)}.example", answered=False, failure=failure, was_ok=was_ok)
        for number in range(count)
    ]


def answering(count: int, *, was_ok: bool = False) -> list[Trial]:
    """Return links that got an HTTP answer."""
    return [Trial(host=f"up{number}.example", answered=True, failure=None, was_ok=was_ok) for number in range(count)]


@pytest.mark.parametrize(("hosts", "down"), [(1, False), (2, False), (3, True), (4, True)])
def test_the_network_was_down_when_none_of_at_least_three_hosts_answered(hosts: int, *, down: bool) -> None:
    assert (distrust(failing(12, hosts=hosts)) is not None) is down


def test_any_answer_proves_the_network() -> None:
    assert distrust([*failing(50), *answering(1)]) is None


def test_an_answer_that_failed_later_is_an_answer() -> None:
    looped = Trial(host="loop.example", answered=True, failure=Failure.REDIRECT_LOOP, was_ok=True)
    assert distrust([*failing(5), looped]) is None


@pytest.mark.parametrize(("fell", "hosts", "down"), [(19, 19, False), (20, 4, False), (20, 5, True), (40, 20, True)])
def test_a_run_in_which_many_good_links_on_many_hosts_fell_is_not_believed(
    fell: int, hosts: int, *, down: bool
) -> None:
    trials = [*failing(fell, was_ok=True, hosts=hosts), *answering(1)]
    assert (distrust(trials) is not None) is down


@pytest.mark.parametrize(("fell", "stood", "down"), [(20, 19, True), (20, 20, False), (20, 21, False), (30, 29, True)])
def test_most_of_the_good_links_must_have_fallen(fell: int, stood: int, *, down: bool) -> None:
    trials = [*failing(fell, was_ok=True), *answering(stood, was_ok=True)]
    assert (distrust(trials) is not None) is down


def test_links_that_were_not_ok_before_do_not_count_among_the_fallen() -> None:
    assert distrust([*failing(100), *failing(19, was_ok=True), *answering(1)]) is None


@pytest.mark.parametrize("failure", _OWN)
def test_our_own_refusals_say_nothing_of_the_network(failure: Failure) -> None:
    assert distrust(failing(30, failure=failure)) is None
    assert not fails_below_http(False, failure)


@pytest.mark.parametrize("failure", _BELOW)
def test_every_other_failure_without_an_answer_is_below_http(failure: Failure) -> None:
    assert fails_below_http(False, failure)
    assert not fails_below_http(True, failure)
    assert distrust(failing(3, failure=failure)) is not None


def test_an_empty_run_is_believed() -> None:
    assert distrust([]) is None


_trials = st.builds(
    Trial,
    host=st.sampled_from([f"h{number}.example" for number in range(8)]),
    answered=st.booleans(),
    failure=st.one_of(st.none(), st.sampled_from(Failure)),
    was_ok=st.booleans(),
)


@given(st.lists(_trials, max_size=60))
def test_the_conclusion_does_not_hang_on_the_order(trials: list[Trial]) -> None:
    assert distrust(trials) == distrust(list(reversed(trials)))


@given(st.lists(_trials, max_size=60))
def test_fewer_than_twenty_good_links_and_one_answer_are_always_believed(trials: list[Trial]) -> None:
    if sum(trial.was_ok for trial in trials) < 20 and any(trial.answered for trial in trials):
        assert distrust(trials) is None
