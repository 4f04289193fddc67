# SPDX-License-Identifier: Apache-2.0
"""What a run is proved with: the batch proof of RFC 9497, shared paths in Merkle trees, draws and orders from a digest.

- The proof is VerifyProof of RFC 9497 §2.2.2, suite ristretto255-SHA512; the context string is the caller's. With the
  plain one the published vectors verify. Identity and other spellings are refused before anything is computed.
- Trees are those of RFC 6962 §2.1: `root_of` hashes leaves, `root_through` goes up from some of them. A path whose
  length does not follow from the positions is refused.
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256, sha512

from paridad_verify.proofs import leaf_hash
from paridad_verify_run.ristretto import (
    GENERATOR,
    GENERATOR_BYTES,
    ORDER,
    Point,
    decode,
    encode,
    multiply_sum,
)

PLAIN = b"OPRFV1-\x01-ristretto255-SHA512"
SIZE = 32


def pieces(flat: bytes, size: int = SIZE) -> list[bytes]:
    """Return a byte string in pieces."""
    return [flat[at : at + size] for at in range(0, len(flat), size)]


def points_of(flat: bytes) -> list[Point] | None:
    """Return points, or nothing where one is not canonical or is the identity."""
    found = [None if not any(each) else decode(each) for each in pieces(flat)]
    return None if None in found else [each for each in found if each is not None]


def proof_holds(public: bytes, firsts: bytes, seconds: bytes, proof: Sequence[bytes], context: bytes) -> bool:
    """Whether one key made every second point from the first one (RFC 9497 §2.2.2)."""
    challenge, answer = (int.from_bytes(each, "little") for each in proof)
    key, left, right = (points_of(each) for each in (public, firsts, seconds))
    good = [len(each) == SIZE for each in proof] == [True, True] and max(challenge, answer) < ORDER
    if not good or not key or left is None or right is None or len(left) != len(right):
        return False
    weights = _weights(public, firsts, seconds, context)
    mixed, through = multiply_sum(weights, left), multiply_sum(weights, right)
    ahead = multiply_sum((answer, challenge), (GENERATOR, key[0]))
    beside = multiply_sum((answer, challenge), (mixed, through))
    said = b"".join(_sized(encode(each)) for each in (key[0], mixed, through, ahead, beside)) + b"Challenge"
    return _to_scalar(said, context) == challenge


def key_is_known(public: bytes, proof: Sequence[bytes], context: bytes) -> bool:
    """Whether a proof shows that its maker knows the exponent of a key."""
    return len(public) == SIZE and proof_holds(public, GENERATOR_BYTES, public, proof, context)


def _weights(public: bytes, firsts: bytes, seconds: bytes, context: bytes) -> list[int]:
    """ComputeComposites (§2.2.1): the coefficient of each item."""
    seed = sha512(_sized(public) + _sized(b"Seed-" + context)).digest()
    pairs = zip(pieces(firsts), pieces(seconds), strict=True)
    said = (
        _sized(seed) + n.to_bytes(2, "big") + _sized(c) + _sized(d) + b"Composite" for n, (c, d) in enumerate(pairs)
    )
    return [_to_scalar(each, context) for each in said]


def _to_scalar(message: bytes, context: bytes) -> int:
    """HashToScalar (§4.1): expand_message_xmd with SHA-512 (RFC 9380 §5.3.1), 64 bytes, modulo the order."""
    tag = b"HashToScalar-" + context
    ending = tag + bytes([len(tag)])
    first = sha512(bytes(128) + message + b"\x00\x40\x00" + ending).digest()
    return int.from_bytes(sha512(first + b"\x01" + ending).digest(), "little") % ORDER


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


# Trees ---------------------------------------------------------------------------------------------------------------


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root_of(entries: Sequence[bytes]) -> bytes:
    """Return the root over entries; a node without a sibling moves up as it is."""
    level = [leaf_hash(each) for each in entries]
    while len(level) > 1:
        odd = level[len(level) & ~1 :]
        level = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)] + odd
    return level[0] if level else sha256(b"").digest()


def root_through(leaves: Mapping[int, bytes], size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root that scattered leaves and their shared path lead to; nothing where the path does not fit."""
    nodes, carried = dict(leaves), iter(path)
    while size > 1:
        above: dict[int, bytes] = {}
        for at in sorted(nodes):
            beside = at ^ 1
            if beside >= size:
                above[at >> 1] = nodes[at]
            elif at & 1 == 0 or beside not in nodes:
                other = nodes[beside] if beside in nodes else next(carried, b"")
                if len(other) != SIZE:
                    return None
                above[at >> 1] = _node(other, nodes[at]) if at & 1 else _node(nodes[at], other)
        nodes, size = above, (size + 1) >> 1
    return nodes.get(0) if next(carried, None) is None else None


# What follows from a digest ------------------------------------------------------------------------------------------


def keyed(purpose: str, *parts: bytes) -> bytes:
    """Return the digest of a purpose and parts, each with its length."""
    sized = b"".join(len(part).to_bytes(4, "big") + part for part in (purpose.encode(), *parts))
    return sha256(b"paridad/deconfliction/1\x00" + sized).digest()


def order(key: bytes, size: int) -> list[int]:
    """Return the positions sorted by the digest of key and position."""
    return sorted(range(size), key=lambda at: sha256(key + at.to_bytes(4, "big")).digest())


def draw(key: bytes, size: int, count: int) -> frozenset[int]:
    """Return so many different positions, all where there are not more."""
    found: set[int] = set(range(size) if count >= size else ())
    for value in _numbers(key) if not found else ():
        if len(found) >= count:
            break
        found.add(value % size)
    return frozenset(found)


def _numbers(key: bytes) -> Iterator[int]:
    number = 0
    while True:
        yield int.from_bytes(sha256(key + number.to_bytes(4, "big")).digest()[:8], "big")
        number += 1


def derive(point: bytes, context: bytes, purpose: bytes, size: int) -> bytes:
    """HKDF-SHA256 of a point with the context as salt (RFC 5869), one block."""
    return hmac.digest(hmac.digest(context, point, "sha256"), purpose + b"\x01", "sha256")[:size]
