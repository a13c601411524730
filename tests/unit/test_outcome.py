"""From what a look saw to facts: reading responses, deciding retries and redirects, cookies, fragments."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import Response

from crawler.domain.observation import Failure, Page, Purpose
from crawler.domain.probe import Probe
from crawler.domain.urls import parse
from crawler.spider import outcome, pages
from crawler.spider.cookies import ChainJar
from crawler.spider.desk import Result
from crawler.spider.errors import FetchError
from crawler.spider.http1 import Malformed, ResponseReader
from crawler.spider.look import Look
from crawler.spider.pages import fragments_found, with_page
from crawler.spider.redirects import Broken, Follow, next_hop
from crawler.spider.resolver import Absent, ask_system, resolver_for
from crawler.spider.retries import read_retry_after, wait_before_retry
from crawler.spider.settings import CrawlSettings, HostRule, networks

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SETTINGS = CrawlSettings(user_agent="test", max_retries=2, retry_cap=timedelta(seconds=60))


def _look(url: str = "http://a.example/") -> Look:
    return Look(probe=Probe(id=1, url=url), start=url, url=url)


def _read(data: bytes, *, step: int, cap: int = 10_000) -> ResponseReader:
    reader = ResponseReader(header_cap=10_000)
    for start in range(0, len(data), step):
        had = reader.head is not None
        reader.feed(data[start : start + step])
        if reader.head is not None and not had:
            reader.want_body(cap)
    if not reader.complete:
        reader.end()
    return reader


@given(st.lists(st.binary(max_size=50)), st.integers(1, 40))
def test_a_response_is_read_the_same_however_it_is_cut(chunks: list[bytes], step: int) -> None:
    parts = [b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks if chunk]
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(parts) + b"0\r\n\r\n"
    reader = _read(data, step=step)
    assert (reader.body, reader.damaged) == (b"".join(chunks), False)


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"]),
)
def test_any_bytes_are_a_response_or_malformed(data: bytes, start: bytes) -> None:
    try:
        reader = _read(start + data, step=7, cap=100)
    except Malformed:
        return
    assert reader.head is not None
    assert len(reader.body) <= 100


def test_the_header_cap_counts_interim_responses() -> None:
    reader = ResponseReader(header_cap=1000)
    for _ in range(20):
        reader.feed(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    with pytest.raises(Malformed, match="too large"):
        reader.feed(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 10)


@pytest.mark.parametrize(
    ("status", "failure", "retried"),
    [
        (200, None, False),
        (404, None, False),
        (403, None, False),
        (429, None, True),
        (500, None, True),
        (501, None, False),
        (502, None, True),
        (503, None, True),
        (504, None, True),
        *((None, failure, True) for failure in (Failure.RESET, Failure.TIMEOUT, Failure.CONNECT_TIMEOUT)),
        *((None, failure, True) for failure in (Failure.REFUSED, Failure.DNS_TEMPORARY)),
        *((None, failure, False) for failure in (Failure.DNS_NXDOMAIN, Failure.DNS_NODATA, Failure.TLS_CERTIFICATE)),
        *((None, failure, False) for failure in (Failure.FORBIDDEN_ADDRESS, Failure.PROTOCOL, Failure.INVALID_URL)),
    ],
)
def test_only_what_may_pass_is_tried_again(status: int | None, failure: Failure | None, retried: bool) -> None:
    assert (wait_before_retry(SETTINGS, 1, status=status, failure=failure) is not None) is retried


@pytest.mark.parametrize(
    ("attempt", "retry_after", "wait"),
    [
        (1, None, 1),
        (2, None, 2),
        (3, None, None),
        (1, 30, 30),
        (1, 60, 60),
        (1, 61, None),
        (2, 0, 2),
    ],
)
def test_the_wait_doubles_and_keeps_retry_after(attempt: int, retry_after: int | None, wait: int | None) -> None:
    wish = None if retry_after is None else timedelta(seconds=retry_after)
    expected = None if wait is None else timedelta(seconds=wait)
    assert wait_before_retry(SETTINGS, attempt, status=503, retry_after=wish) == expected


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        (" 5 ", 5),
        ("Sun, 22 Nov 2026 00:02:00 GMT", 120),
        ("Sun, 22 Nov 2020 00:02:00 GMT", 0),
        ("9" * 40, 30 * 86400),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(text: str | None, seconds: int | None) -> None:
    assert read_retry_after(text, NOW) == (None if seconds is None else timedelta(seconds=seconds))


@given(st.text())
def test_any_retry_after_is_read_or_left(text: str) -> None:
    assert (read_retry_after(text, NOW) or timedelta()) <= timedelta(days=30)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/b", "http://a.example/b"),
        ("b?x#y", "http://a.example/dir/b?x"),
        ("//b.example", "http://b.example/"),
        ("HTTPS://B.example:443/%7e", "https://b.example/%7e"),
        ("http://u:p@b.example/", "http://b.example/"),
        ("/a\tb", "http://a.example/ab"),
    ],
)
def test_a_location_is_resolved_like_a_browser_does(location: str, target: str) -> None:
    step = next_hop(_look("http://a.example/dir/a"), 302, location, most=10)
    assert isinstance(step, Follow)
    assert step.url.canonical == target


@given(st.text())
def test_any_location_is_followed_or_broken(location: str) -> None:
    assert isinstance(next_hop(_look(), 301, location, most=10), Follow | Broken)


@pytest.mark.parametrize("status", [200, 300, 304, 305, 306, 404])
def test_what_is_no_redirect_has_arrived(status: int) -> None:
    assert next_hop(_look(), status, "/elsewhere", most=10) is None


@pytest.mark.parametrize(
    ("set_at", "line", "asked", "sent"),
    [
        ("http://a.example/", "k=v; Path=/x", "http://a.example/y", "k=v"),
        ("http://a.example/", "k=v", "http://b.a.example/", None),
        ("http://w.a.example/", "k=v; Domain=.a.example", "http://b.a.example/", "k=v"),
        ("http://a.example/", "k=v; Domain=b.example", "http://b.example/", None),
        ("http://a.example/", "k=v; Domain=example", "http://b.example/", None),
        ("https://a.example/", "k=v; Secure", "http://a.example/", None),
        ("https://a.example/", "k=v; Secure", "https://a.example/", "k=v"),
        ("http://a.example/", "k=v; Max-Age=0", "http://a.example/", None),
        ("http://a.example/", "nonsense", "http://a.example/", None),
        ("http://a.example/", "k=" + "v" * 5000, "http://a.example/", None),
    ],
)
def test_a_cookie_goes_back_to_whom_it_belongs(set_at: str, line: str, asked: str, sent: str | None) -> None:
    jar = ChainJar()
    jar.take(parse(set_at), [line])
    assert jar.header(parse(asked)) == sent


@given(st.lists(st.text()))
def test_any_cookies_are_taken(lines: list[str]) -> None:
    jar = ChainJar()
    jar.take(parse("http://a.example/"), lines)
    assert len(jar.state(parse("http://a.example/"))) <= 16384


def test_only_deciding_headers_are_kept_and_cut() -> None:
    headers = {
        "Server": "x" * 1000,
        "Set-Cookie": "secret=1",
        "ETag": '"1"',
        "CF-Mitigated": "challenge",
        "Server\n": "y",
    }
    seen = outcome.answered(_look(), Response("http://a.example/", 200, headers=headers), retry_after=None)
    assert seen.headers == {"server": "x" * 500, "etag": '"1"', "cf-mitigated": "challenge"}


def test_control_characters_of_a_header_are_not_kept() -> None:
    response = Response("http://a.example/", 200, headers={"Server": b"\x1b]0;x\x07"})
    seen = outcome.answered(_look(), response, retry_after=None)
    assert seen.headers["server"].isprintable()


def test_a_failed_look_tells_its_hops_and_failure() -> None:
    look = _look()
    look.spent = 1.2345
    seen = outcome.failed(look, FetchError(Failure.RESET, "connection reset"))
    assert (seen.failure, seen.detail, seen.elapsed_ms, seen.status, seen.final_url) == (
        Failure.RESET, "connection reset", 1234, None, None,
    )  # fmt: skip


def test_a_page_that_cannot_be_read_does_not_lose_its_look(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(pages, "page_facts", fail)
    seen = replace(outcome.observed(_look(), status=200), content_type="text/html")
    result = Result(probe=_look().probe, observation=seen, body=b"<p>x")
    assert with_page(result) == result


def test_nothing_is_said_of_fragments_without_a_page() -> None:
    assert fragments_found(("a",), None, complete=True) == {}
    assert fragments_found(("a",), Page(anchors=None), complete=True) == {}


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (socket.EAI_NONAME, Failure.DNS_NXDOMAIN),
        (socket.EAI_NODATA, Failure.DNS_NODATA),
        (socket.EAI_AGAIN, Failure.DNS_TEMPORARY),
        (socket.EAI_FAIL, Failure.DNS_TEMPORARY),
        (socket.EAI_SYSTEM, Failure.DNS_TEMPORARY),
    ],
)
def test_the_systems_resolver_tells_why(monkeypatch: pytest.MonkeyPatch, code: int, failure: Failure) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(code, "why")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    answer = ask_system("a.example")
    assert isinstance(answer, Absent)
    assert answer.failure is failure


def test_a_name_that_no_resolver_takes_is_no_exception() -> None:
    assert isinstance(ask_system("a" * 300 + ".example"), Absent)


@pytest.mark.parametrize("server", ["example.com", "127.0.0.1:", "127.0.0.1:x", "[::1", "1.2.3.4.5:53", ""])
def test_a_wrong_name_server_is_refused(server: str) -> None:
    with pytest.raises(ValueError, match="no name server"):
        resolver_for(server)


@pytest.mark.parametrize("server", ["127.0.0.1", "127.0.0.1:5353", "[::1]:53", "::1"])
def test_a_name_server_is_an_address_with_or_without_a_port(server: str) -> None:
    resolver_for(server).close()


def test_secrets_are_not_shown() -> None:
    rule = HostRule(host="a.example", headers={"Authorization": "s3cret"})
    shown = repr(
        CrawlSettings(
            user_agent="x",
            hosts=(rule,),
            headers={"X": "s3cret"},
            basic_auth={"a": ("u", "s3cret")},
            proxy="http://u:s3cret@p",
        )
    )
    assert "s3cret" not in shown


@pytest.mark.parametrize(
    ("host", "delay"),
    [("a.example", 1), ("www.a.example", 1), ("b.a.example", 2), ("x.b.a.example", 2), ("ba.example", None)],
)
def test_the_most_specific_host_rule_holds(host: str, delay: int | None) -> None:
    rules = tuple(
        HostRule(host=name, delay=timedelta(seconds=number))
        for name, number in (("a.example", 1), ("*.b.a.example", 2))
    )
    rule = CrawlSettings(user_agent="x", hosts=rules).rule_for(host)
    assert (rule.delay if rule else None) == (None if delay is None else timedelta(seconds=delay))


def test_all_opens_every_network() -> None:
    assert {str(network) for network in networks(("all",))} == {"0.0.0.0/0", "::/0"}
    assert [str(network) for network in networks(("10.1.2.3/8", "fd00::/8"))] == ["10.0.0.0/8", "fd00::/8"]


@pytest.mark.parametrize(
    ("purpose", "want_text", "content_type", "reads"),
    [
        (Purpose.CHECK, True, "text/html; charset=x", True),
        (Purpose.CHECK, True, "application/xhtml+xml", True),
        (Purpose.CHECK, True, "application/pdf", False),
        (Purpose.CHECK, True, None, True),
        (Purpose.CHECK, False, "text/html", False),
        (Purpose.PAGE, False, "text/html", True),
        (Purpose.PAGE, False, "application/xml", True),
        (Purpose.PAGE, False, "image/png", False),
    ],
)
def test_a_body_is_read_where_its_text_is_of_use(
    purpose: Purpose, want_text: bool, content_type: str | None, reads: bool
) -> None:
    reader = ResponseReader(header_cap=1000)
    field = f"Content-Type: {content_type}\r\n" if content_type else ""
    reader.feed(f"HTTP/1.1 200 OK\r\n{field}\r\n".encode())
    assert reader.head is not None
    look = Look(
        probe=Probe(id=1, url="http://a/", purpose=purpose, want_text=want_text), start="http://a/", url="http://a/"
    )
    assert bool(look.body_cap(reader.head, SETTINGS)) is reads
