"""JSON, YAML and TOML: URLs in string values, with their place in the file's escaped text.

JSON and TOML are cut into tokens by their lexical grammar (RFC 8259 section 7; https://toml.io/en/v1.0.0),
because their parsers give no places; comments of JSON5 and TOML are optional links. YAML is parsed by PyYAML,
whose events carry code-point offsets. A key is no value. What cannot be parsed is read as plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import yaml

from crawler.domain.links import FoundLink
from crawler.sources.bare import text_links
from crawler.sources.verbatim import verbatim_links

_JSON_TOKEN = re.compile(
    r"\"(?P<basic>(?:[^\"\\\n]|\\.)*)(?:\"|(?=\n)|\\?\Z)|'(?P<plain>(?:[^'\\\n]|\\.)*)(?:'|(?=\n)|\\?\Z)"
    r"|(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))",
    re.DOTALL,
)
_TOML_TOKEN = re.compile(
    r"\"\"\"(?P<long_basic>(?:\\.|[^\\])*?)(?:\"\"\"|\\?\Z)|'''(?P<long_plain>.*?)(?:'''|\Z)"
    r"|\"(?P<basic>(?:\\.|[^\"\\\n])*)(?:\"|(?=\n)|\\?\Z)|'(?P<plain>[^'\n]*)(?:'|(?=\n)|\Z)"
    r"|(?P<comment>\#[^\n]*)",
    re.DOTALL,
)
_JSON_KEY = re.compile(r"\s*:")
_TOML_KEY = re.compile(r"[ \t]*[.=]")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|(\n[ \t]*)|(.))", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "e": "\x1b"}
_WHOLE = re.compile(r"(?:https?|ftp)://\S+", re.IGNORECASE)
_DEEPEST = 200
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def extract_json(document: str) -> list[FoundLink]:
    """Return the URLs in JSON string values; JSON5's comments are read too."""
    return list(_tokens(document, _JSON_TOKEN, _JSON_KEY))


def extract_toml(document: str) -> list[FoundLink]:
    """Return the URLs in TOML string values and comments."""
    return list(_tokens(document, _TOML_TOKEN, _TOML_KEY))


def extract_yaml(document: str) -> list[FoundLink]:
    """Return the URLs in YAML scalars that are values, and in comments."""
    try:
        return sorted(_yaml(document), key=lambda link: link.start)
    except (yaml.YAMLError, ValueError, RecursionError):
        return text_links(document)  # a template, or damaged: its links are kept all the same


def anchors(document: str) -> frozenset[str]:
    """Return no anchors: data has none."""
    return frozenset()


def _tokens(document: str, token: re.Pattern[str], key: re.Pattern[str]) -> Iterator[FoundLink]:
    for match in token.finditer(document):
        group = match.lastgroup or ""
        if group == "comment":
            yield from verbatim_links(document, match.start(), match.end(), "comment")
        elif not key.match(document, match.end()):
            yield from _value(document, *match.span(group), escaped=group.endswith("basic"))


def _value(document: str, start: int, end: int, *, escaped: bool) -> Iterator[FoundLink]:
    """Yield the URLs of one string; `escaped` where backslashes mean something in it."""
    text = document[start:end]
    if ":" not in text and "www." not in text:
        return
    offsets: list[int] | None = None
    if escaped and "\\" in text:
        text, offsets = _unescaped(text)
    whole = text.strip()
    if _WHOLE.fullmatch(whole):
        at = text.index(whole)
        yield _link(document, start, offsets, (at, at + len(whole)), whole, whole)
        return
    for link in text_links(text):
        if text[link.start - 1 : link.start] == "+":
            continue  # the tail of a compound scheme (`git+https://`)
        found = _link(document, start, offsets, (link.start, link.start + len(link.raw)), link.href, link.text)
        yield replace(found, optional=link.optional)


def _link(
    document: str, base: int, offsets: list[int] | None, span: tuple[int, int], href: str, text: str
) -> FoundLink:
    first, last = span if offsets is None else (offsets[span[0]], offsets[span[1]])
    return FoundLink(raw=document[base + first : base + last], href=href, start=base + first, text=text, kind="value")


def _unescaped(text: str) -> tuple[str, list[int]]:
    """Return the string's meaning, and for each of its characters (and its end) the offset in the source."""
    parts: list[str] = []
    offsets: list[int] = []
    position = 0
    for match in _ESCAPE.finditer(text):
        parts.append(text[position : match.start()])
        offsets.extend(range(position, match.start()))
        meaning = _meaning(match)
        parts.append(meaning)
        offsets.extend([match.start()] * len(meaning))
        position = match.end()
    parts.append(text[position:])
    offsets.extend(range(position, len(text) + 1))
    return "".join(parts), offsets


def _meaning(match: re.Match[str]) -> str:
    number = match[1] or match[2] or match[3]
    if number:
        code = int(number, 16)
        return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"
    return "" if match[4] else _SIMPLE.get(match[5], match[5])


def _yaml(document: str) -> Iterator[FoundLink]:
    shift = 1 if document.startswith("\ufeff") else 0  # the reader swallows a byte order mark
    position = 0
    for first, last, style, is_key in _scalars(document[shift:]):
        start, end = first + shift, last + shift
        yield from verbatim_links(document, position, start, "comment")
        position = max(position, end)
        if is_key:
            continue
        if style in ("'", '"'):
            yield from _value(document, start + 1, end - 1, escaped=style == '"')
        elif style in ("|", ">"):
            yield from text_links(document[start:end], offset=start, kind="value")
        else:
            yield from _value(document, start, end, escaped=False)
    yield from verbatim_links(document, position, len(document), "comment")


def _index(mark: Any) -> int:
    index: int = mark.index
    return index


def _scalars(document: str) -> Iterator[tuple[int, int, str, bool]]:
    """Yield (start, end, style, is key) of each scalar; a collection used as a key counts as one node."""
    expects_key: list[bool | None] = []
    for event in yaml.parse(document, Loader=_LOADER):
        if len(expects_key) > _DEEPEST:
            raise ValueError("nested too deeply")  # the scanner's work grows with the square of the depth
        is_key = bool(expects_key and expects_key[-1])
        if isinstance(event, yaml.ScalarEvent):
            yield _index(event.start_mark), _index(event.end_mark), event.style or "", is_key
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            expects_key.append(True if isinstance(event, yaml.MappingStartEvent) else None)
            continue
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            expects_key.pop()
        elif not isinstance(event, yaml.AliasEvent):
            continue
        if expects_key and expects_key[-1] is not None:
            expects_key[-1] = not expects_key[-1]
