"""The stand-in for GitHub stays on this machine, and says what to do where it is not installed."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.fakes import github as fake
from tests.fakes.github import FakeGitHub, github


def test_the_emulator_listens_on_one_loopback_address_only(hub: FakeGitHub) -> None:
    socket.create_connection(("127.0.0.1", hub.emulator_port), timeout=2).close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.2", hub.emulator_port), timeout=2)


def test_a_missing_emulator_is_one_line_that_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake, "EMULATE", tmp_path / "index.js")
    with pytest.raises(AssertionError, match=r"run tests/wire/github/install\.sh$"), github(tmp_path):
        pass


def test_missing_node_is_one_line_that_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AssertionError, match="apt-get install nodejs npm"), github(tmp_path):
        pass
