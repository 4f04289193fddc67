# SPDX-License-Identifier: Apache-2.0
"""Group commit without a timer: whoever waits is committed together, and answered after the commit.

Rules
  - Each caller brings a function. Whoever gets hold of the lead takes all that wait, runs each in a savepoint,
    commits once, and only then answers all (L4). Alone, a function waits for one commit; under load groups form.
  - A function that fails is undone alone; its neighbours are committed.
  - A commit that fails is everybody's failure: nothing of the group is stored, and everybody is told.
  - Where the database asks for a repetition, all functions of the group run again with the same inputs.
"""

import threading
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

import sqlalchemy as sa

from paridad.base.words import Words
from paridad.store.errors import StoreUnavailable

T = TypeVar("T")


class InTransaction(Protocol):
    """Runs a function in a transaction: `Store.in_transaction`."""

    def __call__(self, fn: Callable[[sa.Connection], None], /) -> None:
        """Run it, and return once it is durable."""


class _Job(Generic[T]):
    """One function, and what became of it."""

    def __init__(self, fn: Callable[[sa.Connection], T]) -> None:
        self.fn = fn
        self.answered = False
        self._value: T | None = None
        self._error: BaseException | None = None

    def run(self, conn: sa.Connection) -> None:
        self._error, self._value = None, self.fn(conn)

    def fail(self, error: BaseException) -> None:
        self._error = error

    def answer(self) -> T:
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]


class GroupCommit:
    """Leader and followers over one writer."""

    def __init__(self, in_transaction: InTransaction, is_retryable: Callable[[BaseException], bool]) -> None:
        self._in_transaction = in_transaction
        self._is_retryable = is_retryable
        self._lead = threading.Lock()
        self._mutex = threading.Lock()
        self._waiting: list[_Job[Any]] = []

    def submit(self, fn: Callable[[sa.Connection], T]) -> T:
        """Run `fn` with whoever waits and return its answer after the commit, or raise what it raised."""
        job = _Job(fn)
        with self._mutex:
            self._waiting.append(job)
        with self._lead:
            if not job.answered:
                self._run_all()
        return job.answer()

    def _run_all(self) -> None:
        with self._mutex:
            jobs, self._waiting = self._waiting, []
        try:
            if len(jobs) == 1:
                self._in_transaction(jobs[0].run)
            else:
                self._in_transaction(lambda conn: self._run_each(conn, jobs))
        except Exception as error:  # noqa: BLE001  every caller of the group is told, in its own thread
            for job in jobs:
                job.fail(error)
        except BaseException:  # the leader was interrupted: its followers must not wait for ever
            for job in jobs:
                job.fail(_broken_off())
            raise
        finally:
            for job in jobs:
                job.answered = True

    def _run_each(self, conn: sa.Connection, jobs: list[_Job[Any]]) -> None:
        for job in jobs:
            conn.exec_driver_sql("SAVEPOINT job")
            try:
                job.run(conn)
            except Exception as error:  # it belongs to the caller who brought the job, and is raised there
                if self._is_retryable(error):
                    raise
                self._undo(conn, error)
                job.fail(error)
            conn.exec_driver_sql("RELEASE SAVEPOINT job")

    def _undo(self, conn: sa.Connection, error: Exception) -> None:
        try:
            conn.exec_driver_sql("ROLLBACK TO SAVEPOINT job")
        except sa.exc.DBAPIError:  # the failure took the whole transaction with it
            raise error from None


def _broken_off() -> StoreUnavailable:
    return StoreUnavailable(
        Words(
            es="El grupo se interrumpió antes de confirmarse; no se guardó nada de él.",
            en="The group was broken off before its commit; nothing of it is stored.",
        )
    )
