"""Verdicts: what one look says, by the first rule that holds."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.domain.observation import Failure, Hop, Observation, Page, Skip
from crawler.domain.verdict import (
    RULES,
    RULES_BY_NAME,
    Policy,
    Verdict,
    WarningKind,
    judge,
    matches_host,
    matching_rules,
    permanent_target,
)

AT = datetime(2026, 3, 1, tzinfo=UTC)
URL = "https://a.example/x"


def look(status: int | None = None, *, hops: str = "", **facts: Any) -> Observation:
    """Return a look; `hops` is written as `301 https://a.example/x, 200 https://b.example/`."""
    pairs = [part.split() for part in hops.split(",") if part.strip()]
    chain = tuple(Hop(url=url, status=int(code)) for code, url in pairs)
    if status is None and chain and "failure" not in facts:
        status = chain[-1].status
    if status is not None and not chain:
        chain = (Hop(url=URL, status=status),)
    final = chain[-1].url if chain else None
    return Observation(**({"url": URL, "at": AT, "status": status, "hops": chain, "final_url": final} | facts))


# The contract's sentence, one row a failure word.
_FAILURES = {
    Failure.DNS_NXDOMAIN: Verdict.GONE,
    Failure.MISSING_FILE: Verdict.GONE,
    Failure.FORBIDDEN_ADDRESS: Verdict.SKIPPED,
    Failure.INVALID_URL: Verdict.INVALID,
    Failure.TLS_CERTIFICATE: Verdict.UNKNOWN,
    Failure.REDIRECT_LOOP: Verdict.UNKNOWN,
    Failure.TOO_MANY_REDIRECTS: Verdict.UNKNOWN,
    Failure.BAD_LOCATION: Verdict.UNKNOWN,
    Failure.DNS_NODATA: Verdict.TRANSIENT,
    Failure.DNS_TEMPORARY: Verdict.TRANSIENT,
    Failure.REFUSED: Verdict.TRANSIENT,
    Failure.RESET: Verdict.TRANSIENT,
    Failure.CONNECT_TIMEOUT: Verdict.TRANSIENT,
    Failure.TIMEOUT: Verdict.TRANSIENT,
    Failure.TLS_HANDSHAKE: Verdict.TRANSIENT,
    Failure.PROTOCOL: Verdict.TRANSIENT,
}


def test_the_failure_words_are_the_contracts() -> None:
    words = (
        "dns-nxdomain dns-nodata dns-temporary refused reset connect-timeout timeout tls-certificate tls-handshake "
        "protocol redirect-loop too-many-redirects bad-location forbidden-address invalid-url missing-file"
    )
    assert [failure.value for failure in Failure] == words.split()
    assert set(_FAILURES) == set(Failure)


@pytest.mark.parametrize("failure", Failure)
def test_each_failure_makes_its_verdict(failure: Failure) -> None:
    assert judge(look(failure=failure)).verdict is _FAILURES[failure]


@pytest.mark.parametrize("failure", [Failure.REDIRECT_LOOP, Failure.TOO_MANY_REDIRECTS, Failure.BAD_LOCATION])
def test_a_failed_redirect_is_unknown_though_its_last_hop_has_a_status(failure: Failure) -> None:
    seen = look(301, hops="301 https://a.example/x, 301 https://a.example/y", failure=failure)
    assert judge(seen).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.ALIVE), (201, Verdict.ALIVE), (204, Verdict.ALIVE), (206, Verdict.ALIVE), (299, Verdict.ALIVE), (304, Verdict.ALIVE),
        (404, Verdict.GONE), (410, Verdict.GONE),
        (401, Verdict.LOGIN), (407, Verdict.LOGIN),
        (403, Verdict.BLOCKED), (405, Verdict.BLOCKED), (406, Verdict.BLOCKED), (418, Verdict.BLOCKED), (429, Verdict.BLOCKED),
        (451, Verdict.BLOCKED), (999, Verdict.BLOCKED),
        (408, Verdict.TRANSIENT), (425, Verdict.TRANSIENT), (500, Verdict.TRANSIENT), (502, Verdict.TRANSIENT), (503, Verdict.TRANSIENT),
        (504, Verdict.TRANSIENT), (520, Verdict.TRANSIENT), (530, Verdict.TRANSIENT), (599, Verdict.TRANSIENT),
        (400, Verdict.UNKNOWN), (402, Verdict.UNKNOWN), (409, Verdict.UNKNOWN), (300, Verdict.UNKNOWN), (600, Verdict.UNKNOWN),
        (101, Verdict.UNKNOWN),
    ],
)  # fmt: skip
def test_each_status_makes_its_verdict(status: int, verdict: Verdict) -> None:
    assert judge(look(status)).verdict is verdict


@pytest.mark.parametrize("skip", Skip)
def test_what_was_not_looked_at_is_skipped(skip: Skip) -> None:
    assert judge(look(skip=skip)).verdict is Verdict.SKIPPED


_MOVES = {
    "301 then 200": ("301 https://a.example/x, 200 https://b.example/", Verdict.MOVED, "https://b.example/"),
    "308 then 200": ("308 https://a.example/x, 200 https://b.example/", Verdict.MOVED, "https://b.example/"),
    "302 then 200": ("302 https://a.example/x, 200 https://b.example/", Verdict.ALIVE, None),
    "303 then 200": ("303 https://a.example/x, 200 https://b.example/", Verdict.ALIVE, None),
    "307 then 200": ("307 https://a.example/x, 200 https://b.example/", Verdict.ALIVE, None),
    "302, 301, 200": ("302 https://a.example/x, 301 https://b.example/, 200 https://c.example/", Verdict.ALIVE, None),
    "301, 308, 200": (
        "301 https://a.example/x, 308 https://b.example/, 200 https://c.example/",
        Verdict.MOVED,
        "https://c.example/",
    ),
    "301, 302, 200": (
        "301 https://a.example/x, 302 https://b.example/, 200 https://c.example/",
        Verdict.MOVED,
        "https://b.example/",
    ),
    "301, 302, 301, 200": (
        "301 https://a.example/x, 302 https://b.example/, 301 https://c.example/, 200 https://d.example/",
        Verdict.MOVED,
        "https://b.example/",
    ),
    "301 then 404": ("301 https://a.example/x, 404 https://b.example/", Verdict.GONE, "https://b.example/"),
    "301 then 403": ("301 https://a.example/x, 403 https://b.example/", Verdict.BLOCKED, "https://b.example/"),
    "301 then 500": ("301 https://a.example/x, 500 https://b.example/", Verdict.TRANSIENT, "https://b.example/"),
    "301 then 304": ("301 https://a.example/x, 304 https://b.example/", Verdict.MOVED, "https://b.example/"),
}


@pytest.mark.parametrize(("hops", "verdict", "target"), _MOVES.values(), ids=_MOVES.keys())
def test_a_link_moved_when_its_first_hop_is_permanent_and_its_end_alive(
    hops: str, verdict: Verdict, target: str | None
) -> None:
    seen = look(hops=hops)
    assert (judge(seen).verdict, permanent_target(seen)) == (verdict, target)


def test_an_accepted_status_is_alive() -> None:
    assert judge(look(403), Policy(accept=frozenset({403}))).verdict is Verdict.ALIVE
    assert judge(look(404), Policy(accept=frozenset({403}))).verdict is Verdict.GONE


@pytest.mark.parametrize("status", [200, 403])
def test_an_accepted_status_at_the_end_of_a_permanent_redirect_is_moved(status: int) -> None:
    seen = look(hops=f"301 https://a.example/x, {status} https://b.example/y")
    assert judge(seen, Policy(accept=frozenset({200, 403}))).verdict is Verdict.MOVED


def test_naming_success_in_accept_takes_no_other_rule_away() -> None:
    policy = Policy(accept=frozenset(range(200, 300)))
    challenge = look(200, headers={"cf-mitigated": "challenge"})
    login = look(hops="302 https://a.example/x, 200 https://a.example/login")
    assert judge(challenge, policy).verdict is Verdict.BLOCKED
    assert judge(login, policy).verdict is Verdict.LOGIN


def test_an_accepted_status_of_a_host_counts_there_and_below_only() -> None:
    policy = Policy(host_accept=(("a.example", frozenset({403})),))
    assert judge(look(403), policy).verdict is Verdict.ALIVE
    assert judge(look(hops="403 https://www.a.example/"), policy).verdict is Verdict.ALIVE
    assert judge(look(hops="403 https://nota.example/"), policy).verdict is Verdict.BLOCKED


def test_a_failure_is_never_accepted() -> None:
    seen = look(301, hops="301 https://a.example/x", failure=Failure.REDIRECT_LOOP)
    assert judge(seen, Policy(accept=frozenset(range(100, 1000)))).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("failure", Failure)
def test_without_network_nothing_that_failed_on_the_way_is_called_dead(failure: Failure) -> None:
    verdict = judge(look(failure=failure), Policy(network_down=True)).verdict
    own = {
        Failure.MISSING_FILE: Verdict.GONE,
        Failure.INVALID_URL: Verdict.INVALID,
        Failure.FORBIDDEN_ADDRESS: Verdict.SKIPPED,
    }
    assert verdict is own.get(failure, Verdict.TRANSIENT)


@pytest.mark.parametrize(
    ("status", "headers"),
    [(403, {"cf-mitigated": "challenge"}), (503, {"cf-mitigated": "challenge"}), (200, {"cf-mitigated": "challenge"}),
     (429, {"x-vercel-mitigated": "challenge"}), (403, {"x-datadome": "protected"}), (405, {"x-amzn-waf-action": "captcha"})],
)  # fmt: skip
def test_a_challenge_page_is_a_wall_and_never_dead(status: int, headers: dict[str, str]) -> None:
    judged = judge(look(status, headers=headers))
    assert (judged.verdict, judged.rule) == (Verdict.BLOCKED, "challenge")


def test_a_404_behind_a_bot_products_header_is_still_a_404() -> None:
    assert judge(look(404, headers={"x-datadome": "protected"})).verdict is Verdict.GONE


@pytest.mark.parametrize(
    "end",
    ["https://a.example/login?next=/x", "https://a.example/accounts/login/", "https://a.example/users/sign_in",
     "https://login.a.example/", "https://passport.a.example/", "https://a.example/sso/start"],
)  # fmt: skip
def test_a_redirect_to_a_login_page_is_a_login(end: str) -> None:
    assert judge(look(hops=f"302 {URL}, 200 {end}")).verdict is Verdict.LOGIN


@pytest.mark.parametrize(
    "end", ["http://passportjs.example/", "https://a.example/passport-renewal", "https://a.example/loginov/biography"]
)
def test_a_page_whose_name_only_begins_like_a_login_is_none(end: str) -> None:
    assert judge(look(hops=f"301 {URL}, 200 {end}")).verdict is Verdict.MOVED


def test_a_link_to_a_login_page_itself_is_alive() -> None:
    seen = look(url="https://a.example/login", hops="200 https://a.example/login")
    assert judge(seen).verdict is Verdict.ALIVE


_WARNINGS = {
    "a missing fragment": (look(200, fragments={"a": True, "b": False}), {WarningKind.FRAGMENT_MISSING}),
    "fragments that are there": (look(200, fragments={"a": True}), set()),
    "two redirects": (look(hops="302 https://a.example/x, 302 https://a.example/y, 200 https://a.example/z"), {WarningKind.REDIRECT_CHAIN}),
    "one redirect": (look(hops="302 https://a.example/x, 200 https://a.example/z"), set()),
    "down to http": (look(hops="302 https://a.example/x, 200 http://a.example/x"), {WarningKind.INSECURE}),
    "a dead page": (look(404, fragments={"a": False}), set()),
}  # fmt: skip


@pytest.mark.parametrize(("seen", "warnings"), _WARNINGS.values(), ids=_WARNINGS.keys())
def test_warnings_tell_what_is_no_verdict(seen: Observation, warnings: set[WarningKind]) -> None:
    assert set(judge(seen).warnings) == warnings


def test_the_evidence_names_what_was_seen() -> None:
    seen = look(
        hops="302 https://a.example/x, 503 https://a.example/z",
        headers={"retry-after": "30"},
        attempt=3,
        page=Page(title="Busy"),
    )
    evidence = {item.name: item.value for item in judge(seen).evidence}
    assert evidence == {"status": "503", "redirects": "1", "title": "Busy", "retry-after": "30", "attempts": "3"}


def test_rule_names_are_unique_kebab_case_and_explained() -> None:
    assert len(RULES_BY_NAME) == len(RULES)
    for rule in RULES:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
        assert rule.why.endswith(".")


def test_only_the_words_of_the_contract_are_dead() -> None:
    dead = {rule.verdict for rule in RULES} & {Verdict.GONE, Verdict.INVALID, Verdict.SOFT404, Verdict.PARKED}
    assert dead == {Verdict.GONE, Verdict.INVALID}


def test_the_winner_is_the_first_of_the_matching_rules() -> None:
    seen = look(404, headers={"cf-mitigated": "challenge"})
    assert matching_rules(seen)[0].name == judge(seen).rule == "challenge"
    assert {rule.name for rule in matching_rules(seen)} >= {"challenge", "not-found", "unclear"}


@pytest.mark.parametrize(
    ("pattern", "host", "matches"),
    [("a.example", "a.example", True), ("a.example", "b.a.example", True), ("a.example", "ba.example", False),
     ("*.a.example", "b.a.example", True), ("A.Example", "a.example", True), ("b.a.example", "a.example", False)],
)  # fmt: skip
def test_a_host_pattern_covers_the_host_and_what_is_below(pattern: str, host: str, *, matches: bool) -> None:
    assert matches_host(pattern, host) is matches


_observations = st.builds(
    look,
    st.one_of(st.none(), st.integers(100, 999)),
    failure=st.one_of(st.none(), st.sampled_from(Failure)),
    skip=st.one_of(st.none(), st.sampled_from(Skip)),
    headers=st.dictionaries(st.sampled_from(["cf-mitigated", "x-datadome", "retry-after"]), st.text(max_size=5)),
)


@given(_observations, st.frozensets(st.integers(100, 999), max_size=5), st.booleans())
def test_every_look_has_one_verdict_and_the_same_each_time(
    seen: Observation, accept: frozenset[int], down: bool
) -> None:
    policy = Policy(accept=accept, network_down=down)
    judged = judge(seen, policy)
    assert judged == judge(seen, policy)
    assert judged.rule in RULES_BY_NAME
    if judged.verdict is Verdict.GONE:
        assert seen.status in (404, 410) or seen.failure in (Failure.DNS_NXDOMAIN, Failure.MISSING_FILE)
