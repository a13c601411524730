"""How single values are written: durations, statuses, networks, patterns, secrets."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config.values import (
    parse_duration,
    parse_lines,
    parse_networks,
    parse_patterns,
    parse_secret,
    parse_statuses,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("100ms", 0.1), ("20s", 20), ("5m", 300), ("1h", 3600), ("1d", 86400), ("2w", 1209600), ("1h 30m", 5400), ("1h30m", 5400),
     ("20", 20), (20, 20), (0.5, 0.5), (0, 0), ("0", 0), (" 1S ", 1), ("1.5h", 5400)],
)  # fmt: skip
def test_a_duration_is_a_number_with_a_unit_or_seconds(text: object, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s",
        "1x",
        "-1s",
        -1,
        "1h x",
        True,
        None,
        [1],
        float("inf"),
        float("nan"),
        "9" * 400 + "w",
        1e300,
        "1e3s",
        "PT1H",
    ],
    ids=str,
)
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@given(st.one_of(st.text(max_size=12), st.floats(), st.integers(), st.none()))
def test_any_value_is_a_duration_or_refused(value: object) -> None:
    with contextlib.suppress(ValueError):
        assert parse_duration(value) >= timedelta(0)


# The first ones are the examples of lychee's manual.
@pytest.mark.parametrize(
    ("text", "statuses"),
    [("200..=204,429,403", {200, 201, 202, 203, 204, 403, 429}), ("200..202", {200, 201}), ("..102", {100, 101}), ("..=102", {100, 101, 102}),
     ("997..", {997, 998, 999}), (403, {403}), ("403", {403}), ([200, "404..=405"], {200, 404, 405}), ("", set()), ([], set())],
    ids=str,
)  # fmt: skip
def test_statuses_are_written_as_lychee_writes_them(text: object, statuses: set[int]) -> None:
    assert parse_statuses(text) == statuses


@pytest.mark.parametrize(
    "text", ["foo", "99", "1000", "-5", "300..200", "..", "..=", "200-299", "2xx", [True]], ids=str
)
def test_what_is_no_status_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="status"):
        parse_statuses(text)


def test_networks_are_cidr_or_all() -> None:
    assert parse_networks("10.1.2.3/8, ::1") == ("10.0.0.0/8", "::1/128")
    assert parse_networks(["10.0.0.0/8", "all"]) == ("all",)
    with pytest.raises(ValueError, match="network"):
        parse_networks("localhost")


def test_patterns_compile_or_are_refused_by_name() -> None:
    assert [pattern.pattern for pattern in parse_patterns(["a+", "b"])] == ["a+", "b"]
    with pytest.raises(ValueError, match=r"'\(' is no regular expression"):
        parse_patterns("(")


def test_lines_may_come_as_one_text_or_a_list() -> None:
    assert parse_lines("a\n\nb") == parse_lines(["a", "b"]) == ("a", "b")


@pytest.mark.parametrize("value", [5, [5], {"a": 1}, [None]], ids=str)
@pytest.mark.parametrize("parser", [parse_lines, parse_patterns])
def test_what_is_no_text_is_refused(parser: object, value: object) -> None:
    with pytest.raises(ValueError, match="write a text"):
        parser(value)  # type: ignore[operator]


def test_a_secret_comes_from_a_text_a_variable_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text("from-file\n")
    monkeypatch.setenv("SOME_TOKEN", "from-env")
    secrets = [parse_secret(value) for value in ("plain", {"env": "SOME_TOKEN"}, {"file": str(file)})]
    assert [secret.get_secret_value() for secret in secrets if secret] == ["plain", "from-env", "from-file"]
    assert all("from" not in f"{secret!r} {secret}" for secret in secrets)
