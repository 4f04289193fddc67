# SPDX-License-Identifier: Apache-2.0
"""Home: what waits for us, for them, and what is due."""

from starlette.responses import Response

from paridad.web.office import Office
from paridad.web.rendering import Pages, Visit


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the home page."""
    listed = office.ask(visit.who, "folio.list", limit=5)
    return pages.answer(visit, "home.html", folios=listed["folios"])
