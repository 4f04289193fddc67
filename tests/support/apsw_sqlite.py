# SPDX-License-Identifier: Apache-2.0
"""The store over apsw: another SQLite, and file systems written in Python, behind the store's `connect` parameter.

Rules
  - Looks like the standard library's connection as far as SQLAlchemy and the store use one; errors are translated,
    with their result codes, so that the store judges them as it judges its own.
  - A file system in Python has no shared memory: there WAL runs in exclusive locking mode and the store reads through
    its one connection.

Worked example
    Store.open(url, connect=apsw_connect())                                   the SQLite that apsw brings
    Store.open(url, connect=apsw_connect("disk-1"), one_connection=True)      over a `RecordingDisk`
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import apsw

Connect = Callable[[Path, bool], Any]

_FAMILIES = {apsw.SQLITE_CONSTRAINT: sqlite3.IntegrityError}


def apsw_connect(vfs: str | None = None) -> Connect:
    """Return a maker of connections, over a registered file system if one is named."""

    def connect(path: Path, read_only: bool) -> "ApswConnection":
        flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        connection = ApswConnection(apsw.Connection(str(path), flags=flags, vfs=vfs))
        if vfs is not None:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE").fetchall()
        return connection

    return connect


def _translated(error: apsw.Error) -> sqlite3.Error:
    code = getattr(error, "extendedresult", 0)
    kind = _FAMILIES.get(code & 0xFF, sqlite3.OperationalError)
    translated = kind(str(error))
    translated.sqlite_errorcode = code
    return translated


class ApswConnection:
    """An apsw connection that looks like one of `sqlite3` in autocommit mode."""

    isolation_level: str | None = None

    def __init__(self, raw: apsw.Connection) -> None:
        self.raw = raw

    def cursor(self) -> "ApswCursor":
        """Return a cursor."""
        return ApswCursor(self.raw)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> "ApswCursor":
        """Run one statement on a new cursor."""
        return self.cursor().execute(sql, values)

    def commit(self) -> None:
        """Commit if a transaction is open."""
        if self.raw.in_transaction:
            self.execute("COMMIT")

    def rollback(self) -> None:
        """Roll back if a transaction is open."""
        if self.raw.in_transaction:
            self.execute("ROLLBACK")

    def create_function(self, name: str, count: int, fn: Any, **_: Any) -> None:
        """Register a function, as SQLAlchemy does with `regexp`."""
        self.raw.create_scalar_function(name, fn, count)

    def close(self) -> None:
        """Close the connection."""
        self.raw.close(True)


class ApswCursor:
    """An apsw cursor that reads its rows at once."""

    arraysize = 1
    lastrowid = None

    def __init__(self, raw: apsw.Connection) -> None:
        self._raw = raw
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1

    def execute(self, sql: str, values: Sequence[Any] = ()) -> "ApswCursor":
        """Run one statement."""
        self._run(lambda cursor: cursor.execute(sql, tuple(values)))
        return self

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> "ApswCursor":
        """Run one statement for many rows."""
        self._run(lambda cursor: cursor.executemany(sql, [tuple(row) for row in rows]))
        return self

    def fetchone(self) -> Any:
        """Return the next row, None at the end."""
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int = 1) -> list[Any]:
        """Return the next rows."""
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        rows, self._rows = self._rows, []
        return rows

    def close(self) -> None:
        """Forget the rows."""
        self._rows = []

    def _run(self, work: Callable[[apsw.Cursor], Any]) -> None:
        cursor = self._raw.cursor()
        descriptions: list[Any] = []

        def note(running: apsw.Cursor, _sql: str, _values: object) -> bool:
            descriptions.append(running.get_description())
            return True

        cursor.exec_trace = note
        before = self._raw.total_changes()
        try:
            work(cursor)
            self._rows = cursor.fetchall()
        except apsw.Error as error:
            raise _translated(error) from error
        columns = descriptions[-1] if descriptions else ()
        self.description = [(name, None, None, None, None, None, None) for name, *_ in columns] or None
        self.rowcount = self._raw.total_changes() - before if self.description is None else -1
