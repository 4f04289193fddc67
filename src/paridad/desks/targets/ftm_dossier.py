# SPDX-License-Identifier: Apache-2.0
"""The dossier of one entity of followthemoney, property by property.

Rules
  - Values stand as received. An identifier is taken for a CURP or RFC only where its check digit says so.
  - What this desk refuses (`is_refused`) is a note, and its value is not kept. What it has no field for stays among the
    other data, under the name that its source gives it.
  - An account's number never stands in its name, which has another sensitivity: such a name is put aside.
  - Patronymic and matronymic are no surnames.

Worked example
    Builder(entity, "OpenSanctions", "2026-12-01", attached=(), addresses={}).dossier().name
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from paridad.base.words import Words
from paridad.desks.targets import codes, dates, findings
from paridad.desks.targets.dossier import (
    Account,
    Address,
    Alias,
    BirthPlace,
    Contact,
    Craft,
    Death,
    Dossier,
    Identifier,
    NameParts,
    Nationality,
    Organisation,
    Other,
    Source,
)
from paridad.desks.targets.errors import DossierRefused
from paridad.desks.targets.ftm_entity import Entity, iso_date
from paridad.desks.targets.ftm_terms import NAME_PARTS, REFERENCES, SCHEMATA, SUBJECTS, is_refused, term_of
from paridad.desks.targets.identifiers import check
from paridad.desks.targets.lines import Note
from paridad.desks.targets.links import Link

OUTGOING = frozenset({"origin", "external", "handling"})
"""What an export adds about the act that says so: no data of the entity."""
BESIDE = "@"
"""Stands before the name of what an entity says beside its properties."""
_LONG_NUMBER = re.compile(r"[0-9](?:[\s-]?[0-9]){3}")
_CODE = re.compile(r"[!-~]{1,256}")
_CLABE = 18


class RawTie(NamedTuple):
    """A link with its ends as the file names them."""

    entity: Entity
    one: str
    other: str
    link: Link


class Builder:
    """Makes the dossier of one entity, property by property."""

    def __init__(
        self, entity: Entity, source: str, today: str, *, attached: Sequence[Entity], addresses: Mapping[str, Entity]
    ) -> None:
        self.entity, self.source, self.today = entity, source, today
        self.belonging, self.by_address = attached, addresses
        self.used: set[str] = set()
        """Addresses that the entity names."""
        self.subject = SUBJECTS[entity.schema]
        self.at = ""
        """The property that is being read."""
        self.notes: list[Note] = []
        self.ties: list[RawTie] = []
        self.parts: dict[str, list[Any]] = {}
        """By field, what its elements will be."""
        self.single: dict[str, str] = {}

    def dossier(self) -> Dossier:
        """Read every property, then what belongs to the entity."""
        entity, source = self.entity, self.source
        name = self._name()
        if entity.schema != SCHEMATA[self.subject]:
            self._other(f"{BESIDE}schema", [entity.schema])
        for self.at, values in entity.properties.items():
            self._property(self.at, values)
        self.at = ""
        first, last = (self._seen(name) for name in ("first_seen", "last_seen"))
        self._context()
        for each in self.belonging:
            self._attached(each)
        self._accounts()
        parts: dict[str, Any] = {field_: tuple(elements) for field_, elements in self.parts.items()}
        return Dossier(
            subject_type=self.subject,
            name=name,
            name_parts=self._name_parts(),
            title=self.single.get("title", ""),
            name_finding=finding_of(name, self.subject),
            gender=self.single.get("gender", ""),
            source=Source(source, entity.id, first_seen=first, last_seen=last),
            authority=self.single.get("authority") or f"{source} {entity.id}",
            **parts,
        )

    def _name(self) -> str:
        names = self.entity.properties.get("name", ())
        if self.subject == "account" and (not names or _LONG_NUMBER.search(names[0])):
            self._other("name", names)
            return neutral_name("account")
        self.at = "name"
        if not names:
            raise DossierRefused(Words(es="Falta el nombre.", en="The name is missing."))
        for each in names[1:]:
            self._add("aliases", Alias(each, "strong", "aka"))
        return names[0]

    def _property(self, name: str, values: Sequence[str]) -> None:
        if is_refused(name):
            self.notes.append(Note("refused", self.entity.file, self.entity.line, name))
        elif name in REFERENCES and self.subject in {"account", "vehicle", "vessel", "aircraft"}:
            self._reference(name, values)
        elif name in _READERS:
            _READERS[name](self, name, values)
        elif (term := term_of(name, self.subject)) is not None:
            for value in values:
                self._add(term.field, _MAKERS.get(term.field, _plain)(term.code, value))
        elif name != "name" and not (name in NAME_PARTS and self._is_part(name)):
            self._other(name, values)

    def _reference(self, name: str, values: Sequence[str]) -> None:
        relation, role = REFERENCES[name]
        for value in values:
            source = Source(self.source, f"{self.entity.id}.{name}.{value}")
            self.ties.append(RawTie(self.entity, value, self.entity.id, Link("", relation, role=role, source=source)))

    def birth(self, _: str, values: Sequence[str]) -> None:
        """Read dates of birth."""
        for value in values:
            read = dates.read(value, today=self.today)
            plain = iso_date(value) and not read.finding
            self._add("births", replace(read, as_received="") if plain else read)

    def birth_place(self, _: str, values: Sequence[str]) -> None:
        """Read places of birth."""
        for value in values:
            self._add("birth_places", BirthPlace(value))

    def birth_country(self, _: str, values: Sequence[str]) -> None:
        """Read countries of birth."""
        for value in values:
            self._add("birth_places", BirthPlace("", country=value))

    def death(self, _: str, values: Sequence[str]) -> None:
        """Read dates of death."""
        for value in values:
            self._add("deaths", Death(iso_date(value), "" if iso_date(value) else value))

    def gender(self, name: str, values: Sequence[str]) -> None:
        """Read the recorded gender, where the source gives one that has a code."""
        self._one("gender", name, values, allowed=codes.code_list("gender"))

    def position(self, name: str, values: Sequence[str]) -> None:
        """Read a position, where the source gives one."""
        self._one("title", name, values)

    def address(self, _: str, values: Sequence[str]) -> None:
        """Read addresses that are one text each."""
        for value in values:
            self._add("addresses", Address(value, "", ""))

    def address_entity(self, name: str, values: Sequence[str]) -> None:
        """Read addresses that are entities of their own."""
        for value in values:
            found = self.by_address.get(value)
            if found is None:
                self._other(name, [value])
            else:
                self.used.add(value)
                self._address(found)

    def institution(self, name: str, values: Sequence[str]) -> None:
        """Read the bank or service of an account."""
        self._one("institution", name, values)

    def currency(self, name: str, values: Sequence[str]) -> None:
        """Read the currency of an account."""
        self._one("currency", name, values, allowed=[value for value in values if _CODE.fullmatch(value)])

    def _address(self, found: Entity) -> None:
        said = {name: ", ".join(values) for name, values in found.properties.items()}
        street = ", ".join(filter(None, (said.get(name, "") for name in ("street", "street2", "postOfficeBox"))))
        place = ", ".join(filter(None, (said.get(name, "") for name in ("city", "postalCode", "state", "region"))))
        known = {"street", "street2", "postOfficeBox", "city", "postalCode", "state", "region", "country", "remarks"}
        if not street and said.get("full"):
            street, known = said["full"], known | {"full"}
        self._add("addresses", Address(street, place, said.get("country", ""), remarks=said.get("remarks", "")))
        self._rest(found, known)

    def _attached(self, found: Entity) -> None:
        if found.schema == "Sanction":
            self._sanction(found)
        else:
            self._document(found)

    def _sanction(self, found: Entity) -> None:
        for program in found.properties.get("program", ()):
            if program not in self.parts.get("programmes", ()):
                self._add("programmes", program)
        for name in ("reason", "provisions"):
            for value in found.properties.get(name, ()):
                self._add("measures", value)
        known = {"entity", "program", "reason", "provisions"}
        if (authority := found.one("authorityId")) and "authority" not in self.single:
            self.single["authority"] = authority
            known.add("authorityId")
        self._rest(found, known)

    def _document(self, found: Entity) -> None:
        said = found.one("type")
        kind = "passport" if found.schema == "Passport" else _kind_of(said)
        as_received = "" if kind in {said, "passport"} else said
        issued, expires = (iso_date(found.one(name)) for name in ("startDate", "endDate"))
        country, place = found.one("country"), found.one("authority")
        for number in found.properties.get("number", ()):
            of = _recognised(kind, number)
            finding = findings.of_identifier(of, number, country)
            given = Identifier(of, number, country, place, issued, expires, check(of, number), as_received, finding)
            self._add("identifiers", given)
        read = {"country": country, "authority": place, "startDate": issued, "endDate": expires, "number": "1"}
        read["type"] = as_received or ("1" if kind == said else "")
        self._rest(found, {"holder"} | {name for name, value in read.items() if value})

    def _rest(self, found: Entity, known: set[str]) -> None:
        """Keep what an attached entity says besides."""
        for name, values in found.properties.items():
            if is_refused(name):
                self.notes.append(Note("refused", found.file, found.line, f"{found.schema}.{name}"))
            elif name not in known:
                self._other(f"{found.schema}.{name}", values)

    def _context(self) -> None:
        names = self.entity.properties.get("name", ())
        for name, value in self.entity.context.items():
            if is_refused(name):
                self.notes.append(Note("refused", self.entity.file, self.entity.line, name))
            elif name in OUTGOING or (name == "caption" and value in names):
                continue
            elif isinstance(value, list) and all(isinstance(each, str) for each in value):
                self._other(f"{BESIDE}{name}", value)
            elif isinstance(value, str | bool | int):
                text = str(value).lower() if isinstance(value, bool) else str(value)
                if not (name in _SEEN and self._seen(name) == text):
                    self._other(f"{BESIDE}{name}", [text])
            elif value is not None:
                self.notes.append(Note("unread", self.entity.file, self.entity.line, name))

    def _seen(self, name: str) -> str:
        value = self.entity.context.get(name)
        return iso_date(value[:10]) if isinstance(value, str) else ""

    def _is_part(self, name: str) -> bool:
        return self.subject == "person" and bool(self.entity.one(name))

    def _name_parts(self) -> NameParts | None:
        parts = {part: self.entity.one(name) for name, part in NAME_PARTS.items() if self._is_part(name)}
        return NameParts(**parts) if parts else None

    def _accounts(self) -> None:
        """Give the accounts their bank and currency; without an account these stay among the other data."""
        accounts: list[Account] = self.parts.get("accounts", [])
        institution, currency = (self.single.get(name, "") for name in ("institution", "currency"))
        if accounts:
            self.parts["accounts"] = [replace(each, institution=institution, currency=currency) for each in accounts]
        else:
            name = "service" if self.entity.schema == "UserAccount" else "bankName"
            self._other(name, [institution] if institution else [])
            self._other("currency", [currency] if currency else [])

    def _one(self, as_: str, name: str, values: Sequence[str], allowed: Iterable[str] | None = None) -> None:
        if len(values) == 1 and as_ not in self.single and (allowed is None or values[0] in allowed):
            self.single[as_] = values[0]
        else:
            self._other(name, values)

    def _add(self, field_: str, element: object) -> None:
        self.parts.setdefault(field_, []).append(element)

    def _other(self, name: str, values: Iterable[str]) -> None:
        for value in values:
            self._add("other", Other(name, value))


_SEEN = frozenset({"first_seen", "last_seen"})
_READERS: Mapping[str, Callable[[Builder, str, Sequence[str]], None]] = {
    "birthDate": Builder.birth,
    "birthPlace": Builder.birth_place,
    "birthCountry": Builder.birth_country,
    "deathDate": Builder.death,
    "gender": Builder.gender,
    "position": Builder.position,
    "address": Builder.address,
    "addressEntity": Builder.address_entity,
    "bankName": Builder.institution,
    "service": Builder.institution,
    "currency": Builder.currency,
}
"""Properties that are no plain element of a list."""


def finding_of(name: str, subject: str) -> str:
    """Say whether a name names nobody: what a person's reads as, and what stands for the name of an account."""
    if subject == "person":
        return findings.of_name(name)
    return findings.NOT_A_NAME if name == neutral_name(subject) else ""


def neutral_name(subject: str) -> str:
    """Return what stands for the name of something whose name would tell its number."""
    words = codes.label("subject_type", subject)
    return f"{words.es} / {words.en}"


def _kind_of(said: str) -> str:
    """Return the code of a document by its name: a code of ours, a spelling of a list, or a number of any kind."""
    if said in codes.code_list("identifier"):
        return said
    return codes.tags("identifier").get(said, "id_number")


def _recognised(kind: str, number: str) -> str:
    """Take a number for what its check digit says it is."""
    if kind in {"id_number", "national_id"} and check("curp", number) == "passes":
        return "curp"
    return "rfc" if kind in {"tax_id", "id_number"} and check("rfc", number) == "passes" else kind


def _plain(_: str, value: str) -> object:
    return value


def _alias(code: str, value: str) -> Alias:
    return Alias(value, "weak", "aka") if code == "weak" else Alias(value, "strong", code)


def _identifier(code: str, value: str) -> Identifier:
    kind = _recognised(code, value)
    return Identifier(kind, value, check=check(kind, value), finding=findings.of_identifier(kind, value, ""))


def _account(code: str, value: str) -> Account:
    clabe = code == "account_number" and len(value) == _CLABE and check("clabe", value) == "passes"
    kind = "clabe" if clabe else code
    return Account("", value, type=kind, check=check(kind, value))


_MAKERS: Mapping[str, Callable[[str, str], object]] = {
    "aliases": _alias,
    "nationalities": lambda code, value: Nationality(value, code),
    "identifiers": _identifier,
    "contacts": Contact,
    "accounts": _account,
    "craft": Craft,
    "organisation": Organisation,
}
"""By field, how an element is made of its code and its value; elsewhere the value is the element."""
