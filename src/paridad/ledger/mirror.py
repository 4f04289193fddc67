# SPDX-License-Identifier: Apache-2.0
"""The mirror: "and I hold every entry up to here, durably" (C2SP tlog-mirror).

Rules
  - Leaves of another log come in packages of up to 256 that start at a multiple of 256, with the proof that exactly
    these leaves stand there in the tree of a verified checkpoint. Nothing is held that was not proved.
  - Packages come in any order and more than once; the head of the copy moves when the row of leaves has no gap.
  - The mirror signs when every leaf below the size is held and the root recomputed from them is the checkpoint's.
    It never goes back: a smaller checkpoint than the last one it signed is answered with 409.
  - Commit first, `cosign` then. A mirror signs under a name and keys that are not its witness's.
  - The same packages restore the log's own node after a loss: `receive` against the cosigned checkpoint, `reconcile`.

Worked example
    package = make_package(theirs, "AA/practice/shared", 0, 300)         # leaves 0 … 255, at the log
    data = write_package(package)
    receive(ours, read_package(data, 0, verified), verified)        # at the mirror, inside its transaction
    cosign(attest(ours, verified), mirror, now)                     # after the last package and a commit
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from paridad.base.words import Words
from paridad.ledger.checkpoint import VerifiedCheckpoint
from paridad.ledger.errors import HeadMoved, NotYetHeld, RootMismatch, TileRefused, WitnessAnswer
from paridad.ledger.log import catch_up, recompute, view
from paridad.ledger.merkle import HASH_BYTES, Subtree, leaf_hash, root_of_hashes, verify_subtree_consistency
from paridad.ledger.port import EMPTY_HEAD, Head, LedgerStore, WitnessStore
from paridad.ledger.tiles import TILE_WIDTH, check_entry, read_bundle, write_bundle
from paridad.ledger.witness import SIZE_TYPE

LENGTH_BYTES = 2


class MirrorStore(LedgerStore, WitnessStore, Protocol):
    """A store that holds the leaves of another log and remembers what it vouched for."""


@dataclass(frozen=True, slots=True)
class EntryPackage:
    """Leaves from a multiple of 256 on, with the subtree proof that they stand in a tree of `size`."""

    start: int
    size: int
    entries: tuple[bytes, ...]
    proof: tuple[bytes, ...]

    @property
    def leaves(self) -> Subtree:
        """The range of leaves."""
        return Subtree(self.start, self.start + len(self.entries))


def package_range(start: int, size: int) -> Subtree:
    """Return the leaves of the package that starts at `start` in a tree of `size`, or raise `TileRefused`."""
    if start % TILE_WIDTH or not 0 <= start < size:
        raise TileRefused(Words(es=f"Ningún paquete empieza en {start}.", en=f"No package starts at {start}."))
    return Subtree(start, min(start + TILE_WIDTH, size))


def make_package(store: LedgerStore, origin: str, start: int, size: int) -> EntryPackage:
    """Return the package that starts at `start`, proved against the tree of `size`."""
    leaves = package_range(start, size)
    return EntryPackage(
        start, size, tuple(store.entries(origin, *leaves)), tuple(view(store, origin, size).subtree(leaves))
    )


def write_package(package: EntryPackage) -> bytes:
    """Return the bytes of tlog-mirror: the entries as a bundle, the number of hashes in one byte, the hashes."""
    return write_bundle(package.entries) + bytes([len(package.proof)]) + b"".join(package.proof)


def read_package(data: bytes, start: int, verified: VerifiedCheckpoint) -> EntryPackage:
    """Read a package; where it starts and what it is proved against say how many entries it has."""
    size = verified.checkpoint.size
    leaves = package_range(start, size)
    at = 0
    for _ in range(leaves.end - leaves.start):
        at += LENGTH_BYTES + int.from_bytes(data[at : at + LENGTH_BYTES])
    hashes = data[at + 1 :]
    if at >= len(data) or len(hashes) != data[at] * HASH_BYTES:
        raise TileRefused(Words(es="El paquete no mide lo que debe.", en="The package is not as long as it must be."))
    proof = tuple(hashes[step : step + HASH_BYTES] for step in range(0, len(hashes), HASH_BYTES))
    return EntryPackage(start, size, tuple(read_bundle(data[:at])), proof)


def verify_package(package: EntryPackage, verified: VerifiedCheckpoint) -> Sequence[bytes]:
    """Return the leaf hashes of a package whose leaves stand in that tree, or raise `ProofRefused`."""
    checkpoint = verified.checkpoint
    hashes = [leaf_hash(check_entry(entry)) for entry in package.entries]
    if package.size != checkpoint.size or package.leaves != package_range(package.start, checkpoint.size):
        raise TileRefused(Words(es="El paquete es de otro árbol.", en="The package is of another tree."))
    verify_subtree_consistency(package.leaves, checkpoint.size, package.proof, root_of_hashes(hashes), checkpoint.root)
    return hashes


def receive(store: LedgerStore, package: EntryPackage, verified: VerifiedCheckpoint) -> int:
    """Verify a package and hold its leaves, inside the caller's transaction; return the next leaf to ask for."""
    origin = verified.checkpoint.origin
    store.hold(origin, package.start, package.entries, verify_package(package, verified))
    return store.held(origin)


def attest(store: MirrorStore, verified: VerifiedCheckpoint) -> VerifiedCheckpoint:
    """Return the checkpoint that the mirror may sign once this transaction is committed.

    Raise `NotYetHeld` where a leaf is missing, `RootMismatch` where the leaves give another root, `WitnessAnswer` 409
    where a larger one was signed, `HeadMoved` where another came first.
    """
    seen = verified.checkpoint
    # (1) The mirror never goes back.
    last = store.witnessed(seen.origin, "mirror")
    vouched = Head(last.size, last.root) if last else EMPTY_HEAD
    if vouched.size > seen.size:
        words = Words(es=f"El espejo ya firmó {vouched.size}.", en=f"The mirror has signed {vouched.size} already.")
        raise WitnessAnswer(409, words, body=f"{vouched.size}\n".encode(), content_type=SIZE_TYPE)
    # (2) Every leaf below the size is held; the copy's head is brought up to them.
    held = catch_up(store, seen.origin).head.size
    if held < seen.size:
        raise NotYetHeld(Words(es=f"Faltan hojas desde la {held}.", en=f"Leaves are missing from number {held} on."))
    # (3) They give the root that the log signed.
    if recompute(store, seen.origin, seen.size, vouched) != seen.root:
        raise RootMismatch(
            Words(
                es=f"Las hojas tenidas no dan la raíz firmada por {seen.origin}.",
                en=f"The leaves held do not give the root that {seen.origin} signed.",
            )
        )
    # (4) Compare and store in one step.
    expected = last.size if last else None
    if not store.replace_witnessed(seen.origin, expected, seen.size, seen.root, verified.note, role="mirror"):
        raise HeadMoved(Words(es="Otro llegó antes.", en="Another came first."))
    return verified
