# SPDX-License-Identifier: Apache-2.0
"""Equivocation: objects that prove two histories, and objects that only look like it."""

import re

import pytest

from paridad.ledger.checkpoint import Checkpoint, VerifiedCheckpoint, open_checkpoint, sign_checkpoint
from paridad.ledger.errors import EvidenceRefused
from paridad.ledger.evidence import (
    HEADER,
    MAX_EVIDENCE_BYTES,
    Side,
    from_entries,
    open_equivocation,
    write_equivocation,
)
from paridad.ledger.merkle import EMPTY_ROOT, Subtree, leaf_hash, proof_steps, root_of, root_of_hashes
from support.memory_ledger import log_signer

ORIGIN = "ALFA/prueba/shared"
LOG, OTHER = log_signer(ORIGIN), log_signer("ALFA/prueba/own")
KEYS = [LOG.public, OTHER.public]
LEAVES = [b"leaf %d" % number for number in range(20)]
FORK = [*LEAVES[:5], b"another", *LEAVES[6:]]


def seen(size: int, leaves: list[bytes] = LEAVES, signer: str = ORIGIN) -> VerifiedCheckpoint:
    """Return a signed checkpoint."""
    key = LOG if signer == ORIGIN else OTHER
    note = sign_checkpoint(Checkpoint(signer, size, root_of(leaves[:size])), key, 1_700_000_000)
    return open_checkpoint(note, log_keys=KEYS)


def side(checkpoint: VerifiedCheckpoint, leaves: list[bytes], start: int, end: int) -> Side:
    """Return what a checkpoint proves of a range."""
    hashes = [leaf_hash(leaf) for leaf in leaves[: checkpoint.checkpoint.size]]
    steps = proof_steps(Subtree(start, end), len(hashes))
    proof = tuple(root_of_hashes(hashes[of.start : of.end]) for _, of in steps)
    return Side(checkpoint.note, root_of_hashes(hashes[start:end]), proof)


A12, B12, A7, B8 = seen(12), seen(12, FORK), seen(7), seen(8, FORK)
TWO_ROOTS = write_equivocation(Subtree(0, 12), side(A12, LEAVES, 0, 12), side(B12, FORK, 0, 12))

PROOFS: dict[str, tuple[bytes, tuple[int, int]]] = {
    "two roots of one size": (TWO_ROOTS, (0, 12)),
    "a larger tree that does not continue the smaller": (from_entries(A7, B12, FORK[:12]), (0, 7)),
    "a larger tree that does not continue one of eight": (from_entries(B8, A12, LEAVES[:12]), (0, 8)),
    "two entries at one index": (
        write_equivocation(Subtree(5, 6), side(A7, LEAVES, 5, 6), side(B12, FORK, 5, 6)),
        (5, 6),
    ),
    "two halves": (write_equivocation(Subtree(4, 8), side(A12, LEAVES, 4, 8), side(B12, FORK, 4, 8)), (4, 8)),
}


@pytest.mark.parametrize(("data", "leaves"), PROOFS.values(), ids=PROOFS.keys())
def test_two_histories_are_proved(data: bytes, leaves: tuple[int, int]) -> None:
    """Exported, parsed and verified with the log's keys, by anyone."""
    proof = open_equivocation(data, log_keys=[LOG.public])
    assert (proof.origin, proof.leaves) == (ORIGIN, leaves)
    assert proof.first.checkpoint != proof.second.checkpoint


def test_entries_prove_what_a_smaller_tree_lacks() -> None:
    """Whoever holds the entries of the larger tree writes the same object as whoever holds its proof."""
    for older, newer, leaves, other in [(A7, B12, FORK, LEAVES), (B8, A12, LEAVES, FORK)]:
        end = older.checkpoint.size
        written = write_equivocation(Subtree(0, end), side(older, other, 0, end), side(newer, leaves, 0, end))
        assert from_entries(older, newer, leaves[:12]) == written
        assert open_equivocation(written, log_keys=[LOG.public]).leaves == (0, end)


def test_equal_evidence_has_equal_bytes() -> None:
    """Whatever order its sides came in; and the first lines read as the module says."""
    turned = write_equivocation(Subtree(0, 12), side(B12, FORK, 0, 12), side(A12, LEAVES, 0, 12))
    assert turned == TWO_ROOTS
    assert TWO_ROOTS.startswith(f"{HEADER}\nleaves 0 12\nhash ".encode())
    assert A12.note in TWO_ROOTS
    assert B12.note in TWO_ROOTS


EMPTY = sign_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT), LOG, 1_700_000_000)
OWN12 = seen(12, FORK, OTHER.name)

NO_PROOFS: dict[str, bytes] = {
    "nothing": b"",
    "one checkpoint twice": write_equivocation(Subtree(0, 12), side(A12, LEAVES, 0, 12), side(A12, LEAVES, 0, 12)),
    "a tree that grew": write_equivocation(Subtree(0, 7), side(A7, LEAVES, 0, 7), side(A12, LEAVES, 0, 7)),
    "checkpoints of two logs": write_equivocation(Subtree(0, 12), side(A12, LEAVES, 0, 12), side(OWN12, FORK, 0, 12)),
    "an empty range": write_equivocation(Subtree(5, 5), Side(A12.note, EMPTY_ROOT), Side(B12.note, EMPTY_ROOT)),
    "an empty range of nothing": write_equivocation(Subtree(0, 0), Side(EMPTY, EMPTY_ROOT), Side(A12.note, EMPTY_ROOT)),
    "a hash without its proof": write_equivocation(Subtree(0, 7), side(A7, LEAVES, 0, 7), Side(B12.note, bytes(32))),
    "a range beyond the tree": write_equivocation(Subtree(0, 12), side(A7, LEAVES, 0, 7), side(B12, FORK, 0, 12)),
    "a range that is no subtree": write_equivocation(Subtree(1, 3), Side(A12.note, bytes(32)), Side(B12.note, EMPTY_ROOT)),
    "one side": TWO_ROOTS[: TWO_ROOTS.rindex(b"hash ")],
    "half a note": TWO_ROOTS[:-1],
    "a byte too many": TWO_ROOTS + b"\n",
    "sides in the wrong order": TWO_ROOTS[: len(HEADER) + 13]
    + TWO_ROOTS[TWO_ROOTS.rindex(b"hash ") :]
    + TWO_ROOTS[len(HEADER) + 13 : TWO_ROOTS.rindex(b"hash ")],
    "a number with a leading zero": TWO_ROOTS.replace(b"leaves 0 12", b"leaves 0 012"),
    "a hash of 33 bytes": TWO_ROOTS.replace(b"=\nnote", b"f\nnote", 1),
    "base64 with surplus bits": re.sub(rb".=\nnote", b"B=\nnote", TWO_ROOTS, count=1),
    "another header": TWO_ROOTS.replace(b"/1\n", b"/2\n", 1),
    "more than is read": TWO_ROOTS + bytes(MAX_EVIDENCE_BYTES),
}  # fmt: skip


@pytest.mark.parametrize("data", NO_PROOFS.values(), ids=NO_PROOFS.keys())
def test_nothing_else_proves_anything(data: bytes) -> None:
    """An honest log cannot be accused."""
    with pytest.raises(EvidenceRefused):
        open_equivocation(data, log_keys=KEYS)


def test_a_stranger_proves_nothing_against_a_log() -> None:
    """Without the log's own signatures there is no evidence."""
    with pytest.raises(EvidenceRefused):
        open_equivocation(TWO_ROOTS, log_keys=[log_signer(ORIGIN, 1).public])


def test_entries_that_prove_nothing_are_refused() -> None:
    """Those of another tree, and those of a tree that continues the smaller one."""
    with pytest.raises(EvidenceRefused, match="not the entries"):
        from_entries(A7, B12, LEAVES[:12])
    with pytest.raises(EvidenceRefused, match="not the entries"):
        from_entries(A7, B12, FORK[:11])
    with pytest.raises(EvidenceRefused, match="continues"):
        from_entries(A7, A12, LEAVES[:12])


def test_flipped_bits_never_make_another_proof() -> None:
    """One bit in 11 of the whole object."""
    for bit in range(0, len(TWO_ROOTS) * 8, 11):
        changed = bytearray(TWO_ROOTS)
        changed[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(EvidenceRefused):
            open_equivocation(bytes(changed), log_keys=[LOG.public])
