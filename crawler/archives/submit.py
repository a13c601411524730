"""Which URLs may be told to a public archive: pure.

A capture is public for good, and a look-up is a message to a third party. So private hosts, addresses with
a login in them, and addresses that carry a secret never leave.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import parse_qsl, unquote

from crawler.domain.urls import InvalidUrl, Url, parse

_ARCHIVES = ("web.archive.org", "archive.today", "archive.ph", "archive.is", "perma.cc", "arquivo.pt")
_PRIVATE_NAMES = (  # RFC 6761, 6762, 8375, 9476 and common practice in local networks
    "localhost", "local", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa", "localdomain",
    "test", "example", "invalid", "onion", "alt",
)  # fmt: skip
_NETWORKS = tuple(  # IANA special-purpose address registries (2025); not from a Python version's own idea of them
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/3",
        "::/8", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip
_SECRET_NAMES = re.compile(
    r"^(?:x-(?:amz|goog|oss|cos|obs|tos|ms)-.*|awsaccesskeyid|googleaccessid|ossaccesskeyid|key-pair-id"
    r"|.*(?:token|signature|secret|passw(?:or)?d|credential|api[-_]?key|access[-_]?key|auth[-_]?key|private[-_]?key).*"
    r"|sig|sign|pwd|pass|jwt|otp|ticket|auth|authorization|session[-_]?id|sess|phpsessid|jsessionid|sid|hmac"
    r"|invite[-_]?code|oauth.*|saml.*|q-signature|auth_key|wssecret)$",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(
    r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bxox[abprs]-[\w-]{10,}"
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bsk_live_\w{10,}|;jsessionid=|hooks\.slack\.com/services/|/api/webhooks/\d+/"
    r"|/bot\d{6,}:[\w-]{30,}",
    re.IGNORECASE,
)


def submittable(url: str, *, allow_private: bool = False) -> str | None:
    """Return why `url` may not be told to an archive, in words, or None if it may."""
    try:
        parsed = parse(url.strip())
    except InvalidUrl:
        return "it is no valid address"
    if not parsed.fetchable:
        return f"the archive does not keep {parsed.scheme}: addresses"
    if parsed.has_userinfo:
        return "it holds a login"
    if _has_secret(parsed):
        return "it seems to hold a secret"
    if any(parsed.host == name or parsed.host.endswith(f".{name}") for name in _ARCHIVES):
        return "it is in an archive already"
    if not allow_private and _is_private(parsed.host.rstrip(".")):
        return "its host is private"
    return None


def _is_private(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return "." not in host or any(host == name or host.endswith(f".{name}") for name in _PRIVATE_NAMES)
    return any(address in network for network in _NETWORKS if network.version == address.version)


def _has_secret(url: Url) -> bool:
    # Decoded twice: an encoded URL within a query is common.
    text = unquote(unquote(url.canonical))
    if _SECRET_TEXT.search(text):
        return True
    names = {name for name, _ in parse_qsl(url.query.removeprefix("?"), keep_blank_values=True, separator="&")}
    names |= {name for name, _ in parse_qsl(text.partition("?")[2].replace("?", "&"), keep_blank_values=True)}
    return any(_SECRET_NAMES.match(name.strip()) for name in names)
