# SPDX-License-Identifier: Apache-2.0
"""The seal: only the one key, sender, recipient, position and count it was made for open it."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paridad.exchange.errors import SealRefused
from paridad.exchange.seal import SealContext, seal, sealed_to, unseal
from paridad.programme.keygen import generate
from support.programmes import seeded_random

KEY = generate("B/TWO#1", "sealing", seeded_random("seal"))
OTHER = generate("B/TWO#2", "sealing", seeded_random("other"))
CONTEXT = SealContext("practice@hash", "A/ONE", "B/TWO", 7, 3)


def private(key: object = KEY) -> bytes:
    """Return the 96 bytes of a key."""
    seeds = key.seeds  # type: ignore[attr-defined]
    return bytes(seeds["mlkem768"] + seeds["x25519"])


def sealed(plain: bytes = b"text", kid: str = "B/TWO#1") -> bytes:
    """Seal a text to the key of these tests."""
    return seal(plain, kid=kid, public=KEY.xwing_public(), context=CONTEXT)


def refusal(data: bytes, *, key: object = KEY, context: SealContext = CONTEXT) -> str:
    """Return why something does not open."""
    with pytest.raises(SealRefused) as error:
        unseal(data, private=private(key), context=context)
    assert error.value.words.es != error.value.words.en
    return error.value.words.en


@given(st.binary(max_size=2000))
@settings(max_examples=30)
def test_what_was_sealed_opens(plain: bytes) -> None:
    """To the very bytes, and the object names its key."""
    data = sealed(plain)
    assert sealed_to(data) == "B/TWO#1"
    assert unseal(data, private=private(), context=CONTEXT) == plain
    assert len(data) == 9 + len("B/TWO#1") + 1120 + len(plain) + 16


@pytest.mark.parametrize("name", [field.name for field in fields(SealContext)])
def test_every_part_of_the_context_is_bound(name: str) -> None:
    """Change one part, and it does not open."""
    value = getattr(CONTEXT, name)
    other: dict[str, Any] = {name: value + 1 if isinstance(value, int) else value + "x"}
    changed = replace(CONTEXT, **other)
    assert "does not open" in refusal(sealed(), context=changed)


def test_the_parts_of_the_context_cannot_run_together() -> None:
    """Length prefixes: no two contexts have one `info`."""
    for first, second in [
        (replace(CONTEXT, first=1, count=23), replace(CONTEXT, first=12, count=3)),
        (replace(CONTEXT, programme="p", sender="qA/ONE"), replace(CONTEXT, programme="pq", sender="A/ONE")),
    ]:
        assert first.info("k") != second.info("k")
    assert CONTEXT.info("a") != CONTEXT.info("b")
    assert CONTEXT.info("k").startswith(b"paridad/seal/1\0")


def test_another_key_does_not_open() -> None:
    """Nor does the same key under another name: the name is bound as well."""
    assert "does not open" in refusal(sealed(), key=OTHER)
    renamed = sealed().replace(b"B/TWO#1", b"B/TWO#9")
    assert "does not open" in refusal(renamed)


def test_every_bit_counts() -> None:
    """One bit turned anywhere is refused, at every 7th byte of the object."""
    good = sealed()
    for at in range(0, len(good), 7):
        spoiled = bytearray(good)
        spoiled[at] ^= 1
        assert refusal(bytes(spoiled))


def test_every_truncation_is_refused() -> None:
    """Cut anywhere, it is refused with a sentence."""
    good = sealed()
    for length in (*range(20), 100, 1000, 1136, 1137, len(good) - 1):
        assert refusal(good[:length])


UNKNOWN = {"version": (0, 2), "kem": (1, 0x64), "kdf": (3, 1), "aead": (5, 1)}


@pytest.mark.parametrize("at", [at for at, _ in UNKNOWN.values()], ids=UNKNOWN.keys())
def test_an_unknown_algorithm_is_refused_unopened(at: int) -> None:
    """The ids are looked at before anything is decapsulated."""
    spoiled = bytearray(sealed())
    spoiled[at] ^= 0xFF
    assert "Unknown sealing" in refusal(bytes(spoiled))
    with pytest.raises(SealRefused, match="Unknown sealing"):
        sealed_to(bytes(spoiled))


def test_two_seals_of_one_text_differ() -> None:
    """Nothing is compared on ciphertext: a repetition is sealed anew."""
    assert sealed() != sealed()
