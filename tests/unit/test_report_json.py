"""The JSON report keeps the contract that scripts rely on."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from crawler.domain.observation import Failure
from crawler.domain.verdict import Verdict
from reports.json_report import load_schema, render_json, render_jsonl, to_document
from reports.model import Report, Section
from tests.fakes.reports import hostile_report, run_view, sample_report

CONTRACT = [
    "url",
    "final_url",
    "verdict",
    "rule",
    "status",
    "failure",
    "hops",
    "warnings",
    "evidence",
    "health",
    "links",
    "memento",
    "suggestions",
]
LINK_CONTRACT = ("source", "line", "column", "text", "fragment", "fragment_found")


def validator() -> Draft202012Validator:
    schema = load_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize(
    "report",
    [sample_report(), sample_report("zh"), Report(run=run_view(id=None, previous_at=None), findings=())],
    ids=["night", "chinese", "empty"],
)
def test_a_report_is_valid_against_the_published_schema(report: Report) -> None:
    assert list(validator().iter_errors(json.loads(render_json(report)))) == []


def test_the_schema_refuses_a_finding_without_its_url() -> None:
    document = to_document(sample_report())
    del document["findings"][0]["url"]
    assert not validator().is_valid(document)


def test_the_schema_names_every_verdict_section_and_failure() -> None:
    finding = load_schema()["$defs"]["finding"]["properties"]
    assert set(finding["verdict"]["enum"]) == {verdict.value for verdict in Verdict}
    assert set(finding["section"]["enum"]) == {section.value for section in Section}
    assert set(finding["failure"]["enum"]) == {*(failure.value for failure in Failure), None}


def test_every_field_that_is_written_is_described_in_the_schema() -> None:
    definitions = load_schema()["$defs"]
    document = to_document(sample_report())
    finding = document["findings"][0]
    for name, value in (
        ("run", document["run"]),
        ("summary", document["summary"]),
        ("finding", finding),
        ("link", finding["links"][0]),
        ("memento", finding["memento"]),
        ("suggestion", finding["suggestions"][0]),
    ):
        assert set(value) == set(definitions[name]["properties"])


def test_a_finding_starts_with_the_fields_of_the_contract() -> None:
    document = to_document(sample_report())
    assert set(document) == {"schema_version", "run", "summary", "findings"}
    for finding in document["findings"]:
        assert set(CONTRACT) <= set(finding)
        for link in finding["links"]:
            assert set(LINK_CONTRACT) <= set(link)


def test_alive_links_are_findings_too() -> None:
    document = to_document(sample_report())
    assert document["summary"]["verdicts"]["alive"] == 94
    assert sum(finding["verdict"] == "alive" for finding in document["findings"]) == 94


def test_the_same_report_gives_the_same_bytes() -> None:
    assert render_json(sample_report()) == render_json(sample_report())


def test_texts_survive_unchanged_and_no_raw_control_reaches_a_terminal() -> None:
    texts = ["\x1b[31mred", "a\u202eb", "\ud800 lone", "\u2028", "\x9b0m", "日本"]
    written = render_json(hostile_report(texts))
    assert not {"\x1b", "\u202e", "\x9b", "\u2028", "\ud800"} & set(written)
    assert [finding["title"] for finding in json.loads(written)["findings"]] == texts
    assert "日本" in written


def test_what_is_not_known_is_null() -> None:
    bare = replace(sample_report().findings[-1], health=None, memento=None, final_url=None, status=None)
    finding = to_document(Report(run=run_view(), findings=(bare,)))["findings"][0]
    assert [finding[name] for name in ("health", "memento", "final_url", "status", "failure")] == [None] * 5


def test_jsonl_has_the_findings_of_the_document_one_a_line() -> None:
    lines = render_jsonl(sample_report()).splitlines()
    assert [json.loads(line) for line in lines] == to_document(sample_report())["findings"]


def test_jsonl_keeps_a_hostile_text_on_its_line() -> None:
    texts = ["a\nb", "\u2028", "\x85", "\x1b[31m"]
    lines = render_jsonl(hostile_report(texts)).splitlines()
    assert [json.loads(line)["title"] for line in lines] == texts
