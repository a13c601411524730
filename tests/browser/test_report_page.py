"""The report in a real browser: quiet, accessible, valid, and its buttons work."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from reports.html import render
from tests.browser.conftest import AXE, Opened
from tests.fakes.reports import big_report, hostile_report, key_of
from tests.unit.test_report_html import HOSTILE

Open = Callable[..., Opened]
CHECKS = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.map((one) => `${one.id} (${one.nodes.length}): ${one.nodes[0].html.slice(0, 200)} ${one.nodes[0].failureSummary}`);
}"""


def violations(opened: Opened) -> list[str]:
    opened.page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = opened.page.evaluate(CHECKS)
    return found


def test_five_thousand_links_open_without_a_console_message_or_a_request(opened: Open) -> None:
    report = opened("big")
    assert len(report.rows()) == 100
    expect(report.page.locator("#range")).to_have_text("1 to 100 of 5,000")
    assert report.seen.nothing, report.seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["night", "chinese", pytest.param("big", marks=pytest.mark.battery)])
def test_axe_finds_no_violation(opened: Open, name: str, scheme: str) -> None:
    report = opened(name, color_scheme=scheme)
    report.page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert violations(report) == []


@pytest.mark.parametrize("view", ["#view=hosts", "#view=files&q=part-1", "#state=broken"])
def test_axe_finds_no_violation_in_the_views_of_the_table(opened: Open, view: str) -> None:
    assert violations(opened("night", view, color_scheme="dark", viewport={"width": 390, "height": 800})) == []


@pytest.mark.parametrize("name", ["night", "chinese", "big"])
def test_the_page_is_valid_html(written: Callable[[str], Path], validate: Callable[[Path], str], name: str) -> None:
    assert validate(written(name)) == ""


def test_a_page_of_hostile_texts_is_valid_html(tmp_path: Path, validate: Callable[[Path], str]) -> None:
    path = tmp_path / "hostile.html"
    path.write_text(render(hostile_report(HOSTILE)), encoding="utf-8")
    assert validate(path) == ""


def test_hostile_texts_run_nothing(opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    path.write_text(render(hostile_report(HOSTILE)), encoding="utf-8")
    report = opened(path, "#q=alert")
    report.page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    report.page.locator("label", has_text="By host").click()
    report.page.locator("label", has_text="By file").click()
    assert report.page.locator("a[href^='javascript' i]").count() == 0
    assert report.seen.nothing, report.seen


def test_typing_filters_the_rows_and_the_address_keeps_it(opened: Open) -> None:
    report = opened("big")
    report.page.locator("#query").fill("part-7.md host")
    expect(report.page.locator("#range")).to_have_text("1 to 56 of 56")
    assert all("docs/part-7.md" in row for row in report.rows())
    assert "q=part-7.md" in report.page.url
    report.page.reload()
    expect(report.page.locator("#range")).to_have_text("1 to 56 of 56")
    assert report.page.locator("#query").input_value() == "part-7.md host"


def test_choosing_a_state_filters_the_rows(opened: Open) -> None:
    report = opened("big")
    report.page.locator("#state").select_option(label="Suspect")
    expect(report.page.locator("#range")).to_have_text("1 to 100 of 100")
    assert set(report.column("state")) == {"transient"}
    report.page.locator("#clear").press("Enter")
    expect(report.page.locator("#range")).to_have_text("1 to 100 of 5,000")


def test_a_click_on_a_heading_sorts_up_and_a_second_one_down(opened: Open) -> None:
    report = opened("big")
    days = report.page.get_by_role("button", name="Days")
    days.click()
    days.click()
    shown = [int(text or -1) for text in report.column("days")]
    assert shown == sorted(shown, reverse=True)
    assert shown[0] == 96
    assert report.page.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    report.page.get_by_role("button", name="Place").click()
    places = report.column("place")
    assert places[:2] == ["docs/part-0.md:1", "docs/part-0.md:2"]


def test_paging_shows_the_next_hundred(opened: Open) -> None:
    report = opened("big")
    first = report.rows()
    report.page.get_by_role("button", name="Next").click()
    expect(report.page.locator("#range")).to_have_text("101 to 200 of 5,000")
    assert not set(first) & set(report.rows())


@pytest.mark.parametrize(
    ("button", "copied"),
    [
        ("Copy URL", "https://docs.example.org/guide/v3/setup/"),
        ("Copy as Markdown", "[the set-up guide](<https://docs.example.org/guide/v3/setup/>)"),
    ],
)
def test_the_copy_buttons_copy(opened: Open, button: str, copied: str) -> None:
    report = opened("night", permissions=["clipboard-read", "clipboard-write"])
    entry = report.page.locator(f"#link-{key_of('http://docs.example.org/guide/v2/setup.html')}")
    chosen = entry.locator("button", has_text=button).first
    chosen.click()
    expect(report.page.locator("#live")).to_have_text("Copied")
    assert report.page.evaluate("navigator.clipboard.readText()") == copied


def test_copying_works_without_the_clipboard_permission_too(opened: Open) -> None:
    report = opened("night")
    report.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    report.page.locator("button", has_text="Copy URL").first.click()
    expect(report.page.locator("#live")).to_have_text("Copied")


def test_a_slash_focuses_the_search(opened: Open) -> None:
    report = opened("night")
    report.page.keyboard.press("/")
    assert report.page.evaluate("document.activeElement.id") == "query"
    assert report.page.locator("#query").input_value() == ""


def test_a_deep_link_opens_the_folded_entry(opened: Open) -> None:
    key = key_of("http://www.example.com/blog/oauth")
    report = opened("night", f"#link-{key}")
    entry = report.page.locator(f"#link-{key}")
    assert entry.locator("h3").is_visible()
    assert report.page.evaluate("(id) => document.getElementById(id).getBoundingClientRect().top", f"link-{key}") < 900


def test_a_deep_link_to_a_link_in_order_shows_its_row(opened: Open) -> None:
    url = "https://host7.example.com/articles/7"
    report = opened("night", f"#link-{key_of(url)}")
    assert [row.split()[1] for row in report.rows()] == [url]


@pytest.mark.parametrize("hash_", ["#%", "#nothing", "#view=%E0%A4%A", "#page=-3&sort=x-up&view=__proto__", '#link-"]'])
def test_a_broken_deep_link_does_no_harm(opened: Open, hash_: str) -> None:
    report = opened("night", hash_)
    expect(report.page.locator("#range")).not_to_be_empty()
    assert report.seen.nothing, report.seen


def test_a_host_leads_to_its_links(opened: Open) -> None:
    report = opened("night")
    report.page.locator("label", has_text="By host").click()
    report.page.get_by_role("button", name="docs.example.org", exact=True).click()
    assert [row.split()[1] for row in report.rows()] == ["http://docs.example.org/guide/v2/setup.html"]
    assert "host=docs.example.org" in report.page.url


def test_a_file_leads_to_its_links(opened: Open) -> None:
    report = opened("night")
    report.page.locator("label", has_text="By file").click()
    report.page.get_by_role("button", name="docs/papers.md", exact=True).click()
    assert report.column("place") == ["docs/papers.md:3", "docs/papers.md:19"]


@pytest.mark.parametrize("name", ["night", "chinese", "big"])
def test_a_telephone_scrolls_only_down(opened: Open, name: str) -> None:
    report = opened(name, viewport={"width": 390, "height": 800})
    assert report.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_findings_are_there_without_javascript(opened: Open) -> None:
    report = opened("night", java_script_enabled=False)
    assert report.page.locator("#new article").count() == 3
    assert report.page.locator("#new").get_by_text("README.md:5").is_visible()
    assert report.page.get_by_text("This table needs JavaScript").is_visible()
    assert not report.page.locator("#browser").is_visible()
    assert report.page.locator("button:visible").count() == 0


def test_paper_gets_the_findings_and_no_controls(opened: Open) -> None:
    report = opened("night")
    report.page.emulate_media(media="print")
    report.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert not report.page.locator(".controls").is_visible()
    assert report.page.locator("#redirect article h3").first.is_visible()


@pytest.mark.battery
def test_a_hundred_thousand_links_paint_and_filter_in_time(opened: Open, tmp_path: Path) -> None:
    path = tmp_path / "huge.html"
    path.write_text(render(big_report(100_000)), encoding="utf-8")
    report = opened(path)
    painted = report.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    took = timings(report, ["part-7", "part-71.md"])
    print(json.dumps({"bytes": path.stat().st_size, "first_paint_ms": painted, "filter_ms": took}))
    assert painted < 2000
    assert took[-1] < 500  # 100 ms on a machine of its own; this one may be shared
    assert report.seen.nothing, report.seen


def timings(report: Opened, queries: list[str]) -> list[Any]:
    """Return the milliseconds that each query takes, the first one with its index to build."""
    script = """async (query) => {
      const field = document.querySelector("#query"), range = document.querySelector("#range");
      const changed = new Promise((done) => new MutationObserver(() => done(performance.now())).observe(range, { childList: true }));
      const began = performance.now();
      field.value = query;
      field.dispatchEvent(new Event("input"));
      return (await changed) - began - 60;
    }"""
    return [round(report.page.evaluate(script, query)) for query in queries]
