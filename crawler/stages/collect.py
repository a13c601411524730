"""Stage collect: sources to links. The same walk serves the `collect` verb, `check` and the night."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from crawler.config import ProjectConfig, Settings
from crawler.domain.links import Link
from crawler.errors import SourceError
from crawler.sources.history import first_added
from crawler.sources.registry import read
from crawler.sources.resolve import links_of
from crawler.sources.walk import find_files
from crawler.stages.result import StageResult
from crawler.store import links as link_store
from crawler.store import probes
from crawler.store.runs import Run
from crawler.store.session import Store, digest

log = logging.getLogger(__name__)


def is_web(target: str) -> bool:
    """Whether a source is a web address rather than a path."""
    return urlsplit(target).scheme.lower() in {"http", "https"}


def collect(
    paths: Sequence[str], settings: Settings, now: datetime, *, base_url: str | None = None, root_dir: Path | None = None
) -> Iterator[Link]:
    """Yield the links of files, directories and globs, in order; a file that cannot be read is logged and left out.

    Raises:
        SourceError: a path does not exist.
    """
    base_url, root_dir = base_url or settings.base_url, root_dir or settings.root_dir
    for found in find_files([path for path in paths if not is_web(path)], exclude_path=settings.exclude_path):
        document = read(found.path)
        if document is None:
            continue
        yield from links_of(
            document,
            source=found.source,
            base_url=base_url,
            root_dir=str(root_dir) if root_dir else None,
            today=now.date(),
        )


def run(store: Store, run_: Run, settings: Settings, project: ProjectConfig, now: datetime) -> StageResult:
    """Store the links of a project's files; ask for the pages of its sites and sitemaps.

    Raises:
        SourceError: a path of the project does not exist, or it names nothing at all.
    """
    pages = [*(str(site.url) for site in project.site), *(entry for entry in project.sitemaps if is_web(entry))]
    pages += [path for path in project.paths if is_web(path)]
    paths = [*project.paths, *(entry for entry in project.sitemaps if not is_web(entry))]
    if not pages and not paths:
        raise SourceError(f"project {project.name}: it names no paths, sitemaps or sites; nothing can be checked")
    found = collect(paths, settings, now, base_url=project.base_url, root_dir=project.root_dir)
    count = link_store.save_links(store, run_, found, now)
    for page in pages:
        probes.ask_page(store, run_, page, depth=0, now=now)
    return StageResult(name="collect", counts={"links": count, "start pages": len(pages)})


def date_links(store: Store, run_: Run, project: ProjectConfig, settings: Settings) -> StageResult:
    """Ask the version history when each link was added; what is known is not asked again."""
    known = link_store.added_dates(store, run_.project_id)
    dated = 0
    for found in find_files([path for path in project.paths if not is_web(path)], exclude_path=settings.exclude_path):
        raws = link_store.raws_of(store, run_, found.source)
        missing = [raw for raw in raws if (found.source, digest(raw)) not in known]
        if not missing:
            continue
        dates = first_added(found.path, missing)
        if dates:
            link_store.save_added_dates(store, run_.project_id, found.source, dates)
            dated += len(dates)
    return StageResult(name="dates", counts={"links dated": dated})


def with_nth(links: Sequence[Link]) -> list[Link]:
    """Count equal raw texts of one source from 0, for links from several reads of it."""
    seen: dict[tuple[str, str], int] = {}
    counted = []
    for link in links:
        key = link.source, link.raw
        counted.append(replace(link, nth=seen.get(key, 0)))
        seen[key] = seen.get(key, 0) + 1
    return counted
