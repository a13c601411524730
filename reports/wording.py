"""The sentences that every report says in the same way: the headline, why, how long, where."""

from __future__ import annotations

from datetime import UTC, datetime

from crawler.domain.health import Health
from crawler.domain.verdict import DEAD, RULES_BY_NAME
from reports.i18n import Words
from reports.model import Finding, Place, Report, Section

BROKEN_SECTIONS = (Section.NEW, Section.BROKEN)


def section_counts(report: Report) -> dict[Section, int]:
    """Return how many findings (addresses) stand in each section."""
    counts = dict.fromkeys(Section, 0)
    for finding in report.findings:
        counts[finding.section] += 1
    return counts


def headline(report: Report, say: Words) -> str:
    """Return the verdict on the whole run in a few plain sentences."""
    return joined(headline_sentences(report, say), say)


def headline_sentences(report: Report, say: Words) -> list[str]:
    """Return the sentences of the verdict on the whole run, the most important first."""
    if report.run.untrusted:
        return [say("headline.untrusted")]
    if not report.findings:
        return [say("headline.empty")]
    counts = section_counts(report)
    new, still = counts[Section.NEW], counts[Section.BROKEN]
    parts: list[str] = []
    if report.run.previous_at is None and new + still:
        parts.append(say("headline.broken-first", new + still))
    elif new:
        parts.append(say("headline.new", new))
    elif still:
        parts.append(say("headline.none-new"))
    if report.run.previous_at is not None and still:
        parts.append(say("headline.still", still))
    if not parts:
        parts.append(say("headline.all-well"))
    if counts[Section.REPAIRED]:
        parts.append(say("headline.repaired", counts[Section.REPAIRED]))
    elif counts[Section.SUSPECT] and not new + still:
        parts.append(say("headline.watched", counts[Section.SUSPECT]))
    return parts


def joined(sentences: list[str], say: Words) -> str:
    """Return sentences one after the other, as the language spaces them."""
    return ("" if say.language == "zh" else " ").join(sentences)


def coverage(report: Report, say: Words) -> str:
    """Return how much of the list was looked at."""
    run = report.run
    first = say(
        "coverage",
        checked=say.number(run.checked),
        urls=say.number(run.urls),
        links=say.number(run.links),
    )
    waiting = [say("coverage.pending", run.pending)] if run.pending else []
    return joined([first, *waiting], say)


def why(finding: Finding, say: Words) -> str:
    """Return the sentence of the rule that decided, in the reader's language where it is known."""
    rule = RULES_BY_NAME.get(finding.rule)
    if rule is not None and rule.why != finding.why:
        return finding.why
    return say.get(f"rule.{finding.rule}", finding.why)


def answer(finding: Finding, say: Words) -> str:
    """Return the status or the failure in a word or two; empty where nothing was asked."""
    if finding.failure is not None:
        return say.get(f"failure.{finding.failure}", finding.failure.value)
    return str(finding.status) if finding.status is not None else ""


def days_down(finding: Finding, now: datetime) -> int | None:
    """Return the whole days since the present failure was first seen; None when nothing is failing."""
    if finding.down_since is None:
        return None
    return max(0, (now.date() - finding.down_since.date()).days)


def age(finding: Finding, now: datetime, say: Words) -> str:
    """Return for how long a finding has been dead or failing, in words; empty when it is not."""
    if finding.section not in (*BROKEN_SECTIONS, Section.SUSPECT):
        return ""
    days = days_down(finding, now)
    kind = "dead" if finding.verdict in DEAD or finding.health is Health.BROKEN else "failing"
    if not days:
        return say(f"finding.{kind}-today") if days == 0 or finding.dead_today else ""
    return say(f"finding.{kind}-days", days)


def where(place: Place) -> str:
    """Return `file:line` as editors and terminals understand it."""
    return f"{place.source}:{place.line}"


def link_text(finding: Finding) -> str:
    """Return the best words for a link to this finding: a citation's text, the page's title, or the URL."""
    texts = [place.text for place in finding.links if place.text.strip()]
    return texts[0] if texts else (finding.title or finding.url)


def stamp(moment: datetime) -> str:
    """Return an aware UTC time as ISO 8601 to the second, for machines."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(moment: datetime) -> str:
    """Return the date of a time, as every report writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d")
