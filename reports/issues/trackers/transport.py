"""One way to a tracker's API: HTTP with the policies that no client library has together.

Reads and edits are tried again after a passing failure, with a growing pause. A POST is sent again only
when it certainly did not arrive or was refused by a rate limit; a POST whose fate is unknown is
`AMBIGUOUS`. Redirects are not followed, the environment's proxies are not used, the token travels in one
header and is in no message.
"""

from __future__ import annotations

import email.utils
import ipaddress
import logging
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from crawler.errors import ConfigError
from reports.escape import visible
from reports.issues.clock import Clock
from reports.issues.model import Json, TrackerSettings
from reports.issues.trackers.base import Problem, TrackerRefused

log = logging.getLogger(__name__)
_PAUSES: Final = (1.0, 2.0, 4.0)
_LIMIT_PAUSE: Final = 60.0
_REPO: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+", re.ASCII)
_TOKEN: Final = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response, read in full. `json` is None where it was no JSON; `message` is the tracker's own, cut."""

    status: int
    json: Any
    message: str
    has_next: bool


class Transport:
    """Sends requests to one API base address."""

    def __init__(
        self,
        settings: TrackerSettings,
        clock: Clock,
        headers: Mapping[str, str],
    ) -> None:
        """Check the settings. ConfigError says what is wrong with them, without the token."""
        _check(settings)
        self._base = settings.url.rstrip("/")
        self._token = settings.token
        self._clock = clock
        self._max_wait = settings.max_wait
        self._spacing = settings.spacing
        self._last_write: float | None = None
        self._http = httpx.Client(
            headers={**headers, **_authorization(settings.token), "User-Agent": _user_agent()},
            timeout=httpx.Timeout(settings.timeout),
            verify=_trusted(settings.ca_bundle),
            proxy=settings.proxy,
            follow_redirects=False,
            trust_env=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def read(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """GET; tried again after a passing failure."""
        return self._repeated("GET", path, query=query)

    def patch(self, path: str, payload: Json) -> Answer:
        """PATCH; tried again after a passing failure, since the same edit twice is one edit."""
        return self._repeated("PATCH", path, payload=payload)

    def post(self, path: str, payload: Json) -> Answer:
        """POST; sent again only when it certainly had no effect. TrackerRefused(AMBIGUOUS) when nobody knows."""
        for pause in (*_PAUSES, None):
            try:
                response = self._limited("POST", path, payload=payload)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
                self._rest(pause, path, error)
                continue
            except httpx.HTTPError as error:
                raise self._ambiguous(path, type(error).__name__) from error
            answer = self._answer(response)
            if response.status_code >= 500 or (response.is_success and not isinstance(answer.json, dict)):
                raise self._ambiguous(path, str(response.status_code))
            return answer
        raise AssertionError("unreachable")

    def _repeated(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, payload: Json | None = None
    ) -> Answer:
        for pause in (*_PAUSES, None):
            try:
                response = self._limited(method, path, query=query, payload=payload)
            except httpx.HTTPError as error:
                self._rest(pause, path, error)
                continue
            answer = self._answer(response)
            if response.status_code < 500 and not (response.is_success and answer.json is None):
                return answer
            self._rest(pause, path, None, answer)
        raise AssertionError("unreachable")

    def _limited(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, payload: Json | None = None
    ) -> httpx.Response:
        """Send a request; wait and send again while a rate limit refuses it, up to `max_wait` seconds in all."""
        waited = 0.0
        while True:
            if method != "GET":
                self._pace()
            response = self._http.request(method, self._base + path, params=query, json=payload)
            pause = self._limit_pause(response)
            if pause is None:
                return response
            if waited + pause > self._max_wait:
                raise TrackerRefused(
                    f"{self._host} asks to wait {pause:.0f} s because of its rate limit; the next run goes on",
                    Problem.RATE_LIMITED,
                    timedelta(seconds=pause),
                )
            log.info("rate limit of %s: waiting %.0f s", self._host, pause)
            self._clock.sleep(pause)
            waited += pause

    def _pace(self) -> None:
        """Wait until another write may be sent, `spacing` seconds after the last."""
        if self._last_write is not None:
            rest = self._last_write + self._spacing - self._clock.monotonic()
            if rest > 0:
                self._clock.sleep(rest)
        self._last_write = self._clock.monotonic()

    def _limit_pause(self, response: httpx.Response) -> float | None:
        """Return for how many seconds a rate limit asks to wait; None when the answer is no rate limit."""
        if response.status_code not in (403, 429):
            return None
        retry_after = self._retry_after(response.headers.get("retry-after", ""))
        if retry_after is not None:
            return retry_after
        reset = response.headers.get("x-ratelimit-reset", "")
        if response.headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
            return max(1.0, int(reset) - self._clock.now().timestamp() + 1)
        limited = response.status_code == 429 or "rate limit" in self._answer(response).message.lower()
        return _LIMIT_PAUSE if limited else None

    def _retry_after(self, value: str) -> float | None:
        """Read seconds or an HTTP date (RFC 9110 section 10.2.3); at least a second."""
        if value.strip().isdigit():
            return max(1.0, float(value))
        try:
            moment = email.utils.parsedate_to_datetime(value)
        except ValueError:
            return None
        return max(1.0, moment.timestamp() - self._clock.now().timestamp())

    def _rest(self, pause: float | None, path: str, error: Exception | None, answer: Answer | None = None) -> None:
        """Wait before another try; after the last one, say that the tracker cannot be reached."""
        if pause is not None:
            self._clock.sleep(pause)
            return
        if answer is not None and answer.json is None and answer.status < 300:
            raise TrackerRefused(f"{self._host}{path} is no API; check tracker.url and the proxy", Problem.UNREACHABLE)
        said = type(error).__name__ if error else f"{answer.status} {answer.message}".rstrip() if answer else ""
        raise TrackerRefused(
            f"{self._host} cannot be used now ({path}: {said}); try later", Problem.UNREACHABLE
        ) from error

    def _ambiguous(self, path: str, said: str) -> TrackerRefused:
        return TrackerRefused(
            f"{self._host} did not say whether a write was done (POST {path}: {said})", Problem.AMBIGUOUS
        )

    @property
    def _host(self) -> str:
        return urlsplit(self._base).netloc

    def _answer(self, response: httpx.Response) -> Answer:
        try:
            content = response.json()
        except ValueError:
            content = None
        said = content.get("message", "") if isinstance(content, dict) else ""
        errors = content.get("errors") if isinstance(content, dict) else None
        text = f"{said} {errors}" if errors else str(said)
        if self._token:
            text = text.replace(self._token, "***")
        return Answer(
            status=response.status_code,
            json=content,
            message=visible(text)[:300],
            has_next="next" in response.links,
        )


def _check(settings: TrackerSettings) -> None:
    parts = urlsplit(settings.url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ConfigError("tracker.url must be a web address such as https://api.github.com")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ConfigError("tracker.url must begin with https://: the token would travel readable")
    if not _REPO.fullmatch(settings.repo) or settings.repo.endswith(("/.", "/..")):
        raise ConfigError(f"tracker.repo must be owner/name, not {visible(settings.repo)!r}")
    if settings.token and not _TOKEN.fullmatch(settings.token):
        raise ConfigError("tracker.token holds blanks or letters that no token has")


def _authorization(token: str) -> dict[str, str]:
    """Return the header with the token; without a token a public repository can still be read."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _trusted(ca_bundle: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_bundle)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"the certificates in {ca_bundle} cannot be read") from error


def _user_agent() -> str:
    try:
        return f"linkvigil/{version('linkvigil')}"
    except PackageNotFoundError:
        return "linkvigil"
