# SPDX-License-Identifier: Apache-2.0
"""Law 1. The exact signed bytes are kept. Nothing is re-serialised to be verified."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from paridad.acts.envelope import act_hash
from paridad.acts.issue import issue
from paridad.exchange import filing
from paridad.ledger import log
from paridad.ledger.errors import RootMismatch
from paridad.ledger.merkle import leaf_hash
from paridad.node.node import Node
from paridad.store.acts import filed_acts, get_act
from paridad.store.ledger import SqlLedgerStore
from paridad.store.tables import acts, leaves
from support.liar import Liar, flipped
from support.matters import BOTH_WAYS, WAYS
from support.sound import assert_logs
from support.two_nodes import Parties

TEXTS = ("plain", "ñandú", "nandu\u0301", "\u2028line", "<&>\"'\\", "🗃️", " spaces ")


@pytest.fixture
def issued(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Note the bytes of every act at the moment that its issuer signs it."""
    noted: dict[str, bytes] = {}
    original = issue

    def spy(*args: Any, **more: Any) -> Any:
        act = original(*args, **more)
        noted[act.hash] = act.signed
        return act

    monkeypatch.setattr(filing, "issue", spy)
    return noted


def held(node: Node) -> dict[str, bytes]:
    """Return the signed bytes of every act that a node holds."""
    with node.own.store.read() as conn:
        return {act.hash: act.signed for act in filed_acts(conn)}


def spoiled(node: Node) -> set[str]:
    """Return the acts whose bytes are not what their hash or their leaf says."""
    joined = sa.select(acts.c.hash, acts.c.signed, leaves.c.leaf_hash).outerjoin(leaves, leaves.c.act == acts.c.filed)
    with node.own.store.read() as conn:
        rows = conn.execute(joined).all()
    return {
        row.hash
        for row in rows
        if act_hash(row.signed) != row.hash or row.leaf_hash not in {None, leaf_hash(row.signed)}
    }


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_both_nodes_hold_the_bytes_that_the_issuer_signed(
    names: tuple[str, str], tmp_path: Path, issued: dict[str, bytes]
) -> None:
    """Whatever text an act carries, papers of the exchange included; also after both nodes were opened again."""
    with Parties(tmp_path, names=names) as parties:
        one, other = f"{names[0]}/FGR", f"{names[1]}/DOJ"
        sent = [
            hash_
            for text in TEXTS
            for way in ((one, other), (other, one))
            for hash_ in parties.send(*way, 1, "folio/closure/1", {"reason": text})
        ]
        parties.settle(4)
        for name in names:
            parties.by_name[name].close()
            parties.open(name)
        for node in parties.nodes:
            stored = held(node)
            assert set(sent) <= stored.keys()
            assert stored == {hash_: issued[hash_] for hash_ in stored}
            assert spoiled(node) == set()
            assert_logs(node)


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_bytes_that_no_writer_of_ours_makes_are_verified_and_kept_as_they_came(
    names: tuple[str, str], tmp_path: Path
) -> None:
    """The same claims written with blanks and line ends: taken, and kept to the blank."""
    with Parties(tmp_path, names=names) as parties:
        liar = Liar(parties, f"{names[1]}/DOJ", f"{names[0]}/FGR")
        made = liar.again(liar.act(), payload=lambda data: json.dumps(json.loads(data), indent=3).encode())
        assert liar.verdicts(liar.deliver(liar.delivery([made]))) == ["accepted"]
        assert held(liar.target)[made.hash] == made.signed


def test_one_altered_byte_in_the_database_is_seen(tmp_path: Path) -> None:
    """Positive control: by the act hash, by the leaf hash, and by the recomputation of the log."""
    with Parties(tmp_path) as parties:
        [hash_] = parties.send("MX/FGR", "US/DOJ", 1, "folio/closure/1", {"reason": "…"})
        parties.settle(3)
        node = parties.by_name["MX"]
        with node.own.store.read() as conn:
            act = get_act(conn, hash_)
        assert act is not None
        bad = flipped(act.signed, len(act.signed) // 2)
        assert leaf_hash(bad) != leaf_hash(act.signed)
        with node.own.store.write() as conn:
            conn.execute(sa.update(acts).where(acts.c.hash == hash_).values(signed=bad))
        assert spoiled(node) == {hash_}
        with node.own.store.read() as conn, pytest.raises(RootMismatch):
            log.full_recompute(SqlLedgerStore(conn), node.own.shared)
