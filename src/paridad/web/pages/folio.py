# SPDX-License-Identifier: Apache-2.0
"""One folio as a document: where it stands, who is waited for, what was given and withheld, and every act.

Rules
  - What may be done now is a link; what may not stands beside it with the reason why not.
  - The notice after something was said comes from the folio itself: it names an act of our agency that is here.

Worked example
    /es/folio/A-2026-0007
    /es/folio/A-2026-0007?signed=wUz…        the same, saying first what was just signed
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from starlette.responses import Response

from paridad.desks.targets import pages as desk
from paridad.web.office import Office
from paridad.web.pages.orders import ADDRESSES
from paridad.web.rendering import Pages, Visit

DUTIES: Mapping[str, str] = MappingProxyType(
    {
        "D1": "acknowledge",
        "D2": "answer",
        "D3": "clarify",
        "D4": "resume",
        "D5": "attest",
        "D6": "consent",
        "D7": "outcome",
        "D8": "close",
    }
)
"""The order by which each duty of a folio is fulfilled first of all."""


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show a folio."""
    shown = office.ask(visit.who, "folio.show", folio=visit.request.path_params["folio"])
    about = office.ask(visit.who, desk.OF_FOLIO, folio=shown["folio"])
    return pages.answer(
        visit,
        "folio.html",
        folio=shown,
        timeline=sorted(shown["acts"], key=lambda act: act["at"])[::-1],
        request=_of_kind(shown, "folio/request/1"),
        signed=_signed(shown, visit),
        actions=_actions(shown, visit),
        closed_actions=[each for each in shown["impossible"] if each["command"] in ADDRESSES],
        ours=office.party,
        dossiers=about["dossiers"],
    )


def _actions(shown: Mapping[str, Any], visit: Visit) -> list[tuple[str, str, bool]]:
    """Return what may be done now, what is waited for from this agency first: verb, address, whether it is that."""
    assert visit.officer is not None
    owed = {DUTIES.get(each["duty"]["code"]) for each in shown["waiting"] if each["agency"] == visit.officer.agency}
    verbs = [verb for verb in ADDRESSES if verb in shown["possible"]]
    return sorted(((verb, ADDRESSES[verb], verb in owed) for verb in verbs), key=lambda each: not each[2])


def _of_kind(shown: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    return next((act for act in shown["acts"] if act["kind"]["code"] == kind), None)


def _signed(shown: Mapping[str, Any], visit: Visit) -> Mapping[str, Any] | None:
    wanted = visit.request.query_params.get("signed", "")
    assert visit.officer is not None
    mine = (act for act in shown["acts"] if act["agency"] == visit.officer.agency)
    return next((act for act in mine if act["act"] == wanted), None)
