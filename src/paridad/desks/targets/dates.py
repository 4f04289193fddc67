# SPDX-License-Identifier: Apache-2.0
"""Dates as people write them in tables, read with the precision that they have; what cannot be read is kept.

Rules
  - Day, month and year, month and year, or a year; in figures with the year first or last, or with the month as a
    word in Spanish or English; "circa", "ca." and "aprox." before it.
  - In figures with the year last, day and month can be read in two ways, unless one of them is above 12 or the order
    is given: both readings are kept, with the precision "ambiguous".
  - A date that does not exist, stands for "unknown" (1900-01-01), lies after the day of reading or more than 115
    years before it is not used as a date. It stays as received, with the finding.

Worked example
    read("04/05/1980", today="2026-12-01")      is Birth("1980-05-04", "ambiguous", other="1980-04-05", …)
    read("31/02/1980", today="2026-12-01").finding          is "impossible_date"
"""

import re
from datetime import date
from typing import Literal

from paridad.desks.targets.dossier import Birth

Order = Literal["", "dmy", "mdy"]
ORDERS: tuple[Order, ...] = ("", "dmy", "mdy")
OLDEST_AGE = 115
_PLACEHOLDERS = frozenset({"1900-01-01", "1900-01", "1900"})
_APPROXIMATE = re.compile(r"(?:circa|ca?\.|aprox\.?|hacia|about)\s+", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"([0-9]{4})(?:[-/.]([0-9]{1,2})(?:[-/.]([0-9]{1,2}))?)?(?:T00:00(?::00)?Z?)?")
_YEAR_LAST = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4})")
_MONTH_YEAR = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{4})")
_WORDS = re.compile(
    r"(?:([0-9]{1,2})(?:\s+de|\.)?[\s-]+)?([a-zé]{3,10})\.?,?(?:\s+del?)?[\s-]+([0-9]{4})", re.IGNORECASE
)
_MONTHS = {
    name: month
    for month, names in enumerate(
        ("ene jan", "feb", "mar", "abr apr", "may", "jun", "jul", "ago aug", "sep", "oct", "nov", "dic dec"), 1
    )
    for name in names.split()
}
_LENGTHS = {4: "year", 7: "month", 10: "day"}


def read(text: str, *, today: str, order: Order = "") -> Birth:
    """Read one date; the text stays as it came whatever it says."""
    said, count = _APPROXIMATE.subn("", text.strip(), count=1)
    readings = _readings(said, order)
    if not readings:
        return Birth("", "", as_received=text, finding="unread_date")
    able = [each for each in readings if exists(each)]
    if not able:
        return Birth("", "", as_received=text, finding="impossible_date")
    if finding := _unused(able[0], today):
        return Birth("", "", as_received=text, finding=finding)
    if len(set(able)) > 1:
        return Birth(able[0], "ambiguous", other=able[1], as_received=text, finding="two_readings")
    return Birth(able[0], _LENGTHS[len(able[0])], approximate=bool(count), as_received=text)


def _readings(said: str, order: Order) -> list[str]:
    if found := _YEAR_FIRST.fullmatch(said):
        return [_iso(*found.groups())]
    if found := _YEAR_LAST.fullmatch(said):
        first, second, year = found.groups()
        by_order = {"dmy": _iso(year, second, first), "mdy": _iso(year, first, second)}
        return [by_order[order]] if order else list(by_order.values())
    if found := _MONTH_YEAR.fullmatch(said):
        return [_iso(found[2], found[1])]
    if (found := _WORDS.fullmatch(said)) and (month := _MONTHS.get(found[2][:3].lower())):
        return [_iso(found[3], str(month), found[1])]
    return []


def _iso(year: str, month: str | None = None, day: str | None = None) -> str:
    return "-".join([year, *(f"{int(each):02}" for each in (month, day) if each)])


def exists(iso: str) -> bool:
    """Say whether there is such a day, month or year."""
    parts = [int(each) for each in iso.split("-")]
    try:
        date(*[*parts, 1, 1][:3])
    except ValueError:
        return False
    return True


def _unused(iso: str, today: str) -> str:
    if iso in _PLACEHOLDERS:
        return "placeholder_date"
    if iso > today:
        return "future_date"
    return "too_old" if int(iso[:4]) < int(today[:4]) - OLDEST_AGE else ""
