"""The night: all stages in order for one project, around one long-lived crawl."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from crawler.config import ProjectConfig, Settings
from crawler.spider.settings import CrawlStats, Progress
from crawler.stages import archive, collect, crawl, judge, suggest
from crawler.stages.crawl_settings import crawl_settings
from crawler.stages.result import StageResult
from crawler.store import retention, runs
from crawler.store.runs import Run, RunState
from crawler.store.session import Store
from crawler.version import tool_version

log = logging.getLogger(__name__)

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
        self._log(collect.run(self.store, run, self.settings, self.project, self.clock()))
        if self.with_dates:
            self._log(collect.date_links(self.store, run, self.project, self.settings))

    def crawl(self, run: Run) -> CrawlStats:
        """Look at everything that is due, with candidates asked for at the end of each round."""
        self._log(crawl.plan(self.store, run, self.settings, self.clock()))

        def more() -> None:
            if judge.doubts(self.store, run) is None:
                suggest.ask(self.store, run, self.settings, self.clock())

        if not crawl.has_due(self.store, run):
            more()
        if not crawl.has_due(self.store, run):
            return CrawlStats()
        frontier = crawl.DatabaseFrontier(
            self.store, run, self.settings, self.project, clock=self.clock, more=more
        )
        stats = crawl.run(frontier, crawl_settings(self.settings, retry_cap=self.retry_cap, progress=self.progress))
        self.stats |= {"requests": stats.requests, "hosts": stats.hosts, "elapsed_s": stats.elapsed.total_seconds()}
        return stats

    def settle(self, run: Run, stats: CrawlStats) -> Run:
        """Judge, find copies, suggest; mark how the run ended."""
        doubt = judge.doubts(self.store, run)
        self._log(judge.run(self.store, run, self.settings, distrusted=doubt is not None))
        state, reason = _ending(doubt, stats)
        if state is RunState.DONE:
            self._log(archive.run(self.store, run, self.settings, self.clock()))
        if doubt is None:
            self._log(suggest.run(self.store, run, self.settings, self.clock()))
        if state is RunState.DONE:
            pruned = retention.prune(self.store, run.project_id, self.clock() - self.settings.crawl.retention)
            self.stats["pruned"] = pruned
        self.stats["notes"] = self.notes
        runs.finish_run(self.store, run, self.clock(), state=state, reason=reason, stats=self.stats)
        finished = runs.latest_run(self.store, self.project.name)
        return finished or run

    def _log(self, result: StageResult) -> None:
        log.info("%s", result.line())
        self.notes.extend(result.notes)
        self.stats |= result.counts


def whole(night: Night) -> Run:
    """Run all stages; return the finished run."""
    run = night.begin()
    night.collect(run)
    stats = night.crawl(run)
    return night.settle(run, stats)


def _ending(doubt: str | None, stats: CrawlStats) -> tuple[RunState, str | None]:
    if doubt is not None:
        return RunState.UNTRUSTED, doubt
    if stats.stopped is not None:
        return RunState.PARTIAL, f"The run was stopped early ({stats.stopped}); what was not looked at is pending."
    return RunState.DONE, None
