# SPDX-License-Identifier: Apache-2.0
"""Scorecard: what each party did with the other's requests, in columns of equal dress; one page to be printed.

Rules
  - The moment stands in the address: the same address below the other node's name shows the same numbers and digest.
  - Every number has its definition beside it. No colour, no order by size, no total across parties.

Worked example
    /es/scorecard?at=1796083200&since=1788307200
"""

from urllib.parse import urlencode

from starlette.responses import Response

from paridad.base.sources import SECONDS_A_DAY
from paridad.base.strict import JsonValue
from paridad.web.office import Office
from paridad.web.rendering import Pages, Visit

SECTIONS = (
    ("as_asking", ("requests", "open", "closed", "with_outcome", "late_clarifications", "late_outcomes")),
    (
        "as_asked",
        (
            "requests", "acknowledged", "answered", "partly_answered", "refused", "unanswered", "fields_given",
            "items_withheld", "response_median", "response_p90", "late_acknowledgements", "late_answers",
        ),
    ),
    ("recalls_made", ("recalls", "attested", "refused", "unanswered")),
    ("onward", ("requests", "granted", "denied")),
)  # fmt: skip
"""What is shown of each party, in this order."""
TIMES = frozenset({"response_median", "response_p90"})
PERIODS = (0, 365, 90, 30)
"""Days before the moment; 0: from the beginning."""
DIGITS = 12


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the scorecard with the party that is named, or with the first."""
    own = office.node.own
    peer = visit.request.query_params.get("peer") or own.others[0]
    at, since = (_whole(visit, name) for name in ("at", "since"))
    asked: dict[str, JsonValue] = {"peer": peer, **({"at": at} if at else {}), **({"since": since} if since else {})}
    told = office.ask(visit.who, "scorecard", **asked)
    return pages.answer(
        visit,
        "scorecard.html",
        score=told,
        sections=SECTIONS,
        times=TIMES,
        periods=[(days, _address(visit, peer, told["at"], days)) for days in PERIODS] if "at" in told else [],
        others=[(each, _address(visit, each, told.get("at", 0), 0)) for each in own.others if each != peer],
    )


def _whole(visit: Visit, name: str) -> int:
    """Return a moment of the address; whatever is no moment is none."""
    text = visit.request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else 0


def _address(visit: Visit, peer: str, at: int, days: int) -> str:
    since = {"since": at - days * SECONDS_A_DAY} if days else {}
    return visit.to(f"scorecard?{urlencode({'peer': peer, 'at': at, **since})}")
