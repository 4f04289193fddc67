# SPDX-License-Identifier: Apache-2.0
"""Judgements of persons: each is kept behind the one before, none without a reason."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from paridad.ledger.evidence import HEADER
from paridad.node.errors import NotFound, OfficerRefused, ReasonMissing
from paridad.node.judging import judged, of_log, settle_conflict, settle_quarantine, trust_again
from paridad.node.node import Node
from paridad.store.ledger import SqlLedgerStore
from paridad.store.streams import Stream
from support.two_nodes import Parties

ORIGIN = "US/gis-mx-us/shared"


@pytest.fixture
def parties(tmp_path: Path) -> Iterator[Parties]:
    """Return two parties."""
    with Parties(tmp_path) as found:
        yield found


def doubts(node: Node, number: int) -> None:
    """Keep one more proof against the other party's log."""
    proof = f"{HEADER}\n{number}\n".encode()
    node.own.store.submit(lambda conn: SqlLedgerStore(conn).keep_evidence(ORIGIN, proof))


def test_every_judgement_stays_beside_the_one_before(parties: Parties) -> None:
    """A second proof is judged again, in the same second if need be; both reasons stand in their order."""
    node, now = parties.by_name["MX"], parties.clock()
    officer = parties.officer("MX/FGR", "operator")
    for number, reason in ((1, "Their disk was restored."), (2, "Again, by telephone.")):
        doubts(node, number)
        assert trust_again(node.own, officer, ORIGIN, reason, now=now) == number
    with node.own.store.read() as conn:
        found = judged(conn, of_log(ORIGIN))
    assert [(each.judge, each.at, each.reason) for each in found] == [
        ("fgr-operator", now, "Their disk was restored."),
        ("fgr-operator", now, "Again, by telephone."),
    ]


def test_nothing_is_judged_without_a_reason_a_role_and_a_cause(parties: Parties) -> None:
    """What is refused leaves no judgement behind."""
    node, now = parties.by_name["MX"], parties.clock()
    own, officer, liaison = node.own, parties.officer("MX/FGR", "operator"), parties.officer("MX/FGR")
    with pytest.raises(NotFound):
        trust_again(own, officer, ORIGIN, "There is no proof.", now=now)
    with pytest.raises(NotFound):
        settle_conflict(own, officer, "A" * 43, "B" * 43, "There is none.", now=now)
    with pytest.raises(NotFound):
        settle_quarantine(own, officer, Stream(own.programme, "US/DOJ", "MX/FGR"), 7, "There is none.", now=now)
    doubts(node, 1)
    with pytest.raises(ReasonMissing) as bare:
        trust_again(own, officer, ORIGIN, " \t", now=now)
    assert "por qué" in bare.value.sentence("es")
    with pytest.raises(OfficerRefused):
        trust_again(own, liaison, ORIGIN, "I would like to.", now=now)
    with own.store.read() as conn:
        assert judged(conn, of_log(ORIGIN)) == []
    assert trust_again(own, officer, ORIGIN, "Looked at.", now=now) == 1
