# SPDX-License-Identifier: Apache-2.0
"""The rules of the ledger's port, held by the store in memory and by the store in SQL alike, and what SQL adds."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count

import pytest
import sqlalchemy as sa

from paridad.ledger import log
from paridad.ledger.errors import CheckpointConflict, HeadMoved, LeafConflict, LeafMissing, RootMismatch
from paridad.ledger.merkle import leaf_hash, verify_inclusion
from paridad.ledger.port import EMPTY_HEAD, Head, LedgerStore, TileWrite, Witnessed, WitnessStore
from paridad.store.acts import put_acts
from paridad.store.engine import Store
from paridad.store.ledger import (
    Place,
    SqlLedgerStore,
    cosignatures_of,
    cosigned_size,
    held_from,
    indexes_of,
    origins,
    places,
    put_cosignature,
)
from paridad.store.tables import acts, leaves
from support.memory_ledger import MemoryLedgerStore, log_signer
from support.store_acts import an_act, rolled_back

ORIGIN = "AA/practice/shared"
ACTS = [an_act(f"leaf {n}") for n in range(600)]
ENTRIES = [act.signed for act in ACTS]
HASHES = [leaf_hash(entry) for entry in ENTRIES]

Both = LedgerStore | WitnessStore
Transaction = Callable[[], AbstractContextManager[SqlLedgerStore]]


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def transaction(request: pytest.FixtureRequest) -> Transaction:
    """Return what begins a transaction over a ledger store of each kind, with the acts of all leaves filed."""
    if request.param == "memory":
        memory = MemoryLedgerStore()

        @contextmanager
        def in_memory() -> Iterator[MemoryLedgerStore]:
            yield memory

        return in_memory  # type: ignore[return-value]
    store: Store = request.getfixturevalue(f"{request.param}_with_acts")

    @contextmanager
    def in_sql() -> Iterator[SqlLedgerStore]:
        with store.write() as conn:
            yield SqlLedgerStore(conn)

    return in_sql


@pytest.fixture
def sqlite_with_acts(sqlite_store: Store) -> Store:
    with sqlite_store.write() as conn:
        put_acts(conn, ACTS, ours=True, at=1)
    return sqlite_store


@pytest.fixture
def postgres_with_acts(request: pytest.FixtureRequest) -> Iterator[Store]:
    with Store.open(request.getfixturevalue("postgres_server").fresh()) as store:
        with store.write() as conn:
            put_acts(conn, ACTS, ours=True, at=1)
        yield store


def head_of(size: int) -> Head:
    return Head(size, bytes([size % 256]) * 32)


def append(store: LedgerStore, before: Head, size: int) -> Head:
    after = head_of(before.size + size)
    here = slice(before.size, after.size)
    store.append(ORIGIN, ENTRIES[here], HASHES[here], [], expected=before, after=after)
    return after


def test_an_unknown_log_is_empty(transaction: Transaction) -> None:
    with transaction() as store:
        assert store.head(ORIGIN) == EMPTY_HEAD
        assert store.held(ORIGIN) == 0
        assert store.entries(ORIGIN, 0, 0) == []
        assert store.tile(ORIGIN, 0, 0) == b""
        assert store.checkpoint(ORIGIN) is None
        assert store.checkpoint(ORIGIN, 0) is None
        assert store.witnessed(ORIGIN) is None
        assert list(store.evidence(ORIGIN)) == []


def test_what_is_appended_is_read_back_to_the_byte(transaction: Transaction) -> None:
    with transaction() as store:
        append(store, append(store, EMPTY_HEAD, 2), 3)
    with transaction() as store:
        assert store.head(ORIGIN) == head_of(5)
        assert list(store.entries(ORIGIN, 1, 5)) == ENTRIES[1:5]
        assert store.held(ORIGIN) == 5


WRONG_HEADS = {
    "another size": Head(1, head_of(2).root),
    "another root": Head(2, bytes(32)),
    "an empty log": EMPTY_HEAD,
    "a later head": head_of(3),
}


@pytest.mark.parametrize("expected", WRONG_HEADS.values(), ids=WRONG_HEADS.keys())
def test_whoever_lost_the_race_is_told_and_nothing_changes(expected: Head, transaction: Transaction) -> None:
    with transaction() as store:
        append(store, EMPTY_HEAD, 2)
        with pytest.raises(HeadMoved):
            append(store, expected, 2)
        assert store.head(ORIGIN) == head_of(2)
        assert store.held(ORIGIN) == 2
        append(store, head_of(2), 1)


def test_a_head_behind_its_leaves_is_brought_up_with_the_same_call(transaction: Transaction) -> None:
    with transaction() as store:
        store.hold(ORIGIN, 0, ENTRIES[:3], HASHES[:3])
        assert (store.head(ORIGIN), store.held(ORIGIN)) == (EMPTY_HEAD, 3)
        append(store, EMPTY_HEAD, 4)
        assert (store.head(ORIGIN), store.held(ORIGIN)) == (head_of(4), 4)


def test_another_leaf_at_a_known_index_is_refused_and_nothing_of_the_call_is_kept(transaction: Transaction) -> None:
    with transaction() as store:
        store.hold(ORIGIN, 2, ENTRIES[2:3], HASHES[2:3])
        store.hold(ORIGIN, 2, ENTRIES[2:3], HASHES[2:3])
        with pytest.raises(LeafConflict):
            store.hold(ORIGIN, 1, [ENTRIES[1], ENTRIES[7]], [HASHES[1], HASHES[7]])
        with pytest.raises(LeafConflict):
            store.append(ORIGIN, ENTRIES[4:7], HASHES[4:7], [], expected=EMPTY_HEAD, after=head_of(3))
        assert (store.head(ORIGIN), store.held(ORIGIN)) == (EMPTY_HEAD, 0)
        with pytest.raises(LeafMissing):
            store.entries(ORIGIN, 1, 3)


ARRIVALS: dict[str, tuple[list[int], int]] = {
    "in order": ([0, 1, 2], 3),
    "without the first": ([1, 2], 0),
    "with a hole": ([0, 1, 3], 2),
    "with two holes": ([0, 2, 4], 1),
    "the last first": ([3, 2, 1, 0], 4),
}


@pytest.mark.parametrize(("order", "held"), ARRIVALS.values(), ids=ARRIVALS.keys())
def test_held_counts_up_to_the_first_hole(order: list[int], held: int, transaction: Transaction) -> None:
    with transaction() as store:
        store.hold("another log", 0, ENTRIES[:9], HASHES[:9])
        for index in order:
            store.hold(ORIGIN, index, [ENTRIES[index]], [HASHES[index]])
        assert store.held(ORIGIN) == held
        assert [store.held(ORIGIN, since) for since in range(held + 1)] == [held] * (held + 1)


def test_a_missing_leaf_is_named(transaction: Transaction) -> None:
    with transaction() as store:
        append(store, EMPTY_HEAD, 2)
        with pytest.raises(LeafMissing, match="missing"):
            store.entries(ORIGIN, 1, 3)


def test_a_wider_tile_replaces_the_narrower(transaction: Transaction) -> None:
    with transaction() as store:
        narrow, wide = (
            [TileWrite(0, 0, HASHES[0])],
            [TileWrite(0, 0, HASHES[0] + HASHES[1]), TileWrite(1, 0, bytes(32))],
        )
        store.append(ORIGIN, ENTRIES[:1], HASHES[:1], narrow, expected=EMPTY_HEAD, after=head_of(1))
        store.append(ORIGIN, ENTRIES[1:2], HASHES[1:2], wide, expected=head_of(1), after=head_of(2))
        assert store.tile(ORIGIN, 0, 0) == HASHES[0] + HASHES[1]
        assert store.tile(ORIGIN, 1, 0) == bytes(32)
        assert store.tile(ORIGIN, 0, 1) == b""


CHECKPOINTS: dict[str, tuple[bytes, bytes, bool]] = {
    "the same note again": (b"r" * 32, b"note\nline\n", True),
    "the same note with more lines": (b"r" * 32, b"note\nline\nmore\n", True),
    "another root": (b"x" * 32, b"note\nline\n", False),
    "a note that lost a line": (b"r" * 32, b"note\n", False),
    "another note": (b"r" * 32, b"other\nline\n", False),
}


@pytest.mark.parametrize(("root", "note", "kept"), CHECKPOINTS.values(), ids=CHECKPOINTS.keys())
def test_a_checkpoint_of_a_size_has_one_root_for_ever(
    root: bytes, note: bytes, kept: bool, transaction: Transaction
) -> None:
    with transaction() as store:
        store.save_checkpoint(ORIGIN, 7, b"r" * 32, b"note\nline\n")
        if kept:
            store.save_checkpoint(ORIGIN, 7, root, note)
        else:
            with pytest.raises(CheckpointConflict):
                store.save_checkpoint(ORIGIN, 7, root, note)
        assert store.checkpoint(ORIGIN, 7) == (note if kept else b"note\nline\n")


def test_the_latest_checkpoint_is_the_largest(transaction: Transaction) -> None:
    with transaction() as store:
        for size in (9, 10, 3):
            store.save_checkpoint(ORIGIN, size, bytes(32), b"%d" % size)
        assert store.checkpoint(ORIGIN) == b"10"
        assert store.checkpoint(ORIGIN, 3) == b"3"
        assert store.checkpoint(ORIGIN, 4) is None
        assert store.checkpoint("another log") is None


REPLACEMENTS: dict[str, tuple[int | None, int, bytes, bool]] = {
    "a larger tree from what is stored": (5, 8, b"n" * 32, True),
    "the same tree again": (5, 5, b"r" * 32, True),
    "another root of the same size": (5, 5, b"n" * 32, False),
    "from a size that is not stored": (4, 8, b"n" * 32, False),
    "first contact when there was one": (None, 8, b"n" * 32, False),
}


@pytest.mark.parametrize(("expected", "size", "root", "replaced"), REPLACEMENTS.values(), ids=REPLACEMENTS.keys())
def test_witnessing_compares_and_stores_in_one_step(
    expected: int | None, size: int, root: bytes, replaced: bool, transaction: Transaction
) -> None:
    with transaction() as store:
        assert store.replace_witnessed(ORIGIN, None, 5, b"r" * 32, b"first")
        assert store.replace_witnessed(ORIGIN, expected, size, root, b"second") is replaced
        stored = Witnessed(size, root, b"second") if replaced else Witnessed(5, b"r" * 32, b"first")
        assert store.witnessed(ORIGIN) == stored
        assert store.witnessed(ORIGIN, "mirror") is None


def test_witness_and_mirror_remember_apart(transaction: Transaction) -> None:
    with transaction() as store:
        assert store.replace_witnessed(ORIGIN, None, 9, b"w" * 32, b"w")
        assert not store.replace_witnessed(ORIGIN, 9, 9, b"w" * 32, b"m", role="mirror")
        assert store.replace_witnessed(ORIGIN, None, 4, b"m" * 32, b"m", role="mirror")
        assert store.witnessed(ORIGIN, "mirror") == Witnessed(4, b"m" * 32, b"m")
        assert store.witnessed(ORIGIN) == Witnessed(9, b"w" * 32, b"w")


def test_a_witness_never_goes_back(transaction: Transaction) -> None:
    with transaction() as store:
        store.replace_witnessed(ORIGIN, None, 9, b"w" * 32, b"w")
        with pytest.raises(ValueError, match=r"back|smaller|less|size"):
            store.replace_witnessed(ORIGIN, 9, 8, b"w" * 32, b"w")


def test_evidence_is_kept_once_and_in_order(transaction: Transaction) -> None:
    with transaction() as store:
        for what in (b"zulu", b"alpha", b"zulu"):
            store.keep_evidence(ORIGIN, what)
        store.keep_evidence("another log", b"other")
        assert list(store.evidence(ORIGIN)) == [b"zulu", b"alpha"]


def test_a_log_over_the_store_proves_signs_and_reconciles(transaction: Transaction) -> None:
    """The whole of `paridad.ledger.log` over each store, in uneven groups across tile borders."""
    signer, sizes = log_signer(ORIGIN), count(1)
    with transaction() as store:
        at = 0
        while at < len(ENTRIES):
            step = next(sizes) * 9
            assert log.append(store, ORIGIN, ENTRIES[at : at + step]) == range(at, min(at + step, len(ENTRIES)))
            at += step
            assert log.sign_head(store, ORIGIN, signer, 1_790_000_000)
        head = store.head(ORIGIN)
        for index in (0, 255, 256, 599):
            verify_inclusion(HASHES[index], index, 600, log.prove(store, ORIGIN, index, 600), head.root)
        assert log.full_recompute(store, ORIGIN) == head
        assert log.reconcile(store, ORIGIN).extended == 0


# --- what SQL adds --------------------------------------------------------------------------------------------------


def test_a_leaf_without_its_act_is_refused(store: Store) -> None:
    with pytest.raises(sa.exc.IntegrityError), store.write() as conn:
        log.append(SqlLedgerStore(conn), ORIGIN, [ENTRIES[0]])


def test_a_rolled_back_append_leaves_no_trace(store: Store) -> None:
    with rolled_back(store) as conn:
        put_acts(conn, ACTS[:3], ours=True, at=1)
        log.append(SqlLedgerStore(conn), ORIGIN, ENTRIES[:3])
    with store.write() as conn:
        ledger = SqlLedgerStore(conn)
        assert (ledger.head(ORIGIN), ledger.held(ORIGIN), ledger.tile(ORIGIN, 0, 0)) == (EMPTY_HEAD, 0, b"")
        assert conn.execute(sa.select(sa.func.count()).select_from(leaves)).scalar_one() == 0


def test_a_changed_byte_in_the_store_is_seen_before_anything_is_signed(store: Store) -> None:
    with store.write() as conn:
        put_acts(conn, ACTS[:20], ours=True, at=1)
        log.append(SqlLedgerStore(conn), ORIGIN, ENTRIES[:20])
    with store.write() as conn:
        turned = bytes([ENTRIES[7][0] ^ 1]) + ENTRIES[7][1:]
        conn.execute(sa.update(acts).where(acts.c.hash == ACTS[7].hash).values(signed=turned))
        with pytest.raises(RootMismatch):
            log.sign_head(SqlLedgerStore(conn), ORIGIN, log_signer(ORIGIN), 1)


def test_an_act_knows_its_places(store: Store) -> None:
    with store.write() as conn:
        put_acts(conn, ACTS[:4], ours=True, at=1)
        ledger = SqlLedgerStore(conn)
        log.append(ledger, ORIGIN, ENTRIES[:3])
        ledger.hold("BB/practice/shared", 41, ENTRIES[1:2], HASHES[1:2])
    with store.read() as conn:
        assert places(conn, ACTS[1].hash) == [Place(ORIGIN, 1), Place("BB/practice/shared", 41)]
        assert places(conn, ACTS[3].hash) == []
        assert indexes_of(conn, ORIGIN, [act.hash for act in ACTS[1:5]]) == {ACTS[1].hash: 1, ACTS[2].hash: 2}
        assert held_from(conn, ORIGIN, 1, limit=9) == {1: ACTS[1].hash, 2: ACTS[2].hash}
        assert held_from(conn, ORIGIN, 0, limit=2) == {0: ACTS[0].hash, 1: ACTS[1].hash}
        assert held_from(conn, ORIGIN, 3, limit=9) == {}
        assert {origin: head.size for origin, head in origins(conn).items()} == {ORIGIN: 3}


def test_cosignatures_are_kept_by_size_and_cosigner(store: Store) -> None:
    with store.write() as conn:
        put_cosignature(conn, ORIGIN, 5, "BB/practice/witness", b"first", at=1)
        put_cosignature(conn, ORIGIN, 5, "BB/practice/witness", b"again", at=2)
        put_cosignature(conn, ORIGIN, 9, "BB/practice/witness", b"later", at=3)
        put_cosignature(conn, ORIGIN, 9, "CC/practice/witness", b"third", at=3)
    with store.read() as conn:
        assert cosigned_size(conn, ORIGIN, "BB/practice/witness") == 9
        assert cosigned_size(conn, ORIGIN, "DD/practice/witness") == 0
        assert cosignatures_of(conn, ORIGIN, 5) == {"BB/practice/witness": b"first"}
        assert cosignatures_of(conn, ORIGIN, 9) == {"BB/practice/witness": b"later", "CC/practice/witness": b"third"}
