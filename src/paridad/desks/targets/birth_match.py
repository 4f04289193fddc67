# SPDX-License-Identifier: Apache-2.0
"""Dates of birth, compared with the precision that they have.

Rules
  - A date that cannot be, lies before 1900 or after the day of comparison is no date. 1 January counts as a year, day 1
    of another month as a month.
  - Two full dates: equal, day and month exchanged, the same day in a neighbouring year, one digit apart, only year and
    month, only the year; otherwise they contradict each other.
  - A date of less precision is compatible with what it holds, and says as much as it narrows; two that exclude each
    other contradict. An approximate year holds its neighbours up to two years.
  - Of several dates the best pair counts, less the logarithm of how many pairs were tried. No date is no evidence.

Worked example
    match((day("1971-03-24"),), (day("1971-03-24"),)).weight     is 13800
    match((day("1971-03-24"),), (day("1971-01-01"),)).level      is "compatible"
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

OLDEST = 1900
YEARS = 40
"""Over so many years births are taken as spread evenly."""
EQUAL = 13_800
WEIGHTS = {
    "equal": EQUAL,
    "exchanged": 8000,
    "neighbour_year": 7500,
    "one_digit": 7000,
    "month": 4000,
    "year": 300,
    "compatible": 0,
    "contradiction": -6000,
    "other_year": -4000,
}
"""Millibits by level; a compatible date says what its precision narrows."""
_NARROWS = 500
"""Less than what it narrows: some records of one subject are off by one."""
_MONTHS = 12


class Day(NamedTuple):
    """A date of birth: from one date to another, and the text it came as."""

    year: int
    month: int
    day: int
    until: int
    """Last year that it may be."""
    since: int
    """First year that it may be."""
    text: str


@dataclass(frozen=True, slots=True)
class BirthMatch:
    """What the best pair of dates says."""

    level: str
    a: str
    b: str
    weight: int


def day(text: str, until: str = "", *, approximate: bool = False, latest: int = 9999) -> Day | None:
    """Read a date of birth of any precision, or nothing where it is none."""
    try:
        parts = [int(each) for each in text.split("-")]
        date(*[*parts, 1, 1][:3])
        last = int(until[:4]) if until else parts[0]
    except ValueError:
        return None
    if not OLDEST <= parts[0] <= latest:
        return None
    year, month, of_month = [*parts, 0, 0][:3]
    if of_month == 1:
        of_month, month = 0, 0 if month == 1 else month
    if until or approximate:
        month = of_month = 0
    around = 2 if approximate else 0
    return Day(year, month, of_month, last + around, year - around, text + (f"/{until}" if until else ""))


def match(ones: Sequence[Day], others: Sequence[Day]) -> BirthMatch | None:
    """Compare dates of birth; nothing where one side has none."""
    if not ones or not others:
        return None
    tried = round(1000 * math.log2(len(ones) * len(others)))
    best = max(((_level(a, b), a.text, b.text) for a in ones for b in others), key=lambda found: found[0][1])
    (name, said), a, b = best
    return BirthMatch(name, a, b, said - tried if said > 0 else said)


@lru_cache(maxsize=65536)
def _level(a: Day, b: Day) -> tuple[str, int]:
    name = _full(a, b) if a.day and b.day else "compatible" if _meet(a, b) else "other_year"
    return name, _narrowed(a, b) if name == "compatible" else WEIGHTS[name]


def _full(a: Day, b: Day) -> str:
    """Name the level of two full dates."""
    if a[:3] == b[:3]:
        return "equal"
    if a.year == b.year and a.month == b.day and a.day == b.month:
        return "exchanged"
    if a[1:3] == b[1:3] and abs(a.year - b.year) == 1:
        return "neighbour_year"
    if sum(x != y for x, y in zip(_digits(a), _digits(b), strict=True)) == 1:
        return "one_digit"
    if a[:2] == b[:2]:
        return "month"
    return "year" if a.year == b.year else "contradiction"


def _digits(each: Day) -> str:
    return f"{each.year:04}{each.month:02}{each.day:02}"


def _meet(a: Day, b: Day) -> bool:
    """Whether two dates of less precision can be one day."""
    if a.month and b.month and a.month != b.month:
        return False
    return a.since <= b.until and b.since <= a.until


def _narrowed(a: Day, b: Day) -> int:
    """Return what it says that two dates can be one day: the logarithm of the share that either leaves open."""
    if a.month and b.month:
        return round(1000 * math.log2(YEARS * _MONTHS)) - _NARROWS
    widest = max(a.until - a.since, b.until - b.since) + 1
    return max(0, round(1000 * math.log2(YEARS / widest)) - _NARROWS)
