# SPDX-License-Identifier: Apache-2.0
"""Mistaken identity: somebody says that a dossier is taken for the wrong person, and everybody who holds it is told.

Rules
  - Anybody may claim it, through either party, without proof of harm. The claim in its words stays at the agency that
    took it in.
  - Filing a claim gives notice at once, *doubted*, to every agency that received the dossier; where one's own party
    received it, to the agency that owns it.
  - A person who had not judged it before decides, with a reason: *not this person*, with the facts that the person
    allows, or *not upheld*. It goes to the same agencies.
  - A notice is shown before the dossier and before every later candidate. It is a barrier, never a list of people.
  - A party's notices are its own: each party's last one stands beside the other's (law 9).
  - Two clocks: the notice within a day of the claim, the decision within ten. They decide nothing (law 12).

Worked example
    claim, notice = file(File("A/ONE", "x…", ("B/TWO",), marks, "representative", "Born in 1990.", (), day 0), now)
    notice.aud, notice.fields["notice_stage"]             is (("B/TWO",), "doubted")
    decide(Decide(…, upheld=True, reviewer="ana", judged_before=frozenset({"ana"})), thread)      raises NoticeRefused
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from paridad.acts.envelope import Draft, party_of
from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.desks.targets.cases import Marks
from paridad.desks.targets.codes import code_list
from paridad.desks.targets.errors import NoticeRefused
from paridad.folio.reading import text
from paridad.folio.state import Recorded

CLAIM, NOTICE = "targets/mistaken-claim/1", "targets/not-this-person/1"
DOUBTED, NOT_THIS_PERSON, NOT_UPHELD = "doubted", "not_this_person", "not_upheld"
MOST_FACTS = 20


@dataclass(frozen=True, slots=True)
class Said:
    """One notice, as far as its procedural fields tell."""

    hash: str
    of: str
    """The dossier."""
    iss: str
    at: int
    place: int
    stage: str

    @property
    def party(self) -> str:
        """The party that gives it."""
        return party_of(self.iss)


@dataclass(frozen=True, slots=True)
class Thread:
    """What is said of one dossier: by party, its last notice."""

    last: Mapping[str, Said] = field(default_factory=lambda: MappingProxyType({}))
    history: tuple[str, ...] = ()

    def stage(self, party: str) -> str:
        """Return where a party's notice stands, or nothing."""
        return self.last[party].stage if party in self.last else ""

    @property
    def barriers(self) -> tuple[Said, ...]:
        """The notices that have to be shown before the dossier."""
        return tuple(each for each in self.last.values() if each.stage != NOT_UPHELD)


@dataclass(frozen=True, slots=True)
class File:
    """Take in a claim, and give notice."""

    iss: str
    dossier: str
    receivers: tuple[str, ...]
    marks: Marks
    channel: str
    claim: str
    facts: tuple[str, ...]
    received_on: int


@dataclass(frozen=True, slots=True)
class Decide:
    """Decide what a claim comes to."""

    iss: str
    dossier: str
    receivers: tuple[str, ...]
    marks: Marks
    upheld: bool
    reason: str
    facts: tuple[str, ...]
    reviewer: str
    judged_before: frozenset[str]
    """Officers who took the claim in, gave notice, or judged the dossier."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Give the notice that stands to agencies that received the dossier since."""

    iss: str
    dossier: str
    receivers: tuple[str, ...]
    marks: Marks
    reason: str
    facts: tuple[str, ...]


def file(command: File, thread: Thread, now: int) -> tuple[Draft, Draft]:
    """Return the claim and the notice, or raise with the reason."""
    _demand_marks(command.marks)
    _demand_facts(command.facts)
    stands = thread.stage(party_of(command.iss)) in {DOUBTED, NOT_THIS_PERSON}
    _demand(not stands, "dossier", "su parte ya dio aviso", "your party has given notice already")
    _demand(command.channel in code_list("channel"), "channel", "no está en la lista", "is not in the list")
    _demand(bool(command.claim.strip()), "claim", "diga qué se reclama", "say what is claimed")
    _demand(0 < command.received_on <= now, "received_on", "no es una hora pasada", "is no time that has passed")
    claimed: dict[str, JsonValue] = {
        "channel": command.channel,
        "claim": command.claim,
        "received_on": command.received_on,
    }
    claim = _draft(CLAIM, command.iss, (command.iss,), command.marks, claimed, of=command.dossier)
    return claim, _notice(command, DOUBTED, "")


def decide(command: Decide, thread: Thread) -> tuple[Draft]:
    """Return the notice of the decision, or raise with the reason."""
    _demand_marks(command.marks)
    _demand_facts(command.facts)
    doubted = thread.stage(party_of(command.iss)) == DOUBTED
    _demand(doubted, "dossier", "no hay un aviso de su parte por decidir", "no notice of your party awaits a decision")
    fresh = command.reviewer not in command.judged_before
    _demand(fresh, "reviewer", "decide quien no lo había juzgado antes", "somebody who had not judged it has to decide")
    _demand(bool(command.reason.strip()), "reason", "diga por qué", "say why")
    told = not command.upheld or bool(command.facts)
    _demand(told, "facts", "diga al menos un hecho que la distinga", "tell at least one fact that tells them apart")
    return (_notice(command, NOT_THIS_PERSON if command.upheld else NOT_UPHELD, command.reason),)


def tell(command: Tell, thread: Thread) -> tuple[Draft]:
    """Return the notice that stands, to further agencies, or raise with the reason."""
    stage = thread.stage(party_of(command.iss))
    _demand(bool(stage), "dossier", "su parte no ha dado aviso", "your party has given no notice")
    _demand(bool(command.receivers), "receivers", "ya lo tienen todas", "all of them have it already")
    return (_notice(command, stage, command.reason),)


def read(act: Recorded) -> Said:
    """Return what a notice says, as far as its procedural fields tell."""
    envelope = act.envelope
    return Said(act.hash, envelope.re[0], envelope.iss, act.at, act.index, text(act.fields, "notice_stage"))


def fold(notices: Iterable[Said]) -> Thread:
    """Fold the notices about one dossier: of each party the last in its own log, all of them in the order of time."""
    last: dict[str, Said] = {}
    ordered = sorted(notices, key=lambda each: (each.at, each.party, each.place, each.hash))
    for each in ordered:
        if each.party not in last or last[each.party].place <= each.place:
            last[each.party] = each
    return Thread(MappingProxyType(last), tuple(each.hash for each in ordered))


def _notice(command: File | Decide | Tell, stage: str, reason: str) -> Draft:
    fields: dict[str, JsonValue] = {"notice_stage": stage}
    if command.facts:
        fields["facts"] = list(command.facts)
    if reason:
        fields["reason"] = reason
    return _draft(NOTICE, command.iss, command.receivers or (command.iss,), command.marks, fields, of=command.dossier)


def _draft(
    kind: str, iss: str, to: tuple[str, ...], marks: Marks, fields: Mapping[str, JsonValue], *, of: str
) -> Draft:
    return Draft(kind, iss, to, marks.handling, marks.purpose, marks.basis, fields, re=(of,))


def _demand_marks(marks: Marks) -> None:
    for name in ("handling", "purpose", "basis"):
        _demand(bool(getattr(marks, name)), name, "falta; sin él no se firma", "is missing")


def _demand_facts(facts: tuple[str, ...]) -> None:
    told = len(facts) <= MOST_FACTS and all(each.strip() for each in facts)
    _demand(told, "facts", f"a lo más {MOST_FACTS}, ninguno en blanco", f"{MOST_FACTS} at most, none of them blank")


def _demand(holds: bool, name: str, es: str, en: str) -> None:
    if not holds:
        raise NoticeRefused(
            Words(es=f"Identidad equivocada, campo {name}: {es}.", en=f"Mistaken identity, field {name}: {en}.")
        )
