"""The trackers that issues can be written to."""

from __future__ import annotations

from reports.issues.clock import Clock, SystemClock
from reports.issues.model import TrackerSettings
from reports.issues.trackers.base import Problem, RemoteIssue, Tracker, TrackerRefused
from reports.issues.trackers.github import GitHub

__all__ = ["GitHub", "Problem", "RemoteIssue", "Tracker", "TrackerRefused", "open_tracker"]


def open_tracker(settings: TrackerSettings, clock: Clock | None = None) -> GitHub:
    """Return the tracker of these settings, to be used as a context manager; nothing is sent yet.

    Raises:
        ConfigError: the address, the repository or the token cannot be used.
    """
    return GitHub(settings, clock or SystemClock())
