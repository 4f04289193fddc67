# SPDX-License-Identifier: Apache-2.0
"""A run of eleven steps, decided and then folded: which message follows from a command, on either side.

Rules
  - `decide` changes nothing, reads no clock and draws no chance. What is to be sent again comes out the same to the
    bit: everything follows from the snapshot and from what was said.
  - Both sides run this code. What differs is the number of the side, and that 0 proposed.
  - People decide: to propose, to agree, to go on after an alarm, about each pair, to open records. The rest, `Proceed`,
    follows from those.
  - The costly values, the own list and the answers to the other's, are computed once at the edge and brought along
    (`Own`); that they are the right ones is seen by the other side.
  - A match is a lead for a person, never a decision.

Worked example
    decide(run, Proceed(), own)        is (Commitment(…),): step 2, once both nonces are known
    decide(run, Proceed(), own)        is (): it is the other side's turn
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from paridad.base.words import Words
from paridad.desks.targets.deconfliction import group, messages
from paridad.desks.targets.deconfliction.checks import demand_turn, opened_by_both, statement
from paridad.desks.targets.deconfliction.commitments import Tree, answer_entry
from paridad.desks.targets.deconfliction.common import common_of, digest_of_pairs, pairs_of, result_of, seal_label
from paridad.desks.targets.deconfliction.errors import NotNow
from paridad.desks.targets.deconfliction.messages import (
    Band,
    Decision,
    Growth,
    Head,
    Message,
    Persons,
    Record,
    Said,
    Terms,
    digest_of,
)
from paridad.desks.targets.deconfliction.state import Run, due, evolve, knowledge_context
from paridad.desks.targets.deconfliction.tokens import Prepared, Snapshot

__all__ = ["decide", "evolve"]


@dataclass(frozen=True, slots=True)
class Propose:
    """Propose a run."""

    terms: Terms
    concentration: int
    set_log: Head
    persons: Persons
    growth: Growth | None = None
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True, slots=True)
class Agree:
    """Agree to a run, on exactly its terms."""

    terms: Terms
    concentration: int
    set_log: Head
    persons: Persons
    growth: Growth | None = None
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True, slots=True)
class Refuse:
    """Refuse a run."""

    reason: str


@dataclass(frozen=True, slots=True)
class Proceed:
    """Say what follows from what was said."""


@dataclass(frozen=True, slots=True)
class Raise:
    """Stop before the next batch: an alarm."""

    alarm: str


@dataclass(frozen=True, slots=True)
class Continue:
    """Two persons go on after an alarm."""

    persons: Persons


@dataclass(frozen=True, slots=True)
class DecidePairs:
    """Commit to decisions about all pairs."""

    decisions: tuple[Decision, ...]
    persons: Persons


@dataclass(frozen=True, slots=True)
class OpenRecords:
    """Open what stands behind the records of pairs that both opened; by number of the pair."""

    records: Mapping[int, Record]


@dataclass(frozen=True, slots=True)
class Stop:
    """End the run before its end."""

    reason: str
    evidence: bytes = b""


Command = Propose | Agree | Refuse | Proceed | Raise | Continue | DecidePairs | OpenRecords | Stop


@dataclass(frozen=True, slots=True)
class Answers:
    """A side's answers to the other's list."""

    flat: bytes
    tree: Tree

    @classmethod
    def over(cls, flat: bytes) -> "Answers":
        """Commit to answers."""
        return cls(flat, Tree.over(answer_entry(at, point) for at, point in enumerate(group.points_of(flat))))

    def at(self, positions: Sequence[int]) -> dict[int, bytes]:
        """Return the answers at positions."""
        return {at: group.point_at(self.flat, at) for at in positions}


@dataclass(frozen=True, slots=True)
class Own:
    """What a side has of its own: its number, its secrets, and what was computed from them."""

    side: int
    snapshot: Snapshot
    prepared: Prepared | None = field(default=None, repr=False)
    answers: Answers | None = field(default=None, repr=False)
    decided: tuple[Decision, ...] = ()
    """Its decisions about the pairs, once they are committed."""
    seen: Head | None = None
    """Head of the other side's own log that it cosigned last."""


def decide(run: Run, command: Command, own: Own) -> tuple[Message, ...]:
    """Return the messages that follow from a command, or raise `NotNow`."""
    match command:
        case Proceed():
            return _proceed(run, own)
        case Propose() | Agree() | Refuse():
            message = _opening_words(run, command, own)
        case DecidePairs(decisions, persons):
            message = messages.DecisionSeal(digest_of(messages.Decisions(_decision_salt(own), decisions)), persons)
        case OpenRecords(records):
            message = messages.RecordsOpened(tuple(records[pair] for pair in opened_by_both(run)))
        case Raise(alarm):
            message = messages.Pause(alarm)
        case Continue(persons):
            message = messages.GoOn(persons)
        case _:  # Stop
            message = messages.Abort(command.reason, len(run.parts[own.side].openings), command.evidence)
    demand_turn(run, Said(own.side, message))
    return (message,)


def _opening_words(run: Run, command: Propose | Agree | Refuse, own: Own) -> Message:
    nonce = run_nonce(own.snapshot)
    match command:
        case Propose(terms, concentration, set_log, persons, growth, bands):
            return messages.Proposal(terms, concentration, set_log, sha256(nonce).digest(), persons, growth, bands)
        case Agree(terms, concentration, set_log, persons, growth, bands):
            return messages.Agreement(
                _proposal_digest(run), terms, concentration, set_log, nonce, persons, growth, bands
            )
        case _:  # Refuse
            return messages.Refusal(_proposal_digest(run), command.reason)


def _proposal_digest(run: Run) -> bytes:
    if run.proposal is None:
        raise NotNow(Words(es="No hay propuesta que responder.", en="There is no proposal to answer."))
    return digest_of(run.proposal)


def run_nonce(snapshot: Snapshot) -> bytes:
    """Return what a side adds to the context of the run."""
    return sha256(b"run nonce\x00" + snapshot.seed).digest()


def _decision_salt(own: Own) -> bytes:
    return sha256(b"decisions\x00" + own.snapshot.seed).digest()


def _proceed(run: Run, own: Own) -> tuple[Message, ...]:
    kind, sides = due(run)
    says = _SAYS.get(kind)
    if kind is messages.Commitment and not own.snapshot.settled:
        return ()
    return (says(run, own),) if says and own.side in sides else ()


def _prepared(own: Own) -> Prepared:
    if own.prepared is None:
        raise RuntimeError("the own list was not prepared")
    return own.prepared


def _answers(own: Own) -> Answers:
    if own.answers is None:
        raise RuntimeError("the answers to the other list were not computed")
    return own.answers


def _commitment(run: Run, own: Own) -> messages.Commitment:
    snapshot, key = own.snapshot, group.public_of(own.snapshot.secret)
    context = knowledge_context(run, own.side)
    knows = group.prove(snapshot.secret, key, group.GENERATOR, key, context, chance=snapshot.chance(context))
    seal = sha256(snapshot.nonce).digest()
    return messages.Commitment(_prepared(own).tree.root, key, knows, seal, run.terms.places, own.seen)


def _opening(run: Run, own: Own) -> messages.Opening:
    batch, answers = len(run.parts[own.side].openings), _answers(own)
    positions = run.positions(own.side, batch)
    opened = answers.at(positions)
    firsts, seconds = statement(run, own.side, batch, opened)
    proof = None
    if firsts:
        context, snapshot = run.proof_context(own.side, batch), own.snapshot
        chance = snapshot.chance(context)
        proof = group.prove(snapshot.secret, run.key_of(own.side), firsts, seconds, context, chance=chance)
    return messages.Opening(batch, b"".join(opened.values()), answers.tree.path(positions), proof)


def _labels(run: Run, own: Own) -> messages.Labels:
    prepared, snapshot, sealed = _prepared(own), own.snapshot, []
    for match in common_of(run):
        position = match.positions[own.side]
        label = snapshot.label(snapshot.tokens[prepared.holders[position]]).encoded()
        sealed.append(seal_label(match, run.context, own.side, snapshot.salt(position), label))
    return messages.Labels(b"".join(sealed))


def _pairs(run: Run) -> messages.Pairs:
    pairs = pairs_of(run)
    return messages.Pairs(len(pairs), digest_of_pairs(pairs))


def _close(run: Run) -> messages.Close:
    tiers = [pair.tier for pair in pairs_of(run)]
    leads = tuple((tier, tiers.count(tier)) for tier in sorted(set(tiers)))
    return messages.Close(leads, ("exponent", "salts", "tokens", "answers"))


def _list(own: Own) -> messages.ListSent:
    prepared = _prepared(own)
    return messages.ListSent(prepared.points, prepared.seals)


_SAYS: Mapping[type[Message], Callable[[Run, Own], Message]] = {
    messages.Start: lambda _, own: messages.Start(run_nonce(own.snapshot)),
    messages.Commitment: _commitment,
    messages.ListSent: lambda _, own: _list(own),
    messages.Evaluation: lambda _, own: messages.Evaluation(_answers(own).tree.root),
    messages.OrderNonce: lambda _, own: messages.OrderNonce(own.snapshot.nonce),
    messages.Opening: _opening,
    messages.Result: lambda run, _: result_of(common_of(run)),
    messages.Labels: _labels,
    messages.Pairs: lambda run, _: _pairs(run),
    messages.Decisions: lambda _, own: messages.Decisions(_decision_salt(own), own.decided),
    messages.Close: lambda run, _: _close(run),
}
"""What follows by itself; the rest is for persons."""
