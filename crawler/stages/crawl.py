"""Stage crawl: decide what is due, settle what needs no network, and let the spider look at the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from crawler.config import ProjectConfig, Settings
from crawler.domain.health import Health
from crawler.domain.observation import Observation, Purpose, Skip
from crawler.domain.probe import Probe
from crawler.domain.urls import FETCHABLE
from crawler.spider.run import crawl
from crawler.spider.settings import CrawlSettings, CrawlStats
from crawler.stages.result import StageResult
from crawler.stages.settle import settle
from crawler.stages.site import SiteReader
from crawler.store import probes
from crawler.store.probes import DueUrl, Wanted
from crawler.store.runs import Run
from crawler.store.session import Store

_SETTLE_BATCH = 1000
# The order of expected news: what was never looked at, what may be dying, what died, what is stable.
_NEWS = {None: 0, Health.UNKNOWN: 0, Health.SUSPECT: 1, Health.RECOVERING: 1, Health.BROKEN: 2, Health.OK: 3}


def plan(store: Store, run: Run, settings: Settings, now: datetime) -> StageResult:
    """Ask for a look at every due URL of this run's collection, and settle those that need no network."""
    collected = probes.collected_urls(store, run, verbatim=settings.include_verbatim)
    pages = probes.targets(store, run, Purpose.PAGE)
    due = [url for url in collected if is_due(url, settings, now) and url.canonical not in pages]
    due.sort(key=lambda url: _NEWS[url.health])
    if settings.crawl.budget is not None:
        # The stage is planned again in each round: what was asked for before is part of the budget.
        asked = probes.targets(store, run, Purpose.CHECK)
        fresh = [url for url in due if url.canonical not in asked][: max(0, settings.crawl.budget - len(asked))]
        due = [*(url for url in due if url.canonical in asked), *fresh]
    probes.ask(store, run, [_wanted(url, settings) for url in due], asked_by="crawl", now=now)
    settled = _settle(store, run, {url.canonical: url for url in due}, settings, now)
    return StageResult(name="plan", counts={"urls": len(collected), "due": len(due), "settled": settled})


def is_due(url: DueUrl, settings: Settings, now: datetime) -> bool:
    """Whether a URL is to be looked at in this run; what costs no request always is."""
    if url.scheme not in FETCHABLE or url.last_look is None:
        return True
    age = now - url.last_look
    return age >= settings.crawl.recheck_after or age < timedelta(0)


class DatabaseFrontier:
    """The spider's view of the database: due probes out, observations in. Called from one worker thread."""

    def __init__(
        self,
        store: Store,
        run: Run,
        settings: Settings,
        project: ProjectConfig,
        *,
        clock: Callable[[], datetime],
        more: Callable[[], None],
    ) -> None:
        self._store = store
        self._run = run
        self._settings = settings
        self._clock = clock
        self._more = more
        self._cursor = 0
        self._has_new_links = False
        self._site = SiteReader(store, run, settings, project)

    def take(self, limit: int) -> Sequence[Probe]:
        """Return due probes that were not taken yet."""
        taken = probes.due(self._store, self._run, after=self._cursor, limit=limit)
        if taken:
            self._cursor = taken[-1].id
        return taken

    def record(self, seen: Sequence[tuple[Probe, Observation]]) -> None:
        """Store a batch; a page that robots.txt keeps us from crawling is still looked at as a cited link."""
        probes.record(self._store, self._run, seen)
        now = self._clock()
        for probe, observation in seen:
            if probe.purpose is not Purpose.PAGE:
                continue
            if observation.skip is Skip.ROBOTS:
                self._ask_check(probe, now)
            else:
                probes.copy_as_check(self._store, self._run, probe, replace(observation, purpose=Purpose.CHECK), now)

    def page(self, probe: Probe, observation: Observation, body: bytes) -> None:
        """Store the links of a crawled page; ask for the site's pages among them."""
        self._site.read(probe, observation, body, self._clock())
        self._has_new_links = True

    def more(self) -> bool:
        """Let the other stages ask for more looks; True while any is due."""
        if self._is_due():
            return True
        if self._has_new_links:
            self._has_new_links = False
            plan(self._store, self._run, self._settings, self._clock())
            if self._is_due():
                return True
        self._more()
        return self._is_due()

    def now(self) -> datetime:
        """Return the recorded time."""
        return self._clock()

    def _is_due(self) -> bool:
        return bool(probes.due(self._store, self._run, after=self._cursor, limit=1))

    def _ask_check(self, probe: Probe, now: datetime) -> None:
        owner = probes.owner(self._store, probe.id)
        wanted = Wanted(url_id=owner, target=probe.url, purpose=Purpose.CHECK, want_text=True)
        probes.ask(self._store, self._run, [wanted], asked_by="crawl", now=now)


def run(frontier: DatabaseFrontier, crawl_settings: CrawlSettings) -> CrawlStats:
    """Crawl until nothing is due."""
    return crawl(frontier, crawl_settings)


def has_due(store: Store, run_: Run) -> bool:
    """Whether any probe of the run needs the network."""
    return bool(probes.due(store, run_, after=0, limit=1))


def _wanted(url: DueUrl, settings: Settings) -> Wanted:
    fragments = url.fragments if settings.include_fragments or url.scheme not in FETCHABLE else ()
    return Wanted(
        url_id=url.url_id,
        target=url.canonical,
        purpose=Purpose.CHECK,
        want_text=settings.crawl.read_pages,
        fragments=fragments,
    )


def _settle(store: Store, run_: Run, due: dict[str, DueUrl], settings: Settings, now: datetime) -> int:
    settled = after = 0
    while batch := probes.due(store, run_, after=after, limit=_SETTLE_BATCH):
        after = batch[-1].id
        seen = [
            (probe, observation)
            for probe in batch
            if probe.purpose is Purpose.CHECK
            and probe.url in due
            and (observation := settle(due[probe.url], settings, now)) is not None
        ]
        if seen:
            probes.record(store, run_, seen)
        settled += len(seen)
    return settled
