"""Bare URLs: where they start and where a reader ends them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.sources.bare import bare_emails, bare_links, bare_urls


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("see http://a.b/c.", ["http://a.b/c"]),
        ("(http://a.b/c)", ["http://a.b/c"]),
        ("http://a.b/Foo_(bar)", ["http://a.b/Foo_(bar)"]),
        ("(http://a.b/Foo_(bar))", ["http://a.b/Foo_(bar)"]),
        ("**http://a.b/c**", ["http://a.b/c"]),
        ("*http://a.b/c*: x", ["http://a.b/c"]),
        ("~~http://a.b/c~~", ["http://a.b/c"]),
        ("http://a.b/c_d_e", ["http://a.b/c_d_e"]),
        ("http://a.b/c?d=1&e=2#f!", ["http://a.b/c?d=1&e=2#f"]),
        ("http://a.b:8080/,http://c.d", ["http://a.b:8080/,http://c.d"]),
        ("http://localhost:8000/x", ["http://localhost:8000/x"]),
        ("ftp://a.b/c", ["ftp://a.b/c"]),
        ("HTTPS://A.B/C", ["HTTPS://A.B/C"]),
        ("xhttp://a.b", []),
        ("http://", []),
        ("https://web.archive.org/web/2020/http://a.b/", ["https://web.archive.org/web/2020/http://a.b/"]),
        ("<http://a.b/c>", ["http://a.b/c"]),
        ("one http://a.b\ntwo http://c.d", ["http://a.b", "http://c.d"]),
    ],
)
def test_a_url_in_running_text_loses_what_only_surrounds_it(text: str, urls: list[str]) -> None:
    assert [url.raw for url in bare_urls(text)] == urls


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("见https://a.b/c这里", "https://a.b/c"),
        ("见 https://a.b/c。", "https://a.b/c"),
        ("https://a.b/c，然后", "https://a.b/c"),
        ("https://a.b/c、https", "https://a.b/c"),
        ("（https://a.b/c）", "https://a.b/c"),
        ("【https://a.b/c】", "https://a.b/c"),
        ("《https://a.b/c》", "https://a.b/c"),
        ("「https://a.b/c」", "https://a.b/c"),
        ("“https://a.b/c”", "https://a.b/c"),
        ("https://a.b/c；", "https://a.b/c"),
        ("https://a.b/c：说明", "https://a.b/c"),
        ("https://a.b。下", "https://a.b"),
        ("https://a.b这里", "https://a.b"),
        ("https://a.b/c?d=1的文章", "https://a.b/c?d=1"),
        ("https://a.b/c에서", "https://a.b/c"),
        ("https://a.b/cを見る", "https://a.b/c"),
        ("https://zh.wikipedia.org/wiki/链接", "https://zh.wikipedia.org/wiki/链接"),
        ("https://zh.wikipedia.org/wiki/链接。", "https://zh.wikipedia.org/wiki/链接"),
        ("https://a.b/wiki/第1章", "https://a.b/wiki/第1章"),
        ("https://a.b/?q=链接&p=1", "https://a.b/?q=链接&p=1"),
        ("https://a.b/Foo_链接", "https://a.b/Foo_链接"),
        ("https://a.b/c/`の方", "https://a.b/c/"),
        ("https://例子.测试/路径", "https://例子.测试/路径"),
        ("https://fr.wikipedia.org/wiki/Café", "https://fr.wikipedia.org/wiki/Café"),
        ("https://ru.wikipedia.org/wiki/Ссылка", "https://ru.wikipedia.org/wiki/Ссылка"),
    ],
)
def test_a_url_beside_cjk_text_ends_where_a_reader_ends_it(text: str, url: str) -> None:
    assert bare_urls(text)[0].raw == url


def test_www_gets_a_scheme_in_href_only() -> None:
    found = bare_urls("go to www.a.com/b, or")
    assert [(url.raw, url.href, url.start) for url in found] == [("www.a.com/b", "http://www.a.com/b", 6)]


@pytest.mark.parametrize("text", ["xwww.a.com", "http.www.", "a@www.a.com"])
def test_www_inside_a_word_is_no_url(text: str) -> None:
    assert bare_urls(text) == []


def test_an_email_address_becomes_mailto() -> None:
    assert [(mail.raw, mail.href) for mail in bare_emails("write to me@a.com.")] == [("me@a.com", "mailto:me@a.com")]


def test_mailto_is_found_once() -> None:
    text = "mailto:me@a.com"
    assert [url.raw for url in bare_urls(text)] == ["mailto:me@a.com"]
    assert bare_emails(text) == []


def test_an_offset_is_added_to_links() -> None:
    assert bare_links("x http://a.b", offset=10, kind="code", optional=True)[0].start == 12


@given(st.text() | st.text(alphabet="htps:/w.@a1()[]<>*_。这é,?#&=", max_size=80))
def test_what_is_found_stands_in_the_text_in_order(text: str) -> None:
    end = 0
    for url in bare_urls(text):
        assert text[url.start : url.start + len(url.raw)] == url.raw
        assert url.start >= end
        end = url.start + len(url.raw)
    for mail in bare_emails(text):
        assert text[mail.start : mail.start + len(mail.raw)] == mail.raw


@pytest.mark.parametrize("unit", ["http://", "http://a/[", "http://a.b/(", "www.", "a@", "@", "mailto:"])
def test_a_text_of_one_repeated_opener_stays_fast(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    began = time.process_time()
    bare_urls(text)
    bare_emails(text)
    assert time.process_time() - began < 3
