# SPDX-License-Identifier: Apache-2.0
"""What can be computed: strict Ed25519, ML-DSA-44 (FIPS 204, empty context), Merkle proofs (RFC 6962 §2.1).

- Key and R must be canonical points of the prime-order subgroup before RFC 8032 §5.1.7 is applied; then two independent
  libraries agree on all 914 published edge cases. A libsodium without that point check verifies nothing here.
- The length of a Merkle proof follows from sizes and index and is compared before anything is hashed. A consistency
  proof from size 0 is refused, even from 0 to 0: it would say nothing.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256

import nacl.bindings
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from nacl.exceptions import CryptoError

from paridad_verify.strict import Fault, demand

_is_point = nacl.bindings.crypto_core_ed25519_is_valid_point
_is_key = lru_cache(maxsize=4096)(_is_point)


def self_test() -> None:
    """Stop where the strict point check is missing or takes the neutral element for a key."""
    if not nacl.bindings.has_crypto_core_ed25519 or _is_point(bytes([1]) + bytes(31)):
        raise RuntimeError("this libsodium has no strict Ed25519 point check; install PyNaCl from its wheel")


def check_points(key: bytes, signature: bytes) -> None:
    """Demand 32 and 64 bytes, and that the key and the signature's R are acceptable points."""
    demand(len(key) == 32 and len(signature) == 64 and _is_key(key) and _is_point(signature[:32]), "points")  # noqa: PLR2004


def check_equation(key: bytes, signature: bytes, message: bytes) -> None:
    """Demand the Ed25519 equation of points that are known to be good."""
    try:
        nacl.bindings.crypto_sign_open(signature + message, key)
    except CryptoError:
        raise Fault("signature") from None


def check_ed25519(key: bytes, signature: bytes, message: bytes) -> None:
    """Demand a strict Ed25519 signature."""
    check_points(key, signature)
    check_equation(key, signature, message)


def check_mldsa44(key: bytes, signature: bytes, message: bytes) -> None:
    """Demand an ML-DSA-44 signature."""
    try:
        MLDSA44PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise Fault("mldsa") from None


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf: a zero byte stands before it."""
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
    demand(0 < old <= new, "consistency")
    if old == new:
        demand(not proof and old_root == new_root, "consistency")
        return
    shift = (old & -old).bit_length() - 1  # height of the largest complete subtree at the old tree's end
    path = [old_root, *proof] if old == 1 << shift else [*proof]
    index, last = (old - 1) >> shift, (new - 1) >> shift
    inner = (index ^ last).bit_length()
    due = 1 + inner + (index >> inner).bit_count()
    demand(len(path) == due and {len(each) for each in (new_root, *path)} == {32}, "consistency")
    before = after = path[0]
    for level, sibling in enumerate(path[1:]):
        if level < inner and not index >> level & 1:
            after = _node(after, sibling)
        else:
            before, after = _node(sibling, before), _node(sibling, after)
    demand((before, after) == (old_root, new_root), "consistency")
