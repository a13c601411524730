"""Looks at the tracker before anything is planned: what became of our issues, and where they are if we forgot.

An issue is asked for by its number. The list of issues is read only when the database knows nothing at
all of this repository (first run, or a lost database), and then in full and without filters: filtered
lists come from a search index that has returned nothing by mistake, and made duplicates.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from reports.issues.identity import link_key, shown_url
from reports.issues.ledger import Ledger
from reports.issues.marker import DASHBOARD_SCOPE, find_key, is_settled, key_of
from reports.issues.model import Hold, IssueState, Kind, KnownIssue, TrackerSettings
from reports.issues.plan import wanted_keys
from reports.issues.trackers.base import Problem, RemoteIssue, Tracker, TrackerRefused
from reports.model import Report

log = logging.getLogger(__name__)
_HELD: Final = {
    Problem.ISSUE_DELETED: Hold.DELETED,
    Problem.ISSUE_TRANSFERRED: Hold.TRANSFERRED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Our issues as they are now. `changed` differ from the ledger; `notes` are for the report."""

    issues: tuple[KnownIssue, ...]
    changed: tuple[KnownIssue, ...] = ()
    notes: tuple[str, ...] = ()


def observe(report: Report, settings: TrackerSettings, tracker: Tracker, ledger: Ledger) -> Observed:
    """Return our issues as the tracker has them now; nothing is written, neither there nor here.

    Raises:
        TrackerRefused: the tracker cannot be used; what became of a single issue is a note instead.
    """
    stored = ledger.issues(report.run.project, settings.place)
    if not stored:
        return _found_again(report, settings, tracker)
    wanted = wanted_keys(report, settings)
    issues: list[KnownIssue] = []
    notes: list[str] = []
    for issue in stored:
        if issue.number is None or not (issue.state is IssueState.OPEN or issue.key in wanted):
            issues.append(issue)
            continue
        seen, note = _look(issue, tracker)
        issues.append(seen)
        notes += [note] if note else []
    changed = tuple(new for old, new in zip(stored, issues, strict=True) if new != old)
    return Observed(issues=tuple(issues), changed=changed, notes=tuple(notes))


def is_ours(remote: RemoteIssue, login: str | None) -> bool:
    """Whether an issue with our marker may be taken for ours: anybody can write a marker, so the author counts.

    An insider's counts, too: the token may have belonged to another account before.
    """
    return remote.insider or (remote.robot if login is None else remote.author == login)


def matching(key: str, scan: Iterable[RemoteIssue], login: str | None) -> list[RemoteIssue]:
    """Return the issues of ours with this key, the one to keep first: open before closed, then the oldest open one."""
    found = [remote for remote in scan if find_key(remote.body) == key and is_ours(remote, login)]
    return sorted(found, key=lambda remote: (not remote.is_open, remote.number if remote.is_open else -remote.number))


def _look(issue: KnownIssue, tracker: Tracker) -> tuple[KnownIssue, str | None]:
    assert issue.number is not None
    try:
        remote = tracker.get(issue.number)
    except TrackerRefused as refusal:
        if refusal.problem not in _HELD:
            raise
        return _held(issue, _HELD[refusal.problem], str(refusal))
    if find_key(remote.body) != issue.key.partition(".")[0] and remote.author != issue.author:
        return _held(issue, Hold.NOT_OURS, f"#{issue.number} is somebody else's issue now; it is left alone.")
    return _compared(issue, remote), None


def _held(issue: KnownIssue, hold: Hold, message: str) -> tuple[KnownIssue, str | None]:
    note = None if issue.hold is hold else message
    return replace(issue, state=IssueState.MUTED, hold=hold), note


def _compared(issue: KnownIssue, remote: RemoteIssue) -> KnownIssue:
    """Return the issue with the state that people gave it since we last wrote."""
    match issue.state, remote.is_open:
        case IssueState.OPEN, False:
            log.info("issue #%s was closed by a person: muted", issue.number)
            return replace(issue, state=IssueState.MUTED, hold=Hold.CLOSED_BY_PERSON, closed_by_us=False)
        case IssueState.CLOSED, True:
            return replace(issue, state=IssueState.OPEN, hold=Hold.REOPENED_BY_PERSON, closed_by_us=False)
        case IssueState.MUTED, True:
            return replace(issue, state=IssueState.OPEN, hold=Hold.NONE, body_hash="")
        case _:
            return issue


def _found_again(report: Report, settings: TrackerSettings, tracker: Tracker) -> Observed:
    """Take our issues out of the whole list by their markers, and note that the list was read."""
    login = tracker.whoami()
    marked = [remote for remote in tracker.scan() if find_key(remote.body)]
    dashboard = _row(report, settings, key_of(report.run.project, DASHBOARD_SCOPE), Kind.DASHBOARD)
    links = {link_key(report.run.project, finding): shown_url(finding) for finding in report.findings}
    rows = [dashboard, *(replace(_row(report, settings, key, Kind.LINK), url=url) for key, url in links.items())]
    adopted = [issue for row in rows for issue in _adopted(row, matching(row.key, marked, login))]
    notes = tuple(f"Issue #{issue.number} was found again by its marker." for issue in adopted)
    if all(issue.key != dashboard.key for issue in adopted):
        adopted.append(dashboard)
    return Observed(issues=tuple(adopted), changed=tuple(adopted), notes=notes)


def _adopted(row: KnownIssue, found: Sequence[RemoteIssue]) -> list[KnownIssue]:
    """Return the issue that is kept, and the other open ones with the same marker as its duplicates."""
    if not found:
        return []
    first, *others = found
    state = _adopted_state(first)
    kept = replace(
        row,
        state=state,
        number=first.number,
        title=first.title,
        author=first.author,
        hold=Hold.CLOSED_BY_PERSON if state is IssueState.MUTED else Hold.NONE,
        closed_by_us=state is IssueState.CLOSED,
    )
    doubles = [
        replace(kept, key=f"{row.key}.{other.number}", kind=Kind.DUPLICATE, number=other.number)
        for other in others
        if other.is_open
    ]
    return [kept, *doubles]


def _adopted_state(remote: RemoteIssue) -> IssueState:
    """Read the state of an issue that we forgot: closed without our closing line means by a person."""
    if remote.is_open:
        return IssueState.OPEN
    return IssueState.CLOSED if is_settled(remote.body) else IssueState.MUTED


def _row(report: Report, settings: TrackerSettings, key: str, kind: Kind) -> KnownIssue:
    return KnownIssue(
        project=report.run.project,
        repo=settings.place,
        key=key,
        kind=kind,
        state=IssueState.ABSENT,
        updated_at=report.run.started_at,
    )
