"""Which links the working tree adds against a revision."""

from datetime import date
from pathlib import Path

import pytest

from crawler.errors import SourceError
from crawler.sources.registry import read
from crawler.sources.resolve import links_of
from crawler.sources.revision import added_since
from tests.unit.sources.repositories import Repository

A, B = "https://a.example/", "https://b.example/"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "r")


def added(repository: Repository, *sources: str, ref: str = "HEAD") -> set[tuple[str, str, int]]:
    links = []
    for source in sources:
        document = read(source, (repository.folder / source).read_bytes())
        assert document is not None
        links += links_of(document, source=source, base_url=None, root_dir=None, now=date(2020, 1, 1))
    return added_since(ref, links, repository.folder)


def test_an_unchanged_file_adds_nothing(repository: Repository) -> None:
    repository.commit(1, a__md=f"[A]({A})\n")
    assert added(repository, "a.md") == set()


def test_a_new_link_is_new_and_an_old_one_is_not(repository: Repository) -> None:
    repository.commit(1, a__md=f"[A]({A})\n")
    repository.write("a.md", f"moved down\n\n[A, reworded]({A})\n[B]({B})\n")
    assert added(repository, "a.md") == {("a.md", B, 0)}


def test_of_equal_links_those_on_new_lines_are_new(repository: Repository) -> None:
    repository.commit(1, a__md=f"- [old]({A})\n")
    repository.write("a.md", f"- [new]({A})\n- [old]({A})\n- [B]({B})\n")
    assert added(repository, "a.md") == {("a.md", A, 0), ("a.md", B, 0)}


def test_an_untracked_or_staged_file_is_all_new(repository: Repository) -> None:
    repository.commit(1, a__md="x\n")
    repository.write("b.md", f"[A]({A})\n")
    repository.write("c.md", f"[A]({A})\n")
    repository.git("add", "c.md")
    assert added(repository, "b.md", "c.md") == {("b.md", A, 0), ("c.md", A, 0)}


def test_a_renamed_file_adds_only_what_is_new_in_it(repository: Repository) -> None:
    repository.commit(1, a__md=f"one\ntwo\nthree\nfour\nfive\n[A]({A})\n")
    repository.git("mv", "a.md", "b.md")
    repository.write("b.md", f"one\ntwo\nthree\nfour\nfive\n[A]({A})\n[B]({B})\n")
    assert added(repository, "b.md") == {("b.md", B, 0)}


def test_committed_work_counts_against_an_older_revision(repository: Repository) -> None:
    repository.commit(1, a__md="x\n")
    repository.commit(2, a__md=f"x\n\n[A]({A})\n")
    assert added(repository, "a.md", ref="HEAD~1") == {("a.md", A, 0)}
    assert added(repository, "a.md") == set()


def test_names_with_blanks_and_other_scripts_are_compared(repository: Repository) -> None:
    repository.write("a b 中.md", f"[A]({A})\n")
    repository.commit(1)
    repository.write("a b 中.md", f"[A]({A})\n[B]({B})\n")
    assert added(repository, "a b 中.md") == {("a b 中.md", B, 0)}


def test_sources_are_named_from_the_current_folder(repository: Repository) -> None:
    repository.write("docs/a.md", f"[A]({A})\n")
    repository.commit(1)
    path = repository.write("docs/a.md", f"[A]({A})\n[B]({B})\n")
    document = read("a.md", path.read_bytes())
    assert document is not None
    links = links_of(document, source="a.md", base_url=None, root_dir=None, now=date(2020, 1, 1))
    assert added_since("HEAD", links, repository.folder / "docs") == {("a.md", B, 0)}


@pytest.mark.parametrize("ref", ["nosuch", "--output=/tmp/x", "HEAD~99", ""])
def test_an_unknown_revision_is_one_clear_error(repository: Repository, ref: str) -> None:
    repository.commit(1, a__md="x\n")
    with pytest.raises(SourceError, match="unknown git revision"):
        added_since(ref, [], repository.folder)


def test_outside_a_work_tree_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no git work tree"):
        added_since("HEAD", [], tmp_path)
