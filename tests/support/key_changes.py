# SPDX-License-Identifier: Apache-2.0
"""Changing keys in a world of nodes, as an operator would: enrol, wait for the others, put to work, end.

Worked example
    new = enrol(parties, "MX/FGR", "act"); parties.settle(); put_to_work(parties, new)
    end(parties, "MX/FGR#1", "retire"); parties.settle()
"""

from typing import Literal

import sqlalchemy as sa

from paridad.base.words import Words
from paridad.ledger import log
from paridad.node.home import Home
from paridad.node.keeping import announce_change
from paridad.node.node import Node
from paridad.programme.keygen import PrivateKey, generate
from paridad.programme.origins import own_origin, shared_origin
from paridad.programme.records import ENDS_IN, Ending, KeyUse
from paridad.programme.statements import assemble_change, draft_ending, draft_enrolment, sign_as
from paridad.store.ledger import SqlLedgerStore
from support.programmes import seeded_random
from support.two_nodes import Parties


def private_key(parties: Parties, kid: str) -> PrivateKey:
    """Return a private key of a node's folder."""
    home = Home(parties.folder / kid.partition("/")[0])
    return next(key for key in home.private_keys() if key.kid == kid)


def agency_of(parties: Parties, party: str) -> str:
    """Return the agency in whose name a party speaks of its keys."""
    return next(iter(parties.by_name[party].own.act_signers))


def enrol(parties: Parties, owner: str, use: KeyUse, *, announced: bool = True) -> PrivateKey:
    """Make the next key of an owner, state its enrolment, and announce it; it is not at work yet."""
    party = owner.partition("/")[0]
    own, now = parties.by_name[party].own, parties.clock()
    name = owner if use in {"act", "sealing"} else f"{party}/{use}"
    numbers = [record.number for record in own.keys.records.values() if record.owner == name]
    key = generate(f"{name}#{max(numbers) + 1}", use, seeded_random("rolled", name, max(numbers)))
    signing: KeyUse = "act" if use == "sealing" else use
    before = max(
        (each for each in own.keys.records.values() if (each.owner, each.use) == (name, signing) and each.living(now)),
        key=lambda each: each.number,
    )
    statement = draft_enrolment(own.prg, key.record(valid_from=now), issued_at=now, predecessor=before.kid)
    signatures = [*sign_as("root", statement, parties.secrets[party].root)]
    signatures += sign_as("possession", statement, key) if use != "sealing" else ()
    signatures += sign_as("predecessor", statement, private_key(parties, before.kid))
    if announced:
        announce_change(own, agency_of(parties, party), assemble_change(statement, signatures), now=now)
    return key


def put_to_work(parties: Parties, key: PrivateKey) -> Node:
    """Put a key into its node's folder and open the node again."""
    party = key.kid.partition("/")[0]
    parties.by_name[party].close()
    Home(parties.folder / party).add_key(key)
    return parties.open(party)


def end(
    parties: Parties, kid: str, change: Literal["retire", "revoke"], *, size: int | None = None
) -> tuple[Ending, ...]:
    """State the end of a key: at the heads as they are, or back at a size of *shared*; announce it."""
    party = kid.partition("/")[0]
    own, now = parties.by_name[party].own, parties.clock()
    record = own.keys.records[kid]
    endings = []
    with own.store.read() as conn:
        ledger = SqlLedgerStore(conn)
        for each in sorted(ENDS_IN[record.use]):
            make = own_origin if each == "own" else shared_origin
            origin = make(party, own.programme)
            head = ledger.head(origin).size
            at = size if size is not None and each == "shared" else head
            endings.append(Ending(each, at, log.view(ledger, origin, at).root(), head if change == "revoke" else at))
    statement = draft_ending(
        change, own.prg, kid, issued_at=now, reason=Words(es="relevo", en="rotation"), endings=tuple(endings),
        ends_at=None if endings else now,
    )  # fmt: skip
    signed = assemble_change(statement, sign_as("root", statement, parties.secrets[party].root))
    announce_change(own, agency_of(parties, party), signed, now=now)
    return tuple(endings)


def leaves(node: Node, origin: str) -> int:
    """Return the size of a log at a node."""
    with node.own.store.read() as conn:
        return SqlLedgerStore(conn).head(origin).size


def kid_of(node: Node, hash_: str) -> str:
    """Return the key that signed an act."""
    with node.own.store.read() as conn:
        return str(conn.execute(sa.text("SELECT kid FROM acts WHERE hash = :hash"), {"hash": hash_}).scalar_one())
