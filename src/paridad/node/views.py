# SPDX-License-Identifier: Apache-2.0
"""The views of a node: disposable tables that follow from the acts (law 7), in one written list.

Worked example
    views.refresh()          projects what was filed or touched since
    views.rebuild()          drops and makes all of them again: the same rows
"""

from collections.abc import Callable, Collection, Sequence

import sqlalchemy as sa

from paridad.desks.targets import daybook
from paridad.desks.targets import projection as targets
from paridad.exchange.own_side import OwnSide
from paridad.folio.projection import folio_projection
from paridad.node.reading import load_folio, recorded
from paridad.store.acts import StoredAct
from paridad.store.projection import Projection, behind, catch_up, is_current, rebuild


def bring_up_to_date(conn: sa.Connection, own: OwnSide) -> None:
    """Bring every view up to date inside the caller's transaction: what was destroyed is gone from them as well."""
    for each in Views(own).projections:
        catch_up(conn, each)


def _of_kinds(stored: Sequence[StoredAct], kinds: Collection[str]) -> list[StoredAct]:
    """Return the acts of some kinds: only these are opened for a view that is of no other."""
    return [each for each in stored if each.envelope.knd in kinds]


class Views:
    """The projections of one node."""

    def __init__(self, own: OwnSide) -> None:
        self._own = own
        self.projections: tuple[Projection, ...] = (
            folio_projection(lambda conn, folio: load_folio(conn, own, folio)),
            Projection(
                targets.NAME,
                targets.VERSION,
                targets.METADATA,
                lambda conn, stored: targets.project(conn, recorded(conn, own, stored)),
            ),
            Projection(
                daybook.NAME,
                daybook.VERSION,
                daybook.METADATA,
                lambda conn, stored: daybook.project(conn, recorded(conn, own, _of_kinds(stored, daybook.KINDS))),
            ),
        )

    def refresh(self) -> int:
        """Bring every view up to date; return how many acts were looked at."""
        with self._own.store.read() as conn:
            late = [each for each in self.projections if not is_current(conn, each)]
        return sum(self._run(catch_up, each) for each in late)

    def rebuild(self) -> dict[str, int]:
        """Drop every view and make it again; return how many acts each looked at."""
        return {each.name: self._run(rebuild, each) for each in self.projections}

    def _run(self, work: Callable[[sa.Connection, Projection], int], projection: Projection) -> int:
        return self._own.store.in_transaction(lambda conn: work(conn, projection))

    def behind(self, conn: sa.Connection) -> dict[str, int]:
        """Return by how many filings each view is behind."""
        return {each.name: behind(conn, each) for each in self.projections}
