"""The error tree: an exception means that our own work failed; a broken link is data.

LinkvigilError
+-- ConfigError            wrong option, unknown key, unreadable configuration
+-- SourceError            a source that cannot be found or read
+-- StoreError             the database is missing, newer, damaged or locked for too long
+-- LockedError            another run holds the lock
+-- ArchiveError           the archive gave no usable answer
|   +-- RateLimited        ... and said when to come back (`retry_after`)
|   +-- CaptureRefused     ... and will not capture this page (`code`)
+-- TrackerError           the issue tracker refused (`permanent`) or failed
"""

from __future__ import annotations

from datetime import timedelta


class LinkvigilError(Exception):
    """Base of all errors that are shown to a user as one line."""


class ConfigError(LinkvigilError):
    """An option or a configuration file is wrong."""


class SourceError(LinkvigilError):
    """A source cannot be found or read."""


class StoreError(LinkvigilError):
    """The database cannot be used."""


class LockedError(LinkvigilError):
    """Another run holds the lock."""


class ArchiveError(LinkvigilError):
    """The archive gave no usable answer: nothing may be concluded from it."""


class RateLimited(ArchiveError):
    """The archive asks for a pause of `retry_after`."""

    def __init__(self, message: str, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class CaptureRefused(ArchiveError):
    """The archive does not capture this page; `code` is its own word for the reason."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class TrackerError(LinkvigilError):
    """The issue tracker refused or failed; `permanent` means that a retry cannot help."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent
