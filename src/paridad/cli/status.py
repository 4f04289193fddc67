# SPDX-License-Identifier: Apache-2.0
"""`paridad status`: where this node stands, on one page; the status page shows the same.

Rules
  - Sizes, positions, counts and times; nothing of any act. Who waits for whom is counted as the reader may see it,
    and where nobody in particular reads, as an auditor would.

Worked example
    status_of(node, NOBODY)["logs"][0]      is {"log": "A/practice/shared", "ours": True, "size": 12, …}
"""

from collections.abc import Iterator
from typing import Annotated

import sqlalchemy as sa

from paridad.base.strict import JsonValue
from paridad.cli.forms import Form, Look
from paridad.cli.health import key_ages, peer_health
from paridad.cli.seeing import NOBODY, words
from paridad.exchange.own_side import OwnSide
from paridad.folio.clocks import Duty
from paridad.folio.projection import folio_rows, waiting_rows
from paridad.folio.waiting import DUTIES
from paridad.ledger.checkpoint import read_checkpoint_text
from paridad.ledger.note import read_note
from paridad.node.node import Node
from paridad.policy.visible import Reader, visible_to
from paridad.programme.origins import mirror_name, own_origin, shared_origin, witness_name
from paridad.store import records, streams
from paridad.store.ledger import SqlLedgerStore, cosigned_size
from paridad.store.tables import batches, evidence, held, outbound_streams, outbox

COSIGNED = "cosigned"
STATES = {"queued": "queued", "batched": "batched", "receipted": "receipted", "countersigned": COSIGNED}
"""States of the outbox, as they are shown."""


class Status(Form):
    """Where the node stands."""

    officer: Annotated[str, Look(spelled="--as")] = ""


def status(node: Node, form: Status) -> JsonValue:
    """Return the node's status, counted as an officer may see it."""
    return status_of(node, node.home.officer(form.officer).reader if form.officer else NOBODY)


def status_of(node: Node, reader: Reader) -> dict[str, JsonValue]:
    """Return the node's status."""
    own, now, charter = node.own, node.clock(), node.own.keys.current
    node.views.refresh()
    with own.store.read() as conn:
        open_evidence = conn.execute(sa.select(sa.func.count()).select_from(evidence)).scalar_one()
        return {
            "party": words(charter.parties[own.party].name, own.party),
            "now": now,
            "charter": {
                "programme": words(charter.name, charter.programme),
                "version": charter.version,
                "charter_hash": charter.hash,
                "effective_from": charter.effective_from,
            },
            "notice": words(charter.notice) if charter.notice else None,
            "logs": [*_own_logs(conn, own), *_other_logs(conn, own)],
            "peers": peer_health(conn, own),
            "keys": key_ages(own, now),
            "outbound": list(outbound(conn)),
            "inbound": list(inbound(conn)),
            "quarantined": len(streams.quarantined(conn)),
            "conflicts_open": len(records.open_conflicts(conn)),
            "evidence_held": int(open_evidence),
            "waiting": list(_waiting(conn, node, reader, now)),
            "views": [{"view": name, "behind": behind} for name, behind in node.views.behind(conn).items()],
        }


def _own_logs(conn: sa.Connection, own: OwnSide) -> Iterator[JsonValue]:
    ledger = SqlLedgerStore(conn)
    for origin in (own.shared, own.own):
        note = ledger.checkpoint(origin)
        names = [make(party, own.programme) for party in own.others for make in (witness_name, mirror_name)]
        yield {
            "log": origin,
            "ours": True,
            "size": ledger.head(origin).size,
            "signed_size": read_checkpoint_text(read_note(note).text).size if note else 0,
            "cosigned": [{"cosigner": name, "size": cosigned_size(conn, origin, name)} for name in names],
        }


def _other_logs(conn: sa.Connection, own: OwnSide) -> Iterator[JsonValue]:
    ledger = SqlLedgerStore(conn)
    for party in own.others:
        for origin in (shared_origin(party, own.programme), own_origin(party, own.programme)):
            seen, held_whole = ledger.witnessed(origin), ledger.witnessed(origin, "mirror")
            yield {
                "log": origin,
                "ours": False,
                "witnessed": seen.size if seen else 0,
                "mirrored": held_whole.size if held_whole else 0,
            }


def outbound(conn: sa.Connection) -> Iterator[dict[str, JsonValue]]:
    """Yield each stream to others: how many parcels in which state, and what the last attempt met.

    What is cosigned is not counted but follows: positions have no holes, and an index holds the others alone.
    """
    names = (outbox.c.sender, outbox.c.receiver)
    under_way = outbox.c.state != sa.literal_column("'cosigned'")
    counted = sa.select(*names, outbox.c.state, sa.func.count().label("parcels")).where(under_way)
    states: dict[tuple[str, str], dict[str, int]] = {
        (row.sender, row.receiver): {COSIGNED: row.next_position - 1}
        for row in conn.execute(sa.select(outbound_streams).order_by("sender", "receiver"))
    }
    for row in conn.execute(counted.group_by(*names, outbox.c.state)):
        found = states[row.sender, row.receiver]
        found[row.state] = row.parcels
        found[COSIGNED] -= row.parcels
    waiting = conn.execute(sa.select(batches).where(batches.c.state == "open")).all()
    troubles = {(row.sender, row.receiver): row for row in waiting}
    for (sender, receiver), found in states.items():
        trouble = troubles.get((sender, receiver))
        yield {
            "sender": sender,
            "receiver": receiver,
            **{name: found.get(state, 0) for name, state in STATES.items()},
            "last_error": trouble.last_error if trouble else "",
            "next_try_at": trouble.next_try_at if trouble else None,
        }


def inbound(conn: sa.Connection) -> Iterator[dict[str, JsonValue]]:
    """Yield each stream from others: the position that is expected, and how many parcels wait ahead of it."""
    ahead = sa.select(held.c.sender, held.c.receiver, sa.func.count().label("parcels"))
    waiting = {(row[0], row[1]): row.parcels for row in conn.execute(ahead.group_by(held.c.sender, held.c.receiver))}
    for stream, position in streams.inbound(conn).items():
        yield {
            "sender": stream.sender,
            "receiver": stream.receiver,
            "expects": position,
            "ahead": waiting.get((stream.sender, stream.receiver), 0),
        }


def _waiting(conn: sa.Connection, node: Node, reader: Reader, now: int) -> Iterator[JsonValue]:
    """Yield how many duties each party owes, of the folios that the reader may know of."""
    sight = visible_to(reader, node.own.engine, now)
    late = sa.func.sum(sa.case((waiting_rows.c.until < now, 1), else_=0)).label("late")
    counted = (
        sa.select(waiting_rows.c.party, waiting_rows.c.duty, sa.func.count().label("duties"), late)
        .join(folio_rows, folio_rows.c.id == waiting_rows.c.folio)
        .where(folio_rows.c.handling.in_(sight.handling_codes()))
        .group_by(waiting_rows.c.party, waiting_rows.c.duty)
        .order_by(waiting_rows.c.party, waiting_rows.c.duty)
    )
    for row in conn.execute(counted):
        duty = Duty(row.duty)
        yield {
            "party": row.party,
            "duty": words(DUTIES[duty].words, duty.value),
            "open": row.duties,
            "overdue": int(row.late),
        }
