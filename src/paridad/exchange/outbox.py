# SPDX-License-Identifier: Apache-2.0
"""Sending: put what waits under a cover, package it, carry it, and read the answer.

Rules
  - A batch is one signed cover over consecutive positions of one stream; a repetition sends the same cover (law 5).
  - A stream has one batch on its way at a time; the next is covered once the receipt is here.
  - A parcel is packaged only when a signed checkpoint covers its leaf. A record of *own* that is younger than the
    last checkpoint of *own* waits for the next one; it and what follows stay queued.
  - No answer, or an answer without a receipt, changes nothing here but the time of the next attempt: doubled each
    time, with jitter, at most fifteen minutes, without end. The folio's clock tells the story.
  - The receipt is an act of the other party: verified like any other, in its place in that party's log, before it is
    believed. It is filed together with the cosignatures that came along; one that does not verify keeps neither the
    receipt nor the others out.
  - The cover and the head that covers it are one transaction: what is sent at once is signed at once.
  - What cannot be packaged or is refused makes its own stream wait and no other.
  - Several streams may be served at once. A party takes one delivery of ours at a time, since each shows how our log
    grew from where the one before left it (`Standing`); what comes before and after it needs no turn.

Worked example
    for stream in streams_with_queue(conn): cover_queue(own, stream, limit=100, now=now)
    for batch in due_batches(conn, now=now): send(own, batch, transport, now=now)
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from paridad.acts.disclosure import digests_of
from paridad.acts.envelope import ActHash, party_of
from paridad.acts.verify import VerifiedAct, open_act, wire_of
from paridad.base.errors import ParidadError
from paridad.base.words import Words
from paridad.exchange import doubt, filing, inbox
from paridad.exchange.errors import BatchRefused, PeerRefused
from paridad.exchange.own_side import OwnSide
from paridad.exchange.papers import CoverLine, ReceiptLine, draft_cover, read_receipt
from paridad.exchange.paths import AGAIN, DELIVER
from paridad.exchange.places import Place, places_of, sign_shared, sign_up_to, signed_size
from paridad.exchange.seal import SealContext, seal
from paridad.exchange.transport import Request, Transport
from paridad.exchange.wire import (
    MAX_BATCH_BYTES,
    MAX_PARCELS,
    Again,
    Answer,
    Batch,
    Head,
    Parcel,
    read_answer,
    write_again,
    write_batch,
    write_delivery,
)
from paridad.exchange.witnessing import keep_cosignatures, open_logged
from paridad.ledger import log
from paridad.ledger.checkpoint import VerifiedCheckpoint
from paridad.ledger.errors import LeafConflict, RootMismatch, UnknownState
from paridad.ledger.merkle import leaf_hash, verify_inclusion
from paridad.ledger.note import decode_base64
from paridad.ledger.tiles import TreeView
from paridad.ledger.witness import write_add_checkpoint
from paridad.programme.origins import own_origin, shared_origin, witness_name
from paridad.store import streams
from paridad.store.acts import NewAct, get_acts, put_acts
from paridad.store.ledger import SqlLedgerStore, cosigned_size, indexes_of
from paridad.store.proofs import ProofRow, put_proofs
from paridad.store.streams import BatchRow, OutboxRow, Stream
from paridad.store.vault import weights_of

FIRST_RETRY_SECONDS = 2
LAST_RETRY_SECONDS = 15 * 60
HTTP_OK = 200
MAX_COVER_DIGESTS = 12_000
"""The disclosures of an act are 1 MiB at most, and a digest takes 61 bytes of them."""
MAX_COVERED_BYTES = MAX_BATCH_BYTES // 2
MAX_TOLD = 500
"""Characters of another node's words that are kept."""


def cover_queue(own: OwnSide, stream: Stream, *, limit: int = MAX_PARCELS, now: int) -> BatchRow | None:
    """Put the next parcels of a stream under a cover, if none is on its way; return the new batch."""
    with own.store.read() as conn:
        if streams.open_batches(conn, stream):
            return None
        queued = streams.queued(conn, stream, limit=min(limit, MAX_PARCELS))
        rows = _fitting(conn, _ready(conn, own, queued))
        see = filing.seen_heads(conn, own)
    if not rows:
        return None
    lines = [CoverLine(row.position, row.act_hash, row.digests) for row in rows]
    drafts = [draft_cover(stream.sender, stream.receiver, lines, own.conduct)]
    said = filing.issue_drafts(own, drafts, now=now, see=see)
    filing.release_to_addressees(own, said, filing.conduct_matter(own, stream.receiver), now=now)

    def commit(conn: sa.Connection) -> BatchRow | None:
        filing.file_acts(conn, own, said, now=now)
        sign_shared(conn, own, now=now)
        positions = range(rows[0].position, rows[-1].position + 1)
        streams.open_batch(conn, stream, cover=said[0].hash, positions=positions, at=now)
        return streams.get_batch(conn, said[0].hash)

    return own.store.submit(commit)


@dataclass
class Standing:
    """Where a party stands in our logs, for those who deliver to it at the same time: one after the other."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    sizes: dict[str, int] = field(default_factory=dict)
    """By origin, what it has acknowledged in this round; the store knows of it a little later."""


def send(
    own: OwnSide, batch: BatchRow, transport: Transport, *, now: int, standing: Standing | None = None
) -> Answer | None:
    """Send a batch and settle its answer; return it, or None where there was none and the batch waits."""
    try:
        return deliver(own, batch, transport, now=now, standing=standing)
    except ParidadError as error:
        if isinstance(error, (RootMismatch, UnknownState)):
            raise
        return None


def deliver(
    own: OwnSide, batch: BatchRow, transport: Transport, *, now: int, standing: Standing | None = None
) -> Answer:
    """Send a batch and settle its answer; where that fails, say when it is due again, and raise."""
    try:
        answer = _carry(own, batch, transport, standing or Standing(), now=now)
        settle(own, batch, answer, now=now)
    except ParidadError as error:
        _wait(own, batch, error, now=now)
        raise
    return answer


def package(own: OwnSide, batch: BatchRow, *, witnessed: Mapping[str, int], now: int) -> bytes:
    """Return the delivery of a batch to a party that stands at these sizes of our logs."""
    return _sealed(own, batch, _load(own, batch, now=now), witnessed, now=now)[0]


@dataclass(frozen=True, slots=True)
class _Load:
    """What a batch carries, whatever the receiver has seen: the cover first, then its parcels."""

    rows: tuple[tuple[str, int], ...]
    """Act hash and position; the cover has position 0."""
    wires: tuple[bytes, ...]


def _load(own: OwnSide, batch: BatchRow, *, now: int) -> _Load:
    sign_up_to(own, batch.cover, now=now)
    with own.store.read() as conn:
        rows = streams.outbox_rows(conn, batch.stream, range(batch.first, batch.first + batch.parcels))
        wires = _wires(conn, own, batch.cover, rows)
    return _Load(((batch.cover, 0), *((row.act_hash, row.position) for row in rows)), tuple(wires))


def _sealed(
    own: OwnSide, batch: BatchRow, load: _Load, witnessed: Mapping[str, int], *, now: int
) -> tuple[bytes, dict[str, int]]:
    """Return the delivery, cover, parcels, checkpoints and proofs under the seal, and the sizes that it shows."""
    stream = batch.stream
    with own.store.read() as conn:
        places = places_of(conn, own, [hash_ for hash_, _ in load.rows])
        sizes = {place.origin: place.size for place in places.values()}
        trees = {origin: log.view(SqlLedgerStore(conn), origin, size) for origin, size in sizes.items()}
        cover, *parcels = [
            _parcel(trees, places[hash_], position, wire)
            for (hash_, position), wire in zip(load.rows, load.wires, strict=True)
        ]
        witness = witness_name(party_of(stream.receiver), own.programme)
        checkpoints = tuple(
            _checkpoint(conn, origin, size, witnessed.get(origin, cosigned_size(conn, origin, witness)))
            for origin, size in sizes.items()
        )
    prg = own.keys.in_force(now).prg
    head = Head(prg, stream.sender, stream.receiver, batch.first, batch.parcels)
    key = own.keys.sealing_key(stream.receiver, now)
    context = SealContext(prg, stream.sender, stream.receiver, batch.first, batch.parcels)
    plain = write_batch(Batch(checkpoints, cover, tuple(parcels)))
    return write_delivery(head, seal(plain, kid=key.kid, public=key.xwing or b"", context=context)), sizes


def settle(own: OwnSide, batch: BatchRow, answer: Answer, *, now: int) -> None:
    """Verify and file the receipt and the cosignatures of an answer, or raise `BatchRefused`."""
    receipt = open_receipt(own, batch, answer, now=now) if answer.receipt else None
    try:
        refused = own.store.submit(lambda conn: _settle(conn, own, batch, answer, receipt, now=now))
    except LeafConflict as error:
        assert receipt is not None  # nothing else brings a leaf
        _keep_fork(own, receipt)
        raise BatchRefused("log", error.words) from error
    if refused is not None:
        raise refused
    if receipt is None:
        raise BatchRefused(
            "receipt",
            Words(
                es=f"Sin acuse; se espera la posición {answer.expect}. {answer.refusal[:MAX_TOLD]}",
                en=f"No receipt; position {answer.expect} is expected. {answer.refusal[:MAX_TOLD]}",
            ),
        )


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt that holds: the act, what it says of each parcel, and where it stands."""

    act: VerifiedAct
    lines: tuple[ReceiptLine, ...]
    seen: VerifiedCheckpoint
    index: int
    proof: tuple[bytes, ...]


def open_receipt(own: OwnSide, batch: BatchRow, answer: Answer, *, now: int) -> Receipt:
    """Verify a receipt in four steps, or raise `BatchRefused`: the right receiver's act, about exactly this cover."""
    stream, wire = batch.stream, answer.receipt.encode()
    origin = shared_origin(party_of(stream.receiver), own.programme)
    try:
        # (1) The checkpoint: signed by the receiver's shared log.
        seen = open_logged(own, answer.checkpoint.encode())
        if seen.checkpoint.origin != origin:
            raise _refused("El acuse no viene con su bitácora.", "The receipt does not come with its log.")
        # (2) The receipt stands in that log, at that index.
        proof, signed = tuple(map(decode_base64, answer.proof)), wire.partition(b"~")[0]
        verify_inclusion(leaf_hash(signed), answer.index, seen.checkpoint.size, proof, seen.checkpoint.root)
        # (3) The ten steps of the act.
        act = open_act(wire, keys=own.keys, vocabulary=own.vocabulary, now=now, leaf_index=answer.index)
    except ParidadError as error:
        raise BatchRefused("receipt", error.words) from error
    # (4) It is the receiver's, to the sender, about this cover. Which parcels it speaks of is seen when it is filed.
    lines = read_receipt(act, cover=ActHash(batch.cover), sender=stream.sender, receiver=stream.receiver)
    return Receipt(act, lines, seen, answer.index, proof)


def _keep_fork(own: OwnSide, receipt: Receipt) -> None:
    act, seen = receipt.act, receipt.seen
    own.store.submit(lambda conn: doubt.keep_two_leaves(conn, seen, receipt.index, act.signed, receipt.proof))


def _settle(
    conn: sa.Connection, own: OwnSide, batch: BatchRow, answer: Answer, receipt: Receipt | None, *, now: int
) -> ParidadError | None:
    """File the receipt and keep the cosignatures that verify; return the first refusal: what held is kept with it."""
    if receipt is not None and (refused := _file(conn, own, batch, answer, receipt, now=now)) is not None:
        return refused
    party, sizes = party_of(batch.stream.receiver), dict(answer.sizes)
    first: ParidadError | None = None
    for origin, lines in answer.cosignatures:
        try:
            with conn.begin_nested():
                keep_cosignatures(conn, own, party, origin, lines.encode(), size=sizes.get(origin, 0), now=now)
        except ParidadError as error:
            first = first or error
    return first


def _file(
    conn: sa.Connection, own: OwnSide, batch: BatchRow, answer: Answer, receipt: Receipt, *, now: int
) -> BatchRefused | None:
    """File a receipt with its place, or return why not: what was kept as evidence is kept when this commits."""
    act, seen = receipt.act, receipt.seen.checkpoint
    rows = streams.outbox_rows(conn, batch.stream, range(batch.first, batch.first + batch.parcels))
    if [(line.position, line.act) for line in receipt.lines] != [(row.position, row.act_hash) for row in rows]:
        return _refused("El acuse habla de otras piezas.", "The receipt speaks of other parcels.")
    if doubt.doubted(conn, seen.origin) or not doubt.agrees(conn, receipt.seen):
        return BatchRefused("log", doubt.words_of(seen.origin))
    if put_acts(conn, [NewAct(act.hash, act.signed, act.envelope, act.kid)], ours=False, at=now) == ["conflict"]:
        return _refused("Otro acto lleva el identificador del acuse.", "Another act has the receipt's identifier.")
    ledger = SqlLedgerStore(conn)
    own.vault.add_disclosures(conn, {act.hash: tuple(each.text for each in act.disclosures.values())})
    ledger.hold(seen.origin, receipt.index, [act.signed], [leaf_hash(act.signed)])
    if ledger.checkpoint(seen.origin, seen.size) is None:
        ledger.save_checkpoint(seen.origin, seen.size, seen.root, receipt.seen.note)
    put_proofs(conn, [ProofRow(act.hash, seen.origin, receipt.index, seen.size, b"".join(receipt.proof))])
    streams.batch_receipted(conn, batch.cover, act.hash, {line.position: line.verdict for line in receipt.lines})
    party = party_of(batch.stream.receiver)
    for origin in {own.shared, own.own} - {origin for origin, _ in answer.cosignatures}:  # those mark themselves
        if cosigned := cosigned_size(conn, origin, witness_name(party, own.programme)):
            streams.mark_cosigned(conn, origin, cosigned, party=party)
    return None


def _carry(own: OwnSide, batch: BatchRow, transport: Transport, standing: Standing, *, now: int) -> Answer:
    """Deliver; where the receiver stands at another size of our log, deliver once more from there."""
    party, load = party_of(batch.stream.receiver), _load(own, batch, now=now)
    with standing.turn:
        witnessed = dict(standing.sizes)
        for _ in range(2):
            body, shown = _sealed(own, batch, load, witnessed, now=now)
            response = transport(party, Request("POST", DELIVER, body))
            if response.status != HTTP_OK:
                raise _no_delivery(party, response.status)
            answer = read_answer(response.body)
            if answer.receipt or dict(answer.sizes) == witnessed:
                break
            witnessed = dict(answer.sizes)
        if answer.receipt:
            standing.sizes.update(shown)
    return answer


def ask_again(own: OwnSide, stream: Stream, transport: Transport, *, now: int) -> bool:
    """Ask the sender of a stream for the position we wait for and take it in; return whether the stream moved on."""
    party = party_of(stream.sender)
    with own.store.read() as conn:
        expect, ledger = streams.expected(conn, stream), SqlLedgerStore(conn)
        origins = (shared_origin(party, own.programme), own_origin(party, own.programme))
        sizes = tuple((origin, head.size) for origin in origins if (head := ledger.witnessed(origin)))
    again = Again(stream.sender, stream.receiver, expect, sizes)
    response = transport(party, Request("POST", AGAIN, write_again(again)))
    if response.status != HTTP_OK:
        raise _no_delivery(party, response.status)
    return inbox.receive(own, response.body, party, now=now).expect > expect


def send_again(own: OwnSide, again: Again, party: str, *, now: int) -> bytes | None:
    """Return the delivery to a party that holds a position, proved from where that party stands; None without one."""
    stream = Stream(own.programme, again.sender, again.recipient)
    with own.store.read() as conn:
        batch = streams.batch_at(conn, stream, again.position)
    if batch is None or party_of(stream.receiver) != party:
        return None
    return package(own, batch, witnessed=dict(again.sizes), now=now)


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


def _fitting(conn: sa.Connection, rows: list[OutboxRow]) -> list[OutboxRow]:
    """Return the first rows that fit into one cover and one batch, at least one."""
    weights = weights_of(conn, [row.act_hash for row in rows])
    digests = size = 0
    for number, row in enumerate(rows):
        digests, size = digests + len(row.digests), size + weights[row.act_hash]
        if number and (digests > MAX_COVER_DIGESTS or size > MAX_COVERED_BYTES):
            return rows[:number]
    return rows


def _wires(conn: sa.Connection, own: OwnSide, cover: str, rows: Sequence[OutboxRow]) -> list[bytes]:
    """Return the presentation of the cover (whole) and of each parcel (the released digests that still exist)."""
    hashes = [cover, *(row.act_hash for row in rows)]
    acts = get_acts(conn, hashes)
    texts = own.vault.disclosures_of(conn, hashes)
    wires = [wire_of(acts[ActHash(cover)].signed, texts[cover])]
    for row in rows:
        held, wanted = texts[row.act_hash], set(row.digests)
        chosen = [text for text, digest in zip(held, digests_of(held), strict=True) if digest in wanted]
        wires.append(wire_of(acts[ActHash(row.act_hash)].signed, chosen))
    return wires


def _parcel(trees: Mapping[str, TreeView], place: Place, position: int, wire: bytes) -> Parcel:
    proof = trees[place.origin].inclusion(place.index)
    return Parcel(position, place.origin, place.index, tuple(proof), wire)


def _checkpoint(conn: sa.Connection, origin: str, size: int, old: int) -> bytes:
    """Return the `add-checkpoint` body from where the receiver stands to the signed size."""
    ledger = SqlLedgerStore(conn)
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


def _refused(es: str, en: str) -> BatchRefused:
    return BatchRefused("receipt", Words(es=es, en=en))


def _no_delivery(party: str, status: int) -> PeerRefused:
    return PeerRefused(status, Words(es=f"{party} contestó {status}.", en=f"{party} answered {status}."))
