# SPDX-License-Identifier: Apache-2.0
"""Streams: positions without holes, one cover per batch, nothing filed twice, out of order or over something else."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paridad.ledger.log import append
from paridad.store import streams
from paridad.store.acts import NewAct, put_acts
from paridad.store.engine import Store
from paridad.store.errors import PositionRefused
from paridad.store.ledger import SqlLedgerStore
from paridad.store.streams import BatchRow, HeldRow, Outgoing, Parcel, QuarantineRow, Stream, digests_sha
from support.store_acts import an_act, name_of, rolled_back

THERE = Stream("practice", "AA/ONE", "BB/TWO")
BACK = Stream("practice", "BB/TWO", "AA/ONE")
ELSEWHERE = Stream("practice", "AA/ONE", "CC/THREE")
ACTS = [an_act(f"parcel {n}") for n in range(8)]
COVER, RECEIPT, LATER_COVER = an_act("cover"), an_act("receipt"), an_act("later cover")


@pytest.fixture
def filled(store: Store) -> Store:
    with store.write() as conn:
        put_acts(conn, [*ACTS, COVER, RECEIPT, LATER_COVER], ours=True, at=1)
    return store


def outgoing(acts: list[NewAct]) -> list[Outgoing]:
    return [Outgoing(act.hash, [name_of("zulu"), name_of("alpha")]) for act in acts]


def queue_five(conn: sa.Connection) -> None:
    assert streams.outbox_put(conn, THERE, outgoing(ACTS[:5]), at=10) == range(1, 6)


def states(conn: sa.Connection, stream: Stream = THERE) -> list[str]:
    return [row.state for row in streams.outbox_rows(conn, stream, range(1, 100))]


# --- sending --------------------------------------------------------------------------------------------------------


def test_positions_run_from_one_in_each_stream(filled: Store) -> None:
    with filled.write() as conn:
        assert streams.outbox_put(conn, THERE, outgoing(ACTS[:2]), at=1) == range(1, 3)
        assert streams.outbox_put(conn, ELSEWHERE, outgoing(ACTS[:1]), at=1) == range(1, 2)
        assert streams.outbox_put(conn, THERE, [], at=1) == range(0)
        assert streams.outbox_put(conn, THERE, outgoing(ACTS[2:3]), at=1) == range(3, 4)


def test_a_rolled_back_position_is_given_again(filled: Store) -> None:
    with rolled_back(filled) as conn:
        streams.outbox_put(conn, THERE, outgoing(ACTS[:2]), at=1)
    with filled.write() as conn:
        assert streams.outbox_put(conn, THERE, outgoing(ACTS[:1]), at=1) == range(1, 2)


def test_a_parcel_says_what_goes_with_it(filled: Store) -> None:
    with filled.write() as conn:
        streams.outbox_put(conn, THERE, outgoing(ACTS[:1]), at=10)
        (row,) = streams.outbox_of(conn, ACTS[0].hash)
    assert row.digests == tuple(sorted([name_of("alpha"), name_of("zulu")]))
    assert (row.stream, row.position, row.act_hash, row.state, row.cover, row.verdict, row.queued_at) == (
        THERE,
        1,
        ACTS[0].hash,
        "queued",
        None,
        None,
        10,
    )


def test_an_act_that_is_not_filed_is_not_sent(store: Store) -> None:
    with pytest.raises(sa.exc.IntegrityError), store.write() as conn:
        streams.outbox_put(conn, THERE, outgoing(ACTS[:1]), at=1)


def test_the_queue_is_taken_in_order_up_to_a_limit(filled: Store) -> None:
    with filled.write() as conn:
        queue_five(conn)
        streams.outbox_put(conn, ELSEWHERE, outgoing(ACTS[:1]), at=10)
        assert [row.position for row in streams.queued(conn, THERE, limit=3)] == [1, 2, 3]
        assert streams.queued(conn, BACK, limit=3) == []
        assert streams.streams_with_queue(conn) == [THERE, ELSEWHERE]


def test_a_batch_goes_from_queued_to_cosigned(filled: Store) -> None:
    with filled.write() as conn:
        queue_five(conn)
        append(SqlLedgerStore(conn), "AA/practice/shared", [act.signed for act in ACTS])
        streams.open_batch(conn, THERE, cover=COVER.hash, positions=range(1, 4), at=20)
        assert states(conn) == ["batched"] * 3 + ["queued"] * 2
        assert streams.due_batches(conn, now=19) == []
        assert (
            streams.due_batches(conn, now=20)
            == streams.open_batches(conn, THERE)
            == [streams.get_batch(conn, COVER.hash)]
        )
        streams.batch_receipted(conn, COVER.hash, RECEIPT.hash, {1: "accepted", 2: "conflict", 3: "duplicate"})
        assert streams.due_batches(conn, now=99) == []
        assert states(conn) == ["receipted"] * 3 + ["queued"] * 2
        assert [row.verdict for row in streams.outbox_rows(conn, THERE, range(1, 4))] == [
            "accepted",
            "conflict",
            "duplicate",
        ]
        assert streams.mark_cosigned(conn, "AA/practice/shared", 2) == 2
        assert streams.mark_cosigned(conn, "AA/practice/shared", 2) == 0
        assert streams.mark_cosigned(conn, "AA/practice/own", 99) == 0
        assert states(conn) == ["cosigned"] * 2 + ["receipted"] + ["queued"] * 2


def test_each_party_settles_only_what_was_sent_to_it(filled: Store) -> None:
    with filled.write() as conn:
        append(SqlLedgerStore(conn), "AA/practice/shared", [ACTS[0].signed])
        for stream, cover in ((THERE, COVER), (ELSEWHERE, LATER_COVER)):
            streams.outbox_put(conn, stream, outgoing(ACTS[:1]), at=10)
            streams.open_batch(conn, stream, cover=cover.hash, positions=range(1, 2), at=20)
            streams.batch_receipted(conn, cover.hash, RECEIPT.hash, {1: "accepted"})
        assert streams.mark_cosigned(conn, "AA/practice/shared", 1, party="B_") == 0
        assert streams.mark_cosigned(conn, "AA/practice/shared", 1, party="BB") == 1
        assert (states(conn), states(conn, ELSEWHERE)) == (["cosigned"], ["receipted"])
        assert streams.mark_cosigned(conn, "AA/practice/shared", 1, party="CC") == 1


def test_a_failed_attempt_is_counted_and_waits(filled: Store) -> None:
    with filled.write() as conn:
        queue_five(conn)
        streams.open_batch(conn, THERE, cover=COVER.hash, positions=range(1, 3), at=20)
        streams.batch_failed(conn, COVER.hash, error="the line is cut", next_try_at=50)
        assert streams.due_batches(conn, now=49) == []
        assert streams.due_batches(conn, now=50) == [
            BatchRow(COVER.hash, THERE, 1, 2, "open", 1, "the line is cut", 50, None)
        ]


def test_a_receipt_that_comes_twice_changes_nothing(filled: Store) -> None:
    with filled.write() as conn:
        queue_five(conn)
        streams.open_batch(conn, THERE, cover=COVER.hash, positions=range(1, 2), at=20)
        streams.batch_receipted(conn, COVER.hash, RECEIPT.hash, {1: "accepted"})
        streams.batch_receipted(conn, COVER.hash, LATER_COVER.hash, {1: "conflict"})
        streams.batch_failed(conn, COVER.hash, error="late failure", next_try_at=50)
        batch = streams.get_batch(conn, COVER.hash)
        (row,) = streams.outbox_rows(conn, THERE, range(1, 2))
    assert batch == BatchRow(COVER.hash, THERE, 1, 1, "receipted", 1, "", 20, RECEIPT.hash)
    assert row.verdict == "accepted"


def test_the_batch_of_a_position_is_found_for_a_receiver_that_sees_a_gap(filled: Store) -> None:
    with filled.write() as conn:
        queue_five(conn)
        streams.open_batch(conn, THERE, cover=COVER.hash, positions=range(1, 3), at=20)
        streams.open_batch(conn, THERE, cover=LATER_COVER.hash, positions=range(3, 5), at=20)
        found = [streams.batch_at(conn, THERE, position) for position in range(1, 6)]
        assert streams.get_batch(conn, name_of("unknown")) is None
        assert streams.batch_at(conn, ELSEWHERE, 1) is None
    assert [batch and batch.cover for batch in found] == [COVER.hash] * 2 + [LATER_COVER.hash] * 2 + [None]


COVERS: dict[str, range] = {
    "nothing": range(1, 1),
    "beyond the queue": range(4, 7),
    "again what is under a cover": range(1, 3),
}


@pytest.mark.parametrize("positions", COVERS.values(), ids=COVERS.keys())
def test_a_cover_over_what_is_not_queued_is_a_wrong_call(positions: range, filled: Store) -> None:
    with filled.write() as conn:
        queue_five(conn)
        streams.open_batch(conn, THERE, cover=COVER.hash, positions=range(1, 2), at=20)
    with pytest.raises(RuntimeError, match="not all queued"), filled.write() as conn:
        streams.open_batch(conn, THERE, cover=LATER_COVER.hash, positions=positions, at=20)
    with filled.read() as conn:
        assert states(conn) == ["batched"] + ["queued"] * 4


# --- receiving ------------------------------------------------------------------------------------------------------


def parcel(position: int, *, act: NewAct | None = None, verdict: str = "accepted", cover: str = "cover 1") -> Parcel:
    hash_ = act.hash if act else name_of(f"quarantined {position}")
    receipt = name_of(f"receipt of {cover}")
    return Parcel(position, hash_, digests_sha([name_of("a")]), verdict, name_of(cover), receipt, 7)


def test_an_unknown_stream_expects_its_first_position(store: Store) -> None:
    with store.read() as conn:
        assert streams.expected(conn, BACK) == 1
        assert streams.inbound(conn) == {}
        assert streams.filed_at(conn, BACK, range(1, 9)) == {}
        assert streams.receipt_for(conn, name_of("cover 1")) is None


def test_what_was_filed_at_a_position_is_told_for_ever(filled: Store) -> None:
    first, second = parcel(1, act=ACTS[0]), parcel(2, verdict="quarantined")
    third = parcel(3, act=ACTS[0], cover="cover 2")
    with filled.write() as conn:
        streams.file_parcels(conn, BACK, [first, second])
        streams.file_parcels(conn, BACK, [])
        streams.file_parcels(conn, BACK, [third])
    with filled.read() as conn:
        assert streams.expected(conn, BACK) == 4
        assert streams.inbound(conn) == {BACK: 4}
        assert streams.filed_at(conn, BACK, range(1, 99)) == {1: first, 2: second, 3: third}
        assert streams.filed_at(conn, BACK, range(2, 3)) == {2: second}
        assert streams.receipt_for(conn, name_of("cover 2")) == name_of("receipt of cover 2")
        assert streams.parcels_of(conn, ACTS[0].hash) == [(BACK, first), (BACK, third)]
        assert streams.parcels_of(conn, name_of("quarantined 2")) == []


OUT_OF_ORDER = {
    "the second first": [2],
    "a position again": [1, 1],
    "a hole": [1, 3],
    "backwards": [2, 1],
    "position zero": [0],
}


@pytest.mark.parametrize("positions", OUT_OF_ORDER.values(), ids=OUT_OF_ORDER.keys())
def test_nothing_is_filed_out_of_order(positions: list[int], filled: Store) -> None:
    with filled.write() as conn:
        with pytest.raises(PositionRefused, match="Position 1"):
            streams.file_parcels(conn, BACK, [parcel(position) for position in positions])
        assert streams.expected(conn, BACK) == 1
        streams.file_parcels(conn, BACK, [parcel(1), parcel(2)])
        assert streams.expected(conn, BACK) == 3


def test_a_cover_of_known_positions_alone_has_its_receipt_noted(store: Store) -> None:
    with store.write() as conn:
        streams.note_receipt(conn, "cover", "first receipt")
        streams.note_receipt(conn, "cover", "second receipt")
        assert streams.receipt_for(conn, "cover") == "first receipt"


@given(st.lists(st.text(alphabet="abcdef", min_size=1, max_size=3)), st.randoms())
def test_the_digest_of_what_was_sent_does_not_depend_on_the_order(digests: list[str], chance: object) -> None:
    shuffled = sorted(digests, key=lambda _digest: chance.random())  # type: ignore[attr-defined]
    assert digests_sha(digests) == digests_sha(shuffled)
    assert digests_sha([*digests, "zz"]) != digests_sha(digests)


def test_held_parcels_are_noted_once_and_forgotten_when_the_stream_arrives(store: Store) -> None:
    ahead = [HeldRow(5, "d5", "cover", 3), HeldRow(4, "d4", "cover", 3)]
    with store.write() as conn:
        assert streams.hold(conn, BACK, ahead) == 2
        assert streams.hold(conn, BACK, [*ahead, HeldRow(5, "other", "cover 2", 4)]) == 1
        assert streams.hold(conn, ELSEWHERE, [HeldRow(1, "d4", "cover", 3)]) == 1
        assert streams.streams_with_gaps(conn) == [ELSEWHERE, BACK]
        assert [(row.position, row.digest) for row in streams.held_rows(conn, BACK)] == [
            (4, "d4"),
            (5, "d5"),
            (5, "other"),
        ]
        assert len(streams.held_rows(conn, BACK, limit=1)) == 1
        assert streams.drop_held(conn, BACK, below=5) == []  # another stream still holds the same bytes
        assert streams.drop_held(conn, BACK, below=6) == ["held/d5", "held/other"]
        assert streams.drop_held(conn, BACK, below=6) == []
        assert streams.drop_held(conn, ELSEWHERE, below=2) == [streams.held_subject("d4")]


def test_a_quarantined_parcel_waits_for_a_person(store: Store) -> None:
    first, second = QuarantineRow(BACK, 3, "d3", 7, "signature", 20), QuarantineRow(BACK, 2, "d2", 9, "digest", 10)
    with store.write() as conn:
        streams.put_quarantine(conn, [first, second])
        assert streams.quarantined(conn) == [second, first]
        assert streams.settle_quarantine(conn, BACK, 2, by="decision", at=30)
        assert not streams.settle_quarantine(conn, BACK, 2, by="another", at=40)
        assert not streams.settle_quarantine(conn, BACK, 99, by="nobody", at=40)
        assert streams.quarantined(conn) == [first]
        assert streams.quarantined(conn, settled=True) == [second._replace(settled_at=30, settled_by="decision")]
    assert streams.quarantine_subject(BACK, 2) == "quarantine/practice/BB/TWO/AA/ONE/2"


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 4), st.booleans()), max_size=15))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_arrives_in_whatever_order_the_stream_is_gap_free(
    tmp_path_factory: pytest.TempPathFactory, arrivals: list[tuple[int, int, bool]]
) -> None:
    """Runs of parcels that begin before, at or behind the expected position; some transactions are rolled back."""
    filed = 0
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('streams') / 'node.db'}") as store:
        for back, length, commits in arrivals:
            first = max(1, filed + 2 - back)
            rows = [parcel(position) for position in range(first, first + length)]
            with store.write() if commits else rolled_back(store) as conn:
                if first == filed + 1:
                    streams.file_parcels(conn, BACK, rows)
                else:
                    with pytest.raises(PositionRefused):
                        streams.file_parcels(conn, BACK, rows)
            filed += length if commits and first == filed + 1 else 0
            with store.read() as conn:
                assert list(streams.filed_at(conn, BACK, range(999))) == list(range(1, filed + 1))
                assert streams.expected(conn, BACK) == filed + 1


@pytest.mark.parametrize("statement", ["_COSIGN", "_COSIGN_OF", "_QUEUED", "_SAY", "_COVER", "_AT"])
def test_what_is_sent_costs_the_same_however_much_was_sent_before(statement: str, tmp_path: Path) -> None:
    """No statement of a batch walks through the outbox: each is found by an index, from where it begins."""
    with Store.open(f"sqlite:///{tmp_path / 'node.db'}") as store, store.read() as conn:
        compiled = getattr(streams, statement).compile(dialect=conn.dialect)
        values = tuple(compiled.params[name] or 1 for name in compiled.positiontup)
        steps = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values)]
    found = [step for step in steps if " outbox " in f"{step} "]
    assert found
    assert all("SEARCH" in step and ("state=?" in step or "position>" in step) for step in found), found
