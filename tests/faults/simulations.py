# SPDX-License-Identifier: Apache-2.0
"""Seeded runs of the two-node state machine, as many as wanted; a failing one is told with the steps that led there.

Worked example
    simulate(runs=25, seed=7)        is Simulated(runs=25, steps=612, wrong=[])
"""

import traceback
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis.stateful import run_state_machine_as_test

from faults.machine import TwoNodes

STEPS = 25


@dataclass
class Simulated:
    """What came of some runs."""

    runs: int = 0
    steps: int = 0
    """Steps of all runs; each was looked at with every invariant, and played again with the parties exchanged."""
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Simulated") -> None:
        """Count other runs in."""
        self.runs += other.runs
        self.steps += other.steps
        self.wrong = (self.wrong + other.wrong)[:20]


def simulate(*, runs: int, seed: int) -> Simulated:
    """Do so many runs from a seed; the same seed gives the same runs."""
    done = Simulated()

    class Counted(TwoNodes):
        def teardown(self) -> None:
            super().teardown()
            done.runs += 1
            done.steps += len(self.script)

    chosen = settings(
        max_examples=runs,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(seeded(seed)(Counted), settings=chosen)
    except Exception:  # noqa: BLE001  whatever a run raised is what it found
        done.wrong.append(f"seed {seed}: {traceback.format_exc()[-3000:]}")
    return done
