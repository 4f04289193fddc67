# SPDX-License-Identifier: Apache-2.0
"""Clauses and the rules that carry them out: one step from whatever was withheld to the ground under it.

Rules
  - What this node's policy says is shown to whoever is signed in: it is about classes of data, never about an item.
  - A clause that this node's table does not have is named as such, with whom to ask; it is not passed over.

Worked example
    /es/clauses?clause=charter:assurance        shows that clause and its rules; /es/clauses shows them all
"""

from starlette.responses import Response

from paridad.policy.rules import Rule
from paridad.web.office import Office
from paridad.web.rendering import Pages, Visit

LONGEST = 100


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show one clause, or all, each with its rules."""
    wanted = visit.request.query_params.get("clause", "")[:LONGEST]
    book = office.node.own.engine.book
    named = {wanted: book.clauses[wanted]} if wanted in book.clauses else {} if wanted else book.clauses
    shown = [
        (name, words.in_(visit.language), [_row(rule, visit) for rule in book.rules.values() if rule.clause == name])
        for name, words in named.items()
    ]
    return pages.answer(visit, "clauses.html", wanted=wanted, clauses=shown)


def _row(rule: Rule, visit: Visit) -> tuple[str, str, str]:
    return rule.words.in_(visit.language), rule.effect, rule.id
