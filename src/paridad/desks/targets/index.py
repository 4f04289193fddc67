# SPDX-License-Identifier: Apache-2.0
"""Which records are worth comparing with a question: keys of a record, and postings from key to record.

Rules
  - A key is 64 bits of a digest over a rule and its parts: sounds of surname and given name, roots of nicknames,
    surname and year, rare words of firms, identifiers and their deletions by one sign, the last digits of telephones.
  - A key has the sensitivity of what it was made of: who may not see document numbers finds nothing by them.
  - A question takes its postings from the rarest key on, until 400 are gathered; candidates are ordered by how rare the
    keys are that they share, and the first 125 are compared. Keys find; only the comparison says anything.
  - Records are added and removed one by one; the index is then what it would be if it were built anew.

Worked example
    index.add("one", keys_of(record)); index.candidates(keys_of(question))      is ("one", …)
"""

import math
from collections.abc import Collection, Hashable, Iterable, Iterator
from hashlib import blake2b
from itertools import islice, product
from typing import Generic, NamedTuple, TypeVar

from paridad.desks.targets.identifiers import Number
from paridad.desks.targets.name_match import PreparedName
from paridad.desks.targets.subjects import Prepared
from paridad.desks.targets.tokens import Token

POSTINGS = 400
CANDIDATES = 125
RARE_WORDS = 3
"""So many words of a firm are keys, the rarest."""
_ROOT = 10
_TELEPHONE = 8

Ref = TypeVar("Ref", bound=Hashable)


class Key(NamedTuple):
    """One key, and the sensitivity of what it was made of."""

    value: int
    sensitivity: str


def keys_of(record: Prepared) -> frozenset[Key]:
    """Return the keys of a record."""
    years = {each.year for each in record.subject.births}
    identity = (
        *(("born", each.text) for each in record.subject.births if each.day),
        *(key for name in record.persons for key in _of_person(name, years)),
        *(key for firm in record.firms for key in _of_firm(firm.tokens, firm.joined)),
    )
    return frozenset(
        (
            *(Key(_digest(*parts), "identity") for parts in identity),
            *(Key(_digest(*parts), "document") for each in record.subject.numbers for parts in _of_number(each)),
            *(Key(_digest("address", each), "whereabouts") for each in record.subject.addresses),
            *(Key(_digest(*parts), "contact") for parts in _of_contacts(record.subject.contacts)),
        )
    )


class Index(Generic[Ref]):
    """Postings in memory."""

    def __init__(self) -> None:
        self._postings: dict[Key, dict[Ref, None]] = {}
        self._keys: dict[Ref, frozenset[Key]] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, ref: Ref, keys: frozenset[Key]) -> None:
        """Put a record in, or put it in anew."""
        self.remove(ref)
        self._keys[ref] = keys
        for key in keys:
            self._postings.setdefault(key, {})[ref] = None

    def remove(self, ref: Ref) -> None:
        """Take a record out, if it is in."""
        for key in self._keys.pop(ref, ()):
            del self._postings[key][ref]
            if not self._postings[key]:
                del self._postings[key]

    def postings(self) -> dict[Key, frozenset[Ref]]:
        """Return everything that the index holds."""
        return {key: frozenset(found) for key, found in self._postings.items()}

    def candidates(self, keys: Iterable[Key]) -> tuple[Ref, ...]:
        """Return the records to be compared with a question, the likeliest first."""
        found = (self._postings.get(key) for key in keys)
        return ranked((each for each in found if each), len(self._keys))


def ranked(postings: Iterable[Collection[Ref]], records: int) -> tuple[Ref, ...]:
    """Gather postings from the rarest on, and order what they name by how rare its keys are."""
    score: dict[Ref, int] = {}
    gathered = 0
    for refs in sorted(postings, key=len):
        if gathered and gathered + len(refs) > POSTINGS:
            break
        gathered += len(refs)
        rare = 1 + round(1000 * math.log2(1 + records / len(refs)))
        for ref in islice(refs, POSTINGS):
            score[ref] = score.get(ref, 0) + rare
    return tuple(sorted(score, key=lambda ref: -score[ref])[:CANDIDATES])


def _of_person(name: PreparedName, years: set[int]) -> Iterator[tuple[str, ...]]:
    given, surnames = _roles(name)
    yield ("joined", name.joined)
    for one in surnames:
        yield ("surname", one.p)
        yield from (("surname-year", one.s, str(year)) for year in years)
    for one, other in product(surnames, given):
        yield ("both", one.p, other.p)
        yield ("skeletons", one.s, other.s)
        yield from (("root", one.p, root) for root in other.roots)
    for one in given:
        yield ("given", one.p)
        yield from (("given-year", one.s, str(year)) for year in years)


def _roles(name: PreparedName) -> tuple[list[Token], list[Token]]:
    """Return the words that some reading takes as given names, and those that some takes as surnames."""
    roles = [{reading.roles[place] for reading in name.readings} for place in range(len(name.tokens))]
    pairs = list(zip(name.tokens, roles, strict=True))
    return [each for each, found in pairs if "G" in found], [each for each, found in pairs if found - {"G"}]


def _of_firm(tokens: tuple[Token, ...], joined: str) -> Iterator[tuple[str, ...]]:
    yield ("joined", joined)
    rarest = sorted(tokens, key=lambda each: (-each.firm.folded, each.folded))[:RARE_WORDS]
    yield from (("word", each.p) for each in rarest)


def _of_number(each: Number) -> Iterator[tuple[str, ...]]:
    """Yield an identifier, its deletions by one sign, and the root of a CURP or RFC."""
    yield ("number", each.plain)
    yield from (("number", each.plain[:place] + each.plain[place + 1 :]) for place in range(len(each.plain)))
    if each.kind in {"curp", "rfc"}:
        yield ("number-root", each.plain[:_ROOT])


def _of_contacts(contacts: Iterable[str]) -> Iterator[tuple[str, ...]]:
    for each in contacts:
        digits = "".join(mark for mark in each if mark.isdecimal())
        yield ("contact", digits[-_TELEPHONE:] if len(digits) >= _TELEPHONE else each)


def _digest(*parts: str) -> int:
    return int.from_bytes(blake2b("\0".join(parts).encode(), digest_size=8).digest(), "big", signed=True)
