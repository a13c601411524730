"""Links of MDX: Markdown, JSX attributes, and code that is optional."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.domain.links import LineIndex
from crawler.sources.mdx import anchors, extract


def found(document: str) -> list[tuple[str, str, bool]]:
    links = extract(document)
    assert all(document[link.start : link.start + len(link.raw)] == link.raw for link in links)
    return [(link.raw, link.kind, link.optional) for link in links]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("# [a](http://x/)", [("http://x/", "link", False)]),
        ('<Card href="http://x/" title="b" />', [("http://x/", "link", False)]),
        (
            "<Card\n  href='http://x/'\n  icon={<b/>}\n>\n  [c](http://y/)\n</Card>",
            [("http://x/", "link", False), ("http://y/", "link", False)],
        ),
        ("<Image src={'a.png'} srcSet={\"b.png 1x\"} />", [("a.png", "image", False), ("b.png", "image", False)]),
        ("<a href={url}>b</a>", []),
        ("<a href={`http://x.org/${b}`}>c</a>", [("http://x.org/${b}", "code", True)]),
        ("<Box {...props} to={{href: 'http://x.org/'}}>", [("http://x.org/", "code", True)]),
        ("<>\n[a](b)\n</>", [("b", "link", False)]),
        ("<div>\n    [a](b)\n</div>", [("b", "link", False)]),
        (
            "import a from 'https://x.org/a.js'\nexport const b = {\n\n  c: 'http://y.org/'\n}\n\n[d](e)",
            [("https://x.org/a.js", "code", True), ("http://y.org/", "code", True), ("e", "link", False)],
        ),
        ("{/* http://x.org/ */}", [("http://x.org/", "comment", True)]),
        ("{/*\n\nhttp://x.org/\n\n*/}\n\n[a](b)", [("http://x.org/", "comment", True), ("b", "link", False)]),
        ("a {f('http://x.org/')} http://y.org/", [("http://x.org/", "code", True), ("http://y.org/", "bare", False)]),
        (
            "<!-- http://x.org/\n\n[a](http://y.org/) -->\n\n[c](d)",
            [("http://x.org/", "comment", True), ("http://y.org/", "comment", True), ("d", "link", False)],
        ),
        ("a <!-- http://x.org/ --> b", [("http://x.org/", "comment", True)]),
        ("```js\nimport 'http://x.org/'\n```", [("http://x.org/", "code", True)]),
        ("<https://x.org/>", [("https://x.org/", "autolink", False)]),
        (
            '{\n  <p>\n\n    <a href="http://x/">b {c}</a> http://y.org/\n  </p>\n}',
            [("http://x/", "link", False), ("http://y.org/", "code", True)],
        ),
        ('a {b < c && <img src="http://x/" alt={d} />} e', [("http://x/", "image", False)]),
        ('<Tab icon={<img src="http://x/" />}>', [("http://x/", "image", False)]),
        ('export const a = <Link href="http://x/">b</Link>', [("http://x/", "link", False)]),
        ('{/* <a href="http://x.org/">b</a> */}', [("http://x.org/", "comment", True)]),
        ("`pip install git+https://x.org/y`", []),
        ("a < b and { open, [c](d)", [("d", "link", False)]),
        ("important [a](b)", [("b", "link", False)]),
    ],
)
def test_markdown_jsx_and_code_are_told_apart(document: str, expected: list[tuple[str, str, bool]]) -> None:
    assert found(document) == expected


def test_the_text_of_a_jsx_link_is_what_it_holds() -> None:
    assert [link.text for link in extract('see <Link href="/x">the *page*</Link>.')] == ["the page"]


def test_an_attribute_is_placed_in_its_line() -> None:
    document = '> <Card\n> href="/x" />'
    (link,) = extract(document)
    assert LineIndex(document).place(link.start) == (2, 9)


def test_headings_are_anchors() -> None:
    assert anchors("# A b {/*d*/}\n\n<p id='c'>") >= {"a-b", "c", "d"}


PIECES = st.sampled_from(
    [
        "<A ",
        "href=",
        "{",
        "}",
        "'",
        '"',
        ">",
        "/>",
        "</A>",
        "import ",
        "export ",
        "\n",
        "\n\n",
        "<!--",
        "-->",
        "{/*",
        "*/}",
        "http://x.org",
        "[a](b)",
        "`",
        "> ",
        "- ",
        "(",
        "|",
        "é",
        "\\",
        "<",
        "...",
        "\0",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=60))
def test_any_text_is_read_and_raw_stands_at_its_place(document: str) -> None:
    found(document)
    anchors(document)
