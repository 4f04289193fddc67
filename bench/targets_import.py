# SPDX-License-Identifier: Apache-2.0
"""T12: the whole official list brought into a node, and what a page of search then costs.

Rules
  - The list is read from the data folder, never shipped; every act is signed, filed and projected as in service.
  - Wall clock and CPU seconds stand side by side, with the load of the machine before and after: on a shared machine
    the wall clock is the neighbours' as much as ours.
  - The page is asked through the application, signed in as an analyst, words of names drawn from the list by a seed.

Worked example
    python bench/targets_import.py --data ../shared/data/targets --queries 200
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests")]

from paridad.desks.targets.dossier import Dossier  # noqa: E402
from paridad.desks.targets.ofac import load_ofac  # noqa: E402
from paridad.node.importing import ImportReport, Item, Marks, import_dossiers  # noqa: E402
from support.web_world import PURPOSE, RECORD_BASIS, Houses  # noqa: E402  found under tests

FILES = ("sdn_2023-12-28.csv.gz", "alt_2024-01.csv.gz", "add_2024-01.csv.gz")
GOALS = {"seconds": 60, "p95_milliseconds": 100}
AGENCY = "US/DOJ"


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "targets")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--entries", type=int, default=0, help="only so many; all without it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Houses(Path(folder)) as houses:
        found = measured(houses, given.data, given.entries, given.queries)
    print(json.dumps(found, sort_keys=True))


def measured(houses: Houses, data: Path, entries: int, queries: int) -> dict[str, object]:
    """Bring the list in, then ask pages."""
    before = os.getloadavg()[0]
    dossiers = load_ofac(*(data / "ofac" / name for name in FILES), listed_on="2023-12-28")
    names: list[str] = []
    started, cpu = time.monotonic(), time.process_time()
    report = bring_in(houses, dossiers, entries, names)
    seconds, used = time.monotonic() - started, time.process_time() - cpu
    ana, draw, costs = houses.enter(AGENCY, "analyst"), Random(12), list[float]()
    computed: list[float] = []
    for _ in range(queries):
        word = draw.choice(draw.choice(names).replace(",", " ").split())
        at, used_before = time.monotonic(), time.process_time()
        assert ana.open(f"targets?name={quote(word)}").status == 200
        costs.append(1000 * (time.monotonic() - at))
        computed.append(1000 * (time.process_time() - used_before))
    return {
        "filed": report.filed,
        "rejected": report.rejected,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(used, 1),
        "search_p50_milliseconds": round(statistics.median(costs), 1),
        "search_p95_milliseconds": round(statistics.quantiles(costs, n=20)[-1], 1),
        "search_p95_cpu_milliseconds": round(statistics.quantiles(computed, n=20)[-1], 1),
        "queries": queries,
        "load_before": round(before, 2),
        "load_after": round(os.getloadavg()[0], 2),
        "cores": os.cpu_count(),
        "goals": GOALS,
    }


def bring_in(houses: Houses, dossiers: Iterable[Item], entries: int, names: list[str]) -> ImportReport:
    """File the list at a node; keep its names for the questions."""
    node = houses.parties.by_name[AGENCY[:2]]

    def noted() -> Iterator[Item]:
        for each in islice(dossiers, entries or None):
            if isinstance(each, Dossier):
                names.append(each.name)
            yield each

    marks = Marks(AGENCY, "AMBER", PURPOSE, RECORD_BASIS)
    return import_dossiers(node.own, node.views, noted(), marks, now=houses.parties.clock())


if __name__ == "__main__":
    main()
