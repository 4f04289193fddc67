# SPDX-License-Identifier: Apache-2.0
"""A folio as values: what was said by whom, and the stage that follows from it.

Rules
  - A folio is what its acts make of it. Nothing here is set by hand, and nothing depends on the present time:
    "overdue" is computed in `clocks`, never kept.
  - Two parties, two roles: *asking* opened it, *asked* answers. Either party may play either role.
  - The folio's name begins with the party that opens it (`<party>-<year>-<number>`): nobody can
    open one in another's name.
  - What one party said never undoes what the other said. A recall asks; it does not erase the release from the folio.
  - Acts of somebody not entitled to them are kept as `irregular`, with the reason, and change nothing else.

Worked example
    folio = fold("A-2026-0007", (request, answer), terms_for)
    folio.stage                      is Stage.PARTLY_ANSWERED
    folio.releases[0].withheld[0].clause   is "art. 7.1.b"
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from paridad.acts.envelope import ActHash, Envelope, party_of
from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.folio.commands import Derived, Given, Kept, Withheld
from paridad.folio.naming import opener_of
from paridad.folio.terms import NO_TERMS, Terms

Role = Literal["asking", "asked"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A verified act as the folio reads it: its envelope, its opened fields and its place in its issuer's log."""

    hash: ActHash
    envelope: Envelope
    fields: Mapping[str, JsonValue]
    index: int

    @property
    def party(self) -> str:
        """The party that speaks."""
        return self.envelope.party

    @property
    def at(self) -> int:
        """When its issuer recorded it."""
        return self.envelope.iat

    @property
    def addressees(self) -> frozenset[str]:
        """The parties it is addressed to."""
        return frozenset(party_of(agency) for agency in self.envelope.aud)

    @property
    def internal(self) -> bool:
        """Whether it is addressed to nobody outside its own party."""
        return self.addressees <= {self.party}


class Stage(StrEnum):
    """Where a folio stands."""

    DRAFT = "draft"
    ANNOUNCED = "announced"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    PAUSED = "paused"
    PARTLY_ANSWERED = "partly-answered"
    ANSWERED = "answered"
    REFUSED = "refused"
    BEING_RECALLED = "being-recalled"
    RECALLED = "recalled"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class StatusWord:
    """A status as pages show it: word and shape together, never colour alone."""

    words: Words
    shape: str


STATUS: Mapping[Stage, StatusWord] = MappingProxyType(
    {
        Stage.DRAFT: StatusWord(Words(es="Borrador", en="Draft"), "○"),
        Stage.ANNOUNCED: StatusWord(Words(es="Anunciada; aún no recibida", en="Announced; not received yet"), "…"),
        Stage.SENT: StatusWord(Words(es="Enviada", en="Sent"), "→"),
        Stage.ACKNOWLEDGED: StatusWord(Words(es="Con acuse", en="Acknowledged"), "✓"),
        Stage.PAUSED: StatusWord(Words(es="En pausa", en="Paused"), "‖"),
        Stage.PARTLY_ANSWERED: StatusWord(Words(es="Respondida en parte", en="Partly answered"), "◑"),
        Stage.ANSWERED: StatusWord(Words(es="Respondida", en="Answered"), "●"),
        Stage.REFUSED: StatusWord(Words(es="Negada", en="Refused"), "■"),
        Stage.BEING_RECALLED: StatusWord(Words(es="En retiro", en="Being recalled"), "↩"),
        Stage.RECALLED: StatusWord(Words(es="Retirada", en="Recalled"), "↩"),
        Stage.CLOSED: StatusWord(Words(es="Cerrada", en="Closed"), "▣"),
    }
)
OVERDUE = StatusWord(Words(es="Vencida", en="Overdue"), "!")
"""Shown beside a stage when a clock has run out; computed at the time of reading."""


@dataclass(frozen=True, slots=True)
class Request:
    """What opened the folio."""

    hash: ActHash
    at: int
    asking: str
    asked: str
    prg: str
    urgency: str
    handling: str
    purpose: str
    basis: str
    desk: str
    assurances: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """One answer, supplement or request by which something left: what was given, what was not, and why."""

    hash: ActHash
    at: int
    giver: str
    """The releasing party."""
    handling: str
    given: tuple[Given, ...]
    withheld: tuple[Withheld, ...]
    obligations: tuple[str, ...]
    answers: bool
    """Whether it answers the request; what the asking party sends along with it does not."""
    partial: bool
    nothing_held: bool = False

    @property
    def records(self) -> frozenset[str]:
        """The record acts of which something was given."""
        return frozenset(given.record for given in self.given)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reasoned refusal."""

    hash: ActHash
    at: int
    grounds: tuple[str, ...]
    may_ask_again: bool


@dataclass(frozen=True, slots=True)
class Clarification:
    """A question about the request, and when it was answered."""

    hash: ActHash
    at: int
    answered_at: int | None = None
    assurances: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pause:
    """The time for which a party stopped the clocks."""

    hash: ActHash
    at: int
    by: str
    reason: str
    end: int | None = None


@dataclass(frozen=True, slots=True)
class RecallAnswer:
    """What the receiver said to a recall: a promise and a statement, not a proof that memory was erased."""

    hash: ActHash
    at: int
    attested: bool
    derived: tuple[Derived, ...]
    unreadable_since: int | None
    unreadable_in_backups_by: int | None
    grounds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecallCase:
    """A recall of one release, and its answer."""

    hash: ActHash
    at: int
    by: str
    release: str
    answer: RecallAnswer | None = None


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """The originator's answer to a consent request."""

    hash: ActHash
    at: int
    granted: bool
    expires: int | None
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OnwardRequest:
    """A request to pass one record act on, and its answer."""

    hash: ActHash
    at: int
    by: str
    release: str
    record: str
    recipient: str
    purpose: str
    answer: ConsentAnswer | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    hash: ActHash
    at: int
    outcome: str
    purpose: str
    obligations: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class Closure:
    """The end of the folio, with its outcome or its reason."""

    hash: ActHash
    at: int
    reason: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A release waiting for a second person; known to its own party only."""

    hash: ActHash
    at: int
    party: str
    agency: str
    proposed: str
    digest: str
    content: str
    officer: str
    approved_at: int | None = None
    ended_at: int | None = None
    """When it was declined, replaced or carried out."""


@dataclass(frozen=True, slots=True)
class Irregular:
    """An act that its issuer was not entitled to, or that answers nothing; shown, and without effect."""

    hash: ActHash
    why: str


IRREGULAR: Mapping[str, Words] = MappingProxyType(
    {
        "stranger": Words(
            es="Quien habla, o a quien se dirige, no es parte de este folio.",
            en="The speaker or the addressee is not a party to this folio.",
        ),
        "role": Words(es="Ese acto le toca a la otra parte.", en="That act belongs to the other party."),
        "reference": Words(
            es="Responde a un acto que no está en el folio o que no admite esa respuesta.",
            en="It answers an act that is not in the folio or does not admit that answer.",
        ),
        "settled": Words(
            es="Su autor ya había respondido del todo o negado la solicitud.",
            en="Its issuer had already answered in full or refused.",
        ),
        "repeated": Words(es="Su autor ya lo había dicho.", en="Its issuer had already said so."),
        "incomplete": Words(es="Le falta el motivo o la causa.", en="It lacks its reason or ground."),
        "closed": Words(es="Su autor ya había cerrado el folio.", en="Its issuer had already closed the folio."),
        "same-person": Words(
            es="La segunda persona es la misma que propuso.", en="The second person is the one who proposed."
        ),
    }
)
"""Why an act is irregular, in both languages."""


@dataclass(frozen=True, slots=True)
class Folio:
    """One matter between two parties, folded from its acts."""

    id: str
    terms: Terms = NO_TERMS
    shared: tuple[Recorded, ...] = ()
    """What both parties hold, in the canonical order."""
    internal: tuple[Recorded, ...] = ()
    """What one party keeps to itself, in the canonical order."""
    strangers: tuple[Recorded, ...] = ()
    """What somebody else said in this folio, or was told."""
    request: Request | None = None
    acknowledged_at: int | None = None
    settled_at: int | None = None
    """When the asked party first said all it will say: a complete answer or a refusal."""
    clarifications: tuple[Clarification, ...] = ()
    pauses: tuple[Pause, ...] = ()
    releases: tuple[Release, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    recalls: tuple[RecallCase, ...] = ()
    onward: tuple[OnwardRequest, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    closure: Closure | None = None
    proposals: tuple[Proposal, ...] = ()
    irregular: tuple[Irregular, ...] = ()
    others: int = 0
    """Acts of both parties in this folio of kinds that the folio does not interpret: a desk's, or unknown ones."""

    @property
    def acts(self) -> tuple[Recorded, ...]:
        """Every act known of this folio."""
        return (*self.shared, *self.internal, *self.strangers)

    @property
    def opener(self) -> str:
        """The party whose folio it is, as its name says."""
        return opener_of(self.id)

    @property
    def answers(self) -> tuple[Release, ...]:
        """The answers and supplements, in order."""
        return tuple(release for release in self.releases if release.answers)

    @property
    def complete(self) -> bool:
        """Whether the asked party gave all that it will give."""
        return any(not release.partial for release in self.answers)

    @property
    def open_pauses(self) -> tuple[Pause, ...]:
        """The pauses that still stop the clocks; a closed folio has none."""
        return () if self.closure else tuple(pause for pause in self.pauses if pause.end is None)

    @property
    def open_recalls(self) -> tuple[RecallCase, ...]:
        """The recalls without an answer; closing the folio does not end them."""
        return tuple(recall for recall in self.recalls if recall.answer is None)

    @property
    def open_clarifications(self) -> tuple[Clarification, ...]:
        """The questions without an answer."""
        return tuple(question for question in self.clarifications if question.answered_at is None)

    @property
    def obligations(self) -> frozenset[str]:
        """What the asking party took upon itself with what it was given."""
        return frozenset(code for release in self.answers for code in release.obligations)

    def assured_by(self, agency: str) -> frozenset[str]:
        """Return what an agency itself assured here; what the other side asks of it is not its word."""
        if self.request is None or agency != self.request.asking:
            return frozenset()
        said = (self.request.assurances, *(question.assurances for question in self.clarifications))
        return frozenset(code for codes in said for code in codes)

    def role(self, party: str) -> Role | None:
        """Return the part that a party plays here, if any."""
        if self.request and party == party_of(self.request.asking):
            return "asking"
        if self.request and party == party_of(self.request.asked):
            return "asked"
        return None

    def agency(self, party: str) -> str:
        """Return the agency that sits on a party's side of the folio."""
        assert self.request is not None
        return self.request.asking if self.role(party) == "asking" else self.request.asked

    def other(self, party: str) -> str:
        """Return the party on the other side."""
        assert self.request is not None
        return party_of(self.request.asked if self.role(party) == "asking" else self.request.asking)

    def release(self, of: str) -> Release | None:
        """Return the release of that act hash."""
        return next((release for release in self.releases if release.hash == of), None)

    def proposal(self, of: str) -> Proposal | None:
        """Return the proposal of that act hash."""
        return next((proposal for proposal in self.proposals if proposal.hash == of), None)

    def recalled(self, of: str) -> bool:
        """Whether a release was recalled and its purge attested."""
        return any(recall.release == of and recall.answer and recall.answer.attested for recall in self.recalls)

    @property
    def stage(self) -> Stage:
        """Where the folio stands; a duty of recall shows before everything else."""
        if self.request is None:
            return Stage.DRAFT if self.internal and not self.shared else Stage.ANNOUNCED
        if self.open_recalls:
            return Stage.BEING_RECALLED
        if self.closure:
            return Stage.CLOSED
        if self.open_pauses:
            return Stage.PAUSED
        return self._answered_stage()

    def _answered_stage(self) -> Stage:
        if self.answers and all(self.recalled(release.hash) for release in self.answers):
            return Stage.RECALLED
        if self.complete:
            return Stage.ANSWERED
        if self.answers:
            return Stage.PARTLY_ANSWERED
        if self.refusals:
            return Stage.REFUSED
        return Stage.SENT if self.acknowledged_at is None else Stage.ACKNOWLEDGED
