# SPDX-License-Identifier: Apache-2.0
"""Two records compared feature by feature: a sum of millibits, and the lines that it is made of.

Rules
  - A weight says how much more often records of one subject agree so far than records of two do. It compares records;
    it says nothing about a person, and it decides nothing: a match is a lead for a person.
  - The lines add up to the sum exactly, in integers. What is missing on one side is no line. The sum does not depend on
    which record is named first.
  - Nationality, origin, creed, neighbourhood and sex weigh nothing; sex that differs is a line of weight 0.
  - CURP and RFC are made of name, date and sex: with one of them equal, date and initials are not counted again, and
    the second of them says a little only.
  - Contacts and addresses together say two bits at most: they find candidates, they do not identify.
  - An equal identifier under contradictory names is no match but the finding "identifier shared".
  - A lead needs `LEAD` millibits and `SHARE` thousandths of what the shorter name could say. Where words of the names
    contradict each other, date and identifiers have to bear it out; where dates do, the longer name has to agree too.

Worked example
    compare(a, b).weight == sum(row.weight for row in compare(a, b).rows)
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import NamedTuple

from rapidfuzz.distance import OSA

from paridad.base.words import Words
from paridad.desks.targets import birth_match, firm_match, name_match
from paridad.desks.targets.codes import label
from paridad.desks.targets.firm_match import QUALIFIER
from paridad.desks.targets.frequencies import shipped
from paridad.desks.targets.identifiers import WITHIN_PERSON, Number
from paridad.desks.targets.name_match import NameMatch, Part
from paridad.desks.targets.subjects import Prepared
from paridad.desks.targets.tokens import LEVELS, NONE, SLIP

LEAD = 10_000
SHARE = 450
BORNE_OUT = 5000
"""Where words of the names contradict each other, what date and identifiers have to say together."""
OTHER = {"curp": -6000, "national_id": -4000, "ssn": -4000}
"""What it says that both have a number of which a person has one, of one issuer, and the numbers are others."""
WHOLE = 800
"""Where dates of birth contradict each other, the thousandths of the longer name that have to agree."""
NUMBER_SLIP, SLIP_LENGTH = 5000, 7
"""What a number says that is one slip from the other's, and the signs it needs."""
BESIDE = 2000
"""What contacts and addresses say at most."""
SECOND_WITHIN = 3000
"""What the second of CURP and RFC says."""
INITIALS = 10_000
"""What the initials within a CURP or RFC say at most."""
SHARED_BELOW = 0
"""A name that says no more than this contradicts an equal identifier."""
NUMBER = "number_"
"""Stands before the kind of an identifier in the name of its feature."""
ROLE_FEATURES = {
    "G": "given",
    "P": "surname",
    "M": "second_surname",
    "H": "married_name",
    "N": "name",
    "F": "firm_word",
    QUALIFIER: "firm_word",
    "L": "legal_form",
}


class Row(NamedTuple):
    """One line of an explanation."""

    feature: str
    level: str
    a: str
    b: str
    one_in: int
    """One in how many carries the shared value; 0 where that is not known."""
    weight: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two records say about being one."""

    weight: int
    rows: tuple[Row, ...]
    named: int
    """What the names say."""
    agreed: int
    """What the names say without the words that contradict each other."""
    full: int
    """What the shorter of the two names could say."""
    longer: int
    """What the longer of them could say."""
    finding: str = ""

    @property
    def lead(self) -> bool:
        """Whether a person should look at the pair."""
        enough = self.weight >= max(LEAD, SHARE * self.full // 1000)
        borne_out = self.named == self.agreed or self.weight - self.named >= BORNE_OUT
        dated = all(row.weight >= 0 for row in self.rows if row.feature == "birth")
        return not self.finding and enough and borne_out and (dated or 1000 * self.named >= WHOLE * self.longer)


def weigh(a: Prepared, b: Prepared) -> int:
    """Return the sum that `compare` explains; records that cannot be compared say nothing."""
    found = _best_names(a, b)
    return 0 if found is None else found.weight + sum(row.weight for row in _other_rows(a, b, found.weight))


def compare(a: Prepared, b: Prepared) -> Comparison | None:
    """Compare two records; nothing where they are of different kinds or a name is missing."""
    found = _best_names(a, b)
    if found is None:
        return None
    named = found.explained()
    others = _other_rows(a, b, named.weight)
    rows = (*(_name_row(part) for part in named.parts), *others)
    agreed = named.weight - sum(part.weight for part in named.parts if _contradicts(part))
    shared = named.weight <= SHARED_BELOW and any(row.feature.startswith(NUMBER) and row.weight > 0 for row in others)
    finding = "identifier_shared" if shared else ""
    return Comparison(sum(row.weight for row in rows), rows, named.weight, agreed, found.full, found.longer, finding)


def _contradicts(part: Part) -> bool:
    """Whether words of two names contradict each other; firms of one group differ in legal form alone."""
    if part.role == QUALIFIER:
        return True
    return part.level == NONE and bool(part.a and part.b) and ROLE_FEATURES.get(part.role) != "legal_form"


@dataclass(frozen=True, slots=True)
class _Names:
    """The best pair of names of two records."""

    weight: int
    full: int
    longer: int
    explained: Callable[[], NameMatch]


def _best_names(a: Prepared, b: Prepared) -> _Names | None:
    """Return what the best pair of names says, and what the shorter of the two could say."""
    best: _Names | None = None
    for x, y in product(a.persons, b.persons):
        found = name_match.best(x, y)
        if best is None or found.weight > best.weight:
            explained = partial(name_match.explain, x, y, found)
            best = _Names(found.weight, min(x.full, y.full), max(x.full, y.full), explained)
    for one, other in product(a.firms, b.firms):
        match = firm_match.match(one, other)
        if best is None or match.weight > best.weight:
            fulls = (one.full, other.full)
            best = _Names(match.weight, min(fulls), max(fulls), partial(_itself, match))
    return best


def _itself(match: NameMatch) -> NameMatch:
    return match


def _other_rows(a: Prepared, b: Prepared, named: int) -> tuple[Row, ...]:
    """Return the lines that are not about names."""
    numbers, within = _numbers(a.subject.numbers, b.subject.numbers)
    rows = (*_births(a, b), *numbers, *_beside(a, b))
    return (*rows, *_counted_once(named, rows)) if within else rows


def _name_row(part: Part) -> Row:
    feature = ROLE_FEATURES.get(part.role, "crossed")
    role = {"given": "given", "firm_word": "firm"}.get(feature, "surname")
    one_in = shipped().one_in(role, part.word) if part.word else 0  # type: ignore[arg-type]
    return Row(feature, LEVELS[part.level], part.a, part.b, one_in, part.weight)


def _births(a: Prepared, b: Prepared) -> Iterator[Row]:
    found = birth_match.match(a.subject.births, b.subject.births)
    if found:
        yield Row("birth", found.level, found.a, found.b, 0, found.weight)


def _numbers(ones: Sequence[Number], others: Sequence[Number]) -> tuple[tuple[Row, ...], bool]:
    """Return the lines of identifiers, and whether a CURP or RFC is among those that agree."""
    if not ones or not others:
        return (), False
    equal = _equal(ones, others)
    inner = sorted((each for each in equal if each.kind in WITHIN_PERSON), key=lambda each: (-each.weight, each.key))
    rows = [_number_row(each, each.weight) for each in equal if each not in inner]
    rows += [_number_row(each, SECOND_WITHIN if place else each.weight) for place, each in enumerate(inner)]
    return (*rows, *(_slipped(ones, others, equal) or _other(ones, others, equal))), bool(inner)


def _equal(ones: Sequence[Number], others: Sequence[Number]) -> list[Number]:
    """Return the numbers that both have; where one side does not say who issued it, it counts as half known."""
    found: dict[tuple[str, str], int] = {}
    for a, b in product(ones, others):
        if (a.kind, a.plain) == (b.kind, b.plain) and (a.issuer == b.issuer or not (a.issuer and b.issuer)):
            said = min(a.weight, b.weight)
            found[a.kind, a.plain] = max(said, found.get((a.kind, a.plain), 0))
    return [Number(kind, "", plain, said) for (kind, plain), said in sorted(found.items())]


def _slipped(ones: Sequence[Number], others: Sequence[Number], equal: Sequence[Number]) -> tuple[Row, ...]:
    """Return the line of a number that is one slip from the other's, where no number agrees."""
    if equal:
        return ()
    near = sorted(
        (min(a.plain, b.plain), max(a.plain, b.plain), a.kind, a.plain, b.plain)
        for a in ones
        for b in others
        if a[:2] == b[:2]
        and a.kind != "curp"
        and min(len(a.plain), len(b.plain)) >= SLIP_LENGTH
        and OSA.distance(a.plain, b.plain, score_cutoff=1) == 1
    )
    return tuple(Row(f"{NUMBER}{kind}", LEVELS[SLIP], one, other, 0, NUMBER_SLIP) for *_, kind, one, other in near[:1])


def _number_row(each: Number, weight: int) -> Row:
    return Row(f"{NUMBER}{each.kind}", "folded", each.plain, each.plain, 0, weight)


def _other(ones: Sequence[Number], others: Sequence[Number], equal: Sequence[Number]) -> tuple[Row, ...]:
    """Return the lines of numbers of which a person has one, where both records have one and none agrees."""
    rows = []
    for kind, said in OTHER.items():
        pairs = sorted((a.plain, b.plain) for a in ones for b in others if a[:2] == b[:2] and a.kind == kind)
        if pairs and not any(each.kind == kind for each in equal):
            rows.append(Row(f"{NUMBER}{kind}", LEVELS[NONE], *pairs[0], 0, said))
    return tuple(rows)


def _beside(a: Prepared, b: Prepared) -> Iterator[Row]:
    """Yield contacts, addresses and sex: the first two find candidates, the last only marks a contradiction."""
    contacts = sorted(a.subject.contacts & b.subject.contacts)
    addresses = sorted(a.subject.addresses & b.subject.addresses)
    if contacts:
        yield Row("contact", "folded", contacts[0], contacts[0], 0, BESIDE)
    if addresses:
        yield Row("address", "folded", addresses[0], addresses[0], 0, 0 if contacts else BESIDE)
    if a.subject.sex and b.subject.sex and a.subject.sex != b.subject.sex:
        yield Row("sex", LEVELS[NONE], a.subject.sex, b.subject.sex, 0, 0)


def _counted_once(named: int, rows: Sequence[Row]) -> Iterator[Row]:
    """Yield the line that takes back what a CURP or RFC has said already."""
    born = sum(row.weight for row in rows if row.feature == "birth" and row.weight > 0)
    initials = min(INITIALS, max(0, named))
    if born + initials:
        yield Row("counted_once", "folded", "", "", 0, -(born + initials))


def feature_words(row: Row) -> Words:
    """Return a feature in words; an identifier with its kind."""
    if not row.feature.startswith(NUMBER):
        return label("feature", row.feature)
    kind, of = label("identifier", row.feature.removeprefix(NUMBER)), label("feature", "number")
    return Words(es=f"{of.es}: {kind.es}", en=f"{of.en}: {kind.en}")


def level_words(row: Row) -> Words:
    """Return a level in words."""
    return label("level", row.level)
