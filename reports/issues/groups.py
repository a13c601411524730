"""Which findings an issue speaks of, in which order, and the fingerprint by which a change is known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from crawler.domain.health import Health
from reports.issues.identity import shown_url
from reports.model import Finding, Report, Section
from reports.wording import day

LAYOUT: Final = 1  # raised when every issue should be written anew once


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The findings of an issue. `dead` and `recovering` keep it open; the rest is worth telling.

    `recovering` links answered once and wait for a second good date. `repaired` were called dead by
    the issue before and are in order now.
    """

    dead: tuple[Finding, ...]
    recovering: tuple[Finding, ...]
    review: tuple[Finding, ...]
    redirects: tuple[Finding, ...]
    repaired: tuple[Finding, ...] = ()


def group(report: Report, listed: Collection[str] = ()) -> Groups:
    """Sort a report's findings; `listed` are the keys that the issue called dead when it was last written."""
    shown = [finding for finding in report.findings if finding.section is not Section.IGNORED]
    before = frozenset(listed)
    return Groups(
        dead=_oldest_first(finding for finding in shown if finding.health is Health.BROKEN),
        recovering=_oldest_first(finding for finding in shown if finding.health is Health.RECOVERING),
        review=_by_url(finding for finding in shown if finding.section is Section.REVIEW and not is_open(finding)),
        redirects=_by_url(finding for finding in shown if finding.section is Section.REDIRECT and not is_open(finding)),
        repaired=_by_url(finding for finding in shown if finding.key in before and finding.health is Health.OK),
    )


def is_open(finding: Finding) -> bool:
    """Whether a finding keeps an issue open: confirmed broken, or not yet twice good again."""
    return finding.section is not Section.IGNORED and finding.health in (Health.BROKEN, Health.RECOVERING)


def fingerprint(groups: Groups, language: str) -> str:
    """Return a hash of all that an edit of the issue would be worth.

    Left out on purpose, since it changes from night to night while the findings stay: status and
    failure (a dead host times out tonight and refuses tomorrow), commit ids in permalinks, how long
    something is dead, what is new, the run and the tool's version.
    """
    facts = {
        "layout": LAYOUT,
        "language": language,
        "dead": sorted(_facts(finding) for finding in groups.dead),
        "recovering": sorted(_facts(finding) for finding in groups.recovering),
        "review": sorted(shown_url(finding) for finding in groups.review),
        "redirects": sorted([shown_url(finding), _target(finding)] for finding in groups.redirects),
    }
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _facts(finding: Finding) -> list[object]:
    memento = finding.memento.url if finding.memento else None
    return [
        shown_url(finding),
        finding.health is Health.BROKEN and finding.verdict.value,
        day(finding.down_since) if finding.down_since else "",
        sorted([place.source, place.line] for place in finding.links),
        sorted([suggestion.url, suggestion.confidence.value] for suggestion in finding.suggestions),
        memento or "",
    ]


def _target(finding: Finding) -> str:
    return finding.suggestions[0].url if finding.suggestions else finding.final_url or ""


def _oldest_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda found: (*_since(found), found.url, found.key)))


def _since(finding: Finding) -> tuple[bool, float]:
    return finding.down_since is None, finding.down_since.timestamp() if finding.down_since else 0.0


def _by_url(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: (finding.url, finding.key)))
