# SPDX-License-Identifier: Apache-2.0
"""The values a charter is made of: parties, agencies, closed lists, handling codes, markings, clocks, witnesses.

Rules
  - Every value has words in both languages, the source it was taken from, and whether it was compared with that source.
  - `verified` is false until somebody has read the official text; pages say so beside the value.
  - A handling code is an obligation: a stricter code (higher rank) is never freer onward, nor in want of fewer persons.
  - A national marking maps to a code and back without ever lowering protection; what has no mapping refuses.
"""

from dataclasses import dataclass
from typing import Literal

from paridad.base.signing import Ed25519Key, MlDsaKey
from paridad.base.words import Words
from paridad.programme.facts import CODE, Facts
from paridad.programme.origins import AGENCY, PARTY

Onward = Literal["free", "consent", "never"]
ONWARD: tuple[Onward, ...] = ("free", "consent", "never")
"""May the receiver pass it on: freely, with the originator's consent act, or not at all; in order of strictness."""

BasisKind = Literal["treaty", "domestic-law", "joint-statement"]
BASIS_KINDS: tuple[BasisKind, ...] = ("treaty", "domestic-law", "joint-statement")


@dataclass(frozen=True, slots=True)
class Party:
    """A sovereign party, with the two roots that sign for it."""

    id: str
    name: Words
    source: str
    verified: bool
    root_ed25519: Ed25519Key
    root_mldsa: MlDsaKey


@dataclass(frozen=True, slots=True)
class Agency:
    """An authority of a party that signs acts of its own: `<party>/<name>`."""

    id: str
    name: Words
    source: str
    verified: bool

    @property
    def party(self) -> str:
        """The party it belongs to."""
        return self.id.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Code:
    """One value of a closed list."""

    id: str
    words: Words
    help: Words | None
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class HandlingCode(Code):
    """What a marking obliges its holder to."""

    rank: int
    """Higher is stricter."""
    onward: Onward
    two_person: bool
    """Whether a second officer must approve each release."""
    retention_days: int
    """Days after which the disclosures are destroyed, unless a hold says otherwise."""


@dataclass(frozen=True, slots=True)
class Purpose(Code):
    """What released information may be used for."""

    retention_days: int | None
    """A period shorter than the handling code's, where the purpose has one."""


@dataclass(frozen=True, slots=True)
class Obligation(Code):
    """What a recipient takes upon itself with what it is given."""

    assurance: bool
    """Whether the recipient has to give its word on it before fields about proceedings leave."""


@dataclass(frozen=True, slots=True)
class Basis(Code):
    """A legal basis: what kind it is, and whose law it is."""

    kind: BasisKind
    party: str | None
    """The party whose domestic law it is; nobody else can rest on it."""


@dataclass(frozen=True, slots=True)
class Marking(Code):
    """A party's own marking, and the handling code that protects at least as much."""

    party: str
    rank: int
    """Order within the party's own list, higher is stricter."""
    handling: str


@dataclass(frozen=True, slots=True)
class Urgency(Code):
    """How fast a request is acknowledged and answered."""

    acknowledge_seconds: int
    answer_seconds: int


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks that do not depend on urgency."""

    recall_seconds: int
    outcome_seconds: int
    clarification_seconds: int
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Conduct:
    """Handling, purpose and basis of the programme's own procedural acts: covers, receipts, keys, charters."""

    handling: str
    purpose: str
    basis: str


@dataclass(frozen=True, slots=True)
class Quorum:
    """Who must have cosigned a party's checkpoints: at least `need` of the parties in `of`."""

    party: str
    of: tuple[str, ...]
    need: int


def _plain(facts: Facts) -> tuple[str, Words, Words | None, str, bool]:
    """Take what every code has, in the order of `Code`'s fields."""
    return (
        facts.text("id", CODE),
        facts.words(),
        facts.optional_words("help_"),
        facts.text("source"),
        facts.yes("verified"),
    )


def read_party(facts: Facts) -> tuple[str, Words, str, bool]:
    """Read a party without its roots, which stand in a list of their own."""
    return facts.text("id", PARTY), facts.words(), facts.text("source"), facts.yes("verified")


def read_agency(facts: Facts) -> Agency:
    """Read an agency."""
    return Agency(facts.text("id", AGENCY), facts.words(), facts.text("source"), facts.yes("verified"))


def read_code(facts: Facts) -> Code:
    """Read a value of a plain list: grounds, outcomes, desks."""
    return Code(*_plain(facts))


def read_obligation(facts: Facts) -> Obligation:
    """Read an obligation; one that says nothing of it is no assurance."""
    return Obligation(*_plain(facts), assurance=facts.has("assurance") and facts.yes("assurance"))


def read_handling(facts: Facts) -> HandlingCode:
    """Read a handling code."""
    return HandlingCode(
        *_plain(facts),
        rank=facts.whole("rank"),
        onward=facts.one_of("onward", ONWARD),
        two_person=facts.yes("two_person"),
        retention_days=facts.whole("retention_days", at_least=1),
    )


def read_purpose(facts: Facts) -> Purpose:
    """Read a purpose."""
    return Purpose(*_plain(facts), retention_days=facts.optional_whole("retention_days", at_least=1))


def read_basis(facts: Facts) -> Basis:
    """Read a legal basis; domestic law names its party, the other kinds name none."""
    kind = facts.one_of("kind", BASIS_KINDS)
    party = facts.text("party", PARTY) if kind == "domestic-law" else None
    return Basis(*_plain(facts), kind=kind, party=party)


def read_marking(facts: Facts) -> Marking:
    """Read a national marking; its identifier is unique within its party."""
    return Marking(
        *_plain(facts),
        party=facts.text("party", PARTY),
        rank=facts.whole("rank"),
        handling=facts.text("handling", CODE),
    )


def read_urgency(facts: Facts) -> Urgency:
    """Read an urgency; an answer is not due before its acknowledgement."""
    urgency = Urgency(
        *_plain(facts),
        acknowledge_seconds=facts.whole("acknowledge_seconds", at_least=1),
        answer_seconds=facts.whole("answer_seconds", at_least=1),
    )
    if urgency.answer_seconds < urgency.acknowledge_seconds:
        facts.refuse("answer_seconds", "vence antes que el acuse.", "falls due before the acknowledgement.")
    return urgency


def read_clocks(facts: Facts) -> Clocks:
    """Read the clocks."""
    return Clocks(
        recall_seconds=facts.whole("recall_seconds", at_least=1),
        outcome_seconds=facts.whole("outcome_seconds", at_least=1),
        clarification_seconds=facts.whole("clarification_seconds", at_least=1),
        source=facts.text("source"),
        verified=facts.yes("verified"),
    )


def read_conduct(facts: Facts) -> Conduct:
    """Read the marks of the programme's own acts."""
    return Conduct(facts.text("handling", CODE), facts.text("purpose", CODE), facts.text("basis", CODE))


def read_quorum(facts: Facts) -> Quorum:
    """Read who must have cosigned."""
    return Quorum(facts.text("party", PARTY), facts.codes("of"), facts.whole("need", at_least=1))
