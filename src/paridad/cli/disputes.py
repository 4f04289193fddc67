# SPDX-License-Identifier: Apache-2.0
"""`paridad quarantine` and `paridad conflict`: what waits for a person, and the settling of it.

Rules
  - Nothing here is decided by the software, and nothing kept is thrown away: settling notes who looked at it and when.
  - What is listed are hashes, positions and reasons; nothing of any content.

Worked example
    paridad quarantine settle B/POLICE A/POLICE 7 --as ops
"""

import sqlalchemy as sa

from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.cli.forms import Acting, Form, Positional, PositionalWhole
from paridad.cli.verbs import Noun, Verb
from paridad.node.errors import NotFound
from paridad.node.node import Node
from paridad.node.saying import demand_role
from paridad.store import records, streams
from paridad.store.streams import Stream


class ListQuarantine(Form):
    """What failed a step."""

    settled: bool = False


class SettleQuarantine(Acting):
    """Note that a person looked at a quarantined parcel."""

    sender: Positional
    receiver: Positional
    position: PositionalWhole


class ListConflicts(Form):
    """What contradicts something held."""


class SettleConflict(Acting):
    """Note that a person looked at a contradiction."""

    held: Positional
    other: Positional


def list_quarantine(node: Node, form: ListQuarantine) -> JsonValue:
    """Return the parcels that used their position and failed a step."""
    with node.own.store.read() as conn:
        rows = streams.quarantined(conn, settled=form.settled)
    return {
        "quarantine": [
            {
                "sender": row.stream.sender,
                "receiver": row.stream.receiver,
                "position": row.position,
                "act": row.digest,
                "step": row.step,
                "reason": row.reason,
                "at": row.arrived_at,
                "settled_by": row.settled_by or "",
            }
            for row in rows
        ]
    }


def settle_quarantine(node: Node, form: SettleQuarantine) -> JsonValue:
    """Note who settled a quarantined parcel."""
    own, now = node.own, node.clock()
    demand_role(own, node.home.officer(form.officer), "administer", now=now)
    stream = Stream(own.programme, form.sender, form.receiver)

    def settle(conn: sa.Connection) -> bool:
        if form.dry_run:
            return any((row.stream, row.position) == (stream, form.position) for row in streams.quarantined(conn))
        return streams.settle_quarantine(conn, stream, form.position, by=form.officer, at=now)

    _demand(own.store.submit(settle))
    return {"dry_run": form.dry_run, "settled_by": form.officer, "at": now}


def list_conflicts(node: Node, form: ListConflicts) -> JsonValue:
    """Return the contradictions that wait for a person."""
    del form
    with node.own.store.read() as conn:
        rows = records.open_conflicts(conn)
    return {"conflicts": [{"held": r.held, "other": r.other, "about": r.about, "at": r.found_at} for r in rows]}


def settle_conflict(node: Node, form: SettleConflict) -> JsonValue:
    """Note who settled a contradiction; both sides stay kept."""
    own, now = node.own, node.clock()
    demand_role(own, node.home.officer(form.officer), "administer", now=now)

    def settle(conn: sa.Connection) -> bool:
        if form.dry_run:
            return any((row.held, row.other) == (form.held, form.other) for row in records.open_conflicts(conn))
        return records.settle_conflict(conn, form.held, form.other, by=form.officer, at=now)

    _demand(own.store.submit(settle))
    return {"dry_run": form.dry_run, "settled_by": form.officer, "at": now}


def _demand(found: bool) -> None:
    if not found:
        raise NotFound(
            Words(es="Nada de ese nombre espera a una persona.", en="Nothing of that name waits for a person.")
        )


QUARANTINE = Noun(
    "quarantine",
    (
        Verb("list", ListQuarantine, operation=list_quarantine),
        Verb("settle", SettleQuarantine, operation=settle_quarantine),
    ),
)
CONFLICT = Noun(
    "conflict",
    (Verb("list", ListConflicts, operation=list_conflicts), Verb("settle", SettleConflict, operation=settle_conflict)),
)
