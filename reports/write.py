"""Writes a report's files, each whole or not at all: everything is rendered before the first one is replaced."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from crawler.errors import ConfigError
from reports import html
from reports.csv_report import BYTE_ORDER_MARK, render_csv
from reports.json_report import render_json, render_jsonl
from reports.markdown_report import render_markdown
from reports.model import Report
from reports.text import render_text

Form = Literal["text", "json", "jsonl", "csv", "markdown", "html"]

_RENDERERS: Final[dict[str, Callable[[Report], str]]] = {
    "json": render_json,
    "jsonl": render_jsonl,
    "csv": render_csv,
    "markdown": render_markdown,
    "html": html.render,
}
FILES: Final[dict[str, Callable[[Report], str]]] = {
    "report.json": render_json,
    "report.csv": lambda report: (
        BYTE_ORDER_MARK + render_csv(report) if report.language != "en" else render_csv(report)
    ),
    "report.md": render_markdown,
    "index.html": html.render,
}


def render_as(report: Report, form: str, *, color: bool = False) -> str:
    """Return the report in one form: text, json, jsonl, csv, markdown or html. `color` is for text only."""
    if form == "text":
        return render_text(report, color=color)
    if form not in _RENDERERS:
        raise ConfigError(f"unknown report format {form!r}; use one of text, {', '.join(_RENDERERS)}")
    return _RENDERERS[form](report)


def write_folder(report: Report, folder: Path) -> list[Path]:
    """Write index.html, report.json, report.csv and report.md into the folder, which is made where missing.

    A reader sees the old file or the new one, never half of one; index.html comes last, so that its
    downloads are never older than it. Raises ConfigError when the folder cannot be written.
    """
    texts = {name: render(report) for name, render in FILES.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_replace(folder / name, text) for name, text in texts.items()]
    except OSError as error:
        raise ConfigError(
            f"cannot write the report into {folder}: {error.strerror or error}; choose another folder with --report"
        ) from error


def _replace(path: Path, text: str) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return path


def _umask() -> int:
    """Return the process's umask: a temporary file is private, a report is for a web server to read."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
