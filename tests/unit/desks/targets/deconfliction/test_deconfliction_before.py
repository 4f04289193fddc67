# SPDX-License-Identifier: Apache-2.0
"""What lies before a run: how a set log grew since the earlier one, how old an authority is, where an act was logged."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from paridad.desks.targets.deconfliction.dispute import NOBODY, judge
from paridad.desks.targets.deconfliction.errors import NotSoSoon, RunBroken
from paridad.desks.targets.deconfliction.messages import (
    Agreement,
    Commitment,
    Decision,
    Decisions,
    DecisionSeal,
    Growth,
    Head,
    Logged,
    Pause,
    Proposal,
    Record,
    RecordsOpened,
    Said,
)
from paridad.desks.targets.deconfliction.pace import Caps, Held, demand_pace, shipped
from paridad.desks.targets.deconfliction.playing import Around, Player
from paridad.desks.targets.deconfliction.run import Continue, DecidePairs, OpenRecords
from paridad.desks.targets.deconfliction.setlog import SetLog, grow, growth
from paridad.desks.targets.deconfliction.state import due
from support.deconfliction import PERSONS, TODAY, Table, chance, terms
from support.deconfliction_cheats import Tamper, one_of

SIDES = pytest.mark.parametrize("side", [0, 1])


# The set log between two runs ----------------------------------------------------------------------------------------


def later(tamper: Tamper | None = None, cap: int = 64) -> Table:
    """Return a second run: both set logs grew by the cap since the first one."""
    first = Table()
    before = (first.logs[0].head, first.logs[1].head)
    around = (Around(earlier=before), Around(earlier=before))
    table = Table(around=around, **({"tamper": tamper} if tamper else {}))  # type: ignore[arg-type]
    table.logs = tuple(grow(log, [], cap=cap, chance=chance("later", at)) for at, log in enumerate(first.logs))  # type: ignore[assignment]
    table.growth = (growth(table.logs[0], before[0]), growth(table.logs[1], before[1]))
    return table


def test_a_second_run_shows_how_the_set_logs_grew() -> None:
    """By exactly the cap, from the head of the first; an auditor who is given that head finds everything in order."""
    table = later()
    table.play()
    *before, last = table.said
    earlier = table.around[0].earlier
    assert judge(before, last, earlier=earlier) == NOBODY
    assert due(table.players[0].run).sides == ()


SHOWN: dict[str, tuple[object, str]] = {
    "no growth is shown": (None, "does not go on from the head of the earlier run"),
    "another beginning": (lambda of: of._replace(before=Head(64, bytes(32))), "does not go on from the head"),
    "another proof": (lambda of: of._replace(proof=(bytes(32), *of.proof[1:])), r"\w"),
    "a short proof": (lambda of: of._replace(proof=of.proof[1:]), r"\w"),
}


@SIDES
@pytest.mark.parametrize("case", SHOWN.values(), ids=SHOWN.keys())
def test_growth_that_does_not_fit_names_its_side(side: int, case: tuple[object, str]) -> None:
    """In the proposal or the agreement, and for the auditor too."""
    change, sentence = case
    table = later(one_of(side, (Proposal, Agreement)[side], growth=change))
    with pytest.raises(RunBroken, match=sentence) as broken:
        table.propose()
    assert (broken.value.step, broken.value.side) == (side, side)
    verdict = judge(table.said, table.sent, earlier=table.around[0].earlier)
    assert (verdict.side, verdict.step) == (side, side)


@SIDES
@pytest.mark.parametrize("cap", [63, 65])
def test_whoever_changes_more_or_less_than_agreed_is_named(side: int, cap: int) -> None:
    """Fewer entries tell how little changed; more are more than was agreed."""
    table, other = later(), later(cap=cap)
    logs, shown = list(table.logs), list(table.growth)
    logs[side], shown[side] = other.logs[side], other.growth[side]
    table.logs, table.growth = (logs[0], logs[1]), (shown[0], shown[1])
    with pytest.raises(RunBroken, match=f"grew by {cap} and 64 was agreed") as broken:
        table.propose()
    assert broken.value.side == side


def test_a_first_run_has_no_growth_to_show() -> None:
    """Whoever shows one claims an earlier run that the other side has no record of."""
    table = Table(growth=(Growth(Head(1, bytes(32)), ()), None))
    with pytest.raises(RunBroken, match="does not go on from"):
        table.propose()
    assert growth(SetLog(), Head(0, bytes(32))).proof == ()


# Caps ----------------------------------------------------------------------------------------------------------------

CAPS = Caps(changed_least=20, days_between=1, day_permille=20, month_permille=100, month_days=30)
DAY = date(2026, 3, 10)
PACE: dict[str, tuple[int, list[Held], int | None, str]] = {
    "a first run of enough records": (64, [], 20, ""),
    "a first run of too few": (64, [], 19, "19 records changed since the earlier run and 20 are needed"),
    "nothing is said of changes": (64, [], None, ""),
    "a second run on one day": (64, [Held(DAY, 64)], 40, "last run of this class was on 2026-03-10"),
    "a run on the next day": (80, [Held(DAY - timedelta(1), 64)], 40, ""),
    "more than two in a hundred a day": (96, [Held(DAY - timedelta(1), 64)], 40, "grow by 96 entries and the cap is 81"),
    "two days later": (96, [Held(DAY - timedelta(2), 64)], 40, ""),
    "more than a tenth within a month": (
        64, [Held(DAY - timedelta(days), 80) for days in (1, 2, 3, 4, 5)], 40, "grow by 464 entries and the cap is 409"),
    "the month is over": (64, [Held(DAY - timedelta(days), 80) for days in (26, 27, 28, 30, 31)], 40, ""),
}  # fmt: skip


@pytest.mark.parametrize("case", PACE.values(), ids=PACE.keys())
def test_pace(case: tuple[int, list[Held], int | None, str]) -> None:
    """A run is refused where its title says, with the sentence that tells why, and else not."""
    churn, held, changed, sentence = case
    agreed = terms(records=4096, churn_cap=churn)
    if not sentence:
        demand_pace(agreed, DAY, held, changed=changed, caps=CAPS)
        return
    with pytest.raises(NotSoSoon, match=sentence) as refused:
        demand_pace(agreed, DAY, held, changed=changed, caps=CAPS)
    assert refused.value.words.es != refused.value.words.en


def test_the_shipped_caps_are_those_of_the_brief() -> None:
    """Two in a hundred a day, a tenth a month, one run a day; proposals, all of them."""
    assert shipped() == CAPS


# The age of authorities ----------------------------------------------------------------------------------------------


def to_opening(table: Table) -> None:
    """Play steps 0 to 8: every pair is to be opened."""
    table.to_pairs()
    for side, player in enumerate(table.players):
        chosen = (Decision("open", "lead"),) * table.common
        table.hand(side, player.command(DecidePairs(chosen, PERSONS[side])))
    table.settle()


def aged(days: int, **changes: object) -> Table:
    """Return a run whose records were entered so many days before it, where ten are agreed."""
    around = Around(on=TODAY)
    entered = (TODAY - timedelta(days)).isoformat()
    made = Table(terms=terms(young_days=10), around=(around, around), entered_on=entered, **changes)  # type: ignore[arg-type]
    to_opening(made)
    return made


@SIDES
def test_a_young_authority_pauses_before_anything_is_opened_in_return(side: int) -> None:
    """The other side opened first: this side pauses instead of opening; two persons go on, and the run ends."""
    table, other = aged(3), 1 - side
    table.hand(other, table.players[other].command(OpenRecords(table.records(other))))
    player = table.players[side]
    assert player.command(OpenRecords(table.records(side))) == (Pause("young"),)
    assert player.run.parts[side].records is None
    assert player.proceed() == ()
    table.players[other].take(Said(side, Pause("young")))
    table.hand(side, player.command(Continue(PERSONS[side])))
    table.hand(side, player.command(OpenRecords(table.records(side))))
    assert table.players[other].proceed() == (Pause("young"),)


def test_old_authorities_pause_nothing() -> None:
    """Ten days are ten days; and a side that does not know the day says nothing about ages."""
    table = aged(10)
    for side, player in enumerate(table.players):
        table.hand(side, player.command(OpenRecords(table.records(side))))
    table.settle()
    assert due(table.players[0].run).sides == ()
    assert not any(isinstance(said.message, Pause) for said in table.said)
    young = aged(3)
    young.players[0].around = Around()
    young.hand(1, young.players[1].command(OpenRecords(young.records(1))))
    young.hand(0, young.players[0].command(OpenRecords(young.records(0))))


def test_an_alarm_that_stands_is_not_raised_again() -> None:
    """Neither by looking again nor by a start from the record."""
    table = aged(3)
    table.hand(1, table.players[1].command(OpenRecords(table.records(1))))
    table.hand(0, table.players[0].proceed())
    assert [said.message for said in table.said if isinstance(said.message, Pause)] == [Pause("young")]
    assert Player.resume(table.players[0], table.said).proceed() == ()


@pytest.mark.parametrize("written", ["2025-6-1", "yesterday", "20250601"])
def test_a_date_that_is_no_day_names_its_side(written: str) -> None:
    """Committed to as it stands, it is refused when it is opened."""
    table = Table(entered_on=written)
    with pytest.raises(RunBroken, match="not a day") as broken:
        table.play()
    assert (broken.value.step, broken.value.side) == (9, 0)


# Where an act was logged ---------------------------------------------------------------------------------------------


def cosigned(tamper: Tamper | None = None) -> Table:
    """Return a run in which each side had cosigned the other's whole log before step 2."""
    agreed = terms(logged=True)
    logs = [Table(terms=agreed).own_log(who) for who in (0, 1)]
    heads = [Head(log.size, log.root) for log in logs]
    around = tuple(Around(seen=heads[1 - who], known=heads[who].__eq__) for who in (0, 1))
    return Table(terms=agreed, around=around, **({"tamper": tamper} if tamper else {}))  # type: ignore[arg-type]


def test_records_stand_in_the_tree_that_the_other_side_had_cosigned() -> None:
    """Each opening carries its path; the run ends, and an auditor finds everything in order."""
    table = cosigned()
    table.play()
    assert due(table.players[0].run).sides == ()
    *before, last = table.said
    assert judge(before, last) == NOBODY


def of_first(change: Any) -> object:
    """Change where the act of the first record stands."""

    def changed(records: tuple[Record, ...]) -> tuple[Record, ...]:
        logged = records[0].logged
        assert logged is not None
        made = change(logged) if callable(change) else change
        return (records[0]._replace(logged=made), *records[1:])

    return changed


LATE: dict[str, tuple[object, str]] = {
    "no proof": (None, "was not in the set before|is missing"),
    "a later place": (lambda of: of._replace(place=40), "had cosigned before the run"),
    "another path": (lambda of: of._replace(path=(bytes(32), *of.path[1:])), "had cosigned before the run"),
    "an act of another tree": (lambda of: Logged(bytes(32), of.place, of.path), "was not in the set before"),
}


@SIDES
@pytest.mark.parametrize("case", LATE.values(), ids=LATE.keys())
def test_a_record_that_was_not_logged_before_names_its_owner(side: int, case: tuple[object, str]) -> None:
    """By values that both sides hold."""
    table = cosigned(one_of(side, RecordsOpened, records=of_first(case[0])))
    with pytest.raises(RunBroken, match=case[1]) as broken:
        table.play()
    assert (broken.value.step, broken.value.side) == (9, side)
    assert judge(table.said, table.sent).side == side


def test_a_record_without_its_place_is_missing_its_proof() -> None:
    """The entry of the set log commits to no leaf: there is nothing to show, and the terms ask for it."""
    table = cosigned()
    plain = Table(terms=terms(logged=False))
    table.emitted = plain.emitted
    table._entry = plain._entry  # type: ignore[method-assign]
    table.logged = lambda *_: None  # type: ignore[method-assign]
    table.logs = (table._log(0), table._log(1))
    with pytest.raises(RunBroken, match="the proof that the act was logged is missing"):
        table.play()


@SIDES
def test_a_head_that_the_log_never_signed_is_refused(side: int) -> None:
    """Nobody can be held to a tree that the other side invented."""
    table = cosigned(one_of(side, Commitment, seen=Head(99, bytes(32))))
    with pytest.raises(RunBroken, match="a head that our log did not sign") as broken:
        table.to_pairs()
    assert (broken.value.step, broken.value.side) == (2, side)


def test_who_cosigned_nothing_can_demand_nothing() -> None:
    """The proof is owed under the tree that the other side named; where it named none, the record is opened without."""
    table = cosigned()
    table.around = (replace(table.around[0], seen=None), replace(table.around[1], seen=None))
    table.players = [table._player(0), table._player(1)]
    table.play()
    assert due(table.players[0].run).sides == ()


# Decisions are opened together ---------------------------------------------------------------------------------------


def test_no_decision_is_opened_before_both_are_committed() -> None:
    """Step 8: the first side to commit waits; a decision opened early is not due."""
    table = Table(common=1)
    table.to_pairs()
    chosen = (Decision("open", "lead"),)
    table.hand(0, table.players[0].command(DecidePairs(chosen, PERSONS[0])))
    assert table.players[0].proceed() == table.players[1].proceed() == ()
    assert due(table.players[0].run) == (DecisionSeal, (1,))
    table.hand(1, table.players[1].command(DecidePairs(chosen, PERSONS[1])))
    assert due(table.players[0].run) == (Decisions, (0, 1))
