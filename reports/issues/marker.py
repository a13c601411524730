"""The hidden first line by which an issue of ours is found again when our database was lost.

The title is for people and may be changed by them; the marker is the identity.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

_ISSUE: Final = re.compile(r"\A\s*<!-- linkvigil:v1 key=([0-9a-f]{16}) -->")
_CALL: Final = re.compile(r"<!-- linkvigil:v1 call=([0-9a-f]{16,64}) -->")
_SETTLED: Final = "<!-- linkvigil:v1 state=closed -->"
DASHBOARD_SCOPE: Final = "dashboard"
LINK_SCOPE: Final = "link"


def key_of(project: str, scope: str, url: str = "") -> str:
    """Return the 16 hex digits that identify an issue. `url` is canonical, empty for a dashboard."""
    return hashlib.sha256(f"{project}|{scope}|{url}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def marker(key: str) -> str:
    """Return the first line of an issue's body."""
    return f"<!-- linkvigil:v1 key={key} -->"


def find_key(body: str | None) -> str | None:
    """Return the key in the first line of a body, or None."""
    found = _ISSUE.match(body or "")
    return found[1] if found else None


def call_marker(call_id: str) -> str:
    """Return the hidden line that tells one comment of ours from all others."""
    return f"<!-- linkvigil:v1 call={call_id} -->"


def find_call(body: str | None) -> str | None:
    """Return the id of the call that wrote a comment, or None."""
    found = _CALL.search(body or "")
    return found[1] if found else None


def settled_marker() -> str:
    """Return the hidden line that only a body has with which we closed the issue ourselves."""
    return _SETTLED


def is_settled(body: str | None) -> bool:
    """Whether a body says that we closed the issue ourselves, not a person."""
    return _SETTLED in (body or "").splitlines()
