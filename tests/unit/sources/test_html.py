"""Links of HTML: every attribute that holds a URL, at its exact place."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from crawler.sources.html import anchors, extract
from crawler.sources.tags import Kind, scan, unescape


def found(document: str) -> list[tuple[str, str, str]]:
    links = extract(document)
    assert all(document[link.start : link.start + len(link.raw)] == link.raw for link in links)
    return [(link.href, link.kind, link.text) for link in links if not link.optional]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ('<a href="http://x/">b <i>c</i></a>', [("http://x/", "link", "b c")]),
        ("<A HREF=http://x/>b</A>", [("http://x/", "link", "b")]),
        ("<a href = ' http://x/ '>b &amp; c", [("http://x/", "link", "b & c")]),
        ("<a\n href='http://x/'\n>b<img src=c.png alt=d></a>", [("http://x/", "link", "b d"), ("c.png", "image", "d")]),
        ("<a href=x href=y>", [("x", "link", "")]),
        ("<a href=/x/>y</a>", [("/x/", "link", "y")]),
        ("<a href=''>b</a><a href>c</a>", []),
        ("<a href='x?a=1&amp;b=2&copy=3&lt'>", [("x?a=1&b=2&copy=3<", "link", "")]),
        ("<area href=x alt=y>", [("x", "link", "y")]),
        (
            "<img src=a.png srcset='b.png 1x, c.png 2x,d.png'>",
            [(n, "image", "") for n in ("a.png", "b.png", "c.png", "d.png")],
        ),
        ("<source srcset='a,b.png 480w,c.png'>", [("a,b.png", "image", ""), ("c.png", "image", "")]),
        ("<link rel=preload imagesrcset='a 1x'>", [("a", "image", "")]),
        (
            "<video src=a poster=b><track src=c></video>",
            [("a", "resource", ""), ("b", "image", ""), ("c", "resource", "")],
        ),
        ("<object data=a></object><embed src=b><iframe src=c></iframe>", [(n, "resource", "") for n in "abc"]),
        ("<form action=a><button formaction=b></form>", [("a", "form", ""), ("b", "form", "")]),
        ("<blockquote cite=a><q cite=b></q><del cite=c>", [(n, "resource", "") for n in "abc"]),
        ("<body background=a><img longdesc=b>", [("a", "image", ""), ("b", "image", "")]),
        ("<a ping='a b' href=c>", [("a", "link", ""), ("b", "link", ""), ("c", "link", "")]),
        ("<link rel=stylesheet href=a><script src=b></script>", [("a", "resource", ""), ("b", "resource", "")]),
        ("<link rel='Preconnect' href=//a>", [("//a", "hint", "")]),
        ("<svg><image xlink:href=a /><a xlink:href=b>c</a></svg>", [("a", "image", ""), ("b", "link", "c")]),
        ("<meta http-equiv=Refresh content='0; URL=a'>", [("a", "refresh", "")]),
        ("<meta http-equiv=refresh content=\"5;url='a b'x\">", [("a b", "refresh", "")]),
        ("<meta http-equiv=refresh content=5>", []),
        ("<meta name=description content='0; url=a'>", []),
        ("<card href=a>", [("a", "link", "")]),
        ("<div data=a action=b cite=c poster=d background=e></div>", []),
    ],
)
def test_every_attribute_that_holds_a_url_gives_a_link(document: str, expected: list[tuple[str, str, str]]) -> None:
    assert found(document) == expected


@pytest.mark.parametrize(
    "document",
    [
        "<script>'<a href=x>'</script>",
        "<style>a{b:url(x)} <a href=x></style>",
        "<textarea><a href=x></textarea>",
        "<title><a href=x></title>",
        "<!DOCTYPE html SYSTEM 'http://www.w3.org/TR/xhtml1'>",
        "<?xml version='1.0' href='x'?>",
        "<a href=x",
        "<a href='x>y</a>",
        "< a href=x>",
        "text http://x.org/ text",
        "</a href=x>",
    ],
)
def test_what_is_no_tag_gives_no_link(document: str) -> None:
    assert extract(document) == []


def test_a_comment_is_optional() -> None:
    (link,) = extract("<!-- <a href='http://x.org/'> -->")
    assert (link.raw, link.kind, link.optional) == ("http://x.org/", "comment", True)


def test_the_first_base_address_goes_to_every_link() -> None:
    links = extract("<a href=x></a><base target=_top><base href=' /b&amp;c/ '><base href=/d/><a href=y></a>")
    assert [(link.href, link.base) for link in links] == [("x", "/b&c/"), ("y", "/b&c/")]


def test_raw_is_the_source_and_its_place_counts_code_points() -> None:
    document = "😀<a href='x?a&amp;b'>"
    (link,) = extract(document)
    assert (link.raw, link.href, link.start) == ("x?a&amp;b", "x?a&b", 10)


def test_anchors_are_ids_and_names_of_a() -> None:
    assert anchors("<p id='a'><a name=b><input name=c><i ID=d&amp;e><!--<i id=f>-->") == {"a", "b", "d&e"}


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("&amp;amp;", "&amp;"),
        ("&#65;&#x42;&#x43", "ABC"),
        ("&#0;&#xD800;&#x110000;&#99999999999999;", "\ufffd" * 4),
        ("&#128;", "€"),
        ("&nope;&nope", "&nope;&nope"),
        ("&copy=&copy;=&copya", "&copy=©=&copya"),
        ("&notin;&not", "∉¬"),
        ("&&;&#;&#x;", "&&;&#;&#x;"),
    ],
)
def test_character_references_resolve_as_in_attributes(raw: str, value: str) -> None:
    assert unescape(raw) == value


NAMES = st.sampled_from(["a", "img", "p", "x-y"])
VALUES = st.text(alphabet="ab/?=1.:", min_size=1, max_size=8)


@given(st.lists(st.tuples(NAMES, VALUES, st.sampled_from(['"', "'"])), max_size=8))
def test_attributes_agree_with_libxml2(tags: list[tuple[str, str, str]]) -> None:
    document = "<body>" + "".join(f"<{name} title={quote}{value}{quote} id=b>t</{name}>" for name, value, quote in tags)
    root = etree.fromstring(document, etree.HTMLParser())
    theirs = [(element.tag, element.get("title")) for element in root.iter() if element.get("id")]
    ours = [(t.name, t.attributes[0].value) for t in scan(document) if t.kind is Kind.START and len(t.attributes) == 2]
    assert ours == theirs


PIECES = st.sampled_from(
    [
        "<a ",
        "<",
        ">",
        "/>",
        "href",
        "=",
        "'",
        '"',
        "srcset=",
        "<!--",
        "-->",
        "--!>",
        "<!",
        "<?",
        "</",
        "<script>",
        "</script",
        "<base href=",
        "<meta http-equiv=refresh content=",
        "0;url=",
        "&amp;",
        "&#",
        "&copy",
        ",",
        " ",
        "\n",
        "\0",
        "é",
        "😀",
        "<plaintext>",
        "<title>",
        "http://x.org",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=60))
def test_any_text_is_read_and_raw_stands_at_its_place(document: str) -> None:
    links = extract(document)
    assert all(link.raw and document[link.start : link.start + len(link.raw)] == link.raw for link in links)
    anchors(document)
    end = 0
    for token in scan(document):
        assert end <= token.start <= token.end <= len(document)
        end = token.end


@pytest.mark.parametrize(
    "unit", ["<a ", "<a b=", "<a b='", "<!--", "<!", "</", "<a href=x>", "<script>", "&amp", "<a srcset=,,,", "<b><i>"]
)
def test_hostile_repetition_ends_in_time(unit: str) -> None:
    document = unit * (200_000 // len(unit))
    began = time.process_time()
    extract(document)
    assert time.process_time() - began < 3
