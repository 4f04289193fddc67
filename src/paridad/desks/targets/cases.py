# SPDX-License-Identifier: Apache-2.0
"""A priority case between parties: the sheet that one declares, the updates that each owes, and who is late.

Rules
  - Each party declares its own cases. The sheet says what is sought and what is asked of the other party; no dossier
    is in it. Which dossiers a case is about is a note of each agency's own (`link`), and stays in its node.
  - An update is due from every party on the sheet: when it said itself, and after the desk's limit at the latest. The
    clock starts with what that party said last, or with the sheet.
  - Suspended or closed, no update is due. Taken up again, every clock starts anew.
  - Only the agency that declared a case changes its state; what the others say is their report (law 9).
  - A clock that runs out changes nothing: lateness is computed from the acts at a reference time, so that both nodes
    say the same.
  - `decide` may refuse and changes nothing; `evolve` never refuses, and keeps what has no place as irregular.

Worked example
    case = fold((sheet,))                                             declared by A/ONE to B/TWO, at day 0
    [(each.party, each.until) for each in dues(case, limit=90 days)]       is [("A", day 60), ("B", day 90)]
    decide(case, Update("B/TWO", case.hash, "Nothing new.", day 120), now=day 80, limit=90 days)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from paridad.acts.envelope import Draft, party_of
from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.desks.targets.codes import code_list
from paridad.desks.targets.errors import CaseRefused
from paridad.folio.reading import text, whole
from paridad.folio.state import Recorded

SHEET, UPDATE, LINK = "targets/priority-case/1", "targets/case-update/1", "targets/case-link/1"
OPENED, ACTIVE, SUSPENDED, CLOSED = "opened", "active", "suspended", "closed"
AT_REST = frozenset({SUSPENDED, CLOSED})
"""States in which no update is due."""
LONGEST_TITLE = 200
MOST_DOSSIERS = 100


@dataclass(frozen=True, slots=True)
class Marks:
    """Under what a sheet is declared; its updates are said under the same."""

    handling: str
    purpose: str
    basis: str


@dataclass(frozen=True, slots=True)
class Declare:
    """Declare a priority case to agencies of other parties."""

    iss: str
    to: tuple[str, ...]
    marks: Marks
    title: str
    aims: str
    wanted: str
    agencies: tuple[str, ...]
    next_update: int
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """Say what is new; by whoever declared it, the case is active from then on."""

    iss: str
    report: str
    next_update: int
    marks: Marks


@dataclass(frozen=True, slots=True)
class Suspend:
    """Let a case rest."""

    iss: str
    report: str
    marks: Marks


@dataclass(frozen=True, slots=True)
class Close:
    """End a case with its outcome."""

    iss: str
    report: str
    outcome: str
    marks: Marks


@dataclass(frozen=True, slots=True)
class Link:
    """Say which dossiers of one's own a case is about."""

    iss: str
    dossiers: tuple[str, ...]
    marks: Marks


Command = Update | Suspend | Close | Link


@dataclass(frozen=True, slots=True)
class Said:
    """One act of a case, as far as its procedural fields tell."""

    hash: str
    of: str
    """The sheet."""
    iss: str
    aud: tuple[str, ...]
    at: int
    place: int
    """In its issuer's log."""
    sheet: bool
    state: str
    outcome: str
    next_update: int | None

    @property
    def party(self) -> str:
        """The party that speaks."""
        return party_of(self.iss)


@dataclass(frozen=True, slots=True)
class Case:
    """A priority case as its acts make it."""

    hash: str = ""
    iss: str = ""
    agencies: tuple[str, ...] = ()
    """Of each party one: the declaring one first."""
    declared_at: int = 0
    state: str = ""
    outcome: str = ""
    resumed_at: int = 0
    last: Mapping[str, Said] = field(default_factory=lambda: MappingProxyType({}))
    """By party, what it said last."""
    updates: tuple[str, ...] = ()
    irregular: tuple[str, ...] = ()

    def agency(self, party: str) -> str:
        """Return the agency of a party on the sheet, or nothing."""
        return next((each for each in self.agencies if party_of(each) == party), "")


@dataclass(frozen=True, slots=True)
class Due:
    """What one party owes a case."""

    party: str
    agency: str
    since: int
    until: int

    def late(self, now: int) -> bool:
        """Whether its time has run out."""
        return self.until < now


def declare(command: Declare, now: int, *, limit: int) -> Draft:
    """Return the sheet, or raise with the reason."""
    for name in ("title", "aims", "wanted"):
        _demand(bool(getattr(command, name).strip()), name, "diga algo", "say something")
    _demand(len(command.title) <= LONGEST_TITLE, "title", f"pasa de {LONGEST_TITLE} signos", "is over 200 signs")
    _demand_marks(command.marks)
    _demand_next(command.next_update, now, limit)
    parties = [party_of(each) for each in command.to]
    outside = party_of(command.iss) not in parties and len(set(parties)) == len(parties) > 0
    _demand(outside, "to", "nombre una dependencia de cada otra parte", "name one agency of each other party")
    own = bool(command.agencies) and all(party_of(each) == party_of(command.iss) for each in command.agencies)
    _demand(own, "agencies", "son dependencias de la propia parte", "these are agencies of the own party")
    fields: dict[str, JsonValue] = {
        "title": command.title,
        "aims": command.aims,
        "wanted": command.wanted,
        "agencies": list(command.agencies),
        "next_update": command.next_update,
    }
    if command.simulated:
        fields["simulated"] = True
    return _draft(SHEET, command.iss, command.to, command.marks, fields)


def decide(case: Case, command: Command, now: int, *, limit: int, outcomes: Iterable[str] = ()) -> Draft:
    """Say which act follows from a command about a case, or raise with the reason."""
    _demand_marks(command.marks)
    if isinstance(command, Link):
        return _link(case, command)
    _demand(command.iss in case.agencies, "case", "su dependencia no está en la ficha", "your agency is not on it")
    _demand(case.state != CLOSED, "case", "ya está cerrado", "it is closed already")
    _demand(bool(command.report.strip()), "report", "diga qué hay de nuevo", "say what is new")
    fields: dict[str, JsonValue] = {"report": command.report}
    match command:
        case Update():
            _demand_next(command.next_update, now, limit)
            fields["next_update"] = command.next_update
            if command.iss == case.iss:
                fields["case_state"] = ACTIVE
        case Suspend():
            _demand_own(case, command.iss)
            _demand(case.state != SUSPENDED, "case", "ya está suspendido", "it is suspended already")
            fields["case_state"] = SUSPENDED
        case Close():
            _demand_own(case, command.iss)
            known = command.outcome in set(outcomes)
            _demand(known, "outcome", "no está en la lista de la carta", "is not in the charter's list")
            fields |= {"case_state": CLOSED, "outcome": command.outcome}
    to = tuple(each for each in case.agencies if party_of(each) != party_of(command.iss))
    return _draft(UPDATE, command.iss, to, command.marks, fields, case.hash)


def read(act: Recorded) -> Said | None:
    """Return what an act says of a case; None where it speaks of none."""
    fields, envelope = act.fields, act.envelope
    sheet = envelope.knd == SHEET
    if not sheet and len(envelope.re) != 1:
        return None
    return Said(
        hash=act.hash,
        of=act.hash if sheet else envelope.re[0],
        iss=envelope.iss,
        aud=envelope.aud,
        at=act.at,
        place=act.index,
        sheet=sheet,
        state=OPENED if sheet else text(fields, "case_state"),
        outcome=text(fields, "outcome"),
        next_update=whole(fields, "next_update"),
    )


def evolve(case: Case, said: Said) -> Case:
    """Fold one act into a case."""
    if said.sheet:
        agencies = (said.iss, *said.aud)
        return replace(case, hash=said.hash, iss=said.iss, agencies=agencies, declared_at=said.at, state=OPENED,
                       last=MappingProxyType({said.party: said}))  # fmt: skip
    if said.iss not in case.agencies or case.state == CLOSED or (said.state and said.iss != case.iss):
        return replace(case, irregular=(*case.irregular, said.hash))
    state = said.state if said.state in code_list("case_state") else case.state
    return replace(
        case,
        state=state,
        outcome=said.outcome or case.outcome,
        resumed_at=said.at if case.state == SUSPENDED and state not in AT_REST else case.resumed_at,
        last=MappingProxyType({**case.last, said.party: said}),
        updates=(*case.updates, said.hash),
    )


def fold(acts: Iterable[Said]) -> Case:
    """Fold the acts of one case, the sheet among them, in an order that is the same on every node."""
    case = Case()
    for said in sorted(acts, key=lambda each: (not each.sheet, each.at, each.party, each.place, each.hash)):
        case = evolve(case, said)
    return case


def dues(case: Case, *, limit: int) -> tuple[Due, ...]:
    """Return what each party owes, the declaring one first; nothing where the case rests."""
    return () if case.state in AT_REST or not case.hash else tuple(_due(case, each, limit) for each in case.agencies)


def _due(case: Case, agency: str, limit: int) -> Due:
    party = party_of(agency)
    said = case.last.get(party)
    since = max(said.at if said else case.declared_at, case.resumed_at)
    until = since + limit
    if said and said.at == since and said.next_update is not None:
        until = min(until, max(said.next_update, since))
    return Due(party, agency, since, until)


def _link(case: Case, command: Link) -> Draft:
    party = party_of(command.iss)
    _demand(bool(case.agency(party)), "case", "su parte no está en la ficha", "your party is not on it")
    distinct = len(set(command.dossiers)) == len(command.dossiers) <= MOST_DOSSIERS
    _demand(distinct, "dossiers", "se repite uno, o son demasiados", "one is repeated, or there are too many")
    fields: dict[str, JsonValue] = {"dossiers": list(command.dossiers)}
    return _draft(LINK, command.iss, (command.iss,), command.marks, fields, case.hash)


def _draft(kind: str, iss: str, to: tuple[str, ...], marks: Marks, fields: Mapping[str, JsonValue], *re: str) -> Draft:
    return Draft(kind, iss, to, marks.handling, marks.purpose, marks.basis, fields, re=re)


def _demand_marks(marks: Marks) -> None:
    for name in ("handling", "purpose", "basis"):
        _demand(bool(getattr(marks, name)), name, "falta; sin él no se firma", "is missing; nothing is signed without")


def _demand_next(at: int, now: int, limit: int) -> None:
    _demand(at > now, "next_update", "es una fecha que ya pasó", "is a date that has passed")
    days = limit // 86_400
    within = at <= now + limit
    _demand(within, "next_update", f"va más allá de los {days} días de plazo", f"is beyond the limit of {days} days")


def _demand_own(case: Case, iss: str) -> None:
    _demand(iss == case.iss, "case", "solo lo cambia quien lo declaró", "only whoever declared it changes it")


def _demand(holds: bool, name: str, es: str, en: str) -> None:
    if not holds:
        raise CaseRefused(Words(es=f"Caso prioritario, campo {name}: {es}.", en=f"Priority case, field {name}: {en}."))
