# SPDX-License-Identifier: Apache-2.0
"""A day of two nodes whose disks remember every write, with everything that was acknowledged and every state there was.

Rules
  - Each node stores through the real `Store`, over a `RecordingDisk` of its own.
  - After each commit the whole database is taken down page by page: these are the states there have been. A database
    that comes back after a cut is one of them, to the byte, or it is damaged.
  - What leaves a node is an acknowledgement: a request shows a cover or a checkpoint, an answer gives a receipt or a
    cosignature, a command is answered to an officer. It is noted at the moment it leaves.
  - The line between the nodes is bad, so that repetitions and stored receipts occur.
  - A disk may be told to lie to the store (`Lie`): the positive controls.

Worked example
    day = record(folder, seed=7, steps=40)
    tape = day.tapes["MX"]; tape.disk.journal; tape.states[-1].digest; tape.acknowledged
"""

import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from faults.facts import Fact
from faults.matters import Matters
from paridad.acts.envelope import act_hash
from paridad.exchange.paths import AGAIN, DELIVER, WITNESS
from paridad.exchange.transport import Request, Response, Transport
from paridad.exchange.wire import read_answer, read_delivery
from paridad.ledger.checkpoint import read_checkpoint_text
from paridad.ledger.note import read_note
from paridad.ledger.witness import read_add_checkpoint
from paridad.node.composing import open_node
from paridad.node.home import Home
from paridad.node.node import Node
from paridad.store.engine import Store
from support.apsw_sqlite import ApswConnection, ApswCursor, apsw_connect
from support.bad_line import BadLine
from support.crash_disk import RecordingDisk
from support.programmes import seeded_random
from support.two_nodes import Parties

PAGE = 4096
Lie = Literal["", "synchronous is NORMAL", "journal is DELETE, synchronous is OFF"]

_LIES: Mapping[Lie, Mapping[str, str]] = {
    "": {},
    "synchronous is NORMAL": {"PRAGMA synchronous=FULL": "PRAGMA synchronous=NORMAL", "PRAGMA synchronous": "SELECT 2"},
    "journal is DELETE, synchronous is OFF": {
        "PRAGMA synchronous=FULL": "PRAGMA synchronous=OFF",
        "PRAGMA synchronous": "SELECT 2",
        "PRAGMA journal_mode=WAL": "PRAGMA journal_mode=DELETE",
        "PRAGMA journal_mode": "SELECT 'wal'",
        "PRAGMA locking_mode=EXCLUSIVE": "PRAGMA locking_mode=NORMAL",
    },
}
LIES = tuple(lie for lie in _LIES if lie)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class State:
    """A whole database after a commit: its digest and the digests of its pages."""

    digest: bytes
    pages: tuple[bytes, ...]
    elsewhere: int
    """How far the other node's journal was at the commit."""


@dataclass
class Tape:
    """The disk of one node, what was acknowledged, and the states there were."""

    disk: RecordingDisk
    states: list[State] = field(default_factory=list)
    acknowledged: list[Fact] = field(default_factory=list)
    pages: dict[bytes, bytes] = field(default_factory=dict)
    other: RecordingDisk | None = None

    def commit(self, content: bytes) -> None:
        """Take down the state after a commit, if it changed anything."""
        digest = digest_of(content)
        if not self.states or self.states[-1].digest != digest:
            self.states.append(self._state(content, digest))
        self._mark()

    def _state(self, content: bytes, digest: bytes) -> State:
        pages = [content[at : at + PAGE] for at in range(0, len(content), PAGE)]
        keys = [sha256(page).digest() for page in pages]
        self.pages.update(zip(keys, pages, strict=True))
        return State(digest, tuple(keys), len(self.other.journal) if self.other else 0)

    def acknowledge(self, *facts: Fact) -> None:
        """Note what leaves the node."""
        self.acknowledged += facts
        self._mark()

    def content(self, number: int) -> bytes:
        """Return the whole database as it was in a state."""
        return b"".join(self.pages[key] for key in self.states[number].pages)

    def _mark(self) -> None:
        self.disk.mark(f"{len(self.states)} {len(self.acknowledged)}")


def digest_of(content: bytes) -> bytes:
    """Return the digest of a whole database."""
    return sha256(content).digest()


class TapedConnection(ApswConnection):
    """A connection whose commits are taken down, and which may lie about its settings."""

    def __init__(self, raw: Any, tape: Tape, lie: Lie) -> None:
        super().__init__(raw)
        self._tape = tape
        self._lies = _LIES[lie]

    def execute(self, sql: str, values: Any = ()) -> ApswCursor:
        """Run a statement, or another in its place."""
        return super().execute(self._lies.get(sql, sql), values)

    def commit(self) -> None:
        """Commit, and take down the state."""
        changing = self.raw.in_transaction
        super().commit()
        if changing:
            self._tape.commit(self.raw.serialize("main"))


def taped_store(path: Path, tape: Tape, lie: Lie = "") -> Store:
    """Open the real store over a recording disk."""

    def connect(where: Path, read_only: bool) -> TapedConnection:
        plain = apsw_connect(tape.disk.name)(where, read_only)
        taped = TapedConnection(plain.raw, tape, lie)
        if lie:
            taped.execute("PRAGMA locking_mode=EXCLUSIVE").fetchall()
        return taped

    return Store.open(f"sqlite:///{path}", connect=connect, one_connection=True)


@dataclass
class TapedParties(Parties):
    """Two nodes over recording disks, joined by a bad line that notes what leaves."""

    seed: int = 0
    lie: Lie = ""
    spoil: float = 0.15

    def __post_init__(self) -> None:
        self.tapes = {party: Tape(RecordingDisk(f"tape-{next(_numbers)}")) for party in self.names}
        one, other = self.tapes.values()
        one.other, other.other = other.disk, one.disk
        self._lines = random.Random(self.seed)
        self.wrap = lambda line: BadLine(line, seed=self._lines.randrange(1 << 30), spoil=self.spoil)
        super().__post_init__()

    def open(self, party: str) -> Node:
        """Open a node over its recording disk."""
        home = Home(self.folder / party)
        store = taped_store(home.path / "node.db", self.tapes[party], self.lie)
        random_ = seeded_random("node", self.seed, party, next(self._commands))
        line = self._noting(party, self.wrap(self._line(party)))
        node = open_node(home, clock=self.clock, random=random_, transport=line, store=store)
        self.by_name[party] = node
        return node

    def _noting(self, sender: str, line: Transport) -> Transport:
        def carry(party: str, request: Request) -> Response:
            self.tapes[sender].acknowledge(*shown_by(request))
            return line(party, request)

        return carry

    def _line(self, sender: str) -> Transport:
        inner = super()._line(sender)

        def carry(party: str, request: Request) -> Response:
            response = inner(party, request)
            self.tapes[party].acknowledge(*answered_by(party, request, response))
            return response

        return carry

    def close(self) -> None:
        """Close the nodes and take the disks away."""
        super().close()
        for tape in self.tapes.values():
            tape.disk.close()


def shown_by(request: Request) -> list[Fact]:
    """Return what a node vouches for by sending a request."""
    if request.path == DELIVER:
        return _covered(request.body)
    if request.path == WITNESS:
        return [("checkpoint", *_head(read_add_checkpoint(request.body).note))]
    return []


def _covered(delivery: bytes) -> list[Fact]:
    head = read_delivery(delivery)[0]
    return [("batch", head.sender, head.recipient, head.first, head.count)]


def _head(note: bytes) -> tuple[str, int]:
    shown = read_checkpoint_text(read_note(note).text)
    return shown.origin, shown.size


def answered_by(party: str, request: Request, response: Response) -> list[Fact]:
    """Return what a node vouches for by its answer."""
    if response.status != 200:
        return []
    if request.path == WITNESS:
        return [("witnessed", *_head(read_add_checkpoint(request.body).note))]
    if request.path == AGAIN:
        return _covered(response.body)
    if request.path != DELIVER:
        return []
    answer = read_answer(response.body)
    facts: list[Fact] = [("witnessed", origin, size) for origin, size in answer.sizes]
    if answer.receipt:
        head = read_delivery(request.body)[0]
        receipt = act_hash(answer.receipt.partition("~")[0].encode())
        origin = f"{party}/{head.prg.partition('@')[0]}/shared"
        facts += [("act", receipt), ("leaf", origin, answer.index, receipt)]
        facts += [("checkpoint", *_head(answer.checkpoint.encode()))]
        facts += [("expect", head.sender, head.recipient, answer.expect)]
    return facts


@dataclass
class Day:
    """A recorded day: the folder of both homes and what each disk did."""

    folder: Path
    tapes: Mapping[str, Tape]
    now: int
    acts: int


def record(folder: Path, *, seed: int, steps: int, lie: Lie = "", spoil: float = 0.15) -> Day:
    """Let two nodes work for some steps, restarting and checkpointing in between, and return the recording."""
    chance = random.Random(seed)
    with TapedParties(folder, seed=seed, lie=lie, spoil=spoil) as parties:
        tapes = parties.tapes

        def answered(node: Node, id_: str, acts: tuple[str, ...]) -> None:
            facts: list[Fact] = [("act", act) for act in acts]
            tapes[node.own.party].acknowledge(("command", id_, " ".join(acts)), *facts)

        day = Matters(parties, chance, on_command=answered)
        for step in range(steps):
            _work(day, step)
            _tick(parties, chance)
            _disturb(parties, chance)
        acts = sum(len(tape.acknowledged) for tape in tapes.values())
        return Day(folder, tapes, parties.clock.now, acts)


def _work(day: Matters, step: int) -> None:
    if step % 6 == 0:
        day.ask()
    elif step % 6 == 3:
        day.send(day.chance.randrange(1, 4))
    else:
        day.advance()


def _tick(parties: Parties, chance: random.Random) -> None:
    for node in chance.sample(parties.nodes, len(parties.nodes)):
        if chance.random() < 0.8:
            node.tick()
        parties.clock.pass_(chance.choice((1, 5, 61)))


def _disturb(parties: Parties, chance: random.Random) -> None:
    """Now and then: a checkpoint that writes back, one that also cuts the WAL, or a restart."""
    party = chance.choice(parties.names)
    store = parties.by_name[party].own.store
    what: Callable[[], object] = chance.choice(
        [lambda: None] * 6 + [lambda: _write_back(store), store.scrub, lambda: _restart(parties, party)]
    )
    what()


def _write_back(store: Store) -> None:
    with store.read() as conn:
        raw = conn.connection.dbapi_connection
    assert raw is not None
    raw.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")


def _restart(parties: Parties, party: str) -> None:
    parties.by_name[party].close()
    parties.open(party)
