"""An observation: what one look at one URL showed. An immutable fact, enough to judge again years later."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Purpose(StrEnum):
    """Why a URL is looked at; a `check` is the look that a run reports."""

    CHECK = "check"
    RECHECK = "recheck"
    SIBLING = "sibling"
    WITNESS = "witness"
    CANDIDATE = "candidate"
    MEMENTO = "memento"
    PAGE = "page"


class Failure(StrEnum):
    """Why no usable answer came: a closed set; a status code is no failure."""

    DNS_NXDOMAIN = "dns-nxdomain"
    DNS_NODATA = "dns-nodata"
    DNS_TEMPORARY = "dns-temporary"
    REFUSED = "refused"
    RESET = "reset"
    CONNECT_TIMEOUT = "connect-timeout"
    TIMEOUT = "timeout"
    TLS_CERTIFICATE = "tls-certificate"
    TLS_HANDSHAKE = "tls-handshake"
    PROTOCOL = "protocol"
    REDIRECT_LOOP = "redirect-loop"
    TOO_MANY_REDIRECTS = "too-many-redirects"
    BAD_LOCATION = "bad-location"
    FORBIDDEN_ADDRESS = "forbidden-address"
    INVALID_URL = "invalid-url"
    MISSING_FILE = "missing-file"


class Skip(StrEnum):
    """Why a URL was not looked at, although it is a URL."""

    SCHEME = "scheme"
    EXCLUDED = "excluded"
    ROBOTS = "robots"
    IGNORED = "ignored"
    OFFLINE = "offline"
    NOT_A_PAGE = "not-a-page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One response on the way: the URL asked and the status it answered."""

    url: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What an HTML answer showed: the facts that rules and similarity need, never the page itself."""

    title: str | None = None
    h1: str | None = None
    text: str = ""
    text_length: int = 0
    text_hash: str | None = None
    canonical: str | None = None
    og_url: str | None = None
    meta_refresh: str | None = None
    language: str | None = None
    anchors: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One look. `hops` holds every response in order, first and last included.

    `failure` and `status` exclude each other, but a failed redirect keeps the status of its last
    hop. `elapsed_ms` is the wall time of the last try. `headers` holds only the ones that decide
    (lower-case names). `retry_after_s` is the server's own wish, clamped. `fragments` maps each
    fragment that a link asks for to whether the page has it. `truncated` means that the body was cut
    at our limit: the page is alive all the same.
    """

    url: str
    at: datetime
    purpose: Purpose = Purpose.CHECK
    attempt: int = 1
    hops: tuple[Hop, ...] = ()
    final_url: str | None = None
    status: int | None = None
    failure: Failure | None = None
    skip: Skip | None = None
    detail: str = ""
    elapsed_ms: int | None = None
    method: str = "GET"
    profile: str = "default"
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str | None = None
    content_length: int | None = None
    truncated: bool = False
    address: str | None = None
    page: Page | None = None
    fragments: dict[str, bool] = field(default_factory=dict)
    not_modified_of: int | None = None
