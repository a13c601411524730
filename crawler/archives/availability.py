"""The archive's availability API, through waybackpy: only ever a cheap hint that there is a copy.

It says "none" now and then although there is one (always for some https addresses, for revisits, and for
hours after a capture), so only its yes is of use, and that is verified like any other copy. waybackpy 3.0.6
sleeps before its first call and lets three kinds of exceptions out, so its way to send is replaced.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from requests import Request
from waybackpy.availability_api import WaybackMachineAvailabilityAPI

from crawler.archives.cdx import Row, from_stamp
from crawler.archives.limiter import Lane
from crawler.archives.settings import ArchiveSettings
from crawler.archives.transport import Answer, BadAnswer, Transport


class _Hint(WaybackMachineAvailabilityAPI):
    def __init__(self, url: str, settings: ArchiveSettings, transport: Transport) -> None:
        super().__init__(url, user_agent=settings.user_agent, max_tries=1)
        self.endpoint = f"{settings.availability_url.rstrip('/')}/wayback/available"
        self._transport = transport

    def setup_json(self) -> dict[str, Any] | None:
        """Send the question once, at its lane's pace."""
        request = Request("GET", self.endpoint)
        request.url = request_url(self.endpoint, self.payload)
        self.json = json.loads(self._transport.send(Lane.AVAILABILITY, request, check=_check).text)
        return self.json


def request_url(endpoint: str, payload: dict[str, str]) -> str:
    """Return the address with its query."""
    return Request("GET", endpoint, params=payload).prepare().url or endpoint


def hint(url: str, near: datetime, settings: ArchiveSettings, transport: Transport) -> Row | None:
    """Return the copy nearest to `near` that the API knows of, or None, which means nothing.

    Raises:
        ArchiveError: no usable answer.
    """
    query, moment = _Hint(url, settings, transport), near.astimezone(UTC)
    query.near(year=moment.year, month=moment.month, day=moment.day, hour=moment.hour, minute=moment.minute)
    closest = (query.json or {}).get("archived_snapshots", {}).get("closest")
    if not isinstance(closest, dict) or not closest.get("available"):
        return None
    timestamp = from_stamp(str(closest.get("timestamp")))
    if timestamp is None:
        return None
    status = str(closest.get("status", ""))
    return Row(
        timestamp=timestamp, original=url, mimetype="-", status=int(status) if status.isdigit() else None, digest="-"
    )


def _check(answer: Answer) -> None:
    try:
        value = json.loads(answer.text)
    except ValueError:
        raise BadAnswer("the availability API answered no JSON", answer.status) from None
    if answer.status != 200 or not isinstance(value, dict) or not isinstance(value.get("archived_snapshots"), dict):
        raise BadAnswer("the availability API answered something else", answer.status)
