"""Pages of a live site: which belong to it, and which links they hold. The same spider fetches them."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from crawler.config import ProjectConfig, Settings, SiteConfig
from crawler.domain.links import Link
from crawler.domain.observation import Observation, Purpose
from crawler.domain.probe import Probe
from crawler.domain.urls import InvalidUrl, Url, parse
from crawler.sources import registry
from crawler.sources.resolve import links_of
from crawler.sources.sitemap import SitemapKind, sitemap_urls
from crawler.stages.collect import sitemap_links
from crawler.store import links as link_store
from crawler.store import probes
from crawler.store.runs import Run
from crawler.store.session import Store


class SiteReader:
    """Stores the links of crawled pages, and asks for the pages of the site that they lead to."""

    def __init__(self, store: Store, run: Run, settings: Settings, project: ProjectConfig) -> None:
        self._store = store
        self._run = run
        self._sites = list(project.site)
        self._settings = settings
        self._asked = len(probes.targets(store, run, Purpose.PAGE))

    def read(self, probe: Probe, observation: Observation, body: bytes, now: datetime) -> None:
        """Store a page's links; ask for further pages within the scope, the depth and the number of pages."""
        address = observation.final_url or probe.url
        sitemap = sitemap_urls(body)
        if sitemap.kind is SitemapKind.INDEX:
            for child in sitemap.urls:
                probes.ask_page(self._store, self._run, parse(child).canonical, depth=probe.depth, now=now)
            return
        if sitemap.kind in _LISTS:
            link_store.save_links(self._store, self._run, sitemap_links(address, sitemap.urls), now)
            return
        links = _page_links(address, observation, body, now)
        link_store.save_links(self._store, self._run, links, now)
        for link in links:
            self._follow(link, probe.depth + 1, now)

    def _follow(self, link: Link, depth: int, now: datetime) -> None:
        try:
            url = parse(link.url)
        except InvalidUrl:
            return
        site = next((site for site in self._sites if in_scope(url, site)), None)
        if site is None or not url.fetchable or depth > site.depth or self._asked >= site.max_pages:
            return
        if link.kind in _NOT_PAGES or probes.is_asked(self._store, self._run, url.canonical, Purpose.PAGE):
            return
        self._asked += 1
        probes.ask_page(self._store, self._run, url.canonical, depth=depth, now=now)


_LISTS = frozenset({SitemapKind.URLS, SitemapKind.FEED})
_NOT_PAGES = frozenset({"image"})


def in_scope(url: Url, site: SiteConfig) -> bool:
    """Whether a URL belongs to a site."""
    start = parse(site.url)
    if site.scope == "domain":
        domain = start.host.removeprefix("www.")
        return url.host == domain or url.host.endswith("." + domain)
    if (url.host, url.port) != (start.host, start.port):
        return False
    return site.scope == "host" or url.path.startswith(start.path.rpartition("/")[0] + "/")


def _page_links(address: str, observation: Observation, body: bytes, now: datetime) -> list[Link]:
    is_html = "html" in (observation.content_type or "html")
    name = "page.html" if is_html else urlsplit(address).path.rsplit("/", 1)[-1]
    document = registry.read(name, body)
    if document is None:
        return []
    return links_of(document, source=address, base_url=address, root_dir=None, now=now.date())
