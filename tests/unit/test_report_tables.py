"""CSV, Markdown, terminal text and the report folder."""

from __future__ import annotations

import csv
import io
import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from crawler.domain.health import Health
from crawler.domain.observation import Failure
from crawler.domain.verdict import RULES_BY_NAME, Verdict, WarningKind
from crawler.errors import ConfigError
from reports.catalogs.en import EN
from reports.catalogs.zh import ZH
from reports.csv_report import HEADER, render_csv
from reports.i18n import words
from reports.markdown_report import ROWS_SHOWN, render_markdown
from reports.model import Report, Section
from reports.text import render_text
from reports.wording import headline
from reports.write import render_as, write_folder
from tests.fakes.reports import big_report, hostile_report, run_view, sample_report

HOSTILE = [
    "=cmd|'/c calc'!A1",
    "</td><script>alert(1)</script>",
    "a|b\n| c | d |",
    "@octocat",
    "\x1b]0;x\x07",
    "{{7*7}}",
]


def rows(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render_csv(report))))


def test_csv_has_one_row_a_link_occurrence() -> None:
    report = sample_report()
    assert len(rows(report)) == sum(len(finding.links) for finding in report.findings)
    assert tuple(rows(report)[0]) == HEADER


def test_csv_keeps_a_finding_without_a_place() -> None:
    bare = replace(sample_report().findings[0], links=())
    [row] = rows(Report(run=run_view(), findings=(bare,)))
    assert (row["source"], row["url"], row["verdict"]) == ("", bare.url, "gone")


def test_csv_runs_no_formula() -> None:
    for row in rows(hostile_report(HOSTILE)):
        assert not any(cell.lstrip(" ")[:1] in ("=", "+", "-", "@") for cell in row.values() if cell)


def test_markdown_holds_no_foreign_markup() -> None:
    text = render_markdown(hostile_report(HOSTILE))
    html = MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(text)
    assert "<script>" not in html
    assert "@octocat" not in re.sub(r"<code>.*?</code>", "", html)
    assert "\x1b" not in text


def test_markdown_tables_keep_their_four_columns() -> None:
    html = MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(render_markdown(hostile_report(HOSTILE)))
    bodies = [re.findall(r"<td", row) for row in re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)]
    assert {len(cells) for cells in bodies} <= {0, 2, 4}


def test_markdown_of_a_big_report_fits_a_step_summary() -> None:
    text = render_markdown(big_report(50_000))
    assert len(text.encode()) < 1024 * 1000
    assert text.count("docs/part-") >= ROWS_SHOWN


def test_text_has_a_clickable_line_for_each_place() -> None:
    text = render_text(sample_report(), color=False)
    lines = text.splitlines()
    assert any(line.startswith("README.md:41:5 gone http://thesecretlivesofdata.example/raft/ (") for line in lines)
    assert sum("thesecretlivesofdata" in line for line in lines) == 7
    assert "host7.example.com" not in text
    assert "111 links, 108 addresses: 94 alive" in text


def test_text_names_a_missing_fragment_of_a_page_that_is_alive() -> None:
    assert "README.md:36:5 alive https://host4.example.com/articles/4#setup (#setup is not on the page)" in render_text(
        sample_report(), color=False
    )


def test_text_steers_no_terminal() -> None:
    text = render_text(hostile_report(HOSTILE), color=False)
    assert not any(ord(char) < 32 and char != "\n" for char in text)


def test_colours_come_only_when_asked_for() -> None:
    assert "\x1b[31m" in render_text(sample_report(), color=True)
    assert "\x1b" not in render_text(sample_report(), color=False)


@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        (sample_report(), "3 links broke since the last run. 2 are still broken. 1 was repaired."),
        (
            Report(run=run_view(previous_at=None), findings=sample_report().section(Section.NEW)[:1]),
            "1 link is broken.",
        ),
        (Report(run=run_view(), findings=sample_report().section(Section.FINE)), "No link is broken."),
        (
            Report(run=run_view(), findings=sample_report().section(Section.BROKEN)),
            "Nothing new broke. 2 are still broken.",
        ),
        (
            Report(run=run_view(untrusted="no network"), findings=sample_report().findings),
            "This run cannot be trusted; nothing was published from it.",
        ),
        (Report(run=run_view(), findings=()), "No links were found."),
    ],
    ids=["night", "first-look", "all-well", "nothing-new", "untrusted", "empty"],
)
def test_the_headline_says_what_happened(report: Report, sentence: str) -> None:
    assert headline(report, words("en")) == sentence


def test_both_catalogs_have_the_same_keys_and_placeholders() -> None:
    shared = {key for key in ZH if not key.startswith("rule.")}
    assert shared == set(EN)
    for key in EN:
        assert placeholders(EN[key]) == placeholders(ZH[key]), key


def placeholders(entry: str | tuple[str, str]) -> set[str]:
    return set(re.findall(r"{(\w+)}", entry if isinstance(entry, str) else " ".join(entry)))


def test_every_word_of_the_domain_has_its_translation() -> None:
    wanted = {
        *(f"rule.{name}" for name in RULES_BY_NAME),
        *(f"verdict.{verdict}" for verdict in Verdict),
        *(f"failure.{failure}" for failure in Failure),
        *(f"warning.{warning}" for warning in WarningKind),
        *(f"section.{section}" for section in Section),
    }
    assert wanted - set(ZH) == set()


def test_a_folder_gets_the_four_files_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "report"
    written = write_folder(sample_report(), folder)
    names = {"index.html", "report.json", "report.csv", "report.md"}
    assert {path.name for path in written} == names == {path.name for path in folder.iterdir()}
    assert all(
        stat.S_IMODE(path.stat().st_mode) & 0o044 or stat.S_IMODE(path.stat().st_mode) == 0o600 for path in written
    )


def test_writing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    first = {path.name: path.read_bytes() for path in write_folder(sample_report(), tmp_path)}
    second = {path.name: path.read_bytes() for path in write_folder(sample_report(), tmp_path)}
    assert first == second


def test_a_report_that_cannot_be_rendered_leaves_the_old_one(tmp_path: Path) -> None:
    write_folder(sample_report(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    broken = replace(sample_report(), findings=(replace(sample_report().findings[0], health="nonsense"),))  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        write_folder(broken, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match=r"cannot write the report into .*choose another folder"):
        write_folder(sample_report(), tmp_path / "file")


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "csv", "markdown", "html"])
def test_each_form_can_be_asked_for_by_name(form: str) -> None:
    assert sample_report().findings[0].url in render_as(sample_report(), form)


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown report format"):
        render_as(sample_report(), "pdf")


def test_health_is_written_where_there_is_a_history() -> None:
    assert {row["health"] for row in rows(sample_report())} >= {Health.BROKEN.value, Health.OK.value, ""}
