"""One bad file a mistake: each names the file, the place and the way out, in one line.

The first line of each file is a comment with a part of the message that it has to give.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.config import load
from crawler.errors import ConfigError
from tests.conftest import ROOT

FILES = sorted((Path(__file__).parent / "invalid").glob("*.toml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_mistake_is_told_in_one_line(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    expected = file.read_text("utf-8").partition("\n")[0].removeprefix("# ")
    with pytest.raises(ConfigError) as caught:
        load(file, environ={}, flags={})
    message = str(caught.value)
    assert message.startswith(f"{file}: ")
    assert expected in message
    assert "\n" not in message


def test_there_are_bad_files() -> None:
    assert len(FILES) > 30


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "linkvigil.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(file, environ={}, flags={})


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path, environ={}, flags={})


@pytest.mark.parametrize("text", ["tool = 3", "[tool]\nlinkvigil = 3"])
def test_a_pyproject_without_a_table_is_told(text: str, tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text(text, encoding="utf-8")
    for flags in ({}, {"timeout": "1s"}):
        with pytest.raises(ConfigError, match=r"write the settings as a table, \[tool.linkvigil\]"):
            load(file, environ={}, flags=flags)
