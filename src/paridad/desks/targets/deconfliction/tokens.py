# SPDX-License-Identifier: Apache-2.0
"""A side's own list for one run: tokens, the snapshot that fixes them, and what is made public of it.

Rules
  - A token is the canonical text of one key with the records behind it. Two own records with one key are one token.
  - The snapshot is all that is secret: one seed and the tokens. Exponent, salts, handles, places, filling and nonces
    follow from the seed, so what is sent again is the same to the bit. It is written and sealed before step 2.
  - The seed is fresh for each run: handles and order of two runs cannot be joined.
  - The list has the agreed number of places. What is not a token is filling: a random element of the group with a
    commitment to nothing, which nobody but its owner can tell from a token.
  - A label has one size. Records behind a token are padded to one, two or four; a key with more is left out, and its
    owner is told.
  - Work on many points is cut into pieces and handed to `spread`: one after the other here, over processes at the edge.

Worked example
    tokens, crowded = gather([Emitted("person", b"…", "record-7", "SGD", 1)])
    prepared = prepare(Snapshot(seed, tokens), context, places=81_920)
    prepared.points, prepared.seals, prepared.tree.root
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import NamedTuple

from paridad.desks.targets.deconfliction import group
from paridad.desks.targets.deconfliction.commitments import Tree, label_seal, list_entry
from paridad.desks.targets.deconfliction.order import order

PIECE = 1024
"""Points of one piece of work."""
HANDLE_BYTES = 8
LABEL_BYTES = 192
MOST_RECORDS = 4
"""Records that one label can name."""
NO_TOKEN = 2**32 - 1
_PLACE_BYTES = 8

Spread = Callable[[Callable[[bytes], bytes], Iterable[bytes]], Iterable[bytes]]
"""Applies a function to pieces, in order: `map`, or the `map` of a pool of processes."""


class Part(NamedTuple):
    """One part of a key: what it weighs by the agreed tables, and which coarser parts follow from it."""

    kind: str
    value: str
    weight: int
    follows: tuple[tuple[str, str], ...] = ()


class Emitted(NamedTuple):
    """One key of one record, as the rules emit it."""

    subject: str
    key: bytes
    record: str
    rule: str
    tier: int
    parts: tuple[Part, ...] = ()


class Token(NamedTuple):
    """One key with all own records behind it."""

    key: bytes
    records: tuple[str, ...]
    rule: str
    tier: int
    parts: tuple[Part, ...] = ()


class Label(NamedTuple):
    """What the other side is told of a token that both hold: opaque records, each with its index in the set log."""

    records: tuple[tuple[bytes, int], ...]
    rule: str
    tier: int
    desk: str

    def encoded(self) -> bytes:
        """Return the label in its one size."""
        rule, desk = self.rule.encode(), self.desk.encode()
        head = bytes([len(self.records), self.tier, len(rule)]) + rule + bytes([len(desk)]) + desk
        named = b"".join(handle + place.to_bytes(_PLACE_BYTES, "big") for handle, place in self.records)
        return (head + named).ljust(LABEL_BYTES, b"\x00")

    @classmethod
    def read(cls, data: bytes) -> "Label":
        """Read a label whose commitment was checked; raise `ValueError` where it has not the one form."""
        count, tier, size = data[:3]
        rule, rest = data[3 : 3 + size], data[3 + size :]
        desk, rest = rest[1 : 1 + rest[0]], rest[1 + rest[0] :]
        width = HANDLE_BYTES + _PLACE_BYTES
        named = [rest[at : at + width] for at in range(0, count * width, width)]
        records = tuple((each[:HANDLE_BYTES], int.from_bytes(each[HANDLE_BYTES:], "big")) for each in named)
        label = cls(records, rule.decode(), tier, desk.decode())
        if label.encoded() != data or count not in {1, 2, MOST_RECORDS}:
            raise ValueError("not the one form of a label")
        return label


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a side keeps secret about one run; repr says nothing of it."""

    seed: bytes = field(repr=False)
    tokens: tuple[Token, ...] = field(repr=False)
    desk: str = ""
    """Whom to contact about a record."""
    places: Mapping[str, int] = field(default_factory=dict, repr=False)
    """Index of each record in the set log."""
    settled: bool = True
    """Whether the tokens are final; those of who proposes may wait until both concentrations are known."""

    @property
    def secret(self) -> bytes:
        """The exponent."""
        return group.scalar(group.expand(self.seed, b"exponent"))

    @property
    def nonce(self) -> bytes:
        """What this side adds to the joint order and to the sample."""
        return self._derived(b"nonce", b"")

    @property
    def shuffle(self) -> bytes:
        """What the places of the tokens in the list follow from."""
        return self._derived(b"places", b"")

    def chance(self, context: bytes) -> bytes:
        """Return the random scalar of one proof: its context names the run, both roots, the direction and the batch."""
        return group.scalar(group.expand(self.seed + context, b"chance"))

    def handle(self, record: str) -> bytes:
        """Return the opaque name of a record in this run."""
        return self._derived(b"handle", record.encode())[:HANDLE_BYTES]

    def salt(self, position: int) -> bytes:
        """Return the salt of the label at a position."""
        return self._derived(b"salt", position.to_bytes(4, "big"))

    def _derived(self, purpose: bytes, of: bytes) -> bytes:
        return sha256(self.seed + purpose + b"\x00" + of).digest()

    def label(self, token: Token) -> Label:
        """Return the label of a token; records are padded to one, two or four with names of nothing."""
        count = 1 << (len(token.records) - 1).bit_length()
        filling = [f"{token.records[0]}\x00{number}" for number in range(count - len(token.records))]
        named = sorted((self.handle(each), self.places.get(each, 0)) for each in (*token.records, *filling))
        return Label(tuple(named), token.rule, token.tier, self.desk)


def gather(emitted: Iterable[Emitted]) -> tuple[tuple[Token, ...], tuple[str, ...]]:
    """Return one token per key, and the records of keys that too many share, for their owner to be told."""
    found: dict[bytes, list[Emitted]] = {}
    for each in emitted:
        key = b"".join(len(part).to_bytes(2, "big") + part for part in (each.subject.encode(), each.rule.encode()))
        found.setdefault(key + each.key, []).append(each)
    tokens, crowded = [], set[str]()
    for key, group_ in found.items():
        records = tuple(sorted({each.record for each in group_}))
        if len(records) > MOST_RECORDS:
            crowded.update(records)
        else:
            tokens.append(Token(key, records, group_[0].rule, group_[0].tier, group_[0].parts))
    return tuple(tokens), tuple(sorted(crowded))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A side's list: what it publishes of it, and which token stands where."""

    points: bytes
    seals: bytes
    tree: Tree
    holders: Sequence[int]
    """Number of the token at each position, or `NO_TOKEN`."""


def prepare(snapshot: Snapshot, context: bytes, places: int, *, spread: Spread = map) -> Prepared:
    """Blind a list and commit to it."""
    holders = array("I", [NO_TOKEN]) * places
    where = order(snapshot.shuffle, places)
    for number, position in zip(range(len(snapshot.tokens)), where, strict=False):
        holders[position] = number
    spots = [position for position in range(places) if holders[position] != NO_TOKEN]
    keys = [sha256(context + snapshot.tokens[holders[position]].key).digest() for position in spots]
    blinded = group.points_of(b"".join(spread(partial(_blind, snapshot.secret), _pieces(b"".join(keys)))))
    at = dict(zip(spots, blinded, strict=True))
    points = b"".join(at.get(position) or _filling(snapshot, position) for position in range(places))
    seals = b"".join(_seal(snapshot, holders[position], position) for position in range(places))
    return Prepared(points, seals, list_tree(points, seals), holders)


def list_tree(points: bytes, seals: bytes) -> Tree:
    """Return the tree over a list."""
    pairs = zip(group.points_of(points), group.points_of(seals), strict=True)
    return Tree.over(list_entry(number, point, seal) for number, (point, seal) in enumerate(pairs))


def evaluate(snapshot: Snapshot, points: bytes, *, spread: Spread = map) -> bytes:
    """Return the answers to the other side's list: its points times the own exponent."""
    return b"".join(spread(partial(group.multiply_each, snapshot.secret), _pieces(points)))


def _pieces(flat: bytes) -> Iterator[bytes]:
    size = PIECE * group.POINT_BYTES
    return (flat[at : at + size] for at in range(0, len(flat), size))


def _blind(secret: bytes, digests: bytes) -> bytes:
    return group.multiply_each(
        secret, b"".join(group.hash_to_group(each, group.PLAIN) for each in group.points_of(digests))
    )


def _filling(snapshot: Snapshot, position: int) -> bytes:
    return group.random_point(group.expand(snapshot.seed + position.to_bytes(4, "big"), b"filling"))


def _seal(snapshot: Snapshot, holder: int, position: int) -> bytes:
    label = b"" if holder == NO_TOKEN else snapshot.label(snapshot.tokens[holder]).encoded()
    return label_seal(snapshot.salt(position), label)
