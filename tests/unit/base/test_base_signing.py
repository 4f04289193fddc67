# SPDX-License-Identifier: Apache-2.0
"""Signatures verify or raise; keys are checked when they are made; the start-up check has teeth."""

import nacl.bindings
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from paridad.base.errors import BadSignature, ExitCode
from paridad.base.signing import (
    ED25519_SIGNATURE_BYTES,
    MLDSA44_KEY_BYTES,
    MLDSA44_SIGNATURE_BYTES,
    Ed25519Key,
    Ed25519Signer,
    MlDsaKey,
    MlDsaSigner,
    assert_strict_verifier,
)

SEED = bytes(range(32))
MESSAGE = b"Paridad"
NEUTRAL = bytes([1]) + bytes(31)
ED25519, MLDSA = Ed25519Signer(SEED), MlDsaSigner(SEED)


def test_ed25519_is_that_of_an_independent_library() -> None:
    other = Ed25519PrivateKey.from_private_bytes(SEED)
    assert ED25519.public.raw == other.public_key().public_bytes_raw()
    assert ED25519.sign(MESSAGE) == other.sign(MESSAGE)
    assert len(ED25519.sign(MESSAGE)) == ED25519_SIGNATURE_BYTES
    ED25519.public.verify(other.sign(MESSAGE), MESSAGE)


SIGNATURES = [
    ("the signature", ED25519.sign(MESSAGE), ""),
    ("a signature of something else", ED25519.sign(b"other"), "does not verify"),
    ("a signature by another", Ed25519Signer(bytes(32)).sign(MESSAGE), "does not verify"),
    ("R of small order", NEUTRAL + ED25519.sign(MESSAGE)[32:], "point R"),
    ("R that is no point", b"\xff" * 32 + ED25519.sign(MESSAGE)[32:], "point R"),
    ("S made too large", ED25519.sign(MESSAGE)[:63] + b"\xff", "does not verify"),
    ("nothing", b"", "point R"),
    ("31 bytes", ED25519.sign(MESSAGE)[:31], "point R"),
    ("63 bytes", ED25519.sign(MESSAGE)[:63], "64 bytes"),
    ("65 bytes", ED25519.sign(MESSAGE) + b"\0", "64 bytes"),
]


@pytest.mark.parametrize(("signature", "words"), [row[1:] for row in SIGNATURES], ids=[row[0] for row in SIGNATURES])
def test_an_ed25519_signature_verifies_or_is_refused(signature: bytes, words: str) -> None:
    if not words:
        ED25519.public.verify(signature, MESSAGE)
        return
    with pytest.raises(BadSignature, match=words):
        ED25519.public.verify(signature, MESSAGE)


def test_the_equation_alone_does_not_look_at_r_and_the_point_check_alone_not_at_the_equation() -> None:
    wrong = ED25519.sign(b"other")
    ED25519.public.check_r(wrong)
    with pytest.raises(BadSignature):
        ED25519.public.check_equation(wrong, MESSAGE)
    ED25519.public.check_equation(ED25519.sign(MESSAGE), MESSAGE)


@pytest.mark.parametrize(
    "raw", [NEUTRAL, bytes(32), b"\xff" * 32, b"", ED25519.public.raw[:31], ED25519.public.raw + b"\0"]
)
def test_a_key_that_is_no_point_of_the_group_is_never_made(raw: bytes) -> None:
    assert Ed25519Key(ED25519.public.raw) == ED25519.public
    with pytest.raises(BadSignature, match="not a valid point"):
        Ed25519Key(raw)


def test_ml_dsa_is_that_of_fips_204_from_its_seed() -> None:
    other = MLDSA44PrivateKey.from_seed_bytes(SEED)
    assert MLDSA.public.raw == other.public_key().public_bytes_raw()
    assert len(MLDSA.public.raw) == MLDSA44_KEY_BYTES
    assert len(MLDSA.sign(MESSAGE)) == MLDSA44_SIGNATURE_BYTES
    MLDSA.public.verify(other.sign(MESSAGE), MESSAGE)


def test_ml_dsa_is_hedged_two_signatures_of_one_message_differ() -> None:
    first, second = MLDSA.sign(MESSAGE), MLDSA.sign(MESSAGE)
    assert first != second
    MLDSA.public.verify(first, MESSAGE)
    MLDSA.public.verify(second, MESSAGE)


@pytest.mark.parametrize(
    ("signature", "accepted"),
    [
        (MLDSA.sign(MESSAGE), True),
        (MLDSA.sign(b"other"), False),
        (MlDsaSigner(bytes(32)).sign(MESSAGE), False),
        (MLDSA.sign(MESSAGE)[:-1], False),
        (b"", False),
    ],
)
def test_an_ml_dsa_signature_verifies_or_is_refused(signature: bytes, accepted: bool) -> None:
    if accepted:
        MLDSA.public.verify(signature, MESSAGE)
        return
    with pytest.raises(BadSignature, match="ML-DSA-44"):
        MLDSA.public.verify(signature, MESSAGE)


@pytest.mark.parametrize("raw", [b"", MLDSA.public.raw[:-1], MLDSA.public.raw + b"\0"])
def test_an_ml_dsa_key_of_another_length_is_never_made(raw: bytes) -> None:
    assert MlDsaKey(MLDSA.public.raw) == MLDSA.public
    with pytest.raises(BadSignature, match=r"1,312 bytes"):
        MlDsaKey(raw)


def test_secrets_do_not_show_when_a_signer_is_printed() -> None:
    for signer in (ED25519, MLDSA):
        assert SEED.hex() not in repr(signer)
        assert repr(SEED)[2:-1] not in repr(signer)
        assert "secret" not in repr(signer)


def test_the_start_up_check_passes_here() -> None:
    assert_strict_verifier()


def test_the_start_up_check_stops_a_library_without_the_point_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nacl.bindings, "has_crypto_core_ed25519", False)
    with pytest.raises(RuntimeError, match="install PyNaCl"):
        assert_strict_verifier()


def test_the_start_up_check_stops_a_library_that_accepts_any_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nacl.bindings, "crypto_core_ed25519_is_valid_point", lambda _: True)
    with pytest.raises(RuntimeError, match="small-order"):
        assert_strict_verifier()


def test_a_bad_signature_is_a_failed_verification_at_the_command_line() -> None:
    assert BadSignature.exit_code is ExitCode.VERIFICATION_FAILED
