"""What a host is asked for at once and how often: counted at the server."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from scrapy import Request

from crawler.domain.observation import Purpose
from crawler.spider.lanes import LaneScheduler
from crawler.spider.settings import HostRule
from tests.fakes.web import Reply, html, redirect
from tests.wire.crawling import World, probes, settings

_GAP = timedelta(milliseconds=50)


@pytest.fixture
def world() -> Iterator[World]:
    with World() as made:
        yield made


def _urls(world: World, host: str, count: int) -> list[str]:
    return [world.web.url(host, f"/{number}") for number in range(count)]


def _assert_kept(gaps: list[float], least: float) -> None:
    """The gaps are kept, but for the few that a busy machine shortens by reading two requests late."""
    ordered = sorted(gaps)
    assert sum(gaps) >= 0.95 * len(gaps) * least
    assert ordered[len(ordered) // 4] >= 0.85 * least


def test_turns_of_a_lane_are_never_closer_than_its_gap() -> None:
    sent: list[float] = []

    async def send(scheduler: LaneScheduler, request: Request) -> None:
        await scheduler.turn(request)
        sent.append(time.monotonic())

    async def main() -> None:
        wide = settings(host_interval=timedelta(milliseconds=5), host_concurrency=8, robots_from=1000)
        scheduler = LaneScheduler(wide, SimpleNamespace())
        scheduler.lane("a.example").interval = 0  # let all out at once, so that only the turns hold them apart
        for number in range(8):
            scheduler.enqueue_request(Request(f"http://a.example/{number}"))
        flying = [scheduler.next_request() for _ in range(8)]
        scheduler.lane("a.example").interval = 0.005
        await asyncio.gather(*(send(scheduler, each) for each in flying if each is not None))
        scheduler.stop()

    asyncio.run(main())
    assert len(sent) == 8
    assert min(later - earlier for earlier, later in itertools.pairwise(sent)) >= 0.0049


@pytest.mark.parametrize("limit", [1, 4])
def test_no_more_requests_are_under_way_to_a_host_than_its_limit(world: World, limit: int) -> None:
    world.web.set_host("busy.example", Reply(200, "x", delay=0.05))
    world.crawl(probes(_urls(world, "busy.example", 24)), host_concurrency=limit, robots_from=1000)
    assert world.web.peak("busy.example") == limit


def test_other_hosts_are_asked_meanwhile(world: World) -> None:
    world.web.set_host("slow.example", Reply(200, "x", delay=0.3))
    urls = _urls(world, "slow.example", 4) + _urls(world, "quick.example", 10)
    world.crawl(probes(urls), host_concurrency=1)
    assert world.web.requests("quick.example")[-1].at < world.web.requests("slow.example")[1].at


def test_requests_to_a_host_keep_their_gap(world: World) -> None:
    world.crawl(probes(_urls(world, "gap.example", 20)), host_interval=_GAP, robots_from=1000)
    gaps = world.web.gaps("gap.example")
    assert len(gaps) == 19
    _assert_kept(gaps, _GAP.total_seconds())
    assert sum(gaps) < 1.3 * 19 * _GAP.total_seconds()


def test_lost_time_is_never_caught_up(world: World) -> None:
    """A slow answer holds the lane; afterwards the gaps are as wide as before."""
    world.web.set("http://stall.example/3", Reply(200, "x", delay=0.4))
    world.crawl(probes(_urls(world, "stall.example", 12)), host_interval=_GAP, host_concurrency=1, robots_from=1000)
    _assert_kept(world.web.gaps("stall.example"), _GAP.total_seconds())


def test_a_gap_holds_although_the_first_look_up_is_slow(world: World) -> None:
    world.web.set_tls("tls.example", "good")
    urls = [world.web.url("tls.example", f"/{number}", "https") for number in range(10)]
    world.crawl(probes(urls), host_interval=_GAP)
    _assert_kept(world.web.gaps("tls.example"), _GAP.total_seconds())


def test_a_redirect_takes_its_place_in_the_lane_of_the_host_it_leads_to(world: World) -> None:
    for number in range(6):
        world.web.set(f"http://from{number}.example/", redirect(world.web.url("target.example", f"/r{number}")))
    urls = [world.web.url(f"from{number}.example") for number in range(6)] + _urls(world, "target.example", 6)
    world.crawl(probes(urls), host_interval=_GAP)
    gaps = world.web.gaps("target.example")
    assert len(gaps) == 11
    _assert_kept(gaps, _GAP.total_seconds())


def test_a_host_rule_sets_gap_and_limit(world: World) -> None:
    rules = (HostRule(host="tender.example", delay=timedelta(milliseconds=120), concurrency=1),)
    world.web.set_host("www.tender.example", Reply(200, "x", delay=0.02))
    world.crawl(probes(_urls(world, "www.tender.example", 5)), hosts=rules)
    _assert_kept(world.web.gaps("www.tender.example"), 0.12)
    assert world.web.peak("www.tender.example") == 1


def test_the_host_with_most_links_is_begun_first(world: World) -> None:
    urls = [url for number in range(8) for url in _urls(world, f"small{number}.example", 1)] + _urls(
        world, "big.example", 8
    )
    world.crawl(probes(urls), max_concurrency=1, host_interval=timedelta(milliseconds=30))
    order = [each.host for each in world.web.requests()]
    assert order.index("big.example") <= 2
    big = [each.at for each in world.web.requests("big.example")]
    assert big[-1] - big[0] < 1.5 * 7 * 0.03 + 0.1


def test_a_host_that_answers_429_is_left_alone_for_a_while(world: World) -> None:
    calls = iter(range(1000))

    def limited(request: object) -> Reply:
        return Reply(429, headers={"Retry-After": "1"}) if next(calls) == 0 else html("ok")

    world.web.set_host("limited.example", limited)
    frontier, _ = world.crawl(probes(_urls(world, "limited.example", 4)), host_concurrency=1, max_retries=1)
    assert world.web.gaps("limited.example")[0] >= 1
    assert {seen.status for seen in frontier.by_url.values()} == {200}


def test_the_crawl_delay_of_a_host_with_many_links_is_kept(world: World) -> None:
    world.web.set(
        "http://many.example/robots.txt",
        Reply(200, "User-agent: *\nCrawl-delay: 0.06\nDisallow: /", content_type="text/plain"),
    )
    frontier, _ = world.crawl(probes(_urls(world, "many.example", 20)))
    asked = world.web.requests("many.example")
    assert asked[0].path == "/robots.txt"
    assert len(asked) == 21
    _assert_kept(world.web.gaps("many.example")[1:], 0.06)
    assert {seen.status for seen in frontier.by_url.values()} == {200}  # cited links are looked at all the same


def test_a_crawl_delay_is_capped(world: World) -> None:
    world.web.set(
        "http://stubborn.example/robots.txt",
        Reply(200, "User-agent: lvigil\nCrawl-delay: 86400", content_type="text/plain"),
    )
    frontier, stats = world.crawl(
        probes(_urls(world, "stubborn.example", 20)), robots_delay_cap=timedelta(milliseconds=20)
    )
    assert len(frontier.seen) == 20
    assert stats.elapsed < timedelta(seconds=5)


def test_few_cited_links_are_looked_at_without_robots(world: World) -> None:
    world.crawl(probes(_urls(world, "few.example", 19)))
    assert "/robots.txt" not in {each.path for each in world.web.requests("few.example")}


def test_pages_and_cited_links_share_a_hosts_lane(world: World) -> None:
    pages = probes(_urls(world, "both.example", 6), purpose=Purpose.PAGE)
    links = [type(each)(id=each.id + 100, url=each.url + "x") for each in pages]
    world.crawl(pages + links, host_interval=_GAP)
    _assert_kept(world.web.gaps("both.example"), _GAP.total_seconds())
