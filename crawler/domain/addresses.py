"""Which numeric addresses a look may be sent to: one explicit table, IPv4 and IPv6, fail closed.

The table is ours and not `ipaddress.is_global`: that property changed its answers between Python
releases (CVE-2024-4032) and calls several special ranges global. Sources, read 2026-11: the IANA
IPv4 and IPv6 special-purpose address registries, IPv4/IPv6 multicast space (RFC 5771, RFC 4291),
and the clouds' own pages for their metadata services. In IPv6 only 2000::/3 is assigned for global
unicast (RFC 4291 section 2.4), so everything else is refused without being named.

Addresses that carry an IPv4 address are judged by what they carry where a packet would really go
there (mapped, NAT64), and refused where the mechanism is obsolete (compatible, 6to4, Teredo).

The bad ports are the Fetch standard's (https://fetch.spec.whatwg.org/#port-blocking, 2026-11).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from enum import StrEnum

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class AddressKind(StrEnum):
    """What an address is for; only `PUBLIC` may be contacted without permission."""

    PUBLIC = "public"
    UNSPECIFIED = "unspecified"
    LOOPBACK = "loopback"
    PRIVATE = "private"
    SHARED = "shared"
    LINK_LOCAL = "link-local"
    METADATA = "cloud metadata"
    DOCUMENTATION = "documentation"
    BENCHMARK = "benchmarking"
    PROTOCOL = "protocol assignment"
    TUNNEL = "obsolete tunnel"
    MULTICAST = "multicast"
    BROADCAST = "broadcast"
    RESERVED = "reserved"
    UNPARSABLE = "not an address"


_Row = tuple[str, AddressKind]

# The first row that matches wins: single addresses stand before the ranges around them.
_V4_ROWS: tuple[_Row, ...] = (
    ("169.254.169.254/32", AddressKind.METADATA),  # AWS, Azure, Google, DigitalOcean, OpenStack ...
    ("169.254.170.2/32", AddressKind.METADATA),  # AWS ECS task credentials
    ("168.63.129.16/32", AddressKind.METADATA),  # Azure's wire server, publicly numbered
    ("100.100.100.200/32", AddressKind.METADATA),  # Alibaba Cloud
    ("192.0.0.192/32", AddressKind.METADATA),  # Oracle Cloud
    ("0.0.0.0/32", AddressKind.UNSPECIFIED),
    ("0.0.0.0/8", AddressKind.RESERVED),  # "this network"
    ("10.0.0.0/8", AddressKind.PRIVATE),
    ("100.64.0.0/10", AddressKind.SHARED),  # carrier-grade NAT, RFC 6598
    ("127.0.0.0/8", AddressKind.LOOPBACK),
    ("169.254.0.0/16", AddressKind.LINK_LOCAL),
    ("172.16.0.0/12", AddressKind.PRIVATE),
    ("192.0.0.0/24", AddressKind.PROTOCOL),
    ("192.0.2.0/24", AddressKind.DOCUMENTATION),
    ("192.88.99.0/24", AddressKind.TUNNEL),  # 6to4 relay anycast, RFC 7526
    ("192.168.0.0/16", AddressKind.PRIVATE),
    ("198.18.0.0/15", AddressKind.BENCHMARK),
    ("198.51.100.0/24", AddressKind.DOCUMENTATION),
    ("203.0.113.0/24", AddressKind.DOCUMENTATION),
    ("224.0.0.0/4", AddressKind.MULTICAST),
    ("255.255.255.255/32", AddressKind.BROADCAST),
    ("240.0.0.0/4", AddressKind.RESERVED),
)
_V6_ROWS: tuple[_Row, ...] = (
    ("fd00:ec2::254/128", AddressKind.METADATA),  # AWS over IPv6
    ("fd20:ce::254/128", AddressKind.METADATA),  # Google over IPv6
    ("fe80::a9fe:a9fe/128", AddressKind.METADATA),  # OpenStack over IPv6
    ("::/128", AddressKind.UNSPECIFIED),
    ("::1/128", AddressKind.LOOPBACK),
    ("::/96", AddressKind.TUNNEL),  # IPv4-compatible, RFC 4291 section 2.5.5.1
    ("::ffff:0:0:0/96", AddressKind.TUNNEL),  # IPv4-translated, RFC 2765
    ("64:ff9b:1::/48", AddressKind.PRIVATE),  # local-use NAT64, RFC 8215
    ("100::/64", AddressKind.RESERVED),  # discard-only, RFC 6666
    ("2001::/32", AddressKind.TUNNEL),  # Teredo
    ("2001::/23", AddressKind.PROTOCOL),
    ("2001:db8::/32", AddressKind.DOCUMENTATION),
    ("2002::/16", AddressKind.TUNNEL),  # 6to4, RFC 7526
    ("3fff::/20", AddressKind.DOCUMENTATION),
    ("5f00::/16", AddressKind.RESERVED),  # SRv6 SIDs
    ("fc00::/7", AddressKind.PRIVATE),
    ("fe80::/10", AddressKind.LINK_LOCAL),
    ("fec0::/10", AddressKind.PRIVATE),  # site-local, RFC 3879
    ("ff00::/8", AddressKind.MULTICAST),
)
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})  # upper half of the interface id, RFC 5214

BAD_PORTS = frozenset({
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
    109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526,
    530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045,
    4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
})  # fmt: skip


def classify(address: str | Address) -> AddressKind:
    """Return what a numeric address is for; text that is no address is `UNPARSABLE`.

    Only strict dotted-quad and RFC 4291 notation are read. A zone (`%eth0`) is ignored.
    """
    parsed = parse_address(address) if isinstance(address, str) else address
    if parsed is None:
        return AddressKind.UNPARSABLE
    if isinstance(parsed, ipaddress.IPv4Address):
        return _first(_V4, int(parsed)) or AddressKind.PUBLIC
    return _classify6(parsed)


def parse_address(text: str) -> Address | None:
    """Return the address that a text denotes, brackets and zone aside, or None."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None


def carried_ipv4(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that packets to a mapped or NAT64 address end at, if it is one."""
    if isinstance(address, ipaddress.IPv6Address) and (address in _MAPPED or address in _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def is_opened(address: Address, networks: Iterable[Network]) -> bool:
    """Whether one of the networks that an operator opened holds the address, or the IPv4 it carries."""
    forms = (address, carried_ipv4(address))
    return any(form is not None and form.version == network.version and form in network
               for network in networks for form in forms)  # fmt: skip


def _classify6(address: ipaddress.IPv6Address) -> AddressKind:
    carried = carried_ipv4(address)
    if carried is not None:
        return classify(carried)
    named = _first(_V6, int(address))
    if named is not None:
        return named
    if address not in _GLOBAL_UNICAST:
        return AddressKind.RESERVED
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        return classify(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return AddressKind.PUBLIC


_Range = tuple[int, int, AddressKind]


def _ranges(rows: tuple[_Row, ...]) -> tuple[_Range, ...]:
    networks = ((ipaddress.ip_network(text), kind) for text, kind in rows)
    return tuple((int(net.network_address), int(net.broadcast_address), kind) for net, kind in networks)


def _first(ranges: tuple[_Range, ...], number: int) -> AddressKind | None:
    return next((kind for first, last, kind in ranges if first <= number <= last), None)


_V4 = _ranges(_V4_ROWS)
_V6 = _ranges(_V6_ROWS)
