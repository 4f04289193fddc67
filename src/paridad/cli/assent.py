# SPDX-License-Identifier: Apache-2.0
"""Preparing what an officer will assent to; and the assent behind an act, verified again.

Rules
  - Preparing takes the operation and the arguments by which it would be carried out at once; nothing is signed.
  - What is prepared waits in the node's memory: `assent.prepare` is for the pages of a running node and no command.
  - An assent is shown to whoever may see its act, and is verified from the bytes that are kept, each time anew.

Worked example
    OPERATIONS["assent.prepare"](node, {"officer": "ana", "order": "folio.answer", "arguments": {"folio": …}})
    paridad act assent wUz… --as ana
"""

from collections.abc import Callable, Mapping
from typing import Any

from paridad.base.strict import JsonValue, encode_base64url
from paridad.base.words import Words
from paridad.cli import cases, mistaken, sightings
from paridad.cli.errors import refused
from paridad.cli.forms import Acting, Form, OfficerName, Positional, read_form
from paridad.cli.orders import READERS as FOLIO_READERS
from paridad.cli.seeing import note, reader, visible, words
from paridad.node import assenting
from paridad.node.node import Node
from paridad.node.saying import Sayable
from paridad.store import accounts
from paridad.web.passkeys import answers_challenge

PREPARE = "assent.prepare"
"""The operation's name."""

READERS: Mapping[str, tuple[type[Acting], Callable[[Node, Any], Sayable]]] = {
    **FOLIO_READERS,
    **cases.READERS,
    **sightings.READERS,
    **mistaken.READERS,
}
"""Each operation that says something: its form, and what reads that as something to be said."""

STATES: Mapping[str, Words] = {
    "verified": Words(
        es="La persona confirmó con su llave de acceso exactamente los bytes que se firmaron.",
        en="The officer confirmed with a passkey exactly the bytes that were signed.",
    ),
    "unverified": Words(
        es="Sin verificación: una identidad de demostración confirmó.",
        en="Not verified: a demonstration identity confirmed.",
    ),
    "broken": Words(
        es="Consta una confirmación que no corresponde a los bytes firmados.",
        en="There is an assent here that does not fit the signed bytes.",
    ),
    "none": Words(
        es="Nadie confirmó en una página: se dijo por la línea de órdenes del nodo.",
        en="Nobody confirmed on a page: it was said by the node's command line.",
    ),
}


class Prepare(Form):
    """Something to be said once an officer has assented."""

    officer: OfficerName
    order: str
    arguments: dict[str, Any]


class Assent(Form):
    """The assent behind an act."""

    act: Positional
    officer: OfficerName


def prepare(node: Node, arguments: Mapping[str, JsonValue]) -> JsonValue:
    """Prepare an operation's acts and return the challenge that their texts make."""
    form = read_form(Prepare, arguments)
    known = READERS.get(form.order)
    if known is None:
        raise refused(f"«{form.order}» no dice nada.", f"“{form.order}” says nothing.")
    read_as, ask = known
    asked = ask(node, read_form(read_as, {**form.arguments, "officer": form.officer}))
    prepared = assenting.prepare(node.own, asked)
    node.preparations.keep(prepared)
    return {
        "id": asked.id,
        "folio": asked.folio,
        "challenge": encode_base64url(prepared.challenge),
        "until": prepared.until,
    }


def show_assent(node: Node, form: Assent) -> JsonValue:
    """Return who assented to an act, when, and whether that verifies."""
    reading = reader(node, form.officer)
    with node.own.store.read() as conn:
        act = visible(reading, conn, form.act)
        row = accounts.assent_of(conn, act.hash)
        passkey = accounts.get_passkey(conn, row.credential) if row else None
        challenge = assenting.assented_challenge(conn, row) if row else b""
    note(reading, [act.hash], "assent")
    state = "none" if row is None else "unverified" if not row.credential else "broken"
    if row and passkey and answers_challenge(row, passkey, challenge):
        state = "verified"
    return {
        "act": act.hash,
        "assent": words(STATES[state], state),
        "assented_by": row.officer if row else "",
        "passkey": row.credential if row else "",
        "challenge": encode_base64url(challenge),
        "at": row.at if row else None,
    }
