"""One run at a time: a lock file always, the database's own lock where machines share a database.

The operating system frees a lock file when its holder dies, whatever way; the file itself stays.
Network file systems may not keep such locks: there the database's lock holds.
"""

from __future__ import annotations

import hashlib
import re
from typing import Self

from filelock import FileLock, Timeout

from crawler.config import Settings
from crawler.errors import LockedError, StoreError
from crawler.store.lock import DatabaseLock
from crawler.store.session import sqlite_file


class RunLock:
    """Held while one run of a project goes on; a second one fails at once.

    The lock file stands beside the SQLite database, else in the state folder.
    """

    def __init__(self, settings: Settings, project: str) -> None:
        url = settings.database_url
        database = sqlite_file(url)
        self._project = project
        self._path = (database.parent if database else settings.state) / lock_name(project)
        self._file = FileLock(self._path)
        self._database = DatabaseLock(url, f"linkvigil:{project}")

    def __enter__(self) -> Self:
        """Take both locks.

        Raises:
            LockedError: another run holds one of them.
            StoreError: the lock file cannot be made, or the database cannot be reached.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file.acquire(timeout=0)
        except Timeout as error:
            raise LockedError(self._sentence(f"lock file {self._path}")) from error
        except OSError as error:
            raise StoreError(f"{self._path}: the lock file cannot be made: {error.strerror}") from error
        try:
            is_free = self._database.acquire()
        except BaseException:
            self._file.release()
            raise
        if not is_free:
            self._file.release()
            raise LockedError(self._sentence("lock in the database"))
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._database.release()
        self._file.release()

    def _sentence(self, what: str) -> str:
        return f"another run of project {self._project} is under way ({what}); try again when it has ended"


def lock_name(project: str) -> str:
    """Return the lock file's name for a project: readable, and different for different projects."""
    readable = re.sub(r"[^A-Za-z0-9-]+", "-", project).strip("-")[:40]
    return f"{readable or 'project'}-{hashlib.sha256(project.encode()).hexdigest()[:8]}.lock"
