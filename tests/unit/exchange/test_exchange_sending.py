# SPDX-License-Identifier: Apache-2.0
"""Covering, sending and settling at one node: what fits, what waits, what stops, and what is never half done."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from paridad.acts.envelope import Draft
from paridad.base.words import Words
from paridad.exchange import doubt, filing, outbox, witnessing
from paridad.exchange.errors import BatchRefused, NotReleased, PeerRefused, PeerUnreachable
from paridad.exchange.filing import MAX_DIGESTS_A_PARCEL
from paridad.exchange.outbox import cover_queue, send
from paridad.exchange.places import places_of, sign_up_to, signed_size
from paridad.exchange.release import Release
from paridad.exchange.transport import Request, Response
from paridad.exchange.wire import Batch
from paridad.folio.commands import Answer, Given
from paridad.ledger.errors import RootMismatch
from paridad.store import streams
from paridad.store.ledger import SqlLedgerStore
from paridad.store.records import THE_ACT, decided_for
from paridad.store.streams import BatchRow, Stream
from paridad.store.vault import weights_of
from support.liar import Liar, Spoil
from support.matters import matter, person
from support.memory_ledger import MemoryLedgerStore
from support.sound import changed, dump
from support.two_nodes import Parties

KIND, FIELDS = "folio/closure/1", {"reason": "…"}
STREAM = Stream("gis-mx-us", "MX/FGR", "US/DOJ")


@pytest.fixture
def parties(tmp_path: Path) -> Iterator[Parties]:
    """Lend two nodes."""
    with Parties(tmp_path) as told:
        yield told


def covered(parties: Parties, *, limit: int = 256) -> BatchRow | None:
    """Cover what MX has for US."""
    return cover_queue(parties.by_name["MX"].own, STREAM, limit=limit, now=parties.clock())


def test_a_stream_has_one_batch_on_its_way(parties: Parties) -> None:
    """The next is covered once the receipt is here; positions follow one another."""
    node = parties.by_name["MX"]
    assert covered(parties) is None
    parties.send("MX/FGR", "US/DOJ", 5, KIND, FIELDS)
    first = covered(parties, limit=3)
    assert first is not None
    assert (first.first, first.parcels, first.state) == (1, 3, "open")
    assert covered(parties) is None
    assert send(node.own, first, node.line, now=parties.clock()) is not None
    second = covered(parties)
    assert second is not None
    assert (second.first, second.parcels) == (4, 2)


def test_a_cover_takes_what_fits_by_digests(parties: Parties, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cover is one act: the digests it lists are bounded, and one parcel always goes."""
    parties.send("MX/FGR", "US/DOJ", 4, "folio/refusal/1", {"grounds": ["pending-case"], "may_ask_again": True})
    monkeypatch.setattr(outbox, "MAX_COVER_DIGESTS", 6)
    assert (batch := covered(parties))
    assert batch.parcels == 2
    monkeypatch.setattr(outbox, "MAX_COVER_DIGESTS", 1)
    parties.by_name["MX"].tick()
    assert (batch := covered(parties))
    assert batch.parcels == 1


def test_a_cover_takes_what_fits_by_bytes(parties: Parties, monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch must fit the line: what is too much waits for the next cover, and all arrive."""
    hashes = parties.send("MX/FGR", "US/DOJ", 4, KIND, {"reason": "x" * 9000})
    with parties.by_name["MX"].own.store.read() as conn:
        weights = weights_of(conn, hashes)
    assert all(weight > 12_000 for weight in weights.values())
    monkeypatch.setattr(outbox, "MAX_COVERED_BYTES", 2 * max(weights.values()))
    assert (batch := covered(parties))
    assert batch.parcels == 2
    parties.settle(4)
    with parties.by_name["MX"].own.store.read() as conn:
        assert [streams.outbox_of(conn, each)[0].state for each in hashes] == ["cosigned"] * 4


def test_a_release_of_too_many_parts_is_refused_before_it_is_queued(parties: Parties) -> None:
    """One line of a cover is one field: what cannot be listed is not queued, and the command leaves nothing."""
    own = parties.by_name["MX"].own
    [hash_] = parties.send("MX/FGR", "US/DOJ", 1, KIND, FIELDS)
    before = dump(parties.by_name["MX"])
    digests = tuple(f"{n:043}" for n in range(MAX_DIGESTS_A_PARCEL + 1))
    many = Release(hash_, b"", "US/DOJ", (), (), digests, (), None, {})  # type: ignore[arg-type]
    with pytest.raises(NotReleased, match="Make several"), own.store.write() as conn:
        filing.queue(conn, own, [("MX/FGR", many)], now=parties.clock())
    assert changed(before, dump(parties.by_name["MX"])) == set()


def test_a_record_waits_for_a_head_of_its_log(tmp_path: Path) -> None:
    """What was logged in *own* since its last head is sent after the next one; what follows it waits as well."""
    with matter(tmp_path) as m:
        m.asks()
        m.settle()
        record = m.record("asked", person("Esp"))
        m.says("asked", Answer, given=(Given(record, "name"),))
        node = m.node("asked")
        stream = Stream("gis-mx-us", "US/DOJ", "MX/FGR")
        first = cover_queue(node.own, stream, now=m.parties.clock())
        assert first is not None
        assert first.parcels == 1  # the answer; its record stands behind it
        node.own.store.submit(lambda conn: streams.batch_receipted(conn, first.cover, first.cover, {1: "accepted"}))
        assert cover_queue(node.own, stream, now=m.parties.clock()) is None
        node.own.store.submit(lambda conn: conn.exec_driver_sql("UPDATE batches SET state = 'open', receipt = NULL"))
        node.own.store.submit(
            lambda conn: conn.exec_driver_sql(
                "UPDATE outbox SET state = 'batched', verdict = NULL WHERE cover IS NOT NULL"
            )
        )
        m.settle(4)
        assert m.states(record) == ["cosigned"]


def test_a_failed_attempt_is_none_and_a_wrong_root_stops(parties: Parties, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is no fault; a root that does not fit its leaves goes up, and nothing is signed."""
    node = parties.by_name["MX"]
    parties.send("MX/FGR", "US/DOJ", 1, KIND, FIELDS)
    batch = covered(parties)
    assert batch is not None

    def silence(_party: str, _request: Request) -> Response:
        raise PeerUnreachable(Words(es="Nada.", en="Nothing."))

    assert send(node.own, batch, silence, now=parties.clock()) is None

    def mismatch(*_: object, **__: object) -> None:
        raise RootMismatch(Words(es="No.", en="No."))

    monkeypatch.setattr(outbox, "sign_up_to", mismatch)
    with pytest.raises(RootMismatch):
        send(node.own, batch, node.line, now=parties.clock())
    parties.clock.pass_(1000)
    with pytest.raises(RootMismatch):
        node.tick()


def test_a_stream_that_cannot_be_covered_holds_up_no_other(parties: Parties, monkeypatch: pytest.MonkeyPatch) -> None:
    """The round says why it waits and serves the rest."""
    node = parties.by_name["MX"]
    parties.send("MX/FGR", "US/DOJ", 1, KIND, FIELDS)
    parties.send("MX/FGR", "US/DHS", 1, KIND, FIELDS)
    real = outbox.cover_queue

    def some(own: object, stream: Stream, **more: object) -> BatchRow | None:
        if stream.receiver == "US/DHS":
            raise NotReleased(Words(es="No sale.", en="It does not leave."))
        return real(own, stream, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(outbox, "cover_queue", some)
    done = node.tick()
    assert (done.sent, done.stuck) == (1, {"MX/FGR > US/DHS": "It does not leave."})


def test_a_receiver_without_a_key_in_force_waits_alone(parties: Parties) -> None:
    """A sealing key that ended makes its stream wait; another agency of the same party is served."""
    node = parties.by_name["MX"]
    parties.send("MX/FGR", "US/DOJ", 1, KIND, FIELDS)
    parties.send("MX/FGR", "US/DHS", 1, KIND, FIELDS)
    real = node.own.keys

    class Ended:
        """A ring in which one agency has no sealing key."""

        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

        def sealing_key(self, agency: str, at: int) -> object:
            """Return the key, if it is not the agency without one."""
            if agency == "US/DHS":
                raise NotReleased(Words(es="Sin clave.", en="No key in force."))
            return real.sealing_key(agency, at)

    node.own.keys = Ended()  # type: ignore[assignment]
    done = node.tick()
    node.own.keys = real
    assert (done.sent, done.stuck) == (1, {"MX/FGR > US/DHS": "No key in force."})
    parties.settle(2)


def test_a_witness_ahead_of_us_is_told_to_the_operator_not_signed_over(parties: Parties) -> None:
    """A receiver that stands at a size we do not have: the batch waits with the words for a restored backup."""
    node = parties.by_name["MX"]
    parties.send("MX/FGR", "US/DOJ", 1, KIND, FIELDS)
    batch = covered(parties)
    assert batch is not None
    with pytest.raises(BatchRefused, match="restored backup"):
        outbox.package(node.own, batch, witnessed={node.own.shared: 10**6}, now=parties.clock())


def test_a_head_is_signed_once_for_what_it_covers(parties: Parties) -> None:
    """`sign_up_to` signs where no head covers an act yet, and nothing otherwise."""
    node = parties.by_name["MX"]
    [hash_] = parties.send("MX/FGR", "US/DOJ", 1, KIND, FIELDS)
    with node.own.store.read() as conn:
        assert signed_size(conn, node.own.shared) == 0
    sign_up_to(node.own, hash_, now=parties.clock())
    before = dump(node, only=("checkpoints",))
    sign_up_to(node.own, hash_, now=parties.clock() + 5)
    assert dump(node, only=("checkpoints",)) == before
    with node.own.store.read() as conn:
        place = places_of(conn, node.own, [hash_, "A" * 43])
    assert {key: (value.index, value.size) for key, value in place.items()} == {hash_: (0, 1)}


def test_what_is_announced_leaves_with_its_decisions(parties: Parties) -> None:
    """Every field of whatever leaves has a recorded decision, also of acts that no officer's command made."""
    from paridad.node.keeping import announce_charter

    node = parties.by_name["MX"]
    announce_charter(node.own, "MX/FGR", now=parties.clock())
    with node.own.store.read() as conn:
        [hash_] = conn.exec_driver_sql("SELECT hash FROM acts WHERE knd = 'programme/charter/1'").scalars().all()
        [decided] = decided_for(conn, hash_)
    assert set(decided.fields) == {THE_ACT, "version", "charter", "effective_from"}
    parties.settle(2)


# Leaves that contradict one another ------------------------------------------------------------------------------------


def test_a_leaf_at_an_index_that_is_taken_is_proof(parties: Parties) -> None:
    """Two acts proved to stand at one index, in two deliveries of two histories that were never compared."""
    liar = Liar(parties, "US/DOJ", "MX/FGR")
    assert liar.deliver(liar.delivery([liar.act()])).receipt
    own = liar.target.own
    own.store.submit(lambda conn: conn.exec_driver_sql("DELETE FROM witnessed"))
    liar.ledger = MemoryLedgerStore()
    liar.witnessed.clear()
    answer = liar.deliver(liar.delivery([liar.act(), liar.act()]))
    assert answer.refusal.startswith("log: ")
    with own.store.read() as conn:
        proofs = doubt.proofs_against(conn, liar.shared)
        assert doubt.doubted(conn, liar.shared)
    assert len(proofs) == 2  # the parcel at 0 and the one at 1
    again = liar.deliver(liar.delivery([liar.act()]))
    assert "two histories" in again.refusal


def test_a_leaf_without_a_proof_beside_it_is_a_conflict_and_no_evidence(parties: Parties) -> None:
    """What was held without proof convicts nobody; the delivery is refused all the same."""
    liar = Liar(parties, "US/DOJ", "MX/FGR")
    assert liar.deliver(liar.delivery([liar.act()])).receipt
    own = liar.target.own
    own.store.submit(lambda conn: conn.exec_driver_sql("DELETE FROM witnessed"))
    own.store.submit(lambda conn: conn.exec_driver_sql("DELETE FROM proofs"))
    liar.ledger = MemoryLedgerStore()
    liar.witnessed.clear()
    assert liar.deliver(liar.delivery([liar.act(), liar.act()])).refusal.startswith("log: ")
    with own.store.read() as conn:
        assert doubt.proofs_against(conn, liar.shared) == []


def test_a_proof_of_another_place_convicts_nobody(parties: Parties) -> None:
    """Only a proof of that very leaf in that very log is one side of the evidence."""
    liar = Liar(parties, "US/DOJ", "MX/FGR")
    assert liar.deliver(liar.delivery([liar.act()])).receipt
    own = liar.target.own
    own.store.submit(lambda conn: conn.exec_driver_sql("DELETE FROM witnessed"))
    own.store.submit(lambda conn: conn.exec_driver_sql("UPDATE proofs SET idx = idx + 7"))
    liar.ledger = MemoryLedgerStore()
    liar.witnessed.clear()
    assert liar.deliver(liar.delivery([liar.act(), liar.act()])).refusal.startswith("log: ")
    with own.store.read() as conn:
        assert doubt.proofs_against(conn, liar.shared) == []


def test_one_leaf_at_two_positions_is_held_once(parties: Parties) -> None:
    """An act may be sent twice; its leaf is one."""
    liar = Liar(parties, "US/DOJ", "MX/FGR")
    made = liar.act()

    def same_leaf(batch: Batch) -> Batch:
        from dataclasses import replace

        first, second = batch.parcels
        return replace(batch, parcels=(first, replace(second, index=first.index, proof=first.proof)))

    answer = liar.deliver(liar.delivery([made, made], spoil=Spoil(batch=same_leaf)))
    assert liar.verdicts(answer) == ["accepted", "accepted"]


def test_a_head_that_contradicts_a_receipt_is_proof(parties: Parties) -> None:
    """A root that came with a receipt, and another of the same size shown to the witness."""
    liar = Liar(parties, "US/DOJ", "MX/FGR")
    own = liar.target.own
    liar.file([liar.act()])
    note = liar.note()
    seen = witnessing.open_logged(own, note)
    own.store.submit(lambda conn: SqlLedgerStore(conn).save_checkpoint(liar.shared, 1, seen.checkpoint.root, note))
    liar.ledger = MemoryLedgerStore()
    liar.file([liar.act()])
    answer = witnessing.answer_checkpoint(own, liar.add_checkpoint(), "US", now=parties.clock())
    assert answer.status == 403
    with own.store.read() as conn:
        assert doubt.doubted(conn, liar.shared)


@pytest.mark.parametrize("status", [500, 301, 403])
def test_a_witness_that_does_not_say_what_it_saw_was_not_asked(status: int, parties: Parties) -> None:
    """Anything but an answer is silence; 404 is first contact."""
    own = parties.by_name["MX"].own
    with pytest.raises(PeerRefused):
        witnessing.seen_by(own, "US", own.shared, lambda _p, _r: Response(status))
    assert witnessing.seen_by(own, "US", own.shared, lambda _p, _r: Response(404)) is None


def test_nothing_is_shown_where_nothing_is_new(parties: Parties) -> None:
    """No head, or one that was cosigned already: no question."""
    own = parties.by_name["MX"].own

    def never(_party: str, _request: Request) -> Response:
        raise AssertionError("nobody is asked")

    assert witnessing.have_witnessed(own, "US", own.shared, never, now=parties.clock()) is None
    parties.send("MX/FGR", "US/DOJ", 1, KIND, FIELDS)
    parties.settle(2)
    assert witnessing.have_witnessed(own, "US", own.shared, never, now=parties.clock()) is None


def test_a_witness_that_stands_elsewhere_is_asked_again_from_there(parties: Parties) -> None:
    """409 with the true size makes a repetition idempotent (C2SP tlog-witness)."""
    node = parties.by_name["MX"]
    parties.send("MX/FGR", "US/DOJ", 1, KIND, FIELDS)
    parties.settle(2)
    parties.send("MX/FGR", "US/DOJ", 1, KIND, FIELDS)
    node.own.store.submit(lambda conn: conn.exec_driver_sql("DELETE FROM cosignatures"))
    parties.settle(2)
    assert {str(row[2]).rpartition("/")[2] for row in dump(node, only=("cosignatures",))["cosignatures"]} == {
        "witness",
        "mirror",
    }


def test_a_peer_that_lost_its_memory_is_given_what_it_misses(parties: Parties) -> None:
    """A receiver that stands at no size of ours is sent the whole consistency from there."""
    node, other = parties.by_name["MX"], parties.by_name["US"]
    parties.send("MX/FGR", "US/DOJ", 2, KIND, FIELDS)
    parties.settle(2)
    other.own.store.submit(lambda conn: conn.exec_driver_sql("DELETE FROM witnessed"))
    [hash_] = parties.send("MX/FGR", "US/DOJ", 1, KIND, FIELDS)
    parties.settle(2)
    with node.own.store.read() as conn:
        assert streams.outbox_of(conn, hash_)[0].state == "cosigned"


def test_acts_of_ours_go_where_their_addressees_say(parties: Parties) -> None:
    """To our own party alone: *own*; to anybody else: *shared*."""
    own = parties.by_name["MX"].own
    conduct = own.conduct
    common = (conduct.handling, conduct.purpose, conduct.basis, FIELDS)
    drafts = [Draft(KIND, "MX/FGR", aud, *common) for aud in (("MX/FGR",), ("US/DOJ",), ("MX/SSPC", "US/DOJ"))]
    said = filing.issue_drafts(own, drafts, now=parties.clock(), see=())
    assert [filing.origin_of(own, each) for each in said] == [own.own, own.shared, own.shared]
    with own.store.write() as conn:
        assert list(filing.file_acts(conn, own, said, now=parties.clock()).values()) == [0, 0, 1]
