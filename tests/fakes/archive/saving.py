"""The writing half of the fake: Save Page Now 2 with its jobs and limits, and the older GET /save/<url>."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import parse_qs

from tests.fakes.archive.faults import SAVE_TOO_MANY
from tests.fakes.archive.holdings import Held, Index, surt
from tests.fakes.archive.reply import Reply, html, of_json

Anonymous = Literal["capture", "too-many", "login", "page"]
_LOGIN = {"message": "You need to be logged in to use Save Page Now."}
_AGE = re.compile(r"(\d+)\s*([dhms])")
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What the archive's own crawler got from a site; raise OSError where the host cannot be found."""

    status: int = 200
    body: bytes = b"<html><head><title>Captured</title></head><body><p>A captured page.</p></body></html>"
    mimetype: str = "text/html"
    headers: dict[str, str] = field(default_factory=dict)
    final_url: str | None = None


@dataclass(slots=True)
class Job:
    url: str
    asked_at: datetime
    polls: int = 0
    answer: dict | None = None


class Saving:
    """Knobs are plain attributes.

    `keys`: the access and secret key that are accepted. `anonymous`: what GET /save/<url> without keys
    does. `index_lag`: how long a new capture stays invisible. `pending_polls`: how often a job says
    `pending`. `post_errors` and `job_errors`: a status_ext for a URL at once, or at the end of its job.
    `announcement`: a message with the job id. `origin_fetcher(url)`: the archive's own crawler.
    """

    def __init__(self, index: Index) -> None:
        self.index = index
        self.keys = ("access", "secret")
        self.anonymous: Anonymous = "capture"
        self.origin_fetcher: Callable[[str], Fetched] = lambda url: Fetched()
        self.index_lag = timedelta(0)
        self.pending_polls = 1
        self.post_errors: dict[str, str] = {}
        self.job_errors: dict[str, str] = {}
        self.announcement: str | None = None
        self.sessions = 3
        self.per_minute = 7
        self.per_url_and_day = 5
        self.daily_limit = 30_000
        self.overloaded = False
        self.jobs: dict[str, Job] = {}
        self.captures: list[tuple[datetime, str]] = []

    def post(self, body: str, headers: dict[str, str], now: datetime) -> Reply:
        """POST /save."""
        form = {name: values[-1] for name, values in parse_qs(body).items()}
        url = form.get("url", "")
        wants_json = "application/json" in headers.get("accept", "")
        if not self._knows(headers):
            if wants_json:
                return of_json(_LOGIN, 401)
            return html(f'<html><script>spn.watchJob("{job_id(url)}", "/_static/", 6000);</script></html>')
        if refusal := self._refusal(url, now):
            return refusal
        job = job_id(url)
        value = {"url": url, "job_id": job}
        if recent := self._recent(url, form.get("if_not_archived_within"), now):
            minutes = int((now - recent.time).total_seconds() // 60)
            value["message"] = (
                f"The same snapshot had been made {minutes} minutes ago. You can make new capture of this URL after 1 hour."
            )
            self.jobs[job] = Job(url, now, answer=_success(job, recent))
            return of_json(value)
        if self.announcement:
            value["message"] = self.announcement
        self.jobs[job] = Job(url, now)
        self.captures.append((now, surt(url)))
        return of_json(value)

    def status(self, job: str, headers: dict[str, str], now: datetime) -> Reply:
        """GET /save/status/<job>; a made-up or expired job is pending for ever."""
        if not self._knows(headers):
            return of_json(_LOGIN, 401)
        if job == "user":
            return of_json(self._user(now))
        if job == "system":
            return html("overloaded", 502) if self.overloaded else of_json({"status": "ok", "recent_captures": 941})
        pending = of_json({"status": "pending", "job_id": job, "resources": []}, Retry_After="6")
        known = self.jobs.get(job)
        if known is None or now - known.asked_at > timedelta(hours=1):
            return pending
        known.polls += 1
        if known.polls <= self.pending_polls:
            return pending
        if known.answer is None:
            known.answer = self._finish(job, known, now)
        return of_json(known.answer)

    def get(self, url: str, headers: dict[str, str], base: str, now: datetime) -> Reply:
        """GET /save/<url>: the old way, without a job."""
        match self.anonymous:
            case "too-many":
                return Reply(status=429, body=SAVE_TOO_MANY.body, headers={"Content-Type": "text/html"})
            case "login":
                return of_json(_LOGIN, 401)
            case "page":
                return html(f'<html><script>spn.watchJob("{job_id(url)}", "/_static/", 6000);</script></html>')
        held = self._capture(url, now)
        if isinstance(held, str):
            return html(f"<html><body>Job failed: {held}</body></html>", 520)
        return html("", 302, Location=f"{base}/web/{held.timestamp}/{held.original}")

    def _knows(self, headers: dict[str, str]) -> bool:
        return headers.get("authorization") == f"LOW {self.keys[0]}:{self.keys[1]}"

    def _refusal(self, url: str, now: datetime) -> Reply | None:
        if code := self.post_errors.get(url):
            return _error(code, "refused as scripted")
        lately = [at for at, _ in self.captures if now - at < timedelta(minutes=1)]
        if len(lately) >= self.per_minute:
            message = "You have already reached the limit of active Save Page Now sessions. Please wait for a minute and then try again."
            return _error("error:user-session-limit", message)
        today = [key for at, key in self.captures if at.date() == now.date()]
        if today.count(surt(url)) >= self.per_url_and_day:
            return _error("error:too-many-daily-captures", "This URL has been already captured 5 times today.")
        return None

    def _recent(self, url: str, within: str | None, now: datetime) -> Held | None:
        age = timedelta(seconds=sum(int(number) * _SECONDS[unit] for number, unit in _AGE.findall(within or "1h")))
        held = [item for item in self.index.held if item.key == surt(url) and now - item.time < age]
        return max(held, key=lambda item: item.timestamp, default=None)

    def _finish(self, job: str, known: Job, now: datetime) -> dict:
        if code := self.job_errors.get(known.url):
            return {
                "status": "error",
                "status_ext": code,
                "message": "failed as scripted",
                "job_id": job,
                "resources": [],
            }
        held = self._capture(known.url, now)
        if isinstance(held, str):
            return {
                "status": "error",
                "status_ext": held,
                "message": f"Couldn't capture {known.url}",
                "job_id": job,
                "resources": [],
            }
        return _success(job, held)

    def _capture(self, url: str, now: datetime) -> Held | str:
        """Capture for real: the holdings grow. Returns the code of an error instead where there is one."""
        try:
            fetched = self.origin_fetcher(url)
        except OSError:
            return "error:invalid-host-resolution"
        if fetched.status >= 400:
            return {404: "error:not-found", 403: "error:no-access", 429: "error:too-many-requests"}.get(
                fetched.status, "error:cannot-fetch"
            )
        held = Held(
            original=fetched.final_url or url,
            timestamp=now.strftime("%Y%m%d%H%M%S"),
            status=fetched.status,
            mimetype=fetched.mimetype,
            body=fetched.body,
            headers=fetched.headers,
            visible_from=now + self.index_lag,
        )
        self.index.held.append(held)
        return held

    def _user(self, now: datetime) -> dict:
        done = sum(at.date() == now.date() for at, _ in self.captures)
        return {
            "available": self.sessions,
            "processing": 0,
            "daily_captures": done,
            "daily_captures_limit": self.daily_limit,
        }


def job_id(url: str) -> str:
    """The real service's ids depend on the URL alone, too."""
    return f"spn2-{hashlib.sha1(url.encode()).hexdigest()}"


def _success(job: str, held: Held) -> dict:
    return {
        "status": "success",
        "job_id": job,
        "original_url": held.original,
        "timestamp": held.timestamp,
        "duration_sec": 16.04,
        "http_status": held.status,
        "counters": {"outlinks": 0, "embeds": 1},
        "resources": [held.original],
        "outlinks": [],
    }


def _error(code: str, message: str) -> Reply:
    return of_json({"status": "error", "status_ext": code, "message": message})
