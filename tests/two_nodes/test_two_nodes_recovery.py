# SPDX-License-Identifier: Apache-2.0
"""A restored backup is noticed before anything is signed, and what the others hold of ours is taken back."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from paridad.base.words import Words
from paridad.exchange.errors import PeerUnreachable
from paridad.exchange.paths import LOG, MIRROR
from paridad.exchange.transport import Request, Response, Transport
from paridad.exchange.wire import read_parcels, write_parcels
from paridad.folio.commands import Acknowledge, Answer, Close, Refuse, Suspend
from paridad.ledger.errors import UnknownState
from paridad.ledger.tiles import read_bundle
from paridad.node.node import Node
from paridad.node.reading import read_act
from paridad.node.recovery import Recovered
from paridad.programme.origins import shared_origin
from paridad.store.backup import back_up, restore, restored_heads
from paridad.store.ledger import SqlLedgerStore
from paridad.store.records import open_conflicts
from paridad.store.streams import quarantined
from support.matters import BOTH_WAYS, WAYS, Matter, matter, person
from support.sound import changed, dump, folio_of


def take_backup(m: Matter, side: str) -> Path:
    """Copy a side's database while it works."""
    target = m.parties.folder / "backup.db"
    back_up(m.node(side).own.store, target, at=m.parties.clock())
    return target


def bring_back(m: Matter, side: str, backup: Path) -> Node:
    """Lose a side's database and put the backup in its place."""
    party = m.agencies[side].partition("/")[0]
    node = m.node(side)
    database = node.own.store.path
    assert database is not None
    node.close()
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()
    restore(backup, database)
    return m.parties.open(party)


def after_the_backup(m: Matter, record: str = "") -> None:
    """Say things in both directions after the backup was taken, and give part of a record if there is one."""
    m.says("asked", Acknowledge)
    m.settle()
    m.says("asking", Suspend, reason="…")
    m.settle()
    if record:
        m.says("asked", Answer, partial=True, **m.offer(record))
    m.says("asked", Refuse, grounds=("pending-case",), may_ask_again=True)
    m.settle()


def is_clean(m: Matter) -> bool:
    """Whether no node has a conflict or a quarantined parcel."""
    for node in m.parties.nodes:
        with node.own.store.read() as conn:
            if open_conflicts(conn) or quarantined(conn):
                return False
    return True


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
@pytest.mark.parametrize("side", ["asking", "asked"])
def test_a_restored_backup_is_noticed_and_recovers(side: str, names: tuple[str, ...], tmp_path: Path) -> None:
    """Leaves, fields, positions and what came in meanwhile are back; both nodes go on and agree."""
    with matter(tmp_path, names) as m:
        record = m.record("asked", person("Rec"))
        m.asks()
        m.settle()
        backup = take_backup(m, side)
        after_the_backup(m, record)
        kept = dump(m.node(side), only=("leaves", "heads"))

        node = bring_back(m, side, backup)
        lost = dump(node, only=("leaves", "heads"))
        with pytest.raises(UnknownState, match="leaves"):
            node.start()
        with pytest.raises(UnknownState, match="leaves"):
            node.tick()
        assert dump(node, only=("leaves", "heads")) == lost
        with node.own.store.read() as conn:
            assert restored_heads(conn) is not None

        found = node.recover()
        assert (found.leaves > 0, found.covers > 0, found.awaited > 0) == (True, True, True)
        assert set(dump(node, only=("heads",))["heads"]) >= {row for row in kept["heads"] if row[0] == node.own.shared}
        with node.own.store.read() as conn:
            assert restored_heads(conn) is None
        m.parties.clock.pass_(3600)
        m.settle(4)
        m.says("asking", Close, reason="…")
        m.settle(4)
        assert is_clean(m)
        state = folio_of(m.node(side), m.folio)
        assert state.acknowledged_at is not None
        assert [len(each) for each in (state.pauses, state.answers, state.refusals)] == [1, 1, 1]
        asking = m.node("asking")
        with asking.own.store.read() as conn:
            assert read_act(conn, asking.own, record).fields["name"] == "Recname, Ana"


def test_a_silent_witness_keeps_a_restored_node_from_signing(tmp_path: Path) -> None:
    """Restored and unable to ask, a node appends and signs nothing, and takes nothing in; asked, it goes on."""
    with matter(tmp_path) as m:
        m.asks()
        m.settle()
        backup = take_backup(m, "asked")
        node = bring_back(m, "asked", backup)
        good = node.transport
        node.transport = nobody
        with pytest.raises(UnknownState, match="nothing is appended"):
            m.says("asked", Acknowledge)
        before = dump(node, only=("checkpoints", "batches"))
        assert node.start() == ["MX"]
        assert "MX" in node.tick().unreachable
        assert dump(node, only=("checkpoints", "batches")) == before
        assert node.recover() == Recovered()
        [sent] = m.parties.send(m.agencies["asking"], m.agencies["asked"], 1, "folio/closure/1", {"reason": "…"})
        m.node("asking").tick()
        assert m.states(sent) == ["batched"]
        node.transport = good
        assert node.start() == []
        m.says("asked", Acknowledge)
        m.settle(4)
        assert m.state("asking").acknowledged_at is not None


def test_nothing_is_signed_before_a_witness_was_asked(tmp_path: Path) -> None:
    """Also in a node that was never restored: it records, and signs once somebody has said what was seen."""
    with matter(tmp_path) as m:
        node = m.node("asking")
        good = node.transport
        node.transport = nobody
        said = m.asks().acts[0]
        done = node.tick()
        assert (done.signed, done.covered, list(done.unreachable)) == ([], 0, ["US"])
        assert dump(node, only=("checkpoints",)) == {"checkpoints": []}
        node.transport = good
        m.settle()
        assert m.states(said) == ["cosigned"]


def nobody(_party: str, _request: Request) -> Response:
    """Answer as a line that leads nowhere."""
    raise PeerUnreachable(Words(es="Nadie.", en="Nobody."))


def spoiled(line: Transport, spoil: Callable[[Response], Response]) -> Transport:
    """Let the peer give our acts back spoiled."""

    def carry(party: str, request: Request) -> Response:
        answer = line(party, request)
        return spoil(answer) if request.path.startswith(f"{MIRROR}shared/acts") else answer

    return carry


def without_last(answer: Response) -> Response:
    """Keep the last act back."""
    return replace(answer, body=write_parcels(read_parcels(answer.body)[:-1]))


def moved(answer: Response) -> Response:
    """Give a genuine act at another index."""
    acts = read_parcels(answer.body)
    return replace(answer, body=write_parcels([replace(acts[0], wire=acts[-1].wire), *acts[1:]]))


def bent(answer: Response) -> Response:
    """Change one byte of a signature."""
    first, *rest = read_parcels(answer.body)
    wire = first.wire.replace(b"~", b"A~", 1)
    return replace(answer, body=write_parcels([replace(first, wire=wire), *rest]))


def first_forever() -> Callable[[Response], Response]:
    """Give the first act again and again, whatever is asked."""
    given: list[Response] = []

    def give(answer: Response) -> Response:
        given.append(replace(answer, body=write_parcels(read_parcels(answer.body)[:1])))
        return given[0]

    return give


def without_form(answer: Response) -> Response:
    """Give signed parts without the tilde that ends an act."""
    acts = read_parcels(answer.body)
    return replace(answer, body=write_parcels([replace(each, wire=each.wire.partition(b"~")[0]) for each in acts]))


def silent(_answer: Response) -> Response:
    """Break the line."""
    raise PeerUnreachable(Words(es="Nada.", en="Nothing."))


SPOILED: dict[str, tuple[Callable[[Response], Response], str]] = {
    "a leaf is kept back": (without_last, "nobody holds leaf"),
    "an act stands at another leaf": (moved, "another history|already stands"),
    "an act does not verify": (bent, "nobody holds leaf"),
    "nonsense": (lambda answer: replace(answer, body=b"\0\0\0\1x"), "nobody holds leaf"),
    "acts without a form": (without_form, "nobody holds leaf"),
    "silence": (silent, "nobody holds leaf"),
    "there is no such address": (lambda _: Response(404), "nobody holds leaf"),
    "the same page again and again": (first_forever(), "nobody holds leaf"),
}


@pytest.mark.parametrize(("spoil", "why"), SPOILED.values(), ids=SPOILED.keys())
def test_a_peer_that_gives_back_something_else_changes_nothing(
    spoil: Callable[[Response], Response], why: str, tmp_path: Path
) -> None:
    """Recovery is all or nothing; the honest answer afterwards is taken."""
    with matter(tmp_path) as m:
        m.asks()
        m.settle()
        backup = take_backup(m, "asked")
        after_the_backup(m)
        node = bring_back(m, "asked", backup)
        good = node.line
        before = dump(node)
        node.transport = spoiled(good, spoil)
        with pytest.raises(Exception, match=why):
            node.recover()
        assert changed(before, dump(node)) == set()
        node.transport = good
        assert node.recover().leaves > 0
        m.parties.clock.pass_(3600)
        m.settle(4)


def test_a_peer_that_gives_its_own_acts_as_ours_changes_nothing(tmp_path: Path) -> None:
    """An act that verifies is not ours for that."""
    with matter(tmp_path, sound=False) as m:
        m.asks()
        m.settle()
        backup = take_backup(m, "asked")
        after_the_backup(m)
        theirs = m.node("asking").edge(Request("GET", f"{LOG}shared/tile/entries/000.p/1"), "US").body
        [entry] = read_bundle(theirs)
        node = bring_back(m, "asked", backup)

        def foreign(answer: Response) -> Response:
            return replace(
                answer, body=write_parcels([replace(a, wire=entry + b"~") for a in read_parcels(answer.body)])
            )

        before = dump(node)
        node.transport = spoiled(node.line, foreign)
        with pytest.raises(UnknownState, match="nobody holds leaf"):
            node.recover()
        assert changed(before, dump(node)) == set()


def test_a_number_alone_stops_nobody(tmp_path: Path) -> None:
    """A witness that claims more than it can show with our own signature is out of reach, not believed."""
    with matter(tmp_path) as m:
        m.asks()
        m.settle()
        m.parties.by_name["MX"].close()
        node = m.parties.open("MX")
        good = node.line
        with m.node("asked").own.store.read() as conn:
            foreign = SqlLedgerStore(conn).checkpoint(shared_origin("US", node.own.programme))
        assert foreign is not None
        for body in (b"MX/gis-mx-us/shared\n9999999\nAAAA\n\n", foreign, b"\xff"):
            node.transport = lambda party, request, body=body: (
                Response(200, body)
                if request.path.endswith("checkpoint") and request.method == "GET"
                else good(party, request)
            )
            assert node.start() == ["US"]
        node.transport = good
        assert node.start() == []


def test_an_internal_log_that_nobody_holds_stops_the_node(tmp_path: Path) -> None:
    """A lost internal record was witnessed by size and root only: the node stops and says so."""
    with matter(tmp_path, sound=False) as m:
        m.record("asked", person("Uno"))
        m.settle()
        backup = take_backup(m, "asked")
        m.record("asked", person("Dos", seed=8))
        m.settle()
        node = bring_back(m, "asked", backup)
        with pytest.raises(UnknownState, match="US/gis-mx-us/own"):
            node.start()
        with pytest.raises(UnknownState, match="US/gis-mx-us/own"):
            node.recover()


def test_a_record_that_is_lost_is_named(tmp_path: Path) -> None:
    """A cover lists a record that was logged after the backup: nothing is kept, and the sentence names it."""
    with matter(tmp_path, sound=False) as m:
        m.asks()
        m.settle()
        backup = take_backup(m, "asked")
        record = m.record("asked", person("Per"))
        m.says("asked", Answer, **m.offer(record))
        m.settle()
        node = bring_back(m, "asked", backup)
        before = dump(node)
        with pytest.raises(UnknownState, match=f"the record {record} is lost"):
            node.recover()
        assert changed(before, dump(node)) == set()


def test_positions_that_do_not_follow_are_told(tmp_path: Path) -> None:
    """A stream that stands elsewhere than its covers say: nothing is kept."""
    with matter(tmp_path, sound=False) as m:
        m.asks()
        m.settle()
        m.says("asked", Acknowledge)
        m.settle()
        backup = take_backup(m, "asked")
        m.says("asked", Refuse, grounds=("pending-case",), may_ask_again=True)
        m.settle()
        node = bring_back(m, "asked", backup)
        node.own.store.submit(lambda conn: conn.exec_driver_sql("UPDATE outbound_streams SET next_position = 50"))
        with pytest.raises(UnknownState, match="positions of a stream are missing"):
            node.recover()


def test_an_act_that_contradicts_one_of_ours_stops_recovery(tmp_path: Path) -> None:
    """Two acts of ours under one identifier: a person looks first."""
    with matter(tmp_path, sound=False) as m:
        m.asks()
        m.settle()
        backup = take_backup(m, "asked")
        after_the_backup(m)
        with m.node("asked").own.store.read() as conn:
            found = conn.exec_driver_sql("SELECT jti, iss FROM acts WHERE knd = 'folio/acknowledgement/1'").one()
        node = bring_back(m, "asked", backup)
        node.own.store.submit(
            lambda conn: conn.exec_driver_sql("UPDATE acts SET jti = ?, iss = ? WHERE filed = 1", tuple(found))
        )
        with pytest.raises(UnknownState, match="an act contradicts another"):
            node.recover()


def test_three_parties_give_back_together(tmp_path: Path) -> None:
    """No single party holds the whole log; together they do."""
    with matter(tmp_path, ("AA", "BB", "CC")) as m:
        m.asks(basis="joint-statement")
        m.settle()
        m.parties.by_name["BB"].own  # noqa: B018  the node that will be lost
        backup = take_backup(m, "asked")
        m.says("asked", Acknowledge)
        m.parties.send("BB/POLICE", "CC/POLICE", 2, "folio/closure/1", {"reason": "…"})
        m.settle()
        node = bring_back(m, "asked", backup)
        found = node.recover()
        assert found.leaves >= 5
        m.parties.clock.pass_(3600)
        m.settle(4)
        assert m.state("asking").acknowledged_at is not None
