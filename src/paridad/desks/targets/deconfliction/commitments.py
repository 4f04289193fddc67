# SPDX-License-Identifier: Apache-2.0
"""What a side is bound to before it sees anything: Merkle trees over its list, its answers and its labels.

Rules
  - Hashing is the ledger's (RFC 6962 §2.1). An entry opens with its position: a leaf stands in one place only.
  - A tree is kept as its levels, each one byte string; a node without a sibling moves up as it is, which is the tree of
    RFC 6962.
  - The leaves of one batch stand scattered. They share one path: level by level, from left to right, each sibling
    that does not follow from the leaves themselves. The number of its hashes follows from the positions.
  - A commitment to a label is salted: without the salt nobody can try labels.

Worked example
    tree = Tree.over([b"a", b"b", b"c"])
    tree.path((0, 2))                                                   is leaf_hash(b"b")
    root_through({0: leaf_hash(b"a"), 2: leaf_hash(b"c")}, 3, tree.path((0, 2)))        is tree.root
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from paridad.base.words import Words
from paridad.ledger.errors import ProofRefused
from paridad.ledger.merkle import EMPTY_ROOT, HASH_BYTES, leaf_hash, node_hash


def list_entry(position: int, point: bytes, seal: bytes) -> bytes:
    """Return the entry of a list: position, blinded point, commitment to its label."""
    return position.to_bytes(4, "big") + point + seal


def answer_entry(position: int, point: bytes) -> bytes:
    """Return the entry of the answers to a list: position, twice-blinded point."""
    return position.to_bytes(4, "big") + point


def label_seal(salt: bytes, label: bytes) -> bytes:
    """Return K, the commitment to a label."""
    return sha256(b"paridad/label/1\x00" + salt + label).digest()


@dataclass(frozen=True, slots=True)
class Tree:
    """A Merkle tree, leaves first."""

    levels: tuple[bytes, ...]
    """Concatenated hashes of each level; the last has one, or none where there are no leaves."""

    @classmethod
    def over(cls, entries: Iterable[bytes]) -> "Tree":
        """Return the tree of entries."""
        level = b"".join(map(leaf_hash, entries))
        levels = [level]
        while len(level) > HASH_BYTES:
            level = _above(level)
            levels.append(level)
        return cls(tuple(levels))

    @property
    def size(self) -> int:
        """Number of leaves."""
        return len(self.levels[0]) // HASH_BYTES

    @property
    def root(self) -> bytes:
        """The root."""
        return self.levels[-1] or EMPTY_ROOT

    def path(self, positions: Sequence[int]) -> bytes:
        """Return the hashes that lead from leaves to the root, end to end."""
        beside = _beside(positions, self.size)
        return b"".join(self.levels[height][at * HASH_BYTES : (at + 1) * HASH_BYTES] for height, at in beside)


def _above(level: bytes) -> bytes:
    pair = 2 * HASH_BYTES
    whole = len(level) // pair * pair
    hashes = [sha256(b"\x01" + level[at : at + pair]).digest() for at in range(0, whole, pair)]
    return b"".join(hashes) + level[whole:]


def _beside(positions: Iterable[int], size: int) -> Iterator[tuple[int, int]]:
    """Yield height and place of every node that a shared path carries."""
    known, height = sorted(set(positions)), 0
    while size > 1:
        present = set(known)
        for at in known:
            if at ^ 1 not in present and at ^ 1 < size:
                yield height, at ^ 1
        known = sorted({at >> 1 for at in known})
        size, height = (size + 1) >> 1, height + 1


def root_through(leaves: Mapping[int, bytes], size: int, path: bytes) -> bytes:
    """Return the root that leaves and their shared path lead to, or raise `ProofRefused` where its length is wrong."""
    wanted = sum(1 for _ in _beside(leaves, size))
    if len(path) != wanted * HASH_BYTES or not leaves:
        raise ProofRefused(
            Words(
                es=f"El camino común debe tener {wanted} hashes de 32 bytes y mide {len(path)}.",
                en=f"The shared path must have {wanted} hashes of 32 bytes and measures {len(path)}.",
            )
        )
    carried = (path[at : at + HASH_BYTES] for at in range(0, len(path), HASH_BYTES))
    nodes = dict(leaves)
    while size > 1:
        nodes, size = _climb(nodes, size, carried), (size + 1) >> 1
    return nodes[0]


def _climb(nodes: Mapping[int, bytes], size: int, carried: Iterator[bytes]) -> dict[int, bytes]:
    above: dict[int, bytes] = {}
    for at in sorted(nodes):
        if at & 1 and at - 1 in nodes:
            continue
        node, beside = nodes[at], at ^ 1
        if beside >= size:
            above[at >> 1] = node
            continue
        sibling = nodes[beside] if beside in nodes else next(carried)
        above[at >> 1] = node_hash(sibling, node) if at & 1 else node_hash(node, sibling)
    return above
