"""What is due in a run, in which order, and how a budget and an interruption change it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from crawler.config import ProjectConfig
from crawler.domain.health import Health
from crawler.domain.observation import Purpose
from crawler.stages import crawl
from crawler.stages.crawl import DatabaseFrontier
from crawler.store import links as link_store
from crawler.store import probes
from crawler.store.probes import DueUrl
from crawler.store.runs import Run
from crawler.store.session import Store
from tests.unit.stages.nights import NIGHT, START, A, Nights, answer, checks, link, settings


def due(last_look: datetime | None, scheme: str = "https") -> DueUrl:
    """Return a URL that was looked at then."""
    given: dict[str, Any] = {
        "url_id": 1,
        "canonical": A,
        "host": "a.example",
        "fragments": (),
        "ignored": None,
        "problem": None,
    }
    return DueUrl(scheme=scheme, kinds=frozenset({"link"}), health=Health.OK, last_look=last_look, **given)


@pytest.mark.parametrize(
    ("age", "is_due"),
    [(None, True), (timedelta(hours=12), True), (timedelta(hours=11, minutes=59), False), (timedelta(0), False), (timedelta(hours=-1), True)],
    ids=["never", "long ago", "not long ago", "just now", "in a replayed future"],
)  # fmt: skip
def test_a_url_is_due_when_its_last_look_is_old_enough(age: timedelta | None, *, is_due: bool) -> None:
    default = settings(**{"crawl.recheck_after": "12h"})
    assert crawl.is_due(due(START - age if age is not None else None), default, START) is is_due


def test_everything_is_due_when_recheck_after_is_zero() -> None:
    assert crawl.is_due(due(START), settings(), START)


@pytest.mark.parametrize("scheme", ["file", "mailto", "invalid"])
def test_what_costs_no_request_is_always_due(scheme: str) -> None:
    assert crawl.is_due(due(START, scheme), settings(**{"crawl.recheck_after": "12h"}), START)


def asked(store: Store, run: Run) -> list[str]:
    """Return the targets of due checks, in order."""
    return [probe.url for probe in probes.due(store, run, after=0, limit=1000) if probe.purpose is Purpose.CHECK]


def collected(nights: Nights, urls: list[str], at: datetime = START) -> Run:
    """Start a run over URLs."""
    run = nights.begin(at)
    nights.collect(run, [link(url, line=number) for number, url in enumerate(urls, 1)], at)
    return run


def test_news_is_expected_first_of_what_was_never_seen_and_last_of_what_is_well(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store)
    nights.night(START, {"https://ok.example/": 200, "file:///nonexistent": 404, "https://suspect.example/": 404})
    run = collected(nights, ["https://ok.example/", "https://suspect.example/", "https://new.example/"], START + NIGHT)
    assert asked(sqlite_store, run) == ["https://new.example/", "https://suspect.example/", "https://ok.example/"]


@pytest.mark.parametrize("recheck_after", ["0s", "12h"])
def test_a_budget_holds_for_the_whole_run_however_often_it_is_planned(sqlite_store: Store, recheck_after: str) -> None:
    nights = Nights(sqlite_store, **{"crawl.budget": 3, "crawl.recheck_after": recheck_after})
    run = collected(nights, [f"https://h{number}.example/" for number in range(10)])
    for minute in range(4):
        at = START + timedelta(minutes=minute)
        nights.answer_due(run, lambda url: 200, at)
        crawl.plan(sqlite_store, run, nights.settings, at)
    assert len(checks(sqlite_store, run)) == 3


def test_nights_with_a_budget_reach_every_link_in_turn(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store, **{"crawl.budget": 3, "crawl.recheck_after": "12h"})
    urls = [f"https://h{number}.example/" for number in range(7)]
    seen: list[str] = []
    for number in range(3):
        run = collected(nights, urls, START + NIGHT * number)
        seen += nights.answer_due(run, lambda url: 200, START + NIGHT * number)
        nights.end(run, START + NIGHT * number)
    assert set(seen) == set(urls)


def test_links_to_one_page_are_asked_once_with_all_their_fragments(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store, include_fragments=True)
    run = nights.begin(START)
    nights.collect(run, [link(A + "#b"), link(A + "#a", line=2), link(A, line=3)], START)
    [probe] = probes.due(sqlite_store, run, after=0, limit=10)
    assert (probe.url, probe.fragments) == (A, ("a", "b"))


def test_a_url_is_ignored_only_when_all_its_links_are(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store)
    run = nights.begin(START)
    nights.collect(
        run, [link(A, ignore="why"), link(A + "#x", line=2), link("https://b.example/", ignore="why")], START
    )
    assert asked(sqlite_store, run) == [A]


def test_an_interrupted_run_asks_only_for_the_rest(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store)
    urls = [f"https://h{number}.example/" for number in range(4)]
    run = collected(nights, [*urls, "mailto:a@b.example", "file:///nonexistent"])
    first = probes.due(sqlite_store, run, after=0, limit=2)
    probes.record(sqlite_store, run, [(probe, answer(probe.url, 200, START)) for probe in first])

    later = START + timedelta(hours=1)
    resumed = nights.begin(later)
    nights.collect(
        resumed,
        [link(url, line=number) for number, url in enumerate([*urls, "mailto:a@b.example", "file:///nonexistent"], 1)],
        later,
    )
    assert (resumed.id, resumed.resumed) == (run.id, True)
    assert asked(sqlite_store, resumed) == urls[2:]
    nights.answer_due(resumed, lambda url: 200, later)
    assert len(checks(sqlite_store, resumed)) == 6


def test_a_run_that_died_between_asking_and_settling_still_settles(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store, **{"crawl.budget": 2})
    run = nights.begin(START)
    link_store.save_links(sqlite_store, run, [link("mailto:a@b.example"), link("file:///nonexistent", line=2)], START)
    wanted = [crawl._wanted(url, nights.settings) for url in probes.collected_urls(sqlite_store, run, verbatim=False)]
    probes.ask(sqlite_store, run, wanted, asked_by="crawl", now=START)
    crawl.plan(sqlite_store, run, nights.settings, START)
    assert asked(sqlite_store, run) == []
    assert len(checks(sqlite_store, run)) == 2


def test_the_frontier_hands_out_every_probe_once_and_then_asks_for_more(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store)
    run = collected(nights, [f"https://h{number}.example/" for number in range(5)])
    called: list[int] = []
    project = ProjectConfig(name="list")
    frontier = DatabaseFrontier(
        sqlite_store, run, nights.settings, project, clock=lambda: START, more=lambda: called.append(1)
    )
    taken = [probe for _ in range(4) for probe in frontier.take(2)]
    assert len({probe.id for probe in taken}) == len(taken) == 5
    frontier.record([(probe, answer(probe.url, 200, START)) for probe in taken])
    assert frontier.more() is False
    assert called == [1]
