"""Cookies for one redirect chain (RFC 6265, its client part in small): kept for the look, then forgotten.

Sites gate pages by redirecting to themselves with a cookie; a client without one sees a loop.
Paths are ignored and expiry means removal: a chain lives for seconds. Size and number are bounded.
"""

from __future__ import annotations

from collections.abc import Iterable

from crawler.domain.urls import Url

_MOST = 50
_LONGEST = 4096
_TOTAL = 16384


class ChainJar:
    """The cookies that a redirect chain has set."""

    __slots__ = ("_cookies",)

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str], tuple[str, bool, bool]] = {}

    def take(self, url: Url, set_cookies: Iterable[str]) -> None:
        """Keep what a response of `url` sets."""
        for line in set_cookies:
            if len(line) <= _LONGEST:
                self._take_one(url, line)

    def header(self, url: Url) -> str | None:
        """Return the Cookie header for a request to `url`, or None."""
        pairs = [
            f"{name}={value}"
            for (domain, name), (value, host_only, secure) in self._cookies.items()
            if _matches(url.host, domain, host_only=host_only) and (url.scheme == "https" or not secure)
        ]
        text = "; ".join(pairs)
        return text[:_TOTAL] if text else None

    def state(self, url: Url) -> str:
        """Return what a request to `url` would carry: a self-redirect that changes it is no loop."""
        return self.header(url) or ""

    def _take_one(self, url: Url, line: str) -> None:
        pair, *attributes = line.split(";")
        name, equals, value = pair.strip().partition("=")
        if not equals or not name.strip() or any(ord(char) < 32 for char in pair):
            return
        options = {key.strip().lower(): text.strip() for key, _, text in (part.partition("=") for part in attributes)}
        domain = options.get("domain", "").lstrip(".").lower()
        host_only = not (domain and "." in domain and _matches(url.host, domain, host_only=False))
        key = (url.host if host_only else domain, name.strip())
        if options.get("max-age", "1").lstrip("-0") == "" or options.get("max-age", "").startswith("-"):
            self._cookies.pop(key, None)
        elif key in self._cookies or len(self._cookies) < _MOST:
            self._cookies[key] = (value.strip().strip('"'), host_only, "secure" in options)


def _matches(host: str, domain: str, *, host_only: bool) -> bool:
    return host == domain or (not host_only and host.endswith("." + domain))
