"""A fake web on loopback: many hosts on one http and one https port, every behaviour scripted.

    with FakeWeb() as web:
        web.set("http://a.example/x", Reply(404))
        web.set("http://a.example/old", redirect("/x", 301))
        web.set("http://slow.example/", Hang())
        crawl(..., [web.url("a.example", "/x")])
        web.requests("a.example"), web.peak("a.example"), web.gaps("a.example")

Names are told apart by the Host header (https: by SNI, too); scheme and port of a key are ignored, so
that a URL with the fake's port may be given. What is not set answers `web.default` (200, a small page).
Behaviours may be switched while the server runs. Make names resolve with `tests.fakes.dns.FakeDns`,
which answers 127.0.0.1 for everything, and open 127.0.0.0/8 in the crawl's `allow_private`.
"""

from tests.fakes.web.behaviour import (
    Behaviour,
    Close,
    Drip,
    Hang,
    Raw,
    Reply,
    Request,
    Reset,
    Sequence,
    html,
    redirect,
)
from tests.fakes.web.server import FakeWeb

__all__ = [
    "Behaviour",
    "Close",
    "Drip",
    "FakeWeb",
    "Hang",
    "Raw",
    "Reply",
    "Request",
    "Reset",
    "Sequence",
    "html",
    "redirect",
]
