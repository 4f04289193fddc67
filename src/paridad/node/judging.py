# SPDX-License-Identifier: Apache-2.0
"""What waits for a person, judged: quarantined parcels, contradictions, logs that signed two histories.

Rules
  - Only an officer who administers the node judges, with a reason. Who, when and why stay with it for ever.
  - A judgement throws nothing away: parcels, both sides of a contradiction and proofs stay kept and exportable.
  - What does not wait is not judged: nothing is noted in advance.

Worked example
    settle_conflict(own, officer, held, other, "The agency withdrew the second.", now=now)
    trust_again(own, officer, "B/practice/shared", "Their disk was restored.", now=now)      is 1: one proof was judged
    judged(conn, of_log("B/practice/shared"))       is [Judgement(…, judge="ops", reason="Their disk was restored.")]
"""

from collections.abc import Callable

import sqlalchemy as sa

from paridad.base.words import Words
from paridad.exchange import doubt
from paridad.exchange.own_side import OwnSide
from paridad.node.errors import NotFound, ReasonMissing
from paridad.node.home import Officer
from paridad.node.saying import demand_role
from paridad.store import records, streams
from paridad.store.records import Judgement
from paridad.store.streams import Stream


def of_conflict(held: str, other: str) -> str:
    """Return the name under which judgements of a contradiction are kept."""
    return f"conflict {held} {other}"


def of_parcel(stream: Stream, position: int) -> str:
    """Return the name under which judgements of a quarantined parcel are kept."""
    return f"quarantine {stream.sender} {stream.receiver} {position}"


def of_log(origin: str) -> str:
    """Return the name under which judgements of a log are kept."""
    return f"log {origin}"


def judged(conn: sa.Connection, about: str) -> list[Judgement]:
    """Return what was decided about something, oldest first."""
    return records.judgements_of(conn, about)


def settle_conflict(own: OwnSide, officer: Officer, held: str, other: str, reason: str, *, now: int) -> None:
    """Note that a person looked at a contradiction; both sides stay kept."""

    def settle(conn: sa.Connection) -> int:
        return int(records.settle_conflict(conn, held, other, by=officer.id, at=now))

    _judge(own, officer, Judgement(of_conflict(held, other), now, officer.id, reason), settle)


def settle_quarantine(own: OwnSide, officer: Officer, stream: Stream, position: int, reason: str, *, now: int) -> None:
    """Note that a person looked at a quarantined parcel; its bytes stay kept."""

    def settle(conn: sa.Connection) -> int:
        return int(streams.settle_quarantine(conn, stream, position, by=officer.id, at=now))

    _judge(own, officer, Judgement(of_parcel(stream, position), now, officer.id, reason), settle)


def trust_again(own: OwnSide, officer: Officer, origin: str, reason: str, *, now: int) -> int:
    """Trust a log again after its proofs were looked at; return how many they were."""

    def settle(conn: sa.Connection) -> int:
        return doubt.settle(conn, origin, by=officer.id, at=now) if doubt.doubted(conn, origin) else 0

    return _judge(own, officer, Judgement(of_log(origin), now, officer.id, reason), settle)


def nothing_waits() -> NotFound:
    """Build the answer where there is nothing to be judged."""
    return NotFound(Words(es="Nada de ese nombre espera a una persona.", en="Nothing of that name waits for a person."))


def _judge(own: OwnSide, officer: Officer, what: Judgement, settle: Callable[[sa.Connection], int]) -> int:
    """Settle and keep the reason in one transaction; return how many things were settled, which is never none."""
    demand_role(own, officer, "administer", now=what.at)
    if not what.reason.strip():
        raise ReasonMissing(Words(es="Falta el motivo.", en="The reason is missing."))

    def commit(conn: sa.Connection) -> int:
        settled = settle(conn)
        if not settled:
            raise nothing_waits()
        records.judge(conn, what)
        return settled

    return own.store.submit(commit)
