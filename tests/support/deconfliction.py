# SPDX-License-Identifier: Apache-2.0
"""Two sides of a private comparison in one process, with invented tokens; and one that cheats.

Worked example
    table = Table(common=5, alone=(20, 30))
    table.play()
    table.players[0].run.parts[0].result.size        is 5
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from itertools import count

from paridad.desks.targets.deconfliction.alarms import Watch
from paridad.desks.targets.deconfliction.commitments import Tree
from paridad.desks.targets.deconfliction.common import pairs_of
from paridad.desks.targets.deconfliction.messages import Decision, Growth, Logged, Message, Record, Said, Terms
from paridad.desks.targets.deconfliction.playing import Around, Player
from paridad.desks.targets.deconfliction.run import Agree, DecidePairs, OpenRecords, Propose
from paridad.desks.targets.deconfliction.setlog import SetLog, grow, record_entry
from paridad.desks.targets.deconfliction.tokens import Emitted, Snapshot, gather
from paridad.ledger.merkle import leaf_hash

PERSONS = (("ana", "luis"), ("mary", "john"))
TODAY = date(2026, 1, 1)


def chance(*seed: object) -> Callable[[int], bytes]:
    """Return a source that answers the same for the same seed."""
    numbers = count()

    def answer(size: int) -> bytes:
        made = b""
        while len(made) < size:
            made += sha256(repr((*seed, next(numbers))).encode()).digest()
        return made[:size]

    return answer


def terms(**changes: object) -> Terms:
    """Return the terms of a small run."""
    small: dict[str, object] = {
        "subject": "person", "purpose": "investigation", "basis": "agreement", "rules": sha256(b"rules").digest(),
        "tables": sha256(b"tables").digest(), "records": 64, "places": 64, "epsilon_ppm": 300, "batch": 16,
        "churn_cap": 64,
    }  # fmt: skip
    return Terms(**{**small, **changes})  # type: ignore[arg-type]


@dataclass
class Table:
    """Two players, what each has to compare, and everything that was said."""

    common: int = 5
    alone: tuple[int, int] = (20, 30)
    terms: Terms = field(default_factory=terms)
    seed: object = 0
    watch: tuple[Watch, Watch] = (Watch(), Watch())
    swapped: bool = False
    tamper: Callable[["Table", Said], Message] = lambda _, said: said.message
    """What a cheat makes of a message before it leaves."""
    around: tuple[Around, Around] = (Around(), Around())
    growth: tuple[Growth | None, Growth | None] = (None, None)
    entered_on: str = "2025-06-01"

    def __post_init__(self) -> None:
        self.emitted = (self._emitted(0), self._emitted(1))
        self.logs = (self._log(0), self._log(1))
        self.players = [self._player(0), self._player(1)]
        self.said: list[Said] = []

    def _emitted(self, who: int) -> list[Emitted]:
        mine = "BA"[who] if self.swapped else "AB"[who]
        size = self.alone[1 - who] if self.swapped else self.alone[who]
        keys = [(f"common {n}", f"{mine}-record-{n}") for n in range(self.common)]
        keys += [(f"only {mine} {n}", f"{mine}-record-{self.common + n}") for n in range(size)]
        return [Emitted("person", key.encode(), record, "SGD", 1) for key, record in keys]

    def _entry(self, record: str) -> tuple[bytes, bytes, str, str, bytes]:
        act, salt = sha256(record.encode()).digest(), sha256(b"salt" + record.encode()).digest()
        leaf, on = leaf_hash(record.encode()) if self.terms.logged else b"", self.entered_on
        return record_entry("added", act, "warrant 7", on, salt, leaf=leaf), act, "warrant 7", on, salt

    def own_log(self, who: int) -> Tree:
        """Return the log in which a side's acts stand."""
        return Tree.over(each.record.encode() for each in self.emitted[who])

    def logged(self, who: int, record: str) -> Logged | None:
        """Return where the act of a record stands in its owner's log."""
        if not self.terms.logged:
            return None
        place = [each.record for each in self.emitted[who]].index(record)
        path = self.own_log(who).path((place,))
        hashes = tuple(path[at : at + 32] for at in range(0, len(path), 32))
        return Logged(leaf_hash(record.encode()), place, hashes)

    def _log(self, who: int) -> SetLog:
        entries = [self._entry(each.record)[0] for each in self.emitted[who]]
        return grow(SetLog(), entries, cap=self.terms.churn_cap, chance=chance(self.seed, "log", who))

    def _player(self, who: int) -> Player:
        tokens, _ = gather(self.emitted[who])
        places = {each.record: number for number, each in enumerate(self.emitted[who])}
        seed = chance(self.seed, "seed", who)(32)
        return Player(who, Snapshot(seed, tokens, f"desk {who}", places), self.watch[who], around=self.around[who])

    def hand(self, side: int, messages: tuple[Message, ...]) -> None:
        """Carry messages of a side to the other."""
        for message in messages:
            said = Said(side, self.tamper(self, Said(side, message)))
            self.sent = said
            self.players[1 - side].take(said)
            self.said.append(said)

    def propose(self) -> None:
        """Play steps 0 and 1, up to the agreement."""
        first, second = self.players
        self.hand(0, first.command(Propose(self.terms, 0, self.logs[0].head, PERSONS[0], self.growth[0])))
        self.hand(1, second.command(Agree(self.terms, 0, self.logs[1].head, PERSONS[1], self.growth[1])))

    def settle(self) -> None:
        """Let both proceed until neither has anything to say."""
        while any(self.step(side) for side in (0, 1)):
            pass

    def step(self, side: int) -> bool:
        """Let one side say all it has to say."""
        said = self.players[side].proceed()
        self.hand(side, said)
        return bool(said)

    def to_pairs(self) -> None:
        """Play steps 0 to 7."""
        self.propose()
        self.settle()

    def play(self) -> None:
        """Play all steps: every pair is opened by both."""
        self.to_pairs()
        for side, player in enumerate(self.players):
            chosen = tuple(Decision("open", "lead") for _ in pairs_of(player.run))
            self.hand(side, player.command(DecidePairs(chosen, PERSONS[side])))
        self.settle()
        for side, player in enumerate(self.players):
            self.hand(side, player.command(OpenRecords(self.records(side))))
        self.settle()

    def records(self, side: int) -> dict[int, Record]:
        """Return what a side opens about each pair."""
        named = {self.players[side].snapshot.handle(each.record): each.record for each in self.emitted[side]}
        opened = {}
        for number, pair in enumerate(pairs_of(self.players[side].run)):
            record = named[pair.handles[side]]
            _, act, authority, entered_on, salt = self._entry(record)
            place = pair.places[side]
            proof = self.logs[side].inclusion(place)
            logged = self.logged(side, record)
            opened[number] = Record(number, authority, entered_on, act, salt, place, proof, logged)
        return opened
