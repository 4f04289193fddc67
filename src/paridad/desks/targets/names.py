# SPDX-License-Identifier: Apache-2.0
"""Names of persons as words with roles: several readings of one name, never a single one that is taken for true.

Rules
  - The name stays as received; what is compared is a working form: marks off except the ñ, lower case, other scripts in
    Latin letters where that can be done letter by letter, otherwise in their own.
  - Every word of the name is in every reading. Particles (de, la, van…) stand with the word that follows and weigh
    nothing; San, Santa and Santo open a surname and are part of it. Titles and suffixes stand beside the name.
  - A reading gives each word a role: G given name, P first surname, M second surname, H husband's surname, X beside.
    At most three readings are kept, each of at least 5 in 100; how likely one is follows from the order of words and
    from how often a word is a given name.
  - "SURNAMES, Given" has one reading. What stands for nobody ("N/N", "DESCONOCIDO") has none.

Worked example
    parse("Juan Carlos Pérez").readings[0].roles             is "GGP"
    parse("Juan Pérez Carlos").readings[0].roles             is "GPM"
    parse("DE LA CRUZ SAN MARTÍN, Ma. Luz").words[0].folded  is "cruz"
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from rigour.text.translit import maybe_ascii

from paridad.desks.targets.frequencies import Tables, shipped

READINGS = 3
LEAST = 50
"""Of 1000, what a reading needs to be kept."""

_APOSTROPHES = re.compile("['\u2018\u2019\u02bc`\u00b4\u02bb\u02bf\u02be]")
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0dff"
"""Signs that a letter carries above, below or beside it."""
_TOKEN = re.compile(rf"(?:[^\W_][{_MARKS}]*)+\.?-?")
_WRITTEN_ABOVE = 0x0900
"""From here on a combining sign is a vowel of its own and stays."""
_SWAPPED = str.maketrans("013459", "oieasg")
_FIRST = 10**9
_MARRIED = 3
"""Words that a name with a husband's surname has at least."""
_LETTERS = 2
"""Letters that a name has at least."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a name, in working form."""

    text: str
    """As received, with the particles that stand before it."""
    form: str
    """Lower case and without marks, the ñ kept; what was abbreviated is written out."""
    folded: str
    """The same with n for ñ."""
    beside: bool = False
    """A title or suffix: it stands beside the name."""
    hinge: str = ""
    """What ties it to the word before: "-" a hyphen, "de" a particle, "vda" a widow's mark, "," a comma."""


class Reading(NamedTuple):
    """One way to read a name."""

    roles: str
    """One letter for each word: G, P, M, H or X."""
    chance: int
    """Of 1000."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name and its readings, the likeliest first; no reading where it is nobody's name."""

    text: str
    words: tuple[Word, ...]
    readings: tuple[Reading, ...]


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads(files(__package__).joinpath("names.toml").read_text("utf-8"))


@cache
def _set(section: str, key: str) -> frozenset[str]:
    return frozenset(_data()[section][key])


@cache
def roots() -> Mapping[str, frozenset[str]]:
    """Return the roots under which each nickname and each root stands: "chuy" under "jesus"."""
    found: dict[str, set[str]] = {}
    for root, forms in _data()["nickname"].items():
        for form in (root, *forms):
            found.setdefault(form, set()).add(root)
    return {form: frozenset(each) for form, each in found.items()}


def working(text: str) -> str:
    """Return a text in working form: lower case, no marks except the ñ, Latin letters where letter by letter."""
    plain = _APOSTROPHES.sub("", unicodedata.normalize("NFC", text.casefold()))
    return "ñ".join(_unmarked(maybe_ascii(part)) for part in plain.split("ñ")).casefold()


def fold(form: str) -> str:
    """Return a working form with n for ñ."""
    return form.replace("ñ", "n")


@lru_cache(maxsize=65536)
def parse(text: str, tables: Tables | None = None) -> Name:
    """Read a person's name."""
    before, comma, after = text.partition(",")
    words = tuple(_words(before))
    rest = tuple(_words(after)) if comma else ()
    if not comma or not _core(words) or not _core(rest):
        return _free(text, words + rest, tables or shipped())
    return _listed(text, words, rest)


def _listed(text: str, surnames: tuple[Word, ...], given: tuple[Word, ...]) -> Name:
    """Read "SURNAMES, Given"."""
    first, letters = True, []
    for word in surnames:
        letters.append("X" if word.beside else "H" if word.hinge == "vda" else "P" if first else "M")
        first = first and word.beside
    letters += ["X" if word.beside else "G" for word in given]
    words = surnames + given
    return Name(text, words, () if _nobody(words) else (Reading("".join(letters), 1000),))


def _free(text: str, words: tuple[Word, ...], tables: Tables) -> Name:
    """Read a name without comma by its order and by how often its words are given names."""
    core = _core(words)
    if not core or _nobody(words):
        return Name(text, words, ())
    weighed = [(_spread(words, core, roles), _weight(core, roles, chance, tables)) for roles, chance in _orders(core)]
    total = sum(weight for _, weight in weighed)
    best = sorted(weighed, key=lambda pair: -pair[1])[:READINGS]
    kept = [Reading(roles, 1000 * weight // total) for roles, weight in best]
    return Name(text, words, tuple(each for each in kept if each.chance >= LEAST) or (kept[0],))


def _orders(core: tuple[Word, ...]) -> Iterator[tuple[str, int]]:
    """Yield the orders in which names of so many words are written, each with its chance of 100."""
    count = len(core)
    if core[-1].hinge == "de" and count >= _MARRIED:
        yield "G" * (count - 2) + "PH", 25
    match 0 if core[-1].hinge == "vda" and count >= _MARRIED else count:
        case 0:
            yield "G" * (count - 2) + "PH", 100
        case 1:
            yield from (("P", 60), ("G", 40))
        case 2:
            yield from (("GP", 85), ("PG", 12), ("PM", 3))
        case 3:
            yield from (("GPM", 45), ("GGP", 40), ("PMG", 10), ("PGG", 5))
        case 4:
            yield from (("GGPM", 62), ("GGGP", 18), ("PMGG", 14), ("GPMM", 6))
        case _:
            most = count - 2
            yield from (("G" * most + "PM", 60), ("G" * (count - 1) + "P", 20), ("PM" + "G" * most, 20))


def _weight(core: tuple[Word, ...], roles: str, chance: int, tables: Tables) -> int:
    weight = chance * _FIRST
    for word, role in zip(core, roles, strict=True):
        share = tables.given_share(word.folded)
        weight = weight * (share if role == "G" else 1000 - share) // 500
    for place in range(1, len(core)):
        if core[place].hinge == "-" and (roles[place] == "G") != (roles[place - 1] == "G"):
            weight //= 20
    return max(weight, 1)


def _spread(words: tuple[Word, ...], core: tuple[Word, ...], roles: str) -> str:
    """Give the roles of the core words to all words; what stands beside the name has X."""
    left = iter(roles)
    assert len(core) == len(roles)
    return "".join("X" if word.beside else next(left) for word in words)


def _core(words: tuple[Word, ...]) -> tuple[Word, ...]:
    return tuple(word for word in words if not word.beside)


def _nobody(words: tuple[Word, ...]) -> bool:
    """Whether the words say that the name is not known, or hold no letter, or one letter only."""
    forms = [word.folded for word in words if not word.beside]
    letters = sum(mark.isalpha() for form in forms for mark in form)
    return letters < _LETTERS or set(forms) <= _set("nobody", "words")


def _words(text: str) -> Iterator[Word]:
    """Yield the words of a text, each with what stands before it and does not count by itself."""
    waiting: list[str] = []
    hinge, opening = "", ""
    tokens = _TOKEN.findall(_APOSTROPHES.sub("", text))
    for place, token in enumerate(tokens):
        bare = token.rstrip(".-")
        form, last = working(bare), place == len(tokens) - 1
        if not last and _waits(form, token, first=place == 0):
            waiting.append(token.rstrip("-"))
            hinge = "vda" if form in _set("widow", "words") else hinge or "de"
            continue
        if not last and form in _set("particle", "opening"):
            opening += form
            waiting.append(bare)
            continue
        yield _word(" ".join((*waiting, bare)), opening + _whole(form), hinge)
        waiting, opening, hinge = [], "", "-" if token.endswith("-") else ""


def _waits(form: str, token: str, *, first: bool) -> bool:
    """Whether a word belongs to the one that follows it."""
    if form in _set("widow", "words"):
        return True
    initial = len(form) == 1 and "." in token
    called = first and form in roots() and not token.endswith("-")
    return form in _set("particle", "words") and not initial and not called


def _whole(form: str) -> str:
    """Write out what was abbreviated, and put letters for digits that stand among letters."""
    if any(mark.isdecimal() for mark in form) and any(mark.isalpha() for mark in form):
        form = form.translate(_SWAPPED)
    return str(_data()["abbreviation"].get(form, form))


def _word(text: str, form: str, hinge: str) -> Word:
    folded = fold(form)
    beside = folded in _set("beside", "titles") or folded in _set("beside", "suffixes")
    return Word(text, form, folded, beside, hinge)


def _unmarked(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    return "".join(mark for mark in plain if not unicodedata.combining(mark) or ord(mark) >= _WRITTEN_ABOVE)
