"""Bare URLs in running text, ended where a reader would end them.

linkify-it-py judges what a URL is; three things are decided here. Where one may start: GFM's rule
(after anything but an ASCII letter), because CJK text has no space before a URL. What trails it: GFM's
trailing punctuation and emphasis marks are cut. Where it ends beside CJK text: see `_reader_end`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from linkify_it import LinkifyIt

from crawler.domain.links import FoundLink

_LINKIFY = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": True})
_OPENER = re.compile(
    r"(?P<scheme>(?<![a-z])(?:https?|ftp):)(?=//)|(?P<www>(?<![a-z0-9_./@:=-])(?=www\.))|(?P<mail>(?<![a-z])mailto:)",
    re.IGNORECASE | re.ASCII,
)
_EMAIL_CHUNK = re.compile(r"(?<![^\s<>()\[\]|\"])[^\s<>()\[\]|\"@]{1,64}@[^\s<>()\[\]|\"@]{1,255}")
_LONGEST = 4096
"""Characters looked at for one URL: keeps the work linear on text without spaces."""

_TRAILING = "?!.,:;*_~'\"`\\"
_QUOTES = frozenset("“”„‟‹›«»…")
_SEGMENT_BREAKS = frozenset("/?#&=")
_CJK = re.compile(
    "[\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u30fa\u30fc-\u318f\u31a0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BareUrl:
    """A URL written out in text: `text[start : start + len(raw)] == raw`; `href` has a scheme."""

    raw: str
    href: str
    start: int


def bare_urls(text: str) -> list[BareUrl]:
    """Return the http, https, ftp, `www.` and `mailto:` URLs in text, in order, never overlapping."""
    return list(_urls(text))


def bare_emails(text: str) -> list[BareUrl]:
    """Return the e-mail addresses in text as `mailto:` URLs (those written as `mailto:` excepted)."""
    return list(_emails(text))


def bare_links(text: str, *, offset: int = 0, kind: str = "bare", optional: bool = False) -> list[FoundLink]:
    """Return the bare URLs of a piece of a document as links; `offset` is where the piece starts."""
    return [
        FoundLink(raw=u.raw, href=u.href, start=u.start + offset, text=u.raw, kind=kind, optional=optional)
        for u in _urls(text)
    ]


def text_links(text: str, *, offset: int = 0, kind: str = "bare") -> list[FoundLink]:
    """Return `bare_links` for a format that, unlike GFM, makes no link of `www.` without a scheme: it is optional."""
    return [replace(link, optional=link.href != link.raw) for link in bare_links(text, offset=offset, kind=kind)]


def _urls(text: str) -> Iterator[BareUrl]:
    end = 0
    for opener in _OPENER.finditer(text):
        start = opener.start()
        if start < end:
            continue
        length = _length(text, opener)
        if length:
            raw = text[start : start + length]
            end = start + length
            yield BareUrl(raw=raw, href=raw if opener["www"] is None else f"http://{raw}", start=start)


def _length(text: str, opener: re.Match[str]) -> int:
    """Return how many characters from the opener on are the URL; 0 where linkify-it sees none."""
    prefix = opener[0] if opener["www"] is None else "http://"
    chunk = prefix + text[opener.end() : opener.end() + _LONGEST]
    schema = "mailto:" if opener["mail"] else "http:"
    tail = len(prefix) if opener["www"] is None else len("http:")
    found = _LINKIFY.test_schema_at(chunk, schema, tail)
    if not found:
        return 0
    floor = len(prefix) + len("www." if opener["www"] is not None else "" if opener["mail"] else "//")
    end = _reader_end(chunk[: tail + found], floor)
    end = floor + len(chunk[floor:end].rstrip(_TRAILING))
    if end <= floor:
        return 0
    return end - (len(prefix) if opener["www"] is not None else 0)


def _reader_end(url: str, floor: int) -> int:
    """Return where a reader would end the URL.

    Full-width punctuation and typographic quotes always end it. A CJK letter ends it where it follows
    an ASCII letter or digit in a segment that was ASCII so far (`https://a.b/c这里`), and stays where
    it starts a segment or follows a joint such as `_` or `-` (`/wiki/链接`, `?q=链接`, `/Foo_链接`).
    """
    ascii_so_far = True
    for position in range(floor, len(url)):
        char = url[position]
        if char.isascii():
            ascii_so_far = ascii_so_far or char in _SEGMENT_BREAKS
            continue
        if char in _QUOTES or _is_wide_punctuation(char):
            return position
        if not _CJK.match(char):
            continue
        previous = url[position - 1]
        if ascii_so_far and previous.isascii() and (previous.isalnum() or previous in ",;!)]}'\"`"):
            return position
        ascii_so_far = False
    return len(url)


def _is_wide_punctuation(char: str) -> bool:
    return unicodedata.category(char)[0] in "PS" and unicodedata.east_asian_width(char) in "WFH"


def _emails(text: str) -> Iterator[BareUrl]:
    if "@" not in text:
        return
    for chunk in _EMAIL_CHUNK.finditer(text):
        for match in _LINKIFY.match(chunk[0]) or ():
            if match.schema == "mailto:" and not match.raw.lower().startswith("mailto:"):
                yield BareUrl(raw=match.raw, href=match.url, start=chunk.start() + match.index)
