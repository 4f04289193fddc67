# SPDX-License-Identifier: Apache-2.0
"""Where a run stands, for people: step by step, with the clocks that both sides compute alike."""

from datetime import UTC, datetime

import pytest

from paridad.desks.targets.codes import code_list
from paridad.desks.targets.deconfliction.messages import Abort, GoOn, Pause, Refusal, Said
from paridad.desks.targets.deconfliction.state import Run, evolve
from paridad.desks.targets.run_steps import (
    AGREEMENT_SECONDS,
    STEP_SECONDS,
    Told,
    Where,
    step_of_message,
    where,
    working_days,
)
from support.deconfliction import Table

START = int(datetime(2026, 11, 27, 12, tzinfo=UTC).timestamp())
"""A Friday."""
DAY = 86_400


def stand(said: list[Said], *more: Said) -> Where:
    """Return where a run stands after messages that were said a minute apart."""
    run, told = Run(), []
    for number, each in enumerate([*said, *more]):
        run = evolve(run, each)
        told.append(Told(each.side, type(each.message), START + 60 * number, f"act {number}"))
    return where(run, told)


@pytest.fixture(scope="module")
def said() -> list[Said]:
    """Return everything that is said in a run."""
    table = Table()
    table.play()
    return table.said


def test_every_moment_has_a_state_and_a_step_in_words(said: list[Said]) -> None:
    """From the proposal to the close the step never falls; who is waited for is a side, until nobody is."""
    moments = [stand(said[:count]) for count in range(1, len(said) + 1)]
    steps = [each.step for each in moments]
    assert steps == sorted(steps)
    assert set(steps) == set(range(1, 11))
    assert {each.state for each in moments} == {"proposed", "running", "review", "opening", "closed"}
    assert all(each.waiting for each in moments[:-1])
    assert moments[-1].waiting == ()
    assert {each.state for each in moments} <= set(code_list("run_state"))
    assert {str(step) for step in steps} <= set(code_list("run_step"))
    assert moments[-1].open == (moments[-1].batches,) * 2 == (4, 4)


def test_the_clocks(said: list[Said]) -> None:
    """Five days to agree, four hours a step, ten and five working days; none when it is over."""
    found = {(each.state, each.step): each for count in range(1, len(said) + 1) if (each := stand(said[:count]))}
    assert found["proposed", 1].until == START + AGREEMENT_SECONDS
    running = found["running", 5]
    assert running.until == running.since + STEP_SECONDS
    review = found["review", 8]
    assert review.until == review.since + 14 * DAY
    opening = found["opening", 9]
    assert opening.until == opening.since + 7 * DAY
    assert not opening.overdue(opening.since + 7 * DAY)
    assert opening.overdue(opening.since + 7 * DAY + 1)
    assert found["closed", 10].until is None


def test_the_order_of_arrival_changes_nothing(said: list[Said]) -> None:
    """Both sides of one step may arrive either way round; the clock follows from when they were said."""
    table, told = Table(), []
    table.to_pairs()
    run = table.players[0].run
    told = [Told(each.side, type(each.message), START + number, "") for number, each in enumerate(said[:30])]
    assert where(run, told) == where(table.players[1].run, told[::-1])


@pytest.mark.parametrize(("days", "hours"), [(0, 0), (1, 72), (2, 96), (5, 7 * 24), (10, 14 * 24)], ids=str)
def test_working_days_skip_the_week_end(days: int, hours: int) -> None:
    assert working_days(START, days) == START + hours * 3600


def test_a_pause_has_no_clock_and_waits_for_its_side(said: list[Said]) -> None:
    """It begins with the pause; when it ends, the step begins anew."""
    middle = next(count for count in range(1, len(said)) if stand(said[:count]).open == (1, 1))
    paused = stand(said[:middle], Said(1, Pause("person")))
    assert (paused.state, paused.waiting, paused.until, paused.since) == ("paused", (1,), None, START + 60 * middle)
    on = stand(said[:middle], Said(1, Pause("person")), Said(1, GoOn(("a", "b"))))
    assert (on.state, on.since) == ("running", START + 60 * (middle + 1))


def test_early_ends(said: list[Said]) -> None:
    """A refusal or an abort ends the run at its moment; nobody is waited for."""
    refused = stand(said[:1], Said(1, Refusal(b"", "no")))
    assert (refused.state, refused.waiting, refused.until, refused.since) == ("refused", (), None, START + 60)
    aborted = stand(said[:9], Said(0, Abort("no", 1)))
    assert (aborted.state, aborted.waiting, aborted.until) == ("aborted", (), None)
    assert where(Run(), ()).batches == 0
    assert step_of_message(Abort) == 1
