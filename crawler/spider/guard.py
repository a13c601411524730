"""The egress guard: the last call before a socket is connected, on the numeric address.

Names, notations, redirects and rebinding all end in a number that is given to connect(), so the
one check stands there and fails closed: text that is no address is refused, too. The machine's own
addresses are found by asking the kernel which source address it would use: for an address of its
own that is the address itself (no packet is sent for that).
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass

from crawler.domain.addresses import BAD_PORTS, Address, AddressKind, Network, classify, is_opened, parse_address
from crawler.domain.observation import Failure
from crawler.spider.errors import FetchError


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressGuard:
    """Refuses addresses that are not public, bad ports, and this machine itself.

    `opened` are the networks that the operator allows all the same; bad ports stay closed.
    """

    opened: Sequence[Network] = ()

    def refusal(self, address: str, port: int) -> str | None:
        """Return why an address may not be contacted, or None if it may."""
        if port in BAD_PORTS or not 0 < port < 65536:
            return f"port {port} is blocked"
        number = parse_address(address)
        if number is None:
            return "not a numeric address"
        if is_opened(number, self.opened):
            return None
        kind = classify(number)
        if kind is not AddressKind.PUBLIC:
            return f"{address} is a {kind.value} address"
        return f"{address} is this machine" if _is_own(number) else None

    def check(self, address: str, port: int) -> None:
        """Let an address pass.

        Raises:
            FetchError: it is forbidden.
        """
        reason = self.refusal(address, port)
        if reason is not None:
            raise FetchError(Failure.FORBIDDEN_ADDRESS, reason)


def _is_own(address: Address) -> bool:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((str(address), 9))
            return parse_address(probe.getsockname()[0]) == address
    except OSError:
        return False  # no route: the real connect fails the same way
