"""The lock that several machines share: PostgreSQL's advisory lock, held by one connection of its own.

An advisory lock belongs to a session, may be taken again by the same session, and survives the
return of a connection to a pool (PostgreSQL manual, "Advisory Locks"): so the connection comes from
no pool, and closing it is what frees the lock. The server frees it when the client dies.
PgBouncer's transaction pooling hands sessions around: there the lock does not hold.
"""

from __future__ import annotations

from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from crawler.errors import StoreError
from crawler.store.session import driver_url

_TRY = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
# A silent firewall must not end the session of a long night, and a dead peer must be noticed.
_KEEPALIVE = {"keepalives": 1, "keepalives_idle": 60, "keepalives_interval": 15, "keepalives_count": 4}


class DatabaseLock:
    """At most one holder of a name among all clients of a database. SQLite has none: it is free at once."""

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._connection: Connection | None = None

    def acquire(self) -> bool:
        """Take the lock; return whether it was free.

        Raises:
            ConfigError: the URL is wrong or its driver is not installed.
            StoreError: the database cannot be reached.
        """
        if make_url(self._url).get_backend_name() == "sqlite":
            return True
        engine = create_engine(
            driver_url(self._url), poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=_KEEPALIVE
        )
        try:
            connection = engine.connect()
            is_free = bool(connection.scalar(_TRY, {"name": self._name}))
        except DBAPIError as error:
            raise StoreError(f"the database cannot be used: {error.orig}") from error
        if is_free:
            self._connection = connection
        else:
            connection.close()
        return is_free

    def release(self) -> None:
        """Free the lock; nothing happens where it is not held."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
