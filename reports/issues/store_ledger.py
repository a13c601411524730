"""The ledger on the database."""

from __future__ import annotations

from collections.abc import Sequence

from crawler.store import issues
from crawler.store.issues import StoredCall, StoredIssue
from crawler.store.session import Store
from reports.issues.model import Json, KnownIssue, PlannedCall


class StoreLedger:
    """Keeps issues and the outbox in the store's tables `issue` and `issue_call`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def issues(self, project: str, repo: str) -> list[KnownIssue]:
        """Return what is known of our issues."""
        return [KnownIssue.from_json(facts) for facts in issues.issues(self._store, project, repo)]

    def remember(self, issue: KnownIssue) -> None:
        """Store an issue."""
        issues.save_issue(self._store, _stored(issue))

    def plan_written(self, calls: Sequence[PlannedCall]) -> None:
        """Commit the calls as planned."""
        stored = [
            StoredCall(
                id=call.id, project=call.project, repo=call.repo, key=call.key, op=call.op.value, payload=call.to_json()
            )
            for call in calls
        ]
        issues.save_calls(self._store, stored)

    def pending(self, project: str, repo: str) -> list[PlannedCall]:
        """Return the calls that are planned still."""
        return [PlannedCall.from_json(payload) for payload in issues.planned_calls(self._store, project, repo)]

    def sent(self, call_id: str, result: Json, issue: KnownIssue | None) -> None:
        """Mark a call as sent and remember its issue."""
        issues.finish_call(self._store, call_id, "sent", result, _stored(issue) if issue else None)

    def dropped(self, call_id: str, reason: str) -> None:
        """Mark a call as dropped."""
        issues.finish_call(self._store, call_id, "dropped", {"reason": reason}, None)


def _stored(issue: KnownIssue) -> StoredIssue:
    return StoredIssue(
        project=issue.project,
        repo=issue.repo,
        key=issue.key,
        number=issue.number,
        state=issue.state.value,
        facts=issue.to_json(),
    )
