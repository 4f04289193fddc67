# SPDX-License-Identifier: Apache-2.0
"""Power cuts: every moment of a recorded day, every disk that could come back, and what the database then says.

Rules
  - A database that comes back is, to the byte, one of the states that there have been, and no older than the last one
    that a commit had answered for. Anything else is damage or loss, and is counted as such.
  - Each such state, once: `contradictions` finds nothing, and everything that had left the node by then is in it.
  - The store's own code opens a sample: `Store.open`, `reconcile`, `full_recompute`.
  - Of another sample the node starts again beside the other one as it lived at that moment; when both have settled,
    their streams tell the same, and both still work.
  - The same counting over a disk that lies must find losses and damage; without that, zero means nothing.

Worked example
    cuts = cut_power(record(folder, seed=7, steps=20), scratch, seed=7, every=10)
    cuts.images, cuts.corrupt, cuts.lost         is (2604, 0, 0)
"""

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from faults.facts import Facts, contradictions, disagreements, facts_of, open_plain
from faults.matters import AGENCIES
from faults.plain import send_plain
from faults.recording import LIES, Day, Tape, digest_of, record
from paridad.base.errors import ParidadError
from paridad.exchange.transport import Request, Response, Transport
from paridad.ledger import log
from paridad.node.composing import open_node
from paridad.node.home import Home
from paridad.node.node import Node
from paridad.store.engine import Store
from paridad.store.ledger import SqlLedgerStore, origins
from support.crash_disk import CrashImage, crash_images
from support.programmes import seeded_random
from support.two_nodes import TestClock

NAME = "node.db"
SETTLING_ROUNDS = 12


@dataclass
class Cuts:
    """What became of the images of a day."""

    images: int = 0
    states: int = 0
    """Different databases that came back."""
    corrupt: int = 0
    """Images that do not open or hold a state that never was."""
    lost: int = 0
    """Images older than what had been acknowledged."""
    contradictory: int = 0
    reopened: int = 0
    """Images that the store's own code opened."""
    restarted: int = 0
    """Images from which a node started beside the living other one."""
    cases: list[str] = field(default_factory=list)
    """What was found, in words."""
    lies: dict[str, dict[str, int]] = field(default_factory=dict)
    """What was found on disks that lie; of each there must be something."""

    def add(self, other: "Cuts") -> None:
        """Count another day in."""
        for name in ("images", "states", "corrupt", "lost", "contradictory", "reopened", "restarted"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.cases = (self.cases + other.cases)[:20]
        self.lies |= other.lies


@dataclass
class Judge:
    """Looks at images of one tape; each state is examined once, each image is placed among the states."""

    tape: Tape
    scratch: Path
    cuts: Cuts

    def __post_init__(self) -> None:
        self.number = {state.digest: number for number, state in enumerate(self.tape.states)}
        self._facts: dict[bytes, Facts] = {}
        self._held: dict[tuple[bytes, int], bool] = {}

    def judge(self, image: CrashImage) -> None:
        """Count an image in."""
        self.cuts.images += 1
        states, acknowledged = map(int, image.acknowledged[-1].split()) if image.acknowledged else (0, 0)
        try:
            digest = self._recover(image)
        except sqlite3.DatabaseError as error:
            self._note("corrupt", f"cut {image.cut}: {error}")
            return
        number = self.number.get(digest)
        if number is None and self._facts[digest].exact:
            self._note("corrupt", f"cut {image.cut}: a state that never was")
        elif (came_back := 0 if number is None else number + 1) < states:
            self._note("lost", f"cut {image.cut}: state {came_back} came back, {states} had been acknowledged")
        elif not self._all_there(digest, acknowledged):
            missing = self._facts[digest].missing(self.tape.acknowledged[:acknowledged])
            self._note("lost", f"cut {image.cut}: {missing[:3]}")

    def _all_there(self, digest: bytes, acknowledged: int) -> bool:
        key = (digest, acknowledged)
        if key not in self._held:
            self._held[key] = not self._facts[digest].missing(self.tape.acknowledged[:acknowledged])
        return self._held[key]

    def _recover(self, image: CrashImage) -> bytes:
        """Let SQLite recover an image; return the digest of what came back, examined if it is new."""
        self.put(image, self.scratch)
        conn = open_plain(self.scratch / NAME)
        try:
            conn.execute("PRAGMA synchronous=OFF")
            tables = conn.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
            digest = digest_of(conn.serialize() if tables else b"")
            if digest not in self._facts:
                self._examine(conn, digest)
        finally:
            conn.close()
        return digest

    def _examine(self, conn: sqlite3.Connection, digest: bytes) -> None:
        wrong = contradictions(conn)
        if any(line.startswith("damaged") for line in wrong):
            raise sqlite3.DatabaseError(wrong[0])
        self.cuts.states += 1
        self._facts[digest] = facts_of(conn)
        for line in wrong:
            self._note("contradictory", line)

    def put(self, image: CrashImage, folder: Path) -> None:
        """Write an image into a folder in place of the one before."""
        for path in folder.iterdir():
            if path.name not in image.files:
                path.unlink()
        image.write_to(folder)

    def _note(self, what: str, case: str) -> None:
        setattr(self.cuts, what, getattr(self.cuts, what) + 1)
        if len(self.cuts.cases) < 20:
            self.cuts.cases.append(f"{what}: {case}")


def cut_power(
    day: Day, scratch: Path, *, seed: int, per_cut: int = 3, every: int = 1, reopen: int = 500, restart: int = 0
) -> Cuts:
    """Cut the power at each `every`-th moment of both disks; open one in `reopen`, restart one in `restart` images."""
    cuts = Cuts()
    for party, tape in day.tapes.items():
        with TemporaryDirectory(dir=scratch) as folder:
            judge = Judge(tape, Path(folder), cuts)
            for image in crash_images(tape.disk.journal, seed=seed, per_cut=per_cut, every=every):
                judge.judge(image)
                if reopen and cuts.images % reopen == 0:
                    cuts.cases += _reopened(judge, image, scratch)
                    cuts.reopened += 1
                if restart and cuts.images % restart == 0 and image.acknowledged:
                    cuts.cases += restarted(day, party, image, scratch)
                    cuts.restarted += 1
    return cuts


def lies_found(scratch: Path) -> dict[str, dict[str, int]]:
    """Record a short day over each disk that lies, and count what its cuts cost."""
    found: dict[str, dict[str, int]] = {}
    for number, lie in enumerate(LIES):
        day = record(scratch / f"lie-{number}", seed=2, steps=4, lie=lie)
        cuts = cut_power(day, scratch, seed=2, every=15, reopen=0)
        found[lie] = {"images": cuts.images, "lost": cuts.lost, "corrupt": cuts.corrupt}
    return found


def _reopened(judge: Judge, image: CrashImage, scratch: Path) -> list[str]:
    """Open an image with the store's own code and let it confirm every log."""
    with TemporaryDirectory(dir=scratch) as folder:
        judge.put(image, Path(folder))
        try:
            with Store.open(f"sqlite:///{folder}/{NAME}") as store, store.write() as conn:
                for origin in origins(conn):
                    log.reconcile(SqlLedgerStore(conn), origin)
                    log.full_recompute(SqlLedgerStore(conn), origin)
        except ParidadError as error:
            return [f"reopening, cut {image.cut}: {error.words.en}"]
    return []


def restarted(day: Day, party: str, image: CrashImage, scratch: Path) -> list[str]:
    """Start a node from an image beside the other one as it was at that moment; return what is wrong at the end."""
    (other,) = set(day.tapes) - {party}
    with TemporaryDirectory(dir=scratch) as folder:
        for name in (party, other):
            shutil.copytree(day.folder / name, Path(folder) / name, ignore=shutil.ignore_patterns(f"{NAME}*"))
        image.write_to(Path(folder) / party)
        (Path(folder) / other / NAME).write_bytes(_living(day, party, other, image.cut))
        try:
            _settle(Path(folder), party, other, day.now, image.cut)
        except ParidadError as error:
            return [f"restart of {party}, cut {image.cut}: {error.words.en}"]
        return [
            f"restart of {party}, cut {image.cut}: {line}"
            for line in compare(Path(folder) / party, Path(folder) / other)
        ]


def _living(day: Day, party: str, other: str, cut: int) -> bytes:
    """Return the other node's database at the moment of a cut of this node's disk."""
    theirs = day.tapes[other]
    there = [number for number, state in enumerate(theirs.states) if state.elsewhere <= cut]
    return theirs.content(there[-1]) if there else b""


def _settle(folder: Path, party: str, other: str, now: int, seed: int) -> None:
    clock = TestClock(now)
    nodes = {
        name: open_node(Home(folder / name), clock=clock, random=seeded_random("restart", seed, name))
        for name in (party, other)
    }
    try:
        for name, node in nodes.items():
            node.transport = _line(nodes, name)
        send_plain(nodes[party].own, AGENCIES[party], AGENCIES[other], 1, now=now)
        for _ in range(SETTLING_ROUNDS):
            for node in nodes.values():
                node.tick()
            clock.pass_(901)
    finally:
        for node in nodes.values():
            node.close()


def _line(nodes: Mapping[str, Node], sender: str) -> Transport:
    def carry(to: str, request: Request) -> Response:
        return nodes[to].edge(request, sender)

    return carry


def compare(one: Path, other: Path) -> Iterator[str]:
    """Return what is wrong in two settled nodes' databases, each by itself and one against the other."""
    first, second = open_plain(one / NAME), open_plain(other / NAME)
    try:
        yield from contradictions(first)
        yield from contradictions(second)
        yield from disagreements(first, second)
        yield from disagreements(second, first)
    finally:
        first.close()
        second.close()
