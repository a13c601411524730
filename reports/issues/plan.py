"""Decides which issues to write: pure, from a report, what is known of our issues, and the settings.

The dashboard, and each issue of a single link, follow one table of states:

    state     links dead                        none dead (or still waiting for a second good day)
    absent    create                            -
    open      update, if its text changed       close with a comment, unless a person reopened it
    closed    reopen, the same number           -
    muted     - (a person closed it: it stays)  becomes closed, without a call: a later breakage may reopen it

A link that answered once (`recovering`) keeps an open issue open, and opens none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from crawler.domain.health import Health
from reports.escape import visible
from reports.issues import markdown
from reports.issues.body import Writer, dashboard_body, link_body
from reports.issues.calls import Drafts, Step
from reports.issues.closing import Closing
from reports.issues.groups import Groups, fingerprint, group, is_open
from reports.issues.identity import link_key, shown_url
from reports.issues.marker import DASHBOARD_SCOPE, key_of
from reports.issues.model import Hold, IssueState, Kind, KnownIssue, Mode, Op, Plan, TrackerSettings
from reports.model import Finding, Report, Section

_GONE_FOR_GOOD = frozenset({Hold.DELETED, Hold.TRANSFERRED, Hold.NOT_OURS})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """What one planning looks at."""

    report: Report
    settings: TrackerSettings
    known: dict[str, KnownIssue]
    writer: Writer
    drafts: Drafts

    @property
    def project(self) -> str:
        return self.report.run.project


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """Calls that belong together, or something to remember without a call, or a remark."""

    steps: tuple[Step, ...] = ()
    remember: KnownIssue | None = None
    note: str | None = None


def plan(report: Report, known: Sequence[KnownIssue], settings: TrackerSettings) -> Plan:
    """Return what is to be written after a run; nothing after one that is untrusted or partial."""
    empty = Plan(project=report.run.project, repo=settings.place)
    withheld = _withheld(report, settings)
    if withheld is not None:
        return replace(empty, withheld=withheld)
    scene = _Scene(
        report=report,
        settings=settings,
        known={issue.key: issue for issue in known},
        writer=Writer.of(report, backlinks=not settings.is_github_com, report_url=settings.report_url),
        drafts=Drafts(run=report.run, repo=settings.place, language=report.language),
    )
    wanted = _dashboard(scene) if settings.mode is Mode.DASHBOARD else _links(scene)
    outcomes = list(chain(_other_mode(scene), _duplicates(scene), wanted))
    steps, capped = _capped([outcome.steps for outcome in outcomes if outcome.steps], settings.max_writes)
    return replace(
        empty,
        calls=scene.drafts.ordered(steps),
        remember=tuple(outcome.remember for outcome in outcomes if outcome.remember),
        notes=tuple(outcome.note for outcome in outcomes if outcome.note) + capped,
    )


def render_plan(planned: Plan) -> str:
    """Return a plan as plain text for a terminal, with a newline at the end."""
    lines = [f"{planned.repo} ({visible(planned.project)}): {_summary(planned)}"]
    for call in planned.calls:
        number = f"#{call.number}" if call.number is not None else "new issue"
        lines.append(f"  {call.position + 1}. {call.op.value} {number}: {call.reason}")
        lines += [f"     {name}: {_shown(value)}" for name, value in call.payload.items() if name != "body"]
        if "body" in call.payload:
            lines += [f"     | {visible(line)}" for line in call.payload["body"].splitlines()]
    lines += [f"  note: {visible(note)}" for note in planned.notes]
    return "\n".join(lines) + "\n"


def wanted_keys(report: Report, settings: TrackerSettings) -> frozenset[str]:
    """Return the keys of the issues that the report's dead links ask for in the configured mode."""
    dead = [finding for finding in report.findings if is_open(finding) and finding.health is Health.BROKEN]
    match settings.mode:
        case Mode.NONE:
            return frozenset()
        case Mode.DASHBOARD:
            return frozenset({key_of(report.run.project, DASHBOARD_SCOPE)} if dead else ())
        case Mode.PER_LINK:
            return frozenset(link_key(report.run.project, finding) for finding in dead)


def _withheld(report: Report, settings: TrackerSettings) -> str | None:
    if report.run.untrusted:
        return f"The run cannot be trusted, so no issue is touched: {report.run.untrusted}"
    if report.run.partial:
        return f"The run is incomplete, so no issue is touched: {report.run.partial}"
    if not report.findings:
        return "The run found no links at all, so no issue is touched."
    if settings.mode is Mode.NONE:
        return "Issues are switched off (tracker.mode)."
    return None


def _dashboard(scene: _Scene) -> Iterator[_Outcome]:
    key = key_of(scene.project, DASHBOARD_SCOPE)
    issue = scene.known.get(key)
    listed = issue.listed if issue else ()
    groups = group(scene.report, listed)
    body = dashboard_body(scene.writer, key, groups, listed)
    title = scene.settings.title or scene.writer.say("title.dashboard", project=scene.project)
    target = _after(scene, issue, key, Kind.DASHBOARD, fingerprint(groups, scene.report.language))
    target = replace(target, title=markdown.title(title), listed=_listed(groups))
    if groups.dead or (groups.recovering and issue and issue.state is not IssueState.CLOSED):
        outcome = _while_dead(scene, issue, target, body, may_open=bool(groups.dead))
    else:
        outcome = _all_well(scene, issue, target, body, Closing.DASHBOARD)
    yield outcome


def _links(scene: _Scene) -> Iterator[_Outcome]:
    findings = {link_key(scene.project, finding): finding for finding in scene.report.findings}
    ours = [issue for issue in scene.known.values() if issue.kind is Kind.LINK]
    closing = [issue for issue in ours if not _keeps_open(findings.get(issue.key))]
    for issue in sorted(closing, key=lambda issue: issue.key):
        yield _all_well(scene, issue, replace(issue, hold=Hold.NONE), None, _why_closed(findings.get(issue.key)))
    still_open = sum(issue.state is IssueState.OPEN for issue in ours if issue not in closing)
    room = max(0, min(scene.settings.max_new, scene.settings.max_open - still_open))
    left_out = 0
    for finding in group(scene.report).dead:
        outcome = _link(scene, finding)
        opens = any(step.op in (Op.CREATE, Op.REOPEN) for step in outcome.steps)
        if opens and not room:
            left_out += 1
            continue
        room -= opens
        yield outcome
    if left_out:
        limits = f"at most {scene.settings.max_new} new a run and {scene.settings.max_open} open"
        yield _Outcome(note=f"{left_out} further dead links have no issue yet ({limits}).")


def _link(scene: _Scene, finding: Finding) -> _Outcome:
    key = link_key(scene.project, finding)
    issue = scene.known.get(key)
    alone = Groups(dead=(finding,), recovering=(), review=(), redirects=())
    target = _after(scene, issue, key, Kind.LINK, fingerprint(alone, scene.report.language))
    shown = markdown.clip(shown_url(finding), 150)
    title = markdown.title(scene.writer.say("title.link", url=shown))
    target = replace(target, url=shown_url(finding), title=title, listed=(finding.key,))
    return _while_dead(scene, issue, target, link_body(scene.writer, key, finding), may_open=True)


def _while_dead(scene: _Scene, issue: KnownIssue | None, target: KnownIssue, body: str, *, may_open: bool) -> _Outcome:
    """Decide for an issue with links that are dead; without `may_open` they only wait for a second good day."""
    state = issue.state if issue else IssueState.ABSENT
    match state:
        case IssueState.MUTED:
            assert issue is not None
            return _Outcome(note=_muted_note(issue))
        case IssueState.OPEN:
            assert issue is not None
            if issue.body_hash == target.body_hash and issue.hold is Hold.NONE:
                return _Outcome()
            return _Outcome(steps=(scene.drafts.update(target, body),))
        case IssueState.CLOSED if may_open:
            return _Outcome(steps=(scene.drafts.reopen(target, body),))
        case IssueState.ABSENT if may_open:
            return _Outcome(steps=(scene.drafts.create(target, body, scene.settings.labels),))
        case _:
            return _Outcome()


def _all_well(
    scene: _Scene, issue: KnownIssue | None, target: KnownIssue, body: str | None, closing: Closing
) -> _Outcome:
    if issue is None:
        return _Outcome()
    if issue.state is IssueState.MUTED:
        return _Outcome(remember=_unmuted(issue))
    if issue.state is not IssueState.OPEN or issue.hold is Hold.REOPENED_BY_PERSON:
        return _Outcome()
    return _Outcome(steps=scene.drafts.close(replace(target, listed=()), closing, body))


def _other_mode(scene: _Scene) -> Iterator[_Outcome]:
    """Close what the other mode left open, so that a change of mode leaves no orphan."""
    other = Kind.LINK if scene.settings.mode is Mode.DASHBOARD else Kind.DASHBOARD
    for issue in _open(scene, other):
        yield _Outcome(steps=scene.drafts.close(issue, Closing.MODE))


def _duplicates(scene: _Scene) -> Iterator[_Outcome]:
    for issue in _open(scene, Kind.DUPLICATE):
        kept = scene.known.get(issue.key.partition(".")[0])
        if kept is not None and kept.number is not None:
            yield _Outcome(steps=scene.drafts.close(issue, Closing.DUPLICATE, number=kept.number))


def _open(scene: _Scene, kind: Kind) -> list[KnownIssue]:
    held = Hold.REOPENED_BY_PERSON
    issues = [issue for issue in scene.known.values() if issue.kind is kind and issue.state is IssueState.OPEN]
    return sorted((issue for issue in issues if issue.hold is not held), key=lambda issue: issue.key)


def _after(scene: _Scene, issue: KnownIssue | None, key: str, kind: Kind, body_hash: str) -> KnownIssue:
    """Return the issue as it will be known once it was written."""
    return KnownIssue(
        project=scene.project,
        repo=scene.settings.place,
        key=key,
        kind=kind,
        state=IssueState.OPEN,
        number=issue.number if issue else None,
        body_hash=body_hash,
        author=issue.author if issue else None,
        updated_at=scene.report.run.started_at,
    )


def _listed(groups: Groups) -> tuple[str, ...]:
    return tuple(sorted(finding.key for finding in (*groups.dead, *groups.recovering)))


def _unmuted(issue: KnownIssue) -> KnownIssue:
    if issue.hold in _GONE_FOR_GOOD:
        return replace(issue, state=IssueState.ABSENT, number=None, hold=Hold.NONE, listed=(), body_hash="")
    return replace(issue, state=IssueState.CLOSED, hold=Hold.NONE, listed=())


def _keeps_open(finding: Finding | None) -> bool:
    return finding is not None and is_open(finding)


def _why_closed(finding: Finding | None) -> Closing:
    if finding is None:
        return Closing.REMOVED
    if finding.section is Section.IGNORED:
        return Closing.IGNORED
    return Closing.LINK if finding.health is Health.OK else Closing.WITHDRAWN


def _muted_note(issue: KnownIssue) -> str:
    what = {
        Hold.DELETED: "was deleted",
        Hold.TRANSFERRED: "was transferred",
        Hold.NOT_OURS: "is not ours any more",
    }.get(issue.hold, "was closed by a person")
    return f"Issue #{issue.number} {what} while links were dead: it is left alone until all of it was repaired once."


def _capped(groups: Iterable[tuple[Step, ...]], most: int) -> tuple[list[Step], tuple[str, ...]]:
    """Keep whole groups up to the cap; what is left out is planned again by the next run."""
    kept: list[Step] = []
    left = 0
    for steps in groups:
        if left or len(kept) + len(steps) > most:
            left += len(steps)
        else:
            kept += steps
    return kept, ((f"{left} writes wait for the next run (at most {most} a run).",) if left else ())


def _summary(planned: Plan) -> str:
    if planned.withheld is not None:
        return f"nothing is written. {visible(planned.withheld)}"
    writes = len(planned.calls)
    return f"{writes} {'write' if writes == 1 else 'writes'} planned" if writes else "nothing to write"


def _shown(value: object) -> str:
    return visible(", ".join(map(str, value)) if isinstance(value, list) else str(value))
