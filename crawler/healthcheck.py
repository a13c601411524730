"""Pings for a service that notices when a run does not come: Healthchecks, or anything of its shape.

The shape (https://healthchecks.io/docs/http_api/): `URL/start`, then `URL/<exit status>` (0 is
success), `URL` or `URL/fail`; `?rid=<uuid>` pairs a start with its end; the body is a short summary.
The address is a secret: it is never logged, and no library that would log it sends the request.
A ping that fails changes nothing but one line in the log.
"""

from __future__ import annotations

import logging
import ssl
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import httpx

from crawler.config import Settings

log = logging.getLogger(__name__)

Event = Literal["start", "success", "fail"]

_TIMEOUT_S = 10.0
_TRIES = 3
_PAUSE_S = 1.0
_BODY_CAP = 10_000


class Heart:
    """One run's pings. Without an address nothing is sent."""

    def __init__(self, send: Callable[[Event, int | None, str], object]) -> None:
        self._send = send
        self._is_done = False

    def done(self, exit_status: int, summary: str) -> None:
        """Report the run's end; only the first report counts."""
        if not self._is_done:
            self._is_done = True
            self._send("success" if exit_status == 0 else "fail", exit_status, summary)

    def failed(self, summary: str) -> None:
        """Report that the run ended without an exit status."""
        if not self._is_done:
            self._is_done = True
            self._send("fail", None, summary)


@contextmanager
def heartbeat(settings: Settings) -> Iterator[Heart]:
    """Ping the start, hand out what reports the end, and report a failure if an exception ends the run."""
    secret = settings.schedule.healthcheck_url
    if secret is None:
        yield Heart(lambda event, exit_status, body: None)
        return
    url, run_id = secret.get_secret_value(), uuid.uuid4()
    verify = _trust(settings)

    def send(event: Event, exit_status: int | None, body: str) -> bool:
        return ping(url, event, exit_status, run_id, body, verify=verify)

    send("start", None, "")
    heart = Heart(send)
    try:
        yield heart
    except BaseException as error:
        heart.failed(f"the run ended with {type(error).__name__}")
        raise
    heart.done(0, "")


def ping(
    url: str,
    event: Event,
    exit_status: int | None,
    run_id: uuid.UUID,
    body: str = "",
    *,
    verify: ssl.SSLContext | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> bool:
    """Send one ping; return whether it was taken. Never raises for the network's sake.

    Three tries of 10 s; only silence, 429 and 5xx are tried again.
    """
    try:
        target = _target(url, event, exit_status, run_id)
    except httpx.InvalidURL:
        log.warning("healthcheck: %s was not sent: the address is no URL", event)
        return False
    problem = ""
    for attempt in range(1, _TRIES + 1):
        try:
            status = _post(target, body[:_BODY_CAP], verify)
        except (httpx.TransportError, OSError) as error:
            problem = type(error).__name__
        else:
            if status < 400:
                return True
            problem = f"status {status}"
            if status != 429 and status < 500:
                break
        if attempt < _TRIES:
            pause(_PAUSE_S * attempt)
    log.warning("healthcheck: %s was not taken: %s", event, problem)
    return False


def _target(url: str, event: Event, exit_status: int | None, run_id: uuid.UUID) -> httpx.URL:
    base = httpx.URL(url)
    end = {"start": "/start", "success": "", "fail": "/fail"}[event]
    if exit_status is not None and event != "start":
        end = f"/{exit_status}"
    return base.copy_with(path=base.path.rstrip("/") + end).copy_merge_params({"rid": str(run_id)})


def _post(target: httpx.URL, body: str, verify: ssl.SSLContext | None) -> int:
    # httpx.Client logs every URL at INFO; a bare transport does not. It reads no environment either.
    timeout = httpx.Timeout(_TIMEOUT_S).as_dict()
    request = httpx.Request("POST", target, content=body.encode(), extensions={"timeout": timeout})
    with httpx.HTTPTransport(verify=verify or ssl.create_default_context(), trust_env=False) as transport:
        response = transport.handle_request(request)
        response.read()
        return response.status_code


def _trust(settings: Settings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(settings.ca_bundle) if settings.ca_bundle else None)
