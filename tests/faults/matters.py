# SPDX-License-Identifier: Apache-2.0
"""Matters that go their way: what two parties do all day, chosen by chance, for runs that are disturbed on purpose.

Rules
  - `Matters` does nothing that an officer may not do: every step is a command of the folio or a record of an agency.
  - Chance is a parameter; the same seed gives the same day.
  - A step whose time has not come (the other side has not heard yet) does nothing and says so.
  - Every erased field carries a marker, so that its plaintext can be looked for afterwards.

Worked example
    day = Matters(parties, random.Random(7))
    day.ask(); parties.settle(2); day.advance()          is "acknowledge": the matter went one step further
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from faults.plain import send_plain
from paridad.folio.commands import (
    Acknowledge,
    Answer,
    Ask,
    AttestPurge,
    Close,
    Command,
    Derived,
    FileOutcome,
    Given,
    Recall,
)
from paridad.folio.naming import folio_name
from paridad.folio.state import Folio
from paridad.node.node import Node
from paridad.node.purging import backups_by, derived_items
from paridad.node.reading import load_folio
from support.two_nodes import Parties

DOSSIER = "targets/dossier/1"
PATHS = ("name", "subject_type")
AGENCIES = {"MX": "MX/FGR", "US": "US/DOJ"}
"""Who speaks for each party of the shipped programme."""


@dataclass
class Matter:
    """One folio, who asks and who is asked."""

    folio: str
    asking: str
    asked: str
    record: str = ""
    marker: str = ""


@dataclass
class Matters:
    """The folios of a run, and how far each has come."""

    parties: Parties
    chance: random.Random
    agencies: Mapping[str, str] = field(default_factory=lambda: AGENCIES)
    on_command: Callable[[Node, str, tuple[str, ...]], None] = lambda _node, _id, _acts: None
    """Told of every command that was answered: the node, the command's identifier, the acts."""
    matters: list[Matter] = field(default_factory=list)
    erased: list[Matter] = field(default_factory=list)
    commands: int = 0

    def ask(self) -> Matter:
        """Open a folio, from either party."""
        asking, asked = self.chance.sample(self.parties.names, 2)
        number = 1 + sum(each.asking == asking for each in self.matters)
        matter = Matter(folio_name(asking, 2026, number), asking, asked)
        charter = self._node(asking).own.keys.current
        conduct = charter.conduct
        self.matters.append(matter)
        self._say(
            matter,
            Ask(
                officer="",
                agency=self.agencies[asking],
                to=self.agencies[asked],
                handling=conduct.handling,
                purpose=next(iter(charter.purposes)),
                basis=conduct.basis,
                urgency=next(iter(charter.urgencies)),
                question="¿Quién es?",
            ),
        )
        return matter

    def advance(self) -> str:
        """Take one matter a step further; return the step's name, empty where none can go on."""
        for matter in self.chance.sample(self.matters, len(self.matters)):
            for step in (self._acknowledge, self._answer, self._recall, self._attest, self._outcome, self._close):
                if name := step(matter):
                    return name
        return ""

    def send(self, count: int) -> list[str]:
        """Send plain acts from one party to the other; return their hashes."""
        sender, receiver = self.chance.sample(self.parties.names, 2)
        own = self._node(sender).own
        return send_plain(own, self.agencies[sender], self.agencies[receiver], count, now=self.parties.clock())

    def _acknowledge(self, matter: Matter) -> str:
        state = self._folio(matter, matter.asked)
        if state.request is None or state.acknowledged_at is not None or state.releases:
            return ""
        return self._say(matter, Acknowledge(officer="", agency=self.agencies[matter.asked]))

    def _answer(self, matter: Matter) -> str:
        state = self._folio(matter, matter.asked)
        if state.acknowledged_at is None or state.releases:
            return ""
        if not matter.record:
            matter.marker = f"MARCA{self.chance.getrandbits(64):016X}"
            fields = {"subject_type": "person", "state": "current", "name": matter.marker}
            request = state.request
            assert request is not None
            matter.record = self.parties.record(
                self.agencies[matter.asked],
                DOSSIER,
                fields,
                handling=request.handling,
                purpose=request.purpose,
                basis=request.basis,
            )
        given = tuple(Given(matter.record, path) for path in PATHS)
        return self._say(matter, Answer(officer="", agency=self.agencies[matter.asked], given=given))

    def _recall(self, matter: Matter) -> str:
        state = self._folio(matter, matter.asked)
        if not state.releases or state.recalls or state.outcomes or state.closure or self.chance.random() < 0.3:
            return ""
        return self._say(
            matter, Recall(officer="", agency=self.agencies[matter.asked], of=state.releases[0].hash, reason="error")
        )

    def _attest(self, matter: Matter) -> str:
        state = self._folio(matter, matter.asking)
        if not state.recalls or state.recalls[0].answer or not self._has(matter.asking, matter.record):
            return ""
        now, recall = self._node(matter.asking).clock(), state.recalls[0].hash
        derived: tuple[Derived, ...] = derived_items(state, recall)
        said = self._say(
            matter,
            AttestPurge(
                officer="",
                agency=self.agencies[matter.asking],
                of=recall,
                derived=derived,
                unreadable_since=now,
                unreadable_in_backups_by=backups_by(now),
            ),
        )
        self.erased.append(matter)
        return said

    def _outcome(self, matter: Matter) -> str:
        state = self._folio(matter, matter.asking)
        if not state.releases or state.outcomes or (state.recalls and not state.recalls[0].answer):
            return ""
        return self._say(
            matter,
            FileOutcome(officer="", agency=self.agencies[matter.asking], outcome="no-result", description="nada"),
        )

    def _close(self, matter: Matter) -> str:
        state = self._folio(matter, matter.asking)
        if not state.outcomes or state.closure:
            return ""
        return self._say(matter, Close(officer="", agency=self.agencies[matter.asking]))

    def _say(self, matter: Matter, command: Command) -> str:
        self.commands += 1
        id_ = f"day-{self.commands}"
        said = self.parties.say(command, matter.folio, id_=id_)
        self.on_command(self._node(command.agency.partition("/")[0]), id_, said.acts)
        return type(command).__name__

    def _node(self, party: str) -> Node:
        return self.parties.by_name[party]

    def _folio(self, matter: Matter, party: str) -> Folio:
        own = self._node(party).own
        with own.store.read() as conn:
            return load_folio(conn, own, matter.folio)

    def _has(self, party: str, hash_: str) -> bool:
        with self._node(party).own.store.read() as conn:
            return bool(conn.exec_driver_sql("SELECT 1 FROM acts WHERE hash = ?", (hash_,)).first())
