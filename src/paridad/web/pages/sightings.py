# SPDX-License-Identifier: Apache-2.0
"""Sightings: what was seen and has not expired, one of them, and the short form of a report.

Rules
  - A list, no map. Each place says how precise it is; what has expired is nowhere.
  - The form is one plain page that works on a small screen and without a script; on a dossier's page it is opened with
    the dossier filled in.

Worked example
    /es/sightings          /es/sighting/wUz…          /es/report-sighting?of=wUz…
"""

from starlette.responses import Response

from paridad.desks.targets import pages as desk
from paridad.web.catalogues import catalogue
from paridad.web.office import Office
from paridad.web.pages.desk import Field, Filling, Order
from paridad.web.rendering import Pages, Visit

LONGEST = 64
REPORT: tuple[Field, ...] = (
    Field("event", "select", "event"),
    Field("description", "area", required=False),
    Field("ago", "whole"),
    Field("area", "line"),
    Field("reliability", "select", "reliability"),
    Field("source_precision", "select", "place_precision"),
    Field("cell", "line", required=False),
    Field("point", "line", required=False),
    Field("of", "line", required=False),
    Field("to", "select", "agencies", required=False),
    Field("handling", "select", "handling_any", required=False),
    Field("purpose", "select", "purposes", required=False),
    Field("basis", "select", "bases", required=False),
)


def register(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show what has not expired."""
    found = office.ask(visit.who, desk.SIGHTINGS)
    return pages.answer(visit, "sightings.html", found=found)


def sighting(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show one sighting."""
    shown = office.ask(visit.who, desk.SIGHTING, act=visit.request.path_params["act"])
    return pages.answer(visit, "sighting.html", shown=shown, signed=visit.request.query_params.get("signed", ""))


def show_report(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show the form."""
    return Filling(office, pages, visit, _order(visit)).form()


def report(office: Office, pages: Pages, visit: Visit) -> Response:
    """Take a step of a report."""
    return Filling(office, pages, visit, _order(visit)).take()


def _order(visit: Visit) -> Order:
    say = catalogue(visit.language).say
    return Order(
        desk.REPORT,
        REPORT,
        lambda name: say(f"sightings.{name}"),
        {},
        crumbs=((say("sightings.title"), visit.to("sightings")),),
        back="sightings",
        to=lambda act: f"sighting/{act}",
        initial={"of": visit.request.query_params.get("of", "")[:LONGEST]},
    )
