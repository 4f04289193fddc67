# SPDX-License-Identifier: Apache-2.0
"""The store as the node holds it: open, read, write in one transaction, group commits, close.

Rules
  - `write` is exclusive: one transaction at a time decides order. It commits at the end of its block or not at all.
  - `in_transaction` runs a function and repeats it where the database asks for that; the function gets the same
    inputs each time and has no effect outside the transaction (L11).
  - Nobody writes inside a `write` block of the same thread; that would wait for itself, so it is refused.
  - A database of a newer release is refused; an older one is migrated, an empty one gets its tables.

Worked example
    store = Store.open("sqlite:////var/lib/paridad/node.db")
    with store.write() as conn:
        put_acts(conn, [act], ours=True, at=now)
    with store.read() as conn:
        get_act(conn, act.hash)
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar

import sqlalchemy as sa

from paridad.store.group import GroupCommit
from paridad.store.migrating import bring_up_to_date
from paridad.store.postgres import PostgresBackend
from paridad.store.sqlite import Connect, SqliteBackend, open_connection

T = TypeVar("T")
Backend = SqliteBackend | PostgresBackend

MAX_ATTEMPTS = 20


class Store:
    """A database that is open for one node."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._here = threading.local()
        self._group = GroupCommit(self.in_transaction, backend.is_retryable)

    @classmethod
    def open(cls, url: str, *, connect: Connect = open_connection, one_connection: bool = False) -> Self:
        """Open `sqlite:////path` or `postgresql+psycopg://…`, bring its schema up to date, and return the store.

        `connect` makes the connections to SQLite; `one_connection` reads through the writer as well, for file systems
        without shared memory.
        """
        backend = _backend(sa.make_url(url), connect, one_connection=one_connection)
        try:
            bring_up_to_date(backend)
        except BaseException:  # whatever stopped it, the lock goes back
            backend.close()
            raise
        return cls(backend)

    @property
    def was_unclean(self) -> bool:
        """Whether the last process stopped without closing; then the caller recomputes every root."""
        return self._backend.unclean

    @property
    def path(self) -> Path | None:
        """The database file, where there is one."""
        return self._backend.path if isinstance(self._backend, SqliteBackend) else None

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Lend the writing connection for one transaction."""
        if getattr(self._here, "writing", False):
            raise RuntimeError("a transaction inside a transaction: pass the connection on instead")
        self._here.writing = True
        try:
            with self._backend.write() as conn:
                yield conn
        finally:
            self._here.writing = False

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Lend a connection that sees one snapshot and cannot write."""
        with self._backend.read() as conn:
            yield conn

    def in_transaction(self, fn: Callable[[sa.Connection], T]) -> T:
        """Run `fn` in one transaction and return its answer once that is durable."""
        for _ in range(MAX_ATTEMPTS - 1):
            try:
                with self.write() as conn:
                    return fn(conn)
            except sa.exc.DBAPIError as error:
                if not self._backend.is_retryable(error):
                    raise
        with self.write() as conn:
            return fn(conn)

    def submit(self, fn: Callable[[sa.Connection], T]) -> T:
        """Run `fn` in a transaction shared with whoever waits, and return its answer once that is durable."""
        return self._group.submit(fn)

    def scrub(self) -> None:
        """Make erased bytes vanish from the database's files; `ScrubPending` where readers are in the way."""
        self._backend.scrub()

    def close(self) -> None:
        """Close the store; the writer closes last."""
        self._backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _backend(url: sa.URL, connect: Connect, *, one_connection: bool) -> Backend:
    match url.get_backend_name():
        case "sqlite" if url.database and url.database != ":memory:":
            return SqliteBackend(Path(url.database), connect, one_connection=one_connection)
        case "postgresql":
            return PostgresBackend(url)
        case _:
            raise ValueError(f"not a store: {url.render_as_string()}; use sqlite:////path or postgresql+psycopg://…")
