"""AsciiDoc text after attribute substitution that still knows where each character came from.

A URL that stands whole in an attribute's value (`:url-x: https://...`, used as `{url-x}[text]`) is found at
the definition, because that is the line to edit; a URL composed at the place of use
(`{url-x}/path[text]`) is found there.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

_REFERENCE = re.compile(r"(\\)?\{(\w[\w-]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A run of characters: from the document (`inner` None) or from an attribute used at start:end."""

    at: int
    length: int
    start: int
    end: int
    inner: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Expanded text and its pieces in order."""

    string: str
    pieces: tuple[Piece, ...]

    def place(self, begin: int, end: int) -> tuple[int, int]:
        """Return the document span to edit for a non-empty span of the expanded text."""
        first = self.pieces[bisect_right(self.pieces, begin, key=_at) - 1]
        last = self.pieces[bisect_right(self.pieces, end - 1, key=_at) - 1]
        if first is last and first.inner is not None:
            return first.inner.place(begin - first.at, end - first.at)
        start = first.start if first.inner else first.start + max(begin - first.at, 0)
        stop = last.end if last.inner else last.start + min(end - last.at, last.length)
        return start, stop


def _at(piece: Piece) -> int:
    return piece.at


def literal(lines: Sequence[tuple[int, str]]) -> Text:
    """Join lines, each with its document offset, without any substitution."""
    pieces, parts, at = [], [], 0
    for index, (offset, line) in enumerate(lines):
        content = line if index == len(lines) - 1 else line + "\n"
        if content:
            pieces.append(Piece(at=at, length=len(content), start=offset, end=offset + len(content)))
        parts.append(content)
        at += len(content)
    return Text(string="".join(parts), pieces=tuple(pieces))


def expand(text: Text, attributes: Mapping[str, Text]) -> Text:
    """Replace attribute references by their values; an unknown or escaped one stays as it is."""
    if "{" not in text.string:
        return text
    pieces: list[Piece] = []
    parts: list[str] = []
    at = position = 0

    def keep(begin: int, end: int) -> None:
        nonlocal at
        index = max(bisect_right(text.pieces, begin, key=_at) - 1, 0)
        for piece in islice(text.pieces, index, None):
            if piece.at >= end:
                break
            low, high = max(begin, piece.at), min(end, piece.at + piece.length)
            if low < high:
                start = piece.start if piece.inner else piece.start + low - piece.at
                stop = piece.end if piece.inner else start + high - low
                pieces.append(Piece(at=at, length=high - low, start=start, end=stop, inner=piece.inner))
                parts.append(text.string[low:high])
                at += high - low

    for match in _REFERENCE.finditer(text.string):
        value = attributes.get(match[2].lower())
        if match[1] or value is None:
            continue
        keep(position, match.start())
        position = match.end()
        if value.string:
            start, end = text.place(match.start(), match.end())
            pieces.append(Piece(at=at, length=len(value.string), start=start, end=end, inner=value))
            parts.append(value.string)
            at += len(value.string)
    keep(position, len(text.string))
    return Text(string="".join(parts), pieces=tuple(pieces))


MASK = "\x00"
"""Stands for a character of a passthrough: no blank, no part of any link."""

# Passthroughs keep their content from the macros, unless they ask for them:
# https://docs.asciidoctor.org/asciidoc/latest/pass/pass-macro/
_PASSTHROUGHS = re.compile(
    r"(?P<kept>\b(?:link|xref|image):\+\+.{1,4000}?\+\+\[)"
    r"|\\?pass:(?P<subs>[a-z]+(?:,[a-z-]+)*)?\[(?:|[^\x00]{0,4000}?[^\\])\]"
    r"|(?<![\\+])\+\+\+(?P<raw>.{0,4000}?)\+\+\+"
    r"|(?<![\\+])\+\+(?!\+)(?P<double>.{1,4000}?)\+\+"
    r"|\$\$.{1,4000}?\$\$"
    r"|\b(?:stem|latexmath|asciimath|kbd|btn|menu):[a-z,]*\[(?:|.{0,4000}?[^\\])\]"
    r"|(?<![\w;:\\+])\+(?=[^\s+])(?:[^\n]*?[^\s+])?\+(?![\w+])",
    re.DOTALL,
)
_MACRO_SUBS = frozenset({"m", "macros", "n", "normal"})


def masked(text: Text) -> Text:
    """Return the text with its inline passthroughs blanked out, character for character."""
    if "+" not in text.string and "$$" not in text.string and ":" not in text.string:
        return text

    def blank(match: re.Match[str]) -> str:
        subs = (match["subs"] or "").split(",")
        if match["kept"] or _MACRO_SUBS.intersection(subs):
            return match[0]
        return re.sub(r"[^\n]", MASK, match[0])

    return Text(string=_PASSTHROUGHS.sub(blank, text.string), pieces=text.pieces)
