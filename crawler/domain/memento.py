"""Archived copies (mementos, RFC 7089) and the requests to make one (captures): states, never booleans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class MementoState(StrEnum):
    """What is known of archived copies of one URL.

    `unknown`: no usable answer yet. `none`: an authoritative index answered that there is nothing.
    `found`: a usable copy is known. `unusable`: copies are listed, none of those looked at is usable.
    `excluded`: the archive says that it may not show this site.
    """

    UNKNOWN = "unknown"
    NONE = "none"
    FOUND = "found"
    UNUSABLE = "unusable"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Memento:
    """The result of one look for an archived copy of `url`.

    `view_url` is the address for people (`/web/<timestamp>/<url>`); `timestamp` is aware UTC;
    `status` is the archived status. `verified` means that the raw replay was fetched and fits;
    `reasons` says, in words for a reader, what was checked and what spoke against a copy.
    """

    url: str
    state: MementoState
    checked_at: datetime
    archive: str = ""
    view_url: str | None = None
    timestamp: datetime | None = None
    status: int | None = None
    verified: bool = False
    title: str | None = None
    reasons: tuple[str, ...] = ()
    retry_after: timedelta | None = None


class CaptureState(StrEnum):
    """Where a request for a capture stands."""

    REQUESTED = "requested"
    PENDING = "pending"
    SAVED = "saved"
    UNCONFIRMED = "unconfirmed"
    REFUSED = "refused"
    POINTLESS = "pointless"
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One request to archive `url`.

    `code` is the archive's own word for a refusal; `retry_at` is set where a later try makes sense;
    `stop_until` says that no capture at all may be asked for before that time.
    """

    url: str
    state: CaptureState
    asked_at: datetime
    job_id: str | None = None
    timestamp: datetime | None = None
    view_url: str | None = None
    code: str | None = None
    detail: str = ""
    retry_at: datetime | None = None
    stop_until: datetime | None = None
