"""What a report reads: every URL of a run's collection with its links, looks, health and history."""

import pytest

from crawler.domain.health import Health
from crawler.domain.observation import Page
from crawler.domain.verdict import Verdict
from crawler.store import findings, links
from crawler.store.findings import UrlRecord, records
from crawler.store.probes import Wanted, ask
from crawler.store.runs import Run
from crawler.store.session import Store
from tests.fakes.nights import FIRST_NIGHT, URL, dead, link, night, seen, start, whole_night


def only(store: Store, run: Run) -> UrlRecord:
    (record,) = records(store, run, verbatim=True)
    return record


def test_a_url_that_was_not_looked_at_has_its_links_and_nothing_else(store: Store) -> None:
    run = start(store)
    links.save_links(store, run, [link(line=4)], FIRST_NIGHT)
    record = only(store, run)
    assert (record.canonical, record.links[0].line) == (URL, 4)
    assert (record.seen, record.judged, record.standing, record.became, record.past) == (None, None, None, None, ())


def test_urls_come_in_the_order_in_which_their_links_were_found(store: Store) -> None:
    run = start(store)
    urls = [f"https://example.org/{n}" for n in (5, 1, 3)]
    links.save_links(store, run, [link(url) for url in urls], FIRST_NIGHT)
    assert [record.canonical for record in records(store, run, verbatim=False)] == urls


def test_a_url_has_every_occurrence_by_file_and_line(store: Store) -> None:
    run = start(store)
    found = [link(line=9), link(line=2, nth=1), link(source="other.md", line=1)]
    links.save_links(store, run, found, FIRST_NIGHT)
    places = [(item.source, item.line) for item in only(store, run).links]
    assert sorted(places) == [("README.md", 2), ("README.md", 9), ("other.md", 1)]
    assert places.index(("README.md", 2)) < places.index(("README.md", 9))


def test_the_newest_look_is_shown_with_its_verdict_and_the_earlier_ones(store: Store) -> None:
    whole_night(store, 1, seen())
    whole_night(store, 2, dead())
    run = whole_night(store, 3, seen(status=404))
    record = only(store, run)
    assert record.judged is not None
    assert (record.judged.verdict, record.seen_in_run) == (Verdict.GONE, run.id)
    assert [(past.at, past.saw) for past in record.past] == [
        (night(1), "200"),
        (night(2), "timeout"),
        (night(3), "404"),
    ]


def test_a_url_that_was_not_due_shows_its_last_look(store: Store) -> None:
    first = whole_night(store, 1, seen())
    run = start(store, night(2))
    links.save_links(store, run, [link()], night(2))
    record = only(store, run)
    assert record.seen is not None
    assert (record.seen.at, record.seen_in_run) == (night(1), first.id)


def test_a_change_of_health_is_shown_in_the_run_in_which_it_happened(store: Store) -> None:
    assert only(store, whole_night(store, 1, seen(status=404))).became is Health.SUSPECT
    assert only(store, whole_night(store, 2, seen(status=404))).became is None


def test_history_is_capped(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "HISTORY_DAYS", 3)
    for number in (1, 2, 3, 4):
        run = whole_night(store, number, seen())
    assert [past.at for past in only(store, run).past] == [night(2), night(3), night(4)]


def test_another_project_s_looks_are_not_shown(store: Store) -> None:
    whole_night(store, 1, seen(status=404), project="other")
    run = start(store)
    links.save_links(store, run, [link()], FIRST_NIGHT)
    assert only(store, run).past == ()


def test_the_last_healthy_page_is_remembered_after_a_death(store: Store) -> None:
    whole_night(store, 1, seen(page=Page(title="first")))
    whole_night(store, 2, seen(page=Page(title="second")))
    run = whole_night(store, 3, seen(status=404, page=Page(title="Not found")))
    (page,) = findings.last_healthy_pages(store, run.project_id, [only(store, run).url_id]).values()
    assert page.title == "second"


@pytest.mark.parametrize(("verbatim", "count"), [(True, 2), (False, 1)])
def test_links_in_code_are_counted_only_when_asked_for(store: Store, verbatim: bool, count: int) -> None:
    run = start(store)
    links.save_links(store, run, [link(), link(f"{URL}/code", optional=True)], FIRST_NIGHT)
    assert findings.link_count(store, run, verbatim=verbatim) == count
    assert len(list(records(store, run, verbatim=verbatim))) == count


def test_what_was_not_looked_at_is_counted(store: Store) -> None:
    run = start(store)
    links.save_links(store, run, [link()], FIRST_NIGHT)
    ask(
        store,
        run,
        [Wanted(url_id=only(store, run).url_id, target=URL, purpose=seen().purpose)],
        asked_by="t",
        now=night(1),
    )
    assert findings.pending_checks(store, run) == 1


def test_one_url_is_found_by_its_canonical_text(store: Store) -> None:
    run = whole_night(store, 1, seen())
    record = findings.record_of(store, run, URL)
    assert record is not None
    assert record.canonical == URL
    assert findings.record_of(store, run, "https://example.org/never-seen") is None


def test_a_thousand_urls_are_read_in_batches(store: Store) -> None:
    run = start(store)
    links.save_links(store, run, [link(f"https://example.org/{n}") for n in range(1_000)], FIRST_NIGHT)
    assert len({record.canonical for record in records(store, run, verbatim=True)}) == 1_000
