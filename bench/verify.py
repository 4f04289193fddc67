# SPDX-License-Identifier: Apache-2.0
"""What the auditor's verifier needs per act, beside the bare Ed25519 verification of the same run.

Rules
  - Rates are per CPU-second of one core; the whole file is verified: strict lines, ten steps with all disclosures and
    the point check of R, inclusion proofs, checkpoints with both algorithms, covers, the seal, the report.
  - Acts have 15 fields padded to 32 digests, as in the other benches; the bundle is made by the tests' own maker.

Worked example
    python bench/verify.py --acts 2000 --rounds 3
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from paridad_verify.__main__ import report
from paridad_verify.bundle import Bundle
from paridad_verify.proofs import check_ed25519
from support.verify_maker import T0, Said, World

GOAL = 1000
"""Acts per CPU-second."""
FIELDS, DIGESTS = 15, 32


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU-seconds of one run."""
    start = time.process_time()
    work()
    return time.process_time() - start


def made(count: int) -> tuple[World, list[Said], bytes]:
    """Return a sealed bundle of so many acts."""
    world = World()
    fields = {f"f{n}": f"value {n} of some length" for n in range(FIELDS)}
    acts = [world.say("AA/POLICE", "bench/record/1", fields, decoys=DIGESTS - FIELDS) for _ in range(count)]
    return world, acts, world.seal(world.export(acts))


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--acts", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    world, acts, data = made(asked.acts)
    key = world.key("AA/POLICE#1").public
    pairs = [(key, act.signed.encode()) for act in acts]
    signatures = [world.key("AA/POLICE#1").ed25519.sign(text) for _, text in pairs]

    def whole() -> None:
        found = report(Bundle(data, T0 + 1000, frozenset({world.charter_hash})), anchored=True)
        assert found["verified"]
        assert found["acts"] == asked.acts

    def bare() -> None:
        for (public, text), signature in zip(pairs, signatures, strict=True):
            check_ed25519(public, signature, text)

    runs = [(seconds(whole), seconds(bare)) for _ in range(asked.rounds)]
    rates = [[asked.acts / run[place] for run in runs] for place in (0, 1)]
    result = {
        "python": sys.version.split()[0],
        "acts": asked.acts,
        "bundle_bytes": len(data),
        "goal_acts_per_cpu_second": GOAL,
        "acts_per_cpu_second": round(statistics.median(rates[0])),
        "best_acts_per_cpu_second": round(max(rates[0])),
        "raw_verify_per_cpu_second": round(statistics.median(rates[1])),
        "microseconds_of_our_own": round(1e6 / statistics.median(rates[0]) - 1e6 / statistics.median(rates[1])),
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
