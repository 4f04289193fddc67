# SPDX-License-Identifier: Apache-2.0
"""One record as values that can be compared: what a dossier's fields say, prepared once.

Rules
  - Names, strong aliases and both their parts are compared; a weak alias is never a name to compare by itself.
  - A text that names nobody is not compared; of a date that can be read in two ways both readings are.
  - Nationality, sex, programmes, measures and remarks are not among the values: they weigh nothing. Sex is kept to mark
    a contradiction of records, with no weight.
  - Whatever the reader may not see is not in the fields that are handed in, and so it is not compared.

Worked example
    of_fields({"subject_type": "person", "name": "PINEDO RUIZ, Olga", "births": [{"date": "1971-03-24"}]})
"""

from collections.abc import Mapping
from dataclasses import dataclass

from paridad.base.strict import JsonValue
from paridad.desks.targets import birth_match, firm_match, name_match
from paridad.desks.targets.birth_match import Day
from paridad.desks.targets.firm_match import PreparedFirm
from paridad.desks.targets.frequencies import Tables
from paridad.desks.targets.identifiers import Number, number
from paridad.desks.targets.name_match import PreparedName
from paridad.folio.reading import records, text

MOST_NAMES = 24
"""Of a record with more names only so many are compared."""
PERSON = "person"


@dataclass(frozen=True, slots=True)
class Subject:
    """What one record says, as received."""

    kind: str
    names: tuple[str, ...]
    births: tuple[Day, ...] = ()
    numbers: tuple[Number, ...] = ()
    contacts: frozenset[str] = frozenset()
    """Telephones, mail addresses and accounts, without blanks."""
    addresses: frozenset[str] = frozenset()
    sex: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A record ready to be compared."""

    subject: Subject
    persons: tuple[PreparedName, ...]
    firms: tuple[PreparedFirm, ...]


def prepared(subject: Subject, tables: Tables | None = None) -> Prepared:
    """Prepare a record; words weigh as the tables say, those that are shipped where none are given."""
    names = tuple(dict.fromkeys(subject.names))[:MOST_NAMES]
    if subject.kind == PERSON:
        return Prepared(subject, tuple(name_match.prepare(each, tables) for each in names), ())
    return Prepared(subject, (), tuple(firm_match.prepare(each, tables) for each in names))


def of_fields(fields: Mapping[str, JsonValue], *, latest: int = 9999) -> Subject:
    """Read a record out of the fields of a dossier; `latest` is the year of the comparison."""
    strong = (each for each in records(fields, "aliases") if text(each, "strength") != "weak")
    name = "" if text(fields, "name_finding") else text(fields, "name")
    return Subject(
        text(fields, "subject_type"),
        tuple(filter(None, (name, *(text(each, "name") for each in strong)))),
        tuple(filter(None, (day for each in records(fields, "births") for day in _born(each, latest)))),
        tuple(filter(None, (_number(each) for each in records(fields, "identifiers")))),
        frozenset(filter(None, (*_plain(fields, "contacts", "value"), *_plain(fields, "accounts", "address")))),
        frozenset(filter(None, _plain(fields, "addresses", "address"))),
        text(fields, "gender"),
    )


def _born(each: Mapping[str, JsonValue], latest: int) -> tuple[Day | None, ...]:
    """Return a date of birth; both readings where day and month can be read in two ways."""
    approximate = each.get("approximate") is True
    first = birth_match.day(text(each, "date"), text(each, "until"), approximate=approximate, latest=latest)
    return first, birth_match.day(text(each, "other"), latest=latest)


def _number(each: Mapping[str, JsonValue]) -> Number | None:
    return number(text(each, "type"), text(each, "number"), text(each, "country"))


def _plain(fields: Mapping[str, JsonValue], name: str, part: str) -> tuple[str, ...]:
    return tuple("".join(text(each, part).casefold().split()) for each in records(fields, name))
