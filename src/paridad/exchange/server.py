# SPDX-License-Identifier: Apache-2.0
"""The listening side: uvicorn with mutual TLS, handing each request and the caller's certificate to the edge.

Rules
  - No released ASGI server gives the client certificate to the application, so the protocol class below reads it from
    the transport (internal API of uvicorn 0.54: pinned and tested). It is compared with the charter, nothing more.
  - The server does not start before a connection without a certificate has been refused.
  - Handlers are synchronous and run in threads; the store groups their commits.
"""

import asyncio
import logging
import re
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response as HttpResponse
from starlette.routing import Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from paridad.exchange.transport import Request, Response
from paridad.exchange.wire import MAX_BATCH_BYTES

Edge = Callable[[Request, bytes], Response]
"""Answers a request that came with this client certificate (DER)."""

NOT_FOUND = 404
_CHECK_SECONDS = 5.0
_RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{1,18})")


class PeerCertificateProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with the client certificate in the request state."""

    def on_message_begin(self) -> None:
        """Add the certificate to the state of the request that begins."""
        super().on_message_begin()
        connection = self.transport.get_extra_info("ssl_object")
        self.scope["state"]["certificate"] = connection.getpeercert(True) if connection else b""


def application(edge: Edge) -> Starlette:
    """Return the ASGI application that hands everything to `edge`."""

    async def handle(request: HttpRequest) -> HttpResponse:
        try:
            body = await _bounded_body(request)
        except ClientDisconnect:
            return HttpResponse(status_code=400)  # nobody is there to read it; the sender repeats
        if body is None:
            return HttpResponse(b"too large", status_code=413)
        wanted = Request(request.method, request.url.path, body, _byte_range(request.headers.get("range", "")))
        answer = await run_in_threadpool(edge, wanted, request.state.certificate)
        return HttpResponse(answer.body, answer.status, dict(answer.headers), answer.media_type)

    async def unmatched(request: HttpRequest, _: Exception) -> HttpResponse:
        return await handle(request)  # an address with a line break: no pattern of a route takes it

    route = Route("/{path:path}", handle, methods=["GET", "POST"])
    return Starlette(routes=[route], exception_handlers={NOT_FOUND: unmatched})


async def _bounded_body(request: HttpRequest) -> bytes | None:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BATCH_BYTES:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _byte_range(header: str) -> tuple[int, int] | None:
    match = _RANGE.fullmatch(header)
    return (int(match[1]), int(match[2])) if match else None


ANY_ADDRESS = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  compared, not listened on
"""Where a server that listens on every address is asked; another one is asked where it listens."""


class Server:
    """A running node edge on one address; start it, use `port`, stop it."""

    def __init__(self, edge: Edge, *, host: str, port: int, tls: ssl.SSLContext) -> None:
        self._tls = tls
        config = uvicorn.Config(
            application(edge),
            http=PeerCertificateProtocol,
            loop="uvloop",
            log_level=logging.WARNING,
            access_log=False,
            ssl_context_factory=lambda _config, _default: tls,
            timeout_graceful_shutdown=2,
        )
        self._host = host
        self._socket = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port: int = self._socket.getsockname()[1]
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name=f"edge:{self.port}", daemon=True)

    def start(self) -> None:
        """Listen, and return once a connection without a certificate has been refused."""
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the edge did not start; see the log above")
            threading.Event().wait(0.01)
        assert_refuses_strangers(ANY_ADDRESS.get(self._host, self._host), self.port)

    def stop(self) -> None:
        """Stop listening and wait for what is under way."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._server.config.load()
        await self._server.serve(sockets=[self._socket])


def assert_refuses_strangers(host: str, port: int) -> None:
    """Connect without a client certificate and insist on being turned away (RFC 8446 §4.4.2.4).

    Turned away is who reached the server: where nobody listens, nothing is shown, and the connection's error is raised.
    """
    stranger: Any = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    stranger.check_hostname = False
    stranger.verify_mode = ssl.CERT_NONE
    with socket.create_connection((host, port), timeout=_CHECK_SECONDS) as plain:
        try:
            with stranger.wrap_socket(plain) as line:
                line.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
                answered = bool(line.recv(1))
        except (ssl.SSLError, ConnectionError):
            return
    if answered:
        raise RuntimeError("this server answers callers without a certificate; the node does not start with it")
