# SPDX-License-Identifier: Apache-2.0
"""Proofs of a Merkle log: SHA-256, 0x00 before a leaf, 0x01 before a node (RFC 6962 §2.1).

The length of a proof follows from sizes and index and is compared before anything is hashed. A consistency proof from
size 0 is refused, even from 0 to 0: it would say nothing.
"""

from collections.abc import Sequence
from hashlib import sha256

from paridad_verify.faults import demand


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\x00" + leaf).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Demand that the leaf hash stands at `index` of the tree (RFC 9162 §2.1.3.2)."""
    demand(0 <= index < size and {len(each) for each in (leaf, root, *proof)} == {32}, "inclusion")
    inner = (index ^ (size - 1)).bit_length()  # levels on which the path may still have a right neighbour
    demand(len(proof) == inner + (index >> inner).bit_count(), "inclusion")
    for level, sibling in enumerate(proof):
        leaf = _node(leaf, sibling) if level < inner and not index >> level & 1 else _node(sibling, leaf)
    demand(leaf == root, "inclusion")


def check_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Demand that the tree of size `old` is a prefix of the tree of size `new` (RFC 9162 §2.1.4.2)."""
    demand(0 < old <= new and {len(each) for each in (old_root, new_root, *proof)} == {32}, "consistency")
    if old == new:
        demand(not proof and old_root == new_root, "consistency")
        return
    shift = (old & -old).bit_length() - 1  # height of the largest complete subtree at the old tree's end
    path = [old_root, *proof] if old == 1 << shift else [*proof]
    index, last = (old - 1) >> shift, (new - 1) >> shift
    inner = (index ^ last).bit_length()
    demand(len(path) == 1 + inner + (index >> inner).bit_count(), "consistency")
    before = after = path[0]
    for level, sibling in enumerate(path[1:]):
        if level < inner and not index >> level & 1:
            after = _node(after, sibling)
        else:
            before, after = _node(sibling, before), _node(sibling, after)
    demand((before, after) == (old_root, new_root), "consistency")
