# SPDX-License-Identifier: Apache-2.0
"""Acts go in and come out to the byte, are found by their envelope, and never replace one another."""

import pytest
import sqlalchemy as sa

from paridad.store.acts import (
    ActQuery,
    NewAct,
    count_acts,
    cursor_of,
    filed_acts,
    folio_acts,
    get_act,
    get_acts,
    page_acts,
    put_act,
    put_acts,
    touch,
)
from paridad.store.engine import Store
from paridad.store.records import conflicts_of, open_conflicts, settle_conflict
from paridad.store.tables import touched
from support.store_acts import an_act, name_of, rolled_back

FIRST = an_act("first", fol="AA-1", iat=100)
ANSWER = an_act("answer", iss="BB/TWO", aud=["AA/ONE"], fol="AA-1", re=[FIRST.hash], iat=300, knd="practice/answer/1")
INTERNAL = an_act("internal", aud=["AA/ONE"], hnd="RED", pur="analysis", iat=200, re=[name_of("unheld")])
THREE = [FIRST, ANSWER, INTERNAL]

QUERIES: dict[str, tuple[ActQuery, list[NewAct]]] = {
    "no condition shows all, newest first": (ActQuery(), [ANSWER, INTERNAL, FIRST]),
    "a folio": (ActQuery(folio="AA-1"), [ANSWER, FIRST]),
    "no folio": (ActQuery(folio=""), [INTERNAL]),
    "kinds": (ActQuery(kinds=["practice/record/1"]), [INTERNAL, FIRST]),
    "the beginning of a kind": (ActQuery(kind_prefix="practice/ans"), [ANSWER]),
    "a percent sign is no wildcard": (ActQuery(kind_prefix="practice/%"), []),
    "handling codes that the reader may see": (ActQuery(handling={"AMBER"}), [ANSWER, FIRST]),
    "no handling code shows nothing": (ActQuery(handling=()), []),
    "purposes": (ActQuery(purposes=["analysis"]), [INTERNAL]),
    "issuers": (ActQuery(issuers=["BB/TWO"]), [ANSWER]),
    "addressees": (ActQuery(addressees=["AA/ONE"]), [ANSWER, INTERNAL]),
    "what refers to an act that is held": (ActQuery(refers_to=FIRST.hash), [ANSWER]),
    "what refers to an act that is not held": (ActQuery(refers_to=name_of("unheld")), [INTERNAL]),
    "the key that signed": (ActQuery(kid="BB/TWO#1"), [ANSWER]),
    "ours": (ActQuery(ours=True), [ANSWER, INTERNAL, FIRST]),
    "of others": (ActQuery(ours=False), []),
    "issued at or after": (ActQuery(since=200), [ANSWER, INTERNAL]),
    "issued before": (ActQuery(until=200), [FIRST]),
    "two conditions at once": (ActQuery(folio="AA-1", since=200), [ANSWER]),
}


@pytest.fixture
def filled(store: Store) -> Store:
    with store.write() as conn:
        assert put_acts(conn, THREE, ours=True, at=1000) == ["new", "new", "new"]
    return store


def test_an_act_comes_out_to_the_byte(filled: Store) -> None:
    with filled.read() as conn:
        act = get_act(conn, ANSWER.hash)
    assert act is not None
    assert (act.signed, act.kid, act.ours, act.arrived_at, act.filed) == (ANSWER.signed, "BB/TWO#1", True, 1000, 2)
    assert act.envelope == ANSWER.envelope


def test_an_act_that_is_not_held_is_none(filled: Store) -> None:
    with filled.read() as conn:
        assert get_act(conn, name_of("unheld")) is None
        assert get_acts(conn, [FIRST.hash, name_of("unheld")]).keys() == {FIRST.hash}


@pytest.mark.parametrize(("query", "expected"), QUERIES.values(), ids=QUERIES.keys())
def test_a_query_finds_what_its_title_says(query: ActQuery, expected: list[NewAct], filled: Store) -> None:
    with filled.read() as conn:
        assert [act.hash for act in page_acts(conn, query)] == [act.hash for act in expected]
        assert count_acts(conn, query) == len(expected)
        assert {act.hash for act in filed_acts(conn, query)} == {act.hash for act in expected}


def test_pages_join_without_a_gap_or_a_repetition_even_within_one_second(store: Store) -> None:
    acts = [an_act(f"page {n}", iat=n // 4) for n in range(23)]
    with store.write() as conn:
        put_acts(conn, acts, ours=False, at=1)
    seen = []
    with store.read() as conn:
        page = page_acts(conn, limit=5)
        while page:
            seen += page
            page = page_acts(conn, after=cursor_of(page[-1]), limit=5)
    expected = sorted(acts, key=lambda act: (act.envelope.iat, act.hash), reverse=True)
    assert [act.hash for act in seen] == [act.hash for act in expected]


def test_filing_numbers_run_from_one_without_holes_and_go_on_after_a_rollback(filled: Store) -> None:
    with rolled_back(filled) as conn:
        put_act(conn, an_act("lost"), ours=True, at=1)
    with filled.write() as conn:
        put_acts(conn, [FIRST, an_act("fourth"), ANSWER, an_act("fifth")], ours=True, at=2)
    with filled.read() as conn:
        assert [act.filed for act in filed_acts(conn)] == [1, 2, 3, 4, 5]
        assert [act.hash for act in filed_acts(conn, after=3, limit=1)] == [an_act("fourth").hash]


def test_a_folio_is_read_in_the_order_of_filing(filled: Store) -> None:
    with filled.read() as conn:
        assert [act.hash for act in folio_acts(conn, "AA-1")] == [FIRST.hash, ANSWER.hash]
        assert folio_acts(conn, "") == []


def test_the_same_act_again_changes_nothing(filled: Store) -> None:
    with filled.write() as conn:
        assert put_acts(conn, [FIRST, an_act("new"), FIRST], ours=False, at=2000) == ["same", "new", "same"]
        assert put_acts(conn, [], ours=False, at=2000) == []
    with filled.read() as conn:
        stored = get_act(conn, FIRST.hash)
        assert stored is not None
        assert stored.arrived_at == 1000
        assert count_acts(conn) == 4


def test_other_bytes_under_a_known_identifier_are_kept_beside_what_stands(filled: Store) -> None:
    other = an_act("first", fol="AA-1", iat=101)
    with filled.write() as conn:
        assert put_act(conn, other, ours=False, at=2000) == "conflict"
        assert put_act(conn, other, ours=False, at=3000) == "conflict"
    with filled.read() as conn:
        assert get_act(conn, other.hash) is None
        (row,) = open_conflicts(conn)
    assert (row.held, row.other, row.about, row.found_at, row.signed) == (
        FIRST.hash,
        other.hash,
        "identifier",
        2000,
        other.signed,
    )


def test_a_conflict_within_one_call_files_the_first(store: Store) -> None:
    one, other = an_act("twice"), an_act("twice", iat=5)
    with store.write() as conn:
        assert put_acts(conn, [one, other, one], ours=False, at=1) == ["new", "conflict", "same"]


def test_the_same_random_identifier_of_two_agencies_is_no_conflict(store: Store) -> None:
    with store.write() as conn:
        assert put_acts(conn, [an_act("x"), an_act("x", iss="BB/TWO")], ours=False, at=1) == ["new", "new"]


def test_a_person_settles_a_conflict_once(filled: Store) -> None:
    other = an_act("first", iat=101)
    with filled.write() as conn:
        put_act(conn, other, ours=False, at=2000)
        assert settle_conflict(conn, FIRST.hash, other.hash, by="decision", at=2500)
        assert not settle_conflict(conn, FIRST.hash, other.hash, by="somebody else", at=2600)
    with filled.read() as conn:
        assert open_conflicts(conn) == []
        (row,) = conflicts_of(conn, FIRST.hash)
    assert (row.settled_by, row.settled_at, row.signed) == ("decision", 2500, other.signed)


def test_touching_takes_numbers_of_the_same_row(filled: Store) -> None:
    with filled.write() as conn:
        touch(conn, [])
        touch(conn, [ANSWER.hash, FIRST.hash])
        put_act(conn, an_act("later"), ours=True, at=1)
    with filled.read() as conn:
        assert conn.execute(sa.select(touched.c.number, touched.c.act).order_by(touched.c.number)).all() == [
            (4, 2),
            (5, 1),
        ]
        later = get_act(conn, an_act("later").hash)
    assert later is not None
    assert later.filed == 6


def test_an_act_that_is_not_filed_cannot_be_touched(store: Store) -> None:
    with pytest.raises(sa.exc.IntegrityError), store.write() as conn:
        touch(conn, [name_of("unheld")])
