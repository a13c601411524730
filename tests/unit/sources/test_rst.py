"""reStructuredText: which links are found, and where."""

import pytest

from crawler.domain.links import FoundLink
from crawler.sources import rst


def hrefs(document: str, *, optional: bool = False) -> list[str]:
    return [link.href for link in rst.extract(document) if link.optional is optional]


def only(document: str) -> FoundLink:
    (link,) = rst.extract(document)
    assert document[link.start : link.start + len(link.raw)] == link.raw
    return link


@pytest.mark.parametrize(
    ("document", "raw", "href"),
    [
        pytest.param("See https://a.example/x.\n", "https://a.example/x", "https://a.example/x", id="standalone"),
        pytest.param("See `A <https://a.example/>`_.\n", "https://a.example/", "https://a.example/", id="embedded"),
        pytest.param("See `A <https://a.example/>`__.\n", "https://a.example/", "https://a.example/", id="anonymous"),
        pytest.param(
            "`A <https://a.example/long\n/path>`_\n",
            "https://a.example/long\n/path",
            "https://a.example/long/path",
            id="broken over lines",
        ),
        pytest.param(
            "`A <https://a.example/x y>`_\n", "https://a.example/x y", "https://a.example/xy", id="blank in the address"
        ),
        pytest.param(
            r"`A <https://a.example/x\_>`_" + "\n", r"https://a.example/x\_", "https://a.example/x_", id="escaped"
        ),
        pytest.param("A_\n\n.. _A: https://a.example/\n", "https://a.example/", "https://a.example/", id="target"),
        pytest.param(
            "A__\n\n.. __: https://a.example/\n", "https://a.example/", "https://a.example/", id="anonymous target"
        ),
        pytest.param("A__\n\n__ https://a.example/\n", "https://a.example/", "https://a.example/", id="short target"),
        pytest.param(
            ".. _A:\n   https://a.example/x\n   /y\n",
            "https://a.example/x\n   /y",
            "https://a.example/x/y",
            id="target on the next lines",
        ),
        pytest.param("me@a.example\n", "me@a.example", "mailto:me@a.example", id="mail"),
        pytest.param(".. image:: pic.png\n", "pic.png", "pic.png", id="image"),
        pytest.param(
            ".. |logo| image:: https://a.example/l.png\n",
            "https://a.example/l.png",
            "https://a.example/l.png",
            id="substituted image",
        ),
        pytest.param(
            "- item\n\n\t- deeper https://a.example/t\n",
            "https://a.example/t",
            "https://a.example/t",
            id="behind a tab",
        ),
        pytest.param(".. [1] https://a.example/n\n", "https://a.example/n", "https://a.example/n", id="footnote"),
    ],
)
def test_each_form_of_link_is_found_at_its_place(document: str, raw: str, href: str) -> None:
    link = only(document)
    assert (link.raw, link.href, link.optional) == (raw, href, False)


def test_an_image_and_the_target_behind_it_are_two_links() -> None:
    document = ".. image:: https://a.example/badge.svg\n   :alt: Badge\n   :target: https://a.example/\n"
    assert [(link.kind, link.raw) for link in rst.extract(document)] == [
        ("image", "https://a.example/badge.svg"),
        ("link", "https://a.example/"),
    ]


def test_a_reference_by_name_is_reported_at_its_definition_only() -> None:
    document = "A_ and A_ again\n\n.. _A: https://a.example/\n"
    assert only(document).start == document.index("https")


@pytest.mark.parametrize(
    "directive",
    [
        ".. note::",
        ".. tip::",
        ".. versionadded:: 3.2",
        ".. unheard-of::",
        ".. unheard-of:: argument\n   :option: value",
        ".. py:function:: f(a, *, b)",
        ".. figure:: x.png\n   :unknown-option: yes",
        ".. list-table::\n   :unknown-option: yes",
        ".. tab-set::\n\n   .. tab-item:: One",
    ],
)
def test_links_inside_any_directive_are_kept(directive: str) -> None:
    document = f"{directive}\n\n   See `A <https://a.example/>`_ here.\n"
    assert "https://a.example/" in hrefs(document)


def test_a_directive_with_its_text_on_the_first_line_keeps_its_link() -> None:
    assert hrefs(".. seealso:: the page https://a.example/\n") == ["https://a.example/"]


def test_an_unknown_directive_keeps_the_address_in_its_options() -> None:
    assert hrefs(".. grid-item-card:: Title\n   :link: https://a.example/\n\n   Body\n") == ["https://a.example/"]


def test_a_toctree_gives_its_external_entries() -> None:
    assert hrefs(".. toctree::\n   :maxdepth: 1\n\n   guide/index\n   Home <https://a.example/>\n") == [
        "https://a.example/"
    ]


def test_unknown_roles_do_not_lose_the_links_around_them() -> None:
    document = "See :doc:`guide`, :ref:`here <label>` and :custom:`x` at https://a.example/.\n"
    assert hrefs(document) == ["https://a.example/"]


def test_what_an_unknown_role_shows_is_optional_and_what_it_links_is_not() -> None:
    shown, linked = rst.extract("See :code-x:`'https://a.example/'` and :download:`b <https://b.example/>`.")
    assert (shown.href, shown.optional) == ("https://a.example/", True)
    assert (linked.href, linked.optional) == ("https://b.example/", False)


def test_roles_that_make_addresses_of_numbers_are_no_links_of_the_text() -> None:
    assert rst.extract(":pep:`8` and :rfc:`2822`\n") == []


@pytest.mark.parametrize(
    "document",
    [
        "Code::\n\n    curl https://a.example/\n",
        "``https://a.example/``\n",
        ".. code-block:: sh\n\n   curl https://a.example/\n",
        ".. see https://a.example/\n",
        ">>> get('https://a.example/')\n",
        ".. math::\n\n   https://a.example/\n",
    ],
    ids=["literal block", "literal", "code directive", "comment", "doctest", "math"],
)
def test_what_a_reader_cannot_click_is_optional(document: str) -> None:
    assert hrefs(document) == []
    assert hrefs(document, optional=True) == ["https://a.example/"]


def test_equal_cells_of_a_table_row_are_two_places() -> None:
    document = "==================  ==================\nhttps://a.example/  https://a.example/\n==================  ==================\n"
    first, second = rst.extract(document)
    assert first.start != second.start


def test_an_image_by_wildcard_names_no_file() -> None:
    assert rst.extract(".. image:: pics/x.*\n") == []


def test_no_file_is_included(tmp_path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("https://secret.example/")
    document = f".. include:: {secret}\n\n.. literalinclude:: {secret}\n\n.. raw:: html\n   :file: {secret}\n\n.. csv-table::\n   :file: {secret}\n"
    assert "https://secret.example/" not in [link.href for link in rst.extract(document)]


def test_a_vcs_requirement_in_code_is_no_web_address() -> None:
    assert rst.extract("``git+https://a.example/x.git``\n") == []


def test_a_link_after_a_windows_line_end_keeps_its_place() -> None:
    document = "Title\r\n=====\r\n\r\nSee `A\r\n<https://a.example/>`_.\r\n"
    assert only(document).raw == "https://a.example/"


def test_sections_and_targets_are_anchors() -> None:
    names = rst.anchors("First Part\n==========\n\n.. _my-label:\n\nSecond\n------\n")
    assert {"first-part", "my-label", "second"} <= names


def test_a_deeply_nested_document_is_read_as_text_at_least() -> None:
    document = "".join("  " * depth + "- x\n\n" for depth in range(400)) + "https://a.example/\n"
    assert "https://a.example/" in [link.href for link in rst.extract(document)]


def test_raw_html_gives_its_links() -> None:
    assert hrefs('.. raw:: html\n\n   <a href="https://a.example/?a&amp;b">x</a>\n') == ["https://a.example/?a&b"]


def test_a_role_defined_in_one_document_is_unknown_in_the_next() -> None:
    rst.extract(".. role:: leaking\n.. default-role:: leaking\n")
    assert hrefs(":leaking:`x <https://a.example/>`\n") == ["https://a.example/"]
