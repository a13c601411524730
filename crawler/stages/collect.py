"""Stage collect: sources to links. The same walk serves the `collect` verb, `check` and the night."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path

from crawler.config import ProjectConfig, Settings
from crawler.domain.links import Link
from crawler.domain.urls import FETCHABLE, InvalidUrl, Url, parse
from crawler.errors import SourceError
from crawler.sources import registry
from crawler.sources.history import NO_HISTORY, first_added
from crawler.sources.resolve import links_of
from crawler.sources.sitemap import sitemap_urls
from crawler.sources.walk import find_files
from crawler.stages.result import StageResult
from crawler.store import links as link_store
from crawler.store import probes
from crawler.store.runs import Run
from crawler.store.session import Store, digest

log = logging.getLogger(__name__)

Filter = Callable[[list[Link]], list[Link]]
_DATES_BUDGET_S = 120
START_SOURCE = "(start pages)"


def is_web(target: str) -> bool:
    """Whether a source is a web address rather than a path."""
    return target.partition(":")[0].lower() in FETCHABLE


def web_address(target: str) -> Url:
    """Return a web address that is named as a source.

    Raises:
        SourceError: it is no URL.
    """
    try:
        return parse(target)
    except InvalidUrl as error:
        raise SourceError(f"{target}: this is no address that a client could fetch; check how it is written") from error


def require_sources(project: ProjectConfig, settings: Settings) -> None:
    """Look whether all that a project names is there, before anything is written.

    Raises:
        SourceError: a path does not exist, an address is no URL, or nothing at all is named.
    """
    if not (project.paths or project.sitemaps or project.site):
        raise SourceError(f"project {project.name}: it names no paths, sitemaps or sites; nothing can be checked")
    for target in (*project.paths, *project.sitemaps):
        if is_web(target):
            web_address(target)
    find_files([path for path in project.paths if not is_web(path)], exclude_path=settings.exclude_path)
    for entry in project.sitemaps:
        if not is_web(entry) and not Path(entry).is_file():
            raise SourceError(f"{entry}: there is no such sitemap; check the path")


def collect(
    paths: Sequence[str],
    settings: Settings,
    now: datetime,
    *,
    base_url: str | None = None,
    root_dir: Path | None = None,
) -> Iterator[Link]:
    """Yield the links of files, directories and globs, in order; a file that cannot be read is logged and left out.

    Raises:
        SourceError: a path does not exist.
    """
    base_url, root_dir = base_url or settings.base_url, root_dir or settings.root_dir
    for found in find_files([path for path in paths if not is_web(path)], exclude_path=settings.exclude_path):
        document = _read(found.path)
        if document is None:
            continue
        yield from links_of(
            document,
            source=found.source,
            base_url=base_url,
            root_dir=str(root_dir) if root_dir else None,
            now=now.date(),
        )


def run(
    store: Store,
    run_: Run,
    settings: Settings,
    project: ProjectConfig,
    now: datetime,
    *,
    only: Filter | None = None,
) -> StageResult:
    """Store the links of a project's files; ask for the pages of its sites and sitemaps.

    `only` takes the links of the files and returns those that count.

    Raises:
        SourceError: a path of the project does not exist, or it names nothing at all.
    """
    require_sources(project, settings)
    pages = [*(site.url for site in project.site), *(entry for entry in project.sitemaps if is_web(entry))]
    pages += [path for path in project.paths if is_web(path)]
    sitemaps = [entry for entry in project.sitemaps if not is_web(entry)]
    found: Iterable[Link] = collect(project.paths, settings, now, base_url=project.base_url, root_dir=project.root_dir)
    if only is not None:
        found = only(list(found))
    listed = [link for entry in sitemaps for link in _sitemap_links(Path(entry))]
    count = link_store.save_links(store, run_, chain(found, listed, map(_start_link, pages)), now)
    for page in pages:
        probes.ask_page(store, run_, web_address(page).canonical, depth=0, now=now)
    return StageResult(name="collect", counts={"links": count, "start pages": len(pages)})


def date_links(store: Store, run_: Run, project: ProjectConfig, settings: Settings) -> StageResult:
    """Ask the version history when each link was added; what is known is not asked again."""
    known = link_store.added_dates(store, run_.project_id)
    dated = 0
    ends = time.monotonic() + _DATES_BUDGET_S
    notes: set[str] = set()
    for found in find_files([path for path in project.paths if not is_web(path)], exclude_path=settings.exclude_path):
        raws = link_store.raws_of(store, run_, found.source)
        missing = [raw for raw in raws if (found.source, digest(raw)) not in known]
        if not missing:
            continue
        if time.monotonic() > ends:
            notes.add("When links were first added was not asked for all files: the rest follows in the next run.")
            break
        history = first_added(found.path, missing)
        if history.dates:
            link_store.save_added_dates(store, run_.project_id, found.source, history.dates)
            dated += len(history.dates)
        if history.problem and history.problem != NO_HISTORY:
            notes.add(f"When links were first added is not known for {found.source}: {history.problem}")
        if history.shallow:
            notes.add("The git history is shallow: when links were first added is not known for all of them.")
    return StageResult(name="dates", counts={"links dated": dated}, notes=tuple(sorted(notes)))


def _read(path: Path) -> registry.Document | None:
    try:
        body = path.read_bytes()
    except OSError as error:
        log.warning("%s: left out, it cannot be read: %s", path, error.strerror)
        return None
    document = registry.read(str(path), body)
    if document is None:
        log.info("%s: left out, it is not text", path)
    return document


def _sitemap_links(path: Path) -> list[Link]:
    try:
        sitemap = sitemap_urls(path.read_bytes())
    except OSError as error:
        raise SourceError(f"{path}: the sitemap cannot be read: {error.strerror}") from error
    if not sitemap.urls and sitemap.problem:
        raise SourceError(f"{path}: {sitemap.problem}")
    return sitemap_links(path.as_posix(), sitemap.urls)


def sitemap_links(source: str, urls: Iterable[str]) -> list[Link]:
    """Return a sitemap's addresses as links."""
    return [
        Link(url=url, raw=url, source=source, line=1, column=1, text="", kind="sitemap") for url in dict.fromkeys(urls)
    ]


def _start_link(page: str) -> Link:
    """Return a start page as a link of its own: it is looked at and reported like any other."""
    return Link(url=web_address(page).href, raw=page, source=START_SOURCE, line=1, column=1, text=page, kind="start")
