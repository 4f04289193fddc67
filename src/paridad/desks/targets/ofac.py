# SPDX-License-Identifier: Apache-2.0
"""The official list in its csv layout, as dossiers; rows that do not hold are handed back with their reason.

Rules
  - Three files without header: the list, other names, addresses; plain or packed. One line is one row.
  - Absent is `-0- `. Several programmes stand in one field, divided by `] [`. The file may end in 0x1A.
  - UTF-8, no control characters, the exact number of columns; a row that breaks this is rejected with its line,
    column and reason, and costs its neighbours nothing.
  - Values stand as received; the running text of the remarks is read by `remarks`, unread pieces stay verbatim.
  - The list is streamed. The two companion files are held by entry number, so that a misplaced row of theirs is no
    loss; what belongs to no entry that was loaded is rejected at the end.

Worked example
    for item in load_ofac(Path("sdn.csv.gz"), Path("alt.csv.gz"), listed_on="2023-12-28"):
        if isinstance(item, Reject): print(item.file, item.line, item.reason.en)
        else: fields = dossier_fields(item)
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from paridad.base.words import Words
from paridad.desks.targets.dossier import (
    Account,
    Address,
    Alias,
    Birth,
    BirthPlace,
    Contact,
    Craft,
    Dossier,
    Identifier,
    Link,
    NameParts,
    Nationality,
    Organisation,
    Source,
    dossier_fields,
)
from paridad.desks.targets.errors import DossierRefused
from paridad.desks.targets.lines import Reject, lines_of
from paridad.desks.targets.remarks import Gender, Measure, Remarks, read_remarks

LIST = "OFAC SDN"

SDN_COLUMNS = (
    "ent_num", "name", "type", "program", "title",
    "call_sign", "vessel_type", "tonnage", "grt", "flag", "owner", "remarks",
)  # fmt: skip
ALT_COLUMNS = ("ent_num", "alt_num", "alt_type", "alt_name", "alt_remarks")
ADD_COLUMNS = ("ent_num", "add_num", "address", "place", "country", "add_remarks")

MAX_LINE = 64 * 1024
_SUBJECT_TYPES = {"": "organisation", "individual": "person", "vessel": "vessel", "aircraft": "aircraft"}
_ALIAS_TYPES = frozenset({"aka", "fka", "nka"})
_CRAFT = {
    "call_sign": "call_sign",
    "vessel_type": "vessel_type",
    "tonnage": "tonnage",
    "grt": "gross_tonnage",
    "flag": "flag",
    "owner": "owner",
}
_NUMBER = re.compile(r"[1-9][0-9]{0,14}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_END_OF_FILE = b"\x1a"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: absent values are empty."""

    file: str
    line: int
    values: dict[str, str]
    raw: bytes

    @property
    def entry(self) -> int:
        """The entry number."""
        return int(self.values["ent_num"])

    def reject(self, column: str, es: str, en: str) -> Reject:
        """Hand this row back with a reason."""
        return Reject(self.file, self.line, column, Words(es=es, en=en), self.raw)


Tally = Counter[tuple[str, bool]]
"""How often each tag of the running text was met, read or not; the tag is empty where none was recognised."""


def load_ofac(
    sdn: Path, alt: Path | None = None, add: Path | None = None, *, listed_on: str = "", tally: Tally | None = None
) -> Iterator[Dossier | Reject]:
    """Yield one dossier for each entry of the list, and one reject for each row that does not hold."""
    names, addresses = _Companion(), _Companion()
    yield from names.fill(alt, ALT_COLUMNS)
    yield from addresses.fill(add, ADD_COLUMNS)
    reading = _Reading(names, addresses, listed_on, Tally() if tally is None else tally)
    for row in read_rows(sdn, SDN_COLUMNS):
        yield row if isinstance(row, Reject) else reading.subject(row)
    yield from names.orphans(reading.loaded)
    yield from addresses.orphans(reading.loaded)


def read_rows(path: Path, columns: tuple[str, ...]) -> Iterator[Row | Reject]:
    """Yield the rows of one file, each checked for its form."""
    for number, raw in _lines(path):
        yield _row(path.name, number, raw, columns)


class _Companion:
    """The rows of a companion file by entry number."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[str, Row]] = {}

    def fill(self, path: Path | None, columns: tuple[str, ...]) -> Iterator[Reject]:
        """Read the file; yield what does not hold."""
        for row in read_rows(path, columns) if path else ():
            fault = row if isinstance(row, Reject) else self._keep(row, columns)
            if fault:
                yield fault

    def _keep(self, row: Row, columns: tuple[str, ...]) -> Reject | None:
        fault = self._fault(row, columns)
        if not fault:
            self.rows.setdefault(row.entry, {})[row.values[columns[1]]] = row
        return fault

    def _fault(self, row: Row, columns: tuple[str, ...]) -> Reject | None:
        number = columns[1]
        if not _NUMBER.fullmatch(row.values[number]):
            return row.reject(number, "No es un número.", "It is not a number.")
        if row.values[number] in self.rows.get(row.entry, {}):
            return row.reject(number, "Ese número está dos veces.", "That number stands twice.")
        if columns is ALT_COLUMNS and row.values["alt_type"] not in _ALIAS_TYPES:
            return row.reject("alt_type", "No es aka, fka ni nka.", "It is not aka, fka or nka.")
        if columns is ALT_COLUMNS and not row.values["alt_name"].strip():
            return row.reject("alt_name", "Falta el nombre.", "The name is missing.")
        return None

    def of(self, entry: int) -> tuple[Row, ...]:
        """Return the rows of one entry."""
        return tuple(self.rows.get(entry, {}).values())

    def orphans(self, loaded: set[int]) -> Iterator[Reject]:
        """Yield the rows of entries that were not loaded."""
        for entry, rows in self.rows.items():
            if entry not in loaded:
                for row in rows.values():
                    yield row.reject(
                        "ent_num",
                        "El registro al que pertenece no se cargó.",
                        "The entry it belongs to was not loaded.",
                    )


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that say something; an end mark is none where nothing follows it."""
    held = 0
    for number, raw in lines_of(path, limit=MAX_LINE):
        if held:
            yield held, _END_OF_FILE
        line = raw.rstrip(b"\r\n")
        held = number if line == _END_OF_FILE else 0
        if line and not held:
            yield number, line


def _row(file: str, number: int, raw: bytes, columns: tuple[str, ...]) -> Row | Reject:
    row = Row(file, number, {}, raw)
    if len(raw) > MAX_LINE:
        return row.reject("", "El renglón pasa de 64 KiB.", "The line is longer than 64 KiB.")
    try:
        cells = next(csv.reader([raw.decode("utf-8")], strict=True))
    except UnicodeDecodeError:
        return row.reject("", "El renglón no es UTF-8.", "The line is not UTF-8.")
    except csv.Error as error:
        return row.reject("", f"Comillas o comas mal puestas: {error}.", f"Quotes or commas misplaced: {error}.")
    if len(cells) != len(columns):
        wanted, found = len(columns), len(cells)
        return row.reject("", f"Tiene {found} columnas y no {wanted}.", f"It has {found} columns, not {wanted}.")
    return _checked(Row(file, number, {c: _value(v) for c, v in zip(columns, cells, strict=True)}, raw))


def _checked(row: Row) -> Row | Reject:
    for column, value in row.values.items():
        if _CONTROL.search(value):
            return row.reject(column, "Contiene un carácter de control.", "It contains a control character.")
    if not _NUMBER.fullmatch(row.values["ent_num"]):
        return row.reject("ent_num", "No es un número de registro.", "It is not an entry number.")
    return row


def _value(cell: str) -> str:
    return "" if cell.strip() == "-0-" else cell


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reading of a list: what belongs to its entries, and which entries were loaded."""

    names: _Companion
    addresses: _Companion
    listed_on: str
    tally: Tally
    loaded: set[int] = field(default_factory=set)

    def subject(self, row: Row) -> Dossier | Reject:
        """Make the dossier of one row, or say why it cannot be made."""
        if row.entry in self.loaded:
            return row.reject("ent_num", "Ese registro está dos veces.", "That entry stands twice.")
        if not row.values["name"].strip():
            return row.reject("name", "Falta el nombre.", "The name is missing.")
        if row.values["type"] not in _SUBJECT_TYPES:
            return row.reject("type", "Clase de sujeto desconocida.", "Unknown type of subject.")
        remarks = read_remarks(row.values["remarks"])
        dossier = _dossier(row, remarks, self.names.of(row.entry), self.addresses.of(row.entry), self.listed_on)
        try:
            dossier_fields(dossier)
        except DossierRefused as error:
            return row.reject("", error.words.es, error.words.en)
        self.tally.update(remarks.seen)
        self.loaded.add(row.entry)
        return dossier


def _dossier(row: Row, remarks: Remarks, names: tuple[Row, ...], addresses: tuple[Row, ...], listed_on: str) -> Dossier:
    value = row.values
    person = value["type"] == "individual"
    return Dossier(
        subject_type=_SUBJECT_TYPES[value["type"]],
        name=value["name"],
        name_parts=_name_parts(value["name"]) if person else None,
        aliases=tuple(_alias(name) for name in names) + remarks.of(Alias),
        births=remarks.of(Birth),
        birth_places=remarks.of(BirthPlace),
        nationalities=remarks.of(Nationality),
        gender="".join(gender.code for gender in remarks.of(Gender)),
        identifiers=remarks.of(Identifier),
        addresses=tuple(_address(address) for address in addresses if _says_anything(address)),
        contacts=remarks.of(Contact),
        accounts=remarks.of(Account),
        links=remarks.of(Link),
        craft=tuple(Craft(p, value[c]) for c, p in _CRAFT.items() if value[c]) + remarks.of(Craft),
        organisation=remarks.of(Organisation),
        programmes=tuple(programme for programme in value["program"].split("] [") if programme),
        measures=tuple(measure.as_received for measure in remarks.of(Measure)),
        title=value["title"],
        remarks=remarks.unread,
        remarks_cut=remarks.cut,
        source=Source(LIST, value["ent_num"], listed_on),
        authority=f"{LIST} {value['ent_num']}",
    )


def _name_parts(name: str) -> NameParts | None:
    surnames, _, given = name.partition(", ")
    return NameParts(surnames, given) if surnames and given and name.count(",") == 1 else None


def _alias(row: Row) -> Alias:
    value = row.values
    return Alias(value["alt_name"], "strong", value["alt_type"], int(value["alt_num"]), value["alt_remarks"])


def _says_anything(row: Row) -> bool:
    return any(row.values[column] for column in ADD_COLUMNS[2:])


def _address(row: Row) -> Address:
    value = row.values
    return Address(value["address"], value["place"], value["country"], int(value["add_num"]), value["add_remarks"])
