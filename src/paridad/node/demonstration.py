# SPDX-License-Identifier: Apache-2.0
"""Whether a node may have demonstration identities: only where nothing real can reach it or be reached (ADR 22).

Rules
  - The charter says of itself, signed by all parties, what it is (`notice`); a charter without a notice is a real one.
  - The node listens on loopback, knows its peers on loopback, and no proxy brings people to its pages.
  - Where one of these does not hold, the node does not start; there is no warning to overlook.

Worked example
    demand_demonstration(settings, charter)        raises `HomeRefused` and says which of the conditions fails
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from paridad.base.words import Words
from paridad.node.errors import HomeRefused
from paridad.node.home import Settings
from paridad.programme.terms import Charter

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def demand_demonstration(settings: Settings, charter: Charter) -> None:
    """Raise `HomeRefused` where demonstration identities are wanted and anything here could be real."""
    found = list(_obstacles(settings, charter)) if settings.demo_identities else []
    if found:
        es, en = ("; ".join(each.in_(language) for each in found) for language in ("es", "en"))
        raise HomeRefused(
            Words(
                es=f"node.toml: demo_identities no se admite aquí: {es}.",
                en=f"node.toml: demo_identities is not admitted here: {en}.",
            )
        )


def _obstacles(settings: Settings, charter: Charter) -> Iterator[Words]:
    if charter.notice is None:
        yield Words(
            es="la carta firmada no dice que sea una demostración", en="the signed charter does not say it is a demo"
        )
    if settings.host not in LOOPBACK:
        yield Words(es=f"el nodo escucha en {settings.host}", en=f"the node listens on {settings.host}")
    if settings.names:
        yield Words(es="un intermediario trae personas (names)", en="a proxy brings people here (names)")
    for party, url in sorted(settings.peers.items()):
        if urlsplit(url).hostname not in LOOPBACK:
            yield Words(es=f"el nodo de {party} está en {url}", en=f"the node of {party} is at {url}")
