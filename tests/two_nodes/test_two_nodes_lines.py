# SPDX-License-Identifier: Apache-2.0
"""Several streams at once: each in its own order, one delivery to a party at a time, and the same end as one by one."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from paridad.base.sources import system_random
from paridad.base.words import Words
from paridad.exchange.errors import PeerUnreachable
from paridad.exchange.paths import DELIVER
from paridad.exchange.transport import Request, Response, Transport
from paridad.ledger.errors import UnknownState
from paridad.node import upkeep
from paridad.node.upkeep import Pace, Round
from paridad.store import streams
from support.two_nodes import Parties

PAIRS = (("MX/FGR", "US/DOJ"), ("MX/SSPC", "US/DHS"), ("MX/FGR", "US/DHS"))
KIND, FIELDS = "folio/closure/1", {"reason": "…"}
LINES = (Pace(batch=4), Pace(batch=4, lines=3), Pace(batch=4, lines=3, batches=9))


@pytest.fixture
def parties(tmp_path: Path) -> Iterator[Parties]:
    """Lend two nodes; three streams of MX hold ten parcels each."""
    with Parties(tmp_path) as both:
        both.settle(2)
        own = both.by_name["MX"].own
        own.random = system_random
        for sender, receiver in PAIRS:
            both.send(sender, receiver, 10, KIND, FIELDS)
        yield both


def served(parties: Parties, pace: Pace) -> Round:
    """Do what a round does about sending."""
    node, done = parties.by_name["MX"], Round()
    upkeep.cover(node.own, done, batch=pace.batch, now=parties.clock())
    upkeep.send_due(node.own, node.line, done, now=parties.clock(), pace=pace)
    return done


def expected(parties: Parties) -> dict[tuple[str, str], int]:
    """Return which position the other side waits for, by stream."""
    with parties.by_name["US"].own.store.read() as conn:
        return {(each.sender, each.receiver): at for each, at in streams.inbound(conn).items()}


@pytest.mark.parametrize("pace", LINES, ids=["one line", "three lines", "three lines, many batches"])
def test_every_stream_arrives_in_order_on_however_many_lines(parties: Parties, pace: Pace) -> None:
    rounds = [served(parties, pace) for _ in range(3)]
    assert expected(parties) == dict.fromkeys(PAIRS, 11)
    assert [(each.covered, each.sent) for each in rounds] == (
        [(9, 9), (0, 0), (0, 0)] if pace.batches > 1 else [(3, 3)] * 3
    )
    assert all(not each.stuck and not each.unreachable for each in rounds)


def spoilt(parties: Parties, change: Callable[[Transport, str, Request], Response]) -> None:
    """Put something before the line of MX."""
    node = parties.by_name["MX"]
    line = node.line
    node.transport = lambda party, request: change(line, party, request)


@pytest.mark.parametrize("pace", LINES)
def test_a_party_that_does_not_answer_is_noted_and_what_waits_stays(parties: Parties, pace: Pace) -> None:
    def silent(_line: Transport, party: str, _request: Request) -> Response:
        raise PeerUnreachable(Words(es=f"{party} no contesta.", en=f"{party} does not answer."))

    spoilt(parties, silent)
    done = served(parties, pace)
    assert (done.sent, done.unreachable) == (0, {"US": "US does not answer."})
    assert set(done.stuck.values()) == {"US does not answer."}
    assert expected(parties) == {}


@pytest.mark.parametrize("pace", LINES)
def test_unknown_state_on_one_line_stops_all(parties: Parties, pace: Pace) -> None:
    def broken(line: Transport, party: str, request: Request) -> Response:
        if request.path == DELIVER:
            raise UnknownState(Words(es="¿?", en="unknown"))
        return line(party, request)

    spoilt(parties, broken)
    with pytest.raises(UnknownState):
        served(parties, pace)
    assert expected(parties) == {}


def test_a_stream_that_is_refused_does_not_go_on_and_holds_up_no_other(parties: Parties) -> None:
    refused: list[Request] = []

    def once(line: Transport, party: str, request: Request) -> Response:
        if not refused:
            refused.append(request)
            return Response(500)
        return line(party, request)

    spoilt(parties, once)
    done = served(parties, Pace(batch=4, batches=9))
    assert (done.sent, len(done.stuck)) == (6, 1)
    assert sorted(expected(parties).values()) == [11, 11]
