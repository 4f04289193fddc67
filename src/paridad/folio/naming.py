# SPDX-License-Identifier: Apache-2.0
"""The name of a folio: `<party>-<year>-<number>`, the same in every language.

Rules
  - A folio's name begins with the party that opens it, so two parties never take the same one, and nobody opens a
    folio in another's name.
  - The number counts a party's folios of the year; at least four digits, as many as needed, one spelling only.
  - A name of another form belongs to nobody: a request under it opens nothing.

Worked example
    folio_name("AA", 2026, 7)                                  is "AA-2026-0007"
    opener_of("AA-2026-0007")                                  is "AA"
    next_number("AA", 2026, ["AA-2026-0007", "BB-2026-0031"])  is 8
"""

import re
from collections.abc import Iterable

from paridad.programme.origins import PARTY

_NAME = re.compile(rf"({PARTY.pattern})-([0-9]{{4}})-([0-9]{{4}}|[1-9][0-9]{{4,11}})")


def folio_name(party: str, year: int, number: int) -> str:
    """Return the name of a party's folio."""
    return f"{party}-{year:04}-{number:04}"


def opener_of(name: str) -> str:
    """Return the party whose folio it is; empty where the name has another form."""
    match = _NAME.fullmatch(name)
    return match[1] if match else ""


def next_number(party: str, year: int, names: Iterable[str]) -> int:
    """Return the number after the highest that a party's folios of a year bear."""
    found = (match.groups() for match in map(_NAME.fullmatch, names) if match)
    return 1 + max((int(number) for who, when, number in found if (who, int(when)) == (party, year)), default=0)
