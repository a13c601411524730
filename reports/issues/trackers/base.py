"""What an issue tracker can do for us, and the ways in which it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from crawler.errors import TrackerError
from reports.issues.model import Json


class Problem(StrEnum):
    """Why a tracker did not do what was asked; each has its own message and its own cure."""

    UNAUTHORISED = "unauthorised"
    FORBIDDEN = "forbidden"
    RATE_LIMITED = "rate-limited"
    ISSUES_DISABLED = "issues-disabled"
    REPOSITORY_MISSING = "repository-missing"
    REPOSITORY_MOVED = "repository-moved"
    ISSUE_DELETED = "issue-deleted"
    ISSUE_TRANSFERRED = "issue-transferred"
    ISSUE_LOCKED = "issue-locked"
    REJECTED = "rejected"
    AMBIGUOUS = "ambiguous"
    UNREACHABLE = "unreachable"
    UNBELIEVABLE = "unbelievable"


TEMPORARY = frozenset({Problem.RATE_LIMITED, Problem.AMBIGUOUS, Problem.UNREACHABLE, Problem.UNBELIEVABLE})
OF_ONE_ISSUE = frozenset({Problem.ISSUE_DELETED, Problem.ISSUE_TRANSFERRED, Problem.ISSUE_LOCKED, Problem.REJECTED})


class TrackerRefused(TrackerError):
    """The tracker did not do what was asked; `problem` says why, `retry_after` when a later try makes sense.

    `AMBIGUOUS` is a write of which nobody knows whether it was done.
    """

    def __init__(self, message: str, problem: Problem, retry_after: timedelta | None = None) -> None:
        super().__init__(message, permanent=problem not in TEMPORARY)
        self.problem = problem
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteIssue:
    """An issue as the tracker shows it.

    `insider`: its author belongs to the repository; `robot`: it was written by an app or a workflow.
    """

    number: int
    title: str
    body: str
    is_open: bool
    author: str
    insider: bool = False
    robot: bool = False
    web_url: str = ""


class Tracker(Protocol):
    """An issue tracker of one repository. Every method raises `TrackerRefused`."""

    def whoami(self) -> str | None:
        """Return the account that the token belongs to; None where the token may not ask."""
        ...

    def get(self, number: int) -> RemoteIssue:
        """Return one issue by its number; a pull request of that number is no issue (`ISSUE_DELETED`)."""
        ...

    def scan(self) -> Sequence[RemoteIssue]:
        """Return all issues, open and closed, newest first; never an empty list that cannot be believed."""
        ...

    def create(self, payload: Json) -> RemoteIssue:
        """Open an issue; sent once, `AMBIGUOUS` when its fate is not known."""
        ...

    def update(self, number: int, payload: Json) -> RemoteIssue:
        """Change an issue; the same change twice is harmless, so it is tried again after a failure."""
        ...

    def comment(self, number: int, body: str) -> None:
        """Add a comment; sent once, `AMBIGUOUS` when its fate is not known."""
        ...

    def comments(self, number: int) -> Sequence[str]:
        """Return the texts of an issue's comments, oldest first."""
        ...
