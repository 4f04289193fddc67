# SPDX-License-Identifier: Apache-2.0
"""Disclosures at rest: encrypted under a key of their act, so that destroying the key destroys them.

Rules
  - Each act, and each other thing that is kept sealed, has an AES-256-GCM key of its own. It is wrapped by the key of
    an *epoch*, which lives outside the database (spine 6.3).
  - What came together is one box: the disclosures joined by `~`. Authenticated with it: algorithm, act hash and number
    of the box; with the wrapped key: algorithm, act hash and epoch. A box or key moved elsewhere does not open.
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
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from paridad.base.sources import Random
from paridad.base.strict import encode_base64url
from paridad.base.words import Words
from paridad.store.acts import numbers_of, touch
from paridad.store.bulk import insert_many
from paridad.store.errors import Unreadable
from paridad.store.tables import act_keys, acts, destroyed, disclosures, lockers

KEY_BYTES = 32
NONCE_BYTES = 12
AES_256_GCM = 0x0002
"""Its number in HPKE's registry (RFC 9180 §7.3)."""

_FRESH = KEY_BYTES + 2 * NONCE_BYTES
_ACT_KEY, _ACT_BOX = b"paridad/act-key/1\0", b"paridad/disclosures/1\0"
_LOCKER_KEY, _LOCKER_BOX = b"paridad/locker-key/1\0", b"paridad/locker/1\0"
_SEPARATOR = "~"


class EpochKeys(Protocol):
    """The node's wrapping keys, by epoch, outside the database."""

    def current(self) -> tuple[int, bytes]:
        """Return the current epoch and its 32-byte key."""

    def key(self, epoch: int) -> bytes:
        """Return the key of an epoch, or raise `KeyError` where it was destroyed."""


class Destroyed(NamedTuple):
    """What was erased of an act, when, and by when it is gone from backups too."""

    act_hash: str
    at: int
    """Unreadable in the node since."""
    backups_by: int
    """Unreadable in backups by: when the key of the epoch is destroyed at the latest."""
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
        """Seal the disclosures of acts that have none yet; an empty set leaves nothing."""
        things = {hash_: _joined(texts) for hash_, texts in sets.items() if texts}
        sealed = self._seal_fresh(things, _ACT_KEY, _ACT_BOX)
        insert_many(conn, act_keys, [(hash_, epoch, wrapped) for hash_, epoch, wrapped, _ in sealed])
        insert_many(conn, disclosures, [(hash_, 0, box) for hash_, _, _, box in sealed])

    def add_disclosures(self, conn: sa.Connection, sets: Mapping[str, Sequence[str]]) -> set[str]:
        """Seal disclosures as far as they are new, touch the acts that gained some, and return these."""
        there = self.disclosures_of(conn, sets)
        gained = {hash_: dict.fromkeys(texts) for hash_, texts in sets.items()}
        for hash_, texts in there.items():
            for text in texts:
                gained[hash_].pop(text, None)
        self.put_disclosures(conn, {hash_: tuple(new) for hash_, new in gained.items() if not there[hash_]})
        for hash_, new in gained.items():
            if new and there[hash_]:
                self._add_box(conn, hash_, _joined(tuple(new)))
        more = [hash_ for hash_, new in gained.items() if new]
        touch(conn, more)
        return set(more)

    def disclosures(self, conn: sa.Connection, hash_: str) -> tuple[str, ...]:
        """Return the disclosures held of one act, in the order they came; none where there are none any more."""
        return self.disclosures_of(conn, [hash_])[hash_]

    def disclosures_of(self, conn: sa.Connection, hashes: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Return the disclosures held of several acts."""
        sets: dict[str, list[str]] = {hash_: [] for hash_ in hashes}
        for row in conn.execute(_BOXES, {"hashes": list(hashes)}):
            key = self._unwrap(row.hash, row.epoch, row.wrapped, _ACT_KEY)
            sets[row.hash].extend(
                _unseal(key, row.sealed, _ACT_BOX, row.hash, row.seq).decode("ascii").split(_SEPARATOR)
            )
        return {hash_: tuple(texts) for hash_, texts in sets.items()}

    def erase(self, conn: sa.Connection, hash_: str, *, at: int, backups_by: int, reason: str) -> bool:
        """Destroy all disclosures of an act and record it; return whether there were any."""
        epoch = self._delete(conn, hash_)
        if epoch is None:
            return False
        _record(conn, Destroyed(hash_, at, backups_by, epoch, (), reason))
        return True

    def erase_some(
        self, conn: sa.Connection, hash_: str, digests: Collection[str], *, at: int, backups_by: int, reason: str
    ) -> int:
        """Destroy the named disclosures, seal the others under a new key, record it; return how many went."""
        texts = self.disclosures(conn, hash_)
        gone = {text: digest for text in texts if (digest := digest_of(text)) in set(digests)}
        epoch = self._delete(conn, hash_) if gone else None
        if epoch is None:
            return 0
        self.put_disclosures(conn, {hash_: [text for text in texts if text not in gone]})
        _record(conn, Destroyed(hash_, at, backups_by, epoch, tuple(sorted(gone.values())), reason))
        return len(gone)

    # --- other bytes under a key of their own --------------------------------------------------------------------

    def lock(self, conn: sa.Connection, things: Mapping[str, bytes]) -> None:
        """Seal bytes under a name, such as a quarantined parcel; what is already there under a name stays."""
        insert_many(conn, lockers, self._seal_fresh(things, _LOCKER_KEY, _LOCKER_BOX), ignore=True)

    def unlock(self, conn: sa.Connection, name: str) -> bytes | None:
        """Return what was sealed under a name, None where nothing is."""
        row = conn.execute(sa.select(lockers).where(lockers.c.name == name)).first()
        if row is None:
            return None
        key = self._unwrap(name, row.epoch, row.wrapped, _LOCKER_KEY)
        return _unseal(key, row.sealed, _LOCKER_BOX, name, 0)

    def destroy(self, conn: sa.Connection, names: Collection[str]) -> int:
        """Destroy what was sealed under these names; return how many there were."""
        return conn.execute(sa.delete(lockers).where(lockers.c.name.in_(list(names)))).rowcount

    def names(self, conn: sa.Connection, prefix: str) -> list[str]:
        """Return the names that begin so and under which something is sealed."""
        found = sa.select(lockers.c.name).where(lockers.c.name.startswith(prefix, autoescape=True))
        return list(conn.execute(found.order_by(lockers.c.name)).scalars())

    # --- epochs --------------------------------------------------------------------------------------------------

    def re_wrap(self, conn: sa.Connection, *, limit: int = 1000) -> int:
        """Bring up to `limit` keys of acts, and of lockers, to the current epoch; repeat until the answer is 0."""
        of_acts = sa.select(act_keys.c.act, acts.c.hash, act_keys.c.epoch, act_keys.c.wrapped).join(acts)
        of_lockers = sa.select(lockers.c.name, lockers.c.name, lockers.c.epoch, lockers.c.wrapped)
        return self._re_wrap(conn, act_keys.c.act, of_acts, _ACT_KEY, limit) + self._re_wrap(
            conn, lockers.c.name, of_lockers, _LOCKER_KEY, limit
        )

    def _re_wrap(self, conn: sa.Connection, key: sa.Column[Any], old: sa.Select[Any], label: bytes, limit: int) -> int:
        table = key.table
        epoch, epoch_key = self._epochs.current()
        rows = conn.execute(old.where(table.c.epoch != epoch).limit(limit)).all()
        wrapping, values = AESGCM(epoch_key), []
        for at, name, old_epoch, wrapped in rows:
            opened = self._unwrap(name, old_epoch, wrapped, label)
            fresh = _seal(wrapping, self._random(NONCE_BYTES), opened, _bound(label, name, epoch))
            values.append({"of": at, "now": fresh})
        if values:
            change = sa.update(table).where(key == sa.bindparam("of")).values(epoch=epoch, wrapped=sa.bindparam("now"))
            conn.execute(change, values)
        return len(values)

    # --- within --------------------------------------------------------------------------------------------------

    def _seal_fresh(
        self, things: Mapping[str, bytes], key_label: bytes, box_label: bytes
    ) -> list[tuple[str, int, bytes, bytes]]:
        """Seal each thing under a key of its own: name, epoch, wrapped key, sealed bytes."""
        epoch, epoch_key = self._epochs.current()
        wrapping, fresh = AESGCM(epoch_key), self._random(_FRESH * len(things))
        sealed = []
        for at, (name, data) in zip(range(0, len(fresh), _FRESH), things.items(), strict=True):
            key = fresh[at : at + KEY_BYTES]
            first, second = (
                fresh[at + KEY_BYTES : at + _FRESH - NONCE_BYTES],
                fresh[at + _FRESH - NONCE_BYTES : at + _FRESH],
            )
            wrapped = _seal(wrapping, first, key, _bound(key_label, name, epoch))
            sealed.append((name, epoch, wrapped, _seal(AESGCM(key), second, data, _bound(box_label, name, 0))))
        return sealed

    def _add_box(self, conn: sa.Connection, hash_: str, data: bytes) -> None:
        row = conn.execute(_KEY_AND_LAST, {"hash": hash_}).one()
        number = row.last + 1
        key = AESGCM(self._unwrap(hash_, row.epoch, row.wrapped, _ACT_KEY))
        sealed = _seal(key, self._random(NONCE_BYTES), data, _bound(_ACT_BOX, hash_, number))
        insert_many(conn, disclosures, [(hash_, number, sealed)])

    def _unwrap(self, name: str, epoch: int, wrapped: bytes, label: bytes) -> bytes:
        try:
            epoch_key = AESGCM(self._epochs.key(epoch))
            return epoch_key.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _bound(label, name, epoch))
        except (InvalidTag, ValueError, KeyError) as error:
            raise _unreadable(name) from error

    def _delete(self, conn: sa.Connection, hash_: str) -> int | None:
        """Delete boxes and wrapped key of an act; return the epoch of the key, None where there was none."""
        of_act = numbers_of([hash_])
        conn.execute(sa.delete(disclosures).where(disclosures.c.act.in_(of_act)))
        gone = sa.delete(act_keys).where(act_keys.c.act.in_(of_act)).returning(act_keys.c.epoch)
        return conn.execute(gone).scalar_one_or_none()


def _record(conn: sa.Connection, what: Destroyed) -> None:
    number = len(destructions(conn, what.act_hash))
    digests = " ".join(what.digests)
    row = (what.act_hash, number, what.at, what.backups_by, what.epoch, digests, what.reason)
    insert_many(conn, destroyed, [row])
    touch(conn, [what.act_hash])


def destructions(conn: sa.Connection, hash_: str) -> list[Destroyed]:
    """Return what was destroyed of an act, oldest first."""
    found = sa.select(destroyed).where(destroyed.c.act.in_(numbers_of([hash_]))).order_by(destroyed.c.seq)
    return [
        Destroyed(hash_, row.at, row.backups_by, row.epoch, tuple(row.digests.split()), row.reason)
        for row in conn.execute(found)
    ]


def destructions_of(conn: sa.Connection, hashes: Collection[str]) -> dict[str, list[Destroyed]]:
    """Return the same for several acts; those of which nothing was destroyed are absent."""
    rows = sa.select(acts.c.hash, destroyed).join(destroyed, destroyed.c.act == acts.c.filed)
    found: dict[str, list[Destroyed]] = {}
    for row in conn.execute(rows.where(acts.c.hash.in_(list(hashes))).order_by(destroyed.c.seq)):
        gone = Destroyed(row.hash, row.at, row.backups_by, row.epoch, tuple(row.digests.split()), row.reason)
        found.setdefault(row.hash, []).append(gone)
    return found


def epochs_in_use(conn: sa.Connection) -> set[int]:
    """Return the epochs whose keys living things still need."""
    return set(conn.execute(sa.union(sa.select(act_keys.c.epoch), sa.select(lockers.c.epoch))).scalars())


def weights_of(conn: sa.Connection, hashes: Collection[str]) -> dict[str, int]:
    """Return how many bytes each act takes: its signed part and its sealed disclosures."""
    of_act = sa.select(sa.func.sum(sa.func.length(disclosures.c.sealed))).where(disclosures.c.act == acts.c.filed)
    weight = sa.func.length(acts.c.signed) + sa.func.coalesce(of_act.scalar_subquery(), 0)
    found = sa.select(acts.c.hash, weight).where(acts.c.hash.in_(list(hashes)))
    return {hash_: int(weight) for hash_, weight in conn.execute(found)}


def _joined(texts: Sequence[str]) -> bytes:
    return _SEPARATOR.join(texts).encode("ascii")


def _bound(label: bytes, name: str, number: int) -> bytes:
    named = name.encode("utf-8")
    return label + struct.pack(">HHQ", AES_256_GCM, len(named), number) + named


def _seal(key: AESGCM, nonce: bytes, data: bytes, bound: bytes) -> bytes:
    return nonce + key.encrypt(nonce, data, bound)


def _unseal(key: bytes, sealed: bytes, label: bytes, name: str, number: int) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(label, name, number))
    except (InvalidTag, ValueError) as error:
        raise _unreadable(name) from error


def _unreadable(name: str) -> Unreadable:
    return Unreadable(
        Words(
            es=f"Lo guardado de {name} no abre: la llave se destruyó o los bytes no son los suyos.",
            en=f"What is kept of {name} does not open: the key was destroyed or the bytes are not its own.",
        )
    )


_BOXES = (
    sa.select(acts.c.hash, disclosures.c.seq, disclosures.c.sealed, act_keys.c.epoch, act_keys.c.wrapped)
    .select_from(acts)
    .join(act_keys, act_keys.c.act == acts.c.filed)
    .join(disclosures, disclosures.c.act == acts.c.filed)
    .where(acts.c.hash.in_(sa.bindparam("hashes", expanding=True)))
    .order_by(disclosures.c.act, disclosures.c.seq)
)
_KEY_AND_LAST = (
    sa.select(act_keys.c.epoch, act_keys.c.wrapped, sa.func.max(disclosures.c.seq).label("last"))
    .join(disclosures, disclosures.c.act == act_keys.c.act)
    .join(acts, acts.c.filed == act_keys.c.act)
    .where(acts.c.hash == sa.bindparam("hash"))
    .group_by(act_keys.c.epoch, act_keys.c.wrapped)
)
