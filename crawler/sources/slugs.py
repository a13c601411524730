"""Heading anchors as GitHub makes them (https://github.com/Flet/github-slugger keeps the same rule)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_KEPT = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc"})


def slug(heading: str) -> str:
    """Return the anchor of one heading's text: lower case, blanks to `-`, punctuation and symbols dropped."""
    return "".join(
        "-" if char == " " else char
        for char in heading.strip().lower()
        if char in " -" or unicodedata.category(char) in _KEPT
    )


def slugs(headings: Iterable[str]) -> frozenset[str]:
    """Return the anchors of a page's headings; a repeated one gets `-1`, `-2` and so on."""
    used: dict[str, int] = {}
    for heading in headings:
        first = anchor = slug(heading)
        while anchor in used:
            used[first] += 1
            anchor = f"{first}-{used[first]}"
        used[anchor] = 0
    return frozenset(used) - {""}
