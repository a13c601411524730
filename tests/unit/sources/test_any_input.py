"""Whatever the input: no format's reader raises, and each link stands where it says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.sources import registry
from crawler.sources.registry import Kind

_PIECES = st.sampled_from(
    [
        "https://a.example/x", "http://b.example/(y)", "www.c.example", "me@d.example", "`", "``", "_", "__", "<", ">",
        "[", "]", "[[", "]]", "(", ")", "{", "}", "|", "|===", ":", "::", ".. ", ".. _a: ", ".. image:: ", ".. note:: ",
        ".. |s| image:: ", ":doc:`", "\n", "\n\n", "\r\n", "\t", "   ", "\\", "\\url{", "\\href{", "%", "@misc{", "url = ",
        "doi = {10.1/x}", '"', "'", "#", "#+begin_src\n", "#+end_src\n", "----\n", "====\n", "====", "ifdef::x[]\n",
        "endif::[]\n", ":name: ", "{name}", "link:", "image::", "xref:", "<<", ">>", "+", "++", "+++", "pass:[", "- ", "* ",
        "{\"a\": \"", "\": ", "&amp;", "<outline url=\"", "é", "中文", "\u3000", "\u2028", "\x0b", "\x1c", "\0", "😀", "a", "1.",
        "<!--", "-->", "---\n", "+---+\n", "=== ===\n",
    ]
)  # fmt: skip
_DOCUMENTS = st.lists(_PIECES | st.text(max_size=4), max_size=40).map("".join)


@pytest.mark.parametrize("kind", list(Kind))
@settings(max_examples=150, deadline=None)
@given(document=_DOCUMENTS)
def test_every_link_stands_where_it_says(kind: Kind, document: str) -> None:
    links = registry.extract(document, kind)
    for link in links:
        assert link.raw
        assert document[link.start : link.start + len(link.raw)] == link.raw
    assert [link.start for link in links] == sorted(link.start for link in links)


@pytest.mark.parametrize("kind", list(Kind))
@settings(max_examples=40, deadline=None)
@given(document=_DOCUMENTS)
def test_anchors_are_read_from_anything(kind: Kind, document: str) -> None:
    assert all(isinstance(name, str) for name in registry.anchors(document, kind))


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize(
    "unit",
    [
        "https://a.example/x ",
        "[[",
        "`a <",
        "{a}",
        "((((",
        '"\\',
        "\\url{",
        "<<<<",
        "++",
        "@a{b,c={",
        "|a",
        "- ",
        "a: [",
        ".. _",
    ],
)
def test_long_repetitions_are_read_in_linear_time(kind: Kind, unit: str) -> None:
    document = unit * (20_000 // len(unit))
    registry.extract(document, kind)
