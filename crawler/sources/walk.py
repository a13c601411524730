"""Which files a path, a folder or a pattern names.

A file that is named is always taken. In a folder every file of a known kind is, dot-folders included, but not
`.git` and not what `.gitignore` names: git itself says so in a work tree, else pathspec does.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from pathspec import GitIgnoreSpec

from crawler.errors import SourceError
from crawler.sources import git
from crawler.sources.registry import is_candidate

_REPOSITORY = ".git"
_PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file to read: `source` is its name as given or found (POSIX), `path` what opens it."""

    source: str
    path: Path


def find_files(paths: Sequence[str], *, exclude_path: Sequence[re.Pattern[str]] = ()) -> list[FoundFile]:
    """Return the files that paths name, each once, in the order given and sorted within a folder.

    Raises:
        SourceError: a path does not exist, or a pattern matches nothing.
    """
    found: dict[str, FoundFile] = {}
    for path in paths:
        for file in _expand(path):
            if not any(pattern.search(file.source) for pattern in exclude_path):
                found.setdefault(file.source, file)
    return list(found.values())


def _expand(given: str) -> Iterator[FoundFile]:
    path = Path(given)
    try:
        is_folder, exists = path.is_dir(), path.exists()
    except (OSError, ValueError) as error:
        raise SourceError(f"cannot look at {given}: {error}; check the path") from error
    if is_folder:
        yield from sorted((_found(file) for file in _folder(path)), key=lambda file: file.source)
    elif exists:
        yield _found(path)
    elif _PATTERN.search(given):
        yield from _pattern(given)
    else:
        raise SourceError(f"no such file or folder: {given}; check the path, or run from another folder")


def _found(path: Path) -> FoundFile:
    return FoundFile(source=path.as_posix(), path=path)


def _pattern(pattern: str) -> Iterator[FoundFile]:
    names = sorted(glob.glob(pattern, recursive=True, include_hidden=True))  # noqa: PTH207 - pathlib has no base-less glob
    files = [Path(name) for name in names if _REPOSITORY not in PurePath(name).parts and Path(name).is_file()]
    if not files:
        raise SourceError(f"no file matches {pattern}; quote the pattern, and check the folder it starts in")
    yield from map(_found, files)


def _folder(folder: Path) -> Iterator[Path]:
    listed = _listed_by_git(folder)
    files = _walked(folder) if listed is None else listed
    for file in files:
        if is_candidate(file.name) and _inside(file, folder):
            yield file


def _listed_by_git(folder: Path) -> Iterator[Path] | None:
    """Return what git lists below a folder; None outside a work tree or where git ignores the folder itself."""
    if git.ask(["rev-parse", "--is-inside-work-tree"], folder) != b"true\n":
        return None
    if git.ask(["check-ignore", "-q", "."], folder) is not None:
        return None
    answer = git.ask(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "."], folder, timeout=300)
    if answer is None:
        return None
    return _entries(folder, sorted(set(answer.split(b"\0")) - {b""}))


def _entries(folder: Path, names: Sequence[bytes]) -> Iterator[Path]:
    for name in names:
        path = folder / os.fsdecode(name)
        if path.is_dir() and not path.is_symlink():
            yield from _folder(path)  # a submodule, or a repository inside this one
        else:
            yield path


def _walked(folder: Path) -> Iterator[Path]:
    rules: dict[str, list[tuple[Path, GitIgnoreSpec]]] = {}
    for name, folders, files in os.walk(folder):
        here = Path(name)
        held = list(rules.get(str(here.parent), ())) if here != folder else []
        held += _rules(here)
        rules[str(here)] = held
        folders[:] = sorted(
            child for child in folders if child != _REPOSITORY and not _ignored(here / child, held, folder=True)
        )
        for file in sorted(files):
            if not _ignored(here / file, held, folder=False):
                yield here / file


def _rules(folder: Path) -> list[tuple[Path, GitIgnoreSpec]]:
    try:
        lines = (folder / ".gitignore").read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    return [(folder, GitIgnoreSpec.from_lines(lines))]


def _ignored(path: Path, rules: Sequence[tuple[Path, GitIgnoreSpec]], *, folder: bool) -> bool:
    """Whether the rules ignore a path; the deepest file that says something decides, as in git."""
    for base, spec in reversed(rules):
        name = path.relative_to(base).as_posix() + ("/" if folder else "")
        verdict = spec.check_file(name).include
        if verdict is not None:
            return verdict
    return False


def _inside(file: Path, folder: Path) -> bool:
    """Whether a file exists, is a regular one, and does not lead out of the folder by a symbolic link."""
    try:
        if not file.is_file():
            return False
        return not file.is_symlink() or file.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return False
