# SPDX-License-Identifier: Apache-2.0
"""A dossier as what a run compares: its names as sounds, its dates, its numbers; and the tables that say how rare.

Rules
  - What is compared follows from a dossier's fields and from nothing else, by code that both parties run: the digest
    of that code and of the tables stands in the terms, and another digest is refused.
  - Names and strong aliases count, in every reading that is likely enough. A given name stands under the root of its
    nickname where it has one root; an initial alone is no given name. A weak alias is not compared.
  - A full date counts as it is, a date of less precision by its year, an approximate one or a range not at all.
  - A number counts under its kind, with its issuer where no one register in the world gives it out.
  - The tables are the shipped model, written by hand; years, months and days are taken as even, first days as frequent.
  - Names alone are a wider comparison under another digest, so that nobody agrees to it without saying so.

Worked example
    parts_of("x…", {"subject_type": "person", "name": "PINEDO RUIZ, Olga", "births": [{"date": "1971-03-24", …}]})
        names ((pinedo, ruiz), (olga,)) as sounds, dates ("1971-03-24",)
    capacity(9000)        is 10,240
"""

from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files

from paridad.base.strict import JsonValue
from paridad.desks.targets.birth_match import Day
from paridad.desks.targets.deconfliction.keys import Frequencies, Name, Parts, Sound, Tables
from paridad.desks.targets.frequencies import PERSONS, Table, shipped
from paridad.desks.targets.names import Word, parse, roots
from paridad.desks.targets.phonetic import skeleton, sound
from paridad.desks.targets.subjects import PERSON, of_fields
from paridad.folio.reading import records, text

METHOD_FILES = (
    "names.toml", "names.py", "phonetic.py", "identifiers.py", "birth_match.py", "subjects.py", "comparable.py",
    "deconfliction/keys.py", "deconfliction/tokens.py",
)  # fmt: skip
"""What a key follows from."""
LIKELY = 200
"""Of 1000, what a reading of a name needs to be compared."""
YEARS, MONTHS, DAYS = 70, 12, 31
FIRST_DAYS = 3
"""So many times as often as another day is the first of a month: it stands for a day that was not known."""
_SCALE = 1000
"""The model counts persons in 100,000; tables hold whole numbers."""
_CROWD = 5
"""Rare words that share a skeleton."""
_LEAST_LETTERS = 2


def capacity(wanted: int) -> int:
    """Return the smallest capacity that holds so many: 4, 5, 6 or 7 times a power of two."""
    step = 1 << max(wanted.bit_length() - 3, 0)
    return -(-wanted // step) * step


def parts_of(record: str, fields: Mapping[str, JsonValue], *, latest: int, numbers: bool = True) -> Parts:
    """Return what of a person's dossier is compared; `latest` is the year of the comparison."""
    subject = of_fields(fields, latest=latest)
    names = tuple(dict.fromkeys(name for each in subject.names for name in _names(each)))
    vague = {text(each, "date") for each in records(fields, "births") if each.get("approximate") is True}
    dates = tuple(dict.fromkeys(filter(None, (_date(each) for each in subject.births if each.text not in vague))))
    ids = tuple((each.kind, f"{each.issuer}:{each.plain}") for each in subject.numbers) if numbers else ()
    return Parts(record, names, dates, ids)


def is_compared(fields: Mapping[str, JsonValue]) -> bool:
    """Whether a dossier is of the class that this release compares: persons."""
    return text(fields, "subject_type") == PERSON


def _names(written: str) -> Iterator[Name]:
    """Yield a name in each reading that is likely enough."""
    name = parse(written)
    for reading in name.readings:
        if reading.chance >= LIKELY:
            roles = list(zip(name.words, reading.roles, strict=True))
            surnames = tuple(_sound(word.folded) for word, role in roles if role in "PM")
            givens = tuple(_sound(_root(word)) for word, role in roles if role == "G" and _is_name(word))
            if surnames or givens:
                yield Name(surnames, givens)


def _is_name(word: Word) -> bool:
    return len(word.folded) >= _LEAST_LETTERS


def _root(word: Word) -> str:
    """Return the one root of a nickname, or the word itself."""
    found = roots().get(word.folded, frozenset())
    return next(iter(found)) if len(found) == 1 else word.folded


def _sound(folded: str) -> Sound:
    heard = sound(folded)
    return Sound(heard, skeleton(heard))


def _date(day: Day) -> str:
    """Return a full date, a year, or nothing where not even the year is certain."""
    if day.since != day.until:
        return ""
    return f"{day.year:04}-{day.month:02}-{day.day:02}" if day.day else f"{day.year:04}"


# Tables and digests --------------------------------------------------------------------------------------------------


@cache
def tables() -> Tables:
    """Return the shipped tables by the parts of a key."""
    surname, given = shipped().by_role["surname"], shipped().by_role["given"]
    days = {f"{day:02}": FIRST_DAYS if day == 1 else 1 for day in range(1, DAYS + 1)}
    return {
        "S": [_sounds(surname)], "s": [_skeletons(surname)], "G": [_sounds(given)], "g": [_skeletons(given)],
        "i": [_initials(given)], "year": [Frequencies({}, YEARS, 1)], "month": [Frequencies({}, MONTHS, 1)],
        "day": [Frequencies(days, sum(days.values()), 1)],
    }  # fmt: skip


def _sounds(table: Table) -> Frequencies:
    return Frequencies(_whole(table.by_p, table.rare), PERSONS * _SCALE, round(table.rare * _SCALE))


def _skeletons(table: Table) -> Frequencies:
    crowd = table.rare * _CROWD
    return Frequencies(_whole(table.by_s, crowd), PERSONS * _SCALE, round(crowd * _SCALE))


def _initials(table: Table) -> Frequencies:
    counts: dict[str, int] = {}
    for code, count in _whole(table.by_s, 0).items():
        counts[code[:1]] = counts.get(code[:1], 0) + count
    total = sum(counts.values())
    return Frequencies(counts, total, total // 100)


def _whole(counts: Mapping[str, float], beside: float) -> dict[str, int]:
    """Return counts as whole numbers, each with the rare words that share its code; nobody is more than everybody."""
    return {code: min(round((count + beside) * _SCALE), PERSONS * _SCALE) for code, count in sorted(counts.items())}


@cache
def tables_digest() -> bytes:
    """Return the digest of the tables: a line for each, and one for each value in order."""
    found = sha256()
    for part, each in ((part, each) for part, group in sorted(tables().items()) for each in group):
        found.update(f"{part} {each.total} {each.unseen}\n".encode())
        found.update("".join(f"{value} {count}\n" for value, count in sorted(each.counts.items())).encode())
    return found.digest()


@cache
def rules_digest(*, names_alone: bool) -> bytes:
    """Return the digest of everything that a key follows from; names alone is another one."""
    found = sha256(b"names alone\0" if names_alone else b"")
    for name in METHOD_FILES:
        found.update(name.encode() + b"\0" + files(__package__).joinpath(name).read_bytes())
    return found.digest()
