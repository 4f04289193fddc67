# SPDX-License-Identifier: Apache-2.0
"""Tiles: the hashes of a tree in pieces of 256, and the entries in bundles of 256 (C2SP tlog-tiles v0.1.0).

Rules
  - Hash i of tile n at level l is MTH over the 256^l leaves from (256 n + i) 256^l; only full tiles enter the level
    above.
  - A tile path is `tile/<level>/<index>`, `tile/entries/<index>` for a bundle, with `.p/<width>` for a partial one;
    the index in groups of three digits, all but the last after an `x`. One spelling only.
  - An entry bundle is each entry after its length as a big-endian u16; an entry has 1 to 65,535 bytes.
  - Whatever a tree of a given size can say, its root and every proof, is read from its tiles (`TreeView`).

Worked example
    TilePlace(0, 1234067).path                  is "tile/0/x001/x234/067"
    read_tile_path("tile/entries/000.p/3")      is TilePlace("entries", 0, 3)
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from paridad.base.words import Words
from paridad.ledger.errors import LeafMissing, TileRefused
from paridad.ledger.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    MAX_SIZE,
    Subtree,
    leaf_siblings,
    node_hash,
    perfect_root,
    proof_steps,
    split,
)
from paridad.ledger.port import TileWrite

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
TILE_BYTES = TILE_WIDTH * HASH_BYTES
MAX_LEVEL = 63
MAX_INDEX = (MAX_SIZE - 1) >> TILE_HEIGHT
MAX_LEAF_BYTES = 65_535
"""The length field of a bundle has 16 bits: a leaf of 64 KiB could be logged and never served."""

_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")

ReadTile = Callable[[int, int], bytes]
"""Answers the widest known tile of (level, index); nothing where there is none."""


@dataclass(frozen=True, slots=True)
class TilePlace:
    """Where a tile or entry bundle stands, and how wide it is."""

    level: int | Literal["entries"]
    index: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """The resource path of tlog-tiles, relative to the log's prefix."""
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{self.level}/{'/'.join([f'x{group}' for group in groups[:-1]] + groups[-1:])}{partial}"


def read_tile_path(path: str) -> TilePlace:
    """Read a resource path in its one spelling, or raise `TileRefused`."""
    match = _PATH.fullmatch(path)
    if match:
        level, groups, width = match.groups()
        place = TilePlace(
            "entries" if level == "entries" else int(level),
            int(groups.replace("x", "").replace("/", "")),
            int(width or TILE_WIDTH),
        )
        in_range = place.index <= MAX_INDEX and (place.level == "entries" or place.level <= MAX_LEVEL)
        # Leading zeros, `.p/256` and wider are spelt differently when written again.
        if in_range and place.width <= TILE_WIDTH and place.path == path:
            return place
    raise _refused(f"No es la ruta de una tesela: {path[:80]!r}.", f"Not the path of a tile: {path[:80]!r}.")


def write_bundle(entries: Iterable[bytes]) -> bytes:
    """Return entries as a bundle: each after its length in two bytes."""
    return b"".join([len(check_entry(entry)).to_bytes(2) + entry for entry in entries])


def read_bundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle of at most 256, or raise `TileRefused`."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2])
        entry = data[at + 2 : end]
        if at + 2 >= end or end > len(data) or len(entries) == TILE_WIDTH:
            raise _refused(
                f"El paquete de entradas no se lee a partir del byte {at}.",
                f"The entry bundle cannot be read from byte {at} on.",
            )
        entries.append(entry)
        at = end
    return entries


def check_entry(entry: bytes) -> bytes:
    """Return an entry that can be a leaf, or raise `TileRefused`."""
    if not 1 <= len(entry) <= MAX_LEAF_BYTES:
        raise _refused(
            f"Una hoja mide de 1 a {MAX_LEAF_BYTES} bytes; esta mide {len(entry)}.",
            f"A leaf has 1 to {MAX_LEAF_BYTES} bytes; this one has {len(entry)}.",
        )
    return entry


def grow(read: ReadTile, size: int, leaf_hashes: Sequence[bytes]) -> tuple[list[TileWrite], bytes]:
    """Return the tiles that change when leaves are added to a tree of that size, and the new root.

    Level by level: what the right-most tile held, then the new hashes; the roots of tiles that became full are the
    new hashes one level up; the rest of the last tile contributes to the root.
    """
    writes: list[TileWrite] = []
    level, new, root = 0, b"".join(leaf_hashes), b""
    while size or new:
        index, width = divmod(size, TILE_WIDTH)
        data = _prefix(read, level, index, width) + new
        chunks = [data[at : at + TILE_BYTES] for at in range(0, len(data), TILE_BYTES)]
        if new:
            writes += [TileWrite(level, index + offset, chunk) for offset, chunk in enumerate(chunks)]
        if chunks and len(chunks[-1]) < TILE_BYTES:
            root = _fold(chunks.pop(), root)
        level, size, new = level + 1, index, b"".join([perfect_root(chunk) for chunk in chunks])
    return writes, root or EMPTY_ROOT


def _fold(hashes: bytes, root: bytes) -> bytes:
    """Combine the perfect subtrees of a partial tile, smallest first, with the root of what lies right of it."""
    end = len(hashes)
    while end:
        width = end // HASH_BYTES
        start = end - (width & -width) * HASH_BYTES
        node = _settled_root(hashes[start:end])
        root = node_hash(node, root) if root else node
        end = start
    return root


_settled_root = lru_cache(maxsize=256)(perfect_root)
"""The same perfect subtrees come back with every group until the tile is full; a group of one gains ten times."""


def _prefix(read: ReadTile, level: int, index: int, width: int) -> bytes:
    """Return the first hashes of a tile; the stored one may be wider, never narrower."""
    data = read(level, index)[: width * HASH_BYTES] if width else b""
    if len(data) != width * HASH_BYTES:
        place = TilePlace(level, index, width).path
        raise LeafMissing(Words(es=f"Falta la tesela {place}.", en=f"The tile {place} is missing."))
    return data


@dataclass(slots=True)
class TreeView:
    """A tree of one size seen through its tiles; each tile is read once, so that many proofs cost little more than one.

    `read` may be a store or another node's tile endpoint. Nothing is believed: a wrong tile gives a wrong root or a
    proof that does not verify.
    """

    read: ReadTile
    size: int
    _tiles: dict[tuple[int, int], bytes] = field(default_factory=dict)
    _nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    _ragged: dict[Subtree, bytes] = field(default_factory=dict)
    """Roots at the right edge, where the width is no power of two: every proof of a group needs the same."""

    def root(self) -> bytes:
        """Return the root of the tree."""
        return self.subtree_root(Subtree(0, self.size)) if self.size else EMPTY_ROOT

    def inclusion(self, index: int) -> list[bytes]:
        """Return the audit path of a leaf, PATH(index, D[size]) (RFC 6962 §2.1.1)."""
        return [self._at(height, number) for height, _, number in leaf_siblings(index, self.size)]

    def consistency(self, old: int) -> list[bytes]:
        """Return PROOF(old, D[size]) (RFC 6962 §2.1.2); from 0 it is empty and no verifier takes it for a proof."""
        return self.subtree(Subtree(0, old))

    def subtree(self, subtree: Subtree) -> list[bytes]:
        """Return SUBTREE_PROOF(start, end, D[size]) (draft-ietf-plants-merkle-tree-certs §4.4.1)."""
        return [self.subtree_root(step.of) for step in proof_steps(subtree, self.size)]

    def subtree_root(self, subtree: Subtree) -> bytes:
        """Return MTH(D[start:end]) for a subtree of the tree that is not empty."""
        start, end = subtree
        width = end - start
        if width & (width - 1) == 0:
            return self._node(width.bit_length() - 1, start // width)
        root = self._ragged.get(subtree)
        if root is None:
            k = start + split(width)
            root = node_hash(self.subtree_root(Subtree(start, k)), self.subtree_root(Subtree(k, end)))
            self._ragged[subtree] = root
        return root

    def _at(self, height: int, number: int) -> bytes:
        """Return the root of what stands at a place of a level: a perfect subtree, or what there is at the edge."""
        start, end = number << height, (number + 1) << height
        return self._node(height, number) if end <= self.size else self.subtree_root(Subtree(start, self.size))

    def _node(self, height: int, index: int) -> bytes:
        """Return the root of the perfect subtree of 2^height leaves: 2^(height mod 8) hashes of one tile."""
        node = self._nodes.get((height, index))
        if node is None:
            level, rest = divmod(height, TILE_HEIGHT)
            tile, offset = divmod(index << rest, TILE_WIDTH)
            node = perfect_root(self._tile(level, tile)[offset * HASH_BYTES : (offset + (1 << rest)) * HASH_BYTES])
            self._nodes[height, index] = node
        return node

    def _tile(self, level: int, index: int) -> bytes:
        tile = self._tiles.get((level, index))
        if tile is None:
            width = min(TILE_WIDTH, (self.size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH)
            tile = self._tiles[level, index] = _prefix(self.read, level, index, width)
        return tile


def _refused(es: str, en: str) -> TileRefused:
    return TileRefused(Words(es=es, en=en))
