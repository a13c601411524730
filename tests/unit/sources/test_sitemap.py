"""Sitemaps of every form, and hostile ones."""

import gzip

import pytest

from crawler.sources.sitemap import MAX_BYTES, MAX_URLS, SitemapKind, sitemap_urls

NS = "http://www.sitemaps.org/schemas/sitemap/0.9"


def urlset(*urls: str) -> bytes:
    rows = "".join(f"<url><loc> {url} </loc><lastmod>2020-01-01</lastmod></url>" for url in urls)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{NS}">{rows}</urlset>'.encode()


@pytest.mark.parametrize(
    ("body", "kind", "urls"),
    [
        (urlset("https://a.example/?a=1&amp;b=2"), SitemapKind.URLS, ("https://a.example/?a=1&b=2",)),
        (b"\n  " + urlset("https://a.example/"), SitemapKind.URLS, ("https://a.example/",)),
        (gzip.compress(urlset("https://a.example/")), SitemapKind.URLS, ("https://a.example/",)),
        (
            f'<sitemapindex xmlns="{NS}"><sitemap><loc>https://a.example/1.xml.gz</loc></sitemap></sitemapindex>'.encode(),
            SitemapKind.INDEX,
            ("https://a.example/1.xml.gz",),
        ),
        (
            b"<rss><channel><item><link>https://a.example/</link></item></channel></rss>",
            SitemapKind.FEED,
            ("https://a.example/",),
        ),
        (
            b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="https://a.example/"/></entry></feed>',
            SitemapKind.FEED,
            ("https://a.example/",),
        ),
        (
            b"https://a.example/1\r\nhttps://a.example/2\n",
            SitemapKind.TEXT,
            ("https://a.example/1", "https://a.example/2"),
        ),
        (
            b"User-agent: *\nDisallow:\nSitemap: https://a.example/s.xml # main\nsitemap:https://a.example/t.xml\n",
            SitemapKind.ROBOTS,
            ("https://a.example/s.xml", "https://a.example/t.xml"),
        ),
        (urlset("https://a.example/", "https://a.example/"), SitemapKind.URLS, ("https://a.example/",)),
    ],
)
def test_each_form_gives_its_addresses(body: bytes, kind: SitemapKind, urls: tuple[str, ...]) -> None:
    sitemap = sitemap_urls(body)
    assert (sitemap.kind, sitemap.urls) == (kind, urls)


def test_image_locations_are_no_pages() -> None:
    body = (
        f'<urlset xmlns="{NS}" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"><url>'
        "<loc>https://a.example/</loc><image:image><image:loc>https://a.example/i.png</image:loc></image:image></url></urlset>"
    ).encode()
    assert sitemap_urls(body).urls == ("https://a.example/",)


@pytest.mark.parametrize(
    "body", [b"", b"<html><body>404</body></html>", b"hello", b"\x1f\x8bdamaged", b"<urlset", b"\0\1\2", b"<"]
)
def test_what_is_no_sitemap_says_why(body: bytes) -> None:
    sitemap = sitemap_urls(body)
    assert (sitemap.urls, bool(sitemap.problem)) == ((), True)


def test_a_cut_file_gives_what_it_holds() -> None:
    body = urlset("https://a.example/1", "https://a.example/2")[:-30]
    sitemap = sitemap_urls(body)
    assert sitemap.urls[0] == "https://a.example/1"
    assert sitemap.problem


def test_entities_open_no_file_and_do_not_grow(tmp_path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("https://secret.example/")
    external = f'<!DOCTYPE u [<!ENTITY x SYSTEM "{secret.as_uri()}">]><urlset><url><loc>&x;</loc></url></urlset>'
    bomb = '<!DOCTYPE u [<!ENTITY a "https://a.example/">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9)
    )
    for document in (external, bomb + "]><urlset><url><loc>&j;</loc></url></urlset>"):
        assert sum(map(len, sitemap_urls(document.encode()).urls)) < 100
        assert "secret.example" not in "".join(sitemap_urls(document.encode()).urls)


def test_a_gzip_bomb_is_cut() -> None:
    sitemap = sitemap_urls(gzip.compress(b"https://a.example/\n" + b" " * (MAX_BYTES + 1000)))
    assert (sitemap.urls, sitemap.truncated) == (("https://a.example/",), True)


def test_more_addresses_than_the_protocol_allows_are_cut() -> None:
    body = "\n".join(f"https://a.example/{n}" for n in range(MAX_URLS + 5)).encode()
    sitemap = sitemap_urls(body)
    assert (len(sitemap.urls), sitemap.truncated) == (MAX_URLS, True)
