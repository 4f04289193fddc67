# SPDX-License-Identifier: Apache-2.0
"""Law 9: a party signs only for itself. No act of A changes a record, rule or decision of B.

The peer is a `Liar` that has its own keys: it says good things, things in another's name, and our own acts again.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from paridad.acts.envelope import party_of
from paridad.base.strict import decode_base64url, read_json
from paridad.desks.targets.dossier import dossier_fields
from paridad.desks.targets.projection import search
from paridad.folio.commands import Acknowledge, Answer, Ask
from paridad.node.node import Node
from paridad.node.reading import read_act
from paridad.policy.visible import visible_to
from paridad.store.tables import acts, leaves
from support.liar import Liar, Made, Spoil
from support.matters import BOTH_WAYS, PURPOSE, STATEMENT, WAYS, matter, person
from support.sound import Dump, changed, dump
from support.two_nodes import Parties

NAME = "Xochi"
INBOUND = {
    "acts", "act_refs", "refs_ahead", "act_addressees", "act_keys", "disclosures", "touched", "proofs", "consistency",
    "witnessed", "cosignatures", "checkpoints", "heads", "leaves", "tiles", "inbound_streams", "inbound_parcels",
    "receipts", "held", "quarantine", "lockers", "conflicts", "counters",
}  # fmt: skip
"""Tables to which a delivery adds: what came, where it stands, and our receipt with its place in our log."""
APPENDED = ("acts", "act_refs", "act_addressees", "act_keys", "disclosures", "leaves")
"""Of these, tables of which a row that stands is never changed."""


def forgers(node: Node) -> list[str]:
    """Return the acts that a node filed as its own, or has in its logs, and that another party speaks or signed."""
    in_our_logs = sa.select(leaves.c.act).where(leaves.c.origin.in_((node.own.shared, node.own.own)))
    wanted = sa.select(acts.c.hash, acts.c.iss, acts.c.signed).where((acts.c.ours == 1) | acts.c.hash.in_(in_our_logs))
    with node.own.store.read() as conn:
        rows = conn.execute(wanted).all()
    assert rows
    return [row.hash for row in rows if {party_of(row.iss), party_of(_kid(row.signed))} != {node.own.party}]


def _kid(signed: bytes) -> str:
    return str(read_json(decode_base64url(signed.split(b".")[0].decode()))["kid"])


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_what_a_node_says_it_says_with_its_own_keys(names: tuple[str, ...], tmp_path: Path) -> None:
    """After a story every act of ours is issued and signed by us; a row in another's name is found."""
    with matter(tmp_path, names) as m:
        record = m.record("asked", person(NAME))
        m.asks()
        m.settle()
        m.says("asked", Acknowledge)
        m.says("asked", Answer, partial=False, **m.offer(record))
        m.settle()
        for node in m.parties.nodes:
            assert forgers(node) == []
        node = m.node("asking")
        theirs = sa.update(acts).where(acts.c.hash == m.last["answer"])
        with node.own.store.write() as conn:
            conn.execute(theirs.values(ours=1))
        assert forgers(node) == [m.last["answer"]]
        with node.own.store.write() as conn:
            conn.execute(theirs.values(ours=0))


@pytest.fixture(params=BOTH_WAYS, ids=WAYS)
def liar(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Liar]:
    """Lend a hostile party and an honest node that has a record of its own."""
    names: tuple[str, str] = request.param
    with Parties(tmp_path, names=names) as parties:
        yield Liar(parties, f"{names[1]}/DOJ", f"{names[0]}/FGR")


def our_record(liar: Liar) -> Made:
    """File a dossier at the honest node; return it as it is on the wire."""
    own, fields = liar.target.own, dossier_fields(person(NAME))
    hash_ = liar.parties.record(
        liar.other, "targets/dossier/1", fields, handling="AMBER", purpose=own.conduct.purpose, basis=own.conduct.basis
    )
    with own.store.read() as conn:
        act = read_act(conn, own, hash_)
    liar.target.views.refresh()
    return Made(act.signed, tuple(each.text for each in act.disclosures.values()))


def in_our_name(liar: Liar) -> Made:
    """Sign an act as if the honest agency spoke, with the liar's key."""
    return liar.again(liar.act(), claims={"iss": liar.other, "aud": [liar.other]})


def under_our_key(liar: Liar) -> Made:
    """Sign the same, and the header names the honest agency's key."""
    return liar.again(liar.act(), claims={"iss": liar.other, "aud": [liar.other]}, kid=f"{liar.other}#1")


def claims_to_correct(record: str) -> Callable[[Liar], Made]:
    """Say a dossier of the liar's own that claims to correct ours."""

    def said(liar: Liar) -> Made:
        fields = {"subject_type": "person", "name": "Nobody", "state": "active"}
        made = liar.act("targets/dossier/1", fields)
        return liar.again(made, claims={"re": [record]})

    return said


def named(node: Node, agency: str, query: str) -> list[str]:
    """Return what the agency's analyst finds by a name."""
    reader = node.home.officer(f"{agency.partition('/')[2].lower()}-analyst").reader
    sight = visible_to(reader, node.own.engine, node.clock())
    node.views.refresh()
    with node.own.store.read() as conn:
        return [each.hash for each in search(conn, query, sight)]


def lost(before: Dump, after: Dump) -> set[str]:
    """Return the tables that only grow and of which a row is gone or changed."""
    return {name for name in APPENDED if not set(map(repr, before[name])) <= set(map(repr, after[name]))}


def outside(before: Dump, after: Dump, node: Node) -> set[str]:
    """Return what changed of records, rules and decisions: every table that is not inbound nor a view."""
    views = {name for each in node.views.projections for name in each.tables.tables}
    return changed(before, after) - INBOUND - views - {"projections", "meta"}


def test_an_act_of_another_party_is_refused(liar: Liar) -> None:
    """Our own act sent back to us, an act in our name, one under our key: quarantined; an own one is accepted."""
    ours = our_record(liar)
    wrong = [ours, in_our_name(liar), under_our_key(liar)]
    answer = liar.deliver(liar.delivery([*wrong, liar.act()]))
    assert liar.verdicts(answer) == ["quarantined", "quarantined", "quarantined", "accepted"]
    assert forgers(liar.target) == []


def test_a_delivery_under_anothers_cover_is_refused(liar: Liar) -> None:
    """A cover that says it is ours files nothing at all; the same delivery under an own cover is taken."""
    before = dump(liar.target)
    spoiled = Spoil(cover_claims={"iss": liar.other}, cover_kid=f"{liar.other}#1")
    assert liar.deliver(liar.delivery([liar.act()], spoil=spoiled)).refusal.startswith("cover")
    assert changed(before, dump(liar.target)) == set()
    assert liar.verdicts(liar.deliver(liar.delivery([liar.act()]))) == ["accepted"]


def test_no_message_changes_what_is_ours(liar: Liar) -> None:
    """Whatever the peer says: our records, rules and decisions stay; a command of ours is what changes them."""
    record = our_record(liar)
    node: Node = liar.target
    policy = (node.own.engine.policy_set, node.own.prg, node.home.officers())
    says: list[Callable[[Liar], Made]] = [
        Liar.act,
        in_our_name,
        under_our_key,
        claims_to_correct(record.hash),
        lambda _: record,
        lambda each: each.again(each.act("folio/recall/1", {"reason": "…"}), claims={"re": [record.hash]}),
    ]
    before = dump(node)
    for say in says:
        liar.deliver(liar.delivery([say(liar)]))
        node.tick()
        assert named(node, liar.other, NAME) == [record.hash]
    after = dump(node)
    assert "inbound_parcels" in changed(before, after)
    assert outside(before, after, node) == set()
    assert lost(before, after) == set()
    assert (node.own.engine.policy_set, node.own.prg, node.home.officers()) == policy
    said = {row.hash: row.knd for row in _ours(node)}
    assert {kind for hash_, kind in said.items() if hash_ != record.hash} == {"exchange/receipt/1"}

    ask(liar)
    assert {"commands", "outbox"} <= outside(after, dump(node), node)


def ask(liar: Liar) -> None:
    """Positive control: let the honest agency say something by a command of its own."""
    order = Ask(
        officer=liar.parties.officer(liar.other).id, agency=liar.other, to=liar.agency, handling="AMBER",
        purpose=PURPOSE, basis=STATEMENT, urgency="urgent", question="¿Quién es? / Who is it?",
    )  # fmt: skip
    liar.parties.say(order, f"{liar.victim}-2025-0001")


def _ours(node: Node) -> list[Any]:
    with node.own.store.read() as conn:
        return list(conn.execute(sa.select(acts.c.hash, acts.c.knd).where(acts.c.ours == 1)).all())
