"""Extraction meets its bars on the corpora."""

from __future__ import annotations

import pytest

from tests.eval.collect_corpora import CORPORA, measure

pytestmark = [
    pytest.mark.battery,
    pytest.mark.skipif(not CORPORA.exists(), reason="the shared corpora are absent"),
]


@pytest.mark.parametrize("kind", ["md", "mdx", "html", "rst"])
def test_prose_is_read_to_half_a_percent(kind: str) -> None:
    score = measure(kind)
    assert score.recall() >= 99.5
    assert score.precision() >= 99.5


@pytest.mark.parametrize("kind", ["adoc", "bib", "ipynb", "json", "opml", "org", "tex"])
def test_other_kinds_are_read_to_two_percent_or_two_errors(kind: str) -> None:
    score = measure(kind)
    assert score.recall() >= 98 or score.count["missed"] <= 2
    assert score.precision() >= 98 or score.count["wrong"] <= 2


@pytest.mark.parametrize("kind", ["md", "mdx", "html", "ipynb"])
def test_links_stand_on_the_lines_of_the_reference(kind: str) -> None:
    assert measure(kind).lines() >= 99
