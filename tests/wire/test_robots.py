"""robots.txt: honoured for pages, without a race, and never asked for a single cited link."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crawler.domain.observation import Purpose, Skip
from tests.fakes.web import Behaviour, Close, Reply, html, redirect
from tests.wire.crawling import World, probes


@pytest.fixture
def world() -> Iterator[World]:
    with World() as made:
        yield made


def _robots(text: str, **options: object) -> Reply:
    return Reply(200, text, content_type="text/plain", **options)


def _skips(world: World, host: str, paths: list[str], **changes: object) -> dict[str, Skip | None]:
    urls = [world.web.url(host, path) for path in paths]
    frontier, _ = world.crawl(probes(urls, purpose=Purpose.PAGE), **changes)
    return {path: frontier.by_url[url].skip for path, url in zip(paths, urls, strict=True)}


def test_a_denied_page_is_not_fetched_and_says_so(world: World) -> None:
    world.web.set("http://r.example/robots.txt", _robots("User-agent: lvigil\nDisallow: /private"))
    assert _skips(world, "r.example", ["/private/a", "/open"]) == {"/private/a": Skip.ROBOTS, "/open": None}
    assert [each.path for each in world.web.requests("r.example")] == ["/robots.txt", "/open"]


def test_twenty_pages_at_once_all_get_the_rules(world: World) -> None:
    """Scrapy 2.19 lets those slip through that wait for the same robots.txt."""
    world.web.set("http://race.example/robots.txt", _robots("User-agent: *\nDisallow: /", delay=0.2))
    paths = [f"/{number}" for number in range(20)]
    assert set(_skips(world, "race.example", paths, robots_from=1000).values()) == {Skip.ROBOTS}
    assert [each.path for each in world.web.requests("race.example")] == ["/robots.txt"]


def test_the_figures_count_what_robots_denied(world: World) -> None:
    world.web.set("http://d.example/robots.txt", _robots("User-agent: *\nDisallow: /"))
    _, stats = world.crawl(probes([world.web.url("d.example", "/1")], purpose=Purpose.PAGE))
    assert (stats.robots_denied, stats.skipped) == (1, 1)


def test_rules_for_another_robot_do_not_bind(world: World) -> None:
    world.web.set(
        "http://o.example/robots.txt", _robots("User-agent: otherbot\nDisallow: /\n\nUser-agent: *\nAllow: /")
    )
    assert _skips(world, "o.example", ["/x"]) == {"/x": None}


_UNUSUAL: dict[str, tuple[Behaviour, Skip | None]] = {
    "missing": (Reply(404), None),
    "forbidden": (Reply(403), None),
    "server error": (Reply(500), Skip.ROBOTS),
    "no answer": (Close(), None),
    "not text": (_robots("\x00\xff" * 100), None),
    "endless redirects": (redirect("/robots.txt?again"), None),
    "a page": (html("<h1>Not found</h1>"), None),
}


@pytest.mark.parametrize(("behaviour", "skip"), _UNUSUAL.values(), ids=_UNUSUAL)
def test_an_unusual_robots_txt_decides_as_rfc_9309_says(world: World, behaviour: Behaviour, skip: Skip | None) -> None:
    world.web.set("http://u.example/robots.txt", behaviour)
    world.web.set("http://u.example/robots.txt?again", redirect("/robots.txt"))
    assert _skips(world, "u.example", ["/x"]) == {"/x": skip}


def test_a_robots_txt_behind_a_redirect_counts(world: World) -> None:
    world.web.set("http://m.example/robots.txt", redirect(world.web.url("cdn.example", "/r.txt"), 301))
    world.web.set("http://cdn.example/r.txt", _robots("User-agent: *\nDisallow: /"))
    assert _skips(world, "m.example", ["/x"]) == {"/x": Skip.ROBOTS}


def test_a_page_that_redirects_to_another_site_keeps_that_sites_rules(world: World) -> None:
    world.web.set("http://a.example/x", redirect(world.web.url("b.example", "/closed")))
    world.web.set("http://b.example/robots.txt", _robots("User-agent: *\nDisallow: /closed"))
    assert _skips(world, "a.example", ["/x"]) == {"/x": Skip.ROBOTS}
    assert [each.path for each in world.web.requests("b.example")] == ["/robots.txt"]


def test_robots_can_be_left_out_of_account(world: World) -> None:
    world.web.set("http://n.example/robots.txt", _robots("User-agent: *\nDisallow: /"))
    assert _skips(world, "n.example", ["/x"], obey_robots_for_pages=False) == {"/x": None}
