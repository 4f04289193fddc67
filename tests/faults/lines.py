# SPDX-License-Identifier: Apache-2.0
"""Bad lines: parcels in bulk over a line that loses, repeats, cuts, garbles and swallows; and what arrived.

Rules
  - `over_bad_messages` spoils whole messages between two nodes in one process; `over_bad_wires` spoils the bytes
    under the TLS of two real node processes, in both directions.
  - Parcels go both ways in batches, until so many are sent or the time is over; then both nodes settle.
  - What was queued, in its order, is compared with what the other side filed, in its order: nothing lost, nothing
    twice, nothing out of order. Figures tell what was reached.

Worked example
    over_bad_messages(folder, parcels=3000, seed=1)        is Carried(parcels=3072, lost=0, twice=0, out_of_order=0, …)
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM

from faults.facts import contradictions, disagreements, open_plain
from faults.matters import AGENCIES
from faults.nursery import PARTIES, Nursery, Unanswered, ask, found, free_ports, wait_for_door
from faults.plain import send_plain
from paridad.node.node import Node
from support.bad_line import BadLine, BadWire
from support.two_nodes import Parties

BATCH = 256
BACKLOG = 4 * BATCH
TOLD = 20 * BATCH
SETTLING_ROUNDS = 400
SETTLING_SECONDS = 180.0
PATIENCE_SECONDS = 60.0


@dataclass
class Carried:
    """What became of the parcels of a run."""

    parcels: int = 0
    lost: int = 0
    twice: int = 0
    out_of_order: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    """What the line did, by name."""
    attempts: int = 0
    """Deliveries that brought no receipt, and were repeated."""
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Carried") -> None:
        """Count another run in."""
        for name in ("parcels", "lost", "twice", "out_of_order", "attempts"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.faults += other.faults
        self.wrong = (self.wrong + other.wrong)[:20]


def over_bad_messages(folder: Path, *, parcels: int, seed: int, spoil: float = 0.3, batch: int = BATCH) -> Carried:
    """Send parcels between two nodes of this process, whose messages are spoilt."""
    lines: list[BadLine] = []

    def wrap(line: Callable[..., object]) -> BadLine:
        lines.append(BadLine(line, seed=seed + len(lines), spoil=spoil))  # type: ignore[arg-type]
        return lines[-1]

    queued: dict[str, list[str]] = {party: [] for party in PARTIES}
    done = Carried()
    with Parties(folder, wrap=wrap) as parties:
        for node in parties.nodes:
            node.batch = batch
        while done.parcels < parcels:
            for sender, receiver in (PARTIES, PARTIES[::-1]):
                own = parties.by_name[sender].own
                queued[sender] += send_plain(own, AGENCIES[sender], AGENCIES[receiver], batch, now=parties.clock())
                done.parcels += batch
            parties.settle(1, step=30)
        for _ in range(SETTLING_ROUNDS):
            parties.settle(1, step=901)
            if not any(map(_waiting, parties.nodes)):
                break
    done.faults = sum((line.done for line in lines), Counter())
    count_arrivals(folder, queued, done)
    return done


def _waiting(node: Node) -> int:
    with node.own.store.read() as conn:
        return int(conn.exec_driver_sql("SELECT count(*) FROM outbox WHERE state != 'cosigned'").one()[0])


def over_bad_wires(
    folder: Path,
    *,
    parcels: int,
    seed: int,
    until: float = float("inf"),
    spoil: float = 0.25,
    tell: Callable[[str], None] = lambda _line: None,
) -> Carried:
    """Send parcels between two node processes over spoilt wires, until so many are queued or the time is `until`."""
    ports = dict(zip(PARTIES, free_ports(len(PARTIES)), strict=True))
    wires = {
        party: BadWire(lambda party=party: ports[party], seed=seed + n, spoil=spoil, lifetime=3_000_000)  # type: ignore[misc]
        for n, party in enumerate(PARTIES)
    }
    for wire in wires.values():
        wire.start()
    found(folder, ports, {party: wire.port for party, wire in wires.items()})
    queued: dict[str, list[str]] = {party: [] for party in PARTIES}
    done = Carried()
    with Nursery(folder, batch=BATCH) as nursery:
        for party in PARTIES:
            nursery.start(party)
            wait_for_door(folder / party)
        while done.parcels < parcels and time.monotonic() < until:
            done.parcels += sum(_feed(folder / party, party, queued[party]) for party in PARTIES)
            if done.parcels % TOLD == 0:
                tell(f"  {done.parcels} parcels queued")
        done.wrong += _settle(folder, nursery)
    for wire in wires.values():
        done.faults += wire.done
        wire.stop()
    count_arrivals(folder, queued, done)
    return done


def _feed(home: Path, party: str, queued: list[str]) -> int:
    """Queue a batch at a node that has not too much to carry; return how many parcels were queued."""
    if ask(home, "waiting", {}, patience=PATIENCE_SECONDS) > BACKLOG:
        time.sleep(0.05)
        return 0
    id_ = f"{party}-{len(queued)}"
    queued += ask(home, "plain", {"id": id_, "count": BATCH}, patience=PATIENCE_SECONDS)
    return BATCH


def _settle(folder: Path, nursery: Nursery) -> list[str]:
    """Wait until nothing waits on either side, then end both nodes."""
    deadline = time.monotonic() + SETTLING_SECONDS
    waiting: Mapping[str, int] = dict.fromkeys(PARTIES, 1)
    while any(waiting.values()) and time.monotonic() < deadline:
        time.sleep(0.1)
        try:
            waiting = {party: ask(folder / party, "waiting", {}, patience=PATIENCE_SECONDS) for party in PARTIES}
        except Unanswered as error:
            return [f"a node does not answer: {error}", *(nursery.complaints(party) for party in PARTIES)]
    codes = {party: nursery.end(party, SIGTERM) for party in PARTIES}
    wrong = [f"{party}: {count} parcels still wait" for party, count in waiting.items() if count]
    return wrong + [f"{party}: ended with {code}" for party, code in codes.items() if code]


def count_arrivals(folder: Path, queued: Mapping[str, Sequence[str]], done: Carried) -> None:
    """Compare what was queued with what was filed, and both databases with each other."""
    databases = {party: open_plain(folder / party / "node.db") for party in PARTIES}
    for party, other in (PARTIES, PARTIES[::-1]):
        mine, theirs = databases[party], databases[other]
        came = [
            hash_
            for (hash_,) in theirs.execute(
                "SELECT act_hash FROM inbound_parcels WHERE sender = ? AND verdict = 'accepted' ORDER BY position",
                (AGENCIES[party],),
            )
        ]
        times = Counter(came)
        done.lost += sum(hash_ not in times for hash_ in queued[party])
        done.twice += sum(count - 1 for count in times.values())
        done.out_of_order += sum(a != b for a, b in zip(queued[party], came, strict=False))
        done.attempts += mine.execute("SELECT coalesce(sum(attempts - 1), 0) FROM batches").fetchone()[0]
        done.wrong += [f"{party}: {line}" for line in (*contradictions(mine), *disagreements(mine, theirs))][:20]
    for conn in databases.values():
        conn.close()
    found_wrong = (("lost", done.lost), ("twice", done.twice), ("out of order", done.out_of_order))
    done.wrong += [f"{what}: {count}" for what, count in found_wrong if count]
