# SPDX-License-Identifier: Apache-2.0
"""Plain acts in bulk: the smallest thing that one agency can say to another, as many as wanted, in one commit.

Worked example
    send_plain(node.own, "MX/FGR", "US/DOJ", 256, now=now)          is the hashes of 256 acts, queued
"""

from collections.abc import Callable

import sqlalchemy as sa

from paridad.acts.envelope import Draft
from paridad.exchange import filing
from paridad.exchange.own_side import OwnSide
from paridad.exchange.release import Matter
from paridad.store import records

KIND = "folio/resumption/1"
"""A kind with one procedural field; outside a folio it moves nothing."""


def send_plain(own: OwnSide, sender: str, receiver: str, count: int, *, now: int, id_: str = "") -> list[str]:
    """Queue acts for another party's agency, once for each command identifier; return their hashes."""
    with own.store.read() as conn:
        before = records.recall_command(conn, id_, str(count)) if id_ else None
    if before is not None:
        return list(before)
    hashes, commit = prepare_plain(own, sender, receiver, count, now=now, id_=id_)
    own.store.submit(commit)
    return hashes


def prepare_plain(
    own: OwnSide, sender: str, receiver: str, count: int, *, now: int, id_: str = ""
) -> tuple[list[str], Callable[[sa.Connection], None]]:
    """Sign acts; return their hashes, and what files and queues them in one transaction."""
    conduct = own.conduct
    fields = {"reason": "sigue"}
    drafts = [Draft(KIND, sender, (receiver,), conduct.handling, conduct.purpose, conduct.basis, fields)] * count
    said = filing.issue_drafts(own, drafts, now=now, see=())
    basis = filing.basis_kind(own, conduct.basis)
    matter = Matter(receiver, conduct.purpose, basis, addressed=True, second_person=True)
    releases = filing.release_to_addressees(own, said, matter, now=now)
    hashes: list[str] = [act.hash for act in said]

    def commit(conn: sa.Connection) -> None:
        filing.file_acts(conn, own, said, now=now)
        filing.queue(conn, own, [(sender, each) for each in releases], now=now)
        if id_:
            records.note_command(conn, records.Command(id_, "tests", str(count), tuple(hashes), now))

    return hashes, commit
