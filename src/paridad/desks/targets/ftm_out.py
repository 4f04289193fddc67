# SPDX-License-Identifier: Apache-2.0
"""Dossiers and links as entities of followthemoney, and beside them what such an entity cannot carry.

Rules
  - What goes out is what the reader may see: the caller hands in fields that were filtered.
  - The side file holds, by the entity's id, exactly those fields that reading the entity back would not give again:
    the entity is read back while it is written. In, out and in loses nothing.
  - An entity names the act that says it (`origin`), whether that act is another party's (`external`), and its
    handling code, so that nobody takes it for unmarked.
  - A document with a country, a place or dates becomes an entity of its own. A telephone has no schema: it goes out as
    the account of a user of a telephone service.

Worked example
    out = Exit(today="2026-12-01")
    for record in records: file.write(write_line(…)) for each of out.dossier(record)
    out.side["ofac-sdn-101"]            is {"source": {"list": "OFAC SDN", "entry": "101"}, …}
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import msgspec

from paridad.base.strict import JsonValue
from paridad.desks.targets.dossier import Dossier, dossier_fields
from paridad.desks.targets.ftm import Item, Reading
from paridad.desks.targets.ftm_dossier import BESIDE, OUTGOING, neutral_name
from paridad.desks.targets.ftm_entity import Entity, entity_of
from paridad.desks.targets.ftm_terms import EDGES, NAME_PARTS, SCHEMATA, SUBJECTS, property_of
from paridad.desks.targets.lines import Reject
from paridad.desks.targets.links import Tie, link_fields
from paridad.desks.targets.rules import CORRECTION
from paridad.folio.reading import codes, records, text

Fields = Mapping[str, JsonValue]
_SLUG = re.compile(r"[^a-z0-9]+")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9._:\-]{7,254}")
"""Identifiers of the world of followthemoney; a bare number is none."""
_SCHEMA_OF = MappingProxyType({edge.relation: schema for schema, edge in EDGES.items()})
_SEEN = ("first_seen", "last_seen")
_DATED = ("country", "place", "issued", "expires", "as_received")


@dataclass(frozen=True, slots=True)
class Said:
    """A record that goes out: what the reader may see of it, and the act behind it."""

    act: str
    external: bool
    handling: str
    fields: Fields


@dataclass(slots=True)
class Exit:
    """One export: which entities went out, and what they could not carry."""

    today: str
    side: dict[str, dict[str, JsonValue]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    """Act: the id under which it goes out."""
    _given: set[str] = field(default_factory=set)

    def dossier(self, said: Said) -> list[dict[str, JsonValue]]:
        """Return the entities of one dossier: its own first, then those that belong to it."""
        id_ = self._id(said)
        self.ids[said.act] = id_
        made = _Entity(id_, said)
        entities = made.entities()
        self._aside(id_, said.fields, entities)
        return entities

    def link(self, said: Said) -> dict[str, JsonValue] | None:
        """Return the entity of a link between two dossiers that went out, or nothing."""
        ends = [self.ids.get(text(said.fields, name), "") for name in ("dossier", "to")]
        schema = _SCHEMA_OF.get(text(said.fields, "relation"))
        if not all(ends) or schema is None:
            return None
        id_ = self._id(said)
        edge, put = EDGES[schema], _Properties()
        put.add(edge.source, ends[0])
        put.add(edge.target, ends[1])
        for name, property_ in (("role", edge.role), ("since", "startDate"), ("until", "endDate")):
            put.add(property_, text(said.fields, name))
        for each in records(said.fields, "other"):
            put.add(text(each, "property"), text(each, "value"))
        entity = _line(id_, schema, put, said)
        self._aside(
            id_, {name: value for name, value in said.fields.items() if name not in {"dossier", "to"}}, [entity]
        )
        return entity

    def _aside(self, id_: str, fields: Fields, entities: list[dict[str, JsonValue]]) -> None:
        """Keep the fields that the entities do not give back."""
        said = {name: value for name, value in fields.items() if name != CORRECTION}
        back = _read_back(entities, text(_record(said, "source"), "list"), self.today)
        lost = {name: said.get(name) for name in sorted({*said, *back}) if said.get(name) != back.get(name)}
        if lost:
            self.side[id_] = lost

    def _id(self, said: Said) -> str:
        source = _record(said.fields, "source")
        list_, entry = text(source, "list"), text(source, "entry")
        wanted = (entry if _ID.fullmatch(entry) else "", f"{slug(list_)}-{slug(entry)}" if entry else "")
        found = next((each for each in wanted if each and each not in self._given), f"paridad-{said.act}")
        self._given.add(found)
        return found


def write_line(entity: Mapping[str, JsonValue]) -> bytes:
    """Return one line of a file of entities."""
    return msgspec.json.encode(entity) + b"\n"


def slug(name: str) -> str:
    """Return a name as names of data sets are written."""
    return _SLUG.sub("-", name.lower()).strip("-")


def _read_back(entities: list[dict[str, JsonValue]], source: str, today: str) -> Fields:
    """Return the fields that a reader would make of entities: of the dossier, or of the link."""
    reading, found = (
        Reading(source, today, {}),
        [entity_of(write_line(each)) for each in entities],
    )
    own = [each for each in found if isinstance(each, Entity)]
    for each in own:
        reading.keep(each)
    items: list[Item] = [item for each in own if each.schema in SUBJECTS for item in reading.subject(each)]
    for item in (*items, *reading.rest()):
        match item:
            case Dossier():
                return dossier_fields(item)
            case Tie():
                return {name: value for name, value in link_fields(item.link).items() if name != "dossier"}
            case Reject():
                return {}
    return {}


class _Properties:
    """The properties of one entity, in the order in which they were put."""

    def __init__(self) -> None:
        self.values: dict[str, list[JsonValue]] = {}

    def add(self, name: str, value: str) -> None:
        """Put a value, if there is one."""
        if name and value and value not in self.values.setdefault(name, []):
            self.values[name].append(value)
        if not self.values.get(name, [""]):
            del self.values[name]


class _Entity:
    """The entities of one dossier."""

    def __init__(self, id_: str, said: Said) -> None:
        self.id, self.said, self.fields = id_, said, said.fields
        self.subject = text(said.fields, "subject_type")
        self.put = _Properties()
        self.beside: list[dict[str, JsonValue]] = []
        self.other = [(text(each, "property"), text(each, "value")) for each in records(said.fields, "other")]

    def entities(self) -> list[dict[str, JsonValue]]:
        """Return all of them, the subject's first."""
        name = text(self.fields, "name")
        if name != neutral_name("account"):
            self.put.add("name", name)
        for property_, part in NAME_PARTS.items():
            self.put.add(property_, text(_record(self.fields, "name_parts"), part))
        self._person()
        self._lists()
        for each in records(self.fields, "identifiers"):
            self._identifier(each)
        for place, each in enumerate(records(self.fields, "addresses")):
            self._address(place, each)
        for name, value in self.other:
            if not name.startswith(BESIDE) and "." not in name:
                self.put.add(name, value)
        if self.subject == "telephone":
            self.put.add("service", "telephone")
        return [self._own(), *self.beside]

    def _own(self) -> dict[str, JsonValue]:
        beside: dict[str, list[str]] = {}
        for name, value in self.other:
            if name.startswith(BESIDE):
                beside.setdefault(name.removeprefix(BESIDE), []).append(value)
        schema = beside.pop("schema", [SCHEMATA.get(self.subject, "LegalEntity")])[0]
        own = _line(self.id, schema, self.put, self.said)
        source = _record(self.fields, "source")
        own |= {name: text(source, name) for name in _SEEN if text(source, name)}
        own |= {name: _beside(name, values) for name, values in beside.items()}
        own.setdefault("datasets", [slug(text(source, "list")) or "paridad"])
        return own

    def _person(self) -> None:
        for each in records(self.fields, "births"):
            self.put.add("birthDate", text(each, "as_received") if not text(each, "date") else text(each, "date"))
        for each in records(self.fields, "birth_places"):
            self.put.add("birthPlace", text(each, "place"))
            self.put.add("birthCountry", text(each, "country"))
        for each in records(self.fields, "deaths"):
            self.put.add("deathDate", text(each, "date"))
        self.put.add("gender", text(self.fields, "gender"))
        self.put.add("position", text(self.fields, "title"))

    def _lists(self) -> None:
        for each in records(self.fields, "aliases"):
            code = "weak" if text(each, "strength") == "weak" else text(each, "type")
            self.put.add(property_of("aliases", code, self.subject) or "alias", text(each, "name"))
        for field_, code, value in _CODED:
            for each in records(self.fields, field_):
                self.put.add(property_of(field_, text(each, code), self.subject), text(each, value))
        for each in records(self.fields, "accounts"):
            self.put.add("service" if text(each, "type") == "user_name" else "bankName", text(each, "institution"))
            self.put.add("currency", text(each, "currency"))
        for field_, property_ in (("programmes", "program"), ("remarks", "notes"), ("source_tags", "topics")):
            for value in codes(self.fields, field_):
                self.put.add(property_, value)

    def _identifier(self, each: Fields) -> None:
        kind, number = text(each, "type"), text(each, "number")
        plain = property_of("identifiers", kind, self.subject)
        if plain and not any(text(each, name) for name in _DATED):
            self.put.add(plain, number)
            return
        put = _Properties()
        said = {"holder": self.id, "number": number, **{name: text(each, part) for name, part in _DOCUMENT}}
        for name, value in said.items():
            put.add(name, value)
        if kind != "passport":
            put.add("type", text(each, "as_received") or kind)
        schema = "Passport" if kind == "passport" else "Identification"
        self.beside.append(_line(f"{self.id}-id-{len(self.beside) + 1}", schema, put, self.said))

    def _address(self, place: int, each: Fields) -> None:
        if not any(text(each, name) for name in ("place", "country", "remarks")):
            self.put.add("address", text(each, "address"))
            return
        put = _Properties()
        for name, value in (("street", "address"), ("city", "place"), ("country", "country"), ("remarks", "remarks")):
            put.add(name, text(each, value))
        id_ = f"{self.id}-address-{place + 1}"
        self.put.add("addressEntity", id_)
        self.beside.append(_line(id_, "Address", put, self.said))


_DOCUMENT = (("country", "country"), ("authority", "place"), ("startDate", "issued"), ("endDate", "expires"))
_CODED = (
    ("nationalities", "relation", "country"),
    ("contacts", "type", "value"),
    ("accounts", "type", "address"),
    ("craft", "property", "value"),
    ("organisation", "property", "value"),
)
"""Lists whose elements have a code and a value."""
_SEVERAL = frozenset({"datasets", "referents"})


def _beside(name: str, values: list[str]) -> JsonValue:
    """Return what stands beside the properties in the form in which sources write it."""
    if name in _SEVERAL or len(values) > 1:
        return list[JsonValue](values)
    return values[0] == "true" if values[0] in {"true", "false"} else values[0]


def _line(id_: str, schema: str, put: _Properties, said: Said) -> dict[str, JsonValue]:
    meta: dict[str, JsonValue] = {"origin": [said.act], "external": said.external, "handling": said.handling}
    assert meta.keys() == OUTGOING
    return {"id": id_, "schema": schema, "properties": dict[str, JsonValue](put.values), **meta}


def _record(fields: Fields, name: str) -> Fields:
    value = fields.get(name)
    return value if isinstance(value, Mapping) else {}
