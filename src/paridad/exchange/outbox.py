# SPDX-License-Identifier: Apache-2.0
"""Sending: put what waits under a cover, package it, carry it, and read the answer.

Rules
  - A batch is one signed cover over consecutive positions of one stream; a repetition sends the same cover (law 5).
  - A stream has one batch on its way at a time; the next is covered once the receipt is here.
  - A parcel is packaged only when a signed checkpoint covers its leaf. A record of *own* that is younger than the
    last checkpoint of *own* waits for the next one; it and what follows stay queued.
  - No answer, or an answer without a receipt, changes nothing here but the time of the next attempt: doubled each
    time, with jitter, at most fifteen minutes, without end. The folio's clock tells the story.
  - The receipt is an act of the other party: verified like any other before it is believed.

Worked example
    for stream in streams_with_queue(conn): cover_queue(own, stream, limit=100, now=now)
    for batch in due_batches(conn, now=now): send(own, batch, transport, now=now)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from paridad.acts.envelope import ActHash, party_of
from paridad.acts.verify import VerifiedAct, open_act, wire_of
from paridad.base.errors import ParidadError
from paridad.base.words import Words
from paridad.exchange import filing
from paridad.exchange.errors import BatchRefused, PeerRefused, PeerUnreachable
from paridad.exchange.own_side import OwnSide
from paridad.exchange.papers import CoverLine, ReceiptLine, draft_cover, read_receipt
from paridad.exchange.paths import DELIVER
from paridad.exchange.seal import SealContext, seal
from paridad.exchange.transport import Request, Transport
from paridad.exchange.wire import MAX_PARCELS, Answer, Batch, Head, Parcel, read_answer, write_batch, write_delivery
from paridad.exchange.witnessing import accept_cosignature
from paridad.ledger import log
from paridad.ledger.checkpoint import read_checkpoint_text
from paridad.ledger.merkle import leaf_hash
from paridad.ledger.note import read_note
from paridad.ledger.tiles import TreeView
from paridad.ledger.witness import write_add_checkpoint
from paridad.programme.origins import shared_origin, witness_name
from paridad.store import streams
from paridad.store.acts import NewAct, get_acts, put_acts
from paridad.store.ledger import SqlLedgerStore, cosigned_size, indexes_of
from paridad.store.streams import BatchRow, OutboxRow, Stream
from paridad.store.vault import digest_of

FIRST_RETRY_SECONDS = 2
LAST_RETRY_SECONDS = 15 * 60
HTTP_OK = 200


@dataclass(frozen=True, slots=True)
class Place:
    """Where an act of ours lies: log, index, and the size of a signed checkpoint that covers it."""

    origin: str
    index: int
    size: int


def cover_queue(own: OwnSide, stream: Stream, *, limit: int = MAX_PARCELS, now: int) -> BatchRow | None:
    """Put the next parcels of a stream under a cover, if none is on its way; return the new batch."""
    with own.store.read() as conn:
        if streams.open_batches(conn, stream):
            return None
        rows = _ready(conn, own, streams.queued(conn, stream, limit=min(limit, MAX_PARCELS)))
        see = filing.seen_heads(conn, own)
    if not rows:
        return None
    lines = [CoverLine(row.position, row.act_hash, row.digests) for row in rows]
    drafts = [draft_cover(stream.sender, stream.receiver, lines, own.conduct)]
    said = filing.issue_drafts(own, drafts, now=now, see=see)
    filing.release_to_addressees(own, said, filing.conduct_matter(own, stream.receiver), now=now)

    def commit(conn: sa.Connection) -> BatchRow | None:
        filing.file_acts(conn, own, said, now=now)
        positions = range(rows[0].position, rows[-1].position + 1)
        streams.open_batch(conn, stream, cover=said[0].hash, positions=positions, at=now)
        return streams.get_batch(conn, said[0].hash)

    return own.store.submit(commit)


def send(own: OwnSide, batch: BatchRow, transport: Transport, *, now: int) -> Answer | None:
    """Send a batch and settle its answer; return it, or None where there was none and the batch waits."""
    try:
        answer = _carry(own, batch, transport, now=now)
        settle(own, batch, answer, now=now)
    except (PeerUnreachable, PeerRefused, BatchRefused) as error:
        _wait(own, batch, error, now=now)
        return None
    return answer


def package(own: OwnSide, batch: BatchRow, *, witnessed: dict[str, int], now: int) -> bytes:
    """Return the delivery of a batch: outer head, and cover, parcels, checkpoints and proofs under the seal."""
    stream = batch.stream
    _sign_up_to(own, batch, now=now)
    with own.store.read() as conn:
        rows = streams.outbox_rows(conn, stream, range(batch.first, batch.first + batch.parcels))
        places = _places(conn, own, [batch.cover, *(row.act_hash for row in rows)])
        wires = _wires(conn, own, batch.cover, rows)
        sizes = {place.origin: place.size for place in places.values()}
        trees = {origin: log.view(SqlLedgerStore(conn), origin, size) for origin, size in sizes.items()}
        cover = _parcel(trees, places[batch.cover], 0, wires[0])
        parcels = [
            _parcel(trees, places[row.act_hash], row.position, wire) for row, wire in zip(rows, wires[1:], strict=True)
        ]
        checkpoints = tuple(
            _checkpoint(conn, own, party_of(stream.receiver), o, s, witnessed) for o, s in sizes.items()
        )
    head = Head(own.prg, stream.sender, stream.receiver, batch.first, batch.parcels)
    key = own.keys.sealing_key(stream.receiver, now)
    context = SealContext(own.prg, stream.sender, stream.receiver, batch.first, batch.parcels)
    plain = write_batch(Batch(checkpoints, cover, tuple(parcels)))
    return write_delivery(head, seal(plain, kid=key.kid, public=key.xwing or b"", context=context))


def settle(own: OwnSide, batch: BatchRow, answer: Answer, *, now: int) -> None:
    """Verify and file the receipt and the cosignatures of an answer, or raise `BatchRefused`."""
    party = party_of(batch.stream.receiver)
    if answer.receipt:
        _file_receipt(own, batch, answer, now=now)
    sizes = dict(answer.sizes)
    for origin, lines in answer.cosignatures:
        accept_cosignature(own, party, origin, lines.encode(), size=sizes.get(origin, 0), now=now)
    if not answer.receipt:
        raise BatchRefused(
            "receipt",
            Words(
                es=f"Sin acuse; se espera la posición {answer.expect}. {answer.refusal}",
                en=f"No receipt; position {answer.expect} is expected. {answer.refusal}",
            ),
        )


def _file_receipt(own: OwnSide, batch: BatchRow, answer: Answer, *, now: int) -> None:
    receipt, lines = open_receipt(own, batch, answer, now=now)
    texts = tuple(each.text for each in receipt.disclosures.values())
    verdicts = {line.position: line.verdict for line in lines}
    origin = shared_origin(party_of(batch.stream.receiver), own.programme)

    def commit(conn: sa.Connection) -> None:
        put_acts(conn, [NewAct(receipt.hash, receipt.signed, receipt.envelope, receipt.kid)], ours=False, at=now)
        own.vault.add_disclosures(conn, {receipt.hash: texts})
        SqlLedgerStore(conn).hold(origin, answer.index, [receipt.signed], [leaf_hash(receipt.signed)])
        streams.batch_receipted(conn, batch.cover, receipt.hash, verdicts)

    own.store.submit(commit)


def open_receipt(
    own: OwnSide, batch: BatchRow, answer: Answer, *, now: int
) -> tuple[VerifiedAct, tuple[ReceiptLine, ...]]:
    """Verify a receipt: the right receiver's act, about exactly this cover."""
    try:
        receipt = open_act(
            answer.receipt.encode(), keys=own.keys, vocabulary=own.vocabulary, now=now, leaf_index=answer.index
        )
    except ParidadError as error:
        raise BatchRefused("receipt", error.words) from error
    stream = batch.stream
    lines = read_receipt(receipt, cover=ActHash(batch.cover), sender=stream.sender, receiver=stream.receiver)
    return receipt, lines


def _carry(own: OwnSide, batch: BatchRow, transport: Transport, *, now: int) -> Answer:
    """Deliver; where the receiver stands at another size of our log, deliver once more from there."""
    party = party_of(batch.stream.receiver)
    witnessed: dict[str, int] = {}
    for _ in range(2):
        body = package(own, batch, witnessed=witnessed, now=now)
        response = transport(party, Request("POST", DELIVER, body))
        if response.status != HTTP_OK:
            raise PeerRefused(
                response.status,
                Words(es=f"{party} contestó {response.status}.", en=f"{party} answered {response.status}."),
            )
        answer = read_answer(response.body)
        if answer.receipt or dict(answer.sizes) == witnessed:
            break
        witnessed = dict(answer.sizes)
    return answer


def _wait(own: OwnSide, batch: BatchRow, error: ParidadError, *, now: int) -> None:
    seconds = min(FIRST_RETRY_SECONDS << min(batch.attempts, 20), LAST_RETRY_SECONDS)
    jitter = int.from_bytes(own.random(2)) % (seconds // 2 + 1)
    text = error.words.en
    own.store.submit(
        lambda conn: streams.batch_failed(conn, batch.cover, error=text, next_try_at=now + seconds - jitter)
    )


def _ready(conn: sa.Connection, own: OwnSide, rows: Sequence[OutboxRow]) -> list[OutboxRow]:
    """Return the rows up to the first whose record waits for a checkpoint of *own*."""
    indexes = indexes_of(conn, own.own, [row.act_hash for row in rows])
    signed = signed_size(conn, own.own)
    ready: list[OutboxRow] = []
    for row in rows:
        if indexes.get(ActHash(row.act_hash), -1) >= signed:
            break
        ready.append(row)
    return ready


def signed_size(conn: sa.Connection, origin: str) -> int:
    """Return the size of the largest signed checkpoint of a log of ours."""
    note = SqlLedgerStore(conn).checkpoint(origin)
    return read_checkpoint_text(read_note(note).text).size if note else 0


def _sign_up_to(own: OwnSide, batch: BatchRow, *, now: int) -> None:
    """Sign the head of *shared* if no signed checkpoint covers the cover yet."""
    with own.store.read() as conn:
        covered = indexes_of(conn, own.shared, [batch.cover])[ActHash(batch.cover)] < signed_size(conn, own.shared)
    if not covered:
        own.store.submit(lambda conn: log.sign_head(SqlLedgerStore(conn), own.shared, own.log_signers[own.shared], now))


def _places(conn: sa.Connection, own: OwnSide, hashes: Sequence[str]) -> dict[str, Place]:
    places: dict[str, Place] = {}
    for origin in (own.own, own.shared):
        size = signed_size(conn, origin)
        places |= {hash_: Place(origin, index, size) for hash_, index in indexes_of(conn, origin, hashes).items()}
    return places


def _wires(conn: sa.Connection, own: OwnSide, cover: str, rows: Sequence[OutboxRow]) -> list[bytes]:
    """Return the presentation of the cover (whole) and of each parcel (the released digests that still exist)."""
    hashes = [cover, *(row.act_hash for row in rows)]
    acts = get_acts(conn, hashes)
    texts = own.vault.disclosures_of(conn, hashes)
    wires = [wire_of(acts[ActHash(cover)].signed, texts[cover])]
    for row in rows:
        wanted = set(row.digests)
        chosen = [text for text in texts[row.act_hash] if digest_of(text) in wanted]
        wires.append(wire_of(acts[ActHash(row.act_hash)].signed, chosen))
    return wires


def _parcel(trees: Mapping[str, TreeView], place: Place, position: int, wire: bytes) -> Parcel:
    proof = trees[place.origin].inclusion(place.index)
    return Parcel(position, place.origin, place.index, tuple(proof), wire)


def _checkpoint(
    conn: sa.Connection, own: OwnSide, party: str, origin: str, size: int, witnessed: dict[str, int]
) -> bytes:
    """Return the `add-checkpoint` body from where the receiver stands to the signed size."""
    ledger = SqlLedgerStore(conn)
    old = witnessed.get(origin, cosigned_size(conn, origin, witness_name(party, own.programme)))
    note = ledger.checkpoint(origin, size)
    if note is None or old > size:
        raise BatchRefused(
            "checkpoint",
            Words(
                es=f"El testigo está en {old} y aquí solo hay {size}: puede ser una copia restaurada.",
                en=f"The witness stands at {old} and only {size} are here: this may be a restored backup.",
            ),
        )
    proof = log.consistency(ledger, origin, old, size) if 0 < old < size else []
    return write_add_checkpoint(old, proof, note)
