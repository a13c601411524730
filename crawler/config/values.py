"""How single option values are written: durations, status sets, networks, secrets, regular expressions."""

from __future__ import annotations

import ipaddress
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, SecretStr

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)?")


def parse_duration(value: object) -> timedelta:
    """Read `100ms`, `20s`, `1d`, `1h 30m`; a bare number is seconds.

    Raises:
        ValueError: it is none of these, or negative.
    """
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return timedelta(seconds=value)
    parts = _DURATION.findall(value.strip().lower()) if isinstance(value, str) else []
    text = value.strip().lower() if isinstance(value, str) else ""
    parts = _DURATION.findall(text)
    if not parts or _DURATION.sub("", text).strip():
        raise ValueError("write a duration such as 100ms, 20s, 5m, 1d")
    return timedelta(seconds=sum(float(number) * _UNITS[unit or "s"] for number, unit in parts))


def parse_statuses(value: object) -> frozenset[int]:
    """Read `200..=299,403`, `[200, "400..=404"]` or one number, as lychee writes them.

    Raises:
        ValueError: a part is no status or range within 100 to 999.
    """
    if isinstance(value, frozenset | set):
        return frozenset(value)
    parts = [part for item in _listed(value) for part in str(item).split(",") if part.strip()]
    return frozenset(status for part in parts for status in _status_range(part.strip()))


def _status_range(part: str) -> range:
    match = re.fullmatch(r"(\d{3})?(?:\.\.(=?)(\d{3})?)?", part)
    if not match or not part:
        raise ValueError(f"{part!r} is no status: write 200, 200..=299 or 200..300")
    first = int(match[1] or 100)
    if ".." not in part:
        return range(first, first + 1)
    last = int(match[3] or 999)
    return range(first, last + 1 if match[2] or not match[3] else last)


def parse_networks(value: object) -> tuple[str, ...]:
    """Read `all`, or networks in CIDR notation, separated by commas or as a list.

    Raises:
        ValueError: a part is no network.
    """
    parts = [part.strip() for item in _listed(value) for part in str(item).split(",") if part.strip()]
    if "all" in parts:
        return ("all",)
    return tuple(str(ipaddress.ip_network(part, strict=False)) for part in parts)


def parse_patterns(value: object) -> tuple[re.Pattern[str], ...]:
    """Read one or several regular expressions.

    Raises:
        ValueError: one does not compile.
    """
    return tuple(item if isinstance(item, re.Pattern) else _compile(str(item)) for item in _listed(value))


def _compile(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error


def parse_lines(value: object) -> tuple[str, ...]:
    """Read one string, a list, or several lines."""
    return tuple(line for item in _listed(value) for line in str(item).splitlines() if line.strip())


def _listed(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


Duration = Annotated[
    timedelta, BeforeValidator(parse_duration), PlainSerializer(lambda value: f"{value.total_seconds():g}s")
]
Statuses = Annotated[frozenset[int], BeforeValidator(parse_statuses)]
Networks = Annotated[tuple[str, ...], BeforeValidator(parse_networks)]
Patterns = Annotated[
    tuple[re.Pattern[str], ...],
    BeforeValidator(parse_patterns),
    PlainSerializer(lambda value: [pattern.pattern for pattern in value]),
]
Lines = Annotated[tuple[str, ...], BeforeValidator(parse_lines)]


class SecretRef(BaseModel):
    """A secret that stands elsewhere: `{ env = "NAME" }` or `{ file = "path" }`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: str | None = None
    file: Path | None = None


def parse_secret(value: object) -> SecretStr | None:
    """Read a secret from a string, an environment variable or a file.

    Raises:
        ValueError: the variable is not set, or the file cannot be read.
    """
    if value is None or isinstance(value, SecretStr):
        return value
    if isinstance(value, str):
        return SecretStr(value)
    ref = SecretRef.model_validate(value)
    if ref.env is not None:
        if ref.env not in os.environ:
            raise ValueError(f"the environment variable {ref.env} is not set")
        return SecretStr(os.environ[ref.env])
    if ref.file is None:
        raise ValueError("write a string, { env = ... } or { file = ... }")
    try:
        return SecretStr(ref.file.read_text(encoding="utf-8").strip())
    except OSError as error:
        raise ValueError(f"the secret file cannot be read: {ref.file}") from error


Secret = Annotated[SecretStr | None, BeforeValidator(parse_secret)]
RequiredSecret = Annotated[SecretStr, BeforeValidator(parse_secret)]
