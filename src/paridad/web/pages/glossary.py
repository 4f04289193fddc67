# SPDX-License-Identifier: Apache-2.0
"""The glossary: both languages side by side, neither the source of the other.

Worked example
    /es/glossary?word=retiro
"""

from starlette.responses import Response

from paridad.web.office import Office
from paridad.web.rendering import Pages, Visit

LONGEST = 60


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the terms."""
    word = visit.request.query_params.get("word", "")[:LONGEST]
    found = office.ask(visit.who, "glossary", word=word)
    return pages.answer(visit, "glossary.html", word=word, sections=found["sections"])
