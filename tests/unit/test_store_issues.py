"""Issues of a tracker, and the outbox of writes to it."""

from typing import Any

from crawler.store import issues
from crawler.store.issues import StoredCall, StoredIssue
from crawler.store.session import Store


def issue(key: str = "k", **facts: Any) -> StoredIssue:
    return StoredIssue(project="list", repo="o/n", key=key, number=1, state="open", facts={"key": key, **facts})


def call(name: str) -> StoredCall:
    return StoredCall(id=name, project="list", repo="o/n", key="k", op="create", payload={"id": name})


def test_an_issue_is_replaced_by_its_newer_state(store: Store) -> None:
    issues.save_issue(store, issue(title="old"))
    issues.save_issue(store, issue(title="new"))
    assert issues.issues(store, "list", "o/n") == [{"key": "k", "title": "new"}]


def test_issues_of_other_projects_and_repositories_are_apart(store: Store) -> None:
    issues.save_issue(store, issue())
    assert issues.issues(store, "list", "o/other") == issues.issues(store, "other", "o/n") == []


def test_planned_writes_come_back_in_their_order(store: Store) -> None:
    issues.save_calls(store, [call("b"), call("a")])
    issues.save_calls(store, [call("0")])
    assert [item["id"] for item in issues.planned_calls(store, "list", "o/n")] == ["b", "a", "0"]


def test_a_write_that_was_sent_is_neither_planned_nor_planned_again(store: Store) -> None:
    issues.save_calls(store, [call("a")])
    issues.finish_call(store, "a", "sent", {"number": 1}, issue())
    issues.save_calls(store, [call("a")])
    assert issues.planned_calls(store, "list", "o/n") == []
    assert len(issues.issues(store, "list", "o/n")) == 1


def test_a_write_that_was_dropped_leaves_no_issue(store: Store) -> None:
    issues.save_calls(store, [call("a")])
    issues.finish_call(store, "a", "dropped", {"status": 410}, None)
    assert issues.planned_calls(store, "list", "o/n") == issues.issues(store, "list", "o/n") == []
