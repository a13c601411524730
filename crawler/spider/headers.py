"""What a request carries beside the default headers: credentials, only to whom they belong."""

from __future__ import annotations

import base64
import re

from crawler.domain.urls import InvalidUrl, Url, parse
from crawler.spider.look import Look
from crawler.spider.settings import CrawlSettings

DEFAULT_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.9,zh-CN;q=0.7,zh;q=0.6,*;q=0.5",
    "Accept-Encoding": "identity",
}
_SENSITIVE = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})


def request_headers(settings: CrawlSettings, look: Look, url: Url) -> dict[str, str]:
    """Return the headers of one hop.

    Credentials (a host's headers, basic auth, sensitive general headers) are sent while the chain
    has not left the host and scheme that the link names; once it has, they are not sent again.
    """
    home = parse(look.start)
    at_home = all(_same_place(home, hop.url) for hop in look.hops) and _same_place(home, url.canonical)
    headers = {name: value for name, value in settings.headers.items() if at_home or name.lower() not in _SENSITIVE}
    if at_home:
        headers |= _credentials(settings, url)
        rule = settings.rule_for(url.host.rstrip("."))
        headers |= dict(rule.headers) if rule is not None else {}
    cookies = look.jar.header(url)
    if cookies is not None:
        given = next((name for name in headers if name.lower() == "cookie"), None)
        headers[given or "Cookie"] = f"{headers[given]}; {cookies}" if given else cookies
    return headers


def remapped(settings: CrawlSettings, url: str) -> str:
    """Return the URL to fetch instead of `url`: the first remap rule that matches decides."""
    for pattern, replacement in settings.remap:
        if pattern.search(url):
            return pattern.sub(replacement, url)
    return url


def _credentials(settings: CrawlSettings, url: Url) -> dict[str, str]:
    for pattern, (user, password) in settings.basic_auth.items():
        if re.search(pattern, url.canonical):
            token = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
            return {"Authorization": f"Basic {token}"}
    return {}


def _same_place(home: Url, address: str) -> bool:
    try:
        url = parse(address)
    except InvalidUrl:
        return False
    return (url.scheme, url.host, url.port) == (home.scheme, home.host, home.port)
