# SPDX-License-Identifier: Apache-2.0
"""Folio rows: what lists sort and filter by, rebuilt as they were."""

from collections.abc import Iterator

import msgspec
import pytest
from sqlalchemy import Connection, create_engine, select

from paridad.acts.envelope import Draft
from paridad.folio.evolve import fold
from paridad.folio.projection import (
    folio_projection,
    folio_rows,
    metadata,
    project,
    score_rows,
    strictest,
    waiting_rows,
)
from paridad.folio.scorecard import Facts, scorecard, scorecard_of
from paridad.folio.state import Folio
from paridad.store.acts import StoredAct
from support.acts import make_act
from support.folio_story import (
    HOUR,
    MORNING,
    TwoParties,
    an_answer,
    answers,
    asks,
    asks_back,
    attests,
    closes,
    hours,
    play,
    proposes,
    terms_for,
)


@pytest.fixture
def conn() -> Iterator[Connection]:
    """Open a database in memory with the tables of this projection."""
    engine = create_engine("sqlite://")
    with engine.begin() as conn:
        metadata.create_all(conn)
        yield conn


def _rows(conn: Connection) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    folios = conn.execute(select(folio_rows).order_by(folio_rows.c.id))
    waiting = conn.execute(select(waiting_rows).order_by(waiting_rows.c.folio, waiting_rows.c.place))
    return [tuple(row) for row in folios], [tuple(row) for row in waiting]


def test_what_a_folio_adds_to_the_scorecard_is_a_row(conn: Connection) -> None:
    """A folio without a request adds nothing; the row of one with a request makes the same scorecard as the folio."""
    project(conn, Folio("A-2026-0007"))
    assert conn.execute(select(score_rows)).all() == []
    folio = play([asks(), hours(1), answers("name")]).node("asked").folio
    project(conn, folio)
    facts = [msgspec.json.decode(row.facts, type=Facts) for row in conn.execute(select(score_rows))]
    assert len(facts) == 1
    assert scorecard_of(facts, ("A", "B"), MORNING + HOUR) == scorecard([folio], ("A", "B"), MORNING + HOUR)


def test_a_row_says_where_a_folio_stands(conn: Connection) -> None:
    """Stage, clocks, marks and who waits stand in columns."""
    table = play([asks(desk="targets")])
    project(conn, table.node("asked").folio)
    row = conn.execute(select(folio_rows)).mappings().one()
    assert dict(row) == {
        "id": "A-2026-0007", "stage": "sent", "opened_by": "A", "asking": "A/POLICE", "asked": "B/POLICE",
        "requested": MORNING, "urgency": "urgent", "purpose": "investigation", "desk": "targets", "handling": "LIMITED",
        "due": MORNING + HOUR, "due_order": MORNING + HOUR, "waiting": "B", "last_at": MORNING,
        "said_asking": table.node("asked").folio.request.hash, "said_asked": "",  # type: ignore[union-attr]
        "acts": 1, "irregular": 0, "closed": 0,
    }  # fmt: skip
    waits = conn.execute(select(waiting_rows)).mappings().all()
    assert [(each["party"], each["duty"], each["until"], each["internal"]) for each in waits] == [
        ("B", "acknowledge", MORNING + HOUR, 0),
        ("B", "answer", MORNING + 8 * HOUR, 0),
    ]


def test_what_is_done_is_waited_for_no_more(conn: Connection) -> None:
    """Projecting a folio again replaces its rows."""
    table = TwoParties()
    for step in (asks(), answers("name"), asks_back(), attests(), closes("Done.")):
        step(table)
        project(conn, table.node("asking").folio)
    folios, waiting = _rows(conn)
    assert (len(folios), waiting) == (1, [])
    assert conn.execute(select(folio_rows.c.stage, folio_rows.c.waiting, folio_rows.c.due)).one() == (
        "closed",
        "",
        None,
    )


def test_a_draft_and_an_announced_folio_have_rows_too(conn: Connection) -> None:
    """Nothing is missing from a list because its request is."""
    table = play([asks(), proposes("asked", an_answer())])
    project(conn, fold("B-2026-0001", [table.last["proposal"]], terms_for))
    project(conn, Folio("B-2026-0002"))
    assert conn.execute(select(folio_rows.c.stage).order_by(folio_rows.c.id)).scalars().all() == ["draft", "announced"]
    project(conn, table.node("asked").folio)
    internal = select(waiting_rows.c.duty).where(waiting_rows.c.internal == 1).order_by(waiting_rows.c.folio)
    assert conn.execute(internal).scalars().all() == ["approve", "approve"]


def test_the_strictest_code_marks_the_folio() -> None:
    """A list filters by the strictest code of all acts; an unknown one is stricter than all."""
    table = play([asks("OPEN"), answers("name", handling="LIMITED")])
    folio = table.node("asking").folio
    assert strictest(folio) == "LIMITED"
    table.says(Draft("x/note/1", "A/POLICE", ("A/POLICE",), "UNHEARD", "trial", "treaty", {}, folio.id), index=0)
    assert strictest(table.node("asking").folio) == "UNHEARD"
    assert strictest(Folio("A-2026-0001")) == ""


def test_rebuilt_is_incremental(conn: Connection) -> None:
    """Dropping the rows and projecting again gives the same rows (L7)."""
    tables = [play([asks(), answers("name")]), play([asks()], swapped=True)]
    for table in tables:
        for arrived in range(len(table.node("asking").arrived) + 1):
            known = table.node("asking").arrived[:arrived]
            project(conn, fold(table.node("asking").folio.id, known, terms_for))
    incremental = _rows(conn)
    metadata.drop_all(conn)
    metadata.create_all(conn)
    for table in reversed(tables):
        project(conn, table.node("asked").folio)
    assert _rows(conn) == incremental


def test_the_store_refreshes_the_folios_of_the_acts_it_files(conn: Connection) -> None:
    """Each folio touched by a run of acts is loaded once; acts outside any folio load none."""
    table = play([asks(), answers("name")])
    loaded: list[str] = []

    def load(_conn: Connection, folio_id: str) -> Folio:
        loaded.append(folio_id)
        return table.node("asking").folio

    projection = folio_projection(load)
    assert (projection.name, projection.tables) == ("folio", metadata)
    projection.project(conn, [_stored(each) for each in ("A-2026-0007", "", "A-2026-0007")])
    assert loaded == ["A-2026-0007"]
    assert len(_rows(conn)[0]) == 1


def _stored(folio_id: str) -> StoredAct:
    act = make_act({"name": "x"}, folio=folio_id)
    return StoredAct(filed=1, hash=act.hash, signed=act.signed, kid=act.kid, ours=True, arrived_at=MORNING)
