# SPDX-License-Identifier: Apache-2.0
"""Power cuts at the moments of a recorded day; the soak cuts more days at every single moment.

A day is recorded once; thousands of disks that could have come back are then opened. The same is done over disks that
lie to the store, because a counting that finds nothing there would find nothing anywhere.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.places import fast_folder
from faults.power import Cuts, cut_power, lies_found
from faults.recording import Day, record

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    with fast_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def day(scratch: Path) -> Day:
    return record(scratch / "day", seed=1, steps=9)


@pytest.fixture(scope="module")
def cuts(day: Day, scratch: Path) -> Cuts:
    moments = sum(len(tape.disk.journal) for tape in day.tapes.values())
    return cut_power(day, scratch, seed=1, every=max(1, moments * 3 // 3200), reopen=200, restart=400)


def test_the_day_is_worth_cutting(day: Day) -> None:
    """Every way of vouching for something occurs, on both sides."""
    for tape in day.tapes.values():
        assert {fact[0] for fact in tape.acknowledged} >= {"act", "batch", "checkpoint", "witnessed", "expect", "leaf"}
        assert {operation.what for operation in tape.disk.journal} >= {"write", "sync", "truncate"}


def test_after_a_power_cut_everything_acknowledged_is_there_and_nothing_is_damaged(cuts: Cuts) -> None:
    """Each of some 3,000 disks holds a state that was, no older than what had been acknowledged."""
    assert cuts.images >= 3000
    assert cuts.states > 50
    assert (cuts.corrupt, cuts.lost, cuts.contradictory) == (0, 0, 0), cuts.cases


def test_after_a_power_cut_the_store_opens_and_a_node_goes_on_beside_the_living_one(cuts: Cuts) -> None:
    """The node's own code agrees, and the streams of both nodes end equal."""
    assert cuts.reopened >= 10
    assert cuts.restarted >= 5
    assert cuts.cases == []


def test_over_a_disk_that_lies_the_same_counting_finds_it(scratch: Path) -> None:
    """The positive control: without it, zero would mean nothing."""
    found = lies_found(scratch)
    promised = found["synchronous is NORMAL"]
    assert promised["lost"] > promised["images"] // 20
    torn = found["journal is DELETE, synchronous is OFF"]
    assert torn["corrupt"] > torn["images"] // 20
