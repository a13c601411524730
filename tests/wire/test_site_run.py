"""A live site and a sitemap as sources: the same spider reads their pages, and their links are looked at once."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Linkvigil
from tests.fakes.dns import FakeDns
from tests.fakes.web import FakeWeb, Reply, html


@pytest.fixture
def web() -> Iterator[FakeWeb]:
    with FakeWeb(tls=False) as made:
        yield made


@pytest.fixture
def dns() -> Iterator[FakeDns]:
    with FakeDns() as made:
        yield made


def _run(linkvigil: Linkvigil, dns: FakeDns, folder: Path, project: str) -> dict[str, dict[str, Any]]:
    (folder / "linkvigil.toml").write_text(f'[[project]]\nname = "site"\n{project}', encoding="utf-8")
    options = ["--resolver", dns.server, "--allow-private", "127.0.0.0/8", "--no-archive", "--no-progress"]
    done = linkvigil("run", *options, "--contact", "https://example.org/", "--host-request-interval", "1ms")
    assert done.returncode == 0, done.stderr
    report = json.loads((folder / "linkvigil-report" / "report.json").read_text("utf-8"))
    return {finding["url"]: finding for finding in report["findings"]}


def test_a_site_is_crawled_within_its_scope_depth_and_robots(
    linkvigil: Linkvigil, web: FakeWeb, dns: FakeDns, tmp_path: Path
) -> None:
    other = web.url("other.example", "/gone")
    web.set(
        "http://site.example/robots.txt",
        Reply(200, b"User-agent: *\nDisallow: /private", {"Content-Type": "text/plain"}),
    )
    web.set("http://site.example/", html(f'<a href="/a">A</a> <a href="/private/p">P</a> <a href="{other}">O</a>'))
    web.set("http://site.example/a", html('<a href="/b">B</a>'))
    web.set("http://site.example/b", html('<a href="/too-deep">C</a>'))
    web.set("http://site.example/private/p", html('<a href="/never">N</a>'))
    web.set("http://other.example/gone", Reply(404))
    start = web.url("site.example", "/")
    found = _run(linkvigil, dns, tmp_path, f'[[project.site]]\nurl = "{start}"\ndepth = 2')
    paths = {url.removeprefix(start.rstrip("/")) for url in found}
    assert paths == {"/", "/a", "/b", "/private/p", "/too-deep", other}
    assert found[other]["verdict"] == "gone"
    assert found[other]["links"][0]["source"] == start
    asked = [request.path for request in web.requests("site.example")]
    assert len(asked) == len(set(asked)), "a page was fetched twice"


def test_a_sitemap_index_and_its_zipped_maps_are_read_whole(
    linkvigil: Linkvigil, web: FakeWeb, dns: FakeDns, tmp_path: Path
) -> None:
    pages = [web.url("site.example", f"/page/{number}") for number in range(40)]
    padding = "<!-- " + "x" * 600_000 + " -->"
    listed = "".join(f"<url><loc>{page}</loc></url>" for page in pages)
    xmlns = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    child = web.url("site.example", "/map.xml.gz")
    index = f"<sitemapindex {xmlns}><sitemap><loc>{child}</loc></sitemap></sitemapindex>"
    body = gzip.compress(f"<urlset {xmlns}>{padding}{listed}</urlset>".encode())
    web.set("http://site.example/sitemap.xml", Reply(200, index.encode(), {"Content-Type": "application/xml"}))
    web.set("http://site.example/map.xml.gz", Reply(200, body, {"Content-Type": "application/gzip"}))
    web.set("http://site.example/page/7", Reply(404))
    start = web.url("site.example", "/sitemap.xml")
    found = _run(linkvigil, dns, tmp_path, f'sitemaps = ["{start}"]')
    assert {url for url in found if "/page/" in url} == set(pages)
    assert found[pages[7]]["verdict"] == "gone"


def test_a_long_page_of_a_site_is_read_to_its_end(
    linkvigil: Linkvigil, web: FakeWeb, dns: FakeDns, tmp_path: Path
) -> None:
    last = web.url("site.example", "/last")
    web.set("http://site.example/", html("<p>" + "word " * 100_000 + f'</p><a href="{last}">last</a>'))
    start = web.url("site.example", "/")
    assert last in _run(linkvigil, dns, tmp_path, f'[[project.site]]\nurl = "{start}"\ndepth = 0')
