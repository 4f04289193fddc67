# SPDX-License-Identifier: Apache-2.0
"""Projections: disposable tables computed from acts, which can be dropped and rebuilt at any time (L7).

Rules
  - A projection is a name, a version, its own tables and a function that takes a run of acts. Its position (the last
    filing number it has seen) stands in `meta`, written in the transaction that writes its rows.
  - An act comes once when it is filed, and again whenever its disclosures changed. The function replaces what it
    derived from that act, so that rebuilt == incremental.
  - Another version in the code than in `meta` drops the tables and starts again.
  - Its tables are on the erase list: what an act said disappears from them when the act is touched.

Worked example
    catch_up(conn, projection)                        is 2: two acts were projected
    catch_up(conn, projection)                        is 0
    rebuild(conn, projection)                         drops, makes and projects all again
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from paridad.store.acts import StoredAct, get_acts
from paridad.store.records import drop_meta, get_meta, put_meta
from paridad.store.tables import acts, touched

RUN = 500


@dataclass(frozen=True, slots=True)
class Projection:
    """Tables that follow from the acts."""

    name: str
    version: int
    tables: sa.MetaData
    project: Callable[[sa.Connection, Sequence[StoredAct]], None]
    """Replace what follows from these acts; they come in the order of filing or of touching."""


def catch_up(conn: sa.Connection, projection: Projection, *, limit: int | None = None) -> int:
    """Project what was filed or touched since the last time, up to `limit`; return how many acts that were."""
    done = 0
    position = _position(conn, projection)
    while limit is None or done < limit:
        run = _next(conn, position, RUN if limit is None else min(RUN, limit - done))
        if not run:
            break
        held = get_acts(conn, [hash_ for _, hash_ in run])
        projection.project(conn, [held[hash_] for hash_ in dict.fromkeys(hash_ for _, hash_ in run)])  # type: ignore[index]
        position, done = run[-1][0], done + len(run)
        put_meta(conn, _key(projection), f"{projection.version} {position}")
    return done


def rebuild(conn: sa.Connection, projection: Projection) -> int:
    """Drop the tables, make them and project every act again; return how many acts that were."""
    drop(conn, projection)
    return catch_up(conn, projection)


def drop(conn: sa.Connection, projection: Projection) -> None:
    """Drop the tables and forget the position."""
    projection.tables.drop_all(conn)
    drop_meta(conn, _key(projection))


def behind(conn: sa.Connection, projection: Projection) -> int:
    """Return by how many filings and touches the projection is behind; a page may show it."""
    known = get_meta(conn, _key(projection))
    position = int(known.split()[1]) if known else 0
    return sum(
        int(conn.execute(sa.select(sa.func.count()).where(column > position)).scalar_one())
        for column in (acts.c.filed, touched.c.number)
    )


def is_current(conn: sa.Connection, projection: Projection) -> bool:
    """Return whether there is nothing to project: asked on a reader, so that looking at a page takes no writer."""
    known = get_meta(conn, _key(projection))
    if known is None:
        return False
    version, position = map(int, known.split())
    return version == projection.version and not _next(conn, position, 1)


def _position(conn: sa.Connection, projection: Projection) -> int:
    known = get_meta(conn, _key(projection))
    if known is not None:
        version, position = map(int, known.split())
        if version == projection.version:
            return position
        drop(conn, projection)
    projection.tables.create_all(conn)
    put_meta(conn, _key(projection), f"{projection.version} 0")
    return 0


def _next(conn: sa.Connection, position: int, limit: int) -> list[tuple[int, str]]:
    filed = sa.select(acts.c.filed.label("number"), acts.c.hash.label("hash"))
    again = sa.select(touched.c.number, acts.c.hash).join(acts, acts.c.filed == touched.c.act)
    both = sa.union_all(filed.where(acts.c.filed > position), again.where(touched.c.number > position))
    return [(row.number, row.hash) for row in conn.execute(both.order_by("number").limit(limit))]


def _key(projection: Projection) -> str:
    return f"projection/{projection.name}"
