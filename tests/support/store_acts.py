# SPDX-License-Identifier: Apache-2.0
"""Acts for tests of the store: texts of the right shape that nobody signed. The store does not verify."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from paridad.base.strict import encode_base64url, write_json
from paridad.store.acts import NewAct, reading
from paridad.store.engine import Store


def name_of(label: str) -> str:
    """Return a digest that stands for something, the same for the same label."""
    return encode_base64url(sha256(label.encode()).digest())


def an_act(label: str, **claims: Any) -> NewAct:
    """Return an act; the same label and claims give the same bytes, `jti` may be given to make a conflict."""
    claims = {
        "iss": "AA/ONE",
        "iat": 1_790_000_000,
        "jti": encode_base64url(sha256(label.encode()).digest()[:16]),
        "prg": f"practice@{name_of('charter')}",
        "knd": "practice/record/1",
        "fol": "",
        "re": [],
        "aud": ["BB/TWO"],
        "hnd": "AMBER",
        "pur": "investigation",
        "bas": "treaty",
        "see": [],
        "_sd": [name_of(label)],
        "_sd_alg": "sha-256",
        **claims,
    }
    header = write_json({"alg": "Ed25519", "kid": f"{claims['iss']}#1", "typ": "act+sd-jwt"})
    parts = (header, write_json(claims), sha256(label.encode()).digest() * 2)
    return reading(".".join(map(encode_base64url, parts)).encode())


def a_text(label: str) -> str:
    """Return the text of a disclosure."""
    return encode_base64url(write_json([name_of(label)[:22], "name", label]))


class _Undone(Exception):
    """What ends a transaction that leaves nothing."""


@contextmanager
def rolled_back(store: Store) -> Iterator[sa.Connection]:
    """Lend a transaction that is rolled back at its end."""
    with suppress(_Undone), store.write() as conn:
        yield conn
        raise _Undone


@dataclass
class MemoryEpochs:
    """Wrapping keys that live in memory, outside the database."""

    keys: dict[int, bytes] = field(default_factory=lambda: {1: sha256(b"epoch 1").digest()})

    def current(self) -> tuple[int, bytes]:
        """Return the latest epoch and its key."""
        epoch = max(self.keys)
        return epoch, self.keys[epoch]

    def key(self, epoch: int) -> bytes:
        """Return the key of an epoch."""
        return self.keys[epoch]

    def turn(self) -> int:
        """Begin a new epoch."""
        epoch = max(self.keys) + 1
        self.keys[epoch] = sha256(f"epoch {epoch}".encode()).digest()
        return epoch


@dataclass
class CountedRandom:
    """Random bytes that a test can foresee: never the same twice."""

    count: int = 0
    given: list[bytes] = field(default_factory=list)

    def __call__(self, size: int) -> bytes:
        """Return the next bytes."""
        self.count += 1
        block = b"".join(sha256(f"{self.count} {n}".encode()).digest() for n in range(size // 32 + 1))[:size]
        self.given.append(block)
        return block
