# SPDX-License-Identifier: Apache-2.0
"""Backups are whole, say which heads they hold, and are not mistaken for the present once restored."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from paridad.ledger import log
from paridad.store.acts import count_acts, put_acts
from paridad.store.backup import (
    back_up,
    read_record,
    recorded_heads,
    restore,
    restored_heads,
    settled,
)
from paridad.store.engine import Store
from paridad.store.errors import BackupRefused
from paridad.store.ledger import SqlLedgerStore
from paridad.store.vault import Vault
from support.store_acts import CountedRandom, MemoryEpochs, a_text, an_act

ORIGIN = "AA/practice/shared"
ACTS = [an_act(f"backed up {n}") for n in range(30)]


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def fill(store: Store, acts: slice) -> None:
    with store.write() as conn:
        put_acts(conn, ACTS[acts], ours=True, at=1)
        log.append(SqlLedgerStore(conn), ORIGIN, [act.signed for act in ACTS[acts]])


@pytest.fixture
def backup(tmp_path: Path, sqlite_store: Store) -> Path:
    fill(sqlite_store, slice(0, 10))
    back_up(sqlite_store, tmp_path / "backup.db", at=77)
    fill(sqlite_store, slice(10, 20))
    return tmp_path / "backup.db"


def test_a_backup_says_what_it_holds(backup: Path, sqlite_store: Store) -> None:
    record = read_record(backup)
    assert (record.at, [(head.origin, head.size) for head in record.heads]) == (77, [(ORIGIN, 10)])
    with sqlite_store.read() as conn:
        (now,) = recorded_heads(conn)
    assert now.size == 20
    assert now.root != record.heads[0].root


def test_a_backup_is_one_file_and_its_record(backup: Path) -> None:
    names = sorted(path.name for path in backup.parent.iterdir() if path.name.startswith("backup"))
    assert names == ["backup.db", "backup.db.heads"]


def test_a_restored_store_holds_what_the_backup_held_and_knows_that_it_is_one(backup: Path, tmp_path: Path) -> None:
    record = restore(backup, tmp_path / "restored.db")
    with Store.open(url_of(tmp_path / "restored.db")) as store:
        assert not store.was_unclean
        with store.write() as conn:
            assert count_acts(conn) == 10
            assert recorded_heads(conn) == record.heads
            assert restored_heads(conn) == {ORIGIN: 10}
            assert log.full_recompute(SqlLedgerStore(conn), ORIGIN).size == 10
            settled(conn)
            assert restored_heads(conn) is None


def test_a_store_that_was_never_restored_has_nothing_to_settle(sqlite_store: Store) -> None:
    with sqlite_store.write() as conn:
        assert restored_heads(conn) is None
        settled(conn)


def test_a_backup_taken_while_acts_are_filed_is_one_moment(sqlite_store: Store, tmp_path: Path) -> None:
    stop = threading.Event()

    def keep_filing() -> None:
        n = 0
        while not stop.is_set() and n < len(ACTS):
            fill(sqlite_store, slice(n, n + 1))
            n += 1

    thread = threading.Thread(target=keep_filing)
    thread.start()
    records = [back_up(sqlite_store, tmp_path / f"b{n}.db", at=n) for n in range(3)]
    stop.set()
    thread.join(30)
    for n, record in enumerate(records):
        restore(tmp_path / f"b{n}.db", tmp_path / f"r{n}.db")
        with Store.open(url_of(tmp_path / f"r{n}.db")) as store, store.read() as conn:
            assert count_acts(conn) == sum(head.size for head in record.heads)
            assert log.full_recompute(SqlLedgerStore(conn), ORIGIN).size == count_acts(conn)


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)


def other_record(path: Path) -> None:
    record = path.with_name(path.name + ".heads")
    record.write_bytes(record.read_bytes().replace(b'"size":10', b'"size":11'))


def no_record(path: Path) -> None:
    path.with_name(path.name + ".heads").unlink()


HARM: dict[str, Callable[[Path], None]] = {
    "a byte of the copy changed": damage,
    "a record of other heads": other_record,
    "no record": no_record,
}


@pytest.mark.parametrize("harm", HARM.values(), ids=HARM.keys())
def test_a_copy_that_does_not_fit_its_record_is_not_restored(
    harm: Callable[[Path], None], backup: Path, tmp_path: Path
) -> None:
    harm(backup)
    with pytest.raises(BackupRefused):
        restore(backup, tmp_path / "restored.db")
    assert not list(tmp_path.glob("restored.db*"))


def test_nothing_is_overwritten(backup: Path, sqlite_store: Store, tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="exists already"):
        back_up(sqlite_store, backup, at=1)
    with pytest.raises(BackupRefused, match="a database at"):
        restore(backup, tmp_path / "node.db")
    (tmp_path / "fresh.db-wal").write_bytes(b"a journal without its database")
    with pytest.raises(BackupRefused, match="a database at"):
        restore(backup, tmp_path / "fresh.db")


def test_a_damaged_database_gives_no_backup(tmp_path: Path) -> None:
    with Store.open(url_of(tmp_path / "sick.db")) as store:
        fill(store, slice(0, 30))
    whole = bytearray((tmp_path / "sick.db").read_bytes())
    at = whole.index(ACTS[20].hash.encode())
    whole[at : at + 4] = b"\0\0\0\0"
    (tmp_path / "sick.db").write_bytes(whole)
    with Store.open(url_of(tmp_path / "sick.db")) as store, pytest.raises(BackupRefused, match="damaged"):
        back_up(store, tmp_path / "backup.db", at=1)
    assert not list(tmp_path.glob("backup.db*"))


def test_what_an_interrupted_backup_left_is_no_obstacle(sqlite_store: Store, tmp_path: Path) -> None:
    (tmp_path / "backup.db.part").write_bytes(b"half")
    back_up(sqlite_store, tmp_path / "backup.db", at=1)
    assert not (tmp_path / "backup.db.part").exists()


def test_what_was_erased_since_stays_in_the_backup_until_its_epoch_goes(sqlite_store: Store, tmp_path: Path) -> None:
    epochs = MemoryEpochs()
    vault = Vault(epochs, CountedRandom())
    with sqlite_store.write() as conn:
        put_acts(conn, ACTS[:2], ours=True, at=1)
        vault.put_disclosures(conn, {act.hash: [a_text("x")] for act in ACTS[:2]})
    back_up(sqlite_store, tmp_path / "backup.db", at=1)
    with sqlite_store.write() as conn:
        vault.erase(conn, ACTS[0].hash, at=2, backups_by=3, reason="recall")
        epochs.turn()
        vault.re_wrap(conn)
        assert vault.disclosures(conn, ACTS[1].hash) == (a_text("x"),)
    restore(tmp_path / "backup.db", tmp_path / "restored.db")
    with Store.open(url_of(tmp_path / "restored.db")) as store, store.read() as conn:
        assert vault.disclosures(conn, ACTS[0].hash) == (a_text("x"),)
        del epochs.keys[1]
        with pytest.raises(Exception, match="does not open"):
            vault.disclosures(conn, ACTS[0].hash)


@pytest.mark.postgres
def test_postgres_has_its_own_tools(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    server = request.getfixturevalue("postgres_server")
    with Store.open(server.fresh()) as store, pytest.raises(BackupRefused, match="own tools"):
        back_up(store, tmp_path / "backup.db", at=1)
