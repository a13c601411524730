"""The installed command on each kind of database: the night, the lock, a newer database."""

from pathlib import Path

import pytest

from crawler.config import Settings
from crawler.lock import RunLock
from tests.conftest import Linkvigil
from tests.unit.test_store_migrations import dump, set_revision


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "list.md"
    file.write_text("# List\n\n[here](list.md) [there](missing.md)\n", encoding="utf-8")
    return file


def test_a_night_is_kept_in_each_kind_of_database(linkvigil: Linkvigil, source: Path, database_url: str) -> None:
    done = linkvigil("run", source.name, "--no-archive", "--database", database_url)
    assert done.returncode == 0, done.stderr
    assert [row[1] for row in dump(database_url)["project"]] == ["default"]
    assert len(dump(database_url)["observation"]) == 2


def test_a_second_run_ends_at_once_with_75_and_one_line(
    linkvigil: Linkvigil, source: Path, database_url: str, tmp_path: Path
) -> None:
    before = dump(database_url)
    with RunLock(Settings(state=tmp_path / ".linkvigil", database=database_url), "default"):  # type: ignore[arg-type]
        done = linkvigil("run", source.name, "--database", database_url, "--contact", "https://example.org")
    assert done.returncode == 75
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("linkvigil: another run of project default is under way")
    assert dump(database_url) == before


def test_a_newer_database_ends_with_2_and_one_line_and_stays_as_it_is(
    linkvigil: Linkvigil, source: Path, database_url: str, tmp_path: Path
) -> None:
    set_revision(database_url, "9999")
    before = dump(database_url)
    done = linkvigil("run", source.name, "--database", database_url, "--contact", "https://example.org")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "upgrade linkvigil" in done.stderr
    assert dump(database_url) == before
    assert not (tmp_path / "linkvigil-report").exists()


def test_a_password_in_the_database_s_address_is_never_shown(linkvigil: Linkvigil, source: Path) -> None:
    url = "postgresql://nobody:secret-word@127.0.0.1:1/none"
    done = linkvigil("run", source.name, env={"LINKVIGIL_DATABASE": url})
    assert done.returncode == 2
    assert "secret-word" not in done.stdout + done.stderr
