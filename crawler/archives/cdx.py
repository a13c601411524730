"""The archive's index of captures (CDX), asked through waybackpy behind our transport.

waybackpy 3.0.6 has no timeout, sleeps through Retry-After, takes a short error page for an empty answer
and dies of one impossible timestamp. So the engine stays, and the way its requests go is replaced: what
reaches its parser is the body of a proper answer, with only whole rows in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from waybackpy.cdx_api import WaybackMachineCDXServerAPI
from waybackpy.cdx_utils import full_url

from crawler.archives.limiter import Lane
from crawler.archives.settings import ArchiveSettings
from crawler.archives.transport import Answer, BadAnswer, Transport
from crawler.errors import ArchiveError

_FIELDS = 7
_EARLIEST = datetime(1994, 1, 1, tzinfo=UTC)  # no web page was archived before
_PLAIN = frozenset({"text/plain", "text/x-cdx", "application/octet-stream"})
_BLOCKED = "AccessControlException"  # Administrative... and Robot...: the archive may not show the site


class Excluded(ArchiveError):
    """The archive may not show this site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One listed capture. `status` is None where the index does not say (a revisit record)."""

    timestamp: datetime
    original: str
    mimetype: str
    status: int | None
    digest: str

    @property
    def stamp(self) -> str:
        """The 14 digits of the timestamp."""
        return to_stamp(self.timestamp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The rows of one proper answer; `unreadable` counts rows whose timestamp no calendar has."""

    rows: tuple[Row, ...]
    unreadable: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether the index says that there is nothing."""
        return not self.rows and not self.unreadable


class Cdx:
    """Asks the index for captures of exactly one URL."""

    def __init__(self, settings: ArchiveSettings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport

    def closest(self, url: str, near: datetime, *, statuses: str | None, limit: int) -> Listing:
        """List the captures nearest to `near`; `statuses` is a regular expression of the index's own.

        Raises:
            Excluded: the archive may not show the site.
            ArchiveError: no proper answer; nothing may be concluded.
        """
        return self._list(
            url,
            closest=to_stamp(near),
            sort="closest",
            filters=[f"statuscode:{statuses}"] if statuses else [],
            limit=str(limit),
        )

    def since(self, url: str, start: datetime, *, limit: int) -> Listing:
        """List the captures from `start` on, oldest first; raises as `closest` does."""
        return self._list(url, start_timestamp=to_stamp(start), limit=str(limit))

    def _list(self, url: str, **options: str | list[str]) -> Listing:
        exact = url.replace("*", "%2A")  # a star would ask for everything below
        query = _Query(exact, self._settings, self._ask, options)
        rows = tuple(
            Row(
                timestamp=snapshot.datetime_timestamp.replace(tzinfo=UTC),
                original=snapshot.original,
                mimetype=snapshot.mimetype,
                status=int(snapshot.statuscode) if snapshot.statuscode.isdigit() else None,
                digest=snapshot.digest,
            )
            for snapshot in query.snapshots()
        )
        return Listing(rows=tuple(dict.fromkeys(rows)), unreadable=query.unreadable)

    def _ask(self, target: str) -> Answer:
        answer = self._transport.get(Lane.INDEX, target, check=_check)
        if answer.status == 403:
            raise Excluded("the archive may not show this site")
        return answer


class _Query(WaybackMachineCDXServerAPI):
    """waybackpy's query with our way to send it and our reading of what comes back."""

    def __init__(
        self,
        url: str,
        settings: ArchiveSettings,
        ask: Callable[[str], Answer],
        options: dict[str, str | list[str]],
    ) -> None:
        super().__init__(url, user_agent=settings.user_agent, **options)  # type: ignore[arg-type]
        self.endpoint = f"{settings.base}/cdx/search/cdx"
        self.unreadable = 0
        self._ask = ask

    def cdx_api_manager(self, payload: dict[str, str], headers: dict[str, str]) -> Iterator[str]:  # type: ignore[override]
        """Send the query once and yield its whole rows; our transport sets the headers."""
        payload |= {"resolveRevisits": "true", "limit": str(self.limit)}
        answer = self._ask(full_url(self.endpoint, params=payload))
        lines = [line.rstrip("\r") for line in answer.text.split("\n") if line.strip()]
        if answer.truncated:
            del lines[-1:]  # cut in its middle
        whole = [line for line in lines if _is_row(line)]
        readable = [line for line in whole if from_stamp(line.split(" ")[1]) is not None]
        self.unreadable = len(whole) - len(readable)
        yield "\n".join(readable)


def to_stamp(moment: datetime) -> str:
    """Return the 14 digits of an aware datetime, in UTC."""
    return moment.astimezone(UTC).strftime("%Y%m%d%H%M%S")


def from_stamp(stamp: str) -> datetime | None:
    """Read 14 digits; None for what no calendar has (the real index lists `20000800241623`)."""
    if len(stamp) != 14 or not (stamp.isascii() and stamp.isdigit()):
        return None
    try:
        moment = datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if moment >= _EARLIEST else None


def _is_row(line: str) -> bool:
    fields = line.split(" ")
    # 46 characters: what waybackpy takes for a row at least
    return len(fields) == _FIELDS and len(fields[1]) == 14 and fields[1].isdigit() and len(line) >= 46


def _check(answer: Answer) -> None:
    """Raise BadAnswer unless this is rows, a proper empty answer, or the exclusion of a site."""
    if answer.status == 403 and _BLOCKED in answer.text + answer.headers.get("X-Archive-Wayback-Runtime-Error", ""):
        return
    if answer.status != 200:
        raise BadAnswer(f"the index answered HTTP {answer.status}", answer.status)
    if answer.media_type and answer.media_type not in _PLAIN:
        raise BadAnswer(f"the index answered {answer.media_type} instead of rows", answer.status)
    lines = answer.text.split("\n")
    if not answer.text.strip():
        if not (answer.framed and answer.media_type):
            raise BadAnswer("the index answered nothing at all", answer.status)
        return
    if not any(_is_row(line) for line in lines):
        raise BadAnswer("the index answered something else than rows", answer.status)
