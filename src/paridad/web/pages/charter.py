# SPDX-License-Identifier: Apache-2.0
"""The charter: everything the parties agreed on, each value with its source, and what was not compared with it.

Worked example
    /es/charter
"""

from starlette.responses import Response

from paridad.web.office import Office
from paridad.web.rendering import Pages, Visit

PLAIN_LISTS = ("grounds", "outcomes", "obligations", "desks")


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the charter in force."""
    return pages.answer(visit, "charter.html", charter=office.ask(visit.who, "charter.show"), plain=PLAIN_LISTS)
