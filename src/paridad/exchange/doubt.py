# SPDX-License-Identifier: Apache-2.0
"""Doubt: a log that signed two histories is not trusted until a person decides.

Rules
  - The proof is kept first, in the transaction that finds it; it can be exported and checked by anyone who knows the
    log's keys (`paridad.ledger.evidence`). What was filed before stays: a signed statement remains one.
  - From then on no checkpoint, delivery or receipt that rests on that log is taken. A suspicion that is no proof
    (a consistency proof that leads nowhere) is kept too, and stops nothing.
  - A person ends the doubt, by name; a later proof begins it again.

Worked example
    doubted(conn, "B/practice/shared")                          is False
    agrees(conn, seen)                                          is False: another root of that size is on record
    doubted(conn, "B/practice/shared")                          is True, until settle(conn, origin, by="ana", at=now)
"""

from collections.abc import Collection

import sqlalchemy as sa

from paridad.acts.envelope import act_hash
from paridad.base.words import Words
from paridad.exchange.errors import BatchRefused
from paridad.ledger.checkpoint import VerifiedCheckpoint, read_checkpoint_text
from paridad.ledger.evidence import HEADER, Side, write_equivocation
from paridad.ledger.merkle import Subtree, leaf_hash
from paridad.ledger.note import read_note
from paridad.store.ledger import SqlLedgerStore, held_from
from paridad.store.proofs import proofs_of
from paridad.store.records import get_meta, put_meta


def proofs_against(conn: sa.Connection, origin: str) -> list[bytes]:
    """Return the proofs that a log signed two histories, oldest first."""
    return [each for each in SqlLedgerStore(conn).evidence(origin) if each.startswith(HEADER.encode())]


def doubted(conn: sa.Connection, origin: str) -> bool:
    """Whether there is a proof against a log that no person has judged."""
    judged = get_meta(conn, _key(origin))
    return len(proofs_against(conn, origin)) > (int(judged.split()[0]) if judged else 0)


def demand_undoubted(conn: sa.Connection, origins: Collection[str]) -> None:
    """Raise `BatchRefused` where one of these logs is doubted."""
    for origin in origins:
        if doubted(conn, origin):
            raise BatchRefused("log", words_of(origin))


def words_of(origin: str) -> Words:
    """Say that a log is doubted."""
    return Words(
        es=f"{origin} firmó dos historias; no se cree en ella hasta que una persona decida.",
        en=f"{origin} signed two histories; it is not trusted until a person decides.",
    )


def settle(conn: sa.Connection, origin: str, *, by: str, at: int) -> int:
    """Note that a person judged the proofs there are, and end the doubt; return how many they were."""
    count = len(proofs_against(conn, origin))
    put_meta(conn, _key(origin), f"{count} {at} {by}")
    return count


def agrees(conn: sa.Connection, seen: VerifiedCheckpoint) -> bool:
    """Whether a checkpoint has the root on record for its size; if not, keep the proof of two roots."""
    ledger, new = SqlLedgerStore(conn), seen.checkpoint
    note = ledger.checkpoint(new.origin, new.size)
    old = read_checkpoint_text(read_note(note).text) if note else new
    if note is None or old.root == new.root:
        return True
    ledger.keep_evidence(
        new.origin, write_equivocation(Subtree(0, new.size), Side(note, old.root), Side(seen.note, new.root))
    )
    return False


def keep_two_leaves(
    conn: sa.Connection, seen: VerifiedCheckpoint, index: int, entry: bytes, proof: Collection[bytes]
) -> bool:
    """Keep the proof that two entries stand at one index, where that is so; return whether it is."""
    ledger, origin = SqlLedgerStore(conn), seen.checkpoint.origin
    held = held_from(conn, origin, index, limit=1).get(index)
    if held is None or held == act_hash(entry):
        return False
    [before] = ledger.entries(origin, index, index + 1)
    for place in proofs_of(conn, [held]):
        note = ledger.checkpoint(origin, place.size)
        if (place.origin, place.index) == (origin, index) and note is not None:
            first = Side(note, leaf_hash(before), tuple(place.hashes))
            second = Side(seen.note, leaf_hash(entry), tuple(proof))
            ledger.keep_evidence(origin, write_equivocation(Subtree(index, index + 1), first, second))
    return True


def _key(origin: str) -> str:
    return f"judged/{origin}"
