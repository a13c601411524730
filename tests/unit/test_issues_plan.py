"""What is planned: one table of states, caps, and nothing at all after a run that cannot be believed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from reports.issues.calls import Drafts
from reports.issues.marker import DASHBOARD_SCOPE, LINK_SCOPE, key_of
from reports.issues.model import (
    Hold,
    IssueState,
    Kind,
    KnownIssue,
    Mode,
    Plan,
    PlannedCall,
    TrackerSettings,
)
from reports.issues.plan import plan, render_plan, wanted_keys
from reports.issues.publish import preview
from reports.model import Finding, Report, Section
from tests.fakes.issue_reports import dead, fine, recovering, report, suspect
from tests.fakes.ledger import MemoryLedger

A, B = "https://a.example/", "https://b.example/"
SETTINGS = TrackerSettings(repo="o/r", token="secret-4711")
PER_LINK = replace(SETTINGS, mode=Mode.PER_LINK)


def known(state: IssueState, **changes: Any) -> KnownIssue:
    facts: dict[str, Any] = {
        "project": "awesome",
        "repo": SETTINGS.place,
        "key": key_of("awesome", DASHBOARD_SCOPE),
        "kind": Kind.DASHBOARD,
        "state": state,
        "number": 7,
        "body_hash": "old",
    }
    return KnownIssue(**{**facts, **changes})


def known_link(url: str, state: IssueState, number: int = 7, **changes: Any) -> KnownIssue:
    return known(state, key=key_of("awesome", LINK_SCOPE, url), kind=Kind.LINK, url=url, number=number, **changes)


def ops(planned: Plan) -> list[str]:
    return [call.op.value for call in planned.calls]


BROKEN, WAITING, WELL = dead(A), recovering(A), fine(A)


@pytest.mark.parametrize(
    ("state", "link", "expected"),
    [
        (None, BROKEN, ["create"]),
        (None, WAITING, []),
        (None, WELL, []),
        (None, suspect(A), []),
        (IssueState.ABSENT, BROKEN, ["create"]),
        (IssueState.ABSENT, WAITING, []),
        (IssueState.ABSENT, WELL, []),
        (IssueState.OPEN, BROKEN, ["update"]),
        (IssueState.OPEN, WAITING, ["update"]),
        (IssueState.OPEN, WELL, ["close", "comment"]),
        (IssueState.OPEN, suspect(A), ["close", "comment"]),
        (IssueState.CLOSED, BROKEN, ["reopen"]),
        (IssueState.CLOSED, WAITING, []),
        (IssueState.CLOSED, WELL, []),
        (IssueState.MUTED, BROKEN, []),
        (IssueState.MUTED, WAITING, []),
        (IssueState.MUTED, WELL, []),
    ],
)
def test_the_dashboard_follows_the_table(state: IssueState | None, link: Finding, expected: list[str]) -> None:
    issues = [known(state)] if state else []
    assert ops(plan(report(3, link), issues, SETTINGS)) == expected


@pytest.mark.parametrize(
    ("state", "link", "expected"),
    [
        (None, BROKEN, ["create"]),
        (None, WAITING, []),
        (IssueState.OPEN, BROKEN, ["update"]),
        (IssueState.OPEN, WAITING, []),
        (IssueState.OPEN, WELL, ["close", "comment"]),
        (IssueState.CLOSED, BROKEN, ["reopen"]),
        (IssueState.CLOSED, WELL, []),
        (IssueState.MUTED, BROKEN, []),
        (IssueState.MUTED, WELL, []),
    ],
)
def test_the_issue_of_one_link_follows_the_same_table(
    state: IssueState | None, link: Finding, expected: list[str]
) -> None:
    issues = [known_link(A, state)] if state else []
    assert ops(plan(report(3, link), issues, PER_LINK)) == expected


def test_a_muted_issue_is_unmuted_by_one_whole_repair_without_a_call() -> None:
    planned = plan(report(3, WELL), [known(IssueState.MUTED, hold=Hold.CLOSED_BY_PERSON)], SETTINGS)
    assert [(issue.state, issue.hold, issue.number) for issue in planned.remember] == [(IssueState.CLOSED, "", 7)]


def test_a_muted_issue_is_not_unmuted_while_a_link_waits_for_its_second_good_day() -> None:
    assert plan(report(3, WAITING), [known(IssueState.MUTED)], SETTINGS).remember == ()


@pytest.mark.parametrize("hold", [Hold.DELETED, Hold.TRANSFERRED, Hold.NOT_OURS])
def test_an_issue_that_is_gone_is_forgotten_after_a_whole_repair(hold: Hold) -> None:
    (issue,) = plan(report(3, WELL), [known(IssueState.MUTED, hold=hold)], SETTINGS).remember
    assert (issue.state, issue.number) == (IssueState.ABSENT, None)


def test_what_a_person_reopened_is_not_closed_while_nothing_is_dead() -> None:
    issue = known(IssueState.OPEN, hold=Hold.REOPENED_BY_PERSON)
    assert ops(plan(report(3, WELL), [issue], SETTINGS)) == []
    (call,) = plan(report(3, BROKEN), [issue], SETTINGS).calls
    assert call.after is not None
    assert call.after.hold is Hold.NONE


def test_a_links_issue_that_a_person_reopened_is_ours_to_close_again_once_the_link_is_dead_again() -> None:
    (opened,) = plan(report(3, BROKEN), [], PER_LINK).calls
    assert opened.after is not None
    held = replace(opened.after, number=7, hold=Hold.REOPENED_BY_PERSON)
    (call,) = plan(report(4, BROKEN), [held], PER_LINK).calls
    assert call.after is not None
    assert call.after.hold is Hold.NONE


def test_an_unchanged_text_is_not_written_again() -> None:
    (first,) = plan(report(3, BROKEN), [], SETTINGS).calls
    assert first.after is not None
    assert ops(plan(report(4, BROKEN), [replace(first.after, number=7)], SETTINGS)) == []


@pytest.mark.parametrize("run", [{"untrusted": "network down"}, {"partial": "deadline"}], ids=["untrusted", "partial"])
@pytest.mark.parametrize("settings", [SETTINGS, PER_LINK], ids=["dashboard", "per-link"])
def test_nothing_is_planned_after_a_run_that_cannot_be_believed(run: dict[str, str], settings: TrackerSettings) -> None:
    links = [dead(f"https://{number}.example/") for number in range(100)]
    planned = plan(report(3, *links, **run), [known(IssueState.OPEN)], settings)
    assert (planned.calls, planned.remember) == ((), ())
    assert next(iter(run.values())) in (planned.withheld or "")


def test_nothing_is_planned_when_a_run_found_no_links_at_all() -> None:
    assert plan(report(3), [known(IssueState.OPEN)], SETTINGS).withheld is not None


def test_mode_none_plans_nothing() -> None:
    planned = plan(report(3, BROKEN), [known(IssueState.OPEN)], replace(SETTINGS, mode=Mode.NONE))
    assert planned.calls == ()
    assert planned.withheld is not None


def test_closing_says_completed_and_leaves_one_comment() -> None:
    close, comment = plan(report(3, WELL), [known(IssueState.OPEN)], SETTINGS).calls
    assert close.payload["state_reason"] == "completed"
    assert comment.number == 7
    assert comment.after is None
    assert close.after is not None
    assert close.after.closed_by_us


@pytest.mark.parametrize(
    ("link", "words", "reason"),
    [
        (fine(A), "works again", "completed"),
        (None, "has left the list", "completed"),
        (dead(A, section=Section.IGNORED), "is ignored now", "not_planned"),
        (suspect(A), "does not count as dead", "completed"),
    ],
    ids=["works", "removed", "ignored", "withdrawn"],
)
def test_the_comment_says_why_a_links_issue_is_closed(link: Finding | None, words: str, reason: str) -> None:
    findings = [link] if link else [fine(B)]
    close, comment = plan(report(3, *findings), [known_link(A, IssueState.OPEN)], PER_LINK).calls
    assert words in comment.payload["body"]
    assert close.payload["state_reason"] == reason


def test_per_link_counts_open_issues_and_reopenings_against_its_caps() -> None:
    links = [dead(f"https://{number:02}.example/") for number in range(30)]
    opened = [known_link(link.url, IssueState.OPEN, number) for number, link in enumerate(links[:18], start=1)]
    closed = [known_link(links[18].url, IssueState.CLOSED, 99)]
    planned = plan(report(3, *links), [*opened, *closed], PER_LINK)
    assert sorted(ops(planned)) == ["create", "reopen", *["update"] * 18]
    assert "10 further dead links" in planned.notes[-1]


def test_per_link_a_place_that_becomes_free_is_used_in_the_same_run() -> None:
    opened = [known_link(f"https://{number}.old.example/", IssueState.OPEN, number) for number in range(20)]
    planned = plan(report(3, dead(A)), opened, replace(PER_LINK, max_open=1))
    assert ops(planned).count("create") == 1


def test_a_muted_link_takes_no_place() -> None:
    muted = known_link(A, IssueState.MUTED, hold=Hold.CLOSED_BY_PERSON)
    assert ops(plan(report(3, dead(A), dead(B)), [muted], replace(PER_LINK, max_open=1))) == ["create"]


def test_the_cap_on_writes_never_parts_a_closing_from_its_comment() -> None:
    opened = [known_link(f"https://{number}.example/", IssueState.OPEN, number) for number in range(9)]
    planned = plan(report(3, fine(A)), opened, replace(PER_LINK, max_writes=5))
    assert ops(planned) == ["close", "comment", "close", "comment"]
    assert "14 writes wait" in planned.notes[-1]


def test_an_edit_leaves_title_and_labels_as_people_have_them() -> None:
    (call,) = plan(report(3, BROKEN), [known(IssueState.OPEN, title="mine")], SETTINGS).calls
    assert set(call.payload) == {"body"}


def test_the_configured_title_is_used_for_a_new_issue() -> None:
    (call,) = plan(report(3, BROKEN), [], replace(SETTINGS, title="Broken @team")).calls
    assert call.payload["title"].replace("\u2060", "") == "Broken @team"


def test_planning_the_same_run_again_gives_the_same_ids_and_another_run_gives_others() -> None:
    ids = [plan(report(number, BROKEN), [], SETTINGS).calls[0].id for number in (3, 3, 4)]
    assert ids[0] == ids[1] != ids[2]


def test_the_dashboards_of_two_projects_are_two_issues() -> None:
    keys = {plan(report(3, BROKEN, project=name), [], SETTINGS).calls[0].key for name in ("one", "two")}
    assert len(keys) == 2


def test_wanted_keys_are_those_of_dead_links_only() -> None:
    made = report(3, dead(A), recovering(B))
    assert wanted_keys(made, SETTINGS) == {key_of("awesome", DASHBOARD_SCOPE)}
    assert wanted_keys(made, PER_LINK) == {key_of("awesome", LINK_SCOPE, A)}
    assert wanted_keys(report(3, recovering(B)), SETTINGS) == frozenset()


@pytest.mark.parametrize("issue", [known(IssueState.OPEN), known_link(A, IssueState.MUTED, hold=Hold.DELETED)])
def test_an_issue_survives_its_way_through_json(issue: KnownIssue) -> None:
    issue = replace(issue, updated_at=report(3).run.started_at, listed=("a", "b"))
    assert KnownIssue.from_json(json.loads(json.dumps(issue.to_json()))) == issue


@pytest.mark.parametrize("link", [BROKEN, WELL], ids=["create", "close"])
def test_a_call_survives_its_way_through_json(link: Finding) -> None:
    issues = [known(IssueState.OPEN)] if link is WELL else []
    for call in plan(report(3, link), issues, SETTINGS).calls:
        assert PlannedCall.from_json(json.loads(json.dumps(call.to_json()))) == call


def test_a_rendered_plan_shows_every_call_with_its_reason_and_its_text() -> None:
    text = render_plan(plan(report(3, BROKEN), [], SETTINGS))
    assert "1 write planned" in text
    assert "create new issue: links are dead" in text
    assert "title: Dead links in awesome" in text
    assert "| - [`https://a.example/`]" in text


def test_a_rendered_plan_says_why_nothing_is_written() -> None:
    text = render_plan(plan(report(3, BROKEN, untrusted="the network was down"), [], SETTINGS))
    assert "nothing is written" in text
    assert "the network was down" in text


def test_a_rendered_plan_steers_no_terminal_and_holds_no_token() -> None:
    text = render_plan(plan(report(3, dead("https://a.example/\x1b[31m\u202e"), project="x\x1b]0;y\x07"), [], SETTINGS))
    assert not any(sign in text for sign in ("\x1b", "\u202e", "\x07", SETTINGS.token))


def test_without_a_tracker_the_preview_rests_on_the_database_and_says_so() -> None:
    planned = preview(report(3, BROKEN), SETTINGS, None, MemoryLedger())
    assert ops(planned) == ["create"]
    assert "not asked" in planned.notes[0]


def _states() -> list[tuple[Report, list[KnownIssue], TrackerSettings]]:
    links = [BROKEN, WAITING, WELL, suspect(A), dead(A, section=Section.IGNORED)]
    return [
        (report(3, link), [known(state, hold=hold), known_link(B, state, 8, hold=hold)], settings)
        for link in links
        for state in IssueState
        for hold in Hold
        for settings in (SETTINGS, PER_LINK)
    ]


def test_a_plan_that_was_carried_out_leaves_nothing_to_do() -> None:
    for made, issues, settings in _states():
        planned = plan(made, issues, settings)
        rows = {issue.key: issue for issue in (*issues, *planned.remember)}
        for call in planned.calls:
            if call.after is not None:
                rows[call.key] = replace(call.after, number=call.number or 50)
        assert plan(made, list(rows.values()), settings).calls == ()


def test_drafts_never_send_an_empty_change() -> None:
    drafts = Drafts(run=report(3).run, repo=SETTINGS.place, language="en")
    assert drafts.update(known(IssueState.OPEN), "text").payload == {"body": "text"}
