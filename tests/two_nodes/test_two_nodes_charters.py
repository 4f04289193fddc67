# SPDX-License-Identifier: Apache-2.0
"""A second version of the charter: signed by all, adopted by each node, announced as an act in every log."""

from pathlib import Path

import pytest

from paridad.folio.commands import Acknowledge, Refuse
from paridad.node.founding import sign
from paridad.node.keeping import announce_charter, refresh_keys
from paridad.policy.engine import PolicyEngine
from paridad.policy.lists import code_lists
from paridad.programme.charter import assemble, compile_document, read_charter
from paridad.programme.document import PartyKeys
from paridad.store.acts import ActQuery, filed_acts
from paridad.store.ledger import indexes_of
from support.key_changes import agency_of, end, enrol, put_to_work
from support.matters import BOTH_WAYS, WAYS, Matter, matter
from support.programmes import template_for
from support.sound import folio_of

DAY = 86_400


def second_version(m: Matter, *, effective_from: int) -> bytes:
    """Compile and sign the next charter: the same lists, the keys as they are by now."""
    names = m.parties.names
    own = m.node("asking").own
    keys = [
        PartyKeys(
            name,
            m.parties.secrets[name].public.root_ed25519,
            m.parties.secrets[name].public.root_mldsa,
            tuple(record for record in own.keys.records.values() if record.party == name),
        )
        for name in names
    ]
    document = compile_document(
        template_for(names), keys, version=2, effective_from=effective_from, previous=own.keys.current.hash
    )
    return assemble(document, [sign(each, document) for each in m.parties.secrets.values()])


def adopt(m: Matter, name: str, signed: bytes) -> None:
    """Adopt a charter at one node, as the command line does."""
    node = m.parties.by_name[name]
    charter = read_charter(signed, current=node.own.keys.current)
    engine = PolicyEngine.load(code_lists(charter))
    node.home.add_charter(charter, signed)
    node.own.keys, node.own.conduct, node.own.engine = node.own.keys.with_charter(charter), charter.conduct, engine
    announce_charter(node.own, agency_of(m.parties, name), now=m.parties.clock())


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_a_second_charter_is_adopted_by_both(names: tuple[str, ...], tmp_path: Path) -> None:
    """Acts before it verify under the first, acts after it under the second; keys changed in between stay changed."""
    with matter(tmp_path, names) as m:
        asking = m.agencies["asking"]
        request = m.asks().acts[0]
        m.settle()
        new = enrol(m.parties, asking, "act")
        m.settle()
        put_to_work(m.parties, new)
        end(m.parties, f"{asking}#1", "retire")
        m.settle()
        m.says("asked", Acknowledge)
        effective = m.parties.clock() + DAY
        signed = second_version(m, effective_from=effective)
        m.settle()
        m.parties.clock.pass_(DAY)
        for name in names:
            adopt(m, name, signed)
        m.says("asked", Refuse, grounds=("pending-case",), may_ask_again=True)
        m.settle(4)
        first, second = (read_charter(each).prg for each in (m.parties.signed, signed))
        for side in ("asking", "asked"):
            node = m.node(side)
            with node.own.store.read() as conn:
                acts = filed_acts(conn, ActQuery())
                adoptions = filed_acts(conn, ActQuery(kinds=("programme/charter/1",)))
                assert {act.envelope.party for act in adoptions} == set(names)
                assert indexes_of(conn, node.own.shared, [act.hash for act in adoptions if act.ours])
            by_hash = {act.hash: act.envelope.prg for act in acts}
            assert by_hash[request] == first  # type: ignore[index]
            assert by_hash[folio_of(node, m.folio).refusals[0].hash] == second
        before = {name: dict(m.parties.by_name[name].own.keys.records) for name in names}
        for name in names:
            m.parties.by_name[name].close()
            node = m.parties.open(name)
            assert dict(node.own.keys.records) == before[name]
            assert node.own.prg == second
            assert refresh_keys(node.own) == []


def test_while_only_one_side_has_adopted_nothing_is_lost(tmp_path: Path) -> None:
    """Until both go by the same charter deliveries are refused with the reason and wait; then they arrive."""
    with matter(tmp_path) as m:
        m.asks()
        m.settle()
        signed = second_version(m, effective_from=m.parties.clock() + 1)
        m.parties.clock.pass_(1)
        adopt(m, "MX", signed)
        done = m.node("asking").tick()
        assert any("Another charter is in force here" in why for why in done.stuck.values())
        adopt(m, "US", signed)
        m.parties.clock.pass_(60)
        m.says("asked", Acknowledge)
        m.settle(4)
        assert m.state("asking").acknowledged_at is not None
        kinds = ActQuery(kinds=("programme/charter/1",))
        for node in m.parties.nodes:
            with node.own.store.read() as conn:
                assert len(filed_acts(conn, kinds)) == 2
