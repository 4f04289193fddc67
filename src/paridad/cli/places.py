# SPDX-License-Identifier: Apache-2.0
"""Where acts stand in the logs, with proof: recomputed for logs held here, as received for records of others.

Worked example
    standing(conn, own, hash_).origin        is "A/practice/shared"; None where no signed checkpoint covers it yet
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from paridad.acts.envelope import ActHash
from paridad.exchange.own_side import OwnSide
from paridad.exchange.witnessing import open_logged
from paridad.ledger import log
from paridad.ledger.checkpoint import CosignerKey, LogKey, verify_cosignature
from paridad.ledger.errors import NoteRefused
from paridad.programme.keys import KeyRing
from paridad.programme.origins import Log, own_origin, parse_name, shared_origin
from paridad.store.ledger import SqlLedgerStore, indexes_of
from paridad.store.proofs import proofs_of


@dataclass(frozen=True, slots=True)
class Standing:
    """An act's place in a log under a signed checkpoint, with its audit path."""

    origin: str
    index: int
    size: int
    root: bytes
    path: tuple[bytes, ...]
    note: bytes

    @property
    def log(self) -> Log:
        """Which of its party's logs it is."""
        return "own" if parse_name(self.origin).role == "own" else "shared"


def standing(conn: sa.Connection, own: OwnSide, hash_: str) -> Standing | None:
    """Return where an act stands, None where no signed checkpoint covers it."""
    ledger = SqlLedgerStore(conn)
    for origin in every_log(own):
        index, note = indexes_of(conn, origin, [hash_]).get(ActHash(hash_)), _vouched(ledger, own, origin)
        if index is not None and note is not None:
            seen = open_logged(own, note).checkpoint
            if index < seen.size:
                path = log.prove(ledger, origin, index, seen.size)
                return Standing(origin, index, seen.size, seen.root, tuple(path), note)
    return _proved(ledger, own, conn, hash_)


def _vouched(ledger: SqlLedgerStore, own: OwnSide, origin: str) -> bytes | None:
    """Return the largest checkpoint that proofs can be made for: our own, or another's that we hold whole."""
    if parse_name(origin).party == own.party:
        return ledger.checkpoint(origin)
    mirrored = ledger.witnessed(origin, "mirror")
    return mirrored.note if mirrored else None


def _proved(ledger: SqlLedgerStore, own: OwnSide, conn: sa.Connection, hash_: str) -> Standing | None:
    """Return the place of another party's act, with the proof that it came with."""
    kept = ((row, ledger.checkpoint(row.origin, row.size)) for row in proofs_of(conn, [hash_]))
    row, note = next((pair for pair in kept if pair[1] is not None), (None, None))
    if row is None or note is None:
        return None
    root = open_logged(own, note).checkpoint.root
    return Standing(row.origin, row.index, row.size, root, tuple(row.hashes), note)


def every_log(own: OwnSide) -> tuple[str, ...]:
    """Return the origins of every party's logs, ours first."""
    parties = (own.party, *own.others)
    return tuple(make(party, own.programme) for party in parties for make in (shared_origin, own_origin))


def every_log_key(own: OwnSide) -> list[LogKey]:
    """Return every key that a log of the programme ever had: what evidence is judged by."""
    logs = {f"{party}/{use}": make(party, own.programme) for party, use, make in _log_owners(own)}
    found = [(logs[record.owner], record) for record in own.keys.records.values() if record.owner in logs]
    return [LogKey(origin, record.ed25519_key, record.mldsa_key) for origin, record in found]


def _log_owners(own: OwnSide) -> Iterator[tuple[str, str, Callable[[str, str], str]]]:
    for party in (own.party, *own.others):
        yield party, "log-shared", shared_origin
        yield party, "log-own", own_origin


def cosigners(ring: KeyRing, parties: Sequence[str], note: bytes) -> list[tuple[str, int]]:
    """Return who of some parties cosigned a checkpoint, as witness or as mirror, and when."""
    found = []
    for party in parties:
        for key in (*ring.witness_keys(party), *ring.mirror_keys(party)):
            try:
                seen = verify_cosignature(note, CosignerKey(*key))
            except NoteRefused:
                continue
            found.append((seen.cosigner, seen.time))
    return found
