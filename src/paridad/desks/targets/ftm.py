# SPDX-License-Identifier: Apache-2.0
"""Entities of followthemoney, one JSON object a line, as dossiers and links; each comes in or comes back with why.

Rules
  - An entity of a subject's schema gives a dossier. One of an interval's schema belongs to its holder (passport,
    identification, sanction, address) or is a link between two dossiers (`EDGES`); of any other schema it comes back.
  - What comes back has its line, the property and the reason. What this desk refuses (`is_refused`) is a note, and its
    value is not kept. What it has no field for stays among the other data.
  - Values stand as received. An identifier is taken for a CURP or RFC only where its check digit says so.
  - An account's number never stands in its name, which has another sensitivity: such a name is put aside.
  - The file is read twice: once for what belongs to others, once for the subjects; nothing else is held.

Worked example
    for item in load_ftm(Path("entities.ftm.json"), source="OpenSanctions", today="2026-12-01"):
        match item:
            case Dossier(): …
            case Tie(): …
            case Reject() | Note(): …
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.desks.targets import codes, dates, findings
from paridad.desks.targets.dossier import (
    Account,
    Address,
    Alias,
    Birth,
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
    dossier_fields,
    dossier_of,
)
from paridad.desks.targets.errors import DossierRefused
from paridad.desks.targets.ftm_terms import (
    EDGES,
    HOLDERS,
    NAME_PARTS,
    REFERENCES,
    SCHEMATA,
    SUBJECTS,
    is_refused,
    term_of,
)
from paridad.desks.targets.identifiers import check
from paridad.desks.targets.lines import Note, Reject, lines_of
from paridad.desks.targets.links import Link, Tie, link_fields

MAX_LINE = 1024 * 1024
OUTGOING = frozenset({"origin", "external", "handling"})
"""What an export adds about the act that says so: no data of the entity."""
Item = Dossier | Tie | Reject | Note
Side = Mapping[str, Mapping[str, JsonValue]]
"""What an entity cannot carry, by its id: whole fields, and nothing in place of a field that is not there."""

_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?")
_LONG_NUMBER = re.compile(r"[0-9](?:[\s-]?[0-9]){3}")
_CODE = re.compile(r"[!-~]{1,256}")
_CLABE = 18


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity as its line says it."""

    id: str
    schema: str
    properties: Mapping[str, tuple[str, ...]]
    context: Mapping[str, Any]
    file: str = ""
    line: int = 0
    raw: bytes = b""

    def reject(self, column: str, es: str, en: str) -> Reject:
        """Hand the entity back with a reason."""
        return Reject(self.file, self.line, column, Words(es=es, en=en), self.raw)

    def one(self, name: str) -> str:
        """Return the value of a property that has exactly one."""
        values = self.properties.get(name, ())
        return values[0] if len(values) == 1 else ""


def load_ftm(path: Path, *, source: str, today: str, side: Side | None = None) -> Iterator[Item]:
    """Yield what a file of entities gives: dossiers, then links; and what came back or was left out."""
    reading = Reading(source, today, side or {})
    for found in read_entities(path):
        if isinstance(found, Reject):
            yield found
        else:
            reading.keep(found)
    for found in read_entities(path):
        if isinstance(found, Entity) and found.schema in SUBJECTS:
            yield from reading.subject(found)
    yield from reading.rest()


def read_entities(path: Path) -> Iterator[Entity | Reject]:
    """Yield the entities of a file, each checked for its form."""
    for number, raw in lines_of(path, limit=MAX_LINE):
        line = raw.strip()
        if line:
            yield entity_of(line, path.name, number)


def entity_of(raw: bytes, file: str = "", line: int = 0) -> Entity | Reject:
    """Read one entity, or say what is wrong with its line."""

    def back(column: str, es: str, en: str) -> Reject:
        return Reject(file, line, column, Words(es=es, en=en), raw)

    if len(raw) > MAX_LINE:
        return back("", "El renglón pasa de 1 MiB.", "The line is longer than 1 MiB.")
    try:
        tree = read_object(raw)
    except (ValueError, RecursionError):
        return back("", "No es JSON, o una clave está dos veces.", "It is not JSON, or a key stands twice.")
    if not isinstance(tree, dict):
        return back("", "No es un objeto.", "It is not an object.")
    for name in ("id", "schema"):
        if not isinstance(tree.get(name), str) or not tree[name].strip():
            return back(name, "Falta, o no es un texto.", "It is missing, or it is not a text.")
    properties = tree.get("properties", {})
    if not isinstance(properties, dict):
        return back("properties", "No es un objeto.", "It is not an object.")
    for name, values in properties.items():
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            return back(name, "No es una lista de textos.", "It is not a list of texts.")
    context = {name: value for name, value in tree.items() if name not in {"id", "schema", "properties"}}
    said = {name: tuple(each for each in values if each) for name, values in properties.items()}
    return Entity(tree["id"], tree["schema"], said, context, file, line, raw)


def read_object(raw: bytes) -> Any:
    """Read foreign JSON: keys of any spelling, but none twice."""
    return json.loads(raw, object_pairs_hook=_once, parse_constant=_no_constant)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise ValueError
    return tree


def _no_constant(_: str) -> float:
    raise ValueError


@dataclass(slots=True)
class Reading:
    """One reading of a file: what belongs to its subjects, and which of them came in."""

    source: str
    today: str
    side: Side
    attached: dict[str, list[Entity]] = field(default_factory=dict)
    """By holder."""
    addresses: dict[str, Entity] = field(default_factory=dict)
    edges: list[Entity] = field(default_factory=list)
    ties: list["RawTie"] = field(default_factory=list)
    entries: dict[str, tuple[str, str]] = field(default_factory=dict)
    """List and entry of a subject, where the side file gives it others than its own."""
    back: list[Reject] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    """Who came in, or is named as a holder by what came in."""

    def keep(self, entity: Entity) -> None:
        """Take what belongs to another entity; what no subject can hold comes back at the end."""
        if entity.schema in EDGES:
            self.edges.append(entity)
        elif entity.schema == "Address":
            self.addresses[entity.id] = entity
        elif entity.schema in HOLDERS:
            holders = entity.properties.get(HOLDERS[entity.schema], ())
            for holder in holders:
                self.attached.setdefault(holder, []).append(entity)
            if not holders:
                self.back.append(
                    entity.reject(HOLDERS[entity.schema], "No dice de quién es.", "It does not say whose it is.")
                )
        elif entity.schema not in SUBJECTS:
            self.back.append(
                entity.reject(
                    "schema",
                    f"Esta mesa no lee el esquema {entity.schema}.",
                    f"This desk does not read the schema {entity.schema}.",
                )
            )

    def subject(self, entity: Entity) -> Iterator[Item]:
        """Yield the dossier of an entity with the notes about it, or the entity with why it comes back."""
        if entity.id in self.seen:
            yield entity.reject("id", "Esa entidad está dos veces.", "That entity stands twice.")
            return
        self.seen.add(entity.id)
        builder = Builder(entity, self)
        try:
            dossier = builder.dossier()
            fields = dossier_fields(dossier)
            if entity.id in self.side:
                dossier = dossier_of(with_side(fields, self.side[entity.id]))
                dossier_fields(dossier)
        except DossierRefused as error:
            yield entity.reject(builder.at, error.words.es, error.words.en)
            return
        self.held.add(entity.id)
        if dossier.source and (dossier.source.list, dossier.source.entry) != (self.source, entity.id):
            self.entries[entity.id] = (dossier.source.list, dossier.source.entry)
        self.ties += builder.ties
        yield dossier
        yield from builder.notes

    def rest(self) -> Iterator[Item]:
        """Yield the links, and what belongs to nobody that came in."""
        for entity in self.edges:
            yield from self._edge(entity)
        for raw in self.ties:
            yield self._tie(raw)
        yield from self.back
        for holder, entities in self.attached.items():
            if holder not in self.held:
                for entity in entities:
                    yield entity.reject(HOLDERS[entity.schema], *_NO_HOLDER)
        yield from (each.reject("id", *_NO_HOLDER) for each in self.addresses.values() if each.id not in self.held)

    def _tie(self, raw: "RawTie") -> Tie:
        """Return a link with its ends by list and entry, and what the side file says of it."""
        one, other = (self.entries.get(each, (self.source, each)) for each in (raw.one, raw.other))
        link = raw.link
        if link.source and link.source.entry in self.side:
            fields = with_side(link_fields(link), self.side[link.source.entry])
            link = msgspec.convert({"dossier": "", **fields}, Link)
        return Tie(raw.entity.file, raw.entity.line, one, other, link)

    def _edge(self, entity: Entity) -> Iterator[Item]:
        edge = EDGES[entity.schema]
        pairs = list(product(entity.properties.get(edge.source, ()), entity.properties.get(edge.target, ())))
        if not pairs:
            missing = edge.source if edge.source not in entity.properties else edge.target
            yield entity.reject(missing, "Falta un extremo del vínculo.", "An end of the link is missing.")
        since, until = (_date(entity.one(name)) for name in ("startDate", "endDate"))
        role = entity.one(edge.role)
        known = {edge.source, edge.target}
        known |= {name for name, value in ((edge.role, role), ("startDate", since), ("endDate", until)) if value}
        rest = tuple(
            Other(name, value) for name, values in entity.properties.items() if name not in known | {""} for value in values
            if not is_refused(name)
        )  # fmt: skip
        yield from (Note("refused", entity.file, entity.line, name) for name in entity.properties if is_refused(name))
        for place, (one, other) in enumerate(pairs):
            entry = entity.id if len(pairs) == 1 else f"{entity.id}.{place + 1}"
            source = Source(self.source, entry)
            link = Link("", edge.relation, role=role, since=since, until=until, other=rest, source=source)
            yield self._tie(RawTie(entity, one, other, link))


class RawTie(NamedTuple):
    """A link with its ends as the file names them."""

    entity: Entity
    one: str
    other: str
    link: Link


def with_side(fields: Mapping[str, JsonValue], side: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return fields with those of the side file in their place; a field that is nothing there is not there."""
    return {name: value for name, value in {**fields, **side}.items() if value is not None}


_NO_HOLDER = (
    "Pertenece a una entidad que no está en el archivo o no se cargó.",
    "It belongs to an entity that is not in the file or was not loaded.",
)


class Builder:
    """Makes the dossier of one entity, property by property."""

    def __init__(self, entity: Entity, reading: Reading) -> None:
        self.entity, self.reading = entity, reading
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
        entity, source = self.entity, self.reading.source
        name = self._name()
        if entity.schema != SCHEMATA[self.subject]:
            self._other("schema", [entity.schema])
        for self.at, values in entity.properties.items():
            self._property(self.at, values)
        self.at = ""
        first, last = (self._seen(name) for name in ("first_seen", "last_seen"))
        self._context()
        for each in self.reading.attached.get(entity.id, ()):
            self._attached(each)
        self._accounts()
        parts: dict[str, Any] = {field_: tuple(elements) for field_, elements in self.parts.items()}
        return Dossier(
            subject_type=self.subject,
            name=name,
            name_parts=self._name_parts(),
            title=self.single.get("title", ""),
            name_finding=findings.of_name(name) if self.subject == "person" else "",
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
                self._add(term.field, _element(term.field, term.code, value, self.subject))
        elif name != "name" and not (name in NAME_PARTS and self._is_part(name)):
            self._other(name, values)

    def _reference(self, name: str, values: Sequence[str]) -> None:
        relation, role = REFERENCES[name]
        for value in values:
            source = Source(self.reading.source, f"{self.entity.id}.{name}.{value}")
            self.ties.append(RawTie(self.entity, value, self.entity.id, Link("", relation, role=role, source=source)))

    def birth(self, _: str, values: Sequence[str]) -> None:
        """Read dates of birth."""
        for value in values:
            read = dates.read(value, today=self.reading.today)
            plain = _DATE.fullmatch(value) and not read.finding
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
            self._add("deaths", Death(_date(value), "" if _date(value) else value))

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
            found = self.reading.addresses.get(value)
            if found is None:
                self._other(name, [value])
            else:
                self.reading.held.add(value)
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
        issued, expires = (_date(found.one(name)) for name in ("startDate", "endDate"))
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
                self._other(name, value)
            elif isinstance(value, str | bool | int):
                text = str(value).lower() if isinstance(value, bool) else str(value)
                if not (name in _SEEN and self._seen(name) == text):
                    self._other(name, [text])
            elif value is not None:
                self.notes.append(Note("unread", self.entity.file, self.entity.line, name))

    def _seen(self, name: str) -> str:
        value = self.entity.context.get(name)
        return _date(value[:10]) if isinstance(value, str) else ""

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


def neutral_name(subject: str) -> str:
    """Return what stands for the name of something whose name would tell its number."""
    words = codes.label("subject_type", subject)
    return f"{words.es} / {words.en}"


def _date(text: str) -> str:
    """Return a date that a field can hold, or nothing."""
    return text if _DATE.fullmatch(text) and dates.exists(text) else ""


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


def _element(field_: str, code: str, value: str, subject: str) -> object:
    match field_:
        case "aliases":
            return Alias(value, "weak" if code == "weak" else "strong", "aka" if code == "weak" else code)
        case "nationalities":
            return Nationality(value, code)
        case "identifiers":
            kind = _recognised(code, value)
            return Identifier(kind, value, check=check(kind, value), finding=findings.of_identifier(kind, value, ""))
        case "contacts":
            return Contact(code, value)
        case "accounts":
            return _account(code, value)
        case "craft":
            return Craft(code, value)
        case "organisation":
            return Organisation(code, value)
        case _:
            return value


def _account(code: str, value: str) -> Account:
    clabe = code == "account_number" and len(value) == _CLABE and check("clabe", value) == "passes"
    kind = "clabe" if clabe else code
    return Account("", value, type=kind, check=check(kind, value))
