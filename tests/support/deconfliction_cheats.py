# SPDX-License-Identifier: Apache-2.0
"""Cheats: what a hostile side makes of its messages, one small function each.

Worked example
    Table(tamper=one_of(1, Commitment, places=32))        side 1 commits to half of the places
    Table(tamper=WrongAnswers(1, share=0.01))             side 1 answers one place in a hundred wrongly, and commits to it
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

from paridad.desks.targets.deconfliction import group
from paridad.desks.targets.deconfliction.common import SEALED_BYTES
from paridad.desks.targets.deconfliction.group import Proof
from paridad.desks.targets.deconfliction.messages import (
    Agreement,
    Commitment,
    Decisions,
    DecisionSeal,
    Evaluation,
    Labels,
    ListSent,
    Message,
    Opening,
    OrderNonce,
    Pairs,
    Persons,
    Proposal,
    Record,
    RecordsOpened,
    Result,
    Said,
    Start,
    Terms,
)
from paridad.desks.targets.deconfliction.run import Answers
from paridad.desks.targets.deconfliction.tokens import evaluate, list_tree
from support.deconfliction import Table, chance

Tamper = Callable[[Table, Said], Message]


def one_of(side: int, kind: type[Message], **changes: object) -> Tamper:
    """Change fields of a side's messages of one kind; a function is given the value that was there."""

    def tamper(_: Table, said: Said) -> Message:
        if said.side != side or not isinstance(said.message, kind):
            return said.message
        made = {
            name: change(getattr(said.message, name)) if callable(change) else change
            for name, change in changes.items()
        }
        return replace(said.message, **made)  # type: ignore[arg-type]

    return tamper


def hostile_list(side: int, change: Callable[[bytes, bytes], bytes]) -> Tamper:
    """Commit to a list that is not made as agreed, and send it: `change` is given the own points and the other's."""

    def tamper(table: Table, said: Said) -> Message:
        message = said.message
        if said.side == side and isinstance(message, Commitment | ListSent):
            own, other = (table.players[each]._own.prepared for each in (side, 1 - side))
            assert own is not None
            assert other is not None
            points = change(own.points, other.points)
            if isinstance(message, Commitment):
                return replace(message, root=list_tree(points, own.seals).root)
            return replace(message, points=points)
        return message

    return tamper


@dataclass
class WrongAnswers:
    """Answer a share of the other's list wrongly, with everything else as agreed: committed, opened, proved."""

    side: int
    share: float = 0.01
    seed: object = 0
    wrong: frozenset[int] = field(default=frozenset(), init=False)

    def __call__(self, table: Table, said: Said) -> Message:
        """Put wrong answers in place when the list to be answered is on its way."""
        if said.side != self.side and isinstance(said.message, ListSent):
            player, places = table.players[self.side], range(table.terms.places)
            count = max(1, round(self.share * len(places)))
            self.wrong = frozenset(Random(repr(self.seed)).sample(places, count))
            answers = Answers.over(self._spoiled(evaluate(player.snapshot, said.message.points)))
            player._own = replace(player._own, answers=answers)
        return said.message

    def _spoiled(self, flat: bytes) -> bytes:
        made = list(group.points_of(flat))
        for at in self.wrong:
            made[at] = group.random_point(chance(self.seed, at)(64))
        return b"".join(made)


ONE_PERSON: Persons = ("ana", "ana")
SHORT = b"short"
NOT_A_POINT = b"\xff" * 32
OTHER_POINT = group.random_point(chance("another point")(64))


def flipped(value: bytes) -> bytes:
    """Return the bytes with one bit changed."""
    return bytes([value[0] ^ 1]) + value[1:]


def with_terms(**changes: object) -> Callable[[Terms], Terms]:
    """Return terms with changes."""
    return lambda agreed: replace(agreed, **changes)  # type: ignore[arg-type]


def of_record(**changes: object) -> Callable[[tuple[Record, ...]], tuple[Record, ...]]:
    """Return records of which the first has changes."""
    return lambda records: (records[0]._replace(**changes), *records[1:])  # type: ignore[arg-type]


def copied(table: Table, said: Said) -> Message:
    """Repeat the other side's commitment as an own one."""
    theirs = table.players[0].run.parts[0].commitment
    return theirs if said.side == 1 and isinstance(said.message, Commitment) and theirs else said.message


def of_another_run(_: Table, said: Said) -> Message:
    """Send the batch of an earlier run with the same people."""
    if said.side == 1 and isinstance(said.message, Opening):
        return _EARLIER.players[1].run.parts[1].openings[said.message.batch]
    return said.message


_EARLIER = Table(seed="earlier")
_EARLIER.to_pairs()

CHEATS: dict[str, tuple[Tamper, int, str]] = {
    "a capacity that tells the real size": (
        one_of(0, Proposal, terms=with_terms(places=72)), 0, "a capacity is not one of those agreed"),
    "a batch that no proof can hold": (one_of(0, Proposal, terms=with_terms(batch=65_536)), 0, "does not fit"),
    "a sample of more than there is": (one_of(0, Proposal, terms=with_terms(sample=65)), 0, "does not fit"),
    "no purpose": (one_of(0, Proposal, terms=with_terms(purpose="")), 0, "purpose or basis is missing"),
    "one person proposes": (one_of(0, Proposal, persons=ONE_PERSON), 0, "two different persons"),
    "a nonce is not sealed": (one_of(0, Proposal, nonce_seal=SHORT), 0, "not 32 bytes"),
    "another budget is agreed to": (
        one_of(1, Agreement, terms=with_terms(epsilon_ppm=301)), 1, '"epsilon_ppm" differs: 300 and 301'),
    "other tables": (one_of(1, Agreement, terms=with_terms(tables=b"x" * 32)), 1, '"tables" differs'),
    "another proposal is agreed to": (one_of(1, Agreement, proposal=bytes(32)), 1, "answers another proposal"),
    "one person agrees": (one_of(1, Agreement, persons=ONE_PERSON), 1, "two different persons"),
    "a nonce is short": (one_of(1, Agreement, nonce=SHORT), 1, "not 32 bytes"),
    "the nonce is chosen after the other's": (one_of(0, Start, nonce=bytes(32)), 1, "not the committed one"),
    "fewer places": (one_of(1, Commitment, places=32), 2, "another number of places"),
    "a root is short": (one_of(1, Commitment, root=SHORT), 2, "not 32 bytes"),
    "the order is not sealed": (one_of(1, Commitment, order_seal=SHORT), 2, "not 32 bytes"),
    "the other's commitment is repeated": (copied, 2, "repeats the other side's commitment"),
    "a key that is no point": (one_of(1, Commitment, key=NOT_A_POINT), 2, "knows its exponent"),
    "two keys": (one_of(1, Commitment, key=group.GENERATOR * 2), 2, "not 32 bytes"),
    "the identity as key": (one_of(1, Commitment, key=group.IDENTITY), 2, "knows its exponent"),
    "a key of unknown exponent": (one_of(1, Commitment, key=OTHER_POINT), 2, "knows its exponent"),
    "a list that was not committed to": (
        one_of(1, ListSent, points=lambda points: points[32:64] + points[:32] + points[64:]), 3, "lead to its root"),
    "a short list": (one_of(1, ListSent, points=lambda points: points[32:]), 3, "the agreed number"),
    "the identity in the list": (
        hostile_list(1, lambda own, _: group.IDENTITY + own[32:]), 3, "Point 0 is the identity"),
    "no point in the list": (
        hostile_list(1, lambda own, _: own[:32] + NOT_A_POINT + own[64:]), 3, "Point 1 is not canonical"),
    "a point twice": (hostile_list(1, lambda own, _: own[:32] + own[:32] + own[64:]), 3, "repeats a point"),
    "no root of the answers": (one_of(1, Evaluation, root=SHORT), 4, "not 32 bytes"),
    "the order is chosen late": (one_of(1, OrderNonce, nonce=bytes(32)), 4, "not the committed one"),
    "half a batch": (one_of(1, Opening, answers=lambda flat: flat[:-32]), 5, "the batch is not whole"),
    "an answer is changed after the root": (
        one_of(1, Opening, answers=lambda flat: OTHER_POINT + flat[32:]), 5, "does not lead to its root"),
    "answers are exchanged within a batch": (
        one_of(1, Opening, answers=lambda flat: flat[32:64] + flat[:32] + flat[64:]), 5, "does not lead to its root"),
    "a path of another length": (one_of(1, Opening, path=lambda path: path[32:]), 5, "shared path"),
    "another path": (one_of(1, Opening, path=flipped), 5, "does not lead to its root"),
    "no proof": (one_of(1, Opening, proof=None), 5, "the proof of the batch is missing"),
    "another proof": (one_of(1, Opening, proof=Proof(bytes(32), bytes(32))), 5, "proof of the batch does not hold"),
    "batches of an earlier run": (of_another_run, 5, "shared path|does not lead to its root"),
    "one wrong answer in a hundred": (WrongAnswers(1), 5, "proof of the batch does not hold"),
    "wrong answers by the side that proposed": (WrongAnswers(0), 5, "proof of the batch does not hold"),
    "a match is denied": (one_of(1, Result, size=4), 6, "the result is not what the batches give"),
    "another digest": (one_of(0, Result, digest=flipped), 6, "the result is not what the batches give"),
    "a label is kept back": (
        one_of(1, Labels, sealed=lambda flat: flat[SEALED_BYTES:]), 7, "one label for each match"),
    "a label that does not open": (one_of(1, Labels, sealed=flipped), 7, "A label does not open"),
    "other pairs": (one_of(1, Pairs, digest=flipped), 7, "the pairs are not what the labels give"),
    "one person decides": (one_of(1, DecisionSeal, persons=ONE_PERSON), 8, "two different persons"),
    "decisions are not sealed": (one_of(1, DecisionSeal, seal=SHORT), 8, "not 32 bytes"),
    "decisions after seeing the other's": (
        one_of(1, Decisions, salt=bytes(32)), 8, "the decisions are not the committed ones"),
    "a record of another authority": (
        one_of(1, RecordsOpened, records=of_record(authority="warrant 8")), 9, "was not in the set before the run"),
    "a record that the label does not name": (
        one_of(1, RecordsOpened, records=lambda records: (records[1]._replace(pair=0), *records[1:])), 9,
        "not the one of the label"),
    "a record is kept back": (
        one_of(1, RecordsOpened, records=lambda records: records[1:]), 9, "the pairs that both opened"),
}  # fmt: skip
