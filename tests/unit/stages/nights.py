"""Nights without a network: real stages on a real database, with answers written down by the test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crawler.config import ProjectConfig, Settings, load
from crawler.domain.links import Link
from crawler.domain.observation import Failure, Hop, Observation, Purpose
from crawler.spider.settings import CrawlStats
from crawler.stages import crawl, judge, suggest
from crawler.stages.night import ending
from crawler.store import links as link_store
from crawler.store import probes, runs
from crawler.store.runs import Run
from crawler.store.session import Store
from reports.build import build
from reports.model import Finding, Report

START = datetime(2026, 3, 1, 3, 17, tzinfo=UTC)
NIGHT = timedelta(days=1)
A = "https://a.example/x"

Answer = int | Failure | str


def settings(**flags: object) -> Settings:
    """Return settings with changes by dotted key."""
    return load(None, environ={}, flags={"crawl.recheck_after": 0, **flags})


def link(url: str, *, source: str = "list.md", line: int = 1, **changes: object) -> Link:
    """Return a link to a URL."""
    given = {"url": url, "raw": url, "source": source, "line": line, "column": 1, "text": "text", "kind": "link"}
    return Link(**(given | changes))  # type: ignore[arg-type]


def answer(url: str, said: Answer, at: datetime) -> Observation:
    """Return a look: a status, a failure, or a chain written as `301 https://b.example/, 200` (targets follow)."""
    if isinstance(said, Failure):
        return Observation(url=url, at=at, failure=said)
    if isinstance(said, int):
        return Observation(url=url, at=at, status=said, hops=(Hop(url=url, status=said),), final_url=url)
    hops, place = [], url
    for part in said.split(","):
        code, _, target = part.strip().partition(" ")
        hops.append(Hop(url=place, status=int(code)))
        place = target or place
    return Observation(url=url, at=at, status=hops[-1].status, hops=tuple(hops), final_url=hops[-1].url)


class Nights:
    """One project over time."""

    def __init__(self, store: Store, **flags: object) -> None:
        self.store = store
        self.settings = settings(**flags)
        self.project = ProjectConfig(name="list", paths=("list.md",))

    def begin(self, at: datetime) -> Run:
        """Start a run."""
        return runs.start_run(self.store, self.project.name, at, version="0", pid=1)

    def collect(self, run: Run, links: list[Link], at: datetime) -> None:
        """Store what the sources hold, and ask for looks."""
        link_store.save_links(self.store, run, links, at)
        crawl.plan(self.store, run, self.settings, at)

    def answer_due(self, run: Run, said: Callable[[str], Answer], at: datetime) -> list[str]:
        """Answer every due probe; return what was asked for."""
        due = probes.due(self.store, run, after=0, limit=10_000)
        seen = [(probe, replace(answer(probe.url, said(probe.url), at), purpose=probe.purpose)) for probe in due]
        if seen:
            probes.record(self.store, run, seen)
        return [probe.url for probe in due]

    def night(
        self, at: datetime, said: Mapping[str, Answer], *, links: list[Link] | None = None, other: Answer = 404
    ) -> Report:
        """Run one night in which the URLs answer as written (candidates not named: `other`); return its report."""
        run = self.begin(at)
        self.collect(
            run, links if links is not None else [link(url, line=number) for number, url in enumerate(said, 1)], at
        )
        self.answer_due(run, lambda url: said.get(url, other), at)
        if judge.doubts(self.store, run) is None:
            suggest.ask(self.store, run, self.settings, at)
            self.answer_due(run, lambda url: said.get(url, other), at)
        return self.end(run, at)

    def end(self, run: Run, at: datetime) -> Report:
        """Judge, suggest, finish; return the report."""
        doubt = judge.doubts(self.store, run)
        judge.run(self.store, run, self.settings, distrusted=doubt is not None)
        state, reason = ending(doubt, CrawlStats())
        if doubt is None:
            suggest.run(self.store, run, self.settings, at)
        runs.finish_run(self.store, run, at, state=state, reason=reason)
        latest = runs.latest_run(self.store, self.project.name)
        assert latest is not None
        return build(self.store, latest, self.settings, self.project)


def finding(report: Report, url: str) -> Finding:
    """Return the one finding of a URL."""
    [found] = [item for item in report.findings if item.url == url]
    return found


def checks(store: Store, run: Run) -> list[tuple[int, Observation]]:
    """Return the looks of purpose `check`."""
    return probes.observations(store, run, [Purpose.CHECK])
