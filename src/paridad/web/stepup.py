# SPDX-License-Identifier: Apache-2.0
"""Step-up at release: the officer's passkey signs the digest of exactly the bytes that the node is about to sign.

Rules
  - `begin` makes the texts of the acts and signs nothing; their SHA-256 is the challenge (ADR 21).
  - `finish` verifies the answer (user verified, single use, five minutes), then signs, files and keeps it beside the
    acts; the session goes on under a new name. What fails signs nothing, and the page begins again.
  - A demonstration identity without a passkey assents by its button; the record says plainly: not verified.
  - A passkey of somebody else than the officer who is signed in assents to nothing.

Use by a page
    assent = stepup.begin(office, visit, "folio.answer", id=new_id, folio=folio, record=[…])      on the check page
    {% include "assent.html" %}        inside the form, with `assent=assent, sign=say("release.sign")` in the values;
                                       beside it the page's own hidden `id` (the same id)
    said = stepup.finish(office, visit, form["id"], form["assent"])                   when the form comes; `.acts`
Both raise `ParidadError`s: the page shows its check step again, with a new `begin`.
"""

import logging
from dataclasses import dataclass

from paridad.base.strict import JsonValue, decode_base64url
from paridad.base.words import Words
from paridad.node.assenting import Assent, Prepared, carry_out_prepared, said_before
from paridad.node.errors import AssentOver
from paridad.node.saying import Said
from paridad.store import accounts
from paridad.store.accounts import PasskeyRow
from paridad.web import passkeys
from paridad.web.errors import PasskeyRefused
from paridad.web.office import Office
from paridad.web.rendering import Visit
from paridad.web.signin import answered, cookie_name, relying_party

PREPARE = "assent.prepare"
log = logging.getLogger("paridad.web")

NOT_THEIRS = Words(
    es="Esa llave de acceso es de otra persona; confirma quien entró.",
    en="That passkey is somebody else's; whoever is signed in confirms.",
)
NONE_HERE = Words(
    es="Para firmar hace falta una llave de acceso suya en este nodo, con su nombre en la dirección.",
    en="To sign takes a passkey of yours at this node, opened by its name.",
)


@dataclass(frozen=True, slots=True)
class Begun:
    """What waits for the officer's assent."""

    id: str
    """The command's identifier, by which `finish` finds it."""
    folio: str
    challenge: str
    """SHA-256 of what will be signed, base64url."""
    until: int
    options: str
    """What is asked of the passkey, JSON; empty where a demonstration identity assents without one."""


def begin(office: Office, visit: Visit, operation: str, *, id: str, **arguments: JsonValue) -> Begun:  # noqa: A002  the forms call it so
    """Prepare an operation that says something in a folio, or refuse it as carrying it out would."""
    ways = _ways(office, visit)
    made = office.ask(visit.who, PREPARE, order=operation, arguments={**arguments, "id": id})
    challenge = decode_base64url(made["challenge"])
    party = relying_party(office, visit)
    known = [each.raw_id for each in ways]
    options = passkeys.authentication_options(party, challenge, known=known) if party and known else ""
    return Begun(made["id"], made["folio"], made["challenge"], made["until"], options)


def finish(office: Office, visit: Visit, id_: str, answer: str) -> Said:
    """Verify the assent, sign, file; the same form sent twice says nothing twice."""
    own = office.node.own
    try:
        prepared = office.node.preparations.take(visit.who, id_, now=visit.now)
    except AssentOver:
        before = said_before(own, visit.who, id_)
        if before is None:
            raise
        return before
    try:
        assent = _verified(office, visit, prepared, answer)
    except PasskeyRefused as error:
        log.warning("assent refused: %s in %s: %r", visit.who, prepared.asked.folio, error.words.en)
        raise
    said = carry_out_prepared(own, prepared, assent, now=visit.now)
    name = visit.request.cookies.get(cookie_name(office.party), "")
    visit.renewed.append(office.sessions.renew(name, now=visit.now, random=own.random))
    return said


def _verified(office: Office, visit: Visit, prepared: Prepared, answer: str) -> Assent:
    if not _ways(office, visit):
        return Assent()
    passkey = answered(office, visit, answer, about="", challenge=prepared.challenge)
    if passkey.officer != visit.who:
        raise PasskeyRefused(NOT_THEIRS)
    said = passkeys.read_answer(answer).parsed.response
    return Assent(passkey.credential, said.authenticator_data, said.client_data_json, said.signature)


def _ways(office: Office, visit: Visit) -> list[PasskeyRow]:
    """Return the passkeys with which the officer can assent; none only for a demonstration identity without any."""
    with office.node.own.store.read() as conn:
        found = [each for each in accounts.passkeys_of(conn, visit.who) if each.revoked_at is None]
    verified = visit.session is not None and bool(visit.session.credential)
    if (found and relying_party(office, visit)) or (not found and office.demo and not verified):
        return found
    raise PasskeyRefused(NONE_HERE)
