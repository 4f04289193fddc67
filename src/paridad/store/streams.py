# SPDX-License-Identifier: Apache-2.0
"""Streams between agencies: what is to be sent, what was sent, what came, and what waits to be understood.

Rules
  - A stream is (programme, sender, receiver); positions run from 1 without holes and are given in the transaction
    that appends the act. The row of a stream is changed only together with its parcels.
  - A parcel, once filed, is never changed: its position tells for ever which act and which digests came (L6).
  - Outbox states go forward only: queued, batched under a cover, receipted, cosigned. A batch is one signed cover;
    a repetition sends the same cover.
  - Nothing here sends: these are tables; the loop is in `exchange`.

Worked example
    outbox_put(conn, stream, [Outgoing(hash_, digests)], at=now)        is range(1, 2)
    queued(conn, stream, limit=100)                                     is [Queued(position=1, …)]
    open_batch(conn, stream, cover=cover_hash, positions=range(1, 2), at=now)
    batch_receipted(conn, cover_hash, receipt_hash, {1: "accepted"})
    mark_cosigned(conn, origin, size)                                   is 1
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import groupby
from typing import Any, NamedTuple

import sqlalchemy as sa

from paridad.base.words import Words
from paridad.store.acts import numbers_of
from paridad.store.bulk import INSERT, insert_many, upsert
from paridad.store.errors import PositionRefused
from paridad.store.tables import (
    acts,
    batches,
    held,
    inbound_parcels,
    inbound_streams,
    leaves,
    outbound_streams,
    outbox,
    quarantine,
    receipts,
)

_STREAM = ("programme", "sender", "receiver")


class Stream(NamedTuple):
    """One direction between two agencies in a programme."""

    programme: str
    sender: str
    receiver: str


class Outgoing(NamedTuple):
    """An act to be sent, and the digests of the disclosures that go with it."""

    act_hash: str
    digests: Collection[str]


class OutboxRow(NamedTuple):
    """One parcel on its way."""

    stream: Stream
    position: int
    act_hash: str
    digests: tuple[str, ...]
    state: str
    cover: str | None
    verdict: str | None
    queued_at: int


class BatchRow(NamedTuple):
    """One cover and the parcels under it."""

    cover: str
    stream: Stream
    first: int
    parcels: int
    state: str
    attempts: int
    last_error: str
    next_try_at: int
    receipt: str | None


class Parcel(NamedTuple):
    """What came at a position, as the cover names it."""

    position: int
    act_hash: str
    digests_sha: bytes
    verdict: str
    cover: str
    receipt: str
    arrived_at: int


def digests_sha(digests: Iterable[str]) -> bytes:
    """Return SHA-256 over the sorted digests: equal for equal sets, whatever their order."""
    return sha256(" ".join(sorted(digests)).encode("ascii")).digest()


# --- sending --------------------------------------------------------------------------------------------------------


def outbox_put(conn: sa.Connection, stream: Stream, parcels: Sequence[Outgoing], *, at: int) -> range:
    """Queue parcels at the next positions of the stream and return these positions."""
    if not parcels:
        return range(0)
    values = {**stream._asdict(), "next_position": 1 + len(parcels), "count": len(parcels)}
    end = int(conn.execute(_take_positions(conn.dialect.name), values).scalar_one())
    positions = range(end - len(parcels), end)
    rows = [
        (*stream, position, parcel.act_hash, " ".join(sorted(parcel.digests)), "queued", None, None, at)
        for position, parcel in zip(positions, parcels, strict=True)
    ]
    insert_many(conn, outbox, rows)
    return positions


def queued(conn: sa.Connection, stream: Stream, *, limit: int) -> list[OutboxRow]:
    """Return the next parcels without a cover, in stream order."""
    return _outbox(conn, _QUEUED, {**_names(stream), "most": limit})


def streams_with_queue(conn: sa.Connection) -> list[Stream]:
    """Return the streams in which parcels wait for a cover."""
    names = [outbox.c.programme, outbox.c.sender, outbox.c.receiver]
    statement = sa.select(*names).where(_open("queued")).distinct().order_by(*names)
    return [Stream(*row) for row in conn.execute(statement)]


def outbox_of(conn: sa.Connection, act_hash: str) -> list[OutboxRow]:
    """Return everywhere an act was or is to be sent."""
    return _outbox(conn, _ROWS.where(outbox.c.act.in_(numbers_of([act_hash]))), {})


def outboxes_of(conn: sa.Connection, hashes: Collection[str]) -> dict[str, list[OutboxRow]]:
    """Return the same for several acts; those that were not to be sent are absent."""
    found: dict[str, list[OutboxRow]] = {}
    for row in _outbox(conn, _ROWS.where(outbox.c.act.in_(numbers_of(hashes))), {}):
        found.setdefault(row.act_hash, []).append(row)
    return found


def outbox_rows(conn: sa.Connection, stream: Stream, positions: range) -> list[OutboxRow]:
    """Return the parcels at some positions of a stream."""
    return _outbox(conn, _AT, {**_names(stream), "first": positions.start, "last": positions.stop - 1})


def open_batch(conn: sa.Connection, stream: Stream, *, cover: str, positions: range, at: int) -> None:
    """Put queued parcels under a cover that is due at once; they must be the next ones, all of them queued."""
    here = {**_names(stream), "first_one": positions.start, "last_one": positions.stop - 1}
    covered = conn.execute(_COVER, {**here, "under": cover}).rowcount
    if covered != len(positions) or not positions:
        raise RuntimeError(f"positions {positions} of {stream} are not all queued")
    insert_many(conn, batches, [(cover, *stream, positions.start, len(positions), "open", 0, "", at, None)])


def due_batches(conn: sa.Connection, *, now: int) -> list[BatchRow]:
    """Return the covers without a receipt whose time to be sent has come, in stream order."""
    return _batches(conn, _BATCHES.where(batches.c.state == "open", batches.c.next_try_at <= now), {})


def open_batches(conn: sa.Connection, stream: Stream) -> list[BatchRow]:
    """Return the covers of a stream that have no receipt yet."""
    return _batches(conn, _OPEN, _names(stream))


def get_batch(conn: sa.Connection, cover: str) -> BatchRow | None:
    """Return a batch by its cover."""
    return next(iter(_batches(conn, _UNDER, {"under": cover})), None)


def batch_at(conn: sa.Connection, stream: Stream, position: int) -> BatchRow | None:
    """Return the batch in which a position was sent: what a receiver that sees a gap asks for."""
    inside = sa.and_(batches.c.first <= position, position < batches.c.first + batches.c.parcels)
    return next(iter(_batches(conn, _BATCHES.where(_of(batches, stream), inside), {})), None)


def batch_failed(conn: sa.Connection, cover: str, *, error: str, next_try_at: int) -> None:
    """Count an attempt without a receipt and say when the next is due."""
    conn.execute(
        sa.update(batches)
        .where(batches.c.cover == cover, batches.c.state == "open")
        .values(attempts=batches.c.attempts + 1, last_error=error, next_try_at=next_try_at)
    )


def batch_receipted(conn: sa.Connection, cover: str, receipt: str, verdicts: Mapping[int, str]) -> None:
    """Note the receipt of a batch and the verdict on each parcel; a receipt that comes twice changes nothing."""
    stream = conn.execute(_RECEIPT, {"under": cover, "by": receipt}).first()
    if stream is not None:
        runs = [list(run) for _, run in groupby(sorted(verdicts.items()), key=lambda each: each[1])]
        said = [{"said": run[0][1], "first_one": run[0][0], "last_one": run[-1][0]} for run in runs]
        conn.execute(_SAY, [{**_names(Stream(*stream)), "under": cover, **each} for each in said])


def mark_cosigned(conn: sa.Connection, origin: str, size: int, *, party: str | None = None) -> int:
    """Note that a cosignature covers our log up to `size`; return how many parcels (to that party) it settled."""
    here = {"log": origin, "below": size}
    if party is None:
        return conn.execute(_COSIGN, here).rowcount
    return conn.execute(_COSIGN_OF, {**here, "theirs": f"{party}/", "length": len(party) + 1}).rowcount


# --- receiving ------------------------------------------------------------------------------------------------------


def expected(conn: sa.Connection, stream: Stream) -> int:
    """Return the next position of an inbound stream: 1 where nothing came yet."""
    return int(conn.execute(_EXPECTED, _names(stream)).scalar_one_or_none() or 1)


def inbound(conn: sa.Connection) -> dict[Stream, int]:
    """Return all inbound streams with their next position."""
    return {Stream(*row[:3]): row.next_position for row in conn.execute(sa.select(inbound_streams))}


def filed_at(conn: sa.Connection, stream: Stream, positions: range) -> dict[int, Parcel]:
    """Return what was filed at these positions."""
    between = inbound_parcels.c.position.between(positions.start, positions.stop - 1)
    return {parcel.position: parcel for parcel in _parcels(conn, sa.and_(_of(inbound_parcels, stream), between))}


def parcels_of(conn: sa.Connection, act_hash: str) -> list[tuple[Stream, Parcel]]:
    """Return every time an act came and was filed."""
    rows = conn.execute(
        _PARCELS.where(inbound_parcels.c.act.in_(numbers_of([act_hash]))).order_by(*_keys(inbound_parcels))
    )
    return [(Stream(*row[:3]), Parcel._make(row[3:])) for row in rows]


def receipt_for(conn: sa.Connection, cover: str) -> str | None:
    """Return the act hash of the receipt that answered a cover."""
    return conn.execute(_RECEIPT_FOR, {"under": cover}).scalar_one_or_none()


def note_receipt(conn: sa.Connection, cover: str, receipt: str) -> None:
    """Note the receipt that answers a cover; the first stands. `file_parcels` does it for what it files."""
    insert_many(conn, receipts, [(cover, receipt)], ignore=True)


def file_parcels(conn: sa.Connection, stream: Stream, parcels: Sequence[Parcel]) -> None:
    """File parcels at the next positions of the stream, or raise `PositionRefused` and file none."""
    if not parcels:
        return
    first = expected(conn, stream)
    wanted = range(first, first + len(parcels))
    if [parcel.position for parcel in parcels] != list(wanted):
        raise PositionRefused(
            Words(
                es=f"Se esperaba la posición {first} y las siguientes, sin huecos.",
                en=f"Position {first} and those after it were expected, without holes.",
            )
        )
    _advance(conn, stream, wanted.stop, parcels[-1].act_hash)
    rows = [
        (*stream, p.position, p.act_hash, p.act_hash, p.digests_sha, p.verdict, p.cover, p.arrived_at) for p in parcels
    ]
    insert_many(conn, inbound_parcels, rows)
    insert_many(conn, receipts, sorted({(parcel.cover, parcel.receipt) for parcel in parcels}), ignore=True)


def _advance(conn: sa.Connection, stream: Stream, next_position: int, last_act: str) -> None:
    progress = {"next_position": next_position, "last_act": last_act}
    insert = upsert(conn, inbound_streams).values({**stream._asdict(), **progress})
    conn.execute(insert.on_conflict_do_update(index_elements=_STREAM, set_=progress))


class HeldRow(NamedTuple):
    """A parcel ahead of its stream; its bytes are in the vault under `held_subject(digest)`."""

    position: int
    digest: str
    cover: str
    arrived_at: int


def held_subject(digest: str) -> str:
    """Return the vault's name for the bytes of a held parcel."""
    return f"held/{digest}"


def hold(conn: sa.Connection, stream: Stream, rows: Sequence[HeldRow]) -> int:
    """Note parcels that are ahead of their stream; what is already held stays. Return how many are new."""
    return insert_many(conn, held, [(*stream, *row) for row in rows], ignore=True)


def held_rows(conn: sa.Connection, stream: Stream, *, limit: int = 1000) -> list[HeldRow]:
    """Return what is held of a stream, in order of position."""
    columns = (held.c.position, held.c.digest, held.c.cover, held.c.arrived_at)
    statement = sa.select(*columns).where(_of(held, stream)).order_by(held.c.position, held.c.digest).limit(limit)
    return [HeldRow(*row) for row in conn.execute(statement)]


def streams_with_gaps(conn: sa.Connection) -> list[Stream]:
    """Return the streams of which something is held that came ahead of its turn."""
    names = [held.c.programme, held.c.sender, held.c.receiver]
    return [Stream(*row) for row in conn.execute(sa.select(*names).distinct().order_by(*names))]


def drop_held(conn: sa.Connection, stream: Stream, *, below: int) -> list[str]:
    """Forget held parcels below a position and return the vault's names of their bytes, to be destroyed."""
    gone = conn.execute(_DROP, {**_names(stream), "below": below})
    digests = {row.digest for row in gone}
    if not digests:
        return []
    still = {row.digest for row in conn.execute(sa.select(held.c.digest).where(held.c.digest.in_(digests)))}
    return sorted(map(held_subject, digests - still))


class QuarantineRow(NamedTuple):
    """A parcel that used its position and failed a step; its bytes are in the vault under `quarantine_subject`."""

    stream: Stream
    position: int
    digest: str
    step: int
    reason: str
    arrived_at: int
    settled_at: int | None = None
    settled_by: str | None = None


def quarantine_subject(stream: Stream, position: int) -> str:
    """Return the vault's name for the bytes of a quarantined parcel."""
    return f"quarantine/{'/'.join(stream)}/{position}"


def put_quarantine(conn: sa.Connection, rows: Sequence[QuarantineRow]) -> None:
    """Note parcels that failed a step."""
    insert_many(conn, quarantine, [(*row.stream, *row[1:]) for row in rows])


def quarantined(conn: sa.Connection, *, settled: bool = False) -> list[QuarantineRow]:
    """Return the quarantined parcels that wait for a person, or those that a person settled; oldest first."""
    wanted = quarantine.c.settled_at.is_not(None) if settled else quarantine.c.settled_at.is_(None)
    statement = sa.select(quarantine).where(wanted).order_by(quarantine.c.arrived_at, *_keys(quarantine))
    return [QuarantineRow(Stream(*row[:3]), *row[3:]) for row in conn.execute(statement)]


def settle_quarantine(conn: sa.Connection, stream: Stream, position: int, *, by: str, at: int) -> bool:
    """Note that a person settled a quarantined parcel; the first settlement stands."""
    statement = (
        sa.update(quarantine)
        .where(_of(quarantine, stream), quarantine.c.position == position, quarantine.c.settled_at.is_(None))
        .values(settled_at=at, settled_by=by)
    )
    return conn.execute(statement).rowcount == 1


# --- helpers --------------------------------------------------------------------------------------------------------


def _of(table: sa.Table, stream: Stream) -> sa.ColumnElement[bool]:
    return sa.and_(*(table.c[name] == value for name, value in stream._asdict().items()))


def _keys(table: sa.Table) -> tuple[sa.Column[object], ...]:
    return tuple(table.c[name] for name in ("programme", "sender", "receiver", "position"))


def _here(table: sa.Table) -> sa.ColumnElement[bool]:
    """Return the condition of a stream whose names come with the execution (`_names`): the statement is made once."""
    return sa.and_(*(table.c[name] == sa.bindparam(f"of_{name}") for name in _STREAM))


def _open(state: str) -> sa.ColumnElement[bool]:
    """Return the condition of a state in the words of the partial index `ix_outbox_open`, or it would not be used."""
    return sa.and_(outbox.c.state == state, outbox.c.state != sa.literal_column("'cosigned'"))


def _names(stream: Stream) -> dict[str, Any]:
    return {f"of_{name}": value for name, value in stream._asdict().items()}


def _outbox(conn: sa.Connection, statement: sa.Select[Any], values: Mapping[str, object]) -> list[OutboxRow]:
    rows = conn.execute(statement, values)
    return [OutboxRow(Stream(*row[:3]), row[3], row[4], tuple(row[5].split()), *row[6:]) for row in rows]


def _batches(conn: sa.Connection, statement: sa.Select[Any], values: Mapping[str, object]) -> list[BatchRow]:
    rows = conn.execute(statement, values)
    return [BatchRow(row[0], Stream(*row[1:4]), *row[4:]) for row in rows]


def _parcels(conn: sa.Connection, condition: sa.ColumnElement[bool]) -> list[Parcel]:
    return [
        Parcel._make(row[3:]) for row in conn.execute(_PARCELS.where(condition).order_by(inbound_parcels.c.position))
    ]


@lru_cache(maxsize=2)
def _take_positions(dialect: str) -> Any:
    further = {"next_position": outbound_streams.c.next_position + sa.bindparam("count")}
    insert = INSERT[dialect](outbound_streams)
    return insert.on_conflict_do_update(index_elements=_STREAM, set_=further).returning(
        outbound_streams.c.next_position
    )


_ROWS = (
    sa.select(
        *(outbox.c[name] for name in ("programme", "sender", "receiver", "position")),
        acts.c.hash,
        *(outbox.c[name] for name in ("digests", "state", "cover", "verdict", "queued_at")),
    )
    .join(acts, acts.c.filed == outbox.c.act)
    .order_by(*_keys(outbox))
)
_NEXT = (
    sa.select(batches.c.first + batches.c.parcels)
    .where(_here(batches))
    .order_by(batches.c.first.desc())
    .limit(1)
    .scalar_subquery()
)
"""The position behind the last cover of a stream: what waits begins there."""
_QUEUED = _ROWS.where(_here(outbox), outbox.c.position >= sa.func.coalesce(_NEXT, 0), _open("queued")).limit(
    sa.bindparam("most")
)
_AT = _ROWS.where(_here(outbox), outbox.c.position.between(sa.bindparam("first"), sa.bindparam("last")))
_THESE = outbox.c.position.between(sa.bindparam("first_one"), sa.bindparam("last_one"))
_COVER = (
    sa.update(outbox)
    .where(_here(outbox), _THESE, outbox.c.state == "queued")
    .values(state="batched", cover=sa.bindparam("under"))
)
_SAY = (
    sa.update(outbox)
    .where(_here(outbox), _THESE, outbox.c.cover == sa.bindparam("under"))
    .values(state="receipted", verdict=sa.bindparam("said"))
)
_COSIGN = (
    sa.update(outbox)
    .where(_open("receipted"))
    .where(
        sa.select(leaves.c.idx)
        .where(leaves.c.origin == sa.bindparam("log"), leaves.c.idx < sa.bindparam("below"))
        .where(leaves.c.act == outbox.c.act)
        .exists()
    )
    .values(state="cosigned")
)
_COSIGN_OF = _COSIGN.where(sa.func.substr(outbox.c.receiver, 1, sa.bindparam("length")) == sa.bindparam("theirs"))
_BATCHES = sa.select(batches).order_by(batches.c.programme, batches.c.sender, batches.c.receiver, batches.c.first)
_OPEN = _BATCHES.where(_here(batches), batches.c.state == "open")
_UNDER = _BATCHES.where(batches.c.cover == sa.bindparam("under"))
_RECEIPT = (
    sa.update(batches)
    .where(batches.c.cover == sa.bindparam("under"), batches.c.state == "open")
    .values(state="receipted", receipt=sa.bindparam("by"), attempts=batches.c.attempts + 1, last_error="")
    .returning(batches.c.programme, batches.c.sender, batches.c.receiver)
)
_EXPECTED = sa.select(inbound_streams.c.next_position).where(_here(inbound_streams))
_RECEIPT_FOR = sa.select(receipts.c.receipt).where(receipts.c.cover == sa.bindparam("under"))
_DROP = sa.delete(held).where(_here(held), held.c.position < sa.bindparam("below")).returning(held.c.digest)
_PARCELS = sa.select(
    *(inbound_parcels.c[name] for name in ("programme", "sender", "receiver")),
    *(inbound_parcels.c[name] for name in ("position", "act_hash", "digests_sha", "verdict", "cover")),
    receipts.c.receipt,
    inbound_parcels.c.arrived_at,
).join(receipts, receipts.c.cover == inbound_parcels.c.cover)
