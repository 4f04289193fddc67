# SPDX-License-Identifier: Apache-2.0
"""An empty database gets this release's tables, a newer one is refused, and the migrations make what `tables` says."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from paridad.store import migrating
from paridad.store.engine import Store
from paridad.store.errors import SchemaUnknown
from paridad.store.migrating import HEAD, revision
from paridad.store.tables import counters, metadata, passkeys
from support.postgres import PostgresServer

OBJECTS = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%'"


def test_an_opened_database_is_at_the_head_and_has_its_counter(store: Store) -> None:
    with store.read() as conn:
        assert revision(conn) == HEAD
        assert conn.execute(sa.select(counters)).all() == [("filed", 0)]


def test_the_head_is_the_last_migration() -> None:
    assert ScriptDirectory(str(migrating._MIGRATIONS)).get_current_head() == HEAD


def test_opening_again_changes_nothing(store_url: str) -> None:
    with Store.open(store_url) as store, store.write() as conn:
        conn.execute(sa.update(counters).values(value=7))
    with Store.open(store_url) as store, store.read() as conn:
        assert conn.execute(sa.select(counters.c.value)).scalar_one() == 7


def test_a_newer_schema_is_refused_in_both_languages_and_not_touched(store_url: str) -> None:
    with Store.open(store_url) as store, store.write() as conn:
        conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for _ in range(2):
        with pytest.raises(SchemaUnknown) as refused:
            Store.open(store_url)
        assert "esquema 9999" in refused.value.sentence("es")
        assert "schema 9999" in refused.value.sentence("en")


def test_the_migrations_make_the_tables_of_this_release_in_sqlite(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path / 'node.db'}") as store, store.read() as conn:
        migrated = set(map(tuple, conn.exec_driver_sql(OBJECTS)))
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'tables.db'}")
    with engine.begin() as conn:
        metadata.create_all(conn)
        assert migrated == set(map(tuple, conn.exec_driver_sql(OBJECTS)))
    engine.dispose()


def test_a_schema_that_another_process_made_at_the_same_moment_is_taken_as_it_is(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = iter([None, HEAD])
    monkeypatch.setattr(migrating, "revision", lambda _conn: next(found))
    monkeypatch.setattr(migrating, "upgrade", _made_meanwhile)
    migrating.bring_up_to_date(store._backend)
    assert next(found, "asked twice") == "asked twice"


def _made_meanwhile(_conn: sa.Connection, _to: str) -> None:
    raise sa.exc.IntegrityError("CREATE TABLE alembic_version", None, Exception("it exists"))


def test_a_migration_that_fails_by_itself_fails(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "revision", lambda _conn: None)
    monkeypatch.setattr(migrating, "upgrade", _made_meanwhile)
    with pytest.raises(sa.exc.IntegrityError):
        migrating.bring_up_to_date(store._backend)


@pytest.mark.postgres
def test_the_migrations_make_the_tables_of_this_release_in_postgres(postgres_server: PostgresServer) -> None:
    url = postgres_server.empty()
    Store.open(url).close()
    engine = sa.create_engine(url)
    with engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_an_older_schema_is_migrated_and_keeps_its_rows(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release with one more migration, written here, opens a database of this release."""
    Store.open(store_url).close()
    upgraded: list[str] = []

    def upgrade(conn: sa.Connection, to: str) -> None:
        conn.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{to}'")
        upgraded.append(to)

    monkeypatch.setattr(migrating, "HEAD", "next")
    monkeypatch.setattr(migrating, "upgrade", upgrade)
    with Store.open(store_url) as store, store.read() as conn:
        assert revision(conn) == "next"
    assert upgraded == ["next"]


def test_a_database_of_the_first_release_gets_the_tables_of_people_and_keeps_its_rows(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'node.db'}")
    with engine.begin() as conn:
        migrating.upgrade(conn, "0001")
        conn.execute(sa.update(counters).values(value=7))
        assert not sa.inspect(conn).has_table("passkeys")
    engine.dispose()
    with Store.open(f"sqlite:///{tmp_path / 'node.db'}") as store, store.read() as conn:
        assert revision(conn) == HEAD
        assert conn.execute(sa.select(counters.c.value)).scalar_one() == 7
        assert conn.execute(sa.select(sa.func.count()).select_from(passkeys)).scalar_one() == 0


def test_a_database_of_somebody_else_gets_our_tables_beside_its_own(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'node.db'}")
    with engine.begin() as conn:
        conn.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
    engine.dispose()
    with Store.open(f"sqlite:///{tmp_path / 'node.db'}") as store, store.read() as conn:
        assert revision(conn) == HEAD
