"""Explain one URL: everything that is known of it and why it was judged so, as plain text."""

from __future__ import annotations

from collections.abc import Iterator

from crawler.config import Settings
from crawler.domain.health import failure_class
from crawler.domain.urls import InvalidUrl, parse
from crawler.domain.verdict import RULES_BY_NAME, Policy, matching_rules
from crawler.errors import SourceError
from crawler.stages.judge import policy_of
from crawler.store import archiving, findings, runs
from crawler.store.findings import UrlRecord
from crawler.store.runs import Run
from crawler.store.session import Store
from reports.escape import terminal


def explain(store: Store, project: str, text: str, settings: Settings) -> str:
    """Return what is known of a URL in a project, as lines for a terminal.

    Raises:
        SourceError: the URL is not known there.
    """
    run = runs.latest_run(store, project)
    record = findings.record_of(store, run, _canonical(text)) if run else None
    if run is None or record is None:
        raise SourceError(f"{text}: project {project} does not know this URL; it does after a run over its source")
    policy = policy_of(settings)
    lines = [*_facts(record), *_rules(record, policy), *_past(record), *_archive(store, record)]
    return "".join(_shown(line) for line in [*lines, *_candidates(store, run, record)])


def _shown(line: str) -> str:
    """Return a line for a terminal: its label padded, what came from outside made harmless."""
    label, _, text = line.strip().partition(" ")
    indent = "  " if line.startswith(" ") else ""
    return f"{indent}{label:{12 - len(indent)}}{terminal(text)}\n" if text.strip() else f"{terminal(label)}\n"


def _canonical(text: str) -> str:
    try:
        return parse(text).canonical
    except InvalidUrl:
        return text


def _facts(record: UrlRecord) -> Iterator[str]:
    yield record.canonical
    if record.standing:
        since = f" since {record.standing.since:%Y-%m-%d %H:%M} UTC" if record.standing.since else ""
        yield f"health     {record.standing.health.value}{since}"
        for day, at, kind in record.standing.strikes:
            yield f"  strike   {day.isoformat()} {at:%H:%M} UTC ({kind.value})"
        if record.standing.last_up:
            yield f"alive {record.standing.last_up:%Y-%m-%d %H:%M} UTC"
    if record.accepted_at:
        yield f"baseline   accepted on {record.accepted_at:%Y-%m-%d}"
    yield f"found {record.first_seen_at:%Y-%m-%d %H:%M} UTC"
    for link in record.links:
        added = f", added {link.added:%Y-%m-%d}" if link.added else ""
        yield f"link       {link.source}:{link.line}:{link.column} {link.text!r}{added}"


def _rules(record: UrlRecord, policy: Policy) -> Iterator[str]:
    seen, judged = record.seen, record.judged
    if seen is None or judged is None:
        yield "verdict    none: it was not looked at yet"
        return
    yield f"looked {seen.at:%Y-%m-%d %H:%M} UTC, {seen.attempt} tries, {seen.method}, profile {seen.profile}"
    for number, hop in enumerate(seen.hops, start=1):
        yield f"  hop {number}. {hop.status} {hop.url}"
    if seen.failure:
        yield f"  failure  {seen.failure.value} {seen.detail}"
    kind = failure_class(judged.verdict, seen.failure)
    weight = f" (counts as {kind.value})" if kind else ""
    yield f"verdict    {judged.verdict.value} by rule {judged.rule}{weight}"
    if judged.rule in RULES_BY_NAME:
        yield f"  why      {RULES_BY_NAME[judged.rule].why}"
    for item in judged.evidence:
        yield f"  evidence {item.name}: {item.value}"
    for rule in matching_rules(seen, policy):
        if rule.name != judged.rule:
            yield f"  also     {rule.name} would say {rule.verdict.value}"
    for warning in judged.warnings:
        yield f"  warning  {warning.value}"


def _past(record: UrlRecord) -> Iterator[str]:
    for past in reversed(record.past):
        yield f"history    {past.at:%Y-%m-%d %H:%M} UTC {past.verdict.value} ({past.rule}; {past.saw})"


def _archive(store: Store, record: UrlRecord) -> Iterator[str]:
    known = archiving.mementos(store, [record.url_id]).get(record.url_id)
    if known is None:
        yield "memento    not looked for"
    else:
        memento = known[0]
        yield f"memento    {memento.state.value} {memento.view_url or ''} (looked {memento.checked_at:%Y-%m-%d})"
        for reason in memento.reasons:
            yield f"  check    {reason}"
    capture = archiving.captures(store, [record.url_id]).get(record.url_id)
    if capture is not None:
        yield f"capture    {capture.state.value} {capture.code or ''} {capture.detail}"


def _candidates(store: Store, run: Run, record: UrlRecord) -> Iterator[str]:
    for rank, target, kind, confidence, why in archiving.candidates(store, run.project_id, record.url_id):
        place = f"{rank}." if rank else "lost"
        yield f"candidate  {place:4} {target} ({kind}, {confidence}) {why}"
