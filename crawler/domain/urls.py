"""URL identity: parse once at the edge with a WHATWG parser, keep raw and canonical.

The parser is ada (the one in Node.js) through `ada-url`; the standard is https://url.spec.whatwg.org/.
`CANONICALISER` is stored beside each canonical text: a parser upgrade that changes results joins
histories instead of splitting them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

import ada_url

CANONICALISER = "whatwg-1"
_USERINFO = re.compile(r"//[^/?#\s]*@")
FETCHABLE = frozenset({"http", "https"})
_MAX_HOST, _MAX_LABEL = 253, 63  # RFC 1035 section 2.3.4; longer names cannot be asked for


class InvalidUrl(ValueError):
    """No client could fetch this text as a URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Url:
    """A parsed URL: `href` with its fragment, `canonical` as it is fetched and stored.

    `canonical` has neither fragment nor userinfo. `host` is ASCII, IPv6 in brackets, without port;
    `port` is the effective one, 0 where the scheme has none. `fragment` is raw, without its `#`.
    """

    href: str
    canonical: str
    scheme: str
    host: str
    port: int
    path: str
    query: str
    fragment: str | None
    has_userinfo: bool

    @property
    def fetchable(self) -> bool:
        """Whether the crawl asks for it over the network."""
        return self.scheme in FETCHABLE

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.host}:{self.port}"


_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}


@lru_cache(maxsize=8192)
def parse(text: str, base: str | None = None) -> Url:
    """Parse a URL as a browser does.

    Raises:
        InvalidUrl: the WHATWG parser rejects it, or its host name can never be looked up.
    """
    try:
        parsed = ada_url.URL(text, base) if base is not None else ada_url.URL(text)
        href = parsed.href
        host, scheme = parsed.hostname, parsed.protocol[:-1]
    except (ValueError, UnicodeEncodeError) as error:
        raise InvalidUrl(f"not a URL: {_clip(text)}") from error
    if scheme in FETCHABLE:
        _check_host(host, text)
    fragment = href.partition("#")[2] if "#" in href else None
    has_userinfo = bool(parsed.username or parsed.password)
    if has_userinfo:
        parsed.username = ""
        parsed.password = ""
    return Url(
        href=href,
        canonical=parsed.href.partition("#")[0],
        scheme=scheme,
        host=host,
        port=int(parsed.port) if parsed.port else _PORTS.get(scheme, 0),
        path=parsed.pathname,
        query=parsed.search,
        fragment=fragment or None,
        has_userinfo=has_userinfo,
    )


def host_of(text: str) -> str:
    """Return a URL's host; empty where it has none, or is no URL."""
    try:
        return parse(text).host
    except InvalidUrl:
        return ""


def decoded_fragment(fragment: str) -> str:
    """Return a fragment as the element id that it names."""
    return unquote_to_bytes(fragment).decode("utf-8", "replace")


def shown(href: str) -> str:
    """Return the URL as it may be shown: without userinfo."""
    try:
        url = parse(href)
    except InvalidUrl:
        return _masked(href)
    if not url.has_userinfo:
        return href
    return url.canonical + (f"#{url.fragment}" if url.fragment else "")


def _check_host(host: str, text: str) -> None:
    name = host.removesuffix(".")  # one dot names the root; two leave an empty label
    if name.startswith("["):
        return
    if not name or len(name) > _MAX_HOST or any(not 0 < len(part) <= _MAX_LABEL for part in name.split(".")):
        raise InvalidUrl(f"no such host name is possible: {_clip(text)}")


def _masked(text: str) -> str:
    """Return a text that is no URL without what may be a login in it."""
    return _USERINFO.sub("//…@", text)


def _clip(text: str) -> str:
    text = _masked(text)
    return text if len(text) <= 120 else text[:119] + "…"
