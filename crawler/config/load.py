"""Read the configuration: file, then environment, then flags; one clear error for what is wrong."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from crawler.config.settings import Settings
from crawler.errors import ConfigError

PREFIX = "LINKVIGIL_"
FILE_NAME = "linkvigil.toml"
RESERVED = frozenset({f"{PREFIX}CONFIG", f"{PREFIX}COMPLETE"})

Tree = dict[str, Any]


def load(
    file: Path | None, *, environ: Mapping[str, str], flags: Mapping[str, object], folder: Path = Path()
) -> Settings:
    """Return the settings of a configuration file (or the one found in `folder`), environment and flags.

    `flags` maps dotted keys (`archive.url`) to values.

    Raises:
        ConfigError: with one line that says what is wrong, where, and what to do.
    """
    tree, origin = _read(file, folder)
    for key, value in [*_from_environment(environ), *flags.items()]:
        _put(tree, key.split("."), value, origin)
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(_sentence(error, origin)) from error


def leaves(model: type[BaseModel] = Settings, prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Yield (dotted key, field) for every setting that is a single value."""
    for name, info in model.model_fields.items():
        nested = _model_of(info)
        if nested is not None:
            yield from leaves(nested, f"{prefix}{name}.")
        elif name not in {"hosts", "ignore", "project"}:
            yield f"{prefix}{name}", info


def variable(key: str) -> str:
    """Return the environment variable of a dotted key: `archive.url` is `LINKVIGIL_ARCHIVE__URL`."""
    return PREFIX + key.replace(".", "__").upper()


def _read(file: Path | None, folder: Path) -> tuple[Tree, str]:
    if file is not None:
        return _section(_parse(file), file), str(file)
    default = folder / FILE_NAME
    if default.is_file():
        return _parse(default), str(default)
    pyproject = folder / "pyproject.toml"
    if pyproject.is_file():
        return _section(_parse(pyproject), pyproject), str(pyproject)
    return {}, "options"


def _section(tree: Tree, file: Path) -> Tree:
    if file.name != "pyproject.toml":
        return tree
    tool = tree.get("tool", {})
    found = tool.get("linkvigil", {}) if isinstance(tool, dict) else tool
    if not isinstance(found, dict):
        raise ConfigError(f"{file}: write the settings as a table, [tool.linkvigil]")
    return found


def _parse(file: Path) -> Tree:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise ConfigError(f"{file}: there is no such configuration file; name one with --config") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: the configuration cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: this is not TOML: {error}") from error


def _from_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    known = {variable(key): (key, info) for key, info in leaves()}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name in RESERVED or name.startswith("_"):
            continue
        if name not in known:
            raise ConfigError(f"{name} is no known variable{_hint(name, known)}")
        key, info = known[name]
        yield key, _value(text, info)


def _value(text: str, info: FieldInfo) -> object:
    if text.startswith("[") and isinstance(info.default, tuple | frozenset):
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return text
    return text


def _put(tree: Tree, path: list[str], value: object, origin: str) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
        if not isinstance(tree, dict):
            raise ConfigError(f"{origin}: {name} is no table; write [{name}]")
    tree[path[-1]] = value


def _model_of(info: FieldInfo) -> type[BaseModel] | None:
    kind = info.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _sentence(error: ValidationError, origin: str) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "the configuration"
    if first["type"] == "extra_forbidden":
        return f"{origin}: {place} is no known key{_hint(str(first['loc'][-1]), _siblings(first['loc']))}"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    message = first["msg"].removeprefix("Value error, ")
    return f"{origin}: {place}: {message}{more}"


def _siblings(path: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Settings
    for part in path[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            model = _deep_model(model.model_fields[part].annotation) or model
    return list(model.model_fields)


def _deep_model(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _deep_model(arg))), None)


def _hint(name: str, known: Mapping[str, object] | list[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
