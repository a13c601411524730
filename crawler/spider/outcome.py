"""From what a look saw to an observation: the one place where responses and failures become facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from scrapy.http import Response

from crawler.domain.observation import Failure, Observation, Skip
from crawler.spider.errors import FetchError
from crawler.spider.look import Look

# The headers that decide something, and why each is kept.
DECIDING_HEADERS: Mapping[str, str] = {
    "server": "names challenge and parking services",
    "location": "shows a redirect that was not followed",
    "retry-after": "the server's own wish",
    "www-authenticate": "a login is asked for",
    "cf-mitigated": "Cloudflare challenge",
    "cf-ray": "Cloudflare answered",
    "x-vercel-mitigated": "Vercel challenge",
    "x-datadome": "DataDome wall",
    "x-dd-b": "DataDome wall",
    "x-amzn-waf-action": "AWS WAF challenge or captcha",
    "x-sucuri-block": "Sucuri wall",
    "x-github-request-id": "GitHub answered",
    "x-robots-tag": "the page asks not to be indexed",
    "x-redirect-by": "what made the redirect",
    "refresh": "a redirect in a header",
    "link": "canonical address in a header",
    "etag": "condition for the next look",
    "last-modified": "condition for the next look",
    "content-language": "language of the page",
    "content-disposition": "a file, not a page",
    "content-encoding": "why no text was read",
}
_LONGEST_HEADER = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # the writer puts the recorded time in


def observed(look: Look, **facts: object) -> Observation:
    """Return an observation of a look; its time is set when it is written.

    `final_url` is where the chain ended in a response, None where it did not.
    """
    ended = look.hops and facts.get("status") is not None
    return Observation(
        url=look.probe.url,
        at=_EPOCH,
        purpose=look.probe.purpose,
        attempt=look.attempt,
        hops=tuple(look.hops),
        final_url=look.hops[-1].url if ended else None,
        elapsed_ms=round(look.spent * 1000) if look.hops or look.spent else None,
        **facts,  # type: ignore[arg-type]
    )


def answered(look: Look, response: Response, *, retry_after: timedelta | None) -> Observation:
    """Return the observation of a chain that ended in a response; its page is read later."""
    headers = response.headers
    length = _text(headers.get("Content-Length")).strip()
    return observed(
        look,
        status=response.status,
        headers=_deciding(response, retry_after),
        content_type=_text(headers.get("Content-Type"))[:200] or None,
        content_length=int(length) if length.isascii() and length.isdigit() and len(length) < 19 else None,
        truncated=bool({"truncated", "dataloss"} & set(response.flags)),
        address=str(response.ip_address) if response.ip_address else None,
    )


def broken_redirect(look: Look, response: Response, failure: Failure, detail: str) -> Observation:
    """Return the observation of a chain that leads nowhere; the last hop's status is kept."""
    return observed(
        look,
        status=response.status,
        failure=failure,
        detail=detail,
        headers=_deciding(response, None),
        address=str(response.ip_address) if response.ip_address else None,
    )


def failed(look: Look, error: FetchError) -> Observation:
    """Return the observation of a try that got no response."""
    place = f", at {look.url[:_LONGEST_HEADER]}" if look.hops else ""
    return observed(look, failure=error.failure, detail=error.detail + place)


def skipped(look: Look, skip: Skip, detail: str = "") -> Observation:
    """Return the observation of a look that was not taken."""
    return observed(look, skip=skip, detail=detail)


def _deciding(response: Response, retry_after: timedelta | None) -> dict[str, str]:
    sent = ((name.decode("latin-1").lower(), values) for name, values in response.headers.items())
    kept = {name: _text(values[0])[:_LONGEST_HEADER] for name, values in sent if values and name in DECIDING_HEADERS}
    if retry_after is not None:
        kept["retry-after"] = f"{retry_after.total_seconds():.0f}"
    return kept


def _text(value: bytes | None) -> str:
    text = (value or b"").decode("utf-8", "replace")
    return "".join(char if char.isprintable() else " " for char in text)
