# SPDX-License-Identifier: Apache-2.0
"""Enrolling a passkey with a code that the node's operator made for one officer.

Rules
  - The code has 128 random bits, is kept as a digest, and is used once, within a day; a newer one takes its place.
  - It is typed into a form and stands in no address. Whoever has it becomes that officer: it is handed over in person.
  - The code is used up in the transaction that keeps the passkey; an attempt that fails leaves it as it was.

Worked example
    code = new_code(random)                       "7G2K-QXW4-…", 26 letters and digits
    code_digest(code) == code_digest(code.lower().replace("-", " "))
"""

import logging
import re
from base64 import b32encode
from hashlib import sha256

from starlette.responses import Response

from paridad.base.sources import Random
from paridad.base.strict import decode_base64url, encode_base64url
from paridad.base.words import Words
from paridad.store import accounts
from paridad.store.accounts import Invitation, PasskeyRow
from paridad.web import passkeys
from paridad.web.errors import CodeRefused, PasskeyRefused
from paridad.web.office import Office
from paridad.web.passkeys import RelyingParty, credential_name
from paridad.web.rendering import Pages, Visit
from paridad.web.signin import UNPROCESSABLE, enter_as, relying_party

CODE_BYTES = 16
CODE_SECONDS = 24 * 3600
GROUP = 4
MAX_LABEL = 60
log = logging.getLogger("paridad.web")

UNKNOWN = Words(es="El código no vale: no es, venció o ya se usó.", en="The code is not valid: wrong, over, or used.")
NO_NAME = Words(
    es="Abra esta página con su nombre, no con un número: http://localhost y su puerto.",
    en="Open this page by its name, not by a number: http://localhost and its port.",
)
TAKEN = Words(es="Esa llave de acceso ya está inscrita.", en="That passkey is enrolled already.")


def new_code(random: Random) -> str:
    """Make an enrolment code."""
    plain = b32encode(random(CODE_BYTES)).decode("ascii").rstrip("=")
    return "-".join(plain[at : at + GROUP] for at in range(0, len(plain), GROUP))


def code_digest(code: str) -> str:
    """Return the digest of an enrolment code, however it was written: case, blanks and hyphens say nothing."""
    plain = re.sub(r"[\s\-]", "", code).upper()
    return encode_base64url(sha256(plain.encode("utf-8", "surrogateescape")).digest())


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Ask for the enrolment code."""
    del office
    return pages.answer(visit, "enrol.html", options="", problem="")


def begin(office: Office, pages: Pages, visit: Visit) -> Response:
    """Take the code and ask the authenticator for a passkey."""
    try:
        invitation, party = _invited(office, visit)
    except (CodeRefused, PasskeyRefused) as error:
        return _refused(pages, visit, error.sentence(visit.language))
    officer = office.node.home.officer(invitation.officer)
    challenge = office.challenges.issue(_about(invitation), now=visit.now, random=office.node.own.random)
    known = _known(office, invitation)
    options = passkeys.registration_options(
        party,
        challenge,
        handle=decode_base64url(_handle(invitation, known)),
        officer=officer.id,
        name=officer.name,
        known=[each.raw_id for each in known if each.revoked_at is None],
    )
    code = str(visit.form.get("code", ""))
    return pages.answer(visit, "enrol.html", options=options, invited=officer, code=code, problem="")


def finish(office: Office, pages: Pages, visit: Visit) -> Response:
    """Verify the new passkey, use up the code, and sign its officer in."""
    try:
        passkey = _enrolled(office, visit)
    except (CodeRefused, PasskeyRefused) as error:
        log.warning("enrolment refused: %r", error.words.en)
        return _refused(pages, visit, error.sentence(visit.language))
    log.info("enrolled: %s for %s, invited by %s", passkey.credential, passkey.officer, passkey.invited_by)
    return enter_as(office, visit, passkey.officer, credential=passkey.credential)


def _enrolled(office: Office, visit: Visit) -> PasskeyRow:
    invitation, party = _invited(office, visit)
    text = str(visit.form.get("answer", ""))
    challenge = passkeys.challenge_answered(text)
    office.challenges.redeem(challenge, _about(invitation), now=visit.now)
    made = passkeys.verify_new(party, text, challenge=challenge)
    row = PasskeyRow(
        credential=credential_name(made.raw_id),
        raw_id=made.raw_id,
        officer=invitation.officer,
        handle=_handle(invitation, _known(office, invitation)),
        label=str(visit.form.get("label", "")).strip()[:MAX_LABEL],
        public_key=made.public_key,
        sign_count=made.sign_count,
        invited_by=invitation.made_by,
        enrolled_at=visit.now,
        used_at=visit.now,
    )
    with office.node.own.store.write() as conn:
        if not accounts.use_invitation(conn, invitation.digest, at=visit.now):
            raise CodeRefused(UNKNOWN)
        if not accounts.put_passkey(conn, row):
            raise PasskeyRefused(TAKEN)
    return row


def _invited(office: Office, visit: Visit) -> tuple[Invitation, RelyingParty]:
    digest, party = code_digest(str(visit.form.get("code", ""))), relying_party(office, visit)
    with office.node.own.store.read() as conn:
        found = accounts.get_invitation(conn, digest, now=visit.now)
    if found is None or found.officer not in office.node.home.officers():
        raise CodeRefused(UNKNOWN)
    if party is None:
        raise PasskeyRefused(NO_NAME)
    return found, party


def _known(office: Office, invitation: Invitation) -> list[PasskeyRow]:
    with office.node.own.store.read() as conn:
        return accounts.passkeys_of(conn, invitation.officer)


def _handle(invitation: Invitation, known: list[PasskeyRow]) -> str:
    """Return the officer's handle: that of the passkeys before, else the digest of the code, as random as the code."""
    return known[0].handle if known else invitation.digest


def _about(invitation: Invitation) -> str:
    return f"enrol {invitation.digest}"


def _refused(pages: Pages, visit: Visit, problem: str) -> Response:
    return pages.answer(visit, "enrol.html", status=UNPROCESSABLE, options="", problem=problem)
