"""Migrations: an empty and a filled database reach the model; a newer one is refused and left alone."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, inspect, text

from crawler.errors import ConfigError, StoreError
from crawler.store.schema import Base
from crawler.store.session import Store, alembic_config, driver_url, open_store
from tests.fakes.nights import seen, whole_night

ALEMBIC = {"alembic_version"}


def engine(url: str) -> Any:
    return create_engine(driver_url(url), poolclass=NullPool)


def tables(url: str) -> set[str]:
    return set(inspect(engine(url)).get_table_names())


def dump(url: str) -> dict[str, list[tuple[Any, ...]]]:
    with engine(url).connect() as connection:
        return {name: sorted(map(tuple, connection.execute(text(f'SELECT * FROM "{name}"')))) for name in tables(url)}


def set_revision(url: str, revision: str) -> None:
    with engine(url).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_an_empty_database_gets_every_table(empty_url: str) -> None:
    open_store(empty_url).close()
    assert tables(empty_url) == set(Base.metadata.tables) | ALEMBIC


def test_the_migrations_make_exactly_what_the_model_says(database_url: str) -> None:
    with engine(database_url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_opening_twice_changes_nothing(database_url: str) -> None:
    with open_store(database_url) as store:
        whole_night(store, 1, seen())
    before = dump(database_url)
    open_store(database_url).close()
    assert dump(database_url) == before


@pytest.mark.parametrize(
    "revision", [script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()]
)
def test_a_filled_database_of_each_version_is_brought_up_with_its_rows(empty_url: str, revision: str) -> None:
    config = alembic_config()
    with engine(empty_url).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.execute(text("INSERT INTO project (id, name) VALUES (7, 'list')"))
    open_store(empty_url).close()
    assert (7, "list") in [row[:2] for row in dump(empty_url)["project"]]


def test_a_migration_can_be_taken_back(empty_url: str) -> None:
    config = alembic_config()
    with engine(empty_url).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        command.downgrade(config, "base")
    assert tables(empty_url) == ALEMBIC


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(database_url: str) -> None:
    with open_store(database_url) as store:
        whole_night(store, 1, seen())
    set_revision(database_url, "9999")
    before = dump(database_url)
    with pytest.raises(StoreError, match=r"9999.*newer version; upgrade linkvigil"):
        open_store(database_url)
    assert dump(database_url) == before


def test_a_refused_file_keeps_every_byte(sqlite_url: str, tmp_path: Path) -> None:
    set_revision(sqlite_url, "9999")
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    before = file.read_bytes()
    with pytest.raises(StoreError):
        open_store(sqlite_url)
    assert file.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "notes.db"
    file.write_text("not a database, but my notes\n" * 100)
    with pytest.raises(StoreError, match="cannot be used"):
        open_store(f"sqlite:///{file}")
    assert file.read_text() == "not a database, but my notes\n" * 100


def test_another_program_s_database_is_refused_and_left_as_it_is(empty_url: str) -> None:
    with engine(empty_url).begin() as connection:
        connection.execute(text("CREATE TABLE url (name TEXT)"))
    with pytest.raises(StoreError):
        open_store(empty_url)
    assert tables(empty_url) == {"url"}


def test_a_migration_that_fails_leaves_no_half_schema(empty_url: str) -> None:
    with engine(empty_url).begin() as connection:
        connection.execute(text("CREATE TABLE url (name TEXT)"))
    with pytest.raises(StoreError):
        open_store(empty_url)
    assert "project" not in tables(empty_url)


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("mysql://localhost/x", ConfigError),
        ("nonsense", ConfigError),
        ("sqlite:////dev/null/linkvigil.db", StoreError),
        ("postgresql://nobody:secret@127.0.0.1:1/none", StoreError),
    ],
    ids=["unknown kind", "no url", "no folder", "no server"],
)
def test_a_database_that_cannot_be_opened_is_named_without_its_password(url: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        open_store(url)
    assert "secret" not in str(caught.value)


def test_every_table_and_column_says_what_it_holds() -> None:
    bare = [
        f"{table}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if not column.comment
    ]
    assert bare == []


def test_the_state_folder_works_after_it_was_copied_elsewhere(sqlite_url: str, tmp_path: Path) -> None:
    with open_store(sqlite_url) as store:
        run = whole_night(store, 1, seen())
    shutil.copytree(tmp_path / "state", tmp_path / "restored")
    with open_store(f"sqlite:///{tmp_path / 'restored' / 'linkvigil.db'}") as restored:
        assert isinstance(restored, Store)
        assert whole_night(restored, 2, seen()).id == run.id + 1
