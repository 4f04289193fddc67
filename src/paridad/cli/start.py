# SPDX-License-Identifier: Apache-2.0
"""`paridad home`: what waits for whom, what is due in folios and cases, and the last sign of life of other parties.

Rules
  - Whoever may read no envelope is told so by `reads` and sees no number: a count of nothing visible would be a lie.
  - The counts and the list are of the folios that the officer may know of, and of no other (law 8).

Worked example
    paridad home --as ana
"""

from paridad.base.strict import JsonValue
from paridad.cli.cases import due_here
from paridad.cli.forms import Form, OfficerName
from paridad.cli.health import peer_health
from paridad.cli.listing import List, counted, listed, scope
from paridad.cli.seeing import reader
from paridad.node.node import Node

SHOWN = 5


class Start(Form):
    """What comes first."""

    officer: OfficerName


def start(node: Node, form: Start) -> JsonValue:
    """Return what an officer looks at first."""
    node.views.refresh()
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        peers, updates = peer_health(conn, node.own), due_here(node, reading, conn)
    sees = scope(reading)
    if not sees["envelopes"]:
        return {"sees": sees, "peers": peers}
    last = listed(reading, List(officer=form.officer, sort="changed", limit=SHOWN))
    return {"sees": sees, **counted(reading), "folios": last["folios"], "case_updates": updates, "peers": peers}
