"""Whether a listed capture can really be shown: its raw replay (`/web/<timestamp>id_/<url>`) is fetched.

What speaks for the archive's own answer instead of an archived one is the lack of Memento-Datetime: a copy
elsewhere (302), an address never archived (404), an exclusion (a 200 page that says so). An archived
redirect, 404 or 429 has the header. The view for people hides redirects in a 200 page, so it proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from crawler.archives import pagetext, surt
from crawler.archives.cdx import Excluded, Row, from_stamp
from crawler.archives.limiter import Lane
from crawler.archives.settings import ArchiveSettings
from crawler.archives.transport import Answer, BadAnswer, Transport
from crawler.domain.observation import Page

LooksDead = Callable[[str | None, str], bool]

_MAX_HOPS = 4
_UNLIKE = 0.15  # of three-character pieces in common; two pages of one site share more by their frame alone
_ENOUGH_TEXT = 200
_SAME_TITLE = 0.8
_ADDRESS = re.compile(r"/web/(\d{4,14})(?:[a-z]{2}_)?/(.+)$", re.DOTALL)
_EXCLUDED = re.compile(r"has been excluded from the Wayback Machine|AccessControlException", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A copy that was fetched; `doubt` says why it is not the best, None if nothing speaks against it."""

    timestamp: datetime
    original: str
    status: int
    title: str | None
    doubt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """A capture that cannot serve, and why."""

    why: str


class Verifier:
    """Fetches captures and judges them."""

    def __init__(self, settings: ArchiveSettings, transport: Transport, looks_dead: LooksDead) -> None:
        self._settings = settings
        self._transport = transport
        self._looks_dead = looks_dead

    def look(self, row: Row, url: str, healthy: Page | None) -> Verified | Unusable:
        """Fetch one capture of `url`; `healthy` is what the page showed when it was last seen well.

        Raises:
            Excluded: the archive may not show the site.
            ArchiveError: no usable answer: nothing is known of this capture.
        """
        address = f"{self._settings.base}/web/{row.stamp}id_/{row.original}"
        for _ in range(_MAX_HOPS):
            answer = self._transport.get(Lane.REPLAY, address, check=_check)
            target = self._transport.location(answer) if 300 <= answer.status < 400 else None
            if target is None:
                return self._judge(answer, row, url, healthy)
            if why := _bad_hop(answer, target, url):
                return Unusable(why=why)
            address = _raw(target)
        return Unusable(why="too many redirects in the archive")

    def _judge(self, answer: Answer, row: Row, url: str, healthy: Page | None) -> Verified | Unusable:
        if not answer.is_memento:
            if answer.status == 404:
                return Unusable(why="listed, but not shown by the archive")
            raise BadAnswer("the archive showed a page of its own", answer.status)
        if not 200 <= answer.status < 300:
            return Unusable(why=f"archived with status {answer.status}")
        found = _ADDRESS.search(answer.url)
        timestamp = _memento_time(answer) or (from_stamp(found.group(1)) if found else None) or row.timestamp
        kind = (answer.headers.get("X-Archive-Orig-Content-Type") or answer.headers.get("Content-Type") or "").lower()
        if why := _other_kind(kind, row, healthy):
            return Unusable(why=why)
        if not answer.body.strip():
            return Unusable(why="an empty page")
        page = pagetext.read(answer.body, kind) if "html" in kind else None
        if page is not None and (self._looks_dead(page.title, page.text) or self._looks_dead(page.h1, page.text)):
            return Unusable(why=f"looks like an error page: {(page.title or page.h1 or page.text)[:80]}")
        original = found.group(2) if found else row.original
        alike = _alike(page, healthy)
        doubt = None
        if alike is None and not surt.same(original, url):
            doubt = f"archived as a redirect to {original[:200]}"
        elif alike is False:
            doubt = "its text differs from what the page showed when it was last seen well"
        title = page.title if page else None
        return Verified(timestamp=timestamp, original=original, status=answer.status, title=title, doubt=doubt)


def _check(answer: Answer) -> None:
    """Raise Excluded or BadAnswer for the archive's own pages that say nothing of this capture."""
    if answer.is_memento or answer.status in (404, 301, 302, 303, 307, 308):
        return
    if _EXCLUDED.search(answer.text):
        raise Excluded("the archive may not show this site")
    raise BadAnswer(f"the archive answered HTTP {answer.status} with a page of its own", answer.status)


def _bad_hop(answer: Answer, target: str, url: str) -> str | None:
    here, found = _ADDRESS.search(answer.url), _ADDRESS.search(target)
    if not found:
        return "redirects out of the archived copies"
    original = found.group(2)
    if surt.is_root(original) and not surt.is_root(url):
        return "archived as a redirect to the site's front page"
    if not answer.is_memento and here and not surt.same(original, here.group(2)):
        return "the archive offers a copy of another address"
    return None


def _raw(address: str) -> str:
    """Return the address of the raw replay."""
    return re.sub(r"/web/(\d{4,14})(?:[a-z]{2}_)?/", r"/web/\1id_/", address, count=1)


def _memento_time(answer: Answer) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers["Memento-Datetime"]).astimezone(UTC)
    except (ValueError, TypeError):
        return None


def _other_kind(kind: str, row: Row, healthy: Page | None) -> str | None:
    expected = "text/html" if healthy is not None else row.mimetype
    expected = expected.lower()
    if not kind or expected in ("", "-", "unk", "warc/revisit"):
        return None
    if ("html" in expected) == ("html" in kind):
        return None
    return f"another kind of document ({kind.partition(';')[0]})"


def _alike(page: pagetext.PageText | None, healthy: Page | None) -> bool | None:
    """Whether the copy shows what the page showed when it was well; None where that cannot be told."""
    if page is None or healthy is None:
        return None
    if page.title and healthy.title and pagetext.likeness(page.title, healthy.title) > _SAME_TITLE:
        return True
    if min(len(page.text), len(healthy.text)) < _ENOUGH_TEXT:
        return None
    return pagetext.likeness(page.text, healthy.text) >= _UNLIKE
