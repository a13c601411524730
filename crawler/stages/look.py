"""One look now: the night's stages on a database that is thrown away. No history, no waiting, no archive."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from crawler.config import ProjectConfig, Settings, SiteConfig
from crawler.domain.links import Link
from crawler.sources.revision import added_since
from crawler.spider.settings import Progress
from crawler.stages.collect import START_SOURCE, Filter, is_web, web_address
from crawler.stages.night import Night, whole
from crawler.store.runs import Run
from crawler.store.session import Store, scratch_store

PROJECT = "check"
_WAIT = timedelta(seconds=5)


@contextmanager
def look(
    targets: Sequence[str],
    settings: Settings,
    clock: Callable[[], datetime],
    *,
    as_link: bool = False,
    new_since: str | None = None,
    progress: Progress | None = None,
) -> Iterator[tuple[Store, Run, ProjectConfig, Settings]]:
    """Look at files and web pages now; yield the database while it lasts.

    Raises:
        SourceError: a path or the revision does not exist.
    """
    settings = _for_now(settings)
    project = _project(targets, as_link=as_link)
    with tempfile.TemporaryDirectory(prefix="linkvigil-") as folder, scratch_store(Path(folder)) as store:
        night = Night(
            store=store,
            settings=settings,
            project=project,
            clock=clock,
            progress=progress,
            retry_cap=_WAIT,
            with_dates=False,
            only_known_hosts=True,
            only=_only(new_since),
            extra=_arguments(targets) if as_link else (),
        )
        yield store, whole(night), project, settings


def _for_now(settings: Settings) -> Settings:
    crawl = settings.crawl.model_copy(update={"recheck_after": timedelta(0), "budget": None})
    wait = min(settings.crawl.retry_wait, _WAIT)
    archive = settings.archive.model_copy(update={"save": False})
    return settings.model_copy(update={"crawl": crawl.model_copy(update={"retry_wait": wait}), "archive": archive})


def _project(targets: Sequence[str], *, as_link: bool) -> ProjectConfig:
    pages = () if as_link else tuple(target for target in targets if is_web(target))
    files = tuple(target for target in targets if not is_web(target))
    sites = tuple(SiteConfig(url=web_address(page).href, depth=0) for page in pages)
    return ProjectConfig(name=PROJECT, paths=files, site=sites)


def _arguments(targets: Sequence[str]) -> tuple[Link, ...]:
    return tuple(
        Link(
            url=web_address(target).href,
            raw=target,
            source=START_SOURCE,
            line=1,
            column=1,
            text=target,
            kind="argument",
        )
        for target in dict.fromkeys(targets)
        if is_web(target)
    )


def _only(new_since: str | None) -> Filter | None:
    if new_since is None:
        return None

    def keep(links: list[Link]) -> list[Link]:
        added = added_since(new_since, links, Path.cwd())
        return [link for link in links if (link.source, link.raw, link.nth) in added]

    return keep
