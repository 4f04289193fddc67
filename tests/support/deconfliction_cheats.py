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
from paridad.desks.targets.deconfliction.messages import Commitment, ListSent, Message, Said
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
