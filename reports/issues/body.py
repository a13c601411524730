"""The Markdown of an issue: what is dead, where it stands, what to put in its place.

The same findings give the same text but for the day of the run; `groups.fingerprint` decides whether
a new text is worth a write. A body never exceeds its limit: whole rows are left out and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final

from crawler.domain.suggestion import Confidence, Suggestion
from reports.i18n import Words
from reports.issues import markdown
from reports.issues.groups import Groups
from reports.issues.identity import shown_url
from reports.issues.marker import marker, settled_marker
from reports.issues.model import BODY_LIMIT
from reports.issues.words import issue_words
from reports.model import Finding, Report, RunView
from reports.wording import answer, day, where, why

_PLACES, _SUGGESTIONS, _REPAIRED = 10, 3, 10
_KINDS: Final = ("redirect", "normalisation", "memento")


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """How one issue is written: the language, the limit, and whether links may leave backlinks."""

    say: Words
    run: RunView
    backlinks: bool = True
    report_url: str | None = None
    limit: int = BODY_LIMIT

    @classmethod
    def of(cls, report: Report, *, backlinks: bool, report_url: str | None = None) -> Writer:
        """Return the writer for a report's issues."""
        return cls(say=issue_words(report.language), run=report.run, backlinks=backlinks, report_url=report_url)

    def link(self, text: str, url: str) -> str:
        """Return a link to a foreign address."""
        return markdown.link(text, url, backlinks=self.backlinks)

    def name(self, finding: Finding) -> str:
        """Return the finding's URL as a link; a local target as code."""
        shown = shown_url(finding)
        return self.link(shown, finding.url) if shown == finding.url else markdown.code(shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """A headed list of rows. `folded` ones are collapsed."""

    head: str
    rows: tuple[str, ...]
    folded: bool = False

    def text(self, rows: int) -> str:
        """Return the block with its first rows."""
        body = "\n".join(self.rows[:rows])
        if self.folded:
            return f"<details><summary>{self.head}</summary>\n\n{body}\n\n</details>"
        return f"### {self.head}\n\n{body}" if self.head else body


def dashboard_body(writer: Writer, key: str, groups: Groups, listed: Collection[str] = ()) -> str:
    """Return the body of the one issue of a list; `listed` are the keys that it called dead before."""
    say = writer.say
    open_ones = len(groups.dead) + len(groups.recovering)
    intro = say("intro" if open_ones else "intro.all-well", project=markdown.code(writer.run.project))
    footer = _footer(writer, "close.hint" if open_ones else None)
    first = marker(key) if open_ones else f"{marker(key)}\n{settled_marker()}"
    return _fitted([first, intro, _counts(say, groups)], _blocks(writer, groups, frozenset(listed)), footer, writer)


def link_body(writer: Writer, key: str, finding: Finding) -> str:
    """Return the body of an issue about one link."""
    intro = writer.say("intro.link", project=markdown.code(writer.run.project))
    block = _Block(head="", rows=(_dead_row(writer, finding, places=100),))
    return _fitted([marker(key), intro], [block], _footer(writer, "close.hint.link"), writer)


def _blocks(writer: Writer, groups: Groups, before: frozenset[str]) -> list[_Block]:
    say, today = writer.say, day(writer.run.started_at)
    new = [finding for finding in groups.dead if finding.key not in before]
    still = [finding for finding in groups.dead if finding.key in before]
    repaired = groups.repaired[:_REPAIRED]

    def rows(row: Callable[[Writer, Finding], str], findings: Iterable[Finding]) -> tuple[str, ...]:
        return tuple(row(writer, finding) for finding in findings)

    return [
        _Block(head=say("head.new", len(new), day=today), rows=rows(_dead_row, new)),
        _Block(head=say("head.still", len(still)), rows=rows(_dead_row, still)),
        _Block(head=say("head.recovering", len(groups.recovering)), rows=rows(_short_row, groups.recovering)),
        _Block(head=say("head.review", len(groups.review)), rows=rows(_review_row, groups.review)),
        _Block(head=say("head.redirect", len(groups.redirects)), rows=rows(_moved_row, groups.redirects), folded=True),
        _Block(head=say("head.repaired", len(groups.repaired), day=today), rows=rows(_short_row, repaired)),
    ]


def _fitted(header: list[str], blocks: list[_Block], footer: str, writer: Writer) -> str:
    """Join the parts; the first rows that fit are kept, the rest is counted at the top and at the cut."""
    total = sum(len(block.rows) for block in blocks)
    worst = writer.say("left-out", total)
    room = writer.limit - markdown.size("\n\n".join([*header, worst, worst, footer])) - 16
    body: list[str] = []
    kept = 0
    for block in blocks:
        fitting = _fitting(block, room)
        if fitting:
            body.append(block.text(fitting))
            room -= markdown.size(body[-1]) + 2
            kept += fitting
        if fitting < len(block.rows):
            break
    note = [f"**{writer.say('left-out', total - kept)}**"] if kept < total else []
    return "\n\n".join([*header, *note, *body, *note, footer])


def _fitting(block: _Block, room: int) -> int:
    """Return how many rows of a block fit."""
    left = room - markdown.size(block.text(0)) - 4
    for count, row in enumerate(block.rows):
        left -= markdown.size(row) + 1
        if left < 0:
            return count
    return len(block.rows)


def _counts(say: Words, groups: Groups) -> str:
    parts = [f"**{say('count.dead', len(groups.dead))}**"]
    parts += [
        say(f"count.{name}", len(findings))
        for name, findings in (
            ("recovering", groups.recovering),
            ("review", groups.review),
            ("redirect", groups.redirects),
        )
        if findings
    ]
    return " · ".join(parts)


def _dead_row(writer: Writer, finding: Finding, places: int = _PLACES) -> str:
    say = writer.say
    facts = [_reason(finding, say)]
    if finding.down_since is not None:
        facts.append(say("since", day=day(finding.down_since)))
    lines = [f"- {writer.name(finding)} · {' · '.join(facts)}"]
    lines += [f"  - {line}" for line in (*_places(writer, finding, places), *_replacements(writer, finding))]
    return "\n".join(lines)


def _short_row(writer: Writer, finding: Finding) -> str:
    return "\n".join([f"- {writer.name(finding)}", *(f"  - {line}" for line in _places(writer, finding, 3))])


def _review_row(writer: Writer, finding: Finding) -> str:
    lines = [f"- {writer.name(finding)} · {_reason(finding, writer.say)}"]
    return "\n".join([*lines, *(f"  - {line}" for line in _places(writer, finding, 3))])


def _moved_row(writer: Writer, finding: Finding) -> str:
    new = finding.suggestions[0].url if finding.suggestions else finding.final_url
    lines = [f"- {writer.name(finding)}"]
    if new:
        lines.append(f"  - → {writer.link(new, new)}")
    return "\n".join([*lines, *(f"  - {line}" for line in _places(writer, finding, 3))])


def _reason(finding: Finding, say: Words) -> str:
    said = answer(finding, say)
    sentence = markdown.plain(why(finding, say))
    return f"{markdown.code(said)} {sentence}" if said else sentence


def _places(writer: Writer, finding: Finding, most: int) -> list[str]:
    """Return a line for each text that the link has, with all the places where it stands."""
    by_text: dict[str, list[str]] = {}
    for place in finding.links[:most]:
        here = where(place)
        named = markdown.link(here, place.permalink, backlinks=True) if place.permalink else markdown.code(here)
        by_text.setdefault(place.text.strip(), []).append(named)
    lines = [
        f"{writer.say('in')} {', '.join(named)}" + (f" {markdown.code(text, 80)}" if text else "")
        for text, named in by_text.items()
    ]
    more = len(finding.links) - most
    return lines + ([writer.say("places.more", more)] if more > 0 else [])


def _replacements(writer: Writer, finding: Finding) -> list[str]:
    lines = [_suggestion(writer, suggestion) for suggestion in finding.suggestions[:_SUGGESTIONS]]
    memento = finding.memento
    if memento is None or memento.url is None or any(memento.url == found.url for found in finding.suggestions):
        return lines
    stamp = day(memento.timestamp) if memento.timestamp else memento.url
    return [*lines, f"{writer.say('suggest.memento')}: {writer.link(stamp, memento.url)}"]


def _suggestion(writer: Writer, suggestion: Suggestion) -> str:
    kind = suggestion.kind.value if suggestion.kind.value in _KINDS else "other"
    proof = f" ({writer.say('possible')})" if suggestion.confidence is Confidence.POSSIBLE else ""
    return f"{writer.say(f'suggest.{kind}')}: {writer.link(suggestion.url, suggestion.url)}{proof}"


def _footer(writer: Writer, hint: str | None) -> str:
    say, run = writer.say, writer.run
    lines = ["---"]
    if writer.report_url:
        lines.append(writer.link(say("report"), writer.report_url))
    if hint is not None:
        toml = f'[[ignore]]\npattern = "{say("ignore.pattern")}"\nreason = "{say("ignore.reason")}"'
        lines += [f"{say('ignore')}\n\n```toml\n{toml}\n```", say(hint)]
    lines.append(f"<sub>{say('written', version=run.tool_version, day=day(run.started_at))}</sub>")
    return "\n\n".join(lines)
