# SPDX-License-Identifier: Apache-2.0
"""The first ten characters of a CURP or an RFC, from a document or from name and date: so that the two can meet.

Rules
  - Four letters and the date as YYMMDD: first letter and first inner vowel of the first surname, first letter of the
    second or X, first letter of the given name; José and María and their short forms are passed over where another
    given name follows. Ñ counts as X.
  - An RFC of a person with one surname takes two letters of that surname and two of the given name: both forms count.
  - Four letters that make a word the registers avoid are changed: a CURP writes X for the second letter, an RFC X for
    the last. The lists of words differ and are UNVERIFIED, so that every form counts: as it stands, and changed either
    way. A document's own root counts with the forms that the same four letters have in the other register.
  - Common and weak: a key of a run like any other, which the budget admits or not.

Worked example
    roots_of(("pinedo", "ruiz"), ("olga",), "1971-03-24")        is ("PIRO710324",)
    document_root("curp", "PIRO710324MJCNZL92")                  is ("PIRO710324",)
"""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.resources import files

from paridad.desks.targets.deconfliction.keys import FULL_DATE, Frequencies, Tables
from paridad.desks.targets.frequencies import PERSONS, Table, shipped

ROOT_LETTERS = 10
PASSED_OVER = frozenset({"jose", "j", "maria", "ma", "m"})
_VOWELS = "aeiou"
_SCALE = 1000
_NO_SECOND = 10
"""Of 100 persons, how many are taken to have no second surname."""


@cache
def avoided() -> frozenset[str]:
    """Return the words that the registers avoid."""
    return frozenset(tomllib.loads(files(__package__).joinpath("roots.toml").read_text("utf-8"))["avoided"].split())


def roots_of(surnames: Sequence[str], givens: Sequence[str], born: str) -> tuple[str, ...]:
    """Return the roots of a person: words in working form, in their order; none without a full date and both names."""
    if len(born) != FULL_DATE or not surnames or not givens:
        return ()
    date = born[2:4] + born[5:7] + born[8:10]
    given = next((each for each in givens if each not in PASSED_OVER), givens[-1])
    second = surnames[1][:1] if len(surnames) > 1 else "x"
    plain = [_pair(surnames[0]) + _letter(second) + _letter(given[:1])]
    if len(surnames) == 1 and len(surnames[0]) > 1 and len(given) > 1:
        plain.append("".join(map(_letter, surnames[0][:2] + given[:2])))
    return tuple(dict.fromkeys(form + date for four in plain for form in _forms(four)))


def document_root(kind: str, plain: str) -> tuple[str, ...]:
    """Return the roots that a CURP or the RFC of a person stands for; of any other number none."""
    if kind not in {"curp", "rfc"} or len(plain) < ROOT_LETTERS or not plain[4:10].isdecimal():
        return ()
    four, date = plain[:4].replace("Ñ", "X"), plain[4:10]
    words = [word for word in sorted(avoided()) if four in {word[0] + "X" + word[2:], word[:3] + "X"}]
    return tuple(dict.fromkeys(form + date for each in (four, *words) for form in _forms(each)))


def _forms(four: str) -> Iterator[str]:
    yield four
    if four in avoided():
        yield four[0] + "X" + four[2:]
        yield four[:3] + "X"


def _pair(surname: str) -> str:
    """Return the first letter of a surname and its first vowel after it, X where there is none."""
    vowel = next((mark for mark in surname[1:] if mark in _VOWELS), "x")
    return _letter(surname[0]) + _letter(vowel)


def _letter(mark: str) -> str:
    return mark.upper() if mark.isascii() and mark.isalpha() else "X"


@cache
def root_tables() -> Tables:
    """Return how often the letters of a root occur, by the shipped model."""
    surname, given = shipped().by_role["surname"], shipped().by_role["given"]
    first = _counted(given, lambda word: _letter(word[0]))
    second = _counted(surname, lambda word: _letter(word[0]))
    whole = sum(second.values())
    second["X"] = second.get("X", 0) + whole * _NO_SECOND // (100 - _NO_SECOND)
    return {"r2": [_table(_counted(surname, _pair))], "r1": [_table(second)], "ri": [_table(first)]}


def _counted(table: Table, of: Callable[[str], str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word, persons in sorted(table.words.items()):
        if word.isalpha():
            counts[of(word)] = counts.get(of(word), 0) + round(persons * _SCALE)
    return counts


def _table(counts: dict[str, int]) -> Frequencies:
    total = sum(counts.values())
    return Frequencies(counts, total, max(total // PERSONS, 1))
