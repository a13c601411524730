"""A web archive on 127.0.0.1 that behaves as the Wayback Machine was seen to behave.

    with FakeArchive(clock=ManualClock()) as archive:
        archive.add_capture("https://ex.org/a", "20200101000000", body=b"<html>...")
        archive.script("/cdx", [faults.TOO_MANY, faults.PASS, faults.HANG.forever()])
        archive.origin_fetcher = lambda url: Fetched(body=b"<html>...")   # what a capture gets
        archive.saving.index_lag = timedelta(hours=6)                     # new captures stay hidden
        archive.index_per_minute = 30                                     # above it: 429, then a ban
        ...
        assert [entry.path for entry in archive.log] == ["/cdx/search/cdx", ...]

It serves the index (`/cdx/search/cdx`), availability (`/wayback/available`), replay (`/web/<time>[id_]/<url>`),
TimeGate and TimeMap, Save Page Now 2 (`/save`, `/save/status/...`) and the older `GET /save/<url>`.

Two ways in: `archive.url` is a plain http base address for a client that can be pointed elsewhere; and the
same port answers CONNECT for web.archive.org and archive.org with its own certificates, for clients that
cannot (`archive.environment()` for a child process, or `archive.proxy` and `archive.ca_bundle`). Any other
host is refused and noted in `archive.refused_hosts`.
"""

from tests.fakes.archive import faults
from tests.fakes.archive.clock import ManualClock, WallClock
from tests.fakes.archive.faults import Fault, How
from tests.fakes.archive.handler import Logged
from tests.fakes.archive.holdings import Held
from tests.fakes.archive.saving import Fetched, Saving, job_id
from tests.fakes.archive.server import FakeArchive

__all__ = [
    "FakeArchive",
    "Fault",
    "Fetched",
    "Held",
    "How",
    "Logged",
    "ManualClock",
    "Saving",
    "WallClock",
    "faults",
    "job_id",
]
