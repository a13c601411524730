"""What a fetched HTML page says about itself: the facts that verdicts and comparisons need.

Encoding: byte order mark, then the Content-Type header, then `<meta>`, then UTF-8
(https://html.spec.whatwg.org/#determining-the-character-encoding). Parsing is libxml2's, which stops at
256 levels of nesting; nothing here recurses.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from lxml import etree
from w3lib.encoding import html_body_declared_encoding, http_content_type_encoding, read_bom

TEXT_KEPT = 2000
"""Characters of visible text that are kept."""
_LONGEST_BODY = 1 << 20
_LONGEST_FIELD = 300
_LONGEST_ADDRESS = 2048
_MOST_TOKENS = 20_000
_SHINGLE = 3
_MAIN_IS_ENOUGH = 200

_ENCODINGS = frozenset(
    {
        "ascii", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk", "gb2312",
        "hz", "big5", "big5hkscs", "cp950", "euc_jp", "shift_jis", "cp932", "iso2022_jp",
        "euc_kr", "cp949", "johab", "koi8-r", "koi8-u", "cp866", "cp874", "tis-620",
        "mac-roman", "mac-cyrillic", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255",
        "cp1256", "cp1257", "cp1258", "iso8859-1", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5",
        "iso8859-6", "iso8859-7", "iso8859-8", "iso8859-9", "iso8859-10", "iso8859-11", "iso8859-13", "iso8859-14",
        "iso8859-15", "iso8859-16",
    }
)  # fmt: skip
"""Python codecs of text that pages are written in. Others may not be text (`hex`, `zlib`) or be slow (`punycode`)."""

_HIDDEN = frozenset({"script", "style", "noscript", "template", "head", "svg", "iframe", "object", "textarea"})
_FURNITURE = frozenset({"nav", "header", "footer", "aside", "form", "button", "select"})
_MAIN = frozenset({"main", "article"})
_REFRESH = re.compile(r"\s*[0-9.]*\s*[;,\s]\s*(?:url\s*=\s*)?(?P<quote>['\"]?)(?P<url>[^\"']*|.*)", re.IGNORECASE)
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7ff\U00020000-\U0003ffff]|[^\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """Facts of one page; addresses are as written, not resolved; empty strings where there is nothing.

    `text` is the first `TEXT_KEPT` characters of the visible text, `text_length` all of its characters.
    `text_hash` is a 64-bit simhash (16 hex digits) of the main text: few differing bits, similar text;
    empty where there is no text.
    """

    title: str = ""
    h1: str = ""
    text: str = ""
    text_length: int = 0
    text_hash: str = ""
    anchors: frozenset[str] = frozenset()
    meta_refresh: str | None = None
    canonical: str | None = None
    og_url: str | None = None
    language: str | None = None


def page_facts(body: bytes, content_type: str | None) -> PageFacts:
    """Return the facts of a page; of other text only the text; of anything else none. Never raises."""
    media_type = (content_type or "").split(";", 1)[0].strip().lower()
    if media_type and not media_type.startswith("text/") and "html" not in media_type and "xml" not in media_type:
        return PageFacts()
    text = decode(body[:_LONGEST_BODY], content_type)
    if media_type.startswith("text/") and media_type not in {"text/html", "text/xml"}:
        return _text_facts(" ".join(text.split()))
    root = _parse(text)
    return PageFacts() if root is None else _facts(root)


def decode(body: bytes, content_type: str | None) -> str:
    """Return a page's text by its declared encoding; one that is unknown or wrong is read as UTF-8."""
    encoding, mark = read_bom(body)
    if encoding is not None and mark is not None:
        return body[len(mark) :].decode(encoding, "replace")
    declared = http_content_type_encoding(content_type) or html_body_declared_encoding(body[:4096])
    return body.decode(_known(declared) or "utf-8", "replace")


def similarity(one: str, other: str) -> float:
    """Return how alike two `text_hash` values are: 1.0 equal, about 0.5 unrelated; 0.0 where one is empty."""
    if not one or not other:
        return 0.0
    return 1 - (int(one, 16) ^ int(other, 16)).bit_count() / 64


def simhash(text: str) -> str:
    """Return the simhash of a text's words (CJK: characters) in threes, digits left out; 16 hex digits."""
    tokens = [match[0].lower() for _, match in zip(range(_MOST_TOKENS), _TOKEN.finditer(text), strict=False)]
    tokens = [token for token in tokens if not token.isdigit()]
    if not tokens:
        return ""
    shingles = {" ".join(tokens[i : i + _SHINGLE]) for i in range(max(1, len(tokens) - _SHINGLE + 1))}
    lanes = [0] * 8
    for shingle in shingles:
        for lane, byte in enumerate(blake2b(shingle.encode("utf-8", "replace"), digest_size=8).digest()):
            lanes[lane] += _SPREAD[byte]
    half = len(shingles) / 2
    bits = (lane >> (32 * bit) & 0xFFFFFFFF for lane in lanes for bit in range(7, -1, -1))
    return f"{int(''.join('1' if count > half else '0' for count in bits), 2):016x}"


_SPREAD = [sum(1 << (32 * bit) for bit in range(8) if byte >> bit & 1) for byte in range(256)]
"""Each byte with its bits 32 apart, so that one addition counts eight bits."""


def _known(name: str | None) -> str | None:
    if name is None:
        return None
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):  # ValueError: a name with a null character
        return None
    return found if found in _ENCODINGS else None


def _parse(text: str) -> etree._Element | None:
    source = text.replace("\0", "\ufffd").encode("utf-8", "replace")
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        root: etree._Element | None = etree.fromstring(source, parser)
    except etree.LxmlError:  # an empty document
        return None
    return root


def _facts(root: etree._Element) -> PageFacts:
    pieces = list(_pieces(root))
    whole = " ".join("".join(piece for piece, _ in pieces).split())
    main = " ".join("".join(piece for piece, main in pieces if main).split())
    facts = _text_facts(whole)
    return PageFacts(
        title=_first_text(root, "title"),
        h1=_first_text(root, "h1"),
        text=facts.text,
        text_length=facts.text_length,
        text_hash=simhash(main) if len(main) >= _MAIN_IS_ENOUGH else facts.text_hash,
        anchors=frozenset(_anchors(root)),
        meta_refresh=_refresh(root),
        canonical=_address(
            link.get("href") for link in root.iter("link") if "canonical" in link.get("rel", "").lower().split()
        ),
        og_url=_address(
            meta.get("content") for meta in root.iter("meta") if "og:url" in {meta.get("property"), meta.get("name")}
        ),
        language=_language(root),
    )


def _text_facts(text: str) -> PageFacts:
    return PageFacts(text=text[:TEXT_KEPT], text_length=len(text), text_hash=simhash(text))


def _pieces(root: etree._Element) -> Iterator[tuple[str, bool]]:
    """Yield the visible text in order, each piece with whether it belongs to the main content."""
    has_main = any(True for _ in root.iter(*_MAIN))
    hidden = furniture = main = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        step = 1 if event == "start" else -1
        name = element.tag
        hidden += step * (name in _HIDDEN)
        furniture += step * (name in _FURNITURE)
        main += step * (name in _MAIN)
        text = element.text if event == "start" else element.tail
        if text and not hidden:
            yield text, not furniture and (main > 0 or not has_main)
        if event == "end" and name not in _INLINE:
            yield " ", True


_INLINE = frozenset({"a", "abbr", "b", "bdi", "bdo", "cite", "code", "em", "font", "i", "kbd", "mark", "q", "s"}) | {
    "small", "span", "strong", "sub", "sup", "u", "var", "wbr",
}  # fmt: skip


def _first_text(root: etree._Element, name: str) -> str:
    for element in root.iter(name):
        if any(parent.tag == "svg" for parent in element.iterancestors()):
            continue
        text = " ".join("".join(map(str, element.itertext())).split())
        if text:
            return text[:_LONGEST_FIELD]
    return ""


def _anchors(root: etree._Element) -> Iterator[str]:
    for element in root.iter(etree.Element):
        identifier = element.get("id")
        if identifier:
            yield identifier
        name = element.get("name") if element.tag == "a" else None
        if name:
            yield name


def _refresh(root: etree._Element) -> str | None:
    for meta in root.iter("meta"):
        if meta.get("http-equiv", "").strip().lower() != "refresh":
            continue
        match = _REFRESH.match(meta.get("content", ""))
        if match is not None and match["url"].strip():
            return _short(match["url"])
    return None


def _address(values: Iterable[str | None]) -> str | None:
    return next((_short(value) for value in values if value and value.strip()), None)


def _short(address: str) -> str:
    return address.strip()[:_LONGEST_ADDRESS]


def _language(root: etree._Element) -> str | None:
    language = (root.get("lang") or root.get("xml:lang") or "").strip()
    return language[:35] or None
