"""Which format a file has, by name and else by content, and what reads it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from charset_normalizer import from_bytes

from crawler.domain.links import FoundLink
from crawler.sources import asciidoc, bibtex, data, html, markdown, mdx, notebook, opml, org, plain, rst, tex


class Kind(StrEnum):
    """The formats that links are collected from."""

    MARKDOWN = "markdown"
    MDX = "mdx"
    HTML = "html"
    RST = "rst"
    ASCIIDOC = "asciidoc"
    NOTEBOOK = "notebook"
    ORG = "org"
    BIBTEX = "bibtex"
    TEX = "tex"
    OPML = "opml"
    JSON = "json"
    YAML = "yaml"
    TOML = "toml"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How a kind is recognised by name (lower case) and read."""

    extract: Callable[[str], list[FoundLink]]
    anchors: Callable[[str], frozenset[str]]
    suffixes: tuple[str, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A decoded file. `newline` is its line ending; `text` has no byte order mark and keeps its line endings."""

    path: str
    kind: Kind
    text: str
    encoding: str
    newline: str


_MARKDOWN_SUFFIXES = (".md", ".markdown", ".mkd", ".mkdn", ".mkdown", ".mdown", ".mdwn", ".mdtext", ".rmd", ".qmd")

FORMATS: dict[Kind, Format] = {
    Kind.MARKDOWN: Format(
        extract=markdown.extract,
        anchors=markdown.anchors,
        suffixes=_MARKDOWN_SUFFIXES,
    ),
    Kind.MDX: Format(extract=mdx.extract, anchors=mdx.anchors, suffixes=(".mdx",)),
    Kind.HTML: Format(
        extract=html.extract, anchors=html.anchors, suffixes=(".html", ".htm", ".xhtml", ".shtml", ".svg")
    ),
    Kind.RST: Format(extract=rst.extract, anchors=rst.anchors, suffixes=(".rst", ".rest", ".restx")),
    Kind.ASCIIDOC: Format(extract=asciidoc.extract, anchors=asciidoc.anchors, suffixes=(".adoc", ".asciidoc", ".ad")),
    Kind.NOTEBOOK: Format(extract=notebook.extract, anchors=notebook.anchors, suffixes=(".ipynb",)),
    Kind.ORG: Format(extract=org.extract, anchors=org.anchors, suffixes=(".org",)),
    Kind.BIBTEX: Format(extract=bibtex.extract, anchors=bibtex.anchors, suffixes=(".bib", ".bibtex")),
    Kind.TEX: Format(extract=tex.extract, anchors=tex.anchors, suffixes=(".tex", ".latex", ".ltx", ".sty", ".cls")),
    Kind.OPML: Format(extract=opml.extract, anchors=opml.anchors, suffixes=(".opml", ".rss", ".atom")),
    Kind.JSON: Format(
        extract=data.extract_json,
        anchors=data.anchors,
        suffixes=(".json", ".json5", ".jsonc", ".jsonl", ".ndjson", ".geojson", ".webmanifest", ".jsonld"),
    ),
    Kind.YAML: Format(
        extract=data.extract_yaml, anchors=data.anchors, suffixes=(".yml", ".yaml"), names=("citation.cff",)
    ),
    Kind.TOML: Format(extract=data.extract_toml, anchors=data.anchors, suffixes=(".toml",), names=("pipfile",)),
    Kind.PLAIN: Format(
        extract=plain.extract,
        anchors=plain.anchors,
        suffixes=(".txt", ".text"),
        names=("readme", "authors", "contributors", "license", "licence", "copying", "changelog", "news", "todo"),
    ),
}

_BY_SUFFIX = {suffix: kind for kind, entry in FORMATS.items() for suffix in entry.suffixes}
_BY_NAME = {name: kind for kind, entry in FORMATS.items() for name in entry.names}
_AMBIGUOUS = frozenset({".asc", ".xml"})
_PGP = re.compile(r"\s*-----BEGIN PGP ")
_ASCIIDOC = re.compile(r"^= \S|^:[\w-]+:(?: |$)|^(?:ifdef|ifndef|include)::|^={2,5} \S", re.MULTILINE)
_HEAD = 4096

_PROLOGUE = r"\s*(?:<!--.*?-->\s*)*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*"
# The first of these that matches the head of a file without a known name says its kind.
_CONTENT: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(_PROLOGUE + r"<(?:opml|rss|feed)\b", re.IGNORECASE | re.DOTALL), Kind.OPML),
    (re.compile(_PROLOGUE + r"<(?:!doctype html|html|head|body)\b", re.IGNORECASE | re.DOTALL), Kind.HTML),
    (re.compile(r"\s*<\?xml\b.{0,400}?<(?:html|svg)\b", re.IGNORECASE | re.DOTALL), Kind.HTML),
    (re.compile(r"\s*<\?xml\b", re.IGNORECASE), Kind.OPML),
    (re.compile(r"\s*\{\s*\"cells\"\s*:"), Kind.NOTEBOOK),
    (re.compile(r"\s*(?:\{\s*(?:\"|\}|//)|\[\s*(?:[\[{\"\]]|//))"), Kind.JSON),
    (re.compile(r"%YAML\b|---[ \t]*\n[\w\"'-]+:[ \t\n](?!.*^---)", re.MULTILINE | re.DOTALL), Kind.YAML),
    (re.compile(r"\s*\\(?:documentclass|documentstyle|begin|input)\b|\s*%[^\n]*\n\s*\\documentclass"), Kind.TEX),
    (re.compile(r"\s*@(?:article|book|inproceedings|misc|string|comment)\s*\{", re.IGNORECASE), Kind.BIBTEX),
    (re.compile(r"\s*#\+(?:title|author|startup|options|begin_\w+):?", re.IGNORECASE), Kind.ORG),
)


def kind_by_name(path: str) -> Kind | None:
    """Return the kind that a file's name alone gives; None where only its content can tell."""
    name = PurePosixPath(path).name.lower()
    suffix = PurePosixPath(name).suffix
    return _BY_NAME.get(name) or _BY_SUFFIX.get(suffix)


def is_candidate(path: str) -> bool:
    """Whether a directory walk takes the file: its name says a kind, or leaves it to a known few."""
    return kind_by_name(path) is not None or PurePosixPath(path).suffix.lower() in _AMBIGUOUS


def kind_of(path: str, head: str) -> Kind | None:
    """Return the kind of a file by its name, else by the start of its text; None for binary content."""
    if "\0" in head:
        return None
    known = kind_by_name(path)
    if known is not None:
        return known
    if PurePosixPath(path).suffix.lower() == ".asc":
        return Kind.PLAIN if _PGP.match(head) or not _ASCIIDOC.search(head) else Kind.ASCIIDOC
    for pattern, kind in _CONTENT:
        if pattern.match(head):
            return kind
    return Kind.PLAIN


def extract(document: str, kind: Kind) -> list[FoundLink]:
    """Return a document's links in order; it never raises."""
    return FORMATS[kind].extract(document)


def anchors(document: str, kind: Kind) -> frozenset[str]:
    """Return the fragments that a document offers."""
    return FORMATS[kind].anchors(document)


_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(body: bytes) -> tuple[str, str] | None:
    """Return (text, encoding) of a file's bytes; None for a binary file.

    A byte order mark decides; then UTF-8; then what charset-normalizer makes of it; then latin-1.
    """
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body.decode(encoding, "replace"), encoding
    if b"\0" in body[:8192]:
        return None
    try:
        return body.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        guess = from_bytes(body[:65536]).best()
        encoding = guess.encoding if guess is not None else "latin-1"
    try:
        return body.decode(encoding), encoding
    except (UnicodeDecodeError, LookupError):
        return body.decode("latin-1"), "latin-1"


def read(path: str, body: bytes) -> Document | None:
    """Return the decoded document of a file's bytes; None for a binary file."""
    decoded = decode(body)
    if decoded is None:
        return None
    text, encoding = decoded
    kind = kind_of(path, text[:_HEAD])
    if kind is None:
        return None
    newline = "\r\n" if "\r\n" in text else "\r" if "\r" in text and "\n" not in text else "\n"
    return Document(path=path, kind=kind, text=text, encoding=encoding, newline=newline)
