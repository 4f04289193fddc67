# SPDX-License-Identifier: Apache-2.0
"""Where a run stands for people: which step, who is waited for, until when, how many batches are open.

Rules
  - Everything follows from what was said and when its signers said so: both nodes show the same.
  - A step begins with the last thing said of the steps before it. Its clock runs out and nothing happens by itself: it
    is shown, and a person ends the run or waits.
  - Five days to agree; four hours for each step that machines take; ten working days to review the leads; five to open
    records. Working days are Monday to Friday in UTC: holidays are not known here.
  - While a run is paused by an alarm or a person, two persons of that side are waited for, without a clock.

Worked example
    where(run, told).step               is 5
    where(run, told).waiting            is (1,): side 1 opens its batch next
    working_days(friday_noon, 1)        is Monday noon
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import NamedTuple

from paridad.base.sources import SECONDS_A_DAY
from paridad.desks.targets.deconfliction.messages import (
    Abort,
    Agreement,
    GoOn,
    Message,
    Pause,
    Proposal,
    Refusal,
    Start,
)
from paridad.desks.targets.deconfliction.state import SYMMETRIC, Run, due, step_of

AGREEMENT_SECONDS = 5 * SECONDS_A_DAY
STEP_SECONDS = 4 * 3600
REVIEW_DAYS, OPENING_DAYS = 10, 5
REVIEW, OPENING, LAST = 8, 9, 10
_WEEK = 5
"""Days of a week on which people work."""
_ANY_TIME = (Pause, GoOn, Abort)


class Told(NamedTuple):
    """One message on record: what kind, by which side, when its signer said it."""

    side: int
    kind: type[Message]
    at: int
    act: str


@dataclass(frozen=True, slots=True)
class Where:
    """Where a run stands."""

    state: str
    """A code of the list `run_state`."""
    step: int
    waiting: tuple[int, ...]
    """The sides that have to say something next."""
    since: int
    until: int | None
    """When the clock of the step runs out; None where none runs."""
    open: tuple[int, int]
    """Batches that each side has opened."""
    batches: int

    def overdue(self, now: int) -> bool:
        """Whether the clock has run out."""
        return self.until is not None and self.until < now


def where(run: Run, told: Sequence[Told]) -> Where:
    """Return where a run stands, from its messages and their times."""
    plain = replace(run, alarms=())
    over = not due(plain).sides
    step = LAST if over and run.parts[0].close else step_of(plain)
    since = _since(told, step, paused=bool(run.alarms), over=over)
    running = not over and not run.alarms
    first, second = (len(part.openings) for part in run.parts)
    return Where(
        state=_state(run, step, over=over),
        step=step,
        waiting=due(run).sides,
        since=since,
        until=_until(run, step, since) if running else None,
        open=(first, second),
        batches=run.batches if run.proposal else 0,
    )


def step_of_message(kind: type[Message]) -> int:
    """Return the step that a message belongs to."""
    if kind is Proposal:
        return 0
    return next((step for step, each, _ in SYMMETRIC if each is kind), 1)


def working_days(at: int, days: int) -> int:
    """Return the same time of day so many working days later."""
    while days:
        at += SECONDS_A_DAY
        days -= datetime.fromtimestamp(at, UTC).weekday() < _WEEK
    return at


def _state(run: Run, step: int, *, over: bool) -> str:
    if run.refusal is not None:
        return "refused"
    if run.abort is not None:
        return "aborted"
    if over:
        return "closed"
    if run.agreement is None:
        return "proposed"
    if run.alarms:
        return "paused"
    return {REVIEW: "review", OPENING: "opening"}.get(step, "running")


def _until(run: Run, step: int, since: int) -> int:
    if run.agreement is None:
        return since + AGREEMENT_SECONDS
    if step in {REVIEW, OPENING}:
        return working_days(since, REVIEW_DAYS if step == REVIEW else OPENING_DAYS)
    return since + STEP_SECONDS


def _since(told: Iterable[Told], step: int, *, paused: bool, over: bool) -> int:
    """Return when the step began: with the last thing said before it, or with what paused or ended the run."""
    if paused or over:
        ending = (Pause,) if paused else (Abort, Refusal)
        times = [each.at for each in told if each.kind in ending] or [each.at for each in told]
        return max(times, default=0)
    before = [each.at for each in told if each.kind not in _ANY_TIME and _is_before(each.kind, step)]
    resumed = [each.at for each in told if each.kind is GoOn]
    return max([*before, *resumed], default=0)


def _is_before(kind: type[Message], step: int) -> bool:
    """Whether a message came before a step; the agreement comes before the start that completes its step."""
    return step_of_message(kind) < step or (step == 1 and kind in {Proposal, Agreement}) or kind is Start
