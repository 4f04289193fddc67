# SPDX-License-Identifier: Apache-2.0
"""Law 4. Acknowledged means durable, on the side that acknowledged, before the acknowledgement."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from paridad.acts.envelope import act_hash
from paridad.base.words import Words
from paridad.exchange.errors import PeerUnreachable
from paridad.exchange.paths import DELIVER
from paridad.exchange.transport import Request, Response, Transport
from paridad.exchange.wire import read_answer
from paridad.node.node import Node
from paridad.store import streams
from paridad.store.acts import get_act
from support.matters import BOTH_WAYS, WAYS
from support.two_nodes import Parties


def image(node: Node, folder: Path) -> Path:
    """Copy what stands in a node's database files at this moment: what a power cut would leave."""
    path = node.own.store.path
    assert path is not None
    folder.mkdir(parents=True)
    for each in path.parent.glob(f"{path.name}*"):
        if not each.name.endswith("-shm"):
            shutil.copy(each, folder / each.name)
    return folder / path.name


def acts_in(database: Path) -> set[str]:
    """Return the acts that an image holds."""
    with closing(sqlite3.connect(database)) as conn:
        return {row[0] for row in conn.execute("SELECT hash FROM acts")}


@dataclass
class PowerCuts:
    """A line that takes an image of the receiver before and after each delivery, and swallows the first answers."""

    folder: Path
    swallow: int = 0
    images: list[tuple[Path, Path, str]] = field(default_factory=list)
    """Before, after, and the receipt that was given."""
    parties: Parties | None = None

    def wrap(self, inner: Transport) -> Transport:
        """Return the line around a transport."""

        def carry(party: str, request: Request) -> Response:
            if request.path != DELIVER:
                return inner(party, request)
            return self._deliver(inner, party, request)

        return carry

    def _deliver(self, inner: Transport, party: str, request: Request) -> Response:
        assert self.parties is not None
        node, place = self.parties.by_name[party], self.folder / str(len(list(self.folder.glob("*"))))
        before = image(node, place / "before")
        response = inner(party, request)
        if receipt := read_answer(response.body).receipt:
            hash_ = act_hash(receipt.partition("~")[0].encode())
            self.images.append((before, image(node, place / "after"), hash_))
        if self.swallow:
            self.swallow -= 1
            raise PeerUnreachable(Words(es="La línea falló.", en="The line failed."))
        return response


def covered(node: Node, receipt: str) -> set[str]:
    """Return the acts that a receipt of a node acknowledges, the receipt itself included."""
    path = node.own.store.path
    assert path is not None
    query = "SELECT act_hash FROM inbound_parcels p JOIN receipts r ON r.cover = p.cover WHERE r.receipt = ?"
    with node.own.store.read() as conn:
        rows = conn.exec_driver_sql(query, (receipt,)).all()
    return {receipt, *(row[0] for row in rows)}


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_what_was_acknowledged_is_on_disk_before_the_answer_leaves(names: tuple[str, str], tmp_path: Path) -> None:
    """An image of the files at each answer holds every act acknowledged; the image before it does not (control)."""
    (cuts := PowerCuts(tmp_path / "images", swallow=2)).folder.mkdir()
    with Parties(tmp_path / "nodes", names=names, wrap=cuts.wrap) as parties:
        cuts.parties = parties
        ends = (f"{names[0]}/FGR", f"{names[1]}/DOJ")
        sent = [
            hash_ for way in (ends, ends[::-1]) for hash_ in parties.send(*way, 3, "folio/closure/1", {"reason": "…"})
        ]
        parties.settle(4)
        assert cuts.swallow == 0
        first = {receipt: (before, after) for before, after, receipt in reversed(cuts.images)}
        told: set[str] = set()
        for receipt, (before, after) in first.items():
            [node] = [each for each in parties.nodes if covered(each, receipt) > {receipt}]
            told |= covered(node, receipt)
            assert covered(node, receipt) <= acts_in(after)
            assert not covered(node, receipt) & acts_in(before)
        assert set(sent) <= told
        for name in names:
            parties.by_name[name].close()
            parties.open(name)
        for node in parties.nodes:
            with node.own.store.read() as conn:
                assert all(get_act(conn, hash_) for hash_ in sent)
                assert all(row.state != "batched" for hash_ in sent for row in streams.outbox_of(conn, hash_))


def as_a_server(inner: Transport) -> Transport:
    """Answer a fault of the other node as its server does: 500, and no word."""

    def carry(party: str, request: Request) -> Response:
        try:
            return inner(party, request)
        except OSError:
            return Response(500)

    return carry


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_no_receipt_where_the_commit_fails(
    names: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: nothing is acknowledged, nothing is kept, and it goes on when there is room again (control)."""
    with Parties(tmp_path, names=names, wrap=as_a_server) as parties:
        sender, receiver = parties.nodes
        parties.settle(1)
        [hash_] = parties.send(f"{names[0]}/FGR", f"{names[1]}/DOJ", 1, "folio/closure/1", {"reason": "…"})
        store = receiver.own.store

        def full(fn: Callable[[Any], Any]) -> None:
            with store.write() as conn:
                fn(conn)
                raise OSError(28, "No space left on device")

        def stands() -> tuple[str, bool]:
            with sender.own.store.read() as conn:
                [row] = streams.outbox_of(conn, hash_)
            with store.read() as conn:
                return row.state, get_act(conn, hash_) is not None

        with monkeypatch.context() as patch:
            patch.setattr(store, "submit", full)
            for _ in range(3):
                sender.tick()
                parties.clock.pass_(61)
            assert stands() == ("batched", False)
        parties.settle(3)
        assert stands() == ("cosigned", True)
