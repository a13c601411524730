"""The egress guard: what the victim's socket accepted is the truth."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import socketserver
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Self

import pytest

from crawler.domain.observation import Failure, Purpose
from crawler.spider.guard import EgressGuard
from crawler.spider.settings import EVERY_NETWORK
from tests.fakes.web import FakeWeb, Reply, Sequence, html, redirect
from tests.wire.crawling import World, probes

# 127.1.0.0/16 plays the public web, all other loopback addresses play the inner network.
_PUBLIC = (ipaddress.ip_network("127.1.0.0/16"),)
_V4_NOTATIONS = (
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "0177.0.0.1", "017700000001",
    "127.0.0.1.", "127.0.0.2", "127.255.255.254", "0.0.0.0", "0", "0x0", "00.00.00.00", "127.000.000.001",
    "①②⑦.⓪.⓪.①", "127。0。0。1", "127%2e0%2e0%2e1", "%31%32%37.0.0.1", "１２７.0.0.1", "LOCALHOST", "localhost",
    "localhost.", "0300.0250.1.1", "0xa9fea9fe", "169.254.169.254", "169.254.43518", "2852039166", "168.63.129.16",
    "10.0.0.1", "10.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.1", "100.64.0.1", "100.100.100.200",
    "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.51.100.1",
    "203.0.113.1", "192.88.99.1",
)  # fmt: skip
_V6_NOTATIONS = (
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::a00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
    "[2002:7f00:1::1]", "[2001::7f00:1]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[fe80::1]", "[fec0::1]",
    "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[::ffff:0:127.0.0.1]", "[::ffff:169.254.169.254]",
    "[2a00::5efe:127.0.0.1]", "[100::1]", "[2001:db8::1]", "[3fff::1]", "[5f00::1]", "[4000::1]",
)  # fmt: skip
_INNER_ANSWERS = (
    ["127.0.0.1"], ["0.0.0.0"], ["10.0.0.5"], ["169.254.169.254"], ["168.63.129.16"], ["100.64.0.9"], ["192.168.1.1"],
    ["172.20.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["fe80::1"], ["fd00::1"], ["64:ff9b::7f00:1"], ["2002:7f00:1::1"],
    ["::"], ["127.0.0.1", "::1"], ["10.0.0.1", "127.0.0.1"], ["255.255.255.255"], ["224.0.0.251"], ["127.2.0.1"],
)  # fmt: skip


class Victim:
    """A listening socket on every loopback address; `accepted` counts who came to an inner one."""

    def __init__(self) -> None:
        self._webs = [FakeWeb("0.0.0.0", tls=False)]

    def __enter__(self) -> Self:
        self._webs[0].start()
        self.port = self._webs[0].http_port
        if socket.has_dualstack_ipv6():
            self._webs.append(FakeWeb("::", port=self.port, tls=False))
            self._webs[1].start()
        return self

    def __exit__(self, *error: object) -> None:
        for web in self._webs:
            web.stop()

    @property
    def accepted(self) -> int:
        return sum(not address.startswith("127.1.") for web in self._webs for address in web.arrivals)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World() as made:
        made.web.stop()
        made.web = FakeWeb("127.1.0.1")
        made.web.start()
        made.dns.default = ["127.1.0.1"]
        yield made


@pytest.fixture
def victim() -> Iterator[Victim]:
    with Victim() as made:
        yield made


def _attacks(world: World, port: int) -> dict[str, str]:
    """Return name -> URL of every attack; scripts the names and redirects that they need."""
    attacks = {f"literal {host}": f"http://{host}:{port}/" for host in (*_V4_NOTATIONS, *_V6_NOTATIONS)}
    attacks |= {f"userinfo {host}": f"http://public.example@{host}:{port}/" for host in _V4_NOTATIONS[:4]}
    for number, answer in enumerate(_INNER_ANSWERS):
        name = f"inner{number}.example"
        world.dns.set(name, answer)
        attacks[f"name to {'+'.join(answer)}"] = f"http://{name}:{port}/"
    world.dns.set("localhost", ["127.0.0.1", "::1"])
    for number in range(6):
        name = f"rebind{number}.example"
        world.dns.set(name, ["127.1.0.1"], ["127.0.0.1"])
        world.web.set(f"http://{name}/start", redirect(f"http://{name}:{port}/"))
        attacks[f"rebinding {number}"] = f"http://{name}:{world.web.http_port}/start"
    targets = (*_V4_NOTATIONS[:10], *_V6_NOTATIONS[:8], "inner0.example", "inner8.example")
    for number, host in enumerate(targets):
        for status in (301, 307):
            path = f"/to{number}-{status}"
            world.web.set(f"http://open.example{path}", redirect(f"http://{host}:{port}/", status))
            attacks[f"redirect {status} to {host}"] = world.web.url("open.example", path)
    world.web.set("http://open.example/double", redirect("/to0-301"))
    attacks["redirect over two hops"] = world.web.url("open.example", "/double")
    world.web.set("http://open.example/https", redirect(f"https://127.0.0.1:{port}/"))
    attacks["redirect to https"] = world.web.url("open.example", "/https")
    world.web.set("http://open.example/relative", redirect(f"//127.0.0.1:{port}/"))
    attacks["redirect without a scheme"] = world.web.url("open.example", "/relative")
    return attacks


@pytest.mark.battery
@pytest.mark.parametrize("with_retries", [0, 1])
def test_no_attack_reaches_the_inner_network(world: World, victim: Victim, with_retries: int) -> None:
    attacks = _attacks(world, victim.port)
    assert len(attacks) >= 100
    controls = [world.web.url(f"control{number}.example", f"/{number}") for number in range(4)]
    frontier, _ = world.crawl(
        probes([*attacks.values(), *controls]),
        allow_private=_PUBLIC,
        max_retries=with_retries,
        timeout=timedelta(seconds=3),
        robots_from=10_000,
    )
    assert victim.accepted == 0
    assert [frontier.by_url[url].status for url in controls] == [200] * 4
    reached = {name for name, url in attacks.items() if frontier.by_url[url].status == 200}
    assert not {name for name in reached if not name.startswith("rebinding")}


def test_every_literal_is_forbidden_and_says_why(world: World, victim: Victim) -> None:
    urls = [
        f"http://{host}:{victim.port}/" for host in ("127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:7f00:1]")
    ]
    frontier, _ = world.crawl(probes(urls), allow_private=())
    assert {seen.failure for seen in frontier.by_url.values()} == {Failure.FORBIDDEN_ADDRESS}
    assert all("address" in seen.detail for seen in frontier.by_url.values())
    assert victim.accepted == 0


def test_a_name_that_changes_its_address_between_two_looks_is_still_guarded(world: World, victim: Victim) -> None:
    world.dns.set("turns.example", ["127.1.0.1"], ["127.0.0.1"])
    first = world.look(world.web.url("turns.example"), allow_private=_PUBLIC)
    second = world.look(f"http://turns.example:{victim.port}/", allow_private=_PUBLIC)
    assert (first.status, second.failure, victim.accepted) == (200, Failure.FORBIDDEN_ADDRESS, 0)


def test_a_retry_is_guarded_like_the_first_try(world: World, victim: Victim) -> None:
    answers = Sequence(Reply(503), redirect(f"http://127.0.0.1:{victim.port}/"))
    world.web.set("http://flips.example/", answers)
    seen = world.look(world.web.url("flips.example"), allow_private=_PUBLIC, max_retries=1)
    assert (seen.failure, victim.accepted) == (Failure.FORBIDDEN_ADDRESS, 0)


def test_robots_txt_is_guarded_too(world: World, victim: Victim) -> None:
    world.web.set("http://sly.example/robots.txt", redirect(f"http://127.0.0.1:{victim.port}/robots.txt"))
    seen = world.look(world.web.url("sly.example"), probe={"purpose": Purpose.PAGE}, allow_private=_PUBLIC)
    assert (seen.status, victim.accepted) == (200, 0)


def test_a_name_with_a_public_and_an_inner_address_is_reached_at_the_public_one(world: World) -> None:
    world.dns.set("mixed.example", ["127.0.0.1", "127.1.0.1"])
    seen = world.look(world.web.url("mixed.example"), allow_private=_PUBLIC)
    assert (seen.status, seen.address) == (200, "127.1.0.1")


def test_an_opened_network_is_reached(world: World, victim: Victim) -> None:
    assert world.look(f"http://127.0.0.1:{victim.port}/", allow_private=EVERY_NETWORK).status == 200
    assert victim.accepted == 1


@pytest.mark.parametrize("port", [1, 22, 25, 6000, 10080])
def test_a_bad_port_stays_closed_even_in_an_opened_network(world: World, port: int) -> None:
    seen = world.look(f"http://127.0.0.1:{port}/", allow_private=EVERY_NETWORK)
    assert (seen.failure, seen.detail) == (Failure.FORBIDDEN_ADDRESS, f"port {port} is blocked")


@pytest.mark.parametrize("address", ["example.com", "127.1", "0x7f000001", "", "localhost"])
def test_the_guard_refuses_what_is_no_numeric_address(address: str) -> None:
    assert EgressGuard(opened=EVERY_NETWORK).refusal(address, 80) == "not a numeric address"


def test_this_machines_own_addresses_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A public address of our own is found by the source address that the kernel would use."""

    class Kernel(socket.socket):
        def connect(self, address: object) -> None:
            self.own = address

        def getsockname(self) -> object:
            return self.own

    monkeypatch.setattr(socket, "socket", Kernel)
    assert EgressGuard().refusal("8.8.8.8", 80) == "8.8.8.8 is this machine"


def test_a_proxy_in_the_environment_is_not_used(
    world: World, monkeypatch: pytest.MonkeyPatch, victim: Victim, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{victim.port}")
    assert world.look(world.web.url("direct.example"), allow_private=_PUBLIC).status == 200
    assert victim.accepted == 0
    assert "is ignored" in caplog.text


def test_a_configured_proxy_is_asked_for_everything(world: World) -> None:
    with FakeWeb(tls=False) as proxy:
        proxy.default = html("from the proxy")
        url = "http://far-away.example/x?y=1"
        seen = world.look(url, proxy=f"http://me:pa%20ss@127.0.0.1:{proxy.http_port}", allow_private=())
        (asked,) = proxy.requests()
    assert (seen.status, asked.target, asked.headers["proxy-authorization"]) == (200, url, "Basic bWU6cGEgc3M=")
    assert "authorization" not in asked.headers


def test_https_goes_through_a_tunnel_of_the_proxy(world: World) -> None:
    asked: list[bytes] = []

    class Tunnel(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            asked.append(self.request.recv(4096))
            with socket.create_connection(("127.1.0.1", world.web.https_port)) as far:
                self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                pumps = [
                    threading.Thread(target=_pump, args=pair) for pair in ((self.request, far), (far, self.request))
                ]
                for pump in pumps:
                    pump.start()
                for pump in pumps:
                    pump.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        seen = world.look("https://tunnelled.example/", proxy=f"http://127.0.0.1:{server.server_address[1]}")
        server.shutdown()
    assert (seen.status, seen.address) == (200, None)
    assert asked == [b"CONNECT tunnelled.example:443 HTTP/1.1\r\nHost: tunnelled.example:443\r\n\r\n"]


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def test_a_proxy_that_refuses_a_tunnel_is_no_answer_of_the_site(world: World) -> None:
    with FakeWeb(tls=False) as proxy:
        proxy.default = Reply(403)
        seen = world.look("https://far-away.example/", proxy=f"http://127.0.0.1:{proxy.http_port}")
    assert (seen.status, seen.failure, seen.detail) == (None, Failure.REFUSED, "the proxy answers 403")
