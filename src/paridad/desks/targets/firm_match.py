# SPDX-License-Identifier: Apache-2.0
"""Names of firms, vessels and aircraft: the legal form as a class, then words by how rare they are.

Rules
  - Legal forms are recognised by the library `rigour`, and "company" and "co" besides; equal classes say one bit,
    different ones one against. A form that only one side has says nothing.
  - Points and hyphens within initials join them: "A.B.C." is the word "abc".
  - Words that agree weigh by rarity; generic words little. Words left over on both sides contradict, numbers (also
    Roman ones) most. A word that only one side has says a little against, a number more; a number or a country that
    only one side has tells a fund from its sister and a firm from its daughter: it contradicts.
  - Two names that are the same letters without their blanks agree in everything. One word that is made of the other's
    three or more initials agrees as a short form.

Worked example
    match(prepare("Transportes Ejemplo, S.A. de C.V."), prepare("TRANSPORTES EJEMPLO SA DE CV")).weight    is positive
    match(prepare("Fund VIII L.P."), prepare("Fund IX L.P.")).weight                                       is negative
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import zip_longest

from babel import Locale
from rigour.names.org_types import extract_org_types

from paridad.desks.targets.frequencies import Tables, shipped
from paridad.desks.targets.name_match import Edge, NameMatch, Part, alignments, edges_of
from paridad.desks.targets.names import fold, working
from paridad.desks.targets.tokens import FOLDED, NONE, PRICES, ROOT, SLIP, Token, token, weight

FORM = 1000
AGAINST, NUMBER_AGAINST = -5000, -9000
NUMBER_MISSING = -6000
QUALIFIER = "Q"
"""The role of a number or a country that only one side has."""
SHORTEST_INITIALS = 3
MISSING_SHARE = 3
"""A word that only one side has says against a third of what it would say for."""
_INITIALS = re.compile(r"\b(?:\w[.\-/]){1,}\w\b\.?|\b(?:\w\.){2,}")
_WORD = re.compile(r"\w+|&")
_ROMAN = re.compile(r"x{0,3}(?:ix|iv|v?i{0,3})")
_GENERIC = frozenset({"company", "co", "cia", "compania", "corporation", "corp", "corporacion"})
_NOTHING = frozenset({"the", "and", "y", "e", "de", "del", "la", "el", "los", "las", "of", "for", "para", "&", "und"})


@dataclass(frozen=True, slots=True, eq=False)
class PreparedFirm:
    """The name of a firm or craft, ready to be compared."""

    text: str
    forms: frozenset[str]
    """Classes of legal forms."""
    tokens: tuple[Token, ...]
    joined: str
    full: int


@lru_cache(maxsize=65536)
def prepare(text: str, tables: Tables | None = None) -> PreparedFirm:
    """Prepare the name of a firm or craft."""
    raw = text.casefold()
    found = [(form, code) for form, code in extract_org_types(raw) if not _ROMAN.fullmatch(code)]
    forms = frozenset(code for _, code in found)
    for form, _ in found:
        raw = raw.replace(form, " ")
    plain = working(raw)
    bare = _INITIALS.sub(lambda found: re.sub(r"\W", "", found[0]), plain)
    words = [each for each in _WORD.findall(bare) if each not in _NOTHING]
    core = [each for each in words if each not in _GENERIC]
    if core and len(core) < len(words):
        forms |= {"company"}
    tokens = tuple(token(each, tables or shipped()) for each in core or words)
    full = sum(weight(each, each, FOLDED, "firm") for each in tokens)
    return PreparedFirm(text, forms, tokens, "".join(each.folded for each in tokens), full)


def match(a: PreparedFirm, b: PreparedFirm) -> NameMatch:
    """Compare two names of firms or craft."""
    if not a.tokens or not b.tokens:
        return NameMatch(0, (), ("", ""))
    short = _abbreviated(a, b) or _abbreviated(b, a)
    parts = _same(a, b) if a.joined == b.joined else (short,) if short else _best(a, b)
    found = (*parts, *_forms(a, b))
    return NameMatch(sum(part.weight for part in found), found, ("", ""))


def _same(a: PreparedFirm, b: PreparedFirm) -> tuple[Part, ...]:
    return (Part("N", FOLDED, a.text, b.text, "", min(a.full, b.full)),)


def _abbreviated(a: PreparedFirm, b: PreparedFirm) -> Part | None:
    """Return the line of a name that is made of the other's initials."""
    initials = "".join(each.folded[0] for each in b.tokens)
    if len(a.tokens) > 1 or len(initials) < SHORTEST_INITIALS or a.joined != initials:
        return None
    return Part("F", ROOT, a.text, b.text, "", a.full - PRICES[ROOT])


def _best(a: PreparedFirm, b: PreparedFirm) -> tuple[Part, ...]:
    """Return the parts of the best alignment."""
    tried = (_parts(a, b, edges) for edges in alignments(edges_of(a.tokens, b.tokens)))
    return max(tried, key=lambda parts: sum(part.weight for part in parts))


def _parts(a: PreparedFirm, b: PreparedFirm, edges: Sequence[Edge]) -> tuple[Part, ...]:
    used = [{edge[side] for edge in edges} for side in (0, 1)]
    agreed = [_agreed(a.tokens[i], b.tokens[j], at) for i, j, at in edges]
    left, right = (
        sorted((each for place, each in enumerate(side.tokens) if place not in used[number]), key=_strength)
        for number, side in enumerate((a, b))
    )
    return (*agreed, *(_left_over(one, other) for one, other in zip_longest(left, right)))


def _agreed(one: Token, other: Token, at: int) -> Part:
    """Return what two words say; numbers agree as written or not at all."""
    if at <= SLIP and (_number(one) or _number(other)):
        return Part("F", NONE, one.form, other.form, "", NUMBER_AGAINST)
    word = one.folded if at >= FOLDED else ""
    return Part("F", at, one.form, other.form, word, weight(one, other, at, "firm"))


def _left_over(one: Token | None, other: Token | None) -> Part:
    """Return what words say that nothing on the other side agrees with."""
    if one is None or other is None:
        only = one or other
        assert only is not None
        missing = NUMBER_MISSING if _number(only) else -(weight(only, only, FOLDED, "firm") // MISSING_SHARE)
        role = QUALIFIER if _number(only) or only.folded in _countries() else "F"
        return Part(role, NONE, one.form if one else "", other.form if other else "", "", missing)
    cost = NUMBER_AGAINST if _number(one) or _number(other) else AGAINST
    return Part("F", NONE, one.form, other.form, "", cost)


@cache
def _countries() -> frozenset[str]:
    """Return the names of countries that are one word, in both languages, folded."""
    named = (name for language in ("es", "en") for code, name in Locale(language).territories.items() if code.isalpha())
    return frozenset(fold(working(name)) for name in named if len(name.split()) == 1)


def _strength(each: Token) -> tuple[bool, int, str]:
    """Order words left over: numbers first, then the rarest."""
    return not _number(each), -each.firm.folded, each.folded


def _number(each: Token) -> bool:
    return each.folded.isdecimal() or _ROMAN.fullmatch(each.folded) is not None


def _forms(a: PreparedFirm, b: PreparedFirm) -> tuple[Part, ...]:
    if not a.forms or not b.forms:
        return ()
    same = bool(a.forms & b.forms)
    one, other = (" ".join(sorted(each.forms)) for each in (a, b))
    return (Part("L", FOLDED if same else NONE, one, other, "", FORM if same else -FORM),)
