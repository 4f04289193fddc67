# SPDX-License-Identifier: Apache-2.0
"""Who may come in and who is in: sessions, passkeys, invitations, and assents beside the acts they stand for.

Rules
  - What opens a door (a cookie's value, an enrolment code) is kept as a digest alone.
  - A passkey's counter only grows, compared and set in one statement; a passkey that is revoked stays, so that what
    was assented to with it can be verified for ever.
  - An invitation is used once: whoever uses it second finds it used.

Worked example
    put_session(conn, SessionRow(digest, "ana", now, now, csrf, credential))
    end_sessions(conn, officer="ana")        is 1
"""

from typing import NamedTuple

import sqlalchemy as sa

from paridad.store.acts import numbers_of
from paridad.store.bulk import insert_many
from paridad.store.tables import assents, invitations, passkeys, sessions


class SessionRow(NamedTuple):
    """An open session."""

    digest: str
    officer: str
    opened: int
    seen: int
    csrf: str
    credential: str
    """The passkey that opened it; empty for a demonstration identity."""


class PasskeyRow(NamedTuple):
    """A passkey of an officer."""

    credential: str
    """Digest of `raw_id`: the same length for all, so that it can be named on a command line."""
    raw_id: bytes
    officer: str
    handle: str
    label: str
    public_key: bytes
    sign_count: int
    invited_by: str
    enrolled_at: int
    used_at: int
    revoked_at: int | None = None
    revoked_by: str | None = None


class Invitation(NamedTuple):
    """An enrolment code that an operator made."""

    digest: str
    officer: str
    made_by: str
    until: int
    used_at: int | None = None


class AssentRow(NamedTuple):
    """An officer's consent to the bytes of an act; without a credential nobody's identity was verified."""

    act: str
    operation: str
    officer: str
    credential: str
    authenticator_data: bytes
    client_data: bytes
    signature: bytes
    at: int


# --- sessions -------------------------------------------------------------------------------------------------------


def put_session(conn: sa.Connection, row: SessionRow) -> None:
    """Keep a session that was opened."""
    insert_many(conn, sessions, [row])


def get_session(conn: sa.Connection, digest: str) -> SessionRow | None:
    """Return a session by its digest."""
    found = conn.execute(sa.select(sessions).where(sessions.c.digest == digest)).first()
    return SessionRow(*found) if found else None


def see_session(conn: sa.Connection, digest: str, *, at: int) -> None:
    """Note that a session was used."""
    conn.execute(sa.update(sessions).where(sessions.c.digest == digest).values(seen=at))


def rename_session(conn: sa.Connection, old: str, new: str, *, at: int) -> bool:
    """Give a session another name; the old one opens nothing from then on."""
    change = sa.update(sessions).where(sessions.c.digest == old).values(digest=new, seen=at)
    return conn.execute(change).rowcount == 1


def list_sessions(conn: sa.Connection, *, officer: str = "") -> list[SessionRow]:
    """Return sessions, newest first; of one officer or of all."""
    found = sa.select(sessions).order_by(sessions.c.opened.desc(), sessions.c.digest)
    return [SessionRow(*row) for row in conn.execute(found.where(sessions.c.officer == officer) if officer else found)]


def end_session(conn: sa.Connection, digest: str) -> bool:
    """End one session."""
    return conn.execute(sa.delete(sessions).where(sessions.c.digest == digest)).rowcount == 1


def end_sessions_of(conn: sa.Connection, credential: str) -> int:
    """End the sessions that a passkey opened; return how many they were."""
    return conn.execute(sa.delete(sessions).where(sessions.c.credential == credential)).rowcount


def forget_old_sessions(conn: sa.Connection, *, opened_before: int, seen_before: int) -> None:
    """Drop the sessions that are over."""
    over = (sessions.c.opened < opened_before) | (sessions.c.seen < seen_before)
    conn.execute(sa.delete(sessions).where(over))


# --- passkeys -------------------------------------------------------------------------------------------------------


def put_passkey(conn: sa.Connection, row: PasskeyRow) -> bool:
    """Keep a passkey; False where its name is taken."""
    return insert_many(conn, passkeys, [row], ignore=True) == 1


def get_passkey(conn: sa.Connection, credential: str) -> PasskeyRow | None:
    """Return a passkey, revoked or not."""
    found = conn.execute(sa.select(passkeys).where(passkeys.c.credential == credential)).first()
    return PasskeyRow(*found) if found else None


def passkeys_of(conn: sa.Connection, officer: str = "") -> list[PasskeyRow]:
    """Return the passkeys of one officer or of all, oldest first, revoked ones too."""
    found = sa.select(passkeys).order_by(passkeys.c.officer, passkeys.c.enrolled_at, passkeys.c.credential)
    return [PasskeyRow(*row) for row in conn.execute(found.where(passkeys.c.officer == officer) if officer else found)]


def use_passkey(conn: sa.Connection, row: PasskeyRow, *, sign_count: int, at: int) -> bool:
    """Note a use of a passkey; False where it was used or revoked since the row was read."""
    here = (
        passkeys.c.credential == row.credential,
        passkeys.c.sign_count == row.sign_count,
        passkeys.c.revoked_at.is_(None),
    )
    return conn.execute(sa.update(passkeys).where(*here).values(sign_count=sign_count, used_at=at)).rowcount == 1


def revoke_passkey(conn: sa.Connection, credential: str, *, by: str, at: int) -> bool:
    """End the use of a passkey; False where that was done before."""
    here = (passkeys.c.credential == credential, passkeys.c.revoked_at.is_(None))
    return conn.execute(sa.update(passkeys).where(*here).values(revoked_at=at, revoked_by=by)).rowcount == 1


# --- invitations ----------------------------------------------------------------------------------------------------


def put_invitation(conn: sa.Connection, row: Invitation) -> None:
    """Keep an invitation in place of every unused one of the same officer."""
    conn.execute(sa.delete(invitations).where(invitations.c.officer == row.officer, invitations.c.used_at.is_(None)))
    insert_many(conn, invitations, [row])


def get_invitation(conn: sa.Connection, digest: str, *, now: int) -> Invitation | None:
    """Return an invitation that can still be used."""
    here = (invitations.c.digest == digest, invitations.c.used_at.is_(None), invitations.c.until > now)
    found = conn.execute(sa.select(invitations).where(*here)).first()
    return Invitation(*found) if found else None


def use_invitation(conn: sa.Connection, digest: str, *, at: int) -> bool:
    """Note that an invitation was used; False where it was used before or is over."""
    here = (invitations.c.digest == digest, invitations.c.used_at.is_(None), invitations.c.until > at)
    return conn.execute(sa.update(invitations).where(*here).values(used_at=at)).rowcount == 1


# --- assents --------------------------------------------------------------------------------------------------------


def put_assents(conn: sa.Connection, rows: list[AssentRow]) -> None:
    """Keep an assent beside each act it stands for, in the transaction that files them."""
    insert_many(conn, assents, rows)


def assent_of(conn: sa.Connection, act_hash: str) -> AssentRow | None:
    """Return the assent behind an act of ours, None where none was given."""
    found = conn.execute(sa.select(assents).where(assents.c.act.in_(numbers_of([act_hash])))).first()
    return AssentRow(act_hash, *found[1:]) if found else None
