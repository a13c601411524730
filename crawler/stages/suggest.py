"""Stage suggest: candidates for failing and moved links, verified by requests, ranked, stored."""

from __future__ import annotations

from datetime import datetime

from crawler.config import Settings
from crawler.domain.observation import Observation, Page, Purpose
from crawler.domain.suggestion import Suggestion
from crawler.domain.urls import host_of
from crawler.domain.verdict import Verdict, judge
from crawler.remedies.normalise import Variant, variants
from crawler.remedies.rank import from_memento, rank
from crawler.remedies.verify import Rejected, normalised, redirect_target
from crawler.stages.judge import is_failing, policy_of, provisional
from crawler.stages.result import StageResult
from crawler.stages.settle import exclusion
from crawler.store import archiving, probes
from crawler.store.findings import last_healthy_pages
from crawler.store.probes import Wanted
from crawler.store.runs import Run
from crawler.store.session import Store

_NO_CANDIDATES = frozenset({Verdict.BLOCKED, Verdict.LOGIN})


def ask(store: Store, run: Run, settings: Settings, now: datetime, *, only_known_hosts: bool = False) -> int:
    """Ask for looks at candidates for this run's failing links; return how many candidates there are.

    With `only_known_hosts`, no host is asked that no link of the run leads to.
    """
    looks = probes.observations(store, run, [Purpose.CHECK])
    known = {host_of(seen.url) for _, seen in looks}
    wanted = [
        Wanted(url_id=url_id, target=variant.url, purpose=Purpose.CANDIDATE, want_text=True)
        for url_id, seen in looks
        for variant in _variants(seen, settings)
        if not only_known_hosts or host_of(variant.url) in known
    ]
    probes.ask(store, run, wanted, asked_by="suggest", now=now)
    return len(wanted)


def run(store: Store, run_: Run, settings: Settings, now: datetime) -> StageResult:
    """Verify and rank the candidates of every failing or moved link of this run."""
    looks = dict(probes.observations(store, run_, [Purpose.CHECK]))
    answers = {seen.url: seen for _, seen in probes.observations(store, run_, [Purpose.CANDIDATE])}
    policy = policy_of(settings)
    needy = {
        url_id: seen
        for url_id, seen in looks.items()
        if (verdict := judge(seen, policy).verdict) is Verdict.MOVED or is_failing(verdict)
    }
    healthy = last_healthy_pages(store, run_.project_id, list(needy))
    mementos = archiving.mementos(store, list(needy))
    suggested = 0
    for url_id, seen in needy.items():
        found: list[Suggestion | Rejected | None] = [redirect_target(seen, policy)]
        found += _normalised(seen, answers, healthy.get(url_id), settings)
        if url_id in mementos and is_failing(judge(seen, policy).verdict):
            found.append(from_memento(mementos[url_id][0]))
        ranked = rank(item for item in found if isinstance(item, Suggestion) and item.url != seen.url)
        rejected = [(item.url, item.kind.value, item.why) for item in found if isinstance(item, Rejected)]
        archiving.save_suggestions(store, run_.project_id, url_id, ranked, rejected, now)
        suggested += bool(ranked)
    return StageResult(name="suggest", counts={"links with suggestions": suggested, "candidates": len(answers)})


def _variants(seen: Observation, settings: Settings) -> list[Variant]:
    verdict = provisional(seen, settings).verdict
    if not is_failing(verdict) or verdict in _NO_CANDIDATES:
        return []
    return [variant for variant in variants(seen.url) if exclusion(variant.url, host_of(variant.url), settings) is None]


def _normalised(
    seen: Observation, answers: dict[str, Observation], healthy: Page | None, settings: Settings
) -> list[Suggestion | Rejected | None]:
    policy = policy_of(settings)
    return [
        normalised(variant, answers[variant.url], healthy, policy)
        for variant in _variants(seen, settings)
        if variant.url in answers
    ]
