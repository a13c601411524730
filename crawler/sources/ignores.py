"""Comments and attributes by which a document's author excludes links from checking.

Understood are markdown-link-check's comments, html-proofer's `data-proofer-ignore` (on the element or one
around it, also as kramdown's `{:data-proofer-ignore}`), and our own, in the comments of every format:

    <!-- linkvigil-ignore: reason until=2030-01-31 -->   this line; alone on its line: the next one
    <!-- linkvigil-ignore-next-line: reason -->          the next line
    <!-- linkvigil-disable: reason --> ... <!-- linkvigil-enable -->
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from crawler.domain.links import FoundLink, LineIndex
from crawler.sources.tags import Kind, Token, scan

_DIRECTIVE = re.compile(
    r"(?P<name>markdown-link-check-(?:disable-next-line|disable-line|disable|enable)"
    r"|linkvigil-(?:ignore-next-line|ignore|disable|enable))(?!-?\w)(?=(?P<rest>[^\n]{0,500}))"
)
_OPENS = re.compile(r"(?:<!--|/\*|\[//\]:[ ]#[ ]\(|(?:^|(?<=\s))(?:#|//|%|;|\.\.|#\+COMMENT:))[ \t]*\Z", re.IGNORECASE)
_CLOSES = re.compile(r"--!?>|\*/|\r|(?<!\()\)\s*\Z")
_UNTIL = re.compile(r"\buntil[=:][ ]?(?P<date>\d{4}-\d{2}-\d{2})")
_FENCE = re.compile(r"^[ \t>]*(?P<mark>`{3,}|~{3,})", re.MULTILINE)
_KRAMDOWN = re.compile(r"\{:[^{}\n]*\bdata-proofer-ignore\b[^{}\n]*\}")
_PROOFER = "data-proofer-ignore"
_SHORT = {
    "markdown-link-check-disable-line": "line",
    "markdown-link-check-disable-next-line": "next",
    "markdown-link-check-disable": "disable",
    "markdown-link-check-enable": "enable",
    "linkvigil-ignore": "here",
    "linkvigil-ignore-next-line": "next",
    "linkvigil-disable": "disable",
    "linkvigil-enable": "enable",
}
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)

_Range = tuple[int, int, "Ignore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """Why a link is not checked, and the last day on which that holds (None: for good).

    A date that does not exist is read as long past, so that a typing error never hides a link.
    """

    reason: str
    until: date | None = None


def ignored(document: str, links: Sequence[FoundLink]) -> dict[int, Ignore]:
    """Return the ignored links by their index; of several reasons, the one that holds longest."""
    found: dict[int, Ignore] = {}
    starts = [link.start for link in links]
    order = sorted(range(len(links)), key=starts.__getitem__)
    ordered = [starts[index] for index in order]
    for start, end, ignore in _ranges(document, ordered):
        for index in order[bisect_right(ordered, start - 1) : bisect_right(ordered, end - 1)]:
            known = found.get(index)
            if known is None or _outlasts(ignore, known):
                found[index] = ignore
    return found


def _outlasts(one: Ignore, other: Ignore) -> bool:
    return other.until is not None and (one.until is None or one.until > other.until)


def _ranges(document: str, starts: list[int]) -> Iterator[_Range]:
    if "linkvigil-" in document or "markdown-link-check-" in document:
        yield from _commented(document)
    if _PROOFER in document:
        yield from _elements(document)
        for match in _KRAMDOWN.finditer(document):
            before = bisect_right(starts, match.start())
            line_start = document.rfind("\n", 0, match.start()) + 1
            if before and starts[before - 1] >= line_start:
                yield starts[before - 1], match.start(), Ignore(reason=_PROOFER)


def _commented(document: str) -> Iterator[_Range]:
    """Yield what each comment covers, as offsets."""
    index, fenced = LineIndex(document), _fenced(document)
    opened: dict[str, tuple[int, Ignore]] = {}
    for match in _DIRECTIVE.finditer(document):
        line, column = index.place(match.start())
        line_start = match.start() - column + 1
        before = document[max(line_start, match.start() - 200) : match.start()]
        opening = _OPENS.search(before)
        if opening is None or before.count("`", 0, opening.start()) % 2 or _inside(fenced, match.start()):
            continue
        family, what = match["name"].split("-", 1)[0], _SHORT[match["name"]]
        ignore = _ignore(match)
        next_start, next_end = _line(document, index.start(line) + len(_rest(document, line_start)))
        match what:
            case "disable":
                opened.setdefault(family, (match.start(), ignore))
            case "enable":
                if family in opened:
                    start, earlier = opened.pop(family)
                    yield start, match.start(), earlier
            case "next":
                yield next_start, next_end, ignore
            case "here" if _alone(before[: opening.start()], match["rest"]):
                yield line_start, next_end, ignore
            case _:
                yield line_start, next_start, ignore
    for start, ignore in opened.values():
        yield start, len(document) + 1, ignore


def _rest(document: str, line_start: int) -> str:
    end = document.find("\n", line_start)
    return document[line_start:] if end < 0 else document[line_start : end + 1]


def _line(document: str, start: int) -> tuple[int, int]:
    return start, start + max(1, len(_rest(document, start)))


def _alone(before: str, rest: str) -> bool:
    """Say whether a comment is all that its line holds."""
    close = _CLOSES.search(rest)
    return not before.strip(" \t{>") and (close is None or not rest[close.end() :].strip(" \t}\r"))


def _ignore(match: re.Match[str]) -> Ignore:
    close = _CLOSES.search(match["rest"])
    text = match["rest"] if close is None else match["rest"][: close.start()]
    until, given = None, _UNTIL.search(text)
    if given is not None:
        text = text[: given.start()] + text[given.end() :]
        try:
            until = date.fromisoformat(given["date"])
        except ValueError:
            until = date.min
    return Ignore(reason=" ".join(text.strip(" \t:;,-(").split()) or match["name"], until=until)


def _fenced(document: str) -> list[int]:
    """Return the offsets at which fenced code starts and ends, in turn."""
    edges: list[int] = []
    mark = ""
    for match in _FENCE.finditer(document):
        if not mark:
            mark = match["mark"]
            edges.append(match.start())
        elif match["mark"][0] == mark[0] and len(match["mark"]) >= len(mark):
            mark = ""
            edges.append(match.end())
    return edges


def _inside(edges: list[int], offset: int) -> bool:
    return bisect_right(edges, offset) % 2 == 1


def _elements(document: str) -> Iterator[_Range]:
    """Yield what the elements with `data-proofer-ignore` span, the outermost ones."""
    stack: list[tuple[str, bool]] = []
    open_names: Counter[str] = Counter()
    start, depth = 0, 0
    ignore = Ignore(reason=_PROOFER)
    for token in scan(document):
        if token.kind is Kind.START:
            marked = token.get(_PROOFER) is not None
            if _is_empty(document, token):
                if marked:
                    yield token.start, token.end, ignore
                continue
            if marked and not depth:
                start = token.start
            depth += marked
            stack.append((token.name, marked))
            open_names[token.name] += 1
        elif token.kind is Kind.END and open_names[token.name]:
            name = ""
            while name != token.name:
                name, marked = stack.pop()
                open_names[name] -= 1
                depth -= marked
                if marked and not depth:
                    yield start, token.end, ignore
    if depth:
        yield start, len(document), ignore


def _is_empty(document: str, token: Token) -> bool:
    return token.name in _VOID or document.startswith("/>", token.end - 2)
