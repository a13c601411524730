"""The tables. Singular names; enums stored by value; times are aware UTC; every column says what it holds.

Long texts (URLs, raw link texts) are unique through a SHA-256 digest beside them: PostgreSQL
refuses index rows over 2,704 bytes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, ForeignKey, Index, Integer, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Key = BigInteger().with_variant(Integer, "sqlite")


class Moment(TypeDecorator[datetime]):
    """An aware datetime, stored as UTC; SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map = {datetime: Moment, dict[str, Any]: JSON, list[Any]: JSON, str: Text}  # noqa: RUF012 (SQLAlchemy reads it as it is)


def _column(comment: str, *args: Any, **kwargs: Any) -> Mapped[Any]:
    return mapped_column(*args, comment=comment, **kwargs)


class ProjectRow(Base):
    """One list, documentation tree or site."""

    __tablename__ = "project"

    id: Mapped[int] = _column("surrogate key", Key, primary_key=True)
    name: Mapped[str] = _column("stable name from the configuration", String(200), unique=True)
    baseline_at: Mapped[datetime | None] = _column("when its dead links were accepted as known")


class RunRow(Base):
    """One run of one project."""

    __tablename__ = "run"

    id: Mapped[int] = _column("surrogate key", Key, primary_key=True)
    project_id: Mapped[int] = _column("whose run", ForeignKey("project.id"), index=True)
    started_at: Mapped[datetime] = _column("recorded start (--now where given)")
    finished_at: Mapped[datetime | None] = _column("recorded end; empty while it runs")
    state: Mapped[str] = _column("running, done, partial, untrusted or aborted", String(16))
    reason: Mapped[str | None] = _column("why it is partial, untrusted or aborted")
    pid: Mapped[int | None] = _column("process that runs it")
    tool_version: Mapped[str] = _column("version of the program", String(40))
    stats: Mapped[dict[str, Any]] = _column("counts: requests, hosts, links ...", default=dict)
    counts: Mapped[dict[str, Any]] = _column("findings by section, for the next report's deltas", default=dict)


class SourceRow(Base):
    """One file or site that holds links."""

    __tablename__ = "source"
    __table_args__ = (Index("uq_source_project_id_digest", "project_id", "digest", unique=True),)

    id: Mapped[int] = _column("surrogate key", Key, primary_key=True)
    project_id: Mapped[int] = _column("whose source", ForeignKey("project.id"))
    path: Mapped[str] = _column("path as given or found, or web address")
    digest: Mapped[str] = _column("SHA-256 of path", String(64))


class UrlRow(Base):
    """One target."""

    __tablename__ = "url"

    id: Mapped[int] = _column("surrogate key", Key, primary_key=True)
    canonical: Mapped[str] = _column("WHATWG href without fragment and userinfo; the raw text where invalid")
    digest: Mapped[str] = _column("SHA-256 of canonicaliser version and canonical", String(64), unique=True)
    canonicaliser: Mapped[str] = _column("version of the canonicaliser", String(32))
    alias_of: Mapped[int | None] = _column("the URL that a newer canonicaliser gives", ForeignKey("url.id"))
    scheme: Mapped[str] = _column("scheme, or 'invalid'", String(64))
    host: Mapped[str] = _column("ASCII host, empty where there is none", index=True)
    first_seen_at: Mapped[datetime] = _column("when a run first found it")


class LinkRow(Base):
    """One occurrence: file, line, text."""

    __tablename__ = "link"
    __table_args__ = (
        Index("uq_link_source_id_raw_digest_nth", "source_id", "raw_digest", "nth", unique=True),
        Index("ix_link_url_id", "url_id"),
    )

    id: Mapped[int] = _column("surrogate key", Key, primary_key=True)
    source_id: Mapped[int] = _column("where it stands", ForeignKey("source.id"))
    url_id: Mapped[int] = _column("what it points to", ForeignKey("url.id"))
    raw: Mapped[str] = _column("exact text in the source")
    raw_digest: Mapped[str] = _column("SHA-256 of raw", String(64))
    nth: Mapped[int] = _column("counts equal raw texts in one source from 0")
    href: Mapped[str] = _column("WHATWG href with fragment, without userinfo")
    fragment: Mapped[str | None] = _column("fragment that it asks for")
    line: Mapped[int] = _column("1-based line at the last run")
    col: Mapped[int] = _column("1-based column in code points at the last run")
    text: Mapped[str] = _column("visible text")
    kind: Mapped[str] = _column("construct of the format", String(64))
    optional: Mapped[bool] = _column("code, comment or front matter")
    problem: Mapped[str | None] = _column("why it is no URL")
    ignored: Mapped[str | None] = _column("reason of an ignore comment")
    added_at: Mapped[datetime | None] = _column("first appearance in the version history")
    first_run_id: Mapped[int] = _column("run that first found it", ForeignKey("run.id"))
    last_run_id: Mapped[int] = _column("last run that found it", ForeignKey("run.id"), index=True)


class ProbeRow(Base):
    """A request for traffic, and whether it was answered."""

    __tablename__ = "probe"
    __table_args__ = (
        Index("uq_probe_run_id_purpose_digest", "run_id", "purpose", "digest", unique=True),
        Index("ix_probe_run_id_state", "run_id", "state"),
    )

    id: Mapped[int] = _column("surrogate key", Key, primary_key=True)
    run_id: Mapped[int] = _column("in which run", ForeignKey("run.id"))
    url_id: Mapped[int] = _column("for which URL", ForeignKey("url.id"))
    target: Mapped[str] = _column("what to fetch, canonical")
    digest: Mapped[str] = _column("SHA-256 of target", String(64))
    purpose: Mapped[str] = _column("check, recheck, sibling, witness, candidate, memento or page", String(16))
    asked_by: Mapped[str] = _column("stage that asks", String(32))
    due_at: Mapped[datetime] = _column("not before")
    state: Mapped[str] = _column("due or done", String(8))
    depth: Mapped[int] = _column("clicks from a site's start page", default=0)
    want_text: Mapped[bool] = _column("whether the page's text is needed")
    fragments: Mapped[list[Any]] = _column("fragments that links ask for")


class ObservationRow(Base):
    """One look: immutable."""

    __tablename__ = "observation"
    __table_args__ = (Index("ix_observation_url_id_at", "url_id", "at"),)

    id: Mapped[int] = _column("surrogate key", Key, primary_key=True)
    probe_id: Mapped[int] = _column("the probe that it answers; one final observation each", unique=True)
    run_id: Mapped[int] = _column("in which run", ForeignKey("run.id"), index=True)
    url_id: Mapped[int] = _column("of which URL", ForeignKey("url.id"))
    purpose: Mapped[str] = _column("as the probe's", String(16))
    at: Mapped[datetime] = _column("when")
    url: Mapped[str] = _column("asked URL")
    final_url: Mapped[str | None] = _column("URL of the last response")
    status: Mapped[int | None] = _column("its status")
    failure: Mapped[str | None] = _column("why there was no usable answer", String(32))
    skip: Mapped[str | None] = _column("why it was not looked at", String(16))
    attempt: Mapped[int] = _column("tries in this look")
    elapsed_ms: Mapped[int | None] = _column("wall time of the last try, milliseconds")
    facts: Mapped[dict[str, Any]] = _column("hops, deciding headers, page facts, fragments, profile")


class JudgementRow(Base):
    """What the rules say of an observation; can be computed again."""

    __tablename__ = "judgement"

    project_id: Mapped[int] = _column("under whose policy", ForeignKey("project.id"), primary_key=True)
    observation_id: Mapped[int] = _column("the judged look", ForeignKey("observation.id"), primary_key=True, index=True)
    url_id: Mapped[int] = _column("of which URL", ForeignKey("url.id"), index=True)
    verdict: Mapped[str] = _column("verdict", String(16))
    rule: Mapped[str] = _column("name of the rule that fired", String(64))
    evidence: Mapped[list[Any]] = _column("named facts it rests on")
    warnings: Mapped[list[Any]] = _column("warnings")
    rule_set: Mapped[str] = _column("version of the rules", String(32))


class HealthRow(Base):
    """Where a URL stands after all its judgements."""

    __tablename__ = "health"

    project_id: Mapped[int] = _column("under whose policy", ForeignKey("project.id"), primary_key=True)
    url_id: Mapped[int] = _column("which URL", ForeignKey("url.id"), primary_key=True)
    health: Mapped[str] = _column("unknown, ok, suspect, broken or recovering", String(16))
    since: Mapped[datetime | None] = _column("when the state was entered")
    strikes: Mapped[list[Any]] = _column("run date, time and class of each failure since it was up")
    last_up: Mapped[datetime | None] = _column("when it was last alive")
    first_down: Mapped[datetime | None] = _column("when the present failure began")
    neutral_since: Mapped[datetime | None] = _column("when neutral answers began")
    observation_id: Mapped[int] = _column("the look that led here")
    accepted: Mapped[str | None] = _column("baseline: the verdict that was accepted", String(16))
    accepted_at: Mapped[datetime | None] = _column("baseline: when")


class TransitionRow(Base):
    """A change of health."""

    __tablename__ = "transition"

    id: Mapped[int] = _column("surrogate key", Key, primary_key=True)
    project_id: Mapped[int] = _column("whose", ForeignKey("project.id"), index=True)
    url_id: Mapped[int] = _column("of which URL", ForeignKey("url.id"), index=True)
    run_id: Mapped[int] = _column("in which run", ForeignKey("run.id"))
    before: Mapped[str] = _column("health before", String(16))
    after: Mapped[str] = _column("health after", String(16))
    at: Mapped[datetime] = _column("when")
    why: Mapped[str] = _column("verdict and rule")


class TransitionTakenRow(Base):
    """A consumer took a transition: once."""

    __tablename__ = "transition_taken"

    transition_id: Mapped[int] = _column("which", ForeignKey("transition.id"), primary_key=True)
    consumer: Mapped[str] = _column("archive, publish or notify", String(32), primary_key=True)
    at: Mapped[datetime] = _column("when")


class MementoRow(Base):
    """What is known of archived copies of a URL."""

    __tablename__ = "memento"

    url_id: Mapped[int] = _column("of which URL", ForeignKey("url.id"), primary_key=True)
    state: Mapped[str] = _column("unknown, none, found, unusable or excluded", String(16))
    checked_at: Mapped[datetime] = _column("when it was looked for")
    archive: Mapped[str] = _column("which archive answered")
    view_url: Mapped[str | None] = _column("address for people")
    timestamp: Mapped[datetime | None] = _column("when it was captured")
    status: Mapped[int | None] = _column("archived status")
    verified: Mapped[bool] = _column("whether the raw replay was fetched and fits")
    title: Mapped[str | None] = _column("its title")
    reasons: Mapped[list[Any]] = _column("what was checked and what spoke against a copy")
    retry_at: Mapped[datetime | None] = _column("not before, where the archive asked for a pause")


class CaptureRow(Base):
    """A request to archive a URL: the newest one."""

    __tablename__ = "capture"

    url_id: Mapped[int] = _column("of which URL", ForeignKey("url.id"), primary_key=True)
    state: Mapped[str] = _column("requested, pending, saved, unconfirmed, refused, pointless or deferred", String(16))
    asked_at: Mapped[datetime] = _column("when")
    job_id: Mapped[str | None] = _column("the archive's job")
    timestamp: Mapped[datetime | None] = _column("when it was captured")
    view_url: Mapped[str | None] = _column("address for people")
    code: Mapped[str | None] = _column("the archive's word for a refusal")
    detail: Mapped[str] = _column("in words")
    retry_at: Mapped[datetime | None] = _column("not before")


class PauseRow(Base):
    """A service that must be left alone for a while."""

    __tablename__ = "pause"

    service: Mapped[str] = _column("archive-save or archive-read", String(32), primary_key=True)
    until: Mapped[datetime] = _column("not before")
    reason: Mapped[str] = _column("what it answered")


class SuggestionRow(Base):
    """A verified candidate for a URL; ranked."""

    __tablename__ = "suggestion"
    __table_args__ = (Index("ix_suggestion_project_id_url_id", "project_id", "url_id"),)

    id: Mapped[int] = _column("surrogate key", Key, primary_key=True)
    project_id: Mapped[int] = _column("whose", ForeignKey("project.id"))
    url_id: Mapped[int] = _column("instead of which URL", ForeignKey("url.id"))
    rank: Mapped[int] = _column("from 1; 0 for a candidate that lost")
    target: Mapped[str] = _column("suggested URL")
    kind: Mapped[str] = _column("where it comes from", String(32))
    confidence: Mapped[str] = _column("suggested, possible or rejected", String(16))
    evidence: Mapped[list[Any]] = _column("how it was verified, or why it lost")
    at: Mapped[datetime] = _column("when")


class IssueRow(Base):
    """An issue on a tracker that is ours."""

    __tablename__ = "issue"
    __table_args__ = (Index("uq_issue_project_repo_key", "project", "repo", "key", unique=True),)

    id: Mapped[int] = _column("surrogate key", Key, primary_key=True)
    project: Mapped[str] = _column("project's name", String(200))
    repo: Mapped[str] = _column("tracker and repository", String(300))
    key: Mapped[str] = _column("key in its hidden marker", String(64))
    number: Mapped[int | None] = _column("its number there")
    state: Mapped[str] = _column("open, closed or muted", String(16))
    facts: Mapped[dict[str, Any]] = _column("body hash, title, who closed it ...")


class IssueCallRow(Base):
    """A planned write to a tracker: committed before it is sent."""

    __tablename__ = "issue_call"
    __table_args__ = (Index("ix_issue_call_project_repo_state", "project", "repo", "state"),)

    id: Mapped[str] = _column("identity of the call", String(64), primary_key=True)
    project: Mapped[str] = _column("project's name", String(200))
    repo: Mapped[str] = _column("tracker and repository", String(300))
    key: Mapped[str] = _column("key of the issue", String(64))
    op: Mapped[str] = _column("create, update, close, reopen or comment", String(16))
    payload: Mapped[dict[str, Any]] = _column("what is sent")
    state: Mapped[str] = _column("planned, sent or dropped", String(16))
    position: Mapped[int] = _column("order within the plan")
    result: Mapped[dict[str, Any] | None] = _column("what came back", JSON)
