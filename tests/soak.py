# SPDX-License-Identifier: Apache-2.0
"""`make soak`: the long campaigns; figures are printed and kept in `docs/evidence/`, also where a goal is not reached.

Rules
  - A campaign runs until its goal or its minutes are used up, whichever comes first, and says how far it came.
  - Nothing is rounded up: what was not reached is written as not reached.
  - `--resume` goes on from the figures of the same commit, with the seeds that come next; any other commit begins anew.
  - Exit code 1 where anything was lost, applied twice, out of order, damaged or unseen, or where a disk that lies was
    not found out.

Worked example
    python -m tests.soak --minutes 20 power kills
    python -m tests.soak --parcels 1000000 --minutes 60 --resume lines
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from faults.flips import Flipped, exported, flip_bits  # noqa: E402  the tests' folder is put on the path above
from faults.kills import Killed, kill_nodes  # noqa: E402
from faults.lines import Carried, over_bad_messages, over_bad_wires  # noqa: E402
from faults.mutants import Mutated, mutate  # noqa: E402
from faults.places import fast_folder  # noqa: E402
from faults.power import Cuts, cut_power, lies_found  # noqa: E402
from faults.recording import record  # noqa: E402
from faults.simulations import Simulated, simulate  # noqa: E402

EVIDENCE = HERE.parent / "docs" / "evidence"
HARM = ("corrupt", "lost", "contradictory", "twice", "out_of_order", "unseen", "wrong", "cases")
"""Figures that must be nothing."""
PARCELS_A_RUN = 50_000
MESSAGES_SHARE = 25
"""One run in so many spoils whole messages, and not the bytes of the wire."""


def power(seed: int, _wanted: int, _until: float) -> Cuts:
    """Cut the power at every moment of a recorded day."""
    with fast_folder() as scratch:
        cuts = cut_power(record(scratch / "day", seed=seed, steps=9), scratch, seed=seed, reopen=500, restart=1_000)
        if seed == 1:
            cuts.lies = lies_found(scratch)
        return cuts


def kills(seed: int, wanted: int, _until: float) -> Killed:
    """Kill nodes at random moments of a live exchange."""
    with TemporaryDirectory(prefix="paridad-soak-") as folder:
        return kill_nodes(Path(folder), kills=min(100, wanted), seed=seed)


def lines(seed: int, wanted: int, until: float) -> Carried:
    """Carry parcels between two node processes over spoilt wires, now and then between two nodes here."""
    with TemporaryDirectory(prefix="paridad-soak-") as folder:
        if seed % MESSAGES_SHARE == 1:
            return over_bad_messages(Path(folder), parcels=min(5_000, wanted), seed=seed, batch=64)
        parcels = min(PARCELS_A_RUN, wanted)
        return over_bad_wires(Path(folder), parcels=parcels, seed=seed, until=until, tell=_tell)


def runs(seed: int, wanted: int, _until: float) -> Simulated:
    """Let the two-node state machine run."""
    return simulate(runs=min(20, wanted), seed=seed)


def bitflips(_seed: int, _wanted: int, until: float) -> Flipped:
    """Turn every bit of one export before the verifier."""
    with fast_folder() as folder:
        data, now = exported(folder, at_least=100_000)
    return flip_bits(data, now, goal=8 * len(data), until=until, jobs=os.cpu_count() or 1)


def mutants(_seed: int, _wanted: int, until: float) -> Mutated:
    """Change the code that signs and proves, one place at a time."""
    return mutate(("acts", "ledger"), seconds=until - time.monotonic())


@dataclass(frozen=True)
class Campaign:
    """What is counted, how far it should come, and one run of it; `once` where a run uses all the time there is."""

    counted: str
    goal: int
    begin: Callable[..., Any]
    run: Callable[[int, int, float], Any]
    about: str
    once: bool = False


CAMPAIGNS: Mapping[str, Campaign] = {
    "power": Campaign("images", 100_000, Cuts, power, "disks after a power cut · discos tras un corte de corriente"),
    "kills": Campaign("kills", 2_000, Killed, kills, "processes killed · procesos muertos"),
    "lines": Campaign("parcels", 1_000_000, Carried, lines, "parcels over bad lines · piezas por líneas malas"),
    "runs": Campaign("runs", 1_000, Simulated, runs, "simulated days of two nodes · días simulados de dos nodos"),
    "bitflips": Campaign(
        "flipped", 800_000, Flipped, bitflips, "bits of an export · bits de una exportación", once=True
    ),
    "mutants": Campaign(
        "score", 90, Mutated, mutants, "mutants noticed, per cent · mutantes advertidos, por ciento", once=True
    ),
}


def main() -> int:
    """Run the campaigns and keep their figures."""
    given = _arguments()
    found = {}
    for name in given.campaigns:
        campaign = CAMPAIGNS[name]
        goal = getattr(given, campaign.counted, None) or campaign.goal
        figures = pursue(campaign, goal, 60 * given.minutes, before(name, given.evidence) if given.resume else {})
        found[name] = figures
        keep(name, figures, given.evidence)
    print(json.dumps(found, sort_keys=True))
    return int(any(map(harmed, found.values())))


def harmed(figures: Mapping[str, Any]) -> bool:
    """Tell whether figures show what must not be: harm, or a disk whose lie was not found out."""
    lies = figures.get("lies", {}).values()
    return any(figures.get(name) for name in HARM) or not all(lie["lost"] or lie["corrupt"] for lie in lies)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("campaigns", nargs="*", choices=list(CAMPAIGNS), default=list(CAMPAIGNS))
    parser.add_argument("--minutes", type=float, default=60.0, help="minutes for each campaign")
    for campaign in CAMPAIGNS.values():
        if not campaign.once:
            parser.add_argument(f"--{campaign.counted}", type=int, help=f"goal, in place of {campaign.goal}")
    parser.add_argument("--resume", action="store_true", help="go on from the figures of the same commit")
    parser.add_argument("--evidence", type=Path, default=EVIDENCE, help="folder for the figures")
    return parser.parse_args()


def pursue(campaign: Campaign, goal: int, seconds: float, before: Mapping[str, Any]) -> dict[str, Any]:
    """Run a campaign until its goal or its time is reached; return its figures."""
    known = {field.name for field in fields(campaign.begin())}
    done = campaign.begin()
    done.add(campaign.begin(**{name: value for name, value in before.items() if name in known}))
    seed, spent, started = int(before.get("seeds", 0)), int(before.get("seconds", 0)), time.monotonic()
    while getattr(done, campaign.counted) < goal and time.monotonic() < started + seconds:
        seed += 1
        done.add(campaign.run(seed, goal - getattr(done, campaign.counted), started + seconds))
        _tell(f"{campaign.counted}: {getattr(done, campaign.counted)} of {goal}")
        if campaign.once:
            break
    reached = getattr(done, campaign.counted) >= goal
    spent += round(time.monotonic() - started)
    return {**vars(done), "goal": goal, "reached": reached, "seconds": spent, "seeds": seed}


def before(name: str, evidence: Path) -> dict[str, Any]:
    """Return the figures kept of a campaign, nothing where they are of another commit or not to be added to."""
    path = evidence / f"soak-{name}.json"
    figures = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if figures.get("commit") != commit() or CAMPAIGNS[name].once:
        return {}
    if "faults" in figures:
        figures["faults"] = Counter(figures["faults"])
    return dict(figures)


def commit() -> str:
    """Return the commit that is tested, marked where files differ from it."""
    told = subprocess.run(
        ["git", "describe", "--always", "--abbrev=40", "--dirty"], cwd=HERE, capture_output=True, text=True, check=False
    )
    return told.stdout.strip()


def keep(name: str, figures: Mapping[str, Any], evidence: Path) -> None:
    """Write the figures of a campaign, and the page of all."""
    evidence.mkdir(parents=True, exist_ok=True)
    entry = {"campaign": name, "commit": commit(), "on": datetime.now(UTC).date().isoformat(), **figures}
    text = json.dumps(entry, indent=1, sort_keys=True)
    (evidence / f"soak-{name}.json").write_text(text + "\n", encoding="utf-8")
    kept = (evidence / f"soak-{each}.json" for each in CAMPAIGNS)
    entries = [json.loads(path.read_text(encoding="utf-8")) for path in kept if path.exists()]
    (evidence / "soak.md").write_text(readable(entries), encoding="utf-8")


def readable(entries: Iterable[Mapping[str, Any]]) -> str:
    """Return the figures of all campaigns as a page."""
    rows = [
        "# Long runs · Corridas largas",
        "",
        "Written by `python -m tests.soak` from the files beside it. · Escrito por `python -m tests.soak`.",
        "",
        "| what · qué | counted · contado | goal · meta | harm · daño | seconds · segundos | date · fecha | commit |",
        "|---|---|---|---|---|---|---|",
    ]
    for entry in entries:
        campaign = CAMPAIGNS[entry["campaign"]]
        reached = "" if entry["reached"] else " (not reached · no alcanzada)"
        harm = ", ".join(f"{name} {_size(entry[name])}" for name in HARM if name in entry)
        rows.append(
            f"| {campaign.about} | {entry[campaign.counted]} | {entry['goal']}{reached} | {harm or '–'} "
            f"| {entry['seconds']} | {entry['on']} | `{entry['commit']}` |"
        )
    return "\n".join([*rows, ""])


def _size(harm: int | list[str]) -> int:
    return harm if isinstance(harm, int) else len(harm)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
