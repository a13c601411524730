"""The crawl against real sockets: chains, retries, batches, bodies, headers."""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from crawler.domain.observation import Failure, Observation, Purpose, Skip
from crawler.domain.probe import Probe
from crawler.spider.run import crawl
from crawler.spider.settings import HostRule
from tests.fakes.web import Close, Drip, FakeWeb, Hang, Raw, Reply, Reset, html, redirect
from tests.fakes.web import Sequence as InTurn
from tests.wire.crawling import NOW, MemoryFrontier, World, probes, settings


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as made:
        yield made


@pytest.fixture(autouse=True)
def _forget(world: World) -> None:
    world.web.forget()


def test_a_page_that_answers_is_recorded_with_its_status_address_and_time(world: World) -> None:
    seen = world.look(world.web.url("plain.example", "/x"))
    assert (seen.status, seen.failure, seen.address, seen.at) == (200, None, "127.0.0.1", NOW)
    assert seen.content_type == "text/html; charset=utf-8"
    assert seen.final_url == seen.url
    assert seen.elapsed_ms is not None


def test_every_hop_of_a_redirect_chain_is_recorded_in_order(world: World) -> None:
    web = world.web
    web.set("http://chain.example/a", redirect("b", 301))
    web.set("http://chain.example/b", redirect(web.url("other.example", "/c"), 302))
    web.set("http://other.example/c", redirect("/d?x=1#part", 308))
    web.set("http://other.example/d?x=1", Reply(404))
    seen = world.look(web.url("chain.example", "/a"))
    assert [(hop.url, hop.status) for hop in seen.hops] == [
        (web.url("chain.example", "/a"), 301),
        (web.url("chain.example", "/b"), 302),
        (web.url("other.example", "/c"), 308),
        (web.url("other.example", "/d?x=1"), 404),
    ]
    assert (seen.status, seen.final_url) == (404, web.url("other.example", "/d?x=1"))


def test_a_page_that_redirects_to_itself_until_a_cookie_is_set_is_reached(world: World) -> None:
    def gate(request: object) -> Reply:
        if "seen=yes" in request.headers.get("cookie", ""):
            return html("welcome")
        return redirect("/gate", 302, "seen=yes; Path=/; HttpOnly")

    world.web.set("http://gate.example/gate", gate)
    seen = world.look(world.web.url("gate.example", "/gate"))
    assert ([hop.status for hop in seen.hops], seen.failure) == ([302, 200], None)


def test_a_redirect_loop_is_its_own_failure(world: World) -> None:
    world.web.set("http://loop.example/a", redirect("/b"))
    world.web.set("http://loop.example/b", redirect("/a"))
    seen = world.look(world.web.url("loop.example", "/a"))
    assert (seen.failure, seen.status, len(seen.hops)) == (Failure.REDIRECT_LOOP, 302, 2)


def test_a_chain_that_is_too_long_is_its_own_failure(world: World) -> None:
    for number in range(6):
        world.web.set(f"http://long.example/{number}", redirect(f"/{number + 1}"))
    allowed = world.look(world.web.url("long.example", "/1"), max_redirects=5)
    seen = world.look(world.web.url("long.example", "/0"), max_redirects=5)
    assert allowed.status == 200
    assert seen.failure is Failure.TOO_MANY_REDIRECTS
    assert len(seen.hops) == 6


def test_a_chain_that_ends_without_an_answer_says_where(world: World) -> None:
    world.dns.set("vanished.example", "NODATA")
    target = world.web.url("vanished.example", "/there")
    world.web.set("http://leads.example/", redirect(target, 301))
    seen = world.look(world.web.url("leads.example"))
    assert ([hop.status for hop in seen.hops], seen.status, seen.final_url) == ([301], None, None)
    assert (seen.failure, target in seen.detail) == (Failure.DNS_NODATA, True)


@pytest.mark.parametrize(
    "location",
    [
        None,
        "",
        "http://",
        "http://[::1",
        "mailto:a@example.com",
        "file:///etc/passwd",
        "data:text/html,x",
        "http://a b/",
    ],
)
def test_a_redirect_without_a_usable_target_is_a_bad_location(world: World, location: str | None) -> None:
    headers = {} if location is None else {"Location": location}
    world.web.set("http://bad.example/x", Reply(301, headers=headers))
    seen = world.look(world.web.url("bad.example", "/x"))
    assert (seen.failure, seen.status) == (Failure.BAD_LOCATION, 301)


_FAILURES = {
    "reset": (Reset(), Failure.RESET),
    "closed without a byte": (Close(), Failure.RESET),
    "silent": (Hang(), Failure.TIMEOUT),
    "drips its header": (Drip([b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"], pause=0.1, repeat=True), Failure.TIMEOUT),
    "not HTTP": (Raw(b"SSH-2.0-OpenSSH_9.7\r\n"), Failure.PROTOCOL),
    "status of four digits": (Raw(b"HTTP/1.1 2000 OK\r\n\r\n"), Failure.PROTOCOL),
    "status 700": (Reply(700), Failure.PROTOCOL),
    "ends in the header": (Raw(b"HTTP/1.1 200 OK\r\nServer: x\r\n"), Failure.PROTOCOL),
    "header without end": (
        Drip([b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 60000 + b"\r\n"], 0, repeat=True),
        Failure.PROTOCOL,
    ),
    "flood of interim responses": (Drip([b"HTTP/1.1 100 Continue\r\n\r\n" * 2000], 0, repeat=True), Failure.PROTOCOL),
}


@pytest.mark.parametrize(("behaviour", "failure"), _FAILURES.values(), ids=_FAILURES)
def test_what_a_server_does_wrong_has_its_class(world: World, behaviour: object, failure: Failure) -> None:
    world.web.set("http://wrong.example/", behaviour)
    seen = world.look(world.web.url("wrong.example"), timeout=timedelta(seconds=0.7))
    assert (seen.failure, seen.status) == (failure, None)


_NAMES = {
    "NXDOMAIN": Failure.DNS_NXDOMAIN,
    "NODATA": Failure.DNS_NODATA,
    "SERVFAIL": Failure.DNS_TEMPORARY,
    "REFUSED": Failure.DNS_TEMPORARY,
    "DROP": Failure.DNS_TEMPORARY,
}


@pytest.mark.parametrize(("answer", "failure"), _NAMES.items(), ids=_NAMES)
def test_why_a_name_has_no_address_is_told_apart(world: World, answer: str, failure: Failure) -> None:
    world.dns.set(f"{answer.lower()}.example", answer)
    seen = world.look(world.web.url(f"{answer.lower()}.example"), timeout=timedelta(seconds=1))
    assert seen.failure is failure


def test_a_missing_name_is_asked_for_twice_before_it_is_believed(world: World) -> None:
    world.dns.set("shaky.example", "NXDOMAIN", ["127.0.0.1"])
    assert world.look(world.web.url("shaky.example")).status == 200


def test_a_name_is_looked_up_once_for_all_its_links(world: World) -> None:
    before = world.dns.asked["often.example"]
    world.crawl(probes([world.web.url("often.example", f"/{number}") for number in range(20)]), robots_from=100)
    assert world.dns.asked["often.example"] - before == 1


_CERTIFICATES = {
    "good": None,
    "expired": Failure.TLS_CERTIFICATE,
    "wrong-host": Failure.TLS_CERTIFICATE,
    "self-signed": Failure.TLS_CERTIFICATE,
    "close": Failure.TLS_HANDSHAKE,
}


@pytest.mark.parametrize(("mode", "failure"), _CERTIFICATES.items(), ids=_CERTIFICATES)
def test_a_bad_certificate_is_told_from_a_failed_handshake(world: World, mode: str, failure: Failure | None) -> None:
    world.web.set_tls(f"{mode}.example", mode)
    assert world.look(world.web.url(f"{mode}.example", scheme="https")).failure is failure


def test_a_closed_port_is_refused(world: World) -> None:
    with World() as gone:
        url = gone.web.url("closed.example")
    assert world.look(url).failure is Failure.REFUSED


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_a_host_that_has_only_an_ipv6_address_is_reached(world: World) -> None:
    world.dns.set("six.example", ["::1"])
    with FakeWeb("::1", tls=False) as six:
        seen = world.look(six.url("six.example"), allow_private=(ipaddress.ip_network("::1/128"),))
        literal = world.look(f"http://[::1]:{six.http_port}/", allow_private=(ipaddress.ip_network("::1/128"),))
    assert (seen.status, seen.address, literal.status) == (200, "::1", 200)


def test_the_body_is_not_read_where_no_text_is_wanted(world: World) -> None:
    endless = Drip([b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"x" * 1000], pause=0.01, repeat=True)
    world.web.set("http://endless.example/", endless)
    seen = world.look(world.web.url("endless.example"))
    assert (seen.status, seen.truncated, seen.page) == (200, False, None)
    assert seen.elapsed_ms < 1000


def test_text_is_read_up_to_the_cap_and_a_cut_page_is_alive(world: World) -> None:
    world.web.set("http://big.example/", html("<p>word</p>" * 20000, title="Big"))
    seen = world.look(world.web.url("big.example"), probe={"want_text": True}, body_cap=4096)
    assert (seen.status, seen.truncated) == (200, True)
    assert seen.page is not None
    assert seen.page.title == "Big"


def test_a_page_that_drips_until_the_time_is_over_is_alive_and_cut(world: World) -> None:
    slow = Drip(
        [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>Slow</title>", b"."], pause=0.05, repeat=True
    )
    world.web.set("http://slow.example/", slow)
    seen = world.look(world.web.url("slow.example"), probe={"want_text": True}, timeout=timedelta(seconds=0.6))
    assert (seen.status, seen.failure, seen.truncated) == (200, None, True)


def test_text_of_what_is_not_html_is_not_read(world: World) -> None:
    world.web.set("http://pdf.example/a.pdf", Reply(200, b"%PDF", content_type="application/pdf"))
    seen = world.look(world.web.url("pdf.example", "/a.pdf"), probe={"want_text": True})
    assert (seen.page, seen.content_type, seen.content_length) == (None, "application/pdf", 4)


def test_fragments_are_looked_for_in_the_page(world: World) -> None:
    world.web.set(
        "http://doc.example/", html('<h1 id="one">1</h1><a name="two"></a><p id="user-content-three"><p id="café">')
    )
    wanted = ("one", "two", "three", "caf%C3%A9", "top", "missing", ":~:text=one")
    seen = world.look(world.web.url("doc.example"), probe={"fragments": wanted})
    assert seen.fragments == {"one": True, "two": True, "three": True, "caf%C3%A9": True, "top": True, "missing": False}


def test_a_fragment_is_not_called_missing_where_the_page_was_cut(world: World) -> None:
    world.web.set("http://cut.example/", html('<p id="here">' + "<p>word</p>" * 5000 + '<p id="late">'))
    probe = {"fragments": ("here", "late")}
    assert world.look(world.web.url("cut.example"), probe=probe, body_cap=4096).fragments == {"here": True}


def test_a_look_tells_who_asks_and_nothing_else(world: World) -> None:
    world.web.set("http://from.example/", redirect(world.web.url("tells.example", "/p?q=1#frag")))
    url = world.web.url("from.example").replace("http://", "http://user:secret@") + "#part"
    world.look(url)
    first, second = world.web.requests("from.example")[0], world.web.requests("tells.example")[0]
    assert first.headers["user-agent"].startswith("Mozilla/5.0 (compatible; lvigil/")
    assert first.headers["accept-encoding"] == "identity"
    assert (first.method, first.target, second.target) == ("GET", "/", "/p?q=1")
    assert "text/html" in first.headers["accept"]
    assert not {"referer", "authorization", "cookie"} & (first.headers.keys() | second.headers.keys())


def test_credentials_of_a_host_stay_with_that_host_and_scheme(world: World) -> None:
    web = world.web
    web.set("http://own.example/stay", redirect("/end"))
    web.set("http://own.example/leave", redirect(web.url("thief.example", "/")))
    web.set("http://own.example/up", redirect(web.url("own.example", "/secure", "https")))
    web.set("http://thief.example/", redirect(web.url("own.example", "/back")))
    rules = (
        HostRule(host="own.example", headers={"X-Token": "s3cret"}),
        HostRule(host="thief.example", headers={"X-Thief": "1"}),
    )
    urls = [web.url("own.example", path) for path in ("/stay", "/leave", "/up")]
    world.crawl(probes(urls), hosts=rules, headers={"Authorization": "Bearer t0ken", "X-Plain": "1"})
    sent = {
        (each.host, each.path): ("x-token" in each.headers, "authorization" in each.headers) for each in web.requests()
    }
    assert sent == {
        ("own.example", "/stay"): (True, True),
        ("own.example", "/end"): (True, True),
        ("own.example", "/leave"): (True, True),
        ("own.example", "/up"): (True, True),
        ("own.example", "/secure"): (False, False),
        ("thief.example", "/"): (False, False),
        ("own.example", "/back"): (False, False),
    }
    assert all("x-plain" in each.headers for each in web.requests())
    assert not any("x-thief" in each.headers for each in web.requests())


def test_basic_auth_is_sent_where_its_pattern_matches(world: World) -> None:
    urls = [world.web.url("auth.example", path) for path in ("/in", "/out")]
    world.crawl(probes(urls), basic_auth={r"auth\.example(:\d+)?/in": ("me", "pass")})
    sent = {each.path: each.headers.get("authorization") for each in world.web.requests("auth.example")}
    assert sent == {"/in": "Basic bWU6cGFzcw==", "/out": None}


def test_a_passing_failure_is_tried_again_and_recorded_once(world: World) -> None:
    world.web.set("http://shaky-web.example/", InTurn(Reply(503), Reset(), html("up")))
    frontier, stats = world.crawl(probes([world.web.url("shaky-web.example")]), max_retries=2)
    (seen,) = [each for _, each in frontier.seen]
    assert (seen.status, seen.attempt, len(seen.hops), stats.retried) == (200, 3, 1, 2)


def test_after_the_last_retry_the_last_answer_counts(world: World) -> None:
    world.web.set("http://down.example/", Reply(503))
    seen = world.look(world.web.url("down.example"), max_retries=2)
    assert (seen.status, seen.attempt, len(world.web.requests("down.example"))) == (503, 3, 3)


def test_retries_wait_longer_each_time(world: World) -> None:
    world.web.set("http://wait.example/", Reply(500))
    world.look(world.web.url("wait.example"), max_retries=2, retry_wait=timedelta(seconds=0.2))
    first, second = world.web.gaps("wait.example")
    assert first >= 0.2
    assert second >= 0.4


def test_an_accepted_status_is_not_tried_again(world: World) -> None:
    world.web.set("http://fine.example/", Reply(503))
    assert world.look(world.web.url("fine.example"), max_retries=2, accept=frozenset({503})).attempt == 1


def test_retry_after_is_kept(world: World) -> None:
    world.web.set("http://later.example/", InTurn(Reply(429, headers={"Retry-After": "1"}), html("ok")))
    seen = world.look(world.web.url("later.example"), max_retries=1)
    assert (seen.status, seen.attempt) == (200, 2)
    assert world.web.gaps("later.example")[0] >= 1


def test_a_retry_after_over_the_cap_is_recorded_and_not_waited_for(world: World) -> None:
    world.web.set("http://much-later.example/", Reply(429, headers={"Retry-After": "3600"}))
    seen = world.look(world.web.url("much-later.example"), max_retries=2, retry_cap=timedelta(seconds=5))
    assert (seen.status, seen.attempt, seen.headers["retry-after"]) == (429, 1, "3600")


def test_a_retry_does_not_hold_up_other_looks(world: World) -> None:
    world.web.set("http://held.example/", InTurn(Reply(503), html("ok")))
    urls = [world.web.url("held.example"), *(world.web.url(f"free{number}.example") for number in range(5))]
    frontier, _ = world.crawl(probes(urls), max_concurrency=1, max_retries=1, retry_wait=timedelta(seconds=0.5))
    assert frontier.by_url[urls[0]].attempt == 2
    last_free = max(each.at for number in range(5) for each in world.web.requests(f"free{number}.example"))
    assert last_free < world.web.requests("held.example")[-1].at


def test_a_host_that_is_left_out_is_not_contacted(world: World) -> None:
    seen = world.look(world.web.url("deep.skipped.example"), hosts=(HostRule(host="*.skipped.example", skip=True),))
    assert (seen.skip, world.web.requests("deep.skipped.example")) == (Skip.EXCLUDED, [])


def test_a_url_is_remapped_before_it_is_fetched(world: World) -> None:
    rule = (re.compile(r"http://public\.example:\d+"), world.web.url("mirror.example", "").rstrip("/"))
    seen = world.look(world.web.url("public.example", "/x"), remap=(rule,))
    assert (seen.url, seen.hops[0].url) == (
        world.web.url("public.example", "/x"),
        world.web.url("mirror.example", "/x"),
    )


@pytest.mark.parametrize("url", ["http://", "http://a b/", "https://exa mple.org/", "http://" + "a" * 64 + ".example/"])
def test_what_is_no_url_is_an_outcome(world: World, url: str) -> None:
    assert world.look(url).failure is Failure.INVALID_URL


def test_a_page_hands_its_body_on_before_it_is_recorded(world: World) -> None:
    world.web.set("http://site.example/", html('<a href="/next">next</a>'))
    frontier, _ = world.crawl(
        probes([world.web.url("site.example")], purpose=Purpose.PAGE), obey_robots_for_pages=False
    )
    ((probe, seen, body),) = frontier.pages
    assert (probe.url, seen.status, b"/next" in body) == (world.web.url("site.example"), 200, True)


class WatchedFrontier(MemoryFrontier):
    """Tells who calls it, and fails where it is told to."""

    def __init__(self, wanted: Sequence[Probe], *, second: Sequence[Probe] = (), fail_in: str = "") -> None:
        super().__init__(wanted)
        self.threads: set[int] = set()
        self.open = self.most_open = 0
        self.second, self.fail_in = list(second), fail_in
        self.lock = threading.Lock()

    def take(self, limit: int) -> Sequence[Probe]:
        self._enter("take")
        taken = super().take(limit)
        self.open += len(taken)
        self.most_open = max(self.open, self.most_open)
        return taken

    def record(self, seen: Sequence[tuple[Probe, Observation]]) -> None:
        self._enter("record")
        assert self.lock.acquire(blocking=False), "two calls at once"
        time.sleep(0.01)
        self.open -= len(seen)
        super().record(seen)
        self.lock.release()

    def more(self) -> bool:
        self._enter("more")
        assert self.open == 0
        super().more()
        self.waiting, self.second = self.second, []
        return bool(self.waiting)

    def _enter(self, name: str) -> None:
        self.threads.add(threading.get_ident())
        if name == self.fail_in:
            raise OSError("the disk is full")


def test_the_frontier_is_served_by_one_thread_that_is_not_the_reactors(world: World) -> None:
    frontier = WatchedFrontier(probes([world.web.url("f.example", f"/{n}") for n in range(50)]))
    crawl(frontier, settings(resolver=world.dns.server, batch_size=10, robots_from=1000))
    assert len(frontier.threads) == 1
    assert threading.get_ident() not in frontier.threads
    assert sorted(probe.id for probe, _ in frontier.seen) == list(range(1, 51))
    assert max(frontier.batches) <= 50


def test_no_more_probes_are_taken_than_the_window_holds(world: World) -> None:
    frontier = WatchedFrontier(probes([world.web.url(f"h{n % 30}.example", f"/{n}") for n in range(300)]))
    crawl(frontier, settings(resolver=world.dns.server, window=40, batch_size=10, robots_from=1000))
    assert len(frontier.seen) == 300
    assert frontier.most_open <= 40


def test_probes_that_a_stage_adds_are_looked_at_in_the_same_crawl(world: World) -> None:
    first, second = probes([world.web.url("m.example", "/1"), world.web.url("m.example", "/2")])
    frontier = WatchedFrontier([first], second=[second])
    crawl(frontier, settings(resolver=world.dns.server))
    assert [probe.id for probe, _ in frontier.seen] == [1, 2]


@pytest.mark.parametrize("method", ["take", "record", "more"])
def test_a_failing_frontier_ends_the_crawl_with_its_error(world: World, method: str) -> None:
    frontier = WatchedFrontier(probes([world.web.url("x.example", f"/{n}") for n in range(10)]), fail_in=method)
    with pytest.raises(OSError, match="the disk is full"):
        crawl(frontier, settings(resolver=world.dns.server))


def test_a_host_that_never_answers_is_not_tried_again_and_again(world: World) -> None:
    world.web.set_host("dead.example", Hang())
    urls = [world.web.url("dead.example", f"/{number}") for number in range(40)]
    frontier, stats = world.crawl(probes(urls), max_retries=2, timeout=timedelta(seconds=0.2), robots_from=1000)
    assert {seen.failure for seen in frontier.by_url.values()} <= {Failure.TIMEOUT, Failure.CONNECT_TIMEOUT}
    assert 12 <= stats.retried < 20


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"resolver": "nowhere"}, ValueError),
        ({"proxy": "socks5://127.0.0.1:9"}, ValueError),
        ({"ca_bundle": "/no/such/file.pem"}, OSError),
    ],
    ids=["resolver", "proxy", "bundle"],
)
def test_a_setting_that_cannot_work_ends_the_crawl_before_it_begins(changes: dict, error: type[Exception]) -> None:
    frontier = MemoryFrontier(probes(["http://a.example/"]))
    with pytest.raises(error):
        crawl(frontier, settings(**changes))
    assert frontier.seen == []


def test_the_figures_of_a_crawl_add_up(world: World) -> None:
    world.dns.set("nowhere.example", "NXDOMAIN")
    urls = [world.web.url("s1.example"), world.web.url("s2.example"), world.web.url("nowhere.example")]
    told: list[tuple[int, int]] = []
    frontier, stats = world.crawl(probes(urls), progress=lambda done, known, _: told.append((done, known)))
    assert (stats.asked, stats.answered, stats.failed, stats.hosts, stats.hosts_that_answered_http) == (3, 2, 1, 3, 2)
    assert (stats.stopped, told[-1], len(frontier.seen)) == (None, (3, 3), 3)


def test_without_a_network_nothing_is_tried_again_and_again(world: World) -> None:
    world.dns.default = "SERVFAIL"
    urls = [world.web.url(f"h{number}.example") for number in range(60)]
    frontier, stats = world.crawl(probes(urls), max_retries=3, retry_wait=timedelta(milliseconds=200))
    assert len(frontier.seen) == len(urls)
    assert {seen.failure for _, seen in frontier.seen} == {Failure.DNS_TEMPORARY}
    assert stats.retried < 20
