# SPDX-License-Identifier: Apache-2.0
"""One subject as its source describes it, and the fields of the act `targets/dossier/1`.

Rules
  - Names, numbers and places stand as received, never upper-cased, stripped or normalised.
  - A value that is absent makes no field: nothing says "unknown" where the source says nothing.
  - A dossier describes a record. It holds no score, no grade of a person, no ethnicity, religion or politics.
  - `dossier_fields` answers only what can be issued as one act; otherwise it raises `DossierRefused`:
    at most 512 parts of one field, one disclosure with its decoys at most 32 KiB, all of them at most 1 MiB.

Worked example
    fields = dossier_fields(Dossier("person", "PINEDO RUIZ, Olga", aliases=(Alias("La Maestra", "weak", "aka"),)))
    fields["aliases"]      is [{"name": "La Maestra", "strength": "weak", "type": "aka"}]
    "births" in fields     is False
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import fields as members
from functools import cache
from typing import Any

import msgspec

from paridad.acts.issue import PADDING
from paridad.acts.verify import MAX_DISCLOSURE, MAX_DISCLOSURES
from paridad.base.errors import Malformed
from paridad.base.strict import JsonValue, write_json
from paridad.base.words import Words
from paridad.desks.targets.errors import DossierRefused
from paridad.desks.targets.identifiers import Check

KIND = "targets/dossier/1"

_DIGEST = "0" * 43
_SALT = "0" * 22
_SMALL = 8 * 1024
_FEW = 64
"""A dossier of so few bytes, and of so few parts of each field, fits in any case."""


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name; a weak one is broad or short and never identifies by itself."""

    name: str
    strength: str
    type: str
    number: int = 0
    remarks: str = ""
    as_received: str = ""


@dataclass(frozen=True, slots=True)
class Birth:
    """A date of birth with the precision that its source gives."""

    date: str = ""
    precision: str = ""
    until: str = ""
    approximate: bool = False
    as_received: str = ""
    other: str = ""
    """Where day and month can be read in two ways: the second reading."""
    finding: str = ""
    """Why it is not used as a date, or that it has two readings."""


@dataclass(frozen=True, slots=True)
class BirthPlace:
    """A place of birth."""

    place: str = ""
    as_received: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Death:
    """A date of death; without a date where it could not be read as one."""

    date: str = ""
    as_received: str = ""


@dataclass(frozen=True, slots=True)
class Nationality:
    """A nationality or citizenship."""

    country: str
    relation: str
    as_received: str = ""


@dataclass(frozen=True, slots=True)
class Identifier:
    """A document or register number, with its issuer as the source names it."""

    type: str
    number: str
    country: str = ""
    place: str = ""
    issued: str = ""
    expires: str = ""
    check: Check = "no_check"
    as_received: str = ""
    finding: str = ""
    """The part that is missing or cannot be."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address as the source divides it."""

    address: str = ""
    place: str = ""
    country: str = ""
    number: int = 0
    remarks: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A telephone, its device or subscription, a fax, mail address or website."""

    type: str
    value: str
    as_received: str = ""
    check: str = ""
    carrier: str = ""
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """An account at a bank or service, or an address on a chain of digital currency."""

    currency: str = ""
    address: str = ""
    as_received: str = ""
    type: str = ""
    institution: str = ""
    check: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link to another subject, by its name in the source; a link to a dossier is an act of its own (`links`)."""

    role: str
    name: str
    as_received: str = ""


@dataclass(frozen=True, slots=True)
class Craft:
    """One property of a vehicle, vessel or aircraft."""

    property: str
    value: str
    as_received: str = ""


@dataclass(frozen=True, slots=True)
class Organisation:
    """One property of an organisation."""

    property: str
    value: str
    as_received: str = ""


@dataclass(frozen=True, slots=True)
class NameParts:
    """The two sides of the comma, where the source writes exactly one, or the columns of a source that parts names."""

    surnames: str = ""
    given_names: str = ""
    middle_names: str = ""
    paternal: str = ""
    maternal: str = ""
    married: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Other:
    """A value that this desk has no field for, under the name that its source gives it."""

    property: str
    value: str


@dataclass(frozen=True, slots=True)
class Source:
    """The list that says all this, the entry in it and the date of the list."""

    list: str = ""
    entry: str = ""
    listed_on: str = ""
    first_seen: str = ""
    last_seen: str = ""


@dataclass(frozen=True, slots=True)
class Dossier:
    """One subject: a person or organisation; a vehicle, vessel or aircraft; a telephone or an account."""

    subject_type: str
    name: str
    name_parts: NameParts | None = None
    aliases: tuple[Alias, ...] = ()
    births: tuple[Birth, ...] = ()
    birth_places: tuple[BirthPlace, ...] = ()
    deaths: tuple[Death, ...] = ()
    nationalities: tuple[Nationality, ...] = ()
    gender: str = ""
    identifiers: tuple[Identifier, ...] = ()
    addresses: tuple[Address, ...] = ()
    contacts: tuple[Contact, ...] = ()
    accounts: tuple[Account, ...] = ()
    links: tuple[Link, ...] = ()
    craft: tuple[Craft, ...] = ()
    organisation: tuple[Organisation, ...] = ()
    programmes: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    title: str = ""
    name_finding: str = ""
    description: str = ""
    remarks: tuple[str, ...] = ()
    remarks_cut: bool = False
    source: Source | None = None
    source_tags: tuple[str, ...] = ()
    other: tuple[Other, ...] = ()
    authority: str = ""
    state: str = "asserted"
    simulated: bool = False


def dossier_fields(dossier: Dossier) -> Mapping[str, JsonValue]:
    """Return the fields of the act, or raise `DossierRefused` where one act cannot hold them."""
    fields = record_of(dossier)
    if not _is_light(fields):
        demand_issuable(fields)
    return fields


def dossier_of(fields: Mapping[str, JsonValue]) -> Dossier:
    """Return the typed values of a dossier's fields; what was corrected, and why, is not among them."""
    return msgspec.convert(fields, Dossier)


def demand_issuable(fields: Mapping[str, JsonValue]) -> None:
    """Raise `DossierRefused` for fields that the caps of one act do not admit, naming the field."""
    if _is_small(fields):
        return
    volume = 0
    for name, value in fields.items():
        sizes = [_size(name, disclosure) for disclosure in _disclosures(name, value)]
        if max(sizes) > MAX_DISCLOSURE:
            raise _refused(name, "pasa de 32 KiB", "is larger than 32 KiB")
        volume += sum(sizes)
    if volume > MAX_DISCLOSURES:
        raise _refused("*", "pasa de 1 MiB en total", "is larger than 1 MiB in all")


def _is_small(fields: Mapping[str, JsonValue]) -> bool:
    """Whether fields fit in any case, each value of them one that an act can hold."""
    try:
        return _are_few(fields) and len(write_json(dict(fields))) <= _SMALL
    except Malformed:
        return False


def _is_light(fields: Mapping[str, JsonValue]) -> bool:
    """Whether the fields of typed values fit in any case: of these only texts can be what an act cannot hold."""
    try:
        written = msgspec.json.encode(fields)
    except UnicodeEncodeError:
        return False
    return _are_few(fields) and len(written) <= _SMALL and b"\\u0000" not in written


def _are_few(fields: Mapping[str, JsonValue]) -> bool:
    return all(not isinstance(value, list | tuple) or len(value) <= _FEW for value in fields.values())


def _disclosures(name: str, value: JsonValue) -> Iterator[JsonValue]:
    match value:
        case list() | tuple():
            yield [_SALT, name, [{"...": _DIGEST}] * _padded(name, len(value))]
            yield from ([_SALT, element] for element in value)
        case Mapping():
            yield [_SALT, name, {"_sd": [_DIGEST] * _padded(name, len(value))}]
            yield from ([_SALT, member, part] for member, part in value.items())
        case _:
            yield [_SALT, name, value]


def _size(name: str, disclosure: JsonValue) -> int:
    try:
        return -(-len(write_json(disclosure)) * 4 // 3)
    except Malformed as error:
        raise _refused(name, error.words.es.rstrip("."), error.words.en.rstrip(".")) from error


def _padded(name: str, count: int) -> int:
    for size in PADDING:
        if count <= size:
            return size
    raise _refused(name, f"tiene más de {PADDING[-1]} partes", f"has more than {PADDING[-1]} parts")


def _refused(field: str, es: str, en: str) -> DossierRefused:
    return DossierRefused(Words(es=f"Expediente, campo {field}: {es}.", en=f"Dossier, field {field}: {en}."))


def record_of(value: object) -> dict[str, JsonValue]:
    """Return what a value says, as fields; what is absent makes none."""
    kind: Any = type(value)
    pairs = ((name, _plain(getattr(value, name))) for name in _names_of(kind))
    return {name: plain for name, plain in pairs if plain not in ("", 0, [], None)}


@cache
def _names_of(kind: Any) -> tuple[str, ...]:
    return tuple(member.name for member in members(kind))


def _plain(value: object) -> JsonValue:
    if isinstance(value, tuple):
        return [_plain(element) for element in value]
    return value if value is None or isinstance(value, str | int) else record_of(value)
