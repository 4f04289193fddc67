# SPDX-License-Identifier: Apache-2.0
"""Private keys: made from the random source handed in, kept in a file, never of two uses."""

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given
from hypothesis import strategies as st

from paridad.base.strict import read_json, write_json
from paridad.programme.errors import KeyRefused
from paridad.programme.keygen import PRIVATE_USES, PrivateKey, PrivateUse, generate, seeds_of
from support.programmes import seeded_random

USES: dict[PrivateUse, str] = {use: f"AA/{use}#1" for use in PRIVATE_USES} | {"act": "AA/P#1", "sealing": "AA/P#2"}


@pytest.mark.parametrize(("use", "kid"), USES.items(), ids=USES.keys())
def test_a_key_file_reads_back(use: PrivateUse, kid: str) -> None:
    """The file of every use gives the same key, and shows no seed when it is printed."""
    key = generate(kid, use, seeded_random(use))
    assert PrivateKey.from_json(key.to_json()) == key
    assert generate(kid, use, seeded_random(use)) == key
    assert "seeds" not in repr(key)


@given(st.binary(max_size=200))
def test_any_other_file_is_refused_and_nothing_else_happens(data: bytes) -> None:
    """Only `KeyRefused` leaves the reader."""
    with pytest.raises(KeyRefused):
        PrivateKey.from_json(data)


def changed(**fields: object) -> Callable[[], object]:
    def read() -> object:
        tree = read_json(generate("AA/P#1", "act", seeded_random(1)).to_json())
        return PrivateKey.from_json(write_json(tree | fields))

    return read


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "a file of another type": (changed(type="paridad/charter/1"), "not one of"),
    "a use that does not exist": (changed(use="any"), "not one of"),
    "a seed that is too short": (changed(seeds={"ed25519": "AA"}), "not a private key for act"),
    "a seed too many": (changed(seeds={"ed25519": "A" * 43, "mldsa44": "A" * 43}), "not known"),
    "a field left over": (changed(note="x"), "not known"),
    "an act key of a party": (changed(kid="AA/log-own#1"), "not a private key for act"),
    "a witness key of an agency": (lambda: generate("AA/P#1", "witness", seeded_random(1)), "not a private key"),
}


@pytest.mark.parametrize(("build", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_private_key(build: Callable[[], object], words: str) -> None:
    """A key in the wrong place or of the wrong parts is never built."""
    with pytest.raises(KeyRefused, match=words):
        build()


def test_a_file_as_it_was_written_is_accepted() -> None:
    """The control of the table above."""
    assert isinstance(changed()(), PrivateKey)


def test_what_is_sealed_to_the_public_half_opens_with_the_private_one() -> None:
    """The 1,216 bytes of the record are the X-Wing key that the seeds open."""
    key = generate("AA/P#2", "sealing", seeded_random("sealing"))
    record = key.record(valid_from=0)
    assert seeds_of("sealing") == ("mlkem768", "x25519")
    assert len(record.xwing or b"") == 1216
    suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    sealed = suite.encrypt(b"parcel", record.xwing_key, info=b"info")
    assert suite.decrypt(sealed, key.xwing, info=b"info") == b"parcel"


def test_a_root_has_no_record() -> None:
    """It stands with its party; asking for one is a programming error."""
    root = generate("AA/root#1", "root", seeded_random(2))
    assert seeds_of("root") == ("ed25519", "mldsa44")
    with pytest.raises(RuntimeError):
        root.record(valid_from=0)
