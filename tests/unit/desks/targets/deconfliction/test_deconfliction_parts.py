# SPDX-License-Identifier: Apache-2.0
"""The parts of a run, each by itself: orders, trees, tokens, the set log, alarms, what is learned."""

from datetime import date
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paridad.base.errors import ParidadError
from paridad.desks.targets.deconfliction import alarms, group, leakage
from paridad.desks.targets.deconfliction.alarms import Watch
from paridad.desks.targets.deconfliction.checks import is_capacity
from paridad.desks.targets.deconfliction.commitments import Tree, root_through
from paridad.desks.targets.deconfliction.messages import Head, Opening, Start, digest_of, encoded
from paridad.desks.targets.deconfliction.order import draw, keyed, order
from paridad.desks.targets.deconfliction.setlog import SetLog, demand_churn, demand_record, grow, record_entry
from paridad.desks.targets.deconfliction.tokens import NO_TOKEN, Emitted, Label, Snapshot, evaluate, gather, prepare
from paridad.ledger.errors import ProofRefused
from paridad.ledger.merkle import EMPTY_ROOT, leaf_hash, root_of, verify_inclusion
from support.deconfliction import chance, terms

# Orders and draws ----------------------------------------------------------------------------------------------------


@given(st.binary(max_size=40), st.integers(0, 300))
def test_an_order_is_a_permutation_and_repeats(key: bytes, size: int) -> None:
    """Every position once, the same for the same key."""
    assert sorted(order(key, size)) == list(range(size))
    assert order(key, size) == order(key, size)


@given(st.binary(max_size=40), st.integers(1, 300), st.integers(0, 300))
def test_a_draw_has_as_many_positions_as_asked(key: bytes, size: int, count: int) -> None:
    """Different positions below the size, and all of them where more are asked for."""
    drawn = draw(key, size, count)
    assert len(drawn) == min(size, count)
    assert all(0 <= each < size for each in drawn)


def test_keys_of_other_parts_are_other_keys() -> None:
    """Parts cannot be moved over their border."""
    assert len({keyed("a", b"bc"), keyed("a", b"b", b"c"), keyed("ab", b"c"), keyed("a", b"b", b"", b"c")}) == 4


# Trees ---------------------------------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=8), max_size=40), st.data())
def test_a_shared_path_leads_to_the_root_of_the_ledgers_tree(entries: list[bytes], data: st.DataObject) -> None:
    """The tree is that of RFC 6962; scattered leaves lead to its root, other leaves elsewhere."""
    tree = Tree.over(entries)
    assert tree.root == root_of(entries)
    if not entries:
        assert tree.root == EMPTY_ROOT
        return
    chosen = data.draw(st.sets(st.integers(0, len(entries) - 1), min_size=1))
    leaves = {at: leaf_hash(entries[at]) for at in chosen}
    path = tree.path(sorted(chosen))
    assert root_through(leaves, tree.size, path) == tree.root
    changed = {**leaves, min(chosen): leaf_hash(b"something else")}
    assert root_through(changed, tree.size, path) != tree.root
    with pytest.raises(ProofRefused, match="shared path"):
        root_through(leaves, tree.size, path + bytes(32))


def test_the_path_of_one_leaf_is_the_ledgers() -> None:
    """What a shared path carries for one leaf is the audit path of RFC 6962."""
    entries = [bytes([number]) for number in range(11)]
    tree = Tree.over(entries)
    path = tree.path((6,))
    proof = [path[at : at + 32] for at in range(0, len(path), 32)]
    verify_inclusion(leaf_hash(entries[6]), 6, 11, proof, tree.root)


def test_a_path_of_no_leaf_proves_nothing() -> None:
    """Without a leaf there is nothing to lead to the root."""
    with pytest.raises(ProofRefused):
        root_through({}, 4, b"")


# Tokens --------------------------------------------------------------------------------------------------------------


def test_two_records_with_one_key_are_one_token() -> None:
    """The label lists both; a key that too many share is left out, and its owners are told."""
    emitted = [Emitted("person", b"k", record, "SGD", 1) for record in ("r2", "r1", "r1")]
    emitted += [Emitted("person", b"k", "r1", "ssg", 3)]
    emitted += [Emitted("person", b"crowd", f"c{number}", "SGD", 1) for number in range(5)]
    tokens, crowded = gather(emitted)
    assert [(each.records, each.rule, each.tier) for each in tokens] == [(("r1", "r2"), "SGD", 1), (("r1",), "ssg", 3)]
    assert crowded == ("c0", "c1", "c2", "c3", "c4")
    assert len({each.key for each in tokens}) == 2


@pytest.mark.parametrize(("count", "padded"), [(1, 1), (2, 2), (3, 4), (4, 4)])
def test_a_label_shows_one_two_or_four_records(count: int, padded: int) -> None:
    """Padding hides whether there are three; every label has one size and reads back."""
    records = [f"r{number}" for number in range(count)]
    (token,), _ = gather(Emitted("person", b"k", record, "SGD", 1) for record in records)
    snapshot = Snapshot(b"s" * 32, (token,), "desk", dict.fromkeys(records, 7))
    label = snapshot.label(token)
    assert len(label.records) == padded
    assert {snapshot.handle(record) for record in records} <= {handle for handle, _ in label.records}
    assert Label.read(label.encoded()) == label


@pytest.mark.parametrize("data", [b"", b"\x03" + bytes(191), b"\x01\x01\xff" + bytes(189), b"\x01\x01" + b"\xff" * 190])
def test_what_is_no_label_is_not_read(data: bytes) -> None:
    """One form only."""
    with pytest.raises((ValueError, IndexError)):
        Label.read(data)


def test_a_snapshot_does_not_print_its_secrets() -> None:
    """Neither seed nor tokens stand in its representation."""
    (token,), _ = gather([Emitted("person", b"CANARY", "record-9", "SGD", 1)])
    text = repr(Snapshot(b"seed-of-the-canary", (token,), "desk"))
    assert "CANARY" not in text
    assert "seed" not in text
    assert "record-9" not in text


def test_a_list_is_filled_and_repeats() -> None:
    """Tokens and filling are all points, all different; the same snapshot gives the same bytes, another seed others."""
    tokens, _ = gather(Emitted("person", bytes([n]), f"r{n}", "SGD", 1) for n in range(5))
    snapshot = Snapshot(b"a" * 32, tokens)
    prepared = prepare(snapshot, b"context", 16)
    group.demand_points(prepared.points)
    assert len(set(group.points_of(prepared.points))) == 16
    assert sorted(each for each in prepared.holders if each != NO_TOKEN) == [0, 1, 2, 3, 4]
    assert prepare(snapshot, b"context", 16) == prepared
    assert not set(group.points_of(prepare(Snapshot(b"b" * 32, tokens), b"context", 16).points)) & set(
        group.points_of(prepared.points)
    )


def test_both_answers_to_one_token_are_equal() -> None:
    """The point of the whole: blinded by one and answered by the other, in either order."""
    tokens, _ = gather([Emitted("person", b"same", "r", "SGD", 1)])
    one, two = Snapshot(b"1" * 32, tokens), Snapshot(b"2" * 32, tokens)
    lists = [prepare(each, b"context", 1).points for each in (one, two)]
    assert evaluate(two, lists[0]) == evaluate(one, lists[1])


# The set log ---------------------------------------------------------------------------------------------------------


def test_between_two_runs_the_set_log_grows_by_the_cap() -> None:
    """Real and dummy entries look alike; the proof shows the growth, and nothing that was there can change."""
    entry = record_entry("added", b"a" * 32, "warrant 7", "2026-03-01", b"salt")
    first = grow(SetLog(), [entry], cap=5, chance=chance("log"))
    second = grow(first, [], cap=5, chance=chance("more"))
    demand_churn(Head(0, EMPTY_ROOT), first.head, 5, ())
    demand_churn(first.head, second.head, 5, second.consistency(5))
    demand_record(entry, 0, second.head, second.inclusion(0))
    with pytest.raises(ProofRefused, match=r"grew by 5 and 6 was agreed"):
        demand_churn(first.head, second.head, 6, second.consistency(5))
    with pytest.raises(ProofRefused):
        demand_churn(Head(5, bytes(32)), second.head, 5, second.consistency(5))
    with pytest.raises(ParidadError, match=r"There are 6 changes and the cap between two runs is 5"):
        grow(first, [entry] * 6, cap=5, chance=chance("too many"))


# Alarms --------------------------------------------------------------------------------------------------------------

NAMES = dict.fromkeys(range(5), "one name")
ALARMS: dict[str, tuple[Watch, int, tuple[int, ...], tuple[str, ...]]] = {
    "nothing unusual": (Watch(honey=frozenset({9})), 1000, (1, 2), ()),
    "a honey record is hit": (Watch(honey=frozenset({9})), 1000, (1, 9), ("honey",)),
    "more hits than earlier runs gave": (Watch(most_per_thousand=1), 1000, (1, 2), ("hits",)),
    "as many hits as earlier runs gave": (Watch(most_per_thousand=2), 1000, (1, 2), ()),
    "too little is open to judge": (Watch(most_per_thousand=1), 199, (1, 2), ()),
    "one name with several dates": (Watch(names=NAMES), 1000, (0, 1, 2, 3), ("sweep",)),
    "one name with as many dates as may be": (Watch(names=NAMES), 1000, (0, 1, 2, 7), ()),
    "a made-up day alone": (Watch(traps={7: frozenset({3})}), 1000, (7,), ()),
    "a name's true day alone": (Watch(traps={7: frozenset({3})}), 1000, (3, 4), ()),
    "a made-up day and the true one": (Watch(traps={7: frozenset({3})}), 1000, (3, 7), ("sweep",)),
    "all at once": (Watch(frozenset({0}), 1, 200, NAMES, 1), 1000, (0, 1), ("honey", "hits", "sweep")),
}


@pytest.mark.parametrize("case", ALARMS.values(), ids=ALARMS.keys())
def test_alarms(case: tuple[Watch, int, tuple[int, ...], tuple[str, ...]]) -> None:
    """Each alarm is raised where its title says, and not before."""
    watch, opened, hits, raised = case
    assert alarms.look(watch, opened=opened, hits=hits) == raised


def test_a_young_authority_is_seen_at_opening() -> None:
    """Entered nine days before, where ten are agreed."""
    today = date(2026, 3, 10)
    assert alarms.young(["2020-01-01", "2026-03-01"], today, 10) == ("young",)
    assert alarms.young(["2026-02-28"], today, 10) == ()
    assert alarms.young([], today, 10) == ()


def test_every_alarm_has_its_words() -> None:
    """In both languages."""
    assert set(alarms.WORDS) == {"honey", "hits", "sweep", "young"}


# What is learned, capacities, digests --------------------------------------------------------------------------------


def test_the_statement_carries_the_numbers() -> None:
    """Capacities, chance matches and the reach of guessing stand in it, in both languages."""
    said = leakage.before(terms(places=81_920, records=10_240), (0, 3))
    for language in ("es", "en"):
        text = " ".join(each.in_(language) for each in said)
        for number in ("81,920", "10,240", "14,600", " 25 ", " 8)", " 6 "):
            assert number in text
        assert "{" not in text


@pytest.mark.parametrize(
    ("places", "fits"), [(0, False), (-4, False), (1, True), (5, True), (64, True), (80, True), (96, True), (112, True),
                         (72, False), (100_000, False), (81_920, True)],
)  # fmt: skip
def test_capacities(places: int, fits: bool) -> None:
    """One, one and a quarter, one and a half, one and three quarters times a power of two."""
    assert is_capacity(places) is fits


@given(st.recursive(st.binary(max_size=4) | st.text(max_size=4) | st.integers(), lambda deep: st.tuples(deep, deep)))
@settings(max_examples=50)
def test_other_values_have_other_digests(value: object) -> None:
    """The one form tells types, borders and nesting apart."""
    assert encoded((value,)) != encoded(value)
    assert encoded((value, b"")) != encoded((value, ""))
    assert digest_of(Start(b"a")) != digest_of(Start(b"b"))
    assert digest_of(Opening(0, b"", b"", None)) != digest_of(Opening(1, b"", b"", None))


def test_a_seed_gives_nothing_that_shows_it() -> None:
    """Exponent, nonce, shuffle and handles are digests; none equals another."""
    snapshot = Snapshot(sha256(b"seed").digest(), ())
    assert len({snapshot.secret, snapshot.nonce, snapshot.shuffle, snapshot.chance(b""), snapshot.seed}) == 5
