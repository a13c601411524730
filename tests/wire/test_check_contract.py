"""What scripts rely on: `collect` and `check --format json`, their options, exit codes and errors, over real sockets.

The document that holds every kind of link, and the first errors, are looked at by the command in a process of its
own; the many small cases call the same command in this process, which is ten times as quick.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import scheduler
from crawler.domain.observation import Failure
from crawler.domain.urls import parse
from tests.conftest import clean_environment, command
from tests.fakes.dns import FakeDns
from tests.fakes.web import Close, FakeWeb, Reply, Reset, html, redirect

Done = subprocess.CompletedProcess[str]


@dataclass
class World:
    """A fake web, a fake name server, and the command that sees nothing else."""

    web: FakeWeb
    dns: FakeDns
    home: Path

    def options(self) -> list[str]:
        """Return the options that point the command at the fakes, quick and without patience."""
        options = {
            "resolver": self.dns.server, "ca-bundle": self.web.ca_bundle, "allow-private": "127.0.0.0/8", "max-retries": "0",
            "timeout": "2s", "host-request-interval": "0",
        }  # fmt: skip
        return [part for name, value in options.items() for part in (f"--{name}", value)]

    def process(self, *arguments: str, cwd: Path) -> Done:
        """Call the command in a process of its own."""
        return subprocess.run(
            [*command(), *arguments], cwd=cwd, env=clean_environment(self.home), capture_output=True, encoding="utf-8", timeout=120,
            check=False,
        )  # fmt: skip

    def call(self, *arguments: str, cwd: Path, env: dict[str, str] | None = None) -> Done:
        """Call the command in this process; its exit code and what it wrote."""
        root = logging.getLogger()
        handlers, level = list(root.handlers), root.level
        try:
            with contextlib.chdir(cwd):
                result = CliRunner(env=env).invoke(scheduler.main, list(arguments), prog_name="linkvigil")
        finally:
            root.handlers, root.level = handlers, level
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Done(list(arguments), result.exit_code, result.stdout, result.stderr)

    def check(self, *arguments: str, cwd: Path, env: dict[str, str] | None = None) -> Done:
        """Call `check` against the fakes."""
        return self.call("check", "--no-progress", *self.options(), *arguments, cwd=cwd, env=env)

    def findings(self, *arguments: str, cwd: Path, env: dict[str, str] | None = None) -> dict[str, dict[str, Any]]:
        """Call `check --format json`; return the findings by URL, with ports left out."""
        done = self.check("--format", "json", *arguments, cwd=cwd, env=env)
        assert done.returncode in (0, 1), done.stderr
        found = json.loads(done.stdout)["findings"]
        assert len({item["url"] for item in found}) == len(found)
        return {self.plain(item["url"]): item for item in found}

    def plain(self, text: str) -> str:
        """Return a text without the fake's ports."""
        return text.replace(f":{self.web.http_port}", "").replace(f":{self.web.https_port}", "")

    def url(self, host: str, path: str = "/", scheme: str = "http") -> str:
        """Return an address on the fake web."""
        return self.web.url(host, path, scheme)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The fakes, for all tests of this module: each uses hosts of its own."""
    with FakeWeb() as web, FakeDns() as dns:
        yield World(web, dns, tmp_path_factory.mktemp("home"))


# One document with every kind of link, looked at once


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the document."""
    return tmp_path_factory.mktemp("all")


@pytest.fixture(scope="module")
def document(world: World, folder: Path) -> dict[str, Any]:
    """The JSON of a check of the document."""
    web, url = world.web, world.url
    web.set(url("gone.example", "/404"), Reply(404))
    web.set(url("gone.example", "/410"), Reply(410))
    web.set(url("moved.example", "/old"), redirect(url("moved.example", "/new"), 301))
    web.set(url("moved.example", "/twice"), redirect(url("moved.example", "/then"), 308))
    web.set(url("moved.example", "/then"), redirect(url("moved.example", "/session"), 302))
    web.set(url("moved.example", "/dead"), redirect(url("gone.example", "/404"), 301))
    web.set(url("moved.example", "/lent"), redirect(url("moved.example", "/elsewhere"), 302))
    web.set(url("loop.example", "/"), redirect(url("loop.example", "/"), 301))
    for number in range(12):
        web.set(url("long.example", f"/{number}"), redirect(url("long.example", f"/{number + 1}"), 302))
    web.set(url("lost.example", "/"), Reply(302, headers={"Location": "http://["}))
    web.set(url("wall.example", "/"), Reply(403))
    web.set(url("sick.example", "/"), Reply(503))
    web.set_host("closed.example", Close())
    web.set_host("reset.example", Reset())
    web.set_tls("expired.example", "expired")
    web.set_tls("shut.example", "close")
    world.dns.set("nowhere.example", "NXDOMAIN")
    world.dns.set("empty.example", "NODATA")
    world.dns.set("failing.example", "SERVFAIL")
    world.dns.set("inner.example", ["10.0.0.1"])
    lines = [
        f"[a page]({url('fine.example', '/page?q=1')}#part) and [again]({url('fine.example', '/page?q=1')})",
        *(f"- <{url('gone.example', path)}>" for path in ("/404", "/410")),
        *(f"- <{url('moved.example', path)}>" for path in ("/old", "/twice", "/dead", "/lent")),
        *(
            f"- <{url(host)}>"
            for host in ("loop.example", "lost.example", "wall.example", "sick.example", "closed.example")
        ),
        *(
            f"- <{url(host)}>"
            for host in ("reset.example", "nowhere.example", "empty.example", "failing.example", "inner.example")
        ),
        f"- <{url('long.example', '/0')}>",
        *(f"- <{url(host, scheme='https')}>" for host in ("fine.example", "expired.example", "shut.example")),
        "- <http://refused.example:1/> <mailto:a@b.example> [call](tel:+123) [typo](http://) [spaces](<http://a b.example/>)",
        "- ![here](here.png) ![missing](missing.png) [part](other.md#there) [no part](other.md#nowhere)",
        "`" + url("code.example") + "` <!-- " + url("comment.example") + " -->",
        f"[secret](http://user:hunter2@fine.example:{web.http_port}/secret)",
    ]
    (folder / "all.md").write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    (folder / "other.md").write_text("# There\n", encoding="utf-8")
    (folder / "here.png").write_bytes(b"x")
    done = world.process("check", "all.md", "--format", "json", "--max-redirects", "5", *world.options(), cwd=folder)
    assert done.returncode == 1, done.stderr
    parsed: dict[str, Any] = json.loads(done.stdout)
    return parsed


@pytest.fixture(scope="module")
def found(world: World, document: dict[str, Any], folder: Path) -> dict[str, dict[str, Any]]:
    """The findings by URL, without ports and without the folder."""
    return {world.plain(item["url"]).replace(folder.as_uri() + "/", "file:"): item for item in document["findings"]}


def test_the_document_has_the_contracts_shape(document: dict[str, Any]) -> None:
    assert document["schema_version"] == 1
    assert set(document) == {"schema_version", "run", "summary", "findings"}
    for item in document["findings"]:
        assert {
            "url", "final_url", "verdict", "rule", "status", "failure", "hops", "warnings", "evidence", "health", "links", "memento",
            "suggestions",
        } <= set(item)  # fmt: skip
        assert all({"url", "status"} == set(hop) for hop in item["hops"])
        assert all(
            {"source", "line", "column", "text", "fragment", "fragment_found"} <= set(entry) for entry in item["links"]
        )
        assert all({"name", "value"} == set(fact) for fact in item["evidence"])
        assert item["failure"] is None or item["failure"] in {failure.value for failure in Failure}
        assert "#" not in item["url"]
        assert (item["health"], item["memento"]) == (None, None)


_VERDICTS = {
    "http://fine.example/page?q=1": ("alive", 200, None),
    "http://gone.example/404": ("gone", 404, None),
    "http://gone.example/410": ("gone", 410, None),
    "http://moved.example/old": ("moved", 200, None),
    "http://moved.example/twice": ("moved", 200, None),
    "http://moved.example/dead": ("gone", 404, None),
    "http://moved.example/lent": ("alive", 200, None),
    "http://loop.example/": ("unknown", 301, "redirect-loop"),
    "http://long.example/0": ("unknown", 302, "too-many-redirects"),
    "http://lost.example/": ("unknown", 302, "bad-location"),
    "http://wall.example/": ("blocked", 403, None),
    "http://sick.example/": ("transient", 503, None),
    "http://reset.example/": ("transient", None, "reset"),
    "http://nowhere.example/": ("gone", None, "dns-nxdomain"),
    "http://empty.example/": ("transient", None, "dns-nodata"),
    "http://failing.example/": ("transient", None, "dns-temporary"),
    "http://inner.example/": ("skipped", None, "forbidden-address"),
    "http://refused.example:1/": ("skipped", None, "forbidden-address"),
    "https://fine.example/": ("alive", 200, None),
    "https://expired.example/": ("unknown", None, "tls-certificate"),
    "https://shut.example/": ("transient", None, "tls-handshake"),
    "mailto:a@b.example": ("skipped", None, None),
    "tel:+123": ("skipped", None, None),
    "http://": ("invalid", None, "invalid-url"),
    "http://a b.example/": ("invalid", None, "invalid-url"),
    "file:here.png": ("alive", 200, None),
    "file:missing.png": ("gone", None, "missing-file"),
    "file:other.md": ("alive", 200, None),
    "http://fine.example/secret": ("alive", 200, None),
}


@pytest.mark.parametrize("url", _VERDICTS)
def test_each_link_has_its_verdict_status_and_failure(url: str, found: dict[str, dict[str, Any]]) -> None:
    item = found[url]
    assert (item["verdict"], item["status"], item["failure"]) == _VERDICTS[url]


def test_a_closed_connection_is_transient(found: dict[str, dict[str, Any]]) -> None:
    item = found["http://closed.example/"]
    assert item["verdict"] == "transient"
    assert item["failure"] in ("reset", "protocol")


def test_nothing_else_is_found(found: dict[str, dict[str, Any]]) -> None:
    assert set(found) == {*_VERDICTS, "http://closed.example/"}


def test_hops_hold_every_response_in_order(world: World, found: dict[str, dict[str, Any]]) -> None:
    def hops(url: str) -> list[tuple[int, str]]:
        return [(hop["status"], world.plain(hop["url"])) for hop in found[url]["hops"]]

    assert hops("http://fine.example/page?q=1") == [(200, "http://fine.example/page?q=1")]
    assert hops("http://moved.example/twice") == [
        (308, "http://moved.example/twice"), (302, "http://moved.example/then"), (200, "http://moved.example/session"),
    ]  # fmt: skip
    assert hops("http://moved.example/dead") == [(301, "http://moved.example/dead"), (404, "http://gone.example/404")]
    assert len(hops("http://long.example/0")) == 6
    assert hops("http://loop.example/") == [(301, "http://loop.example/")]
    assert hops("http://nowhere.example/") == []
    assert world.plain(found["http://moved.example/twice"]["final_url"]) == "http://moved.example/session"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://moved.example/old", "http://moved.example/new"),
        ("http://moved.example/twice", "http://moved.example/then"),
    ],
)
def test_the_suggestion_is_where_the_permanent_hops_end(
    world: World, found: dict[str, dict[str, Any]], url: str, target: str
) -> None:
    [suggestion] = found[url]["suggestions"]
    assert (world.plain(suggestion["url"]), suggestion["kind"], suggestion["confidence"]) == (
        target,
        "redirect",
        "suggested",
    )


def test_a_dead_end_is_not_suggested(found: dict[str, dict[str, Any]]) -> None:
    assert "redirect" not in [item["kind"] for item in found["http://moved.example/dead"]["suggestions"]]


def test_each_occurrence_is_under_its_finding_with_its_place(found: dict[str, dict[str, Any]], folder: Path) -> None:
    links = found["http://fine.example/page?q=1"]["links"]
    assert [(item["source"], item["line"], item["text"], item["fragment"]) for item in links] == [
        ("all.md", 1, "a page", "part"), ("all.md", 1, "again", None),
    ]  # fmt: skip
    lines = (folder / "all.md").read_text("utf-8").split("\n")
    for item in links:
        assert lines[item["line"] - 1][item["column"] - 1 :].startswith("http://fine.example:")
    assert [(item["text"], item["line"]) for item in found["tel:+123"]["links"]] == [("call", 43)]


def test_local_fragments_are_looked_at(found: dict[str, dict[str, Any]]) -> None:
    item = found["file:other.md"]
    assert [(entry["fragment"], entry["fragment_found"]) for entry in item["links"]] == [
        ("there", True),
        ("nowhere", False),
    ]
    assert item["warnings"] == ["fragment-missing"]


def test_userinfo_is_neither_sent_nor_shown(world: World, document: dict[str, Any]) -> None:
    shown = json.dumps([{key: value for key, value in item.items() if key != "links"} for item in document["findings"]])
    assert "hunter2" not in shown
    [request] = [item for item in world.web.requests("fine.example") if item.path == "/secret"]
    assert "authorization" not in request.headers
    assert "hunter2" not in request.target


def test_the_summary_counts_what_the_findings_hold(document: dict[str, Any]) -> None:
    verdicts = [item["verdict"] for item in document["findings"]]
    summary = document["summary"]
    assert summary["findings"] == len(verdicts)
    assert {name: count for name, count in summary["verdicts"].items() if count} == {
        name: verdicts.count(name) for name in set(verdicts)
    }


def test_only_the_links_hosts_were_contacted(world: World, document: dict[str, Any]) -> None:
    hosts = {request.host for request in world.web.requests()} & {
        "www.gone.example",
        "www.moved.example",
        "code.example",
        "comment.example",
    }
    assert hosts == set()
    assert all(not name.startswith("www.") for name in world.dns.asked)


def test_every_request_is_a_get_without_cookies_by_the_documented_agent(world: World, document: dict[str, Any]) -> None:
    for request in world.web.requests("fine.example"):
        assert request.method == "GET"
        assert request.headers["user-agent"].startswith("Mozilla/5.0 (compatible; lvigil/")
        assert "link" not in request.headers["user-agent"].lower().replace(
            "linkvigil", "link"
        )  # the word itself meets a firewall rule
        assert "cookie" not in request.headers


# Options


def page(folder: Path, *urls: str, name: str = "list.md") -> None:
    """Write a list of links."""
    (folder / name).write_text("".join(f"- <{url}>\n" for url in urls), encoding="utf-8")


def test_without_findings_the_exit_code_is_zero(world: World, tmp_path: Path) -> None:
    page(tmp_path, world.url("zero.example"))
    done = world.check("list.md", cwd=tmp_path)
    assert (done.returncode, list(tmp_path.iterdir())) == (0, [tmp_path / "list.md"])


@pytest.mark.parametrize(("fail_on", "code"), [("none", 0), ("new", 1), ("broken", 1)])
def test_fail_on_decides_whether_dead_links_fail(world: World, tmp_path: Path, fail_on: str, code: int) -> None:
    world.web.set(world.url("failon.example", "/dead"), Reply(404))
    page(tmp_path, world.url("failon.example", "/dead"))
    assert world.check("list.md", "--fail-on", fail_on, cwd=tmp_path).returncode == code


def test_filters_and_accepted_statuses(world: World, tmp_path: Path) -> None:
    for path, status in (("/403", 403), ("/404", 404), ("/500", 500)):
        world.web.set(world.url("filter.example", path), Reply(status))
    page(tmp_path, *(world.url("filter.example", path) for path in ("/403", "/404", "/500", "/200")))
    accepted = world.findings("list.md", "--accept", "403,500..=503", "--exclude", "/404$", cwd=tmp_path)
    assert {url.rpartition("/")[2]: item["verdict"] for url, item in accepted.items()} == {
        "200": "alive", "403": "alive", "404": "skipped", "500": "alive",
    }  # fmt: skip
    before = len(world.web.requests("filter.example"))
    included = world.findings("list.md", "--include", "/200$", cwd=tmp_path)
    assert {item["verdict"] for url, item in included.items() if not url.endswith("/200")} == {"skipped"}
    assert [request.path for request in world.web.requests("filter.example")[before:]] == ["/200"]


def test_offline_looks_at_local_files_only(world: World, tmp_path: Path) -> None:
    (tmp_path / "list.md").write_text(f"<{world.url('offline.example')}> ![x](no.png)\n", encoding="utf-8")
    found = world.findings("list.md", "--offline", cwd=tmp_path)
    assert sorted(item["verdict"] for item in found.values()) == ["gone", "skipped"]
    assert world.web.requests("offline.example") == []


def test_headers_and_credentials_go_where_they_belong(world: World, tmp_path: Path) -> None:
    page(tmp_path, world.url("auth.example", "/in"), world.url("other.example", "/out"))
    world.findings("list.md", "--header", "X-Team: docs", "--basic-auth", "auth\\.example user:hunter2", cwd=tmp_path)
    [inside], [outside] = world.web.requests("auth.example"), world.web.requests("other.example")
    assert inside.headers["authorization"] == "Basic dXNlcjpodW50ZXIy"
    assert "authorization" not in outside.headers
    assert inside.headers["x-team"] == outside.headers["x-team"] == "docs"


def test_a_host_section_holds_headers_accepted_statuses_and_skips(world: World, tmp_path: Path) -> None:
    world.web.set_host("section.example", Reply(403))
    page(tmp_path, world.url("section.example"), world.url("skipped.example"))
    (tmp_path / "linkvigil.toml").write_text(
        '[hosts."section.example"]\naccept = 403\nheaders = { X-Key = { env = "KEY" } }\n[hosts."skipped.example"]\nskip = true\n',
        encoding="utf-8",
    )
    found = world.findings("list.md", cwd=tmp_path, env={"KEY": "hunter2"})
    assert {host: item["verdict"] for host, item in found.items()} == {
        "http://section.example/": "alive", "http://skipped.example/": "skipped",
    }  # fmt: skip
    assert world.web.requests("section.example")[0].headers["x-key"] == "hunter2"
    assert world.web.requests("skipped.example") == []


def test_remap_changes_what_is_fetched_and_nothing_that_is_reported(world: World, tmp_path: Path) -> None:
    page(tmp_path, "https://docs.remap.example/a/b")
    target = world.url("staging.example", "/$1")
    found = world.findings("list.md", "--remap", f"https://docs\\.remap\\.example/(.*) {target}", cwd=tmp_path)
    assert found["https://docs.remap.example/a/b"]["verdict"] == "alive"
    assert [request.path for request in world.web.requests("staging.example")] == ["/a/b"]


def test_a_base_url_resolves_relative_links(world: World, tmp_path: Path) -> None:
    (tmp_path / "list.md").write_text("[a](b/c) [d](/e)\n", encoding="utf-8")
    found = world.findings("list.md", "--base-url", world.url("base.example", "/docs/"), cwd=tmp_path)
    assert set(found) == {"http://base.example/docs/b/c", "http://base.example/e"}


def test_fragments_of_pages_are_looked_at_on_request(world: World, tmp_path: Path) -> None:
    world.web.set_host("fragment.example", html("<h2 id='一'>x</h2><a name=old>y</a>"))
    start = world.url("fragment.example")
    page(tmp_path, start + "#一", start + "#old", start + "#none")
    silent = world.findings("list.md", cwd=tmp_path)["http://fragment.example/"]
    assert ([link["fragment_found"] for link in silent["links"]], silent["warnings"]) == ([None] * 3, [])
    told = world.findings("list.md", "--include-fragments", cwd=tmp_path)["http://fragment.example/"]
    assert [(link["fragment"], link["fragment_found"]) for link in told["links"]] == [
        ("一", True),
        ("old", True),
        ("none", False),
    ]
    assert (told["verdict"], told["warnings"]) == ("alive", ["fragment-missing"])


def test_optional_links_are_looked_at_only_with_verbatim(world: World, tmp_path: Path) -> None:
    (tmp_path / "list.md").write_text(f"`{world.url('verbatim.example')}`\n", encoding="utf-8")
    assert world.findings("list.md", cwd=tmp_path) == {}
    assert set(world.findings("list.md", "--include-verbatim", cwd=tmp_path)) == {"http://verbatim.example/"}


def test_a_page_is_looked_at_with_its_links_and_as_link_only_itself(world: World, tmp_path: Path) -> None:
    world.web.set(world.url("site.example", "/dead"), Reply(404))
    world.web.set(world.url("site.example", "/"), html('<a href="/dead">Dead</a> <a href="/fine#x">Fine</a>'))
    found = world.findings(world.url("site.example"), cwd=tmp_path)
    assert {url: item["verdict"] for url, item in found.items()} == {
        "http://site.example/": "alive", "http://site.example/dead": "gone", "http://site.example/fine": "alive",
    }  # fmt: skip
    assert found["http://site.example/dead"]["links"][0]["text"] == "Dead"
    assert world.plain(found["http://site.example/dead"]["links"][0]["source"]) == "http://site.example/"
    alone = world.findings("--as-link", world.url("site.example") + "#top", cwd=tmp_path)
    assert list(alone) == ["http://site.example/"]


@pytest.mark.parametrize("form", ["text", "json", "csv", "markdown", "html"])
def test_output_goes_to_a_file_on_request(world: World, tmp_path: Path, form: str) -> None:
    world.web.set_host("output.example", Reply(404))
    page(tmp_path, world.url("output.example"))
    done = world.check("list.md", "--format", form, "--output", "out", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "output.example" in (tmp_path / "out").read_text("utf-8")


def test_settings_come_from_the_environment_and_flags_win(world: World, tmp_path: Path) -> None:
    world.web.set_host("env.example", Reply(403))
    page(tmp_path, world.url("env.example"))
    (tmp_path / "linkvigil.toml").write_text("accept = 418\n", encoding="utf-8")
    env = {"LINKVIGIL_ACCEPT": "403"}
    assert world.findings("list.md", cwd=tmp_path, env=env)["http://env.example/"]["verdict"] == "alive"
    assert (
        world.findings("list.md", "--accept", "418", cwd=tmp_path, env=env)["http://env.example/"]["verdict"]
        == "blocked"
    )


def test_retries_wait_no_longer_than_five_seconds(world: World, tmp_path: Path) -> None:
    world.web.set(world.url("retry.example", "/"), Reply(503, headers={"Retry-After": "1"}))
    world.web.set(world.url("late.example", "/"), Reply(503, headers={"Retry-After": "3600"}))
    page(tmp_path, world.url("retry.example"), world.url("late.example"))
    (tmp_path / "linkvigil.toml").write_text('[crawl]\nretry_wait = "1h"\n', encoding="utf-8")
    found = world.findings("list.md", "--max-retries", "1", cwd=tmp_path)
    first, second = [request for request in world.web.requests("retry.example") if request.path == "/"]
    assert {item["verdict"] for item in found.values()} == {"transient"}
    assert 1 <= second.at - first.at < 8
    assert len(world.web.requests("late.example")) == 1  # a longer wish is kept by not asking again


def test_without_network_the_exit_code_is_three_and_no_web_link_is_dead(world: World, tmp_path: Path) -> None:
    for name in ("down1.example", "down2.example", "down3.example"):
        world.dns.set(name, "NXDOMAIN")
    page(tmp_path, *(f"http://down{number}.example/" for number in (1, 2, 3)), (tmp_path / "no.png").as_uri())
    done = world.check("list.md", "--format", "json", cwd=tmp_path)
    document = json.loads(done.stdout)
    assert done.returncode == 3
    assert "network" in document["run"]["untrusted"]
    assert sorted(item["verdict"] for item in document["findings"]) == ["gone", "transient", "transient", "transient"]


def git(folder: Path, *arguments: str) -> None:
    """Call git as somebody."""
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
    )


def test_new_since_judges_only_what_the_working_tree_adds(world: World, tmp_path: Path) -> None:
    for path in ("/old", "/new"):
        world.web.set(world.url("since.example", path), Reply(404))
    git(tmp_path, "init", "-q")
    page(tmp_path, world.url("since.example", "/old"))
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    same = world.check("list.md", "--new-since", "HEAD", cwd=tmp_path)
    assert same.returncode == 0, same.stderr
    page(tmp_path, world.url("since.example", "/new"), world.url("since.example", "/old"))
    found = world.findings("list.md", "--new-since", "HEAD", cwd=tmp_path)
    assert set(found) == {"http://since.example/new"}
    assert world.check("list.md", "--new-since", "HEAD", cwd=tmp_path).returncode == 1


# collect


def test_collect_writes_one_object_a_link_and_no_database(world: World, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text(
        "# 标题 😀 [一](https://例え.jp/路?a=1&amp;b=2#目录)\n\n[rel](../b%20c.md) `https://code.example/` [u](http://u:p@a.example/)\n",
        encoding="utf-8",
    )
    done = world.call("collect", "docs", "--format", "jsonl", cwd=tmp_path)
    links = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["docs"]
    assert links[0] == {
        "url": "https://xn--r8jz45g.jp/%E8%B7%AF?a=1&b=2#%E7%9B%AE%E5%BD%95", "raw": "https://例え.jp/路?a=1&amp;b=2#目录",
        "source": "docs/a.md", "line": 1, "column": 12, "text": "一", "kind": "link", "optional": False,
    }  # fmt: skip
    assert (links[1]["url"], links[1]["raw"]) == ((tmp_path / "b%20c.md").as_uri().replace("%25", "%"), "../b%20c.md")
    assert (links[2]["url"], links[2]["optional"]) == ("https://code.example/", True)
    assert all(parse(link["url"]).href == link["url"] for link in links)


# Bad input: one clear line, exit code 2, nothing changed


_BAD: dict[str, tuple[list[str], str]] = {
    "missing file": (["check", "no.md"], "no such file or folder: no.md"),
    "missing file of a run": (["run", "no.md"], "no such file or folder: no.md"),
    "missing file of collect": (["collect", "no.md"], "no such file or folder: no.md"),
    "pattern without a match": (["check", "no*.md"], "no file matches no*.md"),
    "nothing named": (["check"], "name files, folders or pages"),
    "nothing to run": (["run"], "configure a [[project]]"),
    "missing configuration": (["check", "list.md", "--config", "no.toml"], "no.toml: there is no such configuration file"),
    "unreadable configuration": (["check", "list.md", "--config", "binary.toml"], "binary.toml: the configuration cannot be read"),
    "broken configuration": (["check", "list.md", "--config", "broken.toml"], "broken.toml: this is not TOML"),
    "unknown key": (["run", "list.md", "--config", "unknown.toml"], "timeouts is no known key; did you mean timeout?"),
    "wrong URL": (["check", "http://"], "http://: this is no address that a client could fetch"),
    "wrong URL as link": (["check", "--as-link", "https://a b.example/"], "this is no address that a client could fetch"),
    "wrong IPv6 URL": (["check", "http://[::1"], "this is no address that a client could fetch"),
    "wrong URL of a run": (["run", "http://a.example:99999/"], "this is no address that a client could fetch"),
    "page for collect": (["collect", "https://a.example/"], "name files or folders"),
    "wrong base": (["check", "list.md", "--base-url", "docs"], "base_url: write an absolute URL"),
    "wrong pattern": (["check", "list.md", "--exclude", "("], "'(' is no regular expression"),
    "wrong remap": (["run", "list.md", "--remap", "one"], "write 'PATTERN REPLACEMENT'"),
    "wrong header": (["run", "list.md", "--header", "hunter2"], "write 'Name: value'"),
    "wrong credential": (["run", "list.md", "--basic-auth", "hunter2"], "write 'PATTERN USER:PASSWORD'"),
    "wrong duration": (["check", "list.md", "--timeout", "soon"], "timeout: write a duration such as 100ms, 20s, 5m, 1d"),
    "wrong network": (["check", "list.md", "--allow-private", "home"], "allow_private: 'home'"),
    "wrong status": (["check", "list.md", "--accept", "2xx"], "'2xx' is no status"),
    "missing certificates": (["check", "list.md", "--ca-bundle", "no.pem"], "ca_bundle: there is no file no.pem"),
    "certificates that are none": (["check", "list.md", "--ca-bundle", "list.md"], "list.md"),
    "wrong output": (["check", "list.md", "--output", "no/x.json"], "no/x.json cannot be written"),
    "format of another verb": (["check", "list.md", "--format", "jsonl"], "jsonl is for `collect`"),
    "no git": (["check", "list.md", "--new-since", "HEAD"], "git work tree"),
    "wrong database": (["run", "list.md", "--database", "mysql://u:hunter2@h/d"], "use sqlite:///FILE or postgresql://"),
    "no database": (["run", "list.md", "--database", "junk.db"], "no database URL"),
    "damaged database": (["run", "list.md", "--database", "sqlite:///list.md"], "the database cannot be used"),
    "newer database": (["run", "list.md", "--database", "sqlite:///newer.db"], "written by a newer version; upgrade linkvigil"),
    "state that is a file": (["run", "list.md", "--state", "list.md"], "list.md"),
    "run without a time zone": (["run", "list.md", "--now", "2026-01-01T00:00"], "the time needs an offset"),
    "run in the Middle Ages": (["run", "list.md", "--now", "0999-01-01T00:00:00Z"], "the time is too far away"),
}  # fmt: skip

_IN_A_PROCESS = {"missing file", "unknown key", "wrong URL", "newer database"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a good list and bad files beside it."""
    folder = tmp_path_factory.mktemp("desk")
    page(folder, "https://a.example/")
    (folder / "binary.toml").write_bytes(b"\xff\xfe")
    (folder / "broken.toml").write_text("timeout = \n")
    (folder / "unknown.toml").write_text("timeouts = 3\n")
    newer(folder / "newer.db")
    return folder


def newer(file: Path) -> None:
    """Write a database with a schema that this version does not know."""
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    connection.execute("INSERT INTO alembic_version VALUES ('9999_from_the_future')")
    connection.commit()
    connection.close()


def content(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder, locks left out."""
    return {
        str(path): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in (".lock", ".db-wal")
    }


@pytest.mark.parametrize("case", _BAD)
def test_bad_input_is_told_in_one_line_and_changes_nothing(world: World, desk: Path, case: str) -> None:
    arguments, message = _BAD[case]
    before = content(desk)
    done = (world.process if case in _IN_A_PROCESS else world.call)(*arguments, cwd=desk)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if line and not line.startswith(("Usage:", "Try "))]
    assert len(lines) == 1, done.stderr
    assert message in lines[0]
    assert "hunter2" not in done.stderr
    assert content(desk) == before


def test_usage_comes_before_findings_when_several_codes_apply(world: World, tmp_path: Path) -> None:
    page(tmp_path, world.url("gone.example", "/404"))
    assert world.check("list.md", "no.md", cwd=tmp_path).returncode == 2


@pytest.mark.battery
def test_the_first_users_list_without_network_ends_soon_and_calls_no_web_link_dead(
    world: World, shared: Path, tmp_path: Path
) -> None:
    (tmp_path / "list.md").write_bytes((shared / "data" / "curated-list-zh.md").read_bytes())
    collected = [json.loads(line) for line in world.process("collect", "list.md", cwd=tmp_path).stdout.splitlines()]
    web = [link["url"] for link in collected if link["url"].startswith("http")]
    assert (len(web), len(set(web)), len(collected) - len(web)) == (111, 108, 10)

    begun = time.monotonic()
    done = world.process(
        "run", "list.md", "--resolver", "127.0.0.1:9", "--report", "report", "--no-progress", cwd=tmp_path
    )
    assert time.monotonic() - begun < 120
    assert done.returncode == 3, done.stderr
    document = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
    assert "The network was down" in document["run"]["untrusted"]
    assert "The network was down" in (tmp_path / "report" / "index.html").read_text("utf-8")
    verdicts = Counter((item["verdict"], item["url"].partition(":")[0]) for item in document["findings"])
    assert verdicts == {("transient", "http"): 21, ("transient", "https"): 87, ("gone", "file"): 10}
