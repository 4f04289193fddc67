# SPDX-License-Identifier: Apache-2.0
"""`paridad quarantine` and `paridad conflict`: what waits for a person, and the settling of it.

Rules
  - Nothing here is decided by the software, and nothing kept is thrown away: settling notes who looked at it, when
    and why.
  - What is listed are hashes, positions and reasons; nothing of any content.

Worked example
    paridad quarantine settle B/POLICE A/POLICE 7 --reason "Corrected at position 9." --as ops
"""

import sqlalchemy as sa

from paridad.base.strict import JsonValue
from paridad.cli.forms import Acting, Form, Positional, PositionalWhole
from paridad.cli.verbs import Noun, Verb
from paridad.node.judging import judged, nothing_waits, of_conflict, of_parcel, settle_conflict, settle_quarantine
from paridad.node.node import Node
from paridad.node.saying import demand_role
from paridad.store import records, streams
from paridad.store.records import ConflictRow
from paridad.store.streams import QuarantineRow, Stream


class ListQuarantine(Form):
    """What failed a step."""

    settled: bool = False


class Settle(Acting):
    """A person's judgement of something that waits."""

    reason: str


class SettleQuarantine(Settle):
    """Note that a person looked at a quarantined parcel."""

    sender: Positional
    receiver: Positional
    position: PositionalWhole


class ListConflicts(Form):
    """What contradicts something held."""

    settled: bool = False


class SettleConflict(Settle):
    """Note that a person looked at a contradiction."""

    held: Positional
    other: Positional


def list_quarantine(node: Node, form: ListQuarantine) -> JsonValue:
    """Return the parcels that used their position and failed a step."""
    with node.own.store.read() as conn:
        rows = streams.quarantined(conn, settled=form.settled)
        return {"quarantine": [_parcel(conn, row) for row in rows]}


def _parcel(conn: sa.Connection, row: QuarantineRow) -> JsonValue:
    return {
        "sender": row.stream.sender,
        "receiver": row.stream.receiver,
        "position": row.position,
        "act": row.digest,
        "step": row.step,
        "reason": row.reason,
        "at": row.arrived_at,
        "settled_by": row.settled_by or "",
        "judgements": judgements(conn, of_parcel(row.stream, row.position)),
    }


def settle_parcel(node: Node, form: SettleQuarantine) -> JsonValue:
    """Note who settled a quarantined parcel, and why."""
    own, now, officer = node.own, node.clock(), node.home.officer(form.officer)
    stream = Stream(own.programme, form.sender, form.receiver)
    if form.dry_run:
        demand_role(own, officer, "administer", now=now)
        with own.store.read() as conn:
            waiting = any((row.stream, row.position) == (stream, form.position) for row in streams.quarantined(conn))
        _demand(waiting=waiting)
    else:
        settle_quarantine(own, officer, stream, form.position, form.reason, now=now)
    return {"dry_run": form.dry_run, "settled_by": form.officer, "at": now, "reason": form.reason}


def list_conflicts(node: Node, form: ListConflicts) -> JsonValue:
    """Return the contradictions that wait for a person, or those that a person settled."""
    with node.own.store.read() as conn:
        rows = records.settled_conflicts(conn) if form.settled else records.open_conflicts(conn)
        return {"conflicts": [_conflict(conn, row) for row in rows]}


def _conflict(conn: sa.Connection, row: ConflictRow) -> JsonValue:
    return {
        "held": row.held,
        "other": row.other,
        "about": row.about,
        "at": row.found_at,
        "settled_by": row.settled_by or "",
        "judgements": judgements(conn, of_conflict(row.held, row.other)),
    }


def settle_contradiction(node: Node, form: SettleConflict) -> JsonValue:
    """Note who settled a contradiction, and why; both sides stay kept."""
    own, now, officer = node.own, node.clock(), node.home.officer(form.officer)
    if form.dry_run:
        demand_role(own, officer, "administer", now=now)
        with own.store.read() as conn:
            waiting = any((row.held, row.other) == (form.held, form.other) for row in records.open_conflicts(conn))
        _demand(waiting=waiting)
    else:
        settle_conflict(own, officer, form.held, form.other, form.reason, now=now)
    return {"dry_run": form.dry_run, "settled_by": form.officer, "at": now, "reason": form.reason}


def judgements(conn: sa.Connection, about: str) -> JsonValue:
    """Return what people decided about something: who, when, why."""
    return [{"settled_by": each.judge, "at": each.at, "reason": each.reason} for each in judged(conn, about)]


def _demand(*, waiting: bool) -> None:
    if not waiting:
        raise nothing_waits()


QUARANTINE = Noun(
    "quarantine",
    (
        Verb("list", ListQuarantine, operation=list_quarantine),
        Verb("settle", SettleQuarantine, operation=settle_parcel),
    ),
)
CONFLICT = Noun(
    "conflict",
    (
        Verb("list", ListConflicts, operation=list_conflicts),
        Verb("settle", SettleConflict, operation=settle_contradiction),
    ),
)
