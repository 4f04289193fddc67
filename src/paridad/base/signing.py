# SPDX-License-Identifier: Apache-2.0
"""Signatures with one verdict everywhere: strict Ed25519 and ML-DSA-44.

Rules
  - An Ed25519 public key and the R of each signature must be points of the prime-order subgroup; then two
    independent libraries agree on every published edge case (RFC 8032 §5.1.7 leaves room, this takes it away).
  - ML-DSA-44 is FIPS 204 with an empty context.
  - A public key type is built only from bytes that passed its check; `verify` returns nothing or raises `BadSignature`.
  - A signing key never leaves its object; its seed is read from the key store and handed over once.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import nacl.bindings
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey
from nacl.exceptions import CryptoError

from paridad.base.errors import BadSignature
from paridad.base.words import Words

ED25519_KEY_BYTES = 32
ED25519_SIGNATURE_BYTES = 64
MLDSA44_KEY_BYTES = 1312
MLDSA44_SIGNATURE_BYTES = 2420


def _bad(es: str, en: str) -> BadSignature:
    return BadSignature(Words(es=es, en=en))


def _is_valid_point(point: bytes) -> bool:
    return len(point) == ED25519_KEY_BYTES and nacl.bindings.crypto_core_ed25519_is_valid_point(point)


_key_is_valid_point = lru_cache(maxsize=1024)(_is_valid_point)
"""Keys are few and come again and again; an R never comes twice and is always computed."""


@dataclass(frozen=True, slots=True)
class Ed25519Key:
    """An Ed25519 public key: 32 bytes, a point of the prime-order subgroup."""

    raw: bytes

    def __post_init__(self) -> None:
        if not _key_is_valid_point(self.raw):
            raise _bad("La clave Ed25519 no es un punto válido.", "The Ed25519 key is not a valid point.")

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check a 64-byte signature over `message` strictly, or raise `BadSignature`."""
        self.check_r(signature)
        self.check_equation(signature, message)

    def check_r(self, signature: bytes) -> None:
        """Check that R, the first half of a signature, is a point of the prime-order subgroup."""
        if not _is_valid_point(signature[:ED25519_KEY_BYTES]):
            raise _bad("El punto R de la firma no es válido.", "The point R of the signature is not valid.")

    def check_equation(self, signature: bytes, message: bytes) -> None:
        """Check the signature itself; strict only together with `check_r`."""
        if len(signature) != ED25519_SIGNATURE_BYTES:
            raise _bad("La firma Ed25519 no mide 64 bytes.", "The Ed25519 signature is not 64 bytes long.")
        try:
            nacl.bindings.crypto_sign_open(signature + message, self.raw)
        except CryptoError as error:
            raise _bad("La firma Ed25519 no corresponde.", "The Ed25519 signature does not verify.") from error


@dataclass(frozen=True, slots=True)
class MlDsaKey:
    """An ML-DSA-44 public key: 1,312 bytes (FIPS 204)."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != MLDSA44_KEY_BYTES:
            raise _bad("La clave ML-DSA-44 no mide 1312 bytes.", "The ML-DSA-44 key is not 1,312 bytes long.")

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check a 2,420-byte signature over `message`, or raise `BadSignature`."""
        try:
            MLDSA44PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature as error:
            raise _bad("La firma ML-DSA-44 no corresponde.", "The ML-DSA-44 signature does not verify.") from error


@dataclass(frozen=True, slots=True)
class Ed25519Signer:
    """An Ed25519 private key made from its 32-byte seed."""

    seed: bytes = field(repr=False)
    _secret: bytes = field(init=False, repr=False)
    public: Ed25519Key = field(init=False)

    def __post_init__(self) -> None:
        public, secret = nacl.bindings.crypto_sign_seed_keypair(self.seed)
        object.__setattr__(self, "_secret", secret)
        object.__setattr__(self, "public", Ed25519Key(public))

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of `message` (RFC 8032, deterministic)."""
        return nacl.bindings.crypto_sign(message, self._secret)[:ED25519_SIGNATURE_BYTES]


@dataclass(frozen=True, slots=True)
class MlDsaSigner:
    """An ML-DSA-44 private key made from its 32-byte seed (FIPS 204 §6.1)."""

    seed: bytes = field(repr=False)
    _secret: MLDSA44PrivateKey = field(init=False, repr=False)
    public: MlDsaKey = field(init=False)

    def __post_init__(self) -> None:
        secret = MLDSA44PrivateKey.from_seed_bytes(self.seed)
        object.__setattr__(self, "_secret", secret)
        object.__setattr__(self, "public", MlDsaKey(secret.public_key().public_bytes_raw()))

    def sign(self, message: bytes) -> bytes:
        """Return the 2,420-byte signature of `message`; hedged, so two signatures of one message differ."""
        return self._secret.sign(message)


def assert_strict_verifier() -> None:
    """Refuse to go on where the strict point check is missing or answers wrongly; called at start-up."""
    if not nacl.bindings.has_crypto_core_ed25519:
        raise RuntimeError("this libsodium lacks crypto_core_ed25519_is_valid_point; install PyNaCl from its wheel")
    signer = Ed25519Signer(bytes(32))
    signer.public.verify(signer.sign(b"paridad"), b"paridad")
    small_order = bytes([1]) + bytes(31)  # the neutral element: every lax verifier accepts it as a key
    if nacl.bindings.crypto_core_ed25519_is_valid_point(small_order):
        raise RuntimeError("this libsodium accepts a small-order point; the node does not start with it")
