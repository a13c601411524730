"""Publish: from a report to an issue tracker. Nothing is written unless the caller says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crawler.config import ProjectConfig, Settings, TrackerConfig
from crawler.errors import ConfigError
from crawler.store import judging
from crawler.store.runs import Run
from crawler.store.session import Store
from reports.issues.apply import apply, prepare
from reports.issues.model import Applied, Mode, TrackerSettings
from reports.issues.plan import render_plan
from reports.issues.store_ledger import StoreLedger
from reports.issues.trackers import open_tracker
from reports.model import Report

CONSUMER = "publish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What was planned, as text, and what came of it where it was applied."""

    plan: str
    applied: Applied | None = None

    @property
    def failed(self) -> bool:
        """Whether a write did not succeed."""
        return self.applied is not None and bool(self.applied.failures)

    def text(self) -> str:
        """Return the plan, and what of it was written."""
        if self.applied is None:
            return f"{self.plan}\nNothing was written: this is the plan (--apply writes)."
        failures = [f"failed: {failure.message}" for failure in self.applied.failures]
        return "\n".join([self.plan, f"{len(self.applied.sent)} written", *failures])


def tracker_of(settings: Settings, project: ProjectConfig) -> TrackerConfig | None:
    """Return the tracker of a project, or None where none is configured."""
    tracker = project.tracker or settings.tracker
    return None if tracker.kind == "none" else tracker


def publish(
    store: Store, run: Run, report: Report, settings: Settings, project: ProjectConfig, now: datetime, *, write: bool
) -> Published | None:
    """Plan the issues of a report and, with `write`, apply the plan; None where no tracker is configured.

    Raises:
        ConfigError: the tracker's repository or token is missing.
        TrackerError: the tracker refused.
    """
    tracker = tracker_of(settings, project)
    if tracker is None:
        return None
    place = _settings(settings, tracker)
    ledger = StoreLedger(store)
    with open_tracker(place) as client:
        plan = prepare(report, place, client, ledger, now)
        text = render_plan(plan)
        if not write:
            return Published(plan=text)
        applied = apply(plan, client, ledger, place)
    if not applied.failures:
        taken = [key for key, *_ in judging.open_transitions(store, run.project_id, CONSUMER)]
        judging.take_transitions(store, taken, CONSUMER, now)
    return Published(plan=text, applied=applied)


def _settings(settings: Settings, tracker: TrackerConfig) -> TrackerSettings:
    token = tracker.token or settings.github_token
    if not tracker.repo:
        raise ConfigError("tracker.repo: name the repository as owner/name")
    if token is None:
        raise ConfigError("tracker.token: set it in the environment (LINKVIGIL_TRACKER__TOKEN) or a file")
    return TrackerSettings(
        kind=tracker.kind,
        url=tracker.url,
        repo=tracker.repo,
        token=token.get_secret_value(),
        mode=Mode(tracker.mode),
        max_new=tracker.max_new,
        max_open=tracker.max_open,
        labels=tracker.labels,
        title=tracker.title,
        ca_bundle=str(settings.ca_bundle) if settings.ca_bundle else None,
        proxy=settings.proxy,
    )
