# SPDX-License-Identifier: Apache-2.0
"""Kinds of acts and their fields, read from `vocabulary.toml` files.

Rules
  - Every kind and field has a Spanish and an English label; a file without one of them is refused.
  - Every field has a sensitivity from the closed list `SENSITIVITIES`; policy asks by it. A part (element of a list,
    sub-field of a record) that states none has that of its whole; an element without labels has those of its list.
  - A kind is named `<package>/<name>/<version>`; a later version is another kind, the older stays readable.
  - Field types: `text`, `code` (ASCII without blanks), `integer`, `boolean`, `date` (ISO 8601: day, month or year),
    `time` (Unix seconds), `hash` (act hash or digest), `decimal` (string), `record` (sub-fields, as `.field.<name>`),
    `list` (of one of these, as `.element`).
  - One level of nesting is disclosed element by element: a list may hold elements, a record sub-fields; what is
    deeper is disclosed whole.
  - A body may be partial, because fields are withheld; `required` binds the issuer only. A field that a known kind
    does not know is refused, and so is null.

Worked example (vocabulary.toml)
    [kind."targets/dossier/1"]
    es = "Expediente de objetivo"
    en = "Target dossier"
    [kind."targets/dossier/1".field.aliases]
    type = "list"
    sensitivity = "identity"
    required = true
    es = "Otros nombres"
    en = "Other names"
    term = "ftm:alias"
    [kind."targets/dossier/1".field.aliases.element]
    type = "text"
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any, Literal, NoReturn, cast, get_args

from paridad.acts.envelope import ENVELOPE_CLAIMS, KIND_PATTERN
from paridad.acts.errors import BodyRefused, VocabularyRefused
from paridad.base.strict import JsonValue, are_digests
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

FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
RESERVED_NAMES = ENVELOPE_CLAIMS | {"_sd", "_sd_alg", "...", "exp", "nbf", "cnf", "sub", "vct"}
"""Names that no field may carry: a hidden claim could change what the envelope says (RFC 9901 §9.7)."""

_PATH = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*|\[[0-9]{1,4}\])*")
_PATH_PART = re.compile(r"([a-z][a-z0-9_]*)|\[[0-9]+\]")


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
    """For a list: its elements."""
    members: Mapping[str, "Field"] = field(default_factory=lambda: MappingProxyType({}))
    """For a record: its sub-fields."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of act."""

    name: str
    label: Words
    fields: Mapping[str, Field]

    def field_at(self, path: str) -> Field | None:
        """Return the field that a path of an act names (`name`, `birth.date`, `aliases[2]`), if the kind has it."""
        if path in self.fields:
            return self.fields[path]
        at: Field | None = None
        members = self.fields
        for name in _PATH_PART.findall(path) if _PATH.fullmatch(path) else ():
            at = members.get(name) if name else at and at.element
            if at is None:
                break
            members = at.members
        return at


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All kinds that this release knows, by name."""

    kinds: Mapping[str, Kind]

    def kind(self, name: str) -> Kind | None:
        """Return a kind, or nothing if this release does not know it: the act is kept all the same."""
        return self.kinds.get(name)


# Checking a body -------------------------------------------------------------------------------------------------


def check_body(kind: Kind, fields: Mapping[str, JsonValue], *, complete: bool = False) -> None:
    """Refuse fields that the kind does not know and values that do not fit, or raise `BodyRefused`.

    Absent fields are withheld ones, unless the body has to be `complete` because it is about to be issued.
    """
    _check_members(kind.fields, fields, kind.name, complete)


def _check_members(known: Mapping[str, Field], values: Mapping[str, JsonValue], path: str, complete: bool) -> None:
    for name, value in values.items():
        member = known.get(name)
        if member is None:
            _refuse_body(f"{path}.{name}", "no existe en el vocabulario", "does not exist in the vocabulary")
        fits = _FITS.get(member.type)
        if fits is None or not fits(value):
            _check_whole(member, value, path, complete)
    if complete:
        for name in known.keys() - values.keys():
            if known[name].required:
                _refuse_body(f"{path}.{name}", "falta y es obligatorio", "is missing and is required")


def _check_whole(known: Field, value: JsonValue, path: str, complete: bool) -> None:
    """Check a list or record part by part; anything else that comes here does not fit."""
    if known.element is not None and isinstance(value, list | tuple):
        _check_elements(known.element, value, path, complete)
    elif known.type == "record" and isinstance(value, Mapping):
        _check_members(known.members, value, f"{path}.{known.name}", complete)
    else:
        _refuse_body(f"{path}.{known.name}", f"no es de tipo {known.type}", f"is not of type {known.type}")


def _check_elements(known: Field, values: Sequence[JsonValue], path: str, complete: bool) -> None:
    if known.type == "hash" and are_digests(values):
        return
    fits = _FITS.get(known.type)
    for value in values:
        if fits is None or not fits(value):
            _check_whole(known, value, path, complete)


def _refuse_body(path: str, es: str, en: str) -> NoReturn:
    raise BodyRefused(Words(es=f"El campo {path} {es}.", en=f"The field {path} {en}."))


_CODE = re.compile(r"[!-~]{1,256}")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


def _is_date(value: object) -> bool:
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return False
    year, month, day = (int(part) if part else 1 for part in match.groups())
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _matches(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


_FITS: Mapping[str, Callable[[object], bool]] = {
    "text": lambda value: isinstance(value, str),
    "code": _matches(_CODE),
    "integer": lambda value: type(value) is int,
    "boolean": lambda value: isinstance(value, bool),
    "date": _is_date,
    "time": lambda value: type(value) is int and value >= 0,
    "hash": lambda value: are_digests((value,)),
    "decimal": _matches(_DECIMAL),
}


# Reading vocabulary files ----------------------------------------------------------------------------------------


def load_vocabulary(sources: Iterable[bytes]) -> Vocabulary:
    """Read vocabulary files; raise `VocabularyRefused` naming the place that does not hold."""
    kinds: dict[str, Kind] = {}
    for source in sources:
        for name, table in _tables(_read_toml(source), "", "kind").items():
            if name in kinds:
                _refuse_file(name, "está definido dos veces", "is defined twice")
            kinds[name] = _read_kind(name, table)
    return Vocabulary(MappingProxyType(kinds))


def _read_toml(source: bytes) -> dict[str, Any]:
    try:
        tree = tomllib.loads(source.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise VocabularyRefused(
            Words(es=f"El vocabulario no es TOML: {error}.", en=f"The vocabulary is not TOML: {error}.")
        ) from error
    _only_known(tree, "vocabulary.toml", {"kind"})
    return tree


def _read_kind(name: str, table: dict[str, Any]) -> Kind:
    if not re.fullmatch(KIND_PATTERN, name):
        _refuse_file(name, "no tiene la forma paquete/nombre/versión", "does not have the form package/name/version")
    _only_known(table, name, {"es", "en", "field"})
    return Kind(name, _label(table, name, None), _read_members(table, name, None))


def _read_members(table: dict[str, Any], path: str, whole: Field | None) -> Mapping[str, Field]:
    members = {}
    for name, inner in _tables(table, path, "field").items():
        if not FIELD_NAME.fullmatch(name) or name in RESERVED_NAMES:
            _refuse_file(f"{path}.{name}", "es un nombre reservado o no admitido", "is a reserved or invalid name")
        members[name] = _read_field(name, inner, f"{path}.{name}", whole, None)
    return MappingProxyType(members)


_PARTS = {"list": {"element"}, "record": {"field"}}
_ENTRIES = {"type", "sensitivity", "required", "es", "en", "unit", "term"}


def _read_field(name: str, table: dict[str, Any], path: str, whole: Field | None, words: Words | None) -> Field:
    type_: Any = table.get("type")
    if type_ not in get_args(FieldType):
        listed = ", ".join(get_args(FieldType))
        _refuse_file(path, f"tiene un tipo que no está entre: {listed}", f"has a type that is not one of: {listed}")
    _only_known(table, path, _ENTRIES | _PARTS.get(type_, set()))
    known = Field(
        name,
        type_,
        _sensitivity(table, path, whole),
        _label(table, path, words),
        required=_entry(table, path, "required", bool, default=False),
        unit=_entry(table, path, "unit", str, default=""),
        term=_entry(table, path, "term", str, default=""),
    )
    if known.type == "record":
        return replace(known, members=_read_members(table, path, known))
    if known.type == "list":
        element = _entry(table, path, "element", dict, default={})
        return replace(known, element=_read_field(name, element, f"{path}.element", known, known.label))
    return known


def _sensitivity(table: dict[str, Any], path: str, whole: Field | None) -> str:
    sensitivity = table.get("sensitivity", whole.sensitivity if whole else None)
    if sensitivity not in SENSITIVITIES:
        listed = ", ".join(SENSITIVITIES)
        _refuse_file(path, f"no tiene sensibilidad de la lista: {listed}", f"has no sensitivity of the list: {listed}")
    return cast("str", sensitivity)


def _label(table: dict[str, Any], path: str, otherwise: Words | None) -> Words:
    es, en = table.get("es"), table.get("en")
    if es is None and en is None and otherwise is not None:
        return otherwise
    if not isinstance(es, str) or not isinstance(en, str) or not es.strip() or not en.strip():
        _refuse_file(
            path, "necesita etiqueta en español y en inglés (es, en)", "needs a label in both languages (es, en)"
        )
    return Words(es=es, en=en)


def _tables(table: dict[str, Any], path: str, name: str) -> dict[str, dict[str, Any]]:
    tables: dict[str, dict[str, Any]] = _entry(table, path, name, dict, default={})
    for inner, value in tables.items():
        if not isinstance(value, dict):
            _refuse_file(f"{path}.{inner}", "debe ser una tabla", "must be a table")
    return tables


def _entry(table: dict[str, Any], path: str, name: str, type_: type, *, default: Any) -> Any:
    value = table.get(name, default)
    if not isinstance(value, type_):
        _refuse_file(f"{path}.{name}", "es de otro tipo", "is of another type")
    return value


def _only_known(table: dict[str, Any], path: str, known: set[str]) -> None:
    for name in table.keys() - known:
        listed = ", ".join(sorted(known))
        _refuse_file(f"{path}.{name}", f"no se conoce; se admiten: {listed}", f"is not known; admitted are: {listed}")


def _refuse_file(path: str, es: str, en: str) -> NoReturn:
    raise VocabularyRefused(Words(es=f"{path} {es}.", en=f"{path} {en}."))
