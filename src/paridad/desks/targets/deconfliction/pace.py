# SPDX-License-Identifier: Apache-2.0
"""How often two lists may be compared, and how much they may change meanwhile: what a side asks of itself.

Rules
  - The caps are data (`caps.toml`) and proposals: the parties decide on their own numbers.
  - One run of a class a day; none for fewer changed records than agreed, because repeated small runs isolate entries.
    How many records changed is known to their owner alone, so each side refuses its own run, before it proposes or
    agrees; the other side sees exactly the agreed growth, dummies included.
  - A run counts from its agreement on, also where it was aborted: nobody aborts and starts again with another list.
  - The growth of a set log is bounded for each day since the earlier run, and within a month.

Worked example
    demand_pace(terms, date(2026, 3, 2), [Held(date(2026, 3, 2), 64)], changed=40, caps=shipped())
        raises NotSoSoon: there was a run of this class today.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from paridad.base.words import Words
from paridad.desks.targets.deconfliction.errors import NotSoSoon
from paridad.desks.targets.deconfliction.messages import Terms

PERMILLE = 1000


@dataclass(frozen=True, slots=True)
class Caps:
    """What bounds runs of one class between two parties."""

    changed_least: int
    days_between: int
    day_permille: int
    month_permille: int
    month_days: int


class Held(NamedTuple):
    """An earlier run of the class: its day, and how much a set log was agreed to grow for it."""

    on: date
    grew: int


@cache
def shipped() -> Caps:
    """Return the caps that come with the desk."""
    return Caps(**tomllib.loads(files(__package__).joinpath("caps.toml").read_text("utf-8"))["caps"])


def demand_pace(terms: Terms, on: date, held: Sequence[Held], *, changed: int | None, caps: Caps) -> None:
    """Demand that a run is not too early, not for too little and not for too much; raise `NotSoSoon`."""
    if changed is not None and changed < caps.changed_least:
        raise NotSoSoon(_TOO_LITTLE.fill(changed=str(changed), least=str(caps.changed_least)))
    if not held:
        return  # the first run names where the set logs stand
    last = max(each.on for each in held)
    days = (on - last).days
    if days < caps.days_between:
        raise NotSoSoon(_TOO_EARLY.fill(last=last.isoformat(), days=str(caps.days_between)))
    month = [each.grew for each in held if (on - each.on).days < caps.month_days]
    for grows, permille in (
        (terms.churn_cap, caps.day_permille * max(days, 1)),
        (terms.churn_cap + sum(month), caps.month_permille),
    ):
        most = terms.records * permille // PERMILLE
        if grows > most:
            raise NotSoSoon(_TOO_MUCH.fill(grows=str(grows), most=str(most)))


_TOO_LITTLE = Words(
    es="Cambiaron {changed} registros desde la corrida anterior y hacen falta {least}: corridas pequeñas repetidas "
    "aíslan a cada registro.",
    en="{changed} records changed since the earlier run and {least} are needed: repeated small runs isolate records.",
)
_TOO_EARLY = Words(
    es="La última corrida de esta clase fue el {last}; entre dos corridas pasan al menos {days} días.",
    en="The last run of this class was on {last}; at least {days} days lie between two runs.",
)
_TOO_MUCH = Words(
    es="Con esta corrida la bitácora del conjunto crecería {grows} asientos y el tope es {most}.",
    en="With this run the set log would grow by {grows} entries and the cap is {most}.",
)
