"""Org mode: bracket, angle and plain links, images, keywords and blocks.

The syntax is that of https://orgmode.org/worg/org-syntax.html, section 5.7 Links. The kept Python readers of
Org give headings and text without places, so the link syntax is scanned here, line by line for blocks.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace

from crawler.domain.links import FoundLink
from crawler.sources import html
from crawler.sources.bare import text_links
from crawler.sources.slugs import slugs
from crawler.sources.verbatim import verbatim_links

_BRACKET = re.compile(r"\[\[((?:[^\[\]\\]|\\.)+)\](?:\[((?:.|\n){1,1000}?)\])?\]")
_ANGLE = re.compile(r"<((?:https?|ftp|mailto|file):[^<>\n]+)>")
_VERBATIM_START = re.compile(r"(?<![^\s\-(\"'{])([=~])(?=\S)")
_VERBATIM_END = re.compile(r"(?<=\S)([=~])(?![^\s\-.,;:!?'\")}\[])")
_BEGIN = re.compile(r"[ \t]*#\+begin_(\S+)", re.IGNORECASE)
_KEYWORD = re.compile(r"[ \t]*#\+([\w-]+)(?:\[[^\]]*\])?:[ \t]*", re.IGNORECASE)
_ABBREVIATION = re.compile(r"^[ \t]*#\+link:[ \t]+(\S+)[ \t]+(\S+)", re.IGNORECASE | re.MULTILINE)
_VERBATIM_BLOCKS = frozenset({"src", "example", "comment", "export"})
_HTML_KEYWORDS = frozenset({"html"})
_IMAGE = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|tiff?|bmp)(?:\?.*)?$", re.IGNORECASE)
_LOCAL = re.compile(r"(?:file:|\./|\.\./|/|~/)")
_SCHEME = re.compile(r"[A-Za-z][\w+.-]*:")
_CUSTOM_ID = re.compile(r"^[ \t]*:CUSTOM_ID:[ \t]+(\S+)", re.IGNORECASE | re.MULTILINE)
_HEADING = re.compile(
    r"^\*+[ \t]+(?:(?:TODO|DONE|NEXT|WAIT)[ \t]+)?(?:\[#\w\][ \t]+)?(.*?)(?:[ \t]+:[\w@#%:]+:)?[ \t]*$", re.MULTILINE
)
_TARGET = re.compile(r"<<([^<>\n]+)>>")


def extract(document: str) -> list[FoundLink]:
    """Return the links of an Org document in document order."""
    found: dict[int, FoundLink] = {}
    abbreviations = dict(_ABBREVIATION.findall(document))
    for start, end, kind in _regions(document):
        for link in _READERS[kind](document, start, end, abbreviations):
            found.setdefault(link.start, link)
    return [found[start] for start in sorted(found)]


def anchors(document: str) -> frozenset[str]:
    """Return custom ids, dedicated targets, and headings as GitHub names them."""
    titles = [_BRACKET.sub(lambda link: link[2] or link[1], title) for title in _HEADING.findall(document)]
    return frozenset(_CUSTOM_ID.findall(document)) | frozenset(_TARGET.findall(document)) | slugs(titles)


def _regions(document: str) -> Iterator[tuple[int, int, str]]:
    """Cut the document into (start, end, kind): text, code, comment and html."""
    text_from = position = 0
    block = ""
    block_from = 0
    for line in document.splitlines(keepends=True):
        start, position = position, position + len(line)
        kind = "code" if block else _kind(line)
        if block:
            if re.match(rf"[ \t]*#\+end_{re.escape(block)}\b", line, re.IGNORECASE):
                yield block_from, start, _block_kind(block)
                block, text_from = "", position
            continue
        if kind == "text":
            continue
        yield text_from, start, "text"
        text_from = position
        if kind == "block":
            block, block_from = _begin(line), position
        else:
            yield start, position, kind
    if block:
        yield block_from, len(document), _block_kind(block)
    else:
        yield text_from, len(document), "text"


def _kind(line: str) -> str:
    stripped = line.lstrip()
    if begin := _BEGIN.match(line):
        return "block" if begin[1].lower() in _VERBATIM_BLOCKS else "text"
    if keyword := _KEYWORD.match(line):
        return "html" if keyword[1].lower() in _HTML_KEYWORDS else "text"
    if stripped.startswith("# ") or stripped.strip() == "#":
        return "comment"
    return "code" if stripped.startswith(": ") else "text"


def _begin(line: str) -> str:
    match = _BEGIN.match(line)
    return match[1].lower() if match else ""


def _block_kind(block: str) -> str:
    return "html-or-code" if block == "export" else "comment" if block == "comment" else "code"


def _text(document: str, start: int, end: int, abbreviations: dict[str, str]) -> Iterator[FoundLink]:
    text = document[start:end]
    for match in _BRACKET.finditer(text):
        yield from _bracket(match, start, abbreviations)
    text = _BRACKET.sub(_blank, text)
    parts, position = [], 0
    for first, last in _verbatim(text):
        yield from verbatim_links(document, start + first, start + last, "code")
        parts += [text[position:first], " " * (last - first)]
        position = last
    text = "".join((*parts, text[position:]))
    for match in _ANGLE.finditer(text):
        at = start + match.start(1)
        yield FoundLink(raw=match[1], href=match[1], start=at, text=match[1], kind="autolink")
    yield from text_links(_ANGLE.sub(_blank, text), offset=start)


def _verbatim(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of verbatim text and code, each within a line; all ends are found in one pass."""
    ends: dict[str, list[int]] = {"=": [], "~": []}
    for end in _VERBATIM_END.finditer(text):
        ends[end[1]].append(end.start())
    position = 0
    for opener in _VERBATIM_START.finditer(text):
        start = opener.end()
        after = bisect_left(ends[opener[1]], start + 1)
        if opener.start() < position or after == len(ends[opener[1]]):
            continue
        last = ends[opener[1]][after]
        if text.find("\n", start, last) < 0:
            yield start, last
            position = last + 1


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _bracket(match: re.Match[str], offset: int, abbreviations: dict[str, str]) -> Iterator[FoundLink]:
    raw, label = match[1], match[2] or ""
    href = _href(re.sub(r"\\([\\\[\]])", r"\1", raw), abbreviations)
    if href:
        kind = "image" if not label and _IMAGE.search(href) else "link"
        yield FoundLink(raw=raw, href=href, start=offset + match.start(1), text=label or raw, kind=kind)
    address = label.strip()
    if re.match(r"(?:https?:|file:|\./)\S+$", address) and _IMAGE.search(address):
        start = offset + match.start(2) + label.index(address)
        yield FoundLink(raw=address, href=address.removeprefix("file:"), start=start, text=address, kind="image")


def _href(target: str, abbreviations: dict[str, str]) -> str | None:
    """Return the address of a bracket link; None for one inside the document or of another program."""
    target = target.strip()
    name, mark, rest = target.partition(":")
    if mark and name in abbreviations:
        pattern = abbreviations[name]
        return pattern.replace("%s", rest).replace("%h", rest) if "%" in pattern else pattern + rest
    if target.startswith("#"):
        return target
    if _LOCAL.match(target):
        path, _, option = target.removeprefix("file:").partition("::")
        return path + (f"#{option[1:]}" if option.startswith("#") else "") or None
    return target if _SCHEME.match(target) and not target.startswith(("id:", "elisp:", "shell:")) else None


def _code(document: str, start: int, end: int, _: dict[str, str]) -> Iterator[FoundLink]:
    yield from verbatim_links(document, start, end, "code")


def _comment(document: str, start: int, end: int, _: dict[str, str]) -> Iterator[FoundLink]:
    yield from verbatim_links(document, start, end, "comment")


def _html(document: str, start: int, end: int, _: dict[str, str]) -> Iterator[FoundLink]:
    for link in html.extract(document[start:end]):
        yield replace(link, start=link.start + start)


def _export(document: str, start: int, end: int, abbreviations: dict[str, str]) -> Iterator[FoundLink]:
    header = document[document.rfind("\n", 0, max(start - 1, 0)) + 1 : start].lower()
    yield from (_html if "html" in header else _code)(document, start, end, abbreviations)


_READERS = {"text": _text, "code": _code, "comment": _comment, "html": _html, "html-or-code": _export}
