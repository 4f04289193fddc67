# SPDX-License-Identifier: Apache-2.0
"""How crowded a list is: own collisions by rule and band of rarity, as powers of two; both sides take the larger.

Rules
  - Lists are not random samples: families share both surnames, and a list of one region repeats its names. A key that
    the tables call rare may then be common among those who are listed.
  - A side counts, for each rule and each band of 3 bits of cost, how many pairs of its own records share a key, and how
    many the tables expect. κ is their ratio, rounded up to a power of two, where it is more than one.
  - Below a number of pairs nothing is said: one pair of brothers is no crowd, and would be told to the other side.
  - What is told is `Band`s, in order; the other side learns them and nothing finer. The budget takes the larger.
  - Every key costs one bit less for each power: both sides decide alike, because both hold both lists of bands.

Worked example
    bands = crowds(parts, tables)                         is (Band("ssD", 8, 1), …)
    Budget(10_000, 300, agreed(ours, theirs))
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from paridad.desks.targets.deconfliction.keys import BAND, Budget, Parts, Tables, every_key
from paridad.desks.targets.deconfliction.leakage import MILLION
from paridad.desks.targets.deconfliction.messages import Band

LEAST_PAIRS = 3
"""Pairs of own records that share keys of a rule and a band before anything is said of it."""


def crowds(records: Sequence[Parts], tables: Tables) -> tuple[Band, ...]:
    """Return where a list is more crowded than the tables say."""
    everything, others = Budget(1, MILLION, names_alone=True), max(len(records) - 1, 0)
    holders: dict[tuple[str, int, object], int] = defaultdict(int)
    expected: dict[tuple[str, int], float] = defaultdict(float)
    for parts in records:
        for key in every_key(parts, tables, everything):
            place = (key.rule.name, key.cost // BAND)
            holders[(*place, key.parts)] += 1
            expected[place] += others * 2 ** (-key.cost / 1000) / 2
    found: dict[tuple[str, int], int] = defaultdict(int)
    for (rule, band, _), count in holders.items():
        found[rule, band] += count * (count - 1) // 2
    powers = ((place, power(pairs, expected[place])) for place, pairs in found.items() if pairs >= LEAST_PAIRS)
    return tuple(Band(*place, number) for place, number in sorted(powers) if number)


def power(found: int, expected: float) -> int:
    """Return the smallest power of two that is not less than found / expected, as its exponent; never below 0."""
    number = 0
    while expected * 2**number < found:
        number += 1
    return number


def agreed(one: Iterable[Band], two: Iterable[Band]) -> Mapping[tuple[str, int], int]:
    """Return the concentration by which both sides gate: the larger of what both said."""
    larger: dict[tuple[str, int], int] = {}
    for each in (*one, *two):
        larger[each.rule, each.band] = max(each.power, larger.get((each.rule, each.band), 0))
    return larger
