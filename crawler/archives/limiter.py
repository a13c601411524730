"""One pace for the whole process: a lane for each kind of request, pauses after a 429, and a stop.

The archive bans an address that goes on after a 429 for more than a minute: for one hour, then twice as
long each time; a ban looks like a refused connection. So after a 429 nothing is sent before its time, each
further one doubles the pause, the third ends the run's use of these lanes, and a refused connection stops
everything for hours.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from crawler.errors import ArchiveError, RateLimited

DEFAULT_PAUSE = timedelta(seconds=60)
LONGEST_PAUSE = timedelta(hours=6)
BAN_PAUSE = timedelta(hours=6)
OUTAGE_PAUSE = timedelta(minutes=30)
_REFUSALS_TO_STOP = 3
_STOPPED = "the client was stopped"


class Lane(StrEnum):
    """A kind of request with a pace of its own; the index and its TimeMaps share one."""

    INDEX = "index"
    REPLAY = "replay"
    AVAILABILITY = "availability"
    SAVE = "save"
    STATUS = "status"


_GROUPS = (  # a pause that the archive asks for holds for the whole group
    frozenset({Lane.INDEX, Lane.REPLAY}),
    frozenset({Lane.AVAILABILITY}),
    frozenset({Lane.SAVE, Lane.STATUS}),
)
_FAILURES_TO_STOP = {  # in a row; one page whose copies cannot be replayed is no outage, so replays get more
    Lane.INDEX: 3,
    Lane.REPLAY: 5,
    Lane.AVAILABILITY: 2,
    Lane.SAVE: 3,
    Lane.STATUS: 5,
}


class Halted(ArchiveError):
    """Nothing is sent: the client was stopped, or the archive is left alone for a while."""


class Clock(Protocol):
    """Time as the limiter needs it; tests bring one that does not sleep."""

    def monotonic(self) -> float:
        """Seconds that never go back."""

    def wait(self, seconds: float, wake: threading.Event) -> bool:
        """Wait, at most until `wake` is set; return whether it is."""


class SystemClock:
    """The machine's clock."""

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def wait(self, seconds: float, wake: threading.Event) -> bool:
        """Wait, at most until `wake` is set; return whether it is."""
        return wake.wait(seconds)


@dataclass(slots=True)
class _Lane:
    next_turn: float = 0.0
    failures: int = 0
    halted_until: float = 0.0
    reason: str = ""


@dataclass(slots=True)
class _Group:
    paused_until: float = 0.0
    refusals: int = 0


class Limiter:
    """Spaces the requests of each lane; thread-safe.

    The caller holds its lane from `enter` until the request is sent, so that waiting threads cannot
    bunch up behind a slow one (see `Transport`).
    """

    def __init__(self, intervals: Mapping[Lane, timedelta], *, patience: timedelta, clock: Clock) -> None:
        self._intervals = {lane: intervals[lane].total_seconds() for lane in Lane}
        self._patience = patience.total_seconds()
        self._clock = clock
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._lanes = {lane: _Lane() for lane in Lane}
        self._groups = {lane: group for lanes in _GROUPS for group in [_Group()] for lane in lanes}

    @property
    def stopped(self) -> str | None:
        """Why nothing is asked of the index or the replay for a longer time, or None."""
        return self.halted(Lane.INDEX) or self.halted(Lane.REPLAY)

    def halted(self, lane: Lane) -> str | None:
        """Why nothing is sent on this lane for a longer time, or None."""
        if self._wake.is_set():
            return _STOPPED
        with self._lock:
            state = self._lanes[lane]
            return state.reason if state.halted_until > self._clock.monotonic() else None

    def enter(self, lane: Lane) -> None:
        """Wait for the lane's next turn.

        Raises:
            Halted: the client was stopped, or this part of the archive is left alone.
            RateLimited: a pause asked for by the archive lasts longer than our patience.
        """
        while (wait := self._turn(lane)) > 0:
            self._clock.wait(wait, self._wake)

    def _turn(self, lane: Lane) -> float:
        """Take the turn if it has come and return 0, else the seconds until then."""
        if reason := self.halted(lane):
            raise Halted(reason)
        with self._lock:
            now, state = self._clock.monotonic(), self._lanes[lane]
            pause = self._groups[lane].paused_until - now
            if pause > self._patience:
                raise RateLimited("the archive asked for a pause", timedelta(seconds=pause))
            wait = max(pause, state.next_turn - now)
            if wait <= 0:
                state.next_turn = now + self._intervals[lane]
            return wait

    def succeeded(self, lane: Lane) -> None:
        """Note a usable answer: the count of troubles begins anew."""
        with self._lock:
            self._lanes[lane].failures = self._groups[lane].refusals = 0

    def refused(self, lane: Lane, retry_after: timedelta | None) -> timedelta:
        """Note a 429 and return the pause that now holds; None asks for our own default."""
        with self._lock:
            now, group = self._clock.monotonic(), self._groups[lane]
            pause = min((retry_after or DEFAULT_PAUSE) * float(2**group.refusals), LONGEST_PAUSE)
            group.refusals += 1
            group.paused_until = max(group.paused_until, now + pause.total_seconds())
            if group.refusals >= _REFUSALS_TO_STOP:
                for other in (other for other in Lane if self._groups[other] is group):
                    self._halt(other, max(pause, OUTAGE_PAUSE), "the archive refused three times in a row (429)")
            return pause

    def failed(self, lane: Lane, what: str) -> None:
        """Note an unusable answer; several in a row leave this part of the archive alone for a while."""
        with self._lock:
            state = self._lanes[lane]
            state.failures += 1
            if state.failures >= _FAILURES_TO_STOP[lane]:
                self._halt(lane, OUTAGE_PAUSE, f"the archive failed {state.failures} times in a row: {what}")

    def banned(self) -> None:
        """Note a refused connection: the archive has shut us out; leave every lane alone for hours."""
        with self._lock:
            for lane in Lane:
                self._halt(lane, BAN_PAUSE, "the archive refuses our connections")

    def stop(self) -> None:
        """Wake every sleeper; nothing is sent any more."""
        self._wake.set()

    def _halt(self, lane: Lane, pause: timedelta, reason: str) -> None:
        state = self._lanes[lane]
        state.halted_until = max(state.halted_until, self._clock.monotonic() + pause.total_seconds())
        state.reason = reason
