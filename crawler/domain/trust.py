"""Whether a run may be believed: concluded from its own results, no third party is asked.

Any HTTP answer, whatever its status, proves that the network was there for that host.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crawler.domain.observation import Failure

MIN_HOSTS = 3
MIN_LINKS_THAT_WERE_OK = 20
MIN_HOSTS_THAT_WERE_OK = 5

_SAYS_NOTHING = frozenset({None, Failure.FORBIDDEN_ADDRESS, Failure.INVALID_URL, Failure.MISSING_FILE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One web URL's look: its host, whether any HTTP response came, why it failed, whether it was ok before."""

    host: str
    answered: bool
    failure: Failure | None
    was_ok: bool


def fails_below_http(answered: bool, failure: Failure | None) -> bool:  # noqa: FBT001 (a fact, not a mode)
    """Whether not even one HTTP response came."""
    return not answered and failure not in _SAYS_NOTHING


def distrust(trials: Iterable[Trial]) -> str | None:
    """Return why the run cannot be trusted, as a sentence, or None."""
    looked = [trial for trial in trials if trial.answered or fails_below_http(trial.answered, trial.failure)]
    hosts = {trial.host for trial in looked}
    answering = {trial.host for trial in looked if trial.answered}
    if len(hosts) >= MIN_HOSTS and not answering:
        return f"The network was down: none of {len(hosts)} hosts answered."
    were_ok = [trial for trial in looked if trial.was_ok]
    fell = [trial for trial in were_ok if not trial.answered]
    if (
        len(fell) >= MIN_LINKS_THAT_WERE_OK
        and len({trial.host for trial in fell}) >= MIN_HOSTS_THAT_WERE_OK
        and 2 * len(fell) > len(were_ok)
    ):
        return (
            f"The network was hardly there: {len(fell)} of {len(were_ok)} links that were fine last time "
            "got no answer at all."
        )
    return None
