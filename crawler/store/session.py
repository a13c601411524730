"""The database: engine, pragmas, short transactions, migrations."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Engine, create_engine, event, insert, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Insert

from crawler.errors import ConfigError, StoreError
from crawler.store.schema import Base

_LOCK_WAIT_S = 60
_MIGRATIONS = Path(__file__).parent / "migrations"


class Store:
    """One database. Transactions are short and never open across the network."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite, which has one writer."""
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a transaction; commit at the end, roll back on any exception.

        Raises:
            StoreError: the database failed; the message carries no credentials.
        """
        try:
            with Session(self._engine, expire_on_commit=False) as session, session.begin():
                yield session
        except DBAPIError as error:
            raise StoreError(f"the database failed: {type(error.orig).__name__}: {error.orig}") from error

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def open_store(url: str) -> Store:
    """Open a database, create or migrate it.

    Raises:
        ConfigError: the URL is wrong or its driver is not installed.
        StoreError: it cannot be opened, is damaged, or comes from a newer version.
    """
    engine = _engine(url)
    try:
        _migrate(engine)
    except StoreError:
        engine.dispose()
        raise
    except DBAPIError as error:
        engine.dispose()
        raise StoreError(f"{_shown(url)}: the database cannot be used: {error.orig}") from error
    return Store(engine)


def scratch_store(folder: Path) -> Store:
    """Open a database for one look only; nothing of it is kept, so durability is off."""
    engine = _engine(f"sqlite:///{folder / 'look.db'}", durable=False)
    Base.metadata.create_all(engine)
    return Store(engine)


def upsert(session: Session, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Return the dialect's insert that knows ON CONFLICT."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def insert_all(session: Session, table: type[Base], rows: list[dict[str, Any]]) -> None:
    """Insert many rows in one statement."""
    if rows:
        statement: Insert = insert(table)
        session.execute(statement, rows)


def in_batches(ids: Sequence[int], size: int = 500) -> Iterator[list[int]]:
    """Yield ids in parts that fit into one statement: databases limit the number of its parameters."""
    for start in range(0, len(ids), size):
        yield list(ids[start : start + size])


def digest(*parts: str) -> str:
    """Return the SHA-256 of texts, hexadecimal."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def storable(text: str) -> str:
    """Return the text as every database takes it: no NUL, no lone surrogate."""
    return text.replace("\0", "�").encode("utf-8", "replace").decode("utf-8")


def driver_url(url: str) -> URL:
    """Return a database URL with the driver that we use.

    Raises:
        ConfigError: it is no URL of a database that we know.
    """
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except ArgumentError as error:
        raise ConfigError("database: this is no database URL; use sqlite:///FILE or postgresql://...") from error
    if backend not in {"sqlite", "postgresql"}:
        raise ConfigError("database: use sqlite:///FILE or postgresql://USER@HOST/NAME")
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed


def sqlite_file(url: str) -> Path | None:
    """Return the file of an SQLite database; None for another database, or one in memory.

    Raises:
        ConfigError: it is no URL of a database that we know.
    """
    parsed = driver_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in {None, "", ":memory:"}:
        return None
    return Path(str(parsed.database))


def _engine(url: str, *, durable: bool = True) -> Engine:
    parsed = driver_url(url)
    try:
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(url, durable=durable)
        return create_engine(parsed, pool_pre_ping=True)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigError("database: PostgreSQL needs the driver: pip install 'linkvigil[postgresql]'") from error


def _sqlite(url: str, *, durable: bool) -> Engine:
    file = sqlite_file(url)
    if file is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{file.parent}: the state folder cannot be made: {error.strerror}") from error
    engine = create_engine(url, connect_args={"timeout": _LOCK_WAIT_S, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _set_pragmas(connection: Any, record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA journal_mode={'WAL' if durable else 'MEMORY'}")
        cursor.execute(f"PRAGMA synchronous={'NORMAL' if durable else 'OFF'}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _take_the_write_lock(connection: Any) -> None:
        # A read that later writes fails at once in WAL mode, whatever the busy timeout: ask first.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _migrate(engine: Engine) -> None:
    config = alembic_config()
    scripts = ScriptDirectory.from_config(config)
    with engine.begin() as connection:
        context = MigrationContext.configure(connection)
        present = context.get_current_revision()
        if present == scripts.get_current_head():
            return
        if present is not None and present not in {script.revision for script in scripts.walk_revisions()}:
            raise StoreError(
                f"the database has schema {present}, which this version does not know: "
                "it was written by a newer version; upgrade linkvigil"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def alembic_config() -> Config:
    """Return the migrations' configuration: there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def _shown(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)
