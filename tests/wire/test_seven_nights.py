"""Seven nights on a fake web, with a fake archive and GitHub's emulator, all over real sockets.

Nights 1 to 3 a death is seen and confirmed, the issue opens on 3, the repair comes on 4, the issue closes on 5 after
two good nights, 6 and 7 write nothing. Database, report and issue are looked at after each night.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crawler.domain.health import Health
from crawler.domain.urls import parse
from crawler.store import findings, runs
from crawler.store.session import open_store
from tests.conftest import Linkvigil
from tests.fakes.archive import FakeArchive
from tests.fakes.dns import FakeDns
from tests.fakes.github import BOT, FakeGitHub, github
from tests.fakes.web import Close, FakeWeb, Reply, html, redirect

pytestmark = pytest.mark.battery

FIRST = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)
PAGE = b"<html><head><title>How caches work</title></head><body><h1>How caches work</h1><p>Words.</p></body></html>"
DEAD, MOVED, FLAP, WALL, TIRED, FINE = "dead", "moved", "flap", "wall", "tired", "fine"


@dataclass
class Scene:
    """The world around the program, and its command."""

    web: FakeWeb
    dns: FakeDns
    archive: FakeArchive
    forge: FakeGitHub
    repo: str
    folder: Path
    call: Linkvigil
    log: list[str] = field(default_factory=list)

    def url(self, name: str) -> str:
        return self.web.url(f"{name}.example", f"/{name}")

    def night(self, number: int) -> Night:
        self.forge.reset()
        now = FIRST + timedelta(days=number - 1)
        done = self.call(
            "run", "--config", self.folder / "linkvigil.toml", "--now", now.isoformat(), env={"TOKEN": BOT}
        )
        assert done.returncode == 0, done.stderr
        self.log.append(done.stderr)
        return Night(scene=self, now=now, writes=list(self.forge.writes))


@dataclass
class Night:
    """What a night left behind."""

    scene: Scene
    now: datetime
    writes: list[str]

    @property
    def report(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.scene.folder / "report" / "report.json").read_text("utf-8"))
        return document

    def finding(self, name: str) -> dict[str, Any]:
        wanted = parse(self.scene.url(name)).canonical
        return next(item for item in self.report["findings"] if item["url"] == wanted)

    def health(self, name: str) -> Health:
        with open_store(f"sqlite:///{self.scene.folder / 'state' / 'linkvigil.db'}") as store:
            run = runs.latest_run(store, "list")
            assert run is not None
            record = findings.record_of(store, run, parse(self.scene.url(name)).canonical)
        assert record is not None
        assert record.standing is not None
        return record.standing.health

    @property
    def issues(self) -> list[Any]:
        return self.scene.forge.issues(self.scene.repo)


@pytest.fixture
def scene(tmp_path: Path, linkvigil: Linkvigil) -> Iterator[Scene]:
    forge_folder = tmp_path / "forge"
    forge_folder.mkdir()
    with FakeWeb(tls=False) as web, FakeDns() as dns, FakeArchive() as archive, github(forge_folder) as forge:
        made = Scene(web, dns, archive, forge, forge.new_repo("list"), tmp_path, linkvigil)
        names = (DEAD, MOVED, FLAP, WALL, TIRED, FINE)
        lines = ["# A list", *(f"- [{name}]({made.url(name)})" for name in names), "", f"Again: <{made.url(DEAD)}>"]
        (tmp_path / "list.md").write_text("\n".join(lines), encoding="utf-8")
        for name in names:
            web.set(made.url(name), html(PAGE.decode()))
        archive.add_capture(made.url(DEAD), "20251201000000", body=PAGE)
        (tmp_path / "linkvigil.toml").write_text(_config(made, forge), encoding="utf-8")
        yield made


def _config(scene: Scene, forge: FakeGitHub) -> str:
    return f"""
contact = "https://example.org/links"
resolver = "{scene.dns.server}"
allow_private = ["127.0.0.0/8"]
state = "{scene.folder / "state"}"
max_retries = 0
no_progress = true

[[project]]
name = "list"
paths = ["list.md"]

[report]
folder = "{scene.folder / "report"}"

[archive]
url = "{scene.archive.url}"
availability_url = "{scene.archive.url}"
cdx_interval = "1ms"
replay_interval = "1ms"

[tracker]
kind = "github"
url = "{forge.url}"
repo = "{scene.repo}"
token = {{ env = "TOKEN" }}
apply = true
"""


def test_a_death_is_confirmed_told_repaired_and_closed_within_seven_nights(scene: Scene) -> None:
    web = scene.web
    web.set(scene.url(DEAD), Reply(404))
    web.set(scene.url(MOVED), redirect("/new-place", 301))
    web.set(scene.url(FLAP), Reply(404))
    web.set(scene.url(WALL), Reply(403))
    _first_night(scene.night(1))

    web.set(scene.url(FLAP), html(PAGE.decode()))
    web.set(scene.url(TIRED), Close())
    second = scene.night(2)
    assert second.health(DEAD) is Health.SUSPECT
    assert second.health(FLAP) is Health.OK
    assert second.health(TIRED) is Health.SUSPECT
    assert second.finding(FLAP)["section"] == "repaired"
    assert second.finding(TIRED)["verdict"] == "transient"
    assert second.issues == []

    web.set(scene.url(TIRED), html(PAGE.decode()))
    web.set(scene.url(FLAP), Reply(404))
    number = _third_night(scene.night(3))

    web.set(scene.url(DEAD), html(PAGE.decode()))
    web.set(scene.url(FLAP), html(PAGE.decode()))
    fourth = scene.night(4)
    assert fourth.health(DEAD) is Health.RECOVERING
    assert fourth.finding(DEAD)["section"] == "repaired"
    assert [(issue["number"], issue["state"]) for issue in fourth.issues] == [(number, "open")]

    fifth = scene.night(5)
    assert fifth.health(DEAD) is Health.OK
    assert [(issue["number"], issue["state"]) for issue in fifth.issues] == [(number, "closed")]
    assert fifth.issues[0]["state_reason"] == "completed"
    assert len(scene.forge.comments(scene.repo, number)) == 1

    for quiet in (scene.night(6), scene.night(7)):
        assert quiet.writes == []
        assert quiet.health(DEAD) is Health.OK
        assert [(issue["number"], issue["state"]) for issue in quiet.issues] == [(number, "closed")]
        assert quiet.report["summary"]["verdicts"]["gone"] == 0
    assert all(BOT not in text for text in scene.log)


def _first_night(night: Night) -> None:
    dead = night.finding(DEAD)
    assert (dead["verdict"], dead["rule"], dead["status"]) == ("gone", "not-found", 404)
    assert dead["section"] == "new"
    assert dead["dead_today"] is True
    assert [(link["source"], link["line"]) for link in dead["links"]] == [("list.md", 2), ("list.md", 9)]
    assert dead["memento"]["url"].startswith(f"{night.scene.archive.url}/web/20251201000000/")
    assert dead["suggestions"][0]["kind"] == "memento"
    assert night.health(DEAD) is Health.SUSPECT
    moved = night.finding(MOVED)
    assert moved["verdict"] == "moved"
    assert [hop["status"] for hop in moved["hops"]] == [301, 200]
    assert moved["suggestions"][0]["url"].endswith("/new-place")
    assert night.finding(WALL)["verdict"] == "blocked"
    assert night.finding(FINE)["verdict"] == "alive"
    assert night.issues == []
    assert night.writes == []
    assert (night.scene.folder / "report" / "index.html").stat().st_size > 10_000
    table = (night.scene.folder / "report" / "report.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) == 7


def _third_night(night: Night) -> int:
    assert night.health(DEAD) is Health.BROKEN
    assert night.finding(DEAD)["dead_today"] is False
    assert night.health(FLAP) is Health.SUSPECT
    assert night.health(TIRED) is Health.OK
    [issue] = night.issues
    assert issue["state"] == "open"
    assert night.scene.url(DEAD) in issue["body"]
    assert "list.md#L2" in issue["body"] or "list.md?plain=1#L2" in issue["body"]
    assert night.scene.url(FLAP) not in issue["body"]
    assert night.scene.url(TIRED) not in issue["body"]
    return int(issue["number"])
