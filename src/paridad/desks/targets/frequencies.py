# SPDX-License-Identifier: Apache-2.0
"""How often a word of a name occurs, as integer millibits (1000 times the binary logarithm of how rare it is).

Rules
  - A table says how many of 100,000 carry a word. What it does not hold has the frequency `rare`, never zero.
  - A spelling that the table does not hold is at most 3 bits rarer than its sound: tables miss spellings.
  - At the sound (P) and at its skeleton (S) the frequencies of all words of one code add up; a short skeleton of
    unknown words is more crowded than a long one. So bits never grow from folded to P to S.
  - A weight is capped by role: 18 bits for a surname, 10 for a given name, 16 for a word of a firm. Numbers in the
    name of a firm weigh 8.
  - Within one register a word counts as often as it stands there, where that is more often than the table says: lists
    are no random sample, and what everybody on a list is called says little on that list. One record is no evidence of
    frequency, and a small register hardly any: it is read as if it had `SMALL` records more.
  - The shipped table is a model written by hand (`frequencies.toml`) and says so; a party may load its own.

Worked example
    shipped().bits("surname", "hernandez").folded      is 4322: one person in 20
    shipped().one_in("surname", "hernandez")           is 20
    within({"zapp": 501}, 4000).one_in("surname", "zapp")      is 10
"""

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

from paridad.base.words import Words
from paridad.desks.targets.phonetic import skeleton, sound

Role = Literal["surname", "given", "firm"]

ROLES: tuple[Role, ...] = ("surname", "given", "firm")
CAPS: Mapping[Role, int] = {"surname": 18_000, "given": 10_000, "firm": 16_000}
NUMBER = 8_000
SPELLING = 3_000
PERSONS = 100_000
SMALL = 1000
_CROWD = (200, 200, 200, 60, 16, 5, 2)
"""How many rare words share a skeleton of this length."""


class Bits(NamedTuple):
    """What agreement on one word says, in millibits, at three resolutions."""

    folded: int
    p: int
    s: int


@dataclass(frozen=True, eq=False)
class Table:
    """Frequencies of words in one role, in persons of 100,000."""

    role: Role
    rare: float
    words: Mapping[str, float]
    by_p: Mapping[str, float] = field(init=False)
    by_s: Mapping[str, float] = field(init=False)

    def __post_init__(self) -> None:
        sounds = [(sound(word), count) for word, count in self.words.items()]
        object.__setattr__(self, "by_p", _summed(sounds))
        object.__setattr__(self, "by_s", _summed((skeleton(p), count) for p, count in sounds))

    def bits(self, word: str) -> Bits:
        """Return the weights of a folded word."""
        if word.isdecimal():
            return Bits(NUMBER, NUMBER, NUMBER)
        p = sound(word)
        s = skeleton(p)
        crowd = self.rare * _CROWD[min(len(s), len(_CROWD) - 1)]
        sounding = self._millibits(self.by_p.get(p, 0) + self.rare)
        known = word in self.words
        folded = self._millibits(self.words[word]) if known else min(self._millibits(self.rare), sounding + SPELLING)
        at_p = min(folded, sounding)
        return Bits(folded, at_p, min(at_p, self._millibits(self.by_s.get(s, 0) + crowd)))

    def one_in(self, word: str) -> int:
        """Return among how many persons one carries a word."""
        return max(1, round(PERSONS / self.words.get(word, self.rare)))

    def _millibits(self, count: float) -> int:
        return min(CAPS[self.role], max(0, round(1000 * math.log2(PERSONS / count))))


@dataclass(frozen=True, eq=False)
class Tables:
    """The tables that a comparison uses, with their version and their own description."""

    version: str
    words: Words
    by_role: Mapping[Role, Table]

    def bits(self, role: Role, word: str) -> Bits:
        """Return the weights of a folded word in a role."""
        return self.by_role[role].bits(word)

    def one_in(self, role: Role, word: str) -> int:
        """Return among how many one carries a word in a role."""
        return self.by_role[role].one_in(word)

    def given_share(self, word: str) -> int:
        """Return how likely a word is a given name rather than a surname, from 20 to 980 in 1000."""
        given, surname = (self.by_role[role].words.get(word, 0.0) for role in ("given", "surname"))
        return min(980, max(20, round(1000 * (given + _UNKNOWN) / (given + surname + 2 * _UNKNOWN))))


_UNKNOWN = 5.0
"""Persons of 100,000 added to both sides, so that a word in neither table speaks for neither role."""


def read_tables(data: Mapping[str, Any]) -> Tables:
    """Read tables from the form of `frequencies.toml`: per role, a number of persons and the words of that number."""
    model, rare = data["model"], data["rare"]
    by_role = {role: Table(role, float(rare[role]), _words(data[role])) for role in ROLES}
    return Tables(model["version"], Words(es=model["es"], en=model["en"]), by_role)


@cache
def shipped() -> Tables:
    """Return the tables that come with the program."""
    return read_tables(tomllib.loads(files(__package__).joinpath("frequencies.toml").read_text("utf-8")))


def within(counts: Mapping[str, int], records: int) -> Tables:
    """Return the shipped tables as they hold within a register: how many of its records carry each folded word."""
    return _within(frozenset(item for item in counts.items() if item[1] > 1), records)


@lru_cache(maxsize=4)
def _within(counts: frozenset[tuple[str, int]], records: int) -> Tables:
    base, own = shipped(), {word: PERSONS * (count - 1) / (records + SMALL) for word, count in counts}
    by_role = {
        role: Table(role, table.rare, {**table.words, **_more_often(table, own)})
        for role, table in base.by_role.items()
    }
    return Tables(base.version, base.words, by_role)


def _more_often(table: Table, own: Mapping[str, float]) -> dict[str, float]:
    return {word: count for word, count in own.items() if count > table.words.get(word, table.rare)}


def _words(bands: Mapping[str, str]) -> dict[str, float]:
    counts: dict[str, float] = {}
    for number, words in bands.items():
        for word in words.replace("ñ", "n").split():
            counts[word] = max(counts.get(word, 0.0), float(number))
    return counts


def _summed(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for code, count in pairs:
        total[code] = total.get(code, 0.0) + count
    return total
