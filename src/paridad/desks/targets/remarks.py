# SPDX-License-Identifier: Apache-2.0
"""The running text of the official list, read piece by piece.

Rules
  - Pieces stand between "; " outside brackets; a final point closes the text.
  - A piece is read only where tag *and* value have a known form. Everything else stays in `unread`, verbatim.
  - What is read keeps its piece as received: read and unread pieces together are the whole text.
  - A text of 1,000 characters was cut by its source: its last piece is not read.
  - Dates: day, month or year, "circa", and ranges. An impossible date is not read.

Worked example
    remarks = read_remarks("DOB circa 1951; Cedula No. 6068015 (Colombia); ICTY indictee.")
    remarks.of(Birth)[0].date              is "1951", approximate
    remarks.of(Identifier)[0].country      is "Colombia"
    remarks.unread                         is ("ICTY indictee.",)
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TypeVar

from paridad.desks.targets import codes
from paridad.desks.targets.dossier import (
    Account,
    Alias,
    Birth,
    BirthPlace,
    Contact,
    Craft,
    Identifier,
    Link,
    Nationality,
    Organisation,
)
from paridad.desks.targets.identifiers import check

CUT_AT = 1000


@dataclass(frozen=True, slots=True)
class Gender:
    """The gender that the source records."""

    code: str
    as_received: str


@dataclass(frozen=True, slots=True)
class Measure:
    """A legal effect that the list attaches to the entry; kept as running text."""

    as_received: str


Part = (
    Account
    | Alias
    | Birth
    | BirthPlace
    | Contact
    | Craft
    | Gender
    | Identifier
    | Link
    | Measure
    | Nationality
    | Organisation
)
P = TypeVar("P")
Reader = Callable[[str, str], Part | None]
"""From the value after the tag and the whole piece, to what it says; None where the value has no known form."""


@dataclass(frozen=True, slots=True)
class Remarks:
    """What a text says, and what of it could not be read."""

    parts: tuple[Part, ...]
    unread: tuple[str, ...]
    cut: bool
    seen: tuple[tuple[str, bool], ...]
    """For each piece its tag, and whether it was read."""

    def of(self, kind: type[P]) -> tuple[P, ...]:
        """Return the parts of one kind, in their order."""
        return tuple(part for part in self.parts if isinstance(part, kind))


def read_remarks(text: str) -> Remarks:
    """Read one remarks field."""
    pieces, cut = split(text), len(text) >= CUT_AT
    parts: list[Part] = []
    unread: list[str] = []
    seen: list[tuple[str, bool]] = []
    for place, piece in enumerate(pieces):
        last = place == len(pieces) - 1
        tag, part = ("", None) if cut and last else _read(piece, last=last)
        if isinstance(part, Gender) and any(isinstance(other, Gender) for other in parts):
            part = None
        seen.append((tag, part is not None))
        unread += [piece] if part is None else []
        parts += [part] if part is not None else []
    return Remarks(tuple(parts), tuple(unread), cut, tuple(seen))


def split(text: str) -> tuple[str, ...]:
    """Divide a text at "; " outside brackets; where brackets do not pair, at every "; "."""
    if text.count("(") != text.count(")"):
        return tuple(text.split("; ")) if text else ()
    pieces: list[str] = []
    depth = 0
    for piece in text.split("; ") if text else ():
        if depth > 0:
            pieces[-1] += "; " + piece
        else:
            pieces.append(piece)
        depth += piece.count("(") - piece.count(")")
    return tuple(pieces)


def read_date(text: str) -> str | None:
    """Return "12 May 1971", "May 1971" or "1971" in ISO 8601, or None."""
    match = _DATE.fullmatch(text)
    if not match:
        return None
    year, month, day = int(match["year"]), _MONTHS.get(match["month"] or ""), match["day"]
    if month is None:
        return f"{year:04}" if year and not match["month"] else None
    try:
        return date(year, month, int(day or 1)).isoformat()[: 10 if day else 7]
    except ValueError:
        return None


_MONTHS = dict(
    zip(("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), range(1, 13), strict=True)
)
_DATE = re.compile(r"(?:(?:(?P<day>[0-9]{1,2}) )?(?P<month>[A-Z][a-z]{2}) )?(?P<year>[0-9]{4})")
_RANGE = re.compile(r"(.+) to (.+)|([0-9]{4})-([0-9]{4})")
_PRECISION = {4: "year", 7: "month", 10: "day"}
_NUMBER = re.compile(
    r"(?P<number>(?:[^();]|\([^()]*\)(?=\S)|(?<=\S)\([^()]*\)(?!\S)){1,120}?(?<!\s))"
    r"(?: \((?P<place>[^()0-9]+)\)(?= \())?(?: \((?P<country>[^()0-9]+)\))?"
    r"(?: issued (?P<issued>[0-9A-Za-z ]{4,11}))?(?: expires (?P<expires>[0-9A-Za-z ]{4,11}))?"
)
_PROSE = re.compile(r"[a-z]{4}")
_WITHOUT_DIGIT = re.compile(r"[A-Z]{8}(?:[A-Z]{3})?|[A-Z]{1,2}-[A-Z]{3,4}")
"""Bank codes and tail numbers; every other number holds a digit."""
_TELEPHONE = re.compile(r"(?=[^0-9]*[0-9])[0-9 ()+/.,\-]+(?:ext\. ?[0-9]+)?")
_MAIL = re.compile(r"[^\s@]+@[^\s@]+")
_SITE = re.compile(r"\S*\.\S+")
_ACCOUNT = re.compile(r"- (?P<currency>[A-Z0-9]{2,6}) (?P<address>[0-9A-Za-z]+)")
_QUOTED = re.compile(r"'(.+)'")
_COUNTRY = re.compile(r"[A-Z][^;:0-9]*")
_ABBREVIATED = re.compile(r"\b[A-Z]\.(?:[A-Z]\.)+$")
_ENDING = 12
"""Where an abbreviation may stand whose last point is not the end of the text."""
_LEAD = r"(?:[Aa]lt\. )?"


def _read(piece: str, *, last: bool) -> tuple[str, Part | None]:
    body = piece.strip()
    if last and body.endswith(".") and not _ABBREVIATED.search(body[-_ENDING:]):
        body = body[:-1]
    for tag, head, reader in _readers():
        match = head.match(body)
        if match:
            return tag, reader(body[match.end() :].strip(), piece)
    return "", None


@cache
def _readers() -> tuple[tuple[str, re.Pattern[str], Reader], ...]:
    return tuple((tag, re.compile(_LEAD + pattern), reader) for tag, pattern, reader in _patterns())


def _patterns() -> Iterator[tuple[str, str, Reader]]:
    yield from ((tag, re.escape(tag) + r"(?:\s|$)", reader) for tag, reader in _PLAIN)
    yield "Linked To", r"Linked To:", _link
    for tag, kind in codes.tags("identifier").items():
        yield tag, rf"(?:[A-Z]{{2}} )?{re.escape(tag)}(?=[\s:]|$):?", _identifier(kind)
    for tag, kind in codes.tags("contact").items():
        yield tag, rf"{re.escape(tag)}(?=[\s:]|$):?", _contact(kind)
    for tag, prop in codes.tags("craft").items():
        yield tag, rf"{re.escape(tag)}(?=\s)", _craft(prop)
    for tag, prop in codes.tags("organisation").items():
        yield tag, rf"{re.escape(tag)}(?=[\s:]):?", _organisation(prop)
    yield from ((tag, re.escape(tag), _measure) for tag in codes.tags("measure"))


def _birth(value: str, piece: str) -> Birth | None:
    approximate, text = value.startswith("circa "), value.removeprefix("circa ")
    match = _RANGE.fullmatch(text)
    first, until = (
        (read_date(end) for end in (match[1] or match[3], match[2] or match[4])) if match else (read_date(text), "")
    )
    if first is None or until is None or (until and (len(first) != len(until) or until < first)):
        return None
    return Birth(first, "range" if until else _PRECISION[len(first)], until, approximate, piece)


def _place(value: str, piece: str) -> BirthPlace | None:
    return BirthPlace(value, piece) if value else None


def _nationality(relation: str) -> Reader:
    def read(value: str, piece: str) -> Nationality | None:
        return Nationality(value, relation, piece) if _COUNTRY.fullmatch(value) else None

    return read


def _gender(value: str, piece: str) -> Gender | None:
    code = value.lower()
    return Gender(code, piece) if code in codes.code_list("gender") else None


def _alias(kind: str) -> Reader:
    def read(value: str, piece: str) -> Alias | None:
        match = _QUOTED.fullmatch(value)
        return Alias(match[1], "weak", kind, as_received=piece) if match else None

    return read


def _account(value: str, piece: str) -> Account | None:
    match = _ACCOUNT.fullmatch(value)
    return Account(match["currency"], match["address"], piece) if match else None


def _link(value: str, piece: str) -> Link | None:
    return Link("linked_to", value, piece) if value else None


def _measure(value: str, piece: str) -> Measure:
    del value
    return Measure(piece)


def _identifier(kind: str) -> Reader:
    def read(value: str, piece: str) -> Identifier | None:
        match = _NUMBER.fullmatch(value)
        if not match or not _is_number(match["number"]):
            return None
        issued, expires = (read_date(text) if text else "" for text in (match["issued"], match["expires"]))
        if issued is None or expires is None:
            return None
        number, country, place = match["number"], match["country"] or "", match["place"] or ""
        return Identifier(kind, number, country, place, issued, expires, check(kind, number), piece)

    return read


def _is_number(text: str) -> bool:
    return not _PROSE.search(text) and (any(mark.isdigit() for mark in text) or bool(_WITHOUT_DIGIT.fullmatch(text)))


def _contact(kind: str) -> Reader:
    form = {"email": _MAIL, "website": _SITE}.get(kind, _TELEPHONE)

    def read(value: str, piece: str) -> Contact | None:
        return Contact(kind, value, piece) if form.fullmatch(value) else None

    return read


def _craft(prop: str) -> Reader:
    def read(value: str, piece: str) -> Craft | None:
        return Craft(prop, value, piece) if value else None

    return read


def _organisation(prop: str) -> Reader:
    def read(value: str, piece: str) -> Organisation | None:
        return Organisation(prop, value, piece) if value else None

    return read


_PLAIN: tuple[tuple[str, Reader], ...] = (
    ("DOB", _birth),
    ("POB", _place),
    ("nationality", _nationality("nationality")),
    ("citizen", _nationality("citizenship")),
    ("Gender", _gender),
    ("a.k.a.", _alias("aka")),
    ("f.k.a.", _alias("fka")),
    ("Digital Currency Address", _account),
)
