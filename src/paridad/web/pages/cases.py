# SPDX-License-Identifier: Apache-2.0
"""Priority cases: both parties' sheets with who owes an update, one sheet with its updates, and what is said of it.

Rules
  - Own cases and those of the others stand in two lists alike; who is late shows the same on both nodes.
  - The limit for updates says on the page that it is a proposal, as long as it was not agreed.

Worked example
    /es/cases          /es/case/wUz…          /es/case/wUz…/update          /es/declare-case
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from starlette.responses import Response

from paridad.desks.targets import pages as desk
from paridad.web.catalogues import catalogue
from paridad.web.office import Office
from paridad.web.pages.desk import Field, Filling, Order
from paridad.web.rendering import Pages, Visit

DECLARE: tuple[Field, ...] = (
    Field("title", "line"),
    Field("to", "many", "agencies"),
    Field("aims", "area"),
    Field("wanted", "area"),
    Field("agency", "many", "own_agencies", required=False),
    Field("next_update", "day", required=False),
    Field("handling", "one", "handling"),
    Field("purpose", "select", "purposes"),
    Field("basis", "select", "bases"),
)
REPORT = Field("report", "area")
FORMS: Mapping[str, tuple[Field, ...]] = MappingProxyType(
    {
        "update": (REPORT, Field("next_update", "day", required=False)),
        "suspend": (REPORT,),
        "close": (Field("outcome", "one", "outcomes"), REPORT),
        "link": (Field("dossier", "lines", required=False),),
    }
)
"""Each order about a case and the fields of its form."""


def register(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the cases of both sides."""
    found = office.ask(visit.who, desk.CASES)
    sides = [(ours, [each for each in found["cases"] if each["ours"] is ours]) for ours in (True, False)]
    return pages.answer(visit, "cases.html", sides=sides, clock=found["update_clock"])


def case(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show one case."""
    shown = office.ask(visit.who, desk.CASE, act=visit.request.path_params["act"])
    signed = visit.request.query_params.get("signed", "")
    return pages.answer(visit, "case.html", case=shown, signed=signed)


def show_declare(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the form of a declaration."""
    return Filling(office, pages, visit, _declaration(visit)).form()


def declare(office: Office, pages: Pages, visit: Visit) -> Response:
    """Take a step of a declaration."""
    return Filling(office, pages, visit, _declaration(visit)).take()


def show_order(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the form of what is said of a case."""
    return Filling(office, pages, visit, _order(office, visit)).form()


def give(office: Office, pages: Pages, visit: Visit) -> Response:
    """Take a step of what is said of a case."""
    return Filling(office, pages, visit, _order(office, visit)).take()


def _declaration(visit: Visit) -> Order:
    return Order(
        f"{desk.CASE_ORDERS}declare",
        DECLARE,
        _words(visit, "declare"),
        {},
        crumbs=(_list(visit),),
        back="cases",
        to=lambda act: f"case/{act}",
    )


def _order(office: Office, visit: Visit) -> Order:
    """Return the order that the address names, about a case that the officer may know of."""
    act, verb = visit.request.path_params["act"], visit.path.rpartition("/")[2]
    shown = office.ask(visit.who, desk.CASE, act=act)
    title = shown["title"] or catalogue(visit.language).say("cases.untitled")
    return Order(
        f"{desk.CASE_ORDERS}{verb}",
        FORMS[verb],
        _words(visit, verb),
        {"act": act},
        crumbs=(_list(visit), (title, visit.to(f"case/{act}"))),
        back=f"case/{act}",
        to=lambda _act: f"case/{act}",
    )


def _list(visit: Visit) -> tuple[str, str]:
    return catalogue(visit.language).say("cases.title"), visit.to("cases")


def _words(visit: Visit, verb: str) -> Callable[[str], str]:
    say = catalogue(visit.language).say
    return lambda name: say(f"cases.{name}") if "." in name else say(f"cases.{name}.{verb}")
