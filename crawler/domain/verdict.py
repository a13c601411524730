"""Verdicts: what one observation says about a link, as an ordered table of rules.

The first rule whose `when` holds wins; the last catches all. Names are stable: they are stored,
shown, documented and searched for. `RULE_SET` changes whenever a rule changes its answer, so that
stored judgements can be told from fresh ones.

Outside facts: status classes are RFC 9110 section 15; 410 and 404 are the only statuses that say
that the page itself is not there; 999 is LinkedIn's, 418 Douban's wall for robots; 52x are
Cloudflare's own codes for an unreachable origin; `cf-mitigated: challenge` and
`x-vercel-mitigated: challenge` mark challenge pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from crawler.domain.observation import Failure, Observation, Skip
from crawler.domain.urls import host_of

RULE_SET = "2026.11-2"


class Verdict(StrEnum):
    """What a link is, at one look."""

    ALIVE = "alive"
    MOVED = "moved"
    GONE = "gone"
    SOFT404 = "soft404"
    PARKED = "parked"
    BLOCKED = "blocked"
    LOGIN = "login"
    TRANSIENT = "transient"
    SKIPPED = "skipped"
    INVALID = "invalid"
    UNKNOWN = "unknown"


DEAD = frozenset({Verdict.GONE, Verdict.SOFT404, Verdict.PARKED, Verdict.INVALID})
LIVING = frozenset({Verdict.ALIVE, Verdict.MOVED})


class WarningKind(StrEnum):
    """Worth telling, but no verdict."""

    FRAGMENT_MISSING = "fragment-missing"
    DRIFTED = "drifted"
    REDIRECT_CHAIN = "redirect-chain"
    INSECURE = "insecure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One named fact that a verdict rests on."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the configuration says about verdicts, and whether the run's network was down.

    `accept` and `host_accept` hold statuses that are known to mean well, everywhere or on a host.
    """

    accept: frozenset[int] = frozenset()
    host_accept: tuple[tuple[str, frozenset[int]], ...] = ()
    network_down: bool = False

    def accepts(self, host: str, status: int) -> bool:
        """Whether the configuration takes this status as alive."""
        return status in self.accept or any(
            status in statuses and matches_host(pattern, host) for pattern, statuses in self.host_accept
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A verdict with the rule that gave it."""

    verdict: Verdict
    rule: str
    evidence: tuple[Evidence, ...] = ()
    warnings: tuple[WarningKind, ...] = ()


_When = Callable[[Observation, Policy], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the table: `why` is the sentence that a reader of the report sees."""

    name: str
    when: _When = field(repr=False)
    verdict: Verdict
    why: str


def matches_host(pattern: str, host: str) -> bool:
    """Whether a host is the pattern, or below it: `example.com` covers `www.example.com`."""
    pattern = pattern.lower().removeprefix("*.")
    return host == pattern or host.endswith("." + pattern)


def judge(observation: Observation, policy: Policy | None = None) -> Judged:
    """Return the verdict of the first rule that holds, with its evidence and the warnings."""
    policy = policy or Policy()
    rule = next(rule for rule in RULES if rule.when(observation, policy))
    return Judged(
        verdict=rule.verdict,
        rule=rule.name,
        evidence=_evidence(observation),
        warnings=_warnings(observation, rule),
    )


def matching_rules(observation: Observation, policy: Policy | None = None) -> list[Rule]:
    """Return every rule that holds, the winner first: the runners-up are shown by `explain`."""
    policy = policy or Policy()
    return [rule for rule in RULES if rule.when(observation, policy)]


def permanent_target(observation: Observation) -> str | None:
    """Return the last URL that was reached by permanent hops (301, 308) only, if any."""
    reached = None
    for hop, following in zip(observation.hops, observation.hops[1:], strict=False):
        if hop.status not in _PERMANENT:
            break
        reached = following.url
    return reached


_PERMANENT = frozenset({301, 308})
_TEMPORARY_STATUS = frozenset({408, 425, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524, 525, 526, 527, 530})
_WALL_STATUS = frozenset({401, 403, 405, 406, 418, 429, 451, 999})
_CHALLENGE_HEADERS = ("cf-mitigated", "x-vercel-mitigated", "x-datadome", "x-dd-b", "x-amzn-waf-action")
_FAILED_REDIRECT = frozenset({Failure.REDIRECT_LOOP, Failure.TOO_MANY_REDIRECTS, Failure.BAD_LOCATION})
# A whole word after a slash: a path segment, a file's stem, or the first label of the host.
_LOGIN_WORD = re.compile(r"/(?:login|log-in|signin|sign-in|sign_in|wp-login|passport|sso)(?:[/.;]|$)")


def _failure(*failures: Failure) -> _When:
    return lambda seen, policy: seen.failure in failures


def _skip(*skips: Skip) -> _When:
    return lambda seen, policy: seen.skip in skips


def _status(*statuses: int) -> _When:
    return lambda seen, policy: seen.failure is None and seen.status in statuses


def _accepted(seen: Observation, policy: Policy) -> bool:
    if seen.failure is not None or seen.status is None or _success(seen, policy):
        return False
    return policy.accepts(host_of(seen.final_url or seen.url), seen.status)


def _moved_to_accepted(seen: Observation, policy: Policy) -> bool:
    return _first_hop_is_permanent(seen) and _accepted(seen, policy)


def _challenged(seen: Observation, policy: Policy) -> bool:
    if seen.failure is not None or seen.status is None:
        return False
    if "challenge" in (seen.headers.get("cf-mitigated"), seen.headers.get("x-vercel-mitigated")):
        return True
    return seen.status in _WALL_STATUS and any(name in seen.headers for name in _CHALLENGE_HEADERS)


def _login(seen: Observation, policy: Policy) -> bool:
    if not _success(seen, policy) or len(seen.hops) < 2 or seen.final_url is None:
        return False
    return _names_a_login(seen.final_url) and not _names_a_login(seen.url)


def _names_a_login(url: str) -> bool:
    return _LOGIN_WORD.search(url.lower().partition("?")[0]) is not None


def _success(seen: Observation, policy: Policy) -> bool:
    return seen.failure is None and seen.status is not None and 200 <= seen.status < 300


def _moved(seen: Observation, policy: Policy) -> bool:
    return _first_hop_is_permanent(seen) and (_success(seen, policy) or _unchanged(seen, policy))


def _first_hop_is_permanent(seen: Observation) -> bool:
    return bool(seen.hops) and seen.hops[0].status in _PERMANENT


_unchanged = _status(304)


def _other_server_error(seen: Observation, policy: Policy) -> bool:
    return seen.failure is None and seen.status is not None and 500 <= seen.status < 600


def _fallback(seen: Observation, policy: Policy) -> bool:
    return True


RULES: tuple[Rule, ...] = (
    Rule(
        name="excluded",
        when=_skip(Skip.EXCLUDED),
        verdict=Verdict.SKIPPED,
        why="The configuration excludes it.",
    ),
    Rule(
        name="ignored",
        when=_skip(Skip.IGNORED),
        verdict=Verdict.SKIPPED,
        why="A comment in the source says to ignore it.",
    ),
    Rule(
        name="scheme-not-fetched",
        when=_skip(Skip.SCHEME),
        verdict=Verdict.SKIPPED,
        why="Its scheme is not fetched (mailto, tel ...).",
    ),
    Rule(
        name="not-a-page",
        when=_skip(Skip.NOT_A_PAGE),
        verdict=Verdict.SKIPPED,
        why="It is a placeholder, a connection hint or a form's action, not a page to open.",
    ),
    Rule(
        name="robots-denied",
        when=_skip(Skip.ROBOTS),
        verdict=Verdict.SKIPPED,
        why="The site's robots.txt asks not to crawl it.",
    ),
    Rule(
        name="offline",
        when=_skip(Skip.OFFLINE),
        verdict=Verdict.SKIPPED,
        why="The run was told to stay offline.",
    ),
    Rule(
        name="forbidden-address",
        when=_failure(Failure.FORBIDDEN_ADDRESS),
        verdict=Verdict.SKIPPED,
        why="It leads to a private or forbidden address, which is not contacted.",
    ),
    Rule(
        name="invalid-url",
        when=_failure(Failure.INVALID_URL),
        verdict=Verdict.INVALID,
        why="No client can parse it as a URL.",
    ),
    Rule(
        name="missing-file",
        when=_failure(Failure.MISSING_FILE),
        verdict=Verdict.GONE,
        why="The local file does not exist.",
    ),
    Rule(
        name="network-down",
        when=lambda seen, policy: policy.network_down and seen.failure is not None,
        verdict=Verdict.TRANSIENT,
        why="The run had no network: nothing can be said of this link.",
    ),
    Rule(
        name="no-such-host",
        when=_failure(Failure.DNS_NXDOMAIN),
        verdict=Verdict.GONE,
        why="The name does not exist (NXDOMAIN, asked twice).",
    ),
    Rule(
        name="no-address",
        when=_failure(Failure.DNS_NODATA),
        verdict=Verdict.TRANSIENT,
        why="The name exists, but has no address.",
    ),
    Rule(
        name="bad-certificate",
        when=_failure(Failure.TLS_CERTIFICATE),
        verdict=Verdict.UNKNOWN,
        why="The certificate is not valid for it; a browser would warn.",
    ),
    Rule(
        name="redirect-failed",
        when=lambda seen, policy: seen.failure in _FAILED_REDIRECT,
        verdict=Verdict.UNKNOWN,
        why="Its redirects lead nowhere: a loop, too many, or no usable target.",
    ),
    Rule(
        name="no-answer",
        when=lambda seen, policy: seen.failure is not None,
        verdict=Verdict.TRANSIENT,
        why="The server did not answer; that may pass.",
    ),
    Rule(
        name="moved-to-accepted",
        when=_moved_to_accepted,
        verdict=Verdict.MOVED,
        why="After a permanent redirect (301, 308) it answers with a status that the configuration accepts.",
    ),
    Rule(
        name="accepted-status",
        when=_accepted,
        verdict=Verdict.ALIVE,
        why="The configuration accepts this status.",
    ),
    Rule(
        name="challenge",
        when=_challenged,
        verdict=Verdict.BLOCKED,
        why="A wall for robots asks for a browser check.",
    ),
    Rule(
        name="not-found",
        when=_status(404),
        verdict=Verdict.GONE,
        why="The server says that the page is not there (404).",
    ),
    Rule(
        name="gone",
        when=_status(410),
        verdict=Verdict.GONE,
        why="The server says that the page is gone for good (410).",
    ),
    Rule(
        name="login-required",
        when=_status(401, 407),
        verdict=Verdict.LOGIN,
        why="The server asks for a login.",
    ),
    Rule(name="login-redirect", when=_login, verdict=Verdict.LOGIN, why="It redirects to a login page."),
    Rule(
        name="rate-limited",
        when=_status(429),
        verdict=Verdict.BLOCKED,
        why="The server limits how often it is asked.",
    ),
    Rule(
        name="forbidden",
        when=_status(403, 405, 406, 418, 451, 999),
        verdict=Verdict.BLOCKED,
        why="The server refuses robots, or this place; a reader may well see the page.",
    ),
    Rule(
        name="server-trouble",
        when=lambda seen, policy: seen.status in _TEMPORARY_STATUS,
        verdict=Verdict.TRANSIENT,
        why="The server has trouble; that may pass.",
    ),
    Rule(
        name="server-error",
        when=_other_server_error,
        verdict=Verdict.TRANSIENT,
        why="The server failed (5xx); that may pass.",
    ),
    Rule(
        name="moved-permanently",
        when=_moved,
        verdict=Verdict.MOVED,
        why="It answers after a permanent redirect (301, 308).",
    ),
    Rule(name="success", when=_success, verdict=Verdict.ALIVE, why="The server answers with success."),
    Rule(
        name="not-modified",
        when=_unchanged,
        verdict=Verdict.ALIVE,
        why="The page is unchanged since the last look.",
    ),
    Rule(
        name="unclear",
        when=_fallback,
        verdict=Verdict.UNKNOWN,
        why="Nothing definite can be said from this answer.",
    ),
)

RULES_BY_NAME = {rule.name: rule for rule in RULES}


def _evidence(seen: Observation) -> tuple[Evidence, ...]:
    facts = [
        ("status", str(seen.status) if seen.status is not None else ""),
        ("failure", seen.failure.value if seen.failure else ""),
        ("skip", seen.skip.value if seen.skip else ""),
        ("detail", seen.detail),
        ("redirects", str(len(seen.hops) - 1) if len(seen.hops) > 1 else ""),
        ("title", (seen.page.title or "") if seen.page else ""),
        *((name, seen.headers.get(name, "")) for name in (*_CHALLENGE_HEADERS, "retry-after", "www-authenticate")),
        ("truncated", "yes" if seen.truncated else ""),
        ("attempts", str(seen.attempt) if seen.attempt > 1 else ""),
    ]
    return tuple(Evidence(name=name, value=value) for name, value in facts if value)


def _warnings(seen: Observation, rule: Rule) -> tuple[WarningKind, ...]:
    if rule.verdict not in LIVING:
        return ()
    found = {
        WarningKind.FRAGMENT_MISSING: any(not present for present in seen.fragments.values()),
        WarningKind.REDIRECT_CHAIN: len(seen.hops) > 2,
        WarningKind.INSECURE: (seen.final_url or seen.url).startswith("http:") and seen.url.startswith("https:"),
    }
    return tuple(warning for warning, holds in found.items() if holds)
