"""Maps from text that a parser sees (dedented, unescaped, joined) back to the document's offsets."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import replace

from crawler.domain.links import FoundLink

_LINE_END = re.compile(r"\r\n?|\n")


class SourceMap:
    """A text glued together from pieces of a document, with the way back for each character.

    Pieces are added in the text's order. A piece of equal length on both sides maps character by
    character; any other piece (an escape, a dropped character) is one unit that maps as a whole.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._at: list[int] = []
        self._pieces: list[tuple[int, int, int]] = []  # text length, document start, document length

    @property
    def text(self) -> str:
        """Return the text as the parser sees it."""
        return "".join(self._parts)

    def add(self, text: str, start: int, length: int | None = None) -> None:
        """Append text that stands at `document[start : start + length]` (default: its own length)."""
        if not text:
            return
        self._at.append(self._length)
        self._pieces.append((len(text), start, len(text) if length is None else length))
        self._parts.append(text)
        self._length += len(text)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the document's span of `text[start:end]`; the text must not be empty."""
        if end <= start:
            first = self._place(start)[0]
            return first, first
        return self._place(start)[0], self._place(end - 1)[1]

    def within(self, part: str) -> SourceMap:
        """Return the map of a part of the text (its first occurrence; the whole where there is none)."""
        cut = max(0, self.text.find(part))
        inner = SourceMap()
        for at, (length, start, span), piece in zip(self._at, self._pieces, self._parts, strict=True):
            skipped = min(max(0, cut - at), length)
            inner.add(
                piece[skipped:], start + (skipped if length == span else 0), span - skipped if length == span else span
            )
        return inner

    def _place(self, offset: int) -> tuple[int, int]:
        index = max(0, bisect_right(self._at, offset) - 1)
        length, start, span = self._pieces[index]
        if length != span:
            return start, start + span
        inside = min(max(0, offset - self._at[index]), length - 1)
        return start + inside, start + inside + 1

    def relocate(self, links: Iterable[FoundLink], document: str) -> list[FoundLink]:
        """Return links found in the text as links of the document; `raw` becomes the document's own."""
        moved = []
        for link in links:
            start, end = self.span(link.start, link.start + len(link.raw))
            moved.append(replace(link, raw=document[start:end], start=start))
        return moved


class Lines:
    """The lines of a document as CommonMark counts them (LF, CR LF and CR end a line)."""

    def __init__(self, document: str) -> None:
        self.document = document
        self._starts = [0]
        self._ends: list[int] = []
        for match in _LINE_END.finditer(document):
            self._ends.append(match.start())
            self._starts.append(match.end())
        self._ends.append(len(document))

    def __len__(self) -> int:
        return len(self._starts)

    def start(self, line: int) -> int:
        """Return where a 0-based line starts; past the last line, the document's end."""
        return self._starts[line] if line < len(self._starts) else len(self.document)

    def end(self, line: int) -> int:
        """Return where a 0-based line ends, its line ending left out."""
        return self._ends[line] if line < len(self._ends) else len(self.document)

    def block(self, content: str, first: int, *, spare: str = "") -> SourceMap:
        """Map a block's content, whose lines are ends of the document's lines from `first` on.

        A block parser cuts indentation and container marks (`> `, `- `) from the front of a line and
        keeps its end, so that counting from the end is exact whatever the prefix was. Its last line
        may have lost trailing whitespace, a heading's also closing marks: those of `spare`.
        """
        mapped = SourceMap()
        parts = content.split("\n")
        for number, part in enumerate(parts):
            line = first + number
            last = number == len(parts) - 1
            start = self._trimmed_start(part, line, spare) if last else self.end(line) - len(part)
            if start < self.start(line):  # a tab that was expanded in part: spaces of nobody
                blanks = len(part) - len(part.lstrip(" "))
                mapped.add(part[:blanks], start + blanks, 0)
                mapped.add(part[blanks:], start + blanks)
            else:
                mapped.add(part, start)
            if not last:
                mapped.add("\n", self.end(line), 1)
        return mapped

    def _trimmed_start(self, part: str, line: int, spare: str) -> int:
        text = self.document[self.start(line) : self.end(line)].replace("\0", "\ufffd").rstrip()
        core = part.rstrip()
        if spare and not text.endswith(core):
            text = text.rstrip(spare).rstrip()
        return self.start(line) + len(text) - len(core)
