# SPDX-License-Identifier: Apache-2.0
"""Sessions: who is signed in here, kept by the server, ended by anybody entitled to (ASVS 5.0 V7).

Rules
  - A session is a random name of 256 bits in a cookie; the server keeps its digest alone.
  - It ends when idle, when old, when signed out, and when revoked.

Worked example
    name = sessions.open("ana", now=now, random=random)
    sessions.find(name, now=now).officer         is "ana"
"""

from dataclasses import dataclass, replace
from hashlib import sha256

from paridad.base.sources import Random
from paridad.base.strict import encode_base64url

NAME_BYTES = 32
IDLE_SECONDS = 30 * 60
LONGEST_SECONDS = 12 * 3600


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in."""

    officer: str
    opened: int
    seen: int
    csrf: str
    """What every form of this session carries."""


class Sessions:
    """The open sessions of a node."""

    def __init__(self) -> None:
        self._open: dict[bytes, Session] = {}

    def open(self, officer: str, *, now: int, random: Random) -> str:
        """Open a session and return its name, the cookie's value."""
        name = encode_base64url(random(NAME_BYTES))
        self._open[_digest(name)] = Session(officer, now, now, encode_base64url(random(NAME_BYTES)))
        return name

    def find(self, name: str, *, now: int) -> Session | None:
        """Return the session of a cookie and note that it was seen; None where there is none any more."""
        found = self._open.get(_digest(name))
        if found is None or now - found.seen > IDLE_SECONDS or now - found.opened > LONGEST_SECONDS:
            self._open.pop(_digest(name), None)
            return None
        self._open[_digest(name)] = replace(found, seen=now)
        return found

    def end(self, name: str) -> None:
        """End a session."""
        self._open.pop(_digest(name), None)


def _digest(name: str) -> bytes:
    return sha256(name.encode("utf-8")).digest()
