# SPDX-License-Identifier: Apache-2.0
"""Law 11: time, randomness and identity are parameters; one reference time per operation.

A reading of the code for every door to the machine's clock and random source, a world told twice from the same
seed and clock, and a clock that counts how often it is read.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

import paridad
from paridad.acts.issue import ActSigner, issue
from paridad.base.strict import JsonValue
from paridad.cli.operations import OPERATIONS
from paridad.folio.commands import Acknowledge, Answer
from paridad.node.node import Node
from paridad.store.tables import acts
from support.acts import NOW, PRG, SIGNER, VOCABULARY, counting_random, draft_of
from support.matters import BOTH_WAYS, WAYS, Matter, matter, person

ROOT = Path(str(paridad.__file__)).parent
MODULES = {"time", "secrets", "uuid", "random", "timeit"}
READINGS = {"urandom", "getrandom", "generate_key", "random_serial_number", "uuid4", "getnode"}
"""Attributes by which code asks the machine for time, randomness or identity."""
TODAY = re.compile(r"(?:datetime|date)\.(?:now|utcnow|today)\Z")
SOURCES = {"system_clock", "system_random"}

TOUCHES = {
    "base/sources.py": {"time", "time.time", "os.urandom"},
    "cli/bench_deconfliction.py": {"random", "time", "time.process_time", "time.perf_counter"},  # measures itself
    "cli/baselines/logic_v2.py": {"time", "time.process_time"},  # measures what it runs
    "cli/baselines/splink_pairs.py": {"time", "time.process_time"},  # measures what it runs
    "cli/bench_exchange.py": {"time", "time.process_time", "time.perf_counter"},  # measures itself
    "cli/bench_quality.py": {"random"},  # `Random(seed)`: the seed is a parameter
    "cli/bench_stuffing.py": {"random"},  # `Random(seed)`: the seed is a parameter
    "cli/bench_targets.py": {"time", "time.process_time", "time.perf_counter"},  # measures itself
    "cli/bench_targets_data.py": {"random"},  # `Random(seed)`: the seed is a parameter
    "cli/bench_web.py": {"time", "time.process_time", "time.perf_counter"},  # measures itself
    "cli/demo.py": {"time", "time.monotonic", "time.sleep"},  # waits for two daemons, with an end
    "cli/practice.py": {"time", "time.sleep"},  # the pace of a simulated counterpart
    "desks/targets/sample.py": {"random"},  # `Random(seed)`: the seed is a parameter
    "desks/targets/two_lists.py": {"random"},  # lists that must repeat, nothing secret
}
"""Every file that touches the machine, and how."""
HANDS_IN = {
    "cli/bench_deconfliction.py",
    "cli/bench_exchange.py",
    "cli/bench_web.py",
    "cli/demo.py",
    "cli/session.py",
    "cli/two_processes.py",
}
"""The edges where the machine's clock and random source are handed in."""


def touches(source: str) -> Iterator[str]:
    """Yield by what a module reaches for the machine's time, randomness or identity."""
    tree = ast.parse(source)
    clocks = {"time", "uuid", "secrets"} & names_in(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            module = node.module or ""
            yield from [module] if module.partition(".")[0] in MODULES else []
            yield from (f"{module}.{each.name}" for each in node.names if each.name in READINGS)
        elif isinstance(node, ast.Attribute):
            whole = ast.unparse(node)
            if node.attr in READINGS or TODAY.search(whole) or whole.partition(".")[0] in clocks:
                yield whole


def names_in(tree: ast.AST) -> set[str]:
    """Return the modules that a module imports by name."""
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import))
    return {each.asname or each.name for node in imports for each in node.names}


def imports_sources(source: str) -> bool:
    """Whether a module imports the machine's clock or random source from the one module that has them."""
    imports = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom))
    return any(each.name in SOURCES for node in imports for each in node.names)


def test_only_the_listed_files_touch_the_machine() -> None:
    """What each does is listed as well; a new reading of the clock has to be added here, with its reason."""
    found = {path.relative_to(ROOT).as_posix(): set(touches(path.read_text())) for path in ROOT.rglob("*.py")}
    assert {name: how for name, how in found.items() if how} == TOUCHES


def test_only_the_edges_hand_in_the_machine() -> None:
    """Everything below the command line is told the time."""
    found = {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.py") if imports_sources(path.read_text())}
    assert found == HANDS_IN


@pytest.mark.parametrize(
    "planted",
    [
        "import time\nat = time.time()",
        "from time import time",
        "import secrets",
        "from uuid import uuid4",
        "import os\nkey = os.urandom(32)",
        "from os import urandom",
        "from datetime import UTC, datetime\nat = datetime.now(UTC)",
        "from datetime import date\nday = date.today()",
        "key = AESGCM.generate_key(256)",
        "serial = x509.random_serial_number()",
    ],
)
def test_a_planted_reading_is_found(planted: str) -> None:
    """Positive control: each way in is seen, and converting a given time is not one."""
    assert list(touches(planted))
    assert list(touches("from datetime import UTC, datetime\nat = datetime.fromtimestamp(now, UTC)")) == []
    assert imports_sources("from paridad.base.sources import system_clock")


def story(folder: Path) -> list[list[bytes]]:
    """Tell a story and return the signed bytes that each node holds, in the order of filing."""
    with matter(folder, sound=False) as m:
        record = m.record("asked", person("Xochi"))
        m.asks()
        m.settle()
        m.says("asked", Acknowledge)
        m.says("asked", Answer, partial=False, **m.offer(record))
        m.settle()
        return [signed(node) for node in m.parties.nodes]


def signed(node: Node) -> list[bytes]:
    """Return every signed act of a node."""
    with node.own.store.read() as conn:
        return list(conn.execute(sa.select(acts.c.signed).order_by(acts.c.filed)).scalars())


def test_same_seed_and_clock_same_bytes(tmp_path: Path) -> None:
    """Two worlds from the same seed and clock hold the same acts, byte for byte."""
    first, again = story(tmp_path / "first"), story(tmp_path / "again")
    assert first == again
    assert len(first[0]) > 5
    assert len(set(first[0])) == len(first[0])


def test_issuing_follows_from_what_is_handed_in() -> None:
    """Seed and clock decide every byte of an act; other randomness makes other salts and another identifier."""

    def made(*, iat: int = NOW, seed: int = 0) -> bytes:
        signer = ActSigner("AA/ONE#1", SIGNER.sign)
        draft = draft_of({"name": "Íñigo", "aliases": ["a", "b"]})
        return issue(draft, vocabulary=VOCABULARY, signer=signer, prg=PRG, iat=iat, random=counting_random(seed)).wire

    assert made() == made()
    assert len({made(), made(iat=NOW + 1), made(seed=1000)}) == 3


@dataclass
class RunningClock:
    """A clock that moves on with every reading and counts them."""

    now: int
    read: int = 0

    def __call__(self) -> int:
        """Return the time, another one each time."""
        self.read += 1
        return self.now + self.read


def readings(node: Node, work: Callable[[], object]) -> int:
    """Return how often an operation reads the clock."""
    clock = RunningClock(node.clock())
    before, node.clock = node.clock, clock
    try:
        work()
    finally:
        node.clock = before
    return clock.read


def operations(m: Matter, record: str) -> dict[str, dict[str, JsonValue]]:
    """Return operations of the asked side with their arguments."""
    officer: dict[str, JsonValue] = {"officer": m.parties.officer(m.agencies["asked"]).id}
    return {
        "folio.list": officer,
        "folio.show": {**officer, "folio": m.folio},
        "folio.preview": {**officer, "folio": m.folio, "record": record},
        "act.show": {**officer, "act": record},
        "folio.acknowledge": {**officer, "folio": m.folio},
        "export": {**officer, "folio": m.folio, "out": str(m.parties.folder / "bundle.jsonl")},
        "status": {},
    }


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_an_operation_has_one_reference_time(names: tuple[str, ...], tmp_path: Path) -> None:
    """Whatever an operation does, it reads the clock once; two operations read it twice."""
    with matter(tmp_path, names, sound=False) as m:
        record = m.record("asked", person("Xochi"))
        m.asks()
        m.settle()
        node = m.node("asked")
        for name, arguments in operations(m, record).items():
            assert (name, readings(node, lambda: OPERATIONS[name](node, arguments))) == (name, 1)  # noqa: B023
        twice = lambda: [OPERATIONS["status"](node, {}) for _ in range(2)]  # noqa: E731
        assert readings(node, twice) == 2
