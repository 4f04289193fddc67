# SPDX-License-Identifier: Apache-2.0
"""Simulated lists in front of the alarms: stuffed ones are paused, normal days are not."""

from random import Random

import pytest

from paridad.cli.bench_stuffing import Stem, Stuffing, World, build, paused, stuffed
from paridad.desks.targets.deconfliction.alarms import Watch
from paridad.desks.targets.deconfliction.leakage import MILLION


@pytest.mark.slow
def test_stuffed_lists_are_paused_and_normal_days_are_not() -> None:
    """A sweep, borrowed people, a slow drip; a sweep that is spread thin is seen less and stands beside them."""
    found = stuffed(Stuffing(records=200, rounds=20))
    assert found["simulated"] is True
    assert found["sweep"]["paused"] >= 0.95
    assert found["borrowed"]["paused"] >= 0.9
    assert found["drip"]["paused"] >= 0.8
    assert found["thin"]["paused"] < 1
    assert found["expected_false"] < 0.01
    assert found == stuffed(Stuffing(records=200, rounds=20))


def test_without_traps_and_honey_a_sweep_goes_through() -> None:
    """So that the simulation can fail."""
    world = build(40, Random(1))
    hits = [at for at, stem in enumerate(world.stems) if stem][:2]
    assert not paused(Watch(), len(world.owner), hits, Random(1))


def test_what_is_made_up_is_honey_or_a_trap() -> None:
    """By how many strangers may hold it; a trap knows the true tokens of its name."""
    world = World(owner=[0, 0, 0, 1], stems=[Stem("SD", (("S", "a"),))] * 3 + [None])
    world.made_up = {1: 0.5 / MILLION, 2: 20 / MILLION}
    watch = world.watch(1000)
    assert watch.honey == {1}
    assert watch.traps == {2: frozenset({0})}
    assert paused(watch, 2000, [0, 2], Random(1))
    assert not paused(watch, 2000, [0], Random(1))
