"""The archive as the rest of the program sees it: find a copy, ask for one, see how that went.

Every answer is data. "There is no copy" is said only after a proper, empty answer of the index; whatever
went wrong on the way is `unknown`, with the reason and when to come back.
"""

from __future__ import annotations

import logging
import re
import threading
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from crawler.archives import availability, choose, pagetext, surt
from crawler.archives.cdx import Cdx, Excluded, Row, from_stamp
from crawler.archives.limiter import Clock, Halted, Lane, Limiter, SystemClock
from crawler.archives.save import AnonymousSave
from crawler.archives.settings import ArchiveSettings
from crawler.archives.spn2 import SavePageNow
from crawler.archives.submit import submittable
from crawler.archives.times import next_midnight
from crawler.archives.transport import BadAnswer, Banned, Transport
from crawler.archives.verify import LooksDead, Unusable, Verified, Verifier
from crawler.domain.memento import Capture, CaptureState, Memento, MementoState
from crawler.domain.observation import Page
from crawler.domain.urls import parse
from crawler.errors import ArchiveError, RateLimited

__all__ = ["Archive", "ArchiveSettings", "submittable"]

log = logging.getLogger(__name__)

_LISTED = 25  # captures asked of the index
_CANDIDATES = 3  # copies that are fetched at most
_ERRORS = 2  # copies that may fail to load before the page is left for another day
_OK = "200|-"  # revisit records have no status of their own
_MEMENTO = re.compile(r"^https?://web\.archive\.org/web/(\d{14})(?:[a-z]{2}_)?/(https?://.+)$", re.DOTALL)
_INDEX_DELAY = timedelta(hours=6)
_GIVE_UP = timedelta(days=3)
_AGAIN = timedelta(days=1)
_LATER = timedelta(minutes=2)
_BUDGET_EVERY = 25
_SHARE = 0.8  # of the daily limit: what the archive's staff asks clients to stay below


class Archive:
    """A client of one web archive: blocking, thread-safe, one a process; a context manager.

    `looks_dead(title, text)` tells error pages from contents; `clock` is for tests. `stopped` says why
    nothing is sent for a longer time.
    """

    def __init__(
        self, settings: ArchiveSettings, *, looks_dead: LooksDead = pagetext.looks_dead, clock: Clock | None = None
    ) -> None:
        self.settings = settings
        self._limiter = Limiter(
            {
                Lane.INDEX: settings.cdx_interval,
                Lane.REPLAY: settings.replay_interval,
                Lane.AVAILABILITY: settings.availability_interval,
                Lane.SAVE: settings.effective_save_interval,
                Lane.STATUS: settings.status_interval,
            },
            patience=settings.patience,
            clock=clock or SystemClock(),
        )
        self._transport = Transport(settings, self._limiter)
        self._cdx = Cdx(settings, self._transport)
        self._verifier = Verifier(settings, self._transport, looks_dead)
        self._spn2 = SavePageNow(settings, self._transport)
        self._anonymous = AnonymousSave(settings, self._transport)
        self._lock = threading.Lock()
        self._asked = 0
        self._no_saves_until: datetime | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def stopped(self) -> str | None:
        """Why no look-up is sent for a longer time (a ban, an outage, refusals, our own stop), or None."""
        return self._limiter.stopped

    def stop(self) -> None:
        """End everything under way from another thread: sleepers wake, exchanges break off."""
        self._limiter.stop()
        self._transport.stop()

    def close(self) -> None:
        """Stop and close all connections."""
        self.stop()
        self._transport.close()

    def find(self, url: str, near: datetime, now: datetime, *, healthy: Page | None = None) -> Memento:
        """Find the best copy of `url`: nearest to `near`, at or before it if there is one, and verified.

        `near` is when the page was last seen well, else when the link was added; `healthy` what it showed
        then. Returns data whatever happens; `retry_after` says when a look that failed is worth another.
        """
        asked, near = _unwrapped(url, near)
        blank = Memento(url=url, state=MementoState.UNKNOWN, checked_at=now, archive=self.settings.name)
        if why := submittable(asked, allow_private=self.settings.allow_private):
            return replace(blank, reasons=(f"not looked up: {why}",))
        if stopped := self.stopped:
            return replace(blank, reasons=(stopped,), retry_after=_AGAIN)
        try:
            memento = self._find(parse(asked).canonical, near, blank, healthy)
        except Excluded as error:
            memento = replace(blank, state=MementoState.EXCLUDED, reasons=(str(error),))
        except ArchiveError as error:
            memento = _unknown(blank, error)
        log.info("memento %s %s", memento.state, url)
        return memento

    def capture(self, url: str, now: datetime) -> Capture:
        """Ask the archive to keep `url`; a job is to be polled later. Returns data whatever happens."""
        blank = Capture(url=url, state=CaptureState.DEFERRED, asked_at=now)
        if why := submittable(url, allow_private=self.settings.allow_private):
            return replace(blank, state=CaptureState.REFUSED, code="not-submittable", detail=why)
        if deferred := self._deferred(blank, now):
            return deferred
        service = self._spn2 if self.settings.has_keys else self._anonymous
        try:
            if spent := self._spent(blank, now):
                return spent
            capture = replace(service.ask(parse(url).canonical, now), url=url)
        except (Halted, Banned) as error:
            return replace(blank, detail=str(error), retry_at=now + _AGAIN)
        except RateLimited as error:
            capture = replace(blank, code="http-429", detail=str(error), retry_at=now + error.retry_after)
        except ArchiveError as error:
            retry_at = now + _INDEX_DELAY
            capture = replace(blank, state=CaptureState.UNCONFIRMED, detail=str(error), retry_at=retry_at)
        if capture.stop_until is not None:
            with self._lock:
                self._no_saves_until = capture.stop_until
        log.info("capture %s %s %s", capture.state, capture.code or "", url)
        return capture

    def poll(self, capture: Capture, now: datetime) -> Capture:
        """See how a capture stands: its job, or, where that is in doubt, the index.

        A capture that is not due yet (`retry_at`), or has an end, comes back as it is.
        """
        if capture.retry_at is not None and now < capture.retry_at:
            return capture
        try:
            match capture.state:
                case CaptureState.REQUESTED | CaptureState.PENDING if self._has_job(capture, now):
                    return self._spn2.poll(capture, now)
                case CaptureState.REQUESTED | CaptureState.PENDING | CaptureState.UNCONFIRMED:
                    return self._confirm(capture, now)
                case _:
                    return capture
        except RateLimited as error:
            return replace(capture, retry_at=now + error.retry_after)
        except ArchiveError as error:
            return replace(capture, detail=str(error), retry_at=now + _INDEX_DELAY)

    def _find(self, url: str, near: datetime, blank: Memento, healthy: Page | None) -> Memento:
        try:
            listing = self._cdx.closest(url, near, statuses=_OK, limit=_LISTED)
            if not listing.rows:
                listing = self._cdx.closest(url, near, statuses=None, limit=_LISTED)
        except BadAnswer as error:
            return self._hinted(url, near, blank, healthy, error)
        if listing.is_empty:
            reason = "the index lists no copy"
            return replace(blank, state=MementoState.NONE, reasons=(reason,))
        candidates, reasons = choose.rank(listing.rows, url, near)
        if listing.unreadable:
            reasons.append(f"{listing.unreadable} listed with an impossible date")
        return self._walk(candidates, url, blank, healthy, reasons)

    def _walk(
        self, candidates: list[Row], url: str, blank: Memento, healthy: Page | None, reasons: list[str]
    ) -> Memento:
        doubtful: Verified | None = None
        errors: list[ArchiveError] = []
        for row in candidates[:_CANDIDATES]:
            try:
                seen = self._verifier.look(row, url, healthy)
            except BadAnswer as error:
                errors.append(error)
                reasons.append(f"{row.timestamp:%Y-%m-%d}: {error}")
                if len(errors) >= _ERRORS:
                    break
                continue
            if isinstance(seen, Unusable):
                reasons.append(f"{row.timestamp:%Y-%m-%d}: {seen.why}")
            elif seen.doubt is None:
                return self._found(blank, seen, reasons)
            else:
                reasons.append(f"{row.timestamp:%Y-%m-%d}: {seen.doubt}")
                doubtful = doubtful or seen
        if doubtful is not None:
            return self._found(blank, doubtful, reasons)
        if errors:
            return replace(blank, reasons=tuple(reasons), retry_after=_AGAIN)
        return replace(blank, state=MementoState.UNUSABLE, reasons=tuple(reasons))

    def _found(self, blank: Memento, seen: Verified, reasons: list[str]) -> Memento:
        checked = f"raw replay of {seen.timestamp:%Y-%m-%d %H:%M:%S} fetched: status {seen.status}"
        return replace(
            blank,
            state=MementoState.FOUND,
            view_url=f"{self.settings.base}/web/{seen.timestamp:%Y%m%d%H%M%S}/{seen.original}",
            timestamp=seen.timestamp,
            status=seen.status,
            title=seen.title,
            verified=seen.doubt is None,
            reasons=(checked, *reasons),
        )

    def _hinted(self, url: str, near: datetime, blank: Memento, healthy: Page | None, trouble: BadAnswer) -> Memento:
        """The index gave no usable answer: ask the availability API, whose yes can be verified."""
        try:
            row = availability.hint(url, near, self.settings, self._transport)
            if row is not None:
                found = self._walk([row], url, blank, healthy, [str(trouble)])
                if found.state is MementoState.FOUND:
                    return found
        except (BadAnswer, Halted, RateLimited) as error:
            log.info("no hint for %s: %s", url, error)
        return _unknown(blank, trouble)

    def _deferred(self, blank: Capture, now: datetime) -> Capture | None:
        """Count a request for a capture, or say why there may be none now."""
        with self._lock:
            until = self._no_saves_until
            if until is not None and now < until:
                detail = "no captures until the archive's next day"
                return replace(blank, detail=detail, retry_at=until, stop_until=until)
            if not self.settings.has_keys and self._asked >= self.settings.max_saves:
                detail = f"at most {self.settings.max_saves} captures a run without keys"
                return replace(blank, detail=detail, retry_at=next_midnight(now))
            self._asked += 1
        return None

    def _spent(self, blank: Capture, now: datetime) -> Capture | None:
        """With keys: ask the service now and then what is left of our budget, and keep a margin."""
        if not self.settings.has_keys or self._asked % _BUDGET_EVERY != 1:
            return None
        try:
            budget = self._spn2.budget()
        except BadAnswer as error:
            log.info("the budget for captures is unknown: %s", error)
            return None
        if budget.daily >= budget.daily_limit * _SHARE:
            midnight = next_midnight(now)
            detail = f"{budget.daily} of {budget.daily_limit} captures of today are used"
            with self._lock:
                self._no_saves_until = midnight
            return replace(blank, detail=detail, retry_at=midnight, stop_until=midnight)
        if budget.available <= 0:
            return replace(blank, detail="too many captures are under way", retry_at=now + _LATER)
        return None

    def _has_job(self, capture: Capture, now: datetime) -> bool:
        return self.settings.has_keys and bool(capture.job_id) and not self._spn2.is_over(capture, now)

    def _confirm(self, capture: Capture, now: datetime) -> Capture:
        """Look in the index for a copy made for this request; a day's earlier copy serves as well."""
        listing = self._cdx.since(parse(capture.url).canonical, capture.asked_at - _AGAIN, limit=5)
        rows = [row for row in listing.rows if surt.same(row.original, capture.url) and row.status in (200, None)]
        if rows:
            row = rows[-1]
            view_url = f"{self.settings.base}/web/{row.stamp}/{row.original}"
            return replace(capture, state=CaptureState.SAVED, timestamp=row.timestamp, view_url=view_url, retry_at=None)
        if now - capture.asked_at > _GIVE_UP:
            detail = "never appeared in the index"
            return replace(capture, state=CaptureState.DEFERRED, detail=detail, retry_at=now)
        return replace(capture, state=CaptureState.UNCONFIRMED, retry_at=now + _INDEX_DELAY)


def _unknown(blank: Memento, error: ArchiveError) -> Memento:
    wait = error.retry_after if isinstance(error, RateLimited) else _AGAIN
    return replace(blank, reasons=(str(error),), retry_after=wait)


def _unwrapped(url: str, near: datetime) -> tuple[str, datetime]:
    """Return page and time of a link that is a copy in a web archive itself."""
    found = _MEMENTO.search(url)
    stamp = from_stamp(found[1]) if found else None
    return (found[2], stamp) if found and stamp else (url, near)
