"""AsciiDoc: which links are found, and where."""

import pytest

from crawler.domain.links import FoundLink
from crawler.sources import asciidoc


def hrefs(document: str, *, optional: bool = False) -> list[str]:
    return [link.href for link in asciidoc.extract(document) if link.optional is optional]


def only(document: str) -> FoundLink:
    (link,) = asciidoc.extract(document)
    assert document[link.start : link.start + len(link.raw)] == link.raw
    return link


@pytest.mark.parametrize(
    ("document", "href"),
    [
        ("See https://a.example/x.", "https://a.example/x"),
        ("See (https://a.example/x).", "https://a.example/x"),
        ("See https://a.example/x; then", "https://a.example/x"),
        ("See https://a.example/x[the page^].", "https://a.example/x"),
        ("See <https://a.example/x>.", "https://a.example/x"),
        ("See `https://a.example/x`.", "https://a.example/x"),
        ("See *https://a.example/x*.", "https://a.example/x"),
        ("link:page.html[text]", "page.html"),
        ("link:++https://a.example/a b__c++[text]", "https://a.example/a b__c"),
        ("mailto:me@a.example[write]", "mailto:me@a.example"),
        ("write me@example.com", "mailto:me@example.com"),
        ("image::pics/a.png[Alt]", "pics/a.png"),
        ("an image:https://a.example/a.png[Alt] inline", "https://a.example/a.png"),
        ("xref:other.adoc#part[there]", "other.adoc#part"),
        ("xref:other#part[there]", "other.adoc#part"),
        ("<<part,there>>", "#part"),
        ("footnote:[See https://a.example/x.]", "https://a.example/x"),
        ("== Title https://a.example/x[here]", "https://a.example/x"),
        ("Term:: https://a.example/x", "https://a.example/x"),
        ("|===\n|Cell |https://a.example/x|more\n|===", "https://a.example/x"),
        (r"https://a.example/v1\...v2[diff]", "https://a.example/v1...v2"),
        ("https://a.example/v1...v2[diff]", "https://a.example/v1\u2026\u200bv2"),
    ],
)
def test_each_form_of_link_is_found(document: str, href: str) -> None:
    assert only(document).href == href


def test_a_link_over_an_image_gives_both() -> None:
    assert hrefs("image:https://a.example/b.svg[Badge,link=https://a.example/]") == [
        "https://a.example/b.svg",
        "https://a.example/",
    ]
    assert hrefs("https://a.example/[image:b.svg[Badge]]") == ["https://a.example/", "b.svg"]


def test_a_whole_address_in_an_attribute_is_found_at_its_definition() -> None:
    document = ":url-a: https://a.example/\n\nSee {url-a}[A] and {url-a}[again].\n"
    link = only(document)
    assert (link.raw, link.start) == ("https://a.example/", document.index("https"))


def test_an_address_composed_in_place_is_found_in_place() -> None:
    document = ":base: https://a.example\n\nSee {base}/issues[issues].\n"
    link = only(document)
    assert (link.raw, link.href) == ("{base}/issues", "https://a.example/issues")


def test_an_address_composed_in_a_definition_is_found_there() -> None:
    document = ":base: https://a.example\n:issues: {base}/issues\n\nSee {issues}[issues].\n"
    link = only(document)
    assert (link.raw, link.start) == ("{base}/issues", document.index("{base}"))


def test_an_attribute_that_nothing_uses_is_no_link() -> None:
    assert asciidoc.extract(":url: https://a.example/\n\nText.\n") == []


def test_a_later_definition_holds_from_there_on() -> None:
    document = ":u: https://a.example/\n\n{u}[A]\n\n:u: https://b.example/\n\n{u}[B]\n\n:u!:\n\n{u}[C]\n"
    assert hrefs(document) == ["https://a.example/", "https://b.example/"]


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        ("ifdef::env-github[]", False),
        ("ifndef::env-github[]", True),
        ("ifdef::backend-html5[]", True),
        ("ifdef::mine,env-github[]", True),
        ("ifdef::mine+env-github[]", False),
        ('ifeval::["{mine}" == "yes"]', True),
        ("ifeval::[{n} > 3]", False),
    ],
)
def test_conditionals_decide_as_in_a_plain_conversion(condition: str, shown: bool) -> None:
    document = f":mine: yes\n:n: 2\n\n{condition}\nhttps://a.example/\nendif::[]\n"
    assert hrefs(document) == (["https://a.example/"] if shown else [])


def test_a_conditional_on_one_line_gives_its_text() -> None:
    assert hrefs("ifndef::x[See https://a.example/.]\n") == ["https://a.example/"]


@pytest.mark.parametrize(
    "document",
    [
        "----\nhttps://a.example/\n----",
        "....\nhttps://a.example/\n....",
        "```sh\nhttps://a.example/\n```",
        "[source,sh]\nhttps://a.example/",
        "[source]\n--\nhttps://a.example/\n--",
        " https://a.example/",
        "// https://a.example/",
        "////\nhttps://a.example/\n////",
        "[stem]\n++++\nhttps://a.example/\n++++",
    ],
    ids=["listing", "literal", "fence", "source", "open source", "indented", "comment", "comments", "stem"],
)
def test_what_is_shown_as_it_stands_is_optional(document: str) -> None:
    assert hrefs(document) == []
    assert hrefs(document, optional=True) == ["https://a.example/"]


def test_a_listing_with_macros_has_links() -> None:
    assert hrefs('[source,subs="+macros"]\n----\nhttps://a.example/[x]\n----\n') == ["https://a.example/"]


@pytest.mark.parametrize(
    "document",
    [
        r"\https://a.example/",
        "+https://a.example/+",
        "+++https://a.example/+++",
        "pass:[https://a.example/]",
        "`+https://a.example/+`",
        r"\{url}[x]",
        "{unknown}[x]",
        "xref:module:page.adoc[x]",
        "xhttps://a.example/",
    ],
)
def test_escaped_and_passed_through_text_is_no_link(document: str) -> None:
    assert asciidoc.extract(document) == []


def test_list_items_are_no_literal_text() -> None:
    assert hrefs("  * https://a.example/[A]\n  . https://b.example/[B]\n") == [
        "https://a.example/",
        "https://b.example/",
    ]


@pytest.mark.parametrize("document", ["term::\n\n  see https://a.example/x", "a::\nb::\n\n  https://a.example/x"])
def test_the_text_of_a_term_may_stand_indented_after_a_blank_line(document: str) -> None:
    assert hrefs(document) == ["https://a.example/x"]


def test_only_the_first_indented_paragraph_is_a_term_s_text() -> None:
    assert hrefs("term::\n\n  text\n\n  https://a.example/x") == []


@pytest.mark.parametrize("attributes", ["[%hardbreaks]", "[%linenums,ruby]", "[,ruby]", "[#id,ruby]"])
def test_attributes_without_a_style_make_no_code_of_a_paragraph(attributes: str) -> None:
    assert hrefs(f"{attributes}\nhttps://a.example/x[page]") == ["https://a.example/x"]


@pytest.mark.parametrize(
    "document",
    [
        "*see https://a.example/x*",
        "_see https://a.example/x_, or",
        "see **https://a.example/x**.",
        "#see https://a.example/x#",
        "Ann <https://a.example/x>; Bob",
        "https://a.example/x:: term",
        "'https://b.example' (https://a.example/x)",
    ],
)
def test_marks_around_an_address_are_no_part_of_it(document: str) -> None:
    assert hrefs(document) == ["https://a.example/x"]


@pytest.mark.parametrize("url", ["https://a.example/x_", "https://a.example/*"])
def test_a_mark_that_closes_nothing_belongs_to_the_address(url: str) -> None:
    assert hrefs(f"* see {url}") == [url]


def test_an_address_in_straight_quotes_is_no_autolink() -> None:
    assert hrefs('say "https://a.example/x".') == []
    assert hrefs('say "https://a.example/x".', optional=True) == ["https://a.example/x"]


def test_all_cells_of_a_table_of_values_are_read() -> None:
    assert hrefs(",===\nhttps://a.example/x,https://b.example/y\n,===") == [
        "https://a.example/x",
        "https://b.example/y",
    ]


def test_only_an_attribution_in_single_quotes_is_read_for_links() -> None:
    assert hrefs("[quote, 'https://a.example/x[Ann]']\nText.") == ["https://a.example/x"]
    assert hrefs("[quote, https://a.example/x[Ann]]\nText.") == []


def test_an_icon_may_be_a_link() -> None:
    assert hrefs("icon:heart[2x,link=https://a.example/x]") == ["https://a.example/x"]


def test_ids_given_and_made_are_anchors() -> None:
    names = asciidoc.anchors("= Doc\n\n== First Part\n\n[#own]\n== Other\n\n[[inline]]text\n\n== First Part\n")
    assert {"_first_part", "_first_part_2", "own", "inline"} <= names


def test_what_is_included_is_a_link_of_its_own_also_in_a_listing() -> None:
    document = "include::part.adoc[]\n\n----\ninclude::code.rb[tag=x]\n----\n\ninclude::partial$x.adoc[]\n"
    assert hrefs(document) == ["part.adoc", "code.rb"]


def test_a_block_passed_through_is_read_as_html() -> None:
    assert hrefs('++++\n<a href="https://a.example/?a&amp;b">x</a>\n++++\n') == ["https://a.example/?a&b"]


def test_formulas_are_no_html() -> None:
    assert hrefs('[stem]\n++++\n<a href="https://a.example/">\n++++\n') == []


def test_an_underlined_title_opens_no_listing() -> None:
    document = "Document\n========\n\nFirst part\n----------\n\nhttps://a.example/\n"
    assert hrefs(document) == ["https://a.example/"]
    assert "_first_part" in asciidoc.anchors(document)


def test_a_listing_right_after_its_title_is_one() -> None:
    assert hrefs(".Code\n-----\nhttps://a.example/\n-----\n") == []


def test_attributes_between_a_block_s_title_and_the_block_count() -> None:
    assert hrefs('.Title\n[source,subs="+macros"]\n----\nhttps://a.example/[x]\n----\n') == ["https://a.example/"]
    assert hrefs(".See https://a.example/[x]\n[source]\nhttps://b.example/\n") == ["https://a.example/"]


def test_images_stand_in_the_folder_of_images() -> None:
    document = "image::a.png[]\n\n:imagesdir: pics\n\nimage::a.png[] image:https://a.example/b.png[] image:/c.png[]\n"
    assert hrefs(document) == ["a.png", "pics/a.png", "https://a.example/b.png", "/c.png"]


def test_an_image_of_another_component_is_no_file_here() -> None:
    assert hrefs("image::other:a.png[]\n") == []
