"""Explaining one URL: what was seen, which rule fired, what else held, and the candidates that won and lost."""

from __future__ import annotations

import pytest

from crawler.domain.observation import Failure
from crawler.errors import SourceError
from crawler.store.session import Store
from reports.explain import explain
from tests.unit.stages.nights import NIGHT, START, Nights, link

HTTP, HTTPS = "http://www.a.example/x", "https://www.a.example/x"


def explained(nights: Nights, url: str = HTTP) -> str:
    """Return what is explained of a URL, runs of blanks joined."""
    return "\n".join(
        " ".join(line.split()) for line in explain(nights.store, "list", url, nights.settings).splitlines()
    )


def test_it_tells_the_whole_story_of_a_dead_link(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store)
    for number, said in enumerate([200, 404, 404, 404]):
        nights.night(START + NIGHT * number, {HTTP: said, HTTPS: 200}, links=[link(HTTP + "#top")])
    text = explained(nights, HTTP + "#top")
    for part in (
        "health broken since 2026-03-04", "strike 2026-03-02", "alive 2026-03-01", "list.md:1:1", "404 http://www.a.example/x",
        "verdict gone by rule not-found (counts as page)", "The server says that the page is not there (404).",
        "2026-03-01 03:17 UTC alive", f"1. {HTTPS}", "lost",
    ):  # fmt: skip
        assert part in text, part


def test_it_names_the_rules_that_held_as_well_under_the_same_policy(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store)
    nights.settings = nights.settings.model_copy(
        update={
            "hosts": {
                "a.example": type(nights.settings)
                .model_validate({"hosts": {"a.example": {"accept": 404}}})
                .hosts["a.example"]
            }
        }
    )
    nights.night(START, {HTTP: 404}, links=[link(HTTP)])
    text = explained(nights)
    assert "verdict alive by rule accepted-status" in text
    assert "also not-found would say gone" in text


def test_a_rule_of_the_host_that_would_hold_today_is_named(sqlite_store: Store) -> None:
    Nights(sqlite_store).night(START, {HTTP: 404}, links=[link(HTTP)])
    today = Nights(sqlite_store)
    today.settings = type(today.settings).model_validate({"hosts": {"a.example": {"accept": 404}}})
    assert "also accepted-status would say alive" in explained(today)


@pytest.mark.parametrize("url", ["https://unknown.example/", "no url at all", ""])
def test_an_unknown_url_is_told(sqlite_store: Store, url: str) -> None:
    nights = Nights(sqlite_store)
    with pytest.raises(SourceError, match="does not know this URL"):
        explain(sqlite_store, "list", url, nights.settings)
    nights.night(START, {HTTP: Failure.TIMEOUT}, links=[link(HTTP)])
    with pytest.raises(SourceError, match="does not know this URL"):
        explain(sqlite_store, "list", url, nights.settings)


def test_what_a_page_says_cannot_steer_the_terminal(sqlite_store: Store) -> None:
    nights = Nights(sqlite_store)
    nights.night(START, {HTTP: 404}, links=[link(HTTP, text="\x1b[31mred\x07", source="a\nb.md")])
    text = explain(sqlite_store, "list", HTTP, nights.settings)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "a\nb.md" not in text
