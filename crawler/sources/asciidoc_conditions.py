"""AsciiDoc's conditional directives, as a plain conversion to HTML decides them.

Source: https://docs.asciidoctor.org/asciidoc/latest/directives/conditionals/
"""

from __future__ import annotations

import re
from collections.abc import Callable

# Attributes that a conversion to HTML 5 sets by itself
# (https://docs.asciidoctor.org/asciidoc/latest/attributes/document-attributes-ref/#intrinsic-attributes).
INTRINSIC = {
    "asciidoctor": "",
    "asciidoctor-version": "2.0",
    "backend": "html5",
    "backend-html5": "",
    "basebackend": "html",
    "basebackend-html": "",
    "backend-html5-doctype-article": "",
    "basebackend-html-doctype-article": "",
    "doctype": "article",
    "doctype-article": "",
    "filetype": "html",
    "filetype-html": "",
    "htmlsyntax": "html",
    "outfilesuffix": ".html",
    "safe-mode-secure": "",
    "safe-mode-name": "secure",
    "sectids": "",
    "idprefix": "_",
    "idseparator": "_",
    "empty": "",
    "sp": " ",
    "nbsp": "\u00a0",
    "zwsp": "\u200b",
    "lt": "<",
    "gt": ">",
    "amp": "&",
    "apos": "'",
    "quot": '"',
    "startsb": "[",
    "endsb": "]",
    "vbar": "|",
    "caret": "^",
    "asterisk": "*",
    "tilde": "~",
    "plus": "+",
    "backslash": "\\",
    "backtick": "`",
    "two-colons": "::",
    "two-semicolons": ";;",
}
CONDITIONAL = re.compile(r"(ifdef|ifndef|ifeval|endif)::([^\[\s]*)\[(.*)\]\s*")
_COMPARISON = re.compile(r"\s*(.+?)\s*(==|!=|<=|>=|<|>)\s*(.+?)\s*")


def follow(match: re.Match[str], skipping: list[bool], value: Callable[[str], str | None]) -> bool:
    """Follow a conditional directive; True where its own bracketed text is to be read.

    `skipping` is the stack of open conditionals and is changed; `value` gives an attribute's value.
    """
    directive, names, content = match[1], match[2], match[3]
    if directive == "endif":
        if skipping:
            skipping.pop()
        return False
    if any(skipping):
        holds = False
    elif directive == "ifeval":
        holds = _evaluate(content, value)
    else:
        known = [value(name) is not None for name in re.split(r"[,+]", names) if name]
        holds = (all(known) if "+" in names else any(known)) == (directive == "ifdef")
    if directive != "ifeval" and content:
        return holds and not any(skipping)
    skipping.append(not holds)
    return False


def _evaluate(expression: str, value: Callable[[str], str | None]) -> bool:
    match = _COMPARISON.fullmatch(expression)
    if match is None:
        return False
    left, right = (_operand(side, value) for side in (match[1], match[3]))
    if isinstance(left, float) != isinstance(right, float):
        left, right = str(left), str(right)
    order = (left > right) - (left < right)  # type: ignore[operator]
    return {"==": order == 0, "!=": order != 0, "<": order < 0, ">": order > 0, "<=": order <= 0, ">=": order >= 0}[
        match[2]
    ]


def _operand(side: str, value: Callable[[str], str | None]) -> str | float:
    text = re.sub(r"\{(\w[\w-]*)\}", lambda found: value(found[1]) or "", side)
    if text[:1] in "\"'" and text[-1:] == text[:1]:
        return text[1:-1]
    try:
        return float(text)
    except ValueError:
        return text
