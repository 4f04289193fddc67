# SPDX-License-Identifier: Apache-2.0
"""One log in a store: append, sign the head, prove, and know at start-up where it stands.

Rules
  - `append` takes a group: one read of the head, one write of leaves, tiles and head. The index of an entry is
    head.size + i; no sequence gives it. The caller holds the transaction.
  - Before a head is signed, its root is computed again by another path: the leaves since the last signature are read
    back from the store and hashed by the recursive definition, over the tiles that the last signature vouched for; on
    the way every tile hash above the new leaves is compared. A mismatch signs nothing and names the leaves.
  - A size is signed once. Asked again, `sign_head` answers the stored bytes; they are stored before they are returned.
  - `reconcile` compares head and leaves: equal, go on; head behind its leaves, extend it with `append` itself, the code
    that runs all day; head ahead of its leaves, stop and touch nothing.
  - A node asks its witness for the last size it saw of its log *before the first new signature* and calls
    `compare_with_witness`: a witness that is ahead means that a backup was restored.

Worked example
    with store.write() as transaction: append(transaction, "AA/practice/shared", [b"a", b"b"])   is range(0, 2)
    with store.write() as transaction: note = sign_head(transaction, "AA/practice/shared", signer, now)
    verify_inclusion(leaf_hash(b"b"), 1, 2, prove(transaction, "AA/practice/shared", 1, 2), root)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain

from paridad.base.words import Words
from paridad.ledger.checkpoint import (
    Checkpoint,
    CosignerKey,
    LogSigner,
    VerifiedCheckpoint,
    VerifiedCosignature,
    read_checkpoint_text,
    sign_checkpoint,
    verify_cosignature,
)
from paridad.ledger.errors import LeafMissing, RootMismatch, UnknownState
from paridad.ledger.merkle import CompactRange, Subtree, leaf_hash, node_hash, perfect_root, split
from paridad.ledger.note import Note, add_lines, read_lines, read_note
from paridad.ledger.port import EMPTY_HEAD, Head, LedgerStore
from paridad.ledger.tiles import TILE_HEIGHT, TILE_WIDTH, TreeView, check_entry, grow, read_tile_path, write_bundle

CHUNK = 16 * TILE_WIDTH
"""Leaves that are read at a time: memory stays flat whatever the size of the log."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A log whose head and leaves agree."""

    head: Head
    extended: int
    """Leaves that the head did not cover before."""


def append(store: LedgerStore, origin: str, entries: Sequence[bytes]) -> range:
    """Append a group of entries and return their indexes; raise `HeadMoved` where somebody was faster."""
    head = store.head(origin)
    after = head.size + len(entries)
    if entries:
        hashes = [leaf_hash(check_entry(entry)) for entry in entries]
        tiles, root = grow(partial(store.tile, origin), head.size, hashes)
        store.append(origin, entries, hashes, tiles, expected=head, after=Head(after, root))
    return range(head.size, after)


def sign_head(store: LedgerStore, origin: str, signer: LogSigner, now: int) -> bytes:
    """Sign and store the current head and return its note; raise `RootMismatch` and sign nothing where it is wrong."""
    head = store.head(origin)
    latest = store.checkpoint(origin)
    last = EMPTY_HEAD if latest is None else _head_of(latest)
    # (1) Signed before: the stored bytes are the only signature of this size.
    signed = latest if last.size <= head.size else store.checkpoint(origin, head.size)
    if signed is not None and _head_of(signed).size == head.size:
        _demand_root(head.root, _head_of(signed).root, Subtree(0, head.size))
        return signed
    # (2) The head is not behind what was signed.
    if last.size > head.size:
        raise _unknown_state(origin, last.size, head.size)
    # (3) Its root follows, by another path, from the stored leaves and the root signed last.
    _demand_root(head.root, recompute(store, origin, head.size, last), Subtree(last.size, head.size))
    # (4) Signed, stored, shown: in this order.
    note = sign_checkpoint(Checkpoint(origin, head.size, head.root), signer, now)
    store.save_checkpoint(origin, head.size, head.root, note)
    return note


def view(store: LedgerStore, origin: str, size: int) -> TreeView:
    """Return the tree of a size, to make many proofs at little more than the cost of one."""
    return TreeView(partial(store.tile, origin), size)


def prove(store: LedgerStore, origin: str, index: int, size: int) -> list[bytes]:
    """Return the audit path of leaf `index` in the tree of `size` (RFC 6962 §2.1.1)."""
    return view(store, origin, size).inclusion(index)


def consistency(store: LedgerStore, origin: str, old: int, new: int) -> list[bytes]:
    """Return the consistency proof between two sizes (RFC 6962 §2.1.2); empty from 0, as `add-checkpoint` wants it."""
    return view(store, origin, new).consistency(old)


def reconcile(store: LedgerStore, origin: str) -> Settled:
    """Bring head and leaves to one known state, or raise `UnknownState` and touch nothing."""
    return _settle(store, origin, store.held(origin))


def catch_up(store: LedgerStore, origin: str) -> Settled:
    """Bring the head up to its leaves in a log that was reconciled: the leaves below the head are not counted again."""
    return _settle(store, origin, store.held(origin, store.head(origin).size))


def _settle(store: LedgerStore, origin: str, held: int) -> Settled:
    before = store.head(origin)
    if held < before.size:
        raise _unknown_state(origin, before.size, held)
    _demand_root(before.root, view(store, origin, before.size).root(), Subtree(0, before.size))
    for start in range(before.size, held, CHUNK):
        append(store, origin, store.entries(origin, start, min(start + CHUNK, held)))
    return Settled(store.head(origin), held - before.size)


def compare_with_witness(store: LedgerStore, origin: str, seen: VerifiedCheckpoint) -> None:
    """Raise `UnknownState` where a witness saw more of our log than we hold, or something else.

    The way out is not to sign: take the leaves back (`paridad.ledger.mirror.receive` against this very checkpoint),
    `reconcile`, and compare again.
    """
    head, theirs = store.head(origin), seen.checkpoint
    if theirs.size > head.size:
        raise _unknown_state(origin, theirs.size, head.size)
    if theirs.root != view(store, origin, theirs.size).root():
        raise UnknownState(
            Words(
                es=f"El testigo vio otra historia de {origin} hasta {theirs.size}.",
                en=f"The witness saw another history of {origin} up to {theirs.size}.",
            )
        )


def recompute(store: LedgerStore, origin: str, size: int, vouched: Head) -> bytes:
    """Return the root of the tree of `size` from its stored leaves, over the tree that was vouched for before.

    Leaves from `vouched.size` on are read back and hashed by the recursive definition (RFC 6962 §2.1). Raise
    `RootMismatch` where a tile disagrees, or where the earlier tiles no longer give the root vouched for.
    """
    read = cache(partial(store.tile, origin))
    _demand_root(vouched.root, TreeView(read, vouched.size).root(), Subtree(0, vouched.size))
    leaves = chain.from_iterable(_entries(store, origin, vouched.size, size))
    return _Recount(TreeView(read, size), vouched.size, leaves).root(0, size) if size else EMPTY_HEAD.root


def full_recompute(store: LedgerStore, origin: str) -> Head:
    """Read every leaf and tile and return the head they confirm; at start-up after an unclean stop, and nightly."""
    head, whole = store.head(origin), CompactRange()
    for chunk in _entries(store, origin, 0, head.size):
        hashes = [leaf_hash(entry) for entry in chunk]
        for at in range(0, len(hashes), TILE_WIDTH):
            index = (whole.size + at) // TILE_WIDTH
            _demand_tile(store, origin, (0, index), b"".join(hashes[at : at + TILE_WIDTH]))
        whole.extend(hashes)
    _check_upper_tiles(store, origin, head.size)
    _demand_root(head.root, whole.root(), Subtree(0, head.size))
    return head


def add_cosignature(
    store: LedgerStore, origin: str, size: int, lines: bytes, cosigner: CosignerKey
) -> VerifiedCosignature:
    """Verify what a witness or mirror answered and keep its lines with our checkpoint; lines of others are dropped.

    The first cosignature of each cosigner is kept. A later one over the same checkpoint is verified and returned.
    """
    note = store.checkpoint(origin, size)
    if note is None:
        raise RuntimeError(f"no checkpoint of {origin} at {size} was signed")
    due = {(key.name, key.key_id) for key in cosigner.lines}
    mine = b"".join(bytes(line) for line in read_lines(lines) if (line.name, line.key_id) in due)
    plain = read_note(note)
    verified = verify_cosignature(bytes(Note(plain.text, ())) + mine, cosigner)
    if not any((line.name, line.key_id) in due for line in plain.signatures):
        store.save_checkpoint(origin, size, verified.checkpoint.root, add_lines(note, mine))
    return verified


def resource(store: LedgerStore, origin: str, path: str) -> bytes:
    """Return a tile or entry bundle by its path (tlog-tiles); raise `TileRefused` or `LeafMissing`."""
    place = read_tile_path(path)
    if place.level == "entries":
        start = place.index * TILE_WIDTH
        return write_bundle(store.entries(origin, start, start + place.width))
    data = store.tile(origin, place.level, place.index)[: place.width * len(EMPTY_HEAD.root)]
    if len(data) != place.width * len(EMPTY_HEAD.root):
        raise LeafMissing(Words(es=f"No hay tesela {path}.", en=f"There is no tile {path}."))
    return data


@dataclass(slots=True)
class _Recount:
    """The recursive definition over stored tiles, where a leaf after `since` is always hashed from its bytes."""

    tiles: TreeView
    since: int
    leaves: Iterator[bytes]

    def root(self, lo: int, hi: int) -> bytes:
        """Return MTH(D[lo:hi]); left before right, so that the leaves come in their order."""
        width = hi - lo
        if hi <= self.since:
            return self.tiles.subtree_root(Subtree(lo, hi))
        if width == 1:
            node = leaf_hash(next(self.leaves))
        else:
            k = lo + split(width)
            node = node_hash(self.root(lo, k), self.root(k, hi))
        if _is_tile_hash(width):
            _demand_root(self.tiles.subtree_root(Subtree(lo, hi)), node, Subtree(lo, hi))
        return node


def _is_tile_hash(width: int) -> bool:
    """Say whether a tile stores the hash of a subtree of that many leaves: 256^level."""
    return width & (width - 1) == 0 and (width.bit_length() - 1) % TILE_HEIGHT == 0


def _entries(store: LedgerStore, origin: str, start: int, end: int) -> Iterator[Sequence[bytes]]:
    for at in range(start, end, CHUNK):
        yield store.entries(origin, at, min(at + CHUNK, end))


def _check_upper_tiles(store: LedgerStore, origin: str, size: int) -> None:
    """Compare each tile above level 0 with the full tiles below it."""
    level, width = 1, size // TILE_WIDTH
    while width:
        for start in range(0, width, TILE_WIDTH):
            below = range(start, min(start + TILE_WIDTH, width))
            data = b"".join([perfect_root(store.tile(origin, level - 1, index)) for index in below])
            _demand_tile(store, origin, (level, start // TILE_WIDTH), data)
        level, width = level + 1, width // TILE_WIDTH


def _demand_tile(store: LedgerStore, origin: str, place: tuple[int, int], data: bytes) -> None:
    level, index = place
    span = TILE_WIDTH ** (level + 1)
    _demand_root(store.tile(origin, level, index), data, Subtree(index * span, (index + 1) * span))


def _demand_root(stored: bytes, computed: bytes, leaves: Subtree) -> None:
    if stored != computed:
        raise RootMismatch(
            Words(
                es=f"Lo recalculado para las hojas de {leaves.start} a {leaves.end} no es lo almacenado; no se firma.",
                en=f"What was recomputed for leaves {leaves.start} to {leaves.end} is not what is stored; not signed.",
            )
        )


def _head_of(note: bytes) -> Head:
    """Read size and root of a note of our own store."""
    checkpoint = read_checkpoint_text(read_note(note).text)
    return Head(checkpoint.size, checkpoint.root)


def _unknown_state(origin: str, claimed: int, held: int) -> UnknownState:
    return UnknownState(
        Words(
            es=f"{origin}: consta un tamaño de {claimed} y solo se tienen {held} hojas.",
            en=f"{origin}: a size of {claimed} is on record and only {held} leaves are held.",
        )
    )
