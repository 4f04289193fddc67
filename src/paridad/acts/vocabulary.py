# SPDX-License-Identifier: Apache-2.0
"""Kinds of acts and their fields, read from `vocabulary.toml` files.

Rules
  - Every kind and field has a Spanish and an English label; a file without one of them is refused.
  - Every field has a sensitivity from the closed list `SENSITIVITIES`; policy asks by it.
  - A kind is named `<package>/<name>/<version>`; a later version is another kind, the older stays readable.
  - Field types: `text`, `code` (ASCII), `integer`, `boolean`, `date` (ISO 8601, day, month or year), `time` (Unix
    seconds), `hash` (act hash or digest), `decimal` (string), `record` (named sub-fields), `list` (of one of these).
  - One level of nesting is disclosed element by element: a list may hold elements, a record sub-fields; nothing deeper.

Worked example (vocabulary.toml)
    [kind."targets/dossier/1"]
    es = "Expediente de objetivo"
    en = "Target dossier"
    [kind."targets/dossier/1".field.name]
    type = "text"
    sensitivity = "identity"
    required = true
    es = "Nombre"
    en = "Name"
    term = "ftm:name"
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Literal

from paridad.base.words import Words

FieldType = Literal["text", "code", "integer", "boolean", "date", "time", "hash", "decimal", "record", "list"]

SENSITIVITIES = (
    "procedural",
    "identity",
    "document",
    "whereabouts",
    "contact",
    "association",
    "source",
    "method",
    "proceedings",
    "financial",
    "photograph",
    "commercial",
)
"""What kind of harm a field can do; `procedural` is the conduct of a folio itself (times, references, codes)."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind: its type, how sensitive it is, its words and the standard term it corresponds to."""

    name: str
    type: FieldType
    sensitivity: str
    label: Words
    required: bool = False
    unit: str = ""
    term: str = ""
    element: "Field | None" = None
    """For a list: its elements, as a field without a label of its own."""
    members: Mapping[str, "Field"] = field(default_factory=lambda: MappingProxyType({}))
    """For a record: its sub-fields."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of act."""

    name: str
    label: Words
    fields: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All kinds that this release knows, by name."""

    kinds: Mapping[str, Kind]
