# SPDX-License-Identifier: Apache-2.0
"""Two nodes, line and clocks as one state machine: a few runs here, always the same; many more in the soak.

The steps that once failed stand below as tables, so that they are tried in every run.
"""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from faults.machine import FAULTS, Steps, TwoNodes, raw_of
from faults.places import fast_folder

pytestmark = pytest.mark.faults

RUNS = settings(
    max_examples=6,
    stateful_step_count=14,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def test_whatever_happens_between_two_nodes_the_laws_hold() -> None:
    """See `faults.machine` for the laws."""
    run_state_machine_as_test(TwoNodes, settings=RUNS)


ROUND: list[tuple[str, tuple[int | str, ...]]] = [("advance", ()), ("tick", (0,)), ("tick", (1,)), ("pass_time", (2,))]
STORIES: dict[str, list[tuple[str, tuple[int | str, ...]]]] = {
    "a whole matter, recall and purge included": [("ask", ()), *ROUND * 9],
    "a replay before anything was sent": [("replay", (0, 3)), ("ask", ()), *ROUND, ("replay", (1, 0)), *ROUND * 3],
    "a clock ten minutes ahead": [
        ("set_clock", (0, 600)),
        ("ask", ()),
        ("send", (3,)),
        ("tick", (0,)),
        ("set_clock", (0, 0)),
        *ROUND * 4,
    ],
    "a line cut in both directions for a day": [
        ("ask", ()),
        ("break_line", (0,)),
        ("break_line", (1,)),
        *ROUND * 2,
        ("send", (5,)),
        ("pass_time", (86_400,)),
        *ROUND,
        ("restart", (0,)),
        ("restart", (1,)),
        *ROUND,
    ],
    "every fault once, on each side": [
        step
        for fault in FAULTS
        for side in (0, 1)
        for step in (("send", (2,)), ("spoil", (side, fault)), ("tick", (side,)), ("pass_time", (61,)))
    ],
}


@pytest.mark.parametrize("names", [("MX", "US"), ("US", "MX")], ids=["as written", "parties exchanged"])
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_story(story: list[tuple[str, tuple[int | str, ...]]], names: tuple[str, str]) -> None:
    """Each story keeps the laws at every step and settles, whichever party plays which part."""
    with fast_folder() as folder:
        steps = Steps(folder, names)
        for name, values in story:
            getattr(steps, name)(*values)
            assert list(steps.wrong()) == []
        assert steps.settle() == []
        assert list(steps.wrong()) == []
        assert steps.rebuilt() == []
        steps.close()


@pytest.fixture(scope="module")
def steps() -> Iterator[Steps]:
    """Two nodes after a matter that went its whole way."""
    with fast_folder() as folder:
        steps = Steps(folder, ("MX", "US"))
        steps.ask()
        for _ in range(9):
            for name, values in ROUND:
                getattr(steps, name)(*values)
        yield steps
        steps.close()


class Undone(Exception):
    """Raised to take back what a test spoilt."""


SPOILT: dict[str, tuple[str, str]] = {
    "a forgotten command": ("DELETE FROM commands", "forgot"),
    "a rewritten leaf": ("UPDATE leaves SET leaf_hash = zeroblob(32) WHERE idx = 0", "changed"),
    "a hole in a stream": ("DELETE FROM inbound_parcels WHERE position = 1", "inbox"),
    "a decision that allowed nothing": ("UPDATE decisions SET allowed = 0", "without a decision"),
}


@pytest.mark.parametrize(("sql", "said"), SPOILT.values(), ids=SPOILT.keys())
def test_the_machine_sees(sql: str, said: str, steps: Steps) -> None:
    """The positive control: without it, an empty list would mean nothing."""
    assert list(steps.wrong()) == []
    found: list[str] = []
    for side, name in enumerate(steps.names):
        with suppress(Undone), steps.node(side).own.store.write() as conn:
            conn.exec_driver_sql(sql)
            found += steps.wrong_in(name, raw_of(conn))
            raise Undone
    assert any(said in line for line in found)


def test_the_machine_sees_a_view_that_does_not_follow(steps: Steps) -> None:
    """A view that was touched is not the view that is made anew."""
    table = steps.node(1).views.projections[0].tables.sorted_tables[0]
    with steps.node(1).own.store.write() as conn:
        conn.execute(table.delete())
    assert any(table.name in line for line in steps.rebuilt())


def test_the_machine_sees_what_was_not_destroyed(steps: Steps) -> None:
    """A copy of an erased name, left in a file of the node's folder, is found."""
    matter = next(iter(steps.day.erased))
    note = steps.folder / matter.asking / "notes.txt"
    note.write_text(matter.marker)
    assert any("still has" in line for line in steps.wrong())
    note.unlink()
