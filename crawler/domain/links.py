"""A link as it stands in a source file: the occurrence that a maintainer has to edit."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLink:
    """One occurrence of a URL in a document, as its parser found it.

    `start` is the offset in code points of `raw` in the decoded document, so that
    `document[start : start + len(raw)] == raw` always holds: a repair replaces exactly these
    characters. `href` is `raw` after the format's own unescaping (entities, backslashes), not yet
    resolved and not yet canonical. `base` is the document's own base address (HTML's `<base>`),
    where it has one. `kind` names the construct (`link`, `image`, `autolink`, `bare`,
    `definition`, `html`, `code`, `comment`, `front-matter` ...). `optional` marks what a reader
    cannot click: code, comments, front matter.
    """

    raw: str
    href: str
    start: int
    text: str
    kind: str
    optional: bool = False
    base: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A found link with its place and its resolved target.

    `url` is the WHATWG href with its fragment (`file://` for local targets), or the raw text where
    no URL can be made of it (`problem` says why). `line` and `column` are 1-based and count code
    points. `nth` counts equal raw texts in one file from 0: links are matched between nights by
    (source, raw, nth), never by line. `ignore` is the reason of an ignore comment that covers the link.
    """

    url: str
    raw: str
    source: str
    line: int
    column: int
    text: str
    kind: str
    optional: bool = False
    nth: int = 0
    problem: str | None = None
    ignore: str | None = None
    added: datetime | None = None


class LineIndex:
    """Line and column (1-based, code points) for offsets in one document."""

    def __init__(self, document: str) -> None:
        self._starts = [0]
        position = document.find("\n")
        while position >= 0:
            self._starts.append(position + 1)
            position = document.find("\n", position + 1)

    def place(self, offset: int) -> tuple[int, int]:
        """Return (line, column) of a code-point offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def start(self, line: int) -> int:
        """Return the offset at which a 1-based line starts; past the end, the last line's."""
        return self._starts[min(line, len(self._starts)) - 1]
