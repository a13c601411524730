"""Links of an HTML document: every attribute that holds a URL, at its exact place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from crawler.domain.links import FoundLink
from crawler.sources.tags import Attribute, Kind, Token, scan, unescape
from crawler.sources.templates import mark_templates
from crawler.sources.verbatim import verbatim_links

_SPACE = " \t\n\r\f"
_LONGEST_TEXT = 500

_URL_ATTRIBUTES = {
    # https://html.spec.whatwg.org/#attributes-3 and, for the old ones, HTML 4.01
    "href": None,
    "src": None,
    "xlink:href": frozenset({"a", "image", "use", "script", "feimage", "textpath", "lineargradient", "pattern"}),
    "poster": frozenset({"video"}),
    "data": frozenset({"object"}),
    "action": frozenset({"form"}),
    "formaction": frozenset({"button", "input"}),
    "cite": frozenset({"blockquote", "q", "del", "ins"}),
    "background": frozenset({"body", "table", "td", "th", "tr"}),
    "longdesc": frozenset({"img", "frame", "iframe"}),
    "lowsrc": frozenset({"img"}),
    "manifest": frozenset({"html"}),
    "profile": frozenset({"head"}),
}
"""Attributes that hold one URL, and on which elements (None: on any, such as components' `href`)."""

_KINDS = {"a": "link", "area": "link", "img": "image", "picture": "image", "image": "image", "form": "form"}
_IMAGE_ATTRIBUTES = frozenset({"srcset", "imagesrcset", "poster", "background", "lowsrc"})
_HINTS = frozenset({"preconnect", "dns-prefetch"})
_REFRESH = re.compile(
    r"[ \t\n\r\f]*[0-9.]*[ \t\n\r\f]*[;, \t\n\r\f][ \t\n\r\f]*(?:url[ \t\n\r\f]*=[ \t\n\r\f]*)?(?P<quote>['\"]?)",
    re.IGNORECASE,
)
_CANDIDATE = re.compile(r"[ \t\n\r\f,]*(?P<url>[^ \t\n\r\f]+)")
_PING = re.compile(r"[^ \t\n\r\f]+")

_Piece = tuple[str, int]  # raw text, offset


def extract(document: str) -> list[FoundLink]:
    """Return the links of an HTML document in document order; never raises.

    `kind` is `link` (a, area), `image`, `form`, `resource` (scripts, styles, frames, media), `hint`
    (preconnect and dns-prefetch: a host, not a page), `refresh`, or, optional, `comment` and `template`.
    """
    return mark_templates(_links(document, list(scan(document))))


def anchors(document: str) -> frozenset[str]:
    """Return what a fragment can point to: every `id`, and the `name` of `a` elements."""
    found = set()
    for token in scan(document):
        for attribute in token.attributes:
            if attribute.name == "id" or (attribute.name == "name" and token.name in {"a", "map"}):
                found.add(attribute.value)
    return frozenset(found - {""})


def tag_links(token: Token) -> list[FoundLink]:
    """Return the links of one start tag, without text and base."""
    return [
        FoundLink(raw=raw, href=unescape(raw), start=start, text="", kind=_kind(token, attribute))
        for attribute, (raw, start) in _places(token)
    ]


def _links(document: str, tokens: list[Token]) -> Iterator[FoundLink]:
    base = _base(tokens)
    for index, token in enumerate(tokens):
        if token.kind is Kind.COMMENT:
            yield from verbatim_links(document, token.start, token.end, "comment")
        if token.kind is not Kind.START or token.name == "base":
            continue
        found = tag_links(token)
        if found:
            text = _text(document, tokens, index)
            yield from (replace(link, text=text, base=base) for link in found)


def _base(tokens: list[Token]) -> str | None:
    for token in tokens:
        if token.kind is Kind.START and token.name == "base":
            href = token.get("href")
            if href is not None and href.value.strip(_SPACE):
                return href.value.strip(_SPACE)
    return None


def _places(token: Token) -> Iterator[tuple[Attribute, _Piece]]:
    """Yield each URL of a tag, in order; of attributes of one name only the first counts."""
    seen = set()
    for attribute in token.attributes:
        if attribute.name in seen:
            continue
        seen.add(attribute.name)
        for raw, start in _pieces(token, attribute):
            text = raw.strip(_SPACE)
            if text:
                yield attribute, (text, start + len(raw) - len(raw.lstrip(_SPACE)))


def _pieces(token: Token, attribute: Attribute) -> Iterator[_Piece]:
    several = _SEVERAL.get((token.name, attribute.name)) or _SEVERAL.get(("", attribute.name))
    if several is not None:
        yield from several(token, attribute)
        return
    elements = _URL_ATTRIBUTES.get(attribute.name, frozenset())
    if elements is None or token.name in elements:
        yield attribute.raw, attribute.start


def _candidates(_token: Token, attribute: Attribute) -> Iterator[_Piece]:
    """Split a `srcset` (https://html.spec.whatwg.org/#parsing-a-srcset-attribute)."""
    raw, position = attribute.raw, 0
    while (match := _CANDIDATE.match(raw, position)) is not None:
        url = match["url"].rstrip(",")
        position = match.end()
        if url:
            yield url, attribute.start + match.start("url")
        if url == match["url"]:
            position = _descriptors_end(raw, position)


def _descriptors_end(raw: str, position: int) -> int:
    depth = 0
    for index in range(position, len(raw)):
        depth += (raw[index] == "(") - (raw[index] == ")" and depth > 0)
        if raw[index] == "," and depth == 0:
            return index
    return len(raw)


def _pings(_token: Token, attribute: Attribute) -> Iterator[_Piece]:
    for match in _PING.finditer(attribute.raw):
        yield match[0], attribute.start + match.start()


def _refresh(token: Token, attribute: Attribute) -> Iterator[_Piece]:
    """Find the target of `<meta http-equiv=refresh content="5; url=...">`."""
    equiv = token.get("http-equiv")
    match = _REFRESH.match(attribute.raw)
    if equiv is None or equiv.value.strip(_SPACE).lower() != "refresh" or match is None:
        return
    url = attribute.raw[match.end() :]
    if match["quote"]:
        url = url.split(match["quote"], 1)[0]
    yield url, attribute.start + match.end()


_SEVERAL: dict[tuple[str, str], Callable[[Token, Attribute], Iterator[_Piece]]] = {
    ("", "srcset"): _candidates,
    ("", "imagesrcset"): _candidates,
    ("a", "ping"): _pings,
    ("area", "ping"): _pings,
    ("meta", "content"): _refresh,
}
"""Attributes that hold several URLs or one among other text, by element (empty: any) and name."""


def _kind(token: Token, attribute: Attribute) -> str:
    if token.name == "meta":
        return "refresh"
    if attribute.name in _IMAGE_ATTRIBUTES:
        return "image"
    if token.name == "link":
        rel = token.get("rel")
        words = set(rel.value.lower().split()) if rel is not None else set()
        return "hint" if words & _HINTS else "resource"
    if attribute.name == "formaction":
        return "form"
    return _KINDS.get(token.name, "link" if attribute.name == "href" else "resource")


def _text(document: str, tokens: list[Token], index: int) -> str:
    """Return the visible text of the element: up to the end tag of a link, else its `alt` or `title`."""
    token = tokens[index]
    for name in ("alt", "title", "aria-label") if token.name != "a" else ():
        attribute = token.get(name)
        if attribute is not None and attribute.raw:
            return " ".join(attribute.value.split())[:_LONGEST_TEXT]
    if token.name != "a":
        return ""
    words: list[str] = []
    for following in tokens[index + 1 : index + 50]:
        if following.name == "a":
            break
        if following.kind is Kind.TEXT:
            words.append(unescape(document[following.start : min(following.end, following.start + _LONGEST_TEXT)]))
        elif following.name == "img" and (alt := following.get("alt")) is not None:
            words.append(f" {alt.value} ")
    return " ".join("".join(words).split())[:_LONGEST_TEXT]
