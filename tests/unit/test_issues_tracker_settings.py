"""Settings of the tracker that cannot work are refused in a sentence, and links to lines are right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crawler.errors import ConfigError
from reports.issues.model import TrackerSettings
from reports.issues.permalinks import permalink, server_of
from reports.issues.trackers import open_tracker

TOKEN = "secret-4711"
GOOD = TrackerSettings(repo="o/r", token=TOKEN)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"url": "http://github.example/api/v3"}, "https"),
        ({"url": "github.com"}, r"tracker\.url"),
        ({"url": "https://user:pass@github.example"}, r"tracker\.url"),
        ({"repo": "only-a-name"}, r"tracker\.repo"),
        ({"repo": "o/r/issues"}, r"tracker\.repo"),
        ({"repo": "o/.."}, r"tracker\.repo"),
        ({"repo": "o/r?x"}, r"tracker\.repo"),
        ({"token": f"{TOKEN}\nX-Evil: 1"}, r"tracker\.token"),
        ({"ca_bundle": "/nowhere.pem"}, "nowhere"),
    ],
)
def test_settings_that_cannot_work_are_refused_without_telling_the_token(change: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError, match=named) as caught:
        open_tracker(replace(GOOD, **change))  # type: ignore[arg-type]
    assert TOKEN not in str(caught.value)


def test_without_a_token_a_tracker_can_be_opened_for_reading() -> None:
    open_tracker(replace(GOOD, token="")).close()


def test_the_token_is_in_no_repr() -> None:
    with open_tracker(GOOD) as tracker:
        assert TOKEN not in repr(tracker) + repr(GOOD) + str(GOOD)


@pytest.mark.parametrize("url", ["http://127.0.0.1:4010", "http://localhost:4010", "http://[::1]:4010"])
def test_plain_http_is_allowed_on_this_machine(url: str) -> None:
    open_tracker(replace(GOOD, url=url)).close()


@pytest.mark.parametrize(
    ("path", "line", "address"),
    [
        ("README.md", 5, "https://github.com/o/r/blob/c0ffee/README.md?plain=1#L5"),
        ("./docs/中 文.txt", 9, "https://github.com/o/r/blob/c0ffee/docs/%E4%B8%AD%20%E6%96%87.txt#L9"),
        ("a#b?c.html", 1, "https://github.com/o/r/blob/c0ffee/a%23b%3Fc.html#L1"),
        ("README.md", None, "https://github.com/o/r/blob/c0ffee/README.md"),
    ],
)
def test_a_permalink_leads_to_the_line(path: str, line: int | None, address: str) -> None:
    assert permalink("https://github.com/", "o/r", "c0ffee", path, line) == address


@pytest.mark.parametrize(
    ("api", "server"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://git.example/api/v3", "https://git.example"),
        ("https://git.example:8443/api/v3/", "https://git.example:8443"),
        ("https://api.octo.ghe.com", "https://octo.ghe.com"),
    ],
)
def test_the_server_of_an_api_address(api: str, server: str) -> None:
    assert server_of(api) == server


def test_only_github_com_itself_gets_links_without_backlinks() -> None:
    assert GOOD.is_github_com
    assert not replace(GOOD, url="https://git.example/api/v3").is_github_com
    assert not replace(GOOD, url="https://api.github.com.evil.example").is_github_com
