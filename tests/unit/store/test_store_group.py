# SPDX-License-Identifier: Apache-2.0
"""Group commit: whoever waits is committed together; a failing job is undone alone; answers come after the commit."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from paridad.store.acts import count_acts, put_act
from paridad.store.engine import Store
from paridad.store.errors import StoreUnavailable
from paridad.store.group import GroupCommit
from paridad.store.records import get_meta, put_meta
from support.store_acts import an_act

Job = Callable[[sa.Connection], Any]


class Refused(Exception):
    """What a job of these tests raises."""


def files(label: str) -> Job:
    return lambda conn: put_act(conn, an_act(label), ours=True, at=1)


def fails_after(label: str) -> Job:
    def job(conn: sa.Connection) -> None:
        put_act(conn, an_act(label), ours=True, at=1)
        raise Refused(label)

    return job


def together(store: Store, jobs: list[Job]) -> list[Future[Any]]:
    """Let the first job hold the lead until the others wait, so that these form one group."""
    started, go = threading.Event(), threading.Event()

    def first(conn: sa.Connection) -> None:
        started.set()
        assert go.wait(10)

    with ThreadPoolExecutor(len(jobs) + 1) as pool:
        leading = pool.submit(store.submit, first)
        assert started.wait(10)
        answers = [pool.submit(store.submit, job) for job in jobs]
        while len(store._group._waiting) < len(jobs):
            threading.Event().wait(0.001)
        go.set()
        leading.result(10)
    return answers


def test_alone_a_job_is_committed_and_answered(store: Store) -> None:
    assert store.submit(files("one")) == "new"
    with store.read() as conn:
        assert count_acts(conn) == 1


def test_alone_a_failing_job_leaves_nothing(store: Store) -> None:
    with pytest.raises(Refused, match="one"):
        store.submit(fails_after("one"))
    with store.read() as conn:
        assert count_acts(conn) == 0


def test_a_failing_job_does_not_sink_its_neighbours(store: Store) -> None:
    jobs = [files("a"), fails_after("b"), files("c"), fails_after("d"), files("e")]
    answers = together(store, jobs)
    assert [type(answer.exception()) for answer in answers] == [type(None), Refused, type(None), Refused, type(None)]
    with store.read() as conn:
        assert count_acts(conn) == 3


def test_a_job_that_the_database_refuses_does_not_sink_its_neighbours(store: Store) -> None:
    answers = together(store, [files("a"), lambda conn: conn.exec_driver_sql("SELECT nonsense"), files("c")])
    assert isinstance(answers[1].exception(), sa.exc.DBAPIError)
    assert [answers[0].result(), answers[2].result()] == ["new", "new"]


def test_a_group_is_one_commit(store: Store) -> None:
    commits: list[int] = []
    with store.write() as conn:
        engine = conn.engine
    sa.event.listen(engine, "commit", lambda _conn: commits.append(1))
    together(store, [files(str(n)) for n in range(8)])
    assert len(commits) == 2  # the job that held the lead, then everybody


def test_nobody_is_answered_before_the_commit(store: Store) -> None:
    """Each job is found by an independent reader the moment its caller is answered (L4)."""

    def submit_and_look(label: str) -> int:
        store.submit(files(label))
        with store.read() as conn:
            return count_acts(conn)

    with ThreadPoolExecutor(8) as pool:
        seen = sorted(pool.map(submit_and_look, map(str, range(40))))
    assert seen[-1] == 40
    assert all(count >= place for place, count in enumerate(seen, 1))


def test_a_commit_that_fails_is_everybodys_failure() -> None:
    lost = StoreUnavailable.__new__(StoreUnavailable)

    def in_transaction(fn: Callable[[Any], None]) -> None:
        fn(_NoDatabase())
        raise lost

    group = GroupCommit(in_transaction, lambda _error: False)
    with pytest.raises(StoreUnavailable):
        group.submit(lambda _conn: 1)


def test_an_interrupted_leader_tells_its_followers_that_nothing_is_stored(sqlite_store: Store) -> None:
    def interrupted(conn: sa.Connection) -> None:
        put_meta(conn, "a", "b")
        raise KeyboardInterrupt

    answers = together(sqlite_store, [interrupted, files("a"), files("b")])
    kinds = sorted(type(answer.exception()).__name__ for answer in answers)
    assert kinds == ["KeyboardInterrupt", "StoreUnavailable", "StoreUnavailable"]
    with sqlite_store.read() as conn:
        assert (count_acts(conn), get_meta(conn, "a")) == (0, None)
    assert sqlite_store.submit(files("a")) == "new"


def test_a_repetition_runs_the_whole_group_again_with_the_same_inputs() -> None:
    """What the database asks to repeat is repeated; what each job raised the first time does not count."""
    group = GroupCommit(_twice, lambda error: isinstance(error, ConnectionError))
    calls: list[str] = []

    def lead(_conn: object) -> None:
        calls.append("lead")

    def flaky(_conn: object) -> str:
        calls.append("flaky")
        if calls.count("flaky") == 1:
            raise ConnectionError
        return "done"

    first = threading.Thread(target=group.submit, args=(lead,))
    with group._lead:
        first.start()
        second: Future[str] = Future()
        other = threading.Thread(target=lambda: second.set_result(group.submit(flaky)))
        other.start()
        while len(group._waiting) < 2:
            threading.Event().wait(0.001)
    first.join(10)
    other.join(10)
    assert second.result(1) == "done"
    assert calls.count("lead") in {1, 2}
    assert calls.count("flaky") == 2


def test_a_failure_that_takes_the_transaction_with_it_is_told_to_everybody() -> None:
    """After SQLITE_FULL or SQLITE_IOERR the savepoint is gone; the first error is what matters, not the second."""
    conn, failure = _NoDatabase(savepoints=False), OSError("disk")
    group = GroupCommit(lambda fn: fn(conn), lambda _error: False)
    answers: list[BaseException] = []

    def submit(job: Callable[[Any], Any]) -> None:
        try:
            group.submit(job)
        except OSError as error:
            answers.append(error)

    def breaks(_conn: object) -> None:
        raise failure

    threads = [threading.Thread(target=submit, args=(job,)) for job in (lambda _conn: 1, breaks)]
    with group._lead:
        for thread in threads:
            thread.start()
        while len(group._waiting) < 2:
            threading.Event().wait(0.001)
    for thread in threads:
        thread.join(10)
    assert answers == [failure, failure]


class _NoDatabase:
    """Takes statements and does nothing."""

    def __init__(self, *, savepoints: bool = True) -> None:
        self._savepoints = savepoints

    def exec_driver_sql(self, sql: str) -> None:
        if sql.startswith("ROLLBACK TO") and not self._savepoints:
            raise sa.exc.OperationalError(sql, None, Exception("no such savepoint"))


def _twice(fn: Callable[[Any], None]) -> None:
    try:
        fn(_NoDatabase())
    except ConnectionError:
        fn(_NoDatabase())
