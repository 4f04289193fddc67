# SPDX-License-Identifier: Apache-2.0
"""What a database says after something went wrong, read with nothing but the interpreter's own SQLite.

Rules
  - `facts_of` reads what can have been acknowledged: acts, commands, checkpoints, covers, receipts, sizes witnessed.
  - `contradictions` says in sentences what no node may ever hold: holes, things twice, heads without leaves, receipts
    without acts. An empty answer is the only good one.
  - Nothing of the node's code is used, so that a fault of the node cannot hide itself.

Worked example
    facts = facts_of(connection)
    facts.holds(("act", hash_)) and facts.holds(("witnessed", origin, 7))         size 7 or more
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

Fact = tuple[str | int, ...]
"""A name and what it is about; of `GROWING` ones the last part is a number that may be higher."""

GROWING = frozenset({"witnessed", "expect"})

_FACTS: Mapping[str, str] = {
    "act": "SELECT hash FROM acts",
    "command": "SELECT id, acts FROM commands",
    "checkpoint": "SELECT origin, size FROM checkpoints",
    "leaf": "SELECT origin, idx, hash FROM leaves JOIN acts ON filed = leaves.act",
    "batch": "SELECT sender, receiver, first, parcels FROM batches",
    "settled": "SELECT cover, receipt FROM batches WHERE receipt IS NOT NULL",
    "answered": "SELECT cover, receipt FROM receipts",
    "cosignature": "SELECT origin, size, cosigner FROM cosignatures",
    "filed": "SELECT sender, receiver, position, act_hash FROM inbound_parcels",
}
_GROWING: Mapping[str, str] = {
    "witnessed": "SELECT origin, size FROM witnessed WHERE role = 'witness'",
    "expect": "SELECT sender, receiver, next_position FROM inbound_streams",
}


@dataclass(frozen=True)
class Facts:
    """Everything that a database acknowledges."""

    exact: frozenset[Fact]
    growing: Mapping[Fact, int]

    def holds(self, fact: Fact) -> bool:
        """Tell whether a fact is on record, a growing one at least as large."""
        if fact[0] in GROWING:
            return self.growing.get(fact[:-1], 0) >= int(fact[-1])
        return fact in self.exact

    def missing(self, facts: Iterable[Fact]) -> list[Fact]:
        """Return the facts that are not on record."""
        return [fact for fact in facts if not self.holds(fact)]


def open_plain(path: Path) -> sqlite3.Connection:
    """Open a database with the interpreter's own SQLite."""
    return sqlite3.connect(path, isolation_level=None)


def facts_of(conn: sqlite3.Connection) -> Facts:
    """Read every fact of a database; one without tables has none."""
    if not conn.execute("SELECT 1 FROM sqlite_schema WHERE name = 'inbound_parcels'").fetchone():
        return Facts(frozenset(), {})
    exact = frozenset((name, *row) for name, sql in _FACTS.items() for row in conn.execute(sql))
    growing = {(name, *row[:-1]): row[-1] for name, sql in _GROWING.items() for row in conn.execute(sql)}
    return Facts(exact, growing)


def contradictions(conn: sqlite3.Connection) -> list[str]:
    """Return what is wrong in a database by itself, in sentences; nothing is the only good answer."""
    try:
        answer = [row[0] for row in conn.execute("PRAGMA integrity_check")]
    except sqlite3.DatabaseError as error:
        return [f"damaged: {error}"]
    if answer != ["ok"]:
        return [f"damaged: {line}" for line in answer]
    if not conn.execute("SELECT 1 FROM sqlite_schema WHERE name = 'inbound_parcels'").fetchone():
        return []
    return [*_dangling(conn), *_holes(conn), *_twice(conn), *_heads(conn), *_batches(conn)]


def _dangling(conn: sqlite3.Connection) -> list[str]:
    wrong = [f"a reference of {table} leads nowhere" for table, *_ in conn.execute("PRAGMA foreign_key_check")]
    checks = {
        "accepted without its act": "SELECT position FROM inbound_parcels WHERE verdict LIKE 'accepted%' AND act IS NULL",
        "a receipt without its act": "SELECT receipt FROM receipts WHERE receipt NOT IN (SELECT hash FROM acts)",
        "a filed parcel without receipt": (
            "SELECT position FROM inbound_parcels WHERE cover NOT IN (SELECT cover FROM receipts)"
        ),
        "settled without the receipt's act": (
            "SELECT receipt FROM batches WHERE receipt IS NOT NULL AND receipt NOT IN (SELECT hash FROM acts)"
        ),
        "an act of ours in no log": ("SELECT hash FROM acts WHERE ours = 1 AND filed NOT IN (SELECT act FROM leaves)"),
    }
    return wrong + [f"{what}: {row[0]}" for what, sql in checks.items() for row in conn.execute(sql)]


def _holes(conn: sqlite3.Connection) -> list[str]:
    """Demand that positions and filing numbers run from 1 without a hole."""
    wrong: list[str] = []
    for name, streams, rows in (
        ("outbox", "outbound_streams", "outbox"),
        ("inbox", "inbound_streams", "inbound_parcels"),
    ):
        for programme, sender, receiver, following in conn.execute(
            f"SELECT programme, sender, receiver, next_position FROM {streams}"
        ):
            found = [
                position
                for (position,) in conn.execute(
                    f"SELECT position FROM {rows} WHERE programme = ? AND sender = ? AND receiver = ? ORDER BY 1",
                    (programme, sender, receiver),
                )
            ]
            if found != list(range(1, following)):
                wrong.append(f"{name} {sender}>{receiver}: the next is {following}, there are {len(found)}")
    numbers = "SELECT filed AS number FROM acts UNION ALL SELECT number FROM touched"
    count, last = conn.execute(f"SELECT count(*), coalesce(max(number), 0) FROM ({numbers})").fetchone()
    return wrong + ([f"filing numbers: there are {count}, the last is {last}"] if count != last else [])


def _twice(conn: sqlite3.Connection) -> list[str]:
    checks = {
        "an identifier twice": "SELECT iss || jti FROM acts GROUP BY iss, jti HAVING count(*) > 1",
        "an act twice in a log": ("SELECT origin || act FROM leaves GROUP BY origin, act HAVING count(*) > 1"),
    }
    return [f"{what}: {row[0]}" for what, sql in checks.items() for row in conn.execute(sql)]


def _heads(conn: sqlite3.Connection) -> list[str]:
    """Demand that a head covers leaves that are there, and that nothing of ours is signed beyond it."""
    wrong: list[str] = []
    ours = {iss.partition("/")[0] for (iss,) in conn.execute("SELECT DISTINCT iss FROM acts WHERE ours = 1")}
    for origin, size in conn.execute("SELECT origin, size FROM heads"):
        sql = "SELECT count(*) FROM leaves WHERE origin = ? AND idx < ?"
        if conn.execute(sql, (origin, size)).fetchone()[0] != size:
            wrong.append(f"{origin}: the head says {size}, some of its leaves are missing")
        (signed,) = conn.execute(
            "SELECT coalesce(max(size), 0) FROM checkpoints WHERE origin = ?", (origin,)
        ).fetchone()
        if origin.partition("/")[0] in ours and signed > size:
            wrong.append(f"{origin}: {signed} was signed, the head says {size}")
    return wrong


def _batches(conn: sqlite3.Connection) -> list[str]:
    """Demand that covers follow one another without a hole, from position 1 to the last that is not queued."""
    wrong: list[str] = []
    covered: Counter[tuple[str, str]] = Counter()
    ends: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for sender, receiver, first, parcels in conn.execute(
        "SELECT sender, receiver, first, parcels FROM batches ORDER BY sender, receiver, first"
    ):
        ends.setdefault((sender, receiver), [(1, 1)]).append((first, first + parcels))
        covered[sender, receiver] += parcels
    for stream, runs in ends.items():
        wrong += [f"{stream}: covers {a} and {b} do not join" for a, b in pairwise(runs) if a[1] != b[0]]
        sql = "SELECT count(*) FROM outbox WHERE sender = ? AND receiver = ? AND state != 'queued'"
        (sent,) = conn.execute(sql, stream).fetchone()
        if sent != covered[stream]:
            wrong.append(f"{stream}: {sent} parcels are under covers that list {covered[stream]}")
    return wrong


def disagreements(sender: sqlite3.Connection, receiver: sqlite3.Connection) -> list[str]:
    """Return where two settled databases tell of the same streams differently."""
    out = "SELECT sender, receiver, position, hash, state FROM outbox JOIN acts ON filed = outbox.act"
    sent = {row[:3]: row[3:] for row in sender.execute(out)}
    came = {
        row[:3]: row[3] for row in receiver.execute("SELECT sender, receiver, position, act_hash FROM inbound_parcels")
    }
    mine = {key[:2] for key in sent}
    wrong = [f"never arrived: {key}" for key in sent.keys() - came.keys()]
    wrong += [f"never sent: {key}" for key in came.keys() - sent.keys() if key[:2] in mine]
    wrong += [f"another act at {key}" for key in sent.keys() & came.keys() if sent[key][0] != came[key]]
    wrong += [f"not settled: {key} is {state}" for key, (_, state) in sent.items() if state != "cosigned"]
    return wrong + _promises(sender, receiver)


def _promises(sender: sqlite3.Connection, receiver: sqlite3.Connection) -> list[str]:
    """Demand that the receiver stands by each receipt and cosignature that the sender holds, and saw no larger head."""
    told = set(receiver.execute("SELECT cover, receipt FROM receipts"))
    wrong = [
        f"a receipt that its giver does not know: {row}"
        for row in sender.execute("SELECT cover, receipt FROM batches WHERE receipt IS NOT NULL")
        if row not in told
    ]
    seen = dict(receiver.execute("SELECT origin, size FROM witnessed WHERE role = 'witness'"))
    heads = dict(sender.execute("SELECT origin, size FROM heads"))
    for origin, size in sender.execute("SELECT origin, max(size) FROM cosignatures GROUP BY origin"):
        if seen.get(origin, 0) < size:
            wrong.append(f"{origin}: {size} was cosigned, the witness remembers {seen.get(origin, 0)}")
        if seen.get(origin, 0) > heads.get(origin, 0):
            wrong.append(f"{origin}: the witness saw {seen[origin]}, its owner has {heads.get(origin, 0)}")
    return wrong
