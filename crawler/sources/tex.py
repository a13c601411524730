r"""TeX: `\url`, `\href` and its relatives, and bare URLs; comments and verbatim text are optional.

In a URL argument hyperref reads `\%`, `\#`, `\&`, `\_`, `\~` and `\\` as the bare character, and a `%`
at the end of a line as a continuation (hyperref manual, section "Additional user macros").
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import lru_cache

from crawler.domain.links import FoundLink
from crawler.sources.bare import bare_links
from crawler.sources.verbatim import verbatim_links

_TOKEN = re.compile(
    r"""
    (?P<verbatim>\\begin\{(?P<env>verbatim\*?|lstlisting|minted|Verbatim|comment|filecontents\*?)\}.*?\\end\{(?P=env)\})
    | (?P<inline>\\(?:verb\*?|lstinline)(?P<bar>[^\sA-Za-z*{\[])[^\n]*?(?P=bar))
    | \\(?P<macro>url|href|nolinkurl|hyperimage|burl|path|urlstyle)(?![A-Za-z])\*?
    | (?P<escape>\\.)
    | (?P<comment>%[^\n]*)
    """,
    re.VERBOSE | re.DOTALL,
)
_ARGUMENT = re.compile(r"[ \t\n]*(?:\[[^\]\n]*\])?[ \t\n]*")
_TILDE = re.compile(r"\{?\\textasciitilde(?:\{\}|\s)?\}?|\$\\sim\$|\{?\\~(?:\{\})?\}?|\\string~")
_ESCAPED = re.compile(r"\{\\([%#&_$~\\{}])\}|\\([%#&_$~\\{}])")
_LINK_MACROS = frozenset({"url", "href", "hyperimage", "burl"})
_MORE = re.compile(r"(?:\\[%#&_~]|\{\\[%#&_~]\}|\{?\\textasciitilde(?:\{\}|\s)?\}?|[\w\-./?=&#%+~:@!$'()*,;])+")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_LABEL = re.compile(r"\\(?:label|hypertarget|phantomsection)\s*\{([^{}]+)\}")


def extract(document: str) -> list[FoundLink]:
    """Return the links of a TeX document in document order; `www.` without a scheme is optional."""
    found = sorted(inline(document, 0, len(document)), key=lambda link: link.start)
    return [replace(link, optional=True) if _is_schemeless(link) else link for link in found]


def anchors(document: str) -> frozenset[str]:
    """Return label and target names."""
    return frozenset(_LABEL.findall(document))


def inline(document: str, start: int, end: int, *, comments: bool = True) -> Iterator[FoundLink]:
    """Yield the links of a region; BibTeX values have no comments."""
    plain_from = position = start
    while token := _TOKEN.search(document, position, end):
        position = token.end()
        kind = token.lastgroup
        if kind == "escape" or (kind == "comment" and not comments):
            continue
        yield from _plain(document, plain_from, token.start())
        if kind == "macro":
            position = yield from _macro(document, token, end)
        else:
            name = "comment" if kind == "comment" or token["env"] == "comment" else "code"
            last = token.end() - (1 if token["bar"] else 0)
            yield from verbatim_links(document, token.start(), last, name)
        plain_from = position
    yield from _plain(document, plain_from, end)


def unescaped(raw: str) -> str:
    """Return the address that an argument's source text means."""
    text = re.sub(r"%[ \t]*\n\s*", "", raw)
    text = _TILDE.sub("~", text)
    text = _ESCAPED.sub(lambda match: match[1] or match[2], text)
    return re.sub(r"\s+", "", text)


def braced(document: str, position: int, end: int) -> int:
    """Return the offset of the brace that closes the one at `position`; -1 where none before `end` does."""
    closing = _braces(document).get(position, -1)
    return closing if closing < end else -1


@lru_cache(maxsize=2)
def _braces(document: str) -> dict[int, int]:
    """Return the closing brace of each opening one; one pass, so that unclosed ones cost no search each."""
    pairs: dict[int, int] = {}
    open_at: list[int] = []
    for match in _BRACE.finditer(document):
        if match[0] == "{":
            open_at.append(match.start())
        elif match[0] == "}" and open_at:
            pairs[open_at.pop()] = match.start()
    return pairs


def _is_schemeless(link: FoundLink) -> bool:
    return link.kind == "bare" and link.raw[:4].lower() == "www."


def _macro(document: str, token: re.Match[str], end: int) -> Generator[FoundLink, None, int]:
    """Yield the link of a URL macro and return where its argument ends."""
    argument = _ARGUMENT.match(document, token.end(), end)
    opening = argument.end() if argument else token.end()
    if opening >= end:
        return token.end()
    if document[opening] == "{":
        closing = braced(document, opening, end)
    else:
        closing = document.find(document[opening], opening + 1, end)
    if closing < 0:
        return token.end()
    raw = document[opening + 1 : closing]
    href = unescaped(raw)
    if href and not re.search(r"(?<!\\)#\d", raw) and token["macro"] != "urlstyle":
        text = _label(document, closing + 1, end) if token["macro"] == "href" else href
        kept = raw.strip()
        yield FoundLink(
            raw=kept,
            href=href,
            start=opening + 1 + raw.index(kept),
            text=text or href,
            kind="link",
            optional=token["macro"] not in _LINK_MACROS,
        )
    return closing + 1


def _label(document: str, position: int, end: int) -> str:
    if document[position : position + 1] != "{":
        return ""
    closing = braced(document, position, end)
    return document[position + 1 : closing] if closing > 0 else ""


def _plain(document: str, start: int, end: int) -> Iterator[FoundLink]:
    for link in bare_links(document[start:end], offset=start):
        stop = link.start + len(link.raw.partition("{")[0].partition("}")[0].partition("\\")[0])
        more = _MORE.match(document, stop, end) if document[stop : stop + 1] in ("\\", "{") else None
        if more is not None:
            stop = link.start + len(document[link.start : more.end()].rstrip(".,;:!?)'"))
        raw = document[link.start : stop]
        href = unescaped(raw)
        if link.href != link.raw:
            href = f"http://{href}"
        yield FoundLink(raw=raw, href=href, start=link.start, text=raw, kind="bare")
