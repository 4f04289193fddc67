# SPDX-License-Identifier: Apache-2.0
"""Orders and draws that follow from a key: the joint order of opening, a side's own shuffle, the sample.

Rules
  - An order is the sorting of the positions by SHA-256 of key and position: the same on both nodes, for ever.
  - The key of the joint order holds the run, all four roots and a nonce of each side that was committed before any
    list was sent and revealed after both evaluations were. Nobody can put his most interesting keys into the first
    batch, read the answer and leave.
  - A sample is drawn with the verifier's nonce among the parts of its key: a prover that draws by itself could try
    until the sample misses.

Worked example
    order(b"key", 4)        is a permutation of 0, 1, 2, 3
    draw(b"key", 10**6, 4096)        is 4,096 different positions
"""

from array import array
from collections.abc import Sequence
from hashlib import sha256

_DRAW_BYTES = 8


def keyed(purpose: str, *parts: bytes) -> bytes:
    """Return a key of a purpose and of parts, each with its length before it."""
    sized = b"".join(len(part).to_bytes(4, "big") + part for part in (purpose.encode("ascii"), *parts))
    return sha256(b"paridad/deconfliction/1\x00" + sized).digest()


def order(key: bytes, size: int) -> Sequence[int]:
    """Return the positions from 0 to before `size` in the order that follows from a key."""
    keys = [sha256(key + position.to_bytes(4, "big")).digest() for position in range(size)]
    return array("I", sorted(range(size), key=keys.__getitem__))


def draw(key: bytes, size: int, count: int) -> frozenset[int]:
    """Return `count` different positions below `size`, or all of them where there are not more.

    A number of 64 bits is taken modulo the size: for sizes below 2^32 the bias is below 2^-32.
    """
    if count >= size:
        return frozenset(range(size))
    drawn: set[int] = set()
    number = 0
    while len(drawn) < count:
        value = sha256(key + number.to_bytes(4, "big")).digest()
        drawn.add(int.from_bytes(value[:_DRAW_BYTES], "big") % size)
        number += 1
    return frozenset(drawn)
