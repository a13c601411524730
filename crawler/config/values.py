"""How single option values are written: durations, status sets, networks, secrets, regular expressions."""

from __future__ import annotations

import ipaddress
import os
import re
import ssl
from collections.abc import Set as AbstractSet
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer, SecretStr

from crawler.domain.urls import FETCHABLE, InvalidUrl, parse

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_LONGEST = timedelta(days=36525)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token, RFC 9110 section 5.6.2
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)?")


def parse_duration(value: object) -> timedelta:
    """Read `100ms`, `20s`, `1d`, `1h 30m`; a bare number is seconds.

    Raises:
        ValueError: it is none of these, or negative.
    """
    if isinstance(value, timedelta):
        return value
    text = value.strip().lower() if isinstance(value, str) else ""
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        text = f"{value:f}"
    parts = _DURATION.findall(text)
    if not parts or _DURATION.sub("", text).strip():
        raise ValueError("write a duration such as 100ms, 20s, 5m, 1d")
    seconds = sum(float(number) * _UNITS[unit or "s"] for number, unit in parts)
    if seconds > _LONGEST.total_seconds():
        raise ValueError("the duration is longer than a century")
    return timedelta(seconds=seconds)


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
    statuses = range(first, last + 1 if match[2] or not match[3] else last)
    if not statuses or not (match[1] or match[3]):
        raise ValueError(f"{part!r} holds no status: write 200, 200..=299 or 200..300")
    return statuses


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
    return tuple(item if isinstance(item, re.Pattern) else _compile(_text(item)) for item in _listed(value))


def _compile(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error


def parse_lines(value: object) -> tuple[str, ...]:
    """Read one string, a list, or several lines.

    Raises:
        ValueError: an item is no text.
    """
    return tuple(line for item in _listed(value) for line in _text(item).splitlines() if line.strip())


def _text(item: object) -> str:
    if not isinstance(item, str):
        raise ValueError("write a text, or a list of texts")  # noqa: TRY004 (pydantic reads ValueError)
    return item


def check_header(line: str) -> str:
    """Return a header as it was written: `Name: value`.

    Raises:
        ValueError: it is not of this form; the message does not hold the value, which may be secret.
    """
    name, colon, _ = line.partition(":")
    if not colon or not _HEADER_NAME.fullmatch(name.strip()):
        raise ValueError("write 'Name: value'")
    return line


def check_credential(line: str) -> str:
    """Return a credential as it was written: `PATTERN USER:PASSWORD`.

    Raises:
        ValueError: it is not of this form; the message does not hold it.
    """
    pattern, _, pair = line.strip().partition(" ")
    if ":" not in pair:
        raise ValueError("write 'PATTERN USER:PASSWORD'")
    _compile(pattern)
    return line


def check_remap(line: str) -> str:
    """Return a rule as it was written: `PATTERN REPLACEMENT`.

    Raises:
        ValueError: it is not of this form, or the pattern is no regular expression.
    """
    pattern, space, _ = line.strip().partition(" ")
    if not space:
        raise ValueError("write 'PATTERN REPLACEMENT'")
    _compile(pattern)
    return line


def check_web_address(text: str) -> str:
    """Return a web address as it was written.

    Raises:
        ValueError: it is no http or https URL; the message does not hold it, it may carry a password.
    """
    return _address(text, FETCHABLE, "write a web address, as https://example.org")


def check_base_url(text: str) -> str:
    """Return a base for relative links as it was written.

    Raises:
        ValueError: it is no absolute URL that links can be resolved against.
    """
    return _address(text, {*FETCHABLE, "file"}, "write an absolute URL, as https://example.org/docs/")


def check_proxy(text: str) -> str:
    """Return a proxy's address as it was written.

    Raises:
        ValueError: it is no http URL; the message does not hold it, it may carry a password.
    """
    return _address(text, {"http"}, "write the proxy as http://HOST:PORT")


def _address(text: str, schemes: AbstractSet[str], advice: str) -> str:
    try:
        url = parse(text)
    except InvalidUrl:
        url = None
    if url is None or url.scheme not in schemes:
        raise ValueError(advice)
    return text


def check_resolver(text: str) -> str:
    """Return a name server's address as it was written: `IP:PORT`.

    Raises:
        ValueError: it is not of this form.
    """
    host, _, port = text.rpartition(":")
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        port = ""
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("write the name server as IP:PORT, as 9.9.9.9:53")
    return text


def check_certificates(path: Path) -> Path:
    """Return the path of a file with certificates in PEM form.

    Raises:
        ValueError: there is no such file, or it holds none.
    """
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (ssl.SSLError, OSError) as error:
        raise ValueError(f"{path} holds no certificates in PEM form that can be read") from error
    return path


def check_output(path: Path) -> Path:
    """Return the path of a file that can be written, as far as can be told beforehand.

    Raises:
        ValueError: it is a folder, or its folder does not exist.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise ValueError(f"{path} cannot be written: name a file in a folder that exists")
    return path


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
HeaderLines = Annotated[tuple[Annotated[str, AfterValidator(check_header)], ...], BeforeValidator(parse_lines)]
CredentialLines = Annotated[tuple[Annotated[str, AfterValidator(check_credential)], ...], BeforeValidator(parse_lines)]
RemapLines = Annotated[tuple[Annotated[str, AfterValidator(check_remap)], ...], BeforeValidator(parse_lines)]
WebAddress = Annotated[str, AfterValidator(check_web_address)]
BaseUrl = Annotated[str, AfterValidator(check_base_url)]
Proxy = Annotated[str, AfterValidator(check_proxy)]
Resolver = Annotated[str, AfterValidator(check_resolver)]
OutputFile = Annotated[Path, AfterValidator(check_output)]
Certificates = Annotated[Path, AfterValidator(check_certificates)]


class SecretRef(BaseModel):
    """A secret that stands elsewhere: `{ env = "NAME" }` or `{ file = "path" }`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

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
    if not isinstance(value, dict):
        raise ValueError("write a string, { env = ... } or { file = ... }")  # noqa: TRY004 (pydantic reads ValueError)
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
