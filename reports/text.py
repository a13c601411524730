"""The report for a terminal: one line a place that wants a look, grouped by file, then a summary line.

A line starts with `path:line:col`, which editors and terminals make clickable. What is in order, was
skipped or is ignored has no line. Foreign texts are escaped: no control sequence reaches the terminal.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from crawler.domain.verdict import LIVING
from reports import wording
from reports.escape import terminal
from reports.i18n import Words, words
from reports.model import Finding, Place, Report, Section

_NO_PLACE: Final = Place(source="", line=0, column=0, text="")
_SHOWN: Final = frozenset({Section.NEW, Section.BROKEN, Section.SUSPECT, Section.REVIEW, Section.REDIRECT})
_COLORS: Final[dict[Section, str]] = {
    Section.NEW: "31",
    Section.BROKEN: "31",
    Section.SUSPECT: "33",
    Section.REVIEW: "35",
    Section.REDIRECT: "36",
    Section.FINE: "33",
}
_BOLD, _DIM = "1", "2"


def render_text(report: Report, *, color: bool) -> str:
    """Return the report as lines for a terminal; `color` adds ANSI colours (the caller honours NO_COLOR)."""
    say = words(report.language)
    lines: list[str] = []
    for items in _by_source(report).values():
        for place, finding in items:
            lines += _lines(place, finding, say, color=color)
        lines.append("")
    lines += [_paint(wording.headline(report, say), _BOLD, color), _summary(report, say)]
    lines += [f"{say(key)}: {terminal(text)}" for key, text in _remarks(report)]
    return "\n".join(lines) + "\n"


def _by_source(report: Report) -> dict[str, list[tuple[Place, Finding]]]:
    groups: dict[str, list[tuple[Place, Finding]]] = {}
    for finding in report.findings:
        for place in finding.links or (_NO_PLACE,):
            if finding.section in _SHOWN or _remarkable(place, finding):
                groups.setdefault(place.source, []).append((place, finding))
    for items in groups.values():
        items.sort(key=lambda item: (item[0].line, item[0].column))
    return dict(sorted(groups.items()))


def _remarkable(place: Place, finding: Finding) -> bool:
    return finding.verdict in LIVING and place.fragment_found is False


def _lines(place: Place, finding: Finding, say: Words, *, color: bool) -> Iterator[str]:
    verdict = _paint(say(f"verdict.{finding.verdict}"), _COLORS.get(finding.section, _DIM), color)
    spot = f"{terminal(place.source)}:{place.line}:{place.column} " if place.line else ""
    fragment = f"#{terminal(place.fragment)}" if place.fragment and place.fragment_found is False else ""
    reason = terminal(_reason(place, finding, say))
    yield f"{spot}{verdict} {terminal(finding.url)}{fragment} {_paint(f'({reason})', _DIM, color)}"
    for item in finding.suggestions[:1]:
        kind = say.get(f"kind.{item.kind}", item.kind.value)
        yield _paint("    " + say("text.instead", url=terminal(item.url), kind=kind), _DIM, color)


def _reason(place: Place, finding: Finding, say: Words) -> str:
    if _remarkable(place, finding) and finding.section not in _SHOWN:
        return say("finding.fragment-missing", fragment=place.fragment or "")
    reason, answer = wording.why(finding, say), wording.answer(finding, say)
    return reason if not answer or answer in reason else f"{answer}: {reason}"


def _summary(report: Report, say: Words) -> str:
    counts: dict[str, int] = {}
    for finding in report.findings:
        counts[finding.verdict] = counts.get(finding.verdict, 0) + 1
    states = ", ".join(f"{count} {say(f'verdict.{verdict}')}" for verdict, count in sorted(counts.items()))
    links = say("text.links", report.run.links)
    addresses = say("text.addresses", report.run.urls)
    return say("text.summary", links=links, urls=addresses, states=states or say("section.empty"))


def _remarks(report: Report) -> Iterator[tuple[str, str]]:
    if report.run.untrusted:
        yield "run.untrusted", report.run.untrusted
    if report.run.partial:
        yield "run.partial", report.run.partial
    for note in report.run.notes:
        yield "run.notes", note


def _paint(text: str, code: str, color: bool) -> str:  # noqa: FBT001 - passed through from the one public switch
    return f"\x1b[{code}m{text}\x1b[0m" if color else text
