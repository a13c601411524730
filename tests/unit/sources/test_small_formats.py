"""Org, OPML, TeX, BibTeX, JSON, YAML, TOML and plain text."""

import pytest

from crawler.sources import bibtex, data, opml, org, plain, tex


def found(extract, document: str) -> list[tuple[str, str, bool]]:
    links = extract(document)
    for link in links:
        assert document[link.start : link.start + len(link.raw)] == link.raw
    return [(link.raw, link.href, link.optional) for link in links]


def clickable(extract, document: str) -> list[str]:
    return [href for _, href, optional in found(extract, document) if not optional]


def optional(extract, document: str) -> list[str]:
    return [href for _, href, hidden in found(extract, document) if hidden]


U = "https://a.example/"


@pytest.mark.parametrize(
    ("document", "hrefs"),
    [
        ("[[https://a.example/][A]]", [U]),
        ("[[https://a.example/]]", [U]),
        ("see https://a.example/.", [U]),
        ("see <https://a.example/>", [U]),
        ("[[file:a.org::#part][A]]", ["a.org#part"]),
        ("[[./pic.png]]", ["./pic.png"]),
        ("[[#custom][x]]", ["#custom"]),
        ("[[id:1234][x]]", []),
        ("[[*Heading][x]]", []),
        ("[[https://a.example/][https://b.example/p.png]]", [U, "https://b.example/p.png"]),
        ("#+LINK: gh https://a.example/%s\n[[gh:me][me]]", ["https://a.example/%s", "https://a.example/me"]),
        ('#+HTML: <a href="https://a.example/">x</a>', [U]),
        ("#+begin_quote\nhttps://a.example/\n#+end_quote", [U]),
    ],
)
def test_org_links(document: str, hrefs: list[str]) -> None:
    assert clickable(org.extract, document) == hrefs


@pytest.mark.parametrize(
    "document",
    [
        "#+begin_src sh\nhttps://a.example/\n#+end_src\n",
        "# https://a.example/\n",
        "=https://a.example/=",
        ": https://a.example/\n",
    ],
    ids=["source block", "comment", "verbatim", "fixed width"],
)
def test_org_code_and_comments_are_optional(document: str) -> None:
    assert (clickable(org.extract, document), optional(org.extract, document)) == ([], [U])


def test_text_after_an_org_block_is_read_again() -> None:
    document = "#+begin_example\nx\n#+end_example\nhttps://a.example/\n"
    assert clickable(org.extract, document) == [U]


def test_org_verbatim_text_ends_at_its_own_mark_in_its_line() -> None:
    assert clickable(org.extract, "=a ~b= https://a.example/ ~c=d~ =e\nhttps://b.example/=") == [
        U,
        "https://b.example/=",
    ]


def test_long_lines_of_open_org_marks_are_read_in_linear_time() -> None:
    assert clickable(org.extract, "=a " * 100_000 + U) == [U]


def test_opml_text_is_read_with_its_entities_resolved() -> None:
    document = '<opml><body><outline _note="&lt;a href=&quot;https://a.example/?b&amp;c&quot;&gt;"/></body></opml>'
    assert found(opml.extract, document) == [("https://a.example/?b&amp;c", "https://a.example/?b&c", False)]


def test_addresses_in_the_head_of_opml_are_optional() -> None:
    document = (
        "<opml><head><docs>https://a.example/</docs></head><body><outline text='https://b.example/'/></body></opml>"
    )
    assert found(opml.extract, document) == [(U, U, True), ("https://b.example/", "https://b.example/", False)]


def test_opml_gives_page_feed_and_names_that_are_addresses() -> None:
    document = '<outline text="https://t.example/" xmlUrl="https://a.example/?a=1&amp;b=2" htmlUrl="" url=\'https://c.example/\'/>'
    assert clickable(opml.extract, document) == [
        "https://t.example/",
        "https://a.example/?a=1&b=2",
        "https://c.example/",
    ]


def test_xml_namespaces_are_no_links() -> None:
    assert opml.extract('<feed xmlns="http://www.w3.org/2005/Atom" xmlns:x="http://x.example/"/>') == []


@pytest.mark.parametrize(
    ("document", "hrefs"),
    [
        (r"\url{https://a.example/}", [U]),
        (r"\url|https://a.example/|", [U]),
        (r"\href{https://a.example/a\%20b\#c}{text}", ["https://a.example/a%20b#c"]),
        (r"\href[pdfnewwindow]{https://a.example/}{text}", [U]),
        (r"\url{https://a.example/x_y%20z}", ["https://a.example/x_y%20z"]),
        ("\\url{https://a.example/%\n  long}", ["https://a.example/long"]),
        (r"\newcommand{\u}[1]{\url{https://a.example/#1}}", []),
        (r"see https://a.example/a\_b.", ["https://a.example/a_b"]),
        (r"{\tt https://a.example/}", [U]),
        ("100\\% of \\url{https://a.example/}", [U]),
    ],
)
def test_tex_links(document: str, hrefs: list[str]) -> None:
    assert clickable(tex.extract, document) == hrefs


@pytest.mark.parametrize(
    "document",
    [
        "% \\url{https://a.example/}",
        "\\begin{verbatim}\nhttps://a.example/\n\\end{verbatim}",
        r"\verb|https://a.example/|",
        r"\nolinkurl{https://a.example/}",
    ],
    ids=["comment", "verbatim", "verb", "nolinkurl"],
)
def test_tex_comments_and_code_are_optional(document: str) -> None:
    assert (clickable(tex.extract, document), optional(tex.extract, document)) == ([], [U])


@pytest.mark.parametrize(
    ("field", "hrefs"),
    [
        ("url = {https://a.example/}", [U]),
        ('URL = "https://a.example/"', [U]),
        (r"note = {\url{https://a.example/}}", [U]),
        (r"note = {\href{https://a.example/}{x}}", [U]),
        ("howpublished = {At https://a.example/, 2020}", [U]),
        (r"url = {https://a.example/a\_b\#c}", ["https://a.example/a_b#c"]),
        ("eprint = {1201.3898}", []),
        ("doi = {10.1000/182}", ["https://doi.org/10.1000/182"]),
        ("title = {A {B} c} # { https://a.example/}", [U]),
    ],
)
def test_bibtex_fields(field: str, hrefs: list[str]) -> None:
    assert clickable(bibtex.extract, f"@article{{key,\n  {field},\n  year = 2020\n}}\n") == hrefs


def test_a_doi_beside_a_url_is_optional() -> None:
    document = "@misc{k, url={https://a.example/}, doi={10.1000/182}}"
    assert optional(bibtex.extract, document) == ["https://doi.org/10.1000/182"]


def test_text_outside_bibtex_entries_is_a_comment() -> None:
    assert optional(bibtex.extract, "% https://a.example/\n@misc{k, title={x}}") == [U]


def test_an_entry_that_never_ends_does_not_swallow_the_next() -> None:
    document = "@misc{a, title={x\n\n@misc{b, url={https://a.example/}}\n"
    assert U in [link.href for link in bibtex.extract(document)]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ('{"a": "https://a.example/"}', [(U, U, False)]),
        (r'{"a": "https:\/\/a.example\/"}', [(r"https:\/\/a.example\/", U, False)]),
        (r'{"a": "https://a.example/\u00e9"}', [(r"https://a.example/\u00e9", "https://a.example/é", False)]),
        ('{"https://a.example/": 1}', []),
        ('{"a": "see https://a.example/."}', [(U, U, False)]),
        ('// https://a.example/\n{"a": 1}', [(U, U, True)]),
        ('{"url": "git+https://a.example/b.git"}', []),
        (r'{"a": "line\nhttps://a.example/\nmore"}', [(U, U, False)]),
    ],
)
def test_json_values(document: str, expected: list[tuple[str, str, bool]]) -> None:
    assert found(data.extract_json, document) == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("a: https://a.example/\n", [(U, U, False)]),
        ("a: 'https://a.example/'\n", [(U, U, False)]),
        ('a: "https:\\/\\/a.example/"\n', [(r"https:\/\/a.example/", U, False)]),
        (
            "- https://a.example/ # https://b.example/\n",
            [(U, U, False), ("https://b.example/", "https://b.example/", True)],
        ),
        ("a: |\n  see\n  https://a.example/\n", [(U, U, False)]),
        ("https://a.example/: x\n", []),
        (
            "? [https://k.example/]\n: https://a.example/\n",
            [("https://k.example/", "https://k.example/", False), (U, U, False)],
        ),
        ("a: é中\nb: https://a.example/\n", [(U, U, False)]),
        ("a: {{ template }}: }\nb: https://a.example/\n", [(U, U, False)]),
        ("---\na: https://a.example/\n---\nb: 1\n", [(U, U, False)]),
    ],
)
def test_yaml_values(document: str, expected: list[tuple[str, str, bool]]) -> None:
    assert found(data.extract_yaml, document) == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ('a = "https://a.example/"', [(U, U, False)]),
        ("a = 'https://a.example/'", [(U, U, False)]),
        ('a = """\nsee https://a.example/\n"""', [(U, U, False)]),
        ('"https://a.example/" = 1', []),
        ("# https://a.example/", [(U, U, True)]),
        ('a = "x#y" # https://a.example/', [(U, U, True)]),
    ],
)
def test_toml_values(document: str, expected: list[tuple[str, str, bool]]) -> None:
    assert found(data.extract_toml, document) == expected


def test_aliases_of_aliases_are_not_expanded() -> None:
    bomb = "a: &a [https://a.example/]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
    )
    assert clickable(data.extract_yaml, bomb) == [U]


def test_plain_text_gives_bare_addresses() -> None:
    assert clickable(plain.extract, "see https://a.example/, or not") == [U]


def test_org_headings_and_ids_are_anchors() -> None:
    document = "* TODO First [[https://a.example/][part]]  :tag:\n:PROPERTIES:\n:CUSTOM_ID: own\n:END:\n<<target>>\n"
    assert {"first-part", "own", "target"} <= org.anchors(document)


@pytest.mark.parametrize(
    ("extract", "document"),
    [
        (org.extract, "see www.a.example/b"),
        (tex.extract, r"\homepage{www.a.example/b}"),
        (data.extract_json, '{"a": "www.a.example/b"}'),
        (opml.extract, "<opml><outline description='www.a.example/b'/></opml>"),
    ],
    ids=["org", "tex", "json", "opml"],
)
def test_an_address_without_a_scheme_is_optional_where_the_format_makes_no_link_of_it(extract, document: str) -> None:
    assert found(extract, document) == [("www.a.example/b", "http://www.a.example/b", True)]
