"""Issues on an independent GitHub emulator over real sockets, behind a proxy that can fail."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler.store.session import open_store
from reports.issues.ledger import Ledger
from reports.issues.marker import find_key, key_of
from reports.issues.model import Hold, IssueState, Mode, TrackerSettings
from reports.issues.publish import Published, preview, publish
from reports.issues.store_ledger import StoreLedger
from reports.issues.trackers import Problem, TrackerRefused, open_tracker
from reports.model import Report
from tests.fakes.github import BOT, PERSON, STRANGER, FakeGitHub, after, content, drop, drop_after, reply
from tests.fakes.issue_reports import dead, fine, recovering, report, suspect
from tests.fakes.ledger import FakeClock, MemoryLedger
from tests.wire.github.description import problems

A, B = "https://a.example/page", "https://b.example/page"
EDITIONS = ["api.github.com", "ghec", "ghes-3.17", "ghes-3.19"]


class Desk:
    """One list, one repository, one database."""

    def __init__(self, hub: FakeGitHub, repo: str, ledger: Ledger) -> None:
        self.hub, self.repo, self.ledger = hub, repo, ledger
        self.clock = FakeClock()

    def settings(self, **changes: Any) -> TrackerSettings:
        facts: dict[str, Any] = {"url": self.hub.url, "repo": self.repo, "token": BOT, "timeout": 2.0}
        return TrackerSettings(**{**facts, **changes})

    def publish(self, made: Report, **changes: Any) -> Published:
        settings = self.settings(**changes)
        with open_tracker(settings, self.clock) as tracker:
            return publish(made, settings, tracker, self.ledger, self.clock)

    def writes(self, made: Report, **changes: Any) -> list[str]:
        """Publish, and return the writes that it took, without the repository's path."""
        self.hub.requests.clear()
        published = self.publish(made, **changes)
        assert published.applied.failures == ()
        return [write.replace(f"/repos/{self.repo}/", "") for write in self.hub.writes]

    @property
    def issues(self) -> list[Any]:
        return self.hub.issues(self.repo)

    @property
    def states(self) -> list[str]:
        return [issue["state"] for issue in self.issues]


@pytest.fixture(params=["memory", "sqlite"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    if request.param == "memory":
        yield MemoryLedger()
        return
    with open_store(f"sqlite:///{tmp_path / 'linkvigil.db'}") as store:
        yield StoreLedger(store)


@pytest.fixture
def desk(hub: FakeGitHub, repo: str) -> Desk:
    return Desk(hub, repo, MemoryLedger())


@pytest.fixture
def stored(hub: FakeGitHub, repo: str, ledger: Ledger) -> Desk:
    return Desk(hub, repo, ledger)


def test_seven_nights_open_and_close_one_issue_and_then_write_nothing(stored: Desk) -> None:
    nights = [
        suspect(A),
        suspect(A),
        dead(A),
        recovering(A),
        fine(A),
        fine(A),
        fine(A),
    ]
    written = [stored.writes(report(number, link)) for number, link in enumerate(nights, start=1)]
    assert written == [
        [],
        [],
        ["POST issues"],
        ["PATCH issues/1"],
        ["PATCH issues/1", "POST issues/1/comments"],
        [],
        [],
    ]
    (issue,) = stored.issues
    assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
    assert len(stored.hub.comments(stored.repo, 1)) == 1


def test_a_second_run_of_the_same_night_writes_nothing(desk: Desk) -> None:
    desk.publish(report(3, dead(A)))
    assert desk.writes(report(3, dead(A))) == []


def test_the_same_dead_links_on_later_nights_write_nothing(desk: Desk) -> None:
    desk.publish(report(3, dead(A), dead(B)))
    assert [desk.writes(report(number, dead(A), dead(B))) for number in (4, 5, 30)] == [[], [], []]


def test_the_issue_that_is_opened_carries_marker_labels_and_places(desk: Desk) -> None:
    desk.publish(report(3, dead(A)))
    (issue,) = desk.issues
    assert find_key(issue["body"]) == key_of("awesome", "dashboard")
    assert "`README.md:12`" in issue["body"]
    assert [label["name"] for label in issue["labels"]] == ["linkvigil"]
    assert issue["user"]["login"] == "linkbot"


def test_a_further_dead_link_edits_the_issue_in_place_and_adds_no_comment(desk: Desk) -> None:
    desk.publish(report(3, dead(A)))
    assert desk.writes(report(4, dead(A), dead(B))) == ["PATCH issues/1"]
    assert A in desk.issues[0]["body"]
    assert B in desk.issues[0]["body"]


def test_a_new_breakage_reopens_the_issue_that_we_closed(desk: Desk) -> None:
    desk.publish(report(3, dead(A)))
    desk.publish(report(5, fine(A)))
    assert desk.writes(report(9, dead(B))) == ["PATCH issues/1"]
    assert desk.states == ["open"]
    assert desk.issues[0]["state_reason"] == "reopened"


def test_what_a_person_closed_stays_closed_until_all_was_repaired_once(desk: Desk) -> None:
    desk.publish(report(3, dead(A)))
    desk.hub.person_closes(desk.repo, 1)
    assert desk.writes(report(4, dead(A))) == []
    assert desk.writes(report(5, dead(A), dead(B))) == []
    assert desk.writes(report(6, fine(A), recovering(B))) == []
    assert desk.writes(report(7, fine(A), fine(B))) == []
    assert desk.states == ["closed"]
    assert desk.writes(report(20, dead(B))) == ["PATCH issues/1"]
    assert desk.states == ["open"]


def test_a_muted_issue_that_a_person_reopens_is_kept_up_again(desk: Desk) -> None:
    desk.publish(report(3, dead(A)))
    desk.hub.person_closes(desk.repo, 1)
    desk.publish(report(4, dead(A)))
    desk.hub.person_reopens(desk.repo, 1)
    assert desk.writes(report(5, dead(A), dead(B))) == ["PATCH issues/1"]


def test_what_a_person_reopened_is_not_closed_again_on_the_next_night(desk: Desk) -> None:
    desk.publish(report(3, dead(A)))
    desk.publish(report(5, fine(A)))
    desk.hub.person_reopens(desk.repo, 1)
    desk.publish(report(6, dead(B)))
    desk.publish(report(7, fine(B)))
    assert desk.states == ["closed"]


@pytest.mark.parametrize("run", [{"untrusted": "the network was down"}, {"partial": "stopped early"}])
def test_an_untrusted_or_partial_run_asks_for_nothing_and_writes_nothing(desk: Desk, run: dict[str, str]) -> None:
    desk.publish(report(3, dead(A)))
    desk.hub.requests.clear()
    published = desk.publish(report(4, fine(A), **run))
    assert desk.hub.requests == []
    assert next(iter(run.values())) in (published.plan.withheld or "")


def test_the_preview_writes_neither_there_nor_here(desk: Desk) -> None:
    settings = desk.settings()
    with open_tracker(settings, desk.clock) as tracker:
        planned = preview(report(3, dead(A)), settings, tracker, desk.ledger)
    assert [call.op for call in planned.calls] == ["create"]
    assert desk.hub.writes == []
    assert desk.ledger.issues("awesome", settings.place) == []


@pytest.mark.parametrize(
    "fault",
    [after(502), drop_after(), after(504), reply(502), drop()],
    ids=["502-done", "cut-done", "504", "502", "cut"],
)
def test_an_issue_whose_creation_failed_ambiguously_exists_once(desk: Desk, fault: Any) -> None:
    desk.hub.fault("POST", "/issues$", fault)
    assert desk.publish(report(3, dead(A))).applied.failures == ()
    assert len(desk.issues) == 1
    assert desk.writes(report(4, dead(A))) == []


@pytest.mark.parametrize("fault", [after(502), drop_after(), reply(502)], ids=["502-done", "cut-done", "502"])
def test_a_closing_comment_that_failed_ambiguously_stands_once(desk: Desk, fault: Any) -> None:
    desk.publish(report(3, dead(A)))
    desk.hub.fault("POST", "/comments$", fault)
    desk.publish(report(5, fine(A)))
    assert len(desk.hub.comments(desk.repo, 1)) == 1


def test_an_edit_is_tried_again_after_a_passing_failure(desk: Desk) -> None:
    desk.publish(report(3, dead(A)))
    desk.hub.fault("PATCH", "/issues/1$", after(502), drop())
    assert desk.publish(report(5, fine(A))).applied.failures == ()
    assert desk.states == ["closed"]


def test_a_creation_that_stays_unknown_is_left_to_the_next_run_which_makes_it_once(stored: Desk) -> None:
    stored.hub.fault("POST", "/issues$", reply(502), reply(502))
    failed = stored.publish(report(3, dead(A)))
    assert [failure.problem for failure in failed.applied.failures] == [Problem.AMBIGUOUS]
    assert stored.issues == []
    assert stored.writes(report(4, dead(A))) == ["POST issues"]
    assert stored.writes(report(5, dead(A))) == []


class _Killed(BaseException):
    """Stands for SIGKILL: nothing of the program runs after it."""


class _DyingLedger:
    """Passes all on, and dies instead of marking the given call."""

    def __init__(self, ledger: Ledger, dies_at: int) -> None:
        self._ledger, self._left = ledger, dies_at

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def sent(self, *args: Any) -> None:
        self._left -= 1
        if self._left < 0:
            raise _Killed
        self._ledger.sent(*args)


def test_a_kill_between_the_creation_and_its_mark_leaves_one_issue(stored: Desk) -> None:
    whole = stored.ledger
    stored.ledger = _DyingLedger(whole, 0)  # type: ignore[assignment]
    with pytest.raises(_Killed):
        stored.publish(report(3, dead(A)))
    stored.ledger = whole
    assert stored.writes(report(4, dead(A))) == []
    assert len(stored.issues) == 1
    assert stored.ledger.pending("awesome", stored.settings().place) == []


@pytest.mark.parametrize("dies_at", [0, 1], ids=["close-not-marked", "comment-not-marked"])
def test_a_kill_while_closing_mutes_nothing_and_comments_once(stored: Desk, dies_at: int) -> None:
    stored.publish(report(3, dead(A)))
    whole = stored.ledger
    stored.ledger = _DyingLedger(whole, dies_at)  # type: ignore[assignment]
    with pytest.raises(_Killed):
        stored.publish(report(5, fine(A)))
    stored.ledger = whole
    stored.publish(report(6, fine(A)))
    assert len(stored.hub.comments(stored.repo, 1)) == 1
    (known,) = stored.ledger.issues("awesome", stored.settings().place)
    assert (known.state, known.closed_by_us) == (IssueState.CLOSED, True)
    assert stored.writes(report(9, dead(B))) == ["PATCH issues/1"]


def test_a_kill_while_reopening_is_no_reopening_by_a_person(stored: Desk) -> None:
    stored.publish(report(3, dead(A)))
    stored.publish(report(5, fine(A)))
    whole = stored.ledger
    stored.ledger = _DyingLedger(whole, 0)  # type: ignore[assignment]
    with pytest.raises(_Killed):
        stored.publish(report(8, dead(A)))
    stored.ledger = whole
    stored.publish(report(9, fine(A)))
    assert stored.states == ["closed"]


def test_a_lost_database_finds_its_issue_by_the_marker(desk: Desk) -> None:
    desk.publish(report(3, dead(A)))
    desk.ledger = MemoryLedger()
    desk.publish(report(4, dead(A)))
    assert len(desk.issues) == 1
    assert desk.writes(report(5, dead(A))) == []
    desk.publish(report(6, fine(A)))
    assert desk.states == ["closed"]


def test_a_lost_database_does_not_reopen_what_a_person_closed(desk: Desk) -> None:
    desk.publish(report(3, dead(A)))
    desk.hub.person_closes(desk.repo, 1)
    desk.ledger = MemoryLedger()
    assert desk.writes(report(4, dead(A))) == []


def test_a_lost_database_reopens_what_we_closed(desk: Desk) -> None:
    desk.publish(report(3, dead(A)))
    desk.publish(report(5, fine(A)))
    desk.ledger = MemoryLedger()
    assert desk.writes(report(6, dead(A))) == ["PATCH issues/1"]


def test_the_marker_is_found_beyond_the_first_page(desk: Desk) -> None:
    desk.publish(report(3, dead(A)))
    for number in range(105):
        desk.hub.ask("POST", f"/repos/{desk.repo}/issues", {"title": f"other {number}"})
    desk.ledger = MemoryLedger()
    assert desk.writes(report(4, dead(A))) == ["PATCH issues/1"]


def test_of_two_open_issues_with_our_marker_the_newer_is_closed(desk: Desk) -> None:
    desk.publish(report(3, dead(A)))
    copy = {"title": "again", "body": desk.issues[0]["body"]}
    desk.hub.ask("POST", f"/repos/{desk.repo}/issues", copy, token=BOT)
    desk.ledger = MemoryLedger()
    desk.publish(report(4, dead(A)))
    assert desk.states == ["open", "closed"]
    assert "#1" in desk.hub.comments(desk.repo, 2)[0]
    assert desk.writes(report(5, dead(A))) == []


def test_a_marker_in_a_strangers_issue_is_not_believed(desk: Desk) -> None:
    forged = {"title": "forged", "body": f"<!-- linkvigil:v1 key={key_of('awesome', 'dashboard')} -->"}
    desk.hub.ask("POST", f"/repos/{desk.repo}/issues", forged, token=STRANGER)
    assert desk.writes(report(3, dead(A))) == ["POST issues"]
    assert desk.issues[0]["body"] == forged["body"]


def test_a_lost_database_and_another_token_still_find_the_issue(desk: Desk) -> None:
    desk.publish(report(3, dead(A)), token=PERSON)
    desk.ledger = MemoryLedger()
    desk.publish(report(4, dead(A)), token=BOT)
    assert len(desk.issues) == 1


def test_a_number_that_is_somebody_elses_now_is_left_alone(desk: Desk) -> None:
    desk.publish(report(3, dead(A)))
    theirs = {"number": 1, "title": "theirs", "state": "open", "body": "mine", "user": {"login": "stranger"}}
    desk.hub.fault("GET", "/issues/1$", content(theirs))
    assert desk.writes(report(4, dead(A), dead(B))) == []
    (known,) = desk.ledger.issues("awesome", desk.settings().place)
    assert (known.state, known.hold) == (IssueState.MUTED, Hold.NOT_OURS)


def test_a_list_that_is_empty_because_all_open_ones_are_pull_requests_is_believed(desk: Desk) -> None:
    desk.hub.fault("GET", f"/repos/{desk.repo}$", content({"open_issues_count": 2}))
    desk.hub.fault("GET", "/pulls$", content([{}, {}]))
    assert desk.writes(report(3, dead(A))) == ["POST issues"]


def test_a_list_that_a_token_cannot_compare_with_the_pull_requests_is_believed(desk: Desk) -> None:
    desk.hub.fault("GET", f"/repos/{desk.repo}$", content({"open_issues_count": 2}))
    desk.hub.fault("GET", "/pulls$", reply(403, "Resource not accessible by integration"))
    assert desk.writes(report(3, dead(A))) == ["POST issues"]


def test_a_run_that_found_no_links_closes_nothing(desk: Desk) -> None:
    desk.publish(report(3, dead(A)))
    assert desk.writes(report(4)) == []
    assert desk.states == ["open"]


@pytest.mark.parametrize("answer", [content({"hello": "world"}), content([1, 2]), content("no")], ids=str)
def test_the_answer_of_some_other_server_is_a_plain_error(desk: Desk, answer: Any) -> None:
    desk.hub.fault("GET", "/user$", answer)
    with pytest.raises(TrackerRefused, match=r"check tracker\.url"):
        desk.publish(report(3, dead(A)))


def test_an_empty_list_is_never_asked_when_the_number_is_known(desk: Desk) -> None:
    desk.publish(report(3, dead(A)))
    desk.hub.fault("GET", "/issues$", content([]), content([]), content([]))
    assert desk.writes(report(4, dead(A), dead(B))) == ["PATCH issues/1"]
    assert desk.hub.unused_faults() == 3


def test_an_empty_list_that_cannot_be_true_stops_the_run_before_a_duplicate(desk: Desk) -> None:
    desk.publish(report(3, dead(A)))
    desk.ledger = MemoryLedger()
    desk.hub.fault("GET", "/issues$", content([]))
    with pytest.raises(TrackerRefused) as caught:
        desk.publish(report(4, dead(A)))
    assert caught.value.problem is Problem.UNBELIEVABLE
    assert not caught.value.permanent
    assert len(desk.issues) == 1


def test_the_list_is_read_once_and_not_again_on_nights_without_dead_links(desk: Desk) -> None:
    desk.publish(report(1, fine(A)))
    desk.hub.requests.clear()
    desk.publish(report(2, fine(A)))
    assert desk.hub.requests == []


@pytest.mark.parametrize(
    ("fault", "waited"),
    [
        (reply(403, "You have exceeded a secondary rate limit", retry_after="30"), 30),
        (reply(429, "too many", retry_after="7"), 7),
        (reply(403, "You have exceeded a secondary rate limit"), 60),
        (reply(403, "API rate limit exceeded", x_ratelimit_remaining="0", x_ratelimit_reset="1773458240"), 21),
        (reply(429, "", retry_after="Sat, 14 Mar 2026 03:17:40 GMT"), 40),
    ],
    ids=["secondary-retry-after", "429", "secondary-without-time", "primary-reset", "http-date"],
)
def test_a_rate_limit_is_waited_for_and_then_the_issue_is_opened_once(desk: Desk, fault: Any, waited: int) -> None:
    desk.hub.fault("POST", "/issues$", fault)
    desk.publish(report(3, dead(A)))
    assert waited in [round(wait) for wait in desk.clock.waits]
    assert len(desk.issues) == 1


def test_a_rate_limit_that_lasts_too_long_leaves_the_rest_to_the_next_run(desk: Desk) -> None:
    desk.hub.fault("POST", "/issues$", reply(403, "secondary rate limit", retry_after="3600"))
    published = desk.publish(report(3, dead(A)))
    assert [failure.problem for failure in published.applied.failures] == [Problem.RATE_LIMITED]
    assert desk.clock.waits == []
    assert desk.writes(report(4, dead(A))) == ["POST issues"]


def test_writes_are_at_least_a_second_apart(desk: Desk) -> None:
    links = [dead(f"https://{number}.example/") for number in range(5)]
    desk.publish(report(3, *links), mode=Mode.PER_LINK)
    assert len(desk.issues) == 5
    assert len(desk.clock.waits) == 4
    assert min(desk.clock.waits) >= 0.99


@pytest.mark.parametrize(
    ("issue", "hold"),
    [
        (reply(410, "This issue was deleted"), Hold.DELETED),
        (reply(404, "Not Found"), Hold.DELETED),
        (reply(301, "Moved Permanently", location="/repositories/9/issues/4"), Hold.TRANSFERRED),
    ],
    ids=["deleted", "not-to-be-seen", "transferred"],
)
def test_an_issue_that_was_taken_away_is_told_and_not_made_again(desk: Desk, issue: Any, hold: Hold) -> None:
    desk.publish(report(3, dead(A)))
    desk.hub.fault("GET", "/issues/1$", issue, issue)
    published = desk.publish(report(4, dead(A)))
    assert desk.hub.writes == [f"POST /repos/{desk.repo}/issues"]
    assert any("#1" in note for note in published.plan.notes)
    (known,) = desk.ledger.issues("awesome", desk.settings().place)
    assert (known.state, known.hold) == (IssueState.MUTED, hold)


def test_after_a_deletion_and_a_repair_a_new_breakage_opens_a_new_issue(desk: Desk) -> None:
    desk.publish(report(3, dead(A)))
    desk.hub.fault("GET", "/issues/1$", reply(410, "This issue was deleted"))
    desk.publish(report(4, dead(A)))
    desk.publish(report(5, fine(A)))
    assert desk.writes(report(9, dead(B))) == ["POST issues"]


@pytest.mark.parametrize(
    ("faults", "problem"),
    [
        ({"/issues$": reply(401, "Bad credentials")}, Problem.UNAUTHORISED),
        ({"/issues$": reply(403, "Resource not accessible by personal access token")}, Problem.FORBIDDEN),
        ({"/issues$": reply(404, "Not Found")}, Problem.FORBIDDEN),
        (
            {"/issues$": reply(422, "Validation Failed: body is too long (maximum is 65536 characters)")},
            Problem.REJECTED,
        ),
        ({"/issues$": reply(410, "gone"), "repo": content({"has_issues": False})}, Problem.ISSUES_DISABLED),
        ({"/issues$": reply(404, "Not Found"), "repo": reply(404, "Not Found")}, Problem.REPOSITORY_MISSING),
        ({"/issues$": reply(301, "Moved"), "repo": reply(301, "Moved")}, Problem.REPOSITORY_MOVED),
    ],
    ids=["401", "403", "404", "422", "disabled", "no-repository", "renamed"],
)
def test_each_refusal_is_told_apart_and_is_not_repeated(desk: Desk, faults: dict[str, Any], problem: Problem) -> None:
    desk.publish(report(1, fine(A)))
    desk.hub.reset()
    for path, fault in faults.items():
        method = "GET" if path == "repo" else "POST"
        desk.hub.fault(method, f"/repos/{desk.repo}$" if path == "repo" else path, fault)
    (failure,) = desk.publish(report(3, dead(A))).applied.failures
    assert (failure.problem, failure.pending) == (problem, False)
    assert len(desk.hub.writes) == 1
    assert desk.issues == []


def test_a_repository_without_issues_is_named_as_such(desk: Desk) -> None:
    desk.hub.ask("PATCH", f"/repos/{desk.repo}", {"has_issues": False})
    with pytest.raises(TrackerRefused, match="issues are disabled") as caught:
        desk.publish(report(3, dead(A)))
    assert caught.value.problem is Problem.ISSUES_DISABLED
    assert caught.value.permanent


def test_a_tracker_that_is_down_is_a_passing_failure(desk: Desk) -> None:
    desk.hub.fault("GET", "/user$", *[reply(503)] * 4)
    with pytest.raises(TrackerRefused) as caught:
        desk.publish(report(3, dead(A)))
    assert caught.value.problem is Problem.UNREACHABLE
    assert not caught.value.permanent


def test_a_locked_issue_is_closed_without_its_comment(desk: Desk) -> None:
    desk.publish(report(3, dead(A)))
    desk.hub.fault("POST", "/comments$", reply(403, "Unable to create comment because issue is locked."))
    published = desk.publish(report(5, fine(A)))
    assert [failure.problem for failure in published.applied.failures] == [Problem.ISSUE_LOCKED]
    assert desk.states == ["closed"]


def test_without_a_token_nothing_is_sent_that_looks_like_one_and_a_write_is_refused(desk: Desk) -> None:
    with pytest.raises(TrackerRefused) as caught:
        desk.publish(report(3, dead(A)), token="")
    assert caught.value.problem is Problem.UNAUTHORISED
    assert "authorization" not in desk.hub.requests[0].headers


def test_a_redirect_is_not_followed_with_the_token(desk: Desk) -> None:
    desk.hub.fault("GET", "/user$", reply(302, "", location="http://127.0.0.1:9/elsewhere"))
    desk.publish(report(3, dead(A)))
    assert len(desk.issues) == 1


def test_a_token_of_a_workflow_that_may_not_ask_who_it_is_can_publish(desk: Desk) -> None:
    desk.hub.fault("GET", "/user$", reply(403, "Resource not accessible by integration"))
    assert desk.writes(report(3, dead(A))) == ["POST issues"]


def test_per_link_opens_at_most_five_a_run_and_says_what_is_left(desk: Desk) -> None:
    links = [dead(f"https://{number:02}.example/") for number in range(23)]
    first = desk.publish(report(3, *links), mode=Mode.PER_LINK)
    assert len(desk.issues) == 5
    assert "18 further dead links" in first.plan.notes[0]
    for number in (4, 5, 6, 7):
        desk.publish(report(number, *links), mode=Mode.PER_LINK)
    assert len(desk.issues) == 20


def test_per_link_closes_only_the_issue_of_the_link_that_works_again(desk: Desk) -> None:
    desk.publish(report(3, dead(A), dead(B)), mode=Mode.PER_LINK)
    desk.publish(report(5, dead(A), fine(B)), mode=Mode.PER_LINK)
    assert {issue["title"]: issue["state"] for issue in desk.issues} == {
        f"Dead link: {A}": "open",
        f"Dead link: {B}": "closed",
    }


def test_a_change_of_mode_closes_what_the_other_mode_had_opened(desk: Desk) -> None:
    desk.publish(report(3, dead(A), dead(B)), mode=Mode.PER_LINK)
    desk.publish(report(4, dead(A), dead(B)))
    assert desk.states == ["closed", "closed", "open"]


def test_a_body_of_thousands_of_links_stays_below_the_limit(desk: Desk) -> None:
    links = [dead(f"https://{number}.example/{'路径' * 40}") for number in range(1500)]
    desk.publish(report(3, *links))
    body = desk.issues[0]["body"]
    assert len(body) <= 58_000
    assert "rows did not fit" in body


def test_the_token_is_in_one_header_and_nowhere_else(
    desk: Desk, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "secret.db"
    with open_store(f"sqlite:///{path}") as store:
        desk.ledger = StoreLedger(store)
        desk.hub.fault("POST", "/issues$", reply(401, f"Bad credentials {BOT}"))
        (failure,) = desk.publish(report(3, dead(A))).applied.failures
        desk.publish(report(4, dead(A)))
    with sqlite3.connect(path) as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    told = [failure.message, repr(failure), repr(desk.settings()), caplog.text, dump]
    assert all(BOT not in text for text in told)
    request = desk.hub.requests[0]
    assert request.headers["authorization"] == f"Bearer {BOT}"
    assert BOT not in json.dumps([request.path, request.query, request.body])


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_request_of_a_whole_life_fits_githubs_own_description(desk: Desk, edition: str) -> None:
    desk.publish(report(1, fine(A)))
    desk.hub.fault("POST", "/issues$", after(502))
    desk.publish(report(3, dead(A)))
    desk.publish(report(4, dead(A), dead(B)))
    desk.hub.fault("POST", "/comments$", after(502))
    desk.publish(report(5, fine(A)))
    desk.publish(report(6, dead(A)))
    desk.publish(report(7, dead(A)), mode=Mode.PER_LINK)
    desk.ledger = MemoryLedger()
    desk.hub.fault("GET", f"/repos/{desk.repo}/issues$", content([]))
    with pytest.raises(TrackerRefused):
        desk.publish(report(8, dead(A)))
    kinds = {(request.method, request.path.rpartition("/")[2]) for request in desk.hub.requests}
    assert len(kinds) >= 7
    assert [problem for request in desk.hub.requests for problem in problems(request, edition)] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "wrong"),
    [
        ("POST", "issues", {"body": "x"}, "title"),
        ("PATCH", "issues/1", {"state": "shut"}, "shut"),
        ("PATCH", "issues/1", {"state_reason": "wontfix"}, "wontfix"),
        ("PATCH", "issues/1", {"sate": "open"}, "sate"),
        ("PUT", "issues/1", {}, "not described"),
    ],
)
def test_the_description_catches_wrong_requests(method: str, path: str, body: Any, wrong: str) -> None:
    from tests.fakes.github import Request

    request = Request(method=method, path=f"/repos/o/r/{path}", query=(), headers={}, body=body)
    assert wrong in " ".join(problems(request, "api.github.com"))
