# SPDX-License-Identifier: Apache-2.0
"""What a pair weighs, how crowded a list is, and tokens that wait until both sides have said so."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paridad.desks.targets.deconfliction.common import pairs_of
from paridad.desks.targets.deconfliction.concentration import agreed, crowds, power
from paridad.desks.targets.deconfliction.errors import NotNow, RunBroken
from paridad.desks.targets.deconfliction.keys import (
    IDENTIFIES,
    ROOT,
    Budget,
    Frequencies,
    Name,
    Parts,
    Sound,
    Tables,
    emit,
    weight,
    within,
)
from paridad.desks.targets.deconfliction.messages import Agreement, Band, Proposal
from paridad.desks.targets.deconfliction.playing import Player
from paridad.desks.targets.deconfliction.run import Agree, Propose
from paridad.desks.targets.deconfliction.setlog import SetLog
from paridad.desks.targets.deconfliction.state import due
from paridad.desks.targets.deconfliction.tokens import Part, Snapshot, gather
from paridad.desks.targets.deconfliction.weights import weight_of
from support.deconfliction import PERSONS, Table, chance, terms
from support.deconfliction_cheats import one_of

FLAT = {"s": 2000, "S": 10_000, "g": 500, "G": 1000, "i": 20, "year": 40, "month": 12, "day": 31, "r2": 60, "r1": 20,
        "ri": 20}  # fmt: skip
TABLES: Tables = {part: [Frequencies({}, total, 1)] for part, total in FLAT.items()}
BUDGET = Budget(10_000, 300)


def sound(text: str) -> Sound:
    """Return a name that sounds as it is written."""
    return Sound(text, text[0] + "".join(mark for mark in text[1:] if mark not in "aeiou"))


def person(record: str, surnames: str, givens: str, *dates: str, **more: object) -> Parts:
    """Return a record with one name."""
    name = Name(tuple(map(sound, surnames.split())), tuple(map(sound, givens.split())))
    return Parts(record, (name,), dates, **more)  # type: ignore[arg-type]


def w(kind: str, value: str = "x") -> int:
    """Return what a part weighs."""
    return weight(kind, value, TABLES)


# Weights -------------------------------------------------------------------------------------------------------------

S, SKELETON = Part("S", "chabes", 13_000, (("s", "chbs"),)), Part("s", "chbs", 10_000)
G, DAY, YEAR = Part("G", "jesus", 9000, (("g", "jss"), ("i", "j"))), Part("D", "1979-03-05", 13_800, (("Y", "1979"),)), Part("Y", "1979", 5300)  # fmt: skip
CURP, ROOT_PART, PASSPORT = Part("curp", "C", 20_000), Part("root", "CXXJ790305", 24_000), Part("passport", "P", 20_000)
WEIGHTS: dict[str, tuple[list[list[Part]], int]] = {
    "no key": ([], 0),
    "one key": ([[S, G, DAY]], 35_800),
    "the same key twice": ([[S, G, DAY], [S, G, DAY]], 35_800),
    "one date in two keys": ([[S, DAY], [G, DAY]], 35_800),
    "a skeleton beside its sound": ([[S, DAY], [SKELETON, DAY]], 26_800),
    "a year beside its day": ([[S, DAY], [S, YEAR]], 26_800),
    "a year alone": ([[S, YEAR]], 18_300),
    "two equal surnames": ([[S, S, DAY]], 39_800),
    "a second skeleton that no sound covers": ([[S, DAY], [SKELETON, SKELETON, DAY]], 36_800),
    "a passport stands beside names": ([[S, DAY], [PASSPORT]], 46_800),
    "a CURP is made of names": ([[S, DAY], [CURP]], 26_800),
    "a CURP that weighs more": ([[S], [CURP]], 20_000),
    "CURP and root once": ([[CURP], [ROOT_PART]], 24_000),
}


@pytest.mark.parametrize("case", WEIGHTS.values(), ids=WEIGHTS.keys())
def test_a_pair_weighs_each_part_once(case: tuple[list[list[Part]], int]) -> None:
    """The union of parts, in integers, whatever the order of the keys."""
    keys, weighs = case
    assert weight_of(keys) == weight_of(reversed(keys)) == weighs


@given(st.lists(st.lists(st.sampled_from([S, SKELETON, G, DAY, YEAR, CURP, PASSPORT]), max_size=4), max_size=4))
@settings(max_examples=60)
def test_another_key_never_weighs_less(keys: list[list[Part]]) -> None:
    """What more keys cover is at least what fewer cover."""
    assert weight_of(keys) >= max(map(weight_of, ([each] for each in keys)), default=0)


def test_both_nodes_compute_the_same_weights() -> None:
    """From common keys and agreed tables alone; a pair that several keys join counts each part once."""
    people = [person("a", "chabes ibarra", "jesus maria", "1979-03-25"), person("b", "nunes", "ana", "1980-12-31")]
    table = Table(common=0, alone=(0, 0))
    for who in (0, 1):
        mine = [Parts(f"{who}-{each.record}", each.names, each.dates) for each in people]
        tokens, _ = gather(emit(mine, TABLES, BUDGET).emitted)
        table.players[who] = Player(who, Snapshot(chance("weights", who)(32), tokens, f"desk {who}"))
    table.to_pairs()
    one, two = (player.weights() for player in table.players)
    assert one == two
    assert all(len(pair.matches) > 1 for pair in pairs_of(table.players[0].run))
    whole = w("D", "1979-03-25") + 2 * w("S") + 2 * w("G")
    assert max(one) <= whole
    assert min(one) > BUDGET.least


def test_a_key_says_what_its_parts_weigh() -> None:
    """The parts of every key add up to its cost and its ways; a sound says its skeleton."""
    for key in within(person("r", "chabes ibarra", "jesus", "1979-03-25"), TABLES, BUDGET):
        assert BUDGET.cost(key.rule, sum(part.weight for part in key.weighed)) == key.cost
        assert {part.follows for part in key.weighed if part.kind == "S"} <= {(("s", "chbs"),), (("s", "ibrr"),)}
    (found,) = emit([Parts("r", ids=(("curp", "X"),))], TABLES, BUDGET).emitted
    assert found.parts == (Part("curp", "X", IDENTIFIES),)


# Roots ---------------------------------------------------------------------------------------------------------------


def test_a_root_is_a_key_of_its_own() -> None:
    """A record of a name and one of a document alone meet; without tables for its letters there is none."""
    named = person("r", "", "", roots=("CXIJ790325",))
    (found,) = emit([named], TABLES, Budget(10_000, 300)).emitted
    assert (found.rule, found.tier, found.parts[0].kind) == ("root", 1, "root")
    assert found.parts[0].weight == w("r2") + w("r1") + w("ri") + w("D", "1979-03-25")
    assert emit([named], {part: each for part, each in TABLES.items() if part != "r2"}, BUDGET).silent == ("r",)
    assert emit([named], TABLES, Budget(60_000, 100)).silent == ("r",)
    assert ROOT.ways == 1


# Concentration -------------------------------------------------------------------------------------------------------


def test_a_list_of_families_is_crowded_where_families_are() -> None:
    """Twelve brothers and sisters share two surnames that the table calls rare; nothing is said of what nobody shares."""
    family = [person(f"r{n}", "chabes ibarra", f"{chr(97 + n)}na", f"19{60 + n}-03-25") for n in range(12)]
    strangers = [person(f"q{n}", f"{chr(97 + n)}bo {chr(97 + n)}do", f"z{n}a", f"19{60 + n}-04-26") for n in range(12)]
    told = {each.rule: each.power for each in crowds([*family, *strangers], TABLES)}
    assert set(told) == set()
    year = [person(f"r{n}", "chabes ibarra", f"{chr(97 + n)}na", "1979") for n in range(12)]
    assert {each.rule for each in crowds([*year, *strangers], TABLES)} == set()
    twins = [person(f"r{n}", "chabes ibarra", "jesus", "1979-03-25") for n in range(4)]
    told = {each.rule: each.power for each in crowds([*twins, *strangers], TABLES)}
    assert {"SGD", "SD", "SSGY", "SSG"} <= set(told)
    assert all(number > 0 for number in told.values())
    assert crowds(twins[:2], TABLES) == crowds([], TABLES) == ()


@pytest.mark.parametrize(
    ("found", "expected", "says"), [(3, 4.0, 0), (4, 4.0, 0), (5, 4.0, 1), (9, 4.0, 2), (3, 0.001, 12)]
)
def test_a_power_is_rounded_up(found: int, expected: float, says: int) -> None:
    """The smallest that is not less."""
    assert power(found, expected) == says


def test_both_sides_take_the_larger() -> None:
    """By rule and band; what only one side says counts as well."""
    ours, theirs = (Band("SD", 8, 1), Band("SGD", 9, 3)), (Band("SD", 8, 2), Band("SSG", 9, 1))
    assert agreed(ours, theirs) == agreed(theirs, ours) == {("SD", 8): 2, ("SGD", 9): 3, ("SSG", 9): 1}


BANDS = {
    "in another order": (Band("SGD", 1, 1), Band("SD", 1, 1)),
    "one twice": (Band("SD", 1, 1), Band("SD", 1, 2)),
    "no concentration": (Band("SD", 1, 0),),
    "more than can be": (Band("SD", 1, 33),),
}


@pytest.mark.parametrize("bands", BANDS.values(), ids=BANDS.keys())
@pytest.mark.parametrize("side", [0, 1])
def test_bands_have_one_form(side: int, bands: tuple[Band, ...]) -> None:
    """Another form names its sender."""
    table = Table(tamper=one_of(side, (Proposal, Agreement)[side], bands=bands))
    with pytest.raises(RunBroken, match="the concentration has not its form") as broken:
        table.propose()
    assert broken.value.side == side


def test_tokens_wait_until_both_concentrations_are_known() -> None:
    """The list of who proposes is settled once, after the agreement; nothing of it is said before."""
    table = Table()
    player = table.players[0]
    tokens, places = player.snapshot.tokens, player.snapshot.places
    waiting = Player(0, Snapshot(player.snapshot.seed, (), "desk 0", settled=False))
    table.players[0] = waiting
    ours, theirs = (Band("SD", 8, 1),), (Band("SD", 8, 2),)
    table.hand(0, waiting.command(Propose(terms(), 0, table.logs[0].head, PERSONS[0], bands=ours)))
    agree = Agree(terms(), 0, table.logs[1].head, PERSONS[1], bands=theirs)
    table.hand(1, table.players[1].command(agree))
    table.settle()
    assert waiting.run.start is not None
    assert due(waiting.run).sides == (0,)
    assert waiting.run.proposal is not None
    assert waiting.run.agreement is not None
    assert agreed(waiting.run.proposal.bands, waiting.run.agreement.bands) == {("SD", 8): 2}
    waiting.bring(tokens, places)
    table.settle()
    assert waiting.run.parts[0].pairs is not None
    assert waiting.run.parts[0].result is not None
    assert waiting.run.parts[0].result.size == 5
    with pytest.raises(NotNow, match="fixed already"):
        waiting.bring((), {})
    assert SetLog().head.size == 0
