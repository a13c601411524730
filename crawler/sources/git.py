"""Asking git: one bounded child process a question, deaf to what a repository's configuration would run."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

# A repository's own configuration may name programs (a file monitor, hooks, diff drivers); none is started.
_GUARDS = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "core.quotePath=false")
_ENVIRONMENT = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "cat"}
_OURS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_EXTERNAL_DIFF")


def command(arguments: Sequence[str]) -> list[str]:
    """Return the full command line of a guarded git call."""
    return ["git", *_GUARDS, *arguments]


def environment() -> dict[str, str]:
    """Return the environment of a git call: a hook's variables must not point it elsewhere."""
    kept = {name: value for name, value in os.environ.items() if name not in _OURS}
    return kept | _ENVIRONMENT


def ask(arguments: Sequence[str], cwd: Path, *, timeout: float = 60) -> bytes | None:
    """Return what git prints; None where there is no git, no repository, or it refuses."""
    try:
        done = subprocess.run(
            command(arguments),
            cwd=cwd,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def toplevel(folder: Path) -> Path | None:
    """Return the root of the work tree that a folder lies in; None outside one."""
    answer = ask(["rev-parse", "--show-toplevel"], folder)
    return Path(os.fsdecode(answer.rstrip(b"\n"))) if answer else None
