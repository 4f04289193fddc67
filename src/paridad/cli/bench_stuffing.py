# SPDX-License-Identifier: Apache-2.0
"""T19: lists stuffed with guesses, and normal days, in front of the alarms that a side looks at after every batch.

Rules
  - Simulated, and said to be: invented persons, drawn by the shipped model of names and with coined rare names. What is
    real is the code: keys and budget, honey, and the alarms over batches in a joint order.
  - Sweep: all days of forty years behind as many surnames and given names as the capacity holds, of people who are on
    the own list. Each guess is one key: the cheapest sweep there is.
  - Borrowed: the other list is filled with people of the region, a share of whom is on the own list by right.
  - Drip: no more guesses than the caps let a list gain within a month; caught where one of the runs pauses.
  - Thin: a sweep through a tenth of the days of ten times as many names. It is no part of the goal and stands beside
    it: the alarms see less of it.
  - For every own record there is one invented record of the same names and another day. Those of its keys that at most
    one stranger in a million has are honey, those of at most sixty are traps, the rest is left out. The band of hits
    is twice the highest of five normal runs.
  - Paused means before step 7: before a label is sent. What the opened batches told is told.

Worked example
    stuffed(Stuffing(records=500, rounds=20))["sweep"]["paused"]
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from paridad.desks.targets.comparable import parts_of, tables
from paridad.desks.targets.deconfliction import alarms
from paridad.desks.targets.deconfliction.alarms import Watch
from paridad.desks.targets.deconfliction.keys import Budget, Key, Parts, millibits, minimal, within
from paridad.desks.targets.deconfliction.leakage import DAYS_OF_FORTY_YEARS, MILLION
from paridad.desks.targets.deconfliction.pace import PERMILLE, shipped
from paridad.desks.targets.frequencies import Role
from paridad.desks.targets.frequencies import shipped as frequencies

CAPACITY, KEYS_A_RECORD, MOST_KEYS = 10_000, 12, 40
A_BATCH = 1750
"""Own tokens in a batch of 2,048, where the list is as full as the capacity is meant to be."""
TRAPPED = 60
"""Strangers in a million that may hold a trap."""
DATES = 6
"""Three days with which one name may be hit, each in two readings."""
COMMON, BORROWED = (0.03, 0.06), (0.15, 0.5)
"""Shares of the own list that the other one holds: on a normal day, and where people are borrowed."""
DAYS = 30
FIRST_DAY = date(1950, 1, 1)
_RARE = 0.35
_SYLLABLES = ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "xo", "zu")


@dataclass(frozen=True, slots=True)
class Stuffing:
    """How much is simulated."""

    records: int = 2000
    rounds: int = 200
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Stem:
    """A dated key without its day: what a sweep runs through."""

    rule: str
    parts: tuple[tuple[str, ...], ...]


@dataclass
class World:
    """An own list as tokens: which record and stem each has, and which are honey."""

    owner: list[int] = field(default_factory=list)
    stems: list[Stem | None] = field(default_factory=list)
    made_up: dict[int, float] = field(default_factory=dict)
    """Tokens with an invented day, and how many strangers of a full list are expected to hold each."""

    def add(self, record: int, key: Key, *, made_up: bool) -> None:
        """Put a key on the list."""
        if made_up:
            self.made_up[len(self.owner)] = CAPACITY * 2 ** (-key.cost / 1000)
        self.owner.append(record)
        self.stems.append(stem_of(key))

    @property
    def honey(self) -> frozenset[int]:
        """Tokens that at most one stranger in a million holds."""
        return frozenset(at for at, strangers in self.made_up.items() if strangers <= 1 / MILLION)

    def watch(self, most_per_thousand: int) -> Watch:
        """Return what the side watches for."""
        names = {at: repr(stem) for at, stem in enumerate(self.stems) if stem}
        true: dict[str, set[int]] = {}
        for at, name in names.items():
            if at not in self.made_up:
                true.setdefault(name, set()).add(at)
        honey = self.honey
        traps = {at: frozenset(true.get(names[at], ())) for at in self.made_up if at not in honey}
        return Watch(honey, most_per_thousand, names=names, most_dates=DATES, traps=traps)


def stem_of(key: Key) -> Stem | None:
    """Return a dated key without its day; nothing of another key."""
    dated = key.parts[-1][0] == "D"
    return Stem(key.rule.name, key.parts[:-1]) if dated else None


def stuffed(setting: Stuffing) -> dict[str, Any]:
    """Simulate every attack, and normal days."""
    draw = Random(setting.seed)  # noqa: S311  a simulation that must repeat
    world = build(setting.records, draw)
    band = _band(world, draw)
    watch = world.watch(band)
    stems = sorted({repr(stem) for at, stem in enumerate(world.stems) if stem and at not in world.made_up})
    figures: dict[str, Any] = {
        "simulated": True,
        "tokens": len(world.owner),
        "honey": len(watch.honey),
        "traps": len(watch.traps),
        "expected_false": round(sum(world.made_up[at] for at in watch.honey), 6),
        "band_per_thousand": band,
    }
    for name, attack in (("sweep", _sweep), ("borrowed", _borrowed), ("drip", _drip), ("thin", _thin)):
        paused = sum(attack(world, watch, draw, stems) for _ in range(setting.rounds))
        figures[name] = {"paused": round(paused / setting.rounds, 4), "rounds": setting.rounds}
    false = [_false_alarms(world, watch, draw) for _ in range(DAYS)]
    figures["normal"] = {"days": DAYS, "alarms": sum(false)}
    return figures


def paused(watch: Watch, opened: int, hits: Sequence[int], draw: Random) -> bool:
    """Look at the alarms after every batch, in a random order of opening; tell whether one was raised."""
    batches = -(-opened // A_BATCH)
    places = sorted(draw.randrange(batches) for _ in hits)
    order = draw.sample(list(hits), len(hits))
    return any(
        alarms.look(watch, opened=opened * (batch + 1) // batches, hits=order[: _upto(places, batch)])
        for batch in range(batches)
    )


def _upto(places: Sequence[int], batch: int) -> int:
    return sum(place <= batch for place in places)


def _sweep(world: World, watch: Watch, draw: Random, stems: Sequence[str]) -> bool:
    count = CAPACITY * KEYS_A_RECORD // DAYS_OF_FORTY_YEARS
    return paused(watch, len(world.owner), _swept(world, set(draw.sample(stems, count)), 1.0, draw), draw)


def _thin(world: World, watch: Watch, draw: Random, stems: Sequence[str]) -> bool:
    count = min(10 * CAPACITY * KEYS_A_RECORD // DAYS_OF_FORTY_YEARS, len(stems))
    return paused(watch, len(world.owner), _swept(world, set(draw.sample(stems, count)), 0.1, draw), draw)


def _drip(world: World, watch: Watch, draw: Random, stems: Sequence[str]) -> bool:
    guesses = CAPACITY * shipped().month_permille // PERMILLE * MOST_KEYS
    whole, rest = divmod(guesses, DAYS_OF_FORTY_YEARS)
    chosen = draw.sample(stems, whole + 1)
    hits = _swept(world, set(chosen[:whole]), 1.0, draw)
    hits += _swept(world, set(chosen[whole:]), rest / DAYS_OF_FORTY_YEARS, draw)
    return paused(watch, len(world.owner), [*hits, *_normal(world, draw)], draw)


def _swept(world: World, stems: set[str], share: float, draw: Random) -> list[int]:
    """Return the own tokens that a sweep of some stems, through a share of the days, hits."""
    return [at for at, stem in enumerate(world.stems) if repr(stem) in stems and draw.random() < share]


def _borrowed(world: World, watch: Watch, draw: Random, _: Sequence[str]) -> bool:
    return paused(watch, len(world.owner), _of_records(world, draw.uniform(*BORROWED), draw), draw)


def _normal(world: World, draw: Random) -> list[int]:
    return _of_records(world, draw.uniform(*COMMON), draw)


def _of_records(world: World, share: float, draw: Random) -> list[int]:
    """Return the tokens of a share of the own records; what is made up belongs to a stranger by chance alone."""
    records = {record for record in set(world.owner) if draw.random() < share}
    chance = {at for at, strangers in world.made_up.items() if draw.random() < strangers}
    true = (at for at, record in enumerate(world.owner) if record in records and at not in world.made_up)
    return [*true, *chance]


def _false_alarms(world: World, watch: Watch, draw: Random) -> bool:
    return paused(watch, len(world.owner), _normal(world, draw), draw)


def _band(world: World, draw: Random) -> int:
    """Return the upper end of the band: twice the highest of five normal runs."""
    highest = max(len(_normal(world, draw)) for _ in range(5))
    return -(-2000 * highest // len(world.owner))


def build(records: int, draw: Random) -> World:
    """Return an own list of invented people, each with its honey."""
    world, budget = World(), Budget(CAPACITY, 300)
    bound = millibits(CAPACITY * MILLION, TRAPPED)
    for number, (name, born) in enumerate(_people(records, draw)):
        for key in minimal(within(_parts(number, name, born), tables(), budget)):
            world.add(number, key, made_up=False)
        other = _day(draw)
        for key in minimal(within(_parts(number, name, other), tables(), budget)):
            if stem_of(key) and other != born and key.cost >= bound:
                world.add(number, key, made_up=True)
    return world


def _parts(number: int, name: str, born: date) -> Parts:
    fields = {"subject_type": "person", "name": name, "births": [{"date": born.isoformat(), "precision": "day"}]}
    return parts_of(str(number), fields, latest=2026)  # type: ignore[arg-type]


def _people(count: int, draw: Random) -> Iterator[tuple[str, date]]:
    for _ in range(count):
        surnames = " ".join(_word("surname", draw) for _ in range(2))
        given = " ".join(_word("given", draw) for _ in range(draw.choice((1, 1, 2))))
        yield f"{surnames.upper()}, {given.title()}", _day(draw)


def _word(role: Role, draw: Random) -> str:
    if draw.random() < _RARE:
        return "".join(draw.choice(_SYLLABLES) for _ in range(3))
    words = frequencies().by_role[role].words
    return draw.choices(list(words), list(words.values()))[0]


def _day(draw: Random) -> date:
    return FIRST_DAY + timedelta(draw.randrange(DAYS_OF_FORTY_YEARS))
