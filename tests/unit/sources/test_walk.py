"""Which files paths, folders and patterns name."""

import re
from pathlib import Path

import pytest

from crawler.errors import SourceError
from crawler.sources.walk import find_files
from tests.unit.sources.repositories import Repository


def names(*paths: str, exclude: str = "") -> list[str]:
    patterns = [re.compile(exclude)] if exclude else []
    return [file.source for file in find_files(paths, exclude_path=patterns)]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def fill(folder: Path, *files: str) -> None:
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")


def test_a_named_file_is_taken_whatever_its_kind(here: Path) -> None:
    fill(here, "a.unknown", "b.md")
    assert names("a.unknown", "./b.md") == ["a.unknown", "b.md"]


def test_a_folder_gives_known_kinds_below_it_with_dot_folders_but_not_git(here: Path) -> None:
    fill(here, "d/a.md", "d/pic.png", "d/.github/b.md", "d/.git/c.md", "d/sub/deep/e.rst")
    assert names("d") == ["d/.github/b.md", "d/a.md", "d/sub/deep/e.rst"]


@pytest.mark.parametrize("with_git", [True, False], ids=["git", "no git"])
def test_nested_ignore_files_are_followed(here: Path, with_git: bool) -> None:
    if with_git:
        Repository(here / "d")
    fill(here, "d/a.md", "d/build/x.md", "d/sub/keep.md", "d/sub/skip.md", "d/sub/build/y.md", "d/logs/important.md")
    (here / "d/.gitignore").write_text("build/\n*.txt\nlogs/*\n!logs/important.md\n")
    (here / "d/sub/.gitignore").write_text("skip.md\n!build/\n")
    assert names("d") == ["d/a.md", "d/logs/important.md", "d/sub/build/y.md", "d/sub/keep.md"]


def test_a_tracked_file_that_was_deleted_is_not_found(here: Path) -> None:
    repository = Repository(here / "d")
    repository.commit(1, a__md="x", b__md="x")
    (here / "d/a.md").unlink()
    assert names("d") == ["d/b.md"]


def test_an_ignored_folder_that_is_named_is_walked(here: Path) -> None:
    Repository(here / "d")
    fill(here, "d/build/x.md")
    (here / "d/.gitignore").write_text("build/\n")
    assert names("d/build") == ["d/build/x.md"]
    assert names("d") == []


def test_a_repository_inside_a_repository_is_walked(here: Path) -> None:
    Repository(here / "d")
    Repository(here / "d/inner").commit(1, a__md="x")
    assert names("d") == ["d/inner/a.md"]


def test_a_subfolder_of_a_work_tree_gives_only_its_own(here: Path) -> None:
    Repository(here / "d").commit(1, a__md="x")
    fill(here, "d/sub/b.md")
    assert names("d/sub") == ["d/sub/b.md"]


def test_a_file_monitor_in_a_repository_is_not_started(here: Path) -> None:
    repository = Repository(here / "d")
    repository.commit(1, a__md="x")
    script = repository.write("monitor.sh", f"#!/bin/sh\ntouch {here}/ran\n")
    script.chmod(0o755)
    repository.git("config", "core.fsmonitor", str(script))
    assert names("d") == ["d/a.md"]
    assert not (here / "ran").exists()


def test_links_out_of_the_tree_are_not_followed_and_loops_end(here: Path) -> None:
    fill(here, "outside/secret.md", "d/a.md")
    (here / "d/out.md").symlink_to(here / "outside/secret.md")
    (here / "d/in.md").symlink_to(here / "d/a.md")
    (here / "d/loop").symlink_to(here / "d")
    (here / "d/self.md").symlink_to("self.md")
    assert names("d") == ["d/a.md", "d/in.md"]


def test_a_pattern_gives_its_files(here: Path) -> None:
    fill(here, "docs/a.md", "docs/x/b.md", "docs/x/c.txt", "docs/.hidden/d.md")
    assert names("docs/**/*.md") == ["docs/.hidden/d.md", "docs/a.md", "docs/x/b.md"]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(here: Path) -> None:
    fill(here, "[a].md")
    assert names("[a].md") == ["[a].md"]


def test_each_file_is_taken_once_and_excluded_paths_not_at_all(here: Path) -> None:
    fill(here, "d/a.md", "d/vendor/b.md")
    assert names("d/a.md", "d", exclude="vendor") == ["d/a.md"]


@pytest.mark.parametrize("path", ["missing.md", "none/*.md", "nul\0"])
def test_a_path_that_names_nothing_is_one_clear_error(here: Path, path: str) -> None:
    with pytest.raises(SourceError):
        find_files([path])
