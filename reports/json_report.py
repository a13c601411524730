"""The report as JSON: what scripts read. Its shape is `schema/report.schema.json` (draft 2020-12).

The same input gives the same bytes. Texts are kept as they are; characters that harm a terminal are
written as JSON escapes, which changes no value.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from crawler.domain.suggestion import Suggestion
from crawler.domain.verdict import Evidence, Verdict
from reports.escape import json_text, without_userinfo
from reports.model import CaptureView, Finding, MementoView, Place, Report, RunView, Section
from reports.wording import BROKEN_SECTIONS, section_counts, stamp

SCHEMA_VERSION: Final = 1
SCHEMA_PATH: Final = Path(__file__).parent / "schema" / "report.schema.json"


def render_json(report: Report) -> str:
    """Return the report as a JSON document that ends with a newline."""
    return json_text(json.dumps(to_document(report), ensure_ascii=False, indent=2)) + "\n"


def render_jsonl(report: Report) -> str:
    """Return one finding a line, each as in `render_json`; empty where there is none."""
    found = (json.dumps(_finding(finding), ensure_ascii=False) for finding in report.findings)
    return "".join(f"{json_text(line)}\n" for line in found)


def load_schema() -> dict[str, Any]:
    """Return the published JSON Schema of `render_json`'s documents."""
    schema: dict[str, Any] = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    return schema


def to_document(report: Report) -> dict[str, Any]:
    """Return the report as plain values, keys in the order of the contract."""
    return {
        "schema_version": SCHEMA_VERSION,
        "run": _run(report.run, report.language),
        "summary": _summary(report),
        "findings": [_finding(finding) for finding in report.findings],
    }


def _run(run: RunView, language: str) -> dict[str, Any]:
    return {
        "id": run.id,
        "project": run.project,
        "started_at": stamp(run.started_at),
        "finished_at": stamp(run.finished_at),
        "previous_at": _time(run.previous_at),
        "tool_version": run.tool_version,
        "language": language,
        "untrusted": run.untrusted,
        "partial": run.partial,
        "notes": list(run.notes),
        "links": run.links,
        "urls": run.urls,
        "checked": run.checked,
        "pending": run.pending,
        "requests": run.requests,
        "hosts": run.hosts,
    }


def _summary(report: Report) -> dict[str, Any]:
    sections = section_counts(report)
    verdicts = dict.fromkeys(Verdict, 0)
    for finding in report.findings:
        verdicts[finding.verdict] += 1
    return {
        "findings": len(report.findings),
        "links": sum(len(finding.links) for finding in report.findings),
        "broken": sum(sections[section] for section in BROKEN_SECTIONS),
        "dead_today": sum(finding.dead_today for finding in report.findings),
        "verdicts": {verdict.value: count for verdict, count in verdicts.items()},
        "sections": {section.value: count for section, count in sections.items()},
        "previous": {
            section.value: report.previous_counts[section] for section in Section if section in report.previous_counts
        },
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "url": finding.url,
        "final_url": finding.final_url,
        "verdict": finding.verdict.value,
        "rule": finding.rule,
        "why": finding.why,
        "status": finding.status,
        "failure": finding.failure.value if finding.failure else None,
        "hops": [{"url": hop.url, "status": hop.status} for hop in finding.hops],
        "warnings": list(finding.warnings),
        "evidence": _evidence(finding.evidence),
        "health": finding.health.value if finding.health else None,
        "links": [_place(place) for place in finding.links],
        "memento": _memento(finding.memento),
        "suggestions": [_suggestion(suggestion) for suggestion in finding.suggestions],
        "key": finding.key,
        "section": finding.section.value,
        "dead_today": finding.dead_today,
        "strikes": finding.strikes,
        "first_seen": _time(finding.first_seen),
        "down_since": _time(finding.down_since),
        "last_ok": _time(finding.last_ok),
        "checked_at": _time(finding.checked_at),
        "ignore_reason": finding.ignore_reason,
        "title": finding.title,
        "capture": _capture(finding.capture),
        "history": [{"at": stamp(day.at), "verdict": day.verdict.value} for day in finding.history],
    }


def _place(place: Place) -> dict[str, Any]:
    return {
        "source": place.source,
        "line": place.line,
        "column": place.column,
        "text": place.text,
        "fragment": place.fragment,
        "fragment_found": place.fragment_found,
        "raw": place.raw,
        "kind": place.kind,
        "added": _time(place.added),
        "permalink": place.permalink,
    }


def _memento(memento: MementoView | None) -> dict[str, Any] | None:
    if memento is None:
        return None
    return {
        "state": memento.state.value,
        "url": memento.url,
        "timestamp": _time(memento.timestamp),
        "archive": memento.archive,
        "verified": memento.verified,
        "reasons": list(memento.reasons),
        "checked_at": _time(memento.checked_at),
    }


def _capture(capture: CaptureView | None) -> dict[str, Any] | None:
    if capture is None:
        return None
    return {
        "state": capture.state.value,
        "at": stamp(capture.at),
        "code": capture.code,
        "detail": without_userinfo(capture.detail),
        "url": capture.url,
    }


def _suggestion(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "url": suggestion.url,
        "kind": suggestion.kind.value,
        "confidence": suggestion.confidence.value,
        "evidence": _evidence(suggestion.evidence),
    }


def _evidence(evidence: tuple[Evidence, ...]) -> list[dict[str, str]]:
    return [{"name": item.name, "value": without_userinfo(item.value)} for item in evidence]


def _time(moment: datetime | None) -> str | None:
    return stamp(moment) if moment is not None else None
