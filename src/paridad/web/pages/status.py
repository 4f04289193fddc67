# SPDX-License-Identifier: Apache-2.0
"""Where the node stands: charter, logs and cosignatures, streams, what waits for a person, clocks, keys, views.

Rules
  - Sizes, positions, counts and times; nothing of any act.

Worked example
    /es/status
"""

from starlette.responses import Response

from paridad.web.office import Office
from paridad.web.rendering import Pages, Visit

ATTENTION = ("quarantined", "conflicts_open", "evidence_held")


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the status page."""
    node, sees = office.ask(visit.who, "status"), office.ask(visit.who, "home")["sees"]
    return pages.answer(visit, "status.html", node=node, sees=sees, attention=ATTENTION)
