"""A crawl that is told to stop keeps what is finished, leaves the rest, and ends soon."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.web import Hang
from tests.wire.crawling import World, probes

_ROOT = Path(__file__).parents[2]


@pytest.fixture
def world() -> Iterator[World]:
    with World() as made:
        yield made


def _start(world: World) -> subprocess.Popen[str]:
    for number in range(3):
        world.web.set(f"http://hangs{number}.example/", Hang())
    urls = [world.web.url(f"hangs{number}.example") for number in range(3)]
    urls += [world.web.url("long.example", f"/{number}") for number in range(1000)]
    command = [sys.executable, "-m", "tests.wire.crawl_child", world.dns.server, *urls]
    return subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)


def _wait_for_requests(world: World, count: int) -> None:
    until = time.monotonic() + 20
    while len(world.web.requests()) < count:
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_crawl_gracefully(world: World, number: signal.Signals) -> None:
    child = _start(world)
    _wait_for_requests(world, 40)
    child.send_signal(number)
    sent = time.monotonic()
    out, _ = child.communicate(timeout=15)
    told = json.loads(out)
    answered = len(world.web.requests("long.example"))
    assert time.monotonic() - sent < 10
    assert (child.returncode, told["stopped"]) == (0, "signal")
    assert answered - 4 <= len(told["seen"]) <= answered  # all that was finished, nothing that was dropped
    assert not {1, 2, 3} & set(told["seen"])
    assert len(told["seen"]) < 900


def test_a_second_signal_ends_the_process_at_once(world: World) -> None:
    child = _start(world)
    _wait_for_requests(world, 40)
    child.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    child.send_signal(signal.SIGTERM)
    sent = time.monotonic()
    child.communicate(timeout=10)
    assert (child.returncode, time.monotonic() - sent < 0.5) == (-signal.SIGTERM, True)


def test_a_crawl_ends_at_its_deadline_and_leaves_the_rest(world: World) -> None:
    world.web.set("http://hangs.example/", Hang())
    urls = [world.web.url("hangs.example"), *(world.web.url("long.example", f"/{number}") for number in range(200))]
    frontier, stats = world.crawl(
        probes(urls),
        timeout=timedelta(seconds=20),
        host_interval=timedelta(milliseconds=50),
        deadline=timedelta(seconds=1),
        stop_grace=timedelta(milliseconds=100),
    )
    assert stats.stopped == "deadline"
    assert stats.elapsed < timedelta(seconds=5)
    assert 0 < len(frontier.seen) < len(urls)
