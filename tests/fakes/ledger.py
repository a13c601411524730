"""A ledger in memory, and a clock that does not wait."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from reports.issues.model import Json, KnownIssue, PlannedCall


class MemoryLedger:
    """Keeps rows as JSON text, as a database would: what cannot be stored fails here."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, str], str] = {}
        self.calls: dict[str, tuple[str, str]] = {}
        self.results: dict[str, Json] = {}

    def issues(self, project: str, repo: str) -> list[KnownIssue]:
        return [KnownIssue.from_json(json.loads(row)) for key, row in self.rows.items() if key[:2] == (project, repo)]

    def remember(self, issue: KnownIssue) -> None:
        self.rows[issue.project, issue.repo, issue.key] = json.dumps(issue.to_json())

    def plan_written(self, calls: Sequence[PlannedCall]) -> None:
        for call in calls:
            self.calls.setdefault(call.id, ("planned", json.dumps(call.to_json())))

    def pending(self, project: str, repo: str) -> list[PlannedCall]:
        waiting = [PlannedCall.from_json(json.loads(text)) for state, text in self.calls.values() if state == "planned"]
        return [call for call in waiting if (call.project, call.repo) == (project, repo)]

    def sent(self, call_id: str, result: Json, issue: KnownIssue | None) -> None:
        self.calls[call_id] = ("sent", self.calls[call_id][1])
        self.results[call_id] = json.loads(json.dumps(result))
        if issue is not None:
            self.remember(issue)

    def dropped(self, call_id: str, reason: str) -> None:
        self.calls[call_id] = ("dropped", self.calls[call_id][1])
        self.results[call_id] = {"reason": reason}

    @property
    def states(self) -> list[str]:
        """The states of all calls, in order."""
        return [state for state, _ in self.calls.values()]


class FakeClock:
    """A clock that moves only when somebody waits; `waits` are the seconds asked for."""

    def __init__(self, start: datetime | None = None) -> None:
        self.time = start or datetime(2026, 3, 14, 3, 17, tzinfo=UTC)
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += timedelta(seconds=seconds)
