# SPDX-License-Identifier: Apache-2.0
"""Composite keys and the collision budget: what is emitted, what is not, and that nothing that would match is lost."""

import math
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from paridad.base.errors import Malformed
from paridad.desks.targets.deconfliction.keys import (
    CORE,
    Budget,
    Frequencies,
    Name,
    Parts,
    Sound,
    Tables,
    emit,
    millibits,
    minimal,
    rule,
    weight,
    within,
)


def flat(total: int = 100_000) -> Frequencies:
    """Return a table in which every value is as rare."""
    return Frequencies({}, total, 1)


TABLES: Tables = {
    "s": [flat(2000)], "S": [flat(10_000)], "g": [flat(500)], "G": [flat(1000)], "i": [flat(20)],
    "year": [flat(40)], "month": [flat(12)], "day": [flat(31)],
}  # fmt: skip
BUDGET = Budget(records=10_000, epsilon_ppm=300)


def sound(text: str) -> Sound:
    """Return a name that sounds as it is written; its skeleton is the first letter and the consonants."""
    return Sound(text, text[0] + "".join(mark for mark in text[1:] if mark not in "aeiou"))


def person(record: str, surnames: str, givens: str, *dates: str) -> Parts:
    """Return a record with one name."""
    return Parts(record, (Name(tuple(map(sound, surnames.split())), tuple(map(sound, givens.split()))),), dates)


def keys_of(parts: Parts, budget: Budget = BUDGET) -> set[tuple[str, bytes]]:
    """Return rule and text of what a record emits."""
    return {(each.rule, each.key) for each in emit([parts], TABLES, budget).emitted}


# Rules and weights ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "read", "ways"),
    [
        ("sgD", ("s", 1, "g", 1, "D", 1, False), 8),
        ("SSGY", ("S", 2, "G", 1, "Y", 2, False), 2),
        ("siD", ("s", 1, "i", 1, "D", 1, False), 8),
        ("ggD", ("", 0, "g", 2, "D", 1, False), 2),
        ("{SS}G", ("S", 2, "G", 1, "", 3, True), 4),
    ],
)
def test_a_rule_is_read_from_its_parts(name: str, read: tuple[object, ...], ways: int) -> None:
    """Parts, tier, and the ways in which one record can make such a key."""
    found = rule(name)
    assert found[1:] == read
    assert found.ways == ways


def test_no_two_rules_have_the_same_parts() -> None:
    """Two names for the same parts would break minimal keys."""
    assert len({each[1:] for each in CORE}) == len(CORE)


@given(st.integers(1, 10**9), st.integers(1, 10**9))
@settings(max_examples=60)
def test_weights_are_exact(one: int, two: int) -> None:
    """The floor of a thousand times the logarithm, in integers: the same on every machine."""
    whole, part = max(one, two), min(one, two)
    found = millibits(whole, part)
    assert abs(found - 1000 * math.log2(Fraction(whole, part))) < 1.001
    assert found >= 0


def test_the_table_that_calls_it_most_frequent_counts() -> None:
    """Frequent in the tables of one side is frequent for both."""
    rare, common = Frequencies({}, 1024, 1), Frequencies({"x": 512}, 1024, 1)
    assert weight("S", "x", {"S": [rare, common]}) == weight("S", "x", {"S": [common, rare]}) == 1000
    assert weight("S", "y", {"S": [rare, common]}) == 10_000
    assert weight("D", "1979-03-05", TABLES) == sum(millibits(total, 1) for total in (40, 12, 31))


def test_the_budget_asks_for_what_was_agreed() -> None:
    """Ten thousand records and three in ten thousand ask for 25 bits; a concentration of 2 takes one."""
    assert BUDGET.least // 1000 == 24
    assert Budget(50_000, 100).least // 1000 == 28
    assert BUDGET.cost(rule("SSGY"), 30_000) == 29_000
    crowded = Budget(10_000, 300, {("SSGY", 29_000 // 3000): 2})
    assert crowded.cost(rule("SSGY"), 30_000) == 27_000
    assert crowded.cost(rule("SGGY"), 30_000) == 29_000


# What a record emits -------------------------------------------------------------------------------------------------


def test_a_whole_record() -> None:
    """Surnames, given name and day: tier 1 by pairs with the day, tier 2 by names and year, nothing by names alone."""
    found = emit([person("r", "chabes ibarra", "jesus", "1979-03-25")], TABLES, BUDGET)
    assert {each.tier for each in found.emitted} == {1, 2}
    assert found.silent == found.undated == found.cut == ()


def test_names_alone_are_for_a_second_approval() -> None:
    """Tier 3 is emitted where it was approved, and not otherwise."""
    parts = person("r", "chabes ibarra", "jesus")
    assert emit([parts], TABLES, BUDGET).silent == ("r",)
    found = emit([parts], TABLES, Budget(10_000, 300, names_alone=True))
    assert {each.tier for each in found.emitted} == {3}
    assert found.undated == ("r",)


def test_what_is_missing_makes_no_key() -> None:
    """Neither a surname, a given name nor a day has a placeholder; a year alone makes keys with a year."""
    assert keys_of(Parts("r")) == set()
    assert keys_of(person("r", "", "jesus", "1979-03-25")) == set()
    rules = {name for name, _ in keys_of(person("r", "chabes ibarra", "jesus maria", "1979"))}
    assert rules
    assert all(name.endswith("Y") for name in rules)


def test_identifiers_are_always_keys() -> None:
    """Whatever else is there."""
    found = emit([Parts("r", ids=(("curp", "X"), ("passport", "Y")))], TABLES, BUDGET)
    assert [(each.rule, each.tier) for each in found.emitted] == [("ID", 1), ("ID", 1)]
    assert found.undated == found.silent == ()


def test_day_and_month_may_have_been_exchanged() -> None:
    """5 March and 3 May meet; 25 March has no other reading."""
    one, other = (
        person("r", "chabes ibarra", "jesus", "1979-03-05"),
        person("q", "chabes ibarra", "jesus", "1979-05-03"),
    )
    assert {key for name, key in keys_of(one) if name.endswith("D")} == {
        key for name, key in keys_of(other) if name.endswith("D")
    }
    assert not any(b"1979-25" in key for _, key in keys_of(person("r", "chabes ibarra", "jesus", "1979-03-25")))


def test_what_is_no_day_is_refused() -> None:
    """31 February came from somewhere; it is not turned into another day."""
    with pytest.raises(Malformed, match="1980-02-31"):
        keys_of(person("r", "chabes ibarra", "jesus", "1980-02-31"))


def test_common_names_are_told_to_their_owner() -> None:
    """A name that half of all people bear makes no key without a day, and that is said before the run."""
    common = {**TABLES, "S": [Frequencies({"garsia": 5000}, 10_000, 1)], "s": [Frequencies({"grs": 1000}, 2000, 1)]}
    found = emit([person("r", "garsia", "jesus", "1979"), person("q", "chabes", "jesus", "1979-03-25")], common, BUDGET)
    assert found.silent == ("r",)
    assert [each.record for each in found.emitted if each.record == "r"] == []


def test_forty_keys_and_no_more() -> None:
    """A record with many days is cut, its weakest keys go, and its owner is told."""
    days = tuple(f"19{year}-03-25" for year in range(50, 80))
    found = emit([person("r", "chabes ibarra", "jesus maria", *days)], TABLES, BUDGET)
    assert len(found.emitted) == 40
    assert found.cut == ("r",)


# Minimal keys --------------------------------------------------------------------------------------------------------

_NAMES = st.lists(st.sampled_from(["chabes", "chebas", "ibarra", "garsia", "nunes", "sosa"]), max_size=2)
_GIVENS = st.lists(st.sampled_from(["jesus", "josias", "maria", "ana"]), max_size=2)
_DATES = st.lists(st.sampled_from(["1979-03-05", "1979-05-03", "1979", "1980-03-25"]), max_size=2, unique=True)
_PEOPLE = st.builds(
    lambda surnames, givens, dates: person("r", " ".join(surnames), " ".join(givens), *dates), _NAMES, _GIVENS, _DATES
)


@given(_PEOPLE, _PEOPLE)
@example(person("r", "chabes", "jesus", "1979-03-05"), person("q", "chabes", "jesus jesus", "1979-03-05"))
@example(person("r", "chabes", "jesus ana"), person("q", "chabes chabes", "jesus ana"))
@settings(max_examples=150, deadline=None)
def test_minimal_keys_lose_no_match(one: Parts, two: Parts) -> None:
    """Where two records share a key of a tier, they share a minimal one; where they share none, they still do not."""
    budget = Budget(10_000, 300, names_alone=True)
    whole = [within(each, TABLES, budget) for each in (one, two)]
    for tier in (1, 2, 3):
        shared = [
            bool({(key.rule.name, key.parts) for key in first if key.rule.tier == tier}
                 & {(key.rule.name, key.parts) for key in second if key.rule.tier == tier})
            for first, second in (whole, [minimal(each) for each in whole])
        ]  # fmt: skip
        assert shared[0] == shared[1]


def test_minimal_keys_are_fewer() -> None:
    """What follows from an emitted key is not said again."""
    keys = within(person("r", "chabes ibarra", "jesus maria", "1979-03-25"), TABLES, BUDGET)
    assert 0 < len(minimal(keys)) < len(keys)


@given(_PEOPLE)
@settings(max_examples=40, deadline=None)
def test_both_sides_decide_alike(parts: Parts) -> None:
    """The same record on either list, under another name and with its tables in another order, emits the same keys."""
    other = Parts("another", parts.names, parts.dates, parts.ids)
    tables = {part: list(reversed([*each, flat(10**6)])) for part, each in TABLES.items()}
    again = {part: [*each, flat(10**6)] for part, each in TABLES.items()}
    first, second = emit([parts], again, BUDGET).emitted, emit([other], tables, BUDGET).emitted
    assert {(each.rule, each.key) for each in first} == {(each.rule, each.key) for each in second}
