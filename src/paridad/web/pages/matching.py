# SPDX-License-Identifier: Apache-2.0
"""Records compared: a question with why each record answers it, and the pairs that wait for a person's judgement.

Rules
  - Every page with a weight says that it compares records and decides nothing.
  - A pair that waits shows its features and no weight; it is judged by command, with a reason.

Worked example
    /es/match?q=chuy+chavez&born=1979          /es/duplicates
"""

from urllib.parse import urlencode

from starlette.responses import Response

from paridad.desks.targets import pages as desk
from paridad.web.office import Office
from paridad.web.rendering import Pages, Visit

LONGEST = 200


def search(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the question, and the records most like it where something was asked."""
    asked = {name: visit.request.query_params.get(name, "").strip()[:LONGEST] for name in ("q", "born")}
    found = office.ask(visit.who, desk.MATCH, query=asked["q"], born=asked["born"]) if asked["q"] else None
    return pages.answer(visit, "match.html", asked=asked, found=found)


def duplicates(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the pairs that wait, page by page."""
    found = office.ask(visit.who, desk.DUPLICATES, after=visit.request.query_params.get("after", ""))
    after = found["more_after"]
    next_page = visit.to(f"duplicates?{urlencode({'after': after})}") if after else ""
    return pages.answer(visit, "duplicates.html", found=found, next_page=next_page)
