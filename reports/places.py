"""Where a link stands, with a web address of its line where the files can be seen on the web."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crawler.config import ProjectConfig, Settings
from crawler.domain.observation import Observation
from crawler.domain.urls import InvalidUrl, decoded_fragment, parse
from crawler.store.findings import LinkRecord
from reports.issues.permalinks import permalink, server_of
from reports.model import Place

_BLOB = re.compile(r"(?P<server>https?://[^/]+)/(?P<repo>.+?)/(?:-/)?blob/(?P<commit>[^/]+)/?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """Where a project's files can be seen on the web."""

    server: str
    repo: str
    commit: str


def place_of(link: LinkRecord, seen: Observation | None, root: Root | None) -> Place:
    """Return an occurrence as it is shown; the address of a web page stands for its lines."""
    found = seen.fragments.get(link.fragment) if seen and link.fragment else None
    return Place(
        source=link.source,
        line=link.line,
        column=link.column,
        text=link.text,
        raw=link.raw,
        kind=link.kind,
        fragment=decoded_fragment(link.fragment) if link.fragment else None,
        fragment_found=found,
        added=link.added,
        permalink=_page_address(link.source) or (_line_address(root, link) if root else None),
    )


def root_of(settings: Settings, project: ProjectConfig) -> Root | None:
    """Return where the files are shown: as configured, else in the tracker's repository."""
    match = _BLOB.fullmatch(project.repo_url or "")
    if match:
        return Root(server=match["server"], repo=match["repo"], commit=match["commit"])
    tracker = project.tracker or settings.tracker
    if tracker.kind == "github" and tracker.repo:
        return Root(server=server_of(tracker.url), repo=tracker.repo, commit="HEAD")
    return None


def _line_address(root: Root, link: LinkRecord) -> str:
    return permalink(root.server, root.repo, root.commit, link.source, link.line)


def _page_address(source: str) -> str | None:
    try:
        return source if parse(source).fetchable else None
    except InvalidUrl:
        return None
