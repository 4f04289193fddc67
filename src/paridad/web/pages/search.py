# SPDX-License-Identifier: Apache-2.0
"""Search: what identifies a folio, an act or a dossier, and why it matched.

Rules
  - The answer ends the same way whether anything was found or not: the node neither confirms nor denies what else
    there may be.

Worked example
    /es/search?q=pinedo+olga
"""

from starlette.responses import Response

from paridad.web.office import Office
from paridad.web.rendering import Pages, Visit

LONGEST = 200


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the search form, and what was found where something was asked."""
    query = visit.request.query_params.get("q", "").strip()[:LONGEST]
    found = office.ask(visit.who, "search", query=query) if query else None
    return pages.answer(visit, "search.html", query=query, found=found)
