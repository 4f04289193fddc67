# SPDX-License-Identifier: Apache-2.0
"""Two lists out of one, as two services would keep it: for demonstrations of private comparison.

Rules
  - Only persons with a full date of birth and a name of two words or more take part. Some stand on both lists, the
    others on one alone; the same seed makes the same two lists.
  - Who stands on both is known to each under other words: on the second list a strong alias may stand in place of the
    name; the date of birth is whole in 60 of 100, a year in 15, wrong by a year in 10 and missing in 15; each number is
    kept in 30 of 100, on each side by itself.
  - What was altered here is no record of anybody: every dossier says `simulated`, and its source is the list that is
    named, with the entry of the list it was made from.

Worked example
    lists = two_lists(invent(300, seed=7, countries=("Aa", "Bb")), common=12, alone=40, seed=7)
    len(lists.first), len(lists.second), len(lists.common)         are 52, 52, 12
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random

from paridad.base.words import Words
from paridad.desks.targets.dossier import Birth, Dossier, Identifier, Source
from paridad.desks.targets.errors import DossierRefused

LISTS = ("SIMULATED-1", "SIMULATED-2")
"""The names of the two lists, where no others are given."""
OTHER_NAME, WHOLE_DATE, YEAR, WRONG, KEPT = 50, 60, 75, 85, 30
"""Per cent: other name; and of dates whole, a year at most, a wrong one at most; numbers that are kept."""
_WORDS = 2


@dataclass(frozen=True, slots=True)
class TwoLists:
    """Both lists, and the entries that they have in common."""

    first: tuple[Dossier, ...]
    second: tuple[Dossier, ...]
    common: tuple[str, ...]
    """Entries of the list that both were made from."""


def two_lists(
    dossiers: Iterable[Dossier], *, common: int, alone: int, seed: int, names: tuple[str, str] = LISTS
) -> TwoLists:
    """Make two lists, or raise `DossierRefused` where too few persons are there."""
    draw = Random(seed)  # noqa: S311  lists that must repeat, nothing secret
    people = [each for each in dossiers if _usable(each)]
    wanted = common + 2 * alone
    if len(people) < wanted:
        raise DossierRefused(
            Words(
                es=f"Hacen falta {wanted} personas con fecha de nacimiento entera; hay {len(people)}.",
                en=f"{wanted} persons with a whole date of birth are needed; there are {len(people)}.",
            )
        )
    drawn = draw.sample(people, wanted)
    both, first, second = drawn[:common], drawn[common : common + alone], drawn[common + alone :]
    return TwoLists(
        _shuffled([_entry(each, names[0], draw) for each in (*both, *first)], draw),
        _shuffled(
            [_otherwise(each, names[1], draw) for each in both] + [_entry(each, names[1], draw) for each in second],
            draw,
        ),
        tuple(sorted(each.source.entry for each in both if each.source)),
    )


def _usable(dossier: Dossier) -> bool:
    whole = any(each.precision == "day" and not each.approximate for each in dossier.births)
    return dossier.subject_type == "person" and whole and len(dossier.name.split()) >= _WORDS


def _shuffled(entries: Sequence[Dossier], draw: Random) -> tuple[Dossier, ...]:
    return tuple(draw.sample(entries, len(entries)))


def _entry(dossier: Dossier, listed: str, draw: Random) -> Dossier:
    """Return a dossier as an entry of a list, with some of its numbers."""
    entry = dossier.source.entry if dossier.source else ""
    return replace(
        dossier,
        identifiers=_some(dossier.identifiers, draw),
        source=Source(listed, entry),
        authority=f"{listed} {entry}",
        simulated=True,
    )


def _otherwise(dossier: Dossier, listed: str, draw: Random) -> Dossier:
    """Return the same person as the other service knows them."""
    strong = [each.name for each in dossier.aliases if each.strength == "strong" and len(each.name.split()) >= _WORDS]
    renamed = bool(strong) and draw.randrange(100) < OTHER_NAME
    known = replace(dossier, name=draw.choice(strong), name_parts=None) if renamed else dossier
    return replace(_entry(known, listed, draw), aliases=(), births=_births(dossier.births, draw))


def _some(identifiers: Sequence[Identifier], draw: Random) -> tuple[Identifier, ...]:
    return tuple(each for each in identifiers if draw.randrange(100) < KEPT)


def _births(births: Sequence[Birth], draw: Random) -> tuple[Birth, ...]:
    """Return the first whole date as the other service knows it: whole, a year, wrong by a year, or not at all."""
    born = next(each for each in births if each.precision == "day" and not each.approximate)
    year, chance = int(born.date[:4]), draw.randrange(100)
    if chance < WHOLE_DATE:
        return (Birth(born.date, "day"),)
    if chance < YEAR:
        return (Birth(born.date[:4], "year"),)
    if chance < WRONG:
        return (Birth(f"{year + draw.choice((-1, 1))}{born.date[4:]}", "day"),)
    return ()
