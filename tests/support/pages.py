# SPDX-License-Identifier: Apache-2.0
"""The pages of a node of a two-node world, visited by browsers that keep cookies and send forms as browsers do.

Worked example
    browser = Browser(office)                     at http://localhost, whatever cookies it is given
    browser.enter_demo("fgr-liaison")
    browser.get("/es/passkeys").status_code       is 200
"""

import asyncio
import html
import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from httpx import ASGITransport, AsyncClient, Response
from starlette.requests import Request
from starlette.types import ASGIApp

from paridad.cli.operations import OPERATIONS
from paridad.node.node import Node
from paridad.web.application import _visit, build
from paridad.web.office import Office
from paridad.web.rendering import Visit
from paridad.web.signin import cookie_name

HOSTS = frozenset({"localhost", "localhost:8001", "127.0.0.1:8001", "paridad.example"})


def office_of(node: Node, *, demo: bool = True) -> Office:
    """Return the office of a node, with demonstration identities or without."""
    node.settings = replace(node.settings, demo_identities=demo)
    return Office(node, OPERATIONS)


@dataclass
class Browser:
    """Somebody's browser: the cookie is its own affair, so that Secure and SameSite can be told apart from the rest."""

    office: Office
    host: str = "localhost"
    cookie: str = ""
    csrf: str = ""
    page: str = ""
    app: ASGIApp = field(init=False)

    def __post_init__(self) -> None:
        self.app = build(self.office, hosts=HOSTS)

    @property
    def origin(self) -> str:
        """The origin of the pages that this browser sees."""
        return f"http{'' if self.host.startswith('localhost') else 's'}://{self.host}"

    def get(self, path: str, *, headers: dict[str, str] | None = None) -> Response:
        """Open an address."""
        return self.ask("GET", path, headers=self._headers(headers))

    def post(self, path: str, fields: dict[str, Any], *, headers: dict[str, str] | None = None) -> Response:
        """Send a form of the page that is open, with its token."""
        said, origin = {"csrf": self.csrf, **fields}, {"origin": self.origin}
        return self.ask("POST", path, data=said, headers=self._headers({**origin, **(headers or {})}))

    def ask(self, method: str, path: str, **more: Any) -> Response:
        """Send one request as it is told."""

        async def ask() -> Response:
            async with AsyncClient(transport=ASGITransport(app=self.app), base_url=f"http://{self.host}") as client:
                return await client.request(method, path, **more)

        return self._seen(asyncio.run(ask()))

    def enter_demo(self, officer: str, **fields: str) -> Response:
        """Sign in as a demonstration identity and open the page of passkeys, for its token."""
        answer = self.post("/es/sign-in", {"officer": officer, **fields})
        self.get("/es/passkeys")
        return answer

    @property
    def options(self) -> str:
        """What the open page asks of an authenticator."""
        [found] = re.findall(r'data-options="([^"]*)"', self.page)
        json.loads(html.unescape(found))
        return html.unescape(found)

    def visit(self) -> Visit:
        """Return a visit by this browser as a page's function is given it."""
        headers = {"host": self.host, **self._headers(None)}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope = {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "path": "/es/x",
            "query_string": b"",
            "headers": raw,
        }
        return _visit(self.office, Request(scope), "es")

    def _headers(self, more: dict[str, str] | None) -> dict[str, str]:
        cookie = {"cookie": f"{cookie_name(self.office.party)}={self.cookie}"} if self.cookie else {}
        return {**cookie, **(more or {})}

    def _seen(self, answer: Response) -> Response:
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            assert name == cookie_name(self.office.party)
            self.cookie = "" if "Max-Age=0" in line else value
        if found := re.search(r'name="csrf" value="([^"]*)"', answer.text):
            self.csrf = found[1]
        self.page = answer.text
        return answer
