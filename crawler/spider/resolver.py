"""Names to addresses, with the reason where there are none: one cache a run, one bounded pool.

The system's resolver is asked through getaddrinfo in threads of its own, so that slow names stall
neither the reactor nor the writer. getaddrinfo tells NXDOMAIN (EAI_NONAME), no address (EAI_NODATA)
and a failing resolver (EAI_AGAIN and the rest) apart on glibc; where a platform has no EAI_NODATA
the two are one. With a name server of its own the answers come from dnspython (RFC 1035, RFC 2308).
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype

from crawler.domain.addresses import parse_address
from crawler.domain.observation import Failure
from crawler.spider.errors import FetchError
from crawler.spider.threads import DaemonThreads

_THREADS = 64
_SECOND_LOOK = 0.5  # seconds between the two look-ups that a missing name is asked for
_KEPT = 200_000  # names in the cache; a look-up more costs less than memory without bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """Why a name has no address."""

    failure: Failure
    detail: str


Answer = tuple[str, ...] | Absent


class Backend(Protocol):
    """Looks a name up; blocking, called in a thread."""

    def __call__(self, host: str, /) -> Answer:
        """Return numeric addresses in the order to try them, or why there are none."""


class Resolver:
    """Resolves each name once a run; concurrent askers share one look-up.

    A missing name (NXDOMAIN) is asked for twice before it is believed; a temporary failure is not kept.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._pool = DaemonThreads(_THREADS, "dns")
        self._known: dict[str, Answer] = {}
        self._asking: dict[str, asyncio.Task[Answer]] = {}

    async def resolve(self, host: str) -> tuple[str, ...]:
        """Return the host's numeric addresses; a literal is its own address.

        Raises:
            FetchError: there are none.
        """
        literal = parse_address(host)
        if literal is not None:
            return (str(literal),)
        answer = self._known.get(host)
        if answer is None:
            answer = await asyncio.shield(self._ask(host))
        if isinstance(answer, Absent):
            raise FetchError(answer.failure, answer.detail)
        return answer

    def close(self) -> None:
        """Let the threads end; look-ups under way are not waited for."""
        for task in self._asking.values():
            task.cancel()
        self._pool.close()

    def _ask(self, host: str) -> asyncio.Task[Answer]:
        task = self._asking.get(host)
        if task is None:
            task = self._asking[host] = asyncio.get_running_loop().create_task(self._look_up(host))
            task.add_done_callback(lambda _: self._asking.pop(host, None))
        return task

    async def _look_up(self, host: str) -> Answer:
        answer = await self._pool.run(partial(self._backend, host))
        if isinstance(answer, Absent) and answer.failure is Failure.DNS_NXDOMAIN:
            await asyncio.sleep(_SECOND_LOOK)
            answer = await self._pool.run(partial(self._backend, host))
        if not isinstance(answer, Absent) or answer.failure is not Failure.DNS_TEMPORARY:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[host] = answer
        return answer


def resolver_for(server: str | None) -> Resolver:
    """Return the system's resolver, or one that asks the name server `ip:port`.

    Raises:
        ValueError: it is no `ip:port`.
    """
    if server is None:
        return Resolver(ask_system)
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[0-9.]+):(\d{1,5})", server)
    address = parse_address(match[1] if match else server)
    if address is None:
        raise ValueError(f"{server!r} is no name server: write 192.0.2.1:53 or [2001:db8::1]:53")
    return Resolver(NameServer(str(address), int(match[2]) if match else 53))


_ABSENT_CODES = {
    socket.EAI_NONAME: (Failure.DNS_NXDOMAIN, "the name does not exist"),
    getattr(socket, "EAI_NODATA", -5): (Failure.DNS_NODATA, "the name has no address"),
    getattr(socket, "EAI_ADDRFAMILY", -9): (Failure.DNS_NODATA, "the name has no address"),
}


def ask_system(host: str) -> Answer:
    """Look a name up as the system does."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        known = _ABSENT_CODES.get(error.errno or 0)
        if known is None:
            return Absent(failure=Failure.DNS_TEMPORARY, detail=f"resolver: {error.strerror or error}")
        return Absent(failure=known[0], detail=known[1])
    except (UnicodeError, ValueError, OSError) as error:
        return Absent(failure=Failure.DNS_TEMPORARY, detail=f"resolver: {error}")
    return _distinct(str(entry[4][0]).partition("%")[0] for entry in found)


class NameServer:
    """Asks one name server for A and AAAA records, over UDP and, where cut short, TCP."""

    _WAIT = 2.0  # seconds a try
    _TRIES = 2

    def __init__(self, address: str, port: int) -> None:
        self._address, self._port = address, port

    def __call__(self, host: str) -> Answer:
        """Look a name up; see `Backend`."""
        found: list[str] = []
        absent: Absent | None = None
        for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
            answer = self._ask(host, kind)
            if not isinstance(answer, Absent):
                found.extend(answer)
                continue
            absent = answer if absent is None or answer.failure is Failure.DNS_TEMPORARY else absent
            if answer.failure is not Failure.DNS_NODATA:
                break
        if found:
            return _distinct(found)
        return absent or Absent(failure=Failure.DNS_NODATA, detail="the name has no address")

    def _ask(self, host: str, kind: dns.rdatatype.RdataType) -> Answer:
        try:
            query = dns.message.make_query(dns.name.from_text(host), kind)
        except (dns.exception.DNSException, UnicodeError) as error:
            return Absent(failure=Failure.DNS_NXDOMAIN, detail=f"no name server can be asked for it: {error}")
        problem = "the name server does not answer"
        for _ in range(self._TRIES):
            with suppress(dns.exception.Timeout):
                try:
                    reply, _tcp = dns.query.udp_with_fallback(query, self._address, self._WAIT, self._port)
                except (dns.exception.DNSException, OSError, EOFError) as error:
                    if isinstance(error, dns.exception.Timeout):
                        raise
                    problem = f"the name server cannot be asked: {type(error).__name__}"
                    continue
                return _read(reply, kind)
        return Absent(failure=Failure.DNS_TEMPORARY, detail=problem)


def _read(reply: dns.message.Message, kind: dns.rdatatype.RdataType) -> Answer:
    code = reply.rcode()
    if code == dns.rcode.NXDOMAIN:
        return Absent(failure=Failure.DNS_NXDOMAIN, detail="the name does not exist")
    if code != dns.rcode.NOERROR:
        return Absent(failure=Failure.DNS_TEMPORARY, detail=f"the name server answers {dns.rcode.to_text(code)}")
    addresses = [str(item.address) for rrset in reply.answer if rrset.rdtype == kind for item in rrset]
    if not addresses:
        return Absent(failure=Failure.DNS_NODATA, detail="the name has no address")
    return tuple(addresses)


def _distinct(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(addresses))
