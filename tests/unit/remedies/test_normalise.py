"""Candidates at addresses that differ in a detail: which, in what order, and none that says nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.urls import InvalidUrl, parse
from crawler.remedies.normalise import MAX_VARIANTS, variants


def urls(text: str) -> list[str]:
    """Return the candidates' addresses."""
    return [variant.url for variant in variants(parse(text).canonical)]


@pytest.mark.parametrize(
    ("text", "candidate"),
    [
        ("http://www.a.example/x", "https://www.a.example/x"),
        ("https://www.a.example/x.", "https://www.a.example/x"),
        ("https://www.a.example/x),", "https://www.a.example/x"),
        ("https://www.a.example/x%20", "https://www.a.example/x"),
        ("https://www.a.example/x，", "https://www.a.example/x"),
        ("https://www.a.example/x。", "https://www.a.example/x"),
        ("https://www.a.example/x）。", "https://www.a.example/x"),
        ("https://www.a.example/x」", "https://www.a.example/x"),
        ("https://www.a.example/？a=b、", "https://www.a.example/%EF%BC%9Fa=b"),
        ("https://www.a.example/?a=b；", "https://www.a.example/?a=b"),
        ("https://www.a.example/x\u200b", "https://www.a.example/x"),
        ("https://www.a.example/x\u00a0", "https://www.a.example/x"),
        ("https://a.example/,", "https://a.example/"),
        ("https://www.a.example/x?a=1&amp;b=2", "https://www.a.example/x?a=1&b=2"),
        ("https://www.a.example/x/", "https://www.a.example/x"),
        ("https://www.a.example/x", "https://www.a.example/x/"),
        ("https://www.a.example/d/index.html", "https://www.a.example/d/"),
        ("https://www.a.example/x", "https://a.example/x"),
        ("https://a.example/x", "https://www.a.example/x"),
    ],
)
def test_a_detail_that_often_goes_wrong_is_tried_the_other_way(text: str, candidate: str) -> None:
    assert candidate in urls(text)


@pytest.mark.parametrize(
    ("text", "candidate"),
    [
        ("https://a.example/", "https://a.example//"),
        ("https://a.example/x.pdf", "https://a.example/x.pdf/"),
        ("https://a.example/x?q", "https://a.example/x?q/"),
        ("https://a.b.example/x", "https://www.a.b.example/x"),
        ("https://10.0.0.1/x", "https://www.10.0.0.1/x"),
        ("http://a.example:8080/x", "https://a.example:8080/x"),
        ("https://a.example/x", "http://a.example/x"),
        ("https://a.example/汉字", "https://a.example/%E6%B1%89"),
    ],
)
def test_what_would_be_another_page_is_not_tried(text: str, candidate: str) -> None:
    assert candidate not in urls(text)


def test_only_a_change_of_scheme_stays_in_place() -> None:
    assert [variant.url for variant in variants("http://a.example/x") if variant.same_place] == ["https://a.example/x"]


@pytest.mark.parametrize("text", ["mailto:a@b", "file:///x", "no url", ""])
def test_what_is_not_fetched_has_no_candidates(text: str) -> None:
    assert variants(text) == []


@given(
    st.text(max_size=20),
    st.sampled_from(["http://a.example/", "https://www.a.example/?", "http://[::1]/", "https://a.example:1/"]),
)
def test_candidates_are_canonical_distinct_and_none_is_the_link_itself(rest: str, start: str) -> None:
    try:
        canonical = parse(start + rest).canonical
    except InvalidUrl:
        return
    found = [variant.url for variant in variants(canonical)]
    assert len(found) == len(set(found)) <= MAX_VARIANTS
    assert canonical not in found
    assert all(parse(url).canonical == url and parse(url).fetchable for url in found)
    assert all(parse(url).host.removeprefix("www.") == parse(canonical).host.removeprefix("www.") for url in found)
