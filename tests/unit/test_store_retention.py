"""Retention: what is old goes, what tells the story stays."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from crawler.domain.health import Standing
from crawler.domain.observation import Hop, Observation, Purpose
from crawler.store import judging, probes, retention
from crawler.store.retention import prune
from crawler.store.runs import Run
from crawler.store.schema import JudgementRow, ObservationRow, ProbeRow, RunRow
from crawler.store.session import Store
from tests.fakes.nights import URL, dead, finish, link, look_at, night, ruling, seen, start, whole_night

LATER = night(100)


def nights(store: Store, *looks: Observation, project: str = "list") -> Run:
    for number, look in enumerate(looks, start=1):
        run = whole_night(store, number, look, project=project)
    return run


def left(store: Store, purpose: Purpose = Purpose.CHECK) -> list[int]:
    """Return the numbers of the nights whose looks are left."""
    with store.begin() as session:
        query = select(ObservationRow.at).where(ObservationRow.purpose == purpose.value).order_by(ObservationRow.at)
        return [(at - night(1)).days + 1 for at in session.scalars(query)]


REDIRECT = seen(hops=(Hop(url=URL, status=302), Hop(url=f"{URL}/new", status=200)))
CASES = {
    "the first and the newest": ([seen()] * 5, [1, 5]),
    "every change of status": (
        [seen(), seen(), seen(status=404), seen(status=404), seen(status=410), seen(), seen()],
        [1, 3, 5, 6, 7],
    ),
    "every change of failure": ([seen(), dead(), dead(), seen(), seen()], [1, 2, 4, 5]),
    "every redirect": ([REDIRECT, REDIRECT, REDIRECT, seen(), seen()], [1, 2, 3, 4, 5]),
    "the last healthy look": ([seen(), seen(), seen(), *[seen(status=410)] * 3], [1, 3, 4, 5, 6]),
    "a flap": ([seen(), dead(), seen(), seen(), seen()], [1, 2, 3, 5]),
}


@pytest.mark.parametrize(("looks", "kept"), CASES.values(), ids=CASES)
def test_what_stays_of_old_looks(store: Store, looks: list[Observation], kept: list[int]) -> None:
    run = nights(store, *looks)
    assert prune(store, run.project_id, LATER) == len(looks) - len(kept)
    assert left(store) == kept


def test_looks_within_the_age_all_stay(store: Store) -> None:
    run = nights(store, *[seen()] * 8)
    prune(store, run.project_id, night(5))
    assert left(store) == [1, 4, 5, 6, 7, 8]


def test_judgements_and_probes_go_with_their_looks(store: Store) -> None:
    run = nights(store, *[seen()] * 5)
    prune(store, run.project_id, LATER)
    with store.begin() as session:
        counts = [session.scalar(select(func.count()).select_from(table)) for table in (JudgementRow, ProbeRow)]
        assert counts == [2, 2]
        assert session.scalar(select(func.count()).select_from(RunRow)) == 5


def test_pruning_again_deletes_nothing(store: Store) -> None:
    run = nights(store, *[seen()] * 5)
    prune(store, run.project_id, LATER)
    assert prune(store, run.project_id, LATER) == 0


def test_other_projects_keep_theirs(store: Store) -> None:
    run = nights(store, *[seen()] * 4)
    nights(store, *[seen()] * 4, project="other")
    prune(store, run.project_id, LATER)
    assert left(store) == [1, 1, 2, 3, 4, 4]


def test_each_url_has_its_own_story(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_BATCH", 2)
    urls = [f"https://example.org/{n}" for n in range(5)]
    for number in (1, 2, 3, 4):
        run = whole_night(store, number, *(seen(url) for url in urls))
    assert prune(store, run.project_id, LATER) == 10
    assert left(store) == [1] * 5 + [4] * 5


def test_looks_for_other_purposes_are_pruned_by_their_own_series(store: Store) -> None:
    for number in (1, 2, 3):
        run = start(store, night(number))
        look_at(store, run, seen(at=night(number)), seen(at=night(number), purpose=Purpose.RECHECK))
        finish(store, run)
    prune(store, run.project_id, LATER)
    assert (left(store), left(store, Purpose.RECHECK)) == ([1, 3], [1, 3])


def test_the_look_that_an_unchanged_page_refers_to_stays(store: Store) -> None:
    nights(store, seen(), seen(), seen())
    with store.begin() as session:
        body = session.scalars(select(ObservationRow.id).order_by(ObservationRow.id)).all()[2]
    for number in (4, 5, 6):
        run = whole_night(store, number, seen(status=304, not_modified_of=body))
    prune(store, run.project_id, LATER)
    assert left(store) == [1, 3, 4, 6]


def test_probes_that_no_one_answered_go_with_their_run(store: Store) -> None:
    run = nights(store, seen())
    (url,) = probes.collected_urls(store, run, verbatim=True)
    unanswered = probes.Wanted(url_id=url.url_id, target=URL, purpose=Purpose.RECHECK)
    probes.ask(store, run, [unanswered], asked_by="test", now=night(1))
    prune(store, run.project_id, LATER)
    assert probes.due(store, run, after=0, limit=10) == []


def standing(store: Store, run: Run) -> Standing:
    (looks,) = judging.history(store, run.project_id)
    now = Standing()
    for look in looks:
        now = ruling(look, now).after
    return now


@pytest.mark.parametrize("age", [timedelta(days=0), timedelta(days=7)], ids=str)
@pytest.mark.parametrize(
    "looks",
    [[seen(), *[dead()] * 20], [*[seen(status=404)] * 6], [seen(), *[seen(status=404)] * 9, seen(status=403)]],
    ids=["silent", "never alive", "dead, then a wall"],
)
def test_judging_what_is_left_gives_the_same_health(store: Store, looks: list[Observation], age: timedelta) -> None:
    run = nights(store, *looks)
    before = standing(store, run)
    prune(store, run.project_id, _end(looks) - age)
    assert standing(store, run).health is before.health


def _end(looks: list[Observation]) -> datetime:
    return night(len(looks)) + timedelta(hours=1)


def test_links_and_first_appearances_are_untouched(store: Store) -> None:
    run = nights(store, *[seen()] * 4)
    prune(store, run.project_id, LATER)
    (url,) = probes.collected_urls(store, run, verbatim=True)
    assert (url.canonical, url.last_look) == (link().url, night(4))
