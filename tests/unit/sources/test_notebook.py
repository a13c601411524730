"""Links of notebooks, at their places in the file's JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.domain.links import LineIndex
from crawler.sources.notebook import anchors, extract


def notebook(*cells: dict[str, Any], ascii_only: bool = True) -> str:
    return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5}, indent=1, ensure_ascii=ascii_only)


def cell(source: str | list[str], kind: str = "markdown") -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {"url": "http://no.org/"}, "source": source}


def found(document: str) -> list[tuple[str, str, str, bool]]:
    links = extract(document)
    assert all(document[link.start : link.start + len(link.raw)] == link.raw for link in links)
    return [(link.raw, link.href, link.kind, link.optional) for link in links]


def test_a_markdown_cell_gives_links_on_the_lines_of_the_file() -> None:
    document = notebook(cell(["# a\n", "[b](http://x/)"]), cell("c <http://y/>"))
    index = LineIndex(document)
    assert [(index.place(link.start)[0], link.raw) for link in extract(document)] == [
        (10, "http://x/"),
        (18, "http://y/"),
    ]


@pytest.mark.parametrize("ascii_only", [True, False], ids=["escaped", "plain"])
def test_escapes_before_and_inside_a_link_keep_its_place(ascii_only: bool) -> None:
    document = notebook(cell('"é😀\t" [b](http://x/é"😀)'), ascii_only=ascii_only)
    (link,) = extract(document)
    assert link.href == 'http://x/é"😀'
    assert json.loads(f'"{link.raw}"') == link.href
    assert document[link.start : link.start + len(link.raw)] == link.raw


def test_an_attribute_in_escaped_quotes_is_found() -> None:
    assert found(notebook(cell('<img src="http://x/a.png">'))) == [("http://x/a.png", "http://x/a.png", "image", False)]


def test_an_escaped_slash_is_raw_text() -> None:
    assert found('{"cells":[{"cell_type":"markdown","source":["[a](http:\\/\\/x\\/)"]}]}') == [
        ("http:\\/\\/x\\/", "http://x/", "link", False)
    ]


def test_a_link_over_two_strings_of_a_source_is_one_text() -> None:
    assert [link.text for link in extract(notebook(cell(["[a\n", "b](http://x/)"])))] == ["a b"]


def test_code_cells_are_optional_and_outputs_are_not_read() -> None:
    code = cell("get('http://x.org/')", "code") | {"outputs": [{"text": ["http://no.org/"]}]}
    assert found(notebook(code)) == [("http://x.org/", "http://x.org/", "code", True)]


def test_raw_cells_are_not_read() -> None:
    assert found(notebook(cell("http://x.org/", "raw"))) == []


def test_the_type_may_stand_after_the_source() -> None:
    assert len(extract('{"cells":[{"source":"<http://x/>","cell_type":"markdown"}]}')) == 1


def test_format_three_is_read() -> None:
    document = json.dumps(
        {"worksheets": [{"cells": [cell("<http://x/>"), {"cell_type": "code", "input": ["http://y.org/"]}]}]}
    )
    assert [(raw, optional) for raw, _, _, optional in found(document)] == [
        ("http://x/", False),
        ("http://y.org/", True),
    ]


def test_an_attachment_or_metadata_named_source_is_no_source() -> None:
    odd = cell("a") | {"attachments": {"source": "http://no.org/", "cells": [{"source": "http://no.org/"}]}}
    assert found(notebook(odd)) == []


def test_headings_are_anchors_as_in_jupyter_and_on_github() -> None:
    assert anchors(notebook(cell("# Big Title"))) >= {"Big-Title", "big-title"}


@pytest.mark.parametrize(
    "document", ["", "{", '{"cells":[{"cell_type":"markdown","source":["[a](b', "[]", '"', "]]}}", '{"cells":5}']
)
def test_broken_json_is_read_as_far_as_it_goes(document: str) -> None:
    found(document)
    anchors(document)


SOURCES = st.text(alphabet='ab[]()<>"\\/\n\t é😀:.h`', max_size=30)


@settings(max_examples=200, deadline=None)
@given(st.lists(SOURCES, max_size=4), st.booleans())
def test_any_notebook_is_read_at_its_places(sources: list[str], ascii_only: bool) -> None:
    found(notebook(*(cell(source.splitlines(keepends=True)) for source in sources), ascii_only=ascii_only))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='{}[]",:\\u"cells source"ad0', max_size=60) | st.text(max_size=40))
def test_any_text_is_read(document: str) -> None:
    found(document)
