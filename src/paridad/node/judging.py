# SPDX-License-Identifier: Apache-2.0
"""A person's judgement about a log that signed two histories.

Rules
  - Only an officer who administers the node ends a doubt; the name and the time stay with it.
  - The proofs stay kept and exportable whatever the judgement is.

Worked example
    trust_again(own, officer, "B/practice/shared", now=now)         is 1: one proof was judged
"""

from paridad.exchange import doubt
from paridad.exchange.own_side import OwnSide
from paridad.node.home import Officer
from paridad.node.saying import demand_role


def trust_again(own: OwnSide, officer: Officer, origin: str, *, now: int) -> int:
    """Trust a log again after its proofs were looked at; return how many they were, or raise `OfficerRefused`."""
    demand_role(own, officer, "administer", now=now)
    return own.store.submit(lambda conn: doubt.settle(conn, origin, by=officer.id, at=now))
