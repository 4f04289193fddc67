# SPDX-License-Identifier: Apache-2.0
"""Merkle trees over a list of leaves: hashes, the nodes of a proof, and the verification of proofs.

Rules
  - Hashing is RFC 6962 §2.1 (RFC 9162 §2.1.1): SHA-256, 0x00 before a leaf, 0x01 before two children.
  - One definition makes all three proofs: SUBTREE_PROOF(start, end, D[n]) of draft-ietf-plants-merkle-tree-certs
    §4.4.1. The audit path PATH(m, D[n]) of RFC 6962 §2.1.1 is that of the subtree [m, m+1), the consistency proof
    PROOF(m, D[n]) of RFC 6962 §2.1.2 that of the subtree [0, m).
  - A subtree [start, end) is valid where start is a multiple of the smallest power of two not below end - start
    (draft §4.1): then it is a node of the tree, or the right edge of an earlier tree put in its place.
  - The length of a proof follows from the numbers alone. It is compared before anything is hashed; a missing or
    surplus hash refuses the proof.
  - A consistency proof from size 0 is an error on purpose, even from 0 to 0: every tree begins with the empty tree,
    so such a proof says nothing. First contact of a witness is a branch of its own (`paridad.ledger.witness`).
  - Verification raises `ProofRefused` or returns nothing.

Worked example, the tree of seven leaves d0 … d6 (RFC 6962 §2.1.3)
    [step.of for step in proof_steps(Subtree(3, 4), 7)]   is [(2, 3), (0, 2), (4, 7)]: the audit path of d3
    [step.of for step in proof_steps(Subtree(0, 3), 7)]   is [(2, 3), (3, 4), (0, 2), (4, 7)]: consistency of 3 with 7
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from typing import NamedTuple

from paridad.base.words import Words
from paridad.ledger.errors import ProofRefused

HASH_BYTES = 32
MAX_SIZE = 2**63 - 1
"""Largest tree size that is read (RFC 6962 gives 64 bits; 2^63 - 1 fits every integer column)."""

EMPTY_ROOT = sha256(b"").digest()
"""MTH({}): the root of a tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """Return MTH({d}) = SHA-256(0x00 || d)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """Return k, the largest power of two smaller than `size`: k < size <= 2k."""
    return 1 << ((size - 1).bit_length() - 1)


def root_of(entries: Sequence[bytes]) -> bytes:
    """Return MTH(D[n]) by its recursive definition; the yardstick of everything faster (RFC 6962 §2.1)."""
    return root_of_hashes([leaf_hash(entry) for entry in entries])


def root_of_hashes(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return MTH(D[n]) from the leaf hashes, by its recursive definition."""
    if not leaf_hashes:
        return EMPTY_ROOT
    if len(leaf_hashes) == 1:
        return leaf_hashes[0]
    k = split(len(leaf_hashes))
    return node_hash(root_of_hashes(leaf_hashes[:k]), root_of_hashes(leaf_hashes[k:]))


def perfect_root(hashes: bytes) -> bytes:
    """Return the root over a power of two of concatenated hashes, level by level."""
    while len(hashes) > HASH_BYTES:
        hashes = b"".join([sha256(b"\x01" + hashes[at : at + 64]).digest() for at in range(0, len(hashes), 64)])
    return hashes


@dataclass(slots=True)
class CompactRange:
    """The perfect subtrees of a growing tree, largest first: one node for each bit set in its size."""

    size: int = 0
    nodes: list[bytes] = field(default_factory=list)

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Add leaves at the right edge."""
        for leaf in leaf_hashes:
            node, carry = leaf, self.size
            while carry & 1:
                node, carry = node_hash(self.nodes.pop(), node), carry >> 1
            self.nodes.append(node)
            self.size += 1

    def root(self) -> bytes:
        """Return MTH over the leaves added so far."""
        if not self.nodes:
            return EMPTY_ROOT
        root = self.nodes[-1]
        for node in reversed(self.nodes[:-1]):
            root = node_hash(node, root)
        return root


class Subtree(NamedTuple):
    """The leaves from `start` to before `end`."""

    start: int
    end: int

    @property
    def is_valid(self) -> bool:
        """Whether a proof can speak of it (draft-ietf-plants-merkle-tree-certs §4.1); of an empty one it can."""
        width = self.end - self.start
        return 0 <= self.start <= self.end and (width == 0 or self.start % (1 << (width - 1).bit_length()) == 0)


class Place(Enum):
    """Where a hash of a proof stands: what it is combined with on the way up."""

    SEED = "a node inside the subtree, where both computations start"
    INSIDE = "left sibling inside the subtree: enters the subtree's hash and the root"
    LEFT = "left sibling outside the subtree: enters the root only"
    RIGHT = "right sibling outside the subtree: enters the root only"


class Step(NamedTuple):
    """One hash of a proof: the leaves it covers, and its place."""

    place: Place
    of: Subtree


def proof_steps(subtree: Subtree, size: int) -> list[Step]:
    """Return the nodes of SUBTREE_PROOF(start, end, D[size]) in proof order, leaf side first (draft §4.4.1).

    An empty subtree has an empty proof. Numbers that name no subtree of the tree raise `ProofRefused`.
    """
    start, end = subtree
    if not (subtree.is_valid and end <= size <= MAX_SIZE):
        raise _refused(
            f"[{start}, {end}) no es un subárbol de un árbol de {size} hojas.",
            f"[{start}, {end}) is not a subtree of a tree of {size} leaves.",
        )
    steps: list[Step] = []
    lo, hi, known = 0, size, True
    while start < end and (start, end) != (lo, hi):
        k = lo + split(hi - lo)
        if end <= k:  # the subtree lies in the left child: carry the right one
            steps.append(Step(Place.RIGHT, Subtree(k, hi)))
            hi = k
        elif k <= start:  # it lies in the right child: carry the left one
            steps.append(Step(Place.LEFT, Subtree(lo, k)))
            lo = k
        else:  # start < k < end, hence start = lo: the left child is part of it, and the rest is [k, end)
            steps.append(Step(Place.INSIDE, Subtree(lo, k)))
            start = lo = k
            known = False
    if not known:
        steps.append(Step(Place.SEED, Subtree(lo, hi)))
    return steps[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that `leaf`, a leaf hash, stands at `index` in the tree (RFC 6962 §2.1.1; RFC 9162 §2.1.3.2)."""
    if len(leaf) != HASH_BYTES:
        raise _refused("El hash de la hoja no mide 32 bytes.", "The leaf hash is not 32 bytes long.")
    sides = leaf_siblings(index, size)
    _bound_length(proof, sides)
    node = leaf
    for (_, left, _), sibling in zip(sides, proof, strict=True):
        node = node_hash(sibling, node) if left else node_hash(node, sibling)
    if node != root:
        raise _refused("La prueba no conduce a la raíz.", "The proof does not lead to the root.")


def leaf_siblings(index: int, size: int) -> list[tuple[int, bool, int]]:
    """Return the steps of the proof of one leaf: height, whether the sibling is to the left, its number at that height.

    The same as `proof_steps` of [index, index + 1), level by level (RFC 9162 §2.1.3.2): every act that is sent or
    received has such a proof.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise _refused(f"No hay hoja {index} en un árbol de {size}.", f"There is no leaf {index} in a tree of {size}.")
    steps: list[tuple[int, bool, int]] = []
    at, last, height = index, size - 1, 0
    while last:
        if at & 1:
            steps.append((height, True, at - 1))
        elif at < last:
            steps.append((height, False, at + 1))
        at, last, height = at >> 1, last >> 1, height + 1
    return steps


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Check that the tree of size `old` is a prefix of that of size `new` (RFC 6962 §2.1.2; RFC 9162 §2.1.4.2).

    Size 0 is refused on purpose; see the rules of this module.
    """
    if old == 0:
        raise _refused(
            "Una prueba de consistencia desde el tamaño 0 no dice nada; se rechaza.",
            "A consistency proof from size 0 says nothing; it is refused.",
        )
    _verify(Subtree(0, old), new, proof, old_root, new_root)


def verify_subtree_inclusion(leaf: bytes, index: int, subtree: Subtree, proof: Sequence[bytes], root: bytes) -> None:
    """Check that a leaf hash stands at `index` of the log, in a subtree of that root (draft-ietf-plants-… §4.3.3)."""
    start, end = subtree
    if not (subtree.is_valid and start <= index < end):
        raise _refused(
            f"La hoja {index} no está en el subárbol [{start}, {end}).",
            f"Leaf {index} is not in the subtree [{start}, {end}).",
        )
    verify_inclusion(leaf, index - start, end - start, proof, root)


def verify_subtree_consistency(
    subtree: Subtree, size: int, proof: Sequence[bytes], subtree_root: bytes, root: bytes
) -> None:
    """Check that a subtree is part of the tree of that size and root (draft-ietf-plants-… §4.4.3).

    An empty subtree is consistent with any tree, as the draft says: its hash is that of nothing, its proof is empty.
    Whoever wants leaves asks for some.
    """
    if subtree.start != subtree.end:
        _verify(subtree, size, proof, subtree_root, root)
        return
    _bound_length(proof, proof_steps(subtree, size))
    if subtree_root != EMPTY_ROOT:
        raise _refused("Un subárbol vacío tiene el hash de nada.", "An empty subtree has the hash of nothing.")


def rebuild(subtree: Subtree, size: int, proof: Sequence[bytes], subtree_root: bytes) -> tuple[bytes, bytes]:
    """Return the subtree's hash and the root of the tree that a proof leads to; the caller compares both.

    Raise `ProofRefused` where the numbers, or the lengths, do not fit.
    """
    # (1) The numbers fit, and the proof has exactly the hashes that they ask for.
    steps = proof_steps(subtree, size)
    _bound_length(proof, steps)
    # (2) What will be hashed has the length of a hash.
    if steps and len(subtree_root) != HASH_BYTES:
        raise _refused("El hash de partida no mide 32 bytes.", "The hash to start from is not 32 bytes long.")
    # (3) Both computations start from the subtree itself, unless the first hash of the proof says where.
    part = whole = subtree_root
    for (place, _), sibling in zip(steps, proof, strict=True):
        match place:
            case Place.LEFT:
                whole = node_hash(sibling, whole)
            case Place.RIGHT:
                whole = node_hash(whole, sibling)
            case Place.INSIDE:
                part, whole = node_hash(sibling, part), node_hash(sibling, whole)
            case _:  # Place.SEED
                part = whole = sibling
    return part, whole


def _verify(subtree: Subtree, size: int, proof: Sequence[bytes], subtree_root: bytes, root: bytes) -> None:
    part, whole = rebuild(subtree, size, proof, subtree_root)
    # (4) The subtree is the one given, and (5) so is the root.
    if part != subtree_root:
        raise _refused(
            "La prueba no reconstruye el árbol anterior.", "The proof does not rebuild the older tree or subtree."
        )
    if whole != root:
        raise _refused("La prueba no conduce a la raíz.", "The proof does not lead to the root.")


def _bound_length(proof: Sequence[bytes], steps: Sequence[object]) -> None:
    if len(proof) != len(steps) or not {HASH_BYTES}.issuperset(map(len, proof)):
        raise _refused(
            f"La prueba debe tener {len(steps)} hashes de 32 bytes y trae {len(proof)}.",
            f"The proof must have {len(steps)} hashes of 32 bytes and carries {len(proof)}.",
        )


def _refused(es: str, en: str) -> ProofRefused:
    return ProofRefused(Words(es=es, en=en))
