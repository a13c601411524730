"""From a link as a document writes it to the URL that a reader would open."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from functools import lru_cache
from pathlib import Path

from crawler.domain.links import FoundLink, LineIndex, Link
from crawler.domain.urls import InvalidUrl, parse
from crawler.sources import registry
from crawler.sources.ignores import ignored
from crawler.sources.registry import Document, Kind

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
# Antora reads a page's references from the pages folder of its module, wherever the file with the
# reference stands: https://docs.antora.org/antora/latest/page/resource-id-coordinates/
_ANTORA = re.compile(r"(.*/modules/[^/]+/)(?:nav[^/]*\.adoc|partials/.*|pages/.*)")


def links_of(document: Document, *, source: str, base_url: str | None, root_dir: str | None, now: date) -> list[Link]:
    """Return a document's links in order, each with its place and its resolved URL.

    A relative link is resolved against the document's own base, then `base_url`, else to an absolute `file://`
    URL beside the document; `/x` is taken from `root_dir`, else from the folder of Sphinx's `conf.py` in
    reStructuredText (https://www.sphinx-doc.org/en/master/usage/restructuredtext/basics.html#images), else from the
    work tree's root.
    """
    found = registry.extract(document.text, document.kind)
    index = LineIndex(document.text)
    marks = ignored(document.text, found)
    counts: Counter[str] = Counter()
    bases = _Bases(document, base_url, root_dir)
    links = []
    for number, link in enumerate(found):
        url, problem = bases.resolve(link)
        line, column = index.place(link.start)
        mark = marks.get(number)
        active = mark is not None and (mark.until is None or now <= mark.until)
        links.append(
            Link(
                url=url,
                raw=link.raw,
                source=source,
                line=line,
                column=column,
                text=" ".join(link.text.split()),
                kind=link.kind,
                optional=link.optional,
                nth=counts[link.raw],
                problem=problem,
                ignore=mark.reason if active and mark is not None else None,
            )
        )
        counts[link.raw] += 1
    return links


class _Bases:
    """What relative links of one document are resolved against."""

    def __init__(self, document: Document, base_url: str | None, root_dir: str | None) -> None:
        place = Path(document.path).absolute()
        self._base_url = base_url
        self._file = place.as_uri()
        self._root_dir = root_dir
        self._is_rst = document.kind is Kind.RST
        self._folder = place.parent
        antora = _ANTORA.fullmatch(place.as_posix()) if document.kind is Kind.ASCIIDOC else None
        self._pages = Path(antora[1], "pages", "page.adoc").as_uri() if antora else self._file
        self._images = Path(antora[1], "images", "image.png").as_uri() if antora else self._file

    def resolve(self, link: FoundLink) -> tuple[str, str | None]:
        """Return (URL, None), or (raw text, why it is no URL)."""
        try:
            return parse(self._absolute(link)).href, None
        except InvalidUrl as error:
            return link.raw, str(error)

    def _absolute(self, link: FoundLink) -> str:
        href = link.href.strip()
        if _SCHEME.match(href):
            return href
        base = self._base_url
        if link.base is not None:
            base = link.base if _SCHEME.match(link.base) else parse(link.base, base or self._file).href
        if base is not None and not base.startswith("file:"):
            return parse(href, base).href
        if href.startswith("//"):
            return f"https:{href}"
        if href.startswith("/"):
            return parse("." + href, self._root() + "/").href
        if href.startswith("#"):
            return parse(href, self._file).href
        return parse(href, base or (self._images if link.kind == "image" else self._pages)).href

    def _root(self) -> str:
        if self._root_dir is not None:
            root: Path | None = Path(self._root_dir).absolute()
        else:
            root = (_holder(self._folder, "conf.py") if self._is_rst else None) or _holder(self._folder, ".git")
        return "file://" if root is None or root == Path("/") else root.as_uri()


@lru_cache(maxsize=4096)
def _holder(folder: Path, name: str) -> Path | None:
    """Return the nearest folder upwards that holds a file or folder of a name."""
    return next((place for place in (folder, *folder.parents) if (place / name).exists()), None)
