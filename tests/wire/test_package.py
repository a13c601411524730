"""Wheel and source archive: built, complete, and the installed wheel gives the command."""

import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, clean_environment

pytestmark = pytest.mark.battery

_DATA = {".py", ".mako", ".html", ".css", ".js", ".json", ".toml", ".service", ".timer", ".yml", ".typed", ""}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    # The build backend is a test dependency: nothing is fetched here.
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return folder


def shipped() -> Iterator[str]:
    for root in ("crawler", "reports"):
        for path in (ROOT / root).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and path.suffix in _DATA:
                yield path.relative_to(ROOT).as_posix()
    yield "scheduler.py"


def test_the_wheel_holds_every_module_and_data_file(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert set(shipped()) - names == set()


def test_the_wheel_holds_nothing_but_the_program(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    roots = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"crawler", "reports", "scheduler.py"}


def test_the_source_archive_holds_tests_and_no_installed_package(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert {"tests/run", "README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml", "scheduler.py"} <= names
    assert not [name for name in names if "node_modules" in name or name.endswith((".pyc", ".db"))]


def test_the_installed_wheel_gives_the_command(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    target = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", target, wheel],
        check=True,
        capture_output=True,
        timeout=120,
    )
    environment = clean_environment(tmp_path) | {"PYTHONPATH": str(target)}
    (tmp_path / "list.md").write_text("[a](missing.md)\n")

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [target / "bin" / "linkvigil", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert call("--version").stdout == "linkvigil, version 0.1.0\n"
    night = call("run", "list.md", "--no-archive")
    assert (night.returncode, (tmp_path / "linkvigil-report" / "index.html").exists()) == (0, True), night.stderr
