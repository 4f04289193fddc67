# SPDX-License-Identifier: Apache-2.0
"""Three parties of one programme: what two of them say stays theirs; all three witness."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from paridad.exchange.paths import DELIVER, LOG, MIRROR, STATUS, WITNESS
from paridad.exchange.transport import Request, Response
from paridad.exchange.wire import read_answer, read_parcels, write_answer
from paridad.folio.commands import Acknowledge, Answer, RequestConsent
from paridad.ledger.note import read_note
from paridad.node.node import Node
from paridad.programme.origins import mirror_name, shared_origin, witness_name
from paridad.store.acts import ActQuery, filed_acts
from paridad.store.ledger import SqlLedgerStore
from paridad.store.streams import outbox_of
from support.matters import Matter, matter, person
from support.sound import dump

NAMES = ("AA", "BB", "CC")
PURPOSE, BASIS = "criminal-investigation", "joint-statement"


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Matter]:
    """Lend a world of three in which AA asked BB, was answered, and CC said something to AA."""
    with matter(tmp_path, NAMES) as m:
        record = m.record("asked", person("Tri"), purpose=PURPOSE, basis=BASIS)
        m.asks(basis=BASIS)
        m.settle()
        m.says("asked", Acknowledge)
        m.says("asked", Answer, partial=True, **m.offer(record))
        m.parties.send("CC/POLICE", "AA/POLICE", 2, "folio/closure/1", {"reason": "…"})
        m.settle(4)
        yield m


def cosigners(node: Node, origin: str) -> set[str]:
    """Return who signed a node's latest checkpoint of a log."""
    with node.own.store.read() as conn:
        note = SqlLedgerStore(conn).checkpoint(origin)
    assert note is not None
    return {line.name for line in read_note(note).signatures}


def test_the_third_holds_nothing_of_what_two_say(told: Matter) -> None:
    """CC holds its own acts and what is addressed to it; not one envelope of the matter between AA and BB."""
    third = told.parties.by_name["CC"]
    with third.own.store.read() as conn:
        held = filed_acts(conn, ActQuery())
    assert held  # it did speak, and was answered
    for act in held:
        parties = {act.envelope.party, *(agency.partition("/")[0] for agency in act.envelope.aud)}
        assert "CC" in parties
    assert not any("AA-2025-0001" in str(row) for rows in dump(third).values() for row in rows)


def test_the_third_learns_nothing_by_asking(told: Matter) -> None:
    """Neither streams, nor entries, nor the mirrored log of another party are told to the third."""
    asked = told.parties.by_name["BB"]
    own_status = asked.edge(Request("GET", STATUS), "AA").body
    assert b"AA/POLICE" in own_status  # positive control: AA is told of its own stream
    assert b"AA/POLICE" not in asked.edge(Request("GET", STATUS), "CC").body
    assert asked.edge(Request("GET", f"{LOG}shared/tile/entries/000.p/1"), "CC").status == 403
    assert asked.edge(Request("GET", f"{LOG}shared/tile/entries/000.p/1"), "AA").status == 200
    assert read_parcels(asked.edge(Request("GET", f"{MIRROR}shared/acts/0"), "AA").body)
    assert read_parcels(asked.edge(Request("GET", f"{MIRROR}shared/acts/0"), "CC").body) == []


def test_all_three_witness_and_nobody_mirrors_a_log_it_holds_in_part(told: Matter) -> None:
    """Witness lines of both others are on every head; mirror lines only where every leaf is held."""
    for name, node in told.parties.by_name.items():
        origin = shared_origin(name, node.own.programme)
        signed = cosigners(node, origin)
        others = set(NAMES) - {name}
        assert {witness_name(each, node.own.programme) for each in others} <= signed
    mirrors = {mirror_name(each, "practice") for each in NAMES}
    assert not mirrors & cosigners(told.parties.by_name["AA"], shared_origin("AA", "practice"))
    assert mirror_name("AA", "practice") in cosigners(told.parties.by_name["BB"], shared_origin("BB", "practice"))


def test_countersigned_means_by_the_receiver(told: Matter) -> None:
    """A parcel to BB is countersigned when BB's witness covers it; CC's cosignature does not count for it."""
    asking = told.parties.by_name["AA"]
    carry = asking.line

    def silent_witness(party: str, request: Request) -> Response:
        """Let BB receipt everything and cosign nothing."""
        if party == "BB" and request.path == WITNESS:
            return Response(404)
        answer = carry(party, request)
        if party == "BB" and request.path == DELIVER:
            return replace(answer, body=write_answer(structs.replace(read_answer(answer.body), cosignatures=())))
        return answer

    def state() -> str:
        asking.tick()
        told.parties.clock.pass_(61)
        with asking.own.store.read() as conn:
            [row] = outbox_of(conn, said.acts[0])
        return row.state

    asking.transport = silent_witness
    what: dict[str, Any] = {"of": told.last["answer"], "record": _record(told), "recipient": "X", "purpose": PURPOSE}
    said = told.says("asking", RequestConsent, **what)
    assert [state(), state()] == ["receipted", "receipted"]
    assert witness_name("CC", "practice") in cosigners(asking, asking.own.shared)
    asking.transport = carry
    assert state() == "cosigned"


def _record(m: Matter) -> str:
    [release] = m.state("asking").answers
    return release.given[0].record
