"""Verification: a candidate is shown only after a request of ours, ranked by what it proved."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.domain.memento import Memento, MementoState
from crawler.domain.observation import Failure, Hop, Observation, Page
from crawler.domain.suggestion import Confidence, Kind, Suggestion
from crawler.domain.verdict import Policy
from crawler.remedies.normalise import Variant
from crawler.remedies.rank import from_memento, rank
from crawler.remedies.verify import Rejected, is_home, normalised, redirect_target

AT = datetime(2026, 3, 1, tzinfo=UTC)
OLD = "http://a.example/old"
HTTPS = Variant(url="https://a.example/old", what="https instead of http", same_place=True)
SLASH = Variant(url="http://a.example/old/", what="with a slash at its end")


def look(*hops: tuple[str, int], failure: Failure | None = None, title: str | None = None) -> Observation:
    """Return a look with the given responses."""
    status = hops[-1][1] if hops and failure is None else None
    chain = tuple(Hop(url=url, status=code) for url, code in hops)
    page = Page(title=title) if title else None
    final = hops[-1][0] if hops else None
    return Observation(
        url=hops[0][0] if hops else OLD, at=AT, hops=chain, status=status, final_url=final, failure=failure, page=page
    )


def test_the_target_of_a_permanent_redirect_is_suggested_with_its_chain() -> None:
    found = redirect_target(look((OLD, 301), ("https://b.example/new", 200)), Policy())
    assert isinstance(found, Suggestion)
    assert (found.url, found.kind, found.confidence) == ("https://b.example/new", Kind.REDIRECT, Confidence.SUGGESTED)
    assert "301 http://a.example/old → 200 https://b.example/new" in {item.value for item in found.evidence}


def test_the_suggestion_ends_where_the_permanent_hops_end() -> None:
    found = redirect_target(
        look((OLD, 308), ("https://b.example/n", 302), ("https://b.example/session", 200)), Policy()
    )
    assert isinstance(found, Suggestion)
    assert found.url == "https://b.example/n"


@pytest.mark.parametrize(
    "seen",
    [look((OLD, 302), ("https://b.example/new", 200)), look((OLD, 200)), look((OLD, 404)), look(failure=Failure.TIMEOUT)],
    ids=["temporary", "alive", "dead", "no answer"],
)  # fmt: skip
def test_without_a_permanent_redirect_there_is_no_target(seen: Observation) -> None:
    assert redirect_target(seen, Policy()) is None


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_target_that_is_not_alive_is_never_suggested(status: int) -> None:
    assert isinstance(redirect_target(look((OLD, 301), ("https://b.example/new", status)), Policy()), Rejected)


def test_a_target_with_an_accepted_status_is_suggested() -> None:
    seen = look((OLD, 301), ("https://b.example/new", 403))
    assert isinstance(redirect_target(seen, Policy(accept=frozenset({403}))), Suggestion)


def test_a_redirect_to_the_home_page_is_only_possible() -> None:
    found = redirect_target(look((OLD, 301), ("https://b.example/", 200)), Policy())
    assert isinstance(found, Suggestion)
    assert found.confidence is Confidence.POSSIBLE
    home = redirect_target(look(("http://a.example/", 301), ("https://a.example/", 200)), Policy())
    assert isinstance(home, Suggestion)
    assert home.confidence is Confidence.SUGGESTED


def test_https_in_the_same_place_is_suggested_once_it_answers() -> None:
    found = normalised(HTTPS, look(("https://a.example/old", 200)), None, Policy())
    assert isinstance(found, Suggestion)
    assert (found.url, found.confidence) == ("https://a.example/old", Confidence.SUGGESTED)


def test_another_address_needs_the_known_title_to_be_more_than_possible() -> None:
    seen = look(("http://a.example/old/", 200), title="The  page\n")
    alone = normalised(SLASH, seen, None, Policy())
    other = normalised(SLASH, seen, Page(title="Another"), Policy())
    same = normalised(SLASH, seen, Page(title="The page"), Policy())
    assert [item.confidence for item in (alone, other, same) if isinstance(item, Suggestion)] == [
        Confidence.POSSIBLE, Confidence.POSSIBLE, Confidence.SUGGESTED,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "seen",
    [look(("https://a.example/old", 404)), look(("https://a.example/old", 500)), look(("https://a.example/old", 403)),
     look(failure=Failure.TLS_CERTIFICATE), look(("https://a.example/old", 302), ("https://a.example/login", 200)),
     look(("https://a.example/old", 302), ("https://a.example/", 200))],
    ids=["404", "500", "403", "certificate", "login", "home page"],
)  # fmt: skip
def test_a_candidate_that_is_not_the_page_alive_is_rejected(seen: Observation) -> None:
    assert isinstance(normalised(HTTPS, seen, None, Policy()), Rejected)


@pytest.mark.parametrize(
    ("url", "home"),
    [("https://a.example/", True), ("https://a.example", True), ("https://a.example/index.html", True), ("https://a.example/?p=1", False),
     ("https://a.example/x", False)],
)  # fmt: skip
def test_a_home_page_is_told_by_its_path(url: str, *, home: bool) -> None:
    assert is_home(url) is home


def suggestion(url: str, kind: Kind, confidence: Confidence) -> Suggestion:
    """Return a suggestion without evidence."""
    return Suggestion(url=url, kind=kind, confidence=confidence, evidence=())


def test_proven_comes_before_possible_and_living_before_archived() -> None:
    ranked = rank(
        [
            suggestion("d", Kind.NORMALISATION, Confidence.POSSIBLE),
            suggestion("c", Kind.MEMENTO, Confidence.SUGGESTED),
            suggestion("a", Kind.REDIRECT, Confidence.SUGGESTED),
            suggestion("d", Kind.MEMENTO, Confidence.POSSIBLE),
            suggestion("b", Kind.NORMALISATION, Confidence.SUGGESTED),
            suggestion("a", Kind.REDIRECT, Confidence.POSSIBLE),
        ]
    )
    assert [item.url for item in ranked] == ["a", "b", "c", "d"]
    assert ranked[0].confidence is Confidence.SUGGESTED


def memento(state: MementoState, **facts: object) -> Memento:
    """Return a result of the archive."""
    given = {
        "url": OLD,
        "state": state,
        "checked_at": AT,
        "archive": "web.archive.org",
        "view_url": "https://web/1",
        "timestamp": AT,
    }
    return Memento(**(given | facts))  # type: ignore[arg-type]


def test_a_verified_copy_is_suggested_and_an_unverified_one_only_possible() -> None:
    confidences = [
        found.confidence
        for verified in (True, False)
        if (found := from_memento(memento(MementoState.FOUND, verified=verified)))
    ]
    assert confidences == [Confidence.SUGGESTED, Confidence.POSSIBLE]


@pytest.mark.parametrize("state", [state for state in MementoState if state is not MementoState.FOUND])
def test_without_a_usable_copy_nothing_is_suggested(state: MementoState) -> None:
    assert from_memento(memento(state)) is None
