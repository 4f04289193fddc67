# SPDX-License-Identifier: Apache-2.0
"""Sealing a batch to the agency that may read it: HPKE with X-Wing, HKDF-SHA256 and AES-256-GCM.

Rules
  - HPKE base mode (RFC 9180 §5.1.1): it hides and authenticates nobody. What is inside stands on its own signatures.
  - Sender, recipient, key, stream position and count are bound through `info`; each part is length-prefixed, since
    plain concatenation has two readings. A wrong `info` cannot be opened.
  - The object names its version and algorithms before anything is decapsulated; unknown ones are refused unopened.

Worked example (bytes)
    01 | 647a | 0001 | 0002 | 00 08 "P/A-seal#1" | encapsulation (1,120) | ciphertext and tag
"""

import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from paridad.base.words import Words
from paridad.exchange.errors import SealRefused

VERSION = 1
KEM_X_WING = 0x647A
KDF_HKDF_SHA256 = 0x0001
AEAD_AES_256_GCM = 0x0002
MLKEM768_PUBLIC_BYTES = 1184
MLKEM768_SEED_BYTES = 64

_HEADER = struct.Struct(">BHHHH")
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class SealContext:
    """What a sealed batch is bound to besides its bytes."""

    programme: str
    """Programme and charter hash, as the `prg` claim."""
    sender: str
    recipient: str
    first: int
    """First stream position of the batch."""
    count: int

    def info(self, kid: str) -> bytes:
        """Return the HPKE `info`: a label, the algorithm ids, and each part with its length."""
        parts = [
            struct.pack(">HHH", KEM_X_WING, KDF_HKDF_SHA256, AEAD_AES_256_GCM),
            self.programme.encode(),
            self.sender.encode(),
            self.recipient.encode(),
            kid.encode(),
            f"{self.sender}>{self.recipient}".encode(),
            str(self.first).encode(),
            str(self.count).encode(),
        ]
        return b"paridad/seal/1\0" + b"".join(struct.pack(">H", len(part)) + part for part in parts)


def seal(plaintext: bytes, *, kid: str, public: bytes, context: SealContext) -> bytes:
    """Seal to an X-Wing public key (1,216 bytes: ML-KEM-768, then X25519)."""
    key = MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:MLKEM768_PUBLIC_BYTES]),
        X25519PublicKey.from_public_bytes(public[MLKEM768_PUBLIC_BYTES:]),
    )
    name = kid.encode()
    header = _HEADER.pack(VERSION, KEM_X_WING, KDF_HKDF_SHA256, AEAD_AES_256_GCM, len(name)) + name
    return header + _SUITE.encrypt(plaintext, key, info=context.info(kid))


def sealed_to(sealed: bytes) -> str:
    """Return the id of the key that a sealed object is for, or raise `SealRefused`."""
    return _read_header(sealed)[0]


def unseal(sealed: bytes, *, private: bytes, context: SealContext) -> bytes:
    """Open a sealed object with the 96-byte seed of an X-Wing key (64 ML-KEM-768, 32 X25519)."""
    kid, body = _read_header(sealed)
    key = MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(private[:MLKEM768_SEED_BYTES]),
        X25519PrivateKey.from_private_bytes(private[MLKEM768_SEED_BYTES:]),
    )
    try:
        return _SUITE.decrypt(body, key, info=context.info(kid))
    except InvalidTag as error:
        raise SealRefused(
            Words(
                es="El lote no se abre: fue sellado para otra clave, otra posición u otro remitente, o está dañado.",
                en="The batch does not open: sealed to another key, position or sender, or damaged.",
            )
        ) from error


def _read_header(sealed: bytes) -> tuple[str, bytes]:
    if len(sealed) < _HEADER.size:
        raise SealRefused(Words(es="El objeto sellado está cortado.", en="The sealed object is cut short."))
    version, kem, kdf, aead, length = _HEADER.unpack_from(sealed)
    if (version, kem, kdf, aead) != (VERSION, KEM_X_WING, KDF_HKDF_SHA256, AEAD_AES_256_GCM):
        raise SealRefused(
            Words(
                es=f"Sellado desconocido: versión {version}, KEM {kem:#06x}, KDF {kdf:#06x}, AEAD {aead:#06x}.",
                en=f"Unknown sealing: version {version}, KEM {kem:#06x}, KDF {kdf:#06x}, AEAD {aead:#06x}.",
            )
        )
    name, body = sealed[_HEADER.size : _HEADER.size + length], sealed[_HEADER.size + length :]
    if len(name) != length or not name.isascii():
        raise SealRefused(Words(es="El objeto sellado no nombra su clave.", en="The sealed object names no key."))
    return name.decode("ascii"), body
