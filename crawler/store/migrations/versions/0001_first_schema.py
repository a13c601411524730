"""First schema.

Additive, or say here how it is safe.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "issue",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="surrogate key"),
        sa.Column("project", sa.String(length=200), nullable=False, comment="project's name"),
        sa.Column("repo", sa.String(length=300), nullable=False, comment="tracker and repository"),
        sa.Column("key", sa.String(length=64), nullable=False, comment="key in its hidden marker"),
        sa.Column("number", sa.Integer(), nullable=True, comment="its number there"),
        sa.Column("state", sa.String(length=16), nullable=False, comment="open, closed or muted"),
        sa.Column("facts", sa.JSON(), nullable=False, comment="body hash, title, who closed it ..."),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue")),
    )
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.create_index("uq_issue_project_repo_key", ["project", "repo", "key"], unique=True)

    op.create_table(
        "issue_call",
        sa.Column("id", sa.String(length=64), nullable=False, comment="identity of the call"),
        sa.Column("project", sa.String(length=200), nullable=False, comment="project's name"),
        sa.Column("repo", sa.String(length=300), nullable=False, comment="tracker and repository"),
        sa.Column("key", sa.String(length=64), nullable=False, comment="key of the issue"),
        sa.Column("op", sa.String(length=16), nullable=False, comment="create, update, close, reopen or comment"),
        sa.Column("payload", sa.JSON(), nullable=False, comment="what is sent"),
        sa.Column("state", sa.String(length=16), nullable=False, comment="planned, sent or dropped"),
        sa.Column("position", sa.Integer(), nullable=False, comment="order within the plan"),
        sa.Column("result", sa.JSON(), nullable=True, comment="what came back"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_call")),
    )
    with op.batch_alter_table("issue_call", schema=None) as batch_op:
        batch_op.create_index("ix_issue_call_project_repo_state", ["project", "repo", "state"], unique=False)

    op.create_table(
        "pause",
        sa.Column("service", sa.String(length=32), nullable=False, comment="archive-save or archive-read"),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False, comment="not before"),
        sa.Column("reason", sa.Text(), nullable=False, comment="what it answered"),
        sa.PrimaryKeyConstraint("service", name=op.f("pk_pause")),
    )
    op.create_table(
        "project",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="surrogate key"),
        sa.Column("name", sa.String(length=200), nullable=False, comment="stable name from the configuration"),
        sa.Column(
            "baseline_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when its dead links were accepted as known",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("name", name=op.f("uq_project_name")),
    )
    op.create_table(
        "url",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="surrogate key"),
        sa.Column(
            "canonical",
            sa.Text(),
            nullable=False,
            comment="WHATWG href without fragment and userinfo; the raw text where invalid",
        ),
        sa.Column(
            "digest", sa.String(length=64), nullable=False, comment="SHA-256 of canonicaliser version and canonical"
        ),
        sa.Column("canonicaliser", sa.String(length=32), nullable=False, comment="version of the canonicaliser"),
        sa.Column(
            "alias_of",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="the URL that a newer canonicaliser gives",
        ),
        sa.Column("scheme", sa.String(length=64), nullable=False, comment="scheme, or 'invalid'"),
        sa.Column("host", sa.Text(), nullable=False, comment="ASCII host, empty where there is none"),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False, comment="when a run first found it"),
        sa.ForeignKeyConstraint(["alias_of"], ["url.id"], name=op.f("fk_url_alias_of_url")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_url")),
        sa.UniqueConstraint("digest", name=op.f("uq_url_digest")),
    )
    with op.batch_alter_table("url", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_url_host"), ["host"], unique=False)

    op.create_table(
        "capture",
        sa.Column(
            "url_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="of which URL"
        ),
        sa.Column(
            "state",
            sa.String(length=16),
            nullable=False,
            comment="requested, pending, saved, unconfirmed, refused, pointless or deferred",
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column("job_id", sa.Text(), nullable=True, comment="the archive's job"),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=True, comment="when it was captured"),
        sa.Column("view_url", sa.Text(), nullable=True, comment="address for people"),
        sa.Column("code", sa.Text(), nullable=True, comment="the archive's word for a refusal"),
        sa.Column("detail", sa.Text(), nullable=False, comment="in words"),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True, comment="not before"),
        sa.ForeignKeyConstraint(["url_id"], ["url.id"], name=op.f("fk_capture_url_id_url")),
        sa.PrimaryKeyConstraint("url_id", name=op.f("pk_capture")),
    )
    op.create_table(
        "health",
        sa.Column(
            "project_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="under whose policy",
        ),
        sa.Column("url_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="which URL"),
        sa.Column("health", sa.String(length=16), nullable=False, comment="unknown, ok, suspect, broken or recovering"),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True, comment="when the state was entered"),
        sa.Column(
            "strikes", sa.JSON(), nullable=False, comment="run date, time and class of each failure since it was up"
        ),
        sa.Column("last_up", sa.DateTime(timezone=True), nullable=True, comment="when it was last alive"),
        sa.Column("first_down", sa.DateTime(timezone=True), nullable=True, comment="when the present failure began"),
        sa.Column("neutral_since", sa.DateTime(timezone=True), nullable=True, comment="when neutral answers began"),
        sa.Column("observation_id", sa.Integer(), nullable=False, comment="the look that led here"),
        sa.Column("accepted", sa.String(length=16), nullable=True, comment="baseline: the verdict that was accepted"),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True, comment="baseline: when"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_health_project_id_project")),
        sa.ForeignKeyConstraint(["url_id"], ["url.id"], name=op.f("fk_health_url_id_url")),
        sa.PrimaryKeyConstraint("project_id", "url_id", name=op.f("pk_health")),
    )
    op.create_table(
        "memento",
        sa.Column(
            "url_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="of which URL"
        ),
        sa.Column("state", sa.String(length=16), nullable=False, comment="unknown, none, found, unusable or excluded"),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False, comment="when it was looked for"),
        sa.Column("archive", sa.Text(), nullable=False, comment="which archive answered"),
        sa.Column("view_url", sa.Text(), nullable=True, comment="address for people"),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=True, comment="when it was captured"),
        sa.Column("status", sa.Integer(), nullable=True, comment="archived status"),
        sa.Column("verified", sa.Boolean(), nullable=False, comment="whether the raw replay was fetched and fits"),
        sa.Column("title", sa.Text(), nullable=True, comment="its title"),
        sa.Column("reasons", sa.JSON(), nullable=False, comment="what was checked and what spoke against a copy"),
        sa.Column(
            "retry_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="not before, where the archive asked for a pause",
        ),
        sa.ForeignKeyConstraint(["url_id"], ["url.id"], name=op.f("fk_memento_url_id_url")),
        sa.PrimaryKeyConstraint("url_id", name=op.f("pk_memento")),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="surrogate key"),
        sa.Column(
            "project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="whose run"
        ),
        sa.Column(
            "started_at", sa.DateTime(timezone=True), nullable=False, comment="recorded start (--now where given)"
        ),
        sa.Column(
            "finished_at", sa.DateTime(timezone=True), nullable=True, comment="recorded end; empty while it runs"
        ),
        sa.Column(
            "state", sa.String(length=16), nullable=False, comment="running, done, partial, untrusted or aborted"
        ),
        sa.Column("reason", sa.Text(), nullable=True, comment="why it is partial, untrusted or aborted"),
        sa.Column("pid", sa.Integer(), nullable=True, comment="process that runs it"),
        sa.Column("tool_version", sa.String(length=40), nullable=False, comment="version of the program"),
        sa.Column("stats", sa.JSON(), nullable=False, comment="counts: requests, hosts, links ..."),
        sa.Column("counts", sa.JSON(), nullable=False, comment="findings by section, for the next report's deltas"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_run_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_run_project_id"), ["project_id"], unique=False)

    op.create_table(
        "source",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="surrogate key"),
        sa.Column(
            "project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="whose source"
        ),
        sa.Column("path", sa.Text(), nullable=False, comment="path as given or found, or web address"),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of path"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_source_project_id_project")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
    )
    with op.batch_alter_table("source", schema=None) as batch_op:
        batch_op.create_index("uq_source_project_id_digest", ["project_id", "digest"], unique=True)

    op.create_table(
        "suggestion",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="surrogate key"),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="whose"),
        sa.Column(
            "url_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="instead of which URL",
        ),
        sa.Column("rank", sa.Integer(), nullable=False, comment="from 1; 0 for a candidate that lost"),
        sa.Column("target", sa.Text(), nullable=False, comment="suggested URL"),
        sa.Column("kind", sa.String(length=32), nullable=False, comment="where it comes from"),
        sa.Column("confidence", sa.String(length=16), nullable=False, comment="suggested, possible or rejected"),
        sa.Column("evidence", sa.JSON(), nullable=False, comment="how it was verified, or why it lost"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_suggestion_project_id_project")),
        sa.ForeignKeyConstraint(["url_id"], ["url.id"], name=op.f("fk_suggestion_url_id_url")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion")),
    )
    with op.batch_alter_table("suggestion", schema=None) as batch_op:
        batch_op.create_index("ix_suggestion_project_id_url_id", ["project_id", "url_id"], unique=False)

    op.create_table(
        "link",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="surrogate key"),
        sa.Column(
            "source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="where it stands"
        ),
        sa.Column(
            "url_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="what it points to"
        ),
        sa.Column("raw", sa.Text(), nullable=False, comment="exact text in the source"),
        sa.Column("raw_digest", sa.String(length=64), nullable=False, comment="SHA-256 of raw"),
        sa.Column("nth", sa.Integer(), nullable=False, comment="counts equal raw texts in one source from 0"),
        sa.Column("href", sa.Text(), nullable=False, comment="WHATWG href with fragment, without userinfo"),
        sa.Column("fragment", sa.Text(), nullable=True, comment="fragment that it asks for"),
        sa.Column("line", sa.Integer(), nullable=False, comment="1-based line at the last run"),
        sa.Column("col", sa.Integer(), nullable=False, comment="1-based column in code points at the last run"),
        sa.Column("text", sa.Text(), nullable=False, comment="visible text"),
        sa.Column("kind", sa.String(length=64), nullable=False, comment="construct of the format"),
        sa.Column("optional", sa.Boolean(), nullable=False, comment="code, comment or front matter"),
        sa.Column("problem", sa.Text(), nullable=True, comment="why it is no URL"),
        sa.Column("ignored", sa.Text(), nullable=True, comment="reason of an ignore comment"),
        sa.Column(
            "added_at", sa.DateTime(timezone=True), nullable=True, comment="first appearance in the version history"
        ),
        sa.Column(
            "first_run_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="run that first found it",
        ),
        sa.Column(
            "last_run_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="last run that found it",
        ),
        sa.ForeignKeyConstraint(["first_run_id"], ["run.id"], name=op.f("fk_link_first_run_id_run")),
        sa.ForeignKeyConstraint(["last_run_id"], ["run.id"], name=op.f("fk_link_last_run_id_run")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_link_source_id_source")),
        sa.ForeignKeyConstraint(["url_id"], ["url.id"], name=op.f("fk_link_url_id_url")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
    )
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_link_last_run_id"), ["last_run_id"], unique=False)
        batch_op.create_index("ix_link_url_id", ["url_id"], unique=False)
        batch_op.create_index("uq_link_source_id_raw_digest_nth", ["source_id", "raw_digest", "nth"], unique=True)

    op.create_table(
        "observation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="surrogate key"),
        sa.Column(
            "probe_id", sa.Integer(), nullable=False, comment="the probe that it answers; one final observation each"
        ),
        sa.Column(
            "run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="in which run"
        ),
        sa.Column(
            "url_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="of which URL"
        ),
        sa.Column("purpose", sa.String(length=16), nullable=False, comment="as the probe's"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column("url", sa.Text(), nullable=False, comment="asked URL"),
        sa.Column("final_url", sa.Text(), nullable=True, comment="URL of the last response"),
        sa.Column("status", sa.Integer(), nullable=True, comment="its status"),
        sa.Column("failure", sa.String(length=32), nullable=True, comment="why there was no usable answer"),
        sa.Column("skip", sa.String(length=16), nullable=True, comment="why it was not looked at"),
        sa.Column("attempt", sa.Integer(), nullable=False, comment="tries in this look"),
        sa.Column("elapsed_ms", sa.Integer(), nullable=True, comment="wall time of the last try, milliseconds"),
        sa.Column("facts", sa.JSON(), nullable=False, comment="hops, deciding headers, page facts, fragments, profile"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_observation_run_id_run")),
        sa.ForeignKeyConstraint(["url_id"], ["url.id"], name=op.f("fk_observation_url_id_url")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observation")),
        sa.UniqueConstraint("probe_id", name=op.f("uq_observation_probe_id")),
    )
    with op.batch_alter_table("observation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_observation_run_id"), ["run_id"], unique=False)
        batch_op.create_index("ix_observation_url_id_at", ["url_id", "at"], unique=False)

    op.create_table(
        "probe",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="surrogate key"),
        sa.Column(
            "run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="in which run"
        ),
        sa.Column(
            "url_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="for which URL"
        ),
        sa.Column("target", sa.Text(), nullable=False, comment="what to fetch, canonical"),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of target"),
        sa.Column(
            "purpose",
            sa.String(length=16),
            nullable=False,
            comment="check, recheck, sibling, witness, candidate, memento or page",
        ),
        sa.Column("asked_by", sa.String(length=32), nullable=False, comment="stage that asks"),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, comment="not before"),
        sa.Column("state", sa.String(length=8), nullable=False, comment="due or done"),
        sa.Column("depth", sa.Integer(), nullable=False, comment="clicks from a site's start page"),
        sa.Column("want_text", sa.Boolean(), nullable=False, comment="whether the page's text is needed"),
        sa.Column("fragments", sa.JSON(), nullable=False, comment="fragments that links ask for"),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_probe_run_id_run")),
        sa.ForeignKeyConstraint(["url_id"], ["url.id"], name=op.f("fk_probe_url_id_url")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_probe")),
    )
    with op.batch_alter_table("probe", schema=None) as batch_op:
        batch_op.create_index("ix_probe_run_id_state", ["run_id", "state"], unique=False)
        batch_op.create_index("uq_probe_run_id_purpose_digest", ["run_id", "purpose", "digest"], unique=True)

    op.create_table(
        "transition",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="surrogate key"),
        sa.Column("project_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="whose"),
        sa.Column(
            "url_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="of which URL"
        ),
        sa.Column(
            "run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="in which run"
        ),
        sa.Column("before", sa.String(length=16), nullable=False, comment="health before"),
        sa.Column("after", sa.String(length=16), nullable=False, comment="health after"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column("why", sa.Text(), nullable=False, comment="verdict and rule"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_transition_project_id_project")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_transition_run_id_run")),
        sa.ForeignKeyConstraint(["url_id"], ["url.id"], name=op.f("fk_transition_url_id_url")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transition")),
    )
    with op.batch_alter_table("transition", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_transition_project_id"), ["project_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_transition_url_id"), ["url_id"], unique=False)

    op.create_table(
        "judgement",
        sa.Column(
            "project_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="under whose policy",
        ),
        sa.Column(
            "observation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the judged look",
        ),
        sa.Column(
            "url_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="of which URL"
        ),
        sa.Column("verdict", sa.String(length=16), nullable=False, comment="verdict"),
        sa.Column("rule", sa.String(length=64), nullable=False, comment="name of the rule that fired"),
        sa.Column("evidence", sa.JSON(), nullable=False, comment="named facts it rests on"),
        sa.Column("warnings", sa.JSON(), nullable=False, comment="warnings"),
        sa.Column("rule_set", sa.String(length=32), nullable=False, comment="version of the rules"),
        sa.ForeignKeyConstraint(
            ["observation_id"], ["observation.id"], name=op.f("fk_judgement_observation_id_observation")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_judgement_project_id_project")),
        sa.ForeignKeyConstraint(["url_id"], ["url.id"], name=op.f("fk_judgement_url_id_url")),
        sa.PrimaryKeyConstraint("project_id", "observation_id", name=op.f("pk_judgement")),
    )
    with op.batch_alter_table("judgement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_judgement_observation_id"), ["observation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_judgement_url_id"), ["url_id"], unique=False)

    op.create_table(
        "transition_taken",
        sa.Column(
            "transition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False, comment="which"
        ),
        sa.Column("consumer", sa.String(length=32), nullable=False, comment="archive, publish or notify"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.ForeignKeyConstraint(
            ["transition_id"], ["transition.id"], name=op.f("fk_transition_taken_transition_id_transition")
        ),
        sa.PrimaryKeyConstraint("transition_id", "consumer", name=op.f("pk_transition_taken")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("transition_taken")
    with op.batch_alter_table("judgement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_judgement_url_id"))
        batch_op.drop_index(batch_op.f("ix_judgement_observation_id"))

    op.drop_table("judgement")
    with op.batch_alter_table("transition", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_transition_url_id"))
        batch_op.drop_index(batch_op.f("ix_transition_project_id"))

    op.drop_table("transition")
    with op.batch_alter_table("probe", schema=None) as batch_op:
        batch_op.drop_index("uq_probe_run_id_purpose_digest")
        batch_op.drop_index("ix_probe_run_id_state")

    op.drop_table("probe")
    with op.batch_alter_table("observation", schema=None) as batch_op:
        batch_op.drop_index("ix_observation_url_id_at")
        batch_op.drop_index(batch_op.f("ix_observation_run_id"))

    op.drop_table("observation")
    with op.batch_alter_table("link", schema=None) as batch_op:
        batch_op.drop_index("uq_link_source_id_raw_digest_nth")
        batch_op.drop_index("ix_link_url_id")
        batch_op.drop_index(batch_op.f("ix_link_last_run_id"))

    op.drop_table("link")
    with op.batch_alter_table("suggestion", schema=None) as batch_op:
        batch_op.drop_index("ix_suggestion_project_id_url_id")

    op.drop_table("suggestion")
    with op.batch_alter_table("source", schema=None) as batch_op:
        batch_op.drop_index("uq_source_project_id_digest")

    op.drop_table("source")
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_run_project_id"))

    op.drop_table("run")
    op.drop_table("memento")
    op.drop_table("health")
    op.drop_table("capture")
    with op.batch_alter_table("url", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_url_host"))

    op.drop_table("url")
    op.drop_table("project")
    op.drop_table("pause")
    with op.batch_alter_table("issue_call", schema=None) as batch_op:
        batch_op.drop_index("ix_issue_call_project_repo_state")

    op.drop_table("issue_call")
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.drop_index("uq_issue_project_repo_key")

    op.drop_table("issue")
