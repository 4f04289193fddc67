# SPDX-License-Identifier: Apache-2.0
"""What stands before every page: the name it was asked under, the size of what is sent, where a write comes from.

Rules
  - A request under a name that is not ours is turned away (DNS rebinding).
  - A write carries an `Origin` of our own, a bounded body and the token of its session (the token: `application`).
  - Loopback may be asked without TLS; every other name is behind a proxy that has it, so its origin is `https` and its
    browsers are told to stay there.
  - Every answer forbids foreign content, frames, being kept, and telling where it was reached from.

Worked example
    guard = Guard(app, hosts={"localhost:8001"})        an ASGI application around another
"""

import logging
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 2 * 1024 * 1024
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    # With `no-referrer` a browser writes `Origin: null` on its own forms; this tells nothing to other sites either.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "publickey-credentials-get=(self), publickey-credentials-create=(self)",
}
log = logging.getLogger("paridad.web")

READING = frozenset({"GET", "HEAD"})
LOOPBACK = ("localhost", "127.0.0.1")
HSTS = "max-age=31536000; includeSubDomains"


class Guard:
    """An ASGI application that turns away what no page should see."""

    def __init__(self, app: ASGIApp, *, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._refused(scope)
        write = _with_headers(send, strict=not is_loopback(Headers(scope=scope).get("host", "")))
        if refused is not None:
            log.warning("turned away: %s %r, %s", scope["method"], scope["path"], bytes(refused.body).decode())
            await refused(scope, receive, write)
            return
        await self._bounded(scope, receive, write)

    def _refused(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        asked = headers.getlist("host")
        if len(asked) != 1 or asked[0] not in self._hosts:
            return PlainTextResponse("421", 421)
        if scope["method"] in READING:
            return None
        if headers.getlist("origin") != [origin_of(asked[0], scope["scheme"])]:
            return PlainTextResponse("403 Origin", 403)
        length = headers.get("content-length", "")
        if not length.isdigit() or int(length) > MAX_BODY:
            return PlainTextResponse("413", 413)
        return None

    async def _bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on a request, but no body longer than allowed, whatever its head said."""
        left, begun = MAX_BODY, False

        async def read() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            return message if left >= 0 else {"type": "http.disconnect"}

        async def write(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, read, write)
        except ClientDisconnect:
            if left < 0 and not begun:
                await PlainTextResponse("413", 413)(scope, receive, send)


def is_loopback(host: str) -> bool:
    """Return whether a name, with or without a port, is this machine's own."""
    return host.partition(":")[0] in LOOPBACK


def origin_of(host: str, scheme: str) -> str:
    """Return the origin of pages that are asked for under a name."""
    return f"{scheme if is_loopback(host) else 'https'}://{host}"


def _with_headers(send: Send, *, strict: bool) -> Send:
    async def write(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("cache-control", "no-store")
            if strict:
                headers["strict-transport-security"] = HSTS
        await send(message)

    return write
