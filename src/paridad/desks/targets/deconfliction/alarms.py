# SPDX-License-Identifier: Apache-2.0
"""Alarms: signs that the other list was stuffed with guesses, looked for after every opened batch.

Rules
  - A side looks at its own tokens that the other list holds as well, as far as batches are open, and at nothing else.
  - Four alarms: a honey record was hit; more hits per thousand own tokens than earlier runs gave; one name hit with
    several dates, or with a day that was made up for it as well; an authority that is younger than agreed, when records
    are opened.
  - Honey is so rare that nobody can hold it by chance. A trap is less rare: a made-up day beside a name that is listed.
    Alone it says nothing; hit together with its name's own day it says that somebody runs through the days.
  - The band of hits is judged where it says something: below the agreed number of opened own tokens it is silent.
  - An alarm pauses the run; two persons may go on. What the opened batches told is told, the rest is not.
  - Honey is made by each side alone and committed to its own oversight body. Nothing here leaves the node.

Worked example
    look(Watch(honey=frozenset({7})), opened=2048, hits=(7,))        is ("honey",)
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from paridad.base.words import Words

WORDS: Mapping[str, Words] = {
    "honey": Words(
        es="La otra lista contiene un registro señuelo, que nadie puede conocer.",
        en="The other list holds a honey record, which nobody can know.",
    ),
    "hits": Words(
        es="Hay más coincidencias que en las corridas anteriores.",
        en="There are more matches than in earlier runs.",
    ),
    "sweep": Words(
        es="Un mismo nombre coincide con varias fechas: así se ve un barrido.",
        en="One name matches with several dates: that is what a sweep looks like.",
    ),
    "young": Words(
        es="La autoridad que funda el registro es más reciente de lo acordado.",
        en="The authority behind the record is younger than agreed.",
    ),
}


@dataclass(frozen=True, slots=True)
class Watch:
    """What a side watches for; all numbers are its own."""

    honey: frozenset[int] = frozenset()
    """Numbers of the tokens that are honey."""
    most_per_thousand: int = 1000
    """Upper end of the band of hits."""
    least_opened: int = 200
    """Own tokens that must be open before the band is judged."""
    names: Mapping[int, str] = field(default_factory=dict)
    """Name behind a token that holds a date as well."""
    most_dates: int = 3
    """Dates with which one name may be hit."""
    traps: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """By number of a token with a made-up day: the own tokens of that name with its true day."""


def look(watch: Watch, *, opened: int, hits: Sequence[int]) -> tuple[str, ...]:
    """Return the alarms that the batches opened so far raise: `opened` own tokens, of which `hits` are common."""
    raised = []
    if not watch.honey.isdisjoint(hits):
        raised.append("honey")
    if opened >= watch.least_opened and 1000 * len(hits) > watch.most_per_thousand * opened:
        raised.append("hits")
    dates = Counter(watch.names[hit] for hit in hits if hit in watch.names)
    held = set(hits)
    trapped = any(not held.isdisjoint(watch.traps[hit]) for hit in hits if hit in watch.traps)
    if trapped or (dates and max(dates.values()) > watch.most_dates):
        raised.append("sweep")
    return tuple(raised)


def young(entered_on: Iterable[str], today: date, least_days: int) -> tuple[str, ...]:
    """Return the alarm that an authority among those opened is younger than agreed."""
    newest = max(map(date.fromisoformat, entered_on), default=date.min)
    return ("young",) if (today - newest).days < least_days else ()
