"""Probes and observations: each look asked for once, answered once, and read back as it was."""

import pytest
from sqlalchemy import func, select

from crawler.domain.observation import Failure, Hop, Observation, Page, Purpose, Skip
from crawler.domain.probe import Probe
from crawler.store import links, probes
from crawler.store.probes import Wanted
from crawler.store.runs import Run
from crawler.store.schema import ObservationRow
from crawler.store.session import Store
from tests.fakes.nights import FIRST_NIGHT, URL, dead, finish, link, look_at, night, seen, start


@pytest.fixture
def run(store: Store) -> Run:
    return start(store)


def ask(store: Store, run: Run, *targets: str, purpose: Purpose = Purpose.CHECK) -> None:
    links.save_links(store, run, [link(target) for target in targets], FIRST_NIGHT)
    known = {url.canonical: url.url_id for url in probes.collected_urls(store, run, verbatim=True)}
    wanted = [Wanted(url_id=known[target], target=target, purpose=purpose) for target in targets]
    probes.ask(store, run, wanted, asked_by="test", now=FIRST_NIGHT)


def all_due(store: Store, run: Run) -> list[Probe]:
    return probes.due(store, run, after=0, limit=1_000)


def test_what_was_asked_is_due(store: Store, run: Run) -> None:
    ask(store, run, URL)
    assert [(probe.url, probe.purpose) for probe in all_due(store, run)] == [(URL, Purpose.CHECK)]


def test_a_look_is_asked_for_once_a_run_and_purpose(store: Store, run: Run) -> None:
    ask(store, run, URL)
    ask(store, run, URL)
    ask(store, run, URL, purpose=Purpose.RECHECK)
    assert [probe.purpose for probe in all_due(store, run)] == [Purpose.CHECK, Purpose.RECHECK]


def test_the_same_look_is_asked_for_again_in_the_next_run(store: Store, run: Run) -> None:
    ask(store, run, URL)
    finish(store, run)
    tomorrow = start(store, night(2))
    ask(store, tomorrow, URL)
    assert len(all_due(store, tomorrow)) == 1


def test_the_cursor_hands_out_every_probe_once(store: Store, run: Run) -> None:
    ask(store, run, *(f"{URL}/{n}" for n in range(25)))
    got, after = [], 0
    while batch := probes.due(store, run, after=after, limit=10):
        got += batch
        after = batch[-1].id
    assert [probe.url for probe in got] == [f"{URL}/{n}" for n in range(25)]


def test_an_answered_probe_is_not_due_any_more(store: Store, run: Run) -> None:
    look_at(store, run, seen())
    assert all_due(store, run) == []
    assert probes.count_probes(store, run) == {(Purpose.CHECK, "done"): 1}


def test_a_second_answer_to_a_probe_is_dropped(store: Store, run: Run) -> None:
    ask(store, run, URL)
    (probe,) = all_due(store, run)
    probes.record(store, run, [(probe, seen(status=200))])
    probes.record(store, run, [(probe, seen(status=404))])
    assert [look.status for _, look in probes.observations(store, run, [Purpose.CHECK])] == [200]


def test_two_answers_in_one_batch_leave_one_observation(store: Store, run: Run) -> None:
    ask(store, run, URL)
    (probe,) = all_due(store, run)
    probes.record(store, run, [(probe, seen(status=503)), (probe, seen(status=200))])
    with store.begin() as session:
        assert session.scalar(select(func.count()).select_from(ObservationRow)) == 1


def test_an_answer_to_an_unknown_probe_is_dropped(store: Store, run: Run) -> None:
    probes.record(store, run, [(Probe(id=999_999, url=URL), seen())])
    assert probes.observations(store, run, list(Purpose)) == []


LOOKS = {
    "redirected": seen(hops=(Hop(url=URL, status=301), Hop(url=f"{URL}/new", status=200))),
    "no answer": dead(),
    "skipped": seen(skip=Skip.ROBOTS, detail="robots.txt"),
    "failed redirect": Observation(
        url=URL, at=FIRST_NIGHT, failure=Failure.REDIRECT_LOOP, status=302, hops=(Hop(url=URL, status=302),)
    ),
    "page": seen(
        headers={"retry-after": "5"},
        fragments={"one": True, "two": False},
        page=Page(title="题目", h1="h", text="body", text_length=4, text_hash="ab", language="zh"),
        content_type="text/html",
        content_length=12,
        truncated=True,
        address="192.0.2.1",
        elapsed_ms=7,
        attempt=2,
        method="HEAD",
        profile="reader",
    ),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_look_is_read_back_as_it_was(store: Store, run: Run, look: Observation) -> None:
    look_at(store, run, look)
    assert [read for _, read in probes.observations(store, run, [Purpose.CHECK])] == [look]


def test_a_page_s_text_may_hold_what_databases_refuse(store: Store, run: Run) -> None:
    look_at(store, run, seen(page=Page(title="a\0b", text="\ud800"), headers={"server": "\0"}))
    ((_, look),) = probes.observations(store, run, [Purpose.CHECK])
    assert look.page is not None
    assert (look.page.title, look.headers) == ("a\ufffdb", {"server": "\ufffd"})


def test_a_password_in_a_redirect_is_not_stored(store: Store, run: Run) -> None:
    target = "https://name:secret@example.org/new"
    look_at(store, run, seen(hops=(Hop(url=URL, status=301), Hop(url=target, status=200))))
    ((_, look),) = probes.observations(store, run, [Purpose.CHECK])
    assert "secret" not in str(look)


def test_the_time_of_the_last_look_counts_only_looks_of_purpose_check(store: Store, run: Run) -> None:
    look_at(store, run, seen(at=night(1)), seen(at=night(2), purpose=Purpose.RECHECK))
    (url,) = probes.collected_urls(store, run, verbatim=True)
    assert url.last_look == night(1)


def test_another_project_s_look_is_not_this_project_s(store: Store, run: Run) -> None:
    look_at(store, run, seen())
    other = start(store, project="other")
    links.save_links(store, other, [link()], FIRST_NIGHT)
    (url,) = probes.collected_urls(store, other, verbatim=True)
    assert url.last_look is None


def test_a_crawled_page_s_look_stands_for_the_check_of_its_url(store: Store, run: Run) -> None:
    probes.ask_page(store, run, URL, depth=0, now=FIRST_NIGHT)
    (page,) = all_due(store, run)
    probes.record(store, run, [(page, seen(purpose=Purpose.PAGE))])
    probes.copy_as_check(store, run, page, seen(), FIRST_NIGHT)
    probes.copy_as_check(store, run, page, seen(), FIRST_NIGHT)
    assert [look.url for _, look in probes.observations(store, run, [Purpose.CHECK])] == [URL]


def test_a_page_is_asked_for_once_whatever_the_depth(store: Store, run: Run) -> None:
    probes.ask_page(store, run, URL, depth=0, now=FIRST_NIGHT)
    probes.ask_page(store, run, URL, depth=3, now=FIRST_NIGHT)
    assert [probe.depth for probe in all_due(store, run)] == [0]
    assert probes.targets(store, run, Purpose.PAGE) == {URL}
    assert probes.is_asked(store, run, URL, Purpose.PAGE)
