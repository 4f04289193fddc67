# SPDX-License-Identifier: Apache-2.0
"""What a policy decision costs, beside bare Cedar on the same questions in the same run.

Rules
  - Two parties, five handling codes: a domain of the size that the shipped programme has.
  - `bare` is `cedarpy.is_authorized_batch` with parsed schema, policies and entities, results thrown away. `decide` is
    what the node does: Cedar, the second evaluator, reasons in both languages, hashes. The difference is our own.
  - Runs are interleaved; the median of CPU seconds counts. Questions are distinct: no memory of answers helps.
  - `page` is `visible_to` for a role that was asked before, and one look-up: what a rendered row pays.

Worked example
    python bench/policy.py --rounds 5 --questions 4000
    python bench/policy.py --domain                     both evaluators over the whole domain, once
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from itertools import islice

import cedarpy

from paridad.policy.cedar import _request
from paridad.policy.domain import domain
from paridad.policy.engine import PolicyEngine
from paridad.policy.lists import BasisRule, CodeLists, HandlingRule
from paridad.policy.question import Question
from paridad.policy.visible import Reader, visible_to

NOW = 1_760_000_000
LISTS = CodeLists(
    handling=(
        HandlingRule("CLEAR", rank=0, onward="free", two_person=False),
        HandlingRule("GREEN", rank=1, onward="free", two_person=False),
        HandlingRule("AMBER", rank=2, onward="consent", two_person=False),
        HandlingRule("AMBER+STRICT", rank=3, onward="consent", two_person=True),
        HandlingRule("RED", rank=4, onward="never", two_person=True),
    ),
    purposes=("investigation", "border"),
    bases=(BasisRule("treaty-1", "treaty", None),),
    agencies=("A/CUSTOMS", "A/POLICE", "B/CUSTOMS", "B/POLICE"),
    parties=("A", "B"),
)


def per_thousand(work: Callable[[], object], count: int) -> float:
    """Return CPU seconds per thousand of what one call of `work` does `count` times."""
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1000 / count


def spread(questions: int) -> list[Question]:
    """Take questions evenly from the whole domain."""
    step = max(1, sum(1 for _ in domain(LISTS)) // questions)
    return list(islice(domain(LISTS), 0, None, step))[:questions]


def measure(rounds: int, count: int) -> dict[str, float]:
    """Return the medians, in CPU seconds per thousand."""
    engine, questions = PolicyEngine.load(LISTS), spread(count)
    cedar, requests = engine._cedar, [_request(question) for question in questions]  # noqa: SLF001  the bare engine is the yardstick
    ways: dict[str, tuple[Callable[[], object], int]] = {
        "load": (lambda: PolicyEngine.load(LISTS), 1),
        "bare, all at once": (
            lambda: cedarpy.is_authorized_batch(requests, cedar._policies, cedar._entities, cedar._schema),  # noqa: SLF001
            count,
        ),
        "decide, all at once": (lambda: engine.decide(questions, now=NOW), count),
        "decide, by tens": (
            lambda: [engine.decide(questions[at : at + 10], now=NOW) for at in range(0, count, 10)],
            count,
        ),
        "decide, one by one": (lambda: [engine.decide_one(question, now=NOW) for question in questions], count),
        "page, a row's look-up": (
            lambda: [
                visible_to(Reader("o", "analyst", "A/POLICE"), engine, NOW).sees("AMBER", "identity")
                for _ in range(count)
            ],
            count,
        ),
    }
    runs: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (work, done) in ways.items():
            runs[name].append(per_thousand(work, done))
    return {name: round(statistics.median(values), 4) for name, values in runs.items()}


def whole_domain() -> dict[str, float]:
    """Compare the two evaluators over the whole domain, once."""
    engine = PolicyEngine.load(LISTS)
    before = time.process_time()
    found = engine.compare()
    return {
        "asked": found.asked,
        "allowed": found.allowed,
        "differences": len(found.differences),
        "cpu seconds": round(time.process_time() - before, 2),
    }


def main() -> int:
    """Print the figures as JSON, with the machine they were taken on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--questions", type=int, default=4000)
    parser.add_argument("--domain", action="store_true")
    options = parser.parse_args()
    figures = whole_domain() if options.domain else measure(options.rounds, options.questions)
    machine = {"python": sys.version.split()[0], "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}
    unit = "questions and CPU seconds" if options.domain else "CPU seconds per 1,000"
    print(json.dumps({"unit": unit, "figures": figures, "machine": machine}, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
