"""A bounded pool of daemon threads for blocking calls that may never return.

The standard pool's threads are waited for at exit: a name server that does not answer would hold the
process. These threads end with the process.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

_T = TypeVar("_T")
_Job = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[[], object]]


class DaemonThreads:
    """Runs calls in at most `most` threads, started as they are needed."""

    def __init__(self, most: int, name: str) -> None:
        self._most, self._name = most, name
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._started = self._busy = 0

    def run(self, call: Callable[[], _T]) -> asyncio.Future[_T]:
        """Call a function in a thread; its result or exception comes with the future."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_T] = loop.create_future()
        future.add_done_callback(self._count_down)
        self._busy += 1
        if self._busy > self._started < self._most:
            self._started += 1
            threading.Thread(target=self._work, name=f"{self._name}-{self._started}", daemon=True).start()
        self._jobs.put((loop, future, call))
        return future

    def close(self) -> None:
        """Let idle threads end; busy ones end after their call."""
        for _ in range(self._started):
            self._jobs.put(None)

    def _count_down(self, _: object) -> None:
        self._busy -= 1

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            loop, future, call = job
            try:
                result = call()
            except Exception as error:  # noqa: BLE001 - whatever the call raises belongs to who awaits it
                _hand_over(loop, future.set_exception, future, error)
            else:
                _hand_over(loop, future.set_result, future, result)


def _hand_over(
    loop: asyncio.AbstractEventLoop, setter: Callable[[Any], None], future: asyncio.Future[Any], value: object
) -> None:
    def deliver() -> None:
        if not future.done():
            setter(value)

    with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
        loop.call_soon_threadsafe(deliver)
