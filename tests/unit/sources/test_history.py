"""When links first appeared."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.sources.history import first_added
from tests.unit.sources.repositories import Repository

A, B, LONG = "https://a.example/", "https://b.example/", "https://a.example/more"


def day(number: int) -> datetime:
    return datetime(2020, 1, number, 12, tzinfo=UTC)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "r")


def dates(repository: Repository, name: str, *raws: str) -> dict[str, datetime]:
    return first_added(repository.folder / name, raws).dates


def test_a_link_dates_from_the_commit_that_brought_it(repository: Repository) -> None:
    repository.commit(1, a__md="text\n")
    repository.commit(2, a__md=f"text\n[A]({A})\n")
    repository.commit(3, a__md=f"text\n[A]({A})\n[B]({B})\n")
    assert dates(repository, "a.md", A, B) == {A: day(2), B: day(3)}


def test_touching_its_line_later_does_not_make_a_link_younger(repository: Repository) -> None:
    repository.commit(1, a__md=f"- [A]({A})\n")
    repository.commit(5, a__md=f"* [A, reworded]({A}) - sorted\n")
    assert dates(repository, "a.md", A) == {A: day(1)}


def test_a_rename_is_followed(repository: Repository) -> None:
    repository.commit(1, old__md=f"one\ntwo\nthree\nfour\n[A]({A})\n")
    repository.git("mv", "old.md", "new.md")
    repository.commit(3)
    repository.commit(4, new__md=f"one\ntwo\nthree\nfour\n[A]({A})\n[B]({B})\n")
    assert dates(repository, "new.md", A, B) == {A: day(1), B: day(4)}


def test_a_move_into_a_folder_with_an_edit_is_followed(repository: Repository) -> None:
    repository.commit(1, old__md=f"one\ntwo\nthree\nfour\n[A]({A})\n")
    repository.git("rm", "-q", "old.md")
    repository.write("docs/new.md", f"one\ntwo\nthree\nfour, edited\n[A]({A})\n")
    repository.commit(3)
    assert dates(repository, "docs/new.md", A) == {A: day(1)}


def test_removed_and_added_again_counts_from_the_first_time(repository: Repository) -> None:
    repository.commit(1, a__md=f"x\n[A]({A})\n")
    repository.commit(2, a__md="x\n")
    repository.commit(3, a__md=f"x\n[A]({A})\n")
    assert dates(repository, "a.md", A) == {A: day(1)}


def test_a_link_from_a_merged_branch_dates_from_that_branch(repository: Repository) -> None:
    repository.commit(1, a__md="top\n\n\n\n\nend\n")
    repository.git("checkout", "-q", "-b", "side")
    repository.commit(2, a__md=f"top\n[A]({A})\n\n\n\n\nend\n")
    repository.git("checkout", "-q", "main")
    repository.commit(3, a__md=f"top\n\n\n\n\nend\n[B]({B})\n")
    repository.git("merge", "-q", "--no-edit", "side", day=9)
    assert dates(repository, "a.md", A, B) == {A: day(2), B: day(3)}


def test_a_longer_address_is_not_its_beginning(repository: Repository) -> None:
    repository.commit(1, a__md=f"[x]({LONG})\n")
    repository.commit(2, a__md=f"[x]({LONG})\n[A]({A})\n")
    assert dates(repository, "a.md", A, LONG) == {LONG: day(1), A: day(2)}


@pytest.mark.parametrize("written", [f"<{A}>", f"see {A}.", f"({A}),", f"{A}这里", f'"{A}"', f"|{A}|", f"`{A}`"])
def test_an_address_is_found_whatever_ends_it(repository: Repository, written: str) -> None:
    repository.commit(1, a__md=f"{written}\n")
    assert dates(repository, "a.md", A) == {A: day(1)}


def test_relative_links_have_dates_too(repository: Repository) -> None:
    repository.commit(1, a__md="[x](docs/guide.md-old)\n")
    repository.commit(2, a__md="[x](docs/guide.md)\n")
    assert dates(repository, "a.md", "docs/guide.md") == {"docs/guide.md": day(2)}


def test_the_author_date_in_any_zone_is_given_in_utc(repository: Repository) -> None:
    repository.write("a.md", A)
    repository.git("add", "-A")
    repository.git("commit", "-q", "-m", "x", "--date", "2019-06-01T01:00:00+0300", day=9)
    assert dates(repository, "a.md", A) == {A: datetime(2019, 5, 31, 22, tzinfo=UTC)}


def test_what_is_not_committed_has_no_date(repository: Repository) -> None:
    repository.commit(1, a__md="x\n")
    repository.write("a.md", f"x\n{A}\n")
    assert dates(repository, "a.md", A) == {}


def test_lines_that_look_like_diff_syntax_do_not_confuse(repository: Repository) -> None:
    repository.commit(1, a__md=f"++ b/file\ndiff --git a b\n@@ -1 +1 @@\n\x01commit 1 \n{A}\n")
    assert dates(repository, "a.md", A) == {A: day(1)}


def test_without_a_repository_there_are_no_dates(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(A)
    answer = first_added(path, [A])
    assert (answer.dates, answer.problem) == ({}, "no git history")


def test_a_shallow_clone_tells_only_what_it_can_see(repository: Repository, tmp_path: Path) -> None:
    repository.commit(1, a__md=f"{A}\n")
    repository.commit(2, a__md=f"{A}\n\n")
    repository.commit(3, a__md=f"{A}\n\n{B}\n")
    repository.git("clone", "-q", "--depth", "2", repository.folder.as_uri(), str(tmp_path / "clone"))
    answer = first_added(tmp_path / "clone" / "a.md", [A, B])
    assert (answer.dates, answer.shallow) == ({B: day(3)}, True)


def test_a_history_that_takes_too_long_gives_no_dates(repository: Repository) -> None:
    repository.commit(1, a__md=f"{A}\n" * 200_000)
    answer = first_added(repository.folder / "a.md", [A], limit=timedelta(microseconds=1))
    assert answer.dates == {}
    assert answer.problem is not None
