# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL, and clusters that speak like it, as the store of more than one process.

Rules
  - One appender at a time: a writing transaction begins by locking the row `counters.filed` (FOR UPDATE) and so sees
    what the one before committed. No advisory locks, no sequences, no LISTEN/NOTIFY: clusters refuse them.
  - On 40001 and 40P01 the whole operation is repeated with the same inputs, so a repetition is byte-identical.
  - `fsync`, `full_page_writes` and `synchronous_commit` are asserted on every connection: acknowledged means durable.
  - A reader sees one snapshot (REPEATABLE READ, READ ONLY), as on SQLite.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from paridad.base.words import Words
from paridad.store.errors import StoreFull, StoreUnavailable, StoreUnsafe
from paridad.store.tables import act_keys, counters, disclosures, lockers

REPEATABLE = frozenset({"40001", "40P01"})
"""serialization_failure and deadlock_detected (PostgreSQL, appendix A)."""

DURABLE = {"fsync": {"on"}, "full_page_writes": {"on"}, "synchronous_commit": {"on", "remote_apply"}}
_DISK_FULL = "53100"
_WRITERS = 16


class PostgresBackend:
    """A database on a server, reached through a pool."""

    unclean = False

    def __init__(self, url: sa.URL) -> None:
        self._engine = sa.create_engine(
            url, isolation_level="READ COMMITTED", pool_pre_ping=True, pool_size=_WRITERS, max_overflow=_WRITERS
        )
        sa.event.listen(self._engine, "connect", assert_durable)
        self._reading = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        try:
            with self._engine.connect():
                pass
        except StoreUnsafe:
            self._engine.dispose()
            raise
        except sa.exc.OperationalError as error:
            raise _unavailable() from error

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Lend a connection for one transaction that holds the appender's row; commit at the end."""
        try:
            with self._engine.begin() as conn:
                conn.execute(_LOCK_APPENDER)
                yield conn
        except sa.exc.DBAPIError as error:
            _judge(error)
            raise

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Lend a connection that sees one snapshot."""
        with self._reading.connect() as conn:
            yield conn

    @contextmanager
    def alter(self) -> Iterator[sa.Connection]:
        """Lend a connection for changing the schema, before the appender's row exists."""
        with self._engine.begin() as conn:
            yield conn

    def is_retryable(self, error: BaseException) -> bool:
        """Tell whether repeating the transaction with the same inputs can help."""
        return isinstance(error, sa.exc.DBAPIError) and getattr(error.orig, "sqlstate", None) in REPEATABLE

    def scrub(self) -> None:
        """Rewrite the tables of wrapped keys and sealed boxes without their dead rows; archived WAL ends by epoch."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            for table in (disclosures, act_keys, lockers):
                conn.exec_driver_sql(f"VACUUM FULL {table.name}")

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


_LOCK_APPENDER = sa.select(counters.c.value).where(counters.c.name == "filed").with_for_update()


def _judge(error: sa.exc.DBAPIError) -> None:
    """Raise what a failure means: full (nothing happened) or unavailable (nobody knows); others mean themselves."""
    if getattr(error.orig, "sqlstate", None) == _DISK_FULL:
        raise StoreFull(
            Words(es="El disco está lleno; no se escribió nada.", en="The disk is full; nothing was written.")
        ) from error
    if error.connection_invalidated:
        raise _unavailable() from error


def _unavailable() -> StoreUnavailable:
    return StoreUnavailable(
        Words(
            es="Se perdió la conexión con la base; no se sabe si la operación ocurrió.",
            en="The connection to the database was lost; it is not known whether the operation happened.",
        )
    )


def assert_durable(connection: Any, _record: object) -> None:
    """Refuse a server that acknowledges before it is durable."""
    for name, admitted in DURABLE.items():
        with connection.cursor() as cursor:
            (value,) = cursor.execute(f"SHOW {name}").fetchone()
        if value not in admitted:
            raise StoreUnsafe(
                Words(
                    es=f"PostgreSQL tiene {name}={value}; un acuse no sería duradero.",
                    en=f"PostgreSQL has {name}={value}; an acknowledgement would not be durable.",
                )
            )
    connection.rollback()
