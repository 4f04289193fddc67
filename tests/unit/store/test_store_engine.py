# SPDX-License-Identifier: Apache-2.0
"""Transactions: all or nothing, one at a time, durable settings asserted, misuse refused."""

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from paridad.store.acts import ActQuery, count_acts, put_act
from paridad.store.engine import Store
from paridad.store.records import get_meta, put_meta
from support.store_acts import an_act, rolled_back

NOT_STORES = ["sqlite://", "sqlite:///:memory:", "mysql://host/name"]


def test_a_block_that_fails_leaves_nothing(store: Store) -> None:
    with rolled_back(store) as conn:
        put_act(conn, an_act("lost"), ours=True, at=1)
    with store.write() as conn:
        put_act(conn, an_act("kept"), ours=True, at=1)
    with store.read() as conn:
        assert count_acts(conn) == 1


def test_a_reader_sees_one_snapshot(store: Store) -> None:
    with store.read() as conn:
        assert count_acts(conn) == 0
        with store.write() as writing:
            put_act(writing, an_act("later"), ours=True, at=1)
        assert count_acts(conn) == 0
    with store.read() as conn:
        assert count_acts(conn) == 1


def test_a_reader_cannot_write_and_the_next_writer_can(store: Store) -> None:
    with pytest.raises(sa.exc.DBAPIError), store.read() as conn:
        put_meta(conn, "a", "b")
    with store.write() as conn:
        put_meta(conn, "a", "c")
    with store.read() as conn:
        assert get_meta(conn, "a") == "c"


def test_a_transaction_inside_a_transaction_is_refused(store: Store) -> None:
    with store.write(), pytest.raises(RuntimeError, match="inside a transaction"), store.write():
        pass
    with store.write():
        pass


def test_writers_take_turns(store: Store) -> None:
    def add(number: int) -> None:
        with store.write() as conn:
            found = get_meta(conn, "sum")
            put_meta(conn, "sum", str(int(found or "0") + number))

    threads = [threading.Thread(target=add, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as conn:
        assert get_meta(conn, "sum") == str(sum(range(20)))


def test_in_transaction_answers_what_the_function_answers(store: Store) -> None:
    assert store.in_transaction(lambda conn: put_act(conn, an_act("one"), ours=True, at=1)) == "new"
    with store.read() as conn:
        assert count_acts(conn, ActQuery(ours=True)) == 1


def test_an_error_that_no_repetition_heals_is_raised_at_once(store: Store) -> None:
    calls: list[int] = []

    def wrong(conn: sa.Connection) -> None:
        calls.append(1)
        conn.exec_driver_sql("SELECT * FROM no_such_table")

    with pytest.raises(sa.exc.DBAPIError):
        store.in_transaction(wrong)
    assert calls == [1]


def test_scrub_leaves_what_lives(store: Store) -> None:
    with store.write() as conn:
        put_act(conn, an_act("kept"), ours=True, at=1)
    store.scrub()
    with store.read() as conn:
        assert count_acts(conn) == 1


@pytest.mark.parametrize("url", NOT_STORES)
def test_only_a_file_or_a_server_is_a_store(url: str) -> None:
    with pytest.raises(ValueError, match="not a store"):
        Store.open(url)


def test_what_was_committed_is_there_after_closing_and_opening(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'node.db'}"
    with Store.open(url) as store:
        assert store.path == tmp_path / "node.db"
        store.in_transaction(lambda conn: put_act(conn, an_act("one"), ours=True, at=1))
    with Store.open(url) as store, store.read() as conn:
        assert count_acts(conn) == 1
        assert not store.was_unclean
