"""What every verb of the command shares: exit codes, settings from flags, errors as one line, logging to stderr."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.logging import RichHandler

from crawler.config import ProjectConfig, Settings, load
from crawler.config.flags import given, setting_flags
from crawler.errors import ConfigError, LinkvigilError, LockedError


class Exit(IntEnum):
    """What the end of the process says."""

    DONE = 0
    FINDINGS = 1
    USAGE = 2
    UNTRUSTED = 3
    PARTIAL = 4
    LOCKED = 75


_PRECEDENCE = (Exit.USAGE, Exit.LOCKED, Exit.UNTRUSTED, Exit.PARTIAL, Exit.FINDINGS, Exit.DONE)
_NOTHING = "nothing to check: name files, folders or pages, or configure a [[project]] in linkvigil.toml"
_CHATTY = ("alembic", "apscheduler", "httpx", "httpcore", "scrapy", "twisted", "urllib3", "asyncio", "filelock")


def worst(codes: Iterable[int]) -> Exit:
    """Return the code that counts when several apply; an unknown one counts as wrong usage."""
    values = {int(code) for code in Exit}
    known = {Exit(code) if code in values else Exit.USAGE for code in codes}
    return next((code for code in _PRECEDENCE if code in known), Exit.DONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of the command: its settings, its paths and its clock."""

    settings: Settings
    config: Path | None
    paths: tuple[str, ...]
    now: datetime | None

    def clock(self) -> datetime:
        """Return the recorded time: `--now`, or the present."""
        return self.now or datetime.now(UTC)

    def projects(self, name: str | None = None) -> list[ProjectConfig]:
        """Return the configured projects, or one made of the paths.

        Raises:
            ConfigError: nothing to check is named.
        """
        if self.paths:
            return [ProjectConfig(name=name or "default", paths=self.paths)]
        chosen = [project for project in self.settings.project if name in (None, project.name)]
        if not chosen:
            known = ", ".join(project.name for project in self.settings.project)
            raise ConfigError(f"there is no project {name}; known: {known}" if known and name else _NOTHING)
        return chosen


def verb(group: click.Group, *, paths: bool = True) -> Callable[[Callable[..., Exit]], click.Command]:
    """Make a command of a function of a `Call`: all settings as flags, errors as one line and an exit code."""

    def decorate(function: Callable[..., Exit]) -> click.Command:
        @wraps(function)
        def command(config: Path | None, now: datetime | None, verbose: int, quiet: int, **rest: Any) -> None:
            set_up_logging(verbose - quiet)
            targets = tuple(rest.pop("paths", ()))
            with errors_as_lines():
                settings = load(config, environ=os.environ, flags=given(rest))
                code = function(Call(settings=settings, config=config, paths=targets, now=now), **rest)
            sys.exit(code)

        wrapped: Callable[..., Any] = setting_flags(command)
        for option in _SHARED:
            wrapped = option(wrapped)
        if paths:
            wrapped = click.argument("paths", nargs=-1, metavar="[PATH|URL]...")(wrapped)
        return group.command(name=function.__name__.rstrip("_"), help=function.__doc__)(wrapped)

    return decorate


def _moment(context: click.Context, parameter: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter("write an ISO 8601 time with an offset, as 2026-01-31T03:00:00+00:00") from error
    if moment.tzinfo is None:
        raise click.BadParameter("the time needs an offset, as +00:00")
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise click.BadParameter("the time is too far away")
    return moment.astimezone(UTC)


_FIRST_YEAR, _LAST_YEAR = 1970, 9000  # history is counted from here, retention back from there


_SHARED = (
    click.option("-q", "--quiet", count=True, help="Say less."),
    click.option("-v", "--verbose", count=True, help="Say more."),
    click.option("--now", callback=_moment, metavar="ISO8601", help="Recorded time, with an offset."),
    click.option(
        "-c", "--config", type=click.Path(path_type=Path), envvar="LINKVIGIL_CONFIG", help="Configuration file."
    ),
)


def end_gently_on_sigterm() -> None:
    """Let SIGTERM end a run as Ctrl-C does: with what there is by then."""

    def interrupt(number: int, frame: object) -> NoReturn:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


@contextmanager
def errors_as_lines() -> Iterator[None]:
    """Turn our own errors into one line on standard error and an exit code."""
    try:
        yield
    except LockedError as error:
        _fail(error, Exit.LOCKED)
    except LinkvigilError as error:
        _fail(error, Exit.USAGE)
    except KeyboardInterrupt:
        click.echo("linkvigil: stopped", err=True)
        sys.exit(Exit.PARTIAL)
    except BrokenPipeError:
        # The reader of our output went away (`| head`): not our failure.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.DONE)


def set_up_logging(level: int) -> None:
    """Log to standard error: warnings, more with each step of `level` above 0, only errors below."""
    chosen = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}.get(max(-1, level), logging.DEBUG)
    handler: logging.Handler = RichHandler(show_path=False) if sys.stderr.isatty() else logging.StreamHandler()
    if not isinstance(handler, RichHandler):
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=chosen, handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(chosen if level > 1 else max(chosen, logging.WARNING))


def _fail(error: LinkvigilError, code: Exit) -> NoReturn:
    click.echo(f"linkvigil: {error}", err=True)
    sys.exit(code)
