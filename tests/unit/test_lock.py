"""One run at a time, across processes, on both kinds of database; a killed holder blocks nobody."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from crawler.config import Settings
from crawler.errors import LockedError, StoreError
from crawler.lock import RunLock, lock_name
from crawler.store.lock import DatabaseLock
from tests.conftest import ROOT

HOLDER = """
import sys
from pathlib import Path
from crawler.config import Settings
from crawler.lock import RunLock
with RunLock(Settings(state=Path(sys.argv[1]), database=sys.argv[2]), sys.argv[3]):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(state: Path, url: str, project: str = "list") -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(state), url, project],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdin
    assert process.stdout
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.stdin.close()
        process.wait(timeout=30)
        process.stdout.close()


def settings(state: Path, url: str) -> Settings:
    return Settings(state=state, database=url)  # type: ignore[arg-type]


def test_a_second_run_is_refused_at_once(tmp_path: Path, database_url: str) -> None:
    with holder(tmp_path, database_url):
        begun = time.monotonic()
        with (
            pytest.raises(LockedError, match="another run of project list"),
            RunLock(settings(tmp_path, database_url), "list"),
        ):
            pass
        assert time.monotonic() - begun < 5


def test_a_second_machine_with_the_same_database_is_refused(tmp_path: Path, postgres_url: str) -> None:
    with (
        holder(tmp_path / "one", postgres_url),
        pytest.raises(LockedError, match="lock in the database"),
        RunLock(settings(tmp_path / "other", postgres_url), "list"),
    ):
        pass


def test_a_refused_run_leaves_its_lock_file_free(tmp_path: Path, postgres_url: str) -> None:
    mine = settings(tmp_path / "other", postgres_url)
    with holder(tmp_path / "one", postgres_url), pytest.raises(LockedError), RunLock(mine, "list"):
        pass
    with RunLock(mine, "list"):
        pass


def test_two_state_folders_with_one_sqlite_file_share_the_lock(tmp_path: Path, sqlite_url: str) -> None:
    with (
        holder(tmp_path / "one", sqlite_url),
        pytest.raises(LockedError),
        RunLock(settings(tmp_path / "other", sqlite_url), "list"),
    ):
        pass


def test_projects_do_not_lock_each_other_out(tmp_path: Path, database_url: str) -> None:
    with holder(tmp_path, database_url), RunLock(settings(tmp_path, database_url), "other"):
        pass


def test_a_lock_is_free_after_its_run_ended(tmp_path: Path, database_url: str) -> None:
    with holder(tmp_path, database_url):
        pass
    with RunLock(settings(tmp_path, database_url), "list"):
        pass


def test_a_run_that_was_killed_blocks_nobody(tmp_path: Path, database_url: str) -> None:
    with holder(tmp_path, database_url) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
    _eventually_free(settings(tmp_path, database_url))


def _eventually_free(mine: Settings) -> None:
    deadline = time.monotonic() + 10  # the server notices a closed connection a moment later
    while True:
        try:
            with RunLock(mine, "list"):
                return
        except LockedError:
            if time.monotonic() > deadline:
                raise


def test_an_error_in_the_run_frees_the_lock(tmp_path: Path, database_url: str) -> None:
    mine = settings(tmp_path, database_url)
    with pytest.raises(ZeroDivisionError), RunLock(mine, "list"):
        raise ZeroDivisionError
    with RunLock(mine, "list"):
        pass


def test_the_database_lock_is_not_given_twice_to_one_process(postgres_url: str) -> None:
    first, second = DatabaseLock(postgres_url, "x"), DatabaseLock(postgres_url, "x")
    assert first.acquire()
    try:
        assert not second.acquire()
    finally:
        first.release()
    assert second.acquire()
    second.release()


def test_a_database_that_is_away_is_an_error_and_no_lock(tmp_path: Path) -> None:
    away = settings(tmp_path, "postgresql://nobody:secret@127.0.0.1:1/none")
    with pytest.raises(StoreError) as caught, RunLock(away, "list"):
        pass
    assert "secret" not in str(caught.value)
    with RunLock(settings(tmp_path, f"sqlite:///{tmp_path / 'linkvigil.db'}"), "list"):
        pass


def test_a_state_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    mine = settings(tmp_path / "file" / "state", f"sqlite:///{tmp_path / 'file' / 'state' / 'linkvigil.db'}")
    with pytest.raises(StoreError, match="the lock file cannot be made"), RunLock(mine, "list"):
        pass


@pytest.mark.parametrize("project", ["list", "a/b", "../../etc", "列表", "x" * 200, "", " "])
def test_a_lock_file_s_name_is_one_plain_name(project: str) -> None:
    name = lock_name(project)
    assert Path(name).name == name
    assert len(name) < 80
    assert name.isascii()


def test_projects_whose_names_look_alike_have_different_lock_files() -> None:
    assert lock_name("a/b") != lock_name("a b") != lock_name("a-b")
