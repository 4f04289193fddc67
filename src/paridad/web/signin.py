# SPDX-License-Identifier: Apache-2.0
"""Signing in at one's own node: nodes exchange acts, never sessions.

Rules
  - Demonstration identities are a list to choose from; they exist where `node.toml` says so, on loopback, and every
    page then says that nobody's identity was verified.
  - The cookie is `__Host-`, `Secure`, `HttpOnly`, `SameSite=Strict`; its name holds the party, since cookies know no
    port and two nodes of a demonstration share one host.

Worked example
    cookie_name("A")            is "__Host-paridad-a"
"""

from starlette.responses import RedirectResponse, Response

from paridad.web.office import Office
from paridad.web.rendering import Pages, Visit

SEE_OTHER = 303


def cookie_name(party: str) -> str:
    """Return the name of a node's session cookie."""
    return f"__Host-paridad-{party.lower()}"


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show who may sign in, or how."""
    officers = sorted(office.node.home.officers().values(), key=lambda each: (each.agency, each.role, each.id))
    return pages.answer(visit, "sign-in.html", officers=officers if office.demo else [], next=_next(visit))


def enter_demo(office: Office, pages: Pages, visit: Visit) -> Response:
    """Sign in as a demonstration identity."""
    form = visit.form
    officer = office.node.home.officer(str(form.get("officer", "")))
    if not office.demo:
        return show(office, pages, visit)
    name = office.sessions.open(officer.id, now=visit.now, random=office.node.own.random)
    answer = RedirectResponse(visit.to(_next(visit)), SEE_OTHER)
    answer.set_cookie(cookie_name(office.party), name, path="/", secure=True, httponly=True, samesite="strict")
    return answer


def leave(office: Office, pages: Pages, visit: Visit) -> Response:
    """Sign out."""
    del pages
    office.sessions.end(visit.request.cookies.get(cookie_name(office.party), ""))
    answer = RedirectResponse(visit.to("sign-in"), SEE_OTHER)
    answer.delete_cookie(cookie_name(office.party), path="/", secure=True, httponly=True, samesite="strict")
    return answer


def _next(visit: Visit) -> str:
    """Return where to go on: an address below the language, nothing that leaves this site."""
    wanted = str(visit.form.get("next") or visit.request.query_params.get("next", ""))
    return "" if wanted.startswith(("/", "\\")) or "://" in wanted or "//" in wanted else wanted
