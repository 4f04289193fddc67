# SPDX-License-Identifier: Apache-2.0
"""The group of a run: ristretto255 (RFC 9496), hashing into it, and the batch proof of RFC 9497.

Rules
  - Suite ristretto255-SHA512, verifiable mode. With the plain context string the published vectors come out.
  - A run never uses the plain string. RFC 9497 §2.2.1 derives the coefficient of an item from the public key, its index
    and its two points alone: who may choose many wrong points can search for errors that cancel. Here the context
    string ends in a digest over the run, both roots, the direction and the batch (`bound`), so that every
    coefficient depends on every point that was committed.
  - A point is 32 bytes in its one canonical form; the identity is none, although libsodium's validity check lets it
    pass. Points travel end to end in one byte string.
  - The index of an item has two octets: a batch has at most 65,535 items.
  - Nothing here draws chance: scalars come from bytes that the caller brings.
  - `rbcl` writes its libsodium to a temporary file when it is imported: it is at the first use of a point, and not
    before (ADR 26).
  - libsodium works in constant time and reads no memory by secret; Python around it hides no lengths.

Worked example
    key = scalar(random(64))
    blinded = multiply(key, hash_to_group(b"text", PLAIN))
    proof = prove(key, public_of(key), blinded, multiply_each(other, blinded), PLAIN, chance=scalar(random(64)))
"""

from collections.abc import Iterator
from functools import cache
from hashlib import sha512
from importlib import import_module
from typing import Any, NamedTuple

from paridad.base.words import Words
from paridad.desks.targets.deconfliction.errors import ProofFails, WrongPoint

POINT_BYTES = 32
ORDER = 2**252 + 27742317777372353535851937790883648493
"""Number of elements of the group (RFC 9496 §4)."""
IDENTITY = bytes(POINT_BYTES)
GENERATOR = bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")
"""The canonical generator (RFC 9496 §4)."""
MAX_ITEMS = 65_535
"""Items of one proof: their index is written in two octets."""

PLAIN = b"OPRFV1-\x01-ristretto255-SHA512"
"""The context string of the suite in verifiable mode (RFC 9497 §3.1, §4.1)."""

_BLOCK = bytes(128)
"""Z_pad of SHA-512 (RFC 9380 §5.3.1)."""
_PADDED = sha512(_BLOCK)


@cache
def _rbcl() -> Any:
    return import_module("rbcl")


class Proof(NamedTuple):
    """That one key made all the second points from the first ones: challenge and answer (RFC 9497 §2.2.1)."""

    challenge: bytes
    answer: bytes


def bound(digest: bytes) -> bytes:
    """Return the context string of one batch of one run."""
    return PLAIN + b"-" + digest


def expand(message: bytes, tag: bytes) -> bytes:
    """Return 64 uniform bytes of a message under a tag: expand_message_xmd with SHA-512 (RFC 9380 §5.3.1)."""
    ending = tag + bytes([len(tag)])
    first = _PADDED.copy()
    first.update(message + b"\x00\x40\x00" + ending)
    return sha512(first.digest() + b"\x01" + ending).digest()


def hash_to_group(message: bytes, context: bytes) -> bytes:
    """Return the point of a message (RFC 9497 §4.1; RFC 9496 §4.3.4)."""
    return bytes(_rbcl().crypto_core_ristretto255_from_hash(expand(message, b"HashToGroup-" + context)))


def hash_to_scalar(message: bytes, context: bytes) -> bytes:
    """Return the scalar of a message (RFC 9497 §4.1)."""
    return scalar(expand(message, b"HashToScalar-" + context))


def scalar(uniform: bytes) -> bytes:
    """Return 64 uniform bytes as a scalar, little-endian, below the order."""
    return (int.from_bytes(uniform, "little") % ORDER).to_bytes(POINT_BYTES, "little")


def random_point(uniform: bytes) -> bytes:
    """Return an element of which nobody knows a discrete logarithm (RFC 9496 §4.3.4)."""
    return bytes(_rbcl().crypto_core_ristretto255_from_hash(uniform))


def public_of(key: bytes) -> bytes:
    """Return the key times the generator."""
    return bytes(_rbcl().crypto_scalarmult_ristretto255_base(key))


def points_of(flat: bytes) -> Iterator[bytes]:
    """Yield the points of a byte string."""
    return (flat[at : at + POINT_BYTES] for at in range(0, len(flat), POINT_BYTES))


def point_at(flat: bytes, number: int) -> bytes:
    """Return one point of a byte string."""
    return flat[number * POINT_BYTES : (number + 1) * POINT_BYTES]


def multiply(key: bytes, point: bytes) -> bytes:
    """Return the key times one point, or raise `WrongPoint`."""
    return multiply_each(key, point)


def multiply_each(key: bytes, flat: bytes) -> bytes:
    """Return the key times each point; raise `WrongPoint` at the first that is none."""
    times = _rbcl().crypto_scalarmult_ristretto255
    done: list[bytes] = []
    try:
        done.extend(times(key, point) for point in points_of(flat))
    except RuntimeError as error:
        raise _wrong(flat, len(done)) from error
    return b"".join(done)


def demand_points(flat: bytes) -> None:
    """Demand that every point is canonical and none is the identity, or raise `WrongPoint` with its number."""
    for number, point in enumerate(points_of(flat)):
        if point == IDENTITY or not _rbcl().crypto_core_ristretto255_is_valid_point(point):
            raise _wrong(flat, number)


def _wrong(flat: bytes, number: int) -> WrongPoint:
    identity = point_at(flat, number) == IDENTITY
    es, en = ("es la identidad", "is the identity") if identity else ("no es canónico", "is not canonical")
    return WrongPoint(Words(es=f"El punto {number} {es}.", en=f"Point {number} {en}."))


# The batch proof -----------------------------------------------------------------------------------------------------


def prove(key: bytes, public: bytes, firsts: bytes, seconds: bytes, context: bytes, *, chance: bytes) -> Proof:
    """Prove that each second point is the key times its first: GenerateProof (RFC 9497 §2.2.1).

    `chance` is the random scalar r. It must never serve two statements: derive it from a secret and from all of them.
    """
    mixed, _ = composites(public, firsts, seconds, context, both=False)
    through = multiply(key, mixed)
    challenge = _challenge((public, mixed, through, public_of(chance), multiply(chance, mixed)), context)
    spent = _rbcl().crypto_core_ristretto255_scalar_mul(challenge, key)
    return Proof(challenge, bytes(_rbcl().crypto_core_ristretto255_scalar_sub(chance, spent)))


def verify(public: bytes, firsts: bytes, seconds: bytes, proof: Proof, context: bytes) -> None:
    """Check a proof, or raise `ProofFails`: VerifyProof (RFC 9497 §2.2.2)."""
    if not all(len(each) == POINT_BYTES and int.from_bytes(each, "little") < ORDER for each in proof):
        raise ProofFails(_FAILS)
    try:
        mixed, through = composites(public, firsts, seconds, context, both=True)
        ahead = _sum(_times(proof.answer, GENERATOR), _times(proof.challenge, public))
        beside = _sum(_times(proof.answer, mixed), _times(proof.challenge, through))
    except RuntimeError as error:
        raise ProofFails(_FAILS) from error
    if _challenge((public, mixed, through, ahead, beside), context) != proof.challenge:
        raise ProofFails(_FAILS)


_FAILS = Words(es="La prueba del lote no se cumple.", en="The proof of the batch does not hold.")


def composites(public: bytes, firsts: bytes, seconds: bytes, context: bytes, *, both: bool) -> tuple[bytes, bytes]:
    """Return the weighted sums of both sides: ComputeComposites (RFC 9497 §2.2.1, §2.2.2).

    Who knows the key needs the first sum only and multiplies it (ComputeCompositesFast).
    """
    seed = sha512(_sized(public) + _sized(b"Seed-" + context)).digest()
    mixed = through = IDENTITY
    for index, (first, second) in enumerate(zip(points_of(firsts), points_of(seconds), strict=True)):
        message = _sized(seed) + index.to_bytes(2, "big") + _sized(first) + _sized(second) + b"Composite"
        weight = hash_to_scalar(message, context)
        mixed = _sum(mixed, _times(weight, first))
        through = _sum(through, _times(weight, second)) if both else through
    return mixed, through


def _challenge(points: tuple[bytes, ...], context: bytes) -> bytes:
    return hash_to_scalar(b"".join(map(_sized, points)) + b"Challenge", context)


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _times(key: bytes, point: bytes) -> bytes:
    return bytes(_rbcl().crypto_scalarmult_ristretto255(key, point))


def _sum(left: bytes, right: bytes) -> bytes:
    return bytes(_rbcl().crypto_core_ristretto255_add(left, right))
