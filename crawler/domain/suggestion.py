"""Suggestions: what a maintainer could put in place of a failing or moved link, with the proof."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from crawler.domain.verdict import Evidence


class Kind(StrEnum):
    """Where a suggested URL comes from, in the order in which equals are shown."""

    REDIRECT = "redirect"
    NORMALISATION = "normalisation"
    MEMENTO = "memento"


class Confidence(StrEnum):
    """How well it is proven: two independent signals, or one."""

    SUGGESTED = "suggested"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One candidate that was verified. `evidence` says how."""

    url: str
    kind: Kind
    confidence: Confidence
    evidence: tuple[Evidence, ...]
