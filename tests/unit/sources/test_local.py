"""Looking at local files and their fragments."""

import os
from pathlib import Path

import pytest

from crawler.sources import local
from crawler.sources.local import LocalState, look


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.md").write_text("# First part\n\n<a id='own'></a>\n", encoding="utf-8")
    (tmp_path / "b c 中.html").write_text("<p id=x>y</p>", encoding="utf-8")
    (tmp_path / "code.py").write_text("1\n2\n3\n", encoding="utf-8")
    (tmp_path / "sub").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("name", "state", "found"),
    [
        ("a.md", LocalState.FILE, None),
        ("a.md#first-part", LocalState.FILE, True),
        ("a.md#own", LocalState.FILE, True),
        ("a.md#nothing", LocalState.FILE, False),
        ("a.md#top", LocalState.FILE, True),
        ("a.md#L2", LocalState.FILE, True),
        ("a.md#:~:text=First", LocalState.FILE, None),
        ("b%20c%20%E4%B8%AD.html#x", LocalState.FILE, True),
        ("code.py#L3", LocalState.FILE, True),
        ("code.py#L2-L4", LocalState.FILE, True),
        ("code.py#L40", LocalState.FILE, False),
        ("code.py#name", LocalState.FILE, None),
        ("sub", LocalState.FOLDER, None),
        ("sub/", LocalState.FOLDER, None),
        ("missing.md", LocalState.MISSING, None),
        ("missing.md#x", LocalState.MISSING, None),
        ("a.md/below", LocalState.MISSING, None),
        ("a%00b", LocalState.MISSING, None),
        ("x" * 300, LocalState.MISSING, None),
    ],
)
def test_a_target_is_looked_at(folder: Path, name: str, state: LocalState, found: bool | None) -> None:
    outcome = look(f"{folder.as_uri()}/{name}")
    assert (outcome.state, outcome.fragment_found) == (state, found)


def test_another_machine_is_not_asked() -> None:
    assert look("file://server/share/a.md").state is LocalState.ELSEWHERE


def test_fallback_extensions_stand_in_for_a_missing_path(folder: Path) -> None:
    outcome = look(f"{folder.as_uri()}/a#first-part", fallback_extensions=["html", ".md"])
    assert (outcome.state, outcome.path, outcome.fragment_found) == (LocalState.FILE, str(folder / "a.md"), True)


def test_index_files_stand_in_for_a_folder(folder: Path) -> None:
    (folder / "sub" / "index.html").write_text("<p id=x>", encoding="utf-8")
    url = f"{folder.as_uri()}/sub#x"
    assert look(url, index_files=["README.md", "index.html"]).fragment_found is True
    assert look(url, index_files=["README.md"]).state is LocalState.MISSING
    assert look(url, index_files=["README.md", "."]).state is LocalState.FOLDER


def test_a_pipe_is_never_opened(folder: Path) -> None:
    os.mkfifo(folder / "pipe.md")
    outcome = look(f"{folder.as_uri()}/pipe.md#x")
    assert (outcome.state, outcome.fragment_found) == (LocalState.SPECIAL, None)


def test_a_device_is_never_read() -> None:
    assert look("file:///dev/zero#x").state is LocalState.SPECIAL


def test_a_huge_file_is_not_read_for_a_fragment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "MAX_BYTES", 4)
    assert look(f"{folder.as_uri()}/a.md#nothing").fragment_found is None


def test_a_loop_of_symbolic_links_ends(folder: Path) -> None:
    (folder / "loop").symlink_to("loop")
    assert look(f"{folder.as_uri()}/loop").state in (LocalState.MISSING, LocalState.UNREADABLE)


def test_a_changed_file_is_read_again(folder: Path) -> None:
    url = f"{folder.as_uri()}/a.md#later"
    assert look(url).fragment_found is False
    (folder / "a.md").write_text("# Later\n\nand longer than before\n" * 3, encoding="utf-8")
    assert look(url).fragment_found is True


def test_a_page_of_the_built_site_stands_for_its_source(folder: Path) -> None:
    outcome = look(f"{folder.as_uri()}/a.html#first-part")
    assert (outcome.state, outcome.path, outcome.fragment_found) == (LocalState.FILE, str(folder / "a.md"), True)
    assert look(f"{folder.as_uri()}/nowhere.html").state is LocalState.MISSING


def test_a_fragment_may_stand_in_what_a_file_includes(folder: Path) -> None:
    (folder / "whole.adoc").write_text("= Title\n\ninclude::part.adoc[]\n", encoding="utf-8")
    assert look(f"{folder.as_uri()}/whole.adoc#somewhere").fragment_found is None
