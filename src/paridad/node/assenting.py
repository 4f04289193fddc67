# SPDX-License-Identifier: Apache-2.0
"""A command in two steps: the texts are made, an officer assents to their very bytes, then they are signed and filed.

Rules
  - Preparing chooses everything but the signatures; nothing is signed, stored or sent. What is prepared lies in the
    memory of this process alone, for five minutes, and is taken once, whatever comes of it.
  - The challenge is the SHA-256 of the texts that will be signed, one a line: an assent is to these bytes, no others.
  - An act bears the time at which it was prepared, its assent the time at which it was given.
  - When it is carried out, everything is asked again: role, folio, policy. The assent is filed with the acts, in one
    transaction, and never leaves the node: it would tell who the officer is (ADR 21).

Worked example
    prepared = prepare(own, Asked(officer, command, "A-2026-0007", "c-1", now))
    preparations.keep(prepared)                             prepared.challenge goes to the officer
    taken = preparations.take("ana", "c-1", now=later)
    said = carry_out_prepared(own, taken, Assent("xUz…", …), now=later)
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from threading import Lock

import sqlalchemy as sa

from paridad.acts.prepare import UnsignedAct
from paridad.acts.prepare import prepare as prepare_act
from paridad.base.words import Words
from paridad.exchange import filing
from paridad.exchange.own_side import OwnSide
from paridad.node.errors import AssentOver
from paridad.node.saying import Plan, Said, Sayable
from paridad.store import accounts, records
from paridad.store.accounts import AssentRow

WAIT_SECONDS = 5 * 60
AT_ONCE = 8
"""What an officer may have prepared at one time; the oldest gives way."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A command whose acts wait for their signatures."""

    asked: Sayable
    planned: Plan
    unsigned: tuple[UnsignedAct, ...]

    @property
    def challenge(self) -> bytes:
        """What the officer's authenticator signs: SHA-256 of the texts, one a line."""
        return challenge_of([each.text for each in self.unsigned])

    @property
    def until(self) -> int:
        """When it is over."""
        return self.asked.now + WAIT_SECONDS


@dataclass(frozen=True, slots=True)
class Assent:
    """What an authenticator answered to a challenge; without a credential nobody's identity was verified."""

    credential: str = ""
    authenticator_data: bytes = b""
    client_data: bytes = b""
    signature: bytes = b""


class Preparations:
    """What waits for an assent at this node."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], Prepared] = {}
        self._lock = Lock()

    def keep(self, prepared: Prepared) -> None:
        """Keep what was prepared; what is over goes, and the officer's oldest beyond `AT_ONCE`."""
        officer, now = prepared.asked.officer.id, prepared.asked.now
        with self._lock:
            self._waiting = {name: each for name, each in self._waiting.items() if each.until > now}
            self._waiting[officer, prepared.asked.id] = prepared
            theirs = sorted((name for name in self._waiting if name[0] == officer), key=self._age)
            for name in theirs[:-AT_ONCE]:
                del self._waiting[name]

    def take(self, officer: str, id_: str, *, now: int) -> Prepared:
        """Hand out what was prepared, once; raise `AssentOver` where it is not here or no longer counts."""
        with self._lock:
            found = self._waiting.pop((officer, id_), None)
        if found is None or found.until <= now:
            raise AssentOver(
                Words(
                    es="Lo preparado ya no está: pasaron cinco minutos, o se usó.",
                    en="What was prepared is no longer here: five minutes passed, or it was used.",
                )
            )
        return found

    def _age(self, name: tuple[str, str]) -> int:
        return self._waiting[name].asked.now


def challenge_of(texts: Sequence[bytes]) -> bytes:
    """Return the challenge for the texts of acts: a text has no line break, so no other texts give the same."""
    return sha256(b"\n".join(texts)).digest()


def text_of(signed: bytes) -> bytes:
    """Return what was signed of an act, without its signature."""
    return signed.rpartition(b".")[0]


def prepare(own: OwnSide, asked: Sayable) -> Prepared:
    """Make the texts of what a command says, or refuse it as carrying it out would."""
    with own.store.read() as conn:
        see = filing.seen_heads(conn, own)
    planned = asked.plan(own, now=asked.now)
    unsigned = tuple(
        prepare_act(
            draft,
            vocabulary=own.vocabulary,
            kid=own.act_signers[draft.iss].kid,
            prg=own.keys.in_force(asked.now).prg,
            iat=asked.now,
            see=see,
            random=own.random,
        )
        for draft in planned.drafts
    )
    asked.releases(own, [each.draft for each in unsigned])
    return Prepared(asked, planned, unsigned)


def carry_out_prepared(own: OwnSide, prepared: Prepared, assent: Assent, *, now: int) -> Said:
    """Sign and file what was prepared, with the assent beside it; the assent was verified by whoever calls."""
    asked = prepared.asked
    meanwhile = asked.plan(own, now=now)
    signers = [own.act_signers[each.draft.envelope.iss] for each in prepared.unsigned]
    if any(signer.kid != each.draft.kid for signer, each in zip(signers, prepared.unsigned, strict=True)):
        raise AssentOver(Words(es="La clave de la dependencia cambió.", en="The agency's key has changed."))
    said = [each.sign(signer) for signer, each in zip(signers, prepared.unsigned, strict=True)]
    rows = [
        AssentRow(
            act.hash,
            asked.id,
            asked.officer.id,
            assent.credential,
            assent.authenticator_data,
            assent.client_data,
            assent.signature,
            now,
        )
        for act in said
    ]
    planned = replace(prepared.planned, records=meanwhile.records)
    return asked.file(own, planned, said, beside=lambda conn: accounts.put_assents(conn, rows))


def said_before(own: OwnSide, officer: str, id_: str) -> Said | None:
    """Return what an officer's command said, where it was carried out already."""
    with own.store.read() as conn:
        done = records.command(conn, id_)
    return Said(done.acts, repeated=True) if done and done.officer == officer else None


def assented_challenge(conn: sa.Connection, row: AssentRow) -> bytes:
    """Return the challenge that an assent has to answer, from the signed bytes that are kept."""
    signed = records.signed_by_command(conn, row.operation)
    return challenge_of([text_of(each) for each in signed])
