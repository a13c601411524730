"""A scanner for HTML tags that knows where each attribute value stands.

It follows the tokenizer of the HTML standard (https://html.spec.whatwg.org/#tokenization) for what
matters to links: tags, attributes, comments, raw text elements. No parser at hand tells the offset of
an attribute's value (lxml: a line; html5lib, selectolax: nothing; html.parser: the tag's place, and
its attribute pattern changes between patch releases of Python).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from html.entities import html5

_SPACE = " \t\n\r\f"
_OPEN = re.compile(r"<(?:(?P<tag>[a-zA-Z][^\s/>]*)|/(?P<end>[a-zA-Z][^\s/>]*)|(?P<comment>!--)|(?P<bogus>[!?/]))")
_ATTRIBUTE = re.compile(
    r"[ \t\n\r\f/]*(?P<name>=[^ \t\n\r\f/>=]*|[^ \t\n\r\f/>=]+)"
    r"(?:[ \t\n\r\f]*=[ \t\n\r\f]*"
    r"(?:\"(?P<double>[^\"]*)(?:\"|\Z)|'(?P<single>[^']*)(?:'|\Z)|(?P<plain>[^ \t\n\r\f>]*)))?"
)
_TAG_END = re.compile(r"[ \t\n\r\f/]*(?P<close>>?)")
_COMMENT_END = re.compile(r"--!?>")
_REFERENCE = re.compile(r"&(?:#(?P<decimal>[0-9]+)|#[xX](?P<hex>[0-9a-fA-F]+)|(?P<name>[a-zA-Z][a-zA-Z0-9]*));?")
_RAW_TEXT = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})
_CP1252 = bytes(range(0x80, 0xA0)).decode("cp1252", "replace")


class Kind(StrEnum):
    """What a token is."""

    START = "start"
    END = "end"
    TEXT = "text"
    COMMENT = "comment"
    DECLARATION = "declaration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute: a lower-case name, the value as written, and the offset where that stands."""

    name: str
    raw: str
    start: int

    @property
    def value(self) -> str:
        """The value with its character references resolved."""
        return unescape(self.raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A tag, a comment, a declaration or text at `document[start:end]`; `name` is a tag's in lower case.

    A declaration is `<!...>`, `<?...>` and what the standard takes for a broken comment.
    A comment's `start` and `end` are those of its text, without the marks.
    """

    kind: Kind
    start: int
    end: int
    name: str = ""
    attributes: tuple[Attribute, ...] = ()

    def get(self, name: str) -> Attribute | None:
        """Return the attribute of that name (the first one counts), or None."""
        return next((found for found in self.attributes if found.name == name), None)


def scan(document: str) -> Iterator[Token]:
    """Yield the tokens of a document in order. Never raises; linear in the document's length."""
    position = text_start = 0
    while (match := _OPEN.search(document, position)) is not None:
        token, position = _token(document, match)
        if token is None:
            continue
        if text_start < match.start():
            yield Token(kind=Kind.TEXT, start=text_start, end=match.start())
        text_start = position
        yield token
        if token.kind is Kind.START and token.name in _RAW_TEXT:
            position = text_start = _raw_text_end(document, token.name, position)
        elif token.kind is Kind.START and token.name == "plaintext":
            return
    if text_start < len(document):
        yield Token(kind=Kind.TEXT, start=text_start, end=len(document))


def unescape(raw: str) -> str:
    """Resolve character references as the standard does it in attribute values.

    A name without a semicolon is left alone where `=` or a letter or digit follows (`?a=1&copy=2`).
    """
    if "&" not in raw:
        return raw
    return _REFERENCE.sub(_resolve, raw)


def _token(document: str, match: re.Match[str]) -> tuple[Token | None, int]:
    """Return the token that the match opens and where reading goes on; no token at an unclosed tag."""
    if match["tag"] is not None:
        attributes, end = _attributes(document, match.end())
        if end is None:
            return None, len(document)
        name = _lower(match["tag"])
        return Token(kind=Kind.START, start=match.start(), end=end, name=name, attributes=tuple(attributes)), end
    if match["end"] is not None:
        _, end = _attributes(document, match.end())
        if end is None:
            return None, len(document)
        return Token(kind=Kind.END, start=match.start(), end=end, name=_lower(match["end"])), end
    return _comment(document, match)


def _comment(document: str, match: re.Match[str]) -> tuple[Token, int]:
    start = match.end()
    if match["comment"] is None:
        end = document.find(">", start)
        end = len(document) if end < 0 else end
        return Token(kind=Kind.DECLARATION, start=start, end=end), min(end + 1, len(document))
    for short in (">", "->"):
        if document.startswith(short, start):
            return Token(kind=Kind.COMMENT, start=start, end=start), start + len(short)
    close = _COMMENT_END.search(document, start)
    if close is None:
        return Token(kind=Kind.COMMENT, start=start, end=len(document)), len(document)
    return Token(kind=Kind.COMMENT, start=start, end=close.start()), close.end()


def _attributes(document: str, position: int) -> tuple[list[Attribute], int | None]:
    """Return a tag's attributes and where the tag ends; None where the document ends inside it."""
    found: list[Attribute] = []
    while True:
        end = _TAG_END.match(document, position)
        assert end is not None
        if end["close"]:
            return found, end.end()
        match = _ATTRIBUTE.match(document, position)
        if match is None:
            return found, None
        position = match.end()
        group = next((name for name in ("double", "single", "plain") if match[name] is not None), None)
        found.append(
            Attribute(
                name=_lower(match["name"]),
                raw=match[group] if group else "",
                start=match.start(group) if group else match.end("name"),
            )
        )


def _raw_text_end(document: str, name: str, position: int) -> int:
    close = re.compile(rf"</{name}(?=[ \t\n\r\f/>])", re.IGNORECASE | re.ASCII).search(document, position)
    return len(document) if close is None else close.start()


def _lower(name: str) -> str:
    return name.lower() if name.isascii() else name


def _resolve(match: re.Match[str]) -> str:
    whole = match[0]
    if match["decimal"] is not None or match["hex"] is not None:
        digits, base = (match["decimal"], 10) if match["decimal"] is not None else (match["hex"], 16)
        return _character(int(digits, base) if len(digits) < 10 else 0x110000)
    if whole.endswith(";"):
        return html5.get(match["name"] + ";") or _legacy(match["name"], ";", whole)
    following = match.string[match.end() : match.end() + 1]
    return whole if following == "=" else html5.get(match["name"], whole)


def _legacy(name: str, rest: str, whole: str) -> str:
    """Resolve an old name that is written without its semicolon only where it is the whole name."""
    return html5[name] + rest if name in html5 else whole


def _character(code: int) -> str:
    if code == 0 or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return _CP1252[code - 0x80] if 0x80 <= code <= 0x9F else chr(code)
