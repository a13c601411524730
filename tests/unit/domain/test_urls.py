"""URL identity: what parses, what is fetched, and that the canonical text is a fixed point."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.urls import InvalidUrl, Url, decoded_fragment, parse, shown

DATA = Path(__file__).parents[4] / "shared" / "data" / "urltests"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the URL test suites of ../shared are absent")


def _cases(name: str) -> list[dict[str, Any]]:
    file = DATA / "wpt" / name
    return [case for case in json.loads(file.read_text("utf-8")) if isinstance(case, dict)] if file.is_file() else []


def _impossible_name(href: str) -> bool:
    """Our one rule beyond the standard: RFC 1035's lengths, since no resolver takes such a name."""
    host = href.split("//", 1)[1].split("/", 1)[0].rpartition("@")[2].partition(":")[0].removesuffix(".")
    return not host.startswith("[") and (len(host) > 253 or any(not 0 < len(part) <= 63 for part in host.split(".")))


def _attempt(text: str, base: str | None) -> Url | None:
    try:
        return parse(text, base)
    except InvalidUrl:
        return None


@needs_data
@pytest.mark.parametrize("name", ["urltestdata.json", "ada_extra_urltestdata.json", "ada_long_urltestdata.json"])
def test_the_parser_agrees_with_every_case_of_the_web_platform_tests(name: str) -> None:
    wrong, compared = [], 0
    for case in _cases(name):
        base = case.get("base")
        url = _attempt(case["input"], base if base and base != "about:blank" else None)
        if case.get("failure"):
            compared += 1
            # A base that is itself wrong fails the standard's test; `about:blank` is no base of ours.
            if url is not None:
                wrong.append((case["input"], base, url.href))
            continue
        if not case["href"].startswith(("http:", "https:")):
            continue
        compared += 1
        expected = None if _impossible_name(case["href"]) else case["href"]
        if (url.href if url else None) != expected:
            wrong.append((case["input"], expected, url.href if url else None))
    assert compared >= {"urltestdata.json": 500}.get(name, 1)
    assert wrong == []


@needs_data
def test_canonical_texts_of_the_web_platform_tests_are_fixed_points_without_userinfo_and_fragment() -> None:
    for case in _cases("urltestdata.json"):
        if case.get("failure") or not case["href"].startswith(("http:", "https:")):
            continue
        url = _attempt(case["href"], None)
        if url is None:
            continue
        again = parse(url.canonical)
        assert (again.canonical, again.href, again.has_userinfo, again.fragment) == (
            url.canonical,
            url.canonical,
            False,
            None,
        )
        assert url.host == case["hostname"]
        assert (url.fragment or "") == case["hash"].removeprefix("#")


@needs_data
@pytest.mark.parametrize(
    ("name", "most_disagreements"),
    [("toascii.json", 0), ("IdnaTestV2.json", 0)],
)
def test_host_names_become_the_ascii_that_the_standard_says(name: str, most_disagreements: int) -> None:
    wrong = []
    for case in _cases(name):
        text, output = case["input"], case["output"]
        if not text or any(sign in text for sign in "/?#\\@:[]%\t\n\r "):
            continue  # as a whole URL these say something else than a host name
        expected = output.rstrip(".") if output and not _impossible_name(f"http://{output}/") else None
        url = _attempt(f"http://{text}/", None)
        got = url.host.rstrip(".") if url else None
        if got != expected:
            wrong.append((text, expected, got))
    assert len(wrong) <= most_disagreements, wrong[:10]


@needs_data
def test_name_lengths_are_the_resolvers() -> None:
    wrong = []
    for case in _cases("verifydnslength_tests.json"):
        fails = bool(case.get("failure"))
        if (_attempt(case["input"], None) is None) != fails:
            wrong.append(case["input"])
    assert wrong == []


@needs_data
def test_naughty_strings_either_parse_or_are_invalid() -> None:
    for text in json.loads((DATA / "blns" / "blns.json").read_text("utf-8")):
        for given_text, base in ((text, None), (text, "http://a.example/x/y"), (f"http://a.example/{text}", None)):
            url = _attempt(given_text, base)
            if url is not None and url.fetchable:
                assert parse(url.canonical).canonical == url.canonical
                assert url.canonical.isascii()
                assert not set(url.canonical) & set(' \n\t\r<>"')


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("HTTP://Example.COM:80/a/../b?q#f", "http://example.com/b?q"),
        ("https://user:secret@example.com/x", "https://example.com/x"),
        ("https://user@example.com:8443/", "https://example.com:8443/"),
        ("https://例え.jp/路", "https://xn--r8jz45g.jp/%E8%B7%AF"),
        ("  https://example.com/a b\n", "https://example.com/a%20b"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("https:example.com", "https://example.com/"),
        ("https://example.com/#", "https://example.com/"),
        ("https://example.com/?", "https://example.com/?"),
    ],
)
def test_the_canonical_text_is_what_a_browser_would_ask_for(text: str, canonical: str) -> None:
    assert parse(text).canonical == canonical


def test_the_fragment_stays_in_the_href_and_leaves_the_canonical() -> None:
    url = parse("https://example.com/a#%E7%9B%AE%E5%BD%95")
    assert (url.href, url.canonical) == ("https://example.com/a#%E7%9B%AE%E5%BD%95", "https://example.com/a")
    assert decoded_fragment(url.fragment or "") == "目录"


def test_userinfo_is_never_shown() -> None:
    assert shown("https://user:secret@example.com/x?y#z") == "https://example.com/x?y#z"
    assert shown("https://example.com/@user:name") == "https://example.com/@user:name"


@pytest.mark.parametrize(
    "text",
    ["", "http://", "http://a.example../", "https://exa mple.com/", "http://[::1", "//example.com", "http://a..b/", "http://" + "a" * 64 + ".example/",
     "http://" + "a." * 130 + "example/", "http://./", "http:///%zz", "https://999.1.1.1/"],
    ids=lambda text: text[:20] or "empty",
)  # fmt: skip
def test_what_no_client_could_fetch_is_invalid(text: str) -> None:
    with pytest.raises(InvalidUrl):
        parse(text)


def test_an_invalid_urls_message_is_short() -> None:
    with pytest.raises(InvalidUrl) as caught:
        parse("http://[" + "x" * 10_000)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("text", "port"),
    [("http://a.example/", 80), ("https://a.example/", 443), ("https://a.example:1/", 1), ("mailto:a@b", 0)],
)
def test_the_port_is_the_effective_one(text: str, port: int) -> None:
    assert parse(text).port == port


@given(st.text(max_size=60))
def test_any_text_parses_to_a_fixed_point_or_is_invalid(text: str) -> None:
    for base in (None, "https://a.example/b/c?d#e"):
        url = _attempt(text, base)
        if url is not None:
            assert parse(url.canonical).canonical == url.canonical
            assert parse(url.href).href == url.href


@given(
    st.sampled_from(["http", "https", "HTTP", "ftp", "mailto", "file", "data", "x-y"]),
    st.text(max_size=30),
    st.text(max_size=15),
)
def test_any_url_shaped_text_parses_to_a_fixed_point_or_is_invalid(scheme: str, rest: str, fragment: str) -> None:
    for middle in ("://", ":", "://a.example/"):
        url = _attempt(f"{scheme}{middle}{rest}#{fragment}", None)
        if url is not None:
            assert parse(url.canonical).canonical == url.canonical
            assert "#" not in url.canonical


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)
def test_no_password_survives(user: str, password: str) -> None:
    url = _attempt(f"https://{user}:hunter2{password}@a.example/x", None)
    if url is not None and url.host == "a.example":
        assert url.canonical == "https://a.example/x"
        assert shown(url.href) == "https://a.example/x"


def test_what_is_said_of_a_wrong_url_holds_no_login() -> None:
    with pytest.raises(InvalidUrl) as caught:
        parse("http://alice:s3cretpw@[::1:x/")
    assert "s3cretpw" not in str(caught.value)
    assert "s3cretpw" not in shown("http://alice:s3cretpw@[::1:x/")
