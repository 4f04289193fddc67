# SPDX-License-Identifier: Apache-2.0
"""What a node does by itself: sign heads, have them witnessed, cover, send. One round at a time, each step resumable.

Rules
  - A round does what is due at its one reference time and says what it did; it decides nothing about matters.
  - The head of *shared* is signed when something was appended, at most once a second; the head of *own* at a fixed
    rhythm, so that its sizes tell nothing about activity.
  - A party that does not answer costs its own time only: the others are served, what waits stays in the outbox. A
    stream that cannot be served says why, and holds up no other.
  - Streams are served on several lines at once where the node has them; within a stream everything is in order. What
    a line did is noted when all are done, in the order of the streams. Unknown state ends all lines.

Worked example
    run_round(own, line, done := Round(), own_rhythm=60, now=now)
    done.sent, done.unreachable      is (3, {"B": "B does not answer: …"})
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby

from paridad.acts.envelope import party_of
from paridad.base.errors import ParidadError
from paridad.exchange import outbox, witnessing
from paridad.exchange.errors import PeerUnreachable
from paridad.exchange.own_side import OwnSide
from paridad.exchange.transport import Transport
from paridad.ledger import log
from paridad.ledger.errors import RootMismatch, UnknownState
from paridad.store import streams
from paridad.store.ledger import SqlLedgerStore
from paridad.store.streams import BatchRow, Stream

GAP_BATCHES = 100
"""Batches that one round asks for in one stream: nobody keeps a round for itself."""


@dataclass
class Round:
    """What one round did."""

    signed: list[str] = field(default_factory=list)
    """Origins whose head was signed."""
    witnessed: list[tuple[str, str]] = field(default_factory=list)
    """Party and origin of each cosignature received."""
    covered: int = 0
    sent: int = 0
    """Batches answered with a receipt."""
    filled: int = 0
    """Batches that came because we asked for a position that was missing."""
    stuck: dict[str, str] = field(default_factory=dict)
    """By stream, why it waits."""
    unreachable: dict[str, str] = field(default_factory=dict)
    """By party, why it could not be reached."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much a node sends at once."""

    batch: int = 100
    """Parcels under one cover."""
    lines: int = 1
    """Streams that are served at the same time."""
    batches: int = 1
    """Batches of one stream in one round: nobody keeps a round for itself."""


def run_round(
    own: OwnSide, transport: Transport, done: Round, *, own_rhythm: int, now: int, pace: Pace = Pace()
) -> None:
    """Do everything that is due, for the parties that are not known to be out of reach."""
    sign_heads(own, done, own_rhythm=own_rhythm, now=now)
    cover(own, done, batch=pace.batch, now=now)
    send_due(own, transport, done, now=now, pace=pace)
    fill_gaps(own, transport, done, now=now)
    sign_heads(own, done, own_rhythm=own_rhythm, now=now)
    show_heads(own, transport, done, now=now)


def sign_heads(own: OwnSide, done: Round, *, own_rhythm: int, now: int) -> None:
    """Sign the heads that are due."""
    for origin, seconds in ((own.shared, 1), (own.own, own_rhythm)):
        if sign_if_due(own, origin, seconds=seconds, now=now):
            done.signed.append(origin)


def sign_if_due(own: OwnSide, origin: str, *, seconds: int, now: int) -> bool:
    """Sign a log's head if it grew and the last signature is old enough."""
    with own.store.read() as conn:
        ledger = SqlLedgerStore(conn)
        head, note = ledger.head(origin), ledger.checkpoint(origin)
        seen = witnessing.open_logged(own, note) if note else None
    if not head.size or (seen and (seen.checkpoint.size == head.size or now - seen.time < seconds)):
        return False
    own.store.submit(lambda conn: log.sign_head(SqlLedgerStore(conn), origin, own.log_signers[origin], now))
    return True


def cover(own: OwnSide, done: Round, *, batch: int, now: int) -> None:
    """Put what waits in each stream under a cover."""
    with own.store.read() as conn:
        waiting = streams.streams_with_queue(conn)
    for stream in waiting:
        with _noted(done.stuck, _named(stream)):
            if outbox.cover_queue(own, stream, limit=batch, now=now):
                done.covered += 1


def send_due(own: OwnSide, transport: Transport, done: Round, *, now: int, pace: Pace = Pace()) -> None:
    """Send the batches whose time has come; skip a party for this round once it did not answer."""
    with own.store.read() as conn:
        due = streams.due_batches(conn, now=now)
    by_stream = [list(batches) for _, batches in groupby(due, key=lambda each: each.stream)]
    standings = {party_of(each.stream.receiver): outbox.Standing() for each in due}
    serving = _Serving(own, transport, pace, now, done.unreachable, standings)
    if pace.lines == 1 or len(by_stream) == 1:
        served = [serving.serve(batches) for batches in by_stream]
    else:
        with ThreadPoolExecutor(pace.lines, "line") as pool:
            served = list(pool.map(serving.serve, by_stream))
    for each in served:
        done.covered += each.covered
        done.sent += each.sent
        done.stuck |= each.stuck


@dataclass(slots=True)
class _Serving:
    """The lines of one round: what they share is who does not answer, where each party stands, and whether to stop."""

    own: OwnSide
    transport: Transport
    pace: Pace
    now: int
    unreachable: dict[str, str]
    standings: Mapping[str, outbox.Standing]
    stop: threading.Event = field(default_factory=threading.Event)

    def serve(self, batches: Sequence[BatchRow]) -> Round:
        """Send the batches of one stream in order, then what waits behind them; return what was done."""
        stream, done = batches[0].stream, Round(unreachable=self.unreachable)
        try:
            for batch in batches:
                self._deliver(batch, done)
            while done.sent < self.pace.batches and not done.stuck and self._goes_on(stream):
                if not self._cover_and_deliver(stream, done):
                    break
        except BaseException:  # what stops one line stops all
            self.stop.set()
            raise
        return done

    def _goes_on(self, stream: Stream) -> bool:
        return not self.stop.is_set() and party_of(stream.receiver) not in self.unreachable

    def _deliver(self, batch: BatchRow, done: Round) -> None:
        stream, party = batch.stream, party_of(batch.stream.receiver)
        if self._goes_on(stream):
            with _noted(done.stuck, _named(stream)), _silence(done, party):
                outbox.deliver(self.own, batch, self.transport, now=self.now, standing=self.standings[party])
                done.sent += 1

    def _cover_and_deliver(self, stream: Stream, done: Round) -> bool:
        batch = None
        with _noted(done.stuck, _named(stream)):
            batch = outbox.cover_queue(self.own, stream, limit=self.pace.batch, now=self.now)
        if batch is not None:
            done.covered += 1
            self._deliver(batch, done)
        return batch is not None


def fill_gaps(own: OwnSide, transport: Transport, done: Round, *, now: int) -> None:
    """Ask for what is missing in streams of which later parcels came."""
    with own.store.read() as conn:
        gaps = streams.streams_with_gaps(conn)
    for stream in gaps:
        party = party_of(stream.sender)
        if party not in done.unreachable:
            with _noted(done.stuck, _named(stream)), _silence(done, party):
                for _ in range(GAP_BATCHES):
                    if not outbox.ask_again(own, stream, transport, now=now):
                        break
                    done.filled += 1


def show_heads(own: OwnSide, transport: Transport, done: Round, *, now: int) -> None:
    """Have every other party witness our logs."""
    for party in own.others:
        if party not in done.unreachable:
            with _noted(done.unreachable, party):
                for origin in (own.shared, own.own):
                    if witnessing.have_witnessed(own, party, origin, transport, now=now):
                        done.witnessed.append((party, origin))


def _named(stream: Stream) -> str:
    return f"{stream.sender} > {stream.receiver}"


@contextmanager
def _noted(notes: dict[str, str], name: str) -> Iterator[None]:
    """Note what stands in the way of one party or stream and go on; a root that does not fit stops everything."""
    try:
        yield
    except (RootMismatch, UnknownState):
        raise
    except ParidadError as error:
        notes[name] = error.words.en


@contextmanager
def _silence(done: Round, party: str) -> Iterator[None]:
    """Note a party that did not answer, so that nothing else of this round waits for it."""
    try:
        yield
    except PeerUnreachable as error:
        done.unreachable[party] = error.words.en
        raise
