"""Tell a healthcheck service that a run started and how it ended, where one is configured."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from crawler.config import Settings
from crawler.errors import LinkvigilError
from crawler.healthcheck import ping


class Heartbeat:
    """One run's pings; they share an identity, so that the service can tell how long the run took."""

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._run_id = uuid.uuid4()
        self._is_done = False

    def start(self) -> None:
        """Say that the run started."""
        if self._url:
            ping(self._url, "start", None, self._run_id, "")

    def done(self, code: int, body: str) -> None:
        """Say how the run ended, once: 0 and 1 (findings) are a success, all else a failure."""
        if self._url and not self._is_done:
            self._is_done = True
            event = "success" if code in (0, 1) else "fail"
            ping(self._url, event, code, self._run_id, body)


@contextmanager
def heartbeat(settings: Settings) -> Iterator[Heartbeat]:
    """Ping at the start; an error of ours is told as a failure and goes on its way."""
    secret = settings.schedule.healthcheck_url
    beat = Heartbeat(secret.get_secret_value() if secret else None)
    beat.start()
    try:
        yield beat
    except LinkvigilError as error:
        beat.done(2, str(error))
        raise
