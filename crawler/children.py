"""Several projects: a child process each, one after the other. A reactor cannot start twice in one process."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

log = logging.getLogger(__name__)


def this_command() -> list[str]:
    """Return how this program is called again, with the same interpreter."""
    return [sys.executable, "-m", "scheduler"]


def run_each(names: Sequence[str], folder: Path) -> list[int]:
    """Run every project with this process's own arguments; each report goes into a folder of its own.

    Returns the exit codes in order.
    """
    codes = []
    for name in names:
        command = [*this_command(), *sys.argv[1:], "--project", name, "--report", str(folder / slug(name))]
        code = subprocess.run(command, check=False).returncode
        log.info("project %s ended with %d", name, code)
        codes.append(code)
    return codes


def slug(name: str) -> str:
    """Return a project's name as the name of a folder, safe on every system."""
    safe = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "project"
    return safe[:80]
