# SPDX-License-Identifier: Apache-2.0
"""A ledger store in memory: as strict as the real one, and able to fail on either side of a write; and test keys."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from paridad.base.signing import Ed25519Signer, MlDsaSigner
from paridad.base.words import Words
from paridad.ledger.checkpoint import Cosigner, LogSigner
from paridad.ledger.errors import CheckpointConflict, HeadMoved, LeafConflict, LeafMissing
from paridad.ledger.port import EMPTY_HEAD, Head, Role, TileWrite, Witnessed


def log_signer(origin: str, number: int = 0) -> LogSigner:
    """Return the signer of a log; another number is another pair of keys."""
    return LogSigner(origin, *_keys(f"log {origin} {number}"))


def cosigner(name: str, number: int = 0) -> Cosigner:
    """Return a witness or mirror; another number is another pair of keys."""
    return Cosigner(name, *_keys(f"cosigner {name} {number}"))


def _keys(label: str) -> tuple[Ed25519Signer, MlDsaSigner]:
    seed = sha256(label.encode()).digest()
    return Ed25519Signer(seed), MlDsaSigner(seed)


class StoreUnavailable(Exception):
    """The store could not answer; whether the effect took place is another question."""


@dataclass
class MemoryLedgerStore:
    """Obeys and enforces the rules of `paridad.ledger.port`.

    `fail` says what the next write does: "before" writes nothing, "after" writes and loses the answer.
    """

    fail: Literal["never", "before", "after"] = "never"
    heads: dict[str, Head] = field(default_factory=dict)
    leaves: dict[tuple[str, int], bytes] = field(default_factory=dict)
    tiles: dict[tuple[str, int, int], bytes] = field(default_factory=dict)
    checkpoints: dict[tuple[str, int], tuple[bytes, bytes]] = field(default_factory=dict)
    vouched: dict[tuple[str, Role], Witnessed] = field(default_factory=dict)
    kept: dict[str, list[bytes]] = field(default_factory=dict)
    writes: int = 0

    def head(self, origin: str) -> Head:
        """Return the stored head."""
        return self.heads.get(origin, EMPTY_HEAD)

    def append(
        self,
        origin: str,
        entries: Sequence[bytes],
        leaf_hashes: Sequence[bytes],
        tiles: Sequence[TileWrite],
        *,
        expected: Head,
        after: Head,
    ) -> None:
        """Hold the entries, write the tiles, move the head; all or nothing."""
        self._before()
        if self.head(origin) != expected:
            raise HeadMoved(Words(es="La cabeza se movió.", en="The head moved."))
        assert after.size == expected.size + len(entries)
        for tile in tiles:
            stored = self.tile(origin, tile.level, tile.index)
            assert tile.data.startswith(stored), "a tile only grows"
            assert len(tile.data) in range(32, 8193, 32)
        self._hold(origin, expected.size, entries, leaf_hashes)
        self.tiles.update({(origin, tile.level, tile.index): tile.data for tile in tiles})
        self.heads[origin] = after
        self._after()

    def hold(self, origin: str, start: int, entries: Sequence[bytes], leaf_hashes: Sequence[bytes]) -> None:
        """Keep leaves without moving the head."""
        self._before()
        self._hold(origin, start, entries, leaf_hashes)
        self._after()

    def held(self, origin: str, since: int = 0) -> int:
        """Count leaves by looking at leaves."""
        size = since
        while (origin, size) in self.leaves:
            size += 1
        return size

    def entries(self, origin: str, start: int, end: int) -> Sequence[bytes]:
        """Return the bytes of leaves."""
        try:
            return [self.leaves[origin, index] for index in range(start, end)]
        except KeyError as error:
            raise LeafMissing(Words(es=f"Falta la hoja {error}.", en=f"Leaf {error} is missing.")) from error

    def tile(self, origin: str, level: int, index: int) -> bytes:
        """Return the widest tile."""
        return self.tiles.get((origin, level, index), b"")

    def checkpoint(self, origin: str, size: int | None = None) -> bytes | None:
        """Return a signed note."""
        sizes = [signed for name, signed in self.checkpoints if name == origin and size in {None, signed}]
        return self.checkpoints[origin, max(sizes)][1] if sizes else None

    def save_checkpoint(self, origin: str, size: int, root: bytes, note: bytes) -> None:
        """Keep a signed note; its root is fixed, its lines only grow."""
        self._before()
        stored = self.checkpoints.get((origin, size), (root, b""))
        if stored[0] != root or not note.startswith(stored[1]):
            raise CheckpointConflict(Words(es="Ya consta otro.", en="Another one is on record."))
        self.checkpoints[origin, size] = (root, note)
        self._after()

    def witnessed(self, origin: str, role: Role = "witness") -> Witnessed | None:
        """Return the latest checkpoint vouched for."""
        return self.vouched.get((origin, role))

    def replace_witnessed(
        self, origin: str, expected_size: int | None, size: int, root: bytes, note: bytes, *, role: Role = "witness"
    ) -> bool:
        """Compare and store in one step."""
        if expected_size is not None and size < expected_size:
            raise ValueError("a witness never goes back")
        self._before()
        stored = self.witnessed(origin, role)
        if (stored.size if stored else None) != expected_size or (
            stored and stored.size == size and stored.root != root
        ):
            return False
        self.vouched[origin, role] = Witnessed(size, root, note)
        self._after()
        return True

    def keep_evidence(self, origin: str, evidence: bytes) -> None:
        """Keep an object once."""
        kept = self.kept.setdefault(origin, [])
        if evidence not in kept:
            kept.append(evidence)

    def evidence(self, origin: str) -> Sequence[bytes]:
        """Return what was kept."""
        return tuple(self.kept.get(origin, ()))

    def digest(self) -> bytes:
        """Return a digest over everything stored: equal digests, equal stores."""
        state = (self.heads, self.leaves, self.tiles, self.checkpoints, self.vouched, self.kept)
        return sha256(repr([sorted(part.items()) for part in state]).encode()).digest()

    def _hold(self, origin: str, start: int, entries: Sequence[bytes], leaf_hashes: Sequence[bytes]) -> None:
        assert len(entries) == len(leaf_hashes)
        new = {(origin, start + offset): entry for offset, entry in enumerate(entries)}
        for place, entry in new.items():
            if self.leaves.get(place, entry) != entry:
                raise LeafConflict(Words(es=f"Otra hoja en {place}.", en=f"Another leaf at {place}."))
        for (_, index), leaf in zip(new, leaf_hashes, strict=True):
            assert sha256(b"\x00" + new[origin, index]).digest() == leaf
        self.leaves.update(new)

    def _before(self) -> None:
        self.writes += 1
        if self.fail == "before":
            self.fail = "never"
            raise StoreUnavailable("nothing was written")

    def _after(self) -> None:
        if self.fail == "after":
            self.fail = "never"
            raise StoreUnavailable("it was written; the answer was lost")
