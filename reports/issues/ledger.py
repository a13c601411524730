"""What the issue room asks of the database: our issues, and an outbox of writes.

The outbox makes a crash harmless: every write is committed before it is sent and marked after it
succeeded, so that the next run knows which writes may or may not have reached the tracker.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from reports.issues.model import Json, KnownIssue, PlannedCall


class Ledger(Protocol):
    """The issues and outbox of all projects; `repo` is `TrackerSettings.place`."""

    def issues(self, project: str, repo: str) -> list[KnownIssue]:
        """Return what is known of our issues."""
        ...

    def remember(self, issue: KnownIssue) -> None:
        """Store an issue; replaces the one of the same project, repo and key."""
        ...

    def plan_written(self, calls: Sequence[PlannedCall]) -> None:
        """Commit the calls as `planned`; a call whose id is stored already is left as it is."""
        ...

    def pending(self, project: str, repo: str) -> list[PlannedCall]:
        """Return the calls that are `planned` still, in the order of their writing and position."""
        ...

    def sent(self, call_id: str, result: Json, issue: KnownIssue | None) -> None:
        """In one transaction: mark a call `sent` with its result, and remember the issue if there is one."""
        ...

    def dropped(self, call_id: str, reason: str) -> None:
        """Mark a call `dropped`: it will not be sent any more."""
        ...
