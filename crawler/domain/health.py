"""Health: what the nights together say about a link, as a total table of states and signals.

A run date counts once. Windows are data: how many run dates, over which span, a kind of failure
needs before it is confirmed. Only a confirmed link is `broken`; only broken links open issues.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from crawler.domain.observation import Failure
from crawler.domain.verdict import Verdict


class Health(StrEnum):
    """The state of a link over time."""

    UNKNOWN = "unknown"
    OK = "ok"
    SUSPECT = "suspect"
    BROKEN = "broken"
    RECOVERING = "recovering"


class Signal(StrEnum):
    """What one run date says."""

    UP = "up"
    DOWN = "down"
    CONFIRMED = "confirmed"
    NEUTRAL = "neutral"


class FailureClass(StrEnum):
    """How definite a failure is; each class has its own window."""

    IMMEDIATE = "immediate"
    PAGE = "page"
    NAME = "name"
    PASSING = "passing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A failure is confirmed after `strikes` run dates that span at least `span`."""

    strikes: int
    span: timedelta


WINDOWS: dict[FailureClass, Window] = {
    FailureClass.IMMEDIATE: Window(strikes=1, span=timedelta(0)),
    FailureClass.PAGE: Window(strikes=3, span=timedelta(hours=44)),
    FailureClass.NAME: Window(strikes=5, span=timedelta(hours=92)),
    FailureClass.PASSING: Window(strikes=7, span=timedelta(days=14)),
}
NEUTRAL_LIMIT = timedelta(days=14)

TABLE: dict[tuple[Health, Signal], Health] = {
    (Health.UNKNOWN, Signal.UP): Health.OK,
    (Health.UNKNOWN, Signal.DOWN): Health.SUSPECT,
    (Health.UNKNOWN, Signal.CONFIRMED): Health.BROKEN,
    (Health.UNKNOWN, Signal.NEUTRAL): Health.UNKNOWN,
    (Health.OK, Signal.UP): Health.OK,
    (Health.OK, Signal.DOWN): Health.SUSPECT,
    (Health.OK, Signal.CONFIRMED): Health.BROKEN,
    (Health.OK, Signal.NEUTRAL): Health.OK,
    (Health.SUSPECT, Signal.UP): Health.OK,
    (Health.SUSPECT, Signal.DOWN): Health.SUSPECT,
    (Health.SUSPECT, Signal.CONFIRMED): Health.BROKEN,
    (Health.SUSPECT, Signal.NEUTRAL): Health.SUSPECT,
    (Health.BROKEN, Signal.UP): Health.RECOVERING,
    (Health.BROKEN, Signal.DOWN): Health.BROKEN,
    (Health.BROKEN, Signal.CONFIRMED): Health.BROKEN,
    (Health.BROKEN, Signal.NEUTRAL): Health.BROKEN,
    (Health.RECOVERING, Signal.UP): Health.OK,
    (Health.RECOVERING, Signal.DOWN): Health.BROKEN,
    (Health.RECOVERING, Signal.CONFIRMED): Health.BROKEN,
    (Health.RECOVERING, Signal.NEUTRAL): Health.RECOVERING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A link's health with what the next step needs to know.

    `strikes` are the run dates of the failures since the link was last up, with their class and
    time; `since` is when the state was entered; `neutral_since` when neutral answers began.
    """

    health: Health = Health.UNKNOWN
    since: datetime | None = None
    strikes: tuple[tuple[date, datetime, FailureClass], ...] = ()
    last_up: datetime | None = None
    first_down: datetime | None = None
    neutral_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The standing after one look, and the signal that led there."""

    standing: Standing
    signal: Signal


_UP = frozenset({Verdict.ALIVE, Verdict.MOVED})
_NEUTRAL = frozenset({Verdict.BLOCKED, Verdict.LOGIN, Verdict.SKIPPED})
_IMMEDIATE_FAILURES = frozenset({Failure.MISSING_FILE, Failure.INVALID_URL})
_NAME_FAILURES = frozenset({Failure.DNS_NXDOMAIN, Failure.DNS_NODATA})


def failure_class(verdict: Verdict, failure: Failure | None) -> FailureClass | None:
    """Return how definite a failing look is; None when the look was not a failure."""
    if verdict in _UP or verdict in _NEUTRAL:
        return None
    if failure in _IMMEDIATE_FAILURES or verdict is Verdict.INVALID:
        return FailureClass.IMMEDIATE
    if failure in _NAME_FAILURES:
        return FailureClass.NAME
    if verdict in (Verdict.GONE, Verdict.SOFT404, Verdict.PARKED):
        return FailureClass.PAGE
    return FailureClass.PASSING


def step(
    standing: Standing,
    verdict: Verdict,
    failure: Failure | None,
    at: datetime,
    windows: dict[FailureClass, Window] | None = None,
) -> Step:
    """Return the standing after a look at `at` (aware UTC) with this verdict."""
    windows = windows or WINDOWS
    kind = failure_class(verdict, failure)
    strikes = standing.strikes if kind is None else _struck(standing.strikes, kind, at)
    if kind is not None:
        signal = Signal.CONFIRMED if _confirmed(strikes, kind, windows) else Signal.DOWN
    else:
        signal = Signal.UP if verdict in _UP else Signal.NEUTRAL
    health = _next(standing, signal, at)
    return Step(standing=_standing(standing, health, signal, strikes, at), signal=signal)


def _next(standing: Standing, signal: Signal, at: datetime) -> Health:
    if (
        standing.health is Health.RECOVERING
        and signal is Signal.UP
        and standing.since is not None
        and at.date() <= standing.since.date()
    ):
        return Health.RECOVERING
    if (
        standing.health is Health.BROKEN
        and signal is Signal.NEUTRAL
        and standing.neutral_since is not None
        and at - standing.neutral_since >= NEUTRAL_LIMIT
    ):
        return Health.UNKNOWN
    return TABLE[standing.health, signal]


def _struck(
    strikes: tuple[tuple[date, datetime, FailureClass], ...], kind: FailureClass, at: datetime
) -> tuple[tuple[date, datetime, FailureClass], ...]:
    """Add a strike; a run date counts once, and its last look stands (with the time of its first).

    Strikes are kept in the order of their dates, also where a replay steps back in time.
    """
    today = at.date()
    first = next((struck for day, struck, _ in strikes if day == today), at)
    others = [strike for strike in strikes if strike[0] != today]
    return tuple(sorted([*others, (today, first, kind)], key=lambda strike: strike[0]))


_RANK = {FailureClass.PASSING: 0, FailureClass.NAME: 1, FailureClass.PAGE: 2, FailureClass.IMMEDIATE: 3}


def _confirmed(
    strikes: tuple[tuple[date, datetime, FailureClass], ...],
    kind: FailureClass,
    windows: dict[FailureClass, Window],
) -> bool:
    """Whether today's class, or a weaker one that today's failure counts for as well, fills its window."""
    for candidate in FailureClass:
        if _RANK[candidate] > _RANK[kind]:
            continue
        counted = [strike for strike in strikes if _RANK[strike[2]] >= _RANK[candidate]]
        window = windows[candidate]
        if len(counted) >= window.strikes and counted[-1][1] - counted[0][1] >= window.span:
            return True
    return False


def _standing(
    before: Standing,
    health: Health,
    signal: Signal,
    strikes: tuple[tuple[date, datetime, FailureClass], ...],
    at: datetime,
) -> Standing:
    is_up, is_neutral = signal is Signal.UP, signal is Signal.NEUTRAL
    failing = signal in (Signal.DOWN, Signal.CONFIRMED)
    return Standing(
        health=health,
        since=before.since if health is before.health and before.since else at,
        # What weeks of neutral answers made unknown starts anew: one bad night must not break it.
        strikes=() if health in (Health.OK, Health.UNKNOWN) else strikes[-40:],
        last_up=at if is_up else before.last_up,
        first_down=None
        if health in (Health.OK, Health.UNKNOWN)
        else (before.first_down or at if failing else before.first_down),
        neutral_since=(before.neutral_since or at) if is_neutral else None,
    )
