# SPDX-License-Identifier: Apache-2.0
"""Witnessing each other's logs: answer the other party's checkpoints, and have ours answered.

Rules
  - The other party is the witness. Compare and store are one transaction; the cosignature is made after its commit.
  - A witness line says "the largest consistent tree of yours I have seen"; a mirror line adds "and I hold every
    entry". The mirror signs only where the leaves held give the very root.
  - Before the first new signature after a start, each witness is asked how much it saw of our logs; a witness that is
    ahead means a restored backup, and nothing is signed until the leaves are back.

Worked example
    answer = answer_checkpoint(own, body, now=now)          the other party's add-checkpoint, for the edge
    have_witnessed(own, "B", own.shared, transport, now=now)         our checkpoint, to party B
"""

import sqlalchemy as sa

from paridad.base.errors import ParidadError
from paridad.base.words import Words
from paridad.exchange.errors import PeerRefused
from paridad.exchange.own_side import OwnSide
from paridad.exchange.paths import WITNESS
from paridad.exchange.transport import Request, Response, Transport
from paridad.ledger import log, mirror
from paridad.ledger.checkpoint import (
    Checkpoint,
    CosignerKey,
    LogKey,
    VerifiedCheckpoint,
    cosign,
    open_checkpoint,
    read_checkpoint_text,
)
from paridad.ledger.errors import HeadMoved, NotYetHeld, WitnessAnswer
from paridad.ledger.note import add_lines, read_note
from paridad.ledger.witness import KnownLogs, read_add_checkpoint, remember, write_add_checkpoint
from paridad.programme.origins import own_origin, parse_name, shared_origin, witness_name
from paridad.store import proofs
from paridad.store.ledger import SqlLedgerStore, cosigned_size, put_cosignature
from paridad.store.streams import mark_cosigned

HTTP_OK = 200
HTTP_CONFLICT = 409


def known_logs(own: OwnSide, parties: tuple[str, ...]) -> KnownLogs:
    """Return the logs of some parties and the keys they may use."""
    origins = [make(party, own.programme) for party in parties for make in (shared_origin, own_origin)]
    return {origin: log_keys(own, origin) for origin in origins}


def log_keys(own: OwnSide, origin: str) -> list[LogKey]:
    """Return the keys that a log may use."""
    return [LogKey(*key) for key in own.keys.log_key(origin)]


def answer_checkpoint(own: OwnSide, body: bytes, party: str, *, now: int) -> Response:
    """Answer `add-checkpoint` of one party (C2SP tlog-witness)."""
    logs = known_logs(own, (party,))
    answer = own.store.submit(lambda conn: remember_checkpoint(conn, body, logs))
    if isinstance(answer, WitnessAnswer):
        return Response(answer.status, answer.body, answer.content_type)
    return Response(HTTP_OK, cosignature_lines(own, answer, now=now), "text/plain")


def remember_checkpoint(conn: sa.Connection, body: bytes, logs: KnownLogs) -> VerifiedCheckpoint | WitnessAnswer:
    """Compare and store a checkpoint of another log, and keep its note and the proof that it extends the one before."""
    ledger = SqlLedgerStore(conn)
    answer = remember(ledger, body, logs)
    if isinstance(answer, VerifiedCheckpoint):
        seen, request = answer.checkpoint, read_add_checkpoint(body)
        if ledger.checkpoint(seen.origin, seen.size) is None:
            ledger.save_checkpoint(seen.origin, seen.size, seen.root, answer.note)
        if 0 < request.old < seen.size:
            proofs.put_consistency(
                conn, proofs.ConsistencyRow(seen.origin, request.old, seen.size, b"".join(request.proof))
            )
    return answer


def cosignature_lines(own: OwnSide, seen: VerifiedCheckpoint, *, now: int) -> bytes:
    """Return our witness lines on a checkpoint already remembered, with mirror lines where we hold every leaf."""
    lines = cosign(seen, own.witness, now)
    if parse_name(seen.checkpoint.origin).role == "shared" and _mirrored(own, seen):
        lines += cosign(seen, own.mirror, now)
    own.store.submit(lambda conn: _keep_lines(SqlLedgerStore(conn), seen.checkpoint, lines))
    return lines


def _keep_lines(ledger: SqlLedgerStore, seen: Checkpoint, lines: bytes) -> None:
    """Keep our own lines with the checkpoint they are on: an export shows who vouched for it."""
    note = ledger.checkpoint(seen.origin, seen.size)
    if note is not None:
        ledger.save_checkpoint(seen.origin, seen.size, seen.root, add_lines(note, lines))


def _mirrored(own: OwnSide, seen: VerifiedCheckpoint) -> bool:
    try:
        own.store.submit(lambda conn: mirror.attest(SqlLedgerStore(conn), seen))
    except (NotYetHeld, HeadMoved, WitnessAnswer):
        return False
    return True


def accept_cosignature(own: OwnSide, party: str, origin: str, lines: bytes, *, size: int, now: int) -> None:
    """Verify the lines that a party sent on our checkpoint of a size, and keep them; raise where they do not verify."""
    witnesses = [CosignerKey(*key) for key in own.keys.witness_keys(party, at=now)]
    mirrors = [CosignerKey(*key) for key in own.keys.mirror_keys(party, at=now)]

    def commit(conn: sa.Connection) -> None:
        ledger = SqlLedgerStore(conn)
        if ledger.checkpoint(origin, size) is None:
            raise PeerRefused(
                HTTP_CONFLICT,
                Words(es=f"{party} cofirmó un tamaño ajeno.", en=f"{party} cosigned a size that is not ours."),
            )
        verified = log.add_cosignature(ledger, origin, size, lines, witnesses[0])
        put_cosignature(conn, origin, size, verified.cosigner, lines, at=now)
        mark_cosigned(conn, origin, size)
        if any(line.startswith(f"— {mirrors[0].name} ") for line in lines.decode().splitlines()):
            mirrored = log.add_cosignature(ledger, origin, size, lines, mirrors[0])
            put_cosignature(conn, origin, size, mirrored.cosigner, lines, at=now)

    own.store.submit(commit)


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
    if response.status == HTTP_CONFLICT and (old := int(response.body)) <= seen.size:
        response = transport(party, Request("POST", WITNESS, _question(own, origin, old, seen.size, note)))
    if response.status != HTTP_OK:
        raise _refused(party, response)
    accept_cosignature(own, party, origin, response.body, size=seen.size, now=now)
    return seen


def witness_size(own: OwnSide, party: str, origin: str, transport: Transport) -> int:
    """Ask a witness how much it saw of a log of ours: its answer to a question that starts nowhere."""
    with own.store.read() as conn:
        note = SqlLedgerStore(conn).checkpoint(origin)
    if note is None:
        return 0
    size = read_checkpoint_text(read_note(note).text).size
    response = transport(party, Request("POST", WITNESS, write_add_checkpoint(0, [], note)))
    if response.status == HTTP_CONFLICT:
        return int(response.body)
    if response.status != HTTP_OK:
        raise _refused(party, response)
    return size


def open_logged(own: OwnSide, note: bytes, origin: str) -> VerifiedCheckpoint:
    """Verify a checkpoint of a log of the programme."""
    return open_checkpoint(note, log_keys=log_keys(own, origin))


def _question(own: OwnSide, origin: str, old: int, size: int, note: bytes) -> bytes:
    with own.store.read() as conn:
        proof = log.consistency(SqlLedgerStore(conn), origin, old, size) if 0 < old < size else []
    return write_add_checkpoint(old, proof, note)


def _refused(party: str, response: Response) -> ParidadError:
    return PeerRefused(
        response.status,
        Words(
            es=f"El testigo de {party} contestó {response.status}.",
            en=f"The witness of {party} answered {response.status}.",
        ),
    )
