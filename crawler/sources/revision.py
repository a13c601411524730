"""Which links the working tree adds against a git revision."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from crawler.domain.links import Link
from crawler.errors import SourceError
from crawler.sources import git, registry

LinkKey = tuple[str, str, int]
"""(source, raw, nth): what a link is known by."""


def added_since(ref: str, links: Sequence[Link], cwd: Path) -> set[LinkKey]:
    """Return the keys of the links that the working tree's files have and the revision's had not.

    A raw URL counts as added as often as it stands more often in the file than in the revision's file,
    renames followed. Of several equal ones those on lines that are new are taken first.

    Raises:
        SourceError: no work tree, an unknown revision, or a source outside the work tree.
    """
    revision = _Revision(ref, cwd)
    by_source: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        by_source[link.source].append(link)
    added: set[LinkKey] = set()
    for source, held in by_source.items():
        added.update(_added(held, revision.before(source), cwd / source))
    return added


def _added(links: Iterable[Link], before: _Before, path: Path) -> set[LinkKey]:
    if before.unchanged:
        return set()
    by_raw: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        by_raw[link.raw].append(link)
    lines = _lines(path) if before.lines else []
    added: set[LinkKey] = set()
    for raw, same in by_raw.items():
        surplus = len(same) - before.raws[raw]
        if surplus > 0:
            ordered = sorted(same, key=lambda link: (_is_new(link, lines, before), link.nth), reverse=True)
            added.update((link.source, link.raw, link.nth) for link in ordered[:surplus])
    return added


def _is_new(link: Link, lines: Sequence[str], before: _Before) -> bool:
    return not (0 < link.line <= len(lines) and lines[link.line - 1] in before.lines)


def _lines(path: Path) -> list[str]:
    try:
        decoded = registry.decode(path.read_bytes())
    except OSError:
        return []
    return [line.rstrip("\r") for line in decoded[0].split("\n")] if decoded else []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """What the revision's file had: how often each raw text, and its lines."""

    raws: Counter[str]
    lines: frozenset[str] = frozenset()
    unchanged: bool = False


class _Revision:
    """The files of a revision, seen from the working tree."""

    def __init__(self, ref: str, cwd: Path) -> None:
        top = git.toplevel(cwd)
        if top is None:
            raise SourceError(f"{cwd} is in no git work tree: comparing with {ref} needs one")
        if ref.startswith("-") or not git.ask(["rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"], cwd):
            raise SourceError(f"unknown git revision: {ref}; fetch it first, or name another")
        self._cwd, self._top, self._ref = cwd, top.resolve(), ref
        self._old_names = self._changes()
        self._tracked = self._known_to_revision()

    def before(self, source: str) -> _Before:
        """Return what the revision had of a source file."""
        name = self._name(source)
        if name in self._old_names:
            old = self._old_names[name]
            return _Before(raws=Counter()) if old is None else self._read(old)
        if name in self._tracked:
            return _Before(raws=Counter(), unchanged=True)
        return _Before(raws=Counter())

    def _name(self, source: str) -> str:
        path = self._cwd / source
        place = path.parent.resolve() / path.name
        if not place.is_relative_to(self._top):
            raise SourceError(f"{source} is outside the git work tree {self._top}: it cannot be compared")
        return place.relative_to(self._top).as_posix()

    def _changes(self) -> dict[str, str | None]:
        """Return the name at the revision (None: no such file) of each file that differs from it."""
        answer = git.ask(
            ["diff", "--name-status", "-M", "-z", "--no-ext-diff", self._ref, "--"], self._top, timeout=300
        )
        if answer is None:
            raise SourceError(f"git could not compare the working tree with {self._ref}")
        fields = iter(os.fsdecode(answer).split("\0"))
        changes: dict[str, str | None] = {}
        for status in fields:
            if not status:
                continue
            old = next(fields, "")
            if status[0] in "RC":
                changes[next(fields, "")] = old
            else:
                changes[old] = None if status[0] == "A" else old
        return changes

    def _known_to_revision(self) -> frozenset[str]:
        answer = git.ask(["ls-tree", "-r", "-z", "--name-only", "--full-tree", self._ref], self._top, timeout=300)
        return frozenset(os.fsdecode(answer or b"").split("\0"))

    def _read(self, name: str) -> _Before:
        body = git.ask(["cat-file", "blob", f"{self._ref}:{name}"], self._top)
        document = registry.read(name, body) if body is not None else None
        if document is None:
            return _Before(raws=Counter())
        found = registry.extract(document.text, document.kind)
        lines = frozenset(line.rstrip("\r") for line in document.text.split("\n"))
        return _Before(raws=Counter(link.raw for link in found), lines=lines)
