# SPDX-License-Identifier: Apache-2.0
"""SQLite as the embedded store: one writer connection, readers beside it, one process.

Rules
  - Exactly one connection writes and checkpoints: releases before 3.51.3 can corrupt their WAL with two (sqlite.org,
    "WAL-reset bug"). Readers open with `mode=ro`, without mmap, and the writer closes last.
  - Every setting that durability or erasure rests on is set, read back and asserted; a database that does not obey
    is not opened.
  - A lock file beside the database turns a second process away.
  - A commit that fails for another reason than a full disk stops all writing: after a failed fsync nobody knows what
    the page cache holds. Reopening reconciles.
  - After an unclean stop the database is checked whole before it is used.
  - How connections are made is a parameter, so that tests can run the same code over a file system that loses power.
"""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool, StaticPool

from paridad.base.words import Words
from paridad.store.errors import ScrubPending, StoreFull, StoreInUse, StoreStopped, StoreUnsafe

Connect = Callable[[Path, bool], Any]
"""Opens a DBAPI connection in autocommit mode: path, and whether it only reads."""

BUSY_MILLISECONDS = 10_000
READERS = 8
MORE_READERS = 56

_COMMON: Mapping[str, tuple[str, object]] = {
    "busy_timeout": (str(BUSY_MILLISECONDS), BUSY_MILLISECONDS),
    "foreign_keys": ("ON", 1),
    "trusted_schema": ("OFF", 0),
    "cell_size_check": ("ON", 1),
    "mmap_size": ("0", 0),
}
WRITER_SETTINGS: Mapping[str, tuple[str, object]] = {
    "journal_mode": ("WAL", "wal"),
    "synchronous": ("FULL", 2),
    "secure_delete": ("ON", 1),
    "cache_size": ("-16384", -16384),  # KiB: the inner pages of the random indexes stay in memory
    "wal_autocheckpoint": ("4000", 4000),  # pages: a page that many batches touch is written back once
    **_COMMON,
}
READER_SETTINGS: Mapping[str, tuple[str, object]] = {"query_only": ("ON", 1), **_COMMON}

_FULL = 13
_UNKNOWABLE = frozenset({10, 11, 26})
"""SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB."""
_PRIMARY = 0xFF  # an extended result code carries its primary code in the low byte (sqlite.org/rescode)


def open_connection(path: Path, read_only: bool) -> sqlite3.Connection:
    """Open a connection with the interpreter's own SQLite."""
    mode = "ro" if read_only else "rwc"
    uri = f"file:{quote(str(path))}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=256)


def apply_settings(connection: Any, settings: Mapping[str, tuple[str, object]]) -> None:
    """Set each pragma, read it back, and refuse a database that answers something else."""
    for name, (value, expected) in settings.items():
        connection.execute(f"PRAGMA {name}={value}").fetchall()
        row = connection.execute(f"PRAGMA {name}").fetchone()
        answer = row[0] if row else expected if name == "mmap_size" else None  # a build without mmap answers nothing
        if answer != expected:
            raise StoreUnsafe(
                Words(
                    es=f"SQLite no acepta {name}={value}: responde {answer!r}.",
                    en=f"SQLite does not accept {name}={value}: it answers {answer!r}.",
                )
            )


class SqliteBackend:
    """One database file, its writer and its readers."""

    def __init__(self, path: Path, connect: Connect, *, one_connection: bool) -> None:
        self.path = path
        self._lock_file = _lock(path)
        try:
            self.unclean = _has_bytes(path.with_name(path.name + "-wal"))
            self._mutex = threading.Lock()
            self._holder: int | None = None
            self._stopped: BaseException | None = None
            self._writer = self._open_writer(connect)
            self._readers = None if one_connection else self._reader_pool(connect)
            if self.unclean:
                self.check()
        except sa.exc.DBAPIError as error:
            self._lock_file.close()
            raise StoreUnsafe(
                Words(es=f"{path.name} no abre: {error.orig}.", en=f"{path.name} does not open: {error.orig}.")
            ) from error
        except BaseException:  # whatever stopped it, the lock goes back
            self._lock_file.close()
            raise

    def _open_writer(self, connect: Connect) -> sa.Connection:
        def create() -> Any:
            raw = connect(self.path, False)
            apply_settings(raw, WRITER_SETTINGS)
            return raw

        engine = sa.create_engine("sqlite://", creator=create, poolclass=StaticPool)
        sa.event.listen(engine, "begin", self._begin)
        return engine.connect()

    def _begin(self, conn: sa.Connection) -> None:
        if self._holder != threading.get_ident():
            raise RuntimeError("this connection was used outside the `with` block that lent it")
        conn.exec_driver_sql("BEGIN IMMEDIATE")

    def _reader_pool(self, connect: Connect) -> sa.Engine:
        def create() -> Any:
            raw = connect(self.path, True)
            apply_settings(raw, READER_SETTINGS)
            return raw

        engine = sa.create_engine(
            "sqlite://", creator=create, poolclass=QueuePool, pool_size=READERS, max_overflow=MORE_READERS
        )
        sa.event.listen(engine, "begin", lambda conn: conn.exec_driver_sql("BEGIN"))
        return engine

    @contextmanager
    def _holding_writer(self) -> Iterator[sa.Connection]:
        with self._mutex:
            if self._stopped is not None:
                raise _stopped() from self._stopped
            self._holder = threading.get_ident()
            try:
                yield self._writer
            finally:
                self._holder = None

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Lend the writer for one transaction; commit at the end, roll back on any exception."""
        with self._holding_writer() as conn:
            transaction, committing = self._begun(conn), False
            try:
                yield conn
                committing = True
                transaction.commit()
            except BaseException as error:  # an interruption is rolled back like a failure
                self._roll_back(transaction, error)
                self._judge(error, at_commit=committing)
                raise

    def _begun(self, conn: sa.Connection) -> sa.RootTransaction:
        try:
            return conn.begin()
        except sa.exc.DBAPIError as error:
            self._judge(error)
            raise

    def _roll_back(self, transaction: sa.RootTransaction, error: BaseException) -> None:
        try:
            transaction.rollback()
            self._raw.rollback()  # after a failed commit SQLAlchemy believes it is over; SQLite may not
        except (sa.exc.DBAPIError, sqlite3.Error):
            self._stopped = error

    @property
    def _raw(self) -> Any:
        return self._writer.connection.dbapi_connection

    def _judge(self, error: BaseException, *, at_commit: bool = False) -> None:
        """Raise what a failure means: full (nothing happened) or stopped (nobody knows); others mean themselves."""
        code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0) & _PRIMARY
        if code == _FULL and self._stopped is None:
            raise StoreFull(
                Words(es="El disco está lleno; no se escribió nada.", en="The disk is full; nothing was written.")
            ) from error
        if at_commit or code in _UNKNOWABLE:
            self._stopped = error
        if self._stopped is not None:
            raise _stopped() from error

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Lend a reader that sees one snapshot."""
        if self._readers is None:
            with self._holding_writer() as conn, conn.begin():
                yield conn
        else:
            with self._readers.connect() as conn:
                yield conn

    def alter(self) -> AbstractContextManager[sa.Connection]:
        """Lend the writer for changing the schema."""
        return self.write()

    def is_retryable(self, error: BaseException) -> bool:
        """Tell whether repeating the transaction can help: never, as there is one writer."""
        del error
        return False

    def scrub(self) -> None:
        """Write the WAL back and cut it to nothing, so that deleted bytes are in no file (needs `secure_delete`)."""
        with self._holding_writer():
            busy, _, _ = self._raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise ScrubPending(
                Words(
                    es="Aún hay lecturas que retienen páginas borradas.", en="Reads still hold pages that were erased."
                )
            )

    def check(self) -> None:
        """Let SQLite check the whole file, or raise `StoreUnsafe`."""
        answer = self._raw.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if answer != "ok":
            raise StoreUnsafe(Words(es=f"La base está dañada: {answer}.", en=f"The database is damaged: {answer}."))

    def close(self) -> None:
        """Close the readers, then the writer, then give the lock back."""
        with self._mutex:
            if self._readers is not None:
                if self._readers.pool.checkedout():  # type: ignore[attr-defined]
                    raise RuntimeError("the store was closed while somebody was reading")
                self._readers.dispose()
            with suppress(sa.exc.DBAPIError):
                self._writer.close()
            self._writer.engine.dispose()
            self._lock_file.close()


def _stopped() -> StoreStopped:
    return StoreStopped(
        Words(
            es="Una escritura falló y no se sabe qué llegó al disco; el nodo dejó de escribir.",
            en="A write failed and it is not known what reached the disk; the node has stopped writing.",
        )
    )


def _has_bytes(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _lock(path: Path) -> IO[str]:
    file = path.with_name(path.name + ".lock").open("a+", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        holder = file.read().strip() or "?"
        file.close()
        raise StoreInUse(
            Words(
                es=f"La base {path.name} ya está abierta (proceso {holder}).",
                en=f"The database {path.name} is already open (process {holder}).",
            )
        ) from error
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
