# SPDX-License-Identifier: Apache-2.0
"""What the two sides say to each other in a run, step by step, as values.

Rules
  - A side is 0, the one that proposed, or 1. No step gives one of them anything that the other has not.
  - Signed content is integers, texts and bytes; probabilities are integers per million.
  - Bulk (points, answers, paths) is named in an act by its digest and travels as a payload; here it stands whole, and
    `digest_of` is over both.
  - Two persons stand behind a proposal, an agreement, the decisions about pairs, and going on after an alarm.

Worked example
    digest_of(Start(nonce))        is the same 32 bytes on both nodes
"""

from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Literal, NamedTuple

from paridad.desks.targets.deconfliction.group import Proof

Persons = tuple[str, str]
"""Two different officers of one side, as pseudonyms."""


class Head(NamedTuple):
    """Size and root of a log."""

    size: int
    root: bytes


class Band(NamedTuple):
    """How crowded a list is at one rule and one band of rarity, as a power of two."""

    rule: str
    band: int
    power: int


class Growth(NamedTuple):
    """How a set log came from the head that the earlier run of its class named to the head of this one."""

    before: Head
    proof: tuple[bytes, ...]
    """Consistency proof between the two (RFC 6962 §2.1.2)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What both sides agree to before anything is computed."""

    subject: str
    """Class of what is compared: persons, telephones, …"""
    purpose: str
    basis: str
    rules: bytes
    """Digest of rules and normaliser."""
    tables: bytes
    """Digest of the frequency tables of both sides."""
    records: int
    """Capacity in records, of both sides."""
    places: int
    """Capacity in tokens, of both sides."""
    epsilon_ppm: int
    """Expected strangers on the other list for each key, per million."""
    batch: int = 2048
    sample: int = 0
    """Positions that are proved; 0: every one."""
    churn_cap: int = 0
    """Entries that the set log gains between two runs, dummies included."""
    young_days: int = 0
    """Authorities younger than this raise an alarm."""
    logged: bool = False
    """Records are opened with the proof that their act stood in a tree that the other side had cosigned before."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Step 0."""

    terms: Terms
    concentration: int
    """Own κ, as a power of two."""
    set_log: Head
    nonce_seal: bytes
    persons: Persons
    growth: Growth | None = None
    """Of the own set log since the earlier run; none at the first."""
    bands: tuple[Band, ...] = ()
    """Own κ by rule and band of rarity, where it is more than one; in order."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Step 1, of side 1."""

    proposal: bytes
    terms: Terms
    concentration: int
    set_log: Head
    nonce: bytes
    persons: Persons
    growth: Growth | None = None
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Step 1, of side 1: no run, and why."""

    proposal: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Start:
    """Step 1, of side 0: its nonce; from here on the run has its context."""

    nonce: bytes


@dataclass(frozen=True, slots=True)
class Commitment:
    """Step 2."""

    root: bytes
    key: bytes
    knows: Proof
    order_seal: bytes
    places: int
    seen: Head | None = None
    """Head of the other side's own log that this side had cosigned by now."""


@dataclass(frozen=True, slots=True)
class ListSent:
    """Step 3: payloads."""

    points: bytes
    seals: bytes


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Step 4: a root over all answers to the other's list, before one is opened."""

    root: bytes


@dataclass(frozen=True, slots=True)
class OrderNonce:
    """Step 4, second half: the nonce committed in step 2."""

    nonce: bytes


@dataclass(frozen=True, slots=True)
class Opening:
    """Step 5: one batch of answers."""

    batch: int
    answers: bytes
    path: bytes
    """Hashes that lead from its scattered leaves to the root of step 4, end to end."""
    proof: Proof | None
    """None where no position of the sample falls into the batch."""


@dataclass(frozen=True, slots=True)
class Result:
    """Step 6."""

    size: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Labels:
    """Step 7: for each common tag, in order, the sealed opening of the own label, all of one size, end to end."""

    sealed: bytes


@dataclass(frozen=True, slots=True)
class Pairs:
    """Step 7, second half: digest of the graph of pairs."""

    count: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class DecisionSeal:
    """Step 8: the decisions about all pairs, committed."""

    seal: bytes
    persons: Persons


Choice = Literal["open", "decline", "wait"]
CHOICES: tuple[Choice, ...] = ("open", "decline", "wait")


class Decision(NamedTuple):
    """What two persons of a side decided about one pair."""

    choice: Choice
    reason: str


@dataclass(frozen=True, slots=True)
class Decisions:
    """Step 8, second half: opened together."""

    salt: bytes
    decisions: tuple[Decision, ...]


class Logged(NamedTuple):
    """Where the act of a record stands in its owner's log, in the tree that the other side named in step 2."""

    leaf: bytes
    """Hash of the leaf (RFC 6962 §2.1); the entry of the set log commits to it."""
    place: int
    path: tuple[bytes, ...]


class Record(NamedTuple):
    """Behind one record of a pair: since when and on what it stands, with its proof in the set log."""

    pair: int
    authority: str
    entered_on: str
    act: bytes
    salt: bytes
    place: int
    proof: tuple[bytes, ...]
    logged: Logged | None = None


@dataclass(frozen=True, slots=True)
class RecordsOpened:
    """Step 9: for every pair that both opened."""

    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Close:
    """Step 10: counts by tier, and that exponent, salts, tokens and answers are destroyed."""

    leads: tuple[tuple[int, int], ...]
    destroyed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pause:
    """An alarm: nothing more is opened until two persons go on."""

    alarm: str


@dataclass(frozen=True, slots=True)
class GoOn:
    """Two persons go on after an alarm."""

    persons: Persons


@dataclass(frozen=True, slots=True)
class Abort:
    """A side ends the run: why, and after which own batch."""

    reason: str
    batches: int
    evidence: bytes = b""


Message = (
    Proposal | Agreement | Refusal | Start | Commitment | ListSent | Evaluation | OrderNonce | Opening | Result
    | Labels | Pairs | DecisionSeal | Decisions | RecordsOpened | Close | Pause | GoOn | Abort
)  # fmt: skip


class Said(NamedTuple):
    """One message and the side it came from."""

    side: int
    message: Message


def digest_of(message: Message) -> bytes:
    """Return the digest of a message with its bulk."""
    return sha256(b"paridad/run/1\x00" + type(message).__name__.encode() + b"\x00" + encoded(message)).digest()


def encoded(value: object) -> bytes:
    """Return the one form of a value: a mark of its type, its length, its content."""
    match value:
        case bytes():
            return _marked(b"b", value)
        case str():
            return _marked(b"s", value.encode())
        case int():
            return _marked(b"i", str(int(value)).encode())
        case None:
            return _marked(b"n", b"")
        case tuple() | list():
            return _marked(b"t", b"".join(map(encoded, value)))
        case _:
            return encoded(tuple(getattr(value, each.name) for each in fields(value)))  # type: ignore[arg-type]


def _marked(mark: bytes, content: bytes) -> bytes:
    return mark + len(content).to_bytes(8, "big") + content
