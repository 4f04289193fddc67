# SPDX-License-Identifier: Apache-2.0
"""Words prepared for comparison, how nearly two of them agree, and what that weighs.

Rules
  - Levels from the strongest: written alike but for accents and capitals, folded (n for ñ), short form or nickname,
    sound (P), skeleton of the sound (S), one slip of the pen (two in long words), initial. Zero is no agreement. A slip
    needs words of four and of five letters; of four letters where they are the same ones, or signs of a script that are
    more than a sound.
  - Agreement as folded implies agreement in P, and that in S; of these three the stronger never weighs less.
  - A weight is what the rarer of the two words could say at that level, less the price of the level; never below zero.
  - Levels and weights do not depend on which word is named first.

Worked example
    level(token("chuy"), token("jesus"))           is ROOT
    level(token("valdez"), token("baldes"))        is SOUND
"""

from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from paridad.desks.targets.frequencies import Bits, Tables, shipped
from paridad.desks.targets.names import fold, roots
from paridad.desks.targets.phonetic import skeleton, sound

NONE, INITIAL, SLIP, SKELETON, SOUND, ROOT, FOLDED, WRITTEN = range(8)
LEVELS = ("none", "initial", "slip", "skeleton", "sound", "root", "folded", "written")
"""Their names, in `codes.toml` under `level`."""

PRICES = (0, 0, 4500, 4000, 1500, 2500, 200, 200)
"""Millibits that a level costs: how seldom records of one subject agree only so far."""
AN_INITIAL = 1500
_SHORTEST_SLIP, _LONGER_SLIP = 4, 5
"""Letters of the shorter and of the longer word that a slip needs."""
_TWO_SLIPS = 7
_SHORTEST_SKELETON = 3
_FAR = 6
"""Letters that only one of two words has, from which on no slip is looked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """One word, ready to be compared; equal words are one object, so that pairs are remembered."""

    form: str
    folded: str
    p: str
    s: str
    roots: frozenset[str]
    mask: int
    """One bit for each letter that occurs."""
    given: Bits
    surname: Bits
    firm: Bits


@lru_cache(maxsize=262_144)
def token(form: str, tables: Tables | None = None) -> Token:
    """Prepare a word in working form."""
    folded, used = fold(form), tables or shipped()
    p = sound(folded)
    found = roots().get(folded, frozenset())
    bits = (used.bits("given", folded), used.bits("surname", folded), used.bits("firm", folded))
    return Token(form, folded, p, skeleton(p), found, _mask(folded), *bits)


@lru_cache(maxsize=262_144)
def level(a: Token, b: Token) -> int:
    """Say at which level two words agree."""
    if a.folded == b.folded:
        return WRITTEN if a.form == b.form else FOLDED
    if not a.roots.isdisjoint(b.roots):
        return ROOT
    if a.p == b.p:
        return SOUND
    if a.s == b.s and len(a.s) >= _SHORTEST_SKELETON:
        return SKELETON
    if _slipped(a, b):
        return SLIP
    short = min(len(a.folded), len(b.folded)) == 1
    return INITIAL if short and a.folded[0] == b.folded[0] else NONE


def weight(a: Token, b: Token, at: int, role: str) -> int:
    """Return what agreement at a level says, in a role: "given", "surname" or "firm"."""
    if at == INITIAL:
        return AN_INITIAL
    first: Bits = getattr(a, role)
    second: Bits = getattr(b, role)
    place = 2 if at == SKELETON else 1 if at == SOUND else 0
    return max(0, min(first[place], second[place]) - PRICES[at])


def _slipped(a: Token, b: Token) -> bool:
    """Whether one slip lies between two words or their sounds; two between long words."""
    shorter = min(len(a.folded), len(b.folded))
    longer = max(len(a.folded), len(b.folded))
    if shorter < _SHORTEST_SLIP or (a.mask ^ b.mask).bit_count() > _FAR:
        return False
    if longer < _LONGER_SLIP and a.folded.isascii() and a.mask != b.mask:
        return False
    allowed = 2 if shorter >= _TWO_SLIPS else 1
    if OSA.distance(a.folded, b.folded, score_cutoff=allowed) <= allowed:
        return True
    return min(len(a.p), len(b.p)) >= _LONGER_SLIP and OSA.distance(a.p, b.p, score_cutoff=1) <= 1


def _mask(word: str) -> int:
    mask = 0
    for mark in word:
        mask |= 1 << (ord(mark) & 63)
    return mask
