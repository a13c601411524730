"""Asking for captures: Save Page Now 2 with keys, waybackpy's save without, over real sockets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from urllib.parse import parse_qs

import pytest

from crawler.domain.memento import Capture, CaptureState, MementoState
from tests.fakes.archive import FakeArchive, Fetched, ManualClock, faults, job_id
from tests.wire.archive_client import FROGS, NEAR, PAGE, client

KEYS = {"access_key": "access", "secret_key": "secret"}


@pytest.fixture
def fake():
    with FakeArchive(clock=ManualClock()) as archive:
        yield archive


@pytest.fixture
def keyed(fake):
    with client(fake, **KEYS) as archive:
        yield archive


@pytest.fixture
def anonymous(fake):
    with client(fake) as archive:
        yield archive


def finish(fake, archive, capture, polls=20):
    for _ in range(polls):
        if capture.state not in (CaptureState.REQUESTED, CaptureState.PENDING):
            break
        fake.clock.advance(7)
        capture = archive.poll(capture, fake.clock.now())
    return capture


def posts(fake):
    return [entry for entry in fake.log if entry.method == "POST"]


# --- with keys ------------------------------------------------------------------------------------------------


def test_a_capture_is_asked_for_polled_and_saved(fake, keyed):
    fake.origin_fetcher = lambda url: Fetched(body=FROGS)
    asked = keyed.capture(PAGE, fake.clock.now())
    assert (asked.state, asked.job_id) == (CaptureState.REQUESTED, job_id(PAGE))
    saved = finish(fake, keyed, asked)
    assert saved.state is CaptureState.SAVED
    assert saved.view_url == f"{fake.url}/web/{saved.timestamp:%Y%m%d%H%M%S}/{PAGE}"
    assert keyed.find(PAGE, NEAR, fake.clock.now()).timestamp == saved.timestamp


def test_the_request_is_kind_to_the_archive_and_sends_nothing_secret_about_us(fake, keyed):
    keyed.capture(PAGE + "#part", fake.clock.now())
    form = {name: values[0] for name, values in parse_qs(posts(fake)[0].body.decode()).items()}
    assert form == {
        "url": PAGE,
        "skip_first_archive": "1",
        "delay_wb_availability": "1",
        "js_behavior_timeout": "0",
        "if_not_archived_within": "30d",
    }
    assert "+https://example.org/contact" in posts(fake)[0].headers["user-agent"]


def test_a_job_that_is_not_due_is_not_polled(fake, keyed):
    asked = keyed.capture(PAGE, fake.clock.now())
    before = len(fake.log)
    assert keyed.poll(asked, fake.clock.now()) == asked
    assert len(fake.log) == before


def test_a_redirected_capture_has_its_final_address(fake, keyed):
    fake.origin_fetcher = lambda url: Fetched(body=FROGS, final_url="https://example.org/animals/frogs")
    saved = finish(fake, keyed, keyed.capture(PAGE, fake.clock.now()))
    assert saved.view_url.endswith("/https://example.org/animals/frogs")


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("error:invalid-host-resolution", CaptureState.REFUSED),
        ("error:no-access", CaptureState.REFUSED),
        ("error:cannot-fetch", CaptureState.REFUSED),
        ("error:too-many-requests", CaptureState.DEFERRED),
        ("error:too-many-daily-captures", CaptureState.UNCONFIRMED),
        ("error:never-heard-of", CaptureState.REFUSED),
    ],
)
@pytest.mark.parametrize("when", ["post_errors", "job_errors"])
def test_a_refusal_within_a_200_is_read_at_once_and_at_the_jobs_end(fake, keyed, code, state, when):
    getattr(fake.saving, when)[PAGE] = code
    got = finish(fake, keyed, keyed.capture(PAGE, fake.clock.now()))
    assert (got.state, got.code) == (state, code.removeprefix("error:"))


def test_the_days_bandwidth_stops_all_captures_until_midnight(fake, keyed):
    fake.saving.post_errors[PAGE] = "error:max-daily-bandwidth"
    got = keyed.capture(PAGE, fake.clock.now())
    assert got.stop_until == datetime(2026, 3, 2, tzinfo=UTC)
    assert keyed.capture(PAGE + "/2", fake.clock.now()).state is CaptureState.DEFERRED
    assert len(posts(fake)) == 1
    fake.clock.advance(timedelta(hours=12))
    assert keyed.capture(PAGE + "/2", fake.clock.now()).state is CaptureState.REQUESTED


def test_too_many_captures_of_a_page_today_mean_that_there_is_one(fake, keyed):
    fake.add_capture(PAGE, "20260301080000", body=FROGS)
    fake.saving.post_errors[PAGE] = "error:too-many-daily-captures"
    got = keyed.capture(PAGE, fake.clock.now())
    assert got.state is CaptureState.UNCONFIRMED
    assert keyed.poll(got, fake.clock.now()).timestamp == datetime(2026, 3, 1, 8, tzinfo=UTC)


def test_a_capture_of_these_days_is_not_made_again(fake, keyed):
    fake.add_capture(PAGE, "20260220000000", body=FROGS)
    asked = keyed.capture(PAGE, fake.clock.now())
    assert "same snapshot" in asked.detail
    assert finish(fake, keyed, asked).timestamp == datetime(2026, 2, 20, tzinfo=UTC)


def test_an_announced_delay_is_waited_for(fake, keyed):
    fake.saving.announcement = (
        "The capture will start in ~1 hour, 34 minutes because our service is currently overloaded."
    )
    asked = keyed.capture(PAGE, fake.clock.now())
    assert asked.retry_at - asked.asked_at == timedelta(minutes=94)
    fake.saving.jobs[job_id(PAGE)].asked_at += timedelta(minutes=94)  # the service begins then
    fake.clock.advance(timedelta(minutes=95))
    assert finish(fake, keyed, asked).state is CaptureState.SAVED


def test_a_job_that_is_pending_for_ever_is_decided_by_the_index(fake, keyed):
    asked = Capture(url=PAGE, state=CaptureState.PENDING, asked_at=fake.clock.now(), job_id="spn2-" + "0" * 40)
    fake.clock.advance(timedelta(minutes=30))
    assert keyed.poll(asked, fake.clock.now()).state is CaptureState.PENDING
    fake.clock.advance(timedelta(minutes=31))
    before = len(fake.requests("/save"))
    got = keyed.poll(asked, fake.clock.now())
    assert got.state is CaptureState.UNCONFIRMED
    assert len(fake.requests("/save")) == before
    fake.add_capture(PAGE, "20260301120500", body=FROGS)
    fake.clock.advance(timedelta(hours=7))
    assert keyed.poll(got, fake.clock.now()).state is CaptureState.SAVED


@pytest.mark.parametrize(
    "spoiled", [faults.ORIGIN_UNREACHABLE, faults.HANG, faults.RESET, faults.OFFLINE_200, faults.OFFLINE_503]
)
def test_a_lost_answer_may_hide_a_capture_and_the_index_decides(fake, keyed, spoiled):
    fake.script("/save/status", faults.PASS)
    fake.script("/save", [faults.PASS, faults.Fault(**{**_fields(spoiled), "acts": True})])
    got = keyed.capture(PAGE, fake.clock.now())
    assert got.state is CaptureState.UNCONFIRMED
    assert len(posts(fake)) == 1, "never sent twice"
    fake.add_capture(PAGE, "20260301120100", body=FROGS)
    fake.clock.advance(timedelta(hours=6))
    assert keyed.poll(got, fake.clock.now()).state is CaptureState.SAVED


def test_what_never_appears_may_be_asked_for_again_after_days(fake, keyed):
    got = Capture(url=PAGE, state=CaptureState.UNCONFIRMED, asked_at=fake.clock.now())
    for _ in range(3):
        fake.clock.advance(timedelta(days=1))
        got = keyed.poll(got, fake.clock.now())
        assert got.state is CaptureState.UNCONFIRMED
    fake.clock.advance(timedelta(days=1))
    got = keyed.poll(got, fake.clock.now())
    assert (got.state, got.retry_at) == (CaptureState.DEFERRED, fake.clock.now())


def test_an_error_of_the_index_decides_nothing_about_a_capture(fake, keyed):
    got = Capture(url=PAGE, state=CaptureState.UNCONFIRMED, asked_at=fake.clock.now())
    fake.script("/cdx", faults.OFFLINE_200)
    fake.clock.advance(timedelta(days=9))
    assert keyed.poll(got, fake.clock.now()).state is CaptureState.UNCONFIRMED


def test_wrong_keys_stop_captures_for_the_day(fake):
    with client(fake, access_key="access", secret_key="wrong") as archive:
        got = archive.capture(PAGE, fake.clock.now())
        assert (got.state, got.code) == (CaptureState.REFUSED, "no-login")
        archive.capture(PAGE + "/2", fake.clock.now())
    assert len(posts(fake)) == 1


def test_captures_keep_a_fifth_below_seven_a_minute(fake, keyed):
    for number in range(12):
        assert keyed.capture(f"{PAGE}/{number}", fake.clock.now()).state is CaptureState.REQUESTED
    times = [entry.at for entry in posts(fake)]
    assert min(b - a for a, b in pairwise(times)) >= timedelta(seconds=60 / 5.6)


def test_the_services_own_count_keeps_us_below_the_days_limit(fake, keyed):
    fake.saving.daily_limit = 4
    fake.saving.captures += [(fake.clock.now(), f"org,example)/{number}") for number in range(4)]
    got = keyed.capture(PAGE, fake.clock.now())
    assert (got.state, got.stop_until) == (CaptureState.DEFERRED, datetime(2026, 3, 2, tzinfo=UTC))
    assert posts(fake) == []


def test_no_capture_is_asked_for_while_our_sessions_are_all_in_use(fake, keyed):
    fake.saving.sessions = 0
    assert keyed.capture(PAGE, fake.clock.now()).state is CaptureState.DEFERRED
    assert posts(fake) == []


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/a", "https://u:p@example.org/", "https://example.org/?sig=1", "ftp://example.org/"]
)
def test_what_may_not_be_public_is_never_submitted(fake, keyed, url):
    got = keyed.capture(url, fake.clock.now())
    assert (got.state, got.code) == (CaptureState.REFUSED, "not-submittable")
    assert fake.log == []


# --- without keys ---------------------------------------------------------------------------------------------


def test_one_get_saves_a_page_without_keys(fake, anonymous):
    got = anonymous.capture(PAGE, fake.clock.now())
    assert got.state is CaptureState.SAVED
    assert got.timestamp == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert [entry.target for entry in fake.log] == [f"/save/{PAGE}"]
    assert anonymous.find(PAGE, NEAR, fake.clock.now()).state is MementoState.FOUND


@pytest.mark.parametrize(("mode", "code"), [("too-many", "http-429"), ("login", "http-401")], ids=["429", "401"])
def test_the_first_refusal_ends_the_day(fake, anonymous, mode, code):
    fake.saving.anonymous = mode
    got = anonymous.capture(PAGE, fake.clock.now())
    assert (got.state, got.code, got.stop_until) == (CaptureState.REFUSED, code, datetime(2026, 3, 2, tzinfo=UTC))
    again = anonymous.capture(PAGE + "/2", fake.clock.now())
    assert (again.state, again.retry_at) == (CaptureState.DEFERRED, datetime(2026, 3, 2, tzinfo=UTC))
    assert len(fake.log) == 1


def test_a_429_with_retry_after_is_not_slept_through(fake, anonymous):
    fake.script("/save", faults.answer(429, "slow down", Retry_After="86400"))
    assert anonymous.capture(PAGE, fake.clock.now()).state is CaptureState.REFUSED
    assert fake.clock.waits == []
    assert len(fake.log) == 1


def test_a_page_that_watches_a_job_is_unconfirmed(fake, anonymous):
    fake.saving.anonymous = "page"
    got = anonymous.capture(PAGE, fake.clock.now())
    assert (got.state, got.job_id, got.stop_until) == (CaptureState.UNCONFIRMED, job_id(PAGE), None)


@pytest.mark.parametrize(
    "spoiled",
    [faults.ORIGIN_UNREACHABLE, faults.HANG, faults.RESET, faults.OFFLINE_503, faults.answer(520, "job failed")],
    ids=["523", "silence", "reset", "503", "520"],
)
def test_a_lost_answer_without_keys_is_unconfirmed_after_one_get(fake, anonymous, spoiled):
    fake.script("/save", spoiled)
    got = anonymous.capture(PAGE, fake.clock.now())
    assert (got.state, got.stop_until) == (CaptureState.UNCONFIRMED, None)
    assert len(fake.log) == 1


def test_after_three_lost_answers_in_a_row_no_more_are_asked_for(fake, anonymous):
    fake.script("/save", faults.OFFLINE_503.forever())
    states = [anonymous.capture(f"{PAGE}/{number}", fake.clock.now()).state for number in range(5)]
    assert states == [CaptureState.UNCONFIRMED] * 3 + [CaptureState.DEFERRED] * 2
    assert len(fake.log) == 3


def test_a_page_that_the_archive_cannot_reach_is_refused_alone(fake, anonymous):
    error = "org.archive.wayback.exception.LiveDocumentNotAvailableException: no"
    fake.script("/save", faults.answer(404, "", X_Archive_Wayback_Runtime_Error=error))
    got = anonymous.capture(PAGE, fake.clock.now())
    assert (got.state, got.code) == (CaptureState.REFUSED, "LiveDocumentNotAvailableException")
    assert anonymous.capture(PAGE + "/2", fake.clock.now()).state is CaptureState.SAVED


def test_a_page_of_the_archive_itself_is_no_capture(fake, anonymous):
    fake.script("/save", faults.OFFLINE_200)
    got = anonymous.capture(PAGE, fake.clock.now())
    assert got.state is CaptureState.REFUSED
    assert got.stop_until is not None


def test_without_keys_it_is_one_a_minute_and_ten_a_run(fake, anonymous):
    states = [anonymous.capture(f"{PAGE}/{number}", fake.clock.now()).state for number in range(13)]
    assert states == [CaptureState.SAVED] * 10 + [CaptureState.DEFERRED] * 3
    times = [entry.at for entry in fake.requests("/save")]
    assert len(times) == 10
    assert min(b - a for a, b in pairwise(times)) >= timedelta(seconds=60)


def test_a_capture_that_the_index_does_not_show_yet_is_confirmed_later(fake, anonymous):
    fake.saving.index_lag = timedelta(hours=5)
    fake.script("/save", faults.Fault(**{**_fields(faults.ORIGIN_UNREACHABLE), "acts": True}))
    got = anonymous.capture(PAGE, fake.clock.now())
    early = anonymous.poll(got, got.asked_at)
    assert early == got, "not due yet"
    fake.clock.advance(timedelta(hours=4))
    got = anonymous.poll(Capture(url=PAGE, state=got.state, asked_at=got.asked_at), fake.clock.now())
    assert got.state is CaptureState.UNCONFIRMED
    fake.clock.advance(timedelta(hours=6))
    assert anonymous.poll(got, fake.clock.now()).state is CaptureState.SAVED


def _fields(fault):
    return {name: getattr(fault, name) for name in ("how", "status", "body", "content_type", "headers", "times")}
