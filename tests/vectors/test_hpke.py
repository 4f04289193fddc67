# SPDX-License-Identifier: Apache-2.0
"""Published HPKE vectors over the library that the seal stands on: RFC 9180, and X-Wing 0x647a of draft-ietf-hpke-pq.

Every vector uses associated data, which the library's public call does not take: the tests use its private variant, on
the first encryption of each sequence. The product uses neither; that is asserted here as well.
"""

import ast
import json
from collections.abc import Iterator
from functools import cache
from hashlib import shake_256
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.bindings._rust import openssl as rust_openssl
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM1024PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from paridad.exchange.seal import AEAD_AES_256_GCM, KDF_HKDF_SHA256, KEM_X_WING

X_WING = 0x647A
BASE = 0
KEMS = {
    0x0010: KEM.P256, 0x0011: KEM.P384, 0x0012: KEM.P521, 0x0020: KEM.X25519,
    0x0041: KEM.MLKEM768, 0x0042: KEM.MLKEM1024, X_WING: KEM.MLKEM768_X25519,
}  # fmt: skip
KDFS = {1: KDF.HKDF_SHA256, 2: KDF.HKDF_SHA384, 3: KDF.HKDF_SHA512, 0x10: KDF.SHAKE128, 0x11: KDF.SHAKE256}
AEADS = {1: AEAD.AES_128_GCM, 2: AEAD.AES_256_GCM, 3: AEAD.CHACHA20_POLY1305}
CURVES: dict[int, ec.EllipticCurve] = {0x0010: ec.SECP256R1(), 0x0011: ec.SECP384R1(), 0x0012: ec.SECP521R1()}

Vector = dict[str, Any]
decrypt_with_aad = rust_openssl.hpke._decrypt_with_aad
encrypt_with_aad = rust_openssl.hpke._encrypt_with_aad


@cache
def published(name: str) -> list[Vector]:
    """Return the vectors of a file, or skip where the package is not installed."""
    vectors = pytest.importorskip("cryptography_vectors")
    found: list[Vector] = json.loads((Path(vectors.__file__).parent / "HPKE" / name).read_text())
    return found


def usable() -> Iterator[Vector]:
    """Yield the vectors of base mode with an algorithm that the library has."""
    for vector in [*published("test-vectors.json"), *published("hpke-pq-test-vectors.json")]:
        known = vector["kem_id"] in KEMS and vector["kdf_id"] in KDFS and vector["aead_id"] in AEADS
        if vector["mode"] == BASE and known and vector["encryptions"]:
            yield vector


def private_key(vector: Vector) -> Any:
    """Return the recipient's key; X-Wing's 32 bytes are expanded as the draft says (SHAKE256, 96 bytes)."""
    kem, raw = vector["kem_id"], bytes.fromhex(vector["skRm"])
    if kem in CURVES:
        return ec.derive_private_key(int.from_bytes(raw), CURVES[kem])
    if kem == X_WING:
        seeds = shake_256(raw).digest(96)
        return MLKEM768X25519PrivateKey(
            MLKEM768PrivateKey.from_seed_bytes(seeds[:64]), X25519PrivateKey.from_private_bytes(seeds[64:])
        )
    make = {
        0x0020: X25519PrivateKey.from_private_bytes,
        0x0041: MLKEM768PrivateKey.from_seed_bytes,
        0x0042: MLKEM1024PrivateKey.from_seed_bytes,
    }
    return make[kem](raw)


def test_the_vectors_cover_what_the_product_uses() -> None:
    """At least a dozen of RFC 9180, and X-Wing, in base mode."""
    kems = [vector["kem_id"] for vector in usable()]
    assert len(kems) >= 20
    assert X_WING in kems


def test_every_first_encryption_opens() -> None:
    """The published ciphertext opens to the published text under the published key, info and associated data."""
    opened = set()
    for vector in usable():
        suite = Suite(KEMS[vector["kem_id"]], KDFS[vector["kdf_id"]], AEADS[vector["aead_id"]])
        first = vector["encryptions"][0]
        sealed = bytes.fromhex(vector["enc"]) + bytes.fromhex(first["ct"])
        more = {"info": bytes.fromhex(vector["info"]), "aad": bytes.fromhex(first["aad"])}
        assert decrypt_with_aad(suite, sealed, private_key(vector), **more) == bytes.fromhex(first["pt"])
        opened.add(vector["kem_id"])
    assert opened >= {0x0010, 0x0020, X_WING}


@pytest.mark.parametrize("spoil", ["info", "aad", "ct", "enc"])
def test_a_bit_turned_anywhere_does_not_open(spoil: str) -> None:
    """The positive control of the test before: each input counts."""
    for vector in usable():
        if vector["kem_id"] not in {0x0020, X_WING}:
            continue
        suite = Suite(KEMS[vector["kem_id"]], KDFS[vector["kdf_id"]], AEADS[vector["aead_id"]])
        first = vector["encryptions"][0]
        parts = {name: bytearray.fromhex({**vector, **first}[name]) for name in ("info", "aad", "ct", "enc")}
        parts[spoil][0] ^= 1
        sealed = bytes(parts["enc"] + parts["ct"])
        with pytest.raises(InvalidTag):
            decrypt_with_aad(suite, sealed, private_key(vector), info=bytes(parts["info"]), aad=bytes(parts["aad"]))


def test_the_public_half_is_the_published_one() -> None:
    """ML-KEM-768 first, X25519 second: the order in which keys are kept and sent."""
    for vector in usable():
        if vector["kem_id"] == X_WING:
            seeds = shake_256(bytes.fromhex(vector["skRm"])).digest(96)
            public = MLKEM768PrivateKey.from_seed_bytes(seeds[:64]).public_key().public_bytes(
                Encoding.Raw, PublicFormat.Raw
            ) + X25519PrivateKey.from_private_bytes(seeds[64:]).public_key().public_bytes(
                Encoding.Raw, PublicFormat.Raw
            )
            assert public.hex() == vector["pkRm"]
            return
    pytest.fail("no X-Wing vector")


def test_the_suite_of_the_product_is_the_one_of_its_numbers() -> None:
    """What is sealed by the numbers in `seal` opens with the library's suite of these numbers, without AAD."""
    suite = Suite(KEMS[KEM_X_WING], KDFS[KDF_HKDF_SHA256], AEADS[AEAD_AES_256_GCM])
    key = MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(bytes(64)), X25519PrivateKey.from_private_bytes(bytes(31) + b"\1")
    )
    sealed = encrypt_with_aad(suite, b"text", key.public_key(), info=b"i", aad=b"")
    assert suite.decrypt(sealed, key, info=b"i") == b"text"


def test_the_product_uses_neither_private_variant() -> None:
    """No source names the private calls, or reaches into the library's bindings."""
    source = Path(__file__).parents[2] / "src"
    names = {"_decrypt_with_aad", "_encrypt_with_aad", "rust_openssl"}
    found = [path for path in source.rglob("*.py") if names & names_in(path.read_text(encoding="utf-8"))]
    assert found == []
    assert names & names_in(Path(__file__).read_text(encoding="utf-8"))  # the search does find them where they are


def names_in(text: str) -> set[str]:
    """Return every name, attribute and imported module of a source."""
    nodes = list(ast.walk(ast.parse(text)))
    return (
        {node.id for node in nodes if isinstance(node, ast.Name)}
        | {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        | {
            alias.asname or alias.name
            for node in nodes
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for alias in node.names
        }
    )
