# SPDX-License-Identifier: Apache-2.0
"""The pages, in one written list: address below the language, method, who may come, what shows it.

Worked example
    Page("folio/{folio}", folio.show)        is /es/folio/A-2026-0007 and /en/folio/A-2026-0007
"""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import Response

from paridad.web import enrolment, signin
from paridad.web.office import Office
from paridad.web.pages import (
    access,
    act,
    cases,
    charter,
    clauses,
    folio,
    glossary,
    home,
    imports,
    inbox,
    ledger,
    live,
    matching,
    mistaken,
    orders,
    reads,
    release,
    request,
    runs,
    scorecard,
    search,
    sightings,
    status,
    targets,
    why,
)
from paridad.web.rendering import Pages, Visit

Show = Callable[[Office, Pages, Visit], Response]


@dataclass(frozen=True, slots=True)
class Page:
    """One address and what answers there."""

    path: str
    show: Show
    method: str = "GET"
    signed_in: bool = True


ROUTES: tuple[Page, ...] = (
    Page("", home.show),
    Page("inbox", inbox.show),
    Page("search", search.show),
    Page("targets", targets.register),
    Page("targets/{act}", targets.dossier),
    Page("runs", runs.register),
    Page("runs/new", runs.new),
    Page("runs/new", runs.propose, "POST"),
    Page("runs/drafts/{draft}", runs.draft),
    Page("runs/drafts/{draft}", runs.decide_draft, "POST"),
    Page("runs/{run}", runs.show),
    Page("runs/{run}", runs.act, "POST"),
    Page("runs/{run}/answer", runs.answer),
    Page("runs/{run}/answer", runs.agree, "POST"),
    Page("runs/{run}/leads", runs.leads),
    Page("runs/{run}/decide", runs.choose),
    Page("runs/{run}/decide", runs.decide, "POST"),
    Page("runs/{run}/check", runs.check),
    Page("imports", imports.register),
    Page("imports", imports.hand_in, "POST"),
    Page("imports/{upload}", imports.table),
    Page("imports/{upload}", imports.decide, "POST"),
    Page("import/{act}", imports.report),
    Page("match", matching.search),
    Page("duplicates", matching.duplicates),
    Page("cases", cases.register),
    Page("case/{act}", cases.case),
    Page("mistaken", mistaken.register),
    Page("mistaken/{act}", mistaken.matter),
    *(Page(f"mistaken/{{act}}/{verb}", mistaken.show_order) for verb in mistaken.FORMS),
    *(Page(f"mistaken/{{act}}/{verb}", mistaken.give, "POST") for verb in mistaken.FORMS),
    Page("sightings", sightings.register),
    Page("sighting/{act}", sightings.sighting),
    Page("report-sighting", sightings.show_report),
    Page("report-sighting", sightings.report, "POST"),
    Page("declare-case", cases.show_declare),
    Page("declare-case", cases.declare, "POST"),
    *(Page(f"case/{{act}}/{verb}", cases.show_order) for verb in cases.FORMS),
    *(Page(f"case/{{act}}/{verb}", cases.give, "POST") for verb in cases.FORMS),
    Page("act/{act}", act.show),
    Page("reads/{act}", reads.show),
    Page("why", why.show),
    Page("charter", charter.show),
    Page("clauses", clauses.show),
    Page("glossary", glossary.show),
    Page("status", status.show),
    Page("scorecard", scorecard.show),
    Page("sign-in", signin.show, signed_in=False),
    Page("sign-in", signin.enter_demo, "POST", signed_in=False),
    Page("sign-in/passkey", signin.enter, "POST", signed_in=False),
    Page("enrol", enrolment.show, signed_in=False),
    Page("enrol", enrolment.begin, "POST", signed_in=False),
    Page("enrol/passkey", enrolment.finish, "POST", signed_in=False),
    Page("sign-out", signin.leave, "POST"),
    Page("passkeys", access.show_passkeys),
    Page("passkeys", access.revoke_passkey, "POST"),
    Page("sessions", access.show_sessions),
    Page("sessions", access.revoke_session, "POST"),
    Page("live", live.show, signed_in=False),
    Page("ledger", ledger.show),
    Page("request", request.show),
    Page("request", request.give, "POST"),
    Page("folio/{folio}", folio.show),
    Page("folio/{folio}/release", release.show),
    Page("folio/{folio}/release", release.give, "POST"),
    Page("folio/{folio}/proposal", release.show_proposal),
    Page("folio/{folio}/proposal", release.decide_proposal, "POST"),
    *(Page(f"folio/{{folio}}/{verb}", orders.show) for verb in orders.FORMS),
    *(Page(f"folio/{{folio}}/{verb}", orders.give, "POST") for verb in orders.FORMS),
)
