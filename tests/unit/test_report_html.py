"""The HTML report: self-contained, safe against foreign text, complete without JavaScript."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import html as lxml_html

from crawler.domain.memento import CaptureState
from crawler.domain.verdict import Evidence
from reports.csv_report import render_csv
from reports.html import data, render
from reports.html.render import BRIEF_LIMIT, FULL_LIMIT
from reports.i18n import words
from reports.json_report import render_json
from reports.markdown_report import render_markdown
from reports.model import CaptureView, Report, Section
from tests.fakes.reports import big_report, hostile_report, place, run_view, sample_report

GOLD = Path(__file__).parent.parent / "gold" / "report.html"
NAUGHTY = Path(__file__).parents[2].parent / "shared" / "data" / "urltests" / "blns" / "blns.json"
HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "\"' onmouseover=alert(1) x='",
    "{{7*7}} {% raw %} ${7*7}",
    "a\u202egnp.exe",
    "\x00\x1b[31m\x9b",
    "<!--<script>",
    "\ud800",
    "]]>",
    "\u2028\u2029",
]


def parse(text: str) -> Any:
    return lxml_html.document_fromstring(text.encode("utf-8"))


def block_of(text: str) -> dict[str, Any]:
    element = parse(text).get_element_by_id("data")
    raw = element.text_content()
    if "data-packed" in element.attrib:
        raw = zlib.decompress(base64.b64decode(raw)).decode("utf-8")
    found: dict[str, Any] = json.loads(raw)
    return found


def test_the_page_is_as_in_the_gold_file() -> None:
    text = scrubbed(render(sample_report()))
    if os.environ.get("UPDATE_GOLD"):
        GOLD.write_text(text, encoding="utf-8")
    assert text == GOLD.read_text(encoding="utf-8")


def scrubbed(text: str) -> str:
    """Blank what changes with every look: times, style, script and their hashes."""
    text = re.sub(r"<style>.*?</style>", "<style></style>", text, flags=re.DOTALL)
    text = re.sub(r"<script>.*?</script>", "<script></script>", text, flags=re.DOTALL)
    text = re.sub(r"sha256-[\w+/=]+", "sha256-HASH", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", text)
    return re.sub(r"\d{4}-\d\d-\d\d( \d\d:\d\d)?", "DATE", text)


def test_the_same_report_gives_the_same_bytes() -> None:
    assert render(sample_report()) == render(sample_report())


@pytest.mark.parametrize("report", [sample_report(), sample_report("zh"), big_report(3000)], ids=["en", "zh", "big"])
def test_every_internal_link_and_label_resolves_and_no_id_is_doubled(report: Report) -> None:
    page = parse(render(report))
    ids = Counter(page.xpath("//@id"))
    assert max(ids.values()) == 1
    assert {href[1:] for href in page.xpath("//a/@href") if href.startswith("#")} <= set(ids)
    assert {name for value in page.xpath("//@aria-labelledby") for name in value.split()} <= set(ids)


def test_the_policy_allows_exactly_this_style_and_script() -> None:
    page = parse(render(sample_report()))
    [policy] = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    for tag in ("style", "script"):
        [code] = page.xpath(f"//{tag}[not(@type)]")
        digest = base64.b64encode(hashlib.sha256(code.text_content().encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "form-action 'none'" in policy


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = parse(render(sample_report()))
    assert page.xpath("//@src | //link | //@style | //@*[starts-with(name(), 'on')] | //iframe | //object") == []
    assert page.xpath("//meta[@name='referrer']/@content") == ["no-referrer"]


def naughty() -> list[str]:
    if not NAUGHTY.exists():
        pytest.skip(f"the naughty strings are not here: {NAUGHTY}")
    found: list[str] = json.loads(NAUGHTY.read_text(encoding="utf-8"))
    return [text for text in found if text]


def assert_harmless(text: str) -> None:
    page = parse(text)
    assert len(page.xpath("//script")) == 2
    assert page.xpath("//img | //@style | //@*[starts-with(name(), 'on')] | //iframe") == []
    for link in page.xpath("//a[@href]"):
        href = link.get("href")
        assert href.lower().startswith(("#", "http://", "https://")), href
        if not href.startswith("#"):
            assert link.get("rel") == "noopener noreferrer nofollow"
    assert not re.search("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)


def test_hostile_texts_stay_text() -> None:
    text = render(hostile_report(HOSTILE))
    assert_harmless(text)
    assert "{{7*7}}" in text
    assert "<U+202E>" in parse(text).text_content()


SECRET = Evidence(name="detail", value="not a URL: http://alice:s3cr@et@[::1:x/ and //bob@host/")


@pytest.mark.parametrize("form", [render, render_json, render_csv, render_markdown], ids=["html", "json", "csv", "md"])
def test_no_report_shows_the_password_of_an_address_that_cannot_be_parsed(form: Callable[[Report], str]) -> None:
    known = sample_report().findings[0]
    secret = replace(
        known,
        evidence=(SECRET,),
        suggestions=(replace(known.suggestions[0], evidence=(SECRET,)),),
        capture=CaptureView(state=CaptureState.REFUSED, at=run_view().started_at, detail=SECRET.value),
    )
    text = form(Report(run=run_view(), findings=(secret,)))
    assert known.url in text
    assert not [word for word in ("alice", "s3cr", "bob@") if word in text]


def test_naughty_strings_stay_text() -> None:
    assert_harmless(render(hostile_report(naughty())))


@pytest.mark.parametrize("pack_above", [10**9, 0], ids=["plain", "packed"])
def test_the_table_holds_every_place_of_every_finding(pack_above: int) -> None:
    report, say = sample_report(), words("en")
    block = data.block(report, say, pack_above)
    raw = zlib.decompress(base64.b64decode(block.text)).decode() if block.packed else block.text
    found = json.loads(raw)
    places = [(index, one.source, one.line) for index, item in enumerate(report.findings) for one in item.links]
    link = found["link"]
    assert [
        (of, found["files"][file], line) for of, file, line in zip(link["of"], link["file"], link["line"], strict=True)
    ] == places


def test_a_finding_without_a_place_has_its_row() -> None:
    bare = replace(sample_report().findings[0], links=())
    assert block_of(render(Report(run=run_view(), findings=(bare,))))["link"]["line"] == [0]


@pytest.mark.battery
def test_a_hundred_thousand_links_stay_below_five_megabytes() -> None:
    assert len(render(big_report(100_000)).encode()) < 5_000_000


def test_the_first_findings_are_plain_html_and_the_rest_is_counted() -> None:
    report = big_report(30_000)
    page = parse(render(report))
    shown = len(page.xpath("//section[@id='new' or @id='broken']//article"))
    assert shown == FULL_LIMIT
    assert len(page.xpath("//section[@id='suspect']//article")) == BRIEF_LIMIT
    more = " ".join(page.xpath("//section[@id='suspect']/p[@class='more']//text()"))
    assert f"{len(report.section(Section.SUSPECT)) - BRIEF_LIMIT} more are in the table" in more


def test_every_place_of_a_dead_link_is_named() -> None:
    page = parse(render(sample_report()))
    text = page.get_element_by_id("broken").text_content()
    assert all(f"README.md:{line}" in text for line in (41, 97, 214, 230, 251, 302, 377))


def test_an_unreliable_run_says_so_on_top() -> None:
    run = run_view(untrusted="No host of 61 answered.", partial="Stopped after 30 minutes.")
    page = parse(render(replace(sample_report(), run=run)))
    banners = [banner.text_content() for banner in page.xpath("//div[contains(@class, 'banner')]")]
    assert "No host of 61 answered." in banners[0]
    assert "Stopped after 30 minutes." in banners[1]
    assert "cannot be trusted" in page.xpath("string(//h1)")


def test_a_first_look_compares_with_nothing() -> None:
    run = run_view(previous_at=None)
    text = parse(render(replace(sample_report(), run=run))).text_content()
    assert "since the last run" not in text.partition("All links")[0]


@pytest.mark.parametrize(
    ("language", "attribute"), [("en", "en"), ("zh", "zh-Hans"), ("zh-CN", "zh-Hans"), ("fr", "en")]
)
def test_the_page_names_its_language(language: str, attribute: str) -> None:
    assert parse(render(sample_report(language))).get("lang") == attribute


def test_a_report_without_findings_is_a_page_too() -> None:
    assert "No links were found." in render(Report(run=run_view(previous_at=None), findings=()))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://a.example:8443/x?y", "a.example:8443"),
        ("http://user@b.example", "b.example"),
        ("mailto:x@example.org", "mailto:"),
        ("file:///x", "file:"),
        ("not a url", "not a url:"),
    ],
)
def test_rows_are_grouped_by_host(url: str, host: str) -> None:
    assert data.host(url) == host


def test_a_place_with_an_unsafe_permalink_is_not_linked() -> None:
    bad = replace(sample_report().findings[0], links=(place("a.md", 1, "x", permalink="javascript:alert(1)"),))
    page = parse(render(Report(run=run_view(), findings=(bad,))))
    assert page.xpath("//span[@class='spot']")
    assert not page.xpath("//a[@class='spot']")
