# SPDX-License-Identifier: Apache-2.0
"""One entity of followthemoney as its line says it, checked for its form.

Rules
  - A line is one JSON object with the texts `id` and `schema`, and `properties` that are lists of texts; no key twice.
  - What stands beside the properties is context: dates, data sets, what an export adds.
  - A table of statements (csv) is put together to entities; of a statement the value as received counts.
  - What does not hold comes back with its line, the property and the reason.

Worked example
    entity_of(b'{"id": "x", "schema": "Person", "properties": {"name": ["Ana"]}}').one("name")      is "Ana"
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paridad.base.words import Words
from paridad.desks.targets import dates
from paridad.desks.targets.lines import Reject, lines_of

MAX_LINE = 1024 * 1024
STATEMENTS = (b"canonical_id,", b"id,entity_id,", b"entity_id,")
"""How a table of statements begins."""
_DATE = re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?")


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


def read_entities(path: Path) -> Iterator[Entity | Reject]:
    """Yield the entities of a file, each checked for its form; a table of statements is put together to entities."""
    first = next(lines_of(path, limit=MAX_LINE), (0, b""))[1]
    if first.lstrip(b"\xef\xbb\xbf").startswith(STATEMENTS):
        yield from _from_statements(path)
        return
    for number, raw in lines_of(path, limit=MAX_LINE):
        line = raw.strip()
        if line:
            yield entity_of(line, path.name, number)


def _from_statements(path: Path) -> Iterator[Entity | Reject]:
    """Yield entities out of statements, one a row: value as received, the line of the first; all are held at once."""
    rows = lines_of(path, limit=MAX_LINE)
    head = _cells(next(rows)[1])
    found: dict[str, _Stated] = {}
    for number, raw in rows:
        row = dict(zip(head, _cells(raw), strict=False))
        if not row.get("entity_id") or not row.get("prop") or not row.get("schema"):
            column = next(name for name in ("entity_id", "prop", "schema") if not row.get(name))
            reason = Words(es="Falta en la declaración.", en="It is missing in the statement.")
            yield Reject(path.name, number, column, reason, raw.strip())
        else:
            found.setdefault(row["entity_id"], _Stated(number)).take(row)
    for id_, each in found.items():
        context: dict[str, Any] = {"datasets": sorted(each.datasets), **each.seen}
        properties = {name: tuple(values) for name, values in each.properties.items()}
        yield Entity(id_, each.schema, properties, context, path.name, each.line)


def _cells(raw: bytes) -> list[str]:
    return next(csv.reader([raw.decode("utf-8-sig", "replace")]), [])


class _Stated:
    """What statements say of one entity."""

    def __init__(self, line: int) -> None:
        self.line, self.schema = line, ""
        self.properties: dict[str, dict[str, None]] = {}
        self.datasets: set[str] = set()
        self.seen: dict[str, str] = {}

    def take(self, row: Mapping[str, str]) -> None:
        """Take one statement."""
        self.schema = row["schema"]
        self.datasets |= {row["dataset"]} if row.get("dataset") else set()
        if row["prop"] != "id":
            value = row.get("original_value") or row.get("value", "")
            self.properties.setdefault(row["prop"], {})[value] = None
        for name, better in (("first_seen", min), ("last_seen", max)):
            if row.get(name):
                self.seen[name] = better(self.seen.get(name, row[name]), row[name])


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
    if fault := _fault(tree):
        return back(*fault)
    properties: Mapping[str, list[str]] = tree.get("properties", {})
    context = {name: value for name, value in tree.items() if name not in {"id", "schema", "properties"}}
    said = {name: tuple(each for each in values if each) for name, values in properties.items()}
    return Entity(tree["id"], tree["schema"], said, context, file, line, raw)


def _fault(tree: object) -> tuple[str, str, str] | None:
    """Say which part of an entity does not have its form."""
    if not isinstance(tree, dict):
        return "", "No es un objeto.", "It is not an object."
    for name in ("id", "schema"):
        if not isinstance(tree.get(name), str) or not tree[name].strip():
            return name, "Falta, o no es un texto.", "It is missing, or it is not a text."
    properties = tree.get("properties", {})
    if not isinstance(properties, dict):
        return "properties", "No es un objeto.", "It is not an object."
    wrong = (name for name, values in properties.items() if not _are_texts(values))
    return next(((name, "No es una lista de textos.", "It is not a list of texts.") for name in wrong), None)


def _are_texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(each, str) for each in values)


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


def iso_date(text: str) -> str:
    """Return a date that a field can hold, or nothing."""
    return text if _DATE.fullmatch(text) and dates.exists(text) else ""
