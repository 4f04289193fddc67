# SPDX-License-Identifier: Apache-2.0
"""Where a run stands: what each side has said, what is due next and from whom.

Rules
  - `evolve` folds one message and never refuses: what was said is a fact. What is out of place is counted.
  - Nothing of a step is due before both sides have said the step before it; both hold the commitments before a list
    leaves, and both roots before an answer is opened.
  - Batches alternate, and so does who opens first: side 0 opens the even batches first, side 1 the odd ones. Whoever
    leaves is at most one batch ahead.
  - A state holds nothing secret.

Worked example
    run = evolve(Run(), Said(0, Proposal(…)))
    due(run)        is Due(Agreement, (1,))
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from paridad.desks.targets.deconfliction import group, messages
from paridad.desks.targets.deconfliction.messages import Head, Message, Said, Terms, digest_of
from paridad.desks.targets.deconfliction.order import draw, keyed, order

SYMMETRIC: tuple[tuple[int, type[Message], str], ...] = (
    (2, messages.Commitment, "commitment"),
    (3, messages.ListSent, "listed"),
    (4, messages.Evaluation, "evaluation"),
    (4, messages.OrderNonce, "order"),
    (5, messages.Opening, "openings"),
    (6, messages.Result, "result"),
    (7, messages.Labels, "labels"),
    (7, messages.Pairs, "pairs"),
    (8, messages.DecisionSeal, "decision_seal"),
    (8, messages.Decisions, "decisions"),
    (9, messages.RecordsOpened, "records"),
    (10, messages.Close, "close"),
)
"""Step, message, and where a side's own stands in its part: each is said by both."""
_NAMES = {kind: name for _, kind, name in SYMMETRIC}


@dataclass(frozen=True, slots=True)
class Part:
    """What one side has said since the run has its context."""

    commitment: messages.Commitment | None = None
    listed: messages.ListSent | None = None
    evaluation: messages.Evaluation | None = None
    order: messages.OrderNonce | None = None
    openings: tuple[messages.Opening, ...] = ()
    result: messages.Result | None = None
    labels: messages.Labels | None = None
    pairs: messages.Pairs | None = None
    decision_seal: messages.DecisionSeal | None = None
    decisions: messages.Decisions | None = None
    records: messages.RecordsOpened | None = None
    close: messages.Close | None = None


class Due(NamedTuple):
    """What comes next, and from which sides; no sides: nothing more comes."""

    kind: type[Message]
    sides: tuple[int, ...]


@dataclass(frozen=True)
class Run:
    """A run as its messages make it."""

    proposal: messages.Proposal | None = None
    agreement: messages.Agreement | None = None
    refusal: messages.Refusal | None = None
    start: messages.Start | None = None
    earlier: tuple[Head | None, Head | None] = (None, None)
    """Heads of both set logs that the earlier run of this class named; from the record of both."""
    parts: tuple[Part, Part] = (Part(), Part())
    alarms: tuple[tuple[int, str], ...] = ()
    """Side and alarm of each pause that nobody has ended yet."""
    abort: Said | None = None
    stray: int = 0
    """Messages that were recorded out of place."""

    @property
    def terms(self) -> Terms:
        """The terms; there are some from the proposal on."""
        assert self.proposal is not None
        return self.proposal.terms

    @cached_property
    def context(self) -> bytes:
        """Return ctx: the digest of proposal, agreement and both nonces."""
        assert self.proposal is not None
        assert self.agreement is not None
        assert self.start is not None
        parts = (digest_of(self.proposal), digest_of(self.agreement), self.start.nonce, self.agreement.nonce)
        return sha256(b"".join(parts)).digest()

    @property
    def batches(self) -> int:
        """Number of batches of each side."""
        return -(-self.terms.places // self.terms.batch)

    @cached_property
    def roots(self) -> bytes:
        """All four roots, side 0 first: lists, then answers."""
        roots = [part.commitment.root for part in self.parts if part.commitment is not None]
        roots += [part.evaluation.root for part in self.parts if part.evaluation is not None]
        assert len(roots) == 4  # noqa: PLR2004  two lists, two sets of answers
        return b"".join(roots)

    def key_of(self, side: int) -> bytes:
        """Return a side's public key in this run."""
        commitment = self.parts[side].commitment
        assert commitment is not None
        return commitment.key

    def list_of(self, side: int) -> messages.ListSent:
        """Return a side's list."""
        listed = self.parts[side].listed
        assert listed is not None
        return listed

    @cached_property
    def nonces(self) -> tuple[bytes, bytes]:
        """The order nonces of both sides."""
        first, second = (part.order.nonce for part in self.parts if part.order is not None)
        return first, second

    @cached_property
    def orders(self) -> tuple[Sequence[int], Sequence[int]]:
        """The joint order in which each side opens its answers."""
        first, second = (
            order(keyed("order", self.context, self.roots, *self.nonces, bytes([side])), self.terms.places)
            for side in (0, 1)
        )
        return first, second

    @cached_property
    def samples(self) -> tuple[frozenset[int], frozenset[int]]:
        """The positions of each side's answers that are proved: all, or drawn with the verifier's nonce."""
        places, count = self.terms.places, self.terms.sample or self.terms.places
        first, second = (
            draw(keyed("sample", self.context, self.roots, self.nonces[1 - side], bytes([side])), places, count)
            for side in (0, 1)
        )
        return first, second

    @cached_property
    def memo(self) -> dict[str, Any]:
        """What `common` computed from values that do not change any more."""
        return {}

    def positions(self, side: int, batch: int) -> Sequence[int]:
        """Return the positions that a side opens in one batch."""
        at = batch * self.terms.batch
        return self.orders[side][at : at + self.terms.batch]

    def proof_context(self, side: int, batch: int) -> bytes:
        """Return the context string of the proof of one batch; see `group`."""
        return group.bound(keyed("batch", self.context, self.roots, bytes([side]), batch.to_bytes(4, "big")))


def knowledge_context(run: Run, side: int) -> bytes:
    """Return the context string of the proof that a side knows its exponent."""
    return group.bound(keyed("knows", run.context, bytes([side])))


def due(run: Run) -> Due:
    """Say what comes next."""
    if run.proposal is None:
        return Due(messages.Proposal, (0,))
    if run.abort is not None or run.refusal is not None:
        return Due(messages.Abort, ())
    if run.agreement is None:
        return Due(messages.Agreement, (1,))
    if run.start is None:
        return Due(messages.Start, (0,))
    if run.alarms:
        return Due(messages.GoOn, tuple(side for side, _ in run.alarms))
    return _symmetric(run)


def _symmetric(run: Run) -> Due:
    for _, kind, name in SYMMETRIC:
        if kind is messages.Opening:
            if (side := next_opener(run)) is not None:
                return Due(kind, (side,))
        elif sides := tuple(side for side in (0, 1) if getattr(run.parts[side], name) is None):
            return Due(kind, sides)
    return Due(messages.Close, ())


def next_opener(run: Run) -> int | None:
    """Return whose batch is next, or None where all are open."""
    counts = [len(part.openings) for part in run.parts]
    if min(counts) == run.batches:
        return None
    if counts[0] == counts[1]:
        return counts[0] % 2
    return counts.index(min(counts))


def step_of(run: Run) -> int:
    """Return the number of the step that is due, or that waits for persons to go on."""
    kind = due(replace(run, alarms=())).kind
    return next((step for step, each, _ in SYMMETRIC if each is kind), 0 if kind is messages.Proposal else 1)


def evolve(run: Run, said: Said) -> Run:  # noqa: PLR0911  one case per message
    """Fold one message into the run."""
    side, message = said
    match message:
        case messages.Proposal():
            return _first(run, "proposal", message)
        case messages.Agreement():
            return _first(run, "agreement", message)
        case messages.Refusal():
            return _first(run, "refusal", message)
        case messages.Start():
            return _first(run, "start", message)
        case messages.Abort():
            return replace(run, abort=run.abort or said)
        case messages.Pause(alarm=alarm):
            return replace(run, alarms=(*run.alarms, (side, alarm)))
        case messages.GoOn():
            return replace(run, alarms=tuple(each for each in run.alarms if each[0] != side))
        case _:
            return _said_by(run, side, message)


Once = Literal["proposal", "agreement", "refusal", "start"]


def _first(run: Run, name: Once, message: Message) -> Run:
    if getattr(run, name) is not None:
        return replace(run, stray=run.stray + 1)
    return replace(run, **{name: message})  # type: ignore[arg-type]


def _said_by(run: Run, side: int, message: Message) -> Run:
    part, name = run.parts[side], _NAMES[type(message)]
    before = getattr(part, name)
    if isinstance(message, messages.Opening):
        if message.batch != len(part.openings):
            return replace(run, stray=run.stray + 1)
        after = replace(part, openings=(*part.openings, message))
    elif before is not None:
        return replace(run, stray=run.stray + 1)
    else:
        after = replace(part, **{name: message})  # type: ignore[arg-type]
    parts = (after, run.parts[1]) if side == 0 else (run.parts[0], after)
    return _keeping(run, replace(run, parts=parts))


def _keeping(before: Run, after: Run) -> Run:
    """Carry over what was computed from values that do not change any more."""
    for name in ("context", "roots", "nonces", "orders", "samples", "memo"):
        if name in before.__dict__:
            after.__dict__[name] = before.__dict__[name]
    return after
