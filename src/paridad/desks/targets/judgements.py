# SPDX-License-Identifier: Apache-2.0
"""What a person says of two dossiers: same, different or unsure; and what follows from what was said.

Rules
  - A judgement is a person's, with a type of reason and a sentence. It merges nothing, and names no consequence.
  - It is internal to the agency that makes it and never released.
  - Whoever judges a pair again names the act that stands: a reversal is a new judgement, nothing is rewritten.
  - Above a handling code, and for *same* against *different*, a judgement waits until another person says the same.
  - A pair is two acts: when a dossier is corrected the pair is open again.
  - What only follows from a chain of *same* is implied, not judged. One *different* inside a cluster flags all of it.
  - `decide` may refuse and changes nothing; `evolve` never refuses.

Worked example
    (draft,) = decide(PairState(), Judge("A/ONE", …, "ana", ("x…", "y…"), "same", "documents", "Same CURP."), …)
    evolve(PairState(), act).verdict                            is "same"
    clusters({("a", "b"): "same", ("b", "c"): "same"})[0].implied       is (("a", "c"),)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from importlib.resources import files
from itertools import combinations

from paridad.acts.envelope import Draft
from paridad.base.strict import JsonValue, encode_base64url
from paridad.base.words import Words
from paridad.desks.targets.codes import code_list
from paridad.desks.targets.errors import JudgementRefused, NotCurrent
from paridad.folio.reading import codes, text
from paridad.folio.state import Recorded

KIND = "targets/judgement/1"
SAME, DIFFERENT, UNSURE = "same", "different", "unsure"
METHOD_FILES = (
    "names.toml", "frequencies.toml", "names.py", "phonetic.py", "frequencies.py", "tokens.py", "name_match.py",
    "firm_match.py", "birth_match.py", "identifiers.py", "subjects.py", "features.py",
)  # fmt: skip
"""What a weight follows from."""

PAIR = 2
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Judge:
    """Say whether two dossiers are about one subject."""

    iss: str
    handling: str
    purpose: str
    basis: str
    officer: str
    pair: Pair
    verdict: str
    reason_code: str
    reason: str
    features: tuple[str, ...] = ()
    of: str = ""
    """The judgement that stands, where the pair has one."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A judgement that waits for a second person."""

    verdict: str
    officer: str


@dataclass(frozen=True, slots=True)
class PairState:
    """What was said of one pair."""

    verdict: str = ""
    """In force."""
    last: str = ""
    """The act that a next judgement has to name."""
    waiting: Waiting | None = None
    history: tuple[str, ...] = ()
    irregular: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """Dossiers that a chain of *same* connects."""

    members: tuple[str, ...]
    implied: tuple[Pair, ...]
    """Pairs that nobody judged."""
    flagged: bool
    """Whether two of them were judged different."""


def decide(state: PairState, command: Judge, *, two_persons: bool) -> tuple[Draft, ...]:
    """Say which act follows from a judgement, or raise with the reason; `two_persons` as its handling code asks."""
    _demand_sound(command)
    _demand_current(state, command)
    waits = _needs_second(state, command, two_persons=two_persons)
    fields: dict[str, JsonValue] = {
        "dossiers": list(ordered(command.pair)),
        "verdict": command.verdict,
        "reason_code": command.reason_code,
        "reason": command.reason,
        "features": list(command.features),
        "method": method_digest(),
        "officer": command.officer,
        "needs_second": waits,
    }
    re = (command.of,) if command.of else ()
    return (Draft(KIND, command.iss, (command.iss,), command.handling, command.purpose, command.basis, fields, re=re),)


def evolve(state: PairState, act: Recorded) -> PairState:
    """Fold one recorded judgement into what was said of its pair."""
    verdict, officer = text(act.fields, "verdict"), text(act.fields, "officer")
    expected = (state.last,) if state.last else ()
    if act.envelope.re != expected or not verdict:
        return replace(state, irregular=(*state.irregular, act.hash))
    said = replace(state, last=act.hash, history=(*state.history, act.hash))
    if act.fields.get("needs_second") is True and not _confirms(state, verdict, officer):
        return replace(said, waiting=Waiting(verdict, officer))
    return replace(said, verdict=verdict, waiting=None)


def fold(acts: Iterable[Recorded]) -> PairState:
    """Fold the judgements of one pair, each after the one that it names."""
    by_place = {act.envelope.re[0] if act.envelope.re else "": act for act in acts}
    state, seen = PairState(), set[str]()
    while (act := by_place.get(state.last)) and act.hash not in seen:
        seen.add(act.hash)
        state = evolve(state, act)
    return state


def pair_of(fields: Mapping[str, JsonValue]) -> Pair | None:
    """Return the pair that a judgement is about."""
    found = codes(fields, "dossiers")
    return ordered((found[0], found[1])) if len(found) == PAIR else None


def ordered(pair: Pair) -> Pair:
    """Return a pair in the one order in which pairs are kept."""
    return (min(pair), max(pair))


def clusters(verdicts: Mapping[Pair, str]) -> tuple[Cluster, ...]:
    """Return what chains of *same* connect: a view over judgements, never a merge."""
    groups: dict[str, set[str]] = {}
    for pair in (pair for pair, verdict in verdicts.items() if verdict == SAME):
        joined = set().union(*(groups.get(each, {each}) for each in pair))
        groups.update(dict.fromkeys(joined, joined))
    distinct = {tuple(sorted(group)) for group in groups.values()}
    return tuple(_cluster(members, verdicts) for members in sorted(distinct))


@cache
def method_digest() -> str:
    """Return the digest of everything that a weight follows from, so that a pair can be explained years later."""
    found = sha256()
    for name in METHOD_FILES:
        found.update(name.encode() + b"\0" + files(__package__).joinpath(name).read_bytes())
    return encode_base64url(found.digest())


def _cluster(members: tuple[str, ...], verdicts: Mapping[Pair, str]) -> Cluster:
    pairs = list(combinations(members, 2))
    flagged = any(verdicts.get(pair) == DIFFERENT for pair in pairs)
    return Cluster(members, tuple(pair for pair in pairs if pair not in verdicts), flagged)


def _confirms(state: PairState, verdict: str, officer: str) -> bool:
    """Whether another person says what waits for one."""
    return state.waiting is not None and state.waiting.verdict == verdict and state.waiting.officer != officer


def _needs_second(state: PairState, command: Judge, *, two_persons: bool) -> bool:
    against = {state.verdict, command.verdict} == {SAME, DIFFERENT}
    return (two_persons or against) and not _confirms(state, command.verdict, command.officer)


def _demand_current(state: PairState, command: Judge) -> None:
    if command.of != state.last:
        raise NotCurrent(
            Words(
                es="Ese par tiene otro juicio vigente; nombre el que está en vigor.",
                en="That pair has another judgement in force; name the one that stands.",
            )
        )
    waiting = state.waiting
    if waiting and (waiting.verdict, waiting.officer) == (command.verdict, command.officer):
        raise _refused("officer", "el juicio espera a otra persona", "the judgement waits for another person")
    if not waiting and state.verdict == command.verdict:
        raise _refused("verdict", "ya se juzgó así", "it was judged so already")


def _demand_sound(command: Judge) -> None:
    for name in ("handling", "purpose", "basis"):
        if not getattr(command, name):
            raise _refused(name, "falta; sin él no se puede firmar", "is missing; it cannot be signed without")
    for name in ("verdict", "reason_code"):
        if getattr(command, name) not in code_list(name):
            raise _refused(name, "no está en la lista", "is not in the list")
    if not command.reason.strip():
        raise _refused("reason", "diga por qué", "say why")
    if command.pair[0] == command.pair[1]:
        raise _refused("dossiers", "un expediente no se juzga consigo mismo", "a dossier is not judged with itself")


def _refused(field: str, es: str, en: str) -> JudgementRefused:
    return JudgementRefused(Words(es=f"Juicio, campo {field}: {es}.", en=f"Judgement, field {field}: {en}."))
