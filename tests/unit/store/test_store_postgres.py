# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL: durable settings asserted, one appender, repetition with the same inputs, lost connections told apart."""

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from paridad.store.acts import count_acts, filed_acts, put_act
from paridad.store.engine import MAX_ATTEMPTS, Store
from paridad.store.errors import StoreFull, StoreUnavailable, StoreUnsafe
from paridad.store.ledger import SqlLedgerStore
from support.postgres import PostgresServer
from support.store_acts import an_act

pytestmark = pytest.mark.postgres


@pytest.fixture
def store(postgres_server: PostgresServer) -> Iterator[Store]:
    with Store.open(postgres_server.fresh()) as opened:
        yield opened


def raises(sqlstate: str) -> sa.TextClause:
    return sa.text(f"DO $$ BEGIN RAISE EXCEPTION 'made by the test' USING ERRCODE = '{sqlstate}'; END $$")


UNSAFE = {
    "acknowledges before it is durable": "synchronous_commit = off",
    "durable only on the other machine": "synchronous_commit = remote_write",
}


@pytest.mark.parametrize("setting", UNSAFE.values(), ids=UNSAFE.keys())
def test_a_server_that_does_not_promise_durability_is_refused(setting: str, postgres_server: PostgresServer) -> None:
    url = postgres_server.fresh()
    name = sa.make_url(url).database
    Store.open(url).close()
    postgres_server.execute(f"ALTER DATABASE {name} SET {setting}")
    with pytest.raises(StoreUnsafe, match="synchronous_commit"):
        Store.open(url)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable):
        Store.open("postgresql+psycopg://nobody@127.0.0.1:1/none")


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
def test_what_the_database_asks_to_repeat_is_repeated_with_the_same_inputs(sqlstate: str, store: Store) -> None:
    tries: list[int] = []

    def once_refused(conn: sa.Connection) -> str:
        tries.append(1)
        filing = put_act(conn, an_act("one"), ours=True, at=1)
        if len(tries) == 1:
            conn.execute(raises(sqlstate))
        return filing

    assert store.submit(once_refused) == "new"
    assert len(tries) == 2
    with store.read() as conn:
        assert [act.filed for act in filed_acts(conn)] == [1]


def test_repetition_has_an_end(store: Store) -> None:
    tries: list[int] = []

    def always_refused(conn: sa.Connection) -> None:
        tries.append(1)
        conn.execute(raises("40001"))

    with pytest.raises(sa.exc.DBAPIError):
        store.in_transaction(always_refused)
    assert len(tries) == MAX_ATTEMPTS


def test_a_repetition_within_a_group_repeats_the_neighbours_too(store: Store) -> None:
    tries: list[int] = []

    def once_refused(conn: sa.Connection) -> str:
        tries.append(1)
        if len(tries) == 1:
            conn.execute(raises("40001"))
        return "done"

    started, go = threading.Event(), threading.Event()
    answers: list[object] = []

    def first(_conn: sa.Connection) -> None:
        started.set()
        assert go.wait(10)

    jobs = [first, lambda conn: put_act(conn, an_act("neighbour"), ours=True, at=1), once_refused]
    threads = [threading.Thread(target=lambda job=job: answers.append(store.submit(job))) for job in jobs]
    threads[0].start()
    assert started.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(store._group._waiting) < 2:
        threading.Event().wait(0.001)
    go.set()
    for thread in threads:
        thread.join(10)
    assert sorted(map(str, answers)) == ["None", "done", "new"]
    with store.read() as conn:
        assert [act.filed for act in filed_acts(conn)] == [1]


def test_two_processes_append_in_turn(postgres_server: PostgresServer) -> None:
    """Two stores stand for two processes; filing numbers stay without holes whatever the interleaving."""
    url = postgres_server.fresh()

    def work(store: Store, name: str) -> None:
        for n in range(15):
            store.in_transaction(lambda conn, n=n: put_act(conn, an_act(f"{name} {n}"), ours=True, at=1))  # type: ignore[misc]

    with Store.open(url) as one, Store.open(url) as two:
        threads = [threading.Thread(target=work, args=(s, n)) for s, n in ((one, "one"), (two, "two"), (one, "three"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        with one.read() as conn:
            assert [act.filed for act in filed_acts(conn)] == list(range(1, 46))


def test_a_lost_connection_is_told_as_an_unknown_outcome_and_the_next_transaction_works(store: Store) -> None:
    def cut(conn: sa.Connection) -> None:
        put_act(conn, an_act("lost"), ours=True, at=1)
        conn.execute(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(StoreUnavailable, match="not known"):
        store.in_transaction(cut)
    assert store.in_transaction(lambda conn: put_act(conn, an_act("lost"), ours=True, at=1)) == "new"


def test_a_full_disk_is_told_and_nothing_was_written(store: Store) -> None:
    def fill(conn: sa.Connection) -> None:
        put_act(conn, an_act("lost"), ours=True, at=1)
        conn.execute(raises("53100"))

    with pytest.raises(StoreFull):
        store.in_transaction(fill)
    with store.read() as conn:
        assert count_acts(conn) == 0


def test_the_head_is_locked_for_the_whole_transaction(postgres_server: PostgresServer) -> None:
    url = postgres_server.fresh()
    order: list[str] = []
    with Store.open(url) as one, Store.open(url) as two:
        holding, waiting = threading.Event(), threading.Event()

        def second() -> None:
            holding.wait(10)
            waiting.set()
            with two.write() as conn:
                order.append("second")
                assert SqlLedgerStore(conn).head("AA/practice/shared").size == 0

        thread = threading.Thread(target=second)
        thread.start()
        with one.write():
            holding.set()
            waiting.wait(10)
            thread.join(0.3)
            order.append("first")
        thread.join(10)
    assert order == ["first", "second"]
    assert one.path is None
    assert not one.was_unclean
