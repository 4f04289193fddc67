# SPDX-License-Identifier: Apache-2.0
"""What may be said about one dossier, and what its acts make of it.

Rules
  - A dossier is registered once. Whoever changes it issues a correction: a whole new dossier that names the act in
    force and says what was corrected and why. Nothing is rewritten.
  - The same content again is no new act: the second import of one list changes nothing and says so, and so does the
    next edition of a list for every entry that is the same in it.
  - Only the party that registered a dossier corrects it; what another says in its place is kept as irregular.
  - Ethnicity, religion, politics and scores are refused by name, and so is a list dated after today.
  - The name of a telephone or an account does not tell its number, which has another class.
  - `decide` may refuse and changes nothing; `evolve` never refuses.

Worked example
    (draft,) = decide(DossierState(), RegisterDossier("A/ONE", "AMBER", "investigation", "treaty", fields), now)
    draft.kind         is "targets/dossier/1", addressed to A/ONE itself
    decide(evolve(DossierState(), act), same_command, now)     raises AlreadyRegistered
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256

from paridad.acts.envelope import Draft, party_of
from paridad.base.strict import JsonValue, encode_base64url, write_json
from paridad.base.words import Words
from paridad.desks.targets.codes import code_list
from paridad.desks.targets.dossier import KIND, demand_issuable
from paridad.desks.targets.errors import AlreadyRegistered, DossierRefused, NotCurrent
from paridad.folio.reading import records, text
from paridad.folio.state import Recorded

REFUSED_PROPERTIES = ("ethnicity", "religion", "political", "topics", "score", "risk")
"""What this desk does not hold about anybody, whatever the source offers."""

NUMBERED = frozenset({"telephone", "account"})
"""Types of subject whose number is what they are: it has the class of a contact or an account, never that of a name."""
_NUMBERS = (("contacts", "value"), ("accounts", "address"))
_SHORTEST = 4
CORRECTION = "correction"
OF_AN_EDITION = frozenset({"listed_on", "last_seen"})
"""What says only that a source still says the same: a new edition of it corrects nothing."""


@dataclass(frozen=True, slots=True)
class RegisterDossier:
    """Put a subject on record; inside the own party, released field by field in a folio."""

    iss: str
    handling: str
    purpose: str
    basis: str
    fields: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class CorrectDossier:
    """Replace a dossier by a corrected one."""

    iss: str
    handling: str
    purpose: str
    basis: str
    fields: Mapping[str, JsonValue]
    of: str
    """Act hash of the dossier in force."""
    reason: str


Command = RegisterDossier | CorrectDossier


@dataclass(frozen=True, slots=True)
class DossierState:
    """One dossier as its acts make it."""

    current: str = ""
    party: str = ""
    content: str = ""
    superseded: tuple[str, ...] = ()
    irregular: tuple[str, ...] = ()
    unknown: int = 0


def decide(state: DossierState, command: Command, now: int) -> tuple[Draft, ...]:
    """Say which act follows from a command, or raise with the reason."""
    if isinstance(command, CorrectDossier):
        fields = {**command.fields, CORRECTION: command.reason}
        _demand_sound(command, fields, now)
        _demand_current(state, command)
        return (_draft(command, fields, (command.of,)),)
    _demand_sound(command, command.fields, now)
    _demand_new(state, command)
    return (_draft(command, command.fields, ()),)


def evolve(state: DossierState, act: Recorded) -> DossierState:
    """Fold one recorded act into the dossier."""
    if act.envelope.knd != KIND:
        return replace(state, unknown=state.unknown + 1)
    if not state.current and not act.envelope.re:
        return replace(state, current=act.hash, party=act.party, content=content_digest(act.fields))
    if state.current and state.current in act.envelope.re and act.party == state.party:
        past = (*state.superseded, state.current)
        return replace(state, current=act.hash, content=content_digest(act.fields), superseded=past)
    return replace(state, irregular=(*state.irregular, act.hash))


def content_digest(fields: Mapping[str, JsonValue]) -> str:
    """Return one digest of what a dossier says, without the words of its correction and the dates of an edition."""
    said = {name: value for name, value in fields.items() if name != CORRECTION}
    if isinstance(source := said.get("source"), Mapping):
        said["source"] = {name: value for name, value in source.items() if name not in OF_AN_EDITION}
    return encode_base64url(sha256(write_json(said)).digest())


def _draft(command: Command, fields: Mapping[str, JsonValue], re: tuple[str, ...]) -> Draft:
    return Draft(KIND, command.iss, (command.iss,), command.handling, command.purpose, command.basis, fields, re=re)


def _demand_new(state: DossierState, command: RegisterDossier) -> None:
    if not state.current:
        return
    if state.content == content_digest(command.fields):
        raise AlreadyRegistered(
            Words(
                es="Ese expediente ya está registrado, sin diferencia.",
                en="That dossier is on record, without a difference.",
            )
        )
    raise AlreadyRegistered(
        Words(
            es="Ese expediente ya está registrado, con otro contenido.",
            en="That dossier is on record, with other content.",
        )
    )


def _demand_current(state: DossierState, command: CorrectDossier) -> None:
    if not state.current or command.of != state.current:
        raise NotCurrent(
            Words(es="La corrección no nombra el acto vigente.", en="The correction does not name the act in force.")
        )
    if party_of(command.iss) != state.party:
        raise NotCurrent(
            Words(
                es="El expediente es de otra parte; solo ella lo corrige.",
                en="The dossier is another party's; only it corrects it.",
            )
        )
    if state.content == content_digest(command.fields):
        raise AlreadyRegistered(Words(es="La corrección no cambia nada.", en="The correction changes nothing."))
    if not command.reason.strip():
        raise _refused(CORRECTION, "diga qué se corrigió y por qué", "say what was corrected, and why")


def _demand_sound(command: Command, fields: Mapping[str, JsonValue], now: int) -> None:
    for name in ("handling", "purpose", "basis"):
        if not getattr(command, name):
            raise _refused(name, "falta; sin él no se puede firmar", "is missing; it cannot be signed without")
    for name in REFUSED_PROPERTIES:
        if name in fields:
            raise _refused(name, "no se admite en este escritorio", "is not admitted at this desk")
    if str(fields.get("subject_type")) not in code_list("subject_type"):
        raise _refused("subject_type", "no es una clase de sujeto", "is not a type of subject")
    if not str(fields.get("name", "")).strip():
        raise _refused("name", "falta el nombre", "the name is missing")
    _demand_no_number(fields)
    _demand_not_later(fields.get("source"), now)
    demand_issuable(fields)


def _demand_no_number(fields: Mapping[str, JsonValue]) -> None:
    """Refuse a telephone or account whose name tells its number: a name leaves with any answer, a number does not."""
    if text(fields, "subject_type") not in NUMBERED:
        return
    name = _plain(text(fields, "name"))
    numbers = (text(each, part) for field, part in _NUMBERS for each in records(fields, field))
    if any(len(plain) >= _SHORTEST and plain in name for plain in map(_plain, numbers)):
        raise _refused(
            "name",
            "lleva el número; el número va entre contactos o cuentas",
            "tells the number; it stands among contacts or accounts",
        )


def _plain(given: str) -> str:
    return "".join(mark for mark in given.casefold() if mark.isalnum())


def _demand_not_later(source: JsonValue, now: int) -> None:
    listed_on = str(source.get("listed_on", "")) if isinstance(source, Mapping) else ""
    if listed_on > datetime.fromtimestamp(now, UTC).date().isoformat():
        raise _refused("source.listed_on", "la lista lleva una fecha futura", "the list is dated in the future")


def _refused(field: str, es: str, en: str) -> DossierRefused:
    return DossierRefused(Words(es=f"Expediente, campo {field}: {es}.", en=f"Dossier, field {field}: {en}."))
