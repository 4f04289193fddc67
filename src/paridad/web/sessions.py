# SPDX-License-Identifier: Apache-2.0
"""Sessions: who is signed in here, kept in the node's database, ended by anybody entitled to (ASVS 5.0 V7).

Rules
  - A session's name is 256 random bits in a cookie; the database keeps its digest alone, so that nobody who reads the
    database can come in by it.
  - It ends after half an hour without use, twelve hours after it was opened, when signed out, when revoked, with the
    passkey that opened it, and where it was opened without one as soon as demonstration identities are off.
  - Signing in opens a new session; a step-up gives the session a new name and the old one is worth nothing.

Worked example
    name = sessions.open("ana", credential="xUz…", now=now, random=random)
    sessions.find(name, now=now).officer         is "ana"
"""

from dataclasses import dataclass
from hashlib import sha256

from paridad.base.sources import Random
from paridad.base.strict import encode_base64url
from paridad.store import accounts
from paridad.store.accounts import SessionRow
from paridad.store.engine import Store

NAME_BYTES = 32
IDLE_SECONDS = 30 * 60
LONGEST_SECONDS = 12 * 3600
NOTED_SECONDS = 60
"""How often the use of a session is noted."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in."""

    officer: str
    opened: int
    csrf: str
    """What every form of this session carries."""
    credential: str
    """The passkey that opened it; empty where nobody's identity was verified."""
    digest: str
    """By which the session is listed and revoked; it opens nothing."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """The open sessions of a node."""

    store: Store
    unverified: bool = False
    """Whether a session that no passkey opened counts."""

    def open(self, officer: str, *, credential: str, now: int, random: Random) -> str:
        """Open a session and return its name, the cookie's value; forget those that are over."""
        name = encode_base64url(random(NAME_BYTES))
        row = SessionRow(digest_of(name), officer, now, now, encode_base64url(random(NAME_BYTES)), credential)
        with self.store.write() as conn:
            accounts.forget_old_sessions(conn, opened_before=now - LONGEST_SECONDS, seen_before=now - IDLE_SECONDS)
            accounts.put_session(conn, row)
        return name

    def find(self, name: str, *, now: int) -> Session | None:
        """Return the session of a cookie and note that it was used; None where there is none any more."""
        digest = digest_of(name)
        with self.store.read() as conn:
            row = accounts.get_session(conn, digest)
        if row is None or not self._counts(row, now):
            return None
        if now - row.seen >= NOTED_SECONDS:
            with self.store.write() as conn:
                accounts.see_session(conn, digest, at=now)
        return Session(row.officer, row.opened, row.csrf, row.credential, digest)

    def lasts(self, name: str, *, now: int) -> bool:
        """Say whether a session still counts, without taking that for a use of it."""
        with self.store.read() as conn:
            row = accounts.get_session(conn, digest_of(name))
        return row is not None and self._counts(row, now)

    def renew(self, name: str, *, now: int, random: Random) -> str:
        """Give a session a new name and return it; the old one opens nothing any more."""
        new = encode_base64url(random(NAME_BYTES))
        with self.store.write() as conn:
            accounts.rename_session(conn, digest_of(name), digest_of(new), at=now)
        return new

    def end(self, name: str) -> None:
        """End a session."""
        with self.store.write() as conn:
            accounts.end_session(conn, digest_of(name))

    def _counts(self, row: SessionRow, now: int) -> bool:
        return is_open(row, now) and (bool(row.credential) or self.unverified)


def is_open(row: SessionRow, now: int) -> bool:
    """Say whether a session is neither idle for too long nor too old."""
    return now - row.seen <= IDLE_SECONDS and now - row.opened <= LONGEST_SECONDS


def digest_of(name: str) -> str:
    """Return the digest under which a session is kept."""
    return encode_base64url(sha256(name.encode("utf-8", "surrogateescape")).digest())
