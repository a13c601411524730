"""Foreign text can harm neither a browser, a spreadsheet, a terminal nor a Markdown page."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reports.escape import csv_cell, markdown_code, markdown_link, markdown_text, safe_href, script_json, visible


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " https://example.com/",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "//example.com/",
        "/etc/passwd",
        "https:",
        "https://",
        "http:///x",
        "https://ex\u202eample.com/",
        "https://example.com/\x00",
        "",
    ],
)
def test_only_web_addresses_become_links(url: str) -> None:
    assert safe_href(url) is None


@pytest.mark.parametrize("url", ["https://example.com/", "HTTP://example.com", "https://例え.jp/パス?q=1#x"])
def test_a_web_address_is_linked_as_it_is(url: str) -> None:
    assert safe_href(url) == url


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\uff1d1"])
def test_a_formula_is_neutralised_in_a_cell(text: str) -> None:
    assert csv_cell(text).startswith("'")


@pytest.mark.parametrize("text", ["", "docs/a.md", "404", "a=1", "日本"])
def test_a_harmless_cell_is_left_alone(text: str) -> None:
    assert csv_cell(text) == text


@given(st.text(st.characters(exclude_categories=[])))
def test_no_control_or_bidi_character_is_shown(text: str) -> None:
    shown = visible(text)
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 or "\u202a" <= char <= "\u202e" for char in shown)
    shown.encode("utf-8")


@given(st.text(st.characters(exclude_categories=[])))
def test_json_in_a_script_cannot_end_it_and_keeps_its_value(text: str) -> None:
    written = script_json(json.dumps(text, ensure_ascii=False))
    assert "<" not in written
    assert json.loads(written) == text


@given(st.text())
def test_markdown_text_renders_as_the_text_alone(text: str) -> None:
    inline = MarkdownIt("gfm-like", {"linkify": False}).parseInline("x" + markdown_text(text) + "x")[0]
    assert {child.type for child in inline.children or ()} <= {"text", "text_special"}
    assert inline.children is not None
    rendered = "".join(child.content for child in inline.children)
    assert rendered.replace("\u2060", "") == f"x{visible(text)}x".replace("\u2060", "")


@given(st.text(min_size=1))
def test_markdown_code_never_leaves_its_fence(text: str) -> None:
    children = MarkdownIt().parseInline("a " + markdown_code(text) + " b")[0].children
    assert [child.type for child in children or ()] == ["text", "code_inline", "text"]


@pytest.mark.parametrize("text", ["@octocat", "hi @org/team", "(@me)"])
def test_nobody_is_mentioned(text: str) -> None:
    assert "@\u2060" in markdown_text(text)


def test_a_link_that_may_not_be_followed_is_code() -> None:
    assert markdown_link("click", "javascript:alert(1)") == "`javascript:alert(1)`"


def test_a_link_survives_a_table_cell() -> None:
    made = markdown_link("a|b", "https://example.com/a|b>c")
    assert made == "[a\\|b](<https://example.com/a%7Cb%3Ec>)"
