# SPDX-License-Identifier: Apache-2.0
"""`make soak`: the long campaigns; figures are printed and kept in `docs/evidence/`, also where a goal is not reached.

Rules
  - A campaign runs until its goal or its minutes are used up, whichever comes first, and says how far it came.
  - Nothing is rounded up: what was not reached is written as not reached.
  - Exit code 1 where anything was lost, applied twice, out of order or damaged.

Worked example
    python tests/soak.py --minutes 20 power kills lines
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from faults.kills import Killed, kill_nodes  # noqa: E402  the tests' folder is put on the path above
from faults.lines import Carried, over_bad_wires  # noqa: E402
from faults.places import fast_folder  # noqa: E402
from faults.power import Cuts, cut_power  # noqa: E402
from faults.recording import record  # noqa: E402

EVIDENCE = HERE.parent / "docs" / "evidence"
GOALS = {"power": ("images", 100_000), "kills": ("kills", 2_000), "lines": ("parcels", 1_000_000)}
KILLS_A_RUN = 100
PARCELS_A_RUN = 50_000


def power(goal: int, until: float) -> dict[str, Any]:
    """Cut the power at every moment of recorded days."""
    cuts, seed = Cuts(), 1
    while cuts.images < goal and time.monotonic() < until:
        with fast_folder() as scratch:
            day = record(scratch / "day", seed=seed, steps=9)
            cuts.add(cut_power(day, scratch, seed=seed, reopen=2_000, restart=5_000))
        seed += 1
        _tell(f"power: {cuts.images} images")
    return {**asdict(cuts), "days": seed - 1}


def kills(goal: int, until: float) -> dict[str, Any]:
    """Kill nodes at random moments of a live exchange."""
    done, seed = Killed(), 1
    while done.kills < goal and time.monotonic() < until:
        with TemporaryDirectory(prefix="paridad-soak-") as folder:
            done.add(kill_nodes(Path(folder), kills=min(KILLS_A_RUN, goal - done.kills), seed=seed))
        seed += 1
        _tell(f"kills: {done.kills}")
    return asdict(done)


def lines(goal: int, until: float) -> dict[str, Any]:
    """Carry parcels between two node processes over spoilt wires."""
    done, seed = Carried(), 1
    while done.parcels < goal and time.monotonic() < until:
        with TemporaryDirectory(prefix="paridad-soak-") as folder:
            parcels = min(PARCELS_A_RUN, goal - done.parcels)
            done.add(over_bad_wires(Path(folder), parcels=parcels, seed=seed, until=until))
        seed += 1
        _tell(f"lines: {done.parcels} parcels")
    return asdict(done)


CAMPAIGNS: dict[str, Callable[[int, float], dict[str, Any]]] = {"power": power, "kills": kills, "lines": lines}
HARM = ("corrupt", "lost", "contradictory", "twice", "out_of_order", "wrong", "cases")
"""Figures that must be nothing."""


def main() -> int:
    """Run the campaigns and keep their figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("campaigns", nargs="*", choices=list(CAMPAIGNS), default=list(CAMPAIGNS))
    parser.add_argument("--minutes", type=float, default=60.0, help="minutes for each campaign")
    given = parser.parse_args()
    found = {}
    for name in given.campaigns:
        counted, goal = GOALS[name]
        started = time.monotonic()
        figures = CAMPAIGNS[name](goal, started + 60 * given.minutes)
        figures |= {"goal": goal, "reached": figures[counted] >= goal, "seconds": round(time.monotonic() - started)}
        found[name] = figures
        _keep(name, figures)
    print(json.dumps(found, sort_keys=True))
    return int(any(figures.get(name) for figures in found.values() for name in HARM))


def _keep(name: str, figures: dict[str, Any]) -> None:
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False
    ).stdout.strip()
    EVIDENCE.mkdir(parents=True, exist_ok=True)
    entry = {"campaign": name, "commit": commit, "on": datetime.now(UTC).date().isoformat(), **figures}
    (EVIDENCE / f"soak-{name}.json").write_text(json.dumps(entry, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
