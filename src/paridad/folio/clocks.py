# SPDX-License-Identifier: Apache-2.0
"""The clocks of a folio, computed from its acts: who owes what, since when, until when.

Rules
  - A clock starts at the time its issuer recorded (`iat`). The receiver's time may differ and is shown beside it;
    both are facts and neither is corrected.
  - Limits come from the charter that the request names. A limit that charter does not know is none: the duty stands
    without a date.
  - A suspension by either party stops the clocks of the answer, the clarification and the outcome; an open question
    stops the answer's. The acknowledgement's cannot be stopped, nor a recall's: that is a duty about what left.
  - Time that ran out before a pause stays run out. "Overdue" and "late" are computed at the reference time, never
    stored.

Worked example
    a request at 0 with 8 hours to answer, paused from hour 2 to hour 5      is due at hour 11
    the same, paused at hour 2 and not resumed                               has no due date: until is None
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from paridad.acts.envelope import party_of
from paridad.folio.state import Folio, Request

Pauses = tuple[tuple[int, int | None], ...]


class Duty(StrEnum):
    """What somebody owes the folio."""

    REQUEST = "request"
    ACKNOWLEDGE = "acknowledge"
    ANSWER = "answer"
    CLARIFY = "clarify"
    RESUME = "resume"
    RECALL = "recall"
    CONSENT = "consent"
    OUTCOME = "outcome"
    CLOSE = "close"
    APPROVE = "approve"
    CARRY_OUT = "carry-out"


@dataclass(frozen=True, slots=True)
class Clock:
    """One duty of one party, running or stopped."""

    duty: Duty
    agency: str
    about: str
    """The act that it is about."""
    start: int
    until: int | None
    """When its time runs out; None where there is no limit or the clock stands still."""
    stopped: int | None = None
    """When the duty was fulfilled or fell away."""
    standing_still: bool = False
    """Whether a pause or an open question stops it."""

    @property
    def party(self) -> str:
        """The party that owes it."""
        return party_of(self.agency)

    @property
    def runs(self) -> bool:
        """Whether the duty is still owed."""
        return self.stopped is None

    def late(self, now: int) -> bool:
        """Whether its time had run out when it stopped, or has by now."""
        return self.until is not None and self.until < (now if self.stopped is None else self.stopped)


def due_at(start: int, seconds: int, pauses: Pauses) -> int | None:
    """Return when `seconds` of unpaused time have passed since `start`; None while a pause without end stops it."""
    at, left = start, seconds
    for begin, end in sorted(pauses, key=lambda pause: pause[0]):
        if end is not None and end <= max(at, begin):
            continue
        ran = max(begin - at, 0)
        if left <= ran:
            break
        if end is None:
            return None
        at, left = end, left - ran
    return at + left


def clocks(folio: Folio) -> tuple[Clock, ...]:
    """Return every clock of the folio between its parties, running and stopped."""
    if folio.request is None:
        return ()
    return (*_case_clocks(folio, folio.request), *_standing_duties(folio))


def due(folio: Folio) -> int | None:
    """Return the earliest date that a running clock holds."""
    return min((clock.until for clock in clocks(folio) if clock.runs and clock.until is not None), default=None)


def overdue(folio: Folio, now: int) -> bool:
    """Whether somebody's time has run out."""
    return any(clock.runs and clock.late(now) for clock in clocks(folio))


def _case_clocks(folio: Folio, request: Request) -> Iterator[Clock]:
    """Yield the clocks of the matter itself; closing the folio stops them all."""
    end = folio.closure.at if folio.closure else None
    limits = folio.terms.urgencies.get(request.urgency)
    acknowledge, answer = (limits.acknowledge_seconds, limits.answer_seconds) if limits else (None, None)
    said = tuple((pause.at, pause.end) for pause in folio.pauses)
    open_questions = tuple((question.at, question.answered_at) for question in folio.clarifications)
    yield _clock(Duty.ACKNOWLEDGE, request.asked, request, acknowledge, (), folio.acknowledged_at, end)
    yield _clock(Duty.ANSWER, request.asked, request, answer, said + open_questions, folio.settled_at, end)
    for question in folio.clarifications:
        limit = folio.terms.clarification_seconds
        yield _clock(Duty.CLARIFY, request.asking, question, limit, said, question.answered_at, folio.settled_at, end)
    for pause in folio.pauses:
        yield _clock(Duty.RESUME, folio.agency(pause.by), pause, None, (), pause.end, end)
    if folio.settled_at is not None:
        filed = folio.outcomes[0].at if folio.outcomes else None
        settled = _Since(request.hash, folio.settled_at)
        yield _clock(Duty.OUTCOME, request.asking, settled, folio.terms.outcome_seconds, said, filed, end)
    if folio.outcomes:
        yield _clock(Duty.CLOSE, request.asking, folio.outcomes[0], None, (), end)


def _standing_duties(folio: Folio) -> Iterator[Clock]:
    """Yield the duties about what left: they outlive the folio, and nothing stops their clocks."""
    for recall in folio.recalls:
        receiver = folio.agency(folio.other(recall.by))
        stopped = recall.answer.at if recall.answer else None
        yield _clock(Duty.RECALL, receiver, recall, folio.terms.recall_seconds, (), stopped)
    for request in folio.onward:
        giver = folio.agency(folio.other(request.by))
        yield _clock(Duty.CONSENT, giver, request, None, (), request.answer.at if request.answer else None)


class _About(Protocol):
    """What a clock is about: an act with its time."""

    @property
    def hash(self) -> str: ...
    @property
    def at(self) -> int: ...


@dataclass(frozen=True, slots=True)
class _Since:
    """A moment of the folio that is not the time of the act it is about."""

    hash: str
    at: int


def _clock(duty: Duty, agency: str, about: _About, seconds: int | None, pauses: Pauses, *stops: int | None) -> Clock:
    until = due_at(about.at, seconds, pauses) if seconds is not None else None
    stopped = min((stop for stop in stops if stop is not None), default=None)
    return Clock(
        duty=duty,
        agency=agency,
        about=about.hash,
        start=about.at,
        until=until,
        stopped=stopped,
        standing_still=until is None and any(end is None for _, end in pauses),
    )
