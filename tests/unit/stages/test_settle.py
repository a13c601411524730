"""What needs no network: excluded and ignored links, other schemes, local files, invalid URLs."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.config import HostConfig, IgnoreConfig, Settings
from crawler.domain.observation import Failure, Skip
from crawler.domain.urls import InvalidUrl, parse
from crawler.stages.settle import settle, skip_reason
from crawler.store.probes import DueUrl

AT = datetime(2026, 3, 1, 3, tzinfo=UTC)
A = "https://a.example/x"


def due(text: str = A, **changes: Any) -> DueUrl:
    """Return a URL of a collection."""
    try:
        url = parse(text)
        facts: dict[str, Any] = {"canonical": url.canonical, "scheme": url.scheme, "host": url.host}
    except InvalidUrl as error:
        facts = {"canonical": text, "scheme": "invalid", "host": "", "problem": str(error)}
    given = {
        "url_id": 1,
        "fragments": (),
        "ignored": None,
        "problem": None,
        "kinds": frozenset({"link"}),
        "health": None,
        "last_look": None,
    }
    return DueUrl(**(given | facts | changes))


def settings(**changes: Any) -> Settings:
    """Return settings with changes."""
    return Settings.model_validate(changes)


@pytest.mark.parametrize("kinds", [{"template"}, {"hint", "form"}], ids=["placeholder", "hint and form"])
def test_what_no_reader_opens_is_skipped(kinds: set[str]) -> None:
    seen = settle(due(kinds=frozenset(kinds)), settings(), AT)
    assert seen is not None
    assert seen.skip is Skip.NOT_A_PAGE
    assert settle(due(kinds=frozenset({*kinds, "link"})), settings(), AT) is None


def test_a_web_link_needs_the_network() -> None:
    assert settle(due(), settings(), AT) is None


@pytest.mark.parametrize(
    "text", ["mailto:a@b.example", "tel:+123", "javascript:void(0)", "ftp://a.example/x", "data:,x", "magnet:?xt=1"]
)
def test_other_schemes_are_skipped(text: str) -> None:
    seen = settle(due(text), settings(), AT)
    assert seen is not None
    assert (seen.skip, seen.failure) == (Skip.SCHEME, None)


def test_what_cannot_be_parsed_is_invalid_with_its_raw_text() -> None:
    seen = settle(due("http://exa mple"), settings(), AT)
    assert seen is not None
    assert (seen.url, seen.failure, "not a URL" in seen.detail) == ("http://exa mple", Failure.INVALID_URL, True)


_FILTERS = {
    "nothing": ({}, None),
    "excluded": ({"exclude": "a\\.example"}, "excluded"),
    "excluded elsewhere": ({"exclude": "b\\.example"}, None),
    "included": ({"include": "a\\.example"}, None),
    "not included": ({"include": "b\\.example"}, "not included"),
    "include wins over exclude": ({"include": "a\\.example", "exclude": "example"}, None),
    "one of several": ({"exclude": ["nothing", "/x$"]}, "excluded"),
}


@pytest.mark.parametrize(("changes", "reason"), _FILTERS.values(), ids=_FILTERS.keys())
def test_patterns_say_what_is_looked_at(changes: dict[str, Any], reason: str | None) -> None:
    found = skip_reason(due(), settings(**changes), AT.date())
    assert found == ((Skip.EXCLUDED, reason) if reason else None)


def test_a_skipped_host_covers_what_is_below_it() -> None:
    skipping = Settings(hosts={"example": HostConfig(skip=True)})
    assert skip_reason(due(), skipping, AT.date()) == (Skip.EXCLUDED, "host is skipped")
    assert skip_reason(due("https://a.example.org/"), skipping, AT.date()) is None


@pytest.mark.parametrize(("today", "holds"), [(date(2026, 3, 1), True), (date(2026, 3, 2), False)])
def test_a_configured_ignore_holds_through_its_last_day(today: date, *, holds: bool) -> None:
    rule = IgnoreConfig(pattern=(re.compile("a.example"),), reason="known", until=date(2026, 3, 1))
    found = skip_reason(due(), Settings(ignore=(rule,)), today)
    assert found == ((Skip.IGNORED, "known") if holds else None)


def test_an_ignore_comment_comes_before_all_else() -> None:
    seen = settle(due("http://exa mple", ignored="a draft"), settings(exclude="."), AT)
    assert seen is not None
    assert (seen.skip, seen.detail) == (Skip.IGNORED, "a draft")


def test_offline_skips_the_web_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    offline = settings(offline=True)
    web, missing = settle(due(), offline, AT), settle(due(file.as_uri()), offline, AT)
    assert web is not None
    assert missing is not None
    assert (web.skip, missing.failure) == (Skip.OFFLINE, Failure.MISSING_FILE)


def test_local_files_and_their_fragments_are_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "a b.md"
    file.write_text("# One\n\n## 二\n", encoding="utf-8")
    seen = settle(due(file.as_uri(), fragments=("one", "%E4%BA%8C", "none")), settings(), AT)
    assert seen is not None
    assert (seen.status, seen.fragments) == (200, {"one": True, "%E4%BA%8C": True, "none": False})


def test_a_folder_is_there_and_a_missing_file_is_not(tmp_path: Path) -> None:
    folder, missing = (
        settle(due(tmp_path.as_uri() + "/"), settings(), AT),
        settle(due((tmp_path / "no").as_uri()), settings(), AT),
    )
    assert folder is not None
    assert missing is not None
    assert (folder.status, missing.failure, missing.final_url) == (200, Failure.MISSING_FILE, None)
