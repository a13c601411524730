"""A run that is killed at a random moment and started again finishes the rest, and nothing is lost or doubled."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import clean_environment, command
from tests.fakes.dns import FakeDns
from tests.fakes.web import FakeWeb, Reply, redirect

pytestmark = pytest.mark.battery

URLS = 2000
HOSTS = 50
KILLS = 20
PACE = "400ms"  # 40 links a host take 16 s: about as long as all the kills leave it


def _list(web: FakeWeb, folder: Path) -> Path:
    lines = [f"- [{n}]({web.url(f'h{n % HOSTS}.example', f'/p/{n}')})" for n in range(URLS)]
    for n in range(0, URLS, 40):
        web.set(f"http://h{n % HOSTS}.example/p/{n}", Reply(404))
    for n in range(1, URLS, 40):
        web.set(f"http://h{n % HOSTS}.example/p/{n}", redirect("/moved", 301))
    path = folder / "list.md"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _command(source: Path, folder: Path, dns: FakeDns) -> list[str]:
    return [
        *command(), "run", str(source), "--state", str(folder / "state"),
        "--report", str(folder / "report"), "--resolver", dns.server, "--allow-private", "127.0.0.0/8",
        "--host-request-interval", PACE, "--no-archive", "--no-progress", "--contact", "https://example.org/",
        "--now", "2026-01-05T03:00:00+00:00",
    ]  # fmt: skip


def _committed(database: Path) -> set[int]:
    if not database.exists():
        return set()
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        try:
            return {row[0] for row in connection.execute("SELECT id FROM observation")}
        except sqlite3.OperationalError:
            return set()  # killed before the tables were made


def test_every_url_has_one_final_observation_after_twenty_kills(tmp_path: Path) -> None:
    chance = random.Random(20260105)
    killed = 0
    with FakeWeb(tls=False) as web, FakeDns() as dns:
        words = _command(_list(web, tmp_path), tmp_path, dns)
        database = tmp_path / "state" / "linkvigil.db"
        seen: set[int] = set()
        for _ in range(KILLS):
            process = subprocess.Popen(
                words,
                cwd=tmp_path,
                env=clean_environment(tmp_path),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            time.sleep(chance.uniform(0.3, 4.0))
            is_over = process.poll() is not None
            if not is_over:
                process.send_signal(signal.SIGKILL)
                killed += 1
            process.wait(timeout=30)
            now = _committed(database)
            assert seen <= now, "a committed observation was lost"
            seen = now
            if is_over:
                break
        final = subprocess.run(
            words,
            cwd=tmp_path,
            env=clean_environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert final.returncode == 0, final.stderr
        assert seen <= _committed(database)
    assert killed >= KILLS // 4, "the kills came too late to prove anything"
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        runs = connection.execute("SELECT id, state FROM run").fetchall()
        counts = connection.execute(
            "SELECT u.canonical, count(o.id) FROM url u LEFT JOIN observation o"
            " ON o.url_id = u.id AND o.purpose = 'check' AND o.run_id = ? GROUP BY u.id",
            (runs[0][0],),
        ).fetchall()
    assert {state for _, state in runs} == {"done"}
    assert len(runs) <= 2, "a killed run was not taken up again"
    assert len(counts) == URLS
    assert {count for _, count in counts} == {1}
