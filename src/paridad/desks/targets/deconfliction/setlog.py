# SPDX-License-Identifier: Apache-2.0
"""The set log: an append-only log of what each class of a party's list held, shown to the other by size and root only.

Rules
  - An entry is a commitment to a record: dossier act, authority, date, under a salt. Removal is an entry as well.
  - Between two runs exactly the agreed number of entries is appended, real and dummy. The consistency proof shows the
    other side that the churn was that, and nothing more.
  - Hashing, proofs and their verification are the ledger's (RFC 6962 §2.1).

Worked example
    log = grow(SetLog(), [record_entry("added", act, "warrant 7", "2026-03-01", salt)], cap=64, chance=random)
    log.head                                 is Head(64, …)
    demand_churn(before, log.head, 64, log.consistency(before.size))
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from paridad.base.sources import Random
from paridad.base.strict import encode_base64url, write_json
from paridad.base.words import Words
from paridad.desks.targets.deconfliction.errors import DeconflictionError
from paridad.desks.targets.deconfliction.messages import Growth, Head
from paridad.ledger.errors import ProofRefused
from paridad.ledger.merkle import (
    Subtree,
    leaf_hash,
    proof_steps,
    root_of_hashes,
    verify_consistency,
    verify_inclusion,
)


@dataclass(frozen=True, slots=True)
class SetLog:
    """The leaf hashes of a set log."""

    leaves: tuple[bytes, ...] = ()

    @property
    def head(self) -> Head:
        """Size and root."""
        return Head(len(self.leaves), root_of_hashes(self.leaves))

    def consistency(self, old: int) -> tuple[bytes, ...]:
        """Return the proof that the log of an earlier size is a beginning of this one."""
        return self._proof(Subtree(0, old))

    def inclusion(self, place: int) -> tuple[bytes, ...]:
        """Return the proof of one entry."""
        return self._proof(Subtree(place, place + 1))

    def _proof(self, subtree: Subtree) -> tuple[bytes, ...]:
        steps = proof_steps(subtree, len(self.leaves))
        return tuple(root_of_hashes(self.leaves[step.of.start : step.of.end]) for step in steps)


def record_entry(change: str, act: bytes, authority: str, entered_on: str, salt: bytes, *, leaf: bytes = b"") -> bytes:
    """Return the entry of a record that was added or removed; with the leaf hash of its act where that is shown."""
    said = [change, encode_base64url(act), authority, entered_on, encode_base64url(salt)]
    return sha256(write_json([*said, encode_base64url(leaf)] if leaf else said)).digest()


def growth(log: SetLog, before: Head) -> Growth:
    """Return what shows that a log came from an earlier head."""
    return Growth(before, log.consistency(before.size) if 0 < before.size < len(log.leaves) else ())


def grow(log: SetLog, entries: Sequence[bytes], *, cap: int, chance: Random) -> SetLog:
    """Append real entries and as many dummies as the cap asks for; refuse more than the cap."""
    if len(entries) > cap:
        raise DeconflictionError(
            Words(
                es=f"Hay {len(entries)} cambios y el tope entre dos corridas es {cap}: los demás esperan.",
                en=f"There are {len(entries)} changes and the cap between two runs is {cap}: the others wait.",
            )
        )
    dummies = (chance(32) for _ in range(cap - len(entries)))
    return SetLog((*log.leaves, *map(leaf_hash, entries), *map(leaf_hash, dummies)))


def demand_churn(before: Head, after: Head, cap: int, proof: Sequence[bytes]) -> None:
    """Demand that the log grew by exactly the cap and kept its beginning, or raise with the reason."""
    if after.size - before.size != cap:
        raise ProofRefused(
            Words(
                es=f"La bitácora del conjunto creció {after.size - before.size} y se acordó {cap}.",
                en=f"The set log grew by {after.size - before.size} and {cap} was agreed.",
            )
        )
    if before.size:
        verify_consistency(before.size, after.size, proof, before.root, after.root)


def demand_record(entry: bytes, place: int, head: Head, proof: Sequence[bytes]) -> None:
    """Demand that a record stands at its place under a head, or raise `ProofRefused`."""
    verify_inclusion(leaf_hash(entry), place, head.size, proof, head.root)
