"""Escapes for texts from pages and sources, which are hostile: one function a place where they are shown.

Outside facts: Unicode's bidirectional controls (UAX #9) reorder what a reader sees ("Trojan Source",
CVE-2021-42574); C0 and C1 controls steer terminals (ECMA-48); a spreadsheet runs a cell that starts
with `=`, `+`, `-`, `@`, tab or carriage return (CWE-1236); GitHub links `@name` and `#1` in rendered
text, also where they were written as entities.
"""

from __future__ import annotations

import re
from typing import Final

_BIDI: Final = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_CONTROLS: Final = "\x00-\x1f\x7f-\x9f"
_INVISIBLE: Final = "\u00ad\u200b\u2028\u2029\u2060-\u2064\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
_UNSAFE: Final = re.compile(f"[{_CONTROLS}{_BIDI}{_INVISIBLE}\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_JSON_UNSAFE: Final = re.compile(f"[\x7f-\x9f{_BIDI}\u2028\u2029\ufeff\ud800-\udfff]")
_SCHEME: Final = re.compile(r"https?://[^\s/?#\\]", re.IGNORECASE)
_SPACE: Final = re.compile(r"[\t\n\v\f\r ]+")
_FORMULA: Final = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]()<>#+!|~&$])")
_MENTION: Final = re.compile(r"@(?=[\w/])")
_WORD_JOINER: Final = "\u2060"
_USERINFO: Final = re.compile(r"(?<=//)[^/\\?#\s]+@")


def safe_href(url: str | None) -> str | None:
    """Return the URL if a report may link it (http and https with a host only), else None."""
    if url is None or _UNSAFE.search(url) or not _SCHEME.match(url):
        return None
    return url


def visible(text: str) -> str:
    """Return the text on one line, with every control, bidi or invisible character written as `<U+202E>`."""
    return _UNSAFE.sub(_name, _SPACE.sub(" ", text))


def without_userinfo(text: str) -> str:
    """Return a sentence with the user and password of every address in it hidden, also of one no parser takes."""
    return _USERINFO.sub("…@", text)


def terminal(text: str) -> str:
    """Return the text as one harmless line for a terminal; see `visible`."""
    return visible(text)


def csv_cell(text: str) -> str:
    """Return the text as a cell that no spreadsheet takes for a formula; controls are made visible."""
    if text.lstrip(" ")[:1] in _FORMULA and text.strip(" "):
        return "'" + _controls_visible(text)
    return _controls_visible(text)


def markdown_text(text: str) -> str:
    """Return the text as plain words in GitHub's Markdown, also inside a table cell: no markup, no mention."""
    escaped = _MARKDOWN.sub(r"\\\1", visible(text))
    return _MENTION.sub("@" + _WORD_JOINER, escaped)


def markdown_code(text: str) -> str:
    """Return the text as a code span; `|` is escaped, since a table splits its cells before code spans."""
    shown = visible(text).replace("|", "\\|")
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") or not shown.strip() else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def markdown_link(text: str, url: str) -> str:
    """Return a Markdown link; a URL that may not be linked becomes a code span."""
    href = safe_href(url)
    if href is None:
        return markdown_code(url)
    return f"[{markdown_text(text)}](<{markdown_target(href)}>)"


def markdown_target(url: str) -> str:
    """Return the URL as it may stand between `<` and `>`, also inside a table cell."""
    for char, code in (("<", "%3C"), (">", "%3E"), ("|", "%7C"), ("\\", "%5C"), (" ", "%20"), ("`", "%60")):
        url = url.replace(char, code)
    return url


def script_json(text: str) -> str:
    """Return JSON as it may stand in a script element: no `<`, no line separators of JavaScript."""
    return json_text(text).replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def json_text(text: str) -> str:
    """Return JSON with the characters escaped that harm a terminal or cannot be encoded; its value is the same."""
    return _JSON_UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _name(match: re.Match[str]) -> str:
    return f"<U+{ord(match[0]):04X}>"


def _controls_visible(text: str) -> str:
    return re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", _name, text)
