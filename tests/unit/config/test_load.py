"""Settings from the file, the environment and the flags: the last one that speaks wins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
import pytest
import trustme
from click.testing import CliRunner
from pydantic.fields import FieldInfo

from crawler.config import Settings, load
from crawler.config.flags import flag, given, setting_flags
from crawler.config.load import leaves, variable
from crawler.errors import ConfigError

LEAVES = dict(leaves())
# Secrets that must not stand in a process list; lychee has no flag for them either.
WITHOUT_FLAG = {"archive.access_key", "archive.secret_key", "tracker.token", "schedule.healthcheck_url"}
# Three texts for settings whose form cannot be told from the type.
_SAMPLES = {
    "accept": ("403", "404", "405"),
    "allow_private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
    "base_url": ("https://a.example/", "https://b.example/", "https://c.example/"),
    "proxy": ("http://a.example:1", "http://b.example:1", "http://c.example:1"),
    "resolver": ("127.0.0.1:53", "127.0.0.2:53", "[::1]:53"),
    "header": ("X-A: 1", "X-B: 2", "X-C: 3"),
    "basic_auth": ("a.example u:p", "b.example u:p", "c.example u:p"),
    "remap": ("a b", "c d", "e f"),
    "schedule.cron": ("1 1 * * *", "2 2 * * *", "3 3 * * *"),
}


def samples(key: str, info: FieldInfo, folder: Path) -> tuple[str, str, str]:
    """Return three texts that differ and fit a setting."""
    if key in _SAMPLES:
        return _SAMPLES[key]
    if key == "ca_bundle":
        files = [folder / name for name in ("a.pem", "b.pem", "c.pem")]
        for file in files:
            trustme.CA().cert_pem.write_to_path(file)
        return tuple(map(str, files))  # type: ignore[return-value]
    if key == "output":
        return str(folder / "a"), str(folder / "b"), str(folder / "c")
    if "url" in key.rpartition(".")[2] and key != "schedule.healthcheck_url":
        return "https://a.example", "https://b.example", "https://c.example"
    if info.annotation is bool:
        return "false", "true", "false"
    kinds = [arg for arg in (info.annotation, *get_args(info.annotation)) if get_origin(arg) is Literal]
    if kinds:
        words = get_args(kinds[0])
        return words[0], words[-1], words[0]
    if int in (info.annotation, *get_args(info.annotation)):
        return ("3", "4", "5") if key != "crawl.body_cap" else ("2048", "4096", "8192")
    if "timedelta" in str(info.annotation):
        return "3s", "4s", "5s"
    return "one", "two", "three"


def value_of(settings: Settings, key: str) -> Any:
    """Return a setting by its dotted key, secrets opened."""
    value: Any = settings
    for name in key.split("."):
        value = getattr(value, name)
    return value.get_secret_value() if hasattr(value, "get_secret_value") else value


def toml(key: str, text: str) -> str:
    """Return a configuration file that sets one key."""
    section, _, name = key.rpartition(".")
    return (
        f"[{section}]\n" if section else ""
    ) + f"{name} = {text if text in ('true', 'false') or text.isdigit() else repr(text)}\n"


def by_flags(*arguments: str) -> dict[str, object]:
    """Return the settings that a command line gives."""
    caught: dict[str, object] = {}

    @setting_flags
    def command(**parameters: Any) -> None:
        caught.update(given(parameters))

    result = CliRunner().invoke(click.command()(command), list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return caught


def loaded(
    file: Path | None = None, environ: Mapping[str, str] | None = None, flags: Mapping[str, object] | None = None
) -> Settings:
    """Load settings."""
    return load(file, environ=environ or {}, flags=flags or {}, folder=Path("/nonexistent"))


@pytest.mark.parametrize("key", LEAVES)
def test_each_setting_is_a_key_a_variable_and_a_flag_and_the_last_wins(key: str, tmp_path: Path) -> None:
    first, second, third = samples(key, LEAVES[key], tmp_path)
    file = tmp_path / "linkvigil.toml"
    file.write_text(toml(key, first), encoding="utf-8")
    environ = {variable(key): second}

    only_file = value_of(loaded(file), key)
    assert only_file == value_of(loaded(flags={key: first}), key)
    with_environment = value_of(loaded(file, environ), key)
    assert with_environment == value_of(loaded(flags={key: second}), key)
    assert with_environment != only_file
    if key in WITHOUT_FLAG:
        return
    arguments = [flag(key), third]
    if LEAVES[key].annotation is bool:
        names = flag(key).split("/")
        third, arguments = "true", names[:1]
        environ = {variable(key): "false"}
    flags = by_flags(*arguments)
    assert set(flags) == {key}
    assert value_of(loaded(file, environ, flags), key) == value_of(loaded(flags={key: third}), key)
    assert value_of(loaded(file, environ, flags), key) != value_of(loaded(file, environ), key)


@pytest.mark.parametrize(
    "key", [key for key, info in LEAVES.items() if info.annotation is bool and info.default is True]
)
def test_what_is_on_can_be_turned_off_by_a_flag(key: str) -> None:
    names = flag(key).split("/")
    off = names[1] if len(names) > 1 else f"--no-{flag(key).removeprefix('--')}"
    assert value_of(loaded(flags=by_flags(off)), key) is False


def test_no_flag_given_says_nothing() -> None:
    assert by_flags() == {}
    assert loaded(environ={"LINKVIGIL_OFFLINE": "true"}, flags=by_flags()).offline is True


def test_a_repeatable_flag_collects_its_values() -> None:
    settings = loaded(flags=by_flags("--exclude", "a", "--exclude", "b", "--accept", "403", "--accept", "500..=503"))
    assert [pattern.pattern for pattern in settings.exclude] == ["a", "b"]
    assert settings.accept == {403, 500, 501, 502, 503}


def test_a_list_in_the_environment_is_json_or_one_value() -> None:
    assert len(loaded(environ={"LINKVIGIL_EXCLUDE": '["a", "b"]'}).exclude) == 2
    assert [p.pattern for p in loaded(environ={"LINKVIGIL_EXCLUDE": "[ab]+"}).exclude] == ["[ab]+"]
    assert loaded(environ={"LINKVIGIL_USER_AGENT": "[1]"}).user_agent == "[1]"


@pytest.mark.parametrize(
    "name",
    [
        "--accept",
        "--include",
        "--exclude",
        "--exclude-path",
        "--timeout",
        "--max-retries",
        "--max-redirects",
        "--max-concurrency",
        "--host-concurrency",
        "--host-request-interval",
        "--user-agent",
        "--header",
        "--basic-auth",
        "--github-token",
        "--root-dir",
        "--base-url",
        "--remap",
        "--include-fragments",
        "--include-verbatim",
        "--offline",
        "--format",
        "--output",
        "--no-progress",
        "--allow-private",
        "--ca-bundle",
        "--proxy",
        "--state",
        "--database",
        "--fail-on",
        "--report",
        "--contact",
    ],
)
def test_the_names_of_the_contract_are_flags(name: str) -> None:
    assert name in {part for key in LEAVES for part in flag(key).split("/")}


@pytest.mark.parametrize(
    "key",
    [
        "archive.enabled",
        "archive.url",
        "archive.availability_url",
        "archive.access_key",
        "archive.secret_key",
        "tracker.kind",
        "tracker.url",
        "tracker.repo",
        "tracker.token",
        "tracker.apply",
        "crawl.recheck_after",
    ],
)
def test_the_nested_names_of_the_contract_are_settings(key: str) -> None:
    assert key in LEAVES
    assert variable("archive.url") == "LINKVIGIL_ARCHIVE__URL"


def test_the_defaults_are_the_contracts() -> None:
    settings = loaded()
    assert (settings.archive.url, settings.archive.availability_url) == (
        "https://web.archive.org",
        "https://archive.org",
    )
    assert (settings.host_request_interval, settings.host_concurrency) == (timedelta(milliseconds=100), 4)
    assert (settings.tracker.kind, settings.tracker.apply) == ("none", False)
    assert (settings.tracker.max_new, settings.tracker.max_open) == (5, 20)
    assert settings.schedule.timezone == "UTC"


@pytest.mark.parametrize("key", LEAVES)
def test_each_setting_explains_itself(key: str) -> None:
    assert (LEAVES[key].description or "").endswith(".")


def test_the_configuration_may_stand_in_pyproject(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text('[project]\nname = "x"\n[tool.linkvigil]\ntimeout = "7s"\n', encoding="utf-8")
    assert load(None, environ={}, flags={}, folder=tmp_path).timeout == timedelta(seconds=7)
    assert loaded(file).timeout == timedelta(seconds=7)
    (tmp_path / "linkvigil.toml").write_text('timeout = "8s"\n', encoding="utf-8")
    assert load(None, environ={}, flags={}, folder=tmp_path).timeout == timedelta(seconds=8)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    file = tmp_path / "linkvigil.toml"
    file.write_bytes(b"\xef\xbb\xbftimeout = '7s'\n")
    assert loaded(file).timeout == timedelta(seconds=7)


def test_nothing_of_a_secret_is_in_what_settings_print(tmp_path: Path) -> None:
    file = tmp_path / "linkvigil.toml"
    file.write_text(
        'header = ["Authorization: Bearer hunter2"]\nbasic_auth = "a.example u:hunter2"\nproxy = "http://u:hunter2@p.example:1"\n'
        'github_token = "hunter2"\ndatabase = "postgresql://u:hunter2@h/d"\n[archive]\naccess_key = "hunter2"\nsecret_key = "hunter2"\n'
        '[tracker]\ntoken = "hunter2"\n[schedule]\nhealthcheck_url = "http://x.example/hunter2"\n'
        '[hosts."a.example"]\nheaders = { Cookie = "hunter2" }\n[[project]]\nname = "p"\ntracker = { token = "hunter2" }\n',
        encoding="utf-8",
    )
    settings = loaded(file)
    assert value_of(settings, "tracker.token") == "hunter2"
    assert "hunter2" not in f"{settings!r} {settings} {settings.hosts} {settings.archive} {settings.project}"


@pytest.mark.parametrize(
    "text",
    ['[tracker]\ntoken = { value = "hunter2" }', '[tracker]\ntoken = ["hunter2"]', 'header = "hunter2"', 'header = ["hunter2"]',
     'basic_auth = "hunter2"', 'basic_auth = "( u:hunter2"', 'proxy = "ftp://u:hunter2@p"', 'proxy = "u:hunter2"',
     '[hosts."a"]\nheaders = { Cookie = { envv = "hunter2" } }', '[archive]\nurl = "http://u:hunter2@["', 'github_token = "hunter2',
     'database = ["hunter2"]', 'base_url = "http://u:hunter2@["'],
)  # fmt: skip
def test_nothing_of_a_secret_is_in_an_error(text: str, tmp_path: Path) -> None:
    file = tmp_path / "linkvigil.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        loaded(file)
    error: BaseException | None = caught.value
    while error is not None:
        assert "hunter2" not in f"{error} {error!r}"
        error = error.__cause__


def test_an_unknown_variable_is_an_error_with_a_hint() -> None:
    with pytest.raises(ConfigError, match=r"^LINKVIGIL_TIMOUT is no known variable; did you mean LINKVIGIL_TIMEOUT\?$"):
        loaded(environ={"LINKVIGIL_TIMOUT": "1s"})


def test_variables_of_others_are_left_alone() -> None:
    assert loaded(environ={"LINKVIGILX": "1", "_LINKVIGIL_COMPLETE": "bash", "LINKVIGIL_CONFIG": "x.toml"}) == loaded()


def test_a_flag_below_what_is_no_table_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "linkvigil.toml"
    file.write_text('archive = "x"', encoding="utf-8")
    for environ, flags in (
        ({}, {"archive.url": "https://a.example"}),
        ({"LINKVIGIL_ARCHIVE__URL": "https://a.example"}, {}),
    ):
        with pytest.raises(ConfigError, match=r"archive is no table"):
            loaded(file, environ, flags)


def test_a_missing_configuration_names_the_way_out() -> None:
    with pytest.raises(ConfigError, match="there is no such configuration file; name one with --config"):
        loaded(Path("/nonexistent/linkvigil.toml"))
