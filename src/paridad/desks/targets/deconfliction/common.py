# SPDX-License-Identifier: Apache-2.0
"""What both lists hold: the common tags, the labels behind them, and the pairs of records that they join.

Rules
  - Everything here follows from what both sides said: each node, and an auditor, computes the same.
  - A tag is HKDF-SHA256 of a twice-blinded point under the run's context (RFC 5869), cut to 16 bytes.
  - A label is sealed under its own point, the context and the direction, and used once. That protects it from
    everybody else; the other side computed every point, so labels of what is not common are never made.
  - A pair is two opaque records of this run, with the rules of all keys that join them. It is a lead for a person.

Worked example
    matches = common_of(run)                 one `Match` for each common key, in the order of the tags
    sealed = seal_label(matches[0], run.context, 0, salt, label)
    [pair.rules for pair in pairs_of(run)]   is [("SGD",), …]
"""

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from paridad.base.words import Words
from paridad.desks.targets.deconfliction import group
from paridad.desks.targets.deconfliction.commitments import label_seal
from paridad.desks.targets.deconfliction.errors import RunBroken
from paridad.desks.targets.deconfliction.messages import Labels, Result, encoded
from paridad.desks.targets.deconfliction.state import Run
from paridad.desks.targets.deconfliction.tokens import LABEL_BYTES, Label

TAG_BYTES = 16
SALT_BYTES = 32
SEALED_BYTES = SALT_BYTES + LABEL_BYTES + 16
_ONCE = bytes(12)
"""Nonce of a key that seals one label."""


class Match(NamedTuple):
    """A key that both lists hold: its tag, its twice-blinded point, and where it stands in each list."""

    tag: bytes
    point: bytes
    positions: tuple[int, int]


def derive(point: bytes, context: bytes, purpose: bytes, size: int) -> bytes:
    """Return up to 32 bytes of HKDF-SHA256 with the context as salt (RFC 5869 §2)."""
    return hmac.digest(hmac.digest(context, point, "sha256"), purpose + b"\x01", "sha256")[:size]


def answers_to(run: Run, side: int, since: int = 0) -> Iterator[tuple[bytes, int]]:
    """Yield each answer to a side's list that was opened since a batch, with its position there."""
    other = 1 - side
    for opening in run.parts[other].openings[since:]:
        yield from zip(group.points_of(opening.answers), run.positions(other, opening.batch), strict=True)


def common_of(run: Run) -> tuple[Match, ...]:
    """Return what both lists hold, sorted by tag; it is asked for when all batches are open, and computed once."""
    if "common" not in run.memo:
        run.memo["common"] = _common(run)
    return cast("tuple[Match, ...]", run.memo["common"])


def _common(run: Run) -> tuple[Match, ...]:
    mine = dict(answers_to(run, 0))
    found = [(point, mine[point], at) for point, at in answers_to(run, 1) if point in mine]
    return tuple(sorted(Match(derive(point, run.context, b"tag", TAG_BYTES), point, (a, b)) for point, a, b in found))


def result_of(matches: Sequence[Match]) -> Result:
    """Return number and digest of the common tags."""
    return Result(len(matches), sha256(b"".join(match.tag for match in matches)).digest())


def seal_label(match: Match, context: bytes, side: int, salt: bytes, label: bytes) -> bytes:
    """Seal the opening of a side's label."""
    return ChaCha20Poly1305(_key(match, context, side)).encrypt(_ONCE, salt + label, None)


def open_label(run: Run, side: int, match: Match, sealed: bytes) -> Label:
    """Open a side's label and check it against its commitment, or raise `RunBroken` that names the side."""
    try:
        plain = ChaCha20Poly1305(_key(match, run.context, side)).decrypt(_ONCE, sealed, None)
        label = Label.read(plain[SALT_BYTES:])
    except (InvalidTag, ValueError, IndexError) as error:
        raise RunBroken(7, side, _NOT_OPENED) from error
    committed = group.point_at(run.list_of(side).seals, match.positions[side])
    if label_seal(plain[:SALT_BYTES], plain[SALT_BYTES:]) != committed:
        raise RunBroken(7, side, _NOT_COMMITTED)
    return label


_NOT_OPENED = Words(es="Una etiqueta no se abre.", en="A label does not open.")
_NOT_COMMITTED = Words(
    es="Una etiqueta no corresponde a su compromiso del paso 2.",
    en="A label does not fit its commitment of step 2.",
)


def _key(match: Match, context: bytes, side: int) -> bytes:
    return derive(match.point, context, b"label" + bytes([side]), 32)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records, one of each side, that at least one key joins."""

    handles: tuple[bytes, bytes]
    places: tuple[int, int]
    rules: tuple[str, ...]
    tier: int
    """The strongest tier of its keys: 1 before 3."""
    desks: tuple[str, str]
    matches: tuple[int, ...] = ()
    """Numbers of the common keys that join them, in the order of the tags."""


def pairs_of(run: Run) -> tuple[Pair, ...]:
    """Return the pairs, in an order that both nodes have; computed once when both sides have sent their labels."""
    if "pairs" not in run.memo:
        run.memo["pairs"] = _pairs(run)
    return cast("tuple[Pair, ...]", run.memo["pairs"])


def _pairs(run: Run) -> tuple[Pair, ...]:
    found: dict[tuple[bytes, bytes], Pair] = {}
    said = [(side, part.labels) for side, part in enumerate(run.parts) if part.labels is not None]
    both = zip(*(labels_of(run, side, each) for side, each in said), strict=True)
    for number, (first, second) in enumerate(both):
        for pair in _joined(first, second, number):
            found[pair.handles] = _both(found.get(pair.handles, pair), pair)
    return tuple(found[handles] for handles in sorted(found))


def labels_of(run: Run, side: int, labels: Labels) -> Iterator[Label]:
    """Yield a side's labels, each checked against its commitment, in the order of the tags."""
    for number, match in enumerate(common_of(run)):
        sealed = labels.sealed[number * SEALED_BYTES : (number + 1) * SEALED_BYTES]
        yield open_label(run, side, match, sealed)


def _joined(first: Label, second: Label, number: int) -> Iterator[Pair]:
    rules, tier = tuple(sorted({first.rule, second.rule})), max(first.tier, second.tier)
    for one, at in first.records:
        for two, there in second.records:
            yield Pair((one, two), (at, there), rules, tier, (first.desk, second.desk), (number,))


def _both(one: Pair, two: Pair) -> Pair:
    rules = tuple(sorted({*one.rules, *two.rules}))
    matches = tuple(sorted({*one.matches, *two.matches}))
    return Pair(one.handles, one.places, rules, min(one.tier, two.tier), one.desks, matches)


def digest_of_pairs(pairs: Sequence[Pair]) -> bytes:
    """Return the digest of the graph of pairs."""
    return sha256(encoded(tuple((each.handles, each.places, each.rules, each.tier) for each in pairs))).digest()
