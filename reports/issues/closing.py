"""The one comment that says why an issue is closed."""

from __future__ import annotations

from enum import StrEnum

from reports.issues.marker import call_marker
from reports.issues.words import issue_words


class Closing(StrEnum):
    """Why an issue is closed; each has a sentence in `words`."""

    DASHBOARD = "done.dashboard"
    LINK = "done.link"
    WITHDRAWN = "done.withdrawn"
    REMOVED = "done.removed"
    IGNORED = "done.ignored"
    MODE = "done.mode"
    DUPLICATE = "done.duplicate"


STATE_REASON: dict[Closing, str] = {
    Closing.DASHBOARD: "completed",
    Closing.LINK: "completed",
    Closing.WITHDRAWN: "completed",
    Closing.REMOVED: "completed",
    Closing.IGNORED: "not_planned",
    Closing.MODE: "not_planned",
    Closing.DUPLICATE: "not_planned",
}


def closing_comment(call_id: str, closing: Closing, language: str, number: int | None = None) -> str:
    """Return the comment, with a hidden line by which it is found again; `number` is the issue that goes on."""
    return f"{call_marker(call_id)}\n{issue_words(language)(closing.value, number=number)}"
