"""From a host name to a connected socket: resolve, guard, connect, TLS; each failure has its class.

Addresses are tried in staggered order (RFC 8305, 250 ms apart), at most `_TRIED` of them. Certificates
are verified against the system's store, or certifi's where the system has none, plus the configured
bundle. Servers without RFC 5746 renegotiation are spoken to, as browsers do: OpenSSL 3 refuses them
by default, which would make many old sites look dead.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import certifi

from crawler.domain.addresses import parse_address
from crawler.domain.observation import Failure
from crawler.spider.errors import FetchError
from crawler.spider.guard import EgressGuard
from crawler.spider.resolver import Resolver

_STAGGER = 0.25
_TRIED = 6
_OP_LEGACY_SERVER_CONNECT = 0x4  # ssl.OP_LEGACY_SERVER_CONNECT, named since Python 3.12

_CONNECT_ERRORS = {
    errno.ECONNREFUSED: (Failure.REFUSED, "connection refused"),
    errno.ECONNRESET: (Failure.RESET, "connection reset"),
    errno.ECONNABORTED: (Failure.RESET, "connection aborted"),
    errno.EPIPE: (Failure.RESET, "connection closed"),
    errno.ETIMEDOUT: (Failure.CONNECT_TIMEOUT, "no answer to the connection attempt"),
    errno.EHOSTUNREACH: (Failure.REFUSED, "host unreachable"),
    errno.ENETUNREACH: (Failure.REFUSED, "network unreachable"),
    errno.EADDRNOTAVAIL: (Failure.REFUSED, "no route for this address family"),
}


class Dialer:
    """Opens guarded connections; only the operator's own proxy is `exempt` from the guard."""

    def __init__(self, resolver: Resolver, guard: EgressGuard, *, ca_bundle: str | None = None) -> None:
        self._resolver, self._guard = resolver, guard
        self._context = tls_context(ca_bundle)

    async def resolve(self, host: str) -> tuple[str, ...]:
        """Return a host's numeric addresses.

        Raises:
            FetchError: it has none.
        """
        return await self._resolver.resolve(host.strip("[]"))

    async def connect(
        self, addresses: tuple[str, ...], port: int, *, exempt: bool = False
    ) -> tuple[socket.socket, str]:
        """Return a connected, non-blocking socket and the numeric address that it leads to.

        Raises:
            FetchError: every address is forbidden or cannot be connected to.
        """
        return await _race(addresses[:_TRIED], port, None if exempt else self._guard)

    async def wrap(self, sock: socket.socket, host: str, protocol: Callable[[], asyncio.Protocol]) -> None:
        """Attach a protocol to a connected socket, over TLS with the host's certificate verified.

        Raises:
            FetchError: the certificate or the handshake failed.
        """
        name = host.strip("[]").rstrip(".")
        try:
            await asyncio.get_running_loop().create_connection(
                protocol, sock=sock, ssl=self._context, server_hostname=name
            )
        except ssl.SSLCertVerificationError as error:
            detail = getattr(error, "verify_message", "") or "certificate not valid"
            raise FetchError(Failure.TLS_CERTIFICATE, detail) from error
        except (ssl.SSLError, OSError, UnicodeError, ValueError) as error:
            reason = getattr(error, "reason", None) or type(error).__name__
            raise FetchError(Failure.TLS_HANDSHAKE, f"handshake failed: {reason}") from error


def tls_context(ca_bundle: str | None = None) -> ssl.SSLContext:
    """Return the client context: TLS 1.2 up, verified, HTTP/1.1.

    Raises:
        OSError: the bundle cannot be read (ssl.SSLError where it holds no certificate).
    """
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not any(path and Path(path).exists() for path in (paths.cafile, paths.capath)):
        context.load_verify_locations(certifi.where())
    if ca_bundle is not None:
        context.load_verify_locations(ca_bundle)
    context.options |= _OP_LEGACY_SERVER_CONNECT
    context.set_alpn_protocols(["http/1.1"])
    return context


async def _race(addresses: tuple[str, ...], port: int, guard: EgressGuard | None) -> tuple[socket.socket, str]:
    """Connect to the first address that accepts; the next one starts when the last failed or is slow."""
    if len(addresses) == 1:
        return await _connect(addresses[0], port, guard)
    waiting = list(addresses)
    running: set[asyncio.Task[tuple[socket.socket, str]]] = set()
    failed: FetchError | None = None
    try:
        while waiting or running:
            if waiting:
                running.add(asyncio.ensure_future(_connect(waiting.pop(0), port, guard)))
            done, running = await asyncio.wait(
                running, timeout=_STAGGER if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                error = task.exception()
                if error is None:
                    return task.result()
                if not isinstance(error, FetchError):
                    raise error
                if failed is None or failed.failure is Failure.FORBIDDEN_ADDRESS:
                    failed = error
    finally:
        await _abandon(running)
    raise failed or FetchError(Failure.REFUSED, "no address to connect to")


async def _abandon(running: set[asyncio.Task[tuple[socket.socket, str]]]) -> None:
    for task in running:
        task.cancel()
    for result in await asyncio.gather(*running, return_exceptions=True):
        if isinstance(result, tuple):
            result[0].close()


async def _connect(address: str, port: int, guard: EgressGuard | None) -> tuple[socket.socket, str]:
    number = parse_address(address)
    if number is None:
        raise FetchError(Failure.FORBIDDEN_ADDRESS, "not a numeric address")
    if guard is not None:
        guard.check(str(number), port)
    family = socket.AF_INET if number.version == 4 else socket.AF_INET6
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)  # noqa: FBT003 - the standard library's own signature
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, (str(number), port))
    except OSError as error:
        sock.close()
        failure, detail = _CONNECT_ERRORS.get(error.errno or 0, (Failure.REFUSED, error.strerror or str(error)))
        raise FetchError(failure, detail) from error
    except BaseException:
        sock.close()
        raise
    return sock, address
