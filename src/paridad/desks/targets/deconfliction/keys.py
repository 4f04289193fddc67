# SPDX-License-Identifier: Apache-2.0
"""Composite keys of a record, and the collision budget that says which of them may be compared.

Rules
  - A key is made of parts that are there: a missing part makes no key, and there is no placeholder.
  - A rule is written as its parts: s, S a surname as skeleton or as sound; g, G a given name likewise; i its initial;
    D the day of birth, Y its year; {SS} in either order. A skeleton follows from a sound, a year from a day.
  - Tiers: 1 identifier or full date, 2 names and year, 3 names alone; tier 3 only where it was approved apart.
  - Budget: a key is emitted where it costs at least log2(R/ε). Its cost is what its parts weigh, less the ways in which
    one record can make such a key, less the concentration of the lists. Integers of 1/1000 bit, exact: both sides
    decide alike, or matches vanish without an error.
  - What a part weighs follows from how frequent it is, by the agreed table that calls it most frequent.
  - Only minimal keys: where all parts of one emitted key follow from another of its tier, the other one goes. Nothing
    that would match is lost, and less is shown.
  - A record emits at most forty keys; the weakest go. Records that emit nothing, or nothing with a date, are told to
    their owner before a run: common names must not be silently invisible.
  - Of the rules that were tried these are the core: the others found hardly more and doubled the tokens.

Worked example
    emit([Parts("record-7", names=(Name((Sound("cabes", "cbs"),), (Sound("jesus", "jss"),)),), dates=("1979-03-05",))],
         tables, Budget(records=10_000, epsilon_ppm=300)).emitted
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import combinations
from math import comb
from typing import NamedTuple

from paridad.base.errors import Malformed
from paridad.base.words import Words
from paridad.desks.targets.deconfliction.leakage import MILLION
from paridad.desks.targets.deconfliction.tokens import Emitted, Part

MOST_KEYS = 40
FULL_DATE = 10
"""Letters of a day: 1979-03-05."""
BAND = 3000
"""Width of a band of rarity, in 1/1000 bit."""


class Sound(NamedTuple):
    """A name as it sounds, and its skeleton: first sound and consonants, which follows from it."""

    sound: str
    skeleton: str


class Name(NamedTuple):
    """Surnames in their order, and given names."""

    surnames: tuple[Sound, ...]
    givens: tuple[Sound, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """What is known of one record."""

    record: str
    names: tuple[Name, ...] = ()
    dates: tuple[str, ...] = ()
    """Days, or years alone, as ISO 8601."""
    ids: tuple[tuple[str, str], ...] = ()
    """Kind and normal form of identifiers whose check holds."""
    roots: tuple[str, ...] = ()
    """First ten characters of CURP or RFC: of documents, and as names and dates give them (`roots`)."""


class Rule(NamedTuple):
    """Which parts make a key."""

    name: str
    surname: str
    surnames: int
    given: str
    givens: int
    day: str
    tier: int
    either_order: bool

    @property
    def ways(self) -> int:
        """Ways in which one record with two surnames and two given names makes such a key; a day counts twice."""
        exchanged = 2 if self.day == "D" else 1
        return comb(2, self.surnames) * comb(2, self.givens) * exchanged * (2 if self.either_order else 1)


def rule(name: str) -> Rule:
    """Read a rule from its parts."""
    letters = name.strip("{").replace("}", "")
    surnames = [each for each in letters if each in "sS"]
    givens = [each for each in letters if each in "gGi"]
    day = letters[-1] if letters[-1] in "DY" else ""
    tier = {"D": 1, "Y": 2, "": 3}[day]
    either = name.startswith("{")
    return Rule(name, "".join(surnames[:1]), len(surnames), "".join(givens[:1]), len(givens), day, tier, either)


CORE = tuple(
    map(
        rule,
        ("sgD", "SGD", "siD", "ssD", "ggD", "SD", "ssgD", "sggD", "ssgY", "SSGY", "ssggY", "SGGY", "SGY", "ssg", "SSG",
         "SSGG", "SGG", "{SS}G"),
    )
)  # fmt: skip
IDENTIFIER = "ID"
IDENTIFIES = 20_000
"""What a number whose check holds weighs."""
ROOT = Rule("root", "", 0, "", 0, "", 1, either_order=False)
ROOT_PARTS = ("r2", "r1", "ri")
"""Tables of its letters: the first two of the first surname, the first of the second, and of the given name."""
_NO_DAY = Words(es="«{written}» no es un día.", en="“{written}” is not a day.")


# Weights -------------------------------------------------------------------------------------------------------------


@cache
def millibits(whole: int, part: int) -> int:
    """Return floor(1000 · log2(whole / part)) of 0 < part <= whole, exactly."""
    return int(whole**1000 // part**1000).bit_length() - 1


@dataclass(frozen=True, slots=True)
class Frequencies:
    """How often values occur; a value that never occurred counts as `unseen`."""

    counts: Mapping[str, int]
    total: int
    unseen: int

    def weight(self, value: str) -> int:
        """Return what agreement on a value weighs, in 1/1000 bit."""
        return millibits(self.total, self.counts.get(value, self.unseen))


Tables = Mapping[str, Sequence[Frequencies]]
"""Agreed tables by part: s, S, g, G, i, year, month, day; one or more of each side."""


def weight(part: str, value: str, tables: Tables) -> int:
    """Return what a part weighs by the table that calls it most frequent."""
    if part == ROOT.name:
        return _root_weight(value, tables)
    if part == "D":
        year, month, day = value.split("-")
        return weight("Y", year, tables) + weight("month", month, tables) + weight("day", day, tables)
    return min(table.weight(value) for table in tables["year" if part == "Y" else part])


def _root_weight(root: str, tables: Tables) -> int:
    """Return what a root weighs: four letters and a day without its century, by the more frequent of two years."""
    letters = zip(ROOT_PARTS, (root[:2], root[2], root[3]), strict=True)
    year = min(weight("Y", century + root[4:6], tables) for century in ("19", "20"))
    day = weight("month", root[6:8], tables) + weight("day", root[8:10], tables)
    return sum(weight(part, value, tables) for part, value in letters) + year + day


@dataclass(frozen=True, slots=True)
class Budget:
    """What is agreed: capacity of both sides, expected strangers a key, concentrations, names alone or not."""

    records: int
    epsilon_ppm: int
    concentration: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """Power of two by rule and band of rarity; the larger of what both sides found on their own lists."""
    names_alone: bool = False

    @property
    def least(self) -> int:
        """What a key must cost: log2(R/ε), rounded up."""
        return millibits(self.records * MILLION, self.epsilon_ppm) + 1

    def cost(self, rule_: Rule, weighs: int) -> int:
        """Return what a key costs whose parts weigh so much."""
        found = weighs - millibits(rule_.ways, 1)
        return found - 1000 * self.concentration.get((rule_.name, found // BAND), 0)


# Keys ----------------------------------------------------------------------------------------------------------------

Atom = tuple[str, ...]


class Key(NamedTuple):
    """A key that a record can make: its parts, all that follows from them, and its cost."""

    rule: Rule
    parts: tuple[Atom, ...]
    follows: frozenset[Atom]
    cost: int
    weighed: tuple[Part, ...]

    def emitted(self, record: str) -> Emitted:
        """Return the key as a run compares it: each part with its length before it."""
        values = [value for _, *rest in self.parts for value in rest]
        text = b"".join(len(value.encode()).to_bytes(2, "big") + value.encode() for value in values)
        return Emitted("person", text, record, self.rule.name, self.rule.tier, self.weighed)


class Report(NamedTuple):
    """What a list emits, and what its owner is told."""

    emitted: tuple[Emitted, ...]
    silent: tuple[str, ...]
    """Records that emit nothing."""
    undated: tuple[str, ...]
    """Records that emit keys, none of them with a full date or an identifier."""
    cut: tuple[str, ...]
    """Records with more than forty keys."""


def emit(records: Iterable[Parts], tables: Tables, budget: Budget) -> Report:
    """Return the keys of a list within the budget."""
    emitted: list[Emitted] = []
    silent, undated, cut = [], [], []
    for parts in records:
        named = [_identifier(parts.record, kind, value) for kind, value in parts.ids]
        keys = sorted(minimal(within(parts, tables, budget)), key=lambda key: (-key.cost, key.rule.name, key.parts))
        room = max(MOST_KEYS - len(named), 0)
        own = named + [key.emitted(parts.record) for key in keys[:room]]
        emitted += own
        if len(keys) > room:
            cut.append(parts.record)
        if not own:
            silent.append(parts.record)
        elif all(each.tier > 1 for each in own):
            undated.append(parts.record)
    return Report(tuple(emitted), tuple(silent), tuple(undated), tuple(cut))


def _identifier(record: str, kind: str, value: str) -> Emitted:
    part = Part(kind, value, IDENTIFIES)
    return Emitted("person", f"{kind}\x00{value}".encode(), record, IDENTIFIER, 1, (part,))


def within(parts: Parts, tables: Tables, budget: Budget) -> tuple[Key, ...]:
    """Return every key of a record that the budget admits."""
    return tuple(key for key in every_key(parts, tables, budget) if key.cost >= budget.least)


def every_key(parts: Parts, tables: Tables, budget: Budget) -> Iterator[Key]:
    """Yield every key that a record can make, each once, whatever it costs."""
    rules = [each for each in CORE if each.tier < 3 or budget.names_alone]  # noqa: PLR2004  names alone
    found: dict[tuple[str, tuple[Atom, ...]], Key] = {}
    for name in parts.names:
        for rule_ in rules:
            for atoms, follows, coarser in _made(rule_, name, parts.dates):
                weighed = tuple(Part(kind, value, weight(kind, value, tables), coarser.get((kind, value), ()))
                                for kind, value in atoms)  # fmt: skip
                cost = budget.cost(rule_, sum(part.weight for part in weighed))
                found[rule_.name, atoms] = Key(rule_, atoms, follows, cost, weighed)
    yield from found.values()
    for root in dict.fromkeys(parts.roots) if tables.keys() >= set(ROOT_PARTS) else ():
        part = Part(ROOT.name, root, weight(ROOT.name, root, tables))
        atom = (ROOT.name, root)
        yield Key(ROOT, (atom,), frozenset({atom}), budget.cost(ROOT, part.weight), (part,))


def minimal(keys: Sequence[Key]) -> tuple[Key, ...]:
    """Return the keys of which no other of their tier holds parts that all follow from theirs."""
    told = [(key, _said(key)) for key in keys]
    return tuple(key for key, says in told if not any(_coarser(other, key, says) for other in told))


def _coarser(other: tuple[Key, frozenset[Atom]], key: Key, says: frozenset[Atom]) -> bool:
    """Tell whether another key says less than a key, or the same under an earlier name."""
    another, said = other
    if another.rule.tier != key.rule.tier or another is key:
        return False
    return said <= key.follows and not (says <= another.follows and another.rule.name > key.rule.name)


def _said(key: Key) -> frozenset[Atom]:
    """Return what a key says: its parts, and which of them stand together."""
    rule_ = key.rule
    surnames, givens = (tuple(value for kind, value in key.parts if kind in kinds) for kinds in ("sS", "gGi"))
    return frozenset({*key.parts, *_together(surnames, givens, ordered=not rule_.either_order)})


def _together(surnames: tuple[str, ...], givens: tuple[str, ...], *, ordered: bool) -> Iterator[Atom]:
    """Yield that several names are said of one person: two equal ones are more than one, and an order says more."""
    if len(surnames) > 1:
        yield ("surnames", *sorted(surnames))
        if ordered:
            yield ("order", *surnames)
    if len(givens) > 1:
        yield ("givens", *sorted(givens))


_Made = tuple[tuple[Atom, ...], frozenset[Atom], Mapping[Atom, tuple[tuple[str, str], ...]]]


def _made(rule_: Rule, name: Name, dates: Iterable[str]) -> Iterator[_Made]:
    """Yield the parts of each key, all that follows from it, and what follows from each part alone."""
    days = list(_days(rule_.day, dates))
    for surnames in combinations(name.surnames, rule_.surnames):
        for givens in combinations(name.givens, rule_.givens):
            for day in days:
                atoms = [(rule_.surname, _value(rule_.surname, each)) for each in surnames]
                atoms = sorted(atoms) if rule_.either_order else atoms
                atoms += sorted((rule_.given, _value(rule_.given, each)) for each in givens)
                follows = _follows(rule_, surnames, givens)
                made = (*atoms, *day)
                coarser = dict(_coarser_parts(rule_, surnames, givens, day))
                yield made, frozenset({*made, *follows, *((("Y", value[:4])) for _, value in day)}), coarser


def _coarser_parts(
    rule_: Rule, surnames: Sequence[Sound], givens: Sequence[Sound], day: Sequence[Atom]
) -> Iterator[tuple[Atom, tuple[tuple[str, str], ...]]]:
    """Yield what follows from one part: a skeleton from a sound, an initial from a given name, a year from a day."""
    if rule_.surname == "S":
        yield from ((("S", each.sound), (("s", each.skeleton),)) for each in surnames)
    for each in givens:
        initial = ("i", each.skeleton[:1])
        if rule_.given == "G":
            yield ("G", each.sound), (("g", each.skeleton), initial)
        elif rule_.given == "g":
            yield ("g", each.skeleton), (initial,)
    yield from ((("D", value), (("Y", value[:4]),)) for kind, value in day if kind == "D")


def _value(part: str, name: Sound) -> str:
    match part:
        case "S" | "G":
            return name.sound
        case "i":
            return name.skeleton[:1]
        case _:
            return name.skeleton


def _follows(rule_: Rule, surnames: Sequence[Sound], givens: Sequence[Sound]) -> Iterator[Atom]:
    """Yield what follows from the names of a key: skeletons from sounds, initials from both, and what is together."""
    yield from (("s", each.skeleton) for each in surnames)
    yield from (("i", each.skeleton[:1]) for each in givens)
    yield from (("g", each.skeleton) for each in givens if rule_.given != "i")
    for part in ("s", rule_.surname):
        for given in ("g", rule_.given):
            values = tuple(_value(part, each) for each in surnames), tuple(_value(given, each) for each in givens)
            yield from _together(*values, ordered=not rule_.either_order)


def _days(part: str, dates: Iterable[str]) -> Iterator[tuple[Atom, ...]]:
    """Yield the dates that a rule takes; a day and month that could be exchanged give a second date."""
    if not part:
        yield ()
    for written in dates if part else ():
        if part == "Y":
            yield (("Y", written[:4]),)
        elif len(written) == FULL_DATE:
            yield from ((("D", each),) for each in _readings(written))


def _readings(written: str) -> Iterator[str]:
    try:
        day = date.fromisoformat(written)
    except ValueError as error:
        raise Malformed(_NO_DAY.fill(written=written)) from error
    yield written
    if day.day <= 12 and day.day != day.month:  # noqa: PLR2004  months
        yield day.replace(month=day.day, day=day.month).isoformat()
