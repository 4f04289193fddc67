# SPDX-License-Identifier: Apache-2.0
"""The pages of a node as one application: every address in one written list, in both languages.

Rules
  - A page is a function of an `Office`, the `Pages` and a `Visit`; it asks operations and fills a template.
  - Whoever is not signed in is led to the sign-in page and from there back.
  - An error of an operation is a page that says what happened and what to do; a write that is refused shows its form
    again with the error on top (422).

Worked example
    Starlette application = build(office, hosts={"localhost:8001"})
"""

import logging
from collections.abc import Awaitable, Callable, Collection
from hmac import compare_digest
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from paridad.base.errors import ParidadError
from paridad.base.words import Language
from paridad.node.errors import NotFound, OfficerRefused
from paridad.web.guard import Guard
from paridad.web.office import Office
from paridad.web.pages import ROUTES, Page
from paridad.web.rendering import Pages, Visit
from paridad.web.sessions import Session
from paridad.web.signin import cookie_name, keep

log = logging.getLogger("paridad.web")

SEE_OTHER = 303
MAX_FIELDS = 4000
NO_FORM = FormData()


def build(office: Office, *, hosts: Collection[str]) -> ASGIApp:
    """Return the application of a node's pages."""
    pages = Pages(office)
    routes = [
        Route(f"/{language}/{page.path}", _endpoint(office, pages, page, language), methods=[page.method])
        for page in ROUTES
        for language in ("es", "en")
    ]
    app = Starlette(
        routes=[
            Route("/", _front),
            Route("/static/{name}", _static(pages)),
            *routes,
            Route("/{path:path}", _missing(office, pages)),
        ]
    )
    return Guard(app, hosts=hosts)


def _endpoint(office: Office, pages: Pages, page: Page, language: Language) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        form = await request.form(max_files=1, max_fields=MAX_FIELDS) if request.method == "POST" else FormData()
        return await run_in_threadpool(_answered, office, pages, page, language=language, request=request, form=form)

    return answer


def _answered(
    office: Office, pages: Pages, page: Page, *, language: Language, request: Request, form: FormData
) -> Response:
    visit = _visit(office, request, language, form)
    if page.signed_in and visit.session is None:
        return RedirectResponse(visit.to(f"sign-in?next={quote(_asked_for(visit))}"), SEE_OTHER)
    if visit.session and page.method == "POST" and not _has_token(form, visit.session):
        log.warning("turned away: %s %r, token", visit.session.officer, visit.path)
        return pages.answer(visit, "missing.html", status=403)
    answer = _guarded(pages, page, office, visit)
    for name in visit.renewed:
        keep(office, answer, name)
    return answer


def _has_token(form: FormData, session: Session) -> bool:
    return compare_digest(str(form.get("csrf", "")).encode("utf-8", "replace"), session.csrf.encode())


def _asked_for(visit: Visit) -> str:
    """Return the address to come back to after signing in; a form that was sent is not sent again."""
    query = visit.request.url.query
    return "" if visit.request.method == "POST" else f"{visit.path}?{query}" if query else visit.path


def _guarded(pages: Pages, page: Page, office: Office, visit: Visit) -> Response:
    try:
        return page.show(office, pages, visit)
    except NotFound as error:
        return _error(pages, visit, error, 404)
    except OfficerRefused as error:
        log.warning("refused: %s %r: %r", visit.officer and visit.who, visit.path, error.words.en)
        return _error(pages, visit, error, 403)
    except ParidadError as error:
        return _error(pages, visit, error, 422)


def _error(pages: Pages, visit: Visit, error: ParidadError, status: int) -> Response:
    step = error.next_step.in_(visit.language) if error.next_step else ""
    return pages.answer(visit, "error.html", status=status, sentence=error.words.in_(visit.language), step=step)


def _visit(office: Office, request: Request, language: Language, form: FormData = NO_FORM) -> Visit:
    now = office.node.clock()
    name = request.cookies.get(cookie_name(office.party), "")
    session = office.sessions.find(name, now=now) if name else None
    officer = office.node.home.officers().get(session.officer) if session else None
    position = office.look("log.position")["position"] if officer else 0
    return Visit(request, language, now, session if officer else None, officer, form, position)


def _front(request: Request) -> Response:
    return RedirectResponse(f"/{preferred(request)}/", SEE_OTHER)


def preferred(request: Request) -> Language:
    """Return the language that a reader asked for first, Spanish where neither of ours was."""
    asked = [each.strip()[:2].lower() for each in request.headers.get("accept-language", "").split(",")]
    return "en" if next((each for each in asked if each in {"es", "en"}), "es") == "en" else "es"


def _static(pages: Pages) -> Callable[[Request], Response]:
    def serve(request: Request) -> Response:
        found = pages.assets.file(request.path_params["name"])
        if found is None:
            return Response(status_code=404)
        headers = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
        if found.packed is None or "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(found.data, 200, headers, found.type)
        return Response(found.packed, 200, {**headers, "content-encoding": "gzip"}, found.type)

    return serve


def _missing(office: Office, pages: Pages) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        path = request.url.path
        language: Language = (
            "en" if path.startswith("/en/") else "es" if path.startswith("/es/") else preferred(request)
        )
        return pages.answer(_visit(office, request, language), "missing.html", status=404)

    return answer
