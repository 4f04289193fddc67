# SPDX-License-Identifier: Apache-2.0
"""Inbox: the folios by who has to act, with filters and order in the address.

Rules
  - The address says the whole list: tab, filters, order, page. It can be kept, sent to a colleague, and opened again.
  - A page is found by its key: what came in meanwhile moves nothing on the page that is read.
  - Overdue is a word and a shape, and stands beside the date.

Worked example
    /es/inbox?tab=us&due=overdue&sort=due
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from paridad.base.strict import JsonValue
from paridad.web.office import Office
from paridad.web.rendering import Pages, Visit

OVERDUE = {"code": "overdue", "es": "Vencida", "en": "Overdue", "shape": "!"}
TABS = ("us", "them", "open", "closed", "drafts")
FILTERS = ("desk", "urgency", "handling", "due", "mine", "sort")
SORTS = ("due", "changed", "opened")
DUE = ("overdue", "soon")


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show one page of the inbox."""
    chosen = _chosen(visit)
    listed = office.ask(visit.who, "folio.list", **_arguments(office, visit, chosen))
    more = listed["more_after"]
    return pages.answer(
        visit,
        "inbox.html",
        folios=listed["folios"],
        chosen=chosen,
        tabs=[(tab, _address(visit, {**chosen, "tab": tab, "after": ""})) for tab in TABS],
        next_page=_address(visit, {**chosen, "after": more}) if more else "",
        first_page=_address(visit, {**chosen, "after": ""}) if chosen["after"] else "",
        charter=office.ask(visit.who, "charter.show"),
        sorts=SORTS,
        filtered=any(chosen[name] for name in FILTERS if name != "sort"),
        unfiltered=_address(visit, {"tab": chosen["tab"]}),
        overdue=OVERDUE,
        sees=listed["sees"],
    )


def _chosen(visit: Visit) -> dict[str, str]:
    """Return what the address says, every name present."""
    asked = visit.request.query_params
    chosen = {name: asked.get(name, "") for name in (*FILTERS, "after")}
    tab = asked.get("tab", "")
    return {**chosen, "tab": tab if tab in TABS else "us", "sort": chosen["sort"] or "due"}


def _arguments(office: Office, visit: Visit, chosen: Mapping[str, str]) -> dict[str, JsonValue]:
    """Return the list that is asked for."""
    assert visit.officer is not None
    given: dict[str, Any] = {name: chosen[name] for name in ("desk", "urgency", "handling", "sort", "after")}
    given |= {"overdue": chosen["due"] == "overdue", "soon": chosen["due"] == "soon"}
    if chosen["mine"]:
        given["agency"] = visit.officer.agency
    match chosen["tab"]:
        case "us":
            given["waiting_for"] = office.party
        case "them":
            given["waiting_for_others"] = True
        case "open":
            given["open"] = True
        case "closed":
            given["closed"] = True
        case _:
            given["stage"] = "draft"
    return given


def _address(visit: Visit, chosen: Mapping[str, str]) -> str:
    said = {name: value for name, value in chosen.items() if value and (name, value) != ("sort", "due")}
    return visit.to(f"inbox?{urlencode(said)}")
