# SPDX-License-Identifier: Apache-2.0
"""`paridad passkey` and `paridad session`: who may sign in at the pages, and who is signed in.

Rules
  - Everybody sees and ends what is theirs; whoever administers the node sees and ends everybody's.
  - Only whoever administers invites. The code is printed once and kept as a digest; it is handed over in person.
  - A revoked passkey ends the sessions that it opened; it stays on record, since assents are verified with it.

Worked example
    paridad passkey invite ana --as ops            prints the code; ana types it at http://localhost:<port>/es/enrol
    paridad session revoke xUz… --as ops
"""

import sqlalchemy as sa

from paridad.base.strict import JsonValue
from paridad.base.words import Words
from paridad.cli.forms import Acting, Form, OfficerName, Positional
from paridad.cli.verbs import Noun, Verb
from paridad.node.errors import NotFound
from paridad.node.home import Officer
from paridad.node.node import Node
from paridad.node.saying import demand_role
from paridad.policy.question import CommandQuestion
from paridad.store import accounts
from paridad.store.accounts import Invitation, PasskeyRow, SessionRow
from paridad.web.enrolment import CODE_SECONDS, code_digest, new_code
from paridad.web.sessions import is_open


class ListPasskeys(Form):
    """Passkeys."""

    officer: OfficerName


class Invite(Acting):
    """A code with which an officer enrols a passkey."""

    invited: Positional


class RevokePasskey(Acting):
    """The end of a passkey."""

    passkey: Positional


class ListSessions(Form):
    """Open sessions."""

    officer: OfficerName


class RevokeSession(Acting):
    """The end of a session."""

    session: Positional


def list_passkeys(node: Node, form: ListPasskeys) -> JsonValue:
    """Return the passkeys that an officer may see, revoked ones too."""
    whose = _whose(node, form.officer)
    with node.own.store.read() as conn:
        return {"passkeys": [_passkey(row) for row in accounts.passkeys_of(conn, whose)]}


def invite(node: Node, form: Invite) -> JsonValue:
    """Make an enrolment code for an officer; it is shown once."""
    now = node.clock()
    maker, invited = node.home.officer(form.officer), node.home.officer(form.invited)
    demand_role(node.own, maker, "administer", now=now)
    code, until = new_code(node.own.random), now + CODE_SECONDS
    if not form.dry_run:
        row = Invitation(code_digest(code), invited.id, maker.id, until)
        with node.own.store.write() as conn:
            accounts.put_invitation(conn, row)
    return {
        "dry_run": form.dry_run,
        "officer": invited.id,
        "enrolment_code": "" if form.dry_run else code,
        "until": until,
    }


def revoke_passkey(node: Node, form: RevokePasskey) -> JsonValue:
    """End the use of a passkey and the sessions that it opened."""
    now, whose = node.clock(), _whose(node, form.officer)

    def revoke(conn: sa.Connection) -> int:
        row = accounts.get_passkey(conn, form.passkey)
        if row is None or whose not in {"", row.officer} or row.revoked_at is not None:
            raise _not_found()
        if form.dry_run:
            return 0
        accounts.revoke_passkey(conn, row.credential, by=form.officer, at=now)
        return accounts.end_sessions_of(conn, row.credential)

    ended = node.own.store.submit(revoke)
    return {"dry_run": form.dry_run, "passkey": form.passkey, "revoked_by": form.officer, "sessions_ended": ended}


def list_sessions(node: Node, form: ListSessions) -> JsonValue:
    """Return the open sessions that an officer may see, newest first."""
    now, whose = node.clock(), _whose(node, form.officer)
    with node.own.store.read() as conn:
        rows = accounts.list_sessions(conn, officer=whose)
    return {"sessions": [_session(row) for row in rows if is_open(row, now)]}


def revoke_session(node: Node, form: RevokeSession) -> JsonValue:
    """End a session."""
    now, whose = node.clock(), _whose(node, form.officer)

    def revoke(conn: sa.Connection) -> None:
        row = accounts.get_session(conn, form.session)
        if row is None or whose not in {"", row.officer} or not is_open(row, now):
            raise _not_found()
        if not form.dry_run:
            accounts.end_session(conn, row.digest)

    node.own.store.submit(revoke)
    return {"dry_run": form.dry_run, "session": form.session, "revoked_by": form.officer, "at": now}


def _whose(node: Node, id_: str) -> str:
    """Return whose things an officer may see and end: their own, or everybody's, which has no name."""
    officer = node.home.officer(id_)
    return "" if _administers(node, officer) else officer.id


def _administers(node: Node, officer: Officer) -> bool:
    question = CommandQuestion(role=officer.role, command="administer", proposer=False)
    return node.own.engine.decide_one(question, now=node.clock()).allowed


def _passkey(row: PasskeyRow) -> JsonValue:
    return {
        "passkey": row.credential,
        "officer": row.officer,
        "name": row.label,
        "invited_by": row.invited_by,
        "enrolled_at": row.enrolled_at,
        "used_at": row.used_at,
        "revoked_at": row.revoked_at,
        "revoked_by": row.revoked_by or "",
    }


def _session(row: SessionRow) -> JsonValue:
    return {
        "session": row.digest,
        "officer": row.officer,
        "opened": row.opened,
        "seen": row.seen,
        "passkey": row.credential,
    }


def _not_found() -> NotFound:
    return NotFound(Words(es="Aquí no hay nada en uso con ese nombre.", en="Nothing in use has that name here."))


PASSKEY = Noun(
    "passkey",
    (
        Verb("list", ListPasskeys, operation=list_passkeys),
        Verb("invite", Invite, operation=invite),
        Verb("revoke", RevokePasskey, operation=revoke_passkey),
    ),
)
SESSION = Noun(
    "session",
    (Verb("list", ListSessions, operation=list_sessions), Verb("revoke", RevokeSession, operation=revoke_session)),
)
