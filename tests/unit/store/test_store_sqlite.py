# SPDX-License-Identifier: Apache-2.0
"""SQLite: one writer, settings read back, one process, a failing disk stops the node, an unclean stop is noticed."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from paridad.store.acts import count_acts, put_act, put_acts
from paridad.store.engine import Store
from paridad.store.errors import ScrubPending, StoreFull, StoreInUse, StoreStopped, StoreUnsafe
from paridad.store.sqlite import READER_SETTINGS, WRITER_SETTINGS, apply_settings, open_connection
from support.apsw_sqlite import apsw_connect
from support.crash_disk import RecordingDisk
from support.store_acts import an_act

Fault = Callable[[str], sqlite3.Error | None]


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'node.db'}"


def failing(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("made by the test")
    error.sqlite_errorcode = code
    return error


class SickConnection:
    """A connection whose next operations may fail, as the test says."""

    def __init__(self, raw: sqlite3.Connection, ills: dict[str, int]) -> None:
        self._raw = raw
        self._ills = ills

    def commit(self) -> None:
        """Commit, unless ill."""
        self._suffer("commit")
        self._raw.commit()

    def rollback(self) -> None:
        """Roll back, unless ill."""
        self._suffer("rollback")
        self._raw.rollback()

    def cursor(self) -> Any:
        """Return a cursor, unless ill."""
        self._suffer("statement")
        return self._raw.cursor()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def _suffer(self, what: str) -> None:
        code = self._ills.pop(what, None)
        if code is not None:
            raise failing(code)


def open_sick(folder: Path, ills: dict[str, int]) -> Store:
    return Store.open(
        url_of(folder), connect=lambda path, read_only: SickConnection(open_connection(path, read_only), ills)
    )


SETTINGS = {
    "the writer": (False, WRITER_SETTINGS),
    "a reader": (True, READER_SETTINGS),
}


@pytest.mark.parametrize(("read_only", "settings"), SETTINGS.values(), ids=SETTINGS.keys())
def test_every_setting_is_in_force_on_the_connection_that_is_used(
    read_only: bool, settings: dict[str, tuple[str, object]], sqlite_store: Store
) -> None:
    with sqlite_store.read() if read_only else sqlite_store.write() as conn:
        for name, (_, expected) in settings.items():
            assert conn.exec_driver_sql(f"PRAGMA {name}").scalar_one() == expected, name


DISOBEDIENT = {
    "no WAL": ("journal_mode", "delete"),
    "not durable": ("synchronous", 1),
    "deleted bytes stay": ("secure_delete", 0),
    "foreign keys ignored": ("foreign_keys", 0),
    "a schema may run functions": ("trusted_schema", 1),
}


@pytest.mark.parametrize(("name", "answer"), DISOBEDIENT.values(), ids=DISOBEDIENT.keys())
def test_a_database_that_does_not_obey_is_not_opened(name: str, answer: object, tmp_path: Path) -> None:
    class Disobedient:
        def __init__(self, raw: sqlite3.Connection) -> None:
            self._raw = raw

        def execute(self, sql: str) -> Any:
            return self._raw.execute(f"SELECT {answer!r}") if sql == f"PRAGMA {name}" else self._raw.execute(sql)

    with pytest.raises(StoreUnsafe, match=name):
        apply_settings(Disobedient(open_connection(tmp_path / "a.db", False)), WRITER_SETTINGS)
    apply_settings(open_connection(tmp_path / "a.db", False), WRITER_SETTINGS)


def test_a_build_without_mmap_is_welcome(tmp_path: Path) -> None:
    class NoMmap:
        def __init__(self, raw: sqlite3.Connection) -> None:
            self._raw = raw

        def execute(self, sql: str) -> Any:
            return self._raw.execute("SELECT 1 WHERE 0" if sql == "PRAGMA mmap_size" else sql)

    apply_settings(NoMmap(open_connection(tmp_path / "a.db", False)), WRITER_SETTINGS)


def test_tables_are_strict(sqlite_store: Store) -> None:
    with sqlite_store.read() as conn:
        tables = conn.exec_driver_sql("PRAGMA table_list").all()
        assert {row.name for row in tables if row.type == "table" and not row.strict} <= {
            "sqlite_schema",
            "sqlite_temp_schema",
            "alembic_version",
        }
    with pytest.raises(sa.exc.IntegrityError), sqlite_store.write() as conn:
        conn.exec_driver_sql("INSERT INTO counters VALUES ('x', 'text')")


def test_a_second_opening_in_the_same_process_is_refused_in_both_languages(tmp_path: Path) -> None:
    with Store.open(url_of(tmp_path)):
        with pytest.raises(StoreInUse) as refused:
            Store.open(url_of(tmp_path))
        assert "ya está abierta" in refused.value.sentence("es")
        assert "already open" in refused.value.sentence("en")
    Store.open(url_of(tmp_path)).close()


def test_a_second_process_is_refused_and_told_which_process_holds_it(tmp_path: Path) -> None:
    program = f"from paridad.store.engine import Store; Store.open({url_of(tmp_path)!r})"
    with Store.open(url_of(tmp_path)):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "StoreInUse" in done.stderr
    assert f"(process {os.getpid()})" in done.stderr
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_failed_opening_gives_the_lock_back(tmp_path: Path) -> None:
    (tmp_path / "node.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreUnsafe, match="does not open"):
        Store.open(url_of(tmp_path))
    (tmp_path / "node.db").unlink()
    Store.open(url_of(tmp_path)).close()


def test_a_connection_used_after_its_block_is_refused(sqlite_store: Store) -> None:
    with sqlite_store.write() as conn:
        pass
    with pytest.raises(RuntimeError, match="outside the `with` block"):
        count_acts(conn)
    with sqlite_store.write() as conn:
        assert count_acts(conn) == 0


def test_closing_while_somebody_reads_is_refused(tmp_path: Path) -> None:
    store = Store.open(url_of(tmp_path))
    with store.read() as conn:
        count_acts(conn)
        with pytest.raises(RuntimeError, match="somebody was reading"):
            store.close()
    store.close()


def test_closing_leaves_one_file_and_the_lock(tmp_path: Path) -> None:
    with Store.open(url_of(tmp_path)) as store:
        store.in_transaction(lambda conn: put_act(conn, an_act("a"), ours=True, at=1))
        with store.read() as conn:
            count_acts(conn)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["node.db", "node.db.lock"]


FULL, IOERR_FSYNC, CORRUPT, BUSY = 13, 10 | (4 << 8), 11, 5
ILLS: dict[str, tuple[dict[str, int], type[Exception], bool]] = {
    "a full disk at commit: nothing was written, go on": ({"commit": FULL}, StoreFull, True),
    "a full disk at a statement: nothing was written, go on": ({"statement": FULL}, StoreFull, True),
    "a failing fsync at commit: stop": ({"commit": IOERR_FSYNC}, StoreStopped, False),
    "any other failing commit: stop": ({"commit": BUSY}, StoreStopped, False),
    "an I/O error at a statement: stop": ({"statement": IOERR_FSYNC}, StoreStopped, False),
    "a damaged page at a statement: stop": ({"statement": CORRUPT}, StoreStopped, False),
    "a statement that is merely refused: go on": ({"statement": BUSY}, sa.exc.OperationalError, True),
    "a full disk and a failing rollback: stop": ({"commit": FULL, "rollback": IOERR_FSYNC}, StoreStopped, False),
}


@pytest.mark.parametrize(("ills", "error", "goes_on"), ILLS.values(), ids=ILLS.keys())
def test_a_sick_disk(ills: dict[str, int], error: type[Exception], goes_on: bool, tmp_path: Path) -> None:
    current: dict[str, int] = {}
    store = open_sick(tmp_path, current)
    store.in_transaction(lambda conn: put_act(conn, an_act("before"), ours=True, at=1))

    def suffer(conn: sa.Connection) -> None:
        current.update(ills)
        put_act(conn, an_act("during"), ours=True, at=1)

    with pytest.raises(error):
        store.in_transaction(suffer)
    if goes_on:
        assert store.in_transaction(lambda conn: put_act(conn, an_act("during"), ours=True, at=1)) == "new"
    else:
        with pytest.raises(StoreStopped) as stopped:
            store.in_transaction(lambda conn: put_act(conn, an_act("after"), ours=True, at=1))
        assert stopped.value.next_step is not None
        with store.read() as conn:
            assert count_acts(conn) == 1
    current.clear()
    store.close()
    with Store.open(url_of(tmp_path)) as again, again.read() as conn:
        assert count_acts(conn) == (2 if goes_on else 1)


def test_a_writer_that_cannot_even_begin_says_so(tmp_path: Path) -> None:
    current: dict[str, int] = {}
    store = open_sick(tmp_path, current)
    current["statement"] = IOERR_FSYNC
    with pytest.raises(StoreStopped), store.write():
        pass
    with pytest.raises(StoreStopped), store.write():
        pass
    store.close()


def test_a_writer_that_is_merely_kept_waiting_goes_on(tmp_path: Path) -> None:
    current: dict[str, int] = {}
    with open_sick(tmp_path, current) as store:
        current["statement"] = BUSY
        with pytest.raises(sa.exc.OperationalError), store.write():
            pass
        assert store.in_transaction(lambda conn: put_act(conn, an_act("a"), ours=True, at=1)) == "new"


def test_an_unclean_stop_is_noticed_and_the_file_checked(tmp_path: Path) -> None:
    program = (
        f"import os; from paridad.store.engine import Store; from paridad.store.records import put_meta\n"
        f"store = Store.open({url_of(tmp_path)!r})\n"
        f"store.in_transaction(lambda conn: put_meta(conn, 'acknowledged', 'yes'))\n"
        f"os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 9
    with Store.open(url_of(tmp_path)) as store:
        assert store.was_unclean
    with Store.open(url_of(tmp_path)) as store:
        assert not store.was_unclean


def test_a_damaged_file_after_an_unclean_stop_is_not_opened(tmp_path: Path) -> None:
    with Store.open(url_of(tmp_path)) as store, store.write() as conn:
        put_acts(conn, [an_act(f"page {n}") for n in range(60)], ours=True, at=1)
    whole = bytearray((tmp_path / "node.db").read_bytes())
    at = whole.index(an_act("page 30").hash.encode())  # a copy of the hash in a row or in its index
    whole[at : at + 4] = b"\0\0\0\0"
    (tmp_path / "node.db").write_bytes(whole)
    (tmp_path / "node.db-wal").write_bytes(b"left over from the process that died")
    with pytest.raises(StoreUnsafe, match="damaged"):
        Store.open(url_of(tmp_path))


def test_scrub_waits_for_readers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(WRITER_SETTINGS, "busy_timeout", ("50", 50))
    with Store.open(url_of(tmp_path)) as store:
        with store.read() as conn:
            assert count_acts(conn) == 0
            store.in_transaction(lambda c: put_act(c, an_act("a"), ours=True, at=1))
            with pytest.raises(ScrubPending):
                store.scrub()
        store.scrub()
        assert (tmp_path / "node.db-wal").stat().st_size == 0


def test_reading_through_the_one_connection(tmp_path: Path) -> None:
    with Store.open(url_of(tmp_path), one_connection=True) as store:
        store.in_transaction(lambda conn: put_act(conn, an_act("a"), ours=True, at=1))
        with store.read() as conn:
            assert count_acts(conn) == 1


def test_the_same_code_over_the_sqlite_of_apsw(tmp_path: Path) -> None:
    with Store.open(url_of(tmp_path), connect=apsw_connect()) as store:
        assert (
            store.in_transaction(lambda conn: put_acts(conn, [an_act("a"), an_act("b")], ours=True, at=1))
            == ["new"] * 2
        )
        with pytest.raises(sa.exc.IntegrityError), store.write() as conn:
            conn.exec_driver_sql("INSERT INTO counters VALUES ('filed', 0)")
        with store.read() as conn:
            assert count_acts(conn) == 2


def test_the_same_code_over_a_file_system_in_python(tmp_path: Path) -> None:
    disk = RecordingDisk("test-store-sqlite")
    try:
        connect = apsw_connect("test-store-sqlite")
        with Store.open(url_of(tmp_path), connect=connect, one_connection=True) as store:
            before = len(disk.journal)
            store.in_transaction(lambda conn: put_act(conn, an_act("a"), ours=True, at=1))
            written = disk.journal[before:]
            with store.read() as conn:
                assert count_acts(conn) == 1
    finally:
        disk.close()
    assert [step.what for step in written][-1] == "sync"  # acknowledged means synced
