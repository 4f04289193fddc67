# SPDX-License-Identifier: Apache-2.0
"""Two nodes, the line between them and their clocks as one state machine; after each step the laws are looked at.

Rules (invariants of every step)
  - What left a node, as an answer to an officer or to the other node, is on its record and stays there.
  - No database contradicts itself: positions without holes, nothing twice, heads over leaves that are there.
  - The past of a log never changes: a leaf once seen stands for ever where it stood.
  - A request that was cut or turned on its way changes nothing at the receiver but evidence and what is held.
  - Whatever left of a record stands on a request, and on a decision of policy that names its rules.
  - What was destroyed is nowhere: not among the disclosures, not in the views, not in the bytes of the files.
At the end
  - Left in peace, both nodes settle and tell the same; views made anew are the views that had grown.
  - The same steps with the two parties exchanged give the mirrored result.

Worked example
    run_state_machine_as_test(TwoNodes, settings=settings(max_examples=10, stateful_step_count=20))
"""

import itertools
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from faults.facts import Fact, contradictions, disagreements, facts_of
from faults.matters import DOSSIER, Matter, Matters
from faults.places import MEMORY
from faults.recording import answered_by, digest_of, shown_by
from paridad.exchange.errors import NotReleased
from paridad.exchange.paths import DELIVER
from paridad.exchange.transport import Request, Response, Transport
from paridad.folio.commands import Command
from paridad.folio.errors import NotNow
from paridad.node.composing import open_node
from paridad.node.home import Home
from paridad.node.node import Node
from paridad.node.reading import load_folio, read_act
from paridad.node.saying import Said, carry_out
from support.bad_line import BadLine
from support.programmes import seeded_random
from support.two_nodes import Parties

SIDES = st.sampled_from((0, 1))
SPOILING = ("cut", "bit")
"""Faults after which the receiver must be as it was."""
FAULTS = ("lost", "swallowed", "doubled", "garbled", *SPOILING)
SETTLING_ROUNDS = 16
QUARTER = 901
SKEWS = (-600, -240, 0, 240, 600)
_FOLDERS = ExitStack()


@cache
def _founded(names: tuple[str, ...]) -> Path:
    """Found both homes once for all runs; keys cost more than the rest of a run's start."""
    folder = Path(_FOLDERS.enter_context(TemporaryDirectory(prefix="homes-", dir=MEMORY if MEMORY.is_dir() else None)))
    Parties(folder, names=names).close()
    for file in folder.glob("*/node.db*"):
        file.unlink()
    return folder


@dataclass
class SpokenLine(BadLine):
    """A line that does with the next messages what it is told, and can be cut altogether."""

    told: list[str] = field(default_factory=list)
    broken: bool = False
    spoiling: bool = False
    sent: list[tuple[str, Request]] = field(default_factory=list)

    def __call__(self, party: str, request: Request) -> Response:
        """Carry a request as told."""
        self.sent.append((party, request))
        fault = "lost" if self.broken else self.told.pop(0) if self.told else ""
        if not fault:
            return self.inner(party, request)
        self.spoiling = fault in SPOILING and bool(request.body)
        try:
            return self._spoiled(fault, party, request)
        finally:
            self.spoiling = False


@dataclass
class Watched(Parties):
    """Two nodes whose words are noted as they leave, each with a clock that may be wrong."""

    skew: dict[str, int] = field(default_factory=dict)
    lines: dict[str, SpokenLine] = field(default_factory=dict)
    said: dict[str, list[Fact]] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._commands = itertools.count()
        self.by_name = {}
        for number, party in enumerate(self.names):
            shutil.copytree(_founded(self.names) / party, self.folder / party)
            self.said[party] = []
            self.lines[party] = SpokenLine(self._line(party), seed=number, spoil=0)
            self.open(party)

    def open(self, party: str) -> Node:
        """Open a node, again if it was closed."""
        home = Home(self.folder / party)
        random_ = seeded_random("watched", self.names.index(party), next(self._commands))
        node = open_node(home, clock=lambda: self.time_of(party), random=random_, transport=self._noting(party))
        self.by_name[party] = node
        return node

    def time_of(self, party: str) -> int:
        """Return what a node's clock says."""
        return self.clock() + self.skew.get(party, 0)

    def say(self, command: Command, folio: str, *, role: str = "liaison", second: bool = False, id_: str = "") -> Said:
        """Carry out a command at the time of its node."""
        party = command.agency.partition("/")[0]
        officer = self.officer(command.agency, role, second=second)
        own = self.by_name[party].own
        return carry_out(own, officer, command, folio=folio, id_=id_, now=self.time_of(party))

    def _noting(self, sender: str) -> Transport:
        def carry(party: str, request: Request) -> Response:
            self.said[sender] += shown_by(request)
            return self.lines[sender](party, request)

        return carry

    def _line(self, sender: str) -> Transport:
        def carry(party: str, request: Request) -> Response:
            spoilt = self.lines[sender].spoiling and request.path == DELIVER
            before = self._digest(party) if spoilt else b""
            response = self.by_name[party].edge(request, sender)
            self.said[party] += answered_by(party, request, response)
            if spoilt and self._digest(party) != before:
                self.complaints.append(f"a spoilt delivery changed {party}: {response.body[:200]!r}")
            return response

        return carry

    def _digest(self, party: str) -> bytes:
        with self.by_name[party].own.store.read() as conn:
            return digest_of(raw_of(conn).serialize())


def raw_of(conn: sa.Connection) -> sqlite3.Connection:
    raw = conn.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


@dataclass
class Steps:
    """What can happen to two nodes, by side (0 or 1) and not by name, and what must hold after it."""

    folder: Path
    names: tuple[str, str]

    def __post_init__(self) -> None:
        self.parties = Watched(self.folder, names=self.names)
        agencies = {self.names[0]: f"{self.names[0]}/FGR", self.names[1]: f"{self.names[1]}/DOJ"}
        self.day = Matters(self.parties, random.Random(0), agencies=agencies, on_command=self._answered)
        self._past: dict[str, dict[tuple[str, int], bytes]] = {name: {} for name in self.names}
        self._gone: list[Matter] = []

    def _answered(self, node: Node, id_: str, acts: tuple[str, ...]) -> None:
        facts: list[Fact] = [("command", id_, " ".join(acts)), *(("act", act) for act in acts)]
        self.parties.said[node.own.party] += facts

    def node(self, side: int) -> Node:
        """Return the node of a side."""
        return self.parties.by_name[self.names[side]]

    # What can happen

    def ask(self) -> None:
        """Let an officer open a folio."""
        self.day.ask()

    def advance(self) -> None:
        """Let a matter go a step further, if its time has come."""
        try:
            self.day.advance()
        except (NotNow, NotReleased):
            return
        self._gone += [matter for matter in self.day.erased if matter not in self._gone]

    def send(self, count: int) -> None:
        """Queue plain acts."""
        self.day.send(count)

    def tick(self, side: int) -> None:
        """Let a node do a round."""
        self.node(side).tick()

    def spoil(self, side: int, fault: str) -> None:
        """Spoil the next message that a node sends."""
        self.parties.lines[self.names[side]].told.append(fault)

    def replay(self, side: int, back: int) -> None:
        """Send once more what a node sent some messages ago."""
        line = self.parties.lines[self.names[side]]
        if line.sent:
            line.inner(*line.sent[-1 - back % len(line.sent)])

    def break_line(self, side: int) -> None:
        """Cut the line from a node, or mend it."""
        line = self.parties.lines[self.names[side]]
        line.broken = not line.broken

    def restart(self, side: int) -> None:
        """Close a node and open it again."""
        self.node(side).close()
        self.parties.open(self.names[side])

    def pass_time(self, seconds: int) -> None:
        """Let time pass."""
        self.parties.clock.pass_(seconds)

    def set_clock(self, side: int, skew: int) -> None:
        """Put a node's clock wrong, or right again."""
        self.parties.skew[self.names[side]] = skew

    # What must hold

    def wrong(self) -> Iterator[str]:
        """Return everything that does not hold now."""
        yield from self.parties.complaints
        for name in self.names:
            with self.parties.by_name[name].own.store.read() as conn:
                yield from (f"{name}: {line}" for line in self.wrong_in(name, raw_of(conn)))
        yield from self._not_gone()

    def wrong_in(self, name: str, raw: sqlite3.Connection) -> Iterator[str]:
        """Return what does not hold in one database."""
        yield from contradictions(raw)
        yield from (f"forgot {fact}" for fact in facts_of(raw).missing(self.parties.said[name]))
        yield from self._rewritten(name, raw)
        yield from _undecided(raw)

    def _rewritten(self, name: str, raw: sqlite3.Connection) -> Iterator[str]:
        now = {(origin, idx): leaf for origin, idx, leaf in raw.execute("SELECT origin, idx, leaf_hash FROM leaves")}
        for place, leaf in self._past[name].items():
            if now.get(place) != leaf:
                yield f"the leaf at {place} changed"
        self._past[name] = now | self._past[name]

    def _not_gone(self) -> Iterator[str]:
        for matter in self._gone:
            own = self.parties.by_name[matter.asking].own
            with own.store.read() as conn:
                if matter.marker in repr(read_act(conn, own, matter.record).fields):
                    yield f"{matter.asking} can still read {matter.marker}"
            for path in (self.folder / matter.asking).rglob("*"):
                if path.is_file() and matter.marker.encode() in path.read_bytes():
                    yield f"{matter.asking} still has {matter.marker} in {path.name}"

    # The end

    def settle(self) -> list[str]:
        """Mend everything, let both nodes settle, and return where they differ."""
        for line in self.parties.lines.values():
            line.broken, line.told = False, []
        self.parties.skew.clear()
        self.parties.clock.pass_(QUARTER)
        self.parties.settle(SETTLING_ROUNDS, step=QUARTER)
        with self.node(0).own.store.read() as one, self.node(1).own.store.read() as other:
            return [*disagreements(raw_of(one), raw_of(other)), *disagreements(raw_of(other), raw_of(one))]

    def rebuilt(self) -> list[str]:
        """Make all views anew and return those that were not the same before."""
        different: list[str] = []
        for name in self.names:
            views = self.parties.by_name[name].views
            views.refresh()
            before = self._views(name)
            views.rebuild()
            after = self._views(name)
            different += [f"{name}: {table}" for table in before if before[table] != after[table]]
        return different

    def _views(self, name: str) -> dict[str, list[object]]:
        node = self.parties.by_name[name]
        tables = [table for each in node.views.projections for table in each.tables.sorted_tables]
        with node.own.store.read() as conn:
            return {table.name: sorted(map(tuple, conn.execute(sa.select(table))), key=repr) for table in tables}

    def shape(self) -> str:
        """Tell how the run ended, by side and not by name."""
        told = "\n".join([*self._streams(), *self._folios()])
        for side, name in enumerate(self.names):
            told = told.replace(f"{name}-", f"side {side}-").replace(f"{name}/", f"side {side}/")
        return "\n".join(sorted(told.splitlines()))

    def _streams(self) -> Iterator[str]:
        for name in self.names:
            with self.parties.by_name[name].own.store.read() as conn:
                for sql in (
                    "SELECT sender, position, verdict FROM inbound_parcels",
                    "SELECT receiver, position, state, verdict FROM outbox",
                    "SELECT origin, size FROM heads",
                ):
                    yield from (f"{name}/ {tuple(row)}" for row in conn.exec_driver_sql(sql))

    def _folios(self) -> Iterator[str]:
        for name in self.names:
            own = self.parties.by_name[name].own
            with own.store.read() as conn:
                for matter in self.day.matters:
                    folio = load_folio(conn, own, matter.folio)
                    yield f"{name}/ {folio.id} {folio.stage} {len(folio.shared)} {len(folio.irregular)}"

    def close(self) -> None:
        """Close both nodes."""
        self.parties.close()


def _undecided(raw: sqlite3.Connection) -> Iterator[str]:
    """Return what left of a matter without a request and a decision that names rules and policy."""
    sql = """
        SELECT said.hash, why.operation, why.allowed, why.rules, why.policy_set, orders.acts
        FROM outbox JOIN acts said ON said.filed = outbox.act
        LEFT JOIN decided ON decided.act = said.filed
        LEFT JOIN decisions why ON why.operation = decided.operation
        LEFT JOIN commands orders ON orders.id = decided.operation
        WHERE said.fol != '' OR said.knd = ?
    """
    for hash_, operation, allowed, rules, policy_set, acts in raw.execute(sql, (DOSSIER,)):
        if not (allowed and rules and policy_set):
            yield f"{hash_} left without a decision that allowed it ({operation})"
        asked = "SELECT 1 FROM acts r JOIN acts a ON a.fol = r.fol WHERE a.hash = ? AND r.knd = 'folio/request/1'"
        if not raw.execute(asked, ((acts or "").partition(" ")[0],)).fetchone():
            yield f"{hash_} left without a request ({operation})"


class TwoNodes(RuleBasedStateMachine):
    """Two nodes, their line and their clocks, under whatever order of steps."""

    def __init__(self) -> None:
        super().__init__()
        self._folders = ExitStack()
        self.script: list[tuple[str, tuple[int | str, ...]]] = []
        self.steps = Steps(self._folder(), ("MX", "US"))

    def _folder(self) -> Path:
        return Path(self._folders.enter_context(TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)))

    def _do(self, name: str, *values: int | str) -> None:
        self.script.append((name, values))
        getattr(self.steps, name)(*values)

    @rule()
    def ask(self) -> None:
        """Open a folio."""
        self._do("ask")

    @rule(times=st.integers(1, 3))
    def advance(self, times: int) -> None:
        """Take matters further, with rounds of both nodes in between."""
        for _ in range(times):
            self._do("advance")
            self._do("tick", 0)
            self._do("tick", 1)
            self._do("pass_time", 2)

    @rule(count=st.integers(1, 5))
    def send(self, count: int) -> None:
        """Queue plain acts."""
        self._do("send", count)

    @rule(side=SIDES)
    def tick(self, side: int) -> None:
        """Let a node do a round."""
        self._do("tick", side)

    @rule(side=SIDES, fault=st.sampled_from(FAULTS))
    def spoil(self, side: int, fault: str) -> None:
        """Spoil the next message, and let it be sent."""
        self._do("send", 1)
        self._do("spoil", side, fault)
        self._do("tick", side)

    @rule(side=SIDES, back=st.integers(0, 40))
    def replay(self, side: int, back: int) -> None:
        """Send an old message again."""
        self._do("replay", side, back)

    @rule(side=SIDES)
    def break_line(self, side: int) -> None:
        """Cut a line, or mend it."""
        self._do("break_line", side)

    @rule(side=SIDES)
    def restart(self, side: int) -> None:
        """Restart a node."""
        self._do("restart", side)

    @rule(seconds=st.sampled_from((1, 61, QUARTER, 6 * 3600, 86_400)))
    def pass_time(self, seconds: int) -> None:
        """Let time pass."""
        self._do("pass_time", seconds)

    @rule(side=SIDES, skew=st.sampled_from(SKEWS))
    def set_clock(self, side: int, skew: int) -> None:
        """Put a clock wrong, or right again."""
        self._do("set_clock", side, skew)

    @invariant()
    def the_laws_hold(self) -> None:
        """Look at both nodes."""
        assert list(self.steps.wrong()) == []

    def teardown(self) -> None:
        """Let them settle; compare, rebuild, and play the same with the parties exchanged."""
        try:
            assert self.steps.settle() == []
            assert list(self.steps.wrong()) == []
            assert self.steps.rebuilt() == []
            mirrored = Steps(self._folder(), ("US", "MX"))
            try:
                for name, values in self.script:
                    getattr(mirrored, name)(*values)
                assert mirrored.settle() == []
                assert mirrored.shape() == self.steps.shape()
            finally:
                mirrored.close()
        finally:
            self.steps.close()
            self._folders.close()
