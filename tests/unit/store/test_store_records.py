# SPDX-License-Identifier: Apache-2.0
"""Decisions, commands, reads, payload names and facts of the node are kept as they were."""

import pytest

from paridad.store import records
from paridad.store.acts import put_acts
from paridad.store.engine import Store
from paridad.store.errors import CommandReused
from paridad.store.proofs import ConsistencyRow, ProofRow, growth, proofs_of, put_consistency, put_proofs
from paridad.store.records import Command, Decided, DecisionRow, Read
from support.store_acts import an_act, name_of

ONE, TWO = an_act("one"), an_act("two")
ALLOWED = DecisionRow(1, True, ("release-to-addressee", "purpose-matches"), "set", "input 1", 100)
REFUSED = DecisionRow(2, False, ("source-never-leaves",), "set", "input 2", 100)


@pytest.fixture
def filled(store: Store) -> Store:
    with store.write() as conn:
        put_acts(conn, [ONE, TWO], ours=True, at=1)
    return store


def test_each_field_keeps_the_decision_that_answered_for_it(filled: Store) -> None:
    fields: dict[str, dict[str, int]] = {ONE.hash: {"name": 1, "aliases[2]": 1, "source": 2}, TWO.hash: {}}
    with filled.write() as conn:
        records.put_decisions(conn, "operation 1", [ALLOWED, REFUSED], fields)
        records.put_decisions(conn, "operation 2", [REFUSED], {ONE.hash: {"name": 2}})
    with filled.read() as conn:
        assert records.decisions_of(conn, "operation 1") == [ALLOWED, REFUSED]
        assert records.decisions_of(conn, "unknown") == []
        assert records.decided_for(conn, ONE.hash) == [
            Decided("operation 1", {"aliases[2]": ALLOWED, "name": ALLOWED, "source": REFUSED}),
            Decided("operation 2", {"name": REFUSED}),
        ]
        assert records.decided_for(conn, TWO.hash) == [Decided("operation 1", {})]
        assert records.decided_for(conn, name_of("unknown")) == []


def test_the_same_command_again_gives_the_same_acts(store: Store) -> None:
    with store.write() as conn:
        assert records.recall_command(conn, "c-1", "digest") is None
        records.note_command(conn, Command("c-1", "officer", "digest", (ONE.hash, TWO.hash), 5))
        records.note_command(conn, Command("c-2", "officer", "digest", (), 5))
    with store.read() as conn:
        assert records.recall_command(conn, "c-1", "digest") == (ONE.hash, TWO.hash)
        assert records.recall_command(conn, "c-2", "digest") == ()


def test_another_command_under_the_same_identifier_is_refused(store: Store) -> None:
    with store.write() as conn:
        records.note_command(conn, Command("c-1", "officer", "digest", (ONE.hash,), 5))
        with pytest.raises(CommandReused, match="c-1"):
            records.recall_command(conn, "c-1", "another digest")


def test_every_look_at_an_act_is_kept_once(filled: Store) -> None:
    page, listed = Read(ONE.hash, 10, "officer 7", "page"), Read(ONE.hash, 9, "officer 8", "list")
    with filled.write() as conn:
        records.note_reads(conn, [page, listed, page, Read(TWO.hash, 9, "officer 8", "list")])
        records.note_reads(conn, [page])
        records.note_reads(conn, [])
    with filled.read() as conn:
        assert records.reads_of(conn, ONE.hash) == [listed, page]
        assert records.reads_of(conn, name_of("unknown")) == []


def test_a_payload_is_known_by_the_acts_that_name_it(filled: Store) -> None:
    with filled.write() as conn:
        records.note_payload(conn, "p1", 500, TWO.hash, at=1)
        records.note_payload(conn, "p1", 500, ONE.hash, at=2)
        records.note_payload(conn, "p2", 7, ONE.hash, at=2)
        assert records.payloads_of(conn, ONE.hash) == {"p1": 500, "p2": 7}
        assert records.payload_acts(conn, "p1") == [ONE.hash, TWO.hash]
        assert records.note_payload_destroyed(conn, "p1", at=9)
        assert not records.note_payload_destroyed(conn, "p1", at=10)
        assert records.payloads_of(conn, ONE.hash) == {"p2": 7}
        assert records.payloads_of(conn, TWO.hash) == {}


def test_a_fact_of_the_node_is_set_changed_and_forgotten(store: Store) -> None:
    with store.write() as conn:
        assert records.get_meta(conn, "key") is None
        records.put_meta(conn, "key", "one")
        records.put_meta(conn, "key", "two")
        assert records.get_meta(conn, "key") == "two"
        records.drop_meta(conn, "key")
        assert records.get_meta(conn, "key") is None


def test_the_first_proof_of_an_act_in_a_log_stays(filled: Store) -> None:
    first = ProofRow(ONE.hash, "BB/practice/shared", 7, 12, bytes(64))
    with filled.write() as conn:
        put_proofs(conn, [first, ProofRow(TWO.hash, "BB/practice/own", 1, 2, b"")])
        put_proofs(conn, [ProofRow(ONE.hash, "BB/practice/shared", 7, 40, bytes(96))])
    with filled.read() as conn:
        assert proofs_of(conn, [ONE.hash]) == [first]
        assert proofs_of(conn, [ONE.hash])[0].hashes == [bytes(32), bytes(32)]
        assert len(proofs_of(conn, [ONE.hash, TWO.hash])) == 2
        assert proofs_of(conn, [name_of("unknown")]) == []


def test_how_a_log_grew_is_kept_pair_by_pair(store: Store) -> None:
    first, second = (
        ConsistencyRow("BB/practice/shared", 3, 9, bytes(32)),
        ConsistencyRow("BB/practice/shared", 9, 12, b""),
    )
    with store.write() as conn:
        for row in (second, first, ConsistencyRow("BB/practice/shared", 3, 9, b"x" * 32)):
            put_consistency(conn, row)
        assert growth(conn, "BB/practice/shared", 0) == [first, second]
        assert growth(conn, "BB/practice/shared", 4) == [second]
        assert growth(conn, "BB/practice/own", 0) == []
    assert first.hashes == [bytes(32)]
