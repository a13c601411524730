"""Suggesting: candidates are asked for where they may help, and shown only as far as a request proved them."""

from __future__ import annotations

import pytest

from crawler.domain.observation import Failure, Purpose
from crawler.domain.suggestion import Confidence, Kind
from crawler.domain.urls import host_of
from crawler.stages import suggest
from crawler.store import archiving, probes
from crawler.store.session import Store
from tests.unit.stages.nights import START, A, Answer, Nights, finding, link

HTTP = "http://www.a.example/x"
HTTPS = "https://www.a.example/x"


def candidates(store: Store, said: Answer, url: str = HTTP) -> set[str]:
    """Return the candidates that are asked for when a URL answers so."""
    nights = Nights(store)
    run = nights.begin(START)
    nights.collect(run, [link(url)], START)
    nights.answer_due(run, lambda _: said, START)
    suggest.ask(store, run, nights.settings, START)
    return set(probes.targets(store, run, Purpose.CANDIDATE))


@pytest.mark.parametrize("said", [404, 410, 500, Failure.TIMEOUT, Failure.DNS_NXDOMAIN, Failure.REFUSED], ids=str)
def test_a_failing_link_has_its_variants_looked_at(sqlite_store: Store, said: Answer) -> None:
    assert HTTPS in candidates(sqlite_store, said)


@pytest.mark.parametrize(
    "said", [200, 401, 403, 429, "301 https://b.example/, 200", Failure.FORBIDDEN_ADDRESS], ids=str
)
def test_what_lives_or_is_behind_a_wall_has_no_variants(sqlite_store: Store, said: Answer) -> None:
    assert candidates(sqlite_store, said) == set()


def test_a_verified_variant_is_suggested_and_a_dead_one_is_not(sqlite_store: Store) -> None:
    report = Nights(sqlite_store).night(START, {HTTP: 404, HTTPS: 200}, links=[link(HTTP)], other=404)
    found = finding(report, HTTP)
    assert [(item.url, item.kind, item.confidence) for item in found.suggestions] == [
        (HTTPS, Kind.NORMALISATION, Confidence.SUGGESTED)
    ]
    lost = [row for row in archiving.candidates(sqlite_store, 1, 1) if not row[0]]
    assert len(lost) >= 2


def test_nothing_is_suggested_that_no_request_proved(sqlite_store: Store) -> None:
    report = Nights(sqlite_store).night(START, {HTTP: 404}, links=[link(HTTP)], other=Failure.TIMEOUT)
    assert finding(report, HTTP).suggestions == ()


def test_a_variant_that_leads_back_to_the_link_is_no_replacement(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store)
    report = nights.night(START, {HTTP: Failure.TIMEOUT, HTTPS: f"301 {HTTP}, 200"}, links=[link(HTTP)])
    assert HTTP not in [item.url for item in finding(report, HTTP).suggestions]


def test_a_variant_in_an_excluded_place_is_not_asked_for(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store, exclude="^https://www\\.a\\.example")
    run = nights.begin(START)
    nights.collect(run, [link(HTTP)], START)
    nights.answer_due(run, lambda _: 404, START)
    suggest.ask(sqlite_store, run, nights.settings, START)
    assert HTTPS not in probes.targets(sqlite_store, run, Purpose.CANDIDATE)


def test_one_look_now_asks_no_host_that_no_link_leads_to(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store)
    run = nights.begin(START)
    nights.collect(run, [link(HTTP), link("http://b.example/", line=2), link("http://www.b.example/y", line=3)], START)
    nights.answer_due(run, lambda _: 404, START)
    suggest.ask(sqlite_store, run, nights.settings, START, only_known_hosts=True)
    targets = probes.targets(sqlite_store, run, Purpose.CANDIDATE)
    assert {host_of(target) for target in targets} == {"www.a.example", "b.example", "www.b.example"}


def test_a_suggestion_is_gone_when_the_link_is_well_again(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store)
    nights.night(START, {HTTP: 404, HTTPS: 200}, links=[link(HTTP)])
    report = nights.night(START.replace(day=2), {HTTP: 200}, links=[link(HTTP)])
    assert finding(report, HTTP).suggestions == ()


def test_two_links_may_share_a_candidate(sqlite_store: Store) -> None:
    one, two = "http://a.example/x", "https://a.example/x."
    report = Nights(sqlite_store).night(START, {one: 404, two: 404, A: 200}, links=[link(one), link(two, line=2)])
    assert [item.suggestions[0].url for item in report.findings] == [A, A]
