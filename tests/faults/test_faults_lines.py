# SPDX-License-Identifier: Apache-2.0
"""Parcels over bad lines: thousands here, a million in the soak."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from faults.facts import open_plain
from faults.lines import Carried, count_arrivals, over_bad_messages, over_bad_wires
from faults.matters import AGENCIES
from faults.nursery import PARTIES
from faults.places import fast_folder
from support.bad_line import FAULTS

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def carried() -> Iterator[tuple[Path, Carried]]:
    """Send some three thousand parcels between two nodes whose messages are spoilt."""
    with fast_folder() as folder:
        yield folder, over_bad_messages(folder, parcels=3000, seed=1, batch=32)


def test_over_spoilt_messages_nothing_is_lost_repeated_or_out_of_order(carried: tuple[Path, Carried]) -> None:
    """Every kind of fault occurred; every parcel arrived once, in its place."""
    _, done = carried
    assert done.wrong == []
    assert (done.lost, done.twice, done.out_of_order) == (0, 0, 0)
    assert done.parcels >= 3000
    assert set(done.faults) == set(FAULTS)
    assert done.attempts > 10


def test_over_spoilt_wires_between_two_processes_the_same_holds() -> None:
    """The bytes under the TLS are cut, delayed, dripped and swallowed."""
    with fast_folder() as folder:
        done = over_bad_wires(folder, parcels=4096, seed=1, spoil=0.4)
    assert done.wrong == []
    assert (done.lost, done.twice, done.out_of_order) == (0, 0, 0)
    assert done.parcels >= 4096
    assert done.attempts > 0


SPOILT: dict[str, tuple[str, Callable[[Carried], int]]] = {
    "a parcel that never came is lost": (
        "DELETE FROM inbound_parcels WHERE position = 17",
        lambda done: done.lost,
    ),
    "a parcel filed again is there twice": (
        "UPDATE inbound_parcels SET act_hash = 'x' WHERE position < 3",
        lambda done: done.twice,
    ),
    "two parcels exchanged are out of order": (
        "UPDATE inbound_parcels SET position = -position; UPDATE inbound_parcels SET position = position + 9999",
        lambda done: done.out_of_order,
    ),
}


@pytest.mark.parametrize(("sql", "count"), SPOILT.values(), ids=SPOILT.keys())
def test_the_counting_finds(
    sql: str, count: Callable[[Carried], int], carried: tuple[Path, Carried], tmp_path: Path
) -> None:
    """The positive control: without it, zero would mean nothing."""
    folder, _ = carried
    queued = {}
    for party in PARTIES:
        (tmp_path / party).mkdir()
        (tmp_path / party / "node.db").write_bytes((folder / party / "node.db").read_bytes())
        conn = open_plain(tmp_path / party / "node.db")
        sent = "SELECT hash FROM outbox JOIN acts ON filed = act WHERE sender = ? ORDER BY position"
        queued[party] = [hash_ for (hash_,) in conn.execute(sent, (AGENCIES[party],))]
        conn.executescript(sql)
        conn.close()
    done = Carried()
    count_arrivals(tmp_path, queued, done)
    assert count(done) > 0
    assert done.wrong
