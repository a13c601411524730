"""The download handler: one HTTP/1.1 request on one guarded connection, behind DOWNLOAD_HANDLERS.

Why our own: a look needs the status line and the header of most links and nothing else, and has to
bound what a hostile server can cost. Scrapy 2.19's HTTP11 handler caps neither header bytes nor 1xx
floods, hides why a name did not resolve, and costs four times the CPU; its aiohttp handler follows
strict parsing limits (8 kB lines), reads bodies before they can be refused and maps most failures to
one class. Here every byte passes `ResponseReader`, every address passes `EgressGuard` right before
connect(), one deadline covers resolving, connecting, TLS, header and body, and nothing is decompressed.
The pieces fit together as Scrapy expects: signals, middlewares and spiders see usual responses.

A connection serves one request: it is dropped as soon as the header is read, body unread.
"""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import socket
import ssl
import time
from typing import Self
from urllib.parse import unquote, urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Headers, HtmlResponse, Response

from crawler.domain.observation import Failure
from crawler.domain.urls import InvalidUrl, Url, parse
from crawler.spider.addon import SETTING, LookAddon
from crawler.spider.dial import Dialer
from crawler.spider.errors import FetchError, Stopped
from crawler.spider.http1 import Head, Malformed, ResponseReader
from crawler.spider.look import META, Look, Phase
from crawler.spider.settings import CrawlSettings

ABORT = object()  # Scrapy signal: drop every request under way
_PHASE_TIMEOUT = {
    Phase.RESOLVE: (Failure.DNS_TEMPORARY, "the name was not resolved in time"),
    Phase.CONNECT: (Failure.CONNECT_TIMEOUT, "no connection in time"),
    Phase.TLS: (Failure.TIMEOUT, "no TLS handshake in time"),
    Phase.ANSWER: (Failure.TIMEOUT, "no answer in time"),
}


class LookHandler:
    """Scrapy download handler for http and https; Scrapy makes one instance a scheme."""

    lazy = False

    def __init__(self, settings: CrawlSettings, addon: LookAddon, crawler: Crawler) -> None:
        self._settings = settings
        self._crawler = crawler
        self._addon = addon
        self._proxy = parse(settings.proxy) if settings.proxy else None
        self._running: set[asyncio.Task[Response]] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the handler from the crawl's settings."""
        addon = crawler.get_addon(LookAddon)
        if addon is None:
            raise NotConfigured("the add-on is not enabled")
        handler = cls(crawler.settings[SETTING], addon, crawler)
        crawler.signals.connect(handler.abort, signal=ABORT)
        return handler

    async def download_request(self, request: Request) -> Response:
        """Fetch one request.

        Raises:
            FetchError: no usable response came.
            Stopped: the crawl ends.
        """
        task = asyncio.ensure_future(self._bounded(request))
        self._running.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            raise Stopped("the crawl ends") from None
        finally:
            self._running.discard(task)

    def abort(self) -> None:
        """End every request under way; each raises `Stopped`."""
        for task in self._running:
            task.cancel()

    async def close(self) -> None:
        """Release the resolver's threads."""
        self._addon.resolver.close()

    async def _bounded(self, request: Request) -> Response:
        look = request.meta.get(META) or Look.foreign(request.url)
        budget = look.budget(self._settings.timeout.total_seconds())
        started = time.monotonic()
        exchange = _Exchange(self, request, look)
        try:
            async with asyncio.timeout(budget) as deadline:
                return await exchange.run(deadline)
        except TimeoutError as error:
            late = exchange.rescued()
            if late is not None:
                return late
            failure, detail = _PHASE_TIMEOUT[exchange.phase]
            raise FetchError(failure, detail) from error
        finally:
            exchange.close()
            look.spent += time.monotonic() - started - exchange.waited

    @property
    def settings(self) -> CrawlSettings:
        """The crawl's settings."""
        return self._settings

    @property
    def dialer(self) -> Dialer:
        """What opens connections."""
        return self._addon.dialer

    @property
    def proxy(self) -> Url | None:
        """The configured proxy."""
        return self._proxy

    async def turn(self, request: Request) -> None:
        """Wait until the request's host may be sent its next request; see `LaneScheduler.turn`."""
        turn = getattr(self._crawler.engine.scheduler, "turn", None)
        if turn is not None:
            await turn(request)


class _Exchange(asyncio.Protocol):
    """One request and its response on one connection."""

    def __init__(self, handler: LookHandler, request: Request, look: Look) -> None:
        self.phase = Phase.RESOLVE
        self.waited = 0.0
        self._handler, self._request, self._look = handler, request, look
        self._reader = ResponseReader(header_cap=handler.settings.header_cap)
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
        await self._handler.turn(self._request)
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
        proxy = self._handler.proxy
        target = proxy or url
        addresses = await self._handler.dialer.resolve(target.host)
        self.phase = Phase.CONNECT
        sock, address = await self._handler.dialer.connect(addresses, target.port, exempt=proxy is not None)
        self._address = None if proxy else address
        loop = asyncio.get_running_loop()
        try:
            if proxy is not None and url.scheme == "https":
                await self._tunnel(sock, url, proxy)
            if url.scheme == "https":
                self.phase = Phase.TLS
                await self._handler.dialer.wrap(sock, url.host, lambda: self)
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
        proxied = self._handler.proxy is not None and url.scheme == "http"
        parts = urlsplit(url.canonical)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query or url.canonical.endswith("?") else "")
        lines = [f"{self._request.method} {url.canonical if proxied else path} HTTP/1.1", f"Host: {parts.netloc}"]
        for name, values in self._request.headers.items():
            lines += [f"{name.decode('latin-1')}: {value.decode('latin-1')}" for value in values]
        if proxied and self._handler.proxy is not None:
            lines += _proxy_credentials(self._handler.proxy)
        lines = [line.replace("\r", "").replace("\n", "") for line in lines]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def _on_head(self, head: Head) -> None:
        cap = self._look.body_cap(head, self._handler.settings.body_cap)
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
