"""Clears the outbox that a crash or an outage left: finds out which writes had reached the tracker.

Nothing is planned before this is done: a close of ours that was not marked would look like a person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from reports.issues.apply import Desk, comment_exists, known_after
from reports.issues.clock import Clock
from reports.issues.ledger import Ledger
from reports.issues.model import Applied, IssueState, Op, PlannedCall, TrackerSettings
from reports.issues.observe import matching
from reports.issues.trackers.base import OF_ONE_ISSUE, RemoteIssue, Tracker, TrackerRefused


def settle(project: str, settings: TrackerSettings, tracker: Tracker, ledger: Ledger, clock: Clock) -> Applied:
    """Mark what had been done, send what must follow it (a closing's comment), drop the rest to be planned anew.

    Raises:
        TrackerRefused: the tracker cannot be used now; the outbox is kept.
    """
    desk = Desk(tracker=tracker, ledger=ledger, clock=clock)
    settler = _Settler(tracker=tracker, ledger=ledger, desk=desk)
    done: list[PlannedCall] = []
    for call in ledger.pending(project, settings.place):
        try:
            settled = settler.settle(call)
        except TrackerRefused as refusal:
            if refusal.problem not in OF_ONE_ISSUE:
                raise
            ledger.dropped(call.id, str(refusal))
        else:
            done += [settled] if settled else []
    notes = tuple(f"Left from an earlier run: {call.op.value} #{call.number} is done." for call in done)
    return Applied(sent=tuple(done), notes=notes)


class _Settler:
    def __init__(self, *, tracker: Tracker, ledger: Ledger, desk: Desk) -> None:
        self._tracker = tracker
        self._ledger = ledger
        self._desk = desk

    @cached_property
    def _scan(self) -> Sequence[RemoteIssue]:
        return self._tracker.scan()

    @cached_property
    def _login(self) -> str | None:
        return self._tracker.whoami()

    def settle(self, call: PlannedCall) -> PlannedCall | None:
        """Return the call if it is done now, None if it was dropped."""
        match call.op:
            case Op.CREATE:
                found = matching(call.key, self._scan, self._login)
                return self._mark(call, found[0] if found else None)
            case Op.CLOSE | Op.REOPEN:
                assert call.number is not None
                remote = self._tracker.get(call.number)
                return self._mark(call, remote if remote.is_open is (call.op is Op.REOPEN) else None)
            case Op.UPDATE:
                return self._mark(call, None)
            case Op.COMMENT:
                return self._comment(call)

    def _mark(self, call: PlannedCall, remote: RemoteIssue | None) -> PlannedCall | None:
        if remote is None:
            self._ledger.dropped(call.id, "not known to have been done: planned anew")
            return None
        self._ledger.sent(call.id, {"number": remote.number}, known_after(call, remote))
        return replace(call, number=remote.number)

    def _comment(self, call: PlannedCall) -> PlannedCall | None:
        if not self._closed_by_us(call):
            self._ledger.dropped(call.id, "the issue was not closed")
            return None
        if not comment_exists(self._tracker, call):
            return self._desk.send(call)
        self._ledger.sent(call.id, {}, None)
        return call

    def _closed_by_us(self, call: PlannedCall) -> bool:
        known = self._ledger.issues(call.project, call.repo)
        return any(issue.key == call.key and issue.state is IssueState.CLOSED and issue.closed_by_us for issue in known)
