"""Sends a plan: each write committed before it goes out and marked after it succeeded.

A new issue or comment is never sent a second time on suspicion: after a failure that leaves its fate
open, its marker is looked for first. What could not be settled stays in the outbox for the next run.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Final

from reports.issues.clock import Clock
from reports.issues.ledger import Ledger
from reports.issues.marker import find_call
from reports.issues.model import (
    Applied,
    CallFailure,
    Hold,
    IssueState,
    Json,
    KnownIssue,
    Op,
    Plan,
    PlannedCall,
)
from reports.issues.observe import matching
from reports.issues.trackers.base import OF_ONE_ISSUE, Problem, RemoteIssue, Tracker, TrackerRefused

log = logging.getLogger(__name__)
_SETTLING: Final = 5.0  # seconds until a write of unknown fate can be expected to show up in a list
_ATTEMPTS: Final = 2
_HOLDS: Final = {Problem.ISSUE_DELETED: Hold.DELETED, Problem.ISSUE_TRANSFERRED: Hold.TRANSFERRED}


def apply(plan: Plan, tracker: Tracker, ledger: Ledger, clock: Clock) -> Applied:
    """Send the calls in order and return what came of each; failures are returned, not raised.

    A failure that concerns one issue only skips the rest for this issue; any other ends the sending.
    """
    ledger.plan_written(plan.calls)
    for issue in plan.remember:
        ledger.remember(issue)
    desk = Desk(tracker=tracker, ledger=ledger, clock=clock)
    return desk.send_all(plan.calls)


@dataclass(slots=True, kw_only=True)
class Desk:
    """Sends calls one by one and marks them in the ledger; the tracker paces them."""

    tracker: Tracker
    ledger: Ledger
    clock: Clock

    def send_all(self, calls: tuple[PlannedCall, ...]) -> Applied:
        """Send the calls in order."""
        sent: list[PlannedCall] = []
        failures: list[CallFailure] = []
        failed_keys: set[str] = set()
        for index, call in enumerate(calls):
            if call.key in failed_keys:
                self.ledger.dropped(call.id, "an earlier call for this issue failed")
                continue
            try:
                sent.append(self.send(call))
            except TrackerRefused as refusal:
                failures.append(self._failed(call, refusal))
                failed_keys.add(call.key)
                if refusal.problem not in OF_ONE_ISSUE:
                    self._give_up(calls[index + 1 :], refusal)
                    break
        return Applied(sent=tuple(sent), failures=tuple(failures))

    def send(self, call: PlannedCall) -> PlannedCall:
        """Send one call and mark it; TrackerRefused when it failed or its fate is not known."""
        match call.op:
            case Op.CREATE:
                remote = self._create(call)
                self.ledger.sent(call.id, _result(remote), known_after(call, remote))
                log.info("issue #%s opened: %s", remote.number, call.reason)
                return replace(call, number=remote.number)
            case Op.COMMENT:
                self._comment(call)
                self.ledger.sent(call.id, {}, None)
            case Op.UPDATE | Op.CLOSE | Op.REOPEN:
                assert call.number is not None
                remote = self.tracker.update(call.number, call.payload)
                self.ledger.sent(call.id, _result(remote), known_after(call, remote))
        log.info("issue #%s: %s: %s", call.number, call.op, call.reason)
        return call

    def _create(self, call: PlannedCall) -> RemoteIssue:
        for attempt in range(_ATTEMPTS):
            try:
                return self.tracker.create(call.payload)
            except TrackerRefused as refusal:
                if refusal.problem is not Problem.AMBIGUOUS:
                    raise
                self.clock.sleep(_SETTLING)
                found = matching(call.key, self.tracker.scan(), self.tracker.whoami())
                if found:
                    return found[0]
                if attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")

    def _comment(self, call: PlannedCall) -> None:
        assert call.number is not None
        for attempt in range(_ATTEMPTS):
            try:
                self.tracker.comment(call.number, call.payload["body"])
            except TrackerRefused as refusal:
                if refusal.problem is not Problem.AMBIGUOUS:
                    raise
                self.clock.sleep(_SETTLING)
                if comment_exists(self.tracker, call):
                    return
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                return

    def _failed(self, call: PlannedCall, refusal: TrackerRefused) -> CallFailure:
        log.warning("issue call %s failed: %s", call.op, refusal)
        if refusal.permanent:
            self.ledger.dropped(call.id, str(refusal))
        hold = _HOLDS.get(refusal.problem)
        if hold is not None and call.after is not None:
            self.ledger.remember(replace(call.after, state=IssueState.MUTED, hold=hold, number=call.number))
        return CallFailure(
            call=call, problem=refusal.problem.value, message=str(refusal), pending=not refusal.permanent
        )

    def _give_up(self, rest: tuple[PlannedCall, ...], refusal: TrackerRefused) -> None:
        """Nothing more can be sent now: forget the rest if no retry can help, else leave it pending."""
        if refusal.permanent:
            for call in rest:
                self.ledger.dropped(call.id, str(refusal))


def known_after(call: PlannedCall, remote: RemoteIssue) -> KnownIssue | None:
    """Return what is known of an issue once a call for it has succeeded."""
    if call.after is None:
        return None
    return replace(call.after, number=remote.number, author=remote.author or call.after.author)


def comment_exists(tracker: Tracker, call: PlannedCall) -> bool:
    """Whether the comment of a call stands on its issue already."""
    assert call.number is not None
    return any(find_call(text) == call.id for text in tracker.comments(call.number))


def _result(remote: RemoteIssue) -> Json:
    return {"number": remote.number, "url": remote.web_url}
