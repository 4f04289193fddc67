# SPDX-License-Identifier: Apache-2.0
"""Mistaken identity: of which dossiers there is a notice, what is said of one and who has it, and what can be said.

Rules
  - The list is of dossiers, for whoever has to answer a claim; it is no list of people to watch, and says so.
  - Who has to know and who does not have the notice yet stand side by side, with both clocks.

Worked example
    /es/mistaken          /es/mistaken/wUz…          /es/mistaken/wUz…/file
"""

from collections.abc import Mapping
from types import MappingProxyType

from starlette.responses import Response

from paridad.desks.targets import pages as desk
from paridad.web.catalogues import catalogue
from paridad.web.office import Office
from paridad.web.pages.desk import Field, Filling, Order
from paridad.web.rendering import Pages, Visit

FACTS = Field("fact", "lines", required=False)
FORMS: Mapping[str, tuple[Field, ...]] = MappingProxyType(
    {
        "file": (
            Field("channel", "one", "channel"),
            Field("claim", "area"),
            FACTS,
            Field("received_on", "since", required=False),
            Field("handling", "select", "handling", required=False),
        ),
        "decide": (
            Field("upheld", "one", "yes_no"),
            Field("reason", "area"),
            FACTS,
            Field("handling", "select", "handling", required=False),
        ),
        "tell": (Field("handling", "select", "handling", required=False),),
    }
)
"""Each order about a dossier and the fields of its form."""


def register(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the dossiers of which there is a notice."""
    return pages.answer(visit, "mistaken.html", found=office.ask(visit.who, desk.MISTAKEN))


def matter(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show what is said of one dossier."""
    shown = office.ask(visit.who, desk.OF_MISTAKEN, act=visit.request.path_params["act"])
    return pages.answer(
        visit, "mistaken-matter.html", matter=shown, signed=visit.request.query_params.get("signed", "")
    )


def show_order(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the form of an order."""
    return Filling(office, pages, visit, _order(office, visit)).form()


def give(office: Office, pages: Pages, visit: Visit) -> Response:
    """Take a step of an order."""
    return Filling(office, pages, visit, _order(office, visit)).take()


def _order(office: Office, visit: Visit) -> Order:
    act, verb = visit.request.path_params["act"], visit.path.rpartition("/")[2]
    shown = office.ask(visit.who, desk.OF_MISTAKEN, act=act)
    say = catalogue(visit.language).say
    return Order(
        f"{desk.MISTAKEN_ORDERS}{verb}",
        FORMS[verb],
        lambda name: say(f"mistaken.{name}") if "." in name else say(f"mistaken.{name}.{verb}"),
        {"act": act},
        crumbs=((say("mistaken.title"), visit.to("mistaken")), (shown["dossier"]["name"], visit.to(f"mistaken/{act}"))),
        back=f"mistaken/{act}",
        to=lambda _act: f"mistaken/{act}",
    )
