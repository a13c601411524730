"""A deadline for a whole HTTP exchange, and a way to end one from another thread.

`requests` bounds the connection and each silence, but not a server that drips: one byte a second keeps an
exchange open for ever, in the headers too. So each exchange is watched: at its deadline, or when the client
is stopped, the socket is shut down and the blocked read ends.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self

import requests.adapters
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_CURRENT: ContextVar[Watch | None] = ContextVar("watch", default=None)


class Watch:
    """Context manager around one exchange; `cut` ends it early, `was_cut` tells afterwards."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self.cut)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._connection: HTTPConnection | None = None
        self._socket: socket.socket | None = None
        self.was_cut = False

    def __enter__(self) -> Self:
        self._token = _CURRENT.set(self)
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        _CURRENT.reset(self._token)
        with self._lock:
            self._connection = self._socket = None

    def follow(self, connection: HTTPConnection) -> None:
        """Remember the connection that carries this exchange, and its socket.

        The socket too: a response that ends with its connection takes the socket along, and the
        connection forgets it.

        Raises:
            TimeoutError: the exchange was cut already.
        """
        with self._lock:
            if self.was_cut:
                raise TimeoutError("the exchange was cut")
            self._connection = connection
            self._socket = connection.sock or self._socket

    def cut(self) -> None:
        """End the exchange: its blocked read returns at once."""
        with self._lock:
            self.was_cut = True
            sock = self._socket or getattr(self._connection, "sock", None)
        if sock is not None:
            with contextlib.suppress(OSError):  # it may have been closed a moment ago
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _follow(connection: HTTPConnection) -> None:
    watch = _CURRENT.get()
    if watch is not None:
        watch.follow(connection)


class _Http(HTTPConnection):
    def connect(self) -> None:
        _follow(self)
        super().connect()
        _follow(self)

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        _follow(self)
        super().putrequest(*args, **kwargs)


class _Https(HTTPSConnection):
    def connect(self) -> None:
        _follow(self)
        super().connect()
        _follow(self)

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        _follow(self)
        super().putrequest(*args, **kwargs)


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


_POOLS = {"http": _HttpPool, "https": _HttpsPool}


class WatchedAdapter(requests.adapters.HTTPAdapter):
    """Connections that tell the current `Watch` about themselves; never a retry of its own."""

    def __init__(self) -> None:
        super().__init__(pool_connections=4, pool_maxsize=4, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Build the pool of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Build the pool of connections through a proxy."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
