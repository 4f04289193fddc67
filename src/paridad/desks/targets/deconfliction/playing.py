# SPDX-License-Identifier: Apache-2.0
"""One side of a run, from its commands and what arrives: checks, folds, answers, looks for alarms, and resumes.

Rules
  - A player is rebuilt from its snapshot and the messages on record: `resume` gives what was there before, and what it
    says again is the same to the bit.
  - The same message again has no second effect; another one in its place is a conflict: neither is folded.
  - What breaks a check is kept with the run before it, and is never folded. The run then is for persons to abort.
  - After each opened batch the alarms are looked at, and when records are opened the age of their authority; while one
    stands, this side opens nothing.

Worked example
    player = Player(0, snapshot)
    out = player.command(Propose(…))
    player.take(Said(1, agreement)); out = player.proceed()
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from paridad.base.words import Words
from paridad.desks.targets.deconfliction import alarms, group
from paridad.desks.targets.deconfliction.alarms import Watch
from paridad.desks.targets.deconfliction.checks import check
from paridad.desks.targets.deconfliction.common import answers_to, common_of, pairs_of
from paridad.desks.targets.deconfliction.errors import NotNow, RunBroken
from paridad.desks.targets.deconfliction.messages import (
    Commitment,
    Decision,
    GoOn,
    Head,
    ListSent,
    Message,
    Said,
    digest_of,
)
from paridad.desks.targets.deconfliction.run import (
    Answers,
    Command,
    DecidePairs,
    OpenRecords,
    Own,
    Proceed,
    Raise,
    decide,
)
from paridad.desks.targets.deconfliction.state import Run, evolve
from paridad.desks.targets.deconfliction.tokens import NO_TOKEN, Snapshot, Spread, Token, evaluate, prepare
from paridad.desks.targets.deconfliction.weights import weight_of


@dataclass(frozen=True, slots=True)
class Around:
    """What a side knows from its own node, beside what the run says."""

    earlier: tuple[Head | None, Head | None] = (None, None)
    """Heads of both set logs that the earlier run of this class named."""
    on: date | None = None
    """Day of the run, to which the age of an authority is counted."""
    seen: Head | None = None
    """Head of the other side's own log that this side cosigned last."""
    known: Callable[[Head], bool] = lambda _: True
    """Whether a head is one that the own log signed."""


@dataclass
class Player:
    """One side of one run."""

    side: int
    snapshot: Snapshot
    watch: Watch = field(default_factory=Watch)
    spread: Spread = map
    run: Run = field(default_factory=Run)
    evidence: tuple[Run, Said, RunBroken] | None = None
    """The run before the message that broke it, that message, and what it broke."""
    around: Around = field(default_factory=Around)

    def __post_init__(self) -> None:
        self.run = replace(self.run, earlier=self.around.earlier)
        self._own = Own(self.side, self.snapshot, seen=self.around.seen)
        self._seen: set[bytes] = set()
        self._looked = 0
        self._opened = 0
        self._hits: list[int] = []
        self._mine: set[bytes] = set()
        self._passed: frozenset[str] = frozenset()

    @classmethod
    def resume(cls, player: "Player", said: Iterable[Said]) -> "Player":
        """Return a player with the same secrets, at the point to which the messages on record lead."""
        fresh = cls(player.side, player.snapshot, player.watch, player.spread, around=player.around)
        for each in said:
            fresh.recall(each)
        return fresh

    @property
    def decided(self) -> tuple[Decision, ...]:
        """The decisions of this side about the pairs; what was committed to cannot be found again from the record."""
        return self._own.decided

    @decided.setter
    def decided(self, decisions: tuple[Decision, ...]) -> None:
        self._own = replace(self._own, decided=decisions)

    def command(self, command: Command) -> tuple[Message, ...]:
        """Carry out a command of this side and return what it says; a pause instead where records raise an alarm."""
        if isinstance(command, OpenRecords) and (raised := self._new(self._of_records())):
            command = Raise(" ".join(raised))
        messages = decide(self.run, command, self._own)
        if isinstance(command, DecidePairs):
            self.decided = command.decisions
        for message in messages:
            self._fold(Said(self.side, message))
        return messages

    def proceed(self) -> tuple[Message, ...]:
        """Say all that follows from what was said."""
        said: list[Message] = []
        while True:
            self._prepare()
            if raised := self._alarms():
                said += self.command(Raise(" ".join(raised)))
            step = self.command(Proceed())
            said += step
            if not step:
                return tuple(said)

    def take(self, said: Said) -> None:
        """Take in one message of the other side: check, fold, or keep as evidence and raise."""
        if said.side == self.side:
            raise NotNow(Words(es="Un acto propio no llega de fuera.", en="An own act does not come from outside."))
        if digest_of(said.message) in self._seen:
            return
        try:
            check(self.run, said)
            self._demand_not_mirrored(said)
            self._demand_known(said)
        except RunBroken as error:
            self.evidence = self.evidence or (self.run, said, error)
            raise
        self._fold(said)

    def bring(self, tokens: Sequence[Token], places: Mapping[str, int]) -> None:
        """Settle the tokens, which waited for the concentrations of both; once, and before anything of them is said."""
        if self.snapshot.settled:
            raise NotNow(Words(es="La lista ya quedó fijada.", en="The list is fixed already."))
        self.snapshot = replace(self.snapshot, tokens=tuple(tokens), places=places, settled=True)
        self._own = replace(self._own, snapshot=self.snapshot)

    def weights(self) -> tuple[int, ...]:
        """Return what each pair weighs, in 1/1000 bit: both sides hold the common keys and compute the same."""
        run, tokens = self.run, self.snapshot.tokens
        held = [self._tokens([match.positions[self.side]])[0] for match in common_of(run)]
        return tuple(weight_of(tokens[held[number]].parts for number in pair.matches) for pair in pairs_of(run))

    def recall(self, said: Said) -> None:
        """Fold a message that is on record already."""
        self._fold(said)

    def _demand_not_mirrored(self, said: Said) -> None:
        """Demand that no own point comes back, also before the own list has left (step 3)."""
        own, message = self._own.prepared, said.message
        if own is None or not isinstance(message, ListSent):
            return
        if not set(group.points_of(own.points)).isdisjoint(group.points_of(message.points)):
            es, en = "la lista trae puntos de la otra parte", "the list holds points of the other side"
            raise RunBroken(3, said.side, Words(es=f"Paso 3: {es}.", en=f"Step 3: {en}."))

    def _demand_known(self, said: Said) -> None:
        """Demand that what the other side says to have cosigned is a head of the own log (step 2)."""
        message = said.message
        if isinstance(message, Commitment) and message.seen and not self.around.known(message.seen):
            es, en = "nombra una cabeza que nuestra bitácora no firmó", "it names a head that our log did not sign"
            raise RunBroken(2, said.side, Words(es=f"Paso 2: {es}.", en=f"Step 2: {en}."))

    def _fold(self, said: Said) -> None:
        if said.side != self.side:
            self._seen.add(digest_of(said.message))
        elif isinstance(said.message, GoOn):
            self._passed |= {name for side, alarm in self.run.alarms if side == self.side for name in alarm.split()}
        self.run = evolve(self.run, said)

    def _prepare(self) -> None:
        """Compute the own list as soon as there is a context, and the answers as soon as the other list is here."""
        if self.run.start is None or not self.snapshot.settled:
            return
        if self._own.prepared is None:
            prepared = prepare(self.snapshot, self.run.context, self.run.terms.places, spread=self.spread)
            self._own = replace(self._own, prepared=prepared)
        listed = self.run.parts[1 - self.side].listed
        if self._own.answers is None and listed is not None:
            flat = self.answer(listed.points)
            self._own = replace(self._own, answers=Answers.over(flat))
            self._mine = set(group.points_of(flat))

    def answer(self, points: bytes) -> bytes:
        """Return the answers to the other side's list."""
        return evaluate(self.snapshot, points, spread=self.spread)

    def _alarms(self) -> tuple[str, ...]:
        """Return the alarms that nobody has looked at yet."""
        return self._new((*self._of_batches(), *self._of_records())) if self.run.abort is None else ()

    def _new(self, raised: Iterable[str]) -> tuple[str, ...]:
        """Return those of some alarms that neither stand nor were passed over by persons."""
        standing = {name for side, alarm in self.run.alarms if side == self.side for name in alarm.split()}
        return tuple(each for each in raised if each not in self._passed | standing)

    def _of_batches(self) -> tuple[str, ...]:
        opened = len(self.run.parts[1 - self.side].openings)
        if opened == self._looked:
            return ()
        for point, at in answers_to(self.run, self.side, since=self._looked):
            held = self._tokens([at])
            self._opened += len(held)
            if point in self._mine:
                self._hits += held
        self._looked = opened
        return alarms.look(self.watch, opened=self._opened, hits=self._hits)

    def _of_records(self) -> tuple[str, ...]:
        """Return the alarm of records that the other side opened, on the day of the run."""
        records, on = self.run.parts[1 - self.side].records, self.around.on
        if records is None or on is None:
            return ()
        return alarms.young((each.entered_on for each in records.records), on, self.run.terms.young_days)

    def hits(self) -> tuple[int, ...]:
        """Return the numbers of the own tokens that the other list holds, as far as batches are open."""
        return self._tokens(at for point, at in answers_to(self.run, self.side) if point in self._mine)

    def _tokens(self, positions: Iterable[int]) -> tuple[int, ...]:
        if self._own.prepared is None:
            return ()
        holders = (self._own.prepared.holders[at] for at in positions)
        return tuple(holder for holder in holders if holder != NO_TOKEN)
