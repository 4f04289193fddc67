# SPDX-License-Identifier: Apache-2.0
"""A charter as values: what the parties agreed on, looked up by code.

Rules
  - The values are a reading of the document's exact bytes, never a substitute for them.
  - Only `read_charter` returns a charter that can be trusted.
  - What is looked up and not found refuses: an unmapped marking protects nothing.

Worked example
    charter.handling_for("AA", "confidencial").onward          is "consent"
    charter.marking_for("BB", "AMBER").id                      is the lowest marking of BB that protects as much
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from paridad.base.signing import Ed25519Key, MlDsaKey
from paridad.base.words import Words
from paridad.programme.codes import (
    Agency,
    Basis,
    Clocks,
    Code,
    Conduct,
    HandlingCode,
    Marking,
    Obligation,
    Party,
    Purpose,
    Quorum,
    Urgency,
)
from paridad.programme.errors import UnmappedMarking
from paridad.programme.records import KeyRecord

SIGNED_PREFIX = b"paridad/charter/1\0"
"""Stands before the document in what the roots sign, so that no other text of theirs can be taken for a charter."""


@dataclass(frozen=True, slots=True)
class CharterSignature:
    """A party's signature of a charter: always both algorithms. `previous`: by the root of the version before."""

    party: str
    ed25519: bytes
    mldsa44: bytes
    previous: bool = False

    def verify(self, document: bytes, ed25519: Ed25519Key, mldsa: MlDsaKey) -> None:
        """Check both signatures over the document, or raise `BadSignature`."""
        ed25519.verify(self.ed25519, SIGNED_PREFIX + document)
        mldsa.verify(self.mldsa44, SIGNED_PREFIX + document)


@dataclass(frozen=True, slots=True)
class Charter:
    """A charter as values. Trusted only as `read_charter` returns it."""

    programme: str
    name: Words
    notice: Words | None
    """What every page says about this programme, for instance that it is a demonstration."""
    version: int
    hash: str
    """43 characters of base64url: SHA-256 of the exact document."""
    previous: str
    """Hash of the version before; empty for the first."""
    effective_from: int
    document: bytes = field(repr=False)
    signatures: tuple[CharterSignature, ...] = field(repr=False)
    parties: Mapping[str, Party] = field(repr=False)
    agencies: Mapping[str, Agency] = field(repr=False)
    handling: Mapping[str, HandlingCode] = field(repr=False)
    markings: Mapping[tuple[str, str], Marking] = field(repr=False)
    purposes: Mapping[str, Purpose] = field(repr=False)
    bases: Mapping[str, Basis] = field(repr=False)
    grounds: Mapping[str, Code] = field(repr=False)
    outcomes: Mapping[str, Code] = field(repr=False)
    obligations: Mapping[str, Obligation] = field(repr=False)
    urgencies: Mapping[str, Urgency] = field(repr=False)
    desks: Mapping[str, Code] = field(repr=False)
    clocks: Clocks = field(repr=False)
    conduct: Conduct = field(repr=False)
    witnesses: Mapping[str, Quorum] = field(repr=False)
    """By party: who must have cosigned its checkpoints."""
    keys: tuple[KeyRecord, ...] = field(repr=False)

    def __hash__(self) -> int:
        return hash(self.hash)

    @property
    def prg(self) -> str:
        """The claim by which acts name this charter."""
        return f"{self.programme}@{self.hash}"

    def agencies_of(self, party: str) -> tuple[Agency, ...]:
        """Return a party's agencies, in the order of the charter."""
        return tuple(agency for agency in self.agencies.values() if agency.party == party)

    def others(self, party: str) -> tuple[str, ...]:
        """Return all parties but one."""
        return tuple(each for each in self.parties if each != party)

    def bases_for(self, party: str) -> tuple[Basis, ...]:
        """Return the legal bases a party can rest on: what is common, and its own law."""
        return tuple(basis for basis in self.bases.values() if basis.party in {None, party})

    def retention_days(self, handling: str, purpose: str) -> int:
        """Return the shorter of the handling code's and the purpose's period."""
        days = self.handling[handling].retention_days
        shorter = self.purposes[purpose].retention_days
        return days if shorter is None else min(days, shorter)

    def handling_for(self, party: str, marking: str) -> HandlingCode:
        """Return the handling code of a national marking; what is not mapped refuses."""
        found = self.markings.get((party, marking))
        if found is None:
            raise UnmappedMarking(
                Words(
                    es=f"La carta no traduce la marca {marking!r} de {party}; nada sale con ella.",
                    en=f"The charter does not map the marking {marking!r} of {party}; nothing leaves with it.",
                )
            )
        return self.handling[found.handling]

    def marking_for(self, party: str, handling: str) -> Marking:
        """Return the lowest marking of a party that protects at least as much as a handling code."""
        rank = self.handling[handling].rank if handling in self.handling else None
        enough = [
            marking
            for marking in self.markings.values()
            if rank is not None and marking.party == party and self.handling[marking.handling].rank >= rank
        ]
        if not enough:
            raise UnmappedMarking(
                Words(
                    es=f"Ninguna marca de {party} protege tanto como {handling!r}; no se recibe sin ella.",
                    en=f"No marking of {party} protects as much as {handling!r}; it is not filed without one.",
                )
            )
        return min(enough, key=lambda marking: (self.handling[marking.handling].rank, marking.rank))
