# SPDX-License-Identifier: Apache-2.0
"""Many rows in one statement, by position: what a batch of acts costs is mostly this.

Rules
  - Rows are tuples in the table's own column order; a tuple of another length is refused by the driver.
  - SQLite gets row after row of one prepared statement; PostgreSQL gets the columns as arrays, in one round trip.
  - For a column made by `tables.act` the row gives the act's hash; an act that is not filed is refused (NOT NULL).
  - Values are always bound, never written into the statement; table and column names come from `tables`.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from paridad.store.tables import counters

Row = tuple[Any, ...]

INSERT: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""The INSERT of each dialect that knows ON CONFLICT."""


@lru_cache(maxsize=256)
def _statement(table: sa.Table, *, ignore: bool) -> str:
    """Return the INSERT of SQLite for one row."""
    by_hash = "(SELECT filed FROM acts WHERE hash = ?)"
    names = ", ".join(column.name for column in table.columns)
    places = ", ".join(by_hash if column.info.get("by_hash") else "?" for column in table.columns)
    tail = " ON CONFLICT DO NOTHING" if ignore else ""
    return f"INSERT INTO {table.name} ({names}) VALUES ({places}){tail}"  # noqa: S608  names of our own tables


@lru_cache(maxsize=256)
def _set_statement(table: sa.Table, *, ignore: bool) -> str:
    """Return the INSERT of PostgreSQL that takes each column as one array: one plan and one answer for all rows."""
    columns = list(enumerate(table.columns))
    arrays = ", ".join(f"%s::{_array_of(column)}" for _, column in columns)
    given = ", ".join(f"c{at}" for at, _ in columns)
    by_hash = [at for at, column in columns if column.info.get("by_hash")]
    found = "".join(f" LEFT JOIN acts AS a{at} ON a{at}.hash = c{at}" for at in by_hash)
    values = ", ".join(f"a{at}.filed" if at in by_hash else f"c{at}" for at, _ in columns)
    names = ", ".join(column.name for _, column in columns)
    tail = " ON CONFLICT DO NOTHING" if ignore else ""
    source = f"unnest({arrays}) AS given ({given}){found}"
    return f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {source}{tail}"  # noqa: S608  names of our own tables


def _array_of(column: sa.Column[Any]) -> str:
    if column.info.get("by_hash") or isinstance(column.type, sa.Text):
        return "text[]"
    return "bytea[]" if isinstance(column.type, sa.LargeBinary) else "bigint[]"


def insert_many(conn: sa.Connection, table: sa.Table, rows: Sequence[Row], *, ignore: bool = False) -> int:
    """Insert rows given in column order and return how many were; `ignore` leaves rows that are there as they are."""
    if not rows:
        return 0
    if conn.dialect.name == "postgresql":
        columns = tuple(map(list, zip(*rows, strict=True)))
        return conn.exec_driver_sql(_set_statement(table, ignore=ignore), columns).rowcount
    return conn.exec_driver_sql(_statement(table, ignore=ignore), list(rows)).rowcount


def upsert(conn: sa.Connection, table: sa.Table) -> Any:
    """Return the INSERT of the connection's dialect."""
    return INSERT[conn.dialect.name](table)


def next_numbers(conn: sa.Connection, count: int) -> int:
    """Take `count` filing numbers and return the first; the row stays locked until the transaction ends."""
    return int(conn.execute(_TAKE, {"count": count}).scalar_one()) - count + 1


_TAKE = (
    sa.update(counters)
    .where(counters.c.name == "filed")
    .values(value=counters.c.value + sa.bindparam("count"))
    .returning(counters.c.value)
)
