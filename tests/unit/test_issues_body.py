"""What an issue says, and that nothing of a page or a source gets out of its code span."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from markdown_it import MarkdownIt

from crawler.domain.memento import MementoState
from crawler.domain.suggestion import Confidence, Kind, Suggestion
from crawler.domain.verdict import Evidence, Verdict
from reports.issues import markdown
from reports.issues.body import Writer, dashboard_body, link_body
from reports.issues.groups import fingerprint, group
from reports.issues.identity import link_key
from reports.issues.marker import find_key, key_of, marker
from reports.model import Finding, MementoView, Place, Report, Section
from tests.fakes.issue_reports import FIRST_NIGHT, dead, finding, fine, night, recovering, report

KEY = key_of("awesome", "dashboard")
HOSTILE = [
    "@octocat please",
    "see #123 and GH-1 and octo/repo#7",
    "a | b",
    "<script>alert(1)</script>",
    "`` ` ``",
    "```\n# heading",
    "](https://evil.example) [x",
    "\u202egpj.exe",
    "👩‍👩‍👧 e\u0301",
    "line\nbreak\r\n- item",
    "<!-- linkvigil:v1 key=0000000000000000 -->",
    "</details>",
    "&#64;octocat &commat;octocat",
    "16c999e8c71134401a78d4d46435517b2271d6ac",
    "<img src=x onerror=alert(1)>",
    "\\`",
    "www.example.com https://example.com/x",
    "***bold*** ~~gone~~ [ ] [x]",
    "\x00\x1b[31m",
    "",
]
MENTION = re.compile(r"@\w|#\d|GH-\d|\b[0-9a-f]{40}\b|https?://|www\.")
ALLOWED = {"details", "summary", "sub", "p", "ul", "li", "a", "code", "h3", "strong", "hr", "pre", "em", "body", "html"}


def writer(made: Report, **changes: object) -> Writer:
    facts = {"backlinks": False, "report_url": None, **changes}
    return Writer.of(made, **facts)  # type: ignore[arg-type]


def body(made: Report, listed: tuple[str, ...] = (), **changes: object) -> str:
    return dashboard_body(writer(made, **changes), KEY, group(made, listed), listed)


def hostile(text: str, section: Section = Section.BROKEN) -> Finding:
    """Return a dead link with the text wherever a page or a source can put it."""
    return dead(
        f"https://example.com/?q={text}",
        section=section,
        why=text,
        rule="unheard-of",
        links=(Place(source=text or "x", line=1, column=1, text=text, permalink=text),),
        suggestions=(
            Suggestion(url=text, kind=Kind.REDIRECT, confidence=Confidence.POSSIBLE, evidence=()),
            Suggestion(
                url=f"https://example.org/{text}", kind=Kind.MEMENTO, confidence=Confidence.SUGGESTED, evidence=()
            ),
        ),
        memento=MementoView(state=MementoState.FOUND, url=f"https://archive.example/{text}"),
    )


def rendered(text: str) -> html.HtmlElement:
    """Render as GitHub does, with raw HTML and autolinks."""
    page: html.HtmlElement = html.document_fromstring(
        MarkdownIt("gfm-like", {"html": True, "linkify": True}).render(text)
    )
    return page


def loose_text(page: html.HtmlElement) -> str:
    """Return the text outside code: where GitHub looks for mentions and references."""
    for code in page.xpath("//code|//pre"):
        code.drop_tree()
    return str(page.text_content())


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_are_neither_markup_nor_mentions(text: str) -> None:
    page = rendered(body(report(3, hostile(text), project=text or "x")))
    assert {element.tag for element in page.iter() if isinstance(element.tag, str)} <= ALLOWED
    assert len(page.xpath("//body/ul/li")) == 1
    assert not page.xpath("//@*[starts-with(name(), 'on')]")
    assert all(href.startswith(("https://", "http://")) for href in page.xpath("//a/@href"))
    assert not MENTION.search(loose_text(page))


SIGNS = st.one_of(st.text(max_size=60), st.text(alphabet="`[]()<>*_|\\#@!& a\n~-", max_size=30))


@given(SIGNS)
def test_no_text_escapes_its_code_span(text: str) -> None:
    page = rendered(f"- {markdown.code(text)} end\n")
    (item,) = page.xpath("//li")
    (code,) = item
    assert code.tag == "code"
    assert (item.text or "").strip() == ""
    assert (code.tail or "").strip() == "end"


@given(SIGNS)
def test_no_url_escapes_its_link(text: str) -> None:
    page = rendered(f"- {markdown.link(text, 'https://example.com/' + text, backlinks=False)} end\n")
    (item,) = page.xpath("//li")
    (child,) = item
    assert child.tag in ("a", "code")
    assert (item.text or "").strip() == ""
    assert (child.tail or "").strip() == "end"


@pytest.mark.parametrize(
    ("url", "becomes"),
    [
        ("https://github.com/o/r/issues/1", "https://redirect.github.com/o/r/issues/1"),
        ("http://www.github.com/o/r?x=1#y", "https://redirect.github.com/o/r?x=1#y"),
        ("https://GitHub.com/o/r", "https://redirect.github.com/o/r"),
        ("https://api.github.com/repos/o/r", "https://api.github.com/repos/o/r"),
        ("https://github.com.evil.example/o", "https://github.com.evil.example/o"),
        ("http://[broken", "http://[broken"),
    ],
)
def test_links_to_github_leave_no_backlink(url: str, becomes: str) -> None:
    assert markdown.without_backlink(url) == becomes


def test_on_an_enterprise_server_links_to_github_stay_as_they_are() -> None:
    link = dead("https://github.com/o/r/issues/1")
    assert "redirect.github.com" not in body(report(3, link), backlinks=True)
    assert "(<https://redirect.github.com/o/r/issues/1>)" in body(report(3, link), backlinks=False)


@pytest.mark.parametrize(
    "text", ["ask @octocat", "fixes #12", "see GH-3", "o/r#4"], ids=["mention", "number", "gh", "repo"]
)
def test_a_title_mentions_nobody(text: str) -> None:
    assert not MENTION.search(markdown.title(text))


def test_a_title_is_one_line_of_at_most_200_characters() -> None:
    shown = markdown.title("x\n" * 400)
    assert "\n" not in shown
    assert len(shown) == 200


def test_the_marker_is_the_first_line() -> None:
    text = body(report(3, dead("https://a.example/")))
    assert text.startswith(marker(KEY) + "\n")
    assert find_key(text) == KEY


@pytest.mark.parametrize("text", ["", None, "x\n" + marker(KEY), "<!-- linkvigil:v1 key=short -->"])
def test_a_marker_elsewhere_is_no_marker(text: str | None) -> None:
    assert find_key(text) is None


def test_the_key_depends_on_project_scope_and_url() -> None:
    keys = {key_of("a", "link", "u"), key_of("b", "link", "u"), key_of("a", "dashboard", "u"), key_of("a", "link", "v")}
    assert len(keys) == 4
    assert all(re.fullmatch("[0-9a-f]{16}", key) for key in keys)


def test_a_row_says_why_since_when_where_and_what_instead() -> None:
    link = dead(
        "https://a.example/old",
        links=(
            Place(
                source="docs/x.md",
                line=7,
                column=1,
                text="原文",
                permalink="https://github.com/o/r/blob/c/docs/x.md#L7",
            ),
        ),
        suggestions=(
            Suggestion(
                url="https://a.example/new",
                kind=Kind.REDIRECT,
                confidence=Confidence.SUGGESTED,
                evidence=(Evidence(name="permanent", value="301"),),
            ),
        ),
        memento=MementoView(state=MementoState.FOUND, url="https://archive.example/1/x", timestamp=FIRST_NIGHT),
    )
    text = body(report(3, link))
    for part in (
        "[`https://a.example/old`](<https://a.example/old>)",
        "`404`",
        "dead since 2026-03-01",
        "[`docs/x.md:7`](<https://github.com/o/r/blob/c/docs/x.md#L7>) `原文`",
        "moved to: [`https://a.example/new`](<https://a.example/new>)",
        "archived copy: [`2026-03-01`](<https://archive.example/1/x>)",
    ):
        assert part in text


def _local(folder: str, source: str, raw: str) -> Finding:
    place = Place(source=source, line=7, column=1, text="picture", raw=raw)
    return dead(f"file://{folder}/img/x.png", links=(place,))


def test_a_local_target_is_named_by_its_path_in_the_tree_and_not_by_the_machines() -> None:
    text = body(report(3, _local("/home/someone/list", "docs/a.md", "../img/x.png#top")))
    assert "- `img/x.png` ·" in text
    assert "someone" not in text


def test_a_local_target_is_the_same_on_every_machine() -> None:
    here, there = _local("/home/a/list", "docs/a.md", "../img/x.png"), _local("/srv/b", "docs/a.md", "../img/x.png")
    assert link_key("awesome", here) == link_key("awesome", there)
    assert _print(here) == _print(there)


def test_places_with_the_same_text_share_a_line() -> None:
    places = tuple(
        Place(source="README.md", line=line, column=1, text=text) for line, text in ((1, "x"), (9, "y"), (4, "x"))
    )
    text = body(report(3, dead("https://a.example/", links=places)))
    assert "  - in `README.md:1`, `README.md:4` `x`\n  - in `README.md:9` `y`" in text


def test_the_longest_dead_stand_first() -> None:
    links = [
        dead(f"https://{name}.example/", down_since=night(day)) for name, day in (("young", 9), ("old", 1), ("mid", 5))
    ]
    text = body(report(12, *links))
    assert text.index("old.example") < text.index("mid.example") < text.index("young.example")


def test_what_the_issue_did_not_list_before_is_new() -> None:
    old, new = dead("https://old.example/"), dead("https://new.example/")
    text = body(report(12, old, new), listed=(old.key,))
    assert text.index("New on 2026-03-12 (1)") < text.index("new.example") < text.index("Still dead (1)")
    assert text.index("Still dead (1)") < text.index("old.example")


def test_what_the_issue_listed_before_and_is_in_order_now_is_repaired() -> None:
    mended, ever_fine = fine("https://mended.example/"), fine("https://fine.example/")
    text = body(report(9, dead("https://a.example/"), mended, ever_fine), listed=(mended.key,))
    assert "Repaired by 2026-03-09 (1)" in text
    assert "mended.example" in text
    assert "fine.example" not in text


def test_unconfirmed_and_ignored_links_are_not_called_dead() -> None:
    ignored = dead("https://ignored.example/", section=Section.IGNORED)
    today = finding("https://today.example/", Section.NEW, None, Verdict.GONE, dead_today=True)
    text = body(report(3, dead("https://a.example/"), ignored, today))
    assert "ignored.example" not in text
    assert "today.example" not in text


def test_redirects_are_folded_away() -> None:
    moved = finding("https://m.example/", Section.REDIRECT, None, Verdict.MOVED, final_url="https://n.example/")
    text = body(report(3, dead("https://a.example/"), moved))
    assert text.index("<details>") < text.index("m.example") < text.index("n.example") < text.index("</details>")


def test_the_language_is_the_reports() -> None:
    text = body(report(3, dead("https://a.example/"), language="zh"))
    assert "失效链接" in text
    assert "dead link" not in text


@pytest.mark.parametrize("limit", [1_500, 3_000, 10_000, 58_000])
def test_a_long_body_is_cut_between_rows_and_counts_what_is_left_out(limit: int) -> None:
    links = [dead(f"https://{number:03}.example/{'路' * 60}") for number in range(400)]
    made = report(3, *links)
    text = dashboard_body(
        Writer(say=writer(made).say, run=made.run, backlinks=False, limit=limit), KEY, group(made), ()
    )
    shown = len(re.findall(r"^- \[", text, re.MULTILINE))
    assert markdown.size(text) <= limit
    assert shown > 0
    assert text.count(f"{400 - shown} rows did not fit") == (2 if shown < 400 else 0)
    assert len(rendered(text).xpath("//body/ul/li")) == shown
    assert "[[ignore]]" in text


@given(st.lists(st.text(max_size=300), max_size=12), st.integers(min_value=1_400, max_value=4_000))
def test_no_findings_make_a_body_longer_than_its_limit(texts: list[str], limit: int) -> None:
    made = report(3, *[hostile(text) for text in texts])
    text = dashboard_body(Writer(say=writer(made).say, run=made.run, limit=limit), KEY, group(made), ())
    assert markdown.size(text) <= limit


def test_no_row_is_left_out_before_a_less_important_one() -> None:
    places = tuple(Place(source=f"docs/{n}.md", line=n, column=1, text="x" * 80) for n in range(10))
    mended = fine("https://mended.example/")
    made = report(3, dead("https://a.example/", links=places), mended)
    before = (mended.key,)

    def within(limit: int) -> str:
        return dashboard_body(Writer(say=writer(made).say, run=made.run, limit=limit), KEY, group(made, before), before)

    text = within(markdown.size(within(58_000)) - 300)
    assert "2 rows did not fit" in text
    assert "mended.example" not in text


def test_a_link_with_very_many_places_still_fits() -> None:
    places = tuple(Place(source=f"docs/{n}.md", line=n, column=1, text="x" * 500) for n in range(5000))
    text = link_body(writer(report(3)), KEY, dead("https://a.example/" + "x" * 5000, links=places))
    assert markdown.size(text) < 58_000
    assert "and 4,900 more places" in text


def _print(*findings: Finding, language: str = "en") -> str:
    return fingerprint(group(report(3, *findings)), language)


@pytest.mark.parametrize(
    "change",
    [
        {"status": None, "rule": "no-answer"},
        {"section": Section.NEW},
        {"strikes": 17},
        {"checked_at": night(9)},
        {"why": "in other words"},
        {"links": (Place(source="README.md", line=12, column=3, text="a link", permalink="https://x.example/c2#L12"),)},
    ],
    ids=["status", "new", "strikes", "checked", "sentence", "commit"],
)
def test_what_changes_from_night_to_night_is_no_reason_to_write(change: dict[str, object]) -> None:
    assert _print(dead("https://a.example/")) == _print(dead("https://a.example/", **change))


@pytest.mark.parametrize(
    "change",
    [
        {"links": (Place(source="README.md", line=13, column=3, text="a link"),)},
        {"memento": MementoView(state=MementoState.FOUND, url="https://archive.example/1")},
        {
            "suggestions": (
                Suggestion(url="https://n.example/", kind=Kind.REDIRECT, confidence=Confidence.SUGGESTED, evidence=()),
            )
        },
        {"down_since": night(2)},
    ],
    ids=["line", "memento", "suggestion", "since"],
)
def test_what_helps_a_maintainer_is_a_reason_to_write(change: dict[str, object]) -> None:
    assert _print(dead("https://a.example/")) != _print(dead("https://a.example/", **change))


def test_a_first_good_day_is_a_reason_to_write() -> None:
    assert _print(dead("https://a.example/")) != _print(recovering("https://a.example/"))


def test_the_order_of_findings_is_no_reason_to_write() -> None:
    a, b = dead("https://a.example/"), dead("https://b.example/")
    assert _print(a, b) == _print(b, a)
    assert body(report(3, a, b)) == body(report(3, b, a))
