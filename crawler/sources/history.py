"""When a link first appeared in its file's history, as git remembers it.

Not `git blame`: a later touch of the line (a reworded title, a sorted list) makes a link look younger, by over
a week for about half of the links of real lists. One `git log --follow -p` a file is read as a stream instead,
and each URL's oldest adding commit is kept. The author's date counts: it is when the link was cited, while the
committer's is when it was merged. `--reverse` is not used: with `--follow` git loses what was before a rename.
"""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from crawler.sources import git

_MARK = b"\x01commit "
_FORMAT = "--format=%x01commit %at %P"
_OPENER = re.compile(r"(?:https?|ftp)://", re.IGNORECASE)
_END = re.compile(r"(?m:$)|[\s)\]>\"'`<|}{\\*^]|[^\x00-\x7f]|[.,;:!?_~&]+(?:[\s)\]>\"'`<|}]|$)")
_BEFORE = re.compile(r"[\w/.:%-]")
_LIMIT = timedelta(seconds=60)


NO_HISTORY = "no git history"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAdded:
    """When each raw text was first added (aware UTC); one whose origin cannot be seen is absent.

    `shallow` where the clone does not reach back far enough to tell for all; `problem` says why there is nothing.
    """

    dates: dict[str, datetime] = field(default_factory=dict)
    shallow: bool = False
    problem: str | None = None


def first_added(path: Path, raws: Iterable[str], *, limit: timedelta = _LIMIT) -> FirstAdded:
    """Return the dates when links first appeared in a file's history, renames followed.

    A history that takes longer than `limit` to read gives no dates at all: a part of it would give late ones.
    """
    wanted = _Wanted(raws)
    folder = path.absolute().parent
    if not wanted.any or not folder.is_dir():
        return FirstAdded()
    shallow = git.ask(["rev-parse", "--is-shallow-repository"], folder)
    if shallow is None:
        return FirstAdded(problem=NO_HISTORY)
    arguments = ["log", "--follow", "-M", "-p", "-U0", "--no-color", "--no-ext-diff", "--no-textconv", _FORMAT]
    dates: dict[str, datetime] = {}
    from_edge: set[str] = set()

    def read(stream: IO[bytes]) -> None:
        for commit in _commits(stream):
            for raw in wanted.inside(commit.added):
                if raw not in dates or commit.when < dates[raw]:
                    dates[raw] = commit.when
                    (from_edge.add if commit.is_root else from_edge.discard)(raw)

    problem = _stream([*arguments, "--", path.name], folder, limit, read)
    if problem is not None:
        return FirstAdded(shallow=shallow == b"true\n", problem=problem)
    if shallow == b"true\n":
        return FirstAdded(dates={raw: when for raw, when in dates.items() if raw not in from_edge}, shallow=True)
    return FirstAdded(dates=dates)


def _stream(arguments: list[str], folder: Path, limit: timedelta, read: Callable[[IO[bytes]], None]) -> str | None:
    """Run git and let its output be read as it comes; return what went wrong."""
    try:
        process = subprocess.Popen(
            git.command(arguments),
            cwd=folder,
            env=git.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        return f"git cannot be run: {error}"
    late = threading.Event()

    def stop() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(limit.total_seconds(), stop)
    timer.start()
    try:
        with process:
            if process.stdout is not None:
                read(process.stdout)
    finally:
        timer.cancel()
    if late.is_set():
        return f"the history took longer than {limit.total_seconds():.0f} s to read"
    return None if process.returncode == 0 else "git could not read the file's history"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Commit:
    when: datetime
    is_root: bool
    added: str


def _commits(stream: IO[bytes]) -> Iterator[_Commit]:
    header: bytes | None = None
    added: list[bytes] = []
    in_hunk = False
    for line in stream:
        if line.startswith(_MARK):
            if header is not None:
                yield _commit(header, added)
            header, added, in_hunk = line, [], False
        elif line.startswith(b"@@ "):
            in_hunk = True
        elif line.startswith(b"diff --git "):
            in_hunk = False
        elif in_hunk and line.startswith(b"+"):
            added.append(line[1:])
    if header is not None:
        yield _commit(header, added)


def _commit(header: bytes, added: list[bytes]) -> _Commit:
    when, _, parents = header[len(_MARK) :].decode().strip().partition(" ")
    return _Commit(
        when=datetime.fromtimestamp(int(when), UTC),
        is_root=not parents,
        added=b"".join(added).decode("utf-8", "replace"),
    )


class _Wanted:
    """The raw texts looked for; a URL is matched whole, so that none is found inside a longer one."""

    def __init__(self, raws: Iterable[str]) -> None:
        unique = {raw for raw in raws if raw.strip()}
        self.any = bool(unique)
        self._keys: dict[str, list[str]] = {}
        for raw in unique:
            self._keys.setdefault(raw.split("\n")[0].strip(), []).append(raw)
        self._urls = {key for key in self._keys if _OPENER.match(key)}
        self._others = set(self._keys) - self._urls
        self._lengths = sorted({len(key) for key in self._urls}, reverse=True)

    def inside(self, text: str) -> Iterator[str]:
        """Yield the raw texts that stand in a text."""
        seen: set[str] = set()
        for opener in _OPENER.finditer(text):
            start = opener.start()
            for length in self._lengths:
                key = text[start : start + length]
                if key in self._urls and key not in seen and _END.match(text, start + length):
                    seen.add(key)
        seen.update(key for key in self._others if _stands(key, text))
        for key in seen:
            yield from self._keys[key]


def _stands(key: str, text: str) -> bool:
    at = text.find(key)
    while at >= 0:
        if not (at and _BEFORE.match(text, at - 1)) and _END.match(text, at + len(key)):
            return True
        at = text.find(key, at + 1)
    return False
