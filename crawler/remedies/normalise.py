"""Candidates by normalisation: the same page at an address that differs in a detail. One request decides."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from crawler.domain.urls import InvalidUrl, Url, parse

MAX_VARIANTS = 4
_MARKS = ".,;:!?'\"*_)]}>`。，、；：！？）】》」』”’… \u00a0\u200b\u3000"
# A canonical URL is ASCII: most of these stand in it percent-encoded.
_END = "|".join(re.escape(form) for mark in _MARKS for form in (mark, quote(mark)))
_TRAILING = re.compile(f"(?:{_END})+$", re.IGNORECASE)
_INDEX = re.compile(r"/index\.(?:html?|php|aspx?|jsp)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A candidate address; `what` says how it differs; `same_place` means only the scheme changed."""

    url: str
    what: str
    same_place: bool = False


def variants(canonical: str) -> list[Variant]:
    """Return candidate addresses of a failing http(s) URL, the likeliest first, at most `MAX_VARIANTS`."""
    try:
        url = parse(canonical)
    except InvalidUrl:
        return []
    if not url.fetchable:
        return []
    found: dict[str, Variant] = {}
    for change in _CHANGES:
        for variant in change(url):
            try:
                target = parse(variant.url).canonical
            except InvalidUrl:
                continue
            if target != canonical:
                found.setdefault(target, Variant(url=target, what=variant.what, same_place=variant.same_place))
    return list(found.values())[:MAX_VARIANTS]


def _https(url: Url) -> Iterator[Variant]:
    if url.scheme == "http" and url.port == 80:
        yield Variant(url="https" + url.canonical[4:], what="https instead of http", same_place=True)


def _cleaned_end(url: Url) -> Iterator[Variant]:
    cleaned = _TRAILING.sub("", url.canonical)
    if cleaned != url.canonical:
        yield Variant(url=cleaned, what="without the punctuation at its end")


def _entities(url: Url) -> Iterator[Variant]:
    if "&amp;" in url.canonical:
        yield Variant(url=url.canonical.replace("&amp;", "&"), what="with & instead of &amp;")


def _slash(url: Url) -> Iterator[Variant]:
    if url.query or url.path == "/":
        return
    if url.path.endswith("/"):
        yield Variant(url=url.canonical.rstrip("/"), what="without the slash at its end")
    elif "." not in url.path.rsplit("/", 1)[1]:
        yield Variant(url=url.canonical + "/", what="with a slash at its end")


def _index(url: Url) -> Iterator[Variant]:
    if not url.query and _INDEX.search(url.path):
        yield Variant(url=_INDEX.sub("/", url.canonical), what="without the index page")


def _www(url: Url) -> Iterator[Variant]:
    labels = url.host.split(".")
    if url.host.startswith("www.") and len(labels) > 2:
        yield Variant(url=url.canonical.replace("://www.", "://", 1), what="without www.")
    elif len(labels) == 2 and not url.host.startswith("["):
        yield Variant(url=url.canonical.replace("://", "://www.", 1), what="with www.")


_CHANGES: tuple[Callable[[Url], Iterator[Variant]], ...] = (_https, _cleaned_end, _entities, _slash, _index, _www)
