# SPDX-License-Identifier: Apache-2.0
"""The witness: what it answers, what it remembers, and that nothing rolls it back."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from paridad.base.words import Words
from paridad.ledger.checkpoint import (
    Checkpoint,
    VerifiedCheckpoint,
    cosign,
    open_checkpoint,
    sign_checkpoint,
    verify_cosignature,
)
from paridad.ledger.errors import WitnessAnswer
from paridad.ledger.evidence import UNPROVEN_HEADER, open_equivocation
from paridad.ledger.merkle import EMPTY_ROOT, Subtree, leaf_hash, proof_steps, root_of, root_of_hashes
from paridad.ledger.note import Note, SignatureLine, add_lines, read_note
from paridad.ledger.port import Witnessed
from paridad.ledger.witness import (
    SIZE_TYPE,
    consider,
    open_request,
    read_add_checkpoint,
    remember,
    write_add_checkpoint,
)
from support.memory_ledger import MemoryLedgerStore, StoreUnavailable, cosigner, log_signer

ORIGIN = "ALFA/prueba/shared"
LOG = log_signer(ORIGIN)
WITNESS = cosigner("BETA/prueba/witness")
KNOWN = {ORIGIN: [LOG.public]}
TIME = 1_700_000_000

LEAVES = [b"leaf %d" % number for number in range(20)]
FORK = [*LEAVES[:5], b"another", *LEAVES[6:]]


def note(size: int, leaves: list[bytes] = LEAVES) -> bytes:
    """Return the signed checkpoint of the first leaves."""
    return sign_checkpoint(Checkpoint(ORIGIN, size, root_of(leaves[:size])), LOG, TIME)


def proof(old: int, new: int, leaves: list[bytes] = LEAVES) -> list[bytes]:
    """Return a consistency proof."""
    hashes = [leaf_hash(leaf) for leaf in leaves]
    return [root_of_hashes(hashes[of.start : of.end]) for _, of in proof_steps(Subtree(0, old), new)]


def body(old: int, new: int, leaves: list[bytes] = LEAVES) -> bytes:
    """Return a good request."""
    return write_add_checkpoint(old, proof(old, new, leaves), note(new, leaves))


def witness_at(size: int) -> MemoryLedgerStore:
    """Return a store whose witness has seen a size; 0 is before first contact."""
    store = MemoryLedgerStore()
    if size:
        assert isinstance(remember(store, body(0, size), KNOWN), VerifiedCheckpoint)
    return store


EXTENDED = bytes(Note(b"x\n1\ny\nz\n", (SignatureLine("x", b"abcd", b"e"),)))
STRANGER = log_signer(ORIGIN, 9)
FORGED = sign_checkpoint(Checkpoint(ORIGIN, 12, root_of(LEAVES[:12])), STRANGER, TIME)
ELSEWHERE = sign_checkpoint(Checkpoint("ALFA/prueba/own", 1, bytes(32)), log_signer("ALFA/prueba/own"), TIME)
CLASSICAL = bytes(Note(read_note(note(12)).text, read_note(note(12)).signatures[:1]))


@dataclass
class Case:
    """What a witness that stands at a size answers to a request."""

    at: int
    request: bytes
    status: int
    body: bytes = b""
    evidence: int = 0


CASES: dict[str, Case] = {
    "first contact is accepted": Case(0, body(0, 12), 200),
    "first contact with an empty log is accepted": Case(
        0, write_add_checkpoint(0, [], sign_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT), LOG, TIME)), 200
    ),
    "a log that grew is accepted": Case(7, body(7, 12), 200),
    "a log that grew from a power of two is accepted": Case(8, body(8, 12), 200),
    "the same checkpoint again is accepted": Case(12, body(12, 12), 200),
    "foreign lines are ignored": Case(7, body(7, 12) + bytes(SignatureLine("x", b"abcd", b"e")), 200),
    "first contact with a proof is refused": Case(0, write_add_checkpoint(0, [bytes(32)], note(12)), 422),
    "a log that another keeps is unknown": Case(0, write_add_checkpoint(0, [], ELSEWHERE), 404),
    "a checkpoint of another key is forbidden": Case(0, write_add_checkpoint(0, [], FORGED), 403),
    "a checkpoint without its post-quantum line is forbidden": Case(0, write_add_checkpoint(0, [], CLASSICAL), 403),
    "a log that shrinks is refused": Case(12, write_add_checkpoint(12, [], note(7)), 400),
    "a log that does not know where the witness stands is told": Case(7, body(0, 12), 409, b"7\n"),
    "a log that thinks the witness is ahead is told": Case(7, body(8, 12), 409, b"7\n"),
    "a log that was never seen is told so": Case(0, body(7, 12), 409, b"0\n"),
    "a bad proof is refused and kept": Case(7, write_add_checkpoint(7, [bytes(32)] * 4, note(12)), 422, evidence=1),
    "a proof that is too short is refused and kept": Case(7, write_add_checkpoint(7, [], note(12)), 422, evidence=1),
    "another root at equal size is refused and kept": Case(12, body(12, 12, FORK), 422, evidence=1),
    "another root at equal size is kept although the old size is wrong": Case(
        12, body(0, 12, FORK), 409, b"12\n", evidence=1
    ),
    "another history with its own good proof is refused and kept": Case(7, body(7, 12, FORK), 422, evidence=1),
    "another history from a power of two is refused and kept": Case(8, body(8, 12, FORK), 422, evidence=1),
    "a surplus proof at equal size is refused": Case(
        12, write_add_checkpoint(12, [bytes(32)], note(12)), 422, evidence=1
    ),
    "a body without an empty line is unreadable": Case(0, b"old 0\n" + note(12)[:10], 400),
    "a body without `old` is unreadable": Case(0, b"new 0\n\n" + note(12), 400),
    "a size with a leading zero is unreadable": Case(0, b"old 00\n\n" + note(12), 400),
    "a size that is not ASCII is unreadable": Case(0, "old ٣\n\n".encode() + note(12), 400),
    "a hash that is not base64 is unreadable": Case(7, b"old 7\n?\n\n" + note(12), 400),
    "sixty-four hashes are unreadable": Case(7, write_add_checkpoint(7, [bytes(32)] * 64, note(12)), 400),
    "ninety hashes are unreadable": Case(7, write_add_checkpoint(7, [bytes(32)] * 90, note(12)), 400),
    "a checkpoint with an extension line is unreadable": Case(0, b"old 0\n\n" + EXTENDED, 400),
    "no checkpoint is unreadable": Case(0, b"old 0\n\n", 400),
    "nothing is unreadable": Case(0, b"", 400),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_add_checkpoint(case: Case) -> None:
    """Each request is answered as its title says; a refusal changes nothing but the evidence kept."""
    store = witness_at(case.at)
    before = store.witnessed(ORIGIN)
    answer = remember(store, case.request, KNOWN)
    assert len(store.evidence(ORIGIN)) == case.evidence
    if isinstance(answer, VerifiedCheckpoint):
        assert case.status == 200
        stored = store.witnessed(ORIGIN)
        assert stored == Witnessed(answer.checkpoint.size, answer.checkpoint.root, answer.note)
        assert len(read_note(answer.note).signatures) == 2
        return
    assert (answer.status, answer.body) == (case.status, case.body)
    assert answer.content_type == (SIZE_TYPE if case.status == 409 else "text/plain")
    assert isinstance(answer.words, Words)
    assert store.witnessed(ORIGIN) == before


PROOFS_OF_EQUIVOCATION = {
    "two roots of one size": (12, body(12, 12, FORK), 12),
    "a history that was replaced, by the log's own proof": (7, body(7, 12, FORK), 7),
}


@pytest.mark.parametrize(("at", "request_", "end"), PROOFS_OF_EQUIVOCATION.values(), ids=PROOFS_OF_EQUIVOCATION.keys())
def test_what_is_kept_proves_that_the_log_signed_two_histories(at: int, request_: bytes, end: int) -> None:
    """The object verifies with the log's keys alone."""
    store = witness_at(at)
    remember(store, request_, KNOWN)
    remember(store, request_, KNOWN)
    (kept,) = store.evidence(ORIGIN)
    equivocation = open_equivocation(kept, log_keys=[LOG.public])
    assert (equivocation.origin, equivocation.leaves) == (ORIGIN, Subtree(0, end))


def test_what_was_not_proved_is_kept_side_by_side() -> None:
    """From a power of two the log's proof does not show its other beginning: a suspicion, not a proof."""
    store = witness_at(8)
    remember(store, body(8, 12, FORK), KNOWN)
    (kept,) = store.evidence(ORIGIN)
    stored = store.witnessed(ORIGIN)
    assert stored
    header, notes = kept.split(b"\n", 1)
    assert header.decode() == UNPROVEN_HEADER
    assert notes.startswith(b"note %d\n" % len(stored.note) + stored.note + b"note ")
    assert b"\n12\n" in notes[len(stored.note) :]


def test_retry_after_a_lost_answer_is_idempotent() -> None:
    """The crash after the commit: 409 with the new size, then the same checkpoint with `old` = size."""
    store = witness_at(7)
    store.fail = "after"
    with pytest.raises(StoreUnavailable):
        remember(store, body(7, 12), KNOWN)
    again = remember(store, body(7, 12), KNOWN)
    assert isinstance(again, WitnessAnswer)
    assert (again.status, again.body) == (409, b"12\n")
    accepted = remember(store, body(12, 12), KNOWN)
    assert isinstance(accepted, VerifiedCheckpoint)
    lines = cosign(accepted, WITNESS, TIME + 5)
    assert verify_cosignature(add_lines(note(12), lines), WITNESS.public).checkpoint.size == 12


def test_nothing_is_remembered_that_was_not_written() -> None:
    """The crash before the write: the request is simply repeated."""
    store = witness_at(7)
    store.fail = "before"
    with pytest.raises(StoreUnavailable):
        remember(store, body(7, 12), KNOWN)
    assert isinstance(remember(store, body(7, 12), KNOWN), VerifiedCheckpoint)


class RacingStore(MemoryLedgerStore):
    """Lets somebody else in between the reading and the writing."""

    between: Callable[[], object] | None = None

    def replace_witnessed(self, *arguments: object, **named: object) -> bool:
        """Let the other one in first."""
        between, self.between = self.between, None
        if between:
            between()
        return super().replace_witnessed(*arguments, **named)  # type: ignore[arg-type]


@pytest.mark.parametrize("stored", [0, 5])
def test_a_smaller_checkpoint_verified_early_cannot_roll_the_witness_back(stored: int) -> None:
    """The race of tlog-witness, steps 1 to 6: A with 7 is checked, B with 12 is stored, A is told 12."""
    store = RacingStore(**vars(witness_at(stored)))
    store.between = lambda: remember(store, body(stored, 12), KNOWN)
    answer = remember(store, body(stored, 7), KNOWN)
    assert isinstance(answer, WitnessAnswer)
    assert (answer.status, answer.body) == (409, b"12\n")
    assert store.vouched[ORIGIN, "witness"].size == 12


def test_a_row_that_vanished_is_answered_with_size_zero() -> None:
    """Compare and store failed and nothing is there: the log starts over from first contact."""
    store = RacingStore(**vars(witness_at(7)))
    store.between = store.vouched.clear
    answer = remember(store, body(7, 12), KNOWN)
    assert isinstance(answer, WitnessAnswer)
    assert (answer.status, answer.body) == (409, b"0\n")


def test_a_witness_never_goes_back_even_by_mistake() -> None:
    """Asking the store for it is a programming error."""
    with pytest.raises(ValueError, match="never goes back"):
        witness_at(7).replace_witnessed(ORIGIN, 7, 6, bytes(32), b"")


def test_considering_stores_nothing_and_needs_no_store() -> None:
    """The pure part: request, stored head, verdict."""
    request = open_request(body(0, 12), KNOWN)
    assert consider(request, None) == open_checkpoint(note_of(request.verified), log_keys=[LOG.public])
    stored = Witnessed(0, EMPTY_ROOT, b"")
    assert consider(request, stored) == request.verified


def note_of(verified: VerifiedCheckpoint) -> bytes:
    """Return the exact bytes of a checkpoint."""
    return verified.note


def test_requests_are_written_as_they_are_read() -> None:
    """Old size, hashes, an empty line, the checkpoint verbatim."""
    request = read_add_checkpoint(body(7, 12))
    assert (request.old, list(request.proof), request.note[:20]) == (7, proof(7, 12), note(12)[:20])
    longest = write_add_checkpoint(7, [bytes(32)] * 63, note(12))
    assert len(read_add_checkpoint(longest).proof) == 63
    for cut in (b"old 0", b"0\n\n" + note(12)):
        with pytest.raises(WitnessAnswer, match="three parts"):
            read_add_checkpoint(cut)
    assert body(0, 12).startswith(b"old 0\n\n" + ORIGIN.encode())
