# SPDX-License-Identifier: Apache-2.0
"""Folios as rows: the inbox, its filters and its order, and the counts over it, all in one query each.

Rules
  - A list holds what `folio_rows` holds: marks, clocks, who waits. No field of any act: no filter tells of one.
  - Filter, order and page are the database's work; a page is found by its key, never by its number.
  - The state of delivery is that of the last act our side said in the folio: a stream keeps its order, so everything
    before it came at least as far.

Worked example
    paridad folio list --waiting-for A --sort due --as ana
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import sqlalchemy as sa

from paridad.acts.envelope import party_of
from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.cli.errors import refused
from paridad.cli.forms import Form, OfficerName
from paridad.cli.seeing import DELIVERY, PROCEDURAL, Reading, coded, reader, words
from paridad.folio.clocks import Duty
from paridad.folio.projection import folio_rows, waiting_rows
from paridad.folio.state import STATUS, Stage
from paridad.folio.waiting import DUTIES
from paridad.node.node import Node
from paridad.store.tables import acts, outbox

PAGE = 50
MOST = 500
SOON_SECONDS = 86_400
"""What is due within this time is due soon."""

RECEIVED = Words(es="recibido aquí; no hemos dicho nada", en="received here; we have said nothing")
INTERNAL = Words(es="solo aquí; nada se ha enviado", en="here only; nothing has been sent")
ORDER = tuple(DELIVERY)
CURSOR = re.compile(r"(\d{1,16})/([A-Z0-9-]{1,40})")

Sort = Literal["due", "changed", "opened"]
SORTS: Mapping[str, tuple[sa.Column[int], bool]] = {
    "due": (folio_rows.c.due_order, False),
    "changed": (folio_rows.c.last_at, True),
    "opened": (folio_rows.c.requested, True),
}
"""By name: which column, and whether the largest comes first."""


class List(Form):
    """Folios, those due first."""

    officer: OfficerName
    stage: str = ""
    desk: str = ""
    urgency: str = ""
    handling: str = ""
    agency: str = ""
    waiting_for: str = ""
    waiting_for_others: bool = False
    open: bool = False
    closed: bool = False
    overdue: bool = False
    soon: bool = False
    sort: Sort = "due"
    after: str = ""
    limit: int = PAGE


def list_folios(node: Node, form: List) -> JsonValue:
    """Return the folios that an officer may know of, page by page."""
    node.views.refresh()
    return listed(reader(node, form.officer), form)


def listed(reading: Reading, form: List) -> dict[str, JsonValue]:
    """Do the same with views that are up to date."""
    column, newest_first = SORTS[form.sort]
    key, limit = sa.tuple_(column, folio_rows.c.id), min(form.limit, MOST)
    order = [each.desc() if newest_first else each for each in (column, folio_rows.c.id)]
    found = sa.select(folio_rows).where(visible_rows(reading), *_filters(form, reading)).order_by(*order)
    if form.after:
        place = _place(form.after)
        found = found.where(key < place if newest_first else key > place)
    with reading.node.own.store.read() as conn:
        rows = conn.execute(found.limit(limit + 1)).mappings().all()
        shown = _rows(conn, reading, rows[:limit])
    last = rows[limit - 1] if len(rows) > limit else None
    more = f"{last[column.name]}/{last['id']}" if last else ""
    return {"sees": scope(reading), "folios": shown, "more_after": more}


def scope(reading: Reading) -> dict[str, JsonValue]:
    """Return what sort of things a reader sees at all: envelopes, and content such as identity."""
    return {
        "envelopes": bool(reading.sight.handling_codes(PROCEDURAL, involved=True)),
        "content": bool(reading.sight.handling_codes("identity", involved=True)),
    }


def visible_rows(reading: Reading) -> sa.ColumnElement[bool]:
    """Return the condition under which a reader may know of a folio (law 8)."""
    rows, agency = folio_rows.c, reading.sight.reader.agency
    near, far = (reading.sight.handling_codes(involved=involved) for involved in (True, False))
    if near == far:
        return rows.handling.in_(far)
    return rows.handling.in_(far) | (rows.handling.in_(near) & ((rows.asking == agency) | (rows.asked == agency)))


def _filters(form: List, reading: Reading) -> Iterable[sa.ColumnElement[bool]]:
    rows, now, own = folio_rows.c, reading.now, reading.node.own
    for value, condition in (
        (form.stage, rows.stage == form.stage),
        (form.desk, rows.desk == form.desk),
        (form.urgency, rows.urgency == form.urgency),
        (form.handling, rows.handling == form.handling),
        (form.agency, (rows.asking == form.agency) | (rows.asked == form.agency)),
        (form.waiting_for, _waits_for(form.waiting_for)),
        (form.waiting_for_others, sa.or_(*map(_waits_for, own.others))),
        (form.open, rows.closed == 0),
        (form.closed, rows.closed == 1),
        (form.overdue, rows.due_order < now),
        (form.soon, (rows.due_order >= now) & (rows.due_order < now + SOON_SECONDS)),
    ):
        if value:
            yield condition


def _waits_for(name: str) -> sa.ColumnElement[bool]:
    """Return whether a folio waits for a party, or for one of its agencies."""
    waits = waiting_rows.c
    who = waits.agency == name if "/" in name else waits.party == name
    return sa.exists(sa.select(waits.place).where(waits.folio == folio_rows.c.id, who).correlate(folio_rows))


def _place(after: str) -> sa.Tuple:
    found = CURSOR.fullmatch(after)
    if found is None:
        raise refused(
            "Esa página no existe; vuelva al principio de la lista.",
            "There is no such page; go back to the start of the list.",
        )
    return sa.tuple_(sa.literal(int(found[1])), sa.literal(found[2]))


def _rows(conn: sa.Connection, reading: Reading, rows: Sequence[sa.RowMapping]) -> list[JsonValue]:
    waits = _waits(conn, reading, [row["id"] for row in rows])
    last = {row["id"]: row[f"said_{_our_side(reading, row)}"] for row in rows}
    states = _states(conn, [hash_ for hash_ in last.values() if hash_])
    return [_row(reading, row, waits.get(row["id"], []), _delivery(row, last[row["id"]], states)) for row in rows]


def _our_side(reading: Reading, row: sa.RowMapping) -> str:
    return "asking" if party_of(row["asking"]) == reading.node.own.party else "asked"


def _waits(conn: sa.Connection, reading: Reading, folios: Sequence[str]) -> dict[str, list[JsonValue]]:
    """Return who has to do what in some folios, the most urgent first."""
    wanted = sa.select(waiting_rows).where(waiting_rows.c.folio.in_(folios))
    found: dict[str, list[JsonValue]] = {}
    for row in conn.execute(wanted.order_by(waiting_rows.c.folio, waiting_rows.c.place)).mappings():
        duty = Duty(row["duty"])
        found.setdefault(row["folio"], []).append(
            {
                "agency": row["agency"] or row["party"],
                "duty": words(DUTIES[duty].words, duty.value),
                "until": row["until"],
                "overdue": row["until"] is not None and row["until"] < reading.now,
            }
        )
    return found


def _states(conn: sa.Connection, hashes: Sequence[str]) -> dict[str, str]:
    """Return how far acts came on their way: of several receivers, the one that is least far."""
    wanted = sa.select(acts.c.hash, outbox.c.state).join(outbox, outbox.c.act == acts.c.filed)
    states: dict[str, str] = {}
    for row in conn.execute(wanted.where(acts.c.hash.in_(hashes))):
        states[row.hash] = min(states.get(row.hash, row.state), row.state, key=ORDER.index)
    return states


def _delivery(row: sa.RowMapping, last: str, states: Mapping[str, str]) -> JsonValue:
    state = states.get(last)
    if state is None:
        return words(INTERNAL, "internal") if row["stage"] == Stage.DRAFT.value else words(RECEIVED, "received")
    return words(DELIVERY[state], state)


def _row(reading: Reading, row: sa.RowMapping, waits: list[JsonValue], delivery: JsonValue) -> JsonValue:
    charter = reading.node.own.keys.current

    def said(listed: Mapping[str, Any], column: str) -> JsonValue:
        return coded(listed, row[column]) if row[column] else None

    return {
        "folio": row["id"],
        "stage": stage_words(Stage(row["stage"])),
        "overdue": row["due"] is not None and row["due"] < reading.now,
        "due": row["due"],
        "asking": row["asking"],
        "asked": row["asked"],
        "waiting_for": row["waiting"].split(),
        "waiting": waits,
        "desk": said(charter.desks, "desk"),
        "urgency": said(charter.urgencies, "urgency"),
        "handling": said(charter.handling, "handling"),
        "purpose": said(charter.purposes, "purpose"),
        "requested": row["requested"] or None,
        "last_at": row["last_at"],
        "delivery": delivery,
    }


def stage_words(stage: Stage) -> JsonValue:
    """Return a stage with its word and shape."""
    status = STATUS[stage]
    return {**words(status.words, stage.value), "shape": status.shape}


def counted(reading: Reading) -> dict[str, JsonValue]:
    """Return how many folios wait for each party, and how many are due: one query over one index."""
    rows, now = folio_rows.c, reading.now
    ahead, late = rows.due >= now, rows.due < now
    soon = ahead & (rows.due < now + SOON_SECONDS)
    found = (
        sa.select(
            rows.waiting,
            sa.func.count().label("folios"),
            sa.func.sum(sa.case((late, 1), else_=0)).label("late"),
            sa.func.sum(sa.case((soon, 1), else_=0)).label("soon"),
            sa.func.min(sa.case((ahead, rows.due))).label("next"),
        )
        .where(rows.waiting > "", visible_rows(reading))
        .group_by(rows.waiting)
    )
    with reading.node.own.store.read() as conn:
        groups = conn.execute(found).all()
    own = reading.node.own
    return {
        "waiting": [
            {
                "party": party,
                "ours": party == own.party,
                "folios": sum(each.folios for each in groups if party in each.waiting.split()),
            }
            for party in (own.party, *own.others)
        ],
        "due_soon": sum(int(each.soon) for each in groups),
        "within_seconds": SOON_SECONDS,
        "next_due": min((int(each.next) for each in groups if each.next is not None), default=None),
        "overdue_folios": sum(int(each.late) for each in groups),
    }
