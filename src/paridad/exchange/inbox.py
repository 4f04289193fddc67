# SPDX-License-Identifier: Apache-2.0
"""Receiving: open the seal, check the checkpoint and the cover, verify each parcel, file, answer with a receipt.

Rules
  - Verification happens outside the transaction and in this order: frame, seal, checkpoint, cover, parcels. A batch
    whose cover or checkpoint fails is refused with the step named: nothing is filed, no position is used.
  - A parcel that fails a step under a good cover is quarantined: its bytes are kept, its position is used, the
    stream goes on. One bad parcel cannot sink its neighbours nor wedge the stream.
  - Acts, disclosures, proofs, positions and the receipt are one transaction; the receipt leaves after it (law 4).
  - A cover that was answered before is answered again with the stored receipt; nothing is filed twice (law 5).
  - A receipt is given with its place: leaf index, and a proof under a head that is signed before the answer leaves.
    That head and our cosignatures are a second transaction: what they attest was durable before.
  - A log that shows two histories is evidence, kept at once; nothing that rests on it is taken any more (`doubt`).
  - A known position with anything else is a conflict: both are kept, both digests are told, a person decides (law 6).
  - Positions ahead of the stream are noted and the expected position is told; nothing is filed out of order.

Worked example
    answer = receive(own, body, "A", now=now)
    answer.receipt      is the signed receipt, answer.expect the next position of the stream
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import sqlalchemy as sa

from paridad.acts.envelope import ActHash, SeenHead, act_hash, party_of
from paridad.acts.errors import ActRefused
from paridad.acts.issue import IssuedAct
from paridad.acts.verify import VerifiedAct, open_act, wire_of
from paridad.base.errors import ParidadError
from paridad.base.words import Words
from paridad.exchange import doubt, filing
from paridad.exchange.errors import BatchRefused
from paridad.exchange.own_side import OwnSide
from paridad.exchange.papers import CoverLine, ReceiptLine, Verdict, draft_receipt, read_cover
from paridad.exchange.places import sign_shared, signed_size
from paridad.exchange.seal import SealContext, sealed_to, unseal
from paridad.exchange.wire import Answer, Batch, Head, Parcel, read_batch, read_delivery
from paridad.exchange.witnessing import known_logs, remember_opened, vouch
from paridad.ledger import log
from paridad.ledger.checkpoint import VerifiedCheckpoint
from paridad.ledger.errors import LeafConflict, ProofRefused, WitnessAnswer
from paridad.ledger.merkle import leaf_hash, verify_inclusion
from paridad.ledger.note import encode_base64
from paridad.ledger.witness import OpenedRequest, open_request
from paridad.programme.origins import Log, parse_name, shared_origin
from paridad.store import proofs, streams
from paridad.store.acts import NewAct, get_act, put_acts, put_conflicts
from paridad.store.ledger import SqlLedgerStore, indexes_of
from paridad.store.records import open_conflicts
from paridad.store.streams import HeldRow, QuarantineRow, Stream, digests_sha

MAX_HELD = 1000
"""Parcels of one stream that are noted ahead of their turn; what is missing is asked for all the same."""

Seen = Mapping[str, VerifiedCheckpoint]
"""The checkpoints that came with a batch, by origin."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A batch whose frame, seal, checkpoints and cover hold."""

    stream: Stream
    head: Head
    batch: Batch
    seen: Seen
    shown: tuple[OpenedRequest, ...]
    """The checkpoints as they were shown, with what proves that they extend what we saw."""
    cover: VerifiedAct
    lines: tuple[CoverLine, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A parcel after verification: the act, or the step that it failed."""

    parcel: Parcel
    line: CoverLine
    act: VerifiedAct | None
    step: int = 0
    reason: Words | None = None


def receive(own: OwnSide, body: bytes, party: str, *, now: int) -> Answer:
    """Take in a delivery of a party and return the answer; raise `BatchRefused` where the cover does not hold."""
    opened = open_batch(own, body, party, now=now)
    pairs = zip(opened.batch.parcels, opened.lines, strict=True)
    judged = [_judge(own, opened, parcel, line, now=now) for parcel, line in pairs]
    with own.store.read() as conn:
        see = filing.seen_heads(conn, own)
    try:
        outcome = own.store.submit(lambda conn: _file(conn, own, opened, judged, see=see, now=now))
    except LeafConflict as error:
        own.store.submit(lambda conn: _keep_forks(conn, opened, judged))
        raise BatchRefused("log", error.words) from error
    return _answer(own, outcome, now=now)


def open_batch(own: OwnSide, body: bytes, party: str, *, now: int) -> Opened:
    """Open a delivery in four steps, or raise `BatchRefused` with the step."""
    # (1) The frame: outer head, known programme, the sender is of the calling party, the recipient is ours.
    head, sealed = read_delivery(body)
    _check_head(own, head, party, now=now)
    # (2) The seal: to one of our keys, bound to sender, recipient, stream and positions.
    batch = read_batch(_unseal(own, head, sealed))
    # (3) The checkpoints: signed by the sender's logs. Whether they extend what we saw is decided with the filing.
    shown = _checkpoints(own, batch, party)
    seen = {each.verified.checkpoint.origin: each.verified for each in shown}
    # (4) The cover: the sender's act about exactly this delivery, logged in the sender's shared log.
    cover = _open_cover(own, batch.cover, seen, party, now=now)
    lines = read_cover(cover, sender=head.sender, recipient=head.recipient, first=head.first, count=head.count)
    if len(lines) != len(batch.parcels):
        raise _refused("cover", "La carátula lista otras piezas.", "The cover lists other parcels.")
    return Opened(Stream(own.programme, head.sender, head.recipient), head, batch, seen, shown, cover, lines)


def _check_head(own: OwnSide, head: Head, party: str, *, now: int) -> None:
    agencies = own.keys.current.agencies
    prg = own.keys.in_force(now).prg
    if head.prg != prg:
        raise _refused("frame", f"Otra carta está vigente aquí: {prg}.", f"Another charter is in force here: {prg}.")
    if head.sender not in agencies or party_of(head.sender) != party:
        raise _refused(
            "frame", f"{head.sender} no es una dependencia de {party}.", f"{head.sender} is no agency of {party}."
        )
    if head.recipient not in own.act_signers:
        raise _refused("frame", f"{head.recipient} no está en este nodo.", f"{head.recipient} is not at this node.")


def _unseal(own: OwnSide, head: Head, sealed: bytes) -> bytes:
    kid = sealed_to(sealed)
    private = own.sealing.get(kid)
    if private is None or kid.partition("#")[0] != head.recipient:
        raise _refused("seal", f"Aquí no hay clave {kid}.", f"There is no key {kid} here.")
    context = SealContext(head.prg, head.sender, head.recipient, head.first, head.count)
    return unseal(sealed, private=private, context=context)


def _checkpoints(own: OwnSide, batch: Batch, party: str) -> tuple[OpenedRequest, ...]:
    logs = known_logs(own, (party,))
    try:
        return tuple(open_request(body, logs) for body in batch.checkpoints)
    except WitnessAnswer as answer:
        raise BatchRefused("checkpoint", answer.words) from answer


def _open_cover(own: OwnSide, parcel: Parcel, seen: Seen, party: str, *, now: int) -> VerifiedAct:
    """Verify the ten steps of the cover and its place in the sender's shared log; any fault refuses the batch."""
    try:
        _check_place(parcel, seen, shared_origin(party, own.programme))
        return _open(own, parcel, now=now, addressed_to=own.party)
    except ParidadError as error:
        raise BatchRefused("cover", error.words) from error


def _open(own: OwnSide, parcel: Parcel, *, now: int, addressed_to: str | None = None) -> VerifiedAct:
    """Verify the ten steps of an act that stands at its index of one of the sender's logs."""
    return open_act(
        parcel.wire,
        keys=own.keys,
        vocabulary=own.vocabulary,
        now=now,
        leaf_index=parcel.index,
        log=cast("Log", parse_name(parcel.origin).role),
        addressed_to=addressed_to,
    )


def _check_place(parcel: Parcel, seen: Seen, required_origin: str | None) -> None:
    """Check that the signed text stands at its index of a log whose checkpoint came along."""
    verified = seen.get(parcel.origin)
    if verified is None or (required_origin is not None and parcel.origin != required_origin):
        raise ProofRefused(
            Words(es="La pieza no está en una bitácora presentada.", en="The parcel is in no log that was shown.")
        )
    checkpoint = verified.checkpoint
    signed = parcel.wire.partition(b"~")[0]
    verify_inclusion(leaf_hash(signed), parcel.index, checkpoint.size, parcel.proof, checkpoint.root)


def _judge(own: OwnSide, opened: Opened, parcel: Parcel, line: CoverLine, *, now: int) -> Judged:
    """Verify one parcel against its line of the cover; a fault is a verdict, not an exception."""
    try:
        _check_place(parcel, opened.seen, None)
        act = _open(own, parcel, now=now)
        _check_line(opened, act, parcel, line)
    except ActRefused as error:
        return Judged(parcel, line, None, error.step, error.words)
    except ParidadError as error:
        return Judged(parcel, line, None, 0, error.words)
    return Judged(parcel, line, act)


def _check_line(opened: Opened, act: VerifiedAct, parcel: Parcel, line: CoverLine) -> None:
    """Check that the parcel is what the cover lists, the sender's own, and for this agency (law 9)."""
    came = [each.digest for each in act.disclosures.values()]
    if parcel.position != line.position or act.hash != line.act or not set(line.digests).issuperset(came):
        raise _refused("cover", "La pieza no es la que lista la carátula.", "The parcel is not what the cover lists.")
    if act.envelope.party != party_of(opened.head.sender):
        raise _refused("cover", "El acto es de otra parte.", "The act is of another party.")
    if parse_name(parcel.origin).role == "shared" and opened.head.recipient not in act.envelope.aud:
        raise _refused("cover", "El acto no se dirige a esta dependencia.", "The act is not addressed to this agency.")


# Filing: one transaction ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the transaction decided."""

    receipt: str = ""
    """The receipt with its disclosures, or empty where nothing was filed."""
    expect: int = 1
    refusal: str = ""
    sizes: tuple[tuple[str, int], ...] = ()
    remembered: tuple[VerifiedCheckpoint, ...] = ()


def _file(
    conn: sa.Connection, own: OwnSide, opened: Opened, judged: Sequence[Judged], *, see: tuple[SeenHead, ...], now: int
) -> Outcome:
    expect = streams.expected(conn, opened.stream)
    # (5) Answered before: the stored receipt, byte for byte.
    if (receipt := streams.receipt_for(conn, opened.cover.hash)) is not None:
        return Outcome(_stored(conn, own, receipt), expect, sizes=_sizes(conn, opened))
    # (6) The logs are not doubted, and the checkpoints extend what we saw; else the sender learns where we stand.
    doubt.demand_undoubted(conn, opened.seen)
    answers = [remember_opened(conn, request) for request in opened.shown]
    refused = next((each for each in answers if isinstance(each, WitnessAnswer)), None)
    if refused is not None:
        return Outcome(expect=expect, refusal=f"checkpoint: {refused.words.en}", sizes=_sizes(conn, opened))
    # (7) Ahead of the stream: noted, not filed.
    if opened.head.first > expect:
        _note_gap(conn, opened, now=now)
        return Outcome(expect=expect, refusal=f"gap: expect {expect}", sizes=_sizes(conn, opened))
    # (8) The cover itself: another one under its identifier is kept, and nothing is taken under it.
    if put_acts(conn, [_new(opened.cover)], ours=False, at=now) == ["conflict"]:
        return Outcome(expect=expect, refusal="cover: another act has that identifier", sizes=_sizes(conn, opened))
    # (9) Each parcel gets its verdict; acts, disclosures, proofs, receipt and positions are stored together.
    verdicts = _verdicts(conn, own, opened, judged, expect=expect, now=now)
    receipt_act = _receipt(conn, own, opened, [line for line, _ in verdicts], see=see, now=now)
    return Outcome(
        receipt=receipt_act.wire.decode("ascii"),
        expect=_advance(conn, opened, verdicts, receipt_act.hash, expect=expect, now=now),
        sizes=_sizes(conn, opened),
        remembered=tuple(each for each in answers if isinstance(each, VerifiedCheckpoint)),
    )


def _keep_forks(conn: sa.Connection, opened: Opened, judged: Sequence[Judged]) -> None:
    """Keep the proof of every leaf of this batch that stands where another was proved to stand."""
    for parcel in (opened.batch.cover, *(each.parcel for each in judged if each.act)):
        signed = parcel.wire.partition(b"~")[0]
        doubt.keep_two_leaves(conn, opened.seen[parcel.origin], parcel.index, signed, parcel.proof)


def _stored(conn: sa.Connection, own: OwnSide, receipt: str) -> str:
    act = get_act(conn, receipt)
    assert act is not None
    return wire_of(act.signed, own.vault.disclosures(conn, receipt)).decode("ascii")


def _sizes(conn: sa.Connection, opened: Opened) -> tuple[tuple[str, int], ...]:
    ledger = SqlLedgerStore(conn)
    stored = ((origin, ledger.witnessed(origin)) for origin in opened.seen)
    return tuple((origin, head.size if head else 0) for origin, head in stored)


def _note_gap(conn: sa.Connection, opened: Opened, *, now: int) -> None:
    room = MAX_HELD - len(streams.held_rows(conn, opened.stream, limit=MAX_HELD))
    rows = [HeldRow(line.position, line.act, opened.cover.hash, now) for line in opened.lines]
    streams.hold(conn, opened.stream, rows[:room])


Verdicts = list[tuple[ReceiptLine, Judged]]


def _verdicts(
    conn: sa.Connection, own: OwnSide, opened: Opened, judged: Sequence[Judged], *, expect: int, now: int
) -> Verdicts:
    known = [each for each in judged if each.line.position < expect]
    filed = streams.filed_at(conn, opened.stream, range(opened.head.first, expect)) if known else {}
    verdicts = [(_compare(conn, filed[each.line.position], each, now=now), each) for each in known]
    return verdicts + _take_in(conn, own, opened, [each for each in judged if each.line.position >= expect], now=now)


def _compare(conn: sa.Connection, filed: streams.Parcel, judged: Judged, *, now: int) -> ReceiptLine:
    """Judge a position that was used: the same is a duplicate, anything else a conflict with both digests told."""
    same = filed.act_hash == judged.line.act and filed.digests_sha == digests_sha(judged.line.digests)
    if not same and judged.act is not None:
        contradicting = _new(judged.act)
        put_conflicts(conn, [(ActHash(filed.act_hash), contradicting)], about=str(filed.position), at=now)
    return _line(judged, "duplicate" if same else "conflict", "" if same else filed.act_hash)


def _take_in(conn: sa.Connection, own: OwnSide, opened: Opened, judged: Sequence[Judged], *, now: int) -> Verdicts:
    """File the verified acts of new positions, and keep the bytes of what failed."""
    good = [(each, each.act) for each in judged if each.act is not None]
    filings = put_acts(conn, [_new(act) for _, act in good], ours=False, at=now)
    sets: dict[str, tuple[str, ...]] = {opened.cover.hash: _texts(opened.cover)}
    fresh: dict[str, tuple[str, ...]] = {}
    for (_, act), filed in zip(good, filings, strict=True):
        if filed == "new":
            fresh[act.hash] = _texts(act)
        elif filed == "same":
            sets[act.hash] = (*sets.get(act.hash, ()), *_texts(act))
    own.vault.put_disclosures(conn, fresh)  # an act that was not here before has none yet
    own.vault.add_disclosures(conn, sets)
    _keep_places(conn, opened, [each.parcel for each, act in good if act.hash in fresh or act.hash in sets])
    _quarantine(conn, own, opened, [each for each in judged if each.act is None], now=now)
    held = {row.other: row.held for row in open_conflicts(conn)} if "conflict" in filings else {}
    contradicted = {
        act.hash: held[act.hash] for (_, act), filed in zip(good, filings, strict=True) if filed == "conflict"
    }
    return [(_verdict(each, contradicted), each) for each in judged]


def _verdict(judged: Judged, contradicted: Mapping[ActHash, str]) -> ReceiptLine:
    """Say what became of a parcel at a new position; `contradicted` names the act that stands instead."""
    if judged.act is None:
        reason = judged.reason.en if judged.reason else ""
        return _line(judged, "quarantined", f"step {judged.step}: {reason}"[:500])
    if judged.act.hash in contradicted:
        return _line(judged, "conflict", contradicted[judged.act.hash])
    return _line(judged, "accepted" if judged.act.kind else "accepted-unknown-kind", "")


def _line(judged: Judged, verdict: Verdict, reason: str) -> ReceiptLine:
    digests = tuple([each.digest for each in judged.act.disclosures.values()]) if judged.act else ()
    return ReceiptLine(judged.line.position, judged.line.act, verdict, reason, digests)


def _keep_places(conn: sa.Connection, opened: Opened, parcels: Sequence[Parcel]) -> None:
    """Keep where each act stands in the sender's log: its proof, and for the shared log the mirrored leaf."""
    ledger = SqlLedgerStore(conn)
    everything = [opened.batch.cover, *parcels]
    rows = [_place(parcel, opened.seen) for parcel in everything]
    proofs.put_proofs(conn, rows)
    shared = sorted((p for p in everything if parse_name(p.origin).role == "shared"), key=lambda p: p.index)
    for run in _runs(shared):
        entries = [parcel.wire.partition(b"~")[0] for parcel in run]
        ledger.hold(run[0].origin, run[0].index, entries, [leaf_hash(entry) for entry in entries])


def _place(parcel: Parcel, seen: Seen) -> proofs.ProofRow:
    hash_ = act_hash(parcel.wire.partition(b"~")[0])
    return proofs.ProofRow(
        hash_, parcel.origin, parcel.index, seen[parcel.origin].checkpoint.size, b"".join(parcel.proof)
    )


def _runs(parcels: Sequence[Parcel]) -> list[list[Parcel]]:
    """Group parcels of one log by consecutive leaf indexes."""
    runs: list[list[Parcel]] = []
    for parcel in parcels:
        if runs and runs[-1][-1].index + 1 == parcel.index:
            runs[-1].append(parcel)
        elif not runs or runs[-1][-1].index != parcel.index:
            runs.append([parcel])
    return runs


def _quarantine(conn: sa.Connection, own: OwnSide, opened: Opened, judged: Sequence[Judged], *, now: int) -> None:
    rows = [
        QuarantineRow(
            opened.stream, each.line.position, each.line.act, each.step, each.reason.en if each.reason else "", now
        )
        for each in judged
    ]
    streams.put_quarantine(conn, rows)
    for each in judged:
        subject = streams.quarantine_subject(opened.stream, each.line.position)
        own.vault.lock(conn, {subject: each.parcel.wire})


def _receipt(
    conn: sa.Connection,
    own: OwnSide,
    opened: Opened,
    lines: Sequence[ReceiptLine],
    *,
    see: tuple[SeenHead, ...],
    now: int,
) -> IssuedAct:
    draft = draft_receipt(opened.head.recipient, opened.head.sender, opened.cover.hash, lines, own.conduct)
    said = filing.issue_drafts(own, [draft], now=now, see=see)
    filing.release_to_addressees(own, said, filing.conduct_matter(own, opened.head.sender), now=now)
    filing.file_acts(conn, own, said, now=now)
    return said[0]


def _advance(
    conn: sa.Connection, opened: Opened, verdicts: Verdicts, receipt: ActHash, *, expect: int, now: int
) -> int:
    """File what took new positions, and return the position that is expected next."""
    rows = [
        streams.Parcel(
            line.position, line.act, digests_sha(each.line.digests), line.verdict, opened.cover.hash, receipt, now
        )
        for line, each in verdicts
        if line.position >= expect
    ]
    streams.file_parcels(conn, opened.stream, rows)
    if not rows:
        streams.note_receipt(conn, opened.cover.hash, receipt)
    streams.drop_held(conn, opened.stream, below=expect + len(rows))
    return expect + len(rows)


def _answer(own: OwnSide, outcome: Outcome, *, now: int) -> Answer:
    """Put the answer together after the commit, in a second one: our cosignatures, and the place of the receipt."""

    def complete(conn: sa.Connection) -> Answer:
        lines = tuple((seen.checkpoint.origin, vouch(conn, own, seen, now=now).decode()) for seen in outcome.remembered)
        index, note, proof = _place_of(conn, own, outcome.receipt, now=now)
        return Answer(outcome.receipt, index, note, proof, lines, outcome.expect, outcome.sizes, outcome.refusal)

    if outcome.receipt:
        return own.store.submit(complete)
    return Answer("", 0, "", (), (), outcome.expect, outcome.sizes, outcome.refusal)


def _place_of(conn: sa.Connection, own: OwnSide, receipt: str, *, now: int) -> tuple[int, str, tuple[str, ...]]:
    """Return index, signed checkpoint and proof of a receipt; a head that covers it is signed where none does yet."""
    hash_ = act_hash(receipt.partition("~")[0].encode())
    ledger, index = SqlLedgerStore(conn), indexes_of(conn, own.shared, [hash_])[hash_]
    if signed_size(conn, own.shared) <= index:
        sign_shared(conn, own, now=now)
    size = signed_size(conn, own.shared)
    note = ledger.checkpoint(own.shared, size) or b""
    proof = log.prove(ledger, own.shared, index, size)
    return index, note.decode(), tuple(map(encode_base64, proof))


def _new(act: VerifiedAct) -> NewAct:
    return NewAct(act.hash, act.signed, act.envelope, act.kid)


def _texts(act: VerifiedAct) -> tuple[str, ...]:
    return tuple([each.text for each in act.disclosures.values()])


def _refused(step: str, es: str, en: str) -> BatchRefused:
    return BatchRefused(step, Words(es=es, en=en))
