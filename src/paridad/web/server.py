# SPDX-License-Identifier: Apache-2.0
"""The status page's server: loopback only, GET only, a content policy that admits nothing but its own style sheet.

Rules
  - It listens on 127.0.0.1 and answers only requests that name it so: a name that was pointed here is turned away.
  - Nobody signs in, because nothing of any act is shown; nothing can be changed here.
  - Each answer forbids scripts, frames, forms, foreign content and being kept.

Worked example
    page = StatusPage(status, port=0); page.start()
    httpx.get(f"http://127.0.0.1:{page.port}/es/").headers["content-security-policy"]    is "default-src 'none'; …"
"""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from paridad.base.words import Language
from paridad.web.page import STYLE, Status, missing, page

HOST = "127.0.0.1"
HOSTS = frozenset({HOST, "localhost"})
NONE = -1
"""Port of a page that is not wanted."""

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


def application(status: Callable[[], Status]) -> Starlette:
    """Return the application that shows what `status` says."""

    async def show(request: Request) -> Response:
        if request.url.hostname not in HOSTS:
            return Response("421", 421, HEADERS, "text/plain")
        match request.url.path:
            case "/" | "/es" | "/en":
                return RedirectResponse(f"/{_preferred(request)}/", 307, HEADERS)
            case "/style.css":
                return Response(STYLE, 200, HEADERS, "text/css")
            case "/es/" | "/en/" as path:
                language: Language = "es" if path == "/es/" else "en"
                return HTMLResponse(page(await run_in_threadpool(status), language), 200, HEADERS)
            case _:
                return HTMLResponse(missing(_preferred(request)), 404, HEADERS)

    return Starlette(routes=[Route("/{path:path}", show, methods=["GET"])])


def _preferred(request: Request) -> Language:
    path, wanted = request.url.path, request.headers.get("accept-language", "")
    spoken = path.strip("/")[:2] or wanted.strip().lower()
    return "en" if spoken.startswith("en") else "es"


class StatusPage:
    """The page on one port of loopback; `start`, then `stop`. Port -1: no page."""

    def __init__(self, status: Callable[[], Status], *, port: int) -> None:
        self.port = port
        if port != NONE:
            self._socket = socket.create_server((HOST, port))
            self.port = self._socket.getsockname()[1]
            config = uvicorn.Config(application(status), log_level=logging.WARNING, access_log=False, lifespan="off")
            self._server = uvicorn.Server(config)
            self._thread = threading.Thread(target=self._run, name=f"status:{self.port}", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        if self.port != NONE:
            self._thread.start()

    def stop(self) -> None:
        """Stop answering."""
        if self.port != NONE:
            self._server.should_exit = True
            self._thread.join()
            self._socket.close()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))
