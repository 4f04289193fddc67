# SPDX-License-Identifier: Apache-2.0
"""`paridad peer`: the other parties' nodes, what waits for them, and whether they answer.

Rules
  - Without `--ask` nothing leaves this machine: what is shown is what this node knows.
  - Asked, a peer says which charter it goes by, what time it has, and where each stream stands with it.

Worked example
    paridad peer add B https://node.b.example:7443
    paridad peer status --ask
"""

from collections.abc import Iterator

import sqlalchemy as sa

from paridad.acts.envelope import party_of
from paridad.base.strict import JsonValue, read_json
from paridad.base.words import Words
from paridad.cli.errors import refused
from paridad.cli.forms import Form, Positional
from paridad.cli.status import inbound, outbound
from paridad.cli.verbs import Call, Noun, Verb
from paridad.exchange.errors import PeerRefused
from paridad.exchange.paths import STATUS
from paridad.exchange.transport import Request
from paridad.node.founding import add_peer
from paridad.node.home import Home
from paridad.node.node import Node
from paridad.node.running import http_line
from paridad.programme.origins import own_origin, shared_origin
from paridad.store.ledger import SqlLedgerStore

HTTP_OK = 200


class Status(Form):
    """What this node knows of its peers."""

    ask: bool = False


class Add(Form):
    """Where a peer listens."""

    party: Positional
    url: Positional
    dry_run: bool = False


def status(node: Node, form: Status) -> JsonValue:
    """Return every other party with its address, its logs, and the streams to and from it."""
    with node.own.store.read() as conn:
        peers = [_peer(conn, node, party) for party in node.own.others]
    if form.ask:
        for peer in peers:
            peer["answer"] = _ask(node, str(peer["party"]))
    return {"peers": peers}


def _peer(conn: sa.Connection, node: Node, party: str) -> dict[str, JsonValue]:
    own, ledger = node.own, SqlLedgerStore(conn)
    seen = [
        (origin, ledger.witnessed(origin))
        for origin in (shared_origin(party, own.programme), own_origin(party, own.programme))
    ]
    return {
        "party": party,
        "url": node.settings.peers.get(party, ""),
        "logs": [{"log": origin, "witnessed": head.size if head else 0} for origin, head in seen],
        "outbound": list(_about(outbound(conn), "receiver", party)),
        "inbound": list(_about(inbound(conn), "sender", party)),
    }


def _about(streams: Iterator[dict[str, JsonValue]], side: str, party: str) -> Iterator[JsonValue]:
    return (each for each in streams if party_of(str(each[side])) == party)


def _ask(node: Node, party: str) -> JsonValue:
    line = node.transport or http_line(node)
    response = line(party, Request("GET", STATUS))
    if response.status != HTTP_OK:
        raise PeerRefused(
            response.status,
            Words(es=f"{party} contestó {response.status}.", en=f"{party} answered {response.status}."),
        )
    told = read_json(response.body)
    same = told["prg"] == node.own.prg
    return {
        "same_charter": same,
        "clock_ahead_seconds": told["now"] - node.clock(),
        "logs": [{"log": origin, "size": size} for origin, size in told["logs"]],
    }


def add(call: Call, form: Add) -> JsonValue:
    """Write where a peer listens into node.toml."""
    home = Home(call.home)
    others = home.charters()[-1].others(home.settings.party)
    if form.party not in others:
        raise refused(
            f"{form.party} no es otra parte de la carta: {', '.join(others)}.",
            f"{form.party} is no other party of the charter: {', '.join(others)}.",
        )
    if not form.url.startswith("https://") or any(mark in form.url for mark in '"\\\n '):
        raise refused("La dirección empieza con https://.", "The address begins with https://.")
    if not form.dry_run:
        add_peer(call.home, form.party, form.url)
        call.tell("restart_node")
    return {"dry_run": form.dry_run, "party": form.party, "url": form.url}


NOUN = Noun("peer", (Verb("status", Status, operation=status), Verb("add", Add, local=add)))
