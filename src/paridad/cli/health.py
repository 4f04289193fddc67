# SPDX-License-Identifier: Apache-2.0
"""How the other parties' nodes look from here, and how old our keys are: from what is kept, without asking anybody.

Rules
  - The last checkpoint of a party is the largest of its shared log that we witnessed, with the time its log signed it
    and the time we cosigned it.
  - The difference of clocks is measured where both wrote: their time in their last cosignature of a log of ours, and
    our time when it came. The way there and back is in it, so seconds mean nothing and minutes do.
  - Signatures are verified again before anything is told of them.

Worked example
    peer_health(conn, own)[0]      is {"party": "B", "size": 12, "signed_at": …, "seen_at": …, "cosigned_at": …, …}
"""

from collections.abc import Iterator

import sqlalchemy as sa

from paridad.base.sources import SECONDS_A_DAY
from paridad.base.strict import JsonValue
from paridad.exchange.own_side import OwnSide
from paridad.exchange.witnessing import log_keys, open_logged
from paridad.ledger.checkpoint import Cosigner, CosignerKey, log_lines_only, verify_cosignature
from paridad.ledger.errors import NoteRefused
from paridad.ledger.note import add_lines
from paridad.programme.origins import shared_origin, witness_name
from paridad.store.ledger import SqlLedgerStore
from paridad.store.tables import cosignatures


def peer_health(conn: sa.Connection, own: OwnSide) -> list[JsonValue]:
    """Return the last sign of life of every other party."""
    return [
        {"party": party, **_seen(conn, own, shared_origin(party, own.programme)), **_cosigned(conn, own, party)}
        for party in own.others
    ]


def _seen(conn: sa.Connection, own: OwnSide, origin: str) -> dict[str, JsonValue]:
    """Return the last checkpoint of another party's log that we witnessed."""
    ledger = SqlLedgerStore(conn)
    witnessed = ledger.witnessed(origin)
    if witnessed is None:
        return {"log": origin, "size": 0, "signed_at": None, "seen_at": None}
    kept = ledger.checkpoint(origin, witnessed.size) or witnessed.note
    return {
        "log": origin,
        "size": witnessed.size,
        "signed_at": open_logged(own, witnessed.note).time,
        "seen_at": _time_of(kept, own.witness),
    }


def _time_of(note: bytes, witness: Cosigner) -> int | None:
    """Return when we cosigned a checkpoint; None where an earlier key of ours did."""
    try:
        return verify_cosignature(note, witness.public).time
    except NoteRefused:
        return None


def _cosigned(conn: sa.Connection, own: OwnSide, party: str) -> dict[str, JsonValue]:
    """Return a party's last cosignature of our shared log: when it came, and by how much its clock was ahead."""
    here = (cosignatures.c.origin == own.shared, cosignatures.c.cosigner == witness_name(party, own.programme))
    newest = sa.select(cosignatures).where(*here).order_by(cosignatures.c.size.desc()).limit(1)
    row = conn.execute(newest).mappings().one_or_none()
    if row is None:
        return {"cosigned_size": 0, "cosigned_at": None, "clock_ahead_seconds": None}
    note = SqlLedgerStore(conn).checkpoint(own.shared, row["size"]) or b""
    note = add_lines(log_lines_only(note, log_keys(own, own.shared, size=row["size"])), row["lines"])
    times = [time for key in own.keys.witness_keys(party, at=row["at"]) for time in _times(note, CosignerKey(*key))]
    ahead = max(times) - row["at"] if times else None
    return {"cosigned_size": row["size"], "cosigned_at": row["at"], "clock_ahead_seconds": ahead}


def _times(note: bytes, key: CosignerKey) -> Iterator[int]:
    try:
        yield verify_cosignature(note, key).time
    except NoteRefused:
        return


def key_ages(own: OwnSide, now: int) -> list[JsonValue]:
    """Return the keys of our party that are in force, with their age in days and when they end."""
    return [
        {
            "key": kid,
            "use": record.use,
            "valid_from": record.valid_from,
            "valid_until": record.valid_until,
            "age_days": (now - record.valid_from) // SECONDS_A_DAY,
        }
        for kid, record in sorted(own.keys.records.items())
        if record.party == own.party and record.in_time(now) and not record.endings
    ]
