"""Checks of the set-up that cost nothing: what would make the next night fail?"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from crawler.config import Settings
from crawler.errors import LinkvigilError
from crawler.sources.walk import find_files
from crawler.store import runs
from crawler.store.session import open_store

_LEAST_FREE = 200 * 1024 * 1024
_LEAST_YEAR = 2026


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check's result, for a reader."""

    what: str
    fine: bool
    detail: str


def examine(settings: Settings, now: datetime) -> list[Check]:
    """Run all checks."""
    return [result for check in _CHECKS for result in check(settings, now)]


def _database(settings: Settings, now: datetime) -> Iterator[Check]:
    try:
        with open_store(settings.database_url) as store:
            known = [name for _, name in runs.projects(store)]
    except LinkvigilError as error:
        yield Check(what="database", fine=False, detail=str(error))
        return
    yield Check(what="database", fine=True, detail=f"usable; projects: {', '.join(known) or 'none yet'}")


def _sources(settings: Settings, now: datetime) -> Iterator[Check]:
    if not settings.project:
        yield Check(what="projects", fine=True, detail="none configured; name paths on the command line")
    for project in settings.project:
        try:
            count = len(find_files([path for path in project.paths if "://" not in path]))
        except LinkvigilError as error:
            yield Check(what=f"project {project.name}", fine=False, detail=str(error))
            continue
        yield Check(what=f"project {project.name}", fine=True, detail=f"{count} files, {len(project.site)} sites")


def _contact(settings: Settings, now: datetime) -> Iterator[Check]:
    detail = settings.contact or "not set: site owners cannot see who asks, and no captures are asked for"
    yield Check(what="contact", fine=True, detail=detail)


def _clock(settings: Settings, now: datetime) -> Iterator[Check]:
    present = datetime.now(UTC)
    yield Check(what="clock", fine=present.year >= _LEAST_YEAR, detail=f"{present:%Y-%m-%d %H:%M} UTC")


def _disk(settings: Settings, now: datetime) -> Iterator[Check]:
    folder = settings.state if settings.state.exists() else settings.state.absolute().parent
    free = shutil.disk_usage(folder).free
    writable = os.access(folder, os.W_OK)
    yield Check(
        what="state folder",
        fine=free >= _LEAST_FREE and writable,
        detail=f"{free // 1024 // 1024} MB free" + ("" if writable else ", not writable"),
    )


def _names(settings: Settings, now: datetime) -> Iterator[Check]:
    hosts = {urlsplit(settings.archive.url).hostname} if settings.archive.enabled else set()
    if settings.tracker.kind != "none":
        hosts.add(urlsplit(settings.tracker.url).hostname)
    for host in sorted(name for name in hosts if name):
        try:
            socket.getaddrinfo(host, 443)
        except OSError as error:
            yield Check(what=f"name {host}", fine=False, detail=str(error))
            continue
        yield Check(what=f"name {host}", fine=True, detail="resolves")


def _tracker(settings: Settings, now: datetime) -> Iterator[Check]:
    tracker = settings.tracker
    if tracker.kind == "none":
        yield Check(what="tracker", fine=True, detail="none configured")
        return
    missing = [
        name for name, value in (("repo", tracker.repo), ("token", tracker.token or settings.github_token)) if not value
    ]
    detail = f"missing: {', '.join(missing)}" if missing else f"{tracker.kind} {tracker.repo}, apply = {tracker.apply}"
    yield Check(what="tracker", fine=not missing, detail=detail)


_CHECKS: tuple[Callable[[Settings, datetime], Iterator[Check]], ...] = (
    _sources,
    _database,
    _disk,
    _clock,
    _contact,
    _names,
    _tracker,
)
