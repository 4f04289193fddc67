# SPDX-License-Identifier: Apache-2.0
"""Strict Ed25519 and ML-DSA-44 (FIPS 204, empty context).

Key and R must be canonical points of the prime-order subgroup before RFC 8032 §5.1.7 is applied; then two independent
libraries agree on all 914 published edge cases. A libsodium without that point check verifies nothing here.
"""

from functools import lru_cache

import nacl.bindings
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from nacl.exceptions import CryptoError

from paridad_verify.faults import Fault, demand

_is_point = nacl.bindings.crypto_core_ed25519_is_valid_point
_is_key = lru_cache(maxsize=4096)(_is_point)


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


def self_test() -> None:
    """Stop where the strict point check is missing or takes the neutral element for a key."""
    if not nacl.bindings.has_crypto_core_ed25519 or _is_point(bytes([1]) + bytes(31)):
        raise RuntimeError("this libsodium has no strict Ed25519 point check; install PyNaCl from its wheel")
