"""A flag for every setting that is a single value, made from the settings themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

import click
from pydantic.fields import FieldInfo

from crawler.config.load import leaves
from crawler.config.settings import Settings

Command = Callable[..., Any]

# Secrets stay out of process lists; lychee's users expect these two as flags all the same.
_NO_FLAG = frozenset({"archive.access_key", "archive.secret_key", "tracker.token", "schedule.healthcheck_url"})
_SPECIAL = {"report.folder": "--report", "archive.enabled": "--archive/--no-archive"}
_PARAMETER = "setting__"


def setting_flags(command: Command) -> Command:
    """Add a flag for every setting to a command; values arrive through `given`."""
    for key, info in reversed(list(leaves(Settings))):
        if key not in _NO_FLAG:
            command = click.option(*_declaration(key, info), **_kind(key, info))(command)
    return command


def given(parameters: dict[str, Any]) -> dict[str, object]:
    """Take the settings out of a command's parameters: dotted key to value, only what was given."""
    names = [name for name in parameters if name.startswith(_PARAMETER)]
    values = {name.removeprefix(_PARAMETER).replace("__", "."): parameters.pop(name) for name in names}
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in values.items()
        if value is not None and value != ()
    }


def flag(key: str) -> str:
    """Return the flag of a dotted key."""
    return _SPECIAL.get(key, "--" + key.replace(".", "-").replace("_", "-"))


def _declaration(key: str, info: FieldInfo) -> tuple[str, str]:
    name = flag(key)
    if info.annotation is bool and "/" not in name and info.default is True:
        name = f"{name}/--no-{name.removeprefix('--')}"
    return name, _PARAMETER + key.replace(".", "__")


def _kind(key: str, info: FieldInfo) -> dict[str, Any]:
    kind: dict[str, Any] = {"help": info.description, "default": None}
    if info.annotation is bool:
        return kind | {"is_flag": True}
    choices = _choices(info.annotation)
    if choices:
        return kind | {"type": click.Choice(choices)}
    if isinstance(info.default, tuple) or key == "accept":
        return kind | {"multiple": True, "default": ()}
    return kind | {"metavar": key.rsplit(".", 1)[-1].upper()}


def _choices(annotation: Any) -> list[str]:
    if get_origin(annotation) is Literal:
        return [str(choice) for choice in get_args(annotation)]
    return next((found for arg in get_args(annotation) if (found := _choices(arg))), [])
