"""The crawl is a Scrapy project: other people's parts work in it, and its own can be exchanged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from scrapy import signals
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response

from crawler.domain.observation import Failure
from tests.fakes.web import html, redirect
from tests.wire.crawling import World, probes


@pytest.fixture
def world() -> Iterator[World]:
    with World() as made:
        yield made


class Stamp:
    """A downloader middleware as others write them."""

    def process_request(self, request: Request, spider: Any = None) -> Response | None:
        request.headers["X-Stamp"] = "here"
        if request.url.endswith("/ignored"):
            raise IgnoreRequest("not wanted")
        if request.url.endswith("/cached"):
            return Response(request.url, status=203, request=request)
        return None

    def process_response(self, request: Request, response: Response, spider: Any = None) -> Response:
        response.headers["Server"] = "stamped"
        return response


class Collector:
    """An item pipeline and an extension with a signal handler."""

    seen: ClassVar[list[str]] = []

    @classmethod
    def from_crawler(cls, crawler: Any) -> Collector:
        made = cls()
        crawler.signals.connect(made.arrived, signal=signals.response_received)
        return made

    def arrived(self, response: Response) -> None:
        self.seen.append(f"response {response.status}")

    def process_item(self, item: Any) -> Any:
        self.seen.append(f"item {item.observation.status}")
        return item


def test_a_foreign_middleware_pipeline_and_signal_handler_work(world: World) -> None:
    Collector.seen.clear()
    world.web.set("http://m.example/x", redirect("/y"))
    urls = [world.web.url("m.example", path) for path in ("/x", "/ignored", "/cached")]
    parts = {"DOWNLOADER_MIDDLEWARES": {Stamp: 600}, "ITEM_PIPELINES": {Collector: 300}}
    frontier, _ = world.crawl(probes(urls), scrapy=parts)
    found = frontier.by_url
    assert (found[urls[0]].status, found[urls[0]].headers["server"]) == (200, "stamped")
    assert found[urls[1]].failure is Failure.PROTOCOL
    assert found[urls[2]].status == 203
    assert {each.headers["x-stamp"] for each in world.web.requests("m.example")} == {"here"}
    assert sorted(Collector.seen) == [
        "item 200",
        "item 203",
        "item None",
        "response 200",
        "response 203",
        "response 302",
    ]


def test_a_lane_gets_its_place_back_from_a_request_that_was_never_sent(world: World) -> None:
    urls = [world.web.url("m.example", f"/{number}/ignored") for number in range(20)]
    parts = {"DOWNLOADER_MIDDLEWARES": {Stamp: 600}}
    frontier, _ = world.crawl(probes(urls), scrapy=parts, host_concurrency=2, robots_from=1000)
    assert len(frontier.seen) == 20


_STOCK = {
    "scheduler and downloader": {
        "SCHEDULER": "scrapy.core.scheduler.Scheduler",
        "DOWNLOADER": "scrapy.core.downloader.Downloader",
    },
    "download handler": {
        "DOWNLOAD_HANDLERS": {"http": "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler"},
        "TWISTED_DNS_RESOLVER": "scrapy.resolver.CachingThreadedResolver",
    },
}


@pytest.mark.parametrize("parts", _STOCK.values(), ids=_STOCK)
def test_scrapys_own_parts_can_take_the_place_of_ours(world: World, parts: dict[str, Any]) -> None:
    world.web.default = html("there")
    urls = [f"http://127.0.0.1:{world.web.http_port}/{number}" for number in range(10)]
    frontier, _ = world.crawl(probes(urls), scrapy=parts)
    assert {seen.status for seen in frontier.by_url.values()} == {200}
