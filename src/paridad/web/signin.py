# SPDX-License-Identifier: Apache-2.0
"""Signing in at one's own node: nodes exchange acts, never sessions.

Rules
  - A passkey opens a session; it needs neither name nor password.
  - Demonstration identities are a list to choose from; they exist where `node.toml` says so, on loopback, under a
    charter that says of itself what it is (ADR 22), and every page then says that nobody's identity was verified.
  - The cookie is `__Host-`, `Secure`, `HttpOnly`, `SameSite=Strict`; its name holds the party, since cookies know no
    port and two nodes of a demonstration share one host.
  - A link from elsewhere arrives without the cookie. The sign-in page then offers the same address as a link of its
    own: whoever is signed in goes on, nobody else gets any further.

Worked example
    cookie_name("A")                                        is "__Host-paridad-a"
    onward("folio/A-2026-0007"), onward("//evil.example")   are "folio/A-2026-0007", ""
"""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from starlette.responses import RedirectResponse, Response

from paridad.base.words import Words
from paridad.node.home import Officer
from paridad.policy.question import ROLES
from paridad.store import accounts
from paridad.store.accounts import PasskeyRow
from paridad.web import passkeys
from paridad.web.errors import PasskeyRefused
from paridad.web.guard import origin_of
from paridad.web.office import Office
from paridad.web.passkeys import RelyingParty
from paridad.web.rendering import Pages, Visit

SEE_OTHER = 303
UNPROCESSABLE = 422
SIGN_IN = "sign-in"
MAX_NEXT = 512
ELSEWHERE = frozenset({"cross-site", "same-site"})
NEXT = re.compile(r"[A-Za-z0-9_\-./?=&%~:,+#]*")
UNKNOWN = Words(es="Este nodo no conoce esa llave de acceso.", en="This node does not know that passkey.")
USED = Words(
    es="La llave de acceso se usó o se revocó en este momento.", en="The passkey was used or revoked at this moment."
)
log = logging.getLogger("paridad.web")

NO_DEMO = Words(es="Este nodo no tiene identidades de demostración.", en="This node has no demonstration identities.")


@dataclass(frozen=True, slots=True)
class Choice:
    """A demonstration identity to choose."""

    officer: Officer
    place: int
    """First, second, … of this role in its agency."""


def cookie_name(party: str) -> str:
    """Return the name of a node's session cookie."""
    return f"__Host-paridad-{party.lower()}"


def keep(office: Office, answer: Response, name: str) -> None:
    """Put a session's name into the answer's cookie."""
    answer.set_cookie(cookie_name(office.party), name, path="/", secure=True, httponly=True, samesite="strict")


def relying_party(office: Office, visit: Visit) -> RelyingParty | None:
    """Return whom a passkey answers under the name that this page was asked by; none under a bare IP address."""
    host = visit.request.headers["host"]
    name = host.partition(":")[0]
    if name.replace(".", "").isdigit():
        return None
    return RelyingParty(name, f"Paridad {office.party}", origin_of(host, visit.request.url.scheme))


def onward(wanted: str) -> str:
    """Return an address below the language to go on to, or nothing where it could lead anywhere else."""
    plain = NEXT.fullmatch(wanted) and "//" not in wanted and ".." not in wanted and len(wanted) <= MAX_NEXT
    return wanted if plain and not wanted.startswith("/") else ""


# Coming in ------------------------------------------------------------------------------------------------------------


def show(office: Office, pages: Pages, visit: Visit) -> Response:
    """Show how one may sign in."""
    return _show(office, pages, visit)


def enter_demo(office: Office, pages: Pages, visit: Visit) -> Response:
    """Sign in as a demonstration identity, where there are any."""
    if not office.demo:
        return _show(office, pages, visit, NO_DEMO.in_(visit.language))
    officer = str(visit.form.get("officer", ""))
    if officer not in office.node.home.officers():
        return _show(office, pages, visit, NO_DEMO.in_(visit.language))
    return enter_as(office, visit, officer, credential="")


def enter(office: Office, pages: Pages, visit: Visit) -> Response:
    """Sign in with a passkey."""
    try:
        passkey = answered(office, visit, str(visit.form.get("answer", "")), about=SIGN_IN)
    except PasskeyRefused as error:
        log.warning("sign-in refused: %r", error.words.en)
        return _show(office, pages, visit, error.sentence(visit.language))
    return enter_as(office, visit, passkey.officer, credential=passkey.credential)


def leave(office: Office, pages: Pages, visit: Visit) -> Response:
    """Sign out."""
    del pages
    office.sessions.end(visit.request.cookies.get(cookie_name(office.party), ""))
    log.info("signed out: %s", visit.who)
    answer = RedirectResponse(visit.to("sign-in"), SEE_OTHER)
    answer.delete_cookie(cookie_name(office.party), path="/", secure=True, httponly=True, samesite="strict")
    return answer


def answered(office: Office, visit: Visit, text: str, *, about: str, challenge: bytes | None = None) -> PasskeyRow:
    """Verify an authenticator's answer to a challenge and note the use of the passkey; raise `PasskeyRefused`.

    Without a `challenge` it is one that was handed out for this purpose, and is taken out of use.
    """
    answer, party = passkeys.read_answer(text), relying_party(office, visit)
    if challenge is None:
        office.challenges.redeem(answer.challenge, about, now=visit.now)
        challenge = answer.challenge
    with office.node.own.store.read() as conn:
        passkey = accounts.get_passkey(conn, answer.credential)
    if passkey is None or party is None or passkey.officer not in office.node.home.officers():
        raise PasskeyRefused(UNKNOWN)
    count = passkeys.verify_answer(party, answer, passkey, challenge=challenge)
    with office.node.own.store.write() as conn:
        if not accounts.use_passkey(conn, passkey, sign_count=count, at=visit.now):
            raise PasskeyRefused(USED)
    return passkey


def enter_as(office: Office, visit: Visit, officer: str, *, credential: str) -> Response:
    """Open a new session, whatever session the request came with, and go on."""
    office.sessions.end(visit.request.cookies.get(cookie_name(office.party), ""))
    name = office.sessions.open(officer, credential=credential, now=visit.now, random=office.node.own.random)
    answer = RedirectResponse(visit.to(_next(visit)), SEE_OTHER)
    keep(office, answer, name)
    log.info("signed in: %s by %s", officer, credential or "nothing (demonstration)")
    return answer


def _show(office: Office, pages: Pages, visit: Visit, problem: str = "") -> Response:
    party, wanted = relying_party(office, visit), _next(visit)
    challenge = office.challenges.issue(SIGN_IN, now=visit.now, random=office.node.own.random)
    from_elsewhere = visit.request.headers.get("sec-fetch-site", "cross-site") in ELSEWHERE
    return pages.answer(
        visit,
        "sign-in.html",
        status=UNPROCESSABLE if problem else 200,
        options=passkeys.authentication_options(party, challenge) if party else "",
        agencies=demo_choices(office.node.home.officers()) if office.demo else {},
        roles=ROLES,
        next=wanted,
        go_on=wanted if from_elsewhere and not problem else "",
        problem=problem,
    )


def demo_choices(officers: Mapping[str, Officer]) -> dict[str, list[Choice]]:
    """Return the demonstration identities by agency, each in the order of the roles."""
    listed = sorted(officers.values(), key=lambda each: (each.agency, ROLES.index(each.role), each.id))
    return {agency: list(_placed(group)) for agency, group in groupby(listed, key=lambda each: each.agency)}


def _placed(officers: Iterator[Officer]) -> Iterator[Choice]:
    for _, same in groupby(officers, key=lambda each: each.role):
        yield from (Choice(officer, place) for place, officer in enumerate(same, start=1))


def _next(visit: Visit) -> str:
    return onward(str(visit.form.get("next") or visit.request.query_params.get("next", "")))
