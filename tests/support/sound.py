# SPDX-License-Identifier: Apache-2.0
"""What must hold of every world of nodes at its end, and a dump of a store to the last row.

Worked example
    before = dump(node); …; assert changed(before, dump(node)) == set()
    assert_sound(parties)          rebuilt == incremental, logs recomputed, sheets and scorecards byte for byte
"""

from collections.abc import Collection, Iterable
from itertools import combinations
from typing import TYPE_CHECKING

import sqlalchemy as sa

from paridad.folio.scorecard import scorecard
from paridad.folio.sheet import sheet
from paridad.folio.state import Folio
from paridad.ledger import log
from paridad.node.exporting import export_bundle
from paridad.node.node import Node
from paridad.node.reading import load_folio
from paridad.policy.visible import Reader
from paridad.store.ledger import SqlLedgerStore
from paridad.store.tables import acts
from paridad_verify.bundle import Bundle

if TYPE_CHECKING:
    from support.two_nodes import Parties

Dump = dict[str, list[tuple[object, ...]]]

YEAR = 365 * 86_400


def dump(node: Node, *, only: Collection[str] = ()) -> Dump:
    """Return every row of every table of a node's store, or of some tables."""
    with node.own.store.read() as conn:
        names = sa.inspect(conn).get_table_names()
        return {
            name: sorted((tuple(row) for row in conn.exec_driver_sql(f'SELECT * FROM "{name}"')), key=repr)
            for name in names
            if not only or name in only
        }


def changed(before: Dump, after: Dump) -> set[str]:
    """Return the tables of which a row differs."""
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def view_tables(node: Node) -> set[str]:
    """Return the names of the tables that can be dropped and made again."""
    return {name for each in node.views.projections for name in each.tables.tables}


def assert_rebuilt(node: Node) -> None:
    """Law 7: the views rebuilt from the acts are the views kept up to date."""
    node.views.refresh()
    tables = view_tables(node)
    incremental = dump(node, only=tables)
    node.views.rebuild()
    assert dump(node, only=tables) == incremental


def assert_logs(node: Node) -> None:
    """Both logs of a node are what their heads say, leaf by leaf."""
    for origin in (node.own.shared, node.own.own):
        with node.own.store.read() as conn:
            ledger = SqlLedgerStore(conn)
            assert log.full_recompute(ledger, origin) == ledger.head(origin)


def folio_names(node: Node) -> set[str]:
    """Return the folios that a node knows something of."""
    with node.own.store.read() as conn:
        return set(conn.execute(sa.select(acts.c.fol).where(acts.c.fol != "").distinct()).scalars())


def folio_of(node: Node, name: str) -> Folio:
    """Return a folio as a node folds it."""
    with node.own.store.read() as conn:
        return load_folio(conn, node.own, name)


def assert_equal_sheets(first: Node, second: Node, now: int) -> None:
    """Both parties of a folio compute the same sheet and the same scorecard, byte for byte, now and in a year."""
    pair = (first.own.party, second.own.party)
    both = [
        (folio_of(first, name), folio_of(second, name)) for name in sorted(folio_names(first) & folio_names(second))
    ]
    for at in (now, now + YEAR):
        for ours, theirs in both:
            if ours.request is not None and ours.role(pair[0]) and ours.role(pair[1]):
                assert sheet(ours, at) == sheet(theirs, at)
        scored = [scorecard([folio_of(node, name) for name in folio_names(node)], pair, at) for node in (first, second)]
        assert scored[0] == scored[1]


def failures_of(node: Node, reader: Reader, now: int, folio: str | None = None) -> list[str]:
    """Export what a reader may see and have the auditor's program read it; return what it finds wrong."""
    bundle = Bundle(export_bundle(node.own, reader, folio=folio, now=now), now)
    return [f"{item}: {fault}" for item, fault in bundle.failures]


def assert_sound(parties: "Parties", *, nodes: Iterable[Node] = ()) -> None:
    """Check every node of a world, and every pair of them."""
    every = tuple(nodes) or parties.nodes
    for node in every:
        assert_rebuilt(node)
        assert_logs(node)
    for first, second in combinations(every, 2):
        assert_equal_sheets(first, second, parties.clock())
