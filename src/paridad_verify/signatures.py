# SPDX-License-Identifier: Apache-2.0
"""Strict Ed25519 and ML-DSA-44.

  - Key and R must both be canonical points of the prime-order subgroup before RFC 8032 §5.1.7 is applied; then two
    independent libraries agree on all 914 published edge cases. ML-DSA-44 is FIPS 204 with an empty context.
  - `self_test` runs before anything is believed: a libsodium without the point check verifies nothing here.
"""

from functools import lru_cache

import nacl.bindings
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from nacl.exceptions import CryptoError

from paridad_verify.faults import Fault

_is_point = nacl.bindings.crypto_core_ed25519_is_valid_point
_is_key = lru_cache(maxsize=4096)(_is_point)


def check_points(key: bytes, signature: bytes) -> None:
    """Demand 32 and 64 bytes, and that the key and the signature's R are acceptable points."""
    if (len(key), len(signature)) != (32, 64) or not _is_key(key) or not _is_point(signature[:32]):
        raise Fault("points")


def check_ed25519(key: bytes, signature: bytes, message: bytes) -> None:
    """Demand an Ed25519 signature by a key; points are checked first."""
    check_points(key, signature)
    check_equation(key, signature, message)


def check_equation(key: bytes, signature: bytes, message: bytes) -> None:
    """Demand the equation of RFC 8032 §5.1.7 of points that are known to be good."""
    try:
        nacl.bindings.crypto_sign_open(signature + message, key)
    except CryptoError:
        raise Fault("signature") from None


def check_mldsa44(key: bytes, signature: bytes, message: bytes) -> None:
    """Demand an ML-DSA-44 signature."""
    try:
        MLDSA44PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise Fault("mldsa") from None


def self_test() -> None:
    """Stop where the strict point check is missing or takes the neutral element for a key."""
    if not nacl.bindings.has_crypto_core_ed25519 or _is_point(bytes([1]) + bytes(31)):
        raise RuntimeError("this libsodium has no strict Ed25519 point check; install PyNaCl from its wheel")
