# SPDX-License-Identifier: Apache-2.0
"""A receiver that answers falsely, badly or not at all: nothing is believed, nothing lost, the batch waits its turn."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from msgspec import structs

from paridad.base.strict import decode_base64url, encode_base64url
from paridad.base.words import Words
from paridad.exchange import doubt
from paridad.exchange.errors import PeerUnreachable
from paridad.exchange.papers import ReceiptLine
from paridad.exchange.paths import DELIVER, WITNESS
from paridad.exchange.transport import Request, Response
from paridad.exchange.wire import Answer, write_answer
from paridad.exchange.witnessing import log_keys
from paridad.ledger.evidence import open_equivocation
from paridad.node.node import Node
from paridad.store.streams import OutboxRow, outbox_of
from support.liar import Liar, Made, flipped
from support.matters import BOTH_WAYS, WAYS
from support.memory_ledger import MemoryLedgerStore
from support.sound import assert_sound, changed, dump, view_tables
from support.two_nodes import Parties

KIND, FIELDS = "folio/closure/1", {"reason": "…"}
WAITING = {"batches", "cosignatures", "checkpoints", "tiles", "heads", "leaves"}
"""What may change while a batch waits: its own row, our own logs, and a cosignature of ours that verifies."""

Reply = Callable[["World", bytes], Response]


@dataclass
class World:
    """An honest sender, and a liar that answers it."""

    parties: Parties
    liar: Liar
    sender: str
    reply: Reply = lambda world, body: answered(world.liar.receipt(body))
    witness: Callable[["World", bytes], Response] = lambda _world, _body: Response(404)
    seen: list[bytes] = field(default_factory=list)

    @property
    def node(self) -> Node:
        """The honest sender's node."""
        return self.parties.by_name[self.sender.partition("/")[0]]

    def carry(self, _party: str, request: Request) -> Response:
        """Answer what the honest node asks."""
        if request.path == DELIVER:
            self.seen.append(request.body)
            return self.reply(self, request.body)
        if request.path == WITNESS:
            return self.witness(self, request.body)
        return Response(404)

    def send(self, count: int = 1) -> list[str]:
        """Queue acts."""
        return self.parties.send(self.sender, self.liar.agency, count, KIND, FIELDS)

    def round(self) -> Mapping[str, str]:
        """Do one round, late enough for any retry; return what got stuck."""
        self.parties.clock.pass_(1000)
        return self.node.tick().stuck

    def rows(self, hash_: str) -> list[OutboxRow]:
        """Return where an act stands."""
        with self.node.own.store.read() as conn:
            return outbox_of(conn, hash_)


@pytest.fixture(scope="module", params=BOTH_WAYS, ids=WAYS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Lend an honest sender whose only peer is the liar."""
    names: tuple[str, str] = request.param
    with Parties(tmp_path_factory.mktemp("receipts"), names=names) as parties:
        sender, receiver = f"{names[0]}/FGR", f"{names[1]}/DOJ"
        told = World(parties, Liar(parties, receiver, sender), sender)
        told.node.transport = told.carry
        yield told
        assert_sound(parties, nodes=[told.node])


def answered(answer: Answer) -> Response:
    """Send an answer."""
    return Response(200, write_answer(answer), "application/json")


def spoiled(**how: object) -> Reply:
    """Answer with a receipt of which something is spoiled."""
    return lambda world, body: answered(world.liar.receipt(body, **how))  # type: ignore[arg-type]


def answer(**changes: object) -> Reply:
    """Answer well but for some entries of the answer."""
    return spoiled(answer=lambda good: structs.replace(good, **changes))


def claims(**changes: object) -> Reply:
    """Answer with a receipt that claims something else."""
    return lambda world, body: answered(
        world.liar.receipt(body, spoil=lambda made: world.liar.again(made, claims=changes))
    )


def bent(made: Made) -> Made:
    """Change a signature to another of the same form."""
    head, body, signature = made.signed.split(b".")
    return replace(
        made,
        signed=b".".join([head, body, encode_base64url(flipped(decode_base64url(signature.decode()), 40)).encode()]),
    )


def foreign_key(world: World, body: bytes) -> Response:
    """Sign the receipt with a key that nobody enrolled."""
    return answered(world.liar.receipt(body, spoil=lambda made: world.liar.again(made, kid=f"{world.liar.agency}#9")))


def another_agency(world: World, body: bytes) -> Response:
    """Let another agency of the receiver's party answer."""
    agencies = world.node.own.keys.current.agencies
    other = next(each for each in agencies if each.startswith(world.liar.party) and each != world.liar.agency)
    return answered(
        world.liar.receipt(body, spoil=lambda made: world.liar.again(made, kid=f"{other}#1", claims={"iss": other}))
    )


def changed_lines(change: Callable[[ReceiptLine], ReceiptLine]) -> Reply:
    """Say something else of each parcel."""
    return spoiled(spoil_lines=lambda lines: [change(each) for each in lines])


def nobody(_world: World, _body: bytes) -> Response:
    """Never answer."""
    raise PeerUnreachable(Words(es="Silencio.", en="Silence."))


def of_an_old_tree(world: World, body: bytes) -> Response:
    """Give a receipt with a proof for another leaf."""
    world.liar.file([world.liar.act()])
    good = world.liar.receipt(body)
    return answered(structs.replace(good, index=good.index - 1))


def unlogged(world: World, body: bytes) -> Response:
    """Give a receipt that is in no log."""
    good = world.liar.receipt(body)
    other = world.liar.receipt(body)
    return answered(structs.replace(good, receipt=other.receipt))


def of_our_log(world: World, body: bytes) -> Response:
    """Show a checkpoint of the sender's own log for the receipt."""
    good = world.liar.receipt(body)
    own = world.node.own
    with own.store.read() as conn:
        note = conn.exec_driver_sql("SELECT note FROM checkpoints WHERE origin = ?", (own.shared,)).scalar()
    return answered(structs.replace(good, checkpoint=bytes(note or b"").decode()))


RECEIPTS: dict[str, tuple[Reply, str]] = {
    "nothing at all": (lambda _w, _b: Response(200, b""), "Malformed head"),
    "nonsense": (lambda _w, _b: Response(200, b"<html>"), "Malformed head"),
    "half an answer": (lambda w, b: Response(200, write_answer(w.liar.receipt(b))[:-20]), "Malformed head"),
    "an answer with a negative index": (answer(index=-1), "Malformed head"),
    "an answer with a negative size": (answer(sizes=(("x", -1),)), "Malformed head"),
    "a fault of the peer": (lambda _w, _b: Response(500, b"Traceback"), "answered 500"),
    "a redirection": (lambda _w, _b: Response(302), "answered 302"),
    "silence": (nobody, "Silence"),
    "no receipt": (answer(receipt=""), "No receipt"),
    "a refusal of ten thousand words": (answer(receipt="", refusal="x" * 100_000), "No receipt"),
    "a forged signature": (spoiled(spoil=bent), r"\((6|7)\)"),
    "a key that nobody enrolled": (foreign_key, r"\(5\)"),
    "another agency": (another_agency, "not of this recipient"),
    "a receipt for another cover": (spoiled(cover="A" * 43), "another cover"),
    "a receipt to somebody else": (claims(aud=["US/STATE"]), "not of this recipient"),
    "a receipt of another kind": (lambda w, b: spoiled(spoil=lambda _: w.liar.act())(w, b), "not of this recipient"),
    "a receipt from the future": (lambda w, b: claims(iat=w.liar.now + 301)(w, b), r"\(8\)"),
    "other positions": (changed_lines(lambda each: structs.replace(each, position=each.position + 1)), "other parcels"),
    "another act": (changed_lines(lambda each: structs.replace(each, act="A" * 43)), "other parcels"),
    "no parcels": (spoiled(spoil_lines=lambda _: []), "other parcels"),
    "a verdict that does not exist": (changed_lines(lambda each: structs.replace(each, verdict="maybe")), "malformed"),
    "no checkpoint": (answer(checkpoint=""), ""),
    "a checkpoint of our own log": (of_our_log, "does not come with its log"),
    "a checkpoint with a bent signature": (spoiled(answer=lambda a: structs.replace(a, checkpoint=a.checkpoint[:-30] + "A" * 29 + "\n")), ""),
    "another leaf": (of_an_old_tree, "proof"),
    "a bent proof": (spoiled(answer=lambda a: structs.replace(a, proof=("A" * 43 + "=", *a.proof[1:]))), "proof"),
    "a proof that is no base64": (answer(proof=("???",)), "base64"),
    "a receipt that is in no log": (unlogged, "proof"),
}  # fmt: skip


@pytest.mark.parametrize(("reply", "why"), RECEIPTS.values(), ids=RECEIPTS.keys())
def test_a_bad_answer_is_not_believed(reply: Reply, why: str, world: World) -> None:
    """The batch waits with the reason; sent again, the very same cover is answered well, and settled once."""
    [hash_] = world.send()
    world.reply = reply
    before = dump(world.node)
    stuck = world.round()
    after = dump(world.node)
    [row] = world.rows(hash_)
    assert (row.state, row.verdict) == ("batched", None)
    filed = {"acts", "act_addressees", "act_keys", "disclosures", "outbox", "counters", "act_refs", "touched", "meta"}
    assert changed(before, after) <= WAITING | filed | view_tables(world.node)
    received = {tuple(each) for each in after["acts"]} - {tuple(each) for each in before["acts"]}
    assert {each[3] for each in received} == {world.sender}  # only our own cover was filed
    said = " ".join([*stuck.values(), *(str(each) for each in after["batches"])])
    assert re.search(why, said)
    assert len(said) < 5000

    sent = len(world.seen)
    world.reply = lambda w, body: answered(w.liar.receipt(body))
    assert world.round() == {}
    [row] = world.rows(hash_)
    assert (row.state, row.verdict) == ("cosigned", "accepted")
    covers = [world.liar.opened(body)[1].cover.wire for body in world.seen[sent - 1 :]]
    assert len(set(covers)) == 1


def test_a_verdict_is_noted_as_it_is_said(world: World) -> None:
    """A receipt may say quarantined: it is believed as a statement, and shows."""
    [hash_] = world.send()
    world.reply = changed_lines(lambda each: structs.replace(each, verdict="quarantined", reason="step 7: no"))
    world.round()
    assert [row.verdict for row in world.rows(hash_)] == ["quarantined"]


COSIGNATURES: dict[str, tuple[Callable[[Answer, World], Answer], str]] = {
    "a size that is not ours": (lambda a, _: structs.replace(a, sizes=tuple((o, 10**6) for o, _s in a.sizes)), "not ours"),
    "no size": (lambda a, _: structs.replace(a, sizes=()), "not ours"),
    "a log that is not ours": (lambda a, w: structs.replace(a, cosignatures=tuple((w.liar.shared, x) for _, x in a.cosignatures), sizes=((w.liar.shared, 1),)), "not ours"),
    "no lines": (lambda a, _: structs.replace(a, cosignatures=tuple((o, "") for o, _x in a.cosignatures)), "lines are expected"),
    "lines that are none": (lambda a, _: structs.replace(a, cosignatures=tuple((o, "ñ\n") for o, _x in a.cosignatures)), "Malformed"),
    "one line of two": (lambda a, _: structs.replace(a, cosignatures=tuple((o, x.splitlines(keepends=True)[0]) for o, x in a.cosignatures)), "missing"),
    "a bent line": (lambda a, _: structs.replace(a, cosignatures=tuple((o, x[:-9] + "AAAAAAA=\n") for o, x in a.cosignatures)), ""),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "why"), COSIGNATURES.values(), ids=COSIGNATURES.keys())
def test_a_false_cosignature_is_not_kept(spoil: Callable[[Answer, World], Answer], why: str, world: World) -> None:
    """The receipt stands; the parcel is received, and not countersigned until the witness really signs."""
    [hash_] = world.send()
    world.reply = lambda w, body: answered(spoil(w.liar.receipt(body), w))
    kept = dump(world.node, only=("cosignatures",))
    stuck = world.round()
    assert re.search(why, " ".join(stuck.values()))
    assert [row.state for row in world.rows(hash_)] == ["receipted"]
    assert dump(world.node, only=("cosignatures",)) == kept
    world.witness = lambda w, body: Response(200, w.liar.cosignature(body)[1].encode())
    assert world.round() == {}
    world.witness = lambda _w, _b: Response(404)
    assert [row.state for row in world.rows(hash_)] == ["cosigned"]


WITNESSES: dict[str, Response] = {
    "a size that is no number": Response(409, b"twelve\n"),
    "a size that is too long": Response(409, b"9" * 5000),
    "a size beyond ours": Response(409, b"999999999\n"),
    "a size in other signs": Response(409, "٣\n".encode()),
    "a fault": Response(500),
    "nothing": Response(200, b""),
    "bytes": Response(200, b"\xff\xfe"),
}


@pytest.mark.parametrize("response", WITNESSES.values(), ids=WITNESSES.keys())
def test_a_witness_that_answers_nonsense_holds_up_nothing(response: Response, world: World) -> None:
    """The round goes on, says why, and nothing of the witness is kept."""
    world.send()
    world.reply = lambda w, body: answered(structs.replace(w.liar.receipt(body), cosignatures=()))
    world.witness = lambda _w, _b: response
    kept = dump(world.node, only=("cosignatures",))
    world.parties.clock.pass_(1000)
    done = world.node.tick()
    assert (done.sent, world.liar.party in done.unreachable) == (1, True)
    assert dump(world.node, only=("cosignatures",)) == kept
    world.witness = lambda w, body: Response(200, w.liar.cosignature(body)[1].encode())
    assert world.node.tick().witnessed
    world.witness = lambda _w, _b: Response(404)


def test_a_mirror_line_is_kept_with_the_witness_line(world: World) -> None:
    """A mirror's line says more, and stands under another name and key."""
    world.send()
    world.reply = lambda w, body: answered(structs.replace(w.liar.receipt(body), cosignatures=()))
    world.witness = lambda w, body: Response(200, w.liar.cosignature(body, mirror=True)[1].encode())
    world.round()
    names = {row[2] for row in dump(world.node, only=("cosignatures",))["cosignatures"]}
    assert {str(name).rpartition("/")[2] for name in names} == {"witness", "mirror"}
    world.send()
    world.witness = lambda w, body: Response(200, w.liar.cosignature(body, key="mirror")[1].encode())
    world.parties.clock.pass_(1000)
    kept = dump(world.node, only=("cosignatures",))
    assert world.liar.party in world.node.tick().unreachable
    assert dump(world.node, only=("cosignatures",)) == kept
    world.witness = lambda _w, _b: Response(404)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    """Lend a world of its own, for what ends trust."""
    with Parties(tmp_path) as parties:
        told = World(parties, Liar(parties, "US/DOJ", "MX/FGR"), "MX/FGR")
        told.node.transport = told.carry
        yield told
        assert_sound(parties, nodes=[told.node])


def test_receipts_from_two_histories_are_proof(fresh: World) -> None:
    """A receipt at a leaf where another act was proved to stand: kept as evidence, and trust stops."""
    fresh.send()
    assert fresh.round() == {}
    fresh.liar.ledger = MemoryLedgerStore()
    [hash_] = fresh.send()
    stuck = fresh.round()
    assert any("index" in why or "two histories" in why for why in stuck.values())
    with fresh.node.own.store.read() as conn:
        assert doubt.doubted(conn, fresh.liar.shared)
    fresh.liar.file([fresh.liar.act() for _ in range(3)])
    assert any("two histories" in why for why in fresh.round().values())
    assert [row.state for row in fresh.rows(hash_)] == ["batched"]


def test_two_receipts_at_one_leaf_are_proof(fresh: World) -> None:
    """Another act at the leaf of an earlier receipt, under a size that was never shown: the leaf convicts the log."""
    fresh.send()
    assert fresh.round() == {}
    fresh.liar.ledger = MemoryLedgerStore()
    [hash_] = fresh.send()

    def larger(world: World, body: bytes) -> Response:
        """Log more behind the receipt before its head is signed."""
        first = world.liar.receipt(body)
        world.liar.file([world.liar.act(), world.liar.act()])
        return answered(structs.replace(first, **world.liar.placed(0)))

    fresh.reply = larger
    assert any("Another leaf already stands" in why for why in fresh.round().values())
    with fresh.node.own.store.read() as conn:
        [proof] = doubt.proofs_against(conn, fresh.liar.shared)
    keys = log_keys(fresh.node.own, fresh.liar.shared)
    assert open_equivocation(proof, log_keys=keys).leaves == (0, 1)
    assert [row.state for row in fresh.rows(hash_)] == ["batched"]


def test_a_receiver_that_cannot_make_up_its_mind_is_left_for_later(fresh: World) -> None:
    """Told another size at every attempt, the sender tries twice and waits."""
    fresh.send()
    told = iter(range(100))

    def elsewhere(_world: World, _body: bytes) -> Response:
        sizes = ((fresh.node.own.shared, next(told) % 2),)
        return answered(Answer("", 0, "", (), (), 1, sizes, "checkpoint: elsewhere"))

    fresh.reply = elsewhere
    assert any("elsewhere" in why for why in fresh.round().values())
    assert len(fresh.seen) == 2
    fresh.reply = lambda w, body: answered(w.liar.receipt(body))
    assert fresh.round() == {}


def test_a_receipt_under_another_root_of_a_known_size_is_proof(fresh: World) -> None:
    """Two checkpoints of one size in two answers, and no leaf that stands twice: the roots convict the log."""
    fresh.liar.file([fresh.liar.act()])
    fresh.send()
    assert fresh.round() == {}
    fresh.liar.ledger = MemoryLedgerStore()

    def earlier(world: World, body: bytes) -> Response:
        """Log the receipt first, and another act behind it."""
        first = world.liar.receipt(body)
        world.liar.file([world.liar.act()])
        return answered(structs.replace(first, **world.liar.placed(0)))

    fresh.send()
    fresh.reply = earlier
    assert any("two histories" in why for why in fresh.round().values())
    with fresh.node.own.store.read() as conn:
        [proof] = doubt.proofs_against(conn, fresh.liar.shared)
    keys = log_keys(fresh.node.own, fresh.liar.shared)
    assert open_equivocation(proof, log_keys=keys).leaves == (0, 2)


def test_a_cosignature_that_came_before_the_receipt_counts(fresh: World) -> None:
    """The answer was lost, the witness signed all the same: with the receipt the parcel is countersigned."""
    [hash_] = fresh.send()
    fresh.reply = lambda _w, _b: Response(500)
    fresh.witness = lambda w, body: Response(200, w.liar.cosignature(body)[1].encode())
    fresh.round()
    assert [row.state for row in fresh.rows(hash_)] == ["batched"]
    fresh.witness = lambda _w, _b: Response(404)
    fresh.reply = lambda w, body: answered(structs.replace(w.liar.receipt(body), cosignatures=()))
    fresh.round()
    assert [row.state for row in fresh.rows(hash_)] == ["cosigned"]


def test_a_receipt_of_a_known_identifier_is_refused(fresh: World) -> None:
    """Another receipt under the identifier of one that was filed is kept as a conflict and settles nothing."""
    made: list[Made] = []

    def keep(each: Made) -> Made:
        made.append(each)
        return each

    def contradict(each: Made) -> Made:
        old = json.loads(decode_base64url(made[0].signed.split(b".")[1].decode()))
        return fresh.liar.again(each, claims={"jti": old["jti"]})

    fresh.send()
    fresh.reply = spoiled(spoil=keep)
    fresh.round()
    [hash_] = fresh.send()
    fresh.reply = spoiled(spoil=contradict)
    assert any("identifier" in why for why in fresh.round().values())
    assert [row.state for row in fresh.rows(hash_)] == ["batched"]
    assert len(dump(fresh.node, only=("conflicts",))["conflicts"]) == 1


def test_the_time_between_attempts_doubles_up_to_a_quarter_of_an_hour(fresh: World) -> None:
    """With jitter from the node's own source, without end, and never sooner than half of it."""
    fresh.send()
    fresh.reply = nobody
    waits = []
    for _ in range(14):
        fresh.node.tick()
        with fresh.node.own.store.read() as conn:
            due, attempts = conn.exec_driver_sql("SELECT next_try_at, attempts FROM batches").one()
        waits.append(due - fresh.parties.clock())
        assert attempts == len(waits)
        fresh.parties.clock.now = due
    for number, wait in enumerate(waits):
        full = min(2 << number, 900)
        assert full - full // 2 <= wait <= full


def test_a_silent_party_costs_one_question_a_round(tmp_path: Path) -> None:
    """Once it did not answer it is left alone for the round; the others are served."""
    with Parties(tmp_path, names=("AA", "BB", "CC")) as parties:
        parties.settle(1)
        node, asked = parties.by_name["AA"], []
        good = node.line

        def carry(party: str, request: Request) -> Response:
            if party == "BB":
                asked.append(request.path)
                raise PeerUnreachable(Words(es="Silencio.", en="Silence."))
            return good(party, request)

        node.transport = carry
        for receiver in ("BB/POLICE", "BB/CUSTOMS", "CC/POLICE"):
            parties.send("AA/POLICE", receiver, 1, KIND, FIELDS)
        done = node.tick()
        assert (len(asked), done.sent, list(done.unreachable)) == (1, 1, ["BB"])
