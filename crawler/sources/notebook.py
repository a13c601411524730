"""Links of a Jupyter notebook, at their places in the .ipynb file's own text.

nbformat reads a notebook without positions, so the JSON is walked here: the strings of each cell's
`source` are glued together with a map back to the file, and the Markdown reader does the rest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from crawler.domain.links import FoundLink
from crawler.sources import markdown
from crawler.sources.locate import SourceMap
from crawler.sources.verbatim import verbatim_links

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_ESCAPE = re.compile(r"(?:\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.)", re.DOTALL)


@dataclass(slots=True)
class _Cell:
    kind: str = ""
    source: SourceMap = field(default_factory=SourceMap)


def extract(document: str) -> list[FoundLink]:
    """Return the links of a notebook's Markdown and, optional, code cells; never raises."""
    found: list[FoundLink] = []
    for cell in _cells(document):
        if cell.kind in {"markdown", "heading"}:
            found += cell.source.relocate(markdown.extract(cell.source.text), document)
        elif cell.kind == "code":
            text = cell.source.text
            found += cell.source.relocate(verbatim_links(text, 0, len(text), "code"), document)
    return found


def anchors(document: str) -> frozenset[str]:
    """Return the anchors of all Markdown cells; Jupyter keeps a heading's case and writes blanks as `-`."""
    found: set[str] = set()
    for cell in _cells(document):
        if cell.kind == "markdown":
            found |= markdown.anchors(cell.source.text)
            found |= {heading.replace(" ", "-") for heading in markdown.headings(cell.source.text)}
    return frozenset(found)


def _cells(document: str) -> Iterator[_Cell]:
    """Yield the cells of a notebook of format 3 (`worksheets`, a code cell's `input`) or 4."""
    path: list[str] = []
    key: str | None = None
    expect_key: list[bool] = []
    cell: _Cell | None = None
    for match in _TOKEN.finditer(document):
        text = match[0]
        if text in "{[":
            path.append(key or "")
            expect_key.append(text == "{")
            key = None
            if text == "{" and _is_cell(path):
                cell = _Cell()
        elif text in "}]":
            if text == "}" and cell is not None and _is_cell(path):
                yield cell
                cell = None
            if path:
                path.pop()
                expect_key.pop()
            key = None
        elif text == ",":
            key = None
        elif text[0] == '"' and expect_key and expect_key[-1] and key is None:
            key = _decoded(text)
        elif text[0] == '"' and cell is not None and len(text) > 1 and text[-1] == '"':
            _take(cell, path, key, text, match.start())


def _is_cell(path: list[str]) -> bool:
    return path in (["", "cells", ""], ["", "worksheets", "", "cells", ""])


def _take(cell: _Cell, path: list[str], key: str | None, text: str, start: int) -> None:
    """Use a string of a cell: its type, its source, or a line of its source."""
    if key == "cell_type" and _is_cell(path):
        cell.kind = _decoded(text)
    elif (key in {"source", "input"} and _is_cell(path)) or (path[-1] in {"source", "input"} and _is_cell(path[:-1])):
        position = 1
        for escape in _ESCAPE.finditer(text, 1, len(text) - 1):
            cell.source.add(text[position : escape.start()], start + position)
            cell.source.add(_decoded(f'"{escape[0]}"'), start + escape.start(), len(escape[0]))
            position = escape.end()
        cell.source.add(text[position:-1], start + position)


def _decoded(literal: str) -> str:
    """Return a JSON string's value; a broken one counts as the replacement character."""
    try:
        value = json.loads(literal, strict=False)
    except ValueError:
        return "\ufffd"
    return re.sub("[\ud800-\udfff]", "\ufffd", value) if isinstance(value, str) else "\ufffd"
