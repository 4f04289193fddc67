# SPDX-License-Identifier: Apache-2.0
"""The ledger's store in SQL: leaves, tiles, heads, checkpoints, and what was witnessed (`paridad.ledger.port`).

Rules
  - An object of `SqlLedgerStore` lives inside one transaction of its caller.
  - The bytes of a leaf are `acts.signed`: an entry is appended after its act was filed, never without.
  - The head moves by comparing and storing in one statement; whoever lost is told and nothing of the call is kept.
  - The leaves of another party's log stand in the same table under its origin, in any order of arrival.

Worked example
    put_acts(conn, [act], ours=True, at=now)
    ledger.log.append(SqlLedgerStore(conn), "AA/practice/shared", [act.signed])
    places(conn, act.hash)                            is [Place("AA/practice/shared", 0)]
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from paridad.acts.envelope import ActHash, act_hash
from paridad.base.words import Words
from paridad.ledger.errors import CheckpointConflict, HeadMoved, LeafConflict, LeafMissing
from paridad.ledger.port import EMPTY_HEAD, Head, Role, TileWrite, Witnessed
from paridad.store.acts import numbers_of
from paridad.store.bulk import INSERT, insert_many
from paridad.store.tables import acts, checkpoints, cosignatures, evidence, heads, leaves, tiles, witnessed


@dataclass(frozen=True, slots=True)
class Place:
    """Where an act stands: a log and an index."""

    origin: str
    index: int


class SqlLedgerStore:
    """`LedgerStore` and `WitnessStore` over one connection in one transaction."""

    def __init__(self, conn: sa.Connection) -> None:
        self._conn = conn

    def head(self, origin: str) -> Head:
        """Return the stored head, `EMPTY_HEAD` for an unknown origin."""
        row = self._conn.execute(_HEAD, {"at": origin}).first()
        return Head(row.size, row.root) if row else EMPTY_HEAD

    def append(
        self,
        origin: str,
        entries: Sequence[bytes],
        leaf_hashes: Sequence[bytes],
        tiles: Sequence[TileWrite],
        *,
        expected: Head,
        after: Head,
    ) -> None:
        """Hold entries from `expected.size`, write the tiles and move the head, all or nothing."""
        if self.head(origin) != expected:
            raise _head_moved(origin, expected)
        missing = self._missing(origin, expected.size, leaf_hashes)
        self._move_head(origin, expected, after)
        self._write_leaves(origin, expected.size, entries, leaf_hashes, missing)
        self._write_tiles(origin, tiles)

    def hold(self, origin: str, start: int, entries: Sequence[bytes], leaf_hashes: Sequence[bytes]) -> None:
        """Keep leaves at indexes from `start` without moving the head."""
        self._write_leaves(origin, start, entries, leaf_hashes, self._missing(origin, start, leaf_hashes))

    def held(self, origin: str, since: int = 0) -> int:
        """Return the number n such that leaves `since` … n-1 are all stored and leaf n is not."""
        here = {"at": origin, "since": since}
        count, first, last = self._conn.execute(_HELD, here).one()
        if not count or first != since:
            return since
        return int(last if last - first + 1 == count else self._conn.execute(_LAST_BEFORE_GAP, here).scalar_one()) + 1

    def entries(self, origin: str, start: int, end: int) -> Sequence[bytes]:
        """Return the exact bytes of leaves `start` … `end - 1`, or raise `LeafMissing`."""
        found = self._conn.execute(_ENTRIES, {"at": origin, "first": start, "last": end - 1}).scalars().all()
        if len(found) != end - start:
            raise LeafMissing(
                Words(
                    es=f"Faltan hojas entre {start} y {end - 1} de {origin}.",
                    en=f"Leaves between {start} and {end - 1} of {origin} are missing.",
                )
            )
        return found

    def tile(self, origin: str, level: int, index: int) -> bytes:
        """Return the widest stored tile of this place, or nothing."""
        here = {"at": origin, "at_level": level, "at_index": index}
        return self._conn.execute(_TILE, here).scalar_one_or_none() or b""

    def checkpoint(self, origin: str, size: int | None = None) -> bytes | None:
        """Return the signed note of exactly this size, or of the largest signed size."""
        statement = _LATEST_CHECKPOINT if size is None else _CHECKPOINT
        return self._conn.execute(statement, {"at": origin, "at_size": size}).scalar_one_or_none()

    def save_checkpoint(self, origin: str, size: int, root: bytes, note: bytes) -> None:
        """Keep a signed checkpoint; the same size may gain lines, never another root."""
        here = {"at": origin, "at_size": size}
        row = self._conn.execute(_ROOT_AND_NOTE, here).first()
        if row is None:
            insert_many(self._conn, checkpoints, [(origin, size, root, note)])
        elif row.root != root or not note.startswith(row.note):
            raise CheckpointConflict(
                Words(
                    es=f"Ya hay otro punto de control de {origin} con tamaño {size}.",
                    en=f"There is already another checkpoint of {origin} of size {size}.",
                )
            )
        elif note != row.note:
            self._conn.execute(_MORE_LINES, {**here, "note": note})

    def witnessed(self, origin: str, role: Role = "witness") -> Witnessed | None:
        """Return the latest checkpoint vouched for in this role, None before first contact."""
        row = self._conn.execute(_WITNESSED, {"at": origin, "as_role": role}).first()
        return Witnessed(row.size, row.root, row.note) if row else None

    def replace_witnessed(
        self,
        origin: str,
        expected_size: int | None,
        size: int,
        root: bytes,
        note: bytes,
        *,
        role: Role = "witness",
    ) -> bool:
        """Compare and store in one statement; return whether it was replaced."""
        if expected_size is None:
            return insert_many(self._conn, witnessed, [(origin, role, size, root, note)], ignore=True) == 1
        if size < expected_size:
            raise ValueError(f"a witness never goes back: {expected_size} to {size}")
        here = (witnessed.c.origin == origin, witnessed.c.role == role, witnessed.c.size == expected_size)
        same_root = (witnessed.c.root == root,) if size == expected_size else ()
        values = {"size": size, "root": root, "note": note}
        return self._conn.execute(sa.update(witnessed).where(*here, *same_root).values(values)).rowcount == 1

    def keep_evidence(self, origin: str, evidence: bytes) -> None:
        """Keep evidence for a person to judge; the same bytes again change nothing."""
        keep_evidence(self._conn, origin, evidence)

    def evidence(self, origin: str) -> Sequence[bytes]:
        """Return the kept objects of an origin, oldest first."""
        return self._conn.execute(_EVIDENCE, {"at": origin}).scalars().all()

    def _missing(self, origin: str, start: int, leaf_hashes: Sequence[bytes]) -> set[int]:
        """Return the indexes that are still free, or raise `LeafConflict` where another leaf stands."""
        end = start + len(leaf_hashes)
        between = {"at": origin, "first": start, "last": end - 1}
        found = {row.idx: row.leaf_hash for row in self._conn.execute(_LEAF_HASHES, between)}
        for index, leaf_hash in found.items():
            if leaf_hash != leaf_hashes[index - start]:
                raise LeafConflict(
                    Words(
                        es=f"En {origin} ya hay otra hoja en la posición {index}.",
                        en=f"Another leaf already stands at index {index} of {origin}.",
                    )
                )
        return set(range(start, end)) - found.keys()

    def _write_leaves(
        self, origin: str, start: int, entries: Sequence[bytes], leaf_hashes: Sequence[bytes], missing: set[int]
    ) -> None:
        pairs = enumerate(zip(entries, leaf_hashes, strict=True), start)
        rows = [(origin, index, act_hash(entry), leaf) for index, (entry, leaf) in pairs if index in missing]
        insert_many(self._conn, leaves, rows)

    def _move_head(self, origin: str, expected: Head, after: Head) -> None:
        sizes = {"was": expected.size, "was_root": expected.root, "size": after.size, "root": after.root}
        moved = self._conn.execute(_MOVE_HEAD, {"at": origin, **sizes}).rowcount
        if not moved and expected == EMPTY_HEAD:
            moved = insert_many(self._conn, heads, [(origin, after.size, after.root)], ignore=True)
        if not moved:  # pragma: no cover  only where another process does not hold the appender's row
            raise _head_moved(origin, expected)

    def _write_tiles(self, origin: str, writes: Sequence[TileWrite]) -> None:
        if writes:
            rows = [{"origin": origin, "level": w.level, "idx": w.index, "data": w.data} for w in writes]
            self._conn.execute(_wider_tiles(self._conn.dialect.name), rows)


def _head_moved(origin: str, expected: Head) -> HeadMoved:
    return HeadMoved(
        Words(
            es=f"La bitácora {origin} ya no tiene tamaño {expected.size}.",
            en=f"The log {origin} is no longer of size {expected.size}.",
        )
    )


def keep_evidence(conn: sa.Connection, origin: str, object_: bytes) -> None:
    """Keep an object that proves or suggests misbehaviour of a log; the same bytes again change nothing."""
    number = sa.select(sa.func.coalesce(sa.func.max(evidence.c.number), 0))
    row = (sha256(object_).hexdigest(), origin, int(conn.execute(number).scalar_one()) + 1, object_)
    insert_many(conn, evidence, [row], ignore=True)


def places(conn: sa.Connection, hash_: str) -> list[Place]:
    """Return where an act stands in the logs that are held."""
    statement = sa.select(leaves.c.origin, leaves.c.idx).where(leaves.c.act.in_(numbers_of([hash_])))
    return [Place(*row) for row in conn.execute(statement.order_by(leaves.c.origin, leaves.c.idx))]


def indexes_of(conn: sa.Connection, origin: str, hashes: Collection[str]) -> dict[ActHash, int]:
    """Return the index of each act in one log; acts that are not there are absent."""
    return indexes_in(conn, hashes).get(origin, {})


def indexes_in(conn: sa.Connection, hashes: Collection[str]) -> dict[str, dict[ActHash, int]]:
    """Return by log where each act stands; what stands in one twice is where it stood first.

    The statement names no log: a planner without statistics would then read that log whole.
    """
    found: dict[str, dict[ActHash, int]] = {}
    for hash_, origin, index in conn.execute(_INDEXES, {"hashes": list(hashes)}):
        found.setdefault(origin, {})[ActHash(hash_)] = index
    return found


def held_from(conn: sa.Connection, origin: str, start: int, *, limit: int) -> dict[int, ActHash]:
    """Return which acts stand at the indexes of a log from `start` on, as far as they are held, in order."""
    statement = sa.select(leaves.c.idx, acts.c.hash).join(acts, acts.c.filed == leaves.c.act)
    here = (leaves.c.origin == origin, leaves.c.idx >= start)
    return {
        row.idx: ActHash(row.hash) for row in conn.execute(statement.where(*here).order_by(leaves.c.idx).limit(limit))
    }


def origins(conn: sa.Connection) -> dict[str, Head]:
    """Return every log of which a head is stored, with it."""
    rows = conn.execute(sa.select(heads).order_by(heads.c.origin))
    return {row.origin: Head(row.size, row.root) for row in rows}


def put_cosignature(conn: sa.Connection, origin: str, size: int, cosigner: str, lines: bytes, *, at: int) -> None:
    """Keep the lines by which a cosigner vouched for our log at a size; those that came first stay."""
    insert_many(conn, cosignatures, [(origin, size, cosigner, lines, at)], ignore=True)


def cosigned_size(conn: sa.Connection, origin: str, cosigner: str) -> int:
    """Return the largest size of a log that a cosigner vouched for; 0 where it never did."""
    return conn.execute(_COSIGNED, {"at": origin, "by": cosigner}).scalar_one_or_none() or 0


def largest_checkpoint(conn: sa.Connection, origin: str) -> int:
    """Return the size of the largest checkpoint of a log that is kept; 0 where there is none."""
    return conn.execute(_LARGEST, {"at": origin}).scalar_one_or_none() or 0


def cosignatures_of(conn: sa.Connection, origin: str, size: int) -> dict[str, bytes]:
    """Return the cosignature lines of one checkpoint by cosigner."""
    statement = sa.select(cosignatures.c.cosigner, cosignatures.c.lines)
    rows = conn.execute(statement.where(cosignatures.c.origin == origin, cosignatures.c.size == size))
    return {row.cosigner: row.lines for row in rows}


@lru_cache(maxsize=2)
def _wider_tiles(dialect: str) -> Any:
    insert = INSERT[dialect](tiles)
    return insert.on_conflict_do_update(index_elements=["origin", "level", "idx"], set_={"data": insert.excluded.data})


_HEAD = sa.select(heads.c.size, heads.c.root).where(heads.c.origin == sa.bindparam("at"))
_MOVE_HEAD = sa.update(heads).where(
    heads.c.origin == sa.bindparam("at"),
    heads.c.size == sa.bindparam("was"),
    heads.c.root == sa.bindparam("was_root"),
)
_TILE = sa.select(tiles.c.data).where(
    tiles.c.origin == sa.bindparam("at"),
    tiles.c.level == sa.bindparam("at_level"),
    tiles.c.idx == sa.bindparam("at_index"),
)
_EVIDENCE = sa.select(evidence.c.object).where(evidence.c.origin == sa.bindparam("at")).order_by(evidence.c.number)
_LOG = checkpoints.c.origin == sa.bindparam("at")
_THIS_SIZE = checkpoints.c.size == sa.bindparam("at_size")
_CHECKPOINT = sa.select(checkpoints.c.note).where(_LOG, _THIS_SIZE)
_LARGEST = sa.select(checkpoints.c.size).where(_LOG).order_by(checkpoints.c.size.desc()).limit(1)
_LATEST_CHECKPOINT = sa.select(checkpoints.c.note).where(_LOG).order_by(checkpoints.c.size.desc()).limit(1)
_ROOT_AND_NOTE = sa.select(checkpoints.c.root, checkpoints.c.note).where(_LOG, _THIS_SIZE)
_MORE_LINES = sa.update(checkpoints).where(_LOG, _THIS_SIZE)
_WITNESSED = sa.select(witnessed.c.size, witnessed.c.root, witnessed.c.note).where(
    witnessed.c.origin == sa.bindparam("at"), witnessed.c.role == sa.bindparam("as_role")
)
_COSIGNED = (
    sa.select(cosignatures.c.size)
    .where(cosignatures.c.origin == sa.bindparam("at"), cosignatures.c.cosigner == sa.bindparam("by"))
    .order_by(cosignatures.c.size.desc())
    .limit(1)
)
_INDEXES = (
    sa.select(acts.c.hash, leaves.c.origin, leaves.c.idx)
    .join(leaves, leaves.c.act == acts.c.filed)
    .where(acts.c.hash.in_(sa.bindparam("hashes", expanding=True)))
    .order_by(leaves.c.idx.desc())
)
_FROM = (leaves.c.origin == sa.bindparam("at"), leaves.c.idx >= sa.bindparam("since"))
_HELD = sa.select(sa.func.count(), sa.func.min(leaves.c.idx), sa.func.max(leaves.c.idx)).where(*_FROM)
_after = leaves.alias()
_GOES_ON = sa.exists().where(_after.c.origin == sa.bindparam("at"), _after.c.idx == leaves.c.idx + 1)
_LAST_BEFORE_GAP = sa.select(leaves.c.idx).where(*_FROM, ~_GOES_ON).order_by(leaves.c.idx).limit(1)
_RANGE = (leaves.c.origin == sa.bindparam("at"), leaves.c.idx.between(sa.bindparam("first"), sa.bindparam("last")))
_LEAF_HASHES = sa.select(leaves.c.idx, leaves.c.leaf_hash).where(*_RANGE)
_ENTRIES = (
    sa.select(acts.c.signed).select_from(leaves.join(acts, acts.c.filed == leaves.c.act)).where(*_RANGE)
).order_by(leaves.c.idx)
