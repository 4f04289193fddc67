# SPDX-License-Identifier: Apache-2.0
"""What one person prepared about a run and another has to approve: stored, sealed, expiring, used once.

Rules
  - A draft lies in the node's locker: it survives a restart, and nobody reads it in the database. It never leaves.
  - It holds what was decided on and by whom; it counts for three days. What is over is destroyed when it is met.
  - The second person names the digest of what was reviewed; who prepared does not approve.
  - A draft is taken once: two persons who approve at one moment send one act.
  - Acts name persons by pseudonyms made for that act alone; who they were stays here (`said_by`).

Worked example
    draft = keep_draft(own, Draft.of("proposal", "", officer, {"peer": "B/CUSTOMS", …}, now=now, random=own.random))
    approved = take_draft(own, draft.id, digest=draft.digest, officer=other, now=later)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

import sqlalchemy as sa

from paridad.base.sources import SECONDS_A_DAY, Random
from paridad.base.strict import JsonValue, encode_base64url, read_json, write_json
from paridad.base.words import Words
from paridad.desks.targets.deconfliction.messages import Persons
from paridad.exchange.own_side import OwnSide
from paridad.node.errors import DraftOver, OfficerRefused
from paridad.node.home import Officer
from paridad.store.records import Judgement, judge, judgements_of

DAYS = 3
LOCKER = "run-draft/"
_ID_BYTES = 12
_SALT_BYTES = 16
_PSEUDONYM = 16
"""Letters of a pseudonym."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One thing that waits for a second person."""

    id: str
    kind: str
    """A code of the list `run_draft`: proposal, agreement, decisions, continue."""
    run: str
    """The run that it is about; empty for a proposal."""
    agency: str
    officer: str
    at: int
    content: Mapping[str, JsonValue]

    @classmethod
    def of(
        cls, kind: str, run: str, officer: Officer, content: Mapping[str, JsonValue], *, now: int, random: Random
    ) -> "Draft":
        """Prepare something in an officer's name."""
        return cls(random(_ID_BYTES).hex(), kind, run, officer.agency, officer.id, now, content)

    @property
    def until(self) -> int:
        """When it is over."""
        return self.at + DAYS * SECONDS_A_DAY

    @property
    def digest(self) -> str:
        """What the second person agrees to."""
        return encode_base64url(sha256(_written(self)).digest())


def _written(draft: Draft) -> bytes:
    return write_json([draft.kind, draft.run, draft.agency, draft.officer, draft.at, dict(draft.content)])


def keep_draft(own: OwnSide, draft: Draft) -> Draft:
    """Keep a draft until it is approved, discarded or over."""
    own.store.submit(lambda conn: own.vault.lock(conn, {LOCKER + draft.id: _written(draft)}))
    return draft


def drafts_of(own: OwnSide, agency: str, *, now: int, run: str = "") -> list[Draft]:
    """Return the drafts of an agency that still count, oldest first; of one run, or of all."""
    with own.store.read() as conn:
        found = [_read(conn, own, name.removeprefix(LOCKER)) for name in own.vault.names(conn, LOCKER)]
    mine = [each for each in found if each and each.agency == agency and each.until > now]
    return sorted((each for each in mine if run in {"", each.run}), key=lambda each: (each.at, each.id))


def find_draft(own: OwnSide, agency: str, id_: str, *, now: int) -> Draft:
    """Return one draft of an agency, or raise `DraftOver`."""
    with own.store.read() as conn:
        found = _read(conn, own, id_)
    if found is None or found.agency != agency:
        raise DraftOver(
            Words(
                es=f"No hay aquí un borrador {id_}: se usó, se descartó o venció.",
                en=f"There is no draft {id_} here: it was used, discarded or is over.",
            )
        )
    if found.until <= now:
        discard_draft(own, id_)
        raise DraftOver(
            Words(es=f"El borrador venció: cuenta {DAYS} días.", en=f"The draft is over: it counts for {DAYS} days.")
        )
    return found


def demand_second(draft: Draft, officer: Officer, digest: str) -> None:
    """Demand another person than the one who prepared, and that it reviewed exactly this."""
    if officer.id == draft.officer:
        raise OfficerRefused(
            Words(
                es="Quien prepara no aprueba: pídalo a otra persona de su dependencia.",
                en="Who prepares does not approve: ask another person of your agency.",
            )
        )
    if digest != draft.digest:
        raise DraftOver(
            Words(
                es="La huella no es la de este borrador: ábralo otra vez y revise lo que dice.",
                en="The digest is not this draft's: open it again and review what it says.",
            )
        )


def discard_draft(own: OwnSide, id_: str) -> bool:
    """Destroy a draft; tell whether it was there."""
    return own.store.submit(lambda conn: own.vault.destroy(conn, [LOCKER + id_])) == 1


def demand_taken(own: OwnSide, draft: Draft) -> None:
    """Take a draft for good, or raise `DraftOver` where another person was faster."""
    if not discard_draft(own, draft.id):
        raise DraftOver(
            Words(es="Otra persona acaba de usar este borrador.", en="Another person has just used this draft.")
        )


def _read(conn: sa.Connection, own: OwnSide, id_: str) -> Draft | None:
    sealed = own.vault.unlock(conn, LOCKER + id_)
    return None if sealed is None else Draft(id_, *read_json(sealed))


# Who it was ----------------------------------------------------------------------------------------------------------


def pseudonyms(first: str, second: str, random: Random) -> Persons:
    """Return two officers as an act names them: not to be joined with any other act."""
    salt = random(_SALT_BYTES)
    one, two = (encode_base64url(sha256(salt + each.encode()).digest())[:_PSEUDONYM] for each in (first, second))
    return one, two


class Did(NamedTuple):
    """What an officer did in a run."""

    officer: str
    what: str
    """A code of the list `run_did`."""
    reason: str
    at: int


def note_said(own: OwnSide, run: str, officer: str, what: str, reason: str = "", *, now: int) -> None:
    """Keep at this node who did what in a run."""
    noted = Judgement(f"run {run}", now, officer, f"{what} {reason}".strip())
    own.store.submit(lambda conn: judge(conn, noted))


def said_by(conn: sa.Connection, run: str) -> list[Did]:
    """Return who did what in a run at this node, oldest first."""
    noted = ((each, *each.reason.partition(" ")) for each in judgements_of(conn, f"run {run}"))
    return [Did(each.judge, what, reason, each.at) for each, what, _, reason in noted]
