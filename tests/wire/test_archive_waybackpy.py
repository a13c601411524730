"""Unmodified waybackpy, in its own process, against the fake: the double is faithful enough for a stranger.

It reaches `https://web.archive.org` and `https://archive.org` through the fake's CONNECT front. Some of these
tests also hold down the very traps for which our own transport exists; when one fails with a newer waybackpy,
the matching workaround in `crawler.archives` may go.
"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

from tests.fakes.archive import FakeArchive, ManualClock, faults

PAGE = "https://example.org/guide/frogs"


@pytest.fixture(scope="module")
def shared():
    """One fake and one child process for all the questions: starting Python is what costs."""
    with FakeArchive(clock=ManualClock()) as archive:
        for year in (2010, 2015, 2020):
            archive.add_capture(PAGE, f"{year}0101000000", body=f"<html>{year}</html>".encode())
        archive.add_capture(PAGE, "20210101000000", status=404, body=b"gone")
        for number in range(7):
            archive.add_capture(f"https://many.example.org/{number}", f"2019010{number + 1}000009")
        archive.add_capture("https://blocked.example.org/", "20200101000000")
        archive.exclude("https://blocked.example.org/")
        archive.script("/cdx/search/cdx?gzip=false&url=https%3A%2F%2Fshort", faults.ORIGIN_UNREACHABLE)
        archive.script("/cdx/search/cdx?gzip=false&url=https%3A%2F%2Fbadtime", faults.PASS.forever())
        archive.add_line(
            "https://badtime.example.org/",
            f"org,example,badtime)/ 20000800241623 https://x.example.org/ text/html 200 {'A' * 32} 9",
        )
        archive.script("/save/https://refused", faults.SAVE_TOO_MANY)
        archive.script("/wayback/available?url=https%3A%2F%2Foffline", faults.OFFLINE_503)
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", QUESTIONS],
            env=archive.environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        yield archive, json.loads(done.stdout)


QUESTIONS = textwrap.dedent("""
    import json
    import requests
    from waybackpy import WaybackMachineAvailabilityAPI, WaybackMachineCDXServerAPI, WaybackMachineSaveAPI

    AGENT, PAGE, out = "stranger/1", "https://example.org/guide/frogs", {}

    def ask(name, question):
        try:
            out[name] = question()
        except Exception as error:
            out[name] = type(error).__name__

    def cdx(url=PAGE, **options):
        return WaybackMachineCDXServerAPI(url, AGENT, **options)

    def available(url):
        api = WaybackMachineAvailabilityAPI(url, AGENT)
        api.api_call_time_gap = 0
        return api

    ask("all", lambda: [shot.timestamp for shot in cdx().snapshots()])
    ask("filtered", lambda: [shot.timestamp for shot in cdx(filters=["statuscode:200"], collapses=["timestamp:4"]).snapshots()])
    ask("near", lambda: cdx().near(year=2016, month=1, day=1, hour=0, minute=0).timestamp)
    ask("newest", lambda: cdx().newest().timestamp)
    ask("oldest", lambda: cdx().oldest().archive_url)
    ask("pages", lambda: [shot.original for shot in cdx("many.example.org/*", limit=3).snapshots()])
    ask("range", lambda: [shot.timestamp for shot in cdx(start_timestamp="2011", end_timestamp="2015").snapshots()])
    ask("blocked", lambda: [shot.timestamp for shot in cdx("https://blocked.example.org/").snapshots()])
    ask("none", lambda: cdx("https://nothing.example.org/").near(year=2020).timestamp)
    ask("523", lambda: [shot.timestamp for shot in cdx("https://short.example.org/").snapshots()])
    ask("bad time", lambda: [shot.timestamp for shot in cdx("https://badtime.example.org/").snapshots()])
    ask("paginated", lambda: [shot.timestamp for shot in cdx(use_pagination=True).snapshots()])
    ask("available", lambda: available(PAGE).near(year=2016, month=1, day=1, hour=0, minute=0).archive_url)
    ask("offline", lambda: available("https://offline.example.org/").newest().archive_url)
    ask("saved", lambda: WaybackMachineSaveAPI("https://new.example.org/a", AGENT).save())
    ask("refused", lambda: WaybackMachineSaveAPI("https://refused.example.org/a", AGENT).save())
    ask("elsewhere", lambda: requests.get("https://example.com/").status_code)
    print(json.dumps(out))
""")

ANSWERS = {
    "all": ["20100101000000", "20150101000000", "20200101000000", "20210101000000"],
    "filtered": ["20100101000000", "20150101000000", "20200101000000"],
    "near": "20150101000000",
    "newest": "20210101000000",
    "oldest": f"https://web.archive.org/web/20100101000000/{PAGE}",
    "pages": [f"https://many.example.org/{number}" for number in range(7)],
    "range": ["20150101000000"],
    "blocked": "BlockedSiteError",
    "none": "NoCDXRecordFound",
    "523": [],  # an error taken for "no captures": why our transport checks the status
    "bad time": "ValueError",  # one impossible row ends it: why we drop such rows
    "paginated": "ValueError",  # showNumPages answers 400: why we never ask for pages
    "available": f"https://web.archive.org/web/20150101000000/{PAGE}",
    "offline": "InvalidJSONInAvailabilityAPIResponse",
    "saved": "https://web.archive.org/web/20260301120000/https://new.example.org/a",
    "refused": "TooManyRequestsError",
    "elsewhere": "ProxyError",
}


@pytest.mark.parametrize("question", ANSWERS, ids=ANSWERS.keys())
def test_waybackpy_gets_the_answer_that_it_got_from_the_real_archive(shared, question):
    assert shared[1][question] == ANSWERS[question]


def test_it_came_through_the_front_with_its_own_name(shared):
    archive, _ = shared
    assert {entry.host for entry in archive.log} == {"web.archive.org", "archive.org"}
    assert {entry.headers["user-agent"] for entry in archive.log} == {"stranger/1"}


def test_no_other_host_can_be_reached_through_the_fake(shared):
    assert shared[0].refused_hosts == ["example.com:443"]


def test_a_resume_key_is_sent_encoded_twice_and_understood(shared):
    keys = [entry.target for entry in shared[0].requests("/cdx") if "resumeKey" in entry.target]
    assert len(keys) == 2
    assert all("%25" in key for key in keys)
