# SPDX-License-Identifier: Apache-2.0
"""Law 5. Delivery is at least once, its effect exactly once, in stream order; a gap is seen and asked for."""

from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from paridad.exchange.paths import AGAIN, DELIVER
from paridad.exchange.transport import Request, Response, Transport
from paridad.node.node import Node
from paridad.store.acts import ActQuery, filed_acts
from paridad.store.streams import Stream, held_rows
from paridad.store.tables import batches, inbound_parcels
from support.bad_line import BadLine
from support.liar import Liar
from support.matters import BOTH_WAYS, WAYS
from support.sound import assert_sound, changed, dump
from support.two_nodes import Parties

KIND = "folio/closure/1"


def filed(node: Node) -> list[str]:
    """Return the acts of the other party that have effect at a node, in the order of filing."""
    with node.own.store.read() as conn:
        return [act.hash for act in filed_acts(conn, ActQuery(kinds=(KIND,), ours=False))]


def covers(node: Node) -> int:
    """Return how many deliveries a good line would have carried."""
    with node.own.store.read() as conn:
        return int(conn.execute(sa.select(sa.func.count()).select_from(batches)).scalar_one())


def positions(node: Node) -> list[tuple[int, str]]:
    """Return what came at which position of the one stream towards a node."""
    column = inbound_parcels.c
    with node.own.store.read() as conn:
        rows = conn.execute(sa.select(column.position, column.act_hash).order_by(column.position)).all()
    return [(row.position, row.act_hash) for row in rows]


@pytest.mark.parametrize(
    ("fault", "names"),
    [("doubled", BOTH_WAYS[0]), ("swallowed", BOTH_WAYS[1]), ("lost", BOTH_WAYS[0])],
)
def test_whatever_the_line_does_each_act_has_its_effect_once_and_in_order(
    fault: str, names: tuple[str, str], tmp_path: Path
) -> None:
    """Many messages of two are spoiled; the line itself says how many deliveries there were."""
    lines: list[BadLine] = []
    carried: Counter[str] = Counter()

    def wrap(inner: Transport) -> Transport:
        def count(party: str, request: Request) -> Response:
            carried[request.path] += 1
            return inner(party, request)

        lines.append(BadLine(count, seed=len(lines), spoil=0.5, faults=(fault,)))
        return lines[-1]

    with Parties(tmp_path, names=names, wrap=wrap) as parties:
        sent = []
        for _ in range(3):
            sent += parties.send(f"{names[0]}/FGR", f"{names[1]}/DOJ", 2, KIND, {"reason": "…"})
            parties.settle(1)
        for line in lines:
            line.spoil = 0.0
        parties.settle(3, step=1000)
        assert sum(line.done[fault] for line in lines) > 0
        assert fault == "lost" or carried[DELIVER] > covers(parties.nodes[0])
        receiver = parties.nodes[1]
        assert filed(receiver) == sent
        assert positions(receiver) == list(enumerate(sent, 1))
        assert_sound(parties)


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_a_gap_is_seen_asked_for_and_closed_in_order(names: tuple[str, str], tmp_path: Path) -> None:
    """The later part is told the expected position, noted, not filed; the node asks for the missing one."""
    with Parties(tmp_path, names=names) as parties:
        liar = Liar(parties, f"{names[1]}/DOJ", f"{names[0]}/FGR")
        node: Node = liar.target
        early, late = liar.act(), liar.act()
        answer = liar.deliver(liar.delivery([late], first=2))
        assert (answer.receipt, answer.expect, answer.refusal) == ("", 1, "gap: expect 1")
        assert filed(node) == []
        with node.own.store.read() as conn:
            [row] = held_rows(conn, Stream(liar.programme, liar.agency, liar.other))
        assert (row.position, row.digest) == (2, late.hash)

        asked: list[Request] = []

        def gives(_party: str, request: Request) -> Response:
            asked.append(request)
            return Response(200, liar.delivery([early], first=1)) if request.path == AGAIN else Response(404)

        liar.witnessed |= dict(answer.sizes)
        node.transport = gives
        node._asked.add(liar.party)
        node.tick()
        assert AGAIN in {request.path for request in asked}
        assert filed(node) == [early.hash]
        liar.witnessed[liar.shared] = sizes_of(node, liar.shared)
        liar.deliver(liar.delivery([late], first=2))
        assert filed(node) == [early.hash, late.hash]
        assert positions(node) == [(1, early.hash), (2, late.hash)]


def sizes_of(node: Node, origin: str) -> int:
    """Return up to where a node saw a log."""
    query = "SELECT max(size) FROM witnessed WHERE origin = ?"
    with node.own.store.read() as conn:
        return int(conn.exec_driver_sql(query, (origin,)).scalar_one())


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_the_same_delivery_changes_nothing_and_another_does(names: tuple[str, str], tmp_path: Path) -> None:
    """The second half is the positive control: the same words signed twice are two acts with two effects."""
    with Parties(tmp_path, names=names) as parties:
        liar = Liar(parties, f"{names[1]}/DOJ", f"{names[0]}/FGR")
        body = liar.delivery([liar.act(), liar.act()])
        first = liar.deliver(body)
        before = dump(liar.target)
        for _ in range(3):
            assert liar.deliver(body).receipt == first.receipt
            assert changed(before, dump(liar.target)) == set()
        assert len(filed(liar.target)) == 2
        liar.deliver(liar.delivery([liar.act()]))
        assert "acts" in changed(before, dump(liar.target))
        assert len(filed(liar.target)) == 3
