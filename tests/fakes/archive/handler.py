"""One connection to the fake archive: requests, CONNECT with TLS, scripted faults."""

from __future__ import annotations

import itertools
import socket
import struct
from dataclasses import dataclass, replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from tests.fakes.archive.faults import TOO_MANY, Fault, How
from tests.fakes.archive.reply import Reply, text

if TYPE_CHECKING:
    from tests.fakes.archive.server import FakeArchive

HOSTS = ("web.archive.org", "archive.org")
_DRIP_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One request: `at` by the fake's clock, `headers` in lower case, `connection` counts sockets."""

    at: datetime
    host: str
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int
    status: int | None = None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    """One connection: logs each request, spoils the answer if a fault is scripted, else answers."""

    server: FakeArchive  # type: ignore[assignment]
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self.number = next(self.server._numbers)
        self.tls_host: str | None = None

    def log_message(self, *args: Any) -> None:
        pass

    def do_CONNECT(self) -> None:
        host, _, port = self.path.rpartition(":")
        if host not in HOSTS or port != "443":
            self.server.refused_hosts.append(self.path)
            self._send(text("only the archive is reachable through here\n", 403))
            self.close_connection = True
            return
        self.wfile.write(b"HTTP/1.1 200 Connection Established\r\n\r\n")
        self.wfile.flush()
        plain = self.connection
        try:
            self.connection = self.request = self.server._context().wrap_socket(plain, server_side=True)
        except OSError:
            self.close_connection = True
            return
        with self.server._lock:
            self.server._connections.add(self.connection)
        self.rfile = self.connection.makefile("rb", -1)
        self.wfile = self.connection.makefile("wb", -1)
        self.tls_host = host
        self.close_connection = False

    def finish(self) -> None:
        super().finish()
        if self.tls_host is not None:
            with self.server._lock:
                self.server._connections.discard(self.connection)
            self.connection.close()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def _answer(self) -> None:
        server = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        host = self.tls_host or self.headers.get("Host", "")
        base = f"https://{host}" if self.tls_host else f"http://{host}"
        with server._lock:
            place = len(server.log)
            server.log.append(
                Logged(
                    at=server.clock.now(),
                    host=host,
                    method=self.command,
                    target=self.path,
                    headers=headers,
                    body=body,
                    connection=self.number,
                )
            )
        fault = server._fault(self.path)
        if fault is not None and fault.how is not How.PASS:
            if fault.acts:
                server._route(self.command, self.path, headers, body, base)
            server.log[place] = replace(server.log[place], status=fault.status if fault.how is How.ANSWER else None)
            self._spoil(fault)
            return
        if server._limited(self.path):
            reply = Reply(status=429, body=TOO_MANY.body, headers={"Content-Type": "text/html", **TOO_MANY.headers})
        else:
            reply = server._route(self.command, self.path, headers, body, base)
        server.log[place] = replace(server.log[place], status=reply.status)
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        self.send_header("Server", "nginx")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)
        self.wfile.flush()

    def _spoil(self, fault: Fault) -> None:
        headers = dict(fault.headers)
        if fault.content_type is not None:
            headers = {"Content-Type": fault.content_type, **headers}
        match fault.how:
            case How.HANG:
                self.server._closing.wait(60)
                self.close_connection = True
            case How.RESET:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
            case How.DRIP | How.DRIP_HEADERS:
                self._drip(fault, headers)
            case How.TRUNCATE:
                self.send_response_only(fault.status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if fault.framed:
                    self.send_header("Content-Length", str(len(fault.body) * 2))
                self.end_headers()
                self.wfile.write(fault.body)
                self.wfile.flush()
                self.close_connection = True
            case _:
                self._send(Reply(status=fault.status, body=fault.body, headers=headers))

    def _drip(self, fault: Fault, headers: dict[str, str]) -> None:
        self.close_connection = True
        head = f"HTTP/1.1 {fault.status} OK\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        if fault.how is How.DRIP:
            length = f"Content-Length: {10**6}\r\n" if fault.framed else ""
            self.wfile.write((head + length + "\r\n").encode() + fault.body)
            stream = itertools.repeat(b" ")
        else:
            self.wfile.write(head.encode() + b"X-Slow: ")
            stream = itertools.repeat(b"x")
        for piece in stream:
            self.wfile.write(piece)
            self.wfile.flush()
            if self.server._closing.wait(_DRIP_S):
                return
