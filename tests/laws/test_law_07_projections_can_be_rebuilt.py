# SPDX-License-Identifier: Apache-2.0
"""Law 7. The ledger is the truth; projections can be dropped and rebuilt, and rebuilt == incremental."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from paridad.folio.commands import Acknowledge, Answer, AttestPurge, Recall
from paridad.node.node import Node
from paridad.node.purging import backups_by, derived_items
from support.matters import BOTH_WAYS, TREATY, WAYS, Matter, matter, person
from support.sound import Dump, changed, dump, view_tables


def views_of(node: Node) -> Dump:
    """Return every row of every view, as it is now."""
    return dump(node, only=view_tables(node))


def rebuilt(node: Node) -> set[str]:
    """Rebuild and return the tables that differ from what was kept up to date."""
    before, others = views_of(node), dump(node)
    node.views.rebuild()
    assert changed(others, dump(node)) <= view_tables(node)
    return changed(before, views_of(node))


def expect_equal(m: Matter) -> None:
    """Both nodes: rebuilt == incremental, and so when it is done once more."""
    for node in m.parties.nodes:
        node.views.refresh()
        assert rebuilt(node) == set()
        assert rebuilt(node) == set()


@pytest.mark.parametrize("names", BOTH_WAYS, ids=WAYS)
def test_rebuilt_is_incremental_at_every_stage(names: tuple[str, ...], tmp_path: Path) -> None:
    """After the record, the question, the answer, the recall and the purge, which touches acts again."""
    with matter(tmp_path, names) as m:
        record = m.record("asked", person("Citlali9"), basis=TREATY)
        expect_equal(m)
        m.asks()
        m.settle()
        expect_equal(m)
        m.says("asked", Acknowledge)
        answer = m.says("asked", Answer, partial=True, **m.offer(record)).acts[0]
        m.settle()
        expect_equal(m)
        for node in m.parties.nodes:
            assert "Citlali9" in str(views_of(node))
        m.says("asked", Recall, of=answer, reason="Se retira / withdrawn")
        m.settle()
        recall, now = m.last["recall"], m.parties.clock()
        derived = derived_items(m.state(), recall)
        until = backups_by(now)
        m.says("asking", AttestPurge, of=recall, derived=derived, unreadable_since=now, unreadable_in_backups_by=until)
        expect_equal(m)
        assert "Citlali9" not in str(views_of(m.node("asking")))
        m.settle()


def test_dropped_tables_come_back_whole(tmp_path: Path) -> None:
    """Not one row of a view is anywhere but in the acts: emptied by hand, everything is there again."""
    with matter(tmp_path) as m:
        m.record("asked", person("Citlali9"))
        m.asks()
        m.settle()
        for node in m.parties.nodes:
            node.views.refresh()
            before = views_of(node)
            assert any(before.values())
            for each in node.views.projections:
                node.own.store.submit(each.tables.drop_all)
            assert views_of(node) == {}
            node.views.rebuild()
            assert views_of(node) == before


def test_a_view_that_departs_from_the_acts_is_seen(tmp_path: Path) -> None:
    """Positive control: one row too few in any table that has rows is a difference."""
    with matter(tmp_path) as m:
        m.record("asked", person("Citlali9"))
        m.asks()
        m.settle()
        node = m.node("asked")
        node.views.refresh()
        full = {name for name, rows in views_of(node).items() if rows}
        assert full
        for name in full:
            assert name not in rebuilt(node)
            spoil(node, name)
            assert name in rebuilt(node)


def spoil(node: Node, name: str) -> None:
    """Lose one row of a table, or all of them where rows have no number."""
    queries = [f'DELETE FROM "{name}" WHERE rowid = (SELECT min(rowid) FROM "{name}")', f'DELETE FROM "{name}"']
    try:
        with node.own.store.write() as conn:
            conn.execute(sa.text(queries[0]))
    except sa.exc.OperationalError:
        with node.own.store.write() as conn:
            conn.execute(sa.text(queries[1]))
