"""The night: all stages in order for one project, around one long-lived crawl."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crawler.config import ProjectConfig, Settings
from crawler.domain.links import Link
from crawler.spider.settings import CrawlStats, Progress
from crawler.stages import archive, collect, crawl, judge, suggest
from crawler.stages.collect import Filter
from crawler.stages.crawl_settings import crawl_settings
from crawler.stages.result import StageResult
from crawler.store import links, retention, runs
from crawler.store.runs import Run, RunState
from crawler.store.session import Store
from crawler.version import tool_version

log = logging.getLogger(__name__)

_STOPPED = "The run was stopped early ({}); what was not looked at is pending."

Clock = Callable[[], datetime]


@dataclass(slots=True)
class Night:
    """One project's run: what it needs, and what its stages reported."""

    store: Store
    settings: Settings
    project: ProjectConfig
    clock: Clock
    progress: Progress | None = None
    retry_cap: timedelta | None = None
    with_dates: bool = True
    only_known_hosts: bool = False
    only: Filter | None = None
    extra: tuple[Link, ...] = ()
    notes: list[str] = field(default_factory=list)
    stats: dict[str, Any] = field(default_factory=dict)

    def begin(self) -> Run:
        """Start a run, or take up one that was killed."""
        run = runs.start_run(self.store, self.project.name, self.clock(), version=tool_version(), pid=os.getpid())
        if run.resumed:
            self.notes.append("This run was interrupted and taken up again.")
        return run

    def collect(self, run: Run) -> None:
        """Read the sources."""
        now = self.clock()
        if self.extra:
            links.save_links(self.store, run, self.extra, now)
        if not self.extra or self.project.paths:
            self._log(collect.run(self.store, run, self.settings, self.project, now, only=self.only))
        if self.with_dates:
            self._log(collect.date_links(self.store, run, self.project, self.settings))

    def crawl(self, run: Run) -> CrawlStats:
        """Look at everything that is due, with candidates asked for at the end of each round."""
        self._log(crawl.plan(self.store, run, self.settings, self.clock()))

        def more() -> None:
            if judge.doubts(self.store, run) is None:
                suggest.ask(self.store, run, self.settings, self.clock(), only_known_hosts=self.only_known_hosts)

        if not crawl.has_due(self.store, run):
            more()
        if not crawl.has_due(self.store, run):
            return CrawlStats()
        frontier = crawl.DatabaseFrontier(self.store, run, self.settings, self.project, clock=self.clock, more=more)
        stats = crawl.run(frontier, crawl_settings(self.settings, retry_cap=self.retry_cap, progress=self.progress))
        self.stats |= {"requests": stats.requests, "hosts": stats.hosts, "elapsed_s": stats.elapsed.total_seconds()}
        return stats

    def judge(self, run: Run) -> str | None:
        """Judge what was seen; return why the run cannot be trusted, if so."""
        doubt = judge.doubts(self.store, run)
        self._log(judge.run(self.store, run, self.settings, distrusted=doubt is not None))
        return doubt

    def archive(self, run: Run) -> None:
        """Find archived copies of failing links and ask for missing ones."""
        self._log(archive.run(self.store, run, self.settings, self.clock()))

    def suggest(self, run: Run) -> None:
        """Verify and rank what could stand in place of failing and moved links."""
        self._log(suggest.run(self.store, run, self.settings, self.clock()))

    def finish(self, run: Run, state: RunState, reason: str | None) -> Run:
        """Prune what is old, and mark how the run ended."""
        if state is RunState.DONE:
            before = self.clock() - self.settings.crawl.retention
            self.stats["pruned"] = retention.prune(self.store, run.project_id, before)
        self.stats["notes"] = list(dict.fromkeys(self.notes))
        runs.finish_run(self.store, run, self.clock(), state=state, reason=reason, stats=self.stats)
        return runs.latest_run(self.store, self.project.name) or run

    def _log(self, result: StageResult) -> None:
        log.info("%s", result.line())
        self.notes.extend(result.notes)
        self.stats |= result.counts


def whole(night: Night) -> Run:
    """Run all stages; return the finished run. An interrupt ends it early, with what there is by then."""
    run = night.begin()
    try:
        return _stages(night, run)
    except KeyboardInterrupt:
        log.warning("stopped early by a signal")
        night.judge(run)
        return night.finish(run, RunState.PARTIAL, _STOPPED.format("signal"))


def _stages(night: Night, run: Run) -> Run:
    night.collect(run)
    stats = night.crawl(run)
    doubt = night.judge(run)
    state, reason = ending(doubt, stats)
    if state is RunState.DONE:
        night.archive(run)
    if doubt is None:
        night.suggest(run)
    return night.finish(run, state, reason)


def ending(doubt: str | None, stats: CrawlStats) -> tuple[RunState, str | None]:
    """Return how a run ends, and why if not well."""
    if doubt is not None:
        return RunState.UNTRUSTED, doubt
    if stats.stopped is not None:
        return RunState.PARTIAL, _STOPPED.format(stats.stopped)
    return RunState.DONE, None
