"""Links: what a collection found, matched between nights."""

import pytest
from sqlalchemy import select

from crawler.domain.links import Link
from crawler.store import links, probes
from crawler.store.findings import LinkRecord, records
from crawler.store.runs import Run
from crawler.store.schema import LinkRow, SourceRow, UrlRow
from crawler.store.session import Store
from tests.fakes.nights import FIRST_NIGHT, URL, finish, link, night, start


def saved(store: Store, run: Run) -> list[LinkRecord]:
    return [item for record in records(store, run, verbatim=True) for item in record.links]


def rows(store: Store) -> list[LinkRow]:
    with store.begin() as session:
        return list(session.scalars(select(LinkRow).order_by(LinkRow.id)))


def nightly(store: Store, *collections: list[Link]) -> Run:
    for number, collection in enumerate(collections, start=1):
        run = start(store, night(number))
        links.save_links(store, run, collection, night(number))
        if number < len(collections):
            finish(store, run)
    return run


def test_a_link_keeps_its_row_and_its_first_run_from_night_to_night(store: Store) -> None:
    run = nightly(store, [link()], [link()])
    (row,) = rows(store)
    assert row.first_run_id < row.last_run_id == run.id


def test_a_link_that_moved_to_another_line_is_not_new(store: Store) -> None:
    run = nightly(store, [link(line=3)], [link(line=40, column=7)])
    assert len(rows(store)) == 1
    assert [(item.line, item.column) for item in saved(store, run)] == [(40, 7)]


def test_equal_links_of_one_file_are_told_apart_by_their_order(store: Store) -> None:
    run = nightly(store, [link(line=1), link(line=9, nth=1)])
    assert [item.line for item in saved(store, run)] == [1, 9]


def test_a_link_that_left_the_source_is_not_in_the_present_collection(store: Store) -> None:
    run = nightly(store, [link(), link("https://example.org/other")], [link()])
    assert [url.canonical for url in probes.collected_urls(store, run, verbatim=True)] == [URL]


def test_links_to_one_url_with_several_fragments_make_one_target(store: Store) -> None:
    run = nightly(store, [link(f"{URL}#one"), link(f"{URL}#two")])
    (url,) = probes.collected_urls(store, run, verbatim=True)
    assert (url.canonical, url.fragments) == (URL, ("one", "two"))


@pytest.mark.parametrize("length", [3_000, 100_000])
def test_a_very_long_url_is_stored_whole(store: Store, length: int) -> None:
    long = f"https://example.org/?{'q' * length}"
    run = nightly(store, [link(long)], [link(long)])
    (item,) = saved(store, run)
    assert (item.href, item.raw, len(rows(store))) == (long, long, 1)


@pytest.mark.parametrize("text", ["a\0b", "lone \ud800 surrogate"], ids=["nul", "surrogate"])
def test_texts_that_a_database_refuses_are_stored_readably(store: Store, text: str) -> None:
    broken = link(f"https://example.org/{text}", source=f"{text}.md", text=text, problem="not a URL")
    run = nightly(store, [broken], [broken])
    (item,) = saved(store, run)
    assert "\0" not in item.text
    item.text.encode()
    assert len(rows(store)) == 1


def test_two_names_that_become_one_readable_name_stay_two_sources(store: Store) -> None:
    nightly(store, [link(source="a\udc80.md"), link(source="a\udc81.md")])
    with store.begin() as session:
        assert len(session.scalars(select(SourceRow)).all()) == 2


@pytest.mark.parametrize(
    "written",
    ["https://name:secret@example.org/x", "https://secret@example.org/x", "//name:secret@example.org/x"],
    ids=["password", "user", "no scheme"],
)
def test_a_password_in_a_url_is_stored_nowhere(store: Store, written: str) -> None:
    url = written if written.startswith("https:") else f"https:{written}"
    run = nightly(store, [link(url, raw=written, text=written)])
    with store.begin() as session:
        stored = [
            value for table in (LinkRow, UrlRow) for row in session.scalars(select(table)) for value in _texts(row)
        ]
    assert not [text for text in stored if "secret" in text]
    assert saved(store, run)[0].href == "https://example.org/x"


def _texts(row: object) -> list[str]:
    return [value for value in vars(row).values() if isinstance(value, str)]


def test_links_in_code_count_only_when_asked_for(store: Store) -> None:
    run = nightly(store, [link(optional=True)])
    assert probes.collected_urls(store, run, verbatim=False) == []
    assert len(probes.collected_urls(store, run, verbatim=True)) == 1


def test_a_url_is_ignored_only_where_every_link_to_it_is(store: Store) -> None:
    run = nightly(store, [link(ignore="known"), link(source="other.md")])
    (url,) = probes.collected_urls(store, run, verbatim=True)
    assert url.ignored is None


def test_what_is_no_url_is_stored_as_it_stands(store: Store) -> None:
    run = nightly(store, [link("http://[", problem="not a URL")])
    (url,) = probes.collected_urls(store, run, verbatim=True)
    assert (url.canonical, url.scheme, url.problem) == ("http://[", "invalid", "not a URL")


def test_a_date_once_found_in_the_history_is_kept(store: Store) -> None:
    run = nightly(store, [link()])
    links.save_added_dates(store, run.project_id, "README.md", {URL: FIRST_NIGHT})
    finish(store, run)
    again = start(store, night(2))
    links.save_links(store, again, [link()], night(2))
    assert [item.added for item in saved(store, again)] == [FIRST_NIGHT]


def test_projects_with_the_same_file_name_have_their_own_links(store: Store) -> None:
    one, other = start(store, project="one"), start(store, project="other")
    links.save_links(store, one, [link()], FIRST_NIGHT)
    links.save_links(store, other, [link(text="other")], FIRST_NIGHT)
    assert [item.text for item in saved(store, one)] == ["text"]


def test_thousands_of_links_are_saved_in_batches(store: Store) -> None:
    run = start(store)
    count = links.save_links(store, run, (link(f"https://example.org/{n}") for n in range(2_345)), FIRST_NIGHT)
    assert count == len(probes.collected_urls(store, run, verbatim=False)) == 2_345


def test_a_password_in_what_is_no_url_is_stored_nowhere(store: Store) -> None:
    written = "https://name:secret@[bad/x"
    run = nightly(store, [link(written, problem="not a URL")])
    (url,) = probes.collected_urls(store, run, verbatim=True)
    assert (url.canonical, saved(store, run)[0].raw) == ("https://…@[bad/x", "https://…@[bad/x")


def test_an_address_in_a_link_s_text_is_no_password(store: Store) -> None:
    run = nightly(store, [link("mailto:me@example.org", text="me@example.org")])
    assert saved(store, run)[0].text == "me@example.org"
