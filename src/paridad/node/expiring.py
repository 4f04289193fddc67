# SPDX-License-Identifier: Apache-2.0
"""What expires is destroyed by itself: the disclosures of sightings whose time is over, in our store.

Rules
  - Both parties' sightings, by the same limits, in one transaction with what the views made of them.
  - The signed part stays: the ledger is whole and verifiable. What was destroyed, when and why is on record.
  - Destroying says nothing to anybody and decides nothing about anybody: it is what the act said from the start.

Worked example
    destroy(own, now=now)        is True where something went; the caller has the files wiped
"""

import sqlalchemy as sa

from paridad.desks.targets import daybook
from paridad.exchange.own_side import OwnSide
from paridad.node.purging import backups_by
from paridad.node.views import bring_up_to_date

REASON = "sighting expired"


def destroy(own: OwnSide, *, now: int) -> bool:
    """Destroy the disclosures of what is over; return whether there were any."""
    with own.store.read() as conn:
        over = daybook.over(conn, now)
    if not over:
        return False

    def commit(conn: sa.Connection) -> None:
        for act in over:
            own.vault.erase(conn, act, at=now, backups_by=backups_by(now), reason=REASON)
        bring_up_to_date(conn, own)

    own.store.submit(commit)
    return True
