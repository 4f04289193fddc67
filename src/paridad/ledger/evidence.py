# SPDX-License-Identifier: Apache-2.0
r"""Equivocation: a log signed two histories; the object that proves it to anyone who knows its keys.

Rules
  - The object holds two checkpoints of one origin, both signed by the log with both keys, and what each of them says
    of *the same range of leaves*: two different hashes, each with its proof (draft-ietf-plants-… §4.4). One form covers
      - two roots of one size:          the range is the whole tree, both proofs are empty;
      - a failed consistency:           the range is [0, old), and the larger tree proves another hash for it;
      - two entries at one index:       the range is one leaf, with its two audit paths.
  - Nothing else is needed and nothing secret is inside: hashes and signatures, no entry. The entries stay with
    whoever holds them (`from_entries` computes the proof from them).
  - It proves that somebody with the log's keys signed both. What follows from it a person decides (laws 6, 12).
  - One spelling only, so that equal evidence has equal bytes, whatever order its sides came in.

The bytes, for two roots of size 12
    paridad/equivocation/1
    leaves 0 12
    hash <base64>
    proof <base64>            as many as the proof has
    note <length in bytes>
    <the note, verbatim>
    hash …, proof …, note …   the second side

Worked example
    data = write_equivocation(Subtree(0, 12), Side(note_a, root_a), Side(note_b, root_b))
    open_equivocation(data, log_keys=[key]).origin   is the log that signed both
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from paridad.base.words import Words
from paridad.ledger.checkpoint import LogKey, VerifiedCheckpoint, open_checkpoint
from paridad.ledger.errors import EvidenceRefused, NoteRefused, ProofRefused
from paridad.ledger.merkle import (
    Subtree,
    leaf_hash,
    proof_steps,
    root_of_hashes,
    verify_subtree_consistency,
)
from paridad.ledger.note import MAX_NOTE_BYTES, decode_base64, encode_base64

HEADER = "paridad/equivocation/1"
UNPROVEN_HEADER = "paridad/unproven/1"
MAX_EVIDENCE_BYTES = 2 * MAX_NOTE_BYTES + 16 * 1024

_HEAD = re.compile(rb"paridad/equivocation/1\nleaves ([0-9]{1,19}) ([0-9]{1,19})\n")
_SIDE = re.compile(rb"(hash [A-Za-z0-9+/=]{44}\n(?:proof [A-Za-z0-9+/=]{44}\n){0,64})note ([0-9]{1,6})\n")


@dataclass(frozen=True, slots=True)
class Side:
    """One checkpoint, and the hash it proves for the range of leaves."""

    note: bytes
    hash: bytes
    proof: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Equivocation:
    """Two contradictory statements of one log, verified; it comes out of `open_equivocation` only."""

    origin: str
    leaves: Subtree
    first: VerifiedCheckpoint
    second: VerifiedCheckpoint


def write_equivocation(leaves: Subtree, first: Side, second: Side) -> bytes:
    """Return the object; the sides are put in the order of their bytes."""
    sides = sorted(_write_side(side) for side in (first, second))
    return f"{HEADER}\nleaves {leaves.start} {leaves.end}\n".encode() + b"".join(sides)


def from_entries(older: VerifiedCheckpoint, newer: VerifiedCheckpoint, entries: Sequence[bytes]) -> bytes:
    """Return the proof that the larger tree does not continue the smaller, from the entries of the larger one.

    Raise `EvidenceRefused` where they are not its entries, or where the trees agree.
    """
    old, new = older.checkpoint, newer.checkpoint
    hashes = [leaf_hash(entry) for entry in entries]
    if len(hashes) != new.size or root_of_hashes(hashes) != new.root:
        raise _refused("No son las entradas del árbol mayor.", "These are not the entries of the larger tree.")
    leaves = Subtree(0, old.size)
    prefix = root_of_hashes(hashes[: old.size])
    if prefix == old.root:
        raise _refused("El árbol mayor continúa al menor.", "The larger tree continues the smaller one.")
    proof = tuple(root_of_hashes(hashes[of.start : of.end]) for _, of in proof_steps(leaves, new.size))
    return write_equivocation(leaves, Side(older.note, old.root), Side(newer.note, prefix, proof))


def write_unproven(stored: bytes, shown: bytes) -> bytes:
    """Return two checkpoints of a log side by side whose consistency it did not prove: a suspicion, not a proof."""
    return f"{UNPROVEN_HEADER}\n".encode() + b"".join(_write_note(note) for note in (stored, shown))


def open_equivocation(data: bytes, *, log_keys: Sequence[LogKey]) -> Equivocation:
    """Verify evidence, or raise `EvidenceRefused`."""
    # (1) The object has its one form.
    leaves, sides = _read(data)
    # (2) The log signed both checkpoints, with both keys.
    try:
        first, second = (open_checkpoint(side.note, log_keys=log_keys) for side in sides)
    except NoteRefused as error:
        raise EvidenceRefused(error.words) from error
    if first.checkpoint.origin != second.checkpoint.origin:
        raise _refused("Son dos bitácoras distintas.", "These are two different logs.")
    # (3) Each checkpoint proves its own hash for the range. (An empty range has one hash only, and ends at 4.)
    try:
        for side, seen in zip(sides, (first.checkpoint, second.checkpoint), strict=True):
            verify_subtree_consistency(leaves, seen.size, side.proof, side.hash, seen.root)
    except ProofRefused as error:
        raise EvidenceRefused(error.words) from error
    # (4) The hashes differ.
    if sides[0].hash == sides[1].hash:
        raise _refused("Ambos dicen lo mismo de esas hojas.", "Both say the same of these leaves.")
    return Equivocation(first.checkpoint.origin, leaves, first, second)


def _write_side(side: Side) -> bytes:
    lines = [f"hash {encode_base64(side.hash)}\n", *(f"proof {encode_base64(node)}\n" for node in side.proof)]
    return "".join(lines).encode() + _write_note(side.note)


def _write_note(note: bytes) -> bytes:
    return f"note {len(note)}\n".encode() + note


def _read(data: bytes) -> tuple[Subtree, tuple[Side, Side]]:
    """Read leniently, write again, compare: whatever is not the one form comes out different."""
    head = _HEAD.match(data) if len(data) <= MAX_EVIDENCE_BYTES else None
    if head:
        leaves = Subtree(int(head[1]), int(head[2]))
        first, at = _read_side(data, head.end())
        second, _ = _read_side(data, at)
        if write_equivocation(leaves, first, second) == data:
            return leaves, (first, second)
    raise _refused("No tiene la forma de una prueba de doble historia.", "Not of the form of a proof of two histories.")


def _read_side(data: bytes, at: int) -> tuple[Side, int]:
    match = _SIDE.match(data, at)
    if not match:
        raise _refused("Falta uno de los dos lados de la prueba.", "One of the two sides of the proof is missing.")
    try:
        node, *proof = (decode_base64(line.split(" ")[1]) for line in match[1].decode("ascii").splitlines())
    except NoteRefused as error:
        raise EvidenceRefused(error.words) from error
    end = match.end() + int(match[2])
    return Side(data[match.end() : end], node, tuple(proof)), end


def _refused(es: str, en: str) -> EvidenceRefused:
    return EvidenceRefused(Words(es=es, en=en))
