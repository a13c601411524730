"""A hostile web in one run: every behaviour is answered with an outcome of the closed set, and soon.

Each case is a name, what the server does, and the outcomes that are right: a status or a failure.
"""

from __future__ import annotations

import resource
import zlib
from collections.abc import Iterator
from datetime import timedelta

import pytest

from crawler.domain.observation import Failure, Observation
from tests.fakes.web import Behaviour, Close, Drip, Hang, Raw, Reply, Reset, Sequence, html, redirect
from tests.wire.crawling import World, probes

_OK = b"HTTP/1.1 200 OK\r\n"
_HTML = b"Content-Type: text/html\r\n"
_PAGE = b"<!doctype html><title>T</title><p>hello"
_DEEP = b"<div>" * 50_000

Outcome = int | Failure
Case = tuple[Behaviour, set[Outcome]]


def _head(*lines: bytes, status: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return b"\r\n".join([status, *lines]) + b"\r\n\r\n"


def _bomb(megabytes: int) -> bytes:
    """Return gzip data; made piece by piece, so that making it does not hide what the crawl takes."""
    packer = zlib.compressobj(wbits=31)
    return b"".join(packer.compress(b"0" * 1_000_000) for _ in range(megabytes)) + packer.flush()


_STATUS: dict[str, Case] = {
    **{
        f"status {code}": (Reply(code), {code}) for code in (200, 201, 203, 206, 207, 226, 299, 400, 401, 403, 404, 405)
    },
    **{
        f"status {code}": (Reply(code), {code}) for code in (406, 410, 418, 421, 451, 500, 501, 502, 505, 511, 520, 599)
    },
    "status 204": (Raw(_head(status=b"HTTP/1.1 204 No Content"), "hang"), {204}),
    "status 205 with a body": (Reply(205, "x"), {205}),
    "status 304 unasked": (Raw(_head(status=b"HTTP/1.1 304 Not Modified")), {304}),
    "status 300 without a place": (Reply(300), {300}),
    "status 306": (Reply(306), {306}),
    "status 999": (Reply(999), {999}),
    "status 000": (Raw(_head(status=b"HTTP/1.1 000 None")), {Failure.PROTOCOL}),
    "status 600": (Reply(600), {Failure.PROTOCOL}),
    "status -200": (Raw(_head(status=b"HTTP/1.1 -200 No")), {Failure.PROTOCOL}),
    "status 20000": (Raw(_head(status=b"HTTP/1.1 20000 OK")), {Failure.PROTOCOL}),
    "status 2 hundred": (Raw(_head(status=b"HTTP/1.1 two OK")), {Failure.PROTOCOL}),
    "no status at all": (Raw(_head(status=b"HTTP/1.1")), {Failure.PROTOCOL}),
    "no reason phrase": (Raw(_head(status=b"HTTP/1.1 200")), {200}),
    "long reason phrase": (Raw(_head(status=b"HTTP/1.1 200 " + b"x" * 100_000)), {200}),
    "binary reason phrase": (Raw(_head(status=b"HTTP/1.1 404 \xff\xfe\x00")), {404}),
    "lower-case version": (Raw(_head(status=b"http/1.1 200 OK")), {200}),
    "ICY": (Raw(_head(status=b"ICY 200 OK")), {200}),
    "HTTP/2 in clear": (Raw(_head(status=b"HTTP/2 200")), {200}),
    "HTTP/0.9": (Raw(b"<html>hello</html>"), {Failure.PROTOCOL}),
    "101 switches": (
        Raw(_head(b"Upgrade: websocket", status=b"HTTP/1.1 101 Switching Protocols"), "hang"),
        {Failure.PROTOCOL},
    ),
    "100 then 200": (Raw(_head(status=b"HTTP/1.1 100 Continue") + _head()), {200}),
    "103 then 404": (
        Raw(_head(b"Link: </a>", status=b"HTTP/1.1 103 Early Hints") + _head(status=b"HTTP/1.1 404 No")),
        {404},
    ),
    "only 100": (Raw(_head(status=b"HTTP/1.1 100 Continue"), "hang"), {Failure.TIMEOUT}),
}
_REDIRECT: dict[str, Case] = {
    **{f"redirect {code}": (redirect("/end", code), {200}) for code in (301, 302, 303, 307, 308)},
    "redirect without a place": (Reply(301), {Failure.BAD_LOCATION}),
    "redirect to nothing": (Reply(302, headers={"Location": ""}), {Failure.BAD_LOCATION}),
    "redirect to blanks": (Reply(302, headers={"Location": "   "}), {Failure.BAD_LOCATION}),
    "redirect to itself": (redirect("?"), {Failure.REDIRECT_LOOP, 200}),
    "redirect to javascript": (redirect("javascript:alert(1)"), {Failure.BAD_LOCATION}),
    "redirect to file": (redirect("file:///etc/passwd"), {Failure.BAD_LOCATION}),
    "redirect to data": (redirect("data:text/html,x"), {Failure.BAD_LOCATION}),
    "redirect to ftp": (redirect("ftp://ftp.example/"), {Failure.BAD_LOCATION}),
    "redirect to s3": (redirect("s3://bucket/key"), {Failure.BAD_LOCATION}),
    "redirect to mailto": (redirect("mailto:a@example.com"), {Failure.BAD_LOCATION}),
    "redirect to a bad host": (redirect("http://exa mple.com/"), {Failure.BAD_LOCATION}),
    "redirect to a bad port": (redirect("http://a.example:99999/"), {Failure.BAD_LOCATION}),
    "redirect to a blocked port": (redirect("http://a.example:25/"), {Failure.FORBIDDEN_ADDRESS}),
    "redirect inside": (redirect("http://10.0.0.1/"), {Failure.FORBIDDEN_ADDRESS}),
    "redirect with a long label": (redirect("http://" + "a" * 70 + ".example/"), {Failure.BAD_LOCATION}),
    "redirect with 100 kB": (redirect("/" + "a" * 100_000), {200, Failure.PROTOCOL}),
    "redirect in UTF-8": (
        Raw(_head("Location: /文字".encode(), b"Content-Length: 0", status=b"HTTP/1.1 302 F")),
        {200},
    ),
    "redirect in Latin-1": (Raw(_head(b"Location: /caf\xe9", b"Content-Length: 0", status=b"HTTP/1.1 302 F")), {200}),
    "redirect with a tab": (Raw(_head(b"Location: /a\tb", b"Content-Length: 0", status=b"HTTP/1.1 302 F")), {200}),
    "redirect with userinfo": (
        redirect("http://user:pass@end.example:{port}/"),
        {200, Failure.BAD_LOCATION, Failure.REFUSED},
    ),
    "two places": (Reply(302, headers=[("Location", "/end"), ("Location", "/other")]), {200}),
    "a place on 200": (Reply(200, headers={"Location": "/loop"}), {200}),
    "a place on 404": (Reply(404, headers={"Location": "/end"}), {404}),
    "redirect with an endless body": (
        Drip([_head(b"Location: /end", status=b"HTTP/1.1 302 F"), b"x" * 9000], 0, repeat=True),
        {200},
    ),
    "new place each time": (redirect("/grow"), {Failure.TOO_MANY_REDIRECTS}),
    "new cookie each time": (
        redirect("", 302, "a=1"),
        {200, Failure.REDIRECT_LOOP, Failure.BAD_LOCATION, Failure.TOO_MANY_REDIRECTS},
    ),
    "refresh header": (Reply(200, headers={"Refresh": "0; url=/end"}), {200}),
}
_BODY: dict[str, Case] = {
    "endless body": (Drip([_OK + _HTML + b"\r\n", b"x" * 65536], 0, repeat=True), {200}),
    "endless dripping body": (Drip([_OK + _HTML + b"\r\n", b"x"], 0.05, repeat=True), {200}),
    "body shorter than said": (Raw(_head(_HTML.strip(), b"Content-Length: 1000") + _PAGE), {200}),
    "body longer than said": (Raw(_head(_HTML.strip(), b"Content-Length: 3") + _PAGE), {200}),
    "body reset in the middle": (
        Raw(_head(_HTML.strip(), b"Content-Length: 1000") + _PAGE, "reset"),
        {200, Failure.RESET},
    ),
    "body never comes": (Raw(_head(_HTML.strip(), b"Content-Length: 1000"), "hang"), {200}),
    "negative length": (Raw(_head(_HTML.strip(), b"Content-Length: -5") + _PAGE), {200}),
    "length in words": (Raw(_head(_HTML.strip(), b"Content-Length: ten") + _PAGE), {200}),
    "length of 40 digits": (Raw(_head(_HTML.strip(), b"Content-Length: " + b"9" * 40) + _PAGE), {200}),
    "two lengths": (Raw(_head(_HTML.strip(), b"Content-Length: 5", b"Content-Length: 900") + _PAGE), {200}),
    "length and chunks": (
        Raw(_head(b"Content-Length: 5", b"Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n\r\n"),
        {200},
    ),
    "bad chunk size": (Raw(_head(_HTML.strip(), b"Transfer-Encoding: chunked") + b"zz\r\nabc\r\n"), {200}),
    "huge chunk size": (
        Raw(_head(_HTML.strip(), b"Transfer-Encoding: chunked") + b"fffffffffffffff\r\nabc", "hang"),
        {200},
    ),
    "negative chunk size": (Raw(_head(_HTML.strip(), b"Transfer-Encoding: chunked") + b"-1\r\nabc\r\n"), {200}),
    "endless chunk extension": (
        Drip([_head(_HTML.strip(), b"Transfer-Encoding: chunked") + b"5;", b"x" * 5000], 0, repeat=True),
        {200},
    ),
    "endless empty lines": (
        Drip([_head(_HTML.strip(), b"Transfer-Encoding: chunked"), b"\r\n" * 500], 0, repeat=True),
        {200},
    ),
    "one-byte chunks": (
        Drip([_head(_HTML.strip(), b"Transfer-Encoding: chunked"), b"1\r\nx\r\n" * 2000], 0, repeat=True),
        {200},
    ),
    "endless trailers": (
        Drip([_head(_HTML.strip(), b"Transfer-Encoding: chunked") + b"0\r\n", b"X: y\r\n"], 0, repeat=True),
        {200},
    ),
    "unknown transfer coding": (Raw(_head(_HTML.strip(), b"Transfer-Encoding: quantum") + _PAGE), {200}),
    "gzip bomb": (Reply(200, _bomb(50), {"Content-Encoding": "gzip"}), {200}),
    "gzip that is none": (Reply(200, "plain", {"Content-Encoding": "gzip"}), {200}),
    "brotli that is none": (Reply(200, "plain", {"Content-Encoding": "br"}), {200}),
    "nested codings": (Reply(200, "x", {"Content-Encoding": "gzip, gzip, gzip, gzip"}), {200}),
    "deep nesting": (Reply(200, _DEEP), {200}),
    "unclosed everything": (Reply(200, b"<html><head><title>x" + b"<a href='" * 5000), {200}),
    "a megabyte in one attribute": (Reply(200, b"<p title='" + b"x" * 1_000_000 + b"'>"), {200}),
    "NUL bytes": (Reply(200, b"\0" * 100_000), {200}),
    "binary as html": (Reply(200, bytes(range(256)) * 500), {200}),
    "UTF-16": (Reply(200, _PAGE.decode().encode("utf-16")), {200}),
    "UTF-7": (Reply(200, "+ADw-title+AD4-", content_type="text/html; charset=utf-7"), {200}),
    "charset hex": (Reply(200, "zz", content_type="text/html; charset=hex"), {200}),
    "charset nonsense": (Reply(200, "x", content_type="text/html; charset=\"'\\"), {200}),
    "XML bomb": (
        Reply(
            200, '<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><p>&b;', content_type="application/xhtml+xml"
        ),
        {200},
    ),
    "external entity": (
        Reply(
            200, '<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><p>&a;', content_type="application/xhtml+xml"
        ),
        {200},
    ),
    "meta refresh to itself": (html('<meta http-equiv=refresh content="0; url=?">'), {200}),
    "ten thousand ids": (html("".join(f"<i id=i{number}>" for number in range(10_000))), {200}),
    "empty": (Reply(200, b""), {200}),
    "no type": (Reply(200, _PAGE, content_type=None), {200}),
}
_HEADER: dict[str, Case] = {
    "endless header lines": (Drip([_OK, b"X-A: " + b"y" * 1000 + b"\r\n"], 0, repeat=True), {Failure.PROTOCOL}),
    "one endless header line": (Drip([_OK + b"X-A: ", b"y" * 10_000], 0, repeat=True), {Failure.PROTOCOL}),
    "flood of 100": (Drip([b"HTTP/1.1 100 Continue\r\n\r\n" * 1000], 0, repeat=True), {Failure.PROTOCOL}),
    "flood of 103": (
        Drip([_head(b"Link: </x>; rel=preload", status=b"HTTP/1.1 103 E") * 500], 0, repeat=True),
        {Failure.PROTOCOL},
    ),
    "dripping header": (Drip([_OK, b"X: y\r\n"], 0.1, repeat=True), {Failure.TIMEOUT}),
    "header byte by byte": (Drip([bytes([byte]) for byte in _head(b"Server: slow")], 0.005), {200}),
    "60 kB type": (Reply(200, "x", content_type="text/html; x=" + "y" * 60_000), {200}),
    "200 kB of cookies": (Reply(200, headers=[("Set-Cookie", f"c{n}={'v' * 1000}") for n in range(200)]), {200}),
    "5,000 headers": (Reply(200, headers=[(f"X-{n}", "y") for n in range(5000)]), {200}),
    "bare LF": (Raw(b"HTTP/1.1 200 OK\nContent-Type: text/html\n\nhello"), {200}),
    "mixed line ends": (Raw(b"HTTP/1.1 404 No\nServer: x\r\nX: y\n\r\nhello"), {404}),
    "folded lines": (Raw(_head(b"X-Fold: a", b"   b", b"\tc")), {200}),
    "line without a colon": (Raw(_head(b"nonsense", b"Server: x")), {200}),
    "colon alone": (Raw(_head(b": value", b":")), {200}),
    "blank in a name": (Raw(_head(b"Bad Name : x")), {200}),
    "NUL in a value": (Raw(_head(b"X: a\0b")), {200}),
    "binary values": (Raw(_head(b"Server: \xff\xfe\xfd")), {200}),
    "escape sequences": (Raw(_head(b"Server: \x1b]0;owned\x07")), {200}),
    "Retry-After of a century": (Reply(503, headers={"Retry-After": "9" * 30}), {503}),
    "Retry-After nonsense": (Reply(429, headers={"Retry-After": "soon"}), {429}),
    "Retry-After in the past": (Reply(429, headers={"Retry-After": "Mon, 01 Jan 1990 00:00:00 GMT"}), {429}),
    "cookie for everybody": (Reply(200, headers={"Set-Cookie": "a=b; Domain=.example; Path=/; Max-Age=x"}), {200}),
    "alt-svc and upgrade": (
        Reply(200, headers={"Alt-Svc": 'h3=":443"', "Upgrade": "h2c", "Connection": "Upgrade"}),
        {200},
    ),
    "referrer policy": (Reply(200, headers={"Referrer-Policy": "os.system"}), {200}),
}
_CONNECTION: dict[str, Case] = {
    "accepts and is silent": (Hang(), {Failure.TIMEOUT}),
    "closes without a byte": (Close(), {Failure.RESET}),
    "resets": (Reset(), {Failure.RESET}),
    "closes in the status line": (Raw(b"HTTP/1.1 2"), {Failure.PROTOCOL}),
    "closes in the header": (Raw(_OK + b"Server: x\r\n"), {Failure.PROTOCOL}),
    "resets in the header": (Raw(_OK + b"Server", "reset"), {Failure.RESET, Failure.PROTOCOL}),
    "speaks SSH": (Raw(b"SSH-2.0-OpenSSH_9.7\r\n", "hang"), {Failure.PROTOCOL}),
    "speaks SMTP": (Raw(b"220 mail.example ESMTP\r\n", "hang"), {Failure.PROTOCOL}),
    "speaks rubbish": (Raw(bytes(range(256)) * 100, "hang"), {Failure.PROTOCOL}),
    "speaks TLS": (Raw(b"\x15\x03\x01\x00\x02\x02\x16", "hang"), {Failure.PROTOCOL}),
    "endless rubbish": (Drip([b"z" * 10_000], 0, repeat=True), {Failure.PROTOCOL}),
    "endless blank lines": (Drip([b"\r\n" * 5000], 0, repeat=True), {Failure.PROTOCOL}),
    "two answers": (Raw(_head(b"Content-Length: 0") + _head(b"Content-Length: 0", status=b"HTTP/1.1 500 X")), {200}),
    "answers in two packets": (Drip([_OK, b"Server: x\r\n\r\n"], 0.2), {200}),
    "answers late": (Reply(200, "x", delay=0.8), {200}),
    "fails, then answers": (Sequence(Reset(), html("up")), {200, Failure.RESET}),
}
_NAMES: dict[str, tuple[str | list[str], set[Outcome]]] = {
    "nxdomain": ("NXDOMAIN", {Failure.DNS_NXDOMAIN}),
    "nodata": ("NODATA", {Failure.DNS_NODATA}),
    "servfail": ("SERVFAIL", {Failure.DNS_TEMPORARY}),
    "refused": ("REFUSED", {Failure.DNS_TEMPORARY}),
    "silent": ("DROP", {Failure.DNS_TEMPORARY}),
    "private": (["10.0.0.1"], {Failure.FORBIDDEN_ADDRESS}),
    "metadata": (["169.254.169.254"], {Failure.FORBIDDEN_ADDRESS}),
    "ipv6-loopback": (["::1"], {Failure.FORBIDDEN_ADDRESS}),
    "unspecified": (["0.0.0.0"], {Failure.FORBIDDEN_ADDRESS}),
    "hundred-addresses": ([f"10.0.0.{number}" for number in range(20)], {Failure.FORBIDDEN_ADDRESS}),
    "second-works": (["127.0.0.99", "127.0.0.1"], {200}),
    "ipv6-and-ipv4": (["::1", "127.0.0.1"], {200}),
}
_URLS: dict[str, tuple[str, set[Outcome]]] = {
    "path of 60 kB": ("http://a.example:{port}/" + "x" * 60_000, {200, Failure.PROTOCOL, Failure.RESET}),
    "query of 2,100 bytes": ("http://a.example:{port}/?" + "q" * 2100, {200}),
    "odd characters": ("http://a.example:{port}/|^`{{}}<>\"'%zz%", {200}),
    "unicode path": ("http://a.example:{port}/文字/é", {200}),
    "unicode host": ("http://bücher.example:{port}/", {200}),
    "userinfo": ("http://user:pa%20ss@a.example:{port}/", {200}),
    "empty userinfo": ("http://@a.example:{port}/", {200}),
    "underscore host": ("http://a_b.example:{port}/", {200}),
    "dot at the end": ("http://a.example.:{port}/", {200}),
    "dots in the path": ("http://a.example:{port}/a/../../b", {200}),
    "backslashes": ("http:\\\\a.example:{port}\\x", {200}),
    "only a query": ("http://a.example:{port}?x", {200}),
    "long label": ("http://" + "a" * 64 + ".example/", {Failure.INVALID_URL}),
    "long name": ("http://" + ".".join(["a" * 60] * 5) + "/", {Failure.INVALID_URL}),
    "empty label": ("http://a..example/", {Failure.INVALID_URL}),
    "no host": ("http:///", {Failure.INVALID_URL}),
    "port 0": ("http://a.example:0/", {Failure.FORBIDDEN_ADDRESS}),
    "port 65536": ("http://a.example:65536/", {Failure.INVALID_URL}),
    "port 22": ("http://a.example:22/", {Failure.FORBIDDEN_ADDRESS}),
    "broadcast": ("http://255.255.255.255:{port}/", {Failure.FORBIDDEN_ADDRESS}),
    "percent in the host": ("http://%zz.example/", {Failure.INVALID_URL}),
    "bad punycode": ("http://xn--a.example/", {Failure.INVALID_URL, 200, Failure.REFUSED}),
    "closed port": ("http://a.example:45999/", {Failure.REFUSED}),
    "https on the http port": ("https://a.example:{port}/", {Failure.TLS_HANDSHAKE, Failure.TIMEOUT}),
    "http on the https port": ("http://a.example:{tls_port}/", {Failure.PROTOCOL, Failure.RESET}),
}
_TLS: dict[str, set[Outcome]] = {
    "good": {200},
    "expired": {Failure.TLS_CERTIFICATE},
    "wrong-host": {Failure.TLS_CERTIFICATE},
    "self-signed": {Failure.TLS_CERTIFICATE},
    "close": {Failure.TLS_HANDSHAKE},
}
_SERVED = {
    **{f"status/{name}": case for name, case in _STATUS.items()},
    **{f"redirect/{name}": case for name, case in _REDIRECT.items()},
    **{f"body/{name}": case for name, case in _BODY.items()},
    **{f"header/{name}": case for name, case in _HEADER.items()},
    **{f"connection/{name}": case for name, case in _CONNECTION.items()},
}


@pytest.fixture
def world() -> Iterator[World]:
    with World() as made:
        yield made


def _cases(world: World) -> dict[str, tuple[str, set[Outcome]]]:
    """Return name -> (URL, right outcomes), with every script in place."""
    cases = {}
    ports = {"port": world.web.http_port, "tls_port": world.web.https_port}
    for number, (name, (behaviour, right)) in enumerate(_SERVED.items()):
        host = f"case{number}.example"
        world.web.set(f"http://{host}/x", behaviour)
        cases[name] = (world.web.url(host, "/x"), right)
    grow = iter(range(10**6))
    growing = int(cases["redirect/new place each time"][0].split("case")[1].split(".")[0])
    world.web.set_host(f"case{growing}.example", lambda _: redirect(f"/grow{next(grow)}"))
    for name, (answer, right) in _NAMES.items():
        world.dns.set(f"{name}.dns.example", answer)
        cases[f"dns/{name}"] = (world.web.url(f"{name}.dns.example"), right)
    cases |= {f"url/{name}": (url.format(**ports), right) for name, (url, right) in _URLS.items()}
    for mode, right in _TLS.items():
        world.web.set_tls(f"{mode}.tls.example", mode)
        cases[f"tls/{mode}"] = (world.web.url(f"{mode}.tls.example", scheme="https"), right)
    return cases


def _outcome(seen: Observation) -> Outcome | None:
    return seen.failure if seen.failure is not None else seen.status


@pytest.mark.battery
@pytest.mark.parametrize("want_text", [True, False], ids=["with text", "header only"])
def test_a_hostile_web_is_answered_in_full_and_soon(world: World, want_text: bool) -> None:
    cases = _cases(world)
    assert len(cases) >= 150
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    frontier, stats = world.crawl(
        probes([url for url, _ in cases.values()], want_text=want_text),
        timeout=timedelta(seconds=3),
        max_retries=1,
        retry_cap=timedelta(seconds=2),
        max_redirects=8,
    )
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    found = frontier.by_url
    wrong = {
        name: (_outcome(found[url]), found[url].detail)
        for name, (url, right) in cases.items()
        if _outcome(found[url]) not in right
    }
    assert sorted(probe.id for probe, _ in frontier.seen) == list(range(1, len(cases) + 1))
    assert wrong == {}
    assert stats.elapsed < timedelta(seconds=60)
    assert grown < 150, f"{grown:.0f} MB"


_QUICK = [
    "body/endless body",
    "header/flood of 100",
    "connection/speaks rubbish",
    "redirect/new place each time",
    "body/bad chunk size",
]


@pytest.mark.parametrize("name", _QUICK)
def test_a_hostile_server_costs_one_bounded_look(world: World, name: str) -> None:
    url, right = _cases(world)[name]
    frontier, stats = world.crawl(probes([url], want_text=True))
    assert _outcome(frontier.seen[0][1]) in right
    assert stats.elapsed < timedelta(seconds=5)
