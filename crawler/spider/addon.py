"""The add-on: all wiring of the crawl into Scrapy, in one table of settings (ADDONS seam)."""

from __future__ import annotations

from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.logformatter import LogFormatter, LogFormatterResult
from scrapy.settings import BaseSettings

from crawler.domain.urls import parse
from crawler.spider.desk import Desk, Result
from crawler.spider.dial import Dialer
from crawler.spider.guard import EgressGuard
from crawler.spider.headers import DEFAULT_HEADERS
from crawler.spider.resolver import resolver_for
from crawler.spider.settings import CrawlSettings

SETTING = "LINKVIGIL_CRAWL"  # the CrawlSettings of the crawl

_UNUSED_DOWNLOADER_MIDDLEWARES = (
    "offsite.OffsiteMiddleware",
    "robotstxt.RobotsTxtMiddleware",  # ours waits without a race
    "httpauth.HttpAuthMiddleware",
    "downloadtimeout.DownloadTimeoutMiddleware",  # one deadline a try, in the handler
    "retry.RetryMiddleware",
    "redirect.MetaRefreshMiddleware",
    "redirect.RedirectMiddleware",  # every hop is recorded by the spider
    "httpcompression.HttpCompressionMiddleware",  # nothing is decompressed
    "cookies.CookiesMiddleware",  # a jar a chain
    "httpproxy.HttpProxyMiddleware",  # it would read the environment
    "stats.DownloaderStats",
    "httpcache.HttpCacheMiddleware",
)
_UNUSED_SPIDER_MIDDLEWARES = (
    "start.StartSpiderMiddleware",
    "httperror.HttpErrorMiddleware",  # an error status is data
    "referer.RefererMiddleware",  # no Referer is sent
    "urllength.UrlLengthMiddleware",  # it would drop a link without a word
    "depth.DepthMiddleware",
    "metacopy.MetaCopyDetectionMiddleware",
)


class LookAddon:
    """Wires the crawl, and holds what its download handlers share: the dialer with its resolver."""

    def __init__(self, settings: CrawlSettings) -> None:
        if settings.proxy is not None and parse(settings.proxy).scheme != "http":
            raise ValueError("the proxy has to be an http:// address")
        self.resolver = resolver_for(settings.resolver)
        self.dialer = Dialer(self.resolver, EgressGuard(opened=settings.allow_private), ca_bundle=settings.ca_bundle)
        self._settings = settings

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the add-on, unless the crawl is none of ours."""
        settings = crawler.settings.get(SETTING)
        if not isinstance(settings, CrawlSettings):
            raise NotConfigured(f"{SETTING} is not set")
        return cls(settings)

    def update_settings(self, settings: BaseSettings) -> None:
        """Put the wiring in."""
        for name, value in _wiring(self._settings).items():
            settings.set(name, value, priority="addon")
        base = "scrapy.downloadermiddlewares."
        for name in _UNUSED_DOWNLOADER_MIDDLEWARES:
            settings["DOWNLOADER_MIDDLEWARES"][base + name] = None
        base = "scrapy.spidermiddlewares."
        for name in _UNUSED_SPIDER_MIDDLEWARES:
            settings["SPIDER_MIDDLEWARES"][base + name] = None
        settings["ITEM_PIPELINES"]["crawler.spider.pages.PagePipeline"] = 0
        settings["ITEM_PIPELINES"]["crawler.spider.addon.ResultPipeline"] = 1
        for scheme in ("http", "https"):
            settings["DOWNLOAD_HANDLERS"][scheme] = "crawler.spider.handler.LookHandler"
        for scheme in ("data", "file", "ftp", "s3"):
            settings["DOWNLOAD_HANDLERS"][scheme] = None


def _wiring(settings: CrawlSettings) -> dict[str, Any]:
    return {
        "SCHEDULER": "crawler.spider.lanes.LaneScheduler",
        "DOWNLOADER": "crawler.spider.lanes.LaneDownloader",
        "LOG_FORMATTER": "crawler.spider.addon.QuietLog",
        "CONCURRENT_REQUESTS": settings.max_concurrency,
        "CONCURRENT_REQUESTS_PER_DOMAIN": settings.max_concurrency,  # the lanes hold the limits
        "DOWNLOAD_DELAY": 0,
        "CONCURRENT_ITEMS": 1,  # 100 by default: as many tasks for every response
        "USER_AGENT": settings.user_agent,
        "DEFAULT_REQUEST_HEADERS": DEFAULT_HEADERS,
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
        "HTTPPROXY_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "MEMUSAGE_ENABLED": False,
        "LOGSTATS_INTERVAL": 0,
        "STATS_DUMP": False,
        "WARN_ON_GENERATOR_RETURN_VALUE": False,
    }


class ResultPipeline:
    """Item pipeline: hands finished looks to the desk, and lets it write the rest at the end."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build the pipeline on the spider's desk."""
        return cls(crawler.spider.desk)  # type: ignore[union-attr]

    async def open_spider(self) -> None:
        """Start the writer."""
        self._desk.start()

    def process_item(self, item: object) -> object:
        """Take a result."""
        if isinstance(item, Result):
            self._desk.put(item)
        return item

    async def close_spider(self) -> None:
        """Write what is left."""
        await self._desk.close()


class QuietLog(LogFormatter):
    """Drops the two lines that Scrapy logs for every response and item."""

    def crawled(self, *_: object) -> LogFormatterResult:
        """Say nothing."""
        return None  # type: ignore[return-value]

    def scraped(self, *_: object) -> LogFormatterResult:
        """Say nothing."""
        return None  # type: ignore[return-value]
