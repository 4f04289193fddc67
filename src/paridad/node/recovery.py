# SPDX-License-Identifier: Apache-2.0
"""After a restored backup: notice it, and take back from the other parties what they hold of ours.

Rules
  - A witness that saw more of our log than is here, or something else, stops the node (`UnknownState`). It shows our
    own signature for it; a number alone stops nobody.
  - What comes back are our own acts, with the fields that we sent and that are still there. All of them must verify,
    leave no gap, and give the very root that we signed; else nothing is kept and the node stays stopped.
  - What was on its way is put back from our covers and is sent again; the other side answers with the stored receipt.
    What came in meanwhile is known from our receipts, and is asked for again.
  - An internal record that nobody else holds is lost with the disk. Its log is not continued past the gap, by nobody:
    the node reads and exports, and signs nothing more (ADR 0020).

Worked example
    node.start()                 raises UnknownState: B saw 12 leaves of A/practice/shared and there are 9 here
    node.recover()               is Recovered(leaves=3, covers=1, awaited=2)
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import sqlalchemy as sa

from paridad.acts.verify import VerifiedAct, open_act, wire_of
from paridad.base.errors import ParidadError
from paridad.base.words import Words
from paridad.exchange.errors import BatchRefused, PeerRefused, PeerUnreachable
from paridad.exchange.own_side import OwnSide
from paridad.exchange.papers import COVER, RECEIPT, CoverLine, ReceiptLine, listed
from paridad.exchange.paths import MIRROR
from paridad.exchange.transport import Request, Transport
from paridad.exchange.wire import Parcel, read_parcels
from paridad.exchange.witnessing import HTTP_OK, seen_by
from paridad.ledger import log
from paridad.ledger.checkpoint import Checkpoint, VerifiedCheckpoint
from paridad.ledger.errors import UnknownState
from paridad.ledger.merkle import leaf_hash
from paridad.node.errors import OwnLogLost, SharedLogBehind
from paridad.store import streams
from paridad.store.acts import NewAct, get_acts, put_acts
from paridad.store.ledger import SqlLedgerStore
from paridad.store.streams import HeldRow, Outgoing, Stream


@dataclass(frozen=True, slots=True)
class Recovered:
    """What came back."""

    leaves: int = 0
    covers: int = 0
    """Batches that are sent again."""
    awaited: int = 0
    """Positions of inbound streams that are asked for again."""


def compare(own: OwnSide, party: str, transport: Transport) -> None:
    """Compare both logs with what a witness saw of them, or raise `UnknownState`."""
    for origin in (own.shared, own.own):
        seen = seen_by(own, party, origin, transport)
        if seen is not None:
            with own.store.read() as conn:
                ledger = SqlLedgerStore(conn)
                _demand_held(own, party, seen.checkpoint, ledger.head(origin).size)
                log.compare_with_witness(ledger, origin, seen)


def _demand_held(own: OwnSide, party: str, seen: Checkpoint, held: int) -> None:
    """Raise where a witness saw leaves that are not here: what that means depends on whose they are to give back."""
    if seen.size <= held:
        return
    words = Words(
        es=f"{party} vio {seen.size} hojas de {seen.origin} y aquí hay {held}.",
        en=f"{party} saw {seen.size} leaves of {seen.origin} and there are {held} here.",
    )
    raise OwnLogLost(words) if seen.origin == own.own else SharedLogBehind(words)


def behind(own: OwnSide, transport: Transport) -> int:
    """Return how many leaves of *shared* other parties saw that are not here; nothing is taken back."""
    newest = _newest(own, transport)
    with own.store.read() as conn:
        held = SqlLedgerStore(conn).head(own.shared).size
    return max(newest.checkpoint.size - held, 0) if newest else 0


def recover(own: OwnSide, transport: Transport, *, now: int) -> Recovered:
    """Bring *shared* up to the largest head of ours that anybody saw, or raise `UnknownState` and keep nothing."""
    newest = _newest(own, transport)
    with own.store.read() as conn:
        held = SqlLedgerStore(conn).head(own.shared).size
    if newest is None or newest.checkpoint.size <= held:
        return Recovered()
    acts = _acts_from(own, transport, held, newest.checkpoint.size, now=now)
    return own.store.submit(lambda conn: _take_back(conn, own, newest, acts, now=now))


def _newest(own: OwnSide, transport: Transport) -> VerifiedCheckpoint | None:
    """Return the largest head of *shared* that a party saw; a party out of reach is passed over."""
    seen = []
    for party in own.others:
        try:
            seen.append(seen_by(own, party, own.shared, transport))
        except (PeerUnreachable, PeerRefused):
            continue
    return max((each for each in seen if each), key=lambda each: each.checkpoint.size, default=None)


def _acts_from(own: OwnSide, transport: Transport, start: int, end: int, *, now: int) -> list[VerifiedAct]:
    """Return our acts at the leaves from `start` to `end`, put together from all that hold some, or raise."""
    found: dict[int, tuple[bytes, dict[str, None]]] = {}
    for party in own.others:
        for parcel in _parcels(party, transport, start, end):
            with suppress(ParidadError):
                act = _open(own, parcel.wire, parcel.index, now=now)
                signed, texts = found.setdefault(parcel.index, (act.signed, {}))
                if signed == act.signed:
                    texts.update(dict.fromkeys(each.text for each in act.disclosures.values()))
    missing = [index for index in range(start, end) if index not in found]
    if missing:
        raise _stopped(f"nadie tiene la hoja {missing[0]}", f"nobody holds leaf {missing[0]}")
    return [_open(own, wire_of(*found[index]), index, now=now) for index in range(start, end)]


def _parcels(party: str, transport: Transport, start: int, end: int) -> Iterator[Parcel]:
    """Yield what a party holds of our log, page by page; one that is out of reach or answers nonsense holds nothing."""
    at = start
    while at < end:
        try:
            response = transport(party, Request("GET", f"{MIRROR}shared/acts/{at}"))
            page = read_parcels(response.body) if response.status == HTTP_OK else []
        except (PeerUnreachable, BatchRefused):
            return
        yield from page
        if not page or page[-1].index < at:
            return
        at = page[-1].index + 1


def _open(own: OwnSide, wire: bytes, index: int, *, now: int) -> VerifiedAct:
    """Verify an act of ours at its leaf, like anybody's."""
    act = open_act(wire, keys=own.keys, vocabulary=own.vocabulary, now=now, leaf_index=index)
    if act.envelope.party != own.party:
        raise _stopped("no es un acto nuestro", "it is no act of ours")
    return act


def _take_back(
    conn: sa.Connection, own: OwnSide, newest: VerifiedCheckpoint, acts: Sequence[VerifiedAct], *, now: int
) -> Recovered:
    """File our acts and go on from the head that we signed; raising undoes all of it."""
    ledger, seen = SqlLedgerStore(conn), newest.checkpoint
    start = seen.size - len(acts)
    filings = put_acts(conn, [NewAct(a.hash, a.signed, a.envelope, a.kid) for a in acts], ours=True, at=now)
    if "conflict" in filings:
        raise _stopped("un acto contradice a otro", "an act contradicts another")
    own.vault.add_disclosures(conn, {a.hash: tuple(d.text for d in a.disclosures.values()) for a in acts})
    ledger.hold(seen.origin, start, [a.signed for a in acts], [leaf_hash(a.signed) for a in acts])
    log.reconcile(ledger, seen.origin)
    log.compare_with_witness(ledger, seen.origin, newest)
    ledger.save_checkpoint(seen.origin, seen.size, seen.root, newest.note)
    covers = [act for act in acts if act.envelope.knd == COVER]
    for cover in covers:
        _put_back(conn, own, cover, now=now)
    awaited = sum(_await(conn, own, a, now=now) for a in acts if a.envelope.knd == RECEIPT)
    return Recovered(len(acts), len(covers), awaited)


def _put_back(conn: sa.Connection, own: OwnSide, cover: VerifiedAct, *, now: int) -> None:
    """Put what a cover lists back on its way."""
    lines = listed(cover, CoverLine)
    stream = Stream(own.programme, cover.envelope.iss, cover.envelope.aud[0])
    positions = range(lines[0].position, lines[-1].position + 1)
    there = {row.position for row in streams.outbox_rows(conn, stream, positions)}
    rest = [line for line in lines if line.position not in there]
    held = get_acts(conn, [line.act for line in lines])
    lost = [line.act for line in lines if line.act not in held]
    if lost:
        raise _stopped(f"se perdió el registro {lost[0]}", f"the record {lost[0]} is lost")
    if list(streams.outbox_put(conn, stream, [Outgoing(r.act, r.digests) for r in rest], at=now)) != [
        line.position for line in rest
    ]:
        raise _stopped("faltan posiciones de una corriente", "positions of a stream are missing")
    streams.open_batch(conn, stream, cover=cover.hash, positions=positions, at=now)


def _await(conn: sa.Connection, own: OwnSide, receipt: VerifiedAct, *, now: int) -> int:
    """Note the positions that a receipt of ours says came, and that the backup does not have."""
    stream = Stream(own.programme, receipt.envelope.aud[0], receipt.envelope.iss)
    expect, [cover] = streams.expected(conn, stream), receipt.envelope.re
    rows = [
        HeldRow(line.position, line.act, cover, now) for line in listed(receipt, ReceiptLine) if line.position >= expect
    ]
    return streams.hold(conn, stream, rows)


def _stopped(es: str, en: str) -> UnknownState:
    return UnknownState(Words(es=f"No se recupera: {es}.", en=f"Not recovered: {en}."))
