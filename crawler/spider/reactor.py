"""The asyncio reactor under the crawl: installed and started once a process, usable many times.

`reactor.run()` works once a process. Here the reactor is told that it runs, and its event loop is
driven for the length of each crawl; what Twisted schedules is on that loop anyway. uvloop is used
where it is installed.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib

from scrapy.utils.reactor import is_reactor_installed
from twisted.internet import asyncioreactor


def event_loop() -> asyncio.AbstractEventLoop:
    """Return the reactor's loop; the first call installs and starts the reactor."""
    if not is_reactor_installed():
        asyncioreactor.install(eventloop=_new_loop())  # type: ignore[no-untyped-call]
        from twisted.internet import reactor  # noqa: PLC0415 - importing it earlier installs another one
        from twisted.python.log import PythonLoggingObserver  # noqa: PLC0415 - as above

        PythonLoggingObserver("twisted").start()  # type: ignore[no-untyped-call]
        reactor.startRunning(installSignalHandlers=False)
        atexit.register(_end_reactor)
    from twisted.internet import reactor  # noqa: PLC0415

    return reactor._asyncioEventloop  # type: ignore[no-any-return] # noqa: SLF001 - has no public name


def end_threads() -> None:
    """End the threads that a stock part may have started in the reactor's pool; it makes new ones at need.

    They are no daemons, and the interpreter waits for threads before it calls what atexit has.
    """
    from twisted.internet import reactor  # noqa: PLC0415 - as above

    if reactor.threadpool is not None:
        reactor._stopThreadPool()  # noqa: SLF001 - what Twisted's own test runner calls for it


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop  # noqa: PLC0415 - an extra: not everybody has it
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()  # type: ignore[no-any-return, unused-ignore]


def _end_reactor() -> None:
    from twisted.internet import reactor  # noqa: PLC0415 - as above

    with contextlib.suppress(RuntimeError):
        reactor.fireSystemEvent("shutdown")  # type: ignore[call-arg, misc, unused-ignore]
        reactor._asyncioEventloop.close()  # noqa: SLF001 - as above
