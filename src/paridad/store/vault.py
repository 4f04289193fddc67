# SPDX-License-Identifier: Apache-2.0
"""Disclosures at rest: encrypted under a key of their act, so that destroying the key destroys them.

Rules
  - Each subject (an act, by its hash; or another kept thing, by a name with a slash) has an AES-256-GCM key of its
    own. It is wrapped by the key of an *epoch*, which lives outside the database (spine 6.3).
  - What came together is one box: the disclosures joined by `~`. Authenticated with it: algorithm, subject and number
    of the box; with the wrapped key: algorithm, subject and epoch. A box or key moved to another place does not open.
  - Erasing deletes boxes and wrapped key and records both dates: unreadable in the node since, in backups by. Erasing
    some encrypts what remains under a new key. `Store.scrub` then takes the bytes out of the files.
  - Re-wrapping brings living keys to the current epoch; then the old epoch's key can be destroyed, and with it what
    old backups hold. Destroying a parent must name its children: nesting is the business of `acts`.

Worked example
    vault.put_disclosures(conn, {hash_: ["WyJ…", "WyK…"]})
    vault.disclosures(conn, hash_)                           is ("WyJ…", "WyK…")
    vault.erase(conn, hash_, at=now, backups_by=now + month, reason="retention")
    vault.disclosures(conn, hash_)                           is ()
"""

import struct
from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple, Protocol

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from paridad.base.sources import Random
from paridad.base.strict import encode_base64url
from paridad.base.words import Words
from paridad.store.acts import touch
from paridad.store.bulk import insert_many
from paridad.store.errors import Unreadable
from paridad.store.tables import act_keys, boxes, destroyed

KEY_BYTES = 32
NONCE_BYTES = 12
AES_256_GCM = 0x0002
"""Its number in HPKE's registry (RFC 9180 §7.3)."""

_FRESH = KEY_BYTES + 2 * NONCE_BYTES
_SEPARATOR = "~"


class EpochKeys(Protocol):
    """The node's wrapping keys, by epoch, outside the database."""

    def current(self) -> tuple[int, bytes]:
        """Return the current epoch and its 32-byte key."""

    def key(self, epoch: int) -> bytes:
        """Return the key of an epoch, or raise `KeyError` where it was destroyed."""


class Destroyed(NamedTuple):
    """What was erased, when, and by when it is gone from backups too."""

    subject: str
    number: int
    at: int
    backups_by: int
    epoch: int
    digests: tuple[str, ...]
    """The digests of what was destroyed; empty where everything was."""
    reason: str


def digest_of(text: str) -> str:
    """Return the digest of a disclosure's text as the act lists it (RFC 9901 §4.2.3)."""
    return encode_base64url(sha256(text.encode("ascii")).digest())


class Vault:
    """Seals what may have to be destroyed."""

    def __init__(self, epochs: EpochKeys, random: Random) -> None:
        self._epochs = epochs
        self._random = random

    # --- disclosures of acts -------------------------------------------------------------------------------------

    def put_disclosures(self, conn: sa.Connection, sets: Mapping[str, Sequence[str]]) -> None:
        """Seal the disclosures of acts that are filed in this transaction; an empty set leaves nothing."""
        self._put(conn, {hash_: _joined(texts) for hash_, texts in sets.items() if texts})

    def add_disclosures(self, conn: sa.Connection, sets: Mapping[str, Sequence[str]]) -> set[str]:
        """Seal disclosures that came later, as far as they are new; return the acts that gained some."""
        there = self.disclosures_of(conn, sets)
        gained = {hash_: [text for text in texts if text not in there[hash_]] for hash_, texts in sets.items()}
        more = {hash_: tuple(dict.fromkeys(texts)) for hash_, texts in gained.items() if texts}
        known = {hash_: texts for hash_, texts in more.items() if there[hash_]}
        self.put_disclosures(conn, {hash_: texts for hash_, texts in more.items() if hash_ not in known})
        for hash_, texts in known.items():
            self._add_box(conn, hash_, _joined(texts))
        touch(conn, sorted(more))
        return set(more)

    def disclosures(self, conn: sa.Connection, hash_: str) -> tuple[str, ...]:
        """Return the disclosures held of one act, in the order they came; none where there are none any more."""
        return self.disclosures_of(conn, [hash_])[hash_]

    def disclosures_of(self, conn: sa.Connection, hashes: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Return the disclosures held of several acts."""
        sets: dict[str, list[str]] = {hash_: [] for hash_ in hashes}
        for subject, data in self._open(conn, hashes):
            sets[subject].extend(data.decode("ascii").split(_SEPARATOR))
        return {hash_: tuple(texts) for hash_, texts in sets.items()}

    def erase(self, conn: sa.Connection, hash_: str, *, at: int, backups_by: int, reason: str) -> bool:
        """Destroy all disclosures of an act and record it; return whether there were any."""
        epoch = self._epoch_of(conn, hash_)
        if epoch is None:
            return False
        self.destroy(conn, [hash_])
        self._record(conn, hash_, at, backups_by, epoch, digests=(), reason=reason)
        return True

    def erase_some(
        self, conn: sa.Connection, hash_: str, digests: Collection[str], *, at: int, backups_by: int, reason: str
    ) -> int:
        """Destroy the named disclosures, seal the others under a new key, record it; return how many went."""
        epoch = self._epoch_of(conn, hash_)
        texts = self.disclosures(conn, hash_)
        gone = [text for text in texts if digest_of(text) in set(digests)]
        if epoch is None or not gone:
            return 0
        self.destroy(conn, [hash_])
        self.put_disclosures(conn, {hash_: [text for text in texts if text not in gone]})
        self._record(conn, hash_, at, backups_by, epoch, digests=[digest_of(text) for text in gone], reason=reason)
        return len(gone)

    # --- other things kept under a key of their own --------------------------------------------------------------

    def lock(self, conn: sa.Connection, things: Mapping[str, bytes]) -> None:
        """Seal bytes under a name with a slash, such as a held parcel; what is already there stays."""
        present = set(conn.execute(sa.select(act_keys.c.subject).where(act_keys.c.subject.in_(list(things)))).scalars())
        self._put(conn, {subject: data for subject, data in things.items() if subject not in present})

    def unlock(self, conn: sa.Connection, subject: str) -> bytes | None:
        """Return what was locked under a name, None where nothing is."""
        return next((data for _, data in self._open(conn, [subject])), None)

    def destroy(self, conn: sa.Connection, subjects: Collection[str]) -> None:
        """Delete boxes and wrapped keys; for acts use `erase`, which keeps the record."""
        conn.execute(sa.delete(boxes).where(boxes.c.subject.in_(list(subjects))))
        conn.execute(sa.delete(act_keys).where(act_keys.c.subject.in_(list(subjects))))

    # --- epochs --------------------------------------------------------------------------------------------------

    def re_wrap(self, conn: sa.Connection, *, limit: int = 1000) -> int:
        """Bring up to `limit` keys of older epochs to the current one; repeat until the answer is 0."""
        epoch, key = self._epochs.current()
        old = conn.execute(sa.select(act_keys).where(act_keys.c.epoch != epoch).limit(limit)).all()
        rows = []
        for row in old:
            opened = self._unwrap(row.subject, row.epoch, row.wrapped)
            wrapped = _seal(AESGCM(key), self._random(NONCE_BYTES), opened, _bound(b"key", row.subject, epoch))
            rows.append({"of": row.subject, "now": wrapped})
        if rows:
            values = {"epoch": epoch, "wrapped": sa.bindparam("now")}
            conn.execute(sa.update(act_keys).where(act_keys.c.subject == sa.bindparam("of")).values(values), rows)
        return len(rows)

    # --- within --------------------------------------------------------------------------------------------------

    def _put(self, conn: sa.Connection, things: Mapping[str, bytes]) -> None:
        epoch, epoch_key = self._epochs.current()
        wrapping = AESGCM(epoch_key)
        fresh = self._random(_FRESH * len(things))
        keys, sealed = [], []
        for number, (subject, data) in enumerate(things.items()):
            at = number * _FRESH
            key, nonces = fresh[at : at + KEY_BYTES], fresh[at + KEY_BYTES : at + _FRESH]
            bound = _bound(b"key", subject, epoch)
            keys.append((subject, epoch, _seal(wrapping, nonces[:NONCE_BYTES], key, bound)))
            sealed.append((subject, 0, _seal(AESGCM(key), nonces[NONCE_BYTES:], data, _bound(b"box", subject, 0))))
        insert_many(conn, act_keys, keys)
        insert_many(conn, boxes, sealed)

    def _add_box(self, conn: sa.Connection, subject: str, data: bytes) -> None:
        row = conn.execute(sa.select(act_keys).where(act_keys.c.subject == subject)).one()
        last = sa.select(sa.func.max(boxes.c.seq)).where(boxes.c.subject == subject)
        number = int(conn.execute(last).scalar_one()) + 1
        key = AESGCM(self._unwrap(subject, row.epoch, row.wrapped))
        sealed = _seal(key, self._random(NONCE_BYTES), data, _bound(b"box", subject, number))
        insert_many(conn, boxes, [(subject, number, sealed)])

    def _open(self, conn: sa.Connection, subjects: Collection[str]) -> list[tuple[str, bytes]]:
        rows = conn.execute(_BOXES, {"subjects": list(subjects)})
        return [
            (row.subject, _unseal(self._unwrap(row.subject, row.epoch, row.wrapped), row.sealed, row.subject, row.seq))
            for row in rows
        ]

    def _unwrap(self, subject: str, epoch: int, wrapped: bytes) -> bytes:
        try:
            return AESGCM(self._epochs.key(epoch)).decrypt(
                wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _bound(b"key", subject, epoch)
            )
        except (InvalidTag, KeyError) as error:
            raise _unreadable(subject) from error

    def _epoch_of(self, conn: sa.Connection, subject: str) -> int | None:
        return conn.execute(sa.select(act_keys.c.epoch).where(act_keys.c.subject == subject)).scalar_one_or_none()

    def _record(
        self,
        conn: sa.Connection,
        subject: str,
        at: int,
        backups_by: int,
        epoch: int,
        *,
        digests: Collection[str],
        reason: str,
    ) -> None:
        number = len(destructions(conn, subject))
        row = (subject, number, at, backups_by, epoch, " ".join(sorted(digests)), reason)
        insert_many(conn, destroyed, [row])
        touch(conn, [subject])


def destructions(conn: sa.Connection, hash_: str) -> list[Destroyed]:
    """Return what was destroyed of an act, oldest first."""
    rows = conn.execute(sa.select(destroyed).where(destroyed.c.subject == hash_).order_by(destroyed.c.seq))
    return [Destroyed._make((*row[:5], tuple(row.digests.split()), row.reason)) for row in rows]


def epochs_in_use(conn: sa.Connection) -> set[int]:
    """Return the epochs whose keys living things still need."""
    return set(conn.execute(sa.select(act_keys.c.epoch).distinct()).scalars())


def _joined(texts: Sequence[str]) -> bytes:
    return _SEPARATOR.join(texts).encode("ascii")


def _bound(what: bytes, subject: str, number: int) -> bytes:
    name = subject.encode("utf-8")
    return b"paridad/" + what + b"/1\0" + struct.pack(">HHQ", AES_256_GCM, len(name), number) + name


def _seal(key: AESGCM, nonce: bytes, data: bytes, bound: bytes) -> bytes:
    return nonce + key.encrypt(nonce, data, bound)


def _unseal(key: bytes, sealed: bytes, subject: str, number: int) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(b"box", subject, number))
    except InvalidTag as error:
        raise _unreadable(subject) from error


def _unreadable(subject: str) -> Unreadable:
    return Unreadable(
        Words(
            es=f"Lo guardado de {subject} no abre: la llave se destruyó o los bytes no son los suyos.",
            en=f"What is kept of {subject} does not open: the key was destroyed or the bytes are not its own.",
        )
    )


_BOXES = (
    sa.select(boxes.c.subject, boxes.c.seq, boxes.c.sealed, act_keys.c.epoch, act_keys.c.wrapped)
    .join(act_keys, act_keys.c.subject == boxes.c.subject)
    .where(boxes.c.subject.in_(sa.bindparam("subjects", expanding=True)))
    .order_by(boxes.c.subject, boxes.c.seq)
)
