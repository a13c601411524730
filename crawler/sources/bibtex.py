r"""BibTeX: URLs in any field, `\url` and `\href` in notes, and addresses derived from DOIs.

The grammar is that of https://www.bibtex.com/g/bibtex-format/ and btxdoc: entries, fields, values in
braces or quotes joined by `#`. A `doi` field is the address https://doi.org/DOI (DOI handbook, section 3.8);
it is optional where the entry has a `url` of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from crawler.domain.links import FoundLink
from crawler.sources import tex
from crawler.sources.verbatim import verbatim_links

_ENTRY = re.compile(r"@[ \t]*([A-Za-z]+)\s*([({])")
_FIELD = re.compile(r"\s*,?\s*([A-Za-z][\w:+.-]*)\s*=\s*")
_KEY = re.compile(r"\s*[^\s,=(){}]*\s*(?=,|[)}])")
_WORD = re.compile(r"[^\s,#{}()\"]+")
_QUOTED = re.compile(r"\\.|[{\"]", re.DOTALL)
_JOINT = re.compile(r"\s*#\s*")
_DOI = re.compile(r"\s*(?:doi:\s*)?(10\.\d{4,9}/\S+)\s*", re.IGNORECASE)
_WHOLE = re.compile(r"\s*((?:https?|ftp)://[^\s{}]\S*)\s*", re.IGNORECASE)
_NOT_READ = frozenset({"comment"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Value:
    name: str
    start: int
    end: int


def extract(document: str) -> list[FoundLink]:
    """Return the links of a bibliography in document order; text outside entries is a comment."""
    found: list[FoundLink] = []
    position = 0
    while entry := _ENTRY.search(document, position):
        found.extend(verbatim_links(document, position, entry.start(), "comment"))
        if entry[1].lower() in _NOT_READ:
            closing = tex.braced(document, entry.end() - 1, len(document)) if entry[2] == "{" else -1
            end = closing + 1 if closing >= 0 else entry.end()
            found.extend(verbatim_links(document, entry.start(), end, "comment"))
        else:
            fields, end = _fields(document, entry.end())
            found.extend(_links(document, fields))
        position = max(end, entry.end())
    found.extend(verbatim_links(document, position, len(document), "comment"))
    return sorted(found, key=lambda link: link.start)


def anchors(document: str) -> frozenset[str]:
    """Return no anchors: a bibliography has none."""
    return frozenset()


def _fields(document: str, position: int) -> tuple[list[_Value], int]:
    """Read an entry's fields from behind its opening brace; return them and where reading stopped."""
    fields: list[_Value] = []
    key = _KEY.match(document, position)
    if key is not None:
        position = key.end()
    while field := _FIELD.match(document, position):
        position = field.end()
        while True:
            start, end, after = _piece(document, position)
            if after == position:
                return fields, position
            fields.append(_Value(name=field[1].lower(), start=start, end=end))
            position = after
            joint = _JOINT.match(document, position)
            if joint is None:
                break
            position = joint.end()
    return fields, position


def _piece(document: str, position: int) -> tuple[int, int, int]:
    """Return (start, end, after) of one braced, quoted or bare piece of a value."""
    opening = document[position : position + 1]
    if opening == "{":
        closing = tex.braced(document, position, len(document))
        return (position + 1, closing, closing + 1) if closing >= 0 else (position, position, position)
    if opening == '"':
        return _quoted(document, position)
    word = _WORD.match(document, position)
    return (word.start(), word.end(), word.end()) if word else (position, position, position)


def _quoted(document: str, position: int) -> tuple[int, int, int]:
    """Return (start, end, after) of a quoted piece: a quote inside braces does not end it."""
    index = position + 1
    while mark := _QUOTED.search(document, index):
        index = mark.end()
        if mark[0] == '"':
            return position + 1, mark.start(), mark.end()
        if mark[0] == "{":
            index = tex.braced(document, mark.start(), len(document)) + 1
            if index == 0:
                break
    return position, position, position


def _links(document: str, fields: list[_Value]) -> Iterator[FoundLink]:
    has_url = any(field.name == "url" for field in fields)
    for field in fields:
        text = document[field.start : field.end]
        doi = _DOI.fullmatch(text) if field.name == "doi" else None
        whole = _WHOLE.fullmatch(text)
        if doi is not None:
            yield _link(doi, 1, field, "https://doi.org/" + tex.unescaped(doi[1]), optional=has_url)
        elif whole is not None and "\\url" not in text and "\\href" not in text:
            yield _link(whole, 1, field, tex.unescaped(whole[1]), optional=False)
        else:
            for link in tex.inline(document, field.start, field.end, comments=False):
                yield replace(link, kind="field") if link.kind == "bare" else link


def _link(match: re.Match[str], group: int, field: _Value, href: str, *, optional: bool) -> FoundLink:
    start = field.start + match.start(group)
    return FoundLink(raw=match[group], href=href, start=start, text=match[group], kind="field", optional=optional)
