# SPDX-License-Identifier: Apache-2.0
"""One log: append, sign, prove, start up; and what it does when the store or the disk lies."""

from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from paridad.ledger.checkpoint import Checkpoint, cosign, open_checkpoint, sign_checkpoint, verify_cosignature
from paridad.ledger.errors import (
    CheckpointConflict,
    HeadMoved,
    LeafConflict,
    LeafMissing,
    LedgerError,
    NoteRefused,
    ProofRefused,
    RootMismatch,
    TileRefused,
    UnknownState,
)
from paridad.ledger.log import (
    CHUNK,
    Settled,
    add_cosignature,
    append,
    catch_up,
    compare_with_witness,
    consistency,
    full_recompute,
    prove,
    recompute,
    reconcile,
    resource,
    sign_head,
    view,
)
from paridad.ledger.merkle import leaf_hash, root_of, verify_consistency, verify_inclusion
from paridad.ledger.note import read_note
from paridad.ledger.port import EMPTY_HEAD, Head, TileWrite
from paridad.ledger.tiles import read_bundle
from support.memory_ledger import MemoryLedgerStore, StoreUnavailable, cosigner, log_signer

ORIGIN = "ALFA/prueba/shared"
LOG = log_signer(ORIGIN)
WITNESS = cosigner("BETA/prueba/witness")
TIME = 1_700_000_000
ENTRIES = [b"act %d" % number for number in range(700)]


def log_of(size: int, signed: int | None = None) -> MemoryLedgerStore:
    """Return a store with a log of a size, signed at an earlier size if one is given."""
    store = MemoryLedgerStore()
    if signed is not None:
        append(store, ORIGIN, ENTRIES[:signed])
        sign_head(store, ORIGIN, LOG, TIME)
    append(store, ORIGIN, ENTRIES[signed or 0 : size])
    return store


def test_a_group_gets_the_next_indexes() -> None:
    """Index = size of the head + place in the group; an empty group writes nothing."""
    store = MemoryLedgerStore()
    assert append(store, ORIGIN, ENTRIES[:3]) == range(3)
    assert append(store, ORIGIN, []) == range(3, 3)
    assert append(store, ORIGIN, ENTRIES[3:5]) == range(3, 5)
    assert store.writes == 2
    assert store.head(ORIGIN) == Head(5, root_of(ENTRIES[:5]))
    assert store.head("ALFA/prueba/own") == EMPTY_HEAD


def test_an_entry_that_could_not_be_served_is_not_logged() -> None:
    """65,535 bytes fit into a bundle, 65,536 do not."""
    store = MemoryLedgerStore()
    append(store, ORIGIN, [b"x" * 65_535])
    for entry in (b"x" * 65_536, b""):
        with pytest.raises(TileRefused):
            append(store, ORIGIN, [b"good", entry])
    assert store.head(ORIGIN).size == store.held(ORIGIN) == 1


def test_who_lost_the_race_is_told_and_nothing_changes() -> None:
    """The store compares the head that the group was computed for."""
    store = log_of(5)
    before = store.digest()
    with pytest.raises(HeadMoved):
        store.append(ORIGIN, [b"a"], [leaf_hash(b"a")], [], expected=Head(4, root_of(ENTRIES[:4])), after=Head(5, b""))
    with pytest.raises(HeadMoved):
        store.append(ORIGIN, [b"a"], [leaf_hash(b"a")], [], expected=Head(5, bytes(32)), after=Head(6, b""))
    assert store.digest() == before


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 700])
@pytest.mark.parametrize("signed", [None, 0, 1, 200, 256])
def test_a_head_is_signed_after_its_root_was_recomputed(size: int, signed: int | None) -> None:
    """Whatever was signed before, the checkpoint carries the root of the definition, and is stored."""
    if signed is not None and signed > size:
        return
    store = log_of(size, signed)
    note = sign_head(store, ORIGIN, LOG, TIME + 60)
    seen = open_checkpoint(note, log_keys=[LOG.public])
    assert seen.checkpoint == Checkpoint(ORIGIN, size, root_of(ENTRIES[:size]))
    assert store.checkpoint(ORIGIN) == store.checkpoint(ORIGIN, size) == note
    assert full_recompute(store, ORIGIN) == store.head(ORIGIN)


def test_a_size_is_signed_once() -> None:
    """Asked again, later, with other randomness: the stored bytes."""
    store = log_of(12)
    note = sign_head(store, ORIGIN, LOG, TIME)
    assert sign_head(store, ORIGIN, LOG, TIME + 1000) == note
    assert sign_checkpoint(Checkpoint(ORIGIN, 12, root_of(ENTRIES[:12])), LOG, TIME) != note
    append(store, ORIGIN, [b"more"])
    assert sign_head(store, ORIGIN, LOG, TIME + 1001) != note
    assert store.checkpoint(ORIGIN, 12) == note


def test_a_head_that_went_back_gets_its_old_signature_or_none() -> None:
    """A size that was signed is answered with its stored bytes, however far the log was signed since."""
    store = MemoryLedgerStore()
    for size in (7, 12):
        append(store, ORIGIN, ENTRIES[store.head(ORIGIN).size : size])
        sign_head(store, ORIGIN, LOG, TIME)
    other = log_signer("ALFA/prueba/own")
    append(store, other.name, [b"x"] * 7)
    sign_head(store, other.name, other, TIME)
    store.heads[ORIGIN] = Head(7, root_of(ENTRIES[:7]))
    assert sign_head(store, ORIGIN, LOG, TIME + 1) == store.checkpoint(ORIGIN, 7)
    store.heads[ORIGIN] = Head(7, bytes(32))
    with pytest.raises(RootMismatch, match="leaves 0 to 7 "):
        sign_head(store, ORIGIN, LOG, TIME + 1)
    store.heads[ORIGIN] = Head(8, root_of(ENTRIES[:8]))
    with pytest.raises(UnknownState, match=f"{ORIGIN}: a size of 12 is on record and only 8"):
        sign_head(store, ORIGIN, LOG, TIME + 1)


def test_a_checkpoint_is_stored_before_it_is_shown() -> None:
    """The answer that was lost is found again; the one never stored was never signed for anyone."""
    store = log_of(12)
    store.fail = "before"
    with pytest.raises(StoreUnavailable):
        sign_head(store, ORIGIN, LOG, TIME)
    assert store.checkpoint(ORIGIN) is None
    store.fail = "after"
    with pytest.raises(StoreUnavailable):
        sign_head(store, ORIGIN, LOG, TIME)
    assert sign_head(store, ORIGIN, LOG, TIME + 9) == store.checkpoint(ORIGIN)


def test_a_log_signs_under_its_own_name_only() -> None:
    """The signer of another log is refused, and nothing is stored."""
    store = log_of(12)
    with pytest.raises(NoteRefused):
        sign_head(store, ORIGIN, log_signer("ALFA/prueba/own"), TIME)
    assert store.checkpoint(ORIGIN) is None


Damage = Callable[[MemoryLedgerStore], object]


def flip_leaf(index: int) -> Damage:
    """Return what flips one bit of a leaf."""
    return lambda store: store.leaves.update({(ORIGIN, index): _flip(store.leaves[ORIGIN, index])})


def flip_tile(level: int, index: int, at: int = 0) -> Damage:
    """Return what flips one bit of a tile."""
    return lambda store: store.tiles.update({(ORIGIN, level, index): _flip(store.tiles[ORIGIN, level, index], at)})


def _flip(data: bytes, at: int = 0) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


DAMAGES: dict[str, tuple[Damage, type[LedgerError]]] = {
    "a bit of the newest leaf": (flip_leaf(699), RootMismatch),
    "a bit of the first leaf since the last signature": (flip_leaf(300), RootMismatch),
    "a leaf that vanished": (lambda store: store.leaves.pop((ORIGIN, 600)), LeafMissing),
    "a bit of the root of the head": (
        lambda store: store.heads.update({ORIGIN: Head(700, _flip(store.heads[ORIGIN].root))}),
        RootMismatch,
    ),
    "a head that is too large": (
        lambda store: store.heads.update({ORIGIN: Head(701, store.heads[ORIGIN].root)}),
        LeafMissing,
    ),
    "a head that is too small": (
        lambda store: store.heads.update({ORIGIN: Head(699, store.heads[ORIGIN].root)}),
        RootMismatch,
    ),
    "a head behind what was signed": (
        lambda store: store.heads.update({ORIGIN: Head(299, root_of(ENTRIES[:299]))}),
        UnknownState,
    ),
    "a bit of a tile of new leaves": (flip_tile(0, 2), RootMismatch),
    "a bit of a full tile of new leaves": (flip_tile(0, 1, 8191), RootMismatch),
    "a bit of the tile above": (flip_tile(1, 0, 32), RootMismatch),
    "a bit of the tiles that were signed for": (flip_tile(1, 0), RootMismatch),
    "a bit of a partial tile that was signed for": (flip_tile(0, 1, 5), RootMismatch),
    "a tile that vanished": (lambda store: store.tiles.pop((ORIGIN, 0, 2)), LeafMissing),
    "a tile that was cut": (
        lambda store: store.tiles.update({(ORIGIN, 0, 2): store.tiles[ORIGIN, 0, 2][:-32]}),
        LeafMissing,
    ),
}


@pytest.mark.parametrize(("damage", "error"), DAMAGES.values(), ids=DAMAGES.keys())
def test_damage_before_signing_leaves_no_signature(damage: Damage, error: type[LedgerError]) -> None:
    """One flipped bit, signed, ends a ledger: it is seen before, and nothing is stored."""
    store = log_of(700, signed=300)
    damage(store)
    before = store.digest()
    with pytest.raises(error):
        sign_head(store, ORIGIN, LOG, TIME)
    assert store.digest() == before


def test_an_undamaged_log_is_signed() -> None:
    """The positive control of the table above."""
    store = log_of(700, signed=300)
    assert open_checkpoint(sign_head(store, ORIGIN, LOG, TIME), log_keys=[LOG.public]).checkpoint.size == 700


def test_the_mismatch_names_the_leaves() -> None:
    """So that the operator knows where to look."""
    store = log_of(700, signed=300)
    flip_leaf(613)(store)
    with pytest.raises(RootMismatch, match="leaves 613 to 614"):
        sign_head(store, ORIGIN, LOG, TIME)
    store = log_of(700, signed=300)
    flip_tile(1, 0)(store)
    with pytest.raises(RootMismatch, match="leaves 0 to 300 "):
        sign_head(store, ORIGIN, LOG, TIME)
    store = log_of(700, signed=300)
    store.heads[ORIGIN] = Head(700, bytes(32))
    with pytest.raises(RootMismatch, match="leaves 300 to 700 "):
        sign_head(store, ORIGIN, LOG, TIME)


def test_a_size_signed_with_another_root_stops_everything() -> None:
    """The head was changed after it was signed."""
    store = log_of(12, signed=12)
    store.heads[ORIGIN] = Head(12, bytes(32))
    with pytest.raises(RootMismatch):
        sign_head(store, ORIGIN, LOG, TIME)


@pytest.mark.parametrize("index", range(0, 700, 53))
def test_the_full_recomputation_sees_every_flipped_leaf(index: int) -> None:
    """Also below the last signature, where signing trusts what was vouched for."""
    store = log_of(700, signed=700)
    flip_leaf(index)(store)
    with pytest.raises(RootMismatch):
        full_recompute(store, ORIGIN)


def test_the_full_recomputation_sees_every_flipped_tile() -> None:
    """Every tile of every level, and the root of the head."""
    for level, index in [(0, 0), (0, 1), (0, 2), (1, 0)]:
        store = log_of(700)
        assert full_recompute(store, ORIGIN).size == 700
        flip_tile(level, index)(store)
        with pytest.raises(RootMismatch):
            full_recompute(store, ORIGIN)
    store = log_of(700)
    store.heads[ORIGIN] = Head(700, bytes(32))
    with pytest.raises(RootMismatch, match="leaves 0 to 700 "):
        full_recompute(store, ORIGIN)
    assert full_recompute(MemoryLedgerStore(), ORIGIN) == EMPTY_HEAD


def test_the_full_recomputation_names_the_leaves_of_a_bad_tile() -> None:
    """On every level of a tree of three levels."""
    store = MemoryLedgerStore()
    append(store, ORIGIN, [b"%d" % number for number in range(70_000)])
    sound = dict(store.tiles)
    assert full_recompute(store, ORIGIN).size == 70_000
    for level, index, leaves in [(0, 3, "768 to 1024"), (1, 1, "65536 to 131072"), (2, 0, "0 to 16777216")]:
        flip_tile(level, index)(store)
        with pytest.raises(RootMismatch, match=f"leaves {leaves} "):
            full_recompute(store, ORIGIN)
        store.tiles = dict(sound)


def test_proofs_of_the_log_verify() -> None:
    """Inclusion and consistency, for the head and for earlier sizes."""
    store = log_of(700)
    for size in (1, 256, 300, 700):
        root = root_of(ENTRIES[:size])
        for index in range(0, size, 97):
            verify_inclusion(leaf_hash(ENTRIES[index]), index, size, prove(store, ORIGIN, index, size), root)
        verify_consistency(size, 700, consistency(store, ORIGIN, size, 700), root, store.head(ORIGIN).root)
    assert consistency(store, ORIGIN, 0, 700) == []
    with pytest.raises(ProofRefused):
        prove(store, ORIGIN, 700, 700)
    with pytest.raises(LeafMissing):
        prove(store, ORIGIN, 700, 701)


STATES: dict[str, tuple[int, int, int | None]] = {
    "equal: go on": (12, 12, 0),
    "empty: go on": (0, 0, 0),
    "behind by one: extend": (12, 13, 1),
    "behind from nothing: extend": (0, 300, 300),
    "ahead: stop": (12, 11, None),
}


@pytest.mark.parametrize(("head", "leaves", "extended"), STATES.values(), ids=STATES.keys())
def test_start_up_knows_where_it_stands(head: int, leaves: int, extended: int | None) -> None:
    """Equal, behind, ahead: a different answer each; the last one touches nothing."""
    store = log_of(head)
    store.hold(ORIGIN, head, ENTRIES[head:leaves], [leaf_hash(entry) for entry in ENTRIES[head:leaves]])
    for index in range(leaves, head):
        del store.leaves[ORIGIN, index]
    before = store.digest()
    if extended is None:
        with pytest.raises(UnknownState, match=f"{ORIGIN}: a size of 12 is on record and only 11"):
            reconcile(store, ORIGIN)
        assert store.digest() == before
        return
    assert reconcile(store, ORIGIN) == Settled(Head(leaves, root_of(ENTRIES[:leaves])), extended)
    assert reconcile(store, ORIGIN).extended == 0
    assert store.tiles == log_of(leaves).tiles


def test_reconciling_extends_in_pieces_and_finds_bad_tiles() -> None:
    """Memory stays flat; a head that its own tiles do not give is not extended."""
    store, size = MemoryLedgerStore(), CHUNK + 3
    entries = [b"%d" % number for number in range(size)]
    store.hold(ORIGIN, 0, entries, [leaf_hash(entry) for entry in entries])
    assert reconcile(store, ORIGIN).head == Head(size, root_of(entries))
    assert store.writes == 3
    assert full_recompute(store, ORIGIN).size == size
    flip_tile(0, size // 256)(store)
    with pytest.raises(RootMismatch, match=f"leaves 0 to {size} "):
        reconcile(store, ORIGIN)


def test_catching_up_counts_only_from_the_head_on() -> None:
    """What start-up counted is not counted again: a leaf below the head may be gone, start-up sees it."""
    store = log_of(12)
    del store.leaves[ORIGIN, 3]
    store.hold(ORIGIN, 12, ENTRIES[12:14], [leaf_hash(entry) for entry in ENTRIES[12:14]])
    assert catch_up(store, ORIGIN) == Settled(Head(14, root_of(ENTRIES[:14])), 2)
    assert catch_up(store, ORIGIN).extended == 0
    with pytest.raises(UnknownState, match=f"{ORIGIN}: a size of 14 is on record and only 3"):
        reconcile(store, ORIGIN)


@pytest.mark.parametrize("fail", ["before", "after"])
def test_a_lost_answer_is_found_at_start_up(fail: str) -> None:
    """Written or not, the group is in the log once after start-up and a repetition of what is missing."""
    store = log_of(5)
    store.fail = fail  # type: ignore[assignment]
    with pytest.raises(StoreUnavailable):
        append(store, ORIGIN, ENTRIES[5:9])
    size = reconcile(store, ORIGIN).head.size
    assert size == {"before": 5, "after": 9}[fail]
    append(store, ORIGIN, ENTRIES[size:9])
    assert store.head(ORIGIN) == Head(9, root_of(ENTRIES[:9]))


def test_a_restored_backup_is_noticed_before_the_first_signature() -> None:
    """The witness is ahead of us, or saw something else: no signature; equal or behind: go on."""
    store = log_of(12)
    seen = open_checkpoint(sign_head(store, ORIGIN, LOG, TIME), log_keys=[LOG.public])
    compare_with_witness(store, ORIGIN, seen)
    compare_with_witness(log_of(13), ORIGIN, seen)
    with pytest.raises(UnknownState, match=f"{ORIGIN}: a size of 12 is on record and only 7"):
        compare_with_witness(log_of(7), ORIGIN, seen)
    other = MemoryLedgerStore()
    append(other, ORIGIN, [b"another"] * 12)
    with pytest.raises(UnknownState, match="another history"):
        compare_with_witness(other, ORIGIN, seen)


def test_cosignatures_are_verified_and_kept_with_the_checkpoint() -> None:
    """Lines of others are dropped; the first of each cosigner is kept; a later one is verified."""
    store = log_of(12)
    note = sign_head(store, ORIGIN, LOG, TIME)
    seen = open_checkpoint(note, log_keys=[LOG.public])
    mirror = cosigner("BETA/prueba/mirror")
    answer = cosign(seen, WITNESS, TIME + 1) + cosign(seen, mirror, TIME + 1)
    assert add_cosignature(store, ORIGIN, 12, answer, WITNESS.public).time == TIME + 1
    kept = store.checkpoint(ORIGIN, 12)
    assert kept is not None
    assert kept.startswith(note)
    assert len(read_note(kept).signatures) == 4
    assert add_cosignature(store, ORIGIN, 12, cosign(seen, WITNESS, TIME + 9), WITNESS.public).time == TIME + 9
    assert store.checkpoint(ORIGIN, 12) == kept
    assert add_cosignature(store, ORIGIN, 12, cosign(seen, mirror, TIME + 2), mirror.public).cosigner == mirror.name
    assert verify_cosignature(store.checkpoint(ORIGIN, 12) or b"", WITNESS.public).time == TIME + 1


def test_a_cosignature_of_something_else_is_refused() -> None:
    """Half of one, one over another size, one of a stranger; nothing is stored."""
    store = log_of(13, signed=12)
    sign_head(store, ORIGIN, LOG, TIME)
    older = open_checkpoint(store.checkpoint(ORIGIN, 12) or b"", log_keys=[LOG.public])
    good = cosign(older, WITNESS, TIME)
    before = store.digest()
    for size, lines in [
        (13, good),
        (12, good.splitlines(keepends=True)[0]),
        (12, cosign(older, cosigner(WITNESS.name, 1), TIME)),
        (12, b""),
    ]:
        with pytest.raises(NoteRefused):
            add_cosignature(store, ORIGIN, size, lines, WITNESS.public)
    assert store.digest() == before
    with pytest.raises(RuntimeError, match="no checkpoint"):
        add_cosignature(store, ORIGIN, 5, good, WITNESS.public)


def test_tiles_and_bundles_are_served_by_path() -> None:
    """What a static log serves (tlog-tiles); partial ones from the beginning of wider ones."""
    store = log_of(300)
    hashes = b"".join(leaf_hash(entry) for entry in ENTRIES[:300])
    assert resource(store, ORIGIN, "tile/0/000") == hashes[:8192]
    assert resource(store, ORIGIN, "tile/0/001.p/44") == hashes[8192:]
    assert resource(store, ORIGIN, "tile/0/001.p/3") == hashes[8192 : 8192 + 96]
    assert resource(store, ORIGIN, "tile/1/000.p/1") == root_of(ENTRIES[:256])
    assert read_bundle(resource(store, ORIGIN, "tile/entries/001.p/44")) == ENTRIES[256:300]
    for path in ("tile/0/001.p/45", "tile/0/001", "tile/2/000.p/1", "tile/entries/001", "tile/entries/001.p/45"):
        with pytest.raises(LeafMissing):
            resource(store, ORIGIN, path)
    with pytest.raises(TileRefused):
        resource(store, ORIGIN, "tile/0/1")


def test_recomputing_nothing_gives_the_root_of_nothing() -> None:
    """The empty log is signed too."""
    assert recompute(MemoryLedgerStore(), ORIGIN, 0, EMPTY_HEAD) == EMPTY_HEAD.root
    assert view(MemoryLedgerStore(), ORIGIN, 0).root() == EMPTY_HEAD.root


# --- the fake obeys the port --------------------------------------------------------------------------------------


def test_a_leaf_is_written_once() -> None:
    """The same bytes again change nothing; other bytes are a conflict, and nothing of the call is kept."""
    store = log_of(5)
    before = store.digest()
    store.hold(ORIGIN, 3, ENTRIES[3:5], [leaf_hash(entry) for entry in ENTRIES[3:5]])
    assert store.digest() == before
    with pytest.raises(LeafConflict):
        store.hold(ORIGIN, 4, [b"x", b"y"], [leaf_hash(b"x"), leaf_hash(b"y")])
    with pytest.raises(LeafConflict):
        store.hold(ORIGIN, 3, [b"x", ENTRIES[4], b"z"], [leaf_hash(leaf) for leaf in (b"x", ENTRIES[4], b"z")])
    assert store.digest() == before


def test_leaves_with_a_gap_are_not_held() -> None:
    """`held` counts from 0 to the first gap."""
    store = MemoryLedgerStore()
    store.hold(ORIGIN, 2, ENTRIES[2:4], [leaf_hash(entry) for entry in ENTRIES[2:4]])
    assert store.held(ORIGIN) == 0
    store.hold(ORIGIN, 0, ENTRIES[:2], [leaf_hash(entry) for entry in ENTRIES[:2]])
    assert store.held(ORIGIN) == 4


def test_a_checkpoint_keeps_its_root_and_its_bytes() -> None:
    """Lines are added at the end; another root, or a note that lost a byte, is a conflict."""
    store = MemoryLedgerStore()
    store.save_checkpoint(ORIGIN, 3, b"r" * 32, b"note")
    store.save_checkpoint(ORIGIN, 3, b"r" * 32, b"note and lines")
    for root, note in [(b"s" * 32, b"note and lines"), (b"r" * 32, b"note"), (b"r" * 32, b"other")]:
        with pytest.raises(CheckpointConflict):
            store.save_checkpoint(ORIGIN, 3, root, note)
    assert store.checkpoint(ORIGIN) == b"note and lines"
    assert store.checkpoint(ORIGIN, 2) is None


def test_a_tile_only_grows() -> None:
    """The store would notice a tile that is not a continuation."""
    store = log_of(5)
    head = store.head(ORIGIN)
    with pytest.raises(AssertionError, match="only grows"):
        store.append(ORIGIN, [], [], [TileWrite(0, 0, bytes(32))], expected=head, after=head)


class LogMachine(RuleBasedStateMachine):
    """A log that grows in groups, is signed, fails before and after writes, and starts up again."""

    signed = Bundle("signed")

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryLedgerStore()
        self.truth: list[bytes] = []
        self.serial = 0

    def fresh(self, count: int) -> list[bytes]:
        """Return entries never seen before."""
        self.serial += count
        return [b"entry %d" % number for number in range(self.serial - count, self.serial)]

    @rule(count=st.integers(0, 40))
    def grows(self, count: int) -> None:
        """Append a group."""
        entries = self.fresh(count)
        assert append(self.store, ORIGIN, entries) == range(len(self.truth), len(self.truth) + count)
        self.truth += entries

    @rule(count=st.integers(200, 300))
    def grows_by_a_tile(self, count: int) -> None:
        """Append a group that fills a tile."""
        self.grows(count)

    @rule(count=st.integers(1, 5), fail=st.sampled_from(["before", "after"]))
    def fails(self, count: int, fail: str) -> None:
        """Lose the answer of the store; start-up finds out whether the effect was lost too."""
        entries = self.fresh(count)
        self.store.fail = fail  # type: ignore[assignment]
        with pytest.raises(StoreUnavailable):
            append(self.store, ORIGIN, entries)
        self.truth += entries if reconcile(self.store, ORIGIN).head.size > len(self.truth) else []

    @rule(count=st.integers(1, 5))
    def leaves_arrive_ahead_of_the_head(self, count: int) -> None:
        """Restore a copy: leaves first, the head at start-up."""
        entries = self.fresh(count)
        self.store.hold(ORIGIN, len(self.truth), entries, [leaf_hash(entry) for entry in entries])
        self.truth += entries
        assert reconcile(self.store, ORIGIN).extended == count

    @rule(target=signed)
    def is_signed(self) -> tuple[int, bytes]:
        """Sign the head, or find the signature."""
        note = sign_head(self.store, ORIGIN, LOG, TIME)
        return len(self.truth), note

    @rule(old=signed)
    def proves_consistency(self, old: tuple[int, bytes]) -> None:
        """Prove consistency with every size that was signed, the root of which never changes."""
        size, note = old
        root = open_checkpoint(note, log_keys=[LOG.public]).checkpoint.root
        assert self.store.checkpoint(ORIGIN, size) == note
        if size:
            proof = consistency(self.store, ORIGIN, size, len(self.truth))
            verify_consistency(size, len(self.truth), proof, root, self.store.head(ORIGIN).root)

    @rule(old=consumes(signed))
    def signs_no_size_twice(self, old: tuple[int, bytes]) -> None:
        """See another root for a signed size refused by the store."""
        with pytest.raises(CheckpointConflict):
            self.store.save_checkpoint(ORIGIN, old[0], bytes(32), old[1])

    @precondition(lambda self: self.truth)
    @rule(data=st.data())
    def proves_inclusion(self, data: st.DataObject) -> None:
        """Prove any leaf in any tree that holds it."""
        index = data.draw(st.integers(0, len(self.truth) - 1))
        size = data.draw(st.integers(index + 1, len(self.truth)))
        root = view(self.store, ORIGIN, size).root()
        verify_inclusion(leaf_hash(self.truth[index]), index, size, prove(self.store, ORIGIN, index, size), root)

    @invariant()
    def head_and_leaves_are_the_truth(self) -> None:
        """Compare the head with the definition; every leaf is there."""
        assert self.store.head(ORIGIN) == Head(len(self.truth), root_of(self.truth))
        assert self.store.held(ORIGIN) == len(self.truth)


LogMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestLogMachine = LogMachine.TestCase
