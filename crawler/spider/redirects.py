"""Where a response leads: pure decisions on one hop of a redirect chain (RFC 9110 section 15.4)."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.domain.observation import Failure
from crawler.domain.urls import InvalidUrl, Url, parse
from crawler.spider.look import REDIRECTS, Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """The chain goes on at `url`."""

    url: Url


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The chain ends in a redirect that leads nowhere."""

    failure: Failure
    detail: str


def next_hop(look: Look, status: int, location: str | None, *, most: int) -> Follow | Broken | None:
    """Return how a chain goes on after a response, or None where it has arrived.

    A URL that is asked for a second time with the same cookies is a loop. `look.hops` already
    holds this response.
    """
    if status not in REDIRECTS:
        return None
    if location is None or not location.strip():
        return Broken(failure=Failure.BAD_LOCATION, detail=f"{status} without a Location")
    try:
        target = parse(_escaped(location.strip()), look.url)
    except InvalidUrl:
        return Broken(failure=Failure.BAD_LOCATION, detail=f"the Location is no URL: {location.strip()[:100]}")
    if not target.fetchable:
        return Broken(failure=Failure.BAD_LOCATION, detail=f"the Location is a {target.scheme}: URL")
    if (target.canonical, look.jar.state(target)) in look.seen:
        return Broken(failure=Failure.REDIRECT_LOOP, detail=f"redirects to {target.canonical[:200]} again")
    if len(look.hops) > most:
        return Broken(failure=Failure.TOO_MANY_REDIRECTS, detail=f"more than {most} redirects")
    return Follow(url=target)


def _escaped(location: str) -> str:
    """Drop what a URL parser would carry on silently: control characters within a Location."""
    return "".join(char for char in location if ord(char) >= 32)
