"""Comments and attributes that exclude links."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.domain.links import FoundLink
from crawler.sources import html, markdown
from crawler.sources.bare import bare_links
from crawler.sources.ignores import Ignore, ignored


def reasons(document: str, links: list[FoundLink] | None = None) -> dict[str, str]:
    links = markdown.extract(document) if links is None else links
    return {links[index].raw: ignore.reason for index, ignore in ignored(document, links).items()}


def names(document: str) -> set[str]:
    return {raw.removeprefix("http://") for raw in reasons(document)}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            "<http://a>\n\n<!-- markdown-link-check-disable -->\n<http://b>\n\n<!-- markdown-link-check-enable -->\n<http://c>",
            {"b"},
        ),
        ("<!-- markdown-link-check-disable -->\n\n<http://a>\n\n<http://b>", {"a", "b"}),
        ("<!-- markdown-link-check-disable-next-line -->\n<http://a>\n<http://b>", {"a"}),
        ("<http://a> <!-- markdown-link-check-disable-line --> <http://b>\n<http://c>", {"a", "b"}),
        ("x <!--markdown-link-check-disable-line--><http://a>", {"a"}),
        ("x <!-- linkvigil-disable: old --> <http://a> <!-- linkvigil-enable --> <http://b>", {"a"}),
        ("<!-- linkvigil-ignore-next-line -->\n<http://a>\n<http://b>", {"a"}),
        ("<http://a> <!-- linkvigil-ignore: x -->\n<http://b>", {"a"}),
        ("<!-- linkvigil-ignore: x -->\n<http://a>\n<http://b>", {"a"}),
        ("- x <!-- linkvigil-ignore --> <http://a>\n- <http://b>", {"a"}),
        ("{/* linkvigil-ignore-next-line */}\n<http://a>\n<http://b>", {"a"}),
        ("[//]: # (linkvigil-disable)\n\n<http://a>", {"a"}),
        ("<!-- linkvigil-enable -->\n<http://a>", set()),
        ("<!-- linkvigil-disabled -->\n<http://a>", set()),
        ("`<!-- linkvigil-disable -->` <http://a>", set()),
        ("```\n<!-- linkvigil-disable -->\n```\n<http://a>", set()),
        ("## linkvigil-disable\n\n<http://a>", set()),
        ("write linkvigil-disable <http://a>", set()),
        ("<!-- linkvigil-disable -->\n<!-- markdown-link-check-enable -->\n<http://a>", {"a"}),
        ("<http://a>\r\n<!-- linkvigil-ignore-next-line -->\r\n<http://b>\r\n<http://c>", {"b"}),
    ],
)
def test_a_comment_covers_its_links(document: str, expected: set[str]) -> None:
    assert names(document) == expected


@pytest.mark.parametrize(
    "line",
    [
        "url: http://a.org  # linkvigil-ignore: gone",
        "# linkvigil-ignore-next-line: gone\nurl: http://a.org",
        ".. linkvigil-ignore: gone\nhttp://a.org",
        "// linkvigil-ignore: gone\nhttp://a.org",
        "http://a.org % linkvigil-ignore: gone",
        "# linkvigil-disable: gone\n\nhttp://a.org",
    ],
)
def test_other_formats_comments_work_too(line: str) -> None:
    assert reasons(line, bare_links(line)) == {"http://a.org": "gone"}


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("linkvigil-ignore: being moved until=2030-01-31", Ignore(reason="being moved", until=date(2030, 1, 31))),
        ("linkvigil-ignore until=2030-01-31: being moved", Ignore(reason="being moved", until=date(2030, 1, 31))),
        ("linkvigil-ignore", Ignore(reason="linkvigil-ignore")),
        ("linkvigil-ignore: x until=2030-13-31", Ignore(reason="x", until=date.min)),
        ("markdown-link-check-disable-line", Ignore(reason="markdown-link-check-disable-line")),
    ],
)
def test_a_comment_has_a_reason_and_may_end(comment: str, expected: Ignore) -> None:
    document = f"<http://a> <!-- {comment} -->"
    assert ignored(document, markdown.extract(document)) == {0: expected}


def test_of_two_comments_the_longer_lasting_holds() -> None:
    document = "<!-- linkvigil-disable: a until=2030-01-01 -->\n<http://a> <!-- linkvigil-ignore: b -->"
    assert [ignore.reason for ignore in ignored(document, markdown.extract(document)).values()] == ["b"]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("<a href=a data-proofer-ignore>x</a><a href=b>", {"a"}),
        ("<div data-proofer-ignore><p><a href=a></p><img src=b></div><a href=c>", {"a", "b"}),
        ("<img data-proofer-ignore src=a><a href=b>", {"a"}),
        ("<div data-proofer-ignore><div><a href=a></div><a href=b></div><a href=c>", {"a", "b"}),
        ("<p data-proofer-ignore=''><a href=a>", {"a"}),
        ("</div><a href=a>data-proofer-ignore", set()),
        ("<i data-proofer-ignore/><a href=a>", set()),
    ],
)
def test_html_proofers_attribute_covers_the_element(document: str, expected: set[str]) -> None:
    assert set(reasons(document, html.extract(document))) == expected


def test_kramdowns_attribute_covers_the_link_before_it() -> None:
    assert names("[a](http://a) [b](http://b){:data-proofer-ignore} [c](http://c)") == {"b"}


PIECES = st.sampled_from(
    [
        "<!-- ",
        " -->",
        "linkvigil-ignore",
        "linkvigil-disable",
        "linkvigil-enable",
        "markdown-link-check-disable-next-line",
        "\n",
        "# ",
        "`",
        "```",
        "<http://a>",
        "until=2030-01-01",
        "<p data-proofer-ignore>",
        "</p>",
        "{:data-proofer-ignore}",
        ")",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_text_is_read(document: str) -> None:
    links = markdown.extract(document)
    assert set(ignored(document, links)) <= set(range(len(links)))
