"""Save Page Now 2 (the archive's document of 2025-10-22): a capture is asked for, a job is polled.

Refusals come as HTTP 200 with `status: error` and a `status_ext`. An unknown, made-up or expired job answers
`pending` for ever, so a job has a deadline of our own. A 523 or a timeout may hide a capture that was made:
such a request is unconfirmed, and a later look at the index decides.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from requests import Request

from crawler.archives.cdx import from_stamp
from crawler.archives.limiter import Lane
from crawler.archives.settings import ArchiveSettings
from crawler.archives.times import next_midnight
from crawler.archives.transport import Answer, BadAnswer, Transport, retry_after
from crawler.domain.memento import Capture, CaptureState

# Only 200s are saved (`capture_all` stays off): error pages are not archived. A young copy is not made again,
# and its place in the index may take its time: both are what the archive's staff asks clients for.
PARAMETERS = {
    "skip_first_archive": "1",
    "delay_wb_availability": "1",
    "js_behavior_timeout": "0",
    "if_not_archived_within": "30d",
}
POLL_AFTER = timedelta(seconds=6)
_DETAIL = 300
_JOB = re.compile(r"[\w-]{1,100}")  # it goes into an address


class After(StrEnum):
    """What a refusal means for us."""

    SOON = "transient: the same page may be asked for again later"
    SLOW = "we have too many captures under way"
    DAY = "nothing more today"
    HOST = "this host has had enough today"
    TODAY = "the page was captured often enough today: there is a copy"
    NEVER = "this page cannot be captured"


_SOON = (
    "bad-gateway",
    "bandwidth-limit-exceeded",
    "browsing-timeout",
    "capture-location-error",
    "cannot-fetch",
    "celery",
    "gateway-timeout",
    "internal-server-error",
    "invalid-server-response",
    "job-failed",
    "no-browsers-available",
    "protocol-error",
    "proxy-error",
    "read-timeout",
    "service-unavailable",
    "soft-time-limit-exceeded",
    "no-captures",
)
_NEVER = (
    "bad-request",
    "blocked",
    "blocked-client-ip",
    "blocked-url",
    "filesize-limit",
    "ftp-access-denied",
    "http-version-not-supported",
    "invalid-host-resolution",
    "invalid-url-syntax",
    "method-not-allowed",
    "network-authentication-required",
    "no-access",
    "not-found",
    "not-implemented",
    "too-many-redirects",
    "unauthorized",
)

CODES: dict[str, After] = {
    **dict.fromkeys(_SOON, After.SOON),
    **dict.fromkeys(_NEVER, After.NEVER),
    "user-session-limit": After.SLOW,
    "max-daily-bandwidth": After.DAY,
    "max-daily-bandwidth-from-ip": After.DAY,
    "too-many-requests": After.HOST,
    "max-daily-bandwidth-host": After.HOST,
    "too-many-daily-captures-host": After.HOST,
    "too-many-daily-captures": After.TODAY,
}

_AGAIN_SOON = timedelta(hours=6)
_AGAIN_SLOW = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What the service says that we may still ask for."""

    available: int
    daily: int
    daily_limit: int


class SavePageNow:
    """Asks for captures with keys, and polls their jobs."""

    def __init__(self, settings: ArchiveSettings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport

    def ask(self, url: str, now: datetime) -> Capture:
        """Ask for a capture; the answer holds a job or a refusal.

        Raises:
            ArchiveError: no usable answer; the capture may have been made all the same.
        """
        request = self._request("POST", "/save", data={"url": url, **PARAMETERS})
        answer = self._transport.send(Lane.SAVE, request, check=_check)
        blank = Capture(url=url, state=CaptureState.REQUESTED, asked_at=now)
        if answer.status == 401:
            return _no_login(blank, now)
        value = _object(answer)
        message = str(value.get("message") or "")[:_DETAIL]
        job = value.get("job_id")
        if isinstance(job, str) and _JOB.fullmatch(job) and value.get("status") != "error":
            delay = announced_delay(message)
            return replace(blank, job_id=job, detail=message, retry_at=now + max(delay, POLL_AFTER))
        return refusal(blank, str(value.get("status_ext") or f"http-{answer.status}"), message, now)

    def is_over(self, capture: Capture, now: datetime) -> bool:
        """Whether the job is older than the service remembers jobs: it would say `pending` for ever."""
        return now - capture.asked_at - announced_delay(capture.detail) >= self._settings.job_deadline

    def poll(self, capture: Capture, now: datetime) -> Capture:
        """Ask how the job stands; raises as `ask` does."""
        job = capture.job_id or ""
        answer = self._transport.send(Lane.STATUS, self._request("GET", f"/save/status/{job}"), check=_check)
        if answer.status == 401:
            return _no_login(capture, now)
        value = _object(answer)
        match value.get("status"):
            case "success":
                return self._saved(capture, value)
            case "error":
                message = str(value.get("message") or "")[:_DETAIL]
                return refusal(capture, str(value.get("status_ext") or "error"), message, now)
            case "pending":
                wait = max(retry_after(answer.headers) or POLL_AFTER, POLL_AFTER)
                return replace(capture, state=CaptureState.PENDING, retry_at=now + wait)
            case _:
                raise BadAnswer("the state of a capture could not be read", answer.status)

    def budget(self) -> Budget:
        """Ask what may still be asked for; costs no capture.

        Raises:
            ArchiveError: no usable answer.
        """
        answer = self._transport.send(Lane.STATUS, self._request("GET", "/save/status/user"), check=_check)
        value = _object(answer)
        try:
            return Budget(
                available=int(value["available"]),
                daily=int(value["daily_captures"]),
                daily_limit=int(value["daily_captures_limit"]),
            )
        except (KeyError, TypeError, ValueError):
            raise BadAnswer("the budget for captures could not be read", answer.status) from None

    def _saved(self, capture: Capture, value: dict[str, Any]) -> Capture:
        stamp, original = str(value.get("timestamp")), value.get("original_url") or capture.url
        timestamp = from_stamp(stamp)
        if timestamp is None:
            raise BadAnswer("the capture's time could not be read")
        return replace(
            capture,
            state=CaptureState.SAVED,
            timestamp=timestamp,
            view_url=f"{self._settings.base}/web/{stamp}/{original}",
            code=None,
            retry_at=None,
        )

    def _request(self, method: str, path: str, data: dict[str, str] | None = None) -> Request:
        settings = self._settings
        return Request(
            method,
            settings.base + path,
            data=data,
            headers={
                "Accept": "application/json",
                "Authorization": f"LOW {settings.access_key}:{settings.secret_key}",
            },
        )


def refusal(capture: Capture, status_ext: str, message: str, now: datetime) -> Capture:
    """Return the capture with what a refusal means; an unknown code is not asked again in this run."""
    code = status_ext.removeprefix("error:")
    capture = replace(capture, state=CaptureState.REFUSED, code=code, detail=message, retry_at=None)
    match CODES.get(code):
        case After.SOON:
            return replace(capture, retry_at=now + _AGAIN_SOON)
        case After.SLOW:
            return replace(capture, state=CaptureState.DEFERRED, retry_at=now + _AGAIN_SLOW)
        case After.DAY:
            midnight = next_midnight(now)
            return replace(capture, state=CaptureState.DEFERRED, retry_at=midnight, stop_until=midnight)
        case After.HOST:
            return replace(capture, state=CaptureState.DEFERRED, retry_at=next_midnight(now))
        case After.TODAY:
            return replace(capture, state=CaptureState.UNCONFIRMED, retry_at=now)
        case After.NEVER:
            return capture
        case None:
            return replace(capture, retry_at=next_midnight(now))


_DELAY = re.compile(r"will start in\s*~?\s*(?:(\d+)\s*hours?)?[,\s]*(?:(\d+)\s*min)?", re.IGNORECASE)


def announced_delay(message: str) -> timedelta:
    """Read `The capture will start in ~1 hour, 34 minutes because ...`; zero where nothing is announced."""
    found = _DELAY.search(message)
    return timedelta(hours=int(found[1] or 0), minutes=int(found[2] or 0)) if found else timedelta(0)


def _no_login(capture: Capture, now: datetime) -> Capture:
    midnight = next_midnight(now)
    return replace(
        capture,
        state=CaptureState.REFUSED,
        code="no-login",
        detail="the archive did not accept the keys",
        retry_at=midnight,
        stop_until=midnight,
    )


def _check(answer: Answer) -> None:
    if answer.status in (200, 401):
        if answer.status == 200:
            _object(answer)
        return
    raise BadAnswer(f"the archive answered HTTP {answer.status}", answer.status)


def _object(answer: Answer) -> dict[str, Any]:
    try:
        value = json.loads(answer.text)
    except ValueError:
        raise BadAnswer("the archive answered no JSON", answer.status) from None
    if not isinstance(value, dict):
        raise BadAnswer("the archive answered JSON of another shape", answer.status)
    return value
