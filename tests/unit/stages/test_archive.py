"""The archive stage's decisions: whom to ask about, when again, and what is never concluded.

The client is an object that answers as the test says; the real one is tried against the fake archive elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

import pytest

from crawler.domain.memento import Capture, CaptureState, Memento, MementoState
from crawler.domain.observation import Failure
from crawler.stages import archive
from crawler.store import archiving, runs
from crawler.store.runs import Run
from crawler.store.session import Store
from tests.unit.stages.nights import NIGHT, START, A, Answer, Nights, link

GONE, SICK, WALL, LOCKED = (
    "https://gone.example/",
    "https://sick.example/",
    "https://wall.example/",
    "https://locked.example/",
)
ANSWERS: dict[str, Answer] = {WALL: 403, SICK: 503, A: 200, GONE: 404, LOCKED: 401}


@dataclass
class Client:
    """Stands for the archive's client; remembers what it was asked."""

    state: MementoState = MementoState.NONE
    capture_state: CaptureState = CaptureState.REQUESTED
    polled_state: CaptureState = CaptureState.PENDING
    stop_until: datetime | None = None
    stopped: str | None = None
    found: list[str] = field(default_factory=list)
    captured: list[str] = field(default_factory=list)
    polled: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def find(self, url: str, near: datetime, now: datetime, *, healthy: object = None) -> Memento:
        self.found.append(url)
        there = self.state is MementoState.FOUND
        return Memento(
            url=url, state=self.state, checked_at=now, view_url=f"https://web/{url}" if there else None, verified=there
        )

    def capture(self, url: str, now: datetime) -> Capture:
        self.captured.append(url)
        return Capture(url=url, state=self.capture_state, asked_at=now, stop_until=self.stop_until, detail="too many")

    def poll(self, capture: Capture, now: datetime) -> Capture:
        self.polled.append(capture.url)
        return Capture(url=capture.url, state=self.polled_state, asked_at=capture.asked_at)


@dataclass
class Desk:
    """A project whose last run had failing links, and the stage with its client."""

    nights: Nights
    use: Callable[[Client], None]

    def night(
        self, at: datetime, client: Client, answers: dict[str, Answer] | None = None, **flags: object
    ) -> tuple[Client, tuple[str, ...]]:
        """Look, judge, and run the stage; return its client and its notes."""
        self.nights.night(at, answers or ANSWERS)
        return self.again(at, client, **flags)

    def again(self, at: datetime, client: Client, **flags: object) -> tuple[Client, tuple[str, ...]]:
        """Run the stage on the last run."""
        self.use(client)
        settings = Nights(self.nights.store, **{"contact": "https://a.example", **flags}).settings
        return client, archive.run(self.nights.store, self.run, settings, at).notes

    @property
    def run(self) -> Run:
        """The last run."""
        run = runs.latest_run(self.nights.store, "list")
        assert run is not None
        return run

    def captures(self) -> dict[str, CaptureState]:
        """Return the stored captures by URL."""
        return {
            capture.url: capture.state for capture in archiving.captures(self.nights.store, list(range(1, 30))).values()
        }


@pytest.fixture
def desk(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk whose client can be chosen."""

    def use(client: Client) -> None:
        monkeypatch.setattr(archive, "Archive", lambda settings: client)

    return Desk(Nights(sqlite_store), use)


def test_copies_are_looked_for_where_a_link_fails_the_dead_first(desk: Desk) -> None:
    client, _ = desk.night(START, Client(MementoState.FOUND))
    assert client.found == [GONE, SICK, WALL, LOCKED]
    assert client.captured == []


def test_local_files_and_what_is_no_url_are_not_looked_for(desk: Desk) -> None:
    desk.nights.night(
        START, {}, links=[link("file:///nonexistent/x"), link("http://", line=2), link("mailto:a@b.example", line=3)]
    )
    assert desk.again(START, Client())[0].found == []


@pytest.mark.parametrize("flags", [{"archive.enabled": False}, {"offline": True}], ids=str)
def test_the_archive_is_left_alone_when_it_is_off(desk: Desk, flags: dict[str, object]) -> None:
    assert desk.night(START, Client(), **flags)[0].found == []


@pytest.mark.parametrize(
    ("state", "days"),
    [(MementoState.FOUND, 30), (MementoState.NONE, 7), (MementoState.UNUSABLE, 7), (MementoState.EXCLUDED, 90)],
)
def test_what_is_known_is_not_asked_again_before_its_time(desk: Desk, state: MementoState, days: int) -> None:
    desk.night(START, Client(state), {GONE: 404})
    assert desk.again(START + NIGHT * days - timedelta(seconds=1), Client(state))[0].found == []
    assert desk.again(START + NIGHT * days, Client(state))[0].found == [GONE]


def test_an_error_is_asked_again_the_next_time_and_takes_nothing_away(desk: Desk) -> None:
    desk.night(START, Client(MementoState.FOUND), {GONE: 404})
    desk.again(START + NIGHT * 31, Client(MementoState.UNKNOWN))
    [(memento, _)] = archiving.mementos(desk.nights.store, [1]).values()
    assert memento.state is MementoState.FOUND
    assert desk.again(START + NIGHT * 31, Client())[0].found == [GONE]


def test_captures_are_asked_for_where_somebody_may_still_answer(desk: Desk) -> None:
    client, _ = desk.night(START, Client(MementoState.NONE))
    assert client.captured == [SICK, WALL]
    assert desk.captures() == {GONE: CaptureState.POINTLESS, SICK: CaptureState.PENDING, WALL: CaptureState.PENDING}


def test_no_capture_is_asked_for_after_an_error(desk: Desk) -> None:
    client, _ = desk.night(START, Client(MementoState.UNKNOWN))
    assert client.captured == []
    assert desk.captures() == {}


def test_a_capture_is_asked_for_once_and_followed_until_it_is_there(desk: Desk) -> None:
    client, _ = desk.night(START, Client(), {SICK: 503})
    assert (client.captured, client.polled) == ([SICK], [SICK])
    client, _ = desk.night(START + NIGHT, Client(polled_state=CaptureState.SAVED), {SICK: 503})
    assert (client.captured, client.polled) == ([], [SICK])
    client, _ = desk.night(START + NIGHT * 2, Client(), {SICK: 503})
    assert (client.captured, client.polled) == ([], [])


def test_a_refusal_stops_all_captures_until_its_end_and_says_so(desk: Desk) -> None:
    refused = Client(capture_state=CaptureState.REFUSED, stop_until=START + timedelta(hours=20))
    client, notes = desk.night(START, refused)
    assert client.captured == [SICK]
    assert "too many" in notes[0]
    client, notes = desk.again(START + timedelta(hours=19), Client())
    assert client.captured == []
    assert "2026-03-01 23:17" in notes[0]
    assert desk.again(START + timedelta(hours=21), Client())[0].captured == [WALL]


def test_without_a_contact_no_capture_is_asked_for(desk: Desk) -> None:
    client, notes = desk.night(START, Client(), contact=None)
    assert client.captured == []
    assert "contact" in notes[0]


def test_captures_can_be_turned_off(desk: Desk) -> None:
    assert desk.night(START, Client(), **{"archive.save": False})[0].captured == []


def test_what_the_time_was_too_short_for_is_left_and_said(desk: Desk) -> None:
    client, notes = desk.night(START, Client(), **{"archive.budget": 0})
    assert client.found == []
    assert notes == ("4 archive look-ups were left for the next run: the time for them was over.",)


def test_an_archive_that_stopped_answering_is_left_alone_and_said(desk: Desk) -> None:
    client, notes = desk.night(START, Client(stopped="it asks for a pause"))
    assert client.found == []
    assert any("it asks for a pause" in note for note in notes)


def test_a_name_that_is_gone_counts_as_gone(desk: Desk) -> None:
    said: dict[str, Any] = {"https://none.example/": Failure.DNS_NXDOMAIN, SICK: 503}
    client, _ = desk.night(START, Client(), said)
    assert client.captured == [SICK]
