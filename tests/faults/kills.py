# SPDX-License-Identifier: Apache-2.0
"""SIGKILL: two real node processes under load, one of them killed at a random point, again and again.

Rules
  - Officers keep asking at both doors; a question without an answer is repeated under the same identifier until it is
    answered (what a command line does by hand). What was answered is acknowledged.
  - A kill comes while the node starts, or while it works; the next start follows at once.
  - At the end both nodes settle. Then: every acknowledged act is in its node and came to the other exactly once, each
    command was carried out once, and neither database contradicts itself or the other.
  - A kill says nothing about power: the page cache survives it (spine 8.1).

Worked example
    with fast_folder() as folder: kill_nodes(folder, kills=20, seed=1)       is Killed(kills=20, …, wrong=[])
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM

from faults.facts import contradictions, disagreements, open_plain
from faults.nursery import PARTIES, Nursery, Unanswered, ask, found, free_ports, wait_for_door
from faults.plain import KIND
from paridad.base.strict import JsonValue
from paridad.folio.naming import folio_name

SETTLING_SECONDS = 90.0
LIFE_SECONDS = 0.15
"""How long a node is let work at most before the next kill."""


@dataclass
class Killed:
    """What came of a run."""

    kills: int = 0
    at_start: int = 0
    """Kills before the node had answered anything."""
    commands: int = 0
    acts: int = 0
    """Acts that were acknowledged to an officer."""
    repeated: int = 0
    """Questions that had to be asked again."""
    lost: int = 0
    twice: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Killed") -> None:
        """Count another run in."""
        for name in ("kills", "at_start", "commands", "acts", "repeated", "lost", "twice"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong = (self.wrong + other.wrong)[:20]


@dataclass
class Officers:
    """Somebody at the door of one node who insists on answers."""

    home: Path
    party: str
    chance: random.Random
    stop: threading.Event
    operation: str = "plain"
    answered: dict[str, list[str]] = field(default_factory=dict)
    """Acts by command identifier."""
    repeated: int = 0
    alive: threading.Event = field(default_factory=threading.Event)
    """Set whenever the node answers."""

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._insist, daemon=True)
        self.thread.start()

    def _insist(self) -> None:
        number = 0
        while not self.stop.is_set():
            number += 1
            self._until_answered(number)
            time.sleep(self.chance.random() * 0.03)

    def _until_answered(self, number: int) -> None:
        id_ = f"{self.party}-{number}"
        operation, arguments = self._question(number, id_)
        while True:
            try:
                self.answered[id_] = ask(self.home, operation, arguments)
            except Unanswered:
                self.repeated += 1
                time.sleep(0.01)
            else:
                self.alive.set()
                return

    def _question(self, number: int, id_: str) -> tuple[str, Mapping[str, JsonValue]]:
        if number % 10 == 1:
            return "ask", {"id": id_, "folio": folio_name(self.party, 2026, number)}
        return self.operation, {"id": id_, "count": self.chance.randrange(1, 4)}


def kill_nodes(folder: Path, *, kills: int, seed: int, operation: str = "plain") -> Killed:
    """Kill the nodes of a fresh pair so many times, let them settle, and say what is wrong."""
    chance = random.Random(seed)
    ports = dict(zip(PARTIES, free_ports(len(PARTIES)), strict=True))
    found(folder, ports, ports)
    done = Killed()
    with Nursery(folder) as nursery:
        for party in PARTIES:
            nursery.start(party)
            wait_for_door(folder / party)
        stop = threading.Event()
        officers = {
            party: Officers(folder / party, party, random.Random(f"{seed} {party}"), stop, operation)
            for party in PARTIES
        }
        for _ in range(kills):
            _kill(nursery, officers, chance, done)
        stop.set()
        for each in officers.values():
            each.thread.join()
        done.wrong += _settle(folder, nursery)
        done.wrong += [f"{party}: {line}" for party in PARTIES for line in _fell(nursery, party)]
    _count(folder, officers, done)
    return done


def _kill(nursery: Nursery, officers: Mapping[str, Officers], chance: random.Random, done: Killed) -> None:
    party = chance.choice(PARTIES)
    if chance.random() < 0.25:
        time.sleep(chance.random() * LIFE_SECONDS / 2)
    else:
        officers[party].alive.wait(20)
        time.sleep(chance.random() * LIFE_SECONDS)
    done.at_start += not officers[party].alive.is_set()
    nursery.end(party)
    officers[party].alive.clear()
    nursery.start(party)
    done.kills += 1


def _settle(folder: Path, nursery: Nursery) -> list[str]:
    """Wait until nothing waits on either side, then end both nodes in peace."""
    deadline = time.monotonic() + SETTLING_SECONDS
    waiting: Mapping[str, int] = {}
    while time.monotonic() < deadline:
        for party in PARTIES:
            wait_for_door(folder / party)
        waiting = {party: ask(folder / party, "waiting", {}) for party in PARTIES}
        if not any(waiting.values()):
            break
        time.sleep(0.1)
    codes = {party: nursery.end(party, SIGTERM) for party in PARTIES}
    wrong = [f"{party}: {count} parcels still wait" for party, count in waiting.items() if count]
    return wrong + [f"{party}: ended with {code}" for party, code in codes.items() if code]


def _fell(nursery: Nursery, party: str) -> Iterator[str]:
    """Return the exceptions that a node wrote to its log."""
    lines = nursery.complaints(party).splitlines()
    return (line for before, line in zip(["", *lines], lines, strict=False) if _is_fault(before, line))


def _is_fault(before: str, line: str) -> bool:
    return before.startswith("  ") and not line.startswith(" ") and "Error" in line


def _count(folder: Path, officers: Mapping[str, Officers], done: Killed) -> None:
    """Compare what was answered with what is on record, on both sides."""
    databases = {party: open_plain(folder / party / "node.db") for party in PARTIES}
    for party, other in (PARTIES, PARTIES[::-1]):
        mine, theirs = databases[party], databases[other]
        answered = officers[party].answered
        on_record = {id_: acts.split() for id_, acts in mine.execute("SELECT id, acts FROM commands")}
        held = {hash_ for (hash_,) in mine.execute("SELECT hash FROM acts WHERE ours = 1")}
        came = Counter(hash_ for (hash_,) in theirs.execute("SELECT act_hash FROM inbound_parcels"))
        acts = [hash_ for hashes in answered.values() for hash_ in hashes]
        done.commands += len(answered)
        done.acts += len(acts)
        done.repeated += officers[party].repeated
        done.lost += sum(on_record.get(id_) != hashes for id_, hashes in answered.items())
        done.lost += sum(hash_ not in held or not came[hash_] for hash_ in acts)
        done.twice += sum(came[hash_] > 1 for hash_ in acts)
        said = "SELECT count(*) FROM acts WHERE ours = 1 AND knd IN (?, 'folio/request/1')"
        done.twice += mine.execute(said, (KIND,)).fetchone()[0] - sum(map(len, on_record.values()))
        done.wrong += [f"{party}: {line}" for line in (*contradictions(mine), *disagreements(mine, theirs))]
    for conn in databases.values():
        conn.close()
    done.wrong += [f"{what}: {count}" for what, count in (("lost", done.lost), ("twice", done.twice)) if count]
