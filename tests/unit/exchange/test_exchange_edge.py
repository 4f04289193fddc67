# SPDX-License-Identifier: Apache-2.0
"""The edge, address by address: what the other party may ask, and what it is answered."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from paridad.exchange.paths import AGAIN, DELIVER, LOG, MIRROR, PAYLOAD, PREFIX, STATUS, WITNESS
from paridad.exchange.transport import Request, Response
from paridad.exchange.wire import Again, read_answer, read_delivery, read_parcels, write_again
from paridad.folio.commands import Acknowledge, Answer, AttestPurge, Given, Recall
from paridad.ledger.checkpoint import read_checkpoint_text
from paridad.ledger.merkle import leaf_hash
from paridad.ledger.note import read_note
from paridad.ledger.tiles import read_bundle
from paridad.node.node import Node
from paridad.node.reading import read_act
from paridad.store.ledger import SqlLedgerStore
from paridad.store.records import note_payload
from support.matters import Matter, matter, person
from support.sound import changed, dump

PAYLOAD_BYTES = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matter]:
    """Lend two nodes in the middle of a matter."""
    with matter(tmp_path_factory.mktemp("edge")) as m:
        record = m.record("asked", person("Edg"))
        m.asks()
        m.settle()
        m.says("asked", Acknowledge)
        m.says("asked", Answer, given=(Given(record, "name"),))
        m.settle()
        yield m


@pytest.fixture
def node(told: Matter) -> Node:
    """Return the node that is asked: US; the caller is MX unless said otherwise."""
    return told.node("asked")


def ask(
    node: Node, method: str, path: str, body: bytes = b"", *, party: str = "MX", span: tuple[int, int] | None = None
) -> Response:
    """Ask a node's edge."""
    return node.edge(Request(method, path, body, span), party)


UNKNOWN = [
    ("GET", "/"), ("GET", PREFIX), ("GET", f"{PREFIX}/nothing"), ("POST", STATUS), ("GET", DELIVER), ("PUT", STATUS),
    ("DELETE", f"{LOG}shared/checkpoint"), ("POST", f"{PREFIX}/other"), ("GET", f"{STATUS}/x"), ("GET", AGAIN),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), UNKNOWN)
def test_nothing_else_has_an_address(method: str, path: str, node: Node) -> None:
    """A sentence in both languages, and no trace."""
    before = dump(node)
    answer = ask(node, method, path)
    assert answer.status == 404
    assert set(json.loads(answer.body)) == {"error", "es"}
    assert changed(before, dump(node)) == set()


def test_status_tells_charter_time_and_the_callers_own_streams(node: Node, told: Matter) -> None:
    """Sizes are those of signed heads; streams are the caller's."""
    tree = json.loads(ask(node, "GET", STATUS).body)
    assert set(tree) == {"party", "prg", "now", "logs", "expected"}
    assert (tree["party"], tree["prg"], tree["now"]) == ("US", node.own.prg, told.parties.clock())
    assert tree["expected"] == [["gis-mx-us", "MX/FGR", "US/DOJ", 2]]
    assert [origin for origin, _ in tree["logs"]] == [node.own.shared]


def test_an_unread_delivery_is_answered_with_its_step(node: Node) -> None:
    """A batch that does not hold is an answer, not a fault."""
    answer = ask(node, "POST", DELIVER, b"nonsense")
    assert (answer.status, read_answer(answer.body).refusal.partition(":")[0]) == (200, "frame")


def test_a_checkpoint_that_cannot_be_read_is_answered_as_the_witness_protocol_says(node: Node) -> None:
    """400, and nothing else."""
    assert ask(node, "POST", WITNESS, b"old x\n").status == 400


# The log, in the C2SP layout --------------------------------------------------------------------------------------------


def test_a_log_can_be_read_and_checked_from_outside(node: Node) -> None:
    """Checkpoint, hash tiles and entries fit together."""
    note = ask(node, "GET", f"{LOG}shared/checkpoint").body
    head = read_checkpoint_text(read_note(note).text)
    tile = ask(node, "GET", f"{LOG}shared/tile/0/000.p/{head.size}").body
    assert len(tile) == 32 * head.size
    entries = read_bundle(ask(node, "GET", f"{LOG}shared/tile/entries/000.p/{head.size}").body)
    assert b"".join(map(leaf_hash, entries)) == tile


LOG_REFUSED = {
    "no such log": ("other/checkpoint", 404),
    "no log": ("", 404),
    "no such tile": ("shared/tile/9/000", 404),
    "a path that is none": ("shared/../own/checkpoint", 404),
    "a tile wider than the log": ("shared/tile/0/000.p/255", 404),
    "entries of an internal log": ("own/tile/entries/000.p/1", 403),
}


@pytest.mark.parametrize(("path", "status"), LOG_REFUSED.values(), ids=LOG_REFUSED.keys())
def test_what_a_log_does_not_show(path: str, status: int, node: Node) -> None:
    """Each with a sentence."""
    answer = ask(node, "GET", f"{LOG}{path}")
    assert answer.status == status
    assert "es" in json.loads(answer.body)


def test_the_internal_log_shows_hashes_only(node: Node) -> None:
    """Its size and hashes are witnessed; its entries are nobody's."""
    assert ask(node, "GET", f"{LOG}own/checkpoint").status == 200
    assert len(ask(node, "GET", f"{LOG}own/tile/0/000.p/1").body) == 32
    assert ask(node, "GET", f"{LOG}own/tile/entries/000.p/1").status == 403


def test_what_no_checkpoint_covers_is_not_served(told: Matter) -> None:
    """Sizes between two signed heads would tell when somebody worked."""
    node = told.node("asked")
    with node.own.store.read() as conn:
        before = SqlLedgerStore(conn).head(node.own.own).size
    told.record("asked", person("Nue", seed=8))
    assert ask(node, "GET", f"{LOG}own/tile/0/000.p/{before + 1}").status == 404
    told.settle()
    assert ask(node, "GET", f"{LOG}own/tile/0/000.p/{before + 1}").status == 200


def test_a_log_without_a_head_has_no_checkpoint(told: Matter) -> None:
    """Nothing signed, nothing shown."""
    assert ask(told.node("asking"), "GET", f"{LOG}own/checkpoint", party="US").status == 404
    assert ask(told.node("asked"), "GET", f"{MIRROR}own/checkpoint", party="MX").status == 404


# The caller's own log back ------------------------------------------------------------------------------------------


def test_a_party_is_given_its_own_log_back(told: Matter) -> None:
    """Checkpoint and acts with the fields it sent; page by page from an index."""
    holder, owner = told.node("asking"), told.node("asked")
    note = ask(holder, "GET", f"{MIRROR}shared/checkpoint", party="US").body
    seen = read_checkpoint_text(read_note(note).text)
    assert seen.origin == owner.own.shared
    parcels = read_parcels(ask(holder, "GET", f"{MIRROR}shared/acts/0", party="US").body)
    assert [each.index for each in parcels] == list(range(len(parcels)))
    with owner.own.store.read() as conn:
        entries = SqlLedgerStore(conn).entries(owner.own.shared, 0, len(parcels))
    assert [each.wire.partition(b"~")[0] for each in parcels] == list(entries)
    assert any(each.wire.count(b"~") > 1 for each in parcels)
    rest = read_parcels(ask(holder, "GET", f"{MIRROR}shared/acts/2", party="US").body)
    assert rest == parcels[2:]
    assert read_parcels(ask(holder, "GET", f"{MIRROR}shared/acts/9999", party="US").body) == []


def test_a_page_of_the_log_has_an_end(told: Matter, monkeypatch: pytest.MonkeyPatch) -> None:
    """At least one act, and no more bytes than a page takes."""
    monkeypatch.setattr("paridad.exchange.edge.MAX_BATCH_BYTES", 2)
    page = read_parcels(ask(told.node("asking"), "GET", f"{MIRROR}shared/acts/0", party="US").body)
    assert [each.index for each in page] == [0]


MIRRORED = {"shared/acts/x": 422, "shared/acts/": 422, "shared/acts/-1": 422, "shared/acts/" + "9" * 4000: 422,
            "shared/other": 404, "other/checkpoint": 404, "": 404}  # fmt: skip


@pytest.mark.parametrize(("path", "status"), MIRRORED.items())
def test_what_is_not_given_back(path: str, status: int, node: Node) -> None:
    """Malformed indexes and other names."""
    assert ask(node, "GET", f"{MIRROR}{path}").status == status


# A delivery once more -----------------------------------------------------------------------------------------------


def test_a_delivery_is_sent_once_more_to_its_receiver(told: Matter) -> None:
    """The same cover, sealed anew, proved from where the receiver says it stands."""
    sender = told.node("asked")
    asked = write_again(Again("US/DOJ", "MX/FGR", 1, ()))
    answer = ask(sender, "POST", AGAIN, asked, party="MX")
    head, _ = read_delivery(answer.body)
    assert (answer.status, head.sender, head.recipient, head.first) == (200, "US/DOJ", "MX/FGR", 1)
    before = dump(told.node("asking"), only=("acts", "inbound_parcels"))
    again = read_answer(ask(told.node("asking"), "POST", DELIVER, answer.body, party="US").body)
    assert again.receipt
    assert changed(before, dump(told.node("asking"), only=("acts", "inbound_parcels"))) == set()


AGAIN_REFUSED = {
    "a position that was not sent": (Again("US/DOJ", "MX/FGR", 99, ()), 404),
    "another stream": (Again("US/DHS", "MX/FGR", 1, ()), 404),
    "a stream of the caller itself": (Again("MX/FGR", "US/DOJ", 1, ()), 404),
    "a size that we never had": (Again("US/DOJ", "MX/FGR", 1, (("US/gis-mx-us/shared", 10**6),)), 422),
}


@pytest.mark.parametrize(("again", "status"), AGAIN_REFUSED.values(), ids=AGAIN_REFUSED.keys())
def test_what_is_not_sent_again(again: Again, status: int, told: Matter) -> None:
    """Nobody is given what was not sent to them."""
    assert ask(told.node("asked"), "POST", AGAIN, write_again(again), party="MX").status == status


def test_a_delivery_is_sent_again_to_its_receiver_only(told: Matter) -> None:
    """The position counts for the party it was sent to."""
    body = write_again(Again("US/DOJ", "MX/FGR", 1, ()))
    assert ask(told.node("asked"), "POST", AGAIN, body, party="ZZ").status == 404
    assert ask(told.node("asked"), "POST", AGAIN, b"{}", party="MX").status == 422


# Payloads -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digest(told: Matter) -> str:
    """Return the name of a payload that an act to MX names."""
    node = told.node("asked")
    sealed = node.payloads.seal(io.BytesIO(PAYLOAD_BYTES), bytes(32), node.own.random)
    with node.own.store.write() as conn:
        note_payload(conn, sealed.digest, sealed.size, told.last["answer"], at=told.parties.clock())
    return sealed.digest


def test_a_payload_is_served_whole_or_by_range(digest: str, node: Node) -> None:
    """Status, bytes and the range that was served (RFC 9110 §14.4)."""
    whole = ask(node, "GET", f"{PAYLOAD}{digest}")
    size = len(whole.body)
    assert (whole.status, whole.headers["content-range"]) == (200, f"bytes 0-{size - 1}/{size}")
    part = ask(node, "GET", f"{PAYLOAD}{digest}", span=(10, 19))
    assert (part.status, part.body) == (206, whole.body[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{size}"
    tail = ask(node, "GET", f"{PAYLOAD}{digest}", span=(size - 3, size + 100))
    assert (tail.body, tail.headers["content-range"]) == (whole.body[-3:], f"bytes {size - 3}-{size - 1}/{size}")


@pytest.mark.parametrize("span", [(10**9, 10**9 + 1), (5, 4)])
def test_a_range_outside_is_not_satisfiable(span: tuple[int, int], digest: str, node: Node) -> None:
    """416 with the size."""
    answer = ask(node, "GET", f"{PAYLOAD}{digest}", span=span)
    assert (answer.status, answer.body) == (416, b"")
    assert answer.headers["content-range"].startswith("bytes */")


def test_a_payload_is_for_those_whom_an_act_names(digest: str, node: Node) -> None:
    """Nobody else learns whether it exists."""
    strange = ask(node, "GET", f"{PAYLOAD}{digest}", party="ZZ")
    absent = ask(node, "GET", f"{PAYLOAD}{'0' * 64}")
    assert (strange.status, absent.status) == (404, 404)
    assert strange.body == absent.body
    assert ask(node, "GET", f"{PAYLOAD}../node.db").status == 404


# What was erased ----------------------------------------------------------------------------------------------------


def test_what_was_purged_is_not_given_back(told: Matter) -> None:
    """After a recall the mirrored act comes back without the fields that were destroyed."""
    with matter(told.parties.folder / "recalled") as m:
        record = m.record("asked", person("Bor"))
        m.asks()
        m.settle()
        answer = m.says("asked", Answer, given=(Given(record, "name"),)).acts[0]
        m.settle()
        m.says("asked", Recall, of=answer, reason="…")
        m.settle()
        now = m.parties.clock()
        m.says(
            "asking", AttestPurge, of=m.last["recall"], derived=(), unreadable_since=now, unreadable_in_backups_by=now
        )
        m.settle()
        holder = m.node("asking")
        assert b"Borname" not in ask(holder, "GET", f"{MIRROR}shared/acts/0", party="US").body
        with holder.own.store.read() as conn:
            assert "name" not in read_act(conn, holder.own, record).fields
        again = write_again(Again("US/DOJ", "MX/FGR", 1, ()))
        delivery = ask(m.node("asked"), "POST", AGAIN, again, party="MX").body
        assert read_answer(ask(holder, "POST", DELIVER, delivery, party="US").body).receipt
        with holder.own.store.read() as conn:
            assert "name" not in read_act(conn, holder.own, record).fields


def test_a_fault_of_our_own_is_not_hidden(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only refusals become answers; a fault goes up to the server, which answers a bare 500."""

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("paridad.exchange.edge.status", broken)
    with pytest.raises(ZeroDivisionError):
        ask(node, "GET", STATUS)
    assert replace(Request("GET", STATUS), method="GET").method == "GET"
