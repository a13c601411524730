"""GitHub on loopback: the emulator `emulate` (a real process), and a proxy of ours in front that can fail.

The proxy forwards to the emulator, keeps a log of all requests, and answers as a scripted fault says:
before the emulator sees the request (`reply`, `drop`), or after it has done it (`after`, `drop_after`).
`tests/wire/github/install.sh` installs the emulator and GitHub's API description.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

FOLDER = Path(__file__).resolve().parents[1] / "wire" / "github"
EMULATE = FOLDER / "node_modules" / "emulate" / "dist" / "index.js"
DESCRIPTIONS = FOLDER / "node_modules" / "@octokit" / "openapi" / "generated"
BOT, PERSON, STRANGER = "test_token_linkbot_4711", "test_token_maintainer_0815", "test_token_stranger_99"
OWNER = "maintainer"
WRITES = frozenset({"POST", "PATCH", "PUT", "DELETE"})
_SEED = f"""
tokens:
  {BOT}: {{login: linkbot, scopes: [repo]}}
  {PERSON}: {{login: {OWNER}, scopes: [repo]}}
  {STRANGER}: {{login: stranger, scopes: [repo]}}
github:
  users: [{{login: linkbot}}, {{login: {OWNER}}}, {{login: stranger}}]
  repos: []
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as the proxy saw it."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to one request instead of the ordinary. Without a status the connection is cut."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    content: Any = None
    forward: bool = False


def reply(status: int, message: str = "", **headers: str) -> Fault:
    """Answer without asking the emulator; header names with `_` for `-`."""
    return Fault(
        status=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        content={"message": message},
    )


def content(value: Any) -> Fault:
    """Answer 200 with this JSON without asking the emulator."""
    return Fault(status=200, content=value)


def drop() -> Fault:
    """Cut the connection; the emulator never sees the request."""
    return Fault()


def after(status: int) -> Fault:
    """Let the emulator do it, then answer with this status."""
    return Fault(status=status, forward=True, content={"message": "Server Error"})


def drop_after() -> Fault:
    """Let the emulator do it, then cut the connection."""
    return Fault(forward=True)


class FakeGitHub:
    """The running pair. `url` is the API base; each test takes a repository of its own by `new_repo`."""

    def __init__(self, proxy: _Proxy, emulator: int) -> None:
        self._proxy = proxy
        self.emulator_port = emulator
        self.url = f"http://127.0.0.1:{proxy.server_address[1]}"

    @property
    def requests(self) -> list[Request]:
        """All requests so far; clear it as you like."""
        return self._proxy.log

    @property
    def writes(self) -> list[str]:
        """The methods and paths of the requests that write."""
        return [f"{request.method} {request.path}" for request in self.requests if request.method in WRITES]

    def fault(self, method: str, path: str, *faults: Fault) -> None:
        """Script the next requests whose method is this and whose path matches; one fault each, in order."""
        self._proxy.faults.extend((method, re.compile(path), fault) for fault in faults)

    def unused_faults(self) -> int:
        """How many scripted faults nobody ran into."""
        return len(self._proxy.faults)

    def reset(self) -> None:
        """Forget the log and the faults."""
        self._proxy.log.clear()
        self._proxy.faults.clear()

    def new_repo(self, name: str) -> str:
        """Make a repository that the bot may write to; return owner/name."""
        self.ask("POST", "/user/repos", {"name": name, "auto_init": True}, token=PERSON)
        return f"{OWNER}/{name}"

    def ask(self, method: str, path: str, body: Any = None, *, token: str = PERSON) -> Any:
        """Ask the emulator itself, as a person would: not logged, no faults."""
        headers = {"Authorization": f"Bearer {token}"}
        status, _, raw = _forward(self.emulator_port, method, path, headers, None if body is None else json.dumps(body))
        assert status < 300, f"{method} {path}: {status} {raw[:300]!r}"
        return json.loads(raw) if raw else None

    def issues(self, repo: str) -> list[Any]:
        """Return all issues of a repository, oldest first."""
        found: list[Any] = self.ask("GET", f"/repos/{repo}/issues?state=all&per_page=100&direction=asc")
        return found

    def comments(self, repo: str, number: int) -> list[str]:
        """Return the comments' texts."""
        return [row["body"] for row in self.ask("GET", f"/repos/{repo}/issues/{number}/comments")]

    def person_closes(self, repo: str, number: int) -> None:
        """Close an issue as the owner of the repository."""
        self.ask("PATCH", f"/repos/{repo}/issues/{number}", {"state": "closed", "state_reason": "not_planned"})

    def person_reopens(self, repo: str, number: int) -> None:
        """Reopen an issue as the owner of the repository."""
        self.ask("PATCH", f"/repos/{repo}/issues/{number}", {"state": "open"})


@contextmanager
def github(folder: Path) -> Iterator[FakeGitHub]:
    """Run the pair; AssertionError with what to do where Node.js or the emulator is missing."""
    node = shutil.which("node")
    if node is None or not EMULATE.exists():
        missing = "the emulator" if node else "node (Debian: apt-get install nodejs npm)"
        raise AssertionError(f"{missing} is missing: run tests/wire/github/install.sh")
    seed = folder / "seed.yaml"
    seed.write_text(_SEED, encoding="utf-8")
    emulator = _free_port()
    proxy = _Proxy(emulator)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{proxy.server_address[1]}"
    command = [node, "--require", str(FOLDER / "loopback.cjs"), str(EMULATE), "start", "-p", str(emulator)]
    command += ["-s", "github", "--seed", str(seed), "--base-url", base]
    with (folder / "emulate.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env={"PATH": os.environ["PATH"]})
        try:
            _wait_for(emulator, process, folder / "emulate.log")
            yield FakeGitHub(proxy, emulator)
        finally:
            process.kill()
            process.wait(timeout=10)
            proxy.shutdown()
            proxy.server_close()
            thread.join(timeout=10)


class _Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, emulator: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.emulator = emulator
        self.log: list[Request] = []
        self.faults: list[tuple[str, re.Pattern[str], Fault]] = []
        self.lock = threading.Lock()

    def take(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for index, (wanted, pattern, fault) in enumerate(self.faults):
                if wanted == method and pattern.search(path):
                    del self.faults[index]
                    return fault
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Proxy
    timeout = 5
    disable_nagle_algorithm = True

    def _any(self) -> None:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        body = json.loads(raw) if raw else None
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = tuple(parse_qsl(parts.query, keep_blank_values=True))
        self.server.log.append(Request(method=self.command, path=parts.path, query=query, headers=headers, body=body))
        fault = self.server.take(self.command, parts.path)
        status, sent, answer = 0, {}, b""
        if fault is None or fault.forward:
            status, sent, answer = _forward(self.server.emulator, self.command, self.path, headers, raw or None)
        if fault is not None:
            if fault.status is None:
                self.close_connection = True
                return
            status, sent, answer = fault.status, fault.headers, json.dumps(fault.content).encode()
        self.send_response(status)
        for name, value in sent.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _any  # noqa: N815

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def _forward(
    port: int, method: str, path: str, headers: dict[str, str], body: str | None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        passed = {name: value for name, value in headers.items() if name.lower() in ("authorization", "accept")}
        if body is not None:
            passed["Content-Type"] = "application/json"
        connection.request(method, path, body=body.encode() if body is not None else None, headers=passed)
        response = connection.getresponse()
        content = response.read()
        link = response.getheader("link")
        return response.status, {"Link": link} if link else {}, content
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the emulator did not start: {log.read_text(encoding='utf-8', errors='replace')[-500:]}")
