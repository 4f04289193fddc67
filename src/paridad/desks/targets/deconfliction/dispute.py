# SPDX-License-Identifier: Apache-2.0
"""Who is named, and by what: a dispute is settled by computing again from what both sides said.

Rules
  - Evidence is the messages of the run up to the one in dispute. Nothing secret is in it, and nothing is believed:
    each message is checked and folded again, and the verdict is that of the check that fails.
  - A message that fits names nobody, and says so.
  - Silence past a clock is an abort by the silent side, not cheating.
  - Where a side claims other common tags than the batches give, the first difference is shown, with the leaves and the
    paths under both roots of step 4: whether it was omitted or invented.

Worked example
    judge(said, Said(1, opening))        is Verdict(side=1, step=5, words=…): the batch does not lead to its root
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from paridad.base.words import Words
from paridad.desks.targets.deconfliction.checks import check
from paridad.desks.targets.deconfliction.commitments import Tree, answer_entry, root_through
from paridad.desks.targets.deconfliction.common import Match, answers_to, common_of
from paridad.desks.targets.deconfliction.errors import RunBroken
from paridad.desks.targets.deconfliction.messages import Head, Said
from paridad.desks.targets.deconfliction.state import Run, evolve
from paridad.ledger.merkle import leaf_hash


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which side is named, at which step, and why; no side where everything fits."""

    side: int | None
    step: int
    words: Words


NOBODY = Verdict(None, 0, Words(es="Todo corresponde: nadie queda señalado.", en="Everything fits: nobody is named."))


def judge(
    before: Iterable[Said], disputed: Said, *, earlier: tuple[Head | None, Head | None] = (None, None)
) -> Verdict:
    """Return the verdict on a message from the messages before it; those are checked again as well.

    `earlier` are the heads of the set logs that the earlier run of the class named, which both sides have signed.
    """
    run = Run(earlier=earlier)
    for said in (*before, disputed):
        try:
            check(run, said)
        except RunBroken as error:
            return Verdict(error.side, error.step, error.words)
        run = evolve(run, said)
    return NOBODY


@dataclass(frozen=True, slots=True)
class Difference:
    """The first tag on which a side's claim and the opened batches differ."""

    tag: bytes
    omitted: bool
    """Omitted by the claim, or else invented by it."""
    leaves: tuple[tuple[int, bytes], ...] = ()
    """Position and answer in each list, side 0 first; none of a tag that was invented."""
    paths: tuple[bytes, ...] = ()
    """What leads from each leaf to the root of step 4."""


def first_difference(run: Run, claimed: Sequence[bytes]) -> Difference | None:
    """Compare the tags that a side claims with those that the batches give."""
    matches = {match.tag: match for match in common_of(run)}
    if not (differing := sorted(matches.keys() ^ set(claimed))):
        return None
    match = matches.get(differing[0])
    return Difference(differing[0], omitted=False) if match is None else _omitted(run, match)


def _omitted(run: Run, match: Match) -> Difference:
    leaves = tuple((position, match.point) for position in match.positions)
    paths = tuple(_answer_tree(run, side).path((match.positions[side],)) for side in (0, 1))
    return Difference(match.tag, omitted=True, leaves=leaves, paths=paths)


def _answer_tree(run: Run, side: int) -> Tree:
    """Return the tree of the answers to a side's list, from the batches."""
    points = {at: point for point, at in answers_to(run, side)}
    return Tree.over(answer_entry(at, points[at]) for at in sorted(points))


def root_of_answers(difference: Difference, side: int, places: int) -> bytes:
    """Return the root that the shown leaf of one list leads to: it is the one that the other side committed to."""
    position, point = difference.leaves[side]
    return root_through({position: leaf_hash(answer_entry(position, point))}, places, difference.paths[side])
