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

import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from faults.facts import Fact, contradictions, disagreements, facts_of
from faults.matters import DOSSIER, Matters
from faults.places import MEMORY, fast_folder
from faults.recording import answered_by, digest_of, shown_by
from paridad.exchange.paths import DELIVER
from paridad.exchange.transport import Request, Response, Transport
from paridad.exchange.wire import read_answer
from paridad.node.composing import open_node
from paridad.node.home import Home
from paridad.node.node import Node
from support.bad_line import BadLine
from support.programmes import seeded_random
from support.two_nodes import Parties

SIDES = st.sampled_from((0, 1))
SPOILING = ("cut", "bit")
"""Faults after which the receiver must be as it was."""
FAULTS = ("lost", "swallowed", "doubled", "garbled", *SPOILING)
SETTLING_ROUNDS = 14
QUARTER = 901
SKEWS = (-600, -240, 0, 240, 600)


@cache
def _founded(names: tuple[str, ...]) -> Path:
    """Found both homes once for all runs; keys cost more than the rest of a run's start."""
    folder = _FOLDERS.enter_context(TemporaryDirectory(prefix="homes-", dir=MEMORY if MEMORY.is_dir() else None))
    Parties(Path(folder), names=names).close()
    for name in names:
        for file in (Path(folder) / name).glob("node.db*"):
            file.unlink()
    return Path(folder)


_FOLDERS = ExitStack()


@dataclass
class SpokenLine(BadLine):
    """A line that does what it is told with the next messages, and can be cut altogether."""

    spoil: float = 0.0
    next: list[str] = field(default_factory=list)
    broken: bool = False
    sent: list[tuple[str, Request]] = field(default_factory=list)

    def __call__(self, party: str, request: Request) -> Response:
        """Carry a request as told."""
        self.sent.append((party, request))
        if self.broken:
            return self._spoiled("lost", party, request)
        if not self.next:
            return self.inner(party, request)
        fault = self.next.pop(0)
        self.done[fault] += 1
        return self._spoiled(fault, party, request)


@dataclass
class Watched(Parties):
    """Two nodes whose words are noted as they leave, each with a clock that may be wrong."""

    skew: dict[str, int] = field(default_factory=dict)
    lines: dict[str, SpokenLine] = field(default_factory=dict)
    said: dict[str, list[Fact]] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        home = _founded(self.names)
        self._commands = iter(range(1 << 30))  # type: ignore[assignment]
        self.by_name = {}
        for party in self.names:
            shutil.copytree(home / party, self.folder / party)
            self.said[party] = []
            self.lines[party] = SpokenLine(self._line(party), seed=self.names.index(party))
            self.open(party)

    def open(self, party: str) -> Node:
        """Open a node, again if it was closed."""
        random_ = seeded_random("watched", party, next(self._commands))

        def clock() -> int:
            return self.clock() + self.skew.get(party, 0)

        node = open_node(Home(self.folder / party), clock=clock, random=random_, transport=self._noting(party))
        self.by_name[party] = node
        return node

    def _noting(self, sender: str) -> Transport:
        def carry(party: str, request: Request) -> Response:
            self.said[sender] += shown_by(request)
            return self.lines[sender](party, request)

        return carry

    def _line(self, sender: str) -> Transport:
        def carry(party: str, request: Request) -> Response:
            before = self._bytes(party) if self._was_spoilt(sender, request) else b""
            response = self.by_name[party].edge(request, sender)
            self.said[party] += answered_by(party, request, response)
            if before and not _receipted(request, response) and self._bytes(party) != before:
                self.complaints.append(f"a spoilt {request.path} changed {party}: {response.body[:200]!r}")
            return response

        return carry

    def _was_spoilt(self, sender: str, request: Request) -> bool:
        """Whether this is not the request that was sent, byte for byte."""
        sent = self.lines[sender].sent
        return request.path == DELIVER and bool(sent) and sent[-1][1].body != request.body

    def _bytes(self, party: str) -> bytes:
        with self.by_name[party].own.store.read() as conn:
            return digest_of(_raw(conn).serialize())


def _receipted(request: Request, response: Response) -> bool:
    return request.path == DELIVER and response.status == 200 and bool(read_answer(response.body).receipt)


def _raw(conn: sa.Connection) -> "sqlite3.Connection":
    raw = conn.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw
