"""The fake archive itself: what it claims to imitate, it does."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import requests

from tests.fakes.archive import FakeArchive, Fetched, ManualClock, faults, job_id

PAGE = "https://example.org/guide/frogs"
KEYS = {"Authorization": "LOW access:secret", "Accept": "application/json"}


@pytest.fixture
def fake():
    with FakeArchive(clock=ManualClock()) as archive:
        yield archive


def get(fake, path, **options):
    return requests.get(fake.url + path, timeout=5, allow_redirects=False, **options)


def post(fake, url, headers=KEYS):
    return requests.post(f"{fake.url}/save", data={"url": url}, headers=headers, timeout=5)


def test_the_index_answers_text_and_json(fake):
    fake.add_capture(PAGE, "20200101000000", body=b"x")
    line = get(fake, f"/cdx/search/cdx?url={PAGE}").text
    assert line.split(" ")[:5] == ["org,example)/guide/frogs", "20200101000000", PAGE, "text/html", "200"]
    table = get(fake, f"/cdx/search/cdx?url={PAGE}&output=json&fl=timestamp,statuscode").json()
    assert table == [["timestamp", "statuscode"], ["20200101000000", "200"]]


@pytest.mark.parametrize(("form", "body"), [("text", ""), ("json", "[]")])
def test_nothing_held_is_an_empty_answer_with_status_200(fake, form, body):
    answer = get(fake, f"/cdx/search/cdx?url={PAGE}&output={form}")
    assert (answer.status_code, answer.text) == (200, body)


@pytest.mark.parametrize("spelling", ["http://www.example.org:80/guide/frogs/", "HTTPS://EXAMPLE.org/GUIDE/frogs"])
def test_spellings_are_folded(fake, spelling):
    fake.add_capture(PAGE, "20200101000000")
    assert get(fake, "/cdx/search/cdx", params={"url": spelling}).text


@pytest.mark.parametrize(
    ("query", "years"),
    [
        ("limit=-1", ["2020"]),
        ("limit=2", ["2010", "2015"]),
        ("sort=reverse&limit=1", ["2020"]),
        ("sort=closest&closest=20140101&limit=2", ["2015", "2010"]),
        ("from=2011&to=2015", ["2015"]),
        ("filter=!timestamp:2015.*", ["2010", "2020"]),
        ("collapse=statuscode", ["2010"]),
        ("offset=2", ["2020"]),
    ],
)
def test_the_indexs_parameters_work(fake, query, years):
    for year in (2010, 2015, 2020):
        fake.add_capture(PAGE, f"{year}0101000000")
    lines = get(fake, f"/cdx/search/cdx?url={PAGE}&{query}").text.splitlines()
    assert [line.split(" ")[1][:4] for line in lines] == years


def test_a_near_time_redirects_to_the_copy_without_memento_datetime(fake):
    fake.add_capture(PAGE, "20200101000000")
    answer = get(fake, f"/web/20190101000000id_/{PAGE}")
    assert (answer.status_code, "Memento-Datetime" in answer.headers) == (302, False)
    assert answer.headers["Location"] == f"{fake.url}/web/20200101000000id_/{PAGE}"


def test_the_raw_replay_has_the_bytes_and_the_view_a_banner(fake):
    body = "<html>蛙</html>".encode("gbk")
    fake.add_capture(PAGE, "20200101000000", body=body)
    raw, view = get(fake, f"/web/20200101000000id_/{PAGE}"), get(fake, f"/web/20200101000000/{PAGE}")
    assert raw.content == body
    assert view.content != body
    assert raw.headers["Memento-Datetime"] == "Wed, 01 Jan 2020 00:00:00 GMT"


def test_the_view_hides_an_archived_redirect_that_the_raw_replay_shows(fake):
    fake.add_capture(PAGE, "20200101000000", status=302, body=b"", headers={"Location": "/new"})
    assert get(fake, f"/web/20200101000000/{PAGE}").status_code == 200
    raw = get(fake, f"/web/20200101000000id_/{PAGE}")
    assert (raw.status_code, raw.headers["Location"]) == (
        302,
        f"{fake.url}/web/20200101000000id_/https://example.org/new",
    )


def test_time_gate_and_time_map_answer(fake):
    for year in (2010, 2020):
        fake.add_capture(PAGE, f"{year}0101000000")
    gate = get(fake, f"/web/{PAGE}", headers={"Accept-Datetime": "Sun, 01 Jan 2012 00:00:00 GMT"})
    assert "/web/20100101000000/" in gate.headers["Location"]
    assert get(fake, f"/web/timemap/link/{PAGE}").text.count('memento"') == 2
    assert get(fake, f"/web/timemap/link/{PAGE}/none").status_code == 404


def test_more_than_the_limit_is_refused_and_going_on_is_punished(fake):
    fake.index_per_minute = 3
    statuses = [get(fake, f"/cdx/search/cdx?url={PAGE}").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    for _ in range(10):  # on and on, for over a minute
        fake.clock.advance(7)
        try:
            [get(fake, f"/cdx/search/cdx?url={PAGE}") for _ in range(4)]
        except requests.ConnectionError:
            break
    with pytest.raises(requests.ConnectionError):
        get(fake, f"/web/20200101000000/{PAGE}")
    fake.accept_connections()
    fake.clock.advance(timedelta(hours=1))
    assert get(fake, f"/cdx/search/cdx?url={PAGE}").status_code == 200


def test_a_capture_becomes_visible_after_the_lag(fake):
    fake.saving.index_lag = timedelta(hours=2)
    fake.origin_fetcher = lambda url: Fetched(body=b"<html>new</html>")
    post(fake, PAGE)
    for _ in range(2):
        state = requests.get(f"{fake.url}/save/status/{job_id(PAGE)}", headers=KEYS, timeout=5).json()
    assert state["status"] == "success"
    assert get(fake, f"/cdx/search/cdx?url={PAGE}").text == ""
    assert get(fake, f"/web/{state['timestamp']}/{PAGE}").status_code == 404
    fake.clock.advance(timedelta(hours=2))
    assert get(fake, f"/web/{state['timestamp']}id_/{PAGE}").content == b"<html>new</html>"


def test_a_made_up_or_old_job_is_pending_for_ever(fake):
    post(fake, PAGE)
    fake.clock.advance(timedelta(hours=2))
    for job in (job_id(PAGE), "spn2-" + "0" * 40):
        for _ in range(3):
            answer = get(fake, f"/save/status/{job}", headers=KEYS)
            assert answer.json()["status"] == "pending"
            assert answer.headers["Retry-After"] == "6"


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "not-found"), (403, "no-access"), (500, "cannot-fetch"), (None, "invalid-host-resolution")],
)
def test_what_the_site_answers_decides_a_job(fake, status, code):
    def fetch(url):
        if status is None:
            raise OSError("no such host")
        return Fetched(status=status)

    fake.origin_fetcher = fetch
    fake.saving.pending_polls = 0
    post(fake, PAGE)
    assert get(fake, f"/save/status/{job_id(PAGE)}", headers=KEYS).json()["status_ext"] == f"error:{code}"


def test_limits_of_save_page_now_are_refusals_with_status_200(fake):
    answers = [post(fake, f"{PAGE}/{number}") for number in range(8)]
    assert {answer.status_code for answer in answers} == {200}
    assert answers[-1].json()["status_ext"] == "error:user-session-limit"


def test_without_keys_json_is_refused_and_a_page_watches_a_job(fake):
    assert post(fake, PAGE, {"Accept": "application/json"}).status_code == 401
    assert f'spn.watchJob("{job_id(PAGE)}"' in post(fake, PAGE, {}).text


def test_scripted_faults_come_in_order_and_then_the_real_answer(fake):
    fake.script("/cdx", [faults.PASS, faults.TOO_MANY, faults.OFFLINE_503])
    assert [get(fake, f"/cdx/search/cdx?url={PAGE}").status_code for _ in range(4)] == [200, 429, 503, 200]


def test_availability_tells_of_the_nearest_copy_with_an_http_address(fake):
    fake.add_capture(PAGE, "20200101000000")
    value = json.loads(get(fake, f"/wayback/available?url={PAGE}&timestamp=2020").text)
    assert value["archived_snapshots"]["closest"]["url"] == f"http://web.archive.org/web/20200101000000/{PAGE}"
    fake.reading.availability_misses_https = True
    assert json.loads(get(fake, f"/wayback/available?url={PAGE}").text)["archived_snapshots"] == {}
