"""The archive room's pure parts: keys, the order of candidates, what may be submitted, tables of codes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.archives import choose, pagetext, surt
from crawler.archives.cdx import Row, from_stamp, to_stamp
from crawler.archives.save import saved_address
from crawler.archives.spn2 import CODES, After, announced_delay, refusal
from crawler.archives.submit import submittable
from crawler.archives.transport import retry_after
from crawler.domain.memento import Capture, CaptureState

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "other",
    [
        "http://example.org/A/b?y=2&x=1",
        "https://www.example.org/a/b?x=1&y=2",
        "http://www2.example.org:80/a/b/?x=1&y=2",
        "https://example.org:443/a/b?x=1&y=2#part",
        "https://EXAMPLE.org./a/%62?x=1&y=2&PHPSESSID=0123",
    ],
)
def test_spellings_of_one_page_have_one_key(other):
    assert surt.key(other) == "org,example)/a/b?x=1&y=2"


@pytest.mark.parametrize("other", ["https://example.org/a", "https://example.com/a/b", "https://example.org:8080/a/b"])
def test_other_pages_have_other_keys(other):
    assert not surt.same(other, "https://example.org/a/b")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org", True),
        ("http://www.example.org/index.html", True),
        ("https://example.org/docs/index.html", False),
        ("https://example.org/a", False),
        ("https://example.org/?p=12", False),
    ],
)
def test_front_pages_are_told_from_deep_links(url, expected):
    assert surt.is_root(url) is expected


@given(st.datetimes(min_value=datetime(1994, 1, 1), max_value=datetime(2099, 1, 1)))  # noqa: DTZ001
def test_a_stamp_and_its_time_are_each_others_inverse(moment):
    moment = moment.replace(tzinfo=UTC, microsecond=0)
    assert from_stamp(to_stamp(moment)) == moment


@pytest.mark.parametrize(
    "stamp", ["20000800241623", "2020", "20201301000000", "19000101000000", "２０２００１０１００００００", ""]
)
def test_an_impossible_stamp_is_no_time(stamp):
    assert from_stamp(stamp) is None


def row(stamp, *, original="https://example.org/a/b", status=200, digest=None):
    moment = from_stamp(stamp)
    return Row(timestamp=moment, original=original, mimetype="text/html", status=status, digest=digest or stamp)


def stamps(rows):
    return [item.stamp[:4] for item in rows]


def test_copies_at_or_before_the_date_come_first_nearest_first_then_the_later_ones():
    rows = [row(f"{year}0101000000") for year in (2016, 2018, 2020, 2021, 2024)]
    ranked, _ = choose.rank(rows, "https://example.org/a/b", datetime(2020, 1, 1, tzinfo=UTC))
    assert stamps(ranked) == ["2020", "2018", "2016", "2021", "2024"]


@pytest.mark.parametrize(
    ("unfit", "why"),
    [
        (row("20200101000000", original="https://example.org/"), "front page"),
        (row("20200101000000", original="https://example.org/other"), "another address"),
        (row("20200101000000", status=404), "status 404"),
    ],
    ids=["site root", "foreign", "error"],
)
def test_a_copy_that_cannot_serve_is_left_out_with_its_reason(unfit, why):
    ranked, reasons = choose.rank([unfit], "https://example.org/a/b", NOW)
    assert ranked == []
    assert why in reasons[0]


def test_equal_contents_are_looked_at_once():
    rows = [row("20200101000000", digest="SAME"), row("20210101000000", digest="SAME"), row("20190101000000")]
    ranked, _ = choose.rank(rows, "https://example.org/a/b", NOW)
    assert stamps(ranked) == ["2021", "2019"]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/page",
        "http://www.example.co.uk:8080/a?id=7&page=2",
        "https://例子.中国/路径",
        "https://example.com/tokens/explained",
        "https://8.8.8.8/",
        "https://archive.org/details/book",
    ],
)
def test_public_pages_may_be_submitted(url):
    assert submittable(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/a",
        "mailto:someone@example.com",
        "http://",
        "https://user:pass@example.com/",
        "https://user@example.com/",
        "http://localhost:8000/",
        "http://printer/",
        "http://wiki.corp/",
        "http://nas.local/",
        "http://127.0.0.1/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://10.1.2.3/",
        "http://172.20.0.1/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://100.64.1.1/",
        "http://[::1]/",
        "http://[fd00::1]/",
        "http://[fe80::1]/",
        "http://[::ffff:10.0.0.1]/",
        "https://example.com/a?token=1",
        "https://example.com/a?TOKEN=1",
        "https://example.com/a?x=1&access_token=2",
        "https://example.com/a?sig=1",
        "https://example.com/a?%73ig=1",
        "https://bucket.example.com/a?X-Amz-Signature=1",
        "https://bucket.example.com/a?AWSAccessKeyId=1&Expires=2",
        "https://bucket.example.com/a?X-Goog-Signature=1",
        "https://example.com/a?apikey=1",
        "https://example.com/a?password=1",
        "https://example.com/a;jsessionid=0123",
        "https://example.com/?next=https%3A%2F%2Fexample.org%2F%3Ftoken%3D1",
        "https://hooks.slack.com/services/T0/B0/abc",
        "https://example.com/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc",
        "https://web.archive.org/web/2020/https://example.com/",
    ],
)
def test_private_credentialed_and_tokened_addresses_never_leave(url):
    assert submittable(url)


def test_private_networks_may_be_allowed_but_secrets_may_not():
    assert submittable("http://127.0.0.1:8000/a", allow_private=True) is None
    assert submittable("http://127.0.0.1:8000/a?token=1", allow_private=True)


ASKED = Capture(url="https://example.org/a", state=CaptureState.REQUESTED, asked_at=NOW)


@pytest.mark.parametrize(
    ("after", "state", "has_retry", "stops"),
    [
        (After.SOON, CaptureState.REFUSED, True, False),
        (After.SLOW, CaptureState.DEFERRED, True, False),
        (After.DAY, CaptureState.DEFERRED, True, True),
        (After.HOST, CaptureState.DEFERRED, True, False),
        (After.TODAY, CaptureState.UNCONFIRMED, True, False),
        (After.NEVER, CaptureState.REFUSED, False, False),
    ],
    ids=lambda value: value.name if isinstance(value, After) else None,
)
def test_each_documented_code_has_its_consequence(after, state, has_retry, stops):
    codes = [code for code, meaning in CODES.items() if meaning is after]
    assert codes
    for code in codes:
        got = refusal(ASKED, f"error:{code}", "words", NOW)
        assert (got.state, got.retry_at is not None, got.stop_until is not None) == (state, has_retry, stops), code
        assert got.code == code


def test_an_unknown_code_is_not_asked_again_in_this_run():
    got = refusal(ASKED, "error:something-new", "words", NOW)
    assert (got.state, got.code, got.retry_at) == (CaptureState.REFUSED, "something-new", MIDNIGHT)


@pytest.mark.parametrize(
    ("message", "delay"),
    [
        ("The capture will start in ~1 hour, 34 minutes because our service is overloaded.", timedelta(minutes=94)),
        ("The capture will start in ~10 hours 40 minutes because", timedelta(minutes=640)),
        ("The capture will start in ~5 minutes", timedelta(minutes=5)),
        ("The same snapshot had been made 2 minutes ago.", timedelta(0)),
        ("", timedelta(0)),
    ],
)
def test_an_announced_delay_is_read(message, delay):
    assert announced_delay(message) == delay


WEB = "https://web.archive.org/web"
PAGE = "https://example.org/a"
LINKS = (
    f'<{PAGE}>; rel="original", <{WEB}/timemap/link/{PAGE}>; rel="timemap"; type="application/link-format", '
    f'<{WEB}/20100101000000/{PAGE}>; rel="first memento"; datetime="Fri, 01 Jan 2010 00:00:00 GMT", '
    f'<{WEB}/20200101000000/{PAGE}>; rel="memento"; datetime="Wed, 01 Jan 2020 00:00:00 GMT", '
    f'<{WEB}/20210101000000/{PAGE}>; rel="next memento"; datetime="Fri, 01 Jan 2021 00:00:00 GMT"'
)


@pytest.mark.parametrize(
    ("headers", "stamp"),
    [
        ({"Content-Location": f"/web/20200101000000/{PAGE}"}, "20200101000000"),
        ({"Location": f"{WEB}/20200101000000/{PAGE}"}, "20200101000000"),
        ({"Location": f"http://127.0.0.1:9/web/20200101000000/{PAGE}"}, "20200101000000"),
        ({"Link": LINKS}, "20200101000000"),
        ({"Link": f'<{WEB}/20200101000000/{PAGE}>; rel="last memento"'}, "20200101000000"),
        ({"Link": f'<{WEB}/20200101000000/{PAGE}>; rel="prev memento"'}, None),
        ({"Location": f"{WEB}/20200101000000/https://example.org/login"}, None),
        ({"Location": f"{WEB}/20200800241623/{PAGE}"}, None),
        ({"Location": "https://web.archive.org/save/error"}, None),
        ({}, None),
    ],
    ids=[
        "content-location",
        "location",
        "other host",
        "link",
        "last",
        "prev only",
        "another page",
        "bad time",
        "no copy",
        "none",
    ],
)
def test_the_new_copys_address_is_read_and_no_other(headers, stamp):
    found = saved_address(headers, PAGE)
    assert (found[0] if found else None) == stamp


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), ("999999", 6 * 3600), ("soon", None), ("", None), ("-3", None), ("Sun, 01 Mar 2026 12:01:30 GMT", 90)],
)
def test_retry_after_is_read_as_seconds_or_as_a_date_by_the_servers_clock(value, seconds):
    headers = {"Retry-After": value, "Date": "Sun, 01 Mar 2026 12:00:00 GMT"}
    assert retry_after(headers) == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("404 Not Found", ""),
        ("Page not found - Example", ""),
        ("Example - 404", ""),
        ("Just a moment...", ""),
        ("页面不存在", ""),
        ("example.com", "This domain is for sale. Buy this domain."),
        ("Example", "Sorry, the page you are looking for could not be found."),
    ],
)
def test_error_pages_walls_and_parked_domains_look_dead(title, text):
    assert pagetext.looks_dead(title, text)


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("How to design a 404 page people like", "x" * 900),
        ("Trial and error", "A story"),
        ("Example", "A long text about when a page could not be found. " * 30),
        (None, "Some frogs."),
    ],
)
def test_pages_about_errors_do_not_look_dead(title, text):
    assert not pagetext.looks_dead(title, text)


@pytest.mark.parametrize("charset", ["gbk", "utf-8", "big5"])
@pytest.mark.parametrize("place", ["header", "meta"])
def test_titles_are_read_in_their_own_character_set(charset, place):
    meta = f'<meta charset="{charset}">' if place == "meta" else ""
    body = f"<html><head>{meta}<title>中文</title></head><body><h1>大字</h1><script>x</script>文</body></html>"
    page = pagetext.read(body.encode(charset), f"text/html; charset={charset}" if place == "header" else "text/html")
    assert (page.title, page.h1, page.text) == ("中文", "大字", "大字 文")


@given(st.binary(max_size=300), st.sampled_from(["", "text/html", "text/html; charset=nonsense"]))
def test_reading_any_bytes_never_fails(body, content_type):
    page = pagetext.read(body, content_type)
    assert page is None or isinstance(page.text, str)
