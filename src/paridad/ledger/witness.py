# SPDX-License-Identifier: Apache-2.0
r"""The witness: whether a log still is the log that it showed before (C2SP tlog-witness v1.0.0).

Rules
  - The request is `old <size>`, up to 63 base64 hashes, an empty line, the checkpoint. One spelling only.
  - Answers, in this order: 400 unreadable · 404 unknown origin · 403 not signed by a known key with both lines ·
    400 old above the new size · 409 with the true size where `old` is not what is stored · 422 another root at equal
    size, a bad proof, or a proof where old is 0 · 200 with signature lines.
  - Order of work: verify, then one transaction that compares the stored size and replaces it, commit, sign, answer.
    Compare and store are one call of the store; otherwise a smaller checkpoint that was verified early could overwrite
    a larger one and roll the witness back.
  - First contact (nothing stored, old 0, no proof) is a branch of its own: there is nothing to be consistent with.
  - A crash after the commit does no harm: the log repeats, gets 409 with the size, and asks again with old = size.
  - A checkpoint that its log signed and that contradicts the stored one is kept as evidence, whatever the answer is;
    one that the log did not prove consistent is kept beside the stored one for a person to look at.
  - What is stored and kept is the text and its log's two lines; foreign lines of a request are dropped.

Worked example
    opened = open_request(b"old 0\n\n" + note, known_logs)      # 400, 404, 403 are raised as `WitnessAnswer`
    consider(opened, None).checkpoint.size                      is the size of the note: first contact
    answer = remember(store, b"old 0\n\n" + note, known_logs)   # inside the caller's transaction
    cosign(answer, cosigner, now)                               # after its commit; what the log gets with 200
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from paridad.base.words import Words
from paridad.ledger.checkpoint import (
    LogKey,
    VerifiedCheckpoint,
    log_lines_only,
    open_checkpoint,
    read_checkpoint_text,
)
from paridad.ledger.errors import NoteRefused, ProofRefused, WitnessAnswer
from paridad.ledger.evidence import Side, write_equivocation, write_unproven
from paridad.ledger.merkle import Subtree, rebuild, verify_consistency
from paridad.ledger.note import decode_base64, encode_base64, read_decimal, read_note
from paridad.ledger.port import Witnessed, WitnessStore

MAX_PROOF_LINES = 63
UNPROCESSABLE = 422
SIZE_TYPE = "text/x.tlog.size"

KnownLogs = Mapping[str, Sequence[LogKey]]
"""By origin, the keys that a log may use; charter data."""


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """The three parts of a request, read and not verified."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes


@dataclass(frozen=True, slots=True)
class OpenedRequest:
    """A request whose checkpoint its log signed; it comes out of `open_request` only."""

    old: int
    proof: tuple[bytes, ...]
    verified: VerifiedCheckpoint


def write_add_checkpoint(old: int, proof: Sequence[bytes], note: bytes) -> bytes:
    """Return the body of `add-checkpoint`."""
    lines = [f"old {old}", *(encode_base64(node) for node in proof), "", ""]
    return "\n".join(lines).encode() + note


def read_add_checkpoint(body: bytes) -> AddCheckpoint:
    """Read the body of `add-checkpoint`, or raise `WitnessAnswer` 400."""
    head, parted, note = body.partition(b"\n\n")
    old, *hashes = head.split(b"\n", MAX_PROOF_LINES + 1)
    try:
        size = read_decimal(old.removeprefix(b"old ").decode("ascii"))
        proof = tuple(decode_base64(line.decode("ascii")) for line in hashes)
    except (NoteRefused, UnicodeDecodeError) as error:
        raise _answer(400, "La solicitud no se lee.", "The request cannot be read.") from error
    if not (old.startswith(b"old ") and parted) or len(proof) > MAX_PROOF_LINES:
        raise _answer(400, "La solicitud no tiene sus tres partes.", "The request does not have its three parts.")
    return AddCheckpoint(size, proof, note)


def open_request(body: bytes, known_logs: KnownLogs) -> OpenedRequest:
    """Read a request and verify who signed its checkpoint, or raise `WitnessAnswer`."""
    request = read_add_checkpoint(body)
    # (1) The checkpoint can be read at all.
    try:
        origin = read_checkpoint_text(read_note(request.note).text).origin
    except NoteRefused as error:
        raise WitnessAnswer(400, error.words) from error
    # (2) Its log is one of the programme's.
    if origin not in known_logs:
        raise _answer(404, f"Bitácora desconocida: {origin}.", f"Unknown log: {origin}.")
    # (3) The log signed it, with both keys.
    try:
        verified = open_checkpoint(log_lines_only(request.note, known_logs[origin]), log_keys=known_logs[origin])
    except NoteRefused as error:
        raise WitnessAnswer(403, error.words) from error
    return OpenedRequest(request.old, request.proof, verified)


def consider(request: OpenedRequest, stored: Witnessed | None) -> VerifiedCheckpoint:
    """Return the checkpoint that may be stored and then cosigned, or raise `WitnessAnswer`; stores nothing."""
    old, new = request.old, request.verified.checkpoint
    seen = stored.size if stored else 0
    # (4) A tree does not shrink.
    if old > new.size:
        raise _answer(400, "El tamaño anterior supera al nuevo.", "The old size is above the new one.")
    # (5) The log starts from where this witness stands; otherwise it learns where that is.
    if old != seen:
        raise _answer(409, f"El testigo está en {seen}.", f"The witness stands at {seen}.", size=seen)
    # (6) First contact: nothing to be consistent with, and nothing is proved.
    if stored is None or old == 0:
        if request.proof:
            raise _answer(UNPROCESSABLE, "Desde 0 no hay prueba que dar.", "From 0 there is no proof to give.")
        return request.verified
    # (7) The tree of before is a prefix of this one; at equal size, the roots are the same and the proof is empty.
    try:
        verify_consistency(old, new.size, request.proof, stored.root, new.root)
    except ProofRefused as error:
        raise WitnessAnswer(UNPROCESSABLE, error.words) from error
    return request.verified


def remember(store: WitnessStore, body: bytes, known_logs: KnownLogs) -> VerifiedCheckpoint | WitnessAnswer:
    """Answer a request inside the caller's transaction; commit, then `cosign` what is returned.

    A refusal is returned, not raised: what was kept as evidence is kept when the transaction commits.
    """
    try:
        request = open_request(body, known_logs)
    except WitnessAnswer as answer:
        return answer
    return remember_opened(store, request)


def remember_opened(store: WitnessStore, request: OpenedRequest) -> VerifiedCheckpoint | WitnessAnswer:
    """Answer a request that is open already; as `remember`."""
    new = request.verified.checkpoint
    stored = store.witnessed(new.origin)
    try:
        accepted = consider(request, stored)
    except WitnessAnswer as answer:
        if stored and (evidence := contradiction(request, stored, answer)):
            store.keep_evidence(new.origin, evidence)
        return answer
    expected = stored.size if stored else None
    if store.replace_witnessed(new.origin, expected, new.size, new.root, accepted.note):
        return accepted
    now = store.witnessed(new.origin)
    return _answer(409, "Otro llegó antes.", "Another came first.", size=now.size if now else 0)


def contradiction(request: OpenedRequest, stored: Witnessed, answer: WitnessAnswer) -> bytes | None:
    """Return what a refused request says against its log: a proof, a suspicion, or nothing."""
    new, note = request.verified.checkpoint, request.verified.note
    before = Side(stored.note, stored.root)
    # Two roots of one size, whatever else is wrong with the request.
    if stored.size == new.size and stored.root != new.root:
        return write_equivocation(Subtree(0, new.size), before, Side(note, new.root))
    if answer.status != UNPROCESSABLE or not request.old:
        return None
    # The log's own proof leads to its new root and shows another beginning: a history that was replaced.
    try:
        prefix, root = rebuild(Subtree(0, request.old), new.size, request.proof, stored.root)
    except ProofRefused:
        prefix, root = b"", b""
    if root == new.root:
        return write_equivocation(Subtree(0, request.old), before, Side(note, prefix, request.proof))
    # The proof leads nowhere: both checkpoints stay side by side until the log proves them consistent.
    return write_unproven(stored.note, note)


def _answer(status: int, es: str, en: str, *, size: int | None = None) -> WitnessAnswer:
    words = Words(es=es, en=en)
    if size is None:
        return WitnessAnswer(status, words)
    return WitnessAnswer(status, words, body=f"{size}\n".encode(), content_type=SIZE_TYPE)
