# SPDX-License-Identifier: Apache-2.0
"""Published Ed25519 edge cases: two libraries that disagree as they come give one verdict under the strict rule.

The rows of the shared file are about half of the 914 of C2SP/CCTV; the counts below are those of this half.
"""

import functools
import json
from collections.abc import Callable

import nacl.bindings
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.exceptions import CryptoError

from paridad.base.errors import BadSignature
from paridad.base.signing import Ed25519Key
from support.shared_data import shared

pytestmark = pytest.mark.shared

ROWS = 488
STRICT_ACCEPTS = {305}
"""The one vector that the strict rule accepts, by its published number."""
LAX_ACCEPTS = {"cryptography": 112, "PyNaCl": 22}
DISAGREEMENTS = 90

Case = tuple[bytes, bytes, bytes]
Verdict = Callable[[bytes, bytes, bytes], bool]


@functools.cache
def cases() -> dict[int, Case]:
    """Return key, signature and message of every row, by published number."""
    rows = json.loads(shared("log/ed25519_edge_cases.json").read_text())
    return {row["number"]: (bytes.fromhex(row["key"]), bytes.fromhex(row["sig"]), row["msg"].encode()) for row in rows}


def openssl(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def libsodium(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        nacl.bindings.crypto_sign_open(signature + message, key)
    except CryptoError:
        return False
    return True


def is_point(raw: bytes) -> bool:
    return bool(nacl.bindings.crypto_core_ed25519_is_valid_point(raw))


def strictly(lax: Verdict) -> Verdict:
    """Return a verdict that also asks that key and R be points of the prime-order subgroup."""

    def verdict(key: bytes, signature: bytes, message: bytes) -> bool:
        return is_point(key) and is_point(signature[:32]) and lax(key, signature, message)

    return verdict


def ours(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519Key(key).verify(signature, message)
    except BadSignature:
        return False
    return True


def accepted(verdict: Verdict) -> set[int]:
    """Return the published numbers that a verdict accepts."""
    return {number for number, case in cases().items() if verdict(*case)}


def test_the_file_has_the_rows_that_its_counts_speak_of() -> None:
    assert len(cases()) == ROWS
    assert all(len(key) == 32 and len(signature) == 64 for key, signature, _ in cases().values())


@pytest.mark.parametrize(
    "verdict", [strictly(openssl), strictly(libsodium), ours], ids=["cryptography", "PyNaCl", "ours"]
)
def test_the_strict_rule_gives_one_verdict_whatever_the_library(verdict: Verdict) -> None:
    assert accepted(verdict) == STRICT_ACCEPTS


def test_without_the_rule_the_libraries_disagree() -> None:
    """Positive control: these rows can tell verifiers apart."""
    lax = {"cryptography": accepted(openssl), "PyNaCl": accepted(libsodium)}
    assert {name: len(numbers) for name, numbers in lax.items()} == LAX_ACCEPTS
    assert len(lax["cryptography"] ^ lax["PyNaCl"]) == DISAGREEMENTS


def test_each_half_of_the_rule_is_needed() -> None:
    """Positive control: with the check of the key alone one disagreement stays, with that of R alone many do."""
    key_is_point = {number for number, case in cases().items() if is_point(case[0])}
    r_is_point = {number for number, case in cases().items() if is_point(case[1][:32])}
    assert accepted(openssl) & key_is_point == {304, 305}
    assert accepted(libsodium) & key_is_point == {305}
    assert len(accepted(openssl) & r_is_point) == 17
    assert len(accepted(libsodium) & r_is_point) == 5
