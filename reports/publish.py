"""Publish: from a report to the issue tracker that the configuration names. Nothing is written unless asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crawler.config import ProjectConfig, Settings, TrackerConfig
from crawler.errors import ConfigError
from crawler.store import judging
from crawler.store.runs import Run
from crawler.store.session import Store
from reports.issues import publish as issues
from reports.issues.clock import SystemClock
from reports.issues.model import Applied, Mode, Plan, TrackerSettings
from reports.issues.plan import render_plan
from reports.issues.store_ledger import StoreLedger
from reports.issues.trackers.github import GitHub
from reports.model import Report

CONSUMER = "publish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was planned, and what came of it where it was written."""

    plan: Plan
    applied: Applied | None = None

    @property
    def failed(self) -> bool:
        """Whether a write did not succeed."""
        return self.applied is not None and bool(self.applied.failures)

    def text(self) -> str:
        """Return the plan, and what of it was written, for a terminal."""
        lines = [render_plan(self.plan)]
        if self.applied is None:
            return "\n".join([*lines, "Nothing was written: this is the plan (--apply writes)."])
        lines += [f"failed: {failure.message}" for failure in self.applied.failures]
        return "\n".join([*lines, *self.applied.notes, f"{len(self.applied.sent)} written"])


def publish(
    store: Store, run: Run, report: Report, settings: Settings, project: ProjectConfig, now: datetime, *, write: bool
) -> Outcome | None:
    """Plan the issues of a report and, with `write`, write them; None where no tracker is configured.

    Raises:
        ConfigError: the tracker's repository is missing, or, with `write`, its token.
        TrackerError: the tracker cannot be used; nothing was written.
    """
    tracker = project.tracker or settings.tracker
    if tracker.kind == "none":
        return None
    place = tracker_settings(settings, tracker)
    ledger = StoreLedger(store)
    if not write:
        with GitHub(place, SystemClock()) as client:
            return Outcome(plan=issues.preview(report, place, client if place.token else None, ledger))
    if not place.token:
        raise ConfigError("tracker.token: set it in the environment (LINKVIGIL_TRACKER__TOKEN) or a file")
    with GitHub(place, SystemClock()) as client:
        published = issues.publish(report, place, client, ledger, SystemClock())
    if not published.applied.failures and published.plan.withheld is None:
        taken = [key for key, *_ in judging.open_transitions(store, run.project_id, CONSUMER)]
        judging.take_transitions(store, taken, CONSUMER, now)
    return Outcome(plan=published.plan, applied=published.applied)


def tracker_settings(settings: Settings, tracker: TrackerConfig) -> TrackerSettings:
    """Return the tracker's settings as plain values.

    Raises:
        ConfigError: the repository is missing.
    """
    if not tracker.repo:
        raise ConfigError("tracker.repo: name the repository as owner/name")
    token = tracker.token or settings.github_token
    return TrackerSettings(
        kind=tracker.kind,
        url=tracker.url,
        repo=tracker.repo,
        token=token.get_secret_value() if token else "",
        mode=Mode(tracker.mode),
        max_new=tracker.max_new,
        max_open=tracker.max_open,
        labels=tracker.labels,
        title=tracker.title,
        ca_bundle=str(settings.ca_bundle) if settings.ca_bundle else None,
        proxy=settings.proxy,
    )
