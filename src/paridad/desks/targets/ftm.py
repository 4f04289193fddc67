# SPDX-License-Identifier: Apache-2.0
"""A file of entities of followthemoney as dossiers and links; each entity comes in or comes back with why.

Rules
  - An entity of a subject's schema gives a dossier. One of an interval's schema belongs to its holder (passport,
    identification, sanction, address) or is a link between two dossiers (`EDGES`); of any other schema it comes back.
  - What comes back has its line, the property and the reason; what was left out of a dossier is a note.
  - The file is read twice: once for what belongs to others, once for the subjects; nothing else is held.
  - A side file gives back what an entity cannot carry (`ftm_out`).

Worked example
    for item in load_ftm(Path("entities.ftm.json"), source="OpenSanctions", today="2026-12-01"):
        match item:
            case Dossier(): …
            case Tie(): …
            case Reject() | Note(): …
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import msgspec

from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.desks.targets.dossier import Dossier, Other, Source, dossier_fields, dossier_of
from paridad.desks.targets.errors import DossierRefused, ListDamaged
from paridad.desks.targets.ftm_dossier import Builder, RawTie
from paridad.desks.targets.ftm_entity import MAX_LINE, Entity, iso_date, read_entities
from paridad.desks.targets.ftm_terms import EDGES, HOLDERS, SUBJECTS, is_refused
from paridad.desks.targets.lines import Note, Reject, lines_of
from paridad.desks.targets.links import Link, Tie, link_fields

Item = Dossier | Tie | Reject | Note
Side = Mapping[str, Mapping[str, JsonValue]]
"""What an entity cannot carry, by its id: whole fields, and nothing in place of a field that is not there."""


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
    ties: list[RawTie] = field(default_factory=list)
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
        builder = Builder(
            entity,
            self.source,
            self.today,
            attached=self.attached.get(entity.id, ()),
            addresses=self.addresses,
        )
        try:
            dossier = builder.dossier()
            fields = dossier_fields(dossier)
            if entity.id in self.side:
                dossier = dossier_of(with_side(fields, self.side[entity.id]))
                dossier_fields(dossier)
        except DossierRefused as error:
            yield entity.reject(builder.at, error.words.es, error.words.en)
            return
        self.held |= {entity.id, *builder.used}
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

    def _tie(self, raw: RawTie) -> Tie:
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
        since, until = (iso_date(entity.one(name)) for name in ("startDate", "endDate"))
        role = entity.one(edge.role)
        known = {edge.source, edge.target}
        known |= {name for name, value in ((edge.role, role), ("startDate", since), ("endDate", until)) if value}
        rest = tuple(
            Other(name, value)
            for name, values in entity.properties.items()
            if name not in known and not is_refused(name)
            for value in values
        )
        yield from (Note("refused", entity.file, entity.line, name) for name in entity.properties if is_refused(name))
        for place, (one, other) in enumerate(pairs):
            entry = entity.id if len(pairs) == 1 else f"{entity.id}.{place + 1}"
            source = Source(self.source, entry)
            link = Link("", edge.relation, role=role, since=since, until=until, other=rest, source=source)
            yield self._tie(RawTie(entity, one, other, link))


def with_side(fields: Mapping[str, JsonValue], side: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return fields with those of the side file in their place; a field that is nothing there is not there."""
    return {name: value for name, value in {**fields, **side}.items() if value is not None}


_NO_HOLDER = (
    "Pertenece a una entidad que no está en el archivo o no se cargó.",
    "It belongs to an entity that is not in the file or was not loaded.",
)


def read_side(path: Path) -> Side:
    """Read a side file: one object a line, with the id of an entity and the fields that it cannot carry."""
    side: dict[str, Mapping[str, JsonValue]] = {}
    for number, raw in lines_of(path, limit=MAX_LINE):
        try:
            line = msgspec.json.decode(raw, type=SideLine)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ListDamaged(
                Words(
                    es=f"{path.name}, renglón {number}: no es del archivo adjunto.",
                    en=f"{path.name}, line {number}: not of a side file.",
                )
            ) from error
        side[line.id] = line.fields
    return side


class SideLine(msgspec.Struct):
    """One line of a side file."""

    id: str
    fields: dict[str, Any]
