# SPDX-License-Identifier: Apache-2.0
"""Making private keys of every use, and the form of their files.

Rules
  - Every seed comes from the random source handed in; nothing is drawn in secret by a library.
  - A private key knows its identifier and its use, so that a file put in the wrong place is noticed.
  - A key pair of two algorithms is two seeds; no seed serves two uses.
  - The hybrid X-Wing key has no form of its own: its ML-KEM-768 seed (64 B) and its X25519 key (32 B) are kept.
  - The file holds the seeds in clear. Whoever writes it gives it mode 0600, or keeps the key in a module instead.

Worked example
    key = generate("AA/POLICE#1", "act", random)
    key.record(valid_from=now)                            is the public half, ready for a charter
    PrivateKey.from_json(key.to_json()) == key            is True
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

from paridad.base.errors import Malformed
from paridad.base.signing import Ed25519Signer, MlDsaSigner
from paridad.base.sources import Random
from paridad.base.strict import JsonValue, encode_base64url, read_json, write_json
from paridad.base.words import Words
from paridad.programme.errors import KeyRefused
from paridad.programme.facts import Facts
from paridad.programme.records import PARTS, USES, KeyRecord, KeyUse, fits_owner, parse_kid, refused

PRIVATE_TYPE = "paridad/private-key/1"

PrivateUse = Literal[KeyUse, "root"]
PRIVATE_USES: tuple[PrivateUse, ...] = ("root", *USES)

_SEED_BYTES = {"ed25519": 32, "mldsa44": 32, "mlkem768": 64, "x25519": 32}
_SEEDS_OF_PART = {"ed25519": ("ed25519",), "mldsa44": ("mldsa44",), "xwing": ("mlkem768", "x25519"), "certificate": ()}


def seeds_of(use: PrivateUse) -> tuple[str, ...]:
    """Return the names of the seeds that a key of this use has, in order."""
    parts = {"ed25519", "mldsa44"} if use == "root" else PARTS[use]
    return tuple(name for name in _SEED_BYTES if any(name in _SEEDS_OF_PART[part] for part in parts))


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key: its identifier, its use and its seeds."""

    kid: str
    use: PrivateUse
    seeds: Mapping[str, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        owner = parse_kid(self.kid).owner
        sizes = {name: len(seed) for name, seed in self.seeds.items()}
        wanted = {name: _SEED_BYTES[name] for name in seeds_of(self.use)}
        if sizes != wanted or not fits_owner(owner, self.use):
            raise refused(
                f"{self.kid}: no es una clave privada de uso {self.use}.",
                f"{self.kid}: this is not a private key for {self.use}.",
            )

    @property
    def ed25519(self) -> Ed25519Signer:
        """The Ed25519 signer; asking a sealing key for it is a programming error (`KeyError`)."""
        return Ed25519Signer(self.seeds["ed25519"])

    @property
    def mldsa(self) -> MlDsaSigner:
        """The ML-DSA-44 signer; asking a key without one for it is a programming error (`KeyError`)."""
        return MlDsaSigner(self.seeds["mldsa44"])

    @property
    def xwing(self) -> MLKEM768X25519PrivateKey:
        """The key that opens what was sealed to it; only sealing keys have one."""
        return MLKEM768X25519PrivateKey(self._mlkem(), self._x25519())

    def xwing_public(self) -> bytes:
        """Return the 1,216 bytes that others seal to: ML-KEM-768 first, then X25519."""
        return self._mlkem().public_key().public_bytes_raw() + self._x25519().public_key().public_bytes_raw()

    def record(self, *, valid_from: int, valid_until: int | None = None, certificate: str | None = None) -> KeyRecord:
        """Return the public half as the charter lists it; a root has no record, it stands with its party."""
        if self.use == "root":
            raise RuntimeError("a root stands in the charter with its party, not among the keys")
        return KeyRecord(
            kid=self.kid,
            use=self.use,
            valid_from=valid_from,
            valid_until=valid_until,
            ed25519=self.ed25519.public.raw if "ed25519" in self.seeds else None,
            mldsa44=self.mldsa.public.raw if "mldsa44" in self.seeds else None,
            xwing=self.xwing_public() if "x25519" in self.seeds else None,
            certificate=certificate,
        )

    def to_json(self) -> bytes:
        """Return the content of the key's file."""
        seeds: dict[str, JsonValue] = {name: encode_base64url(seed) for name, seed in self.seeds.items()}
        return write_json({"type": PRIVATE_TYPE, "kid": self.kid, "use": self.use, "seeds": seeds})

    @classmethod
    def from_json(cls, data: bytes) -> "PrivateKey":
        """Read a key's file; a damaged one raises `KeyRefused`."""
        try:
            facts = Facts(read_json(data), "", _file_refusal)
        except Malformed as error:
            raise _file_refusal("", error.words) from error
        facts.one_of("type", (PRIVATE_TYPE,))
        kid, use, seeds = facts.text("kid"), facts.one_of("use", PRIVATE_USES), facts.table("seeds")
        found = {name: seeds.octets(name) for name in seeds_of(use)}
        seeds.end()
        facts.end()
        return cls(kid, use, MappingProxyType(found))

    def _mlkem(self) -> MLKEM768PrivateKey:
        return MLKEM768PrivateKey.from_seed_bytes(self.seeds["mlkem768"])

    def _x25519(self) -> X25519PrivateKey:
        return X25519PrivateKey.from_private_bytes(self.seeds["x25519"])


def generate(kid: str, use: PrivateUse, random: Random) -> PrivateKey:
    """Make a private key from the random source handed in."""
    return PrivateKey(kid, use, MappingProxyType({name: random(_SEED_BYTES[name]) for name in seeds_of(use)}))


def _file_refusal(path: str, words: Words) -> KeyRefused:
    return refused(f"Archivo de clave, {path}: {words.es}", f"Key file, {path}: {words.en}")
