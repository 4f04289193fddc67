# SPDX-License-Identifier: Apache-2.0
"""The mirror: it holds what was proved, signs when it holds everything, and never goes back; and proofs that travel."""

from base64 import b64encode
from collections.abc import Callable

import pytest

from paridad.ledger.checkpoint import VerifiedCheckpoint, cosign, open_checkpoint, verify_cosignature
from paridad.ledger.errors import (
    HeadMoved,
    LedgerError,
    NotYetHeld,
    ProofRefused,
    RootMismatch,
    TileRefused,
    UnknownState,
    WitnessAnswer,
)
from paridad.ledger.log import append, compare_with_witness, full_recompute, prove, reconcile, sign_head
from paridad.ledger.merkle import EMPTY_ROOT
from paridad.ledger.mirror import (
    EntryPackage,
    attest,
    make_package,
    package_range,
    read_package,
    receive,
    verify_package,
    write_package,
)
from paridad.ledger.note import add_lines
from paridad.ledger.port import Witnessed
from paridad.ledger.proof import MAX_PROOF_BYTES, open_proof, write_proof
from support.memory_ledger import MemoryLedgerStore, StoreUnavailable, cosigner, log_signer

ORIGIN = "ALFA/prueba/shared"
LOG = log_signer(ORIGIN)
MIRROR = cosigner("BETA/prueba/mirror")
TIME = 1_700_000_000
ENTRIES = [b"act %d" % number for number in range(700)]


def log_of(size: int, entries: list[bytes] = ENTRIES) -> tuple[MemoryLedgerStore, VerifiedCheckpoint]:
    """Return a log and its signed checkpoint."""
    store = MemoryLedgerStore()
    append(store, ORIGIN, entries[:size])
    return store, open_checkpoint(sign_head(store, ORIGIN, LOG, TIME), log_keys=[LOG.public])


THEIRS, SEEN = log_of(700)
SEEN_300 = log_of(300)[1]


def fill(ours: MemoryLedgerStore, starts: list[int], seen: VerifiedCheckpoint = SEEN) -> None:
    """Send packages over the wire."""
    for start in starts:
        data = write_package(make_package(THEIRS, ORIGIN, start, seen.checkpoint.size))
        receive(ours, read_package(data, start, seen), seen)


@pytest.mark.parametrize("starts", [[0, 256, 512], [512, 0, 256], [256, 512, 256, 0, 0]])
def test_packages_come_in_any_order_and_more_than_once(starts: list[int]) -> None:
    """The mirror signs when the last one is durable."""
    ours = MemoryLedgerStore()
    fill(ours, starts)
    lines = cosign(attest(ours, SEEN), MIRROR, TIME + 9)
    assert verify_cosignature(add_lines(SEEN.note, lines), MIRROR.public).checkpoint.size == 700
    assert full_recompute(ours, ORIGIN) == THEIRS.head(ORIGIN)
    assert ours.tiles == THEIRS.tiles
    assert ours.witnessed(ORIGIN, "mirror") == Witnessed(700, SEEN.checkpoint.root, SEEN.note)
    assert ours.witnessed(ORIGIN) is None


def test_the_next_leaf_to_ask_for_is_the_first_that_is_missing() -> None:
    """Even where later ones are held already."""
    ours = MemoryLedgerStore()
    package = make_package(THEIRS, ORIGIN, 512, 700)
    assert receive(ours, package, SEEN) == 0
    assert receive(ours, make_package(THEIRS, ORIGIN, 0, 700), SEEN) == 256
    with pytest.raises(NotYetHeld, match="number 256"):
        attest(ours, SEEN)
    assert ours.vouched == {}
    assert receive(ours, make_package(THEIRS, ORIGIN, 256, 700), SEEN) == 700


def test_a_mirror_follows_a_log_that_grows() -> None:
    """A partial bundle first, the full one later: leaves held already are proved again and left as they are."""
    ours = MemoryLedgerStore()
    fill(ours, [0, 256], SEEN_300)
    assert attest(ours, SEEN_300) == SEEN_300
    fill(ours, [256, 512])
    assert attest(ours, SEEN) == SEEN
    assert attest(ours, SEEN) == SEEN


def test_a_mirror_never_goes_back() -> None:
    """A smaller checkpoint is answered with the size of the larger one."""
    ours = MemoryLedgerStore()
    fill(ours, [0, 256, 512])
    attest(ours, SEEN)
    with pytest.raises(WitnessAnswer) as answer:
        attest(ours, SEEN_300)
    assert (answer.value.status, answer.value.body) == (409, b"700\n")
    assert answer.value.content_type == "text/x.tlog.size"
    assert ours.vouched[ORIGIN, "mirror"].size == 700


def test_a_mirror_that_holds_more_signs_an_earlier_checkpoint() -> None:
    """Leaves may have come ahead; the root of the smaller tree is recomputed for itself."""
    ours = MemoryLedgerStore()
    fill(ours, [0, 256, 512])
    assert attest(ours, SEEN_300) == SEEN_300
    assert attest(ours, SEEN) == SEEN


def test_the_empty_log_is_mirrored_without_leaves() -> None:
    """Nothing to hold, nothing missing."""
    ours = MemoryLedgerStore()
    seen = log_of(0)[1]
    assert attest(ours, seen).checkpoint.root == EMPTY_ROOT


def test_leaves_that_give_another_root_are_not_signed() -> None:
    """A leaf that changed on our disk after it was proved, or a log with two histories."""
    ours = MemoryLedgerStore()
    fill(ours, [0, 256, 512])
    ours.leaves[ORIGIN, 400] = b"flipped"
    with pytest.raises(RootMismatch):
        attest(ours, SEEN)
    fork, other = log_of(700, [*ENTRIES[:699], b"another"])
    ours = MemoryLedgerStore()
    fill(ours, [0, 256, 512])
    with pytest.raises(RootMismatch, match="do not give the root"):
        attest(ours, other)
    assert fork.head(ORIGIN).root == other.checkpoint.root
    assert ours.vouched == {}


class RacingStore(MemoryLedgerStore):
    """Another process signs a larger checkpoint between our reading and our writing."""

    def replace_witnessed(self, *_arguments: object, **_named: object) -> bool:
        """Lose the race."""
        return False


def test_who_lost_the_race_does_not_sign() -> None:
    """Compare and store failed."""
    ours = RacingStore()
    fill(ours, [0, 256], SEEN_300)
    with pytest.raises(HeadMoved):
        attest(ours, SEEN_300)


@pytest.mark.parametrize("fail", ["before", "after"])
def test_a_lost_answer_is_repeated(fail: str) -> None:
    """Holding is idempotent, and so is signing the same checkpoint."""
    ours = MemoryLedgerStore()
    fill(ours, [0], SEEN_300)
    ours.fail = fail  # type: ignore[assignment]
    with pytest.raises(StoreUnavailable):
        fill(ours, [256], SEEN_300)
    fill(ours, [256], SEEN_300)
    attest(ours, SEEN_300)
    assert ours.head(ORIGIN).size == 300


def test_a_lost_log_is_restored_from_its_mirror() -> None:
    """Spine 3.5, step 4: take our own leaves back, verify them against the cosigned root, continue from there."""
    restored, _ = log_of(300)
    with pytest.raises(UnknownState):
        compare_with_witness(restored, ORIGIN, SEEN)
    fill(restored, [256, 512])
    assert reconcile(restored, ORIGIN).extended == 400
    compare_with_witness(restored, ORIGIN, SEEN)
    assert restored.head(ORIGIN) == THEIRS.head(ORIGIN)


def test_packages_start_at_multiples_of_256() -> None:
    """And end with the bundle or with the tree."""
    assert [package_range(start, 700) for start in (0, 256, 512)] == [(0, 256), (256, 512), (512, 700)]
    for start in (-256, 1, 255, 768):
        with pytest.raises(TileRefused):
            package_range(start, 700)
    with pytest.raises(TileRefused):
        package_range(0, 0)


GOOD = make_package(THEIRS, ORIGIN, 256, 700)
WIRE = write_package(GOOD)


def packed(entries: list[bytes], proof: tuple[bytes, ...] = GOOD.proof, size: int = 700) -> EntryPackage:
    """Return a package like the good one."""
    return EntryPackage(256, size, tuple(entries), proof)


FALSE_PACKAGES: dict[str, tuple[EntryPackage, type[LedgerError]]] = {
    "with a leaf changed": (packed([*ENTRIES[256:511], b"another"]), ProofRefused),
    "with two leaves swapped": (packed([ENTRIES[257], ENTRIES[256], *ENTRIES[258:512]]), ProofRefused),
    "with a leaf too few": (packed(ENTRIES[256:511]), TileRefused),
    "with a leaf too many": (packed(ENTRIES[256:513]), TileRefused),
    "without leaves": (packed([]), TileRefused),
    "with an empty leaf": (packed([*ENTRIES[256:511], b""]), TileRefused),
    "of another tree": (packed(ENTRIES[256:512], size=699), TileRefused),
    "with a proof too short": (packed(ENTRIES[256:512], GOOD.proof[:-1]), ProofRefused),
    "with a proof too long": (packed(ENTRIES[256:512], (*GOOD.proof, bytes(32))), ProofRefused),
    "with a false proof": (packed(ENTRIES[256:512], (bytes(32), *GOOD.proof[1:])), ProofRefused),
}


@pytest.mark.parametrize(("package", "error"), FALSE_PACKAGES.values(), ids=FALSE_PACKAGES.keys())
def test_nothing_is_held_that_was_not_proved(package: EntryPackage, error: type[LedgerError]) -> None:
    """A package is held whole or not at all."""
    ours = MemoryLedgerStore()
    with pytest.raises(error):
        receive(ours, package, SEEN)
    assert ours.leaves == {}


def test_a_true_package_is_held() -> None:
    """The positive control; what is read is what was written."""
    assert read_package(WIRE, 256, SEEN) == GOOD
    assert len(verify_package(GOOD, SEEN)) == 256
    last = make_package(THEIRS, ORIGIN, 512, 700)
    assert read_package(write_package(last), 512, SEEN) == last


BAD_WIRES: dict[str, bytes] = {
    "nothing": b"",
    "without its proof": WIRE[: -1 - 32 * len(GOOD.proof)],
    "a byte short": WIRE[:-1],
    "a byte long": WIRE + b"\0",
    "cut within an entry": WIRE[:100],
    "with another number of hashes": WIRE[: -1 - 32 * len(GOOD.proof)] + b"\1" + WIRE[-32 * len(GOOD.proof) :],
    "with an empty entry": b"\0\0" + WIRE[2 + len(ENTRIES[256]) :],
}


@pytest.mark.parametrize("wire", BAD_WIRES.values(), ids=BAD_WIRES.keys())
def test_a_package_that_is_cut_or_padded_is_refused(wire: bytes) -> None:
    """Where it starts and what it is proved against say how long it is."""
    with pytest.raises(TileRefused):
        read_package(wire, 256, SEEN)


def test_flipped_bits_of_a_package_are_detected() -> None:
    """One in 17."""
    for bit in range(0, len(WIRE) * 8, 17):
        changed = bytearray(WIRE)
        changed[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises((TileRefused, ProofRefused)):
            verify_package(read_package(bytes(changed), 256, SEEN), SEEN)


# --- tlog-proof ---------------------------------------------------------------------------------------------------

PROOF = write_proof(5, prove(THEIRS, ORIGIN, 5, 700), SEEN.note)


def test_an_entry_travels_with_its_proof() -> None:
    """One file, verified offline with the log's keys; the `extra` line is skipped and never read."""
    entry = open_proof(PROOF, ENTRIES[5], log_keys=[LOG.public])
    assert (entry.entry, entry.index, entry.seen) == (ENTRIES[5], 5, SEEN)
    assert PROOF.startswith(b"c2sp.org/tlog-proof@v1\nindex 5\n")
    extra = PROOF.replace(b"\n", b"\nextra bGllcw==\n", 1)
    assert open_proof(extra, ENTRIES[5], log_keys=[LOG.public]) == entry
    alone, seen = log_of(1)
    assert (
        open_proof(write_proof(0, prove(alone, ORIGIN, 0, 1), seen.note), ENTRIES[0], log_keys=[LOG.public]).index == 0
    )


def test_a_proof_is_written_as_it_is_read() -> None:
    """Header, index, a hash a line, an empty line, the checkpoint verbatim."""
    path = prove(THEIRS, ORIGIN, 5, 700)
    hashes = b"".join(b64encode(node) + b"\n" for node in path)
    assert write_proof(5, path, SEEN.note) == b"c2sp.org/tlog-proof@v1\nindex 5\n" + hashes + b"\n" + SEEN.note


@pytest.mark.parametrize(("size", "accepted"), [(MAX_PROOF_BYTES, True), (MAX_PROOF_BYTES + 1, False)])
def test_a_proof_is_bounded_whatever_its_extra_line_says(size: int, accepted: bool) -> None:
    """The last that is read, and the first that is not."""
    extra = b"A" * (size - len(PROOF) - len(b"extra \n"))
    long = PROOF.replace(b"\n", b"\nextra %b\n" % extra, 1)
    assert len(long) == size
    if accepted:
        assert open_proof(long, ENTRIES[5], log_keys=[LOG.public]).index == 5
        return
    with pytest.raises(ProofRefused, match="form of a proof"):
        open_proof(long, ENTRIES[5], log_keys=[LOG.public])


FALSE_PROOFS: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "another header": lambda proof: proof.replace(b"@v1", b"@v2", 1),
    "another index": lambda proof: proof.replace(b"index 5", b"index 6", 1),
    "an index with a leading zero": lambda proof: proof.replace(b"index 5", b"index 05", 1),
    "a hash less": lambda proof: proof[:31] + proof[31 + 45 :],
    "a hash with surplus bits": lambda proof: proof.replace(b"=\n", b"f\n", 1),
    "no checkpoint": lambda proof: proof[: proof.index(b"\n\n") + 2],
    "a checkpoint cut": lambda proof: proof[:-1],
    "two extra lines": lambda proof: proof.replace(b"\n", b"\nextra bGllcw==\nextra bGllcw==\n", 1),
    "more than is read": lambda proof: proof + bytes(MAX_PROOF_BYTES),
}


@pytest.mark.parametrize("change", FALSE_PROOFS.values(), ids=FALSE_PROOFS.keys())
def test_a_false_proof_is_refused(change: Callable[[bytes], bytes]) -> None:
    """With an error of the ledger, never another."""
    with pytest.raises(LedgerError):
        open_proof(change(PROOF), ENTRIES[5], log_keys=[LOG.public])


def test_a_proof_is_of_its_entry_and_its_log() -> None:
    """Another entry, another log's key."""
    with pytest.raises(ProofRefused):
        open_proof(PROOF, ENTRIES[6], log_keys=[LOG.public])
    with pytest.raises(LedgerError):
        open_proof(PROOF, ENTRIES[5], log_keys=[log_signer(ORIGIN, 1).public])
