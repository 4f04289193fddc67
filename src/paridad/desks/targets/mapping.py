# SPDX-License-Identifier: Apache-2.0
"""Which column of a table is which field of a dossier: guessed by its heading, decided by a person, kept by its name.

Rules
  - A guess is shown, never applied: nothing is read without a mapping that a person gave.
  - Every column is mapped: to a field, to the other data, or to nothing, which the report says.
  - Ethnicity, religion, politics and scores are no fields: a column under such a heading is refused, whatever it is
    mapped to.
  - What a table leaves open is decided here: its encoding, its divider, the order of day and month, what M means.

Worked example (mapping.toml)
    name = "padron"
    source = "Padrón inventado"
    subject = "person"
    order = "dmy"
    [columns]
    "Primer apellido" = "paternal"
    "Notas internas" = ""
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from paridad.base.words import Words
from paridad.desks.targets import codes
from paridad.desks.targets.dates import Order
from paridad.desks.targets.errors import MappingRefused
from paridad.desks.targets.ftm_terms import is_refused
from paridad.desks.targets.projection import fold

ENCODINGS = ("utf-8", "windows-1252", "iso-8859-1")
DIVIDERS: Mapping[str, str] = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
LETTERS = ("", "hm", "mf")
"""What the letters of sex are: not said; hombre and mujer; male and female."""
SEVERAL = frozenset({"alias", "weak_alias", "former_name", "nationality", "citizenship", "telephone", "email", "other",
                     "remarks", "programme", ""})  # fmt: skip
"""Fields that several columns may be."""
REFUSED_HEADINGS = frozenset(
    {
        "etnia", "origen etnico", "raza", "race", "ethnicity", "religion", "credo", "creed", "partido",
        "afiliacion politica", "political", "political party", "puntaje", "puntuacion", "riesgo", "calificacion",
        "peligrosidad",
    }
)  # fmt: skip
_PLAIN = re.compile(r"[^a-z0-9]+")
MAX_COLUMNS = 200


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """A person's decision about a table."""

    name: str
    source: str
    columns: dict[str, str]
    subject: str = "person"
    encoding: str = "utf-8"
    divider: str = "comma"
    order: Order = ""
    letters: str = ""

    def of(self, column: str) -> str:
        """Return the field that a column is; empty where it is none."""
        return self.columns.get(column, "")


@dataclass(frozen=True, slots=True)
class Head:
    """What a table shows of itself: how it seems to be written, its headings, and what each might be."""

    encoding: str
    divider: str
    columns: tuple[str, ...]
    guesses: dict[str, str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()


def read_mapping(path: Path) -> ColumnMapping:
    """Read a mapping from a file, or raise `MappingRefused`."""
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        _refuse("", f"no es TOML: {error}", f"is not TOML: {error}")
    return mapping_of(tree)


def as_toml(head: Head, name: str) -> str:
    """Return the guesses about a table as a mapping that a person completes: its source is still to be named."""
    columns = "".join(f"{_quoted(column)} = {_quoted(code)}\n" for column, code in head.guesses.items())
    return (
        f'name = {_quoted(name)}\nsource = ""\nsubject = "person"\nencoding = {_quoted(head.encoding)}\n'
        f'divider = {_quoted(head.divider)}\norder = ""\nletters = ""\n\n[columns]\n{columns}'
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def mapping_of(tree: Mapping[str, Any]) -> ColumnMapping:
    """Return a mapping that holds, or raise `MappingRefused` with the entry that does not."""
    for name in tree.keys() - set(ColumnMapping.__dataclass_fields__):
        _refuse(name, "no se conoce", "is not known")
    try:
        mapping: ColumnMapping = msgspec.convert(tree, ColumnMapping)
    except msgspec.ValidationError as error:
        _refuse("", f"no tiene su forma: {error}", f"is misshapen: {error}")
    _demand(mapping)
    return mapping


def _demand(mapping: ColumnMapping) -> None:
    for name, value, listed in (
        ("subject", mapping.subject, codes.code_list("subject_type")),
        ("encoding", mapping.encoding, ENCODINGS),
        ("divider", mapping.divider, DIVIDERS),
        ("letters", mapping.letters, LETTERS),
    ):
        if value not in listed:
            _refuse(
                name,
                f"no es uno de: {', '.join(filter(None, listed))}",
                f"is not one of: {', '.join(filter(None, listed))}",
            )
    for name in ("name", "source"):
        if not getattr(mapping, name).strip():
            _refuse(name, "falta", "is missing")
    _demand_columns(mapping.columns)


def _demand_columns(columns: Mapping[str, str]) -> None:
    known, taken = codes.code_list("csv_field"), dict[str, str]()
    for column, code in columns.items():
        if code and code not in known:
            _refuse(column, f"no hay campo {code}", f"there is no field {code}")
        if code and is_refused_heading(column):
            _refuse(column, "no se admite en esta mesa", "is not admitted at this desk")
        if code in taken and code not in SEVERAL:
            _refuse(column, f"es el mismo campo que «{taken[code]}»", f"is the same field as “{taken[code]}”")
        taken[code] = column
    if not {"name", "given_names", "surnames", "paternal", "description", "plate", "telephone", "imo", "tail_number",
            "account_number", "clabe", "iban", "wallet", "vin"} & taken.keys():  # fmt: skip
        _refuse("columns", "falta la columna que nombra al sujeto", "the column that names the subject is missing")


def is_refused_heading(column: str) -> bool:
    """Whether a column is of those that this desk does not hold."""
    return plain(column) in REFUSED_HEADINGS or is_refused(plain(column))


def guess(columns: Sequence[str]) -> dict[str, str]:
    """Return what each column might be by its heading; a field that has one column is not guessed again."""
    tags, taken, found = codes.tags("csv_field"), set[str](), dict[str, str]()
    for column in columns:
        code = "" if is_refused_heading(column) else tags.get(plain(column), "other")
        found[column] = "other" if code in taken and code not in SEVERAL else code
        taken.add(code)
    if "name" not in taken and not {"surnames", "paternal"} & taken:
        found = {column: "name" if code == "given_names" else code for column, code in found.items()}
    return found


def plain(heading: str) -> str:
    """Return a heading as headings are compared."""
    return _PLAIN.sub(" ", fold(heading)).strip()


def _refuse(name: str, es: str, en: str) -> NoReturn:
    what = (f"Asignación, «{name}»: ", f"Mapping, “{name}”: ") if name else ("La asignación ", "The mapping ")
    raise MappingRefused(Words(es=f"{what[0]}{es}.", en=f"{what[1]}{en}."))
