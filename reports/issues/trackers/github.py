"""GitHub's REST API for issues, on github.com and on an Enterprise Server (`https://host/api/v3`).

Outside facts (docs.github.com, REST API: best practices, rate limits, issues; read 2026): writes go one
at a time, a second apart; `retry-after` is obeyed, else `x-ratelimit-reset` when `x-ratelimit-remaining`
is 0, else a minute; both kinds of limit answer 403 or 429 and did nothing. The list of issues holds pull
requests, too. A deleted issue answers 410 (404 where one may not know), a transferred one 301, and a
repository without issues 410 or 404: which of them it is, the repository itself tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, Self

from reports.issues.clock import Clock
from reports.issues.model import Json, TrackerSettings
from reports.issues.trackers.base import Problem, RemoteIssue, TrackerRefused
from reports.issues.trackers.transport import Answer, Transport

API_VERSION: Final = "2022-11-28"
_INSIDERS: Final = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
_LOCKED: Final = re.compile(r"\blocked\b", re.IGNORECASE)
_PAGES: Final = 200


class GitHub:
    """The issues of one repository on GitHub. Close it, or use it as a context manager."""

    def __init__(self, settings: TrackerSettings, clock: Clock) -> None:
        """Connect to nothing yet. ConfigError when the address, the repository or the token cannot be used."""
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": API_VERSION}
        self._http = Transport(settings, clock, headers)
        self._repo = f"/repos/{settings.repo}"
        self._name = settings.repo
        self._login: tuple[str | None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"GitHub({self._name!r})"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def whoami(self) -> str | None:
        """Return the token's account; None for the token of a workflow or an app, which may not ask."""
        if self._login is None:
            answer = self._http.read("/user")
            if answer.status == 401:
                raise self._refusal(answer, "reading the account")
            self._login = (_field(answer.json, "login") if answer.status == 200 else None,)
        return self._login[0]

    def get(self, number: int) -> RemoteIssue:
        """Return one issue by its number."""
        answer = self._http.read(f"{self._repo}/issues/{number}")
        if answer.status != 200:
            raise self._refusal(answer, f"reading #{number}", number)
        if "pull_request" in answer.json:
            raise TrackerRefused(f"#{number} in {self._name} is a pull request, no issue", Problem.ISSUE_DELETED)
        return _issue(answer.json)

    def scan(self) -> Sequence[RemoteIssue]:
        """Return all issues, newest first, without filters; pull requests are left out."""
        rows = list(self._pages(f"{self._repo}/issues", {"state": "all", "sort": "created", "direction": "desc"}))
        if not any(_field(row, "state") == "open" for row in rows):
            self._must_be_empty()
        return [_issue(row) for row in rows if "pull_request" not in row]

    def create(self, payload: Json) -> RemoteIssue:
        """Open an issue."""
        answer = self._http.post(f"{self._repo}/issues", payload)
        if answer.status != 201:
            raise self._refusal(answer, "opening an issue")
        try:
            return _issue(answer.json)
        except TrackerRefused as error:
            raise TrackerRefused(str(error), Problem.AMBIGUOUS) from error

    def update(self, number: int, payload: Json) -> RemoteIssue:
        """Change an issue."""
        answer = self._http.patch(f"{self._repo}/issues/{number}", payload)
        if answer.status != 200:
            raise self._refusal(answer, f"changing #{number}", number)
        return _issue(answer.json)

    def comment(self, number: int, body: str) -> None:
        """Add a comment."""
        answer = self._http.post(f"{self._repo}/issues/{number}/comments", {"body": body})
        if answer.status != 201:
            raise self._refusal(answer, f"commenting on #{number}", number)

    def comments(self, number: int) -> Sequence[str]:
        """Return the texts of an issue's comments, oldest first."""
        rows = self._pages(f"{self._repo}/issues/{number}/comments", {}, number)
        return [row.get("body") or "" for row in rows]

    def _pages(self, path: str, query: dict[str, str], number: int | None = None) -> Iterator[Any]:
        for page in range(1, _PAGES + 1):
            answer = self._http.read(path, {**query, "per_page": "100", "page": str(page)})
            if answer.status != 200:
                raise self._refusal(answer, "listing", number)
            if not isinstance(answer.json, list):
                raise _foreign("no list")
            yield from answer.json
            if not answer.has_next:
                return

    def _must_be_empty(self) -> None:
        """Refuse to believe that there is no open issue when the repository counts some."""
        answer = self._http.read(self._repo)
        if answer.status != 200:
            raise self._refusal(answer, "reading the repository")
        count = _field(answer.json, "open_issues_count") - self._open_pulls()
        if count > 0:
            raise TrackerRefused(
                f"{self._name} lists no open issue but counts {count}: the list cannot be believed now, try later",
                Problem.UNBELIEVABLE,
            )

    def _open_pulls(self) -> float:
        """Count the open pull requests, which GitHub counts as issues; without end where the token may not see them."""
        try:
            return sum(1 for _ in self._pages(f"{self._repo}/pulls", {"state": "open"}))
        except TrackerRefused as refusal:
            if not refusal.permanent:
                raise
            return float("inf")

    def _refusal(self, answer: Answer, doing: str, number: int | None = None) -> TrackerRefused:
        said = f"{doing} in {self._name}: {answer.status} {answer.message}".rstrip()
        match answer.status:
            case 401:
                return TrackerRefused(f"GitHub does not accept the token ({said}); renew it", Problem.UNAUTHORISED)
            case 403 if _LOCKED.search(answer.message):
                return TrackerRefused(f"the conversation is locked ({said})", Problem.ISSUE_LOCKED)
            case 403:
                return TrackerRefused(
                    f"the token may not do this ({said}); it needs 'issues: write'", Problem.FORBIDDEN
                )
            case 422 | 400 | 413:
                return TrackerRefused(f"GitHub rejects what was sent ({said})", Problem.REJECTED)
            case 301 | 307 | 308 | 404 | 410:
                return self._missing(said, answer.status, number)
            case _:
                return TrackerRefused(f"GitHub gave no usable answer ({said}); try later", Problem.UNREACHABLE)

    def _missing(self, said: str, status: int, number: int | None) -> TrackerRefused:
        """Ask the repository why something is not there."""
        repository = self._http.read(self._repo)
        if repository.status in (301, 307, 308):
            return TrackerRefused(
                f"the repository has moved ({said}); set tracker.repo to its new name", Problem.REPOSITORY_MOVED
            )
        if repository.status != 200:
            return TrackerRefused(
                f"there is no repository {self._name}, or the token may not see it ({said})", Problem.REPOSITORY_MISSING
            )
        if not repository.json.get("has_issues", True):
            return TrackerRefused(
                f"issues are disabled in {self._name} ({said}); enable them or set tracker.repo to another repository",
                Problem.ISSUES_DISABLED,
            )
        if number is None:
            return TrackerRefused(f"the token may not write issues ({said})", Problem.FORBIDDEN)
        if status in (301, 307, 308):
            return TrackerRefused(
                f"#{number} was transferred to another repository ({said})", Problem.ISSUE_TRANSFERRED
            )
        return TrackerRefused(f"#{number} was deleted ({said})", Problem.ISSUE_DELETED)


def _issue(row: Any) -> RemoteIssue:
    user = row.get("user") or {} if isinstance(row, dict) else {}
    return RemoteIssue(
        number=_field(row, "number"),
        title=_field(row, "title"),
        body=row.get("body") or "",
        is_open=_field(row, "state") == "open",
        author=user.get("login") or "",
        insider=row.get("author_association") in _INSIDERS,
        robot=user.get("type") == "Bot",
        web_url=row.get("html_url") or "",
    )


def _field(content: Any, name: str) -> Any:
    """Return a field that GitHub always sends; TrackerRefused when this is some other server's answer."""
    if isinstance(content, dict) and name in content:
        return content[name]
    raise _foreign(f"no '{name}' in it")


def _foreign(what: str) -> TrackerRefused:
    return TrackerRefused(
        f"the answer is not one of GitHub's ({what}); check tracker.url and the proxy", Problem.UNREACHABLE
    )
