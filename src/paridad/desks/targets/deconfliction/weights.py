# SPDX-License-Identifier: Apache-2.0
"""What a pair weighs: the parts that all its common keys cover, each once, in integers of 1/1000 bit.

Rules
  - The weight is the sum over the union of parts, never over keys: a sum over keys would count one date four times.
  - What follows from a part that is there is not counted beside it: a skeleton beside its sound, a year beside its day.
    A part that a key holds twice, as two equal surnames, counts twice.
  - A number that is made of name and date (CURP, RFC, their root) counts once with them: whichever weighs more.
  - Both sides hold the keys that are common, and the tables were agreed: both compute the same integers, and neither
    has to be told. The weight compares records; it says nothing about a person.

Worked example
    weight_of([sgD.parts, SGD.parts])        is the weight of surname, given name (by sound) and day, each once
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from paridad.desks.targets.deconfliction.tokens import Part

WITHIN_PERSON = frozenset({"curp", "rfc", "root"})
"""Kinds of parts that are made of a person's name and date."""
OF_NAMES = frozenset({"s", "S", "g", "G", "i", "D", "Y"})
"""Kinds of parts that are names and dates themselves; any other is a number that stands beside them."""


def weight_of(keys: Iterable[Sequence[Part]]) -> int:
    """Return what keys weigh together."""
    union: Counter[Part] = Counter()
    for parts in keys:
        union |= Counter(parts)
    covered = Counter(atom for part, count in union.items() for atom in part.follows * count)
    made = plain = beside = 0
    for part, count in union.items():
        counted = part.weight * max(count - covered[part.kind, part.value], 0)
        if part.kind in WITHIN_PERSON:
            made = max(made, counted)
        elif part.kind in OF_NAMES:
            plain += counted
        else:
            beside += counted
    return beside + max(made, plain)
