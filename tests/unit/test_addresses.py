"""The address table: first, last and just outside of every special range, IPv4 and IPv6."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.addresses import AddressKind as Kind
from crawler.domain.addresses import carried_ipv4, classify, is_opened, parse_address

# Written out by hand from the registries, apart from the table that is tested.
_RANGES = [
    # first, last, kind, before, after (what lies just outside; None: the end of the space or another case)
    ("0.0.0.1", "0.255.255.255", Kind.RESERVED, Kind.UNSPECIFIED, Kind.PUBLIC),
    ("10.0.0.0", "10.255.255.255", Kind.PRIVATE, Kind.PUBLIC, Kind.PUBLIC),
    ("100.64.0.0", "100.127.255.255", Kind.SHARED, Kind.PUBLIC, Kind.PUBLIC),
    ("127.0.0.0", "127.255.255.255", Kind.LOOPBACK, Kind.PUBLIC, Kind.PUBLIC),
    ("169.254.0.0", "169.254.255.255", Kind.LINK_LOCAL, Kind.PUBLIC, Kind.PUBLIC),
    ("172.16.0.0", "172.31.255.255", Kind.PRIVATE, Kind.PUBLIC, Kind.PUBLIC),
    ("192.0.0.0", "192.0.0.255", Kind.PROTOCOL, Kind.PUBLIC, Kind.PUBLIC),
    ("192.0.2.0", "192.0.2.255", Kind.DOCUMENTATION, Kind.PUBLIC, Kind.PUBLIC),
    ("192.88.99.0", "192.88.99.255", Kind.TUNNEL, Kind.PUBLIC, Kind.PUBLIC),
    ("192.168.0.0", "192.168.255.255", Kind.PRIVATE, Kind.PUBLIC, Kind.PUBLIC),
    ("198.18.0.0", "198.19.255.255", Kind.BENCHMARK, Kind.PUBLIC, Kind.PUBLIC),
    ("198.51.100.0", "198.51.100.255", Kind.DOCUMENTATION, Kind.PUBLIC, Kind.PUBLIC),
    ("203.0.113.0", "203.0.113.255", Kind.DOCUMENTATION, Kind.PUBLIC, Kind.PUBLIC),
    ("224.0.0.0", "239.255.255.255", Kind.MULTICAST, Kind.PUBLIC, Kind.RESERVED),
    ("240.0.0.0", "255.255.255.254", Kind.RESERVED, Kind.MULTICAST, Kind.BROADCAST),
    ("::2", "::ffff:ffff", Kind.TUNNEL, Kind.LOOPBACK, Kind.RESERVED),
    ("::ffff:0:0:0", "::ffff:0:ffff:ffff", Kind.TUNNEL, Kind.RESERVED, Kind.RESERVED),
    ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", Kind.PRIVATE, Kind.RESERVED, Kind.RESERVED),
    ("100::", "100::ffff:ffff:ffff:ffff", Kind.RESERVED, Kind.RESERVED, Kind.RESERVED),
    ("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", Kind.TUNNEL, Kind.PUBLIC, Kind.PROTOCOL),
    ("2001:1::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", Kind.PROTOCOL, Kind.TUNNEL, Kind.PUBLIC),
    ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", Kind.DOCUMENTATION, Kind.PUBLIC, Kind.PUBLIC),
    ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Kind.TUNNEL, Kind.PUBLIC, Kind.PUBLIC),
    ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", Kind.DOCUMENTATION, Kind.PUBLIC, Kind.PUBLIC),
    ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Kind.RESERVED, Kind.RESERVED, Kind.RESERVED),
    ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Kind.PRIVATE, Kind.RESERVED, Kind.RESERVED),
    ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Kind.LINK_LOCAL, Kind.RESERVED, Kind.PRIVATE),
    ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Kind.PRIVATE, Kind.LINK_LOCAL, Kind.MULTICAST),
    ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Kind.MULTICAST, Kind.PRIVATE, None),
    ("2000::", "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Kind.PUBLIC, Kind.RESERVED, Kind.TUNNEL),
]


def _neighbour(text: str, step: int) -> str:
    return str(ipaddress.ip_address(text) + step)


@pytest.mark.parametrize(("first", "last", "kind", "before", "after"), _RANGES, ids=[row[0] for row in _RANGES])
def test_a_special_range_begins_and_ends_where_its_registry_says(
    first: str, last: str, kind: Kind, before: Kind, after: Kind | None
) -> None:
    assert (classify(first), classify(last)) == (kind, kind)
    assert classify(_neighbour(first, -1)) is before
    if after is not None:
        assert classify(_neighbour(last, 1)) is after


_SINGLE = {
    "0.0.0.0": Kind.UNSPECIFIED,
    "255.255.255.255": Kind.BROADCAST,
    "169.254.169.254": Kind.METADATA,
    "169.254.170.2": Kind.METADATA,
    "168.63.129.16": Kind.METADATA,
    "100.100.100.200": Kind.METADATA,
    "192.0.0.192": Kind.METADATA,
    "168.63.129.15": Kind.PUBLIC,
    "168.63.129.17": Kind.PUBLIC,
    "fd00:ec2::254": Kind.METADATA,
    "::": Kind.UNSPECIFIED,
    "::1": Kind.LOOPBACK,
    "8.8.8.8": Kind.PUBLIC,
    "2606:4700:4700::1111": Kind.PUBLIC,
    "2a00:1450:4001::1": Kind.PUBLIC,
    # carried IPv4: judged by what it carries
    "::ffff:127.0.0.1": Kind.LOOPBACK,
    "::ffff:169.254.169.254": Kind.METADATA,
    "::ffff:8.8.8.8": Kind.PUBLIC,
    "64:ff9b::7f00:1": Kind.LOOPBACK,
    "64:ff9b::a00:1": Kind.PRIVATE,
    "64:ff9b::808:808": Kind.PUBLIC,
    # obsolete carriers: refused whatever they carry
    "::127.0.0.1": Kind.TUNNEL,
    "::8.8.8.8": Kind.TUNNEL,
    "2002:7f00:1::": Kind.TUNNEL,
    "2002:808:808::1": Kind.TUNNEL,
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": Kind.TUNNEL,
    "2a00:1450::5efe:10.0.0.1": Kind.PRIVATE,  # ISATAP
    "2a00:1450::200:5efe:8.8.8.8": Kind.PUBLIC,
    "[::1]": Kind.LOOPBACK,
    "fe80::1%eth0": Kind.LINK_LOCAL,
    "4000::1": Kind.RESERVED,
    "1::1": Kind.RESERVED,
    "example.com": Kind.UNPARSABLE,
    "": Kind.UNPARSABLE,
    "127.1": Kind.UNPARSABLE,
    "0x7f000001": Kind.UNPARSABLE,
    "2130706433": Kind.UNPARSABLE,
    "0177.0.0.1": Kind.UNPARSABLE,
}


@pytest.mark.parametrize(("text", "kind"), _SINGLE.items(), ids=_SINGLE.keys())
def test_an_address_has_its_kind(text: str, kind: Kind) -> None:
    assert classify(text) is kind


@given(st.integers(0, 2**32 - 1))
def test_no_ipv4_that_the_standard_library_calls_private_is_public(number: int) -> None:
    address = ipaddress.IPv4Address(number)
    if address.is_private or address.is_multicast or address.is_reserved:
        assert classify(address) is not Kind.PUBLIC


@given(st.integers(0, 2**32 - 1))
def test_a_mapped_address_is_what_it_carries(number: int) -> None:
    inner = ipaddress.IPv4Address(number)
    outer = ipaddress.IPv6Address((0xFFFF << 32) | number)
    assert classify(outer) is classify(inner)
    assert carried_ipv4(outer) == inner


@given(st.integers(0, 2**128 - 1))
def test_only_global_unicast_can_be_public_in_ipv6(number: int) -> None:
    address = ipaddress.IPv6Address(number)
    if classify(address) is Kind.PUBLIC and carried_ipv4(address) is None:
        assert address in ipaddress.ip_network("2000::/3")


@given(st.text())
def test_any_text_is_classified(text: str) -> None:
    assert isinstance(classify(text), Kind)


@pytest.mark.parametrize(
    ("address", "network", "opened"),
    [
        ("10.1.2.3", "10.0.0.0/8", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("::ffff:10.1.2.3", "10.0.0.0/8", True),
        ("64:ff9b::a01:203", "10.0.0.0/8", True),
        ("fd00::1", "fd00::/8", True),
        ("fd00::1", "10.0.0.0/8", False),
        ("10.1.2.3", "::/0", False),
    ],
)
def test_an_opened_network_opens_its_addresses_only(address: str, network: str, opened: bool) -> None:
    parsed = parse_address(address)
    assert parsed is not None
    assert is_opened(parsed, [ipaddress.ip_network(network)]) is opened
