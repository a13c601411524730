"""Which URLs the archive files under one key: the sort-friendly form (SURT) as the Wayback index makes it.

The index folds scheme, `www.`, letter case, default port, trailing slash, fragment, session ids and the
order of the query, so a listed copy may be of another spelling: compare before trusting it.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from crawler.domain.urls import InvalidUrl, parse

_WWW = re.compile(r"^www\d*\.")
_SESSION = re.compile(r"(?:^|(?<=&))(?:jsessionid|phpsessid|sid|aspsessionid\w*|cfid|cftoken)=[^&]*&?", re.IGNORECASE)
_PATH_SESSION = re.compile(r";jsessionid=[^/?]*|/\([sS]\([a-z0-9]+\)\)", re.IGNORECASE)
_INDEX_PAGE = re.compile(r"/(?:index|default|home)\.(?:html?|php|aspx?|jsp)$")
_DEFAULT_PORTS = (0, 80, 443)


def key(url: str) -> str:
    """Return the key of a URL, as `org,example)/path?a=1`; what is no web address is its own key."""
    try:
        parsed = parse(url.strip())
    except InvalidUrl:
        return url.strip().lower()
    if not parsed.fetchable:
        return url.strip().lower()
    host = _WWW.sub("", parsed.host.rstrip("."))
    is_address = host.startswith("[") or host.replace(".", "").isdigit()
    folded = host if is_address else ",".join(reversed(host.split(".")))
    port = "" if parsed.port in _DEFAULT_PORTS else f":{parsed.port}"
    path = _PATH_SESSION.sub("", unquote(parsed.path)).lower().rstrip("/") or "/"
    query = _SESSION.sub("", unquote(parsed.query.removeprefix("?")).lower()).strip("&")
    return f"{folded}{port}){path}" + (f"?{'&'.join(sorted(query.split('&')))}" if query else "")


def same(one: str, other: str) -> bool:
    """Whether the archive files both under one key."""
    return key(one) == key(other)


def is_root(url: str) -> bool:
    """Whether the URL is a site's front page."""
    path = key(url).partition(")")[2]
    return path == "/" or (_INDEX_PAGE.search(path) is not None and path.count("/") == 1)
