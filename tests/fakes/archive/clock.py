"""A clock that moves only when it is told to, for the fake archive and for its client at once."""

import threading
from datetime import UTC, datetime, timedelta


class ManualClock:
    """Starts at a fixed time; waiting on it moves it on at once, so that no test sleeps.

    It fits both sides: the client's limiter (`monotonic`, `wait`) and the fake's log (`now`).
    """

    def __init__(self, start: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)) -> None:
        self._start = start
        self._passed = 0.0
        self._lock = threading.Lock()
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        with self._lock:
            return self._passed

    def wait(self, seconds: float, wake: threading.Event) -> bool:
        if not wake.is_set():
            self.waits.append(seconds)
            self.advance(seconds)
        return wake.is_set()

    def advance(self, seconds: float | timedelta) -> None:
        with self._lock:
            self._passed += seconds.total_seconds() if isinstance(seconds, timedelta) else seconds


class WallClock:
    """The machine's clock, as the fake sees it."""

    def now(self) -> datetime:
        return datetime.now(UTC)
