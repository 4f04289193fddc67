# SPDX-License-Identifier: Apache-2.0
"""What an officer says at a desk and in no folio: a case sheet, a sighting, a notice; from wish to record.

Rules
  - In this order, as in a folio: the officer's role (policy), the desk's rules (`decide`), what may leave (`release`),
    signing, filing. Whatever refuses leaves nothing behind.
  - What is decided is decided again inside the transaction: an act that came meanwhile may have changed it.
  - The officer's agency speaks. An act to another party leaves whole, but for the fields that `may_stay` names.
  - A command carries an identifier: the same again answers with the same acts, another one under it is refused.

Worked example
    asked = DeskAsked(officer, "targets.case.close", told, decide, id="c-1", now=now)
    carry_out(own, asked).acts[0]        is the act hash of what was said
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import sqlalchemy as sa

from paridad.acts.envelope import Draft
from paridad.acts.issue import IssuedAct
from paridad.base.strict import JsonValue, encode_base64url, write_json
from paridad.base.words import Words
from paridad.exchange import filing
from paridad.exchange.own_side import OwnSide
from paridad.exchange.release import Matter, Release
from paridad.node.errors import OfficerRefused, RecordMoved
from paridad.node.home import Officer
from paridad.node.saying import Plan, Said, demand_role
from paridad.store import records

RECORD = "record"
"""What everything that is said at a desk is to policy."""

Decide = Callable[[sa.Connection, int], tuple[Draft, ...]]
"""What follows from the command by what is on record, at a time."""


@dataclass(frozen=True, slots=True)
class DeskAsked:
    """One command of a desk as it was asked for."""

    officer: Officer
    order: str
    """The operation's name."""
    told: Mapping[str, JsonValue]
    """What it was given, without officer and identifier."""
    decide: Decide = field(compare=False)
    id: str
    now: int
    may_stay: frozenset[str] = frozenset()

    @property
    def folio(self) -> str:
        """In no folio."""
        return ""

    @property
    def digest(self) -> str:
        """What tells this command from another one under the same identifier."""
        tree: JsonValue = {"order": self.order, "told": dict(self.told)}
        return encode_base64url(sha256(write_json(tree)).digest())

    def plan(self, own: OwnSide, *, now: int) -> Plan:
        """Return what it would say."""
        demand_role(own, self.officer, RECORD, now=now)
        with own.store.read() as conn:
            drafts = self.decide(conn, now)
        if any(draft.iss != self.officer.agency for draft in drafts):
            raise OfficerRefused(
                Words(es="Cada quien habla por su dependencia.", en="Everybody speaks for their own agency.")
            )
        return Plan(drafts, ())

    def releases(self, own: OwnSide, said: Sequence[IssuedAct]) -> list[Release]:
        """Release its acts to whom they address: no second person has agreed to them."""
        released: list[Release] = []
        for act in said:
            matter = Matter("", act.envelope.pur, filing.basis_kind(own, act.envelope.bas), addressed=True)
            released += filing.release_to_addressees(own, [act], matter, now=self.now, may_stay=self.may_stay)
        return released

    def file(
        self, own: OwnSide, planned: Plan, said: Sequence[IssuedAct], beside: Callable[[sa.Connection], None]
    ) -> Said:
        """File its acts with what leaves, the decisions about it, and the command."""
        leaves = tuple(self.releases(own, said))

        def commit(conn: sa.Connection) -> Said:
            if (before := records.recall_command(conn, self.id, self.digest)) is not None:
                return Said(before, repeated=True)
            if self.decide(conn, self.now) != planned.drafts:
                raise RecordMoved(
                    Words(es="El registro cambió mientras se preparaba.", en="The record changed meanwhile.")
                )
            filing.file_acts(conn, own, said, now=self.now)
            filing.queue(conn, own, [(self.officer.agency, each) for each in leaves], now=self.now)
            filing.keep_decisions(conn, self.id, leaves, now=self.now)
            acts = tuple(act.hash for act in said)
            records.note_command(conn, records.Command(self.id, self.officer.id, self.digest, acts, self.now))
            beside(conn)
            return Said(acts, leaves)

        return own.store.submit(commit)


def carry_out(own: OwnSide, asked: DeskAsked) -> Said:
    """Carry out a command and return the acts that came of it."""
    with own.store.read() as conn:
        before = records.recall_command(conn, asked.id, asked.digest)
        see = filing.seen_heads(conn, own)
    if before is not None:
        return Said(before, repeated=True)
    planned = asked.plan(own, now=asked.now)
    return asked.file(
        own, planned, filing.issue_drafts(own, planned.drafts, now=asked.now, see=see), lambda _conn: None
    )
