# SPDX-License-Identifier: Apache-2.0
"""Bits of a real export turned before the verifier: a sample here, every one of them in the soak."""

import time

import pytest

from faults.flips import exported, flip_bits, remembering, spread
from paridad_verify.bundle import Bundle

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, int]:
    """Export one matter and what went with it."""
    return exported(tmp_path_factory.mktemp("nodes"), at_least=60_000)


def test_flipped_bits_of_an_export_are_seen(bundle: tuple[bytes, int]) -> None:
    """No bit of the sample goes unnoticed."""
    done = flip_bits(*bundle, goal=500, until=time.monotonic() + 60)
    assert done.flipped > 100
    assert done.unseen == []


def test_remembering_does_not_change_what_is_found(bundle: tuple[bytes, int]) -> None:
    """The same flips, with and without, are told in the same words."""
    data, now = bundle
    for bit in list(spread(8 * len(data)))[:20]:
        turned = bytearray(data)
        turned[bit // 8] ^= 1 << bit % 8
        with remembering():
            told = [(item, fault.name, fault.step) for item, fault in Bundle(bytes(turned), now).failures]
        assert told == [(item, fault.name, fault.step) for item, fault in Bundle(bytes(turned), now).failures]


def test_a_bundle_that_does_not_verify_is_not_flipped(bundle: tuple[bytes, int]) -> None:
    """Otherwise every flip would count as seen."""
    with pytest.raises(RuntimeError, match="does not verify as it is"):
        flip_bits(bundle[0][:-2], bundle[1], goal=1, until=time.monotonic() + 1)


@pytest.mark.parametrize("count", [1, 8, 480, 1001])
def test_every_bit_has_its_turn_once(count: int) -> None:
    """The order leaves none out."""
    assert sorted(spread(count)) == list(range(count))
