"""Sources, links and URLs: what a collection found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from crawler.domain.links import Link
from crawler.domain.urls import CANONICALISER, InvalidUrl, Url, parse, shown
from crawler.store.runs import Run
from crawler.store.schema import LinkRow, SourceRow, UrlRow
from crawler.store.session import Store, digest, storable, upsert

_BATCH = 500
# What a browser takes for user and password (WHATWG URL, "authority state"): slashes may lean or lack.
_USERINFO = re.compile(r"((?:[A-Za-z][A-Za-z0-9+.-]*:)?[/\\]*)([^/\\?#\s]+)@")


def save_links(store: Store, run: Run, links: Iterable[Link], now: datetime) -> int:
    """Store what was collected; return how many links there were.

    A link that is known (same source, raw text and count) keeps its row and its first run.
    """
    count = 0
    for batch in _batches(links, _BATCH):
        with store.begin() as session:
            sources = _source_ids(session, run.project_id, {link.source for link in batch})
            urls = _url_ids(session, [_target(link) for link in batch], now)
            _save_batch(session, run, batch, sources, urls)
        count += len(batch)
    return count


def url_id(session: Session, canonical: str, now: datetime) -> int:
    """Return the id of a canonical URL, made where it is new."""
    return _url_ids(session, [(canonical, parse(canonical))], now)[canonical]


def added_dates(store: Store, project_id: int) -> dict[tuple[str, str], datetime]:
    """Return the known first appearance of each (source, raw digest)."""
    with store.begin() as session:
        rows = session.execute(
            select(SourceRow.path, LinkRow.raw_digest, LinkRow.added_at)
            .join(SourceRow, SourceRow.id == LinkRow.source_id)
            .where(SourceRow.project_id == project_id, LinkRow.added_at.is_not(None))
        )
        return {(path, raw): at for path, raw, at in rows if at is not None}


def raws_of(store: Store, run: Run, source: str) -> list[str]:
    """Return the distinct raw texts of a source in this run's collection."""
    with store.begin() as session:
        return list(
            session.scalars(
                select(LinkRow.raw)
                .join(SourceRow, SourceRow.id == LinkRow.source_id)
                .where(SourceRow.project_id == run.project_id, SourceRow.digest == digest(source))
                .where(LinkRow.last_run_id == run.id)
                .distinct()
            )
        )


def save_added_dates(store: Store, project_id: int, source: str, dates: dict[str, datetime]) -> None:
    """Store first appearances by raw text for one source."""
    with store.begin() as session:
        source_ids = _source_ids(session, project_id, {source})
        for raw, at in dates.items():
            session.execute(
                update(LinkRow)
                .where(LinkRow.source_id == source_ids[source], LinkRow.raw_digest == digest(raw))
                .values(added_at=at)
            )


def _target(link: Link) -> tuple[str, Url | None]:
    try:
        url = parse(link.url) if link.problem is None else None
    except InvalidUrl:
        url = None
    return (url.canonical, url) if url else (_without_userinfo(link.url, link, None), None)


def _save_batch(session: Session, run: Run, batch: list[Link], sources: dict[str, int], urls: dict[str, int]) -> None:
    rows: dict[tuple[int, str, int], dict[str, Any]] = {}
    for link in batch:
        canonical, url = _target(link)
        key = sources[link.source], digest(link.raw), link.nth
        rows[key] = {
            "source_id": sources[link.source],
            "url_id": urls[canonical],
            "raw": storable(_without_userinfo(link.raw, link, url)),
            "raw_digest": digest(link.raw),
            "nth": link.nth,
            "href": storable(shown(link.url)),
            "fragment": storable(url.fragment) if url and url.fragment else None,
            "line": link.line,
            "col": link.column,
            "text": storable(_without_userinfo(link.text, link, url))[:2000],
            "kind": link.kind,
            "optional": link.optional,
            "problem": link.problem,
            "ignored": link.ignore,
            "added_at": link.added,
            "first_run_id": run.id,
            "last_run_id": run.id,
        }
    statement: Any = upsert(session, LinkRow)
    fresh = statement.excluded
    changing = ("url_id", "href", "fragment", "line", "col", "text", "kind", "optional", "problem", "ignored")
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["source_id", "raw_digest", "nth"],
            set_={name: fresh[name] for name in (*changing, "last_run_id")},
        ),
        list(rows.values()),
    )


def _without_userinfo(text: str, link: Link, url: Url | None) -> str:
    """Return a text of the source as it may be stored: a password in a URL stays in the file."""
    if url is None:
        return re.sub(r"(?<=//)[^/\\?#\s]+@", "…@", text)
    if not url.has_userinfo:
        return text
    written = _USERINFO.match(link.raw)
    if written is None:  # written in the format's own escapes
        return shown(link.url) if link.raw in text else text
    return text.replace(f"{written[2]}@", "…@")


def _source_ids(session: Session, project_id: int, paths: set[str]) -> dict[str, int]:
    rows = [{"project_id": project_id, "path": storable(path), "digest": digest(path)} for path in sorted(paths)]
    statement: Any = upsert(session, SourceRow)
    session.execute(statement.on_conflict_do_nothing(index_elements=["project_id", "digest"]), rows)
    found = session.execute(
        select(SourceRow.digest, SourceRow.id).where(
            tuple_(SourceRow.project_id, SourceRow.digest).in_([(project_id, row["digest"]) for row in rows])
        )
    )
    by_digest = {row.digest: row.id for row in found}
    return {path: by_digest[digest(path)] for path in paths}


def _url_ids(session: Session, targets: list[tuple[str, Url | None]], now: datetime) -> dict[str, int]:
    rows = {
        digest(CANONICALISER, canonical): {
            "canonical": storable(canonical),
            "digest": digest(CANONICALISER, canonical),
            "canonicaliser": CANONICALISER,
            "scheme": url.scheme[:64] if url else "invalid",
            "host": url.host if url else "",
            "first_seen_at": now,
        }
        for canonical, url in targets
    }
    statement: Any = upsert(session, UrlRow)
    session.execute(statement.on_conflict_do_nothing(index_elements=["digest"]), list(rows.values()))
    found = session.execute(select(UrlRow.digest, UrlRow.id).where(UrlRow.digest.in_(list(rows))))
    by_digest = {row.digest: row.id for row in found}
    return {canonical: by_digest[digest(CANONICALISER, canonical)] for canonical, _ in targets}


def _batches(links: Iterable[Link], size: int) -> Iterator[list[Link]]:
    iterator = iter(links)
    while batch := list(islice(iterator, size)):
        yield batch
