"""The drawings of the report as SVG path data: the template writes the elements.

Drawn in whole units, so that the same input gives the same bytes. A state is told by its height as
well as by its colour: alive is low, walls and skips are middle, failures are high.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from crawler.domain.verdict import LIVING, Verdict
from reports.i18n import Words
from reports.model import Finding, HistoryDay, Report
from reports.wording import BROKEN_SECTIONS, day, section_counts

HISTORY_RUNS: Final = 30
_STEP, _WIDTH, _HEIGHT = 4, 3, 14
_NEUTRAL: Final = frozenset({Verdict.BLOCKED, Verdict.LOGIN, Verdict.SKIPPED})
_TREND_WIDTH, _TREND_HEIGHT = 240, 44


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A bar a run date. `paths` are (verdict, path data); `words` tells the same to a reader."""

    width: int
    height: int
    paths: tuple[tuple[str, str], ...]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One state's part of the bar of all addresses, in thousandths."""

    section: str
    x: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The number of broken links over the runs: a line, the area below it, and the figures."""

    line: str
    area: str
    figures: tuple[tuple[str, int], ...]
    top: int


def history(finding: Finding, say: Words) -> History | None:
    """Return the history bar of a finding; None where it has fewer than two run dates."""
    days = finding.history[-HISTORY_RUNS:]
    if len(days) < 2:
        return None
    paths: dict[str, str] = {}
    for index, seen in enumerate(days):
        high = _bar_height(seen.verdict)
        bar = f"M{index * _STEP} {_HEIGHT - high}h{_WIDTH}v{high}h-{_WIDTH}z"
        paths[seen.verdict.value] = paths.get(seen.verdict.value, "") + bar
    return History(width=len(days) * _STEP, height=_HEIGHT, paths=tuple(paths.items()), words=_history_words(days, say))


def shares(report: Report) -> tuple[Share, ...]:
    """Return the parts of the bar in report order; each state that occurs is at least 6 wide."""
    counts = {section: count for section, count in section_counts(report).items() if count}
    total = sum(counts.values())
    widths = {section: max(6, count * 1000 // total) for section, count in counts.items()}
    if not widths:
        return ()
    widest = max(widths, key=lambda section: widths[section])
    widths[widest] += 1000 - sum(widths.values())
    parts, x = [], 0
    for section, width in widths.items():
        parts.append(Share(section=section.value, x=x, width=width))
        x += width
    return tuple(parts)


def trend(report: Report) -> Trend | None:
    """Return the line of broken links over the runs; None where there are fewer than two."""
    figures = tuple((day(at), _broken(counts)) for at, counts in report.trend)
    if len(figures) < 2:
        return None
    top = max(1, *(count for _, count in figures))
    points = [
        (index * _TREND_WIDTH // (len(figures) - 1), _TREND_HEIGHT - count * (_TREND_HEIGHT - 4) // top)
        for index, (_, count) in enumerate(figures)
    ]
    line = f"M{points[0][0]} {points[0][1]}" + "".join(f"H{x}V{y}" for x, y in points[1:])
    area = f"{line}V{_TREND_HEIGHT}H0z"
    return Trend(line=line, area=area, figures=figures, top=top)


def _broken(counts: dict[str, int]) -> int:
    return sum(counts.get(section, 0) for section in BROKEN_SECTIONS)


def _bar_height(verdict: Verdict) -> int:
    if verdict in LIVING:
        return 5
    return 9 if verdict in _NEUTRAL else _HEIGHT


def _history_words(days: tuple[HistoryDay, ...], say: Words) -> str:
    counted = Counter(seen.verdict for seen in days)
    states = ", ".join(f"{count} {say(f'verdict.{verdict}')}" for verdict, count in sorted(counted.items()))
    return say(
        "finding.history.desc",
        len(days),
        from_date=day(days[0].at),
        to_date=day(days[-1].at),
        states=states,
    )
