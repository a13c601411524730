"""The values of the issue room: what is configured, what is known of our issues, what is to be written.

Everything here is plain and JSON-serialisable (`to_json`/`from_json`), so that it maps on two tables:
`issue` holds a `KnownIssue`, `issue_call` a `PlannedCall` with its state.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

Json = dict[str, Any]
BODY_LIMIT: Final = 58_000  # GitHub refuses more than 65,536; room for what it adds when rendering


class Mode(StrEnum):
    """How findings become issues: one for the whole list, one a link, or none."""

    DASHBOARD = "dashboard"
    PER_LINK = "per-link"
    NONE = "none"


class IssueState(StrEnum):
    """What we know of one of our issues.

    `muted`: a person closed it (or deleted or moved it away) while links were broken, so it is left
    alone until everything has been repaired once. `absent`: the whole tracker was looked through and
    holds no such issue.
    """

    OPEN = "open"
    CLOSED = "closed"
    MUTED = "muted"
    ABSENT = "absent"


class Hold(StrEnum):
    """Why an issue's state is a person's decision that we do not undo."""

    NONE = ""
    CLOSED_BY_PERSON = "closed-by-person"
    REOPENED_BY_PERSON = "reopened-by-person"
    DELETED = "deleted"
    TRANSFERRED = "transferred"
    NOT_OURS = "not-ours"


class Kind(StrEnum):
    """What an issue is about: the whole list, one link, or nothing that another does not say already."""

    DASHBOARD = "dashboard"
    LINK = "link"
    DUPLICATE = "duplicate"


class Op(StrEnum):
    """The writes that a tracker knows."""

    CREATE = "create"
    UPDATE = "update"
    CLOSE = "close"
    REOPEN = "reopen"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerSettings:
    """Where and how issues are written. `url` is the API's base, `report_url` the full report's web address.

    `labels` are set when an issue is made and left alone afterwards. `title` replaces the dashboard's
    own. `max_writes` caps the calls of one run, `spacing` is the least pause between two writes and
    `max_wait` the longest that one call waits for a rate limit, both in seconds.
    """

    kind: str = "github"
    url: str = "https://api.github.com"
    repo: str
    token: str = field(default="", repr=False)
    mode: Mode = Mode.DASHBOARD
    max_new: int = 5
    max_open: int = 20
    max_writes: int = 60
    labels: tuple[str, ...] = ("linkvigil",)
    title: str | None = None
    spacing: float = 1.0
    max_wait: float = 300.0
    timeout: float = 20.0
    ca_bundle: str | None = None
    proxy: str | None = field(default=None, repr=False)
    report_url: str | None = None

    @property
    def place(self) -> str:
        """Tracker and repository in one text: the `repo` of the ledger's rows."""
        return f"{self.url.rstrip('/')}/{self.repo}"

    @property
    def is_github_com(self) -> bool:
        """Whether the tracker is github.com itself, where links to issues leave backlinks."""
        return urlsplit(self.url).hostname == "api.github.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownIssue:
    """One of our issues as we last knew it; unique by project, repo and key.

    `url` is the link of a per-link issue. `closed_by_us` tells our own closing from a person's.
    `body_hash` covers what the body says, see `body.fingerprint`. `author` is the account that wrote it,
    `listed` the keys of the findings that its body called dead when it was last written.
    """

    project: str
    repo: str
    key: str
    kind: Kind
    state: IssueState
    number: int | None = None
    title: str = ""
    body_hash: str = ""
    closed_by_us: bool = False
    hold: Hold = Hold.NONE
    url: str | None = None
    author: str | None = None
    listed: tuple[str, ...] = ()
    updated_at: datetime | None = None

    def to_json(self) -> Json:
        """Return it as plain JSON; times as ISO 8601."""
        return _plain(asdict(self))

    @classmethod
    def from_json(cls, values: Json) -> KnownIssue:
        """Read what `to_json` wrote."""
        return cls(
            **{
                **values,
                "kind": Kind(values["kind"]),
                "state": IssueState(values["state"]),
                "hold": Hold(values.get("hold", "")),
                "listed": tuple(values.get("listed", ())),
                "updated_at": _moment(values.get("updated_at")),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """One write that is to be sent, with the reason for a reader.

    `payload` is what the tracker gets: `title`, `body`, `labels`, `state`, `state_reason`, without what
    does not change. `number` is None for `create`. `after` is what is known of the issue once the call
    has succeeded (its number, for `create`, comes from the answer); None for `comment`.
    """

    id: str
    project: str
    repo: str
    key: str
    op: Op
    position: int
    reason: str
    payload: Json
    number: int | None = None
    after: KnownIssue | None = None

    def to_json(self) -> Json:
        """Return it as plain JSON."""
        return _plain({**asdict(self), "after": self.after.to_json() if self.after else None})

    @classmethod
    def from_json(cls, values: Json) -> PlannedCall:
        """Read what `to_json` wrote."""
        after = values.get("after")
        return cls(**{**values, "op": Op(values["op"]), "after": KnownIssue.from_json(after) if after else None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The writes of one run in their order.

    `remember` is to be noted in our own database without any call. `notes` are sentences for the
    report: what was left out and why. `withheld` says why nothing may be written at all, or None.
    """

    project: str
    repo: str
    calls: tuple[PlannedCall, ...] = ()
    remember: tuple[KnownIssue, ...] = ()
    notes: tuple[str, ...] = ()
    withheld: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFailure:
    """A write that did not succeed; `pending` means that the next run takes it up again."""

    call: PlannedCall
    problem: str
    message: str
    pending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What came of a plan: the calls that succeeded, and those that failed, in order."""

    sent: tuple[PlannedCall, ...] = ()
    failures: tuple[CallFailure, ...] = ()
    notes: tuple[str, ...] = ()


def _plain(values: Json) -> Json:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
