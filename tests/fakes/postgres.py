"""A real PostgreSQL cluster on loopback for one test session; nothing of it stays."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

_DEBIAN = Path("/usr/lib/postgresql")
_START_S = 60


class MissingPostgres(Exception):
    """PostgreSQL's programs are not installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A running cluster; `user` is its superuser, who needs no password."""

    port: int
    user: str

    def url(self, database: str) -> str:
        """Return a database's URL, as a user would write it."""
        return f"postgresql://{self.user}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str = "template0") -> str:
        """Create a database and return its URL."""
        self._execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def drop(self, database: str) -> None:
        """Drop a database, with whoever is still connected."""
        self._execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Run a cluster in a temporary folder; as root, its processes belong to the user `postgres`."""
    programs = _programs()
    as_user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="lv-pg-"))
    user = "postgres" if as_user else pwd.getpwuid(os.geteuid()).pw_name
    try:
        if as_user:
            shutil.chown(folder, "postgres", "postgres")
        data, port = folder / "data", _free_port()
        subprocess.run(
            [programs / "initdb", "--pgdata", data, "--username", user, "--auth", "trust", "--no-sync", "-E", "UTF8",
             "--locale", "C"],
            check=True, capture_output=True, cwd=folder, **as_user,
        )  # fmt: skip
        log = (folder / "log").open("wb")
        with log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, *_options(port, folder)],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=folder, **as_user,
            )  # fmt: skip
        try:
            _wait(port, user, server, folder / "log")
            yield Cluster(port=port, user=user)
        finally:
            # SIGINT is a fast shutdown, by the id of the process that was started here.
            server.send_signal(2)
            server.wait(timeout=_START_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = sorted(_DEBIAN.glob("*/bin/postgres"), key=lambda path: float(path.parent.parent.name))
    if found:
        return found[-1].parent
    on_path = shutil.which("postgres")
    if on_path is None:
        raise MissingPostgres("PostgreSQL's server is not installed: apt-get install postgresql")
    return Path(on_path).resolve().parent


def _options(port: int, folder: Path) -> list[str]:
    settings = {
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "50",
        "timezone": "Asia/Shanghai",  # not UTC: a time that loses its zone shows
    }
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, user: str, server: subprocess.Popen[bytes], log: Path) -> None:
    subprocess_ready = _programs() / "pg_isready"
    for _ in range(_START_S):
        if server.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended at once:\n{log.read_text()}")
        ready = subprocess.run(
            [subprocess_ready, "-q", "-h", "127.0.0.1", "-p", str(port), "-U", user, "-d", "postgres", "-t", "1"],
            check=False,
        )
        if ready.returncode == 0:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=0.2)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
