"""A capture without keys: waybackpy's save behind our transport, one GET and no more.

waybackpy 3.0.6 would send up to 48 GETs, sleep through Retry-After, take the next copy of the page for the
new one, and miss Content-Location. Servers are mostly refused without keys; the first refusal ends the day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import unquote

from waybackpy.exceptions import MaximumSaveRetriesExceeded
from waybackpy.save_api import WaybackMachineSaveAPI

from crawler.archives import surt
from crawler.archives.cdx import from_stamp
from crawler.archives.limiter import Lane
from crawler.archives.settings import ArchiveSettings
from crawler.archives.times import next_midnight
from crawler.archives.transport import Answer, BadAnswer, Transport
from crawler.domain.memento import Capture, CaptureState
from crawler.errors import RateLimited

_ADDRESS = re.compile(r"/web/(\d{14})(?:[a-z]{2}_)?/(https?://.+)$", re.DOTALL | re.IGNORECASE)
_LINK = re.compile(r"<([^<>]*)>\s*((?:;\s*[\w-]+\s*=\s*(?:\"[^\"]*\"|[^\s;,]+)\s*)*)")
_REL = re.compile(r"rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,]+))", re.IGNORECASE)
_JOB = re.compile(r"spn\.watchJob\(\s*[\"'](spn2-[0-9a-f]+)[\"']")
_RUNTIME_ERROR = "X-Archive-Wayback-Runtime-Error"
_ANOTHER_DAY = timedelta(days=7)


class _Save(WaybackMachineSaveAPI):
    def __init__(self, url: str, settings: ArchiveSettings, transport: Transport) -> None:
        super().__init__(url, user_agent=settings.user_agent, max_tries=1)
        self.request_url = f"{settings.base}/save/{self.url}"
        self.answer: Answer | None = None
        self._transport = transport

    def get_save_request_headers(self) -> None:
        """Send the one GET, at its lane's pace; a redirect is read, not followed."""
        self.answer = self._transport.get(Lane.SAVE, self.request_url)
        self.status_code = self.answer.status
        self.response_url = self.answer.url

    def archive_url_parser(self) -> str | None:
        """Read the new copy's address in the form that waybackpy goes on with."""
        found = self.answer and saved_address(self.answer.headers, self.url)
        return f"https://web.archive.org/web/{found[0]}/{found[1]}" if found else None


class AnonymousSave:
    """Asks for captures without keys."""

    def __init__(self, settings: ArchiveSettings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport

    def ask(self, url: str, now: datetime) -> Capture:
        """Ask once.

        Raises:
            ArchiveError: no usable answer; the capture may have been made all the same.
        """
        blank = Capture(url=url, state=CaptureState.REFUSED, asked_at=now)
        query = _Save(url, self._settings, self._transport)
        try:
            address = query.save()
        except RateLimited as error:
            midnight = next_midnight(now)
            return replace(blank, code="http-429", detail=str(error), retry_at=midnight, stop_until=midnight)
        except MaximumSaveRetriesExceeded:
            if query.answer is None:
                raise
            return _without_copy(blank, query.answer, now)
        stamp, original = _ADDRESS.search(address).groups()  # type: ignore[union-attr]  # made by the parser above
        view_url = f"{self._settings.base}/web/{stamp}/{original}"
        return replace(blank, state=CaptureState.SAVED, timestamp=from_stamp(stamp), view_url=view_url)


def saved_address(headers: Mapping[str, str], url: str) -> tuple[str, str] | None:
    """Return time stamp and address of the copy that these headers tell of, if it is one of `url`.

    Sources, best first: Content-Location, Location, Link with the relation `memento` (RFC 7089 section 2.2.1).
    """
    targets = [headers.get("Content-Location", ""), headers.get("Location", "")]
    links = [(target, _relations(rest)) for target, rest in _LINK.findall(headers.get("Link", ""))]
    targets += [target for target, relations in links if relations == {"memento"}]
    targets += [target for target, relations in links if relations == {"last", "memento"}]
    for target in targets:
        found = _ADDRESS.search(target)
        if found and from_stamp(found[1]) and (surt.same(found[2], url) or surt.same(unquote(found[2]), url)):
            return found[1], found[2]
    return None


def _relations(parameters: str) -> set[str]:
    found = _REL.search(parameters)
    return set((found[1] or found[2] or "").lower().split()) if found else set()


def _without_copy(blank: Capture, answer: Answer, now: datetime) -> Capture:
    """Return what an answer without a copy's address means."""
    if job := _JOB.search(answer.text):
        detail = "the archive works on it; the index decides"
        return replace(blank, state=CaptureState.UNCONFIRMED, job_id=job[1], detail=detail, retry_at=now)
    if runtime_error := answer.headers.get(_RUNTIME_ERROR):
        code = runtime_error.rpartition("exception.")[2].partition(":")[0][:80] or "runtime-error"
        return replace(blank, code=code, detail="the archive could not capture this page", retry_at=now + _ANOTHER_DAY)
    if answer.status in (401, 403) or answer.status == 200:
        midnight = next_midnight(now)
        detail = "the archive takes no captures from here without keys"
        return replace(blank, code=f"http-{answer.status}", detail=detail, retry_at=midnight, stop_until=midnight)
    if 400 <= answer.status < 500:
        detail = "the archive did not capture this page"
        return replace(blank, code=f"http-{answer.status}", detail=detail, retry_at=now + _ANOTHER_DAY)
    raise BadAnswer("the archive's answer to a capture could not be read", answer.status)
