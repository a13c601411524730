"""Health check pings against a real server."""

import logging
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from crawler.config import ScheduleConfig, Settings
from crawler.healthcheck import heartbeat, ping

RUN = uuid.UUID("6f2d9c1e-0000-4000-8000-000000000001")
SECRET = "0b5c7a1e-secret"


@dataclass
class Service:
    """What arrived, and what is answered next (200 when nothing is left)."""

    base: str = ""
    answers: list[int] = field(default_factory=list)
    got: list[tuple[str, str, dict[str, list[str]], str]] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _, _ in self.got]


@pytest.fixture
def service() -> Iterator[Service]:
    known = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            parts = urlsplit(self.path)
            known.got.append((self.command, parts.path, parse_qs(parts.query), body))
            self.send_response(known.answers.pop(0) if known.answers else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    known.base = f"http://127.0.0.1:{server.server_port}/ping/{SECRET}"
    yield known
    server.shutdown()
    server.server_close()
    thread.join()


def settings(url: str | None) -> Settings:
    return Settings(schedule=ScheduleConfig(healthcheck_url=url))  # type: ignore[arg-type]


def send(url: str, event: str = "success", exit_status: int | None = None, body: str = "") -> tuple[bool, list[float]]:
    pauses: list[float] = []
    return ping(url, event, exit_status, RUN, body, pause=pauses.append), pauses  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("event", "exit_status", "end"),
    [
        ("start", None, "/start"),
        ("success", None, ""),
        ("success", 0, "/0"),
        ("fail", None, "/fail"),
        ("fail", 3, "/3"),
    ],
)
def test_each_event_has_its_path(service: Service, event: str, exit_status: int | None, end: str) -> None:
    assert send(service.base, event, exit_status) == (True, [])
    assert service.paths == [f"/ping/{SECRET}{end}"]


def test_a_ping_carries_the_run_s_id_and_the_summary(service: Service) -> None:
    send(service.base, body="3 broken, 题")
    assert service.got[0][2:] == ({"rid": [str(RUN)]}, "3 broken, 题")


def test_an_address_with_a_slash_or_a_query_keeps_its_meaning(service: Service) -> None:
    send(f"{service.base}/?create=1", "start")
    assert service.got[0][1:3] == (f"/ping/{SECRET}/start", {"create": ["1"], "rid": [str(RUN)]})


def test_a_long_summary_is_cut(service: Service) -> None:
    send(service.base, body="x" * 1_000_000)
    assert len(service.got[0][3]) == 10_000


def test_a_server_in_trouble_is_asked_three_times(service: Service) -> None:
    service.answers = [503, 429, 200]
    assert send(service.base) == (True, [1.0, 2.0])
    assert len(service.got) == 3


def test_after_three_tries_a_ping_is_given_up(service: Service) -> None:
    service.answers = [500] * 9
    assert send(service.base)[0] is False
    assert len(service.got) == 3


def test_a_refusal_is_not_repeated(service: Service) -> None:
    service.answers = [404]
    assert send(service.base) == (False, [])
    assert len(service.got) == 1


@pytest.mark.parametrize(
    "url",
    [f"http://127.0.0.1:1/{SECRET}", f"http://[::1/{SECRET}", f"ftp://127.0.0.1/{SECRET}", f"/{SECRET}"],
    ids=["nobody answers", "no url", "not http", "no host"],
)
def test_a_ping_that_fails_is_one_line_without_the_address(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        assert send(url)[0] is False
    assert SECRET not in caplog.text
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1


def test_a_ping_that_arrives_logs_no_address_either(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        send(service.base)
    assert SECRET not in caplog.text


def test_the_environment_s_proxy_is_not_used(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert send(service.base)[0]


def test_a_run_pings_its_start_and_its_exit_status_under_one_id(service: Service) -> None:
    with heartbeat(settings(service.base)) as heart:
        heart.done(3, "no network")
    assert [path.removeprefix(f"/ping/{SECRET}") for path in service.paths] == ["/start", "/3"]
    assert service.got[0][2] == service.got[1][2]
    assert service.got[1][3] == "no network"


def test_a_run_that_ends_in_an_error_pings_a_failure_that_names_no_secret(service: Service) -> None:
    with pytest.raises(RuntimeError), heartbeat(settings(service.base)):
        raise RuntimeError("token=abc")
    assert service.paths[-1].endswith("/fail")
    assert service.got[-1][3] == "the run ended with RuntimeError"


def test_only_the_first_end_of_a_run_is_reported(service: Service) -> None:
    with heartbeat(settings(service.base)) as heart:
        heart.done(3, "")
        heart.done(0, "")
        heart.failed("")
    assert [path.removeprefix(f"/ping/{SECRET}") for path in service.paths] == ["/start", "/3"]


def test_a_service_that_is_down_does_not_change_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.healthcheck._PAUSE_S", 0)
    with heartbeat(settings("http://127.0.0.1:1/x")) as heart:
        heart.done(0, "")


def test_without_an_address_nothing_is_sent() -> None:
    with heartbeat(settings(None)) as heart:
        heart.done(0, "")
