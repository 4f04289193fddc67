# SPDX-License-Identifier: Apache-2.0
"""Two node processes over TLS, killed at random points; the soak kills thousands of times."""

import pytest

from faults.kills import kill_nodes
from faults.places import fast_folder

pytestmark = pytest.mark.faults


def test_twenty_kills_lose_nothing_and_repeat_nothing() -> None:
    """What was answered is there, came to the other side once, and both databases agree."""
    with fast_folder() as folder:
        done = kill_nodes(folder, kills=20, seed=1)
    assert done.wrong == []
    assert done.kills == 20
    assert done.commands > 30
    assert done.repeated > 0


def test_a_node_that_answers_before_it_commits_is_found_out() -> None:
    """The positive control: without it, zero would mean nothing."""
    with fast_folder() as folder:
        done = kill_nodes(folder, kills=8, seed=2, operation="hasty")
    assert done.lost > 0
