"""Renders a report as one self-contained HTML file.

The page carries its own Content-Security-Policy by hash, so that a hostile text can run nothing even
if an escape failed: no inline `style` attribute or handler exists, no request leaves the page. What a
maintainer needs is plain HTML; only the table of all links needs JavaScript.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import wording
from reports.escape import markdown_link, safe_href, visible, without_userinfo
from reports.html import charts, data
from reports.i18n import LANG_ATTRIBUTE, Words, words
from reports.model import Finding, Place, Report, Section

FULL_LIMIT: Final = 500
BRIEF_LIMIT: Final = 100
PLACES_SHOWN: Final = 5
_HERE: Final = Path(__file__).parent
_FULL: Final = (Section.NEW, Section.BROKEN)
_FOLDED: Final = frozenset({"redirect", "ignored", "warned"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One section of the page: its first findings, and how many more only the table has."""

    name: str
    title: str
    lead: str
    total: int
    findings: tuple[Finding, ...]
    full: bool
    folded: bool

    @property
    def more(self) -> int:
        """How many findings are not shown here."""
        return self.total - len(self.findings)


def render(report: Report) -> str:
    """Return the report as one HTML document; the same report gives the same bytes."""
    say = words(report.language)
    style, script = _static("report.css"), _static("report.js")
    return (
        _environment()
        .get_template("report.html")
        .render(
            report=report,
            run=report.run,
            say=say,
            lang=LANG_ATTRIBUTE[say.language],
            csp=_policy(style, script),
            style=Markup(style),  # noqa: S704 - a file of ours
            script=Markup(script),  # noqa: S704 - a file of ours
            headline=wording.headline_sentences(report, say),
            coverage=wording.coverage(report, say),
            tally=_tally(report, say),
            parts=tuple(_parts(report, say)),
            block=data.block(report, say),
            trend=charts.trend(report),
            shares=charts.shares(report),
            view=View(say=say, now=report.run.started_at),
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the templates ask about one finding, in one language and at one time."""

    say: Words
    now: datetime

    def why(self, finding: Finding) -> str:
        """Return why the verdict was given."""
        return wording.why(finding, self.say)

    def answer(self, finding: Finding) -> str:
        """Return the status or the failure."""
        return wording.answer(finding, self.say)

    def age(self, finding: Finding) -> str:
        """Return for how long it has been dead."""
        return wording.age(finding, self.now, self.say)

    def history(self, finding: Finding) -> charts.History | None:
        """Return the history bar."""
        return charts.history(finding, self.say)

    def markdown(self, finding: Finding, url: str) -> str:
        """Return a Markdown link to the URL under the citation's own text."""
        return markdown_link(wording.link_text(finding), url)

    def places(self, finding: Finding) -> tuple[Place, ...]:
        """Return the places that are shown at once."""
        return finding.links[:PLACES_SHOWN]

    def further(self, finding: Finding) -> tuple[Place, ...]:
        """Return the places that are folded away."""
        return finding.links[PLACES_SHOWN:]

    def facts(self, finding: Finding) -> list[tuple[str, str]]:
        """Return the evidence in words, without what the page says elsewhere."""
        shown = {"status", "failure", "redirects"}
        return [
            (self.say.get(f"evidence.{item.name}", item.name), without_userinfo(item.value))
            for item in finding.evidence
            if item.name not in shown
        ]


def _tally(report: Report, say: Words) -> list[dict[str, Any]]:
    """Return the figures on top: one a section, with the change since the last run where it is known."""
    counts = wording.section_counts(report)
    rows = []
    for section, count in counts.items():
        if section is Section.PENDING and not count:
            continue
        before = report.previous_counts.get(section) if report.run.previous_at else None
        rows.append(
            {
                "name": section.value,
                "title": say(f"section.{section}"),
                "count": say.number(count),
                "empty": count == 0,
                "delta": "" if before is None or before == count else f"{count - before:+,}".replace("-", "\u2212"),
            }
        )
    return rows


def _parts(report: Report, say: Words) -> Iterable[Part]:
    room = FULL_LIMIT
    for section in Section:
        found = report.section(section)
        full = section in _FULL
        if section is Section.PENDING:
            continue  # the line on coverage counts them; the table lists them
        if section is Section.FINE:
            found = tuple(finding for finding in found if finding.warnings)
        limit = room if full else BRIEF_LIMIT
        if full:
            room -= min(room, len(found))
        if found:
            name = "warned" if section is Section.FINE else section.value
            first = section is Section.NEW and report.run.previous_at is None
            yield Part(
                name=name,
                title=say(f"section.{name}"),
                lead=say("section.new.lead-first" if first else f"section.{name}.lead"),
                total=len(found),
                findings=found[:limit],
                full=full,
                folded=name in _FOLDED,
            )


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")


@cache
def _static(name: str) -> str:
    return (_HERE / "static" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        visible=visible, href=safe_href, when=_when, date=_date, address=_address, masked=without_userinfo
    )
    return environment


def _when(moment: datetime) -> Markup:
    """Return a time with its minute, as a time element in UTC."""
    iso = wording.stamp(moment)
    return Markup('<time datetime="{}">{} {}</time>').format(iso, iso[:10], iso[11:16])


def _date(moment: datetime) -> Markup:
    """Return a time's date, as a time element in UTC."""
    return Markup('<time datetime="{}">{}</time>').format(wording.stamp(moment), wording.day(moment))


def _address(url: str) -> Markup:
    """Return a URL for the eye: its host stands out, its scheme steps back."""
    shown = visible(url)
    scheme, found, rest = shown.partition("://")
    if not found:
        return Markup("<bdi>{}</bdi>").format(shown)
    cut = min((rest.find(end) for end in "/?#" if end in rest), default=len(rest))
    return Markup('<bdi><span class="scheme">{}://</span><b>{}</b>{}</bdi>').format(scheme, rest[:cut], rest[cut:])
