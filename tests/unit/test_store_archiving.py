"""Mementos, captures, pauses and suggestions."""

from datetime import timedelta

import pytest

from crawler.domain.memento import Capture, CaptureState, Memento, MementoState
from crawler.domain.suggestion import Confidence, Kind, Suggestion
from crawler.domain.verdict import Evidence
from crawler.store import archiving, links, probes
from crawler.store.runs import Run
from crawler.store.session import Store
from tests.fakes.nights import FIRST_NIGHT, URL, link, night, start

VIEW = "https://web.archive.org/web/20200101000000/https://example.org/page"
FOUND = Memento(
    url=URL,
    state=MementoState.FOUND,
    checked_at=FIRST_NIGHT,
    archive="web.archive.org",
    view_url=VIEW,
    timestamp=night(1),
    status=200,
    verified=True,
    title="题目",
    reasons=("same title", "same length"),
)
SAVED = Capture(
    url=URL, state=CaptureState.SAVED, asked_at=FIRST_NIGHT, job_id="spn2-1", timestamp=night(1), view_url=VIEW
)


@pytest.fixture
def run(store: Store) -> Run:
    begun = start(store)
    links.save_links(store, begun, [link()], FIRST_NIGHT)
    return begun


@pytest.fixture
def url_id(store: Store, run: Run) -> int:
    return probes.collected_urls(store, run, verbatim=True)[0].url_id


def test_a_memento_is_read_back_as_it_was(store: Store, url_id: int) -> None:
    archiving.save_memento(store, url_id, FOUND)
    assert archiving.mementos(store, [url_id]) == {url_id: (FOUND, None)}


def test_the_newest_knowledge_of_a_memento_replaces_the_old(store: Store, url_id: int) -> None:
    none = Memento(url=URL, state=MementoState.NONE, checked_at=night(2))
    archiving.save_memento(store, url_id, FOUND)
    archiving.save_memento(store, url_id, none)
    assert archiving.mementos(store, [url_id]) == {url_id: (none, None)}


def test_a_pause_that_the_archive_asked_for_becomes_a_time(store: Store, url_id: int) -> None:
    unknown = Memento(url=URL, state=MementoState.UNKNOWN, checked_at=FIRST_NIGHT, retry_after=timedelta(hours=2))
    archiving.save_memento(store, url_id, unknown)
    ((_, retry_at),) = archiving.mementos(store, [url_id]).values()
    assert retry_at == FIRST_NIGHT + timedelta(hours=2)


def test_what_was_never_looked_for_is_not_there(store: Store, url_id: int) -> None:
    assert archiving.mementos(store, [url_id]) == archiving.captures(store, [url_id]) == {}


def test_a_capture_is_read_back_as_it_was(store: Store, url_id: int) -> None:
    archiving.save_capture(store, url_id, SAVED)
    assert archiving.captures(store, [url_id]) == {url_id: SAVED}


def test_the_newest_state_of_a_capture_replaces_the_old(store: Store, url_id: int) -> None:
    refused = Capture(url=URL, state=CaptureState.REFUSED, asked_at=night(2), code="error:blocked", detail="a\0b")
    archiving.save_capture(store, url_id, SAVED)
    archiving.save_capture(store, url_id, refused)
    read = archiving.captures(store, [url_id])[url_id]
    assert (read.state, read.code, read.detail, read.job_id) == (
        CaptureState.REFUSED,
        "error:blocked",
        "a\ufffdb",
        None,
    )


def test_a_service_is_left_alone_until_the_newest_time_set(store: Store) -> None:
    assert archiving.pause(store, "archive-save") is None
    archiving.set_pause(store, "archive-save", night(1), "first")
    archiving.set_pause(store, "archive-save", night(2), "429")
    assert archiving.pause(store, "archive-save") == (night(2), "429")
    assert archiving.pause(store, "archive-read") is None


def suggestion(target: str) -> Suggestion:
    return Suggestion(
        url=target,
        kind=Kind.MEMENTO,
        confidence=Confidence.SUGGESTED,
        evidence=(Evidence(name="status", value="200"),),
    )


def test_suggestions_come_back_in_their_order(store: Store, run: Run, url_id: int) -> None:
    ranked = [suggestion(f"https://example.org/{n}") for n in (3, 1, 2)]
    archiving.save_suggestions(store, run.project_id, url_id, ranked, [], FIRST_NIGHT)
    assert archiving.suggestions(store, run.project_id) == {url_id: tuple(ranked)}


def test_new_suggestions_replace_the_old(store: Store, run: Run, url_id: int) -> None:
    archiving.save_suggestions(store, run.project_id, url_id, [suggestion(URL)], [], FIRST_NIGHT)
    archiving.save_suggestions(store, run.project_id, url_id, [], [], night(2))
    assert archiving.suggestions(store, run.project_id) == {}


def test_a_candidate_that_lost_is_shown_after_the_winners_and_never_suggested(
    store: Store, run: Run, url_id: int
) -> None:
    lost = ("https://example.org/lost", "https", "answers 404")
    archiving.save_suggestions(store, run.project_id, url_id, [suggestion(URL)], [lost], FIRST_NIGHT)
    assert [row[:4] for row in archiving.candidates(store, run.project_id, url_id)] == [
        (1, URL, Kind.MEMENTO.value, "suggested"),
        (0, "https://example.org/lost", "https", "rejected"),
    ]
    assert len(archiving.suggestions(store, run.project_id)[url_id]) == 1


def test_projects_have_their_own_suggestions(store: Store, run: Run, url_id: int) -> None:
    archiving.save_suggestions(store, run.project_id, url_id, [suggestion(URL)], [], FIRST_NIGHT)
    assert archiving.suggestions(store, start(store, project="other").project_id) == {}
