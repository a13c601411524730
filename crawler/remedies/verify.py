"""Verification decides: a candidate is only shown after a request of ours, with what it showed as evidence."""

from __future__ import annotations

from dataclasses import dataclass

from crawler.domain.observation import Observation, Page
from crawler.domain.suggestion import Confidence, Kind, Suggestion
from crawler.domain.urls import parse
from crawler.domain.verdict import LIVING, Evidence, Policy, judge, permanent_target
from crawler.remedies.normalise import Variant


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A candidate that lost, and why."""

    url: str
    kind: Kind
    why: str


def redirect_target(seen: Observation, policy: Policy) -> Suggestion | Rejected | None:
    """Judge the target of a permanent redirect: the last URL reached by 301 and 308 hops only."""
    target = permanent_target(seen)
    if target is None or target == seen.url:
        return None
    chain = " → ".join(f"{hop.status} {hop.url}" for hop in seen.hops)
    if judge(seen, policy).verdict not in LIVING:
        return Rejected(url=target, kind=Kind.REDIRECT, why=f"the end of the redirects is not alive: {chain}")
    evidence = (Evidence(name="redirect", value=chain), Evidence(name="answer", value=str(seen.status)))
    if is_home(target) and not is_home(seen.url):
        note = Evidence(name="caution", value="it leads to the home page, not to the same page")
        return Suggestion(url=target, kind=Kind.REDIRECT, confidence=Confidence.POSSIBLE, evidence=(*evidence, note))
    return Suggestion(url=target, kind=Kind.REDIRECT, confidence=Confidence.SUGGESTED, evidence=evidence)


def normalised(variant: Variant, seen: Observation, healthy: Page | None, policy: Policy) -> Suggestion | Rejected:
    """Judge a normalised address by what a request to it showed.

    Two independent signals make it `suggested`: it is alive, and either only the scheme differs or
    its title is the one that the page had when it was last alive. One makes it `possible`.
    """
    judged = judge(seen, policy)
    if judged.verdict not in LIVING:
        return Rejected(url=variant.url, kind=Kind.NORMALISATION, why=f"{variant.what}: {judged.rule}")
    target = permanent_target(seen) or variant.url
    if is_home(seen.final_url or target) and not is_home(variant.url):
        return Rejected(url=variant.url, kind=Kind.NORMALISATION, why=f"{variant.what}: leads to the home page")
    evidence = [Evidence(name="change", value=variant.what), Evidence(name="answer", value=str(seen.status))]
    same_title = _same_title(seen.page, healthy)
    if same_title:
        evidence.append(Evidence(name="title", value=same_title))
    strong = variant.same_place or bool(same_title)
    return Suggestion(
        url=target,
        kind=Kind.NORMALISATION,
        confidence=Confidence.SUGGESTED if strong else Confidence.POSSIBLE,
        evidence=tuple(evidence),
    )


def is_home(url: str) -> bool:
    """Whether a URL is a site's home page."""
    parsed = parse(url)
    return parsed.path in ("", "/", "/index.html", "/index.php") and not parsed.query


def _same_title(page: Page | None, healthy: Page | None) -> str | None:
    if page is None or healthy is None or not page.title or not healthy.title:
        return None
    return page.title if " ".join(page.title.split()) == " ".join(healthy.title.split()) else None
