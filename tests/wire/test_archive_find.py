"""Which copy is found: choice, verification, and honest states, over real sockets."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from crawler.domain.memento import MementoState
from crawler.domain.observation import Page
from tests.fakes.archive import FakeArchive, ManualClock, faults
from tests.wire.archive_client import FROGS, MISSING, NEAR, PAGE, client


@pytest.fixture
def fake():
    with FakeArchive(clock=ManualClock()) as archive:
        yield archive


def look(fake, url=PAGE, *, near=NEAR, healthy=None, **settings):
    with client(fake, **settings) as archive:
        return archive.find(url, near, fake.clock.now(), healthy=healthy)


def replays(fake):
    return [entry.target for entry in fake.requests("/web/")]


def test_the_nearest_copy_before_the_date_is_found_and_verified(fake):
    fake.add_capture(PAGE, "20200101000000", body=FROGS + b"older")
    fake.add_capture(PAGE, "20210501000000", body=FROGS)
    fake.add_capture(PAGE, "20210602000000", body=FROGS + b"later")
    memento = look(fake)
    assert (memento.state, memento.verified) == (MementoState.FOUND, True)
    assert memento.timestamp == datetime(2021, 5, 1, tzinfo=UTC)
    assert memento.view_url == f"{fake.url}/web/20210501000000/{PAGE}"
    assert (memento.status, memento.title) == (200, "Frogs of the north")


def test_a_later_copy_serves_where_there_is_no_earlier_one(fake):
    fake.add_capture(PAGE, "20230101000000", body=FROGS)
    assert look(fake).timestamp == datetime(2023, 1, 1, tzinfo=UTC)


def test_nothing_in_the_index_is_none(fake):
    memento = look(fake)
    assert memento.state is MementoState.NONE
    assert memento.retry_after is None


@pytest.mark.parametrize("status", [404, 410, 500, 429])
def test_only_archived_errors_are_unusable_not_none(fake, status):
    fake.add_capture(PAGE, "20210501000000", status=status, body=b"gone")
    memento = look(fake)
    assert memento.state is MementoState.UNUSABLE
    assert str(status) in " ".join(memento.reasons)


def test_an_archived_error_page_with_status_200_is_passed_over(fake):
    fake.add_capture(PAGE, "20210501000000", body=MISSING)
    fake.add_capture(PAGE, "20200501000000", body=FROGS)
    memento = look(fake)
    assert memento.timestamp.year == 2020
    assert any("error page" in reason for reason in memento.reasons)


def test_the_callers_idea_of_a_dead_page_is_used(fake):
    from crawler.archives import Archive

    fake.add_capture(PAGE, "20210501000000", body=FROGS)
    settings = client(fake).settings
    with Archive(settings, clock=fake.clock, looks_dead=lambda title, text: title == "Frogs of the north") as archive:
        assert archive.find(PAGE, NEAR, fake.clock.now()).state is MementoState.UNUSABLE


def test_at_most_three_copies_are_fetched(fake):
    for year in range(2010, 2020):
        fake.add_capture(PAGE, f"{year}0101000000", body=MISSING + str(year).encode())
    assert look(fake).state is MementoState.UNUSABLE
    assert len(replays(fake)) == 3


def test_an_archived_redirect_is_followed_to_the_copy_of_the_same_page(fake):
    fake.add_capture(
        "http://example.org/guide/frogs", "20210501000000", status=301, body=b"", headers={"Location": PAGE}
    )
    fake.add_capture("https://www.example.org/guide/frogs", "20210501000009", body=FROGS)
    memento = look(fake)
    assert memento.state is MementoState.FOUND
    assert memento.timestamp == datetime(2021, 5, 1, 0, 0, 9, tzinfo=UTC)


def test_a_redirect_only_page_is_followed_and_its_other_address_is_told(fake):
    fake.add_capture(PAGE, "20210501000000", status=301, body=b"", headers={"Location": "/animals/frogs"})
    fake.add_capture("https://example.org/animals/frogs", "20210501000009", body=FROGS)
    memento = look(fake)
    assert (memento.state, memento.verified) == (MementoState.FOUND, False)
    assert "https://example.org/animals/frogs" in " ".join(memento.reasons)


def test_a_redirect_to_another_address_is_verified_by_what_the_page_showed(fake):
    fake.add_capture(PAGE, "20210501000000", status=301, body=b"", headers={"Location": "/animals/frogs"})
    fake.add_capture("https://example.org/animals/frogs", "20210501000009", body=FROGS)
    assert look(fake, healthy=Page(title="Frogs of the north")).verified


def test_a_redirect_to_the_front_page_is_no_copy(fake):
    fake.add_capture(PAGE, "20210501000000", status=302, body=b"", headers={"Location": "https://example.org/"})
    fake.add_capture("https://example.org/", "20210501000009", body=FROGS)
    memento = look(fake)
    assert memento.state is MementoState.UNUSABLE
    assert "front page" in " ".join(memento.reasons)


def test_a_redirect_loop_in_the_archive_ends(fake):
    fake.add_capture(PAGE, "20210501000000", status=301, body=b"", headers={"Location": PAGE})
    assert look(fake).state is MementoState.UNUSABLE
    assert len(replays(fake)) <= 4


def test_a_revisit_record_is_a_copy(fake):
    fake.add_capture(PAGE, "20200501000000", body=FROGS)
    fake.add_capture(PAGE, "20210501000000", body=FROGS, is_revisit=True)
    assert look(fake).timestamp == datetime(2021, 5, 1, tzinfo=UTC)


def test_a_row_with_an_impossible_time_does_no_harm(fake):
    fake.add_line(PAGE, f"org,example)/guide/frogs 20000800241623 {PAGE} text/html 200 {'A' * 32} 1000")
    fake.add_capture(PAGE, "20210501000000", body=FROGS)
    assert look(fake).state is MementoState.FOUND


def test_rows_with_impossible_times_alone_are_unusable_not_none(fake):
    fake.add_line(PAGE, f"org,example)/guide/frogs 20000800241623 {PAGE} text/html 200 {'A' * 32} 1000")
    assert look(fake).state is MementoState.UNUSABLE


def test_an_excluded_site_is_told_by_the_index(fake):
    fake.add_capture(PAGE, "20210501000000", body=FROGS)
    fake.exclude("https://example.org/")
    assert look(fake).state is MementoState.EXCLUDED
    assert len(fake.log) == 1


def test_an_excluded_page_with_status_200_is_no_copy(fake):
    fake.add_capture(PAGE, "20210501000000", body=FROGS)
    fake.script("/web/", faults.answer(200, faults.EXCLUDED_PAGE))
    assert look(fake).state is MementoState.EXCLUDED


def test_a_copy_that_the_replay_lacks_is_passed_over(fake):
    fake.add_capture(PAGE, "20210501000000", body=FROGS)
    fake.add_capture(PAGE, "20200501000000", body=FROGS + b"older")
    fake.script("/web/2021", faults.answer(404, faults.NOT_ARCHIVED_PAGE))
    memento = look(fake)
    assert memento.timestamp.year == 2020
    assert "2021-05-01: listed, but not shown by the archive" in memento.reasons


def test_a_copy_elsewhere_in_time_counts_with_its_own_time(fake):
    fake.add_capture(PAGE, "20200501000000", body=FROGS)
    row = f"org,example)/guide/frogs 20210501000000 {PAGE} text/html 200 {'A' * 32} 1000"
    fake.add_line(PAGE, row)  # listed, but the replay answers 302 to the nearest that it has
    memento = look(fake)
    assert memento.timestamp == datetime(2020, 5, 1, tzinfo=UTC)
    assert memento.view_url == f"{fake.url}/web/20200501000000/{PAGE}"


def test_a_copy_of_another_address_that_the_archive_offers_instead_is_no_copy(fake):
    fake.add_capture(PAGE, "20210501000000", body=FROGS)
    fake.add_capture("https://example.org/guide/toads", "20210501000000", body=FROGS)
    elsewhere = f"{fake.url}/web/20210501000000id_/https://example.org/guide/toads"
    fake.script(f"/web/20210501000000id_/{PAGE}", faults.answer(302, "", Location=elsewhere))
    memento = look(fake)
    assert memento.state is MementoState.UNUSABLE
    assert "another address" in " ".join(memento.reasons)


def test_another_kind_of_document_is_no_copy_of_a_page(fake):
    fake.add_capture(PAGE, "20210501000000", body=b"%PDF-1.4", mimetype="application/pdf")
    assert look(fake, healthy=Page(title="Frogs")).state is MementoState.UNUSABLE


def test_a_document_that_is_no_page_is_found_without_reading_it(fake):
    url = "https://example.org/paper.pdf"
    fake.add_capture(url, "20210501000000", body=b"%PDF-1.4", mimetype="application/pdf")
    memento = look(fake, url)
    assert (memento.state, memento.verified, memento.title) == (MementoState.FOUND, True, None)


def test_a_copy_unlike_the_healthy_page_is_only_second_choice(fake):
    other = (
        b"<html><head><title>Casino</title></head><body>" + b"Bonus jackpot roulette poker. " * 30 + b"</body></html>"
    )
    fake.add_capture(PAGE, "20210501000000", body=other)
    fake.add_capture(PAGE, "20200501000000", body=FROGS)
    healthy = Page(
        title="Our frogs", text="The common frog lives in ponds, and sings in March when the ice is gone. " * 8
    )
    assert look(fake, healthy=healthy).timestamp.year == 2020


def test_a_copy_unlike_the_healthy_page_is_found_but_not_verified(fake):
    other = (
        b"<html><head><title>Casino</title></head><body>" + b"Bonus jackpot roulette poker. " * 30 + b"</body></html>"
    )
    fake.add_capture(PAGE, "20210501000000", body=other)
    healthy = Page(
        title="Our frogs", text="The common frog lives in ponds, and sings in March when the ice is gone. " * 8
    )
    memento = look(fake, healthy=healthy)
    assert (memento.state, memento.verified) == (MementoState.FOUND, False)


def test_a_link_that_is_a_copy_itself_is_looked_up_as_its_page(fake):
    fake.add_capture(PAGE, "20190501000000", body=FROGS)
    fake.add_capture(PAGE, "20210501000000", body=FROGS + b"newer")
    memento = look(fake, f"https://web.archive.org/web/20190601000000/{PAGE}")
    assert memento.timestamp.year == 2019


@pytest.mark.parametrize("url", ["http://localhost/a", "https://example.org/a?token=7", "https://u:p@example.org/"])
def test_what_may_not_be_submitted_is_not_looked_up_either(fake, url):
    memento = look(fake, url)
    assert memento.state is MementoState.UNKNOWN
    assert "not looked up" in memento.reasons[0]
    assert fake.log == []


def test_fragments_are_not_sent(fake):
    look(fake, PAGE + "#section")
    assert all("section" not in entry.target for entry in fake.log)


def test_a_page_in_chinese_with_a_query_is_found(fake):
    url = "https://example.org/%E6%8C%87%E5%8D%97?b=2&a=%E8%9B%99"
    fake.add_capture(url, "20210501000000", body="<html><title>蛙类指南</title><body>正文</body></html>".encode())
    memento = look(fake, "https://example.org/指南?b=2&a=蛙")
    assert (memento.state, memento.title) == (MementoState.FOUND, "蛙类指南")


def test_a_star_in_an_address_asks_for_this_page_alone(fake):
    fake.add_capture("https://example.org/guide/frogs", "20210501000000", body=FROGS)
    assert look(fake, "https://example.org/guide/*").state is MementoState.NONE
    fake.add_capture("https://example.org/guide/*", "20210601000000", body=FROGS)
    assert look(fake, "https://example.org/guide/*").state is MementoState.FOUND


KINDS = ("good", "soft404", "error", "to-home", "revisit", "other-kind")


def history(chance: random.Random):
    """A page's captures: distinct days, each of some kind."""
    days = sorted(chance.sample(range(3650), chance.randint(1, 9)))
    start = datetime(2014, 1, 1, 9, 30, tzinfo=UTC)
    return [(start + timedelta(days=day), chance.choices(KINDS, (4, 2, 2, 1, 1, 1))[0]) for day in days]


def expected(captures, near):
    """The label, by the rules alone: of the first three distinct listed copies in order of preference, the first
    good one; else nothing usable."""
    has_200 = any(kind not in ("error", "to-home") for _, kind in captures)
    listed = [(at, kind) for at, kind in captures if kind != "error" and (not has_200 or kind != "to-home")]
    listed.sort(key=lambda item: (item[0] > near, abs(item[0] - near)))
    usable = [at for at, kind in listed[:3] if kind in ("good", "revisit")]
    return usable[0] if usable else None


def hold(fake, url, captures):
    for number, (at, kind) in enumerate(captures):
        stamp, mark = at.strftime("%Y%m%d%H%M%S"), f"<!-- {number} -->".encode()
        match kind:
            case "good":
                fake.add_capture(url, stamp, body=FROGS + mark)
            case "revisit":
                fake.add_capture(url, stamp, body=FROGS + mark, is_revisit=True)
            case "soft404":
                fake.add_capture(url, stamp, body=MISSING + mark)
            case "error":
                fake.add_capture(url, stamp, status=404, body=b"gone")
            case "to-home":
                fake.add_capture(url, stamp, status=301, body=mark, headers={"Location": "https://example.org/"})
            case "other-kind":
                fake.add_capture(url, stamp, body=b"%PDF" + mark, mimetype="application/pdf")


def test_the_choice_is_right_on_two_hundred_synthetic_histories(fake):
    chance = random.Random(20260301)
    wrong = []
    with client(fake) as archive:
        for number in range(220):
            url, captures = f"https://example.org/page-{number}", history(chance)
            near = datetime(2014, 1, 1, tzinfo=UTC) + timedelta(days=chance.randint(0, 3650))
            hold(fake, url, captures)
            memento = archive.find(url, near, fake.clock.now(), healthy=Page(title="Frogs of the north"))
            right = expected(captures, near)
            state = MementoState.FOUND if right else MementoState.UNUSABLE
            if (memento.timestamp, memento.state) != (right, state):
                wrong.append((url, captures, near, memento))
    assert wrong == []
