"""Ranking: proven before possible, a living address before an archived copy."""

from __future__ import annotations

from collections.abc import Iterable

from crawler.domain.memento import Memento, MementoState
from crawler.domain.suggestion import Confidence, Kind, Suggestion
from crawler.domain.verdict import Evidence

_CONFIDENCE = {Confidence.SUGGESTED: 0, Confidence.POSSIBLE: 1}
_KIND = {kind: place for place, kind in enumerate(Kind)}


def from_memento(memento: Memento) -> Suggestion | None:
    """Return the archived copy as a suggestion, where there is a usable one."""
    if memento.state is not MementoState.FOUND or memento.view_url is None:
        return None
    facts = [Evidence(name="archive", value=memento.archive)]
    if memento.timestamp:
        facts.append(Evidence(name="captured", value=memento.timestamp.date().isoformat()))
    facts += [Evidence(name="check", value=reason) for reason in memento.reasons]
    return Suggestion(
        url=memento.view_url,
        kind=Kind.MEMENTO,
        confidence=Confidence.SUGGESTED if memento.verified else Confidence.POSSIBLE,
        evidence=tuple(facts),
    )


def rank(candidates: Iterable[Suggestion]) -> list[Suggestion]:
    """Return the candidates best first, each URL once."""
    ordered = sorted(candidates, key=lambda item: (_CONFIDENCE[item.confidence], _KIND[item.kind]))
    unique: dict[str, Suggestion] = {}
    for item in ordered:
        unique.setdefault(item.url, item)
    return list(unique.values())
