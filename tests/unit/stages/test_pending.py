"""What a stopped run left behind is neither fine nor suspect."""

from __future__ import annotations

from datetime import UTC, datetime

from crawler.store.findings import UrlRecord
from crawler.store.runs import Run, RunState
from reports.build import section_of
from reports.model import Section

NOW = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)


def test_a_link_that_was_not_looked_at_stands_apart() -> None:
    record = UrlRecord(
        url_id=1,
        canonical="https://a.example/",
        first_seen_at=NOW,
        links=(),
        seen=None,
        judged=None,
        seen_in_run=None,
        standing=None,
        accepted_at=None,
        became=None,
        past=(),
    )
    run = Run(id=1, project_id=1, project="list", started_at=NOW, state=RunState.PARTIAL)
    assert section_of(record, run, with_history=True) is Section.PENDING
