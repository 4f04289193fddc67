# SPDX-License-Identifier: Apache-2.0
"""Witnessing each other's logs: answer the other party's checkpoints, and have ours answered.

Rules
  - The other party is the witness. Compare and store are one transaction. The lines that vouch for it are made after
    its commit, kept in a second one together with what the mirror attests, and leave after that.
  - A witness line says "the largest consistent tree of yours I have seen"; a mirror line adds "and I hold every
    entry". The mirror signs only where the leaves held give the very root.
  - A log that is doubted gets neither cosignature nor memory.
  - Before the first new signature after a start, each witness is asked what it saw of our logs. It answers with our
    own signed checkpoint, so that nobody can stop us with a number; one that is ahead of us means a restored backup.

Worked example
    answer = answer_checkpoint(own, body, now=now)          the other party's add-checkpoint, for the edge
    have_witnessed(own, "B", own.shared, transport, now=now)         our checkpoint, to party B
"""

from collections.abc import Sequence

import sqlalchemy as sa

from paridad.base.errors import ParidadError
from paridad.base.words import Words
from paridad.exchange import doubt
from paridad.exchange.errors import PeerRefused
from paridad.exchange.own_side import OwnSide
from paridad.exchange.paths import MIRROR, WITNESS
from paridad.exchange.transport import Request, Response, Transport
from paridad.ledger import log, mirror, witness
from paridad.ledger.checkpoint import (
    Checkpoint,
    CosignerKey,
    LogKey,
    VerifiedCheckpoint,
    cosign,
    log_lines_only,
    open_checkpoint,
    read_checkpoint_text,
)
from paridad.ledger.errors import HeadMoved, NoteRefused, NotYetHeld, RootMismatch, WitnessAnswer
from paridad.ledger.note import add_lines, read_decimal, read_lines, read_note
from paridad.ledger.witness import KnownLogs, OpenedRequest, open_request, write_add_checkpoint
from paridad.programme.origins import own_origin, parse_name, shared_origin, witness_name
from paridad.store import proofs
from paridad.store.ledger import SqlLedgerStore, cosigned_size, put_cosignature
from paridad.store.streams import mark_cosigned

HTTP_OK = 200
HTTP_FORBIDDEN = 403
HTTP_NOT_FOUND = 404
HTTP_CONFLICT = 409


def known_logs(own: OwnSide, parties: tuple[str, ...]) -> KnownLogs:
    """Return the logs of some parties and the keys they may use."""
    origins = [make(party, own.programme) for party in parties for make in (shared_origin, own_origin)]
    return {origin: log_keys(own, origin) for origin in origins}


def log_keys(own: OwnSide, origin: str, *, size: int | None = None) -> list[LogKey]:
    """Return the keys that a log may use; for a checkpoint of a size also those that ended above it."""
    return [LogKey(*key) for key in own.keys.log_key(origin, size=size)]


def answer_checkpoint(own: OwnSide, body: bytes, party: str, *, now: int) -> Response:
    """Answer `add-checkpoint` of one party (C2SP tlog-witness)."""
    logs = known_logs(own, (party,))
    answer = own.store.submit(lambda conn: remember_checkpoint(conn, body, logs))
    if isinstance(answer, WitnessAnswer):
        return Response(answer.status, answer.body, answer.content_type)
    return Response(HTTP_OK, cosignature_lines(own, answer, now=now), "text/plain")


def remember_checkpoint(conn: sa.Connection, body: bytes, logs: KnownLogs) -> VerifiedCheckpoint | WitnessAnswer:
    """Compare and store a checkpoint of another log, and keep its note and the proof that it extends the one before."""
    named = body.partition(b"\n\n")[2].partition(b"\n")[0].decode("utf-8", errors="replace")
    if named in logs and doubt.doubted(conn, named):
        return WitnessAnswer(HTTP_FORBIDDEN, doubt.words_of(named))
    try:
        return remember_opened(conn, open_request(body, logs))
    except WitnessAnswer as answer:
        return answer


def remember_opened(conn: sa.Connection, request: OpenedRequest) -> VerifiedCheckpoint | WitnessAnswer:
    """Do the same for a request that is open already, of a log that is not doubted."""
    ledger = SqlLedgerStore(conn)
    answer = witness.remember_opened(ledger, request)
    if isinstance(answer, VerifiedCheckpoint):
        seen = answer.checkpoint
        if not doubt.agrees(conn, answer):
            return WitnessAnswer(HTTP_FORBIDDEN, doubt.words_of(seen.origin))
        if ledger.checkpoint(seen.origin, seen.size) is None:
            ledger.save_checkpoint(seen.origin, seen.size, seen.root, answer.note)
        if 0 < request.old < seen.size:
            proofs.put_consistency(
                conn, proofs.ConsistencyRow(seen.origin, request.old, seen.size, b"".join(request.proof))
            )
    return answer


def cosignature_lines(own: OwnSide, seen: VerifiedCheckpoint, *, now: int) -> bytes:
    """Return our lines on a checkpoint already remembered, once they are kept."""
    return own.store.submit(lambda conn: vouch(conn, own, seen, now=now))


def vouch(conn: sa.Connection, own: OwnSide, seen: VerifiedCheckpoint, *, now: int) -> bytes:
    """Make and keep our lines on a checkpoint that an earlier transaction remembered.

    Mirror lines are among them where we hold every leaf. They leave once this transaction is durable.
    """
    ledger = SqlLedgerStore(conn)
    lines = cosign(seen, own.witness, now)
    if parse_name(seen.checkpoint.origin).role == "shared" and _mirrored(conn, ledger, seen):
        lines += cosign(seen, own.mirror, now)
    _keep_lines(ledger, seen.checkpoint, lines)
    return lines


def _keep_lines(ledger: SqlLedgerStore, seen: Checkpoint, lines: bytes) -> None:
    """Keep our first lines with the checkpoint they are on: an export shows who vouched for it."""
    note = ledger.checkpoint(seen.origin, seen.size)
    assert note is not None  # it was remembered before
    there = {line.name for line in read_note(note).signatures}
    new = b"".join(bytes(line) for line in read_lines(lines) if line.name not in there)
    if new:
        ledger.save_checkpoint(seen.origin, seen.size, seen.root, add_lines(note, new))


def _mirrored(conn: sa.Connection, ledger: SqlLedgerStore, seen: VerifiedCheckpoint) -> bool:
    """Whether the copy's head could be brought up to the checkpoint; where not, nothing of the attempt stays."""
    try:
        with conn.begin_nested():
            mirror.attest(ledger, seen)
    except (NotYetHeld, HeadMoved, RootMismatch, WitnessAnswer):
        return False
    return True


def accept_cosignature(own: OwnSide, party: str, origin: str, lines: bytes, *, size: int, now: int) -> None:
    """Verify the lines that a party sent on our checkpoint of a size, and keep them; raise where they do not verify."""
    own.store.submit(lambda conn: keep_cosignatures(conn, own, party, origin, lines, size=size, now=now))


def keep_cosignatures(
    conn: sa.Connection, own: OwnSide, party: str, origin: str, lines: bytes, *, size: int, now: int
) -> None:
    """Do the same inside the caller's transaction."""
    witnesses = [CosignerKey(*key) for key in own.keys.witness_keys(party, at=now)]
    mirrors = [CosignerKey(*key) for key in own.keys.mirror_keys(party, at=now)]
    mirrored = any(line.name == mirrors[0].name for line in read_lines(lines))
    if origin not in own.log_signers or SqlLedgerStore(conn).checkpoint(origin, size) is None:
        raise PeerRefused(
            HTTP_CONFLICT,
            Words(
                es=f"{party} cofirmó algo que no es nuestro: {origin}, tamaño {size}.",
                en=f"{party} cosigned something that is not ours: {origin}, size {size}.",
            ),
        )
    _keep_cosignature(conn, origin, size, lines, witnesses, now=now)
    if mirrored:
        _keep_cosignature(conn, origin, size, lines, mirrors, now=now)
    mark_cosigned(conn, origin, size, party=party)


def _keep_cosignature(
    conn: sa.Connection, origin: str, size: int, lines: bytes, keys: Sequence[CosignerKey], *, now: int
) -> None:
    """Keep the lines of that key which signed, of several across a change of keys; or raise `NoteRefused`."""
    present = {(line.name, line.key_id) for line in read_lines(lines)}
    key = next((key for key in keys if (key.name, key.lines[0].key_id) in present), keys[0])
    verified = log.add_cosignature(SqlLedgerStore(conn), origin, size, lines, key)
    theirs = b"".join(bytes(line) for line in read_lines(lines) if line.name == verified.cosigner)
    put_cosignature(conn, origin, size, verified.cosigner, theirs, at=now)


def have_witnessed(own: OwnSide, party: str, origin: str, transport: Transport, *, now: int) -> Checkpoint | None:
    """Show our latest checkpoint of a log to a party and keep its cosignature; None where there is nothing new."""
    name = witness_name(party, own.programme)
    with own.store.read() as conn:
        ledger = SqlLedgerStore(conn)
        note = ledger.checkpoint(origin)
        old = cosigned_size(conn, origin, name)
    if note is None or (seen := read_checkpoint_text(read_note(note).text)).size <= old:
        return None
    response = transport(party, Request("POST", WITNESS, _question(own, origin, old, seen.size, note)))
    if response.status == HTTP_CONFLICT and (old := _size_told(party, response)) <= seen.size:
        response = transport(party, Request("POST", WITNESS, _question(own, origin, old, seen.size, note)))
    if response.status != HTTP_OK:
        raise _refused(party, response)
    accept_cosignature(own, party, origin, response.body, size=seen.size, now=now)
    return seen


def seen_by(own: OwnSide, party: str, origin: str, transport: Transport) -> VerifiedCheckpoint | None:
    """Ask a witness for the last checkpoint of a log of ours that it saw; None before first contact."""
    response = transport(party, Request("GET", f"{MIRROR}{parse_name(origin).role}/checkpoint"))
    if response.status == HTTP_NOT_FOUND:
        return None
    if response.status != HTTP_OK:
        raise _refused(party, response)
    try:
        seen = open_logged(own, response.body)
    except ParidadError as error:
        raise _refused(party, response) from error
    if seen.checkpoint.origin != origin:
        raise _refused(party, response)
    return seen


def open_logged(own: OwnSide, note: bytes) -> VerifiedCheckpoint:
    """Verify a checkpoint of a log of the programme, also of one whose key ended above its size."""
    named = read_checkpoint_text(read_note(note).text)
    keys = log_keys(own, named.origin, size=named.size)
    return open_checkpoint(log_lines_only(note, keys), log_keys=keys)


def _question(own: OwnSide, origin: str, old: int, size: int, note: bytes) -> bytes:
    with own.store.read() as conn:
        proof = log.consistency(SqlLedgerStore(conn), origin, old, size) if 0 < old < size else []
    return write_add_checkpoint(old, proof, note)


def _size_told(party: str, response: Response) -> int:
    """Return the size in a witness's 409 (C2SP tlog-witness: a decimal and a newline)."""
    try:
        return read_decimal(response.body.decode("ascii").removesuffix("\n"))
    except (UnicodeDecodeError, NoteRefused) as error:
        raise _refused(party, response) from error


def _refused(party: str, response: Response) -> ParidadError:
    return PeerRefused(
        response.status,
        Words(
            es=f"El testigo de {party} contestó {response.status}.",
            en=f"The witness of {party} answered {response.status}.",
        ),
    )
