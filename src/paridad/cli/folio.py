# SPDX-License-Identifier: Apache-2.0
"""`paridad folio`: lists, one folio with its timeline, what of a record may leave; and what is said in a folio.

Rules
  - Lists and timelines show what the officer may see; every act shown is noted as read.
  - What may be done now stands beside what may not, with the reason why not.
  - `preview` is computed by the function that releases.

Worked example
    paridad folio show A-2026-0007 --as ana
"""

import sqlalchemy as sa

from paridad.acts.verify import VerifiedAct
from paridad.base.strict import JsonValue
from paridad.cli.forms import Form, OfficerName, Positional
from paridad.cli.orders import ORDERS, PROPOSE, VERBS
from paridad.cli.seeing import Reading, coded, entry, leaves, not_found, note, reader, release_entry, visible, words
from paridad.cli.verbs import Noun, Verb
from paridad.folio.clocks import due, overdue
from paridad.folio.conditions import possible
from paridad.folio.projection import folio_rows, strictest
from paridad.folio.state import IRREGULAR, STATUS, Folio, Stage
from paridad.folio.waiting import waiting_on
from paridad.node.node import Node
from paridad.node.reading import load_folio, read_acts
from paridad.node.saying import preview
from paridad.store.acts import folio_acts

PAGE = 50


class List(Form):
    """Folios, those due first."""

    officer: OfficerName
    stage: str = ""
    desk: str = ""
    waiting_for: str = ""
    overdue: bool = False
    after: str = ""
    limit: int = PAGE


class Show(Form):
    """One folio."""

    folio: Positional
    officer: OfficerName


class Preview(Form):
    """What of a record may leave in answer to a folio."""

    folio: Positional
    record: Positional
    officer: OfficerName
    basis: str = ""
    two_persons: bool = False


def list_folios(node: Node, form: List) -> JsonValue:
    """Return the folios that an officer may know of, those due first, page by page."""
    reading = reader(node, form.officer)
    node.views.refresh()
    rows = folio_rows.c
    place = sa.tuple_(sa.func.coalesce(rows.due, _NEVER), rows.id)
    found = sa.select(folio_rows).where(_visible_rows(reading)).order_by(sa.func.coalesce(rows.due, _NEVER), rows.id)
    for value, condition in (
        (form.stage, rows.stage == form.stage),
        (form.desk, rows.desk == form.desk),
        (form.waiting_for, (" " + rows.waiting + " ").contains(f" {form.waiting_for} ", autoescape=True)),
        (form.overdue, rows.due < reading.now),
    ):
        found = found.where(condition) if value else found
    if form.after:
        at, _, name = form.after.partition("/")
        found = found.where(place > sa.tuple_(sa.literal(int(at or 0)), sa.literal(name)))
    with node.own.store.read() as conn:
        page = conn.execute(found.limit(form.limit + 1)).mappings().all()
        shown = [_row(reading, row) for row in page[: form.limit]]
    last = page[form.limit - 1] if len(page) > form.limit else None
    more = f"{_NEVER if last['due'] is None else last['due']}/{last['id']}" if last else ""
    return {"folios": shown, "more_after": more}


_NEVER = 2**53
"""Stands for the due date of a folio that has none."""


def _visible_rows(reading: Reading) -> sa.ColumnElement[bool]:
    rows, agency = folio_rows.c, reading.sight.reader.agency
    near, far = (reading.sight.handling_codes(involved=involved) for involved in (True, False))
    return rows.handling.in_(far) | (rows.handling.in_(near) & ((rows.asking == agency) | (rows.asked == agency)))


def _row(reading: Reading, row: sa.RowMapping) -> JsonValue:
    charter = reading.node.own.keys.current
    return {
        "folio": row["id"],
        "stage": stage_words(Stage(row["stage"])),
        "overdue": row["due"] is not None and row["due"] < reading.now,
        "due": row["due"],
        "asking": row["asking"],
        "asked": row["asked"],
        "waiting_for": row["waiting"].split(),
        "desk": row["desk"],
        "urgency": row["urgency"],
        "handling": row["handling"],
        "purpose": coded(charter.purposes, row["purpose"]) if row["purpose"] else None,
    }


def stage_words(stage: Stage) -> JsonValue:
    """Return a stage with its word and shape."""
    status = STATUS[stage]
    return {**words(status.words, stage.value), "shape": status.shape}


def show(node: Node, form: Show) -> JsonValue:
    """Return one folio as an officer may see it."""
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        folio = load_folio(conn, node.own, form.folio)
        acts = [
            act for act in read_acts(conn, node.own, folio_acts(conn, form.folio)) if reading.knows_of(act.envelope)
        ]
        if not acts or not reading.sight.sees(strictest(folio), "procedural", involved=_involved(reading, folio)):
            raise not_found(form.folio)
        timeline: list[JsonValue] = [_told(reading, conn, folio, act) for act in acts]
    note(reading, [act.hash for act in acts], "folio")
    return {**_head(reading, folio), "acts": timeline}


def _involved(reading: Reading, folio: Folio) -> bool:
    request = folio.request
    return request is not None and reading.officer.agency in {request.asking, request.asked}


def _told(reading: Reading, conn: sa.Connection, folio: Folio, act: VerifiedAct) -> JsonValue:
    why = next((each.why for each in folio.irregular if each.hash == act.hash), "")
    return {**entry(reading, conn, act), "irregular": words(IRREGULAR[why], why) if why else None}


def _head(reading: Reading, folio: Folio) -> dict[str, JsonValue]:
    request, charter = folio.request, reading.node.own.keys.current
    may = possible(folio, reading.officer.agency)
    return {
        "folio": folio.id,
        "stage": stage_words(folio.stage),
        "overdue": overdue(folio, reading.now),
        "due": due(folio),
        "asking": request.asking if request else "",
        "asked": request.asked if request else "",
        "urgency": coded(charter.urgencies, request.urgency) if request else None,
        "desk": coded(charter.desks, request.desk) if request and request.desk else None,
        "waiting": [
            {
                "agency": each.agency or each.party,
                "duty": words(each.what, each.clause),
                "since": each.since,
                "until": each.until,
                "overdue": each.overdue,
            }
            for each in waiting_on(folio, reading.now)
        ],
        "possible": [verb for verb, order in ORDERS.items() if may[order] is None],
        "impossible": [
            {"command": verb, "because": words(why)} for verb, order in ORDERS.items() if (why := may[order])
        ],
    }


def preview_record(node: Node, form: Preview) -> JsonValue:
    """Return what of a record may leave in answer to a folio, with every decision."""
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        act = visible(reading, conn, form.record)
    released = preview(
        node.own, form.folio, form.record, basis=form.basis, two_persons=form.two_persons, now=reading.now
    )
    note(reading, [act.hash], "preview")
    seen = reading.sight.filter(act.fields, act.kind, act.envelope)
    return {
        "folio": form.folio,
        "fields": list(leaves(seen.fields, act.kind.fields if act.kind else {})),
        "release": release_entry(released),
    }


NOUN = Noun(
    "folio",
    (
        Verb("list", List, operation=list_folios),
        Verb("show", Show, operation=show),
        Verb("preview", Preview, operation=preview_record),
        *VERBS,
        PROPOSE,
    ),
)
