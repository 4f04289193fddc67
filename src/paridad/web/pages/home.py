# SPDX-License-Identifier: Apache-2.0
"""Home: what waits for us, what for them, what is due; the last folios; the last sign of the other parties.

Rules
  - Each number is a link to the very list that it counts.
  - Whoever reads no envelope finds what can be done here instead, and no number.

Worked example
    /es/        "3 folios nos esperan. 5 folios esperan a B. …"
"""

from starlette.responses import Response

from paridad.web.office import Office
from paridad.web.pages.inbox import OVERDUE
from paridad.web.rendering import Pages, Visit


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the home page."""
    told = office.ask(visit.who, "home")
    return pages.answer(visit, "home.html", start=told, overdue=OVERDUE)
