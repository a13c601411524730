"""The fake web's server: an asyncio loop in a thread, raw enough for odd bytes."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import itertools
import ssl
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import trustme

from tests.fakes.web.behaviour import Behaviour, Request, Script, html

_TLS_MODES = ("good", "expired", "wrong-host", "self-signed", "close")


class FakeWeb:
    """Many hosts on 127.0.0.1; see the package's docstring."""

    def __init__(self, address: str = "127.0.0.1", *, port: int = 0, tls: bool = True) -> None:
        self.default: Behaviour = html("<h1>Here</h1>")
        self.http_port, self.https_port = port, 0
        self.arrivals: list[str] = []  # the local address of each accepted connection
        self._address, self._tls = address, tls
        self._rules: dict[tuple[str, str], Behaviour] = {}
        self._hosts: dict[str, Behaviour] = {}
        self._log: list[Request] = []
        self._flying: defaultdict[str, int] = defaultdict(int)
        self._peak: defaultdict[str, int] = defaultdict(int)
        self._tls_modes: dict[str, str] = {}
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._ca = trustme.CA() if tls else None
        self._folder = tempfile.TemporaryDirectory(prefix="fakeweb")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    # Scripting

    def set(self, url: str, behaviour: Behaviour | Callable[[Request], Behaviour]) -> None:
        """Say what one URL does; scheme and port are ignored, the query counts."""
        self._rules[_key(url)] = behaviour if isinstance(behaviour, Behaviour) else Script(behaviour)

    def set_host(self, host: str, behaviour: Behaviour | Callable[[Request], Behaviour]) -> None:
        """Say what every URL of a host does that is not set itself."""
        self._hosts[host] = behaviour if isinstance(behaviour, Behaviour) else Script(behaviour)

    def set_tls(self, host: str, mode: str) -> None:
        """Say how a host behaves in TLS: good, expired, wrong-host, self-signed or close."""
        assert mode in _TLS_MODES, mode
        self._tls_modes[host] = mode

    def url(self, host: str, path: str = "/", scheme: str = "http") -> str:
        """Return the address of a path on a host, with the fake's port."""
        port = self.http_port if scheme == "http" else self.https_port
        return f"{scheme}://{host}:{port}{path}"

    @property
    def ca_bundle(self) -> str:
        """The file with the certificate that the https hosts' certificates are signed by."""
        return str(Path(self._folder.name, "ca.pem"))

    # What was seen

    def requests(self, host: str | None = None) -> list[Request]:
        """Return the requests so far, of one host or all."""
        return [each for each in list(self._log) if host is None or each.host == host]

    def peak(self, host: str) -> int:
        """Return how many requests of a host were under way at once at most."""
        return self._peak[host]

    def gaps(self, host: str) -> list[float]:
        """Return the seconds between a host's requests."""
        times = [each.at for each in self.requests(host)]
        return [later - earlier for earlier, later in itertools.pairwise(times)]

    def forget(self) -> None:
        """Empty the log and the peaks."""
        self._log.clear()
        self._peak.clear()

    # Life

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; returns when both ports are open."""
        if self._ca is not None:
            self._ca.cert_pem.write_to_path(self.ca_bundle)
        ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(ready,), daemon=True, name="fakeweb")
        self._thread.start()
        assert ready.wait(10)

    def stop(self) -> None:
        """Close everything."""
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        loop.call_soon_threadsafe(self._stopping.set)
        thread.join(10)
        self._folder.cleanup()
        self._loop = None

    def _serve(self, ready: threading.Event) -> None:
        asyncio.run(self._main(ready))

    async def _main(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(lambda *_: None)  # broken connections are the point
        self._stopping = asyncio.Event()
        servers = [
            await asyncio.start_server(self._client("http"), self._address, self.http_port, backlog=1024, limit=1 << 20)
        ]
        self.http_port = servers[0].sockets[0].getsockname()[1]
        if self._ca is not None:
            context = self._context("fallback.example")
            context.sni_callback = self._choose  # type: ignore[assignment]
            servers.append(
                await asyncio.start_server(
                    self._client("https"), self._address, 0, ssl=context, backlog=1024, limit=1 << 20
                )
            )
            self.https_port = servers[1].sockets[0].getsockname()[1]
        ready.set()
        await self._stopping.wait()
        for server in servers:
            server.close()
        clients = asyncio.all_tasks() - {asyncio.current_task()}
        for task in clients:
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
        await asyncio.sleep(0.01)  # aborted transports close their sockets in the next turns

    def _client(self, scheme: str) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]:
        async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.arrivals.append(writer.get_extra_info("sockname")[0])
            try:
                with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ssl.SSLError):
                    while await self._answer(scheme, reader, writer):
                        pass
                writer.close()
            except asyncio.CancelledError:
                writer.transport.abort()

        return client

    async def _answer(self, scheme: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        block = await reader.readuntil(b"\r\n\r\n")
        request = _read(scheme, block)
        self._log.append(request)
        self._flying[request.host] += 1
        self._peak[request.host] = max(self._peak[request.host], self._flying[request.host])
        try:
            await self._behaviour(request).act(request, writer)
        finally:
            self._flying[request.host] -= 1
        return not writer.is_closing() and self._keeps_alive(request)

    def _behaviour(self, request: Request) -> Behaviour:
        exact = self._rules.get((request.host, request.path))
        return exact or self._hosts.get(request.host) or self.default

    def _keeps_alive(self, request: Request) -> bool:
        from tests.fakes.web.behaviour import Reply

        return isinstance(self._behaviour(request), Reply)

    def _choose(self, sock: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> int | None:
        host = name or "fallback.example"
        if self._tls_modes.get(host) == "close":
            return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR
        sock.context = self._context(host)
        return None

    def _context(self, host: str) -> ssl.SSLContext:
        if host not in self._contexts:
            assert self._ca is not None
            mode = self._tls_modes.get(host, "good")
            authority = trustme.CA() if mode == "self-signed" else self._ca
            subject = "somebody-else.example" if mode == "wrong-host" else host
            past = dt.datetime.now(dt.UTC) - dt.timedelta(days=2)
            cert = authority.issue_cert(subject, **({"not_after": past} if mode == "expired" else {}))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            cert.configure_cert(context)
            self._contexts[host] = context
        return self._contexts[host]


def _read(scheme: str, block: bytes) -> Request:
    first, *lines = block.decode("latin-1").split("\r\n")
    method, target, *_ = [*first.split(" "), "", ""]
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name
    }
    if target.startswith("http"):
        parts = urlsplit(target)
        host, path = parts.hostname or "", (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    else:
        host, path = _host(headers.get("host", "")), target
    return Request(scheme, host, path, method, headers, time.monotonic(), target)


def _key(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _host(field: str) -> str:
    return (urlsplit(f"//{field}").hostname or "").lower()
