"""One careful HTTP transport for everything that is asked of the archive.

It contacts the configured hosts only, reads no environment (proxies, netrc), follows no redirect by itself,
retries nothing, bounds sizes and times, and keeps the pace of the `Limiter`. Every trouble becomes one of
our own errors, in our own words: texts of the HTTP library may hold proxies or credentials.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urljoin, urlsplit

import requests
import urllib3.exceptions

from crawler.archives.limiter import LONGEST_PAUSE, Lane, Limiter
from crawler.archives.settings import ArchiveSettings
from crawler.archives.watch import Watch, WatchedAdapter
from crawler.errors import ArchiveError, RateLimited

log = logging.getLogger(__name__)

_CHUNK = 65536
_CAPS = {  # bytes of an answer that are read at most
    Lane.INDEX: 4 * 2**20,
    Lane.REPLAY: 2**20,
    Lane.AVAILABILITY: 2**16,
    Lane.SAVE: 2**20,
    Lane.STATUS: 4 * 2**20,
}


class BadAnswer(ArchiveError):
    """An answer from which nothing may be concluded; `status` is None where none came."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Banned(ArchiveError):
    """The archive refuses connections: it has shut our address out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One response: `headers` ignore case, `body` is decoded, `truncated` means cut at our size limit.

    `framed` tells that the end of the body was announced, so that an empty one is really empty.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool = False
    framed: bool = True

    @property
    def media_type(self) -> str:
        """The content type without parameters, lower case, "" where there is none."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode("utf-8", "replace")

    @property
    def is_memento(self) -> bool:
        """Whether the status is an archived one: the archive's own answers lack Memento-Datetime."""
        return "Memento-Datetime" in self.headers


_TROUBLES: tuple[tuple[type[Exception], str], ...] = (  # the first that fits; most special first
    (requests.exceptions.ProxyError, "the proxy did not let us through"),
    (requests.exceptions.SSLError, "no trusted TLS connection"),
    (requests.exceptions.ConnectTimeout, "no connection in time"),
    (requests.exceptions.ReadTimeout, "no answer in time"),
    (requests.exceptions.ContentDecodingError, "the answer could not be decoded"),
    (requests.exceptions.ChunkedEncodingError, "the answer broke off"),
    (requests.exceptions.ConnectionError, "the connection failed or broke off"),
    (requests.exceptions.RequestException, "the request could not be made"),
    (urllib3.exceptions.ReadTimeoutError, "no answer in time"),
    (urllib3.exceptions.DecodeError, "the answer could not be decoded"),
    (urllib3.exceptions.HTTPError, "the answer broke off"),
    (OSError, "the connection broke off"),
)


class Transport:
    """Sends requests to the archive; thread-safe, one at a time in each lane."""

    def __init__(self, settings: ArchiveSettings, limiter: Limiter) -> None:
        self._settings = settings
        self._limiter = limiter
        self._hosts = {_origin(settings.url), _origin(settings.availability_url)}
        self._locks = {lane: threading.Lock() for lane in Lane}
        self._watches: set[Watch] = set()
        self._watching = threading.Lock()
        self._session = _session(settings)

    def get(self, lane: Lane, url: str, *, check: Callable[[Answer], None] | None = None) -> Answer:
        """Send a GET when it is the lane's turn; see `send`."""
        return self.send(lane, requests.Request("GET", url), check=check)

    def send(self, lane: Lane, request: requests.Request, *, check: Callable[[Answer], None] | None = None) -> Answer:
        """Send one request when it is the lane's turn; `check` raises ArchiveError for an unusable answer.

        Raises:
            Halted: nothing is sent at present.
            RateLimited: 429, or a pause after one still lasts.
            Banned: the connection was refused.
            BadAnswer: no answer, a server error of the archive itself, or `check` said no.
        """
        self._refuse_other_hosts(request.url)
        with self._locks[lane]:
            self._limiter.enter(lane)
            try:
                answer = self._exchange(request, _CAPS[lane])
                self._judge(lane, answer)
                if check is not None:
                    check(answer)
            except BadAnswer as error:
                self._limiter.failed(lane, str(error))
                log.info("archive %s: %s", lane, error)
                raise
            except Banned:
                self._limiter.banned()
                log.warning("archive %s: connection refused; it is left alone for hours", lane)
                raise
            self._limiter.succeeded(lane)
            return answer

    def location(self, answer: Answer) -> str | None:
        """The redirect's target on the archive's own host, None without one.

        Raises:
            BadAnswer: it leads to a foreign host.
        """
        target = answer.headers.get("Location")
        if not target:
            return None
        url = urljoin(answer.url, target)
        if _origin(url) not in self._hosts:
            base = urlsplit(self._settings.base)
            parts = urlsplit(url)
            # The archive names itself with http now and then: same host, no port of its own.
            if (parts.hostname, parts.port) != (base.hostname, None):
                raise BadAnswer("the archive redirects to a foreign host")
            url = parts._replace(scheme=base.scheme, netloc=base.netloc).geturl()
        return url

    def stop(self) -> None:
        """End the exchanges under way; further ones are refused by the limiter."""
        with self._watching:
            for watch in self._watches:
                watch.cut()

    def close(self) -> None:
        """Close all connections."""
        self._session.close()

    def _refuse_other_hosts(self, url: str | None) -> None:
        if not url or _origin(url) not in self._hosts:
            raise ArchiveError("only the configured archive is contacted")

    def _judge(self, lane: Lane, answer: Answer) -> None:
        if answer.is_memento:
            return
        if answer.status == 429:
            pause = self._limiter.refused(lane, retry_after(answer.headers))
            log.warning("archive %s: HTTP 429; nothing is sent for %d s", lane, pause.total_seconds())
            raise RateLimited("the archive asked for a pause (HTTP 429)", pause)
        if answer.status >= 500:
            raise BadAnswer(f"the archive answered HTTP {answer.status}", answer.status)

    def _exchange(self, request: requests.Request, cap: int) -> Answer:
        watch = Watch(self._settings.deadline.total_seconds())
        with self._watching:
            self._watches.add(watch)
        try:
            with watch:
                answer = self._read(request, cap)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            if watch.was_cut:
                raise BadAnswer("no whole answer in time") from None
            if _refused(error):
                raise Banned("the archive refuses our connections") from None
            raise BadAnswer(next(words for kind, words in _TROUBLES if isinstance(error, kind))) from None
        finally:
            with self._watching:
                self._watches.discard(watch)
        if watch.was_cut:
            raise BadAnswer("no whole answer in time")
        return answer

    def _read(self, request: requests.Request, cap: int) -> Answer:
        settings = self._settings
        with self._session.send(
            self._session.prepare_request(request),
            stream=True,
            allow_redirects=False,
            timeout=(settings.connect_timeout.total_seconds(), settings.timeout.total_seconds()),
            verify=settings.ca_bundle or True,
            proxies=self._session.proxies,
        ) as response:
            body = bytearray()
            while len(body) <= cap and (data := response.raw.read(_CHUNK, decode_content=True)):
                body += data
            headers = response.headers
            return Answer(
                url=request.url or "",
                status=response.status_code,
                headers=headers,
                body=bytes(body[:cap]),
                truncated=len(body) > cap,
                framed="Content-Length" in headers or "Transfer-Encoding" in headers,
            )


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Read Retry-After (RFC 9110 section 10.2.3: seconds or a date), at most `LONGEST_PAUSE`."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=min(int(value), 10**6)), LONGEST_PAUSE)
    try:
        then = parsedate_to_datetime(value)
        here = headers.get("Date")
        # The difference to the server's own clock: ours may be wrong.
        now = parsedate_to_datetime(here) if here else datetime.now(UTC)
        return min(max(then - now, timedelta(seconds=1)), LONGEST_PAUSE)
    except (ValueError, TypeError):
        return None


def _session(settings: ArchiveSettings) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers["User-Agent"] = settings.user_agent
    session.headers["Accept-Encoding"] = "gzip, deflate"
    if settings.proxy:
        session.proxies = {"http": settings.proxy, "https": settings.proxy}
    for scheme in ("http://", "https://"):
        session.mount(scheme, WatchedAdapter())
    return session


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    return parts.scheme, parts.hostname, port or {"http": 80, "https": 443}.get(parts.scheme)


def _refused(error: BaseException) -> bool:
    """Whether the archive, not a proxy before it, refused the connection."""
    if isinstance(error, requests.exceptions.ProxyError):
        return False
    return any(isinstance(cause, ConnectionRefusedError) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    queue: list[object] = [error]
    while queue:
        item = queue.pop()
        if not isinstance(item, BaseException) or id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        queue += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]
