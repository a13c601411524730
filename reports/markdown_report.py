"""The report as GitHub's Markdown: for a step summary, a comment, a wiki page.

Texts of others become plain words: no markup, no mention, no HTML. GitHub aborts a step summary above
1024 kB, so each section shows its first `ROWS_SHOWN` findings and says how many more there are.
"""

from __future__ import annotations

from typing import Final

from reports import wording
from reports.escape import markdown_code, markdown_link, markdown_target, markdown_text, safe_href
from reports.i18n import Words, words
from reports.model import Finding, Place, Report, Section

ROWS_SHOWN: Final = 200
PLACES_SHOWN: Final = 10
TEXT_LIMIT: Final = 100
URL_LIMIT: Final = 400
_DETAILED: Final = (
    Section.NEW,
    Section.BROKEN,
    Section.SUSPECT,
    Section.REVIEW,
    Section.REPAIRED,
    Section.REDIRECT,
    Section.IGNORED,
)


def render_markdown(report: Report) -> str:
    """Return the report as one Markdown document that ends with a newline."""
    say = words(report.language)
    lines = [f"# {markdown_text(wording.headline(report, say))}", "", *_about(report, say), *_counts(report, say)]
    for section in _DETAILED:
        found = report.section(section)
        if found:
            lines += _section(section, found, report, say)
    return "\n".join(lines).rstrip("\n") + "\n"


def _about(report: Report, say: Words) -> list[str]:
    run = report.run
    when = say("run.at", when=f"{wording.stamp(run.started_at)[:16].replace('T', ' ')} UTC")
    lines = [f"**{markdown_text(run.project)}** · {when} · {wording.coverage(report, say)}", ""]
    for key, sentence in (("run.untrusted", run.untrusted), ("run.partial", run.partial)):
        if sentence:
            lines += [f"> **{say(key)}:** {markdown_text(sentence)}", ""]
    if run.notes:
        lines += [*(f"- {markdown_text(note)}" for note in run.notes), ""]
    return lines


def _counts(report: Report, say: Words) -> list[str]:
    rows = [
        f"| {say(f'section.{section}')} | {say.number(count)} |"
        for section, count in wording.section_counts(report).items()
        if count
    ]
    return [f"| {say('md.state')} | {say('md.count')} |", "| --- | ---: |", *rows, ""] if rows else []


def _section(section: Section, found: tuple[Finding, ...], report: Report, say: Words) -> list[str]:
    heads = [say(f"md.{name}") for name in ("link", "where", "why", "instead")]
    rows = [_row(finding, report, say) for finding in found[:ROWS_SHOWN]]
    lines = [f"## {say(f'section.{section}')} ({say.number(len(found))})", ""]
    lines += [f"| {' | '.join(heads)} |", "| --- | --- | --- | --- |", *rows, ""]
    if len(found) > ROWS_SHOWN:
        lines += [say("section.more", len(found) - ROWS_SHOWN), ""]
    return lines


def _row(finding: Finding, report: Report, say: Words) -> str:
    cells = [
        _link(wording.link_text(finding), finding.url),
        "<br>".join(_where(place) for place in finding.links[:PLACES_SHOWN]) + _further(finding, say),
        _why(finding, report, say),
        "<br>".join(_instead(finding, say)[:3]),
    ]
    return f"| {' | '.join(cells)} |"


def _link(text: str, url: str) -> str:
    words_of_link = text.strip()[:TEXT_LIMIT] or url[:TEXT_LIMIT]
    return markdown_link(words_of_link, url) if len(url) <= URL_LIMIT else markdown_code(url[:URL_LIMIT] + "…")


def _where(place: Place) -> str:
    shown, href = markdown_code(wording.where(place)[:URL_LIMIT]), safe_href(place.permalink)
    return f"[{shown}](<{markdown_target(href)}>)" if href else shown


def _further(finding: Finding, say: Words) -> str:
    more = len(finding.links) - PLACES_SHOWN
    return f"<br>{say('finding.more-places', more)}" if more > 0 else ""


def _why(finding: Finding, report: Report, say: Words) -> str:
    age = wording.age(finding, report.run.started_at, say)
    parts = [
        f"**{say(f'verdict.{finding.verdict}')}**" + (f"{say('comma')}{age}" if age else ""),
        markdown_text(wording.why(finding, say)[:URL_LIMIT]),
        markdown_text((finding.ignore_reason or "")[:URL_LIMIT]),
    ]
    return "<br>".join(part for part in parts if part)


def _instead(finding: Finding, say: Words) -> list[str]:
    return [
        f"{_link(item.url, item.url)} ({say.get(f'kind.{item.kind}', item.kind.value)}"
        f"{say('comma')}{say(f'confidence.{item.confidence}')})"
        for item in finding.suggestions
    ]
