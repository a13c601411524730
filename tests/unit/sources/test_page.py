"""Facts of a fetched page, whatever its bytes are."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.domain.page import TEXT_KEPT, PageFacts, decode, page_facts, simhash, similarity

PAGE = """<!DOCTYPE html><html lang="zh-CN"><head><title> 标题 &amp;
 more </title><link rel="alternate canonical" href=" /c "><meta property="og:url" content="http://x/o">
<meta http-equiv="Refresh" content="0; url='/next'"></head><body><nav id=top>menu</nav>
<h1></h1><h1>First <b>head</b></h1><p id="a">见链接<script>var no;</script>这里</p><a name="q">end</a>
<svg><title>no</title></svg></body></html>"""


def test_a_page_says_its_facts() -> None:
    facts = page_facts(PAGE.encode(), "text/html; charset=utf-8")
    assert facts.title == "标题 & more"
    assert facts.h1 == "First head"
    assert facts.text == "menu First head 见链接这里 end"
    assert facts.text_length == len(facts.text)
    assert facts.anchors == {"top", "a", "q"}
    assert (facts.meta_refresh, facts.canonical, facts.og_url) == ("/next", "/c", "http://x/o")
    assert facts.language == "zh-CN"
    assert len(facts.text_hash) == 16


def test_text_is_cut_and_its_whole_length_told() -> None:
    facts = page_facts(b"<p>" + b"word " * 5000, None)
    assert (len(facts.text), facts.text_length) == (TEXT_KEPT, 5000 * 5 - 1)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("é".encode("latin-1"), "text/html; charset=ISO-8859-1"),
        ("é".encode("utf-16"), "text/html; charset=iso-8859-1"),
        ("\ufeffé".encode(), "text/html; charset=gbk"),
        ("é".encode(), None),
        ("é".encode(), "text/html; charset=hex"),
        ("é".encode(), "text/html; charset=punycode"),
        ("é".encode(), "text/html; charset=nope"),
        ("é".encode(), 'text/html; charset="utf-8"'),
        ("<meta charset=gbk>é".encode("gbk"), "text/html"),
        ("<meta http-equiv=content-type content='text/html; charset=big5'>é".encode("big5hkscs"), "text/html"),
    ],
)
def test_the_encoding_is_the_declared_one_or_utf_8(body: bytes, content_type: str | None) -> None:
    assert "é" in decode(body, content_type) or "big5" in str(body)


def test_a_chinese_page_in_its_old_encoding_is_read() -> None:
    assert page_facts("<title>链接失效</title>".encode("gb18030"), "text/html; charset=gb2312").title == "链接失效"


def test_plain_text_has_text_only() -> None:
    facts = page_facts(b"<p>a\n b", "text/plain")
    assert (facts.text, facts.title) == ("<p>a b", "")


@pytest.mark.parametrize("content_type", ["image/png", "application/pdf", "application/octet-stream"])
def test_what_is_no_text_has_no_facts(content_type: str) -> None:
    assert page_facts(b"<title>x</title>", content_type) == PageFacts()


def test_the_hash_is_of_the_main_text() -> None:
    article = "the article says many different things about links and how they die over the years " * 4
    first = page_facts(f"<nav>home today 12:01</nav><main>{article}</main>".encode(), "text/html")
    second = page_facts(f"<nav>other menu here</nav><main>{article}</main><footer>x</footer>".encode(), "text/html")
    assert first.text_hash == second.text_hash
    assert first.text != second.text


def test_like_texts_have_like_hashes() -> None:
    words = [f"word{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(400)]
    text = " ".join(words)
    edited = " ".join([*words[:200], "changed", *words[201:]])
    assert similarity(simhash(text), simhash(edited)) > 0.9
    assert similarity(simhash(text), simhash(" ".join(word[::-1] for word in words))) < 0.75
    assert similarity(simhash(text), "") == 0.0


def test_numbers_do_not_change_the_hash() -> None:
    assert simhash("seen 12 times on the page") == simhash("seen 345 times on the page")


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=400) | st.text(alphabet="<>/!-='\"& titlehrfd\0é", max_size=200).map(str.encode),
    st.none()
    | st.sampled_from(
        ["text/html", "text/html; charset=utf-16", "text/html; charset=\0", ";;", "text/plain; charset=idna"]
    )
    | st.text(max_size=30),
)
def test_any_bytes_give_facts(body: bytes, content_type: str | None) -> None:
    facts = page_facts(body, content_type)
    assert len(facts.text) <= TEXT_KEPT


@pytest.mark.parametrize(
    "unit",
    [
        "<div>",
        "<p>",
        "<b><i>",
        "<table><tr><td>",
        "<title>",
        "<h1>",
        "<a b%d=1 ",
        "<svg><title>a</title>",
        "&amp;",
        "\0",
        "\xff",
        "word%d ",
        "<select><option>",
        "<!--",
        "<",
    ],
)
@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "hex"])
def test_a_quarter_megabyte_takes_under_a_second(unit: str, charset: str) -> None:
    body = "".join(unit.replace("%d", str(i)) for i in range(262_144 // len(unit)))[:262_144].encode("latin-1")
    began = time.process_time()
    page_facts(body, f"text/html; charset={charset}")
    assert time.process_time() - began < 1
