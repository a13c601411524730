"""What a stage reports to its caller."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class StageResult:
    """Counts for the log and the run's statistics, and remarks for the report."""

    name: str
    counts: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def line(self) -> str:
        """Return one line for the log."""
        counts = ", ".join(f"{count} {what}" for what, count in self.counts.items())
        return f"{self.name}: {counts or 'nothing to do'}"
