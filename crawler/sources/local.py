"""Looking at `file://` targets: does the file exist, and does it offer the fragment. The network is not touched."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from crawler.domain.urls import decoded_fragment
from crawler.sources import registry

MAX_BYTES = 16 * 1024 * 1024
"""A larger file is not read for fragments."""

_LINES = re.compile(r"L(\d+)(?:C\d+)?(?:-L?(\d+)(?:C\d+)?)?")
_INCLUDE = re.compile(
    r"^[ \t]*(?:include::|\.\. include::|#\+include:|\\(?:input|include)\b)", re.IGNORECASE | re.MULTILINE
)
_TEXT_DIRECTIVE = ":~:"
_GITHUB_PREFIX = "user-content-"
_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG})


_BUILT = ".html"
_PAGE_SOURCES = (
    registry.Kind.RST,
    registry.Kind.MARKDOWN,
    registry.Kind.ASCIIDOC,
    registry.Kind.ORG,
    registry.Kind.NOTEBOOK,
    registry.Kind.MDX,
)


class LocalState(StrEnum):
    """What became of a look at a local target."""

    FILE = "file"
    FOLDER = "folder"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    SPECIAL = "special"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalOutcome:
    """What stands at a `file://` URL.

    `path` is what was found (an index file or a fallback, where one stood in), else what was looked for.
    `fragment_found` is None where there is no fragment, or none can be looked up. UNREADABLE targets exist
    but may not be read, SPECIAL ones are no files (devices, pipes), ELSEWHERE names another machine.
    """

    state: LocalState
    path: str
    fragment: str | None = None
    fragment_found: bool | None = None
    detail: str = ""


def look(url: str, *, fallback_extensions: Sequence[str] = (), index_files: Sequence[str] = ()) -> LocalOutcome:
    """Look at a `file://` URL.

    A missing `.html` page counts as its source beside it, of which documentation tools build it.
    `fallback_extensions` are tried, in order, where the path is missing (`guide` -> `guide.md`);
    `index_files` are looked for in a folder, whose fragment is theirs. With index files named, a folder
    without any of them is missing, as with lychee's option of that name.
    """
    parts = urlsplit(url)
    path = os.fsdecode(unquote_to_bytes(parts.path))
    fragment = parts.fragment.split(_TEXT_DIRECTIVE)[0] or None
    if parts.scheme != "file" or parts.hostname not in (None, "", "localhost"):
        return LocalOutcome(state=LocalState.ELSEWHERE, path=path, fragment=fragment, detail="not on this machine")
    outcome = _state(path)
    for extension in fallback_extensions:
        if outcome.state is not LocalState.MISSING or path.endswith("/"):
            break
        outcome = _state(f"{path}.{extension.lstrip('.')}")
    if outcome.state is LocalState.MISSING and path.endswith(_BUILT):
        outcome = _source_of(path)
    if outcome.state is LocalState.MISSING:
        outcome = LocalOutcome(state=LocalState.MISSING, path=path, detail=outcome.detail)
    if outcome.state is LocalState.FOLDER and index_files:
        outcome = _index(outcome.path, index_files)
    if fragment is None:
        return outcome
    found = _fragment_found(outcome.path, fragment) if outcome.state is LocalState.FILE else None
    return LocalOutcome(
        state=outcome.state, path=outcome.path, fragment=fragment, fragment_found=found, detail=outcome.detail
    )


def _state(path: str) -> LocalOutcome:
    try:
        mode = Path(path).stat().st_mode
    except ValueError:
        return LocalOutcome(state=LocalState.MISSING, path=path, detail="no file can have this name")
    except OSError as error:
        state = LocalState.MISSING if error.errno in _ABSENT else LocalState.UNREADABLE
        return LocalOutcome(state=state, path=path, detail=error.strerror or "")
    if stat.S_ISDIR(mode):
        return LocalOutcome(state=LocalState.FOLDER, path=path)
    if stat.S_ISREG(mode):
        return LocalOutcome(state=LocalState.FILE, path=path)
    return LocalOutcome(state=LocalState.SPECIAL, path=path, detail="neither a file nor a folder")


def _source_of(page: str) -> LocalOutcome:
    """Look for the source that a page of the built site is made of: `guide.html` stands for `guide.rst`."""
    stem = page.removesuffix(_BUILT)
    for kind in _PAGE_SOURCES:
        for suffix in registry.FORMATS[kind].suffixes:
            outcome = _state(stem + suffix)
            if outcome.state is LocalState.FILE:
                return outcome
    return LocalOutcome(state=LocalState.MISSING, path=page)


def _index(folder: str, names: Sequence[str]) -> LocalOutcome:
    for name in names:
        if name == ".":
            return LocalOutcome(state=LocalState.FOLDER, path=folder)
        outcome = _state(str(Path(folder, name)))
        if outcome.state is LocalState.FILE:
            return outcome
    return LocalOutcome(state=LocalState.MISSING, path=folder, detail=f"none of {', '.join(names)} is in the folder")


def _fragment_found(path: str, fragment: str) -> bool | None:
    try:
        status = Path(path).stat()
        if status.st_size > MAX_BYTES:
            return None
        content = _content(path, status.st_mtime_ns, status.st_size)
    except OSError:
        return None
    if content is None:
        return None
    names, lines, complete = content
    wanted = decoded_fragment(fragment)
    if wanted.lower() == "top" or wanted in names or fragment in names:
        return True
    if wanted.removeprefix(_GITHUB_PREFIX) in names:
        return True
    if span := _LINES.fullmatch(wanted):
        return max(int(number) for number in span.groups() if number) <= lines
    return False if complete else None


_WITHOUT_ANCHORS = frozenset(
    {registry.Kind.PLAIN, registry.Kind.JSON, registry.Kind.YAML, registry.Kind.TOML, registry.Kind.BIBTEX}
)


@lru_cache(maxsize=512)
def _content(path: str, _changed: int, _size: int) -> tuple[frozenset[str], int, bool] | None:
    """Return (anchors, lines, whether that is all) of a file; the change time and size keep the cache honest.

    What a file includes, and a kind without anchors of its own, may have a fragment that is not seen here.
    """
    document = registry.read(path, Path(path).read_bytes())
    if document is None:
        return None
    names = registry.anchors(document.text, document.kind)
    complete = document.kind not in _WITHOUT_ANCHORS and not _INCLUDE.search(document.text)
    return names, document.text.count("\n") + 1, complete
