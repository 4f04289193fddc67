# SPDX-License-Identifier: Apache-2.0
"""Clocks: when a duty is due, with pauses, and who is late."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paridad.folio.clocks import Duty, Pauses, clocks, due, due_at, overdue
from paridad.folio.evolve import fold
from paridad.folio.state import OVERDUE, STATUS, Folio, Stage
from paridad.folio.terms import NO_TERMS
from paridad.folio.waiting import DUTIES, Waiting, waiting_on
from support.folio_story import (
    DAY,
    HOUR,
    MORNING,
    TwoParties,
    acknowledges,
    answers,
    asks,
    asks_consent,
    closes,
    files_outcome,
    forges,
    hours,
    play,
    refuses,
    suspends,
    the_line_is_cut,
)

DUE: dict[str, tuple[int, int, Pauses, int | None]] = {
    "without a pause": (0, 8, (), 8),
    "a pause moves it": (0, 8, ((2, 5),), 11),
    "two pauses move it": (0, 8, ((2, 5), (6, 7)), 12),
    "pauses that overlap count once": (0, 8, ((2, 5), (3, 6)), 12),
    "a pause within a pause counts once": (0, 8, ((2, 6), (3, 4)), 12),
    "pauses in any order": (0, 8, ((6, 7), (2, 5)), 12),
    "a pause before the start": (10, 8, ((2, 5),), 18),
    "a pause that spans the start": (10, 8, ((2, 12),), 20),
    "a pause after it ran out": (0, 8, ((8, 20),), 8),
    "a pause at the last moment": (0, 8, ((7, 20),), 21),
    "a pause that ends before it begins": (0, 8, ((5, 2),), 8),
    "a pause without end": (0, 8, ((2, None),), None),
    "a pause without end after it ran out": (0, 8, ((8, None),), 8),
}


@pytest.mark.parametrize(("start", "seconds", "pauses", "expected"), DUE.values(), ids=DUE.keys())
def test_a_duty_is_due_after_its_unpaused_time(start: int, seconds: int, pauses: Pauses, expected: int | None) -> None:
    """Only time in which no pause stood counts."""
    assert due_at(start, seconds, pauses) == expected


moments = st.integers(0, 60)
some_pauses = st.lists(st.tuples(moments, st.none() | moments), max_size=5).map(tuple)


@given(moments, st.integers(1, 40), some_pauses)
def test_it_is_due_when_a_watch_that_stops_in_pauses_says_so(start: int, seconds: int, pauses: Pauses) -> None:
    """Counting second by second gives the same."""
    at, left = start, seconds
    while left and at < 400:
        stopped = any(begin <= at and (end is None or at < end) for begin, end in pauses)
        left -= not stopped
        at += 1
    expected = at if not left else None
    assert due_at(start, seconds, pauses) == expected


def test_an_unknown_urgency_leaves_a_duty_without_a_date() -> None:
    """What the charter does not limit is owed all the same."""
    acts = play([asks()]).node("asking").arrived
    folio = fold("A-2026-0007", acts, lambda _: NO_TERMS)
    assert due(folio) is None
    assert [(each.duty, each.until) for each in waiting_on(folio, MORNING + 999 * DAY)] == [
        (Duty.ACKNOWLEDGE, None),
        (Duty.ANSWER, None),
    ]


def test_a_pause_stops_a_duty_without_a_date_too() -> None:
    """Who is paused is not waited for, limit or not."""
    acts = play([asks(), suspends("asked")]).node("asking").arrived
    folio = fold("A-2026-0007", acts, lambda _: NO_TERMS)
    assert [each.duty for each in waiting_on(folio, MORNING)] == [Duty.RESUME]


def test_the_time_of_a_late_answer_stays_on_record() -> None:
    """A duty fulfilled late is late for ever, and overdue no more."""
    table = play([asks(), acknowledges(), hours(9), answers("name")])
    folio = table.node("asking").folio
    assert [clock.late(table.now) for clock in clocks(folio) if clock.duty == Duty.ANSWER] == [True]
    assert not overdue(folio, table.now)


def test_a_closed_folio_stops_every_clock_of_the_matter() -> None:
    """Who withdrew waits for nobody; a consent asked for is still owed."""
    table = play([asks(), answers("name"), asks_consent(), closes("Done."), hours(9999)])
    folio = table.node("asking").folio
    assert [each.duty for each in waiting_on(folio, table.now)] == [Duty.CONSENT]
    assert due(folio) is None


def test_an_outcome_filed_before_the_answer_arrived_here_stops_its_clock() -> None:
    """An outcome is an outcome, whenever it is filed."""
    folio = play([asks(), answers("name"), files_outcome()]).node("asked").folio
    assert [each.duty for each in waiting_on(folio, MORNING)] == [Duty.CLOSE]


def test_a_refusal_then_an_answer_keeps_the_first_date_of_settlement() -> None:
    """The outcome's clock starts when the asked party first said all it would say."""
    folio = play([asks(), refuses(), hours(5), answers("name")]).node("asking").folio
    assert folio.settled_at == MORNING
    assert due(folio) == MORNING + 180 * DAY


def test_who_is_late_is_the_most_urgent() -> None:
    """Waits are listed by date, those without one last."""
    table = play([asks(), hours(2)])
    assert waiting_on(table.node("asked").folio, table.now) == (
        Waiting("B", "B/POLICE", Duty.ACKNOWLEDGE, table.last["request"].hash, MORNING, MORNING + HOUR, overdue=True),
        Waiting("B", "B/POLICE", Duty.ANSWER, table.last["request"].hash, MORNING, MORNING + 8 * HOUR, overdue=False),
    )


def test_before_the_request_is_here_its_party_is_waited_for() -> None:
    """A folio of which only an answer arrived is announced; the party whose name it bears owes the request."""
    table = TwoParties()
    for step in (asks(), the_line_is_cut(), answers("name")):
        step(table)
    folio = fold("A-2026-0007", [table.last["answer"]], lambda _: NO_TERMS)
    assert folio.stage == Stage.ANNOUNCED
    (wait,) = waiting_on(folio, MORNING + DAY)
    assert (wait.party, wait.agency, wait.duty, wait.since) == ("A", "", Duty.REQUEST, MORNING)
    assert clocks(folio) == ()


def test_an_empty_folio_waits_for_its_request() -> None:
    """A name without acts is owed its request, from now."""
    (wait,) = waiting_on(Folio("A-2026-0001"), MORNING)
    assert (wait.party, wait.duty, wait.since, wait.clause) == ("A", Duty.REQUEST, MORNING, "D0")
    assert wait.what.en == "Send the request"


def test_every_duty_and_every_stage_has_its_words() -> None:
    """Nothing is shown without a word in both languages, and stages have a shape beside it."""
    assert set(DUTIES) == set(Duty)
    assert set(STATUS) == set(Stage)
    assert len({each.clause for each in DUTIES.values()}) == len(Duty)
    assert all(each.shape for each in (*STATUS.values(), OVERDUE))


def test_a_clock_set_back_makes_no_negative_pause() -> None:
    """A resumption dated before its pause counts as no pause at all."""
    table = TwoParties()
    for step in (asks(), suspends("asked"), hours(-3), forges("asked", "resumption", re="suspension", reason="Now.")):
        step(table)
    folio = table.node("asking").folio
    assert folio.pauses[0].end == MORNING - 3 * HOUR
    assert due(folio) == MORNING + 8 * HOUR
