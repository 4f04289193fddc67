# SPDX-License-Identifier: Apache-2.0
"""Where acts of other parties stand in their logs, and how these logs grew: proofs are kept as they came.

Rules
  - A proof belongs to an act, a log and a tree size; the first that came stays.
  - The checkpoint of that size is kept among the checkpoints of its origin.

Worked example
    put_proofs(conn, [ProofRow(hash_, "A/gis/shared", 7, 12, path)])
    proofs_of(conn, [hash_])[0].hashes        are the 32-byte nodes from the leaf up
"""

from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass

import sqlalchemy as sa

from paridad.store.bulk import insert_many
from paridad.store.tables import acts, consistency, proofs

HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class ProofRow:
    """An act's place in a log, with its audit path (RFC 6962 §2.1.1) in the tree of `size`."""

    act_hash: str
    origin: str
    index: int
    size: int
    path: bytes

    @property
    def hashes(self) -> list[bytes]:
        """The audit path as hashes."""
        return [self.path[at : at + HASH_BYTES] for at in range(0, len(self.path), HASH_BYTES)]


def put_proofs(conn: sa.Connection, rows: Sequence[ProofRow]) -> None:
    """Keep proofs; those that are there stay."""
    insert_many(conn, proofs, [astuple(row) for row in rows], ignore=True)


def proofs_of(conn: sa.Connection, hashes: Collection[str]) -> list[ProofRow]:
    """Return the proofs kept of some acts."""
    columns = (acts.c.hash, proofs.c.origin, proofs.c.idx, proofs.c.size, proofs.c.path)
    found = sa.select(*columns).join(acts, acts.c.filed == proofs.c.act).where(acts.c.hash.in_(list(hashes)))
    return [ProofRow(*row) for row in conn.execute(found.order_by(acts.c.hash, proofs.c.origin))]


@dataclass(frozen=True, slots=True)
class ConsistencyRow:
    """That the tree of `new` extends the tree of `old` (RFC 6962 §2.1.2)."""

    origin: str
    old: int
    new: int
    path: bytes

    @property
    def hashes(self) -> list[bytes]:
        """The proof as hashes."""
        return [self.path[at : at + HASH_BYTES] for at in range(0, len(self.path), HASH_BYTES)]


def put_consistency(conn: sa.Connection, row: ConsistencyRow) -> None:
    """Keep a consistency proof; the first of a pair of sizes stays."""
    insert_many(conn, consistency, [astuple(row)], ignore=True)


def growth(conn: sa.Connection, origin: str, since: int) -> list[ConsistencyRow]:
    """Return how a log grew from a size on, oldest first."""
    here = (consistency.c.origin == origin, consistency.c.old >= since)
    return [
        ConsistencyRow(*row) for row in conn.execute(sa.select(consistency).where(*here).order_by(consistency.c.old))
    ]
