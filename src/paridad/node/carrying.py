# SPDX-License-Identifier: Apache-2.0
"""Runs that persons agreed to, carried forward by the node itself: what follows from what was said is said.

Rules
  - Only what needs nobody's decision: lists, batches, proofs, labels, digests, the close. Persons propose, agree,
    decide about each pair, open records, go on after an alarm, end a run.
  - Where both sides decided to open no pair there is nothing to open, and that is said without a person.
  - A run is held open in memory and opened anew from its record after a restart; it goes on where it stood.
  - A failed check stops the run here. Who is named, at which step and by which act is kept; a person ends the run.
  - What was found is kept sealed before the run closes: own record, rules, tier, and number of each pair. At a refusal
    or an abort the secrets of the run are destroyed.
  - One run that fails, or a line that does not answer, holds up no other.

Worked example
    carrier = Carrier(node)
    carrier.round()        is how many acts were said, in all runs together
"""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
import sqlalchemy as sa

from paridad.base.errors import ParidadError
from paridad.desks.targets.comparable import rules_digest
from paridad.desks.targets.deconfliction.alarms import Watch
from paridad.desks.targets.deconfliction.checks import opened_by_both
from paridad.desks.targets.deconfliction.common import pairs_of
from paridad.desks.targets.deconfliction.messages import RecordsOpened
from paridad.desks.targets.deconfliction.playing import Player
from paridad.desks.targets.deconfliction.run import OpenRecords
from paridad.desks.targets.deconfliction.state import due
from paridad.desks.targets.deconfliction.wire import read_decisions
from paridad.ledger.errors import RootMismatch, UnknownState
from paridad.node.comparing import Comparison, clear, lockers, reopen
from paridad.node.gathering import Wanted, settled_list, watch_of
from paridad.node.node import Node
from paridad.node.run_view import Seen, note_broken, read_run, runs_of
from paridad.node.set_logs import Between, log_of
from paridad.store.acts import last_filed

log = logging.getLogger("paridad.runs")
PAUSE_SECONDS = 0.25
"""Between two looks at the runs, where nothing was said."""


class Lead(msgspec.Struct, frozen=True):
    """One pair as its owner keeps it: never the other record."""

    pair: int
    record: str
    """The own record; empty where the pair is filling of our own label and stands for nobody."""
    rules: tuple[str, ...]
    tier: int
    weight: int
    """What the parts of all keys of the pair weigh, each once: both sides compute the same."""
    desk: str
    """Whom to contact at the other side."""


@dataclass
class Carrier:
    """The runs of one node."""

    node: Node
    _open: dict[str, Comparison] = field(default_factory=dict)
    _over: set[str] = field(default_factory=set)
    _looked: int = -1
    """The act that was filed last when nothing followed any more."""

    def round(self) -> int:
        """Carry every run forward as far as it goes; return how many acts were said."""
        with self.node.own.store.read() as conn:
            last = last_filed(conn)
        if last == self._looked:
            return 0
        self._looked = last
        return sum(self._carry(each) for each in self._running())

    def _running(self) -> list[Seen]:
        with self.node.own.store.read() as conn:
            names = [each.hash for each in runs_of(conn, self.node.own) if each.hash not in self._over]
            seen = [found for name in names if (found := read_run(conn, self.node, name))]
        for each in seen:
            if not each.where.waiting:
                self._end(each)
        return [each for each in seen if _goes_on(each)]

    def _carry(self, seen: Seen) -> int:
        try:
            run = self._opened(seen)
            self._settle(seen, run)
            said = run.round()
            note_leads(self.node, seen.proposal, run.player)
            if run.broken is None and _nothing_to_open(run.player):
                said += run.command(OpenRecords({})) + run.round()
        except (UnknownState, RootMismatch):
            raise
        except ParidadError as error:
            log.warning("run %s: %s", seen.proposal, error.words.en)
            self._open.pop(seen.proposal, None)
            self._looked = -1
            return 0
        if run.broken is not None:
            note_broken(self.node, seen.proposal, run.broken, run.broken_by)
            log.warning("run %s stops: %s", seen.proposal, run.broken.words.en)
        return said

    def _opened(self, seen: Seen) -> Comparison:
        """Return the run as it is held open, or opened from its record; decisions that persons sealed come along."""
        run = self._open.get(seen.proposal)
        if run is None:
            run = reopen(self.node, seen.proposal, Watch())
            run.player.watch = watch_of(run.player.snapshot.tokens)
            self._open[seen.proposal] = run
        if not run.player.decided:
            with self.node.own.store.read() as conn:
                decided = self.node.own.vault.unlock(conn, lockers(seen.proposal)[1])
            if decided is not None:
                run.player.decided = read_decisions(decided)
        return run

    def _settle(self, seen: Seen, run: Comparison) -> None:
        """Bring the keys of our own proposal once the agreement says how crowded the other list is."""
        proposal, agreement = seen.run.proposal, seen.run.agreement
        log = log_of(self.node, Between(seen.agency, seen.peer), seen.proposal)
        if run.player.snapshot.settled or proposal is None or agreement is None or log is None:
            return
        wide = proposal.terms.rules == rules_digest(names_alone=True)
        wanted = Wanted(seen.agency, seen.peer, proposal.terms, names_alone=wide, against=agreement.bands)
        run.bring(settled_list(self.node, wanted, proposal.bands, log, at=seen.envelope.iat))
        run.player.watch = watch_of(run.player.snapshot.tokens)

    def _end(self, seen: Seen) -> None:
        """Let go of a run that is over: the bulk where both have closed, the secrets where it never came to a close."""
        own = self.node.own
        own.store.submit(lambda conn: own.vault.destroy(conn, lockers(seen.proposal)))
        if all(part.close for part in seen.run.parts):
            clear(self.node, seen.proposal)
        self._open.pop(seen.proposal, None)
        self._over.add(seen.proposal)


def _goes_on(seen: Seen) -> bool:
    """Whether machines still have something to do here: agreed, in order, and not closed by our side."""
    closed = seen.run.parts[seen.side].close
    return bool(seen.where.waiting and seen.run.agreement and not seen.broken and not closed)


def _nothing_to_open(player: Player) -> bool:
    kind, sides = due(player.run)
    return kind is RecordsOpened and player.side in sides and not opened_by_both(player.run)


@dataclass
class Carrying:
    """A thread that carries runs forward while the node does its other work."""

    carrier: Carrier
    work: threading.Event
    """Set when something was said: it waits to be sent."""
    _stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._loop, name="runs", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is being said, and end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            said = 0
            try:
                said = self.carrier.round() if self.carrier.node.transport is not None else 0
            except (UnknownState, RootMismatch) as error:
                log.error("runs stop: %s", error.words.en)  # noqa: TRY400  the loop of the node says the rest
                return
            except Exception:  # a fault of ours in one round: told in the log, the next round comes
                log.exception("a round of the runs failed")
            if said:
                self.work.set()
            else:
                self._stopping.wait(PAUSE_SECONDS)


# What was found ------------------------------------------------------------------------------------------------------


def _locker(proposal: str) -> str:
    return f"run/{proposal}/leads"


def note_leads(node: Node, proposal: str, player: Player) -> None:
    """Keep the pairs with the own records behind them, once both sides have sent their labels."""
    if any(part.labels is None for part in player.run.parts) or player.run.parts[player.side].pairs is None:
        return
    if leads_of(node, proposal) is None:
        sealed = msgspec.msgpack.encode(tuple(_leads(player)))
        node.own.store.submit(lambda conn: node.own.vault.lock(conn, {_locker(proposal): sealed}))


def _leads(player: Player) -> Iterator[Lead]:
    snapshot, side = player.snapshot, player.side
    named = {snapshot.handle(each): each for token in snapshot.tokens for each in token.records}
    weights = player.weights()
    for number, pair in enumerate(pairs_of(player.run)):
        own = named.get(pair.handles[side], "")
        yield Lead(number, own, pair.rules, pair.tier, weights[number], pair.desks[1 - side])


def leads_of(node: Node, proposal: str) -> tuple[Lead, ...] | None:
    """Return what a run found, None before it did."""
    with node.own.store.read() as conn:
        sealed = _unlocked(conn, node, proposal)
    return None if sealed is None else msgspec.msgpack.decode(sealed, type=tuple[Lead, ...])


def _unlocked(conn: sa.Connection, node: Node, proposal: str) -> bytes | None:
    return node.own.vault.unlock(conn, _locker(proposal))
