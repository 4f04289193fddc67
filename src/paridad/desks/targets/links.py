# SPDX-License-Identifier: Apache-2.0
"""A link of a dossier: to another dossier or to a folio, with its type, role, dates and source; one act each.

Rules
  - A link is said by somebody, from a source; it is never made because two dossiers share an identifier: that is a
    finding (`judgements`).
  - Its ends are acts. When a dossier is corrected the link holds for what is in force: a reader follows corrections.
  - The envelope names no end, so that who may not read associations learns of none.
  - A link is taken back, or changed, by a new act that names the one in force; the same again is no new act.
  - `decide` may refuse and changes nothing.

Worked example
    link = Link("x…", "ownership", to="w…", role="shareholder", since="2019")
    (draft,) = decide(Standing(), SayLink("A/ONE", "AMBER", "investigation", "treaty", link))
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from paridad.acts.envelope import Draft, party_of
from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.desks.targets.codes import code_list
from paridad.desks.targets.dossier import Other, Source, record_of
from paridad.desks.targets.errors import AlreadyRegistered, LinkRefused, NotCurrent
from paridad.desks.targets.rules import content_digest

KIND = "targets/link/1"
OF_FOLIO = "subject_of"
CORRECTION = "correction"
ENDS = frozenset({"dossier", "to"})
"""The ends are acts, which corrections replace: a link that says the same of the same subjects is the same."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link: from a dossier, to another dossier or to a folio."""

    dossier: str
    relation: str
    to: str = ""
    folio: str = ""
    role: str = ""
    since: str = ""
    until: str = ""
    other: tuple[Other, ...] = ()
    source: Source | None = None
    state: str = "asserted"


@dataclass(frozen=True, slots=True)
class Tie:
    """A link as a list tells it: its ends by list and entry, and the line where it stands."""

    file: str
    line: int
    one: tuple[str, str]
    other: tuple[str, str]
    link: Link
    """Without its ends: whose acts these are is known once they are on record."""


@dataclass(frozen=True, slots=True)
class SayLink:
    """Put a link on record, or another in place of the one in force."""

    iss: str
    handling: str
    purpose: str
    basis: str
    link: Link
    of: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is on record for one link."""

    current: str = ""
    party: str = ""
    content: str = ""


def decide(state: Standing, command: SayLink) -> tuple[Draft, ...]:
    """Say which act follows, or raise with the reason."""
    _demand_sound(command)
    fields = link_fields(command.link)
    if command.of != state.current or (state.current and party_of(command.iss) != state.party):
        raise NotCurrent(
            Words(
                es="El vínculo tiene otro acto vigente; nombre el que está en vigor.",
                en="The link has another act in force; name the one that stands.",
            )
        )
    if state.current and state.content == digest(fields):
        raise AlreadyRegistered(Words(es="Ese vínculo ya consta.", en="That link is on record."))
    if command.of:
        fields = {**fields, CORRECTION: command.reason}
    re = (command.of,) if command.of else ()
    return (Draft(KIND, command.iss, (command.iss,), command.handling, command.purpose, command.basis, fields, re=re),)


def digest(fields: Mapping[str, JsonValue]) -> str:
    """Return one digest of what a link says, whichever versions of its ends it names."""
    return content_digest({name: value for name, value in fields.items() if name not in ENDS})


def link_fields(link: Link) -> Mapping[str, JsonValue]:
    """Return the fields of the act."""
    return record_of(link)


def retracted(link: Link) -> Link:
    """Return a link as taken back."""
    return replace(link, state="retracted")


def _demand_sound(command: SayLink) -> None:
    link = command.link
    for name in ("handling", "purpose", "basis"):
        if not getattr(command, name):
            raise refused(name, "falta; sin él no se puede firmar", "is missing; it cannot be signed without")
    if link.relation not in code_list("link_relation"):
        raise refused("relation", "no es una clase de vínculo", "is not a type of link")
    if bool(link.to) == bool(link.folio) or (link.relation == OF_FOLIO) != bool(link.folio):
        raise refused(
            "to",
            "nombre otro expediente, o un folio con la clase subject_of",
            "name another dossier, or a folio with the type subject_of",
        )
    if link.dossier == link.to:
        raise refused("to", "es el mismo expediente", "is the same dossier")
    if link.since and link.until and link.until < link.since:
        raise refused("until", "es anterior a «since»", "is before “since”")
    if command.of and not command.reason.strip():
        raise refused(CORRECTION, "diga qué se corrigió y por qué", "say what was corrected, and why")


def refused(field: str, es: str, en: str) -> LinkRefused:
    """Build the refusal of a link, naming the field."""
    return LinkRefused(Words(es=f"Vínculo, campo {field}: {es}.", en=f"Link, field {field}: {en}."))
