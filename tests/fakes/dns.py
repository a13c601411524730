"""A fake name server on loopback: every name is 127.0.0.1 unless it is told otherwise.

with FakeDns() as dns:
    dns.set("gone.example", "NXDOMAIN")
    dns.set("empty.example", "NODATA")
    dns.set("sick.example", "SERVFAIL")           # or "REFUSED", "DROP"
    dns.set("inner.example", ["10.0.0.1", "::1"]) # addresses, A and AAAA
    dns.set("rebind.example", ["93.184.216.34"], ["127.0.0.1"])   # look-up by look-up, the last stays
    CrawlSettings(resolver=dns.server, ...)
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections import Counter
from typing import Self

from dnslib import AAAA, QTYPE, RCODE, RR, A, DNSRecord

_CODES = {"NXDOMAIN": RCODE.NXDOMAIN, "SERVFAIL": RCODE.SERVFAIL, "REFUSED": RCODE.REFUSED}
Answer = str | list[str]


class FakeDns:
    """One UDP socket on 127.0.0.1 and the thread that answers it."""

    def __init__(self, default: Answer = ("127.0.0.1",)) -> None:  # type: ignore[assignment]
        self.default: Answer = list(default) if not isinstance(default, str) else default
        self.asked: Counter[str] = Counter()
        self._script: dict[str, list[Answer]] = {}
        self._turn: Counter[tuple[str, str]] = Counter()
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind(("127.0.0.1", 0))
        self._sock.settimeout(0.1)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True, name="fakedns")

    @property
    def server(self) -> str:
        """Its address as `ip:port`."""
        host, port = self._sock.getsockname()
        return f"{host}:{port}"

    def set(self, name: str, *answers: Answer) -> None:
        """Say what a name answers: a word of the list above, or addresses; several: one a look-up."""
        self._script[name.rstrip(".").lower()] = list(answers)
        for kind in ("A", "AAAA"):
            self._turn.pop((name, kind), None)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join(5)
        self._sock.close()

    def _serve(self) -> None:
        while not self._ending.is_set():
            try:
                data, peer = self._sock.recvfrom(4096)
            except TimeoutError:
                continue
            reply = self._reply(DNSRecord.parse(data))
            if reply is not None:
                self._sock.sendto(reply.pack(), peer)

    def _reply(self, query: DNSRecord) -> DNSRecord | None:
        name, kind = str(query.q.qname).rstrip(".").lower(), QTYPE[query.q.qtype]
        self.asked[name] += kind == "A"
        answers = self._script.get(name, [self.default])
        answer = answers[min(self._turn[name, kind], len(answers) - 1)]
        self._turn[name, kind] += 1
        reply = query.reply()
        if answer == "DROP":
            return None
        if isinstance(answer, str) and answer in _CODES:
            reply.header.rcode = _CODES[answer]
        elif answer != "NODATA":
            for text in answer:
                number = ipaddress.ip_address(text)
                if kind == ("A" if number.version == 4 else "AAAA"):
                    data = (A if number.version == 4 else AAAA)(tuple(number.packed))
                    reply.add_answer(RR(query.q.qname, query.q.qtype, rdata=data, ttl=0))
        return reply
