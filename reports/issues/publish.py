"""The whole way from a report to its issues: settle, observe, plan, apply; or only the plan, to be read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reports.issues.apply import apply
from reports.issues.clock import Clock
from reports.issues.ledger import Ledger
from reports.issues.model import Applied, Plan, TrackerSettings
from reports.issues.observe import observe
from reports.issues.plan import plan
from reports.issues.settle import settle
from reports.issues.trackers.base import Tracker
from reports.model import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What was planned and what came of it."""

    plan: Plan
    applied: Applied


def publish(report: Report, settings: TrackerSettings, tracker: Tracker, ledger: Ledger, clock: Clock) -> Published:
    """Bring the tracker in line with a report; twice is the same as once.

    Raises:
        TrackerRefused: the tracker cannot be used at all (`problem` says why); nothing was written.
    """
    withheld = _withheld(report, settings)
    if withheld is not None:
        return Published(plan=withheld, applied=Applied())
    settled = settle(report.run.project, settings, tracker, ledger, clock)
    seen = observe(report, settings, tracker, ledger)
    for issue in seen.changed:
        ledger.remember(issue)
    planned = plan(report, seen.issues, settings)
    planned = replace(planned, notes=seen.notes + planned.notes)
    applied = apply(planned, tracker, ledger, clock)
    return Published(plan=planned, applied=replace(applied, notes=settled.notes + applied.notes))


def preview(report: Report, settings: TrackerSettings, tracker: Tracker | None, ledger: Ledger) -> Plan:
    """Return what `publish` would write; nothing is written, neither there nor here.

    Without a tracker the plan rests on the database alone.

    Raises:
        TrackerRefused: the tracker cannot be read.
    """
    withheld = _withheld(report, settings)
    if withheld is not None:
        return withheld
    if tracker is None:
        known = ledger.issues(report.run.project, settings.place)
        note = "The tracker was not asked (no token): people may have closed or changed issues since."
        planned = plan(report, known, settings)
        return replace(planned, notes=(note, *planned.notes))
    seen = observe(report, settings, tracker, ledger)
    planned = plan(report, seen.issues, settings)
    return replace(planned, notes=seen.notes + planned.notes)


def _withheld(report: Report, settings: TrackerSettings) -> Plan | None:
    without_asking = plan(report, (), settings)
    return without_asking if without_asking.withheld is not None else None
