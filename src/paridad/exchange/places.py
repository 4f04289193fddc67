# SPDX-License-Identifier: Apache-2.0
"""Where acts of ours stand in our logs, under a head that we signed.

Rules
  - Whatever leaves this node leaves with its place: a parcel, a cover, a receipt. The other party believes the proof,
    not the number.
  - A head is signed where none covers the act yet; `log.sign_head` recomputes its root first.

Worked example
    sign_up_to(own, cover, now=now)
    with own.store.read() as conn: places_of(conn, own, [cover])[cover]       is Place("A/practice/shared", 7, 8)
"""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from paridad.acts.envelope import ActHash
from paridad.exchange.own_side import OwnSide
from paridad.ledger import log
from paridad.store.ledger import SqlLedgerStore, indexes_in, indexes_of, largest_checkpoint


@dataclass(frozen=True, slots=True)
class Place:
    """Where an act of ours lies: log, index, and the size of our last signed checkpoint of that log."""

    origin: str
    index: int
    size: int


def signed_size(conn: sa.Connection, origin: str) -> int:
    """Return the size of the largest signed checkpoint of a log of ours."""
    return largest_checkpoint(conn, origin)


def sign_up_to(own: OwnSide, act: str, *, now: int) -> None:
    """Sign the head of *shared* if no signed checkpoint covers this act yet."""
    with own.store.read() as conn:
        covered = indexes_of(conn, own.shared, [act])[ActHash(act)] < signed_size(conn, own.shared)
    if not covered:
        own.store.submit(lambda conn: sign_shared(conn, own, now=now))


def sign_shared(conn: sa.Connection, own: OwnSide, *, now: int) -> bytes:
    """Sign the head of *shared* inside the caller's transaction and return the note; it leaves after the commit."""
    return log.sign_head(SqlLedgerStore(conn), own.shared, own.log_signers[own.shared], now)


def places_of(conn: sa.Connection, own: OwnSide, hashes: Collection[str]) -> dict[str, Place]:
    """Return where acts of ours stand; those that are in neither log are absent."""
    places: dict[str, Place] = {}
    found = indexes_in(conn, hashes)
    for origin in (own.own, own.shared):
        here = found.get(origin, {})
        size = signed_size(conn, origin) if here else 0
        places |= {hash_: Place(origin, index, size) for hash_, index in here.items()}
    return places
