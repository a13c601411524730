"""The fake archive: its knobs, sockets, rate limits and log."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import ssl
import tempfile
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from tests.fakes.archive.clock import WallClock
from tests.fakes.archive.faults import Fault
from tests.fakes.archive.handler import HOSTS, Handler, Logged
from tests.fakes.archive.holdings import Held, Index, surt
from tests.fakes.archive.reading import Reading
from tests.fakes.archive.reply import Reply, html
from tests.fakes.archive.saving import Saving

_BAN = timedelta(hours=1)
_IGNORED = timedelta(minutes=1)


class FakeArchive:
    """A web archive on 127.0.0.1; a context manager. See the package's docstring."""

    def __init__(self, *, clock: Any = None) -> None:
        self.clock = clock or WallClock()
        self.index = Index()
        self.reading = Reading(self.index)
        self.saving = Saving(self.index)
        self.log: list[Logged] = []
        self.refused_hosts: list[str] = []
        self.index_per_minute: int | None = None
        self.replay_per_minute: int | None = None
        self._scripts: list[tuple[str, deque[Fault]]] = []
        self._seen: dict[str, deque[datetime]] = {"index": deque(), "replay": deque()}
        self._refusing_since: datetime | None = None
        self._banned_until: datetime | None = None
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._numbers = itertools.count(1)
        self._folder: tempfile.TemporaryDirectory | None = None
        self._tls: ssl.SSLContext | None = None
        self._listener: socket.socket | None = None
        self._port = 0

    # --- use -------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._listen()
        return self

    def __exit__(self, *unused: object) -> None:
        self._closing.set()
        self.refuse_connections()
        for thread in self._threads:
            thread.join(timeout=5)
        if self._folder is not None:
            self._folder.cleanup()

    @property
    def url(self) -> str:
        """Base address for clients that can be pointed elsewhere (`archive.url`, `archive.availability_url`)."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def proxy(self) -> str:
        """The CONNECT front for clients that insist on https://web.archive.org; with `ca_bundle`."""
        return self.url

    @property
    def ca_bundle(self) -> str:
        """File with the certificate authority of the CONNECT front."""
        self._context()
        assert self._folder is not None
        return str(Path(self._folder.name) / "ca.pem")

    def environment(self) -> dict[str, str]:
        """The current environment, changed so that an unmodified client in a child process comes here."""
        kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        bundle = self.ca_bundle
        return kept | {
            "HTTPS_PROXY": self.proxy,
            "REQUESTS_CA_BUNDLE": bundle,
            "SSL_CERT_FILE": bundle,
            "NO_PROXY": "127.0.0.1,localhost",
        }

    def add_capture(
        self,
        url: str,
        timestamp: str,
        *,
        status: int = 200,
        body: bytes = b"<html><head><title>A page</title></head><body><p>Some text.</p></body></html>",
        mimetype: str = "text/html",
        headers: dict[str, str] | None = None,
        is_revisit: bool = False,
        visible_from: datetime | None = None,
    ) -> Held:
        """Hold one capture of `url`; `timestamp` has 14 digits; a redirect has its `Location` in `headers`."""
        held = Held(
            original=url,
            timestamp=timestamp,
            status=status,
            mimetype=mimetype,
            body=body,
            headers=headers or {},
            is_revisit=is_revisit,
            visible_from=visible_from,
        )
        with self._lock:
            self.index.held.append(held)
        return held

    def add_line(self, url: str, line: str) -> None:
        """Serve a line as it is among the index's rows for `url` (an impossible time, say)."""
        with self._lock:
            self.index.odd_lines.append((surt(url), line))

    def exclude(self, url: str) -> None:
        """Everything below `url` is excluded: 403 in the index, a 200 page in the replay."""
        self.reading.excluded.append(surt(url))

    def script(self, prefix: str, faults: Iterable[Fault] | Fault) -> None:
        """Spoil the next answers for targets that begin with `prefix` (`/cdx`, `/web/2020`, `/save`), in order."""
        with self._lock:
            self._scripts.insert(0, (prefix, deque([faults] if isinstance(faults, Fault) else faults)))

    @property
    def origin_fetcher(self):
        """What the archive's own crawler gets: a function from URL to `Fetched`."""
        return self.saving.origin_fetcher

    @origin_fetcher.setter
    def origin_fetcher(self, fetch) -> None:
        self.saving.origin_fetcher = fetch

    def requests(self, prefix: str = "/") -> list[Logged]:
        """The logged requests whose target begins with `prefix`."""
        with self._lock:
            return [entry for entry in self.log if entry.target.startswith(prefix)]

    def refuse_connections(self) -> None:
        """Close the port and every connection, as a firewall that has shut us out looks."""
        with self._lock:
            listener, self._listener = self._listener, None
            connections = list(self._connections)
        for sock in [listener, *connections]:
            if sock is not None:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        if listener is not None:
            listener.close()

    def accept_connections(self) -> None:
        """Open the same port again."""
        if self._listener is None:
            self._listen()

    # --- sockets ---------------------------------------------------------------------------------

    def _listen(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        listener.listen(64)
        self._listener, self._port = listener, listener.getsockname()[1]
        self._spawn(self._accept, listener)

    def _spawn(self, target: Any, *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                sock, address = listener.accept()
            except OSError:
                return
            self._spawn(self._serve, sock, address)

    def _serve(self, sock: socket.socket, address: Any) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._connections.add(sock)
        try:
            Handler(sock, address, self)  # type: ignore[arg-type]
        except (OSError, ValueError):
            pass  # the client went away
        finally:
            with self._lock:
                self._connections.discard(sock)
            sock.close()

    def _context(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                import trustme

                authority = trustme.CA()
                self._folder = tempfile.TemporaryDirectory()
                authority.cert_pem.write_to_path(str(Path(self._folder.name) / "ca.pem"))
                self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                authority.issue_cert(*HOSTS).configure_cert(self._tls)
            return self._tls

    # --- answers ---------------------------------------------------------------------------------

    def _fault(self, target: str) -> Fault | None:
        with self._lock:
            for prefix, faults in self._scripts:
                if faults and target.startswith(prefix):
                    fault = faults[0]
                    if fault.times is not None:
                        faults.popleft()
                        if fault.times > 1:
                            faults.appendleft(replace(fault, times=fault.times - 1))
                    return fault
        return None

    def _limited(self, target: str) -> bool:
        """Count against the buckets; a 429 that is ignored for a minute shuts the client out."""
        bucket, limit = (
            ("index", self.index_per_minute)
            if target.startswith(("/cdx/", "/web/timemap/"))
            else ("replay", self.replay_per_minute)
            if target.startswith("/web/")
            else ("", None)
        )
        if limit is None:
            return False
        with self._lock:
            now, seen = self.clock.now(), self._seen[bucket]
            while seen and now - seen[0] >= timedelta(minutes=1):
                seen.popleft()
            seen.append(now)
            if len(seen) <= limit:
                self._refusing_since = None
                return False
            self._refusing_since = self._refusing_since or now
            if now - self._refusing_since > _IGNORED:
                self._banned_until = now + _BAN
                self.refuse_connections()
            return True

    def _route(self, method: str, target: str, headers: dict[str, str], body: bytes, base: str) -> Reply:
        parts = urlsplit(target)
        now = self.clock.now()
        with self._lock:
            if method == "POST" and parts.path in ("/save", "/save/"):
                return self.saving.post(body.decode(), headers, now)
            if parts.path.startswith("/save/status/"):
                return self.saving.status(parts.path.removeprefix("/save/status/"), headers, now)
            if target.startswith("/save/"):
                return self.saving.get(target.removeprefix("/save/"), headers, base, now)
            if parts.path == "/cdx/search/cdx":
                return self.reading.cdx(parts.query, now)
            if parts.path == "/wayback/available":
                return self.reading.available(parts.query, now)
            if target.startswith("/web/timemap/"):
                return self.reading.time_map(target, base, now)
            if target.startswith("/web/"):
                return self.reading.replay(target, base, now, headers.get("accept-datetime"))
        return html("<html><body>404</body></html>", 404)
