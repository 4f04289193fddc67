# SPDX-License-Identifier: Apache-2.0
"""The whole job between two nodes: record, ask, acknowledge, answer in part, supplement, recall, purge, outcome, close."""

from pathlib import Path

import pytest

from paridad.folio.commands import Acknowledge, Answer, AttestPurge, Close, FileOutcome, Kept, Recall, Supplement
from paridad.folio.state import Stage
from paridad.node.node import Node
from paridad.node.purging import backups_by, derived_items
from paridad.node.reading import read_act
from paridad.store.vault import destructions
from support.matters import BOTH_WAYS, TREATY, WAYS, matter, person, waiting
from support.sound import assert_equal_sheets, failures_of, folio_of

MARKER = "Xochiquetzal7"


def files_with(node: Node, text: str) -> list[str]:
    """Return the files of a node's folder in which a text stands."""
    folder = node.home.path
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes())


def fields_at(node: Node, record: str) -> dict[str, object]:
    """Return what a node can read of a record."""
    with node.own.store.read() as conn:
        return dict(read_act(conn, node.own, record).fields)


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_the_main_job(names: tuple[str, ...], tmp_path: Path) -> None:
    """A whole matter, whichever party plays which part; both sheets and scorecards are equal at every stage."""
    with matter(tmp_path, names) as m:
        asking, asked = m.node("asking"), m.node("asked")
        record = m.record("asked", person(MARKER), basis=TREATY)
        request = m.asks().acts[0]
        assert m.states(request) == ["queued"]
        m.settle()
        assert m.states(request) == ["cosigned"]
        assert folio_of(asked, m.folio).stage == Stage.SENT

        m.says("asked", Acknowledge)
        offer = m.offer(record)
        assert {each.path for each in offer["given"]} >= {"name", "aliases", "aliases[0]"}
        by_rule = {each.what: (each.rule, each.clause) for each in offer["withheld"]}
        assert set(by_rule) >= {"addresses", "identifiers"}
        assert by_rule["identifiers"][1] == "charter:instrument"
        answer = m.says("asked", Answer, partial=True, obligations=("no-onward",), **offer).acts[0]
        m.settle()
        assert folio_of(asking, m.folio).stage == Stage.PARTLY_ANSWERED
        [release] = folio_of(asking, m.folio).answers
        assert {(each.what, each.clause) for each in release.withheld} == {
            (what, clause) for what, (_, clause) in by_rule.items()
        }
        received = fields_at(asking, record)
        assert received["name"] == f"{MARKER}name, Ana"
        assert "addresses" not in received
        assert "identifiers" not in received
        assert m.states(record) == ["cosigned"]
        assert_equal_sheets(asking, asked, m.parties.clock())

        more = m.offer(record, basis=TREATY)["given"]
        extra = tuple(each for each in more if each not in offer["given"])
        assert {each.path for each in extra} >= {"identifiers", "identifiers[0]"}
        m.says("asked", Supplement, of=answer, given=extra, partial=False, basis=TREATY)
        m.settle()
        assert f"{MARKER}passport" in str(fields_at(asking, record)["identifiers"])
        assert folio_of(asking, m.folio).stage == Stage.ANSWERED

        assert files_with(asking, MARKER)  # positive control: what follows is not a search that finds nothing anywhere
        m.says("asked", Recall, of=answer, reason="Se retira / withdrawn")
        m.settle()
        recall = m.last["recall"]
        now = m.parties.clock()
        m.says(
            "asking",
            AttestPurge,
            of=recall,
            derived=derived_items(m.state(), recall),
            unreadable_since=now,
            unreadable_in_backups_by=backups_by(now),
        )
        left = fields_at(asking, record)
        assert "name" not in left
        assert "aliases" not in left
        assert "identifiers" in left  # what another release gave stays
        assert files_with(asking, f"{MARKER}name") == []
        assert files_with(asking, f"{MARKER}alias") == []
        assert files_with(asked, f"{MARKER}name")  # the owner keeps its own
        with asking.own.store.read() as conn:
            [gone] = destructions(conn, record)
        assert (gone.at, gone.backups_by) == (now, backups_by(now))
        m.settle()
        assert folio_of(asked, m.folio).recalls[0].answer is not None

        m.says("asking", FileOutcome, outcome="lead-only", obligations=(Kept("no-onward", kept=True),))
        m.says("asking", Close)
        m.settle()
        assert folio_of(asked, m.folio).stage == Stage.CLOSED
        assert_equal_sheets(asking, asked, m.parties.clock())
        assert [waiting(node) for node in m.parties.nodes] == [0, 0]
        for side, node in (("asking", asking), ("asked", asked)):
            reader = m.parties.officer(m.agencies[side], "analyst").reader
            assert failures_of(node, reader, m.parties.clock(), m.folio) == []
            assert failures_of(node, reader, m.parties.clock()) == []
