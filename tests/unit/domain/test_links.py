"""Places in a document: line and column in code points, for any offset."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.links import LineIndex


def test_lines_and_columns_count_from_one_in_code_points() -> None:
    document = "一二\n😀x\n\nend"
    index = LineIndex(document)
    assert [index.place(offset) for offset in range(len(document))] == [
        (1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3), (3, 1), (4, 1), (4, 2), (4, 3),
    ]  # fmt: skip


def test_an_empty_document_has_one_line() -> None:
    assert LineIndex("").place(0) == (1, 1)


def test_a_line_past_the_end_starts_where_the_last_one_does() -> None:
    index = LineIndex("a\nb\nc")
    assert [index.start(line) for line in (1, 2, 3, 9)] == [0, 2, 4, 4]


@given(st.text(alphabet="a\n\r\u2028é😀", max_size=40), st.data())
def test_a_place_leads_back_to_its_offset(document: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, max(0, len(document) - 1)))
    index = LineIndex(document)
    line, column = index.place(offset)
    assert index.start(line) + column - 1 == offset
    assert document[:offset].count("\n") == line - 1
