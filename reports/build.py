"""Build a report from the store: the one place where stored rows become what a person sees."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from crawler.config import ProjectConfig, Settings
from crawler.domain.health import Health
from crawler.domain.memento import Capture, Memento, MementoState
from crawler.domain.observation import Observation, Skip
from crawler.domain.suggestion import Suggestion
from crawler.domain.urls import shown
from crawler.domain.verdict import DEAD, LIVING, RULES_BY_NAME, Judged, Verdict
from crawler.store import archiving, findings, runs
from crawler.store.findings import UrlRecord
from crawler.store.runs import Run, RunState
from crawler.store.session import Store
from crawler.version import tool_version
from reports.model import CaptureView, Finding, HistoryDay, MementoView, Place, Report, RunView, Section
from reports.places import Root, place_of, root_of

TREND_RUNS = 30
_BATCH = 400
_ORDER = {section: place for place, section in enumerate(Section)}
_NEEDS_A_PERSON = frozenset({Verdict.BLOCKED, Verdict.LOGIN})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    run: Run
    project: ProjectConfig
    with_history: bool
    root: Root | None
    suggestions: dict[int, tuple[Suggestion, ...]]
    mementos: dict[int, Memento]
    captures: dict[int, Capture]


def build(
    store: Store,
    run: Run,
    settings: Settings,
    project: ProjectConfig,
    *,
    with_history: bool = True,
    extra_notes: Iterable[str] = (),
) -> Report:
    """Return the report of a finished run. `with_history` is off for `check`, which has none."""
    found = list(findings.records(store, run, verbatim=settings.include_verbatim))
    context = _context(store, run, settings, project, found, with_history=with_history)
    items = sorted((_finding(record, context) for record in found), key=_sort_key)
    counts = Counter(item.section.value for item in items)
    previous = runs.previous_run(store, run) if with_history else None
    runs.save_counts(store, run.id, dict(counts))
    links = sum(len(record.links) for record in found)
    return Report(
        run=_run_view(store, run, found, previous, links=links, extra_notes=tuple(extra_notes)),
        findings=tuple(items),
        language=settings.report.language,
        counts={section.value: counts.get(section.value, 0) for section in Section},
        previous_counts=previous.counts if previous else {},
        trend=tuple(runs.recent_counts(store, run, TREND_RUNS)) if with_history else (),
        downloads=("report.json", "report.csv", "report.md") if with_history else (),
    )


def finding_key(project: str, canonical: str) -> str:
    """Return the stable key of a finding."""
    return hashlib.sha256(f"{project}\0{canonical}".encode("utf-8", "replace")).hexdigest()[:16]


def section_of(record: UrlRecord, run: Run, *, with_history: bool) -> Section:
    """Return where a URL stands in the report."""
    judged, standing = record.judged, record.standing
    if judged is None:
        return Section.PENDING
    if judged.verdict is Verdict.SKIPPED:
        ignored = record.seen is not None and record.seen.skip is Skip.IGNORED
        return Section.IGNORED if ignored else Section.FINE
    failing = judged.verdict not in LIVING
    if failing and record.accepted_at is not None:
        return Section.IGNORED
    is_broken = with_history and standing is not None and standing.health is Health.BROKEN
    if judged.verdict in DEAD or (is_broken and failing):
        return Section.NEW if _is_news(record, run, with_history=with_history) else Section.BROKEN
    if judged.verdict in _NEEDS_A_PERSON:
        return Section.REVIEW
    if failing:
        return Section.SUSPECT
    if _was_dead(record, run) or (standing is not None and standing.health is Health.RECOVERING):
        return Section.REPAIRED
    return Section.REDIRECT if judged.verdict is Verdict.MOVED else Section.FINE


def _is_news(record: UrlRecord, run: Run, *, with_history: bool) -> bool:
    """Whether a link is dead since this run: told once, at the first look or, if that was unclear, when confirmed."""
    if not with_history:
        return True
    if _was_dead(record, run):
        return False
    if record.became is Health.BROKEN:
        return True
    is_known = record.standing is not None and record.standing.health is Health.BROKEN
    return record.seen_in_run == run.id and not is_known


def _was_dead(record: UrlRecord, run: Run) -> bool:
    earlier = record.past[:-1] if record.seen_in_run == run.id else record.past
    return bool(earlier) and earlier[-1].verdict in DEAD


def _sort_key(finding: Finding) -> tuple[int, bool, str, str, int]:
    first = finding.links[0] if finding.links else Place(source="", line=0, column=0, text="")
    since = finding.down_since.isoformat() if finding.down_since else "9"
    return _ORDER[finding.section], finding.health is not Health.BROKEN, since, first.source, first.line


def _context(
    store: Store,
    run: Run,
    settings: Settings,
    project: ProjectConfig,
    found: list[UrlRecord],
    *,
    with_history: bool,
) -> _Context:
    ids = [record.url_id for record in found if record.judged and record.judged.verdict is not Verdict.ALIVE]
    mementos: dict[int, Memento] = {}
    captures: dict[int, Capture] = {}
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        mementos |= {key: memento for key, (memento, _) in archiving.mementos(store, batch).items()}
        captures |= archiving.captures(store, batch)
    return _Context(
        run=run,
        project=project,
        with_history=with_history,
        root=root_of(settings, project),
        suggestions=archiving.suggestions(store, run.project_id),
        mementos=mementos,
        captures=captures,
    )


def _finding(record: UrlRecord, context: _Context) -> Finding:
    seen, judged = record.seen, record.judged
    section = section_of(record, context.run, with_history=context.with_history)
    base = Finding(
        key=finding_key(context.project.name, record.canonical),
        url=record.canonical,
        section=section,
        verdict=judged.verdict if judged else Verdict.UNKNOWN,
        rule=judged.rule if judged else "not-looked-at",
        why=RULES_BY_NAME[judged.rule].why if judged and judged.rule in RULES_BY_NAME else "It was not looked at yet.",
        links=tuple(place_of(link, seen, context.root) for link in record.links),
        first_seen=_first_seen(record) if context.with_history else None,
    )
    if seen is None or judged is None:
        return base
    return _with_history(_with_look(base, seen, judged, record, context), record, context)


def _with_look(base: Finding, seen: Observation, judged: Judged, record: UrlRecord, context: _Context) -> Finding:
    alive = judged.verdict is Verdict.ALIVE
    memento = context.mementos.get(record.url_id)
    capture = context.captures.get(record.url_id)
    return replace(
        base,
        final_url=shown(seen.final_url) if seen.final_url else None,
        status=seen.status,
        failure=seen.failure,
        hops=seen.hops,
        warnings=tuple(warning.value for warning in judged.warnings),
        evidence=judged.evidence,
        suggestions=() if alive else context.suggestions.get(record.url_id, ()),
        memento=_memento_view(memento) if memento else None,
        capture=_capture_view(capture) if capture else None,
        checked_at=seen.at,
        ignore_reason=_ignore_reason(seen, record),
        title=seen.page.title if seen.page else None,
    )


def _with_history(base: Finding, record: UrlRecord, context: _Context) -> Finding:
    standing = record.standing
    if not context.with_history or standing is None:
        return base
    return replace(
        base,
        health=standing.health,
        dead_today=base.verdict in DEAD and standing.health is not Health.BROKEN,
        down_since=standing.first_down,
        last_ok=standing.last_up,
        strikes=len(standing.strikes),
        history=tuple(HistoryDay(at=past.at, verdict=past.verdict) for past in record.past),
    )


def _ignore_reason(seen: Observation, record: UrlRecord) -> str | None:
    if seen.skip is Skip.IGNORED:
        return seen.detail
    if record.accepted_at is not None:
        return f"accepted by the baseline of {record.accepted_at:%Y-%m-%d}"
    return None


def _first_seen(record: UrlRecord) -> datetime:
    return min([record.first_seen_at, *(link.added for link in record.links if link.added)])


def _memento_view(memento: Memento) -> MementoView:
    return MementoView(
        state=memento.state,
        url=memento.view_url if memento.state is MementoState.FOUND else None,
        timestamp=memento.timestamp,
        archive=memento.archive,
        verified=memento.verified,
        reasons=memento.reasons,
        checked_at=memento.checked_at,
    )


def _capture_view(capture: Capture) -> CaptureView:
    return CaptureView(
        state=capture.state, at=capture.asked_at, code=capture.code, detail=capture.detail, url=capture.view_url
    )


def _run_view(
    store: Store,
    run: Run,
    found: list[UrlRecord],
    previous: Run | None,
    *,
    links: int,
    extra_notes: tuple[str, ...],
) -> RunView:
    return RunView(
        id=run.id,
        project=run.project,
        started_at=run.started_at,
        finished_at=run.finished_at or run.started_at,
        tool_version=tool_version(),
        previous_at=previous.started_at if previous else None,
        untrusted=run.reason if run.state is RunState.UNTRUSTED else None,
        partial=run.reason if run.state is RunState.PARTIAL else None,
        notes=(*extra_notes, *run.stats.get("notes", ())),
        links=links,
        urls=len(found),
        checked=sum(record.seen_in_run == run.id for record in found),
        pending=findings.pending_checks(store, run),
        requests=int(run.stats.get("requests", 0)),
        hosts=int(run.stats.get("hosts", 0)),
    )
