"""One HTTP/1.1 request and its response on a guarded connection: the bytes of a look."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from urllib.parse import unquote, urlsplit

from scrapy import Request
from scrapy.http import Headers, HtmlResponse, Response

from crawler.domain.observation import Failure
from crawler.domain.urls import InvalidUrl, Url, parse
from crawler.spider.dial import Dialer
from crawler.spider.errors import FetchError
from crawler.spider.http1 import Head, Malformed, ResponseReader
from crawler.spider.look import Look, Phase
from crawler.spider.settings import CrawlSettings

Turn = Callable[[Request], Awaitable[None]]


class Exchange(asyncio.Protocol):
    """One request and its response on one connection; `waited` are the seconds spent waiting for its turn."""

    def __init__(
        self, request: Request, look: Look, *, settings: CrawlSettings, dialer: Dialer, proxy: Url | None, turn: Turn
    ) -> None:
        self.phase = Phase.RESOLVE
        self.waited = 0.0
        self._request, self._look = request, look
        self._settings, self._dialer, self._proxy, self._turn = settings, dialer, proxy, turn
        self._reader = ResponseReader(header_cap=settings.header_cap)
        self._transport: asyncio.Transport | None = None
        self._address: str | None = None
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self, deadline: asyncio.Timeout) -> Response:
        """Resolve, connect, send, read; waiting for the host's turn is not the server's time."""
        try:
            url = parse(self._request.url)
        except InvalidUrl as error:
            raise FetchError(Failure.INVALID_URL, str(error)) from error
        await self._open(url)
        before = time.monotonic()
        deadline_at = deadline.when()
        deadline.reschedule(None)
        await self._turn(self._request)
        self.waited = time.monotonic() - before
        deadline.reschedule(None if deadline_at is None else deadline_at + self.waited)
        self.phase = Phase.ANSWER
        if self._transport is None or self._transport.is_closing():
            raise FetchError(Failure.RESET, "the server closed the connection")
        self._transport.write(self._head_bytes(url))
        await self._done
        return self._response()

    def rescued(self) -> Response | None:
        """Return what came before the time was over: with a complete header it is an answer."""
        if self._reader.head is None:
            return None
        self._reader.damaged = True
        return self._response()

    def close(self) -> None:
        """Drop the connection; unread bytes are of no interest."""
        if self._transport is not None:
            self._transport.abort()
        if self._done.done() and not self._done.cancelled():
            self._done.exception()  # retrieved: a connection that fails after the answer is no news

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Read on until the look has what it needs."""
        if self._done.done():
            return
        had_head = self._reader.head is not None
        try:
            self._reader.feed(data)
            if not had_head and self._reader.head is not None:
                self._on_head(self._reader.head)
        except Malformed as error:
            self._fail(FetchError(Failure.PROTOCOL, str(error)))
            return
        if self._reader.complete:
            self._finish()

    def eof_received(self) -> bool:
        """Take the end of the stream as the end of the response."""
        self._ended(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Take a lost connection as the end of the response."""
        self._ended(exc)

    # Private

    async def _open(self, url: Url) -> None:
        proxy = self._proxy
        target = proxy or url
        addresses = await self._dialer.resolve(target.host)
        self.phase = Phase.CONNECT
        sock, address = await self._dialer.connect(addresses, target.port, exempt=proxy is not None)
        self._address = None if proxy else address
        loop = asyncio.get_running_loop()
        try:
            if proxy is not None and url.scheme == "https":
                await self._tunnel(sock, url, proxy)
            if url.scheme == "https":
                self.phase = Phase.TLS
                await self._dialer.wrap(sock, url.host, lambda: self)
            else:
                await loop.create_connection(lambda: self, sock=sock)
        except BaseException:
            sock.close()
            raise

    async def _tunnel(self, sock: socket.socket, url: Url, proxy: Url) -> None:
        loop = asyncio.get_running_loop()
        authority = f"{url.host}:{url.port}"
        lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}", *_proxy_credentials(proxy)]
        await loop.sock_sendall(sock, ("\r\n".join(lines) + "\r\n\r\n").encode("ascii"))
        reader = ResponseReader(header_cap=16384)
        while reader.head is None:
            data = await loop.sock_recv(sock, 1)  # nothing of the TLS stream may be swallowed
            if not data:
                raise FetchError(Failure.REFUSED, "the proxy closed the connection")
            try:
                reader.feed(data)
            except Malformed as error:
                raise FetchError(Failure.REFUSED, f"proxy: {error}") from error
        if reader.head.status != 200:
            raise FetchError(Failure.REFUSED, f"the proxy answers {reader.head.status}")

    def _head_bytes(self, url: Url) -> bytes:
        proxied = self._proxy is not None and url.scheme == "http"
        parts = urlsplit(url.canonical)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query or url.canonical.endswith("?") else "")
        lines = [f"{self._request.method} {url.canonical if proxied else path} HTTP/1.1", f"Host: {parts.netloc}"]
        for name, values in self._request.headers.items():
            lines += [f"{name.decode('latin-1')}: {value.decode('latin-1')}" for value in values]
        if proxied and self._proxy is not None:
            lines += _proxy_credentials(self._proxy)
        lines = [line.replace("\r", "").replace("\n", "") for line in lines]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def _on_head(self, head: Head) -> None:
        cap = self._look.body_cap(head, self._settings)
        if cap:
            self._reader.want_body(cap)
        else:
            self._reader.complete = True

    def _ended(self, error: Exception | None) -> None:
        if self._done.done():
            return
        try:
            self._reader.end()
        except Malformed as malformed:
            self._fail(_unanswered(error, malformed, started=self._reader.started))
            return
        if error is not None:
            self._reader.damaged = True
        self._finish()

    def _finish(self) -> None:
        if not self._done.done():
            self._done.set_result(None)

    def _fail(self, error: FetchError) -> None:
        if not self._done.done():
            self._done.set_exception(error)

    def _response(self) -> Response:
        head = self._reader.head
        if head is None:
            raise FetchError(Failure.PROTOCOL, "no response")
        body = self._reader.body
        headers = Headers()
        for name, value in head.fields:
            headers.appendlist(name, value.encode("utf-8", "surrogateescape"))
        kind = HtmlResponse if body and "html" in (head.get("content-type") or "") else Response
        flags = ["truncated"] * self._reader.capped + ["dataloss"] * self._reader.damaged
        return kind(
            self._request.url,
            status=head.status,
            headers=headers,
            body=body,
            flags=flags,
            request=self._request,
            ip_address=ipaddress.ip_address(self._address) if self._address else None,
            protocol=f"HTTP/{head.version[0]}.{head.version[1]}",
        )


def _unanswered(error: Exception | None, malformed: Malformed, *, started: bool) -> FetchError:
    if isinstance(error, ssl.SSLError):
        return FetchError(Failure.TLS_HANDSHAKE, f"TLS failed: {error.reason}")
    if error is not None:
        return FetchError(Failure.RESET, "connection reset")
    if not started:
        return FetchError(Failure.RESET, "the server closed the connection without an answer")
    return FetchError(Failure.PROTOCOL, str(malformed))


def _proxy_credentials(proxy: Url) -> list[str]:
    parts = urlsplit(proxy.href)
    if parts.username is None:
        return []
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    token = base64.b64encode(pair.encode()).decode("ascii")
    return [f"Proxy-Authorization: Basic {token}"]
