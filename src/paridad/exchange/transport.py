# SPDX-License-Identifier: Apache-2.0
"""Carrying requests between nodes; a transport is one method, so that two nodes can run in one process.

Rules
  - `Transport` takes a party and a request, and returns a response or raises `PeerUnreachable`; nothing else.
  - An answer is bounded and taken as it comes: no decompression, no redirection.
  - Over the network: TLS 1.3 only, a client certificate on both sides, one pinned authority per party, no system
    trust store, host names checked. The transport proves a hop; who speaks is proved by the signed statements.
"""

import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import httpx

from paridad.base.words import Words
from paridad.exchange.errors import PeerUnreachable

MAX_ANSWER_BYTES = 80 * 1024 * 1024
"""More than the largest delivery, which is the largest answer there is."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request to another node."""

    method: str
    path: str
    body: bytes = b""
    byte_range: tuple[int, int] | None = None
    """First and last byte wanted, both included (RFC 9110 §14)."""


@dataclass(frozen=True, slots=True)
class Response:
    """What the other node answered."""

    status: int
    body: bytes = b""
    media_type: str = "application/octet-stream"
    headers: Mapping[str, str] = field(default_factory=dict)


Transport = Callable[[str, Request], Response]
"""Carries a request to a party."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Paths of this node's TLS files."""

    certificate: str
    key: str


def peer_tls(credentials: Credentials, authority: str) -> ssl.SSLContext:
    """Return a client context that trusts exactly one authority and shows our certificate."""
    return _context(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), credentials, authority)


def own_tls(credentials: Credentials, authorities: str) -> ssl.SSLContext:
    """Return a server context that demands a certificate of one of the pinned authorities (a PEM text)."""
    context = _context(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), credentials, authorities)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def _context(context: ssl.SSLContext, credentials: Credentials, authorities: str) -> ssl.SSLContext:
    if not authorities.strip():
        raise ValueError("no authority to pin: without one, anybody's certificate would do")
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(credentials.certificate, credentials.key)
    context.load_verify_locations(cadata=authorities)
    return context


@dataclass(frozen=True, slots=True)
class PeerAddress:
    """Where a party's node listens, and how its line is secured."""

    url: str
    tls: ssl.SSLContext


class _TooLarge(Exception):
    """An answer that does not end where it must."""


def _bounded(pieces: Iterable[bytes]) -> bytes:
    """Put an answer together as it came, never decoded, or give up where it passes the cap."""
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > MAX_ANSWER_BYTES:
            raise _TooLarge(f"the answer passes {MAX_ANSWER_BYTES} bytes")
    return bytes(body)


class HttpTransport:
    """A transport over HTTPS; one connection pool per party."""

    def __init__(self, peers: Mapping[str, PeerAddress], *, timeout_seconds: float = 30.0) -> None:
        self._clients = {
            party: httpx.Client(base_url=peer.url, verify=peer.tls, timeout=timeout_seconds, trust_env=False)
            for party, peer in peers.items()
        }

    def __call__(self, party: str, request: Request) -> Response:
        """Send a request; raise `PeerUnreachable` where no answer comes."""
        client = self._clients.get(party)
        if client is None:
            raise PeerUnreachable(
                Words(
                    es=f"No hay dirección de {party} en node.toml.", en=f"There is no address of {party} in node.toml."
                )
            )
        headers = {"accept-encoding": "identity"}
        if request.byte_range:
            headers["range"] = "bytes={}-{}".format(*request.byte_range)
        try:
            with client.stream(request.method, request.path, content=request.body, headers=headers) as answer:
                body = _bounded(answer.iter_raw())
                return Response(answer.status_code, body, answer.headers.get("content-type", ""))
        except (httpx.HTTPError, httpx.InvalidURL, _TooLarge) as error:
            raise PeerUnreachable(
                Words(es=f"{party} no contesta: {error}.", en=f"{party} does not answer: {error}.")
            ) from error

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            client.close()
