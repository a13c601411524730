"""The archive's bad days: every way it was seen to fail ends in an honest state, in time, and in peace."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from crawler.archives import Archive, ArchiveSettings
from crawler.domain.memento import MementoState
from tests.fakes.archive import FakeArchive, Fault, How, ManualClock, faults
from tests.wire.archive_client import FROGS, NEAR, PAGE, client

HTML = "<html><body>" + "Temporarily offline, please come back. " * 3 + "</body></html>"
NO_ANSWER = {  # what no client may take for "not archived"
    "523 with a short text": faults.ORIGIN_UNREACHABLE,
    "523 with an empty body": faults.answer(523, "", "text/plain"),
    "503 page": faults.OFFLINE_503,
    "503 page with Retry-After": faults.answer(503, HTML, Retry_After="7200"),
    "200 page": faults.OFFLINE_200,
    "200 page called text": faults.answer(200, HTML, "text/plain"),
    "200 page of short lines": faults.answer(200, "<html>\n<body>\nsorry\n</body>\n</html>", "text/plain"),
    "200 empty page": faults.answer(200, "", "text/html"),
    "200 empty without a type": faults.answer(200, "", None),
    "200 short text": faults.answer(200, "error code: 1033", "text/plain"),
    "200 long text of seven words": faults.answer(
        200, "an error happened here very much indeed " + "x" * 40, "text/plain"
    ),
    "504": faults.GATEWAY_TIMEOUT,
    "500": faults.answer(500, "", "text/plain"),
    "403 for robots": faults.answer(403, "Forbidden", "text/plain"),
    "400": faults.answer(400, "showNumPages is not supported", "text/plain"),
    "redirect": faults.answer(302, "", "text/plain", Location="https://web.archive.org/outage"),
    "reset": faults.RESET,
    "silence": faults.HANG,
    "dripping body": Fault(how=How.DRIP, content_type="text/plain"),
    "dripping headers": Fault(how=How.DRIP_HEADERS, content_type="text/plain"),
    "cut empty body": Fault(how=How.TRUNCATE, content_type="text/plain", body=b"\n"),
    "cut row": Fault(how=How.TRUNCATE, content_type="text/plain", body=b"org,example)/guide/frogs 20200101"),
    "gzip that is none": faults.answer(200, "rows", "text/plain", Content_Encoding="gzip"),
    "429": faults.TOO_MANY,
    "429 with Retry-After": faults.answer(429, "slow down", Retry_After="3600"),
}


@pytest.fixture
def fake():
    with FakeArchive(clock=ManualClock()) as archive:
        yield archive


@pytest.mark.parametrize("fault", NO_ANSWER.values(), ids=NO_ANSWER.keys())
def test_no_failure_of_the_index_is_taken_for_not_archived(fake, fault):
    fake.script("/cdx", fault.forever())
    started = time.monotonic()
    with client(fake) as archive:
        memento = archive.find(PAGE, NEAR, fake.clock.now())
    assert memento.state is MementoState.UNKNOWN
    assert memento.reasons
    assert memento.retry_after is not None
    assert len(fake.requests("/cdx")) == 1, "one attempt, no hidden retries"
    assert time.monotonic() - started < 3


@pytest.mark.parametrize("fault", NO_ANSWER.values(), ids=NO_ANSWER.keys())
def test_no_failure_of_the_replay_is_taken_for_a_bad_or_good_copy(fake, fault):
    fake.add_capture(PAGE, "20210501000000", body=FROGS)
    fake.script("/web/", fault.forever())
    with client(fake) as archive:
        memento = archive.find(PAGE, NEAR, fake.clock.now())
    assert memento.state is MementoState.UNKNOWN


@pytest.mark.parametrize("fault", [faults.BLOCKED, faults.BLOCKED_BY_ROBOTS], ids=["administrative", "robots"])
def test_a_blocked_site_is_excluded(fake, fault):
    fake.script("/cdx", fault)
    with client(fake) as archive:
        assert archive.find(PAGE, NEAR, fake.clock.now()).state is MementoState.EXCLUDED
    assert len(fake.log) == 1


def test_one_bad_answer_does_not_spoil_the_next(fake):
    fake.add_capture(PAGE, "20210501000000", body=FROGS)
    fake.script("/cdx", [faults.RESET, faults.HANG])
    fake.script("/wayback", faults.OFFLINE_503.forever())
    with client(fake) as archive:
        states = [archive.find(PAGE, NEAR, fake.clock.now()).state for _ in range(3)]
    assert states == [MementoState.UNKNOWN, MementoState.UNKNOWN, MementoState.FOUND]


def test_one_copy_that_fails_to_load_leads_to_the_next(fake):
    fake.add_capture(PAGE, "20210501000000", body=FROGS)
    fake.add_capture(PAGE, "20200501000000", body=FROGS + b"older")
    fake.script("/web/2021", faults.GATEWAY_TIMEOUT)
    with client(fake) as archive:
        memento = archive.find(PAGE, NEAR, fake.clock.now())
    assert memento.timestamp.year == 2020
    assert any("504" in reason for reason in memento.reasons)


def test_two_copies_that_fail_to_load_are_enough_for_today(fake):
    for year in (2018, 2019, 2020):
        fake.add_capture(PAGE, f"{year}0501000000", body=FROGS + str(year).encode())
    fake.script("/web/", faults.GATEWAY_TIMEOUT.forever())
    with client(fake) as archive:
        memento = archive.find(PAGE, NEAR, fake.clock.now())
        assert memento.state is MementoState.UNKNOWN
        assert archive.stopped is None, "one page whose copies do not load is no outage"
    assert len(fake.requests("/web/")) == 2


def test_the_availability_hint_helps_out_when_the_index_fails_and_is_verified(fake):
    fake.add_capture(PAGE, "20210501000000", body=FROGS)
    fake.script("/cdx", faults.GATEWAY_TIMEOUT)
    with client(fake) as archive:
        memento = archive.find(PAGE, NEAR, fake.clock.now())
    assert (memento.state, memento.verified) == (MementoState.FOUND, True)
    assert [entry.path[:5] for entry in fake.log] == ["/cdx/", "/wayb", "/web/"]


@pytest.mark.parametrize(
    "hint",
    [
        faults.PASS,
        faults.OFFLINE_503,
        faults.OFFLINE_200,
        faults.TOO_MANY,
        faults.answer(200, "{}", "application/json"),
        faults.answer(200, "[]", "application/json"),
        faults.answer(200, '{"archived_snapshots": {"closest": 7}}', "application/json"),
        faults.answer(200, '{"archived_snapshots": {"closest": {"available": true}}}', "application/json"),
        faults.answer(200, '{"archived_snapshots": []}', "application/json"),
        faults.answer(200, '{"archived_snapshots": null}', "application/json"),
        faults.HANG,
    ],
    ids=["miss", "503", "html", "429", "no key", "list", "number", "no time", "empty list", "null", "silence"],
)
def test_the_availability_hint_never_proves_that_there_is_nothing(fake, hint):
    fake.script("/cdx", faults.GATEWAY_TIMEOUT)
    fake.script("/wayback", hint)
    with client(fake) as archive:
        assert archive.find(PAGE, NEAR, fake.clock.now()).state is MementoState.UNKNOWN


def test_nothing_is_sent_after_a_429_before_its_time(fake):
    fake.script("/cdx", [faults.TOO_MANY, faults.PASS])
    with client(fake) as archive:
        memento = archive.find(PAGE, NEAR, fake.clock.now())
        assert memento.retry_after == timedelta(seconds=60)
        archive.find(PAGE, NEAR, fake.clock.now())
    first, second = fake.requests("/cdx")[:2]
    assert second.at - first.at >= timedelta(seconds=60)


def test_a_long_pause_is_not_waited_for_but_told(fake):
    fake.script("/cdx", faults.answer(429, "", Retry_After="3600"))
    with client(fake) as archive:
        archive.find(PAGE, NEAR, fake.clock.now())
        fake.clock.advance(600)
        memento = archive.find(PAGE, NEAR, fake.clock.now())
        assert memento.state is MementoState.UNKNOWN
        assert timedelta(seconds=2900) < memento.retry_after <= timedelta(seconds=3000)
        assert len(fake.log) == 1
        fake.clock.advance(3000)
        assert archive.find(PAGE, NEAR, fake.clock.now()).state is MementoState.NONE


def test_a_pause_of_the_index_holds_for_the_replay_too(fake):
    fake.add_capture(PAGE, "20210501000000", body=FROGS)
    fake.script("/web/", [faults.answer(429, "", Retry_After="3600")])
    with client(fake) as archive:
        archive.find(PAGE, NEAR, fake.clock.now())
        archive.find(PAGE, NEAR, fake.clock.now())
    assert [entry.path[:5] for entry in fake.log] == ["/cdx/", "/web/"]


def test_an_archived_429_is_no_refusal(fake):
    fake.add_capture(PAGE, "20210501000000", status=429, body=b"slow down")
    fake.add_line(PAGE, f"org,example)/guide/frogs 20210501000000 {PAGE} text/html 200 {'B' * 32} 1000")
    with client(fake) as archive:
        assert archive.find(PAGE, NEAR, fake.clock.now()).state is MementoState.UNUSABLE
        assert archive.stopped is None


def test_three_refusals_in_a_row_end_the_look_ups(fake):
    fake.script("/cdx", faults.TOO_MANY.forever())
    with client(fake, patience=timedelta(hours=1)) as archive:
        for _ in range(6):
            assert archive.find(PAGE, NEAR, fake.clock.now()).state is MementoState.UNKNOWN
        assert "429" in archive.stopped
    times = [entry.at for entry in fake.requests("/cdx")]
    assert len(times) == 3
    assert [later - earlier for earlier, later in pairwise(times)] == [
        timedelta(seconds=60),
        timedelta(seconds=120),
    ]


@pytest.mark.parametrize(
    "fault",
    [faults.HANG, faults.OFFLINE_503, faults.OFFLINE_200, faults.RESET, Fault(how=How.DRIP, content_type="text/plain")],
    ids=["silent", "503", "html", "reset", "slow"],
)
def test_an_outage_ends_the_run_in_time(fake, fault):
    fake.script("/", fault.forever())
    started = time.monotonic()
    with client(fake) as archive:
        states = {archive.find(f"{PAGE}/{number}", NEAR, fake.clock.now()).state for number in range(200)}
        assert archive.stopped
    assert states == {MementoState.UNKNOWN}
    assert len(fake.requests("/cdx")) == 3
    assert len(fake.log) <= 5
    assert time.monotonic() - started < 8


def test_the_archive_is_asked_again_when_the_outage_is_over(fake):
    fake.script("/", [faults.OFFLINE_503] * 5)
    with client(fake) as archive:
        for _ in range(4):
            archive.find(PAGE, NEAR, fake.clock.now())
        assert archive.stopped
        fake.clock.advance(timedelta(minutes=31))
        assert archive.stopped is None
        assert archive.find(PAGE, NEAR, fake.clock.now()).state is MementoState.NONE


def test_a_refused_connection_means_that_we_are_shut_out(fake):
    with client(fake) as archive:
        fake.refuse_connections()
        assert archive.find(PAGE, NEAR, fake.clock.now()).state is MementoState.UNKNOWN
        assert "refuses our connections" in archive.stopped
        fake.accept_connections()
        fake.clock.advance(timedelta(hours=2))
        archive.find(PAGE, NEAR, fake.clock.now())
        assert archive.capture(PAGE, fake.clock.now()).detail == archive.stopped
        assert fake.log == []
        fake.clock.advance(timedelta(hours=5))
        assert archive.find(PAGE, NEAR, fake.clock.now()).state is MementoState.NONE


def test_our_pace_stays_within_the_limits_and_is_never_refused(fake):
    fake.index_per_minute, fake.replay_per_minute = 30, 600
    for number in range(60):
        fake.add_capture(f"{PAGE}/{number}", "20210501000000", body=FROGS)
    with client(fake) as archive:
        states = [archive.find(f"{PAGE}/{number}", NEAR, fake.clock.now()).state for number in range(60)]
    assert set(states) == {MementoState.FOUND}
    assert {entry.status for entry in fake.log} == {200}
    assert _gaps(fake.requests("/cdx")) >= timedelta(seconds=2.5)
    assert _gaps(fake.requests("/web/")) >= timedelta(seconds=1)


def test_threads_share_one_pace(fake):
    with client(fake) as archive:
        threads = [
            threading.Thread(target=archive.find, args=(f"{PAGE}/{number}", NEAR, fake.clock.now()))
            for number in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)
    assert len(fake.requests("/cdx")) == 12
    assert _gaps(fake.requests("/cdx")) >= timedelta(seconds=2.5)


def test_a_client_faster_than_the_limit_is_refused_and_then_shut_out_by_the_fake():
    clock = ManualClock()
    with FakeArchive(clock=clock) as fake:
        fake.index_per_minute = 30
        quick = {"cdx_interval": timedelta(seconds=0.1), "patience": timedelta(0)}
        with client(fake, **quick) as archive:
            for number in range(20):
                archive.find(f"{PAGE}/{number}", NEAR, clock.now())
            assert 429 in {entry.status for entry in fake.log}
            assert len([entry for entry in fake.log if entry.status == 429]) == 1, "we stop at the first"


def test_stop_wakes_a_sleeping_look_up():
    with FakeArchive() as fake:  # the real clock: the thread sleeps for real until it is woken
        settings = {"cdx_interval": timedelta(minutes=5)}
        archive = Archive(ArchiveSettings(url=fake.url, availability_url=fake.url, user_agent="t", **settings))
        mementos = []
        thread = threading.Thread(target=lambda: mementos.append(archive.find(PAGE, NEAR, datetime.now(UTC))))
        thread.start()
        while not fake.log:
            thread.join(timeout=0.01)
            assert thread.is_alive()
        archive.stop()
        thread.join(timeout=3)
        assert not thread.is_alive()
        assert mementos[0].state is MementoState.UNKNOWN
        archive.close()


def test_stop_ends_an_exchange_that_hangs():
    with FakeArchive() as fake:
        fake.script("/", faults.HANG.forever())
        archive = Archive(ArchiveSettings(url=fake.url, availability_url=fake.url, user_agent="t"))
        thread = threading.Thread(target=archive.find, args=(PAGE, NEAR, datetime.now(UTC)))
        thread.start()
        while not fake.log:
            thread.join(timeout=0.01)
            assert thread.is_alive()
        archive.stop()
        thread.join(timeout=3)
        assert not thread.is_alive()
        archive.close()


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_to_a_foreign_host_is_not_followed(fake, status):
    fake.add_capture(PAGE, "20210501000000", body=FROGS)
    with FakeArchive() as foreign:
        fake.script("/web/", faults.answer(status, "", Location=f"{foreign.url}/web/20210501000000/{PAGE}"))
        with client(fake) as archive:
            assert archive.find(PAGE, NEAR, fake.clock.now()).state is MementoState.UNKNOWN
        assert foreign.log == []


def test_a_page_that_drips_without_an_end_is_not_taken_for_whole(fake):
    fake.add_capture(PAGE, "20210501000000", body=FROGS)
    headers = {"Memento-Datetime": "Sat, 01 May 2021 00:00:00 GMT"}
    fake.script("/web/", Fault(how=How.DRIP, body=FROGS[:200], headers=headers, framed=False))
    with client(fake) as archive:
        assert archive.find(PAGE, NEAR, fake.clock.now()).state is MementoState.UNKNOWN


@pytest.mark.parametrize("headers", [{}, {"Location": ""}], ids=["none", "empty"])
def test_a_redirect_of_the_archive_to_nowhere_is_no_answer(fake, headers):
    fake.add_capture(PAGE, "20210501000000", body=FROGS)
    fake.script("/web/", faults.answer(302, "", **headers).forever())
    with client(fake) as archive:
        assert archive.find(PAGE, NEAR, fake.clock.now()).state is MementoState.UNKNOWN


def test_a_huge_answer_is_cut_and_judged_all_the_same(fake):
    fake.add_capture(PAGE, "20210501000000", body=FROGS + b"frog " * 2**20)
    with client(fake, timeout=timedelta(seconds=5), deadline=timedelta(seconds=9)) as archive:
        assert archive.find(PAGE, NEAR, fake.clock.now()).verified


def test_proxies_and_logins_of_the_environment_are_not_used(fake, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login canary password canary\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with client(fake) as archive:
        assert archive.find(PAGE, NEAR, fake.clock.now()).state is MementoState.NONE
    assert all("authorization" not in entry.headers for entry in fake.log)


def test_the_archive_is_reached_through_the_configured_proxy_and_certificates():
    clock = ManualClock()
    with FakeArchive(clock=clock) as fake:
        fake.add_capture(PAGE, "20210501000000", body=FROGS)
        settings = ArchiveSettings(user_agent="t", proxy=fake.proxy, ca_bundle=fake.ca_bundle)
        with Archive(settings, clock=clock) as archive:
            memento = archive.find(PAGE, NEAR, clock.now())
        assert memento.view_url == f"https://web.archive.org/web/20210501000000/{PAGE}"
        assert memento.verified
        assert {entry.host for entry in fake.log} == {"web.archive.org"}
        assert len({entry.connection for entry in fake.log}) == 1, "one connection serves them all"


def test_an_untrusted_certificate_is_no_answer():
    clock = ManualClock()
    with FakeArchive(clock=clock) as fake:
        fake.add_capture(PAGE, "20210501000000", body=FROGS)
        with Archive(ArchiveSettings(user_agent="t", proxy=fake.proxy), clock=clock) as archive:
            memento = archive.find(PAGE, NEAR, clock.now())
        assert memento.state is MementoState.UNKNOWN
        assert fake.log == []


def test_a_dead_proxy_is_no_ban():
    clock = ManualClock()
    settings = ArchiveSettings(user_agent="t", proxy="http://canary:canary@127.0.0.1:9")
    with Archive(settings, clock=clock) as archive:
        memento = archive.find(PAGE, NEAR, clock.now())
        assert archive.stopped is None
    assert memento.reasons == ("the proxy did not let us through",)


def test_no_secret_is_logged_shown_or_told(fake, caplog):
    caplog.set_level(logging.DEBUG)
    keys = {"access_key": "canary-access", "secret_key": "canary-secret"}
    fake.saving.keys = ("canary-access", "canary-secret")
    fake.script("/save", [faults.PASS, faults.RESET, faults.HANG, faults.answer(500, "canary-secret"), faults.TOO_MANY])
    with client(fake, **keys) as archive:
        told = [repr(archive.capture(f"{PAGE}/{number}", fake.clock.now())) for number in range(6)]
        told += [repr(archive.settings), repr(archive.find(PAGE, NEAR, fake.clock.now()))]
    assert any("authorization" in entry.headers for entry in fake.log)
    assert all("authorization" not in entry.headers for entry in fake.requests("/cdx"))
    assert "canary" not in caplog.text + "".join(told)


def _gaps(entries):
    times = [entry.at for entry in entries]
    return min(later - earlier for earlier, later in pairwise(times))
