"""Drafts of single writes: what each operation sends, and what is known once it has succeeded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from reports.issues.closing import STATE_REASON, Closing, closing_comment
from reports.issues.model import Hold, IssueState, Json, KnownIssue, Op, PlannedCall
from reports.model import RunView

Step = PlannedCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafts:
    """Makes the calls of one run; their ids are the same when the same run is planned again."""

    run: RunView
    repo: str
    language: str

    def create(self, issue: KnownIssue, body: str, labels: tuple[str, ...]) -> Step:
        """Draft a new issue."""
        payload = {"title": issue.title, "body": body, "labels": list(labels)}
        return self._step(issue, Op.CREATE, "links are dead and there is no issue", payload, self._open(issue))

    def update(self, issue: KnownIssue, body: str) -> Step:
        """Draft an edit in place; a title that people changed stays."""
        return self._step(issue, Op.UPDATE, "the findings changed", {"body": body}, self._open(issue))

    def reopen(self, issue: KnownIssue, body: str) -> Step:
        """Draft the reopening of a closed issue under its old number."""
        payload = {"state": "open", "state_reason": "reopened", "body": body}
        return self._step(issue, Op.REOPEN, "links are dead again", payload, self._open(issue))

    def close(
        self, issue: KnownIssue, closing: Closing, body: str | None = None, number: int | None = None
    ) -> tuple[Step, ...]:
        """Draft the closing and its one comment; `number` is the issue that goes on instead."""
        payload: Json = {"state": "closed", "state_reason": STATE_REASON[closing]}
        if body is not None:
            payload["body"] = body
        after = replace(
            issue,
            state=IssueState.CLOSED,
            closed_by_us=True,
            hold=Hold.NONE,
            updated_at=self.run.started_at,
        )
        reason = closing.name.lower()
        text = closing_comment(self._id(issue.key, Op.COMMENT), closing, self.language, number)
        return (
            self._step(issue, Op.CLOSE, reason, payload, after),
            self._step(issue, Op.COMMENT, reason, {"body": text}, None),
        )

    def ordered(self, steps: Iterable[Step]) -> tuple[PlannedCall, ...]:
        """Return the calls with their positions."""
        return tuple(replace(step, position=position) for position, step in enumerate(steps))

    def _open(self, issue: KnownIssue) -> KnownIssue:
        return replace(
            issue,
            state=IssueState.OPEN,
            closed_by_us=False,
            hold=Hold.NONE,
            updated_at=self.run.started_at,
        )

    def _step(self, issue: KnownIssue, op: Op, reason: str, payload: Json, after: KnownIssue | None) -> Step:
        return PlannedCall(
            id=self._id(issue.key, op),
            project=issue.project,
            repo=self.repo,
            key=issue.key,
            op=op,
            position=0,
            reason=reason,
            payload=payload,
            number=issue.number,
            after=after,
        )

    def _id(self, key: str, op: Op) -> str:
        text = f"{self.run.project}|{self.repo}|{self.run.started_at.isoformat()}|{key}|{op.value}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]
