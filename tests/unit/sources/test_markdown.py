"""Links of Markdown: what is found, and exactly where."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.domain.links import FoundLink, LineIndex
from crawler.sources.markdown import anchors, extract

LIST = Path(__file__).resolve().parents[4] / "shared" / "data" / "curated-list-zh.md"


def places(document: str) -> list[tuple[int, int, str]]:
    """Line, column and raw text of each link that is not optional."""
    index = LineIndex(document)
    return [(*index.place(link.start), link.raw) for link in extract(document) if not link.optional]


def only(document: str) -> FoundLink:
    (link,) = extract(document)
    assert document[link.start : link.start + len(link.raw)] == link.raw
    return link


@pytest.mark.parametrize(
    ("document", "raw", "href", "text", "kind"),
    [
        ("[a](http://x/)", "http://x/", "http://x/", "a", "link"),
        ("[a](http://x/ 'title')", "http://x/", "http://x/", "a", "link"),
        ("[a]( <http://x/b c> )", "http://x/b c", "http://x/b c", "a", "link"),
        ("[a](http://x/_(b))", "http://x/_(b)", "http://x/_(b)", "a", "link"),
        (r"[a](http://x/\(b)", r"http://x/\(b", "http://x/(b", "a", "link"),
        ("[a](http://x/?b=1&amp;c=2)", "http://x/?b=1&amp;c=2", "http://x/?b=1&c=2", "a", "link"),
        ("[a](http://x/?b=1&copy=2)", "http://x/?b=1&copy=2", "http://x/?b=1&copy=2", "a", "link"),
        ("[*a* `b` &lt;c](http://x/)", "http://x/", "http://x/", "a b <c", "link"),
        ("[a\nb](http://x/)", "http://x/", "http://x/", "a b", "link"),
        ("[a](/b#c)", "/b#c", "/b#c", "a", "link"),
        ("[a](javascript:x)", "javascript:x", "javascript:x", "a", "link"),
        ("![a *b*](c.png)", "c.png", "c.png", "a *b*", "image"),
        ("<http://x/?b&amp;c>", "http://x/?b&amp;c", "http://x/?b&amp;c", "http://x/?b&amp;c", "autolink"),
        ("<me@x.org>", "me@x.org", "mailto:me@x.org", "me@x.org", "autolink"),
        ("see http://x.org/b.", "http://x.org/b", "http://x.org/b", "http://x.org/b", "bare"),
        ("see www.x.org.", "www.x.org", "http://www.x.org", "www.x.org", "bare"),
        ("me@x.org", "me@x.org", "mailto:me@x.org", "me@x.org", "bare"),
        ("http://x.org/a_b_c", "http://x.org/a_b_c", "http://x.org/a_b_c", "http://x.org/a_b_c", "bare"),
        ('a <a href="http://x/">b *c*</a>', "http://x/", "http://x/", "b c", "link"),
        ("<div>\n<img src='http://x/' alt=b>\n</div>", "http://x/", "http://x/", "b", "image"),
        ("# [a](http://x/#b) ##", "http://x/#b", "http://x/#b", "a", "link"),
        ("[a](http://x/)\n===", "http://x/", "http://x/", "a", "link"),
        ("# http://x.org/ #\t", "http://x.org/", "http://x.org/", "http://x.org/", "bare"),
        ("[a]: http://x/\n\n[The A][a]", "http://x/", "http://x/", "The A", "definition"),
        ("[a]: <http://x/b c>\n\n![A][a]", "http://x/b c", "http://x/b c", "A", "definition"),
        ("[unused]: http://x/", "http://x/", "http://x/", "unused", "definition"),
    ],
)
def test_a_link_has_its_raw_text_target_text_and_kind(document: str, raw: str, href: str, text: str, kind: str) -> None:
    link = only(document)
    assert (link.raw, link.href, link.text, link.kind, link.optional) == (raw, href, text, kind, False)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("> a [b](http://x/)", [(1, 9, "http://x/")]),
        ("> a\nlazy [b](http://x/)", [(2, 10, "http://x/")]),
        ("> > - [b](http://x/)\n> >   [c](http://y/)", [(1, 11, "http://x/"), (2, 11, "http://y/")]),
        ("- a\n  - b\n    - [c](http://x/)", [(3, 11, "http://x/")]),
        ("1. a\n\n   [c](http://x/)", [(3, 8, "http://x/")]),
        ("-\t[c](http://x/)", [(1, 7, "http://x/")]),
        ("-\ta\n\n\t[c](http://x/)", [(3, 6, "http://x/")]),
        ("a  \n\t [c](http://x/)  \nb", [(2, 7, "http://x/")]),
        ("[a](\n  http://x/\n  'b\n  c')", [(2, 3, "http://x/")]),
        ("> [a](<http://x/b> 't\n> u') http://y.z", [(1, 8, "http://x/b"), (2, 7, "http://y.z")]),
        ("[![b](http://i/)](http://x/)", [(1, 7, "http://i/"), (1, 19, "http://x/")]),
        ("[a]:\n   http://x/\n   'b'\n\n[a]", [(2, 4, "http://x/")]),
        ("> [a\n> b]: <http://x/>\n\n[a b]", [(2, 8, "http://x/")]),
        (
            "[a]: http://x/\n[b]: http://y/ 'c\nd'\n[e]: http://z/",
            [(1, 6, "http://x/"), (2, 6, "http://y/"), (4, 6, "http://z/")],
        ),
        ("[a]: http://x/\n[a]: http://y/\n\n[a]", [(1, 6, "http://x/"), (2, 6, "http://y/")]),
        ("a[^1]\n\n[^1]: b [c](http://x/)\n\n    http://y.z", [(3, 13, "http://x/"), (5, 5, "http://y.z")]),
        ("- <div>\n  <a href='http://x/'>\n  </div>", [(2, 12, "http://x/")]),
        ("a <b\nc='d' href=http://x/>", [(2, 12, "http://x/")]),
        ("\ufeff# [a](http://x/)", [(1, 8, "http://x/")]),
        ("a\r\n\r\n> [b](http://x/)\r\n> [c](http://y/)\r\n", [(3, 7, "http://x/"), (4, 7, "http://y/")]),
        ("😀𠀀 [b](http://x/)", [(1, 8, "http://x/")]),
        ("a\0 [b](http://x/\0)", [(1, 8, "http://x/")]),
        (
            "* [a](http://x/) *http://y.z* **http://w.z**",
            [(1, 7, "http://x/"), (1, 19, "http://y.z"), (1, 33, "http://w.z")],
        ),
    ],
)
def test_a_link_is_placed_where_its_characters_stand(document: str, expected: list[tuple[int, int, str]]) -> None:
    assert [(line, column, raw.rstrip("\0")) for line, column, raw in places(document)] == expected


def test_table_cells_keep_their_places_and_escaped_pipes() -> None:
    document = (
        "> | [a](http://a/) | b\n"
        "> |---|---|\n"
        "> | http://c.d | [d \\| e](http://e/x\\|y) |\n"
        "> [f](http://f/) |  | [dropped](http://g/)"
    )
    assert places(document) == [
        (1, 9, "http://a/"),
        (3, 5, "http://c.d"),
        (3, 27, "http://e/x\\|y"),
        (4, 7, "http://f/"),
    ]
    assert [link.href for link in extract(document)][2] == "http://e/x|y"


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ("`http://x.org/`", "code"),
        ("```\nhttp://x.org/\n```", "code"),
        ("> ~~~\n> http://x.org/\n", "code"),
        ("a\n\n    http://x.org/", "code"),
        ("<!-- http://x.org/ -->", "comment"),
        ("a <!-- http://x.org/ --> b", "comment"),
        ("<!--\n\nhttp://x.org/\n\n-->", "comment"),
        ("---\nurl: http://x.org/\n---\n", "front-matter"),
    ],
)
def test_what_no_reader_can_click_is_optional(document: str, kind: str) -> None:
    link = only(document)
    assert (link.raw, link.kind, link.optional) == ("http://x.org/", kind, True)


@pytest.mark.parametrize(
    "document",
    [
        "[a]",
        "[a]()",
        "[a](<>)",
        r"\[a](b)",
        "[a](b c)",
        "[a] (b)",
        "a [^1]",
        "www. http:// @",
        "a <br/> b",
    ],
)
def test_what_only_looks_like_a_link_is_none(document: str) -> None:
    assert extract(document) == []


def test_the_comment_idiom_is_optional() -> None:
    assert only("[//]: # (a note)").optional


@pytest.mark.parametrize("target", ["{{ site.url }}/a", "{% link a.md %}", "<%= a %>"])
def test_a_local_target_with_a_placeholder_is_optional(target: str) -> None:
    link = only(f"[a](<{target.replace('<', chr(92) + '<').replace('>', chr(92) + '>')}>)")
    assert (link.kind, link.optional) == ("template", True)


def test_a_web_address_with_a_placeholder_stays_but_is_named() -> None:
    link = only("<a href='https://x.org/{{ a }}'>b</a>")
    assert (link.kind, link.optional) == ("template", False)


def test_the_alternative_text_of_an_image_holds_no_links() -> None:
    assert [link.raw for link in extract("![a [b](http://x/) c](d.png)")] == ["d.png"]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("# Hello, World!\n\n## Hello, World!\n\n## hello world", {"hello-world", "hello-world-1", "hello-world-2"}),
        ("# 一. 收集的文章", {"一-收集的文章"}),
        ("# `code` & *more_x* [a](b)", {"code--more_x-a"}),
        ("# C++ / Ünï-code", {"c--ünï-code"}),
        ("# a\n# a-1\n# a", {"a", "a-1", "a-2"}),
        ("Title\n===", {"title"}),
        ("# a {#b}", {"a", "b"}),
        ("# a b {/*c-d*/}", {"a-b", "c-d"}),
        ('<a name="x"></a>\n\n<div id=y>\n\ntext <b id="z">', {"x", "y", "z"}),
        ("```\n# no\n```", set()),
    ],
)
def test_anchors_are_those_that_github_makes(document: str, expected: set[str]) -> None:
    assert anchors(document) == expected | {"readme"}


def test_the_curated_list_has_its_links_and_images_and_nothing_else() -> None:
    if not LIST.exists():
        pytest.skip("the shared data are absent")
    links = [link for link in extract(LIST.read_text(encoding="utf-8")) if not link.optional]
    web = [link.href for link in links if link.href.startswith(("http:", "https:"))]
    assert (len(web), len(set(web))) == (111, 108)
    assert len(links) - len(web) == 10
    assert all(link.kind == "image" for link in links if link.href not in web)


PIECES = st.sampled_from(
    [
        "[a](http://x/)",
        "![",
        "](",
        ")",
        "[",
        "]",
        "<",
        ">",
        "> ",
        "- ",
        "1. ",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "    ",
        "|",
        "\\|",
        "|-|-|",
        "`",
        "```",
        "<a href='",
        "'>",
        "<!--",
        "-->",
        "[r]: ",
        "[^1]: ",
        "http://y.z",
        "#",
        "---",
        "\0",
        "\ufeff",
        "&amp;",
        "é",
        "这",
        "😀",
        "*",
        "_",
        "\\",
        "\f",
        "\u2028",
        "{{",
        " ",
        "\u00a0",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=60))
def test_any_text_is_read_and_raw_stands_at_its_place(document: str) -> None:
    links = extract(document)
    assert all(document[link.start : link.start + len(link.raw)] == link.raw for link in links)
    assert all(link.raw for link in links)
    assert [link.start for link in links] == sorted(link.start for link in links)
    anchors(document)


@pytest.mark.parametrize(
    "document",
    [
        ">" * 3000 + "a",
        "- " * 2000 + "a",
        "![" * 3000 + "](a)" * 3000,
        "[" * 20_000,
        "<a " * 20_000,
        "<!--" * 20_000,
        "*a " * 20_000,
        "[a]: b\n" * 10_000,
        "`a``" * 10_000,
    ],
    ids=lambda document: document[:8],
)
def test_hostile_nesting_ends_in_time(document: str) -> None:
    began = time.process_time()
    extract(document)
    assert time.process_time() - began < 5


def test_many_openings_of_images_that_nothing_closes_are_read_fast() -> None:
    began = time.process_time()
    assert [link.raw for link in extract("![" * 15_000 + "a](http://x.org/)")] == ["http://x.org/"]
    assert time.process_time() - began < 10
