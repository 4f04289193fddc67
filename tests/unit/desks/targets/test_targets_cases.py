# SPDX-License-Identifier: Apache-2.0
"""Priority cases: who may say what, who owes an update, who is late; the same whatever order acts came in."""

from itertools import permutations

import pytest

from paridad.desks.targets import cases
from paridad.desks.targets.cases import (
    Case,
    Close,
    Command,
    Declare,
    Link,
    Marks,
    Said,
    Suspend,
    Update,
    decide,
    declare,
    dues,
    fold,
    read,
)
from paridad.desks.targets.errors import CaseRefused
from paridad.desks.targets.terms import limit
from support.targets_acts import hash_of, recorded

DAY = 86_400
LIMIT = 90 * DAY
MARKS = Marks("AMBER", "investigation", "treaty")
SIDES = pytest.mark.parametrize("sides", [("A/ONE", "B/TWO"), ("B/TWO", "A/ONE")], ids=["as written", "exchanged"])
SHEET = str(hash_of("sheet"))


def wanted(**more: object) -> Declare:
    """Return a declaration that is accepted, with some values changed."""
    plain = {
        "iss": "A/ONE", "to": ("B/TWO",), "marks": MARKS, "title": "North road", "aims": "To find out who buys.",
        "wanted": "Purchase records.", "agencies": ("A/ONE",), "next_update": 60 * DAY,
    }  # fmt: skip
    return Declare(**{**plain, **more})  # type: ignore[arg-type]


def sheet(sides: tuple[str, str], day: int = 0, promised: int | None = 60) -> Said:
    """Return a sheet as its row tells it."""
    until = None if promised is None else promised * DAY
    return Said(SHEET, SHEET, sides[0], sides[1:], day * DAY, 0, True, "opened", "", until)


def said(by: str, day: int, state: str = "", *, promised: int | None = None, outcome: str = "", place: int = 1) -> Said:
    """Return an update as its row tells it."""
    until = None if promised is None else promised * DAY
    name = str(hash_of(f"{by} {day} {state} {place}"))
    return Said(name, SHEET, by, (), day * DAY, place, False, state, outcome, until)


def owed(case: Case) -> list[tuple[str, int]]:
    """Return which party owes an update by which day."""
    return [(each.party, each.until // DAY) for each in dues(case, limit=LIMIT)]


def test_a_declaration_says_everything_and_holds_no_dossier() -> None:
    draft = declare(wanted(simulated=True), 0, limit=LIMIT)
    assert (draft.kind, draft.iss, draft.aud) == ("targets/priority-case/1", "A/ONE", ("B/TWO",))
    assert set(draft.fields) == {"title", "aims", "wanted", "agencies", "next_update", "simulated"}
    assert "simulated" not in declare(wanted(), 0, limit=LIMIT).fields


REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "no title": ({"title": " "}, "title: say something"),
    "a title as long as a report": ({"title": "x" * 201}, "title: is over 200 signs"),
    "no aims": ({"aims": ""}, "aims: say something"),
    "nothing asked": ({"wanted": ""}, "wanted: say something"),
    "no handling code": ({"marks": Marks("", "p", "b")}, "handling: is missing"),
    "no purpose": ({"marks": Marks("AMBER", "", "b")}, "purpose: is missing"),
    "no basis": ({"marks": Marks("AMBER", "p", "")}, "basis: is missing"),
    "to nobody": ({"to": ()}, "to: name one agency"),
    "to the own party": ({"to": ("A/OTHER",)}, "to: name one agency"),
    "to two agencies of one party": ({"to": ("B/TWO", "B/THREE")}, "to: name one agency"),
    "with an agency of another party": ({"agencies": ("B/TWO",)}, "agencies: these are agencies of the own party"),
    "with no agency": ({"agencies": ()}, "agencies: these are agencies of the own party"),
    "an update that was due before": ({"next_update": 0}, "next_update: is a date that has passed"),
    "an update after a quarter": ({"next_update": 91 * DAY}, "next_update: is beyond the limit of 90 days"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_a_declaration_that_lacks_something_is_refused_by_its_field(case: tuple[dict[str, object], str]) -> None:
    changed, sentence = case
    with pytest.raises(CaseRefused) as refused:
        declare(wanted(**changed), 0, limit=LIMIT)
    assert sentence in refused.value.words.en


@SIDES
def test_each_party_owes_an_update_every_quarter(sides: tuple[str, str]) -> None:
    """When it promised one itself; after the limit at the latest; from what it said last."""
    a, b = sides
    one, two = a[0], b[0]
    story = [sheet(sides)]
    assert owed(fold(story)) == [(one, 60), (two, 90)]
    story.append(said(b, 80, promised=100))
    assert owed(fold(story)) == [(one, 60), (two, 100)]
    story.append(said(a, 59, "active", promised=500))
    assert owed(fold(story)) == [(one, 149), (two, 100)]
    assert fold(story).state == "active"


@SIDES
def test_lateness_is_computed_and_changes_nothing(sides: tuple[str, str]) -> None:
    case = fold([sheet(sides)])
    late = [[each.late(day * DAY) for each in dues(case, limit=LIMIT)] for day in (60, 61, 91)]
    assert late == [[False, False], [True, False], [True, True]]
    assert case == fold([sheet(sides)])


@SIDES
def test_at_rest_nobody_owes_and_taken_up_again_every_clock_starts_anew(sides: tuple[str, str]) -> None:
    a, b = sides
    story = [sheet(sides), said(a, 10, "suspended")]
    assert (fold(story).state, owed(fold(story))) == ("suspended", [])
    story.append(said(a, 200, "active", promised=250, place=2))
    assert owed(fold(story)) == [(a[0], 250), (b[0], 290)]
    story.append(said(a, 300, "closed", outcome="arrest", place=3))
    assert (fold(story).state, fold(story).outcome, owed(fold(story))) == ("closed", "arrest", [])


@SIDES
def test_the_others_report_and_change_no_state(sides: tuple[str, str]) -> None:
    """What the other party says of the state, anybody who is not on the sheet, and what comes after the end."""
    a, b = sides
    meddling, stranger = said(b, 5, "closed"), said(f"{b[0]}/OTHER", 6)
    after = said(b, 40)
    case = fold([sheet(sides), meddling, stranger, said(a, 30, "closed"), after])
    assert case.state == "closed"
    assert set(case.irregular) == {meddling.hash, stranger.hash, after.hash}
    novel = fold([sheet(sides), said(a, 3, "novel")])
    assert (novel.state, len(novel.updates)) == ("opened", 1)


@SIDES
def test_the_order_of_arrival_does_not_matter(sides: tuple[str, str]) -> None:
    a, b = sides
    story = [sheet(sides), said(a, 10, "suspended"), said(b, 10), said(a, 20, "active", place=2), said(b, 21, place=2)]
    folded = [fold(order) for order in permutations(story)]
    assert all(each == folded[0] for each in folded)


def test_without_its_sheet_there_is_no_case() -> None:
    case = fold([said("A/ONE", 1)])
    assert (case.hash, dues(case, limit=LIMIT), len(case.irregular)) == ("", (), 1)


COMMANDS: dict[str, tuple[Command, str]] = {
    "the declaring agency goes on": (Update("A/ONE", "Seen.", 50 * DAY, MARKS), "active"),
    "the other reports": (Update("B/TWO", "Nothing.", 50 * DAY, MARKS), ""),
    "it rests": (Suspend("A/ONE", "No staff.", MARKS), "suspended"),
    "it ends": (Close("A/ONE", "Done.", "arrest", MARKS), "closed"),
}


@pytest.mark.parametrize("case", COMMANDS.values(), ids=COMMANDS)
def test_what_is_said_of_a_case(case: tuple[Command, str]) -> None:
    command, state = case
    draft = decide(fold([sheet(("A/ONE", "B/TWO"))]), command, 0, limit=LIMIT, outcomes=("arrest",))
    assert draft.fields.get("case_state", "") == state
    assert draft.re == (SHEET,)
    assert draft.aud == ("B/TWO",) if command.iss == "A/ONE" else draft.aud == ("A/ONE",)


def test_a_note_of_dossiers_stays_inside() -> None:
    case = fold([sheet(("A/ONE", "B/TWO"))])
    for iss in ("A/ONE", "B/OTHER"):
        assert decide(case, Link(iss, ("x",), MARKS), 0, limit=LIMIT).internal
    assert decide(case, Link("A/ONE", (), MARKS), 0, limit=LIMIT).fields == {"dossiers": []}


NOT_NOW: dict[str, tuple[list[Said], Command, str]] = {
    "who is not on it": ([], Update("A/OTHER", "x", DAY, MARKS), "your agency is not on it"),
    "the other closes it": ([], Close("B/TWO", "x", "arrest", MARKS), "only whoever declared it changes it"),
    "the other suspends it": ([], Suspend("B/TWO", "x", MARKS), "only whoever declared it changes it"),
    "twice at rest": ([said("A/ONE", 1, "suspended")], Suspend("A/ONE", "x", MARKS), "suspended already"),
    "after its end": ([said("A/ONE", 1, "closed")], Update("A/ONE", "x", DAY, MARKS), "closed already"),
    "an outcome of no list": ([], Close("A/ONE", "x", "victory", MARKS), "outcome: is not in the charter's list"),
    "nothing new": ([], Update("A/ONE", " ", DAY, MARKS), "report: say what is new"),
    "no handling code": ([], Update("A/ONE", "x", DAY, Marks("", "p", "b")), "handling: is missing"),
    "a dossier twice": ([], Link("A/ONE", ("x", "x"), MARKS), "one is repeated"),
    "a note of a stranger": ([], Link("C/ONE", ("x",), MARKS), "your party is not on it"),
}


@pytest.mark.parametrize("case", NOT_NOW.values(), ids=NOT_NOW)
def test_what_is_refused_says_why(case: tuple[list[Said], Command, str]) -> None:
    story, command, sentence = case
    with pytest.raises(CaseRefused) as refused:
        decide(fold([sheet(("A/ONE", "B/TWO")), *story]), command, 0, limit=LIMIT, outcomes=("arrest",))
    assert sentence in refused.value.words.en


def test_acts_are_read_as_far_as_they_tell() -> None:
    """A sheet that was erased still is one; an update that names nothing speaks of no case."""
    found = read(recorded({}, "sheet", aud=("B/TWO",), kind=cases.SHEET))
    assert found is not None
    assert (found.of, found.sheet, found.state, found.next_update) == (SHEET, True, "opened", None)
    update = read(recorded({"case_state": "active", "next_update": 7}, "u", re=(SHEET,), kind=cases.UPDATE))
    assert update is not None
    assert (update.of, update.state, update.next_update) == (SHEET, "active", 7)
    assert read(recorded({}, "u", kind=cases.UPDATE)) is None


def test_the_limit_says_that_it_is_a_proposal() -> None:
    found = limit("case_update")
    assert (found.seconds, found.verified) == (LIMIT, False)
    assert "no acordada" in found.source
