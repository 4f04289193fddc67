# SPDX-License-Identifier: Apache-2.0
"""One's own passkeys and sessions, to be looked at and ended; an operator sees everybody's.

Worked example
    GET /es/passkeys        POST /es/passkeys passkey=xUz…, id=…
"""

from starlette.responses import RedirectResponse, Response

from paridad.web.office import Office
from paridad.web.rendering import Pages, Visit
from paridad.web.signin import SEE_OTHER


def show_passkeys(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show passkeys."""
    return pages.answer(visit, "passkeys.html", **office.ask(visit.who, "passkey.list"))


def revoke_passkey(office: Office, pages: Pages, visit: Visit) -> Response:
    """End the use of a passkey, and the sessions that it opened."""
    del pages
    office.ask(visit.who, "passkey.revoke", passkey=str(visit.form.get("passkey", "")))
    return RedirectResponse(visit.to("passkeys"), SEE_OTHER)


def show_sessions(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show open sessions."""
    listed = office.ask(visit.who, "session.list")["sessions"]
    this = visit.session.digest if visit.session else ""
    return pages.answer(visit, "sessions.html", sessions=listed, this=this)


def revoke_session(office: Office, pages: Pages, visit: Visit) -> Response:
    """End a session."""
    del pages
    office.ask(visit.who, "session.revoke", session=str(visit.form.get("session", "")))
    return RedirectResponse(visit.to("sessions"), SEE_OTHER)
