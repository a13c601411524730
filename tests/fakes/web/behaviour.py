"""What a fake host does when it is asked: values and their actions on the open connection."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Request:
    """One request as the server saw it. `at` is monotonic seconds; header names are lower case."""

    scheme: str
    host: str
    path: str
    method: str
    headers: dict[str, str]
    at: float
    target: str = ""


class Behaviour:
    """Something done with a connection after a request was read."""

    async def act(self, request: Request, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError


@dataclass(slots=True)
class Reply(Behaviour):
    """A well-formed response after `delay` seconds. `headers` may repeat names when given as pairs."""

    status: int = 200
    body: bytes | str = b""
    headers: dict[str, str] | list[tuple[str, str]] = field(default_factory=dict)
    delay: float = 0.0
    content_type: str | None = "text/html; charset=utf-8"

    async def act(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if self.delay:
            await asyncio.sleep(self.delay)
        writer.write(self.encoded())
        await writer.drain()

    def encoded(self) -> bytes:
        """Return the response's bytes."""
        body = self.body.encode() if isinstance(self.body, str) else self.body
        pairs = list(self.headers.items()) if isinstance(self.headers, dict) else list(self.headers)
        given = {name.lower() for name, _ in pairs}
        if self.content_type is not None and "content-type" not in given:
            pairs.append(("Content-Type", self.content_type))
        if "content-length" not in given and "transfer-encoding" not in given:
            pairs.append(("Content-Length", str(len(body))))
        try:
            reason = HTTPStatus(self.status).phrase
        except ValueError:
            reason = "Odd"
        lines = [f"HTTP/1.1 {self.status} {reason}", *(f"{name}: {value}" for name, value in pairs)]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


@dataclass(slots=True)
class Raw(Behaviour):
    """Exact bytes, then the connection is closed, left open (`hang`) or reset."""

    data: bytes = b""
    then: str = "close"

    async def act(self, request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(self.data)
        await writer.drain()
        if self.then == "hang":
            await asyncio.sleep(3600)
        elif self.then == "reset":
            reset(writer)


@dataclass(slots=True)
class Drip(Behaviour):
    """Bytes one piece after another, with a pause before each; `repeat` does so without end."""

    pieces: Iterable[bytes]
    pause: float = 0.05
    repeat: bool = False

    async def act(self, request: Request, writer: asyncio.StreamWriter) -> None:
        pieces = list(self.pieces)
        while True:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(self.pause)
            if not self.repeat:
                return
            pieces = pieces[-1:]


class Hang(Behaviour):
    """Accepts, reads, never answers."""

    async def act(self, request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3600)


class Close(Behaviour):
    """Closes without a byte."""

    async def act(self, request: Request, writer: asyncio.StreamWriter) -> None:
        writer.close()


class Reset(Behaviour):
    """Resets the connection (RST)."""

    async def act(self, request: Request, writer: asyncio.StreamWriter) -> None:
        reset(writer)


class Sequence(Behaviour):
    """One behaviour after the other, request by request; the last one stays."""

    def __init__(self, *behaviours: Behaviour) -> None:
        self._left = list(behaviours)

    async def act(self, request: Request, writer: asyncio.StreamWriter) -> None:
        behaviour = self._left.pop(0) if len(self._left) > 1 else self._left[0]
        await behaviour.act(request, writer)


@dataclass(slots=True)
class Script(Behaviour):
    """Whatever a function of the request returns."""

    function: Callable[[Request], Behaviour]

    async def act(self, request: Request, writer: asyncio.StreamWriter) -> None:
        await self.function(request).act(request, writer)


def html(body: str, *, status: int = 200, title: str = "A page", **options: object) -> Reply:
    """Return a small HTML page."""
    text = f"<!doctype html><html lang=en><head><title>{title}</title></head><body>{body}</body></html>"
    return Reply(status, text, **options)  # type: ignore[arg-type]


def redirect(location: str, status: int = 302, *cookies: str) -> Reply:
    """Return a redirect, setting cookies on the way."""
    return Reply(status, headers=[("Location", location), *(("Set-Cookie", cookie) for cookie in cookies)])


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with RST."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
