"""Stage archive: find the best copy of each failing link, and ask for one where somebody may still answer.

What is known is not asked again before its time (`_FRESH`). An error is never "not archived".
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from crawler.archives.client import Archive
from crawler.archives.settings import ArchiveSettings
from crawler.config import Settings
from crawler.domain.memento import Capture, CaptureState, Memento, MementoState
from crawler.domain.verdict import Verdict
from crawler.stages.judge import is_failing
from crawler.stages.result import StageResult
from crawler.store import archiving, findings
from crawler.store.findings import UrlRecord
from crawler.store.runs import Run
from crawler.store.session import Store
from crawler.version import user_agent

log = logging.getLogger(__name__)

SAVE_SERVICE = "archive-save"

_FRESH = {
    MementoState.FOUND: timedelta(days=30),
    MementoState.NONE: timedelta(days=7),
    MementoState.UNUSABLE: timedelta(days=7),
    MementoState.EXCLUDED: timedelta(days=90),
    MementoState.UNKNOWN: timedelta(0),
}
# Dead pages first: their readers need a copy; a wall for robots comes last.
_ORDER = {
    Verdict.GONE: 0,
    Verdict.SOFT404: 0,
    Verdict.PARKED: 0,
    Verdict.TRANSIENT: 1,
    Verdict.UNKNOWN: 1,
    Verdict.BLOCKED: 2,
    Verdict.LOGIN: 2,
}
_CAPTURABLE = frozenset({Verdict.TRANSIENT, Verdict.UNKNOWN, Verdict.BLOCKED})
_UNDER_WAY = frozenset({CaptureState.REQUESTED, CaptureState.PENDING, CaptureState.UNCONFIRMED})
_ASKED = _UNDER_WAY | {CaptureState.SAVED}
_NO_COPY = frozenset({MementoState.NONE, MementoState.UNUSABLE})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failing:
    url_id: int
    url: str
    verdict: Verdict
    near: datetime


def archive_settings(settings: Settings) -> ArchiveSettings:
    """Return the archive client's settings."""
    keys = settings.archive
    return ArchiveSettings(
        user_agent=settings.user_agent or user_agent(settings.contact),
        url=keys.url,
        availability_url=keys.availability_url,
        access_key=keys.access_key.get_secret_value() if keys.access_key else None,
        secret_key=keys.secret_key.get_secret_value() if keys.secret_key else None,
        ca_bundle=str(settings.ca_bundle) if settings.ca_bundle else None,
        proxy=settings.proxy,
        timeout=keys.timeout,
        cdx_interval=keys.cdx_interval,
        replay_interval=keys.replay_interval,
        save_interval=keys.save_interval,
        max_saves=keys.max_saves,
        allow_private=bool(settings.allow_private),
    )


def run(store: Store, run_: Run, settings: Settings, now: datetime) -> StageResult:
    """Look for copies of this run's failing links and ask for captures, within the time budget."""
    if not settings.archive.enabled or settings.offline:
        return StageResult(name="archive", counts={})
    failing = sorted(_failing(store, run_, settings), key=lambda link: _ORDER.get(link.verdict, 3))
    ends = time.monotonic() + settings.archive.budget.total_seconds()
    with Archive(archive_settings(settings)) as archive:
        looked, left = _find_all(store, run_, archive, failing, now, ends)
        asked, notes = _capture_all(store, archive, settings, failing, now, ends)
        if archive.stopped:
            notes.append(f"The web archive was left alone: {archive.stopped}")
    if left:
        notes.append(f"{left} archive look-ups were left for the next run: the time for them was over.")
    counts = {"failing links": len(failing), "looked up": looked, "captures asked for": asked}
    return StageResult(name="archive", counts=counts, notes=tuple(notes))


def _failing(store: Store, run_: Run, settings: Settings) -> Iterator[_Failing]:
    for record in findings.records(store, run_, verbatim=settings.include_verbatim):
        if record.judged is None or record.seen is None or not is_failing(record.judged.verdict):
            continue
        if record.judged.verdict is Verdict.INVALID or not record.canonical.startswith(("http:", "https:")):
            continue
        yield _Failing(
            url_id=record.url_id,
            url=record.canonical,
            verdict=record.judged.verdict,
            near=_last_good_time(record),
        )


def _last_good_time(record: UrlRecord) -> datetime:
    """Return when the page was last seen well, else when its link was first added, else first seen."""
    if record.standing and record.standing.last_up:
        return record.standing.last_up
    added = [link.added for link in record.links if link.added]
    return min(added) if added else record.first_seen_at


def _find_all(
    store: Store, run_: Run, archive: Archive, failing: list[_Failing], now: datetime, ends: float
) -> tuple[int, int]:
    known = archiving.mementos(store, [link.url_id for link in failing])
    healthy = findings.last_healthy_pages(store, run_.project_id, [link.url_id for link in failing])
    due = [link for link in failing if _is_due(known.get(link.url_id), now)]
    for count, link in enumerate(due):
        if time.monotonic() > ends or archive.stopped:
            return count, len(due) - count
        memento = archive.find(link.url, link.near, now, healthy=healthy.get(link.url_id))
        previous = known.get(link.url_id)
        if memento.state is MementoState.UNKNOWN and previous and previous[0].state is MementoState.FOUND:
            continue  # an error takes nothing away from what is known
        archiving.save_memento(store, link.url_id, memento)
    return len(due), 0


def _is_due(known: tuple[Memento, datetime | None] | None, now: datetime) -> bool:
    if known is None:
        return True
    memento, retry_at = known
    if retry_at is not None:
        return now >= retry_at
    return now - memento.checked_at >= _FRESH[memento.state]


def _capture_all(
    store: Store, archive: Archive, settings: Settings, failing: list[_Failing], now: datetime, ends: float
) -> tuple[int, list[str]]:
    ids = [link.url_id for link in failing]
    captures, mementos = archiving.captures(store, ids), archiving.mementos(store, ids)
    _poll_all(store, archive, captures, now, ends)
    wanted = []
    for link in failing:
        known = mementos.get(link.url_id)
        if known is None or known[0].state not in _NO_COPY:
            continue
        if link.verdict not in _CAPTURABLE:
            if link.url_id not in captures and link.verdict is not Verdict.LOGIN:
                archiving.save_capture(store, link.url_id, _pointless(link, now))
        elif _may_ask(captures.get(link.url_id), now):
            wanted.append(link)
    if not wanted or not settings.archive.save:
        return 0, []
    if reason := _no_captures(store, settings, now):
        return 0, [reason]
    asked, notes = _ask_all(store, archive, wanted, now, ends)
    _poll_all(store, archive, archiving.captures(store, [link.url_id for link in wanted]), now, ends)
    return asked, notes


def _ask_all(
    store: Store, archive: Archive, wanted: list[_Failing], now: datetime, ends: float
) -> tuple[int, list[str]]:
    asked = 0
    for link in wanted:
        if time.monotonic() > ends:
            return asked, [f"{len(wanted) - asked} captures were left for the next run: the time for them was over."]
        capture = archive.capture(link.url, now)
        archiving.save_capture(store, link.url_id, capture)
        asked += capture.state in _ASKED
        if capture.stop_until is not None:
            archiving.set_pause(store, SAVE_SERVICE, capture.stop_until, capture.detail or capture.code or "refused")
            return asked, [
                f"The archive refused a capture ({capture.detail}): none is asked for before {_day(capture)}."
            ]
        if capture.state is CaptureState.DEFERRED:
            return asked, [f"{len(wanted) - asked} captures are asked for later: {capture.detail}."]
    return asked, []


def _no_captures(store: Store, settings: Settings, now: datetime) -> str | None:
    if settings.contact is None:
        return "No captures were asked for: set `contact`, so that the archive can see who asks."
    paused = archiving.pause(store, SAVE_SERVICE)
    if paused is not None and now < paused[0]:
        return f"No captures are asked for before {paused[0]:%Y-%m-%d %H:%M} UTC: {paused[1]}"
    return None


def _poll_all(store: Store, archive: Archive, captures: dict[int, Capture], now: datetime, ends: float) -> None:
    for url_id, capture in captures.items():
        if capture.state in _UNDER_WAY and time.monotonic() < ends and not archive.stopped:
            archiving.save_capture(store, url_id, archive.poll(capture, now))


def _may_ask(capture: Capture | None, now: datetime) -> bool:
    if capture is None or capture.state is CaptureState.POINTLESS:
        return True
    if capture.state in _UNDER_WAY or capture.state is CaptureState.SAVED:
        return False
    return capture.retry_at is not None and now >= capture.retry_at


def _pointless(link: _Failing, now: datetime) -> Capture:
    return Capture(
        url=link.url,
        state=CaptureState.POINTLESS,
        asked_at=now,
        detail="the page is gone: a capture would only show that",
    )


def _day(capture: Capture) -> str:
    return f"{capture.stop_until:%Y-%m-%d %H:%M} UTC"
