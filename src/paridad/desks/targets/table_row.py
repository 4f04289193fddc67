# SPDX-License-Identifier: Apache-2.0
"""The dossier of one row of a table: cells by the fields that they are mapped to.

Rules
  - A name is a cell, or is put together from the cells of its parts as they came; the parts stay beside it.
  - A text that names nobody is kept with its finding and asks for a description; without either the row comes back.
  - The letter M is male or female by what the mapping says of the table; otherwise it stays among the other data.
  - A number stands where its class belongs: telephones among contacts, accounts among accounts, never in a name.

Worked example
    dossier_of_row(Cells.of(("Nombre",), ["Ana"], mapping), mapping, "7", "2026-12-01").name        is "Ana"
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

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
)
from paridad.desks.targets.ftm_dossier import finding_of, neutral_name
from paridad.desks.targets.identifiers import check
from paridad.desks.targets.mapping import ColumnMapping, plain
from paridad.desks.targets.rules import NUMBERED

IDENTIFIERS = (
    "curp", "rfc", "passport", "voter_card", "nss", "ssn", "itin", "ein", "a_number", "national_id", "driver_licence",
    "tax_id", "company_register", "plate", "vin", "imo", "mmsi", "tail_number", "aircraft_serial", "mode_s",
)  # fmt: skip
ACCOUNTS = ("clabe", "iban", "aba", "account_number", "wallet")
CRAFT = ("make", "model", "colour", "built", "flag", "call_sign")
ORGANISATION = ("legal_form", "jurisdiction", "established", "activity")
PARTS = ("surnames", "given_names", "middle_names", "paternal", "maternal", "married", "suffix")
CONTACTS = ("telephone", "imei", "imsi", "email")
_SEXES: Mapping[str, str] = MappingProxyType(
    {
        "hombre": "male", "masculino": "male", "male": "male", "varon": "male", "h": "male",
        "mujer": "female", "femenino": "female", "female": "female", "f": "female", "x": "other", "otro": "other",
        "other": "other",
    }
)  # fmt: skip
_M: Mapping[str, str] = MappingProxyType({"hm": "female", "mf": "male"})


class Wrong(Exception):
    """A row that gives no dossier: in which column, and why."""

    def __init__(self, column: str, es: str, en: str) -> None:
        super().__init__(en)
        self.column, self.sentence = column, (es, en)


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a row by field, in the order of the columns."""

    values: tuple[str, ...]
    by_field: Mapping[str, tuple[tuple[str, str], ...]]
    """By field: heading and cell, of those that say something."""
    headings: Mapping[str, str]
    """By field: the first column that is it."""

    @classmethod
    def of(cls, columns: Sequence[str], cells: Sequence[str], mapping: ColumnMapping) -> "Cells":
        """Sort the cells of a row by the fields of a mapping."""
        found: dict[str, tuple[tuple[str, str], ...]] = {}
        headings: dict[str, str] = {}
        for column, cell in zip(columns, cells, strict=True):
            code = mapping.of(column)
            headings.setdefault(code, column)
            if code and cell.strip():
                found[code] = (*found.get(code, ()), (column, cell))
        return cls(tuple(cells), found, headings)

    def one(self, code: str) -> str:
        """Return the first cell of a field."""
        return self.by_field[code][0][1] if code in self.by_field else ""

    def every(self, code: str) -> tuple[str, ...]:
        """Return all cells of a field."""
        return tuple(cell for _, cell in self.by_field.get(code, ()))

    def column(self, code: str) -> str:
        """Return the heading of a field."""
        return self.headings.get(code, "")


def dossier_of_row(cells: Cells, mapping: ColumnMapping, entry: str, today: str) -> Dossier:
    """Return the dossier of a row, or raise `Wrong`."""
    subject = _subject(cells, mapping)
    name, finding = _name(cells, subject)
    gender, unread = _gender(cells, mapping)
    return Dossier(
        subject_type=subject,
        name=name,
        name_parts=_parts(cells),
        aliases=tuple(_aliases(cells)),
        births=tuple(_births(cells, mapping, today)),
        birth_places=tuple(_birth_places(cells)),
        deaths=tuple(_deaths(cells, mapping, today)),
        nationalities=tuple(Nationality(each, code) for code in _RELATIONS for each in cells.every(code)),
        gender=gender,
        identifiers=tuple(_identifiers(cells)),
        addresses=tuple(_addresses(cells)),
        contacts=tuple(_contacts(cells)),
        accounts=tuple(_accounts(cells)),
        craft=tuple(Craft(code, cells.one(code)) for code in CRAFT if cells.one(code)),
        organisation=tuple(Organisation(code, cells.one(code)) for code in ORGANISATION if cells.one(code)),
        programmes=cells.every("programme"),
        title=cells.one("title"),
        name_finding=finding,
        description=cells.one("description"),
        remarks=cells.every("remarks"),
        source=Source(mapping.source, entry),
        other=(*(Other(column, cell) for column, cell in cells.by_field.get("other", ())), *unread),
        authority=cells.one("authority") or f"{mapping.source} {entry}",
    )


_RELATIONS = ("nationality", "citizenship")


def _subject(cells: Cells, mapping: ColumnMapping) -> str:
    said = cells.one("subject_type")
    if not said:
        return mapping.subject
    for code, words in codes.code_list("subject_type").items():
        if plain(said) in {code, plain(words.es), plain(words.en)}:
            return code
    raise Wrong(cells.column("subject_type"), "Clase de sujeto desconocida.", "Unknown type of subject.")


def _name(cells: Cells, subject: str) -> tuple[str, str]:
    """Return the name of a row and its finding."""
    if subject in NUMBERED:
        name = cells.one("name") or neutral_name(subject)
        return name, finding_of(name, subject)
    name = cells.one("name") or _joined(cells) or next(filter(None, map(cells.one, _NAMING)), "")
    if not name and cells.one("description"):
        return cells.one("description"), findings.NOT_A_NAME
    if not name:
        column = cells.column("name") or cells.column("given_names") or cells.column("surnames")
        raise Wrong(column, "Falta el nombre; o dé una descripción.", "The name is missing; or give a description.")
    return name, finding_of(name, subject)


_NAMING = ("plate", "vin", "imo", "tail_number")
"""What names a thing that has no name."""


def _joined(cells: Cells) -> str:
    """Return a name put together from its parts, surnames first."""
    surnames = cells.one("surnames") or " ".join(filter(None, (cells.one("paternal"), cells.one("maternal"))))
    given = " ".join(filter(None, (cells.one("given_names"), cells.one("middle_names"))))
    return ", ".join(filter(None, (surnames, given)))


def _parts(cells: Cells) -> NameParts | None:
    parts = {part: cells.one(part) for part in PARTS if cells.one(part)}
    return NameParts(**parts) if parts else None


def _aliases(cells: Cells) -> Iterator[Alias]:
    yield from (Alias(each, "strong", "aka") for each in cells.every("alias"))
    yield from (Alias(each, "strong", "fka") for each in cells.every("former_name"))
    yield from (Alias(each, "weak", "aka") for each in cells.every("weak_alias"))


def _births(cells: Cells, mapping: ColumnMapping, today: str) -> Iterator[Birth]:
    for each in cells.every("birth_date"):
        yield dates.read(each, today=today, order=mapping.order)


def _birth_places(cells: Cells) -> Iterator[BirthPlace]:
    if cells.one("birth_place") or cells.one("birth_country"):
        yield BirthPlace(cells.one("birth_place"), country=cells.one("birth_country"))


def _deaths(cells: Cells, mapping: ColumnMapping, today: str) -> Iterator[Death]:
    for each in cells.every("death_date"):
        read = dates.read(each, today=today, order=mapping.order)
        yield Death("" if read.other else read.date, each)


def _gender(cells: Cells, mapping: ColumnMapping) -> tuple[str, tuple[Other, ...]]:
    said = cells.one("gender")
    code = _M.get(mapping.letters, "") if plain(said) == "m" else _SEXES.get(plain(said), "")
    return code, (Other(cells.column("gender"), said),) if said and not code else ()


def _identifiers(cells: Cells) -> Iterator[Identifier]:
    country = cells.one("passport_country")
    for kind in IDENTIFIERS:
        for each in cells.every(kind):
            issuer = country if kind == "passport" else ""
            place = cells.one("plate_state") if kind == "plate" else ""
            finding = findings.of_identifier(kind, each, issuer or place)
            yield Identifier(kind, each, issuer, place, check=check(kind, each), finding=finding)


def _addresses(cells: Cells) -> Iterator[Address]:
    address = Address(cells.one("address"), cells.one("place"), cells.one("country"))
    if address != Address():
        yield address


def _contacts(cells: Cells) -> Iterator[Contact]:
    for kind in CONTACTS:
        for each in cells.every(kind):
            carrier = cells.one("carrier") if kind == "telephone" else ""
            yield Contact(kind, each, check=check(kind, each) if kind == "imei" else "", carrier=carrier)


def _accounts(cells: Cells) -> Iterator[Account]:
    for kind in ACCOUNTS:
        for each in cells.every(kind):
            yield Account(
                cells.one("currency"), each, type=kind, institution=cells.one("institution"), check=check(kind, each)
            )
