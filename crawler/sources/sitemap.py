"""Sitemaps: the protocol of https://www.sitemaps.org/protocol.html, feeds, plain lists and robots.txt lines.

Its limits are kept with room to spare: 50 MB uncompressed and 50,000 addresses a file. XML is read without DTD,
entities or network.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from enum import StrEnum

from lxml import etree

MAX_BYTES = 50 * 1024 * 1024
MAX_URLS = 50_000
_GZIP = b"\x1f\x8b"
_ROBOTS = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


class SitemapKind(StrEnum):
    """What a body turned out to be."""

    INDEX = "index"
    URLS = "urls"
    FEED = "feed"
    TEXT = "text"
    ROBOTS = "robots"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """The addresses of a sitemap in order, each once.

    In an INDEX and in ROBOTS they are further sitemaps, else pages. `truncated` when a limit cut the list;
    `problem` says why nothing, or not all, could be read.
    """

    kind: SitemapKind
    urls: tuple[str, ...]
    truncated: bool = False
    problem: str | None = None


_ROOTS = {
    "sitemapindex": (SitemapKind.INDEX, ("sitemap", "loc")),
    "urlset": (SitemapKind.URLS, ("url", "loc")),
    "rss": (SitemapKind.FEED, ("item", "link")),
    "feed": (SitemapKind.FEED, ("entry", "link")),
}


def sitemap_urls(body: bytes) -> Sitemap:
    """Return what a sitemap, a feed, a list of addresses or a robots.txt names; it never raises."""
    plain, truncated, problem = _unzipped(body)
    if problem is not None and not plain:
        return Sitemap(kind=SitemapKind.UNKNOWN, urls=(), problem=problem)
    if plain.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _xml(plain, problem, truncated=truncated)
    text = plain.decode("utf-8-sig", "replace")
    if named := _ROBOTS.findall(text):
        return _sitemap(SitemapKind.ROBOTS, named, problem, truncated=truncated)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    urls = [line for line in lines if _ADDRESS.fullmatch(line)]
    if not urls:
        nothing = "no sitemap and no list of addresses"
        return Sitemap(kind=SitemapKind.UNKNOWN, urls=(), truncated=truncated, problem=nothing)
    return _sitemap(SitemapKind.TEXT, urls, problem, truncated=truncated)


def _unzipped(body: bytes) -> tuple[bytes, bool, str | None]:
    if not body.startswith(_GZIP):
        return body[:MAX_BYTES], len(body) > MAX_BYTES, None
    reader = zlib.decompressobj(wbits=31)
    try:
        plain = reader.decompress(body, MAX_BYTES)
    except zlib.error as error:
        return b"", False, f"damaged gzip data: {error}"
    return plain, bool(reader.unconsumed_tail), None if reader.eof or reader.unconsumed_tail else "gzip data ends early"


def _xml(plain: bytes, problem: str | None, *, truncated: bool) -> Sitemap:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, recover=True, remove_comments=True
    )
    try:
        root = etree.fromstring(plain.lstrip(b" \t\r\n"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        return Sitemap(kind=SitemapKind.UNKNOWN, urls=(), problem=f"unreadable XML: {error}")
    if root is None or _name(root) not in _ROOTS:
        return Sitemap(kind=SitemapKind.UNKNOWN, urls=(), truncated=truncated, problem="XML, but no sitemap")
    kind, (item, field) = _ROOTS[_name(root)]
    urls = [
        address
        for element in root.iter()
        if _name(element) == item
        for child in element
        if _name(child) == field and (address := (child.get("href") or child.text or "").strip())
    ]
    if parser.error_log and problem is None:
        problem = f"damaged XML: {parser.error_log[0].message}"
    return _sitemap(kind, urls, problem, truncated=truncated)


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname.lower() if isinstance(element.tag, str) else ""


def _sitemap(kind: SitemapKind, urls: list[str], problem: str | None, *, truncated: bool) -> Sitemap:
    unique = tuple(dict.fromkeys(urls))
    return Sitemap(kind=kind, urls=unique[:MAX_URLS], truncated=truncated or len(unique) > MAX_URLS, problem=problem)
