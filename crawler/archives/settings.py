"""What a client of the web archive needs to know: plain values, made by the caller from the configuration.

The defaults are the archive's own limits with a margin. Index look-ups: a hard 30 a minute and address,
shared with TimeMaps (since 2026-06); other careful clients send 24, one in 2.5 s. Replays: 600 a minute.
Save Page Now (its document of 2025-10-22): 7 captures a minute with keys; its staff asks clients to stay
at 80 % of the hard limits, and to stop at the first 429.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

_ANONYMOUS_SAVE_INTERVAL = timedelta(seconds=60)
_KEYED_SAVE_INTERVAL = timedelta(minutes=1) / (7 * 0.8)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveSettings:
    """Where the archive is, who we are, and how fast and how long we ask.

    `url` and `availability_url` have no path. `timeout` bounds one silent wait for an answer,
    `connect_timeout` the connection, `deadline` a whole exchange however it drips. `patience` is the longest
    pause after a 429 that is waited for; a longer one is answered at once with `retry_after`.
    `save_interval` None means: by whether there are keys. `max_saves` counts captures asked for without
    keys by one client. `allow_private` is for archives and sites on the own network.
    """

    user_agent: str
    url: str = "https://web.archive.org"
    availability_url: str = "https://archive.org"
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)
    ca_bundle: str | None = None
    proxy: str | None = field(default=None, repr=False)
    timeout: timedelta = timedelta(seconds=60)
    connect_timeout: timedelta = timedelta(seconds=10)
    deadline: timedelta = timedelta(seconds=90)
    cdx_interval: timedelta = timedelta(seconds=2.5)
    replay_interval: timedelta = timedelta(seconds=1)
    availability_interval: timedelta = timedelta(seconds=5)
    status_interval: timedelta = timedelta(seconds=6)
    save_interval: timedelta | None = None
    max_saves: int = 10
    patience: timedelta = timedelta(seconds=90)
    job_deadline: timedelta = timedelta(hours=1)
    allow_private: bool = False

    @property
    def base(self) -> str:
        """The archive's address without a slash at its end."""
        return self.url.rstrip("/")

    @property
    def name(self) -> str:
        """The archive's host name, as shown to readers."""
        return urlsplit(self.url).hostname or self.url

    @property
    def has_keys(self) -> bool:
        """Whether Save Page Now 2 can be used."""
        return bool(self.access_key and self.secret_key)

    @property
    def effective_save_interval(self) -> timedelta:
        """The pause between two requests for a capture."""
        if self.save_interval is not None:
            return self.save_interval
        return _KEYED_SAVE_INTERVAL if self.has_keys else _ANONYMOUS_SAVE_INTERVAL
