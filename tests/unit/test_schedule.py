"""When `serve` starts the night: crontab's fields as crontab reads them, time zones, and what is overdue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.command import Call, Exit, worst
from crawler.config import ProjectConfig, Settings
from crawler.errors import ConfigError
from crawler.store import runs
from crawler.store.runs import RunState
from crawler.store.session import open_store
from scheduler import _forwarded, _is_overdue, nightly

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def starts(cron: str, zone: str = "UTC", since: datetime = MONDAY, count: int = 7) -> list[datetime]:
    """Return the next starts, in UTC."""
    trigger, found = nightly(cron, zone), []
    previous, now = None, since
    for _ in range(count):
        fired = trigger.get_next_fire_time(previous, now)
        assert fired is not None
        found.append(fired.astimezone(UTC))
        previous, now = fired, found[-1] + timedelta(seconds=1)
    return found


@pytest.mark.parametrize(
    ("field", "days"),
    [
        ("*", "Sun Mon Tue Wed Thu Fri Sat"), ("0", "Sun"), ("7", "Sun"), ("1", "Mon"), ("6", "Sat"), ("0,3", "Sun Wed"),
        ("1-5", "Mon Tue Wed Thu Fri"), ("0-6", "Sun Mon Tue Wed Thu Fri Sat"), ("0-4", "Sun Mon Tue Wed Thu"), ("5-7", "Sun Fri Sat"),
        ("0-7", "Sun Mon Tue Wed Thu Fri Sat"), ("1-7", "Sun Mon Tue Wed Thu Fri Sat"), ("*/2", "Sun Tue Thu Sat"), ("1-5/2", "Mon Wed Fri"),
        ("0-6/3", "Sun Wed Sat"), ("2/2", "Tue Thu Sat"), ("mon-fri", "Mon Tue Wed Thu Fri"), ("SUN", "Sun"), ("sun-thu", "Sun Mon Tue Wed Thu"),
        ("fri-sun", "Sun Fri Sat"), ("MON,WED-thu", "Mon Wed Thu"), ("1,mon,1-2", "Mon Tue"), ("*,1", "Sun Mon Tue Wed Thu Fri Sat"),
    ],
)  # fmt: skip
def test_week_days_are_counted_as_crontab_counts_them(field: str, days: str) -> None:
    fired = {
        start.strftime("%a") for start in starts(f"17 3 * * {field}", count=14) if start < MONDAY + timedelta(days=7)
    }
    assert fired == set(days.split())


@pytest.mark.parametrize(
    "cron",
    ["", "17 3 * *", "17 3 * * * *", "@daily", "60 3 * * *", "17 24 * * *", "17 3 32 * *", "17 3 * 13 *", "17 3 * * 8", "17 3 * * 5-1",
     "17 3 * * fri-mon", "17 3 * * 1-", "17 3 * * */0", "17 3 * * monday", "17 3 * * 1;2", "a b c d e", "17 3 * * -1", "17 3 * * ,"],
)  # fmt: skip
def test_what_is_no_crontab_line_is_told(cron: str) -> None:
    with pytest.raises(ConfigError, match="schedule"):
        nightly(cron, "UTC")


def test_an_unknown_time_zone_is_told() -> None:
    with pytest.raises(ConfigError, match="Nowhere/Land"):
        nightly("17 3 * * *", "Nowhere/Land")


def test_a_day_of_the_month_and_a_day_of_the_week_mean_either() -> None:
    assert [start.strftime("%a %d") for start in starts("0 3 5 * 1", count=4)] == [
        "Mon 02",
        "Thu 05",
        "Mon 09",
        "Mon 16",
    ]


def test_both_on_one_day_start_once() -> None:
    fired = starts("0 3 9 * 1", count=3)
    assert [start.day for start in fired] == [2, 9, 16]


@pytest.mark.parametrize(
    ("zone", "hour"), [("UTC", 3), ("Asia/Shanghai", 19), ("America/New_York", 8), ("Asia/Kolkata", 21)]
)
def test_the_fields_are_read_in_their_time_zone(zone: str, hour: int) -> None:
    assert starts("17 3 * * *", zone, count=1)[0].hour == hour


def test_the_night_keeps_its_local_hour_when_the_clocks_change() -> None:
    spring = [
        start.strftime("%d %H:%M")
        for start in starts("17 3 * * *", "Europe/Berlin", datetime(2026, 3, 28, tzinfo=UTC), 3)
    ]
    autumn = [
        start.strftime("%d %H:%M")
        for start in starts("17 3 * * *", "Europe/Berlin", datetime(2026, 10, 24, tzinfo=UTC), 3)
    ]
    assert spring == ["28 02:17", "29 01:17", "30 01:17"]
    assert autumn == ["24 01:17", "25 02:17", "26 02:17"]


def test_an_hour_that_is_left_out_in_spring_still_has_its_start() -> None:
    fired = starts("30 2 * * *", "Europe/Berlin", datetime(2026, 3, 28, 12, tzinfo=UTC), 2)
    assert [start.date().day for start in fired] == [29, 30]


@given(st.text(alphabet="0123456789*/-,smtwfunoedrhi ", max_size=14))
def test_any_fifth_field_is_read_or_told(field: str) -> None:
    try:
        trigger = nightly(f"17 3 * * {field}", "UTC")
    except ConfigError:
        return
    fired = trigger.get_next_fire_time(None, MONDAY)
    assert fired is not None
    assert fired - MONDAY < timedelta(days=8)


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """A call over one project with a database of its own."""
    settings = Settings(state=tmp_path, project=(ProjectConfig(name="list", paths=("list.md",)),))
    return Call(settings=settings, config=None, paths=(), now=None)


def ended(call: Call, ago: timedelta | None, name: str = "list") -> None:
    """Store a run that ended some time ago; None: it never ended."""
    now = datetime.now(UTC)
    with open_store(call.settings.database_url) as store:
        run = runs.start_run(store, name, now - (ago or timedelta(hours=1)), version="0", pid=1)
        if ago is not None:
            runs.finish_run(store, run, now - ago, state=RunState.DONE)


HOURLY = "0 * * * *"


@pytest.mark.parametrize(
    ("ago", "overdue"),
    [(timedelta(hours=2), True), (timedelta(days=30), True), (timedelta(seconds=0), False), (None, True)],
)
def test_a_start_that_passed_since_the_last_run_is_made_up_for(
    call: Call, ago: timedelta | None, *, overdue: bool
) -> None:
    ended(call, ago)
    now = datetime.now(ZoneInfo("UTC"))
    never_soon = f"{(now.minute + 30) % 60} * * * *"
    cron = HOURLY if ago else never_soon
    assert _is_overdue(call, nightly(cron, "UTC")) is overdue


def test_a_project_that_never_ran_waits_for_its_time(call: Call) -> None:
    assert not _is_overdue(call, nightly(HOURLY, "UTC"))


def test_the_project_that_waits_longest_counts(call: Call) -> None:
    projects = tuple(ProjectConfig(name=name, paths=("list.md",)) for name in ("list", "other"))
    both = Call(settings=call.settings.model_copy(update={"project": projects}), config=None, paths=(), now=None)
    ended(call, timedelta(seconds=0))
    ended(call, timedelta(hours=3), "other")
    assert _is_overdue(both, nightly(HOURLY, "UTC"))


def test_the_child_gets_the_arguments_of_serve() -> None:
    assert _forwarded(["-v", "serve", "--once", "--config", "x.toml", "list.md"]) == [
        "-v",
        "--config",
        "x.toml",
        "list.md",
    ]


@pytest.mark.parametrize(
    ("codes", "counts"),
    [
        ([], Exit.DONE), ([0, 1], Exit.FINDINGS), ([1, 4], Exit.PARTIAL), ([4, 3, 1], Exit.UNTRUSTED), ([3, 75, 4], Exit.LOCKED),
        ([75, 2, 3, 4, 1, 0], Exit.USAGE), ([0, -9], Exit.USAGE), ([0, 127], Exit.USAGE),
    ],
)  # fmt: skip
def test_the_exit_code_that_counts_when_several_apply(codes: list[int], counts: Exit) -> None:
    assert worst(codes) is counts
