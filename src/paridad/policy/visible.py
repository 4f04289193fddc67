# SPDX-License-Identifier: Apache-2.0
"""What a reader may see: the one `visible_to` between the records and every page, count, filter and export (law 8).

Rules
  - All of it is policy's answer to `read` questions, asked once per role and kept as long as the engine lives.
  - A reader is *involved* in an act that the reader's agency issued or is addressed by. Whoever does not say so is
    answered as not involved, which shows less.
  - A handling code that the charter does not have is treated as none: the envelope shows, the content does not.
  - A part is seen only with its whole. A kind that this release does not know shows no field.
  - Withheld is not missing: `filter` names every path it keeps back, with the decision that says why.

Worked example
    sight = visible_to(Reader("ana", "analyst", "A/POLICE"), engine, now=now)
    sight.sees("AMBER", "identity")                     is True
    sight.sees("RED", "identity")                       is False; with involved=True it is True
    sight.handling_codes("identity")                    is ("CLEAR", "GREEN", "AMBER"), for the filter of a query
    sight.filter(act.fields, act.kind, act.envelope)    is Seen(fields, withheld)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import product

from paridad.acts.envelope import Envelope
from paridad.acts.vocabulary import SENSITIVITIES, Field, Kind
from paridad.base.strict import JsonValue
from paridad.policy.decision import Decision
from paridad.policy.engine import PolicyEngine
from paridad.policy.question import NONE, ReadQuestion

_Class = tuple[str, str, bool]
"""Handling code, sensitivity, involved."""


@dataclass(frozen=True, slots=True)
class Reader:
    """An officer who reads: who, in which role, at which agency."""

    officer: str
    role: str
    agency: str

    def involved(self, envelope: Envelope) -> bool:
        """Whether the reader's agency issued the act or is addressed by it."""
        return self.agency == envelope.iss or self.agency in envelope.aud


@dataclass(frozen=True, slots=True)
class WithheldPath:
    """A field that is there and not shown, with the decision that says why."""

    path: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Seen:
    """What is left of an act's fields for one reader, and what was kept back."""

    fields: Mapping[str, JsonValue]
    withheld: tuple[WithheldPath, ...]


@dataclass(frozen=True, slots=True)
class Visibility:
    """What one reader may see; made by `visible_to` alone."""

    reader: Reader
    at: int
    _codes: tuple[str, ...]
    _decisions: Mapping[_Class, Decision] = field(repr=False)

    def why(self, handling: str, sensitivity: str, *, involved: bool = False) -> Decision:
        """Return the decision about a class of fields: the answer to "why can I not see this?"."""
        known = handling if handling in self._codes else NONE
        return replace(self._decisions[known, sensitivity, involved], at=self.at)

    def sees(self, handling: str, sensitivity: str, *, involved: bool = False) -> bool:
        """Whether the reader may see a class of fields."""
        return self.why(handling, sensitivity, involved=involved).allowed

    def handling_codes(self, sensitivity: str = "procedural", *, involved: bool = False) -> tuple[str, ...]:
        """Return the handling codes under which a sensitivity is seen, the least strict first: a query's filter."""
        return tuple(code for code in self._codes if self.sees(code, sensitivity, involved=involved))

    def filter(self, fields: Mapping[str, JsonValue], kind: Kind | None, envelope: Envelope) -> Seen:
        """Take from an act's opened fields what this reader may see, part by part."""
        sieve = _Sieve(self, envelope.hnd, self.reader.involved(envelope))
        shown = sieve.members(fields, kind.fields if kind else {}, "")
        return Seen(shown, tuple(sieve.withheld))


@dataclass(slots=True)
class _Sieve:
    """One act going through one reader's sight."""

    sight: Visibility
    handling: str
    involved: bool
    withheld: list[WithheldPath] = field(default_factory=list)

    def members(self, values: Mapping[str, JsonValue], known: Mapping[str, Field], prefix: str) -> dict[str, JsonValue]:
        """Keep the named parts that are known and may be seen; what the vocabulary lacks is not shown at all."""
        return {
            name: self.inside(value, known[name], f"{prefix}{name}")
            for name, value in values.items()
            if name in known and self.passes(known[name], f"{prefix}{name}")
        }

    def inside(self, value: JsonValue, known: Field, path: str) -> JsonValue:
        """Go into a record or a list that may be seen; anything else is shown as it is."""
        if known.type == "record":
            return self.members(value if isinstance(value, Mapping) else {}, known.members, f"{path}.")
        if known.element is not None:
            return self.elements(value if isinstance(value, list | tuple) else (), known.element, path)
        return value

    def elements(self, values: Sequence[JsonValue], known: Field, path: str) -> list[JsonValue]:
        """Keep the elements that may be seen."""
        return [
            self.inside(value, known, f"{path}[{place}]")
            for place, value in enumerate(values)
            if self.passes(known, f"{path}[{place}]")
        ]

    def passes(self, known: Field, path: str) -> bool:
        """Whether a part may be seen; note it if not."""
        decision = self.sight.why(self.handling, known.sensitivity, involved=self.involved)
        if not decision.allowed:
            self.withheld.append(WithheldPath(path, decision))
        return decision.allowed


def visible_to(reader: Reader, engine: PolicyEngine, now: int) -> Visibility:
    """Return what this reader may see, by the policy in force."""
    decisions = _readings(engine, reader.role)
    return Visibility(reader, now, engine.lists.handling_codes, decisions)


@lru_cache(maxsize=64)
def _readings(engine: PolicyEngine, role: str) -> Mapping[_Class, Decision]:
    """Ask every `read` question of a role once; the answers depend on nothing else."""
    codes = (NONE, *engine.lists.handling_codes)
    classes = list(product(codes, SENSITIVITIES, (False, True)))
    questions = [
        ReadQuestion(role=role, sensitivity=sensitivity, handling=handling, involved=involved)
        for handling, sensitivity, involved in classes
    ]
    return dict(zip(classes, engine.decide(questions, now=0), strict=True))
