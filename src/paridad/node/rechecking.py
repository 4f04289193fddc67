# SPDX-License-Identifier: Apache-2.0
"""A run checked again from its record: the checks of each step, from public values alone.

Rules
  - While lists, batches and labels are here every message is checked as its receiver checked it, by the same functions.
  - Once both sides have closed, those contents are destroyed. What remains is checked: nonces, commitments, that both
    gave the same result and pairs, that decisions are those that were sealed, that opened records stood in the set log
    before the run. What cannot be computed again is named as destroyed, never as in order.
  - The first message that does not hold names its side; what comes after it is not judged.

Worked example
    recheck(node, proposal)        is (Line(step=2, side=0, act="x…", verdict="holds"), …)
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from paridad.base.errors import Malformed
from paridad.base.words import Words
from paridad.desks.targets.deconfliction.checks import check, demand_entry, demand_turn, opened_by_both
from paridad.desks.targets.deconfliction.errors import NotNow, RunBroken
from paridad.desks.targets.deconfliction.messages import (
    Decisions,
    GoOn,
    Labels,
    ListSent,
    Message,
    Opening,
    Pairs,
    RecordsOpened,
    Result,
    Said,
    digest_of,
)
from paridad.desks.targets.deconfliction.state import Run, evolve
from paridad.desks.targets.deconfliction.wire import KINDS, read
from paridad.desks.targets.run_steps import step_of_message
from paridad.ledger.errors import ProofRefused
from paridad.node.comparing import proposed
from paridad.node.node import Node
from paridad.node.reading import read_act, read_acts
from paridad.node.run_view import acts_of, content_here, side_of, stand_in
from paridad.store.acts import get_acts

BULK = (ListSent, Opening, Labels)
HOLDS, DESTROYED, OUT_OF_TURN, BREAKS = "holds", "destroyed", "out-of-turn", "breaks"


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one message."""

    step: int
    side: int
    act: str
    verdict: str
    words: Words | None = None


def recheck(node: Node, proposal: str) -> Iterator[Line]:
    """Yield what becomes of each message of a run when it is checked again."""
    _, around, _ = proposed(node, proposal)
    run, gone = Run(earlier=around.earlier), False
    with node.own.store.read() as conn:
        side = side_of(node.own, read_act(conn, node.own, proposal).envelope)
        stored = [*get_acts(conn, [proposal]).values(), *acts_of(conn, proposal)]
        acts = read_acts(conn, node.own, stored)
    assert side is not None
    for each, act in zip(stored, acts, strict=True):
        who = side if each.ours else 1 - side
        kind = KINDS[act.envelope.knd]
        step, content = step_of_message(kind), content_here(node, act)
        if content is None:
            gone = gone or kind in BULK
            run = _without(run, who, kind)
            yield Line(step, who, each.hash, DESTROYED)
            continue
        try:
            said = Said(who, read(act.envelope.knd, content))
            _check(run, said, gone=gone)
        except NotNow:
            yield Line(step, who, each.hash, OUT_OF_TURN)
            continue
        except (RunBroken, Malformed, ProofRefused) as error:
            yield Line(step, who, each.hash, BREAKS, error.words)
            return
        run = evolve(run, said)
        yield Line(step, who, each.hash, HOLDS)


def _without(run: Run, side: int, kind: type[Message]) -> Run:
    """Fold a message whose content is destroyed: that it was said."""
    stands = stand_in(run, side, kind)
    return run if stands is None else evolve(run, Said(side, stands))


def _check(run: Run, said: Said, *, gone: bool) -> None:
    if not gone or not isinstance(said.message, Result | Pairs | Decisions | RecordsOpened):
        check(run, said)
        return
    demand_turn(run if isinstance(said.message, GoOn) else replace(run, alarms=()), said)
    _from_what_remains(run, said)


def _from_what_remains(run: Run, said: Said) -> None:
    """Check a message behind destroyed contents: the sides against each other, seals, proofs in the set logs."""
    side, message = said
    mine, other = run.parts[side], run.parts[1 - side]
    match message:
        case Result() if other.result not in {None, message}:
            raise RunBroken(6, side, _DIFFER)
        case Pairs() if other.pairs not in {None, message}:
            raise RunBroken(7, side, _DIFFER)
        case Decisions() if mine.decision_seal is None or digest_of(message) != mine.decision_seal.seal:
            raise RunBroken(8, side, _UNSEALED)
        case RecordsOpened(records=records):
            if tuple(each.pair for each in records) != opened_by_both(run):
                raise RunBroken(9, side, _OTHER_PAIRS)
            for each in records:
                demand_entry(run, side, each)


_DIFFER = Words(es="Las dos partes no dijeron lo mismo.", en="The two sides did not say the same.")
_UNSEALED = Words(es="Las decisiones no son las selladas.", en="The decisions are not the sealed ones.")
_OTHER_PAIRS = Words(es="No abre las parejas que ambas abrieron.", en="It does not open the pairs that both opened.")
