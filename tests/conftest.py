"""What all tests share: databases, the installed command, the shared reference data."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from crawler.store.session import Store, open_store
from tests.fakes import postgres

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

settings.register_profile(
    "linkvigil", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("search", parent=settings.get_profile("linkvigil"), derandomize=False, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "linkvigil"))

Linkvigil = Callable[..., subprocess.CompletedProcess[str]]

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("needs the reference data in ../shared, which is not here")
    return SHARED


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    """A real PostgreSQL cluster. Missing programs are a failure: a skip would hide half of the store's tests."""
    try:
        with postgres.cluster() as running:
            yield running
    except postgres.MissingPostgres as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def _migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "linkvigil.db"
    open_store(f"sqlite:///{file}").close()
    return file


@pytest.fixture(scope="session")
def _migrated_database(cluster: postgres.Cluster) -> str:
    open_store(cluster.create("migrated")).close()
    return "migrated"


@pytest.fixture
def sqlite_url(_migrated_file: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of this test's own."""
    file = tmp_path / "state" / "linkvigil.db"
    file.parent.mkdir()
    shutil.copy(_migrated_file, file)
    return f"sqlite:///{file}"


@pytest.fixture
def postgres_url(cluster: postgres.Cluster, _migrated_database: str) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own."""
    name = f"test{next(_numbers)}"
    yield cluster.create(name, _migrated_database)
    cluster.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of each kind."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    running: postgres.Cluster = request.getfixturevalue("cluster")
    name = f"empty{next(_numbers)}"
    yield running.create(name)
    running.drop(name)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An open store on each kind of database."""
    with open_store(database_url) as opened:
        yield opened


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """An open store on SQLite, where the kind of database does not matter."""
    with open_store(sqlite_url) as opened:
        yield opened


@pytest.fixture
def linkvigil(tmp_path: Path) -> Linkvigil:
    """The command in a process of its own, with a clean environment, in the test's folder."""

    def call(
        *arguments: str | Path, env: dict[str, str] | None = None, cwd: Path = tmp_path, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command(), *map(str, arguments)],
            cwd=cwd,
            env=clean_environment(tmp_path) | (env or {}),
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )

    return call


def command() -> list[str]:
    """Return how the command is called: the installed one, else the one of this tree."""
    installed = Path(sys.executable).with_name("linkvigil")
    if installed.exists():
        return [str(installed)]
    return [sys.executable, "-c", "from scheduler import main; main(prog_name='linkvigil')"]


def clean_environment(home: Path) -> dict[str, str]:
    """Return an environment that holds nothing of the caller's but the way to programs and this tree."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "default",
        "GIT_CONFIG_NOSYSTEM": "1",
    }
