"""Where a link stands in the report, night after night, on a real database."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from crawler.domain.health import Health
from crawler.domain.observation import Failure
from crawler.domain.suggestion import Confidence
from crawler.domain.verdict import Verdict
from crawler.store import judging, runs
from crawler.store.session import Store
from reports.model import Section
from reports.outcome import has_findings
from tests.conftest import SHARED
from tests.unit.stages.nights import NIGHT, START, A, Answer, Nights, finding, link

HOME = "https://home.example/"


@pytest.fixture
def nights(sqlite_store: Store) -> Nights:
    """A project over time."""
    return Nights(sqlite_store)


def sections(nights: Nights, *answers: Answer, gap: timedelta = NIGHT) -> list[str]:
    """Return where the link stands each night; another link is always fine."""
    stood = []
    for number, said in enumerate(answers):
        report = nights.night(START + gap * number, {A: said, HOME: 200})
        stood.append(finding(report, A).section.value)
        assert finding(report, HOME).section is Section.FINE
        assert sum(report.counts.values()) == len(report.findings) == 2
    return stood


def test_a_living_link_is_fine(nights: Nights) -> None:
    assert sections(nights, 200, 200) == ["fine", "fine"]


def test_a_death_is_new_then_still_broken_then_repaired(nights: Nights) -> None:
    assert sections(nights, 200, 404, 404, 404, 404, 200, 200, 200) == [
        "fine", "new", "broken", "broken", "broken", "repaired", "fine", "fine",
    ]  # fmt: skip


def test_what_fails_in_passing_is_suspect_until_its_window_ends_and_then_new_once(nights: Nights) -> None:
    stood = sections(nights, *[Failure.TIMEOUT] * 18)
    assert stood == ["suspect"] * 14 + ["new"] + ["broken"] * 3


def test_a_broken_link_that_shows_a_wall_is_not_new_each_night(nights: Nights) -> None:
    assert sections(nights, 404, 404, 404, 403, 403, 500, 403) == [
        "new",
        "broken",
        "broken",
        "broken",
        "broken",
        "broken",
        "broken",
    ]


def test_a_name_that_is_gone_is_dead_today_at_once(nights: Nights) -> None:
    assert sections(nights, *[Failure.DNS_NXDOMAIN] * 6) == ["new", "broken", "broken", "broken", "broken", "broken"]


@pytest.mark.parametrize("status", [401, 403, 429, 999])
def test_a_wall_is_for_a_person_to_look_at(nights: Nights, status: int) -> None:
    assert sections(nights, status, status) == ["review", "review"]


def test_a_permanent_redirect_stands_apart_and_has_its_target_suggested(nights: Nights) -> None:
    report = nights.night(START, {A: "301 https://b.example/new, 200"})
    found = finding(report, A)
    assert (found.section, found.verdict, found.final_url) == (Section.REDIRECT, Verdict.MOVED, "https://b.example/new")
    assert [(hop.status, hop.url) for hop in found.hops] == [(301, A), (200, "https://b.example/new")]
    assert [(item.url, item.confidence) for item in found.suggestions] == [
        ("https://b.example/new", Confidence.SUGGESTED)
    ]


def test_a_missing_file_and_a_typo_are_new_and_broken_at_once(nights: Nights) -> None:
    report = nights.night(
        START, {"file:///nonexistent/x.png": 0}, links=[link("file:///nonexistent/x.png"), link("http://")]
    )
    assert [(item.verdict, item.section, item.health) for item in report.findings] == [
        (Verdict.GONE, Section.NEW, Health.BROKEN), (Verdict.INVALID, Section.NEW, Health.BROKEN),
    ]  # fmt: skip
    assert {item.url for item in report.findings} == {"file:///nonexistent/x.png", "http://"}


def test_ignored_links_are_apart_and_never_count(nights: Nights) -> None:
    report = nights.night(START, {}, links=[link(A, ignore="known")])
    found = finding(report, A)
    assert (found.section, found.verdict, found.ignore_reason) == (Section.IGNORED, Verdict.SKIPPED, "known")
    assert not has_findings(report, "broken")


def test_mail_and_telephone_links_are_skipped_under_one_finding_each(nights: Nights) -> None:
    report = nights.night(
        START, {}, links=[link("mailto:a@b.example"), link("mailto:a@b.example", line=2, nth=1), link("tel:1")]
    )
    assert [(item.url, item.verdict, len(item.links)) for item in report.findings] == [
        ("mailto:a@b.example", Verdict.SKIPPED, 2), ("tel:1", Verdict.SKIPPED, 1),
    ]  # fmt: skip


def test_one_url_is_one_finding_with_all_its_places(nights: Nights) -> None:
    places = [
        link(A + "#one"),
        link(A + "#two", line=2),
        link("https://user:secret@a.example/x", line=3, source="other.md"),
    ]
    report = nights.night(START, {A: 200}, links=places)
    [found] = report.findings
    assert (found.url, [(place.source, place.line, place.fragment) for place in found.links]) == (
        A, [("list.md", 1, "one"), ("list.md", 2, "two"), ("other.md", 3, None)],
    )  # fmt: skip
    assert "secret" not in repr(report)


def test_userinfo_that_a_redirect_brings_is_not_shown(nights: Nights) -> None:
    report = nights.night(START, {A: "301 https://user:secret@b.example/new, 200"})
    assert "secret" not in repr(report)


def test_accepted_links_raise_no_alarm_until_they_recover_and_die_again(nights: Nights) -> None:
    assert sections(nights, 404) == ["new"]
    project = runs.project_id(nights.store, "list")
    assert judging.accept_baseline(nights.store, project, START) == 1
    stood, alarms = [], []
    for number, said in enumerate([404, 404, 404, 200, 404, 200, 200, 404], 1):
        report = nights.night(START + NIGHT * number, {A: said, HOME: 200})
        stood.append(finding(report, A).section.value)
        alarms.append(has_findings(report, "broken"))
    assert stood == ["ignored", "ignored", "ignored", "repaired", "ignored", "repaired", "fine", "new"]
    assert alarms == [False] * 7 + [True]


def test_the_baseline_takes_nothing_that_is_well_or_behind_a_wall(nights: Nights) -> None:
    nights.night(START, {A: 200, HOME: 403})
    assert judging.accept_baseline(nights.store, runs.project_id(nights.store, "list"), START) == 0


def test_a_run_without_network_calls_no_link_dead_and_changes_no_health(nights: Nights) -> None:
    urls = [f"https://h{number}.example/" for number in range(6)]
    nights.night(START, dict.fromkeys(urls, 200))
    down = nights.night(
        START + NIGHT,
        dict.fromkeys(urls, Failure.DNS_NXDOMAIN),
        links=[*map(link, urls), link("file:///nonexistent/y")],
    )
    assert down.run.untrusted is not None
    web = [item for item in down.findings if item.url.startswith("https:")]
    assert {(item.verdict, item.rule, item.health) for item in web} == {(Verdict.TRANSIENT, "network-down", Health.OK)}
    assert finding(down, "file:///nonexistent/y").verdict is Verdict.GONE
    up = nights.night(START + NIGHT * 2, dict.fromkeys(urls, 200))
    assert up.run.previous_at == START
    assert {item.section for item in up.findings} == {Section.FINE}


def test_nights_without_network_never_confirm_a_death(nights: Nights) -> None:
    urls = [f"https://h{number}.example/" for number in range(3)]
    for number in range(20):
        report = nights.night(START + NIGHT * number, dict.fromkeys(urls, Failure.DNS_NXDOMAIN))
        assert {item.health for item in report.findings} == {Health.UNKNOWN}


def test_what_was_answered_in_a_doubtful_run_still_counts(nights: Nights) -> None:
    urls = [f"https://h{number}.example/" for number in range(25)]
    nights.night(START, dict.fromkeys([*urls, A], 200))
    report = nights.night(START + NIGHT, {**dict.fromkeys(urls, Failure.TIMEOUT), A: 404})
    assert report.run.untrusted is not None
    assert (finding(report, A).verdict, finding(report, A).health) == (Verdict.GONE, Health.SUSPECT)
    assert finding(report, urls[0]).health is Health.OK


def test_a_link_that_was_taken_out_of_the_list_is_not_reported(nights: Nights) -> None:
    nights.night(START, {A: 404, HOME: 200})
    report = nights.night(START + NIGHT, {HOME: 200})
    assert [item.url for item in report.findings] == [HOME]


def test_optional_links_are_reported_only_with_verbatim(sqlite_store: Store) -> None:
    links = [link(A, optional=True), link(HOME)]
    plain = Nights(sqlite_store).night(START, {A: 404, HOME: 200}, links=links)
    assert [item.url for item in plain.findings] == [HOME]
    verbatim = Nights(sqlite_store, include_verbatim=True).night(START + NIGHT, {A: 404, HOME: 200}, links=links)
    assert {item.url for item in verbatim.findings} == {A, HOME}


@pytest.mark.parametrize(
    ("fail_on", "nights_with_findings"), [("none", [False] * 3), ("new", [True, False, False]), ("broken", [True] * 3)]
)
def test_fail_on_asks_for_new_or_broken_links(nights: Nights, fail_on: str, nights_with_findings: list[bool]) -> None:
    found = [has_findings(nights.night(START + NIGHT * number, {A: 404}), fail_on) for number in range(3)]
    assert found == nights_with_findings


@pytest.mark.parametrize(
    "said", [403, 500, Failure.TIMEOUT, Failure.TLS_CERTIFICATE, "301 https://b.example/, 200"], ids=str
)
def test_what_is_not_dead_fails_no_check(nights: Nights, said: Answer) -> None:
    assert not has_findings(nights.night(START, {A: said, HOME: 200}), "broken")


def test_the_report_says_since_when_and_how_often(nights: Nights) -> None:
    for number, said in enumerate([200, 404, 404]):
        report = nights.night(START + NIGHT * number, {A: said})
    found = finding(report, A)
    assert (found.down_since, found.last_ok, found.strikes, found.dead_today) == (START + NIGHT, START, 2, True)
    assert [day.verdict for day in found.history] == [Verdict.ALIVE, Verdict.GONE, Verdict.GONE]
    assert (report.run.previous_at, report.previous_counts["new"]) == (START + NIGHT, 1)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the naughty strings of ../shared are absent")
def test_naughty_strings_go_through_the_database_and_come_back(sqlite_store: Store) -> None:
    strings = json.loads((SHARED / "data" / "urltests" / "blns" / "blns.json").read_text("utf-8"))
    strings += ["\0", "a\0b", "\ud800", "\udfff\ud800", "\x1b[31m", "\u202e", "x" * 100_000]
    links = [
        link(
            text if number % 2 else f"https://a.example/{number}",
            raw=text,
            text=text,
            source=f"{number}{text}/f.md",
            line=number,
        )
        for number, text in enumerate(strings, 1)
    ]
    for number, entry in enumerate(links):
        if not entry.url.startswith("https:"):
            links[number] = link(
                entry.url, raw=entry.raw, text=entry.text, source=entry.source, line=entry.line, problem="no URL"
            )
    report = Nights(sqlite_store).night(START, {}, links=links, other=200)
    again = Nights(sqlite_store).night(START + NIGHT, {}, links=links, other=200)
    assert sum(len(item.links) for item in report.findings) == len(links)
    assert [item.url for item in again.findings if item.section is Section.NEW] == []
    texts = {place.text for item in report.findings for place in item.links}
    assert {text for text in strings if "\0" not in text and text.isprintable() and len(text) < 2000} <= texts
    json.dumps([item.url for item in report.findings], ensure_ascii=False).encode("utf-8")
