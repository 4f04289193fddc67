# SPDX-License-Identifier: Apache-2.0
"""Folios as rows for lists: what an inbox sorts and filters by, and nothing that a list must not hold.

Rules
  - The rows are made from the folded folio and can be dropped and made again: rebuilt equals incremental (L7).
  - No free text, no field of a record, no officer: a list shows folio, stage, clocks, handling code and who waits.
  - `handling` is the strictest code of the folio's acts, so that filtering by what a reader may see fails closed.
  - `due` is a date, never a state: "overdue" is `due < now`, asked at the time of reading. `due_order` is the same date
    for sorting, with the folios that have none at the end.
  - `score_rows` hold what a folio adds to the scorecard: procedural counts and codes, as `scorecard.Facts`.
  - `said_asking` and `said_asked` name the last act that each side addressed to the other: its delivery tells how far
    everything before it came, because a stream keeps its order.

Worked example
    inbox = folio_projection(load)            load(conn, id) folds the folio from its stored acts
    catch_up(conn, inbox)
    select(waiting_rows).where(waiting_rows.c.party == "A").order_by(waiting_rows.c.until)    is A's inbox
"""

from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Connection, Index, MetaData, delete, insert

from paridad.acts.envelope import party_of
from paridad.folio.clocks import due
from paridad.folio.scorecard import facts_of
from paridad.folio.state import Folio, Stage
from paridad.folio.waiting import Waiting, waiting_on
from paridad.store.acts import StoredAct
from paridad.store.projection import Projection
from paridad.store.tables import integer, strict_table, text

metadata = MetaData()

folio_rows = strict_table(
    "folio_rows",
    text("id", primary_key=True),
    text("stage"),
    text("opened_by"),
    text("asking"),
    text("asked"),
    integer("requested"),
    text("urgency"),
    text("purpose"),
    text("desk"),
    text("handling"),
    integer("due", nullable=True),
    integer("due_order"),
    text("waiting"),
    integer("last_at"),
    text("said_asking"),
    text("said_asked"),
    integer("acts"),
    integer("irregular"),
    integer("closed"),
    Index("folio_rows_by_due", "due_order", "id"),
    Index("folio_rows_by_last", "last_at", "id"),
    Index("folio_rows_by_opening", "requested", "id"),
    Index("folio_rows_waiting", "closed", "waiting", "handling", "asking", "asked", "due"),
    within=metadata,
)
"""One row a folio. `waiting`: the parties that have to act, separated by blanks; empty when nobody has to."""

waiting_rows = strict_table(
    "folio_waiting_rows",
    text("folio", primary_key=True),
    integer("place", primary_key=True),
    text("party"),
    text("agency"),
    text("duty"),
    text("about"),
    integer("since"),
    integer("until", nullable=True),
    integer("internal"),
    Index("folio_waiting_rows_by_party", "party", "until", "folio"),
    within=metadata,
)
"""One row for each wait of a folio, the most urgent first."""

score_rows = strict_table(
    "folio_score_rows",
    text("folio", primary_key=True),
    integer("requested"),
    text("facts"),
    Index("folio_score_rows_by_opening", "requested"),
    within=metadata,
)
"""One row for each folio that was requested: its `Facts` as JSON."""

NEVER = 2**53
"""Stands for the due date of a folio that has none, so that it comes last."""

Load = Callable[[Connection, str], Folio]
"""Folds a folio from its stored acts."""


def folio_projection(load: Load) -> Projection:
    """Return the projection for `store.projection`: acts that were filed or touched refresh their folios."""

    def project_acts(conn: Connection, acts: Sequence[StoredAct]) -> None:
        for folio_id in dict.fromkeys(act.envelope.fol for act in acts if act.envelope.fol):
            project(conn, load(conn, folio_id))

    return Projection("folio", 3, metadata, project_acts)


def project(conn: Connection, folio: Folio) -> None:
    """Replace the rows of one folio."""
    for table, column in ((waiting_rows, waiting_rows.c.folio), (score_rows, score_rows.c.folio)):
        conn.execute(delete(table).where(column == folio.id))
    conn.execute(delete(folio_rows).where(folio_rows.c.id == folio.id))
    last_at = max((act.at for act in folio.acts), default=0)
    waiting = waiting_on(folio, last_at)
    conn.execute(insert(folio_rows), _row(folio, waiting, last_at))
    if waiting:
        conn.execute(insert(waiting_rows), [_waiting(folio, place, each) for place, each in enumerate(waiting)])
    if facts := facts_of(folio):
        written = msgspec.json.encode(facts).decode()
        conn.execute(insert(score_rows), {"folio": folio.id, "requested": facts.requested, "facts": written})


def strictest(folio: Folio) -> str:
    """Return the strictest handling code of the folio's acts; one that its charter does not know is the strictest."""
    codes = {act.envelope.hnd for act in folio.acts}
    known = folio.terms.handling
    return max(codes, key=lambda code: (code not in known, known[code].rank if code in known else 0, code), default="")


def _row(folio: Folio, waiting: tuple[Waiting, ...], last_at: int) -> dict[str, object]:
    request, until = folio.request, due(folio)
    return {
        "id": folio.id,
        "stage": folio.stage.value,
        "opened_by": folio.opener,
        "asking": request.asking if request else "",
        "asked": request.asked if request else "",
        "requested": request.at if request else 0,
        "urgency": request.urgency if request else "",
        "purpose": request.purpose if request else "",
        "desk": request.desk if request else "",
        "handling": strictest(folio),
        "due": until,
        "due_order": NEVER if until is None else until,
        "waiting": " ".join(sorted({each.party for each in waiting})),
        "last_at": last_at,
        "said_asking": _last_said(folio, request.asking) if request else "",
        "said_asked": _last_said(folio, request.asked) if request else "",
        "acts": len(folio.acts),
        "irregular": len(folio.irregular),
        "closed": int(folio.stage is Stage.CLOSED),
    }


def _last_said(folio: Folio, agency: str) -> str:
    """Return the last act in which a side spoke to the other, or nothing."""
    return next((act.hash for act in reversed(folio.shared) if act.party == party_of(agency)), "")


def _waiting(folio: Folio, place: int, waiting: Waiting) -> dict[str, object]:
    return {
        "folio": folio.id,
        "place": place,
        "party": waiting.party,
        "agency": waiting.agency,
        "duty": waiting.duty.value,
        "about": waiting.about,
        "since": waiting.since,
        "until": waiting.until,
        "internal": int(waiting.internal),
    }
