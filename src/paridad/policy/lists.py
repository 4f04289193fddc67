# SPDX-License-Identifier: Apache-2.0
"""The closed lists that policy takes from the charter, and nothing else of it.

Rules
  - Handling codes bring their properties along: rank, onward transfer, two persons. Rules speak of the properties,
    never of a code, so that they hold for every programme.
  - Each legal basis has a kind. A code that is not in the charter has the kind `NONE`, and so has the domestic law
    of another party: nobody rests on a law that is not theirs.
  - Every code is of the form of `CODE`; `NONE` is reserved. A list that is empty or repeats a code is refused.

Worked example
    lists = code_lists(charter)
    lists.basis_kind("mla-treaty", "A")     is "treaty"
    lists.basis_kind("law-of-b", "A")       is "none": B's law, A's release
    lists.onward("RED"), lists.two_person("RED")    is ("never", True)
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from paridad.acts.envelope import party_of
from paridad.policy.errors import refused
from paridad.policy.question import NONE
from paridad.programme.charter import Charter
from paridad.programme.codes import BasisKind, Onward

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._:/-]{0,130}")
"""Form of a code; an agency holds one slash."""


@dataclass(frozen=True, slots=True)
class HandlingRule:
    """One handling code and what it demands."""

    code: str
    rank: int
    """Higher is stricter."""
    onward: Onward
    two_person: bool


@dataclass(frozen=True, slots=True)
class BasisRule:
    """One legal basis, its kind, and the one party that can rest on it if it is domestic law."""

    code: str
    kind: BasisKind
    party: str | None


@dataclass(frozen=True, slots=True)
class CodeLists:
    """The lists of one charter, as far as policy decides by them."""

    handling: tuple[HandlingRule, ...]
    purposes: tuple[str, ...]
    bases: tuple[BasisRule, ...]
    agencies: tuple[str, ...]
    parties: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_codes("handling", (rule.code for rule in self.handling))
        _check_codes("purposes", self.purposes)
        _check_codes("bases", (rule.code for rule in self.bases))
        _check_codes("agencies", self.agencies)
        _check_codes("parties", self.parties)
        for agency in self.agencies:
            if party_of(agency) not in self.parties:
                raise refused(f"{agency} no es de ninguna de las partes.", f"{agency} belongs to none of the parties.")

    @property
    def handling_codes(self) -> tuple[str, ...]:
        """The handling codes, the least strict first."""
        return tuple(rule.code for rule in sorted(self.handling, key=lambda rule: (rule.rank, rule.code)))

    def basis_kind(self, basis: str, party: str) -> str:
        """Return the kind of a legal basis that this party can rest on, `NONE` for anything else."""
        return next((rule.kind for rule in self.bases if rule.code == basis and rule.party in {None, party}), NONE)

    def two_person(self, handling: str) -> bool:
        """Whether a handling code asks for a second person; no code at all asks for it too."""
        return all(rule.two_person for rule in self.handling if rule.code == handling)

    def onward(self, handling: str) -> Onward:
        """Whether records under a handling code may be passed on; without one: never."""
        return next((rule.onward for rule in self.handling if rule.code == handling), "never")


def code_lists(charter: Charter) -> CodeLists:
    """Take from a charter what policy decides by, in a fixed order."""
    return CodeLists(
        handling=tuple(
            HandlingRule(code, entry.rank, entry.onward, entry.two_person)
            for code, entry in sorted(charter.handling.items())
        ),
        purposes=tuple(sorted(charter.purposes)),
        bases=tuple(BasisRule(code, entry.kind, entry.party) for code, entry in sorted(charter.bases.items())),
        agencies=tuple(sorted(charter.agencies)),
        parties=tuple(sorted(charter.parties)),
    )


def _check_codes(name: str, codes: Iterable[str]) -> None:
    listed = tuple(codes)
    if not listed or len(set(listed)) != len(listed):
        raise refused(f"La lista {name} está vacía o repite un código.", f"List {name} is empty or repeats a code.")
    for code in listed:
        if code == NONE or not CODE.fullmatch(code):
            raise refused(f"{code!r} no puede ser un código de {name}.", f"{code!r} cannot be a code of {name}.")
