# SPDX-License-Identifier: Apache-2.0
"""Two names of persons, compared word by word in the roles that their readings give them.

Rules
  - Words are aligned one to one so that the sum is largest; the best pair of readings counts and is named.
  - A word under another role costs: first against second surname, given name against surname. `A B` and `B A` are
    usually two people.
  - Words left over on both sides contradict each other: surname 5 bits, second surname 4, given name 5, a further given
    name 3.5. Left over on one side they are missing, which says nothing.
  - Two names that are the same letters without their blanks agree in everything.
  - The sum does not depend on which name is named first.

Worked example
    match(prepare("Jesús Chávez Ibarra"), prepare("Chuy Chávez")).weight       is positive; "Ibarra" is missing
    match(prepare("Juan Pérez López"), prepare("Juan Pérez García")).weight    is less by a contradiction
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from paridad.desks.targets.frequencies import Tables, shipped
from paridad.desks.targets.names import Name, Reading, parse
from paridad.desks.targets.tokens import FOLDED, NONE, Token, level, token, weight

MOST_WORDS = 8
"""Of a longer name only so many words are compared."""
MOST_EDGES = 10
"""So many agreements of single words are looked at, the strongest first."""
AGAINST = {"P": -5000, "M": -4000, "G": -5000}
FURTHER = -3500
"""What a further given name, or a word under different roles, says against."""
CROSSED = {"MP": 4000, "GP": 4000, "GM": 4000, "GH": 6000, "HP": 2500, "HM": 2500}
LEAST = -1000
"""What agreement under different roles says at the worst."""
ALONE = 2500
"""What it costs where one side has a single surname and it is the other's second."""

SUM = 10**6
"""More than any two names can say."""

Edge = tuple[int, int, int]
"""A word of the one, a word of the other, and their level."""
WHOLE: tuple[Edge, ...] = ((-1, -1, FOLDED),)
"""Stands for the agreement of two names without their blanks."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedName:
    """A name ready to be compared; words beside the name are left out."""

    name: Name
    tokens: tuple[Token, ...]
    texts: tuple[str, ...]
    readings: tuple[Reading, ...]
    joined: str
    folded: tuple[str, ...]
    full: int
    """What the name would say if it agreed with itself."""


class Part(NamedTuple):
    """One line of a comparison of names."""

    role: str
    level: int
    a: str
    b: str
    word: str
    """The folded word whose frequency counts, where one is shared."""
    weight: int


class NameMatch(NamedTuple):
    """What two names say together."""

    weight: int
    parts: tuple[Part, ...]
    roles: tuple[str, str]
    """The readings that were used."""


def prepare(text: str, tables: Tables | None = None) -> PreparedName:
    """Prepare a name for comparison."""
    name = parse(text, tables)
    core = [place for place, word in enumerate(name.words) if not word.beside][:MOST_WORDS]
    tokens = tuple(token(name.words[place].form, tables or shipped()) for place in core)
    readings = tuple(Reading("".join(each.roles[place] for place in core), each.chance) for each in name.readings)
    texts = tuple(name.words[place].text for place in core)
    folded = tuple(each.folded for each in tokens)
    return PreparedName(name, tokens, texts, readings, "".join(folded), folded, _full(tokens, readings))


class Best(NamedTuple):
    """The best of the ways to compare two names."""

    weight: int
    edges: tuple[Edge, ...]
    roles: tuple[str, str]


def match(a: PreparedName, b: PreparedName) -> NameMatch:
    """Compare two names in the best of their readings, and say line by line what the sum is made of."""
    return explain(a, b, best(a, b))


def best(a: PreparedName, b: PreparedName) -> Best:
    """Return the best alignment of two names and what it says."""
    if not a.readings or not b.readings:
        return Best(0, (), ("", ""))
    if a.joined == b.joined and a.folded != b.folded:
        return Best(min(a.full, b.full), WHOLE, (a.readings[0].roles, b.readings[0].roles))
    found = Best(-SUM, (), ("", ""))
    for chosen in alignments(edges_of(a.tokens, b.tokens)):
        for first, _ in a.readings:
            for second, _ in b.readings:
                total = _total(a.tokens, b.tokens, chosen, first, second)
                if total > found.weight:
                    found = Best(total, chosen, (first, second))
    return found


def _full(tokens: Sequence[Token], readings: Sequence[Reading]) -> int:
    if not readings:
        return 0
    return sum(
        weight(each, each, FOLDED, "given" if role == "G" else "surname")
        for each, role in zip(tokens, readings[0].roles, strict=True)
    )


def edges_of(ones: Sequence[Token], others: Sequence[Token]) -> list[Edge]:
    """Return where words agree, the strongest first; in an order that does not depend on the side."""
    found = [
        (i, j, at)
        for i, one in enumerate(ones)
        for j, other in enumerate(others)
        if (at := level(one, other)) and (at < FOLDED or i == j == 0 or _nth(ones, i) == _nth(others, j))
    ]
    if len(found) > MOST_EDGES:
        found.sort(key=lambda edge: (-edge[2], min(edge[:2]), max(edge[:2])))
        del found[MOST_EDGES:]
    return found


def _nth(words: Sequence[Token], place: int) -> int:
    """Return the how-manieth of its equals a word is; the first of one side goes with the first of the other."""
    return sum(each.folded == words[place].folded for each in words[:place])


def alignments(edges: Sequence[Edge]) -> Iterator[tuple[Edge, ...]]:
    """Yield the largest sets of agreements that use each word once."""
    if len({edge[0] for edge in edges}) == len({edge[1] for edge in edges}) == len(edges):
        yield tuple(edges)
        return
    first = edges[0]
    clash = [each for each in edges[1:] if each[0] == first[0] or each[1] == first[1]]
    for with_first in alignments([each for each in edges[1:] if each not in clash]):
        yield (first, *with_first)
    if clash:
        yield from alignments(edges[1:])


@cache
def _price(one: str, other: str, *, single: bool) -> int:
    """Return what it costs that two words have these different roles; a single surname has no order."""
    return ALONE if single and {one, other} == {"P", "M"} else CROSSED["".join(sorted(one + other))]


@lru_cache(maxsize=262_144)
def _pair(a: Token, b: Token, at: int, one: str, other: str, single: bool) -> int:  # noqa: PLR0917  for the cache
    """Return what two words say under their roles."""
    if one == other:
        return weight(a, b, at, "given" if one == "G" else "surname")
    said = weight(a, b, at, "surname")
    if "G" in (one, other):
        said = min(said, weight(a, b, at, "given"))
    return max(LEAST, said - _price(one, other, single=single))


@cache
def _single(first: str, second: str) -> bool:
    return "M" not in first or "M" not in second


def _total(ones: Sequence[Token], others: Sequence[Token], edges: Sequence[Edge], first: str, second: str) -> int:
    total, given, single, left, right = 0, False, _single(first, second), 0, 0
    for i, j, at in edges:
        one, other = first[i], second[j]
        total += _pair(ones[i], others[j], at, one, other, single)
        given = given or one == other == "G"
        left |= 1 << i
        right |= 1 << j
    return total + _cost(first, second, left, right, given)


@cache
def _cost(first: str, second: str, left: int, right: int, given: bool) -> int:
    """Return what the roles say against that no agreement uses; the bits of `left` and `right` are those in use."""
    rest = (
        "".join(role for i, role in enumerate(roles) if not used >> i & 1)
        for roles, used in ((first, left), (second, right))
    )
    return sum(cost for _, cost in _against(*rest, given))


@cache
def _against(left: str, right: str, given: bool) -> tuple[tuple[str, int], ...]:
    """Return the contradictions of roles that are left over on both sides, with what each says."""
    lines: list[tuple[str, int]] = []
    rest = [sorted(left), sorted(right)]
    for role in "PMG":
        while role in rest[0] and role in rest[1]:
            rest[0].remove(role)
            rest[1].remove(role)
            lines.append((role, FURTHER if role == "G" and given else AGAINST[role]))
            given = given or role == "G"
    mixed = min(len(rest[0]), len(rest[1]))
    return (*lines, *(("N", FURTHER) for _ in range(mixed)))


def explain(a: PreparedName, b: PreparedName, found: Best) -> NameMatch:
    """Say line by line what the best alignment is made of."""
    edges, (first, second) = found.edges, found.roles
    if edges == WHOLE:
        whole = Part("N", FOLDED, " ".join(a.texts), " ".join(b.texts), "", found.weight)
        return NameMatch(found.weight, (whole,), found.roles)
    single = _single(first, second)
    parts = (
        Part(
            first[i] if first[i] == second[j] else first[i] + second[j],
            at,
            a.texts[i],
            b.texts[j],
            a.tokens[i].folded if a.tokens[i].folded == b.tokens[j].folded else "",
            _pair(a.tokens[i], b.tokens[j], at, first[i], second[j], single),
        )
        for i, j, at in edges
    )
    return NameMatch(found.weight, (*parts, *_contradicting(a, b, found)), found.roles)


def _contradicting(a: PreparedName, b: PreparedName, found: Best) -> Iterator[Part]:
    """Yield a line for each contradiction, with the words that are left over on either side."""
    (first, second), edges = found.roles, found.edges
    left, right = (
        [place for place in range(len(roles)) if place not in {edge[side] for edge in edges}]
        for side, roles in enumerate(found.roles)
    )
    given = any(first[i] == second[j] == "G" for i, j, _ in edges)
    lines = _against("".join(first[i] for i in left), "".join(second[j] for j in right), given)
    own = [" ".join(texts[place] for place in places) for texts, places in ((a.texts, left), (b.texts, right))]
    for role, cost in lines:
        yield Part(role, NONE, own[0], own[1], "", cost)
