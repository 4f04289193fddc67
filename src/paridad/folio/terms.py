# SPDX-License-Identifier: Apache-2.0
"""What the charter fixes for a folio: limits of time and closed lists, as plain values.

Rules
  - A folio runs under the terms of the charter that its request names (`prg`), also when the charter changes later.
  - Times are seconds; handling codes carry what this package needs of them.
  - Terms are compared, copied and folded as values: nothing here reads a charter twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from paridad.programme.charter import Charter
from paridad.programme.codes import Onward


@dataclass(frozen=True, slots=True)
class UrgencyTerms:
    """How long an urgency leaves: to acknowledge, and to answer."""

    acknowledge_seconds: int
    answer_seconds: int


@dataclass(frozen=True, slots=True)
class HandlingTerms:
    """What a handling code asks of a folio."""

    rank: int
    """Higher is stricter."""
    onward: Onward
    two_person: bool
    retention_days: int


@dataclass(frozen=True, slots=True)
class Terms:
    """The limits and closed lists of one charter."""

    urgencies: Mapping[str, UrgencyTerms] = field(default_factory=lambda: MappingProxyType({}))
    recall_seconds: int = 0
    outcome_seconds: int = 0
    clarification_seconds: int = 0
    grounds: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    bases: Mapping[str, str | None] = field(default_factory=lambda: MappingProxyType({}))
    """Whose law a basis is; None for what is common to all parties."""
    outcomes: frozenset[str] = frozenset()
    obligations: frozenset[str] = frozenset()
    assurances: frozenset[str] = frozenset()
    """The obligations of which the recipient's word is needed before fields about proceedings leave."""
    desks: frozenset[str] = frozenset()
    handling: Mapping[str, HandlingTerms] = field(default_factory=lambda: MappingProxyType({}))
    agencies: frozenset[str] = frozenset()


NO_TERMS = Terms()
"""The terms of a folio whose request is not here yet: no clock runs and every list is empty."""


def terms_of(charter: Charter) -> Terms:
    """Return what a folio needs of a charter."""
    return Terms(
        urgencies={
            code: UrgencyTerms(urgency.acknowledge_seconds, urgency.answer_seconds)
            for code, urgency in charter.urgencies.items()
        },
        recall_seconds=charter.clocks.recall_seconds,
        outcome_seconds=charter.clocks.outcome_seconds,
        clarification_seconds=charter.clocks.clarification_seconds,
        grounds=frozenset(charter.grounds),
        purposes=frozenset(charter.purposes),
        bases={code: basis.party for code, basis in charter.bases.items()},
        outcomes=frozenset(charter.outcomes),
        obligations=frozenset(charter.obligations),
        assurances=frozenset(code for code, each in charter.obligations.items() if each.assurance),
        desks=frozenset(charter.desks),
        handling={
            code: HandlingTerms(mark.rank, mark.onward, mark.two_person, mark.retention_days)
            for code, mark in charter.handling.items()
        },
        agencies=frozenset(charter.agencies),
    )
