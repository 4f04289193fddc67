# SPDX-License-Identifier: Apache-2.0
"""What the ledger needs of a store; `paridad.store.ledger` does it with SQL, the tests do it in memory.

Rules
  - A store object lives inside one transaction of its caller. What it wrote counts when that transaction commits.
  - One row per origin is the *head*: size and root. The head of an unknown origin is `EMPTY_HEAD`.
  - A leaf is written once. The same bytes at the same index again change nothing; other bytes raise `LeafConflict`.
  - `held` counts leaves by looking at leaves, never at the head: the two are compared at start-up.
  - `append` and `replace_witnessed` compare and store in one step; whoever lost the race is told, and nothing changes.
  - A checkpoint of an origin and size has one root for ever. Its note may gain signature lines, never lose a byte.
  - The log of another party is kept with the same calls: `hold` as its leaves arrive, then `append` moves the head.

Worked example
    head = store.head("AA/practice/shared")                              # Head(0, SHA-256 of nothing)
    store.append("AA/practice/shared", [b"a"], [leaf_hash(b"a")], [TileWrite(0, 0, leaf_hash(b"a"))],
                 expected=head, after=Head(1, leaf_hash(b"a")))
    store.held("AA/practice/shared")                                     is 1
    store.tile("AA/practice/shared", 0, 0)                               is leaf_hash(b"a")
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, Protocol

Role = Literal["witness", "mirror"]
"""In which role this node remembers another party's checkpoint: as seen, or as held whole."""


@dataclass(frozen=True, slots=True)
class Head:
    """Size and root of a log: what a checkpoint signs."""

    size: int
    root: bytes
    """32 bytes: the Merkle Tree Hash of RFC 6962 §2.1 over the first `size` leaves."""


EMPTY_HEAD = Head(0, sha256(b"").digest())
"""The head of a log without leaves (RFC 6962 §2.1: MTH of the empty list is SHA-256 of the empty string)."""


@dataclass(frozen=True, slots=True)
class TileWrite:
    """A tile as it stands after an append; it replaces the narrower tile of the same place (C2SP tlog-tiles)."""

    level: int
    """0 for leaf hashes; one level up for each power of 256."""
    index: int
    data: bytes
    """1 to 256 hashes of 32 bytes; the stored tile, if any, is a prefix of it."""


@dataclass(frozen=True, slots=True)
class Witnessed:
    """The latest checkpoint of another log that this node vouched for, with the exact bytes of its note."""

    size: int
    root: bytes
    note: bytes


class LedgerStore(Protocol):
    """Leaves, tiles, heads and signed checkpoints, by origin."""

    def head(self, origin: str) -> Head:
        """Return the stored head, `EMPTY_HEAD` for an unknown origin; a writing transaction may lock its row here."""

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
        """Hold `entries` at indexes from `expected.size`, write the tiles and move the head, all or nothing.

        Raise `HeadMoved` where the stored head is not `expected` (size and root), `LeafConflict` as `hold` does.
        `after.size` is `expected.size + len(entries)`. Leaves that already stand there with the same bytes are
        left as they are: this is how a head that is behind its leaves is brought up.
        """

    def hold(self, origin: str, start: int, entries: Sequence[bytes], leaf_hashes: Sequence[bytes]) -> None:
        """Keep leaves at indexes from `start` without moving the head; leaves of another log arrive in any order.

        Raise `LeafConflict` where another leaf stands at one of these indexes; then nothing of the call is kept.
        """

    def held(self, origin: str, since: int = 0) -> int:
        """Return the number n such that leaves `since` … n-1 are all stored and leaf n is not."""

    def entries(self, origin: str, start: int, end: int) -> Sequence[bytes]:
        """Return the exact bytes of leaves `start` … `end - 1`; raise `LeafMissing` where one is not stored."""

    def tile(self, origin: str, level: int, index: int) -> bytes:
        """Return the widest stored tile of this place, or nothing (`b""`) where there is none."""

    def checkpoint(self, origin: str, size: int | None = None) -> bytes | None:
        """Return the signed note of exactly this size, or of the largest signed size; None where there is none."""

    def save_checkpoint(self, origin: str, size: int, root: bytes, note: bytes) -> None:
        """Keep a signed checkpoint before anyone sees it.

        Raise `CheckpointConflict` where one of this origin and size is stored with another root, or with a note
        that is not a prefix of `note` (lines are added at the end, nothing else changes).
        """


class WitnessStore(Protocol):
    """What this node remembers of other parties' logs, as witness and as mirror, and the evidence it collected."""

    def witnessed(self, origin: str, role: Role = "witness") -> Witnessed | None:
        """Return the latest checkpoint vouched for in this role, None before first contact."""

    def replace_witnessed(
        self,
        origin: str,
        expected_size: int | None,
        size: int,
        root: bytes,
        note: bytes,
        *,
        role: Role = "witness",
    ) -> bool:
        """Compare and store in one step: replace the row if its size is `expected_size` (None: there is no row).

        Return whether it was replaced. Never go back: `size < expected_size` is a programming error (ValueError).
        At equal size the root must be the stored one; another root answers False.
        """

    def keep_evidence(self, origin: str, evidence: bytes) -> None:
        """Keep an object of `paridad.ledger.evidence` for a person to judge; the same bytes again change nothing."""

    def evidence(self, origin: str) -> Sequence[bytes]:
        """Return the kept objects of an origin, oldest first."""
