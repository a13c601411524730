"""Our archive client against the fake, on one clock that does not sleep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crawler.archives import Archive, ArchiveSettings
from tests.fakes.archive import FakeArchive

PAGE = "https://example.org/guide/frogs"
NEAR = datetime(2021, 6, 1, tzinfo=UTC)
FROGS = (
    b"<html><head><title>Frogs of the north</title></head><body><h1>Frogs</h1><p>"
    + b"The common frog lives in ponds, and sings in March when the ice is gone. " * 8
    + b"</p></body></html>"
)
MISSING = b"<html><head><title>Page not found</title></head><body><p>Sorry.</p></body></html>"


def client(fake: FakeArchive, **changes) -> Archive:
    """A client with short real timeouts and the real paces, which pass on the fake's clock."""
    values = {
        "url": fake.url,
        "availability_url": fake.url,
        "user_agent": "Mozilla/5.0 (compatible; lvigil/0; +https://example.org/contact)",
        "timeout": timedelta(seconds=0.4),
        "connect_timeout": timedelta(seconds=2),
        "deadline": timedelta(seconds=0.8),
    }
    return Archive(ArchiveSettings(**{**values, **changes}), clock=fake.clock)
