"""Texts of pages and sources as they may stand in an issue: nothing of them is markup, a mention or a reference.

Outside facts (docs.github.com, "Autolinked references and URLs" and "Basic writing and formatting"):
GitHub links `@name`, `#1`, `GH-1`, `owner/repo#1` and commit ids wherever they stand in rendered text,
also where they were escaped or written as entities, but not inside a code span. A mention subscribes a
stranger to the issue; a link to an issue on github.com leaves a note there, a link through
redirect.github.com does not. So foreign text stands in code spans only.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from reports.escape import markdown_target, markdown_text, safe_href, visible

_TICKS: Final = re.compile(r"`+")
_BACKLINKED: Final = frozenset({"github.com", "www.github.com"})
_LONGEST_TARGET: Final = 1500
_LONGEST_TEXT: Final = 160
_JOINER: Final = "\u2060"
_LINKED: Final = re.compile(r"[@#]|GH-|://|www\.|\b[0-9a-f]{7,}\b", re.IGNORECASE)
_REFERENCE: Final = re.compile(r"@(?=\w)|#(?=\d)|\b(?:GH|gh)-(?=\d)")


def code(text: str, longest: int = _LONGEST_TEXT) -> str:
    """Return a text as one code span on one line, cut to `longest` characters; empty text becomes a dash."""
    shown = clip(visible(text).strip(), longest) or "–"
    fence = "`" * (max((len(run) for run in _TICKS.findall(shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def plain(text: str) -> str:
    """Return a sentence as plain words; one with anything that a tracker could link becomes code."""
    return code(text) if _LINKED.search(text) else markdown_text(text)


def link(text: str, url: str, *, backlinks: bool) -> str:
    """Return a link with its text as a code span; a URL that may not be linked is shown as code.

    `backlinks` False sends links to github.com through redirect.github.com.
    """
    href = safe_href(url)
    if href is None or len(href) > _LONGEST_TARGET:
        return code(url)
    return f"[{code(text)}](<{target(href, backlinks=backlinks)}>)"


def target(href: str, *, backlinks: bool) -> str:
    """Return a safe URL as it may stand between `<` and `>`."""
    return markdown_target(href if backlinks else without_backlink(href))


def without_backlink(href: str) -> str:
    """Return a github.com address as one that leaves no note on the page it names; others unchanged."""
    try:
        parts = urlsplit(href)
    except ValueError:  # brackets that are no IPv6 address
        return href
    if (parts.hostname or "") not in _BACKLINKED:
        return href
    return urlunsplit(("https", "redirect.github.com", parts.path, parts.query, parts.fragment))


def title(text: str, longest: int = 200) -> str:
    """Return an issue's title: one line, no mention, no reference, at most 200 characters."""
    return clip(_REFERENCE.sub(lambda found: found[0] + _JOINER, visible(text).strip()), longest)


def clip(text: str, longest: int) -> str:
    """Return a text, cut with an ellipsis where it is longer."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def size(text: str) -> int:
    """Return how long a tracker takes a text to be: in UTF-16 units, the strictest of the ways to count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
