# SPDX-License-Identifier: Apache-2.0
"""Why can I not see this? What policy answers about a role and a class of fields, with rule and clause.

Rules
  - The question is about classes, never about an item: the answer is the same whether the item exists or not.

Worked example
    /es/why?sensitivity=source&handling=AMBER&involved=no
"""

from starlette.responses import Response

from paridad.acts.vocabulary import SENSITIVITIES
from paridad.policy.question import NONE, ROLES
from paridad.web.office import Office
from paridad.web.rendering import Pages, Visit

ANSWERS = ("yes", "no")


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the question, and its answer where it is complete."""
    assert visit.officer is not None
    asked = {name: visit.request.query_params.get(name, "") for name in ("role", "sensitivity", "handling", "involved")}
    asked["role"] = asked["role"] or visit.officer.role
    complete = all(asked.values())
    pairs = [[name, value] for name, value in asked.items()]
    return pages.answer(
        visit,
        "why.html",
        asked=asked,
        answer=office.ask(visit.who, "policy.explain", action="read", set=pairs) if complete else None,
        roles=ROLES,
        sensitivities=SENSITIVITIES,
        handling=office.ask(visit.who, "charter.show")["handling_codes"],
        unmarked=NONE,
        answers=ANSWERS,
    )
