"""Where a piece of text that docutils hands out stands in the document it was read from.

docutils expands tabs, strips trailing blanks and indentation and joins the lines of a block, and it
keeps line numbers only. A block is found again by its lines: the nearest run of source lines that
contain them one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_TAB = 8
_REACH = 60  # lines searched on both sides of the reported one before the rest of the file
_FAR = 300  # searches of the whole file, each as long as the file: a bound on hostile input


class Places:
    """The lines of a document as docutils sees them, with their offsets in it."""

    def __init__(self, document: str) -> None:
        self._raw = re.sub("[\v\f]", " ", document).splitlines(keepends=True)
        self.document = document
        self._far_searches = _FAR
        self.starts = [0]
        for line in self._raw:
            self.starts.append(self.starts[-1] + len(line))
        self.lines = [line.expandtabs(_TAB).rstrip() for line in self._raw]

    def offset(self, line: int, column: int) -> int:
        """Return the document offset of a 0-based line and tab-expanded column."""
        raw = self._raw[line]
        if "\t" not in raw:
            return self.starts[line] + column
        width = 0
        for index, character in enumerate(raw):
            if width >= column:
                return self.starts[line] + index
            width += _TAB - width % _TAB if character == "\t" else 1
        return self.starts[line] + len(raw)

    def start(self, line: int) -> int:
        """Return the offset where a 0-based line starts; past the end, the document's length."""
        return self.starts[min(max(line, 0), len(self.starts) - 1)]

    def block(self, text: str, lineno: int) -> Block | None:
        """Find a joined block whose first line is reported as the 1-based `lineno`."""
        wanted = [line.rstrip() for line in text.split("\n")]
        for first in self._candidates(lineno - 1, len(wanted)):
            columns = self._columns(first, wanted)
            if columns is not None:
                return Block(self, text, first, columns)
        return None

    def _candidates(self, near: int, height: int) -> Iterator[int]:
        last = len(self.lines) - height
        low, high = near - _REACH, near + _REACH
        for distance in range(_REACH + 1):
            for line in (near + distance, near - distance) if distance else (near,):
                if 0 <= line <= last:
                    yield line
        self._far_searches -= 1
        if self._far_searches < 0:
            return
        yield from range(max(high + 1, 0), last + 1)
        yield from range(max(min(low, last + 1), 0))

    def _columns(self, first: int, wanted: Sequence[str]) -> list[int] | None:
        columns = []
        for index, line in enumerate(wanted):
            column = self.lines[first + index].find(line)
            if column < 0:
                return None
            columns.append(column)
        return columns


class Block:
    """A block of text at its place: maps positions in it to offsets in the document."""

    def __init__(self, places: Places, text: str, first: int, columns: Sequence[int]) -> None:
        self._places = places
        self._text = text
        self._first = first
        self._columns = columns

    def offset(self, position: int) -> int:
        """Return the document offset of a position in the block's text."""
        row = self._text.count("\n", 0, position)
        column = position - (self._text.rfind("\n", 0, position) + 1)
        return self._places.offset(self._first + row, self._columns[row] + column)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the document span of a non-empty piece of the block's text."""
        return self.offset(start), self.offset(end - 1) + 1
