# SPDX-License-Identifier: Apache-2.0
"""A peer that repeats, jumps ahead, contradicts itself, or shows two histories."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from paridad.acts.envelope import ActHash
from paridad.exchange import doubt
from paridad.exchange.papers import CoverLine
from paridad.exchange.paths import WITNESS
from paridad.exchange.transport import Request
from paridad.exchange.wire import Answer, Batch
from paridad.exchange.witnessing import log_keys
from paridad.ledger.evidence import open_equivocation
from paridad.node.judging import trust_again
from paridad.store.acts import get_act
from paridad.store.ledger import SqlLedgerStore
from paridad.store.records import open_conflicts
from paridad.store.streams import Stream, held_rows
from support.liar import Liar, Made, Spoil
from support.matters import BOTH_WAYS, WAYS
from support.memory_ledger import MemoryLedgerStore
from support.sound import Dump, assert_sound, changed, dump
from support.two_nodes import Parties

AFTER_A_BATCH = {
    "acts", "act_addressees", "act_keys", "act_refs", "disclosures", "touched", "counters", "proofs", "leaves",
    "checkpoints", "consistency", "witnessed", "inbound_parcels", "inbound_streams", "receipts", "heads", "tiles", "refs_ahead",
}  # fmt: skip
"""The tables that taking in a batch may change."""


@pytest.fixture(params=BOTH_WAYS, ids=WAYS)
def liar(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Liar]:
    """Lend a hostile party that has logged three leaves, and the honest node of the other."""
    names: tuple[str, str] = request.param
    with Parties(tmp_path, names=names) as parties:
        told = Liar(parties, f"{names[1]}/DOJ", f"{names[0]}/FGR")
        assert told.deliver(told.delivery([told.act(), told.act()])).receipt
        yield told
        assert_sound(parties, nodes=[told.target])


def texts_of(liar: Liar, hash_: str) -> set[str]:
    """Return the disclosures that the honest node holds of an act."""
    own = liar.target.own
    with own.store.read() as conn:
        return set(own.vault.disclosures(conn, hash_))


def conflicts(liar: Liar) -> list[tuple[str, str, str]]:
    """Return what contradicts what at the honest node, and about what."""
    with liar.target.own.store.read() as conn:
        return [(row.held, row.other, row.about) for row in open_conflicts(conn)]


def expect_unchanged(liar: Liar, body: bytes) -> Answer:
    """Deliver something that must change nothing."""
    before = dump(liar.target)
    answer = liar.deliver(body)
    assert changed(before, dump(liar.target)) == set()
    return answer


def test_a_whole_delivery_again_gives_the_stored_receipt(liar: Liar) -> None:
    """Byte for byte, also after later ones, also after a restart; and nothing is filed twice."""
    body = liar.delivery([liar.act(), liar.act()])
    first = liar.deliver(body)
    assert expect_unchanged(liar, body).receipt == first.receipt
    assert liar.deliver(liar.delivery([liar.act()])).receipt
    again = expect_unchanged(liar, body)
    assert (again.receipt, again.index) == (first.receipt, first.index)
    liar.target.close()
    liar.parties.open(liar.victim)
    assert expect_unchanged(liar, body).receipt == first.receipt


def test_an_old_act_under_a_new_position_has_no_second_effect(liar: Liar) -> None:
    """It is filed once; what comes with it is what was there."""
    made = liar.act("folio/refusal/1", {"grounds": ["pending-case"], "may_ask_again": True})
    liar.deliver(liar.delivery([made]))
    before = dump(liar.target, only=("acts", "disclosures"))
    texts = texts_of(liar, made.hash)
    answer = liar.deliver(liar.delivery([made]))
    assert liar.verdicts(answer) == ["accepted"]
    after = dump(liar.target, only=("acts", "disclosures"))
    assert len(after["acts"]) == len(before["acts"]) + 2  # the cover and the receipt
    assert texts_of(liar, made.hash) == texts
    assert conflicts(liar) == []


def test_a_new_cover_over_known_positions_is_told_duplicate(liar: Liar) -> None:
    """Nothing moves; the new cover has its one receipt, which is given again when asked again."""
    made = liar.act()
    liar.deliver(liar.delivery([made]))
    at = liar.position - 1
    second = liar.delivery([made], first=at)
    answer = liar.deliver(second)
    assert liar.verdicts(answer) == ["duplicate"]
    assert answer.expect == at + 1
    assert expect_unchanged(liar, second).receipt == answer.receipt
    assert conflicts(liar) == []


def test_known_and_new_positions_may_come_together(liar: Liar) -> None:
    """A batch that overlaps is judged parcel by parcel."""
    old, new = liar.act(), liar.act()
    liar.deliver(liar.delivery([old]))
    answer = liar.deliver(liar.delivery([old, new], first=liar.position - 1))
    assert liar.verdicts(answer) == ["duplicate", "accepted"]


def test_another_act_at_a_known_position_is_a_conflict(liar: Liar) -> None:
    """What stands stays, the other is kept, the peer is told both, and a person decides (law 6)."""
    made, other = liar.act(), liar.act()
    liar.deliver(liar.delivery([made]))
    at = liar.position - 1
    answer = liar.deliver(liar.delivery([other], first=at))
    [line] = liar.lines_of(answer)
    assert (line.verdict, line.act, line.reason) == ("conflict", other.hash, made.hash)
    assert conflicts(liar) == [(made.hash, other.hash, str(at))]
    with liar.target.own.store.read() as conn:
        assert get_act(conn, made.hash)
        assert get_act(conn, other.hash) is None
        assert open_conflicts(conn)[0].signed == other.signed
    assert liar.deliver(liar.delivery([liar.act()])).receipt


def test_the_same_act_with_other_fields_at_a_known_position_is_a_conflict(liar: Liar) -> None:
    """The set of fields is part of what was said at a position; nothing is added under it later."""
    made = liar.act("folio/refusal/1", {"grounds": ["pending-case"], "may_ask_again": True})
    part = replace(made, texts=made.texts[-1:])
    liar.deliver(liar.delivery([part]))
    answer = liar.deliver(liar.delivery([made], first=liar.position - 1))
    assert liar.verdicts(answer) == ["conflict"]
    assert texts_of(liar, made.hash) == set(part.texts)


def test_an_identifier_with_other_bytes_is_a_conflict(liar: Liar) -> None:
    """The same issuer and identifier over other bytes: the first stands, the second is kept beside it."""
    made = liar.act()
    liar.deliver(liar.delivery([made]))
    other = liar.again(made, claims={"fol": "X-1"})
    answer = liar.deliver(liar.delivery([other]))
    [line] = liar.lines_of(answer)
    assert (line.verdict, line.reason) == ("conflict", made.hash)
    assert conflicts(liar) == [(made.hash, other.hash, "identifier")]
    assert liar.deliver(liar.delivery([liar.act()])).receipt


def test_two_acts_of_one_identifier_in_one_batch_are_a_conflict(liar: Liar) -> None:
    """The first in order stands."""
    made = liar.act()
    other = liar.again(made, claims={"fol": "X-1"})
    answer = liar.deliver(liar.delivery([made, other]))
    assert liar.verdicts(answer) == ["accepted", "conflict"]


def test_a_cover_of_a_known_identifier_is_refused_and_kept(liar: Liar) -> None:
    """Another cover under the identifier of one that was filed: nothing is taken under it, both are kept."""
    covers: list[Made] = []

    def keep(made: Made) -> Made:
        covers.append(made)
        return made

    def contradict(made: Made) -> Made:
        import json

        from paridad.base.strict import decode_base64url

        old = json.loads(decode_base64url(covers[0].signed.split(b".")[1].decode()))
        return liar.again(made, claims={"jti": old["jti"]})

    liar.deliver(liar.delivery([liar.act()], spoil=Spoil(cover=keep)))
    before = dump(liar.target)
    answer = liar.deliver(liar.delivery([liar.act()], spoil=Spoil(cover=contradict)))
    assert (answer.receipt, answer.refusal) == ("", "cover: another act has that identifier")
    assert changed(before, dump(liar.target)) <= {"conflicts", "witnessed", "checkpoints", "consistency"}
    assert [held for held, _, _ in conflicts(liar)] == [covers[0].hash]
    liar.witnessed |= dict(answer.sizes)
    assert liar.deliver(liar.delivery([liar.act()])).receipt


def test_a_gap_is_told_noted_and_filed_only_in_order(liar: Liar) -> None:
    """Ahead of the stream nothing is filed; when the missing part has come, the same later part is taken."""
    expect = liar.position
    before, after = liar.act(), liar.act()
    later = liar.delivery([after], first=expect + 1)
    known = dump(liar.target)
    answer = liar.deliver(later)
    assert (answer.receipt, answer.refusal, answer.expect) == ("", f"gap: expect {expect}", expect)
    assert changed(known, dump(liar.target)) <= {"held", "witnessed", "checkpoints", "consistency"}
    stream = Stream(liar.programme, liar.agency, liar.other)
    with liar.target.own.store.read() as conn:
        [row] = held_rows(conn, stream)
        assert get_act(conn, after.hash) is None
    assert (row.position, row.digest) == (expect + 1, after.hash)
    liar.witnessed |= dict(answer.sizes)
    assert liar.deliver(liar.delivery([before], first=expect)).receipt
    assert liar.verdicts(liar.deliver(liar.delivery([after], first=expect + 1))) == ["accepted"]
    with liar.target.own.store.read() as conn:
        assert held_rows(conn, stream) == []


def test_what_is_noted_ahead_is_bounded(liar: Liar, monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that jumps ahead again and again fills nothing."""
    monkeypatch.setattr("paridad.exchange.inbox.MAX_HELD", 3)
    stream = Stream(liar.programme, liar.agency, liar.other)
    for ahead in (1, 5, 9):
        answer = liar.deliver(liar.delivery([liar.act(), liar.act()], first=liar.position + ahead))
        assert answer.refusal == f"gap: expect {liar.position}"
        liar.witnessed |= dict(answer.sizes)
    with liar.target.own.store.read() as conn:
        assert len(held_rows(conn, stream)) == 3
    assert liar.deliver(liar.delivery([liar.act()])).receipt


def test_a_gap_is_asked_for_and_a_peer_that_does_not_give_it_costs_nothing(liar: Liar) -> None:
    """The honest node asks in its rounds; refused, or given nonsense, it goes on asking and stays as it is."""
    liar.deliver(liar.delivery([liar.act()], first=liar.position + 1))
    from paridad.exchange.transport import Response

    asked: list[Request] = []

    def nonsense(_party: str, request: Request) -> Response:
        asked.append(request)
        return Response(200, b"nonsense") if len(asked) % 2 else Response(404)

    liar.target.transport = nonsense
    liar.target._asked.add(liar.party)
    before = dump(liar.target, only=("acts", "inbound_parcels", "held"))
    done = [liar.target.tick().stuck for _ in range(2)]
    assert [request.path.rpartition("/")[2] for request in asked[:1]] == ["send-again"]
    assert all(f"{liar.agency} > {liar.other}" in each for each in done)
    assert changed(before, dump(liar.target, only=("acts", "inbound_parcels", "held"))) == set()


# Two histories -------------------------------------------------------------------------------------------------------


def forked(liar: Liar, *, extra: int = 0) -> Liar:
    """Return the same liar with another history of its shared log, of the size that was witnessed, or beyond."""
    other = Liar(liar.parties, liar.agency, liar.other)
    other.position, other.witnessed = liar.position, dict(liar.witnessed)
    other.ledger = MemoryLedgerStore()
    other.file([liar.act() for _ in range(liar.witnessed[liar.shared] + extra)])
    return other


def evidence(liar: Liar) -> list[bytes]:
    """Return the proofs against the liar's log."""
    with liar.target.own.store.read() as conn:
        return doubt.proofs_against(conn, liar.shared)


def suspicions(liar: Liar) -> int:
    """Return how much is kept about the liar's log, proofs and suspicions."""
    with liar.target.own.store.read() as conn:
        return len(SqlLedgerStore(conn).evidence(liar.shared))


def assert_proved(liar: Liar) -> None:
    """Whoever knows the log's keys can check the exported proof."""
    [proof] = evidence(liar)
    assert open_equivocation(proof, log_keys=log_keys(liar.target.own, liar.shared)).origin == liar.shared


def assert_distrusted(liar: Liar) -> None:
    """Nothing that rests on the log is taken, and nothing is cosigned, until a person decides by name."""
    before = dump(liar.target)
    good = liar.delivery([liar.act()])
    assert liar.deliver(good).refusal.startswith("log: ")
    shown = Request("POST", WITNESS, liar.add_checkpoint())
    assert liar.target.edge(shown, liar.party).status == 403
    assert changed(before, dump(liar.target)) == set()
    officer = liar.parties.officer(liar.other, "operator")
    with pytest.raises(Exception, match="role"):
        trust_again(liar.target.own, liar.parties.officer(liar.other), liar.shared, "Looked at by hand.", now=liar.now)
    assert trust_again(liar.target.own, officer, liar.shared, "Looked at by hand.", now=liar.now) == 1
    assert liar.deliver(good).receipt
    assert liar.target.edge(Request("POST", WITNESS, liar.add_checkpoint()), liar.party).status == 200


def test_another_root_of_the_same_size_is_proof(liar: Liar) -> None:
    """Two roots, one size, both signed: kept, exportable, and trust stops."""
    other = forked(liar)
    size = other.witnessed[other.shared]
    response = liar.target.edge(Request("POST", WITNESS, other.add_checkpoint(old=size)), liar.party)
    assert response.status in {409, 422}
    assert_proved(liar)
    assert_distrusted(liar)


def test_a_replaced_history_in_a_delivery_is_proof(liar: Liar) -> None:
    """A larger tree with another beginning: its own proof convicts it."""
    other = forked(liar, extra=2)
    answer = other.deliver(other.delivery([other.act()]))
    assert answer.refusal.startswith("checkpoint: ")
    assert_proved(liar)
    assert_distrusted(liar)


def test_a_proof_that_leads_nowhere_is_a_suspicion_only(liar: Liar) -> None:
    """A bent consistency proof is kept beside the checkpoints and stops nothing: a line may have spoiled it."""
    liar.file([liar.act(), liar.act()])
    good = liar.add_checkpoint()
    lines = good.split(b"\n")
    assert len(lines[1]) > 40
    lines[1] = b"A" * 43 + b"="
    assert liar.target.edge(Request("POST", WITNESS, b"\n".join(lines)), liar.party).status == 422
    assert (evidence(liar), suspicions(liar)) == ([], 1)
    assert liar.target.edge(Request("POST", WITNESS, good), liar.party).status == 200
    liar.witnessed[liar.shared] = liar.ledger.head(liar.shared).size
    assert liar.deliver(liar.delivery([liar.act()])).receipt


def test_a_second_proof_begins_the_doubt_again(liar: Liar) -> None:
    """A judgement covers the proofs that were there."""
    for extra in (1, 2):
        other = forked(liar, extra=extra)
        other.deliver(other.delivery([other.act()]))
        with liar.target.own.store.read() as conn:
            assert doubt.doubted(conn, liar.shared)
        officer = liar.parties.officer(liar.other, "operator")
        assert trust_again(liar.target.own, officer, liar.shared, "Looked at by hand.", now=liar.now) == extra
    assert liar.deliver(liar.delivery([liar.act()])).receipt


def test_a_checkpoint_of_the_victims_log_is_nobodys_business(liar: Liar) -> None:
    """A party shows its own logs only."""
    own = liar.target.own
    liar.target.tick()
    with own.store.read() as conn:
        note = SqlLedgerStore(conn).checkpoint(own.shared)
    assert note is not None
    before = dump(liar.target)
    assert liar.target.edge(Request("POST", WITNESS, b"old 0\n\n" + note), liar.party).status == 404
    assert changed(before, dump(liar.target)) == set()


def test_the_same_head_may_be_shown_for_ever(liar: Liar) -> None:
    """A witness that is asked again and again about one size answers each time; its notes do not grow."""
    size = liar.ledger.head(liar.shared).size
    shown = Request("POST", WITNESS, liar.add_checkpoint(old=size))
    assert liar.target.edge(shown, liar.party).status == 200
    before = dump(liar.target)
    for _ in range(25):
        assert liar.target.edge(shown, liar.party).status == 200
    assert changed(before, dump(liar.target)) == set()


def test_a_batch_changes_only_what_a_batch_may(liar: Liar) -> None:
    """The positive control of every comparison of dumps: a good batch is seen in the tables it touches."""
    before: Dump = dump(liar.target)
    assert liar.deliver(liar.delivery([liar.act()])).receipt
    touched = changed(before, dump(liar.target))
    assert {"acts", "leaves", "inbound_parcels", "receipts"} <= touched <= AFTER_A_BATCH


def lines_swapped(listed: list[CoverLine]) -> list[CoverLine]:
    """Exchange the acts of the first two lines."""
    first, second = listed
    return [CoverLine(first.position, second.act, second.digests), CoverLine(second.position, first.act, first.digests)]


def test_parcels_in_another_order_than_the_cover_are_set_apart(liar: Liar) -> None:
    """Swapped parcels fit no line; both are quarantined and the stream goes on."""
    answer = liar.deliver(liar.delivery([liar.act(), liar.act()], spoil=Spoil(lines=lines_swapped)))
    assert liar.verdicts(answer) == ["quarantined", "quarantined"]
    assert liar.deliver(liar.delivery([liar.act()])).receipt


def test_garbage_at_a_known_position_is_a_conflict_and_keeps_nothing_false(liar: Liar) -> None:
    """What does not verify cannot contradict an act; the position is told to be in conflict, the stream stands."""
    made = liar.act()
    liar.deliver(liar.delivery([made]))
    bad = liar.act()

    def spoiled(batch: Batch) -> Batch:
        return replace(batch, parcels=(replace(batch.parcels[0], wire=b"x.y.z~"),))

    answer = liar.deliver(liar.delivery([bad], first=liar.position - 1, spoil=Spoil(batch=spoiled)))
    assert liar.verdicts(answer) == ["conflict"]
    assert conflicts(liar) == []
    assert ActHash(bad.hash) not in {row[0] for row in conflicts(liar)}
