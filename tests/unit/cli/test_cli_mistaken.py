# SPDX-License-Identifier: Apache-2.0
"""`paridad targets mistaken`: a namesake files, and everybody who received the dossier shows the notice before it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paridad.acts.envelope import Draft
from paridad.exchange import filing
from support.cli_world import BASIS, PURPOSE, CommandLines, officer
from support.sound import assert_rebuilt, assert_sound

DAY = 86_400
SIDES = pytest.mark.parametrize("sides", [("MX/FGR", "US/DOJ"), ("US/DOJ", "MX/FGR")], ids=["as written", "exchanged"])
NAME = "PINEDO ZEPEDA, Olga"
FACT = "Nació en 1990."
WORDS = "Me detuvieron en el aeropuerto."


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[CommandLines]:
    """Return the command lines of two parties; at the end both nodes are sound."""
    with CommandLines(tmp_path) as found:
        yield found
        found.parties.settle(3)
        assert_sound(found.parties)
        for node in found.parties.nodes:
            assert_rebuilt(node)


def dossier(lines: CommandLines, agency: str, **more: Any) -> str:
    """File a dossier about an invented person."""
    fields = {"subject_type": "person", "name": NAME, "state": "asserted", "simulated": True, **more}
    return lines.parties.record(agency, "targets/dossier/1", fields, handling="AMBER", purpose=PURPOSE, basis=BASIS)


def given(lines: CommandLines, sides: tuple[str, str]) -> str:
    """Return a dossier that one side gave the other in a folio."""
    one, other = sides
    act, folio = dossier(lines, one), lines.asked(other, one)
    lines.json(one[:2], "folio", "answer", folio, "--record", act, "--as", officer(one))
    lines.parties.settle(3)
    return act


def say(lines: CommandLines, agency: str, verb: str, act: str, *more: str, second: bool = False) -> Any:
    """Say something about whom a dossier is taken for, and deliver it."""
    told = lines.json(
        agency[:2], "targets", "mistaken", verb, act, *more, "--as", officer(agency, "analyst", second=second)
    )
    lines.parties.settle(3)
    return told


def filed(lines: CommandLines, agency: str, act: str, *more: str) -> Any:
    """Take in a claim."""
    return say(lines, agency, "file", act, "--channel", "representative", "--claim", WORDS, "--fact", FACT, *more)


def shown(lines: CommandLines, agency: str, act: str, role: str = "analyst") -> Any:
    """Return what is said of a dossier."""
    return lines.json(agency[:2], "targets", "mistaken", "show", act, "--as", officer(agency, role))


def everywhere(lines: CommandLines, agency: str, act: str) -> list[Any]:
    """Return the notices that stand before a dossier in every list, search and comparison."""
    as_ = ("--as", officer(agency, "analyst"))
    listed = lines.json(agency[:2], "targets", "list", *as_)["dossiers"]
    found = lines.json(agency[:2], "search", "pinedo", *as_)["hits"]
    likely = lines.json(agency[:2], "targets", "search", "Olga Pinedo Zepeda", *as_)["candidates"]
    rows = [next(each for each in rows if each["act"] == act) for rows in (listed, found, likely)]
    return [each["notices"] for each in (*rows, lines.json(agency[:2], "targets", "show", act, *as_))]


@SIDES
def test_within_a_day_whoever_received_the_dossier_has_the_notice(lines: CommandLines, sides: tuple[str, str]) -> None:
    """The lawyer files at the owner; the receiver shows it before the name; the claimant's words stay."""
    one, other = sides
    act = given(lines, sides)
    told = filed(lines, one, act)
    assert [each["to"] for each in told["acts"]] == [[one], [other]]
    for agency in sides:
        for notices in everywhere(lines, agency, act):
            [notice] = notices
            assert (notice["agency"], notice["stage"]["code"], notice["facts"]) == (one, "doubted", [FACT])
    here, there = shown(lines, one, act), shown(lines, other, act)
    assert (here["receivers"], here["not_told"]) == ([other], [])
    assert [(each["met"], each["late"]) for each in here["clocks"]] == [(True, False), (False, False)]
    assert WORDS in str(here["claim"])
    assert there["claim"] is None
    third = {"MX": "MX/SSPC", "US": "US/DHS"}[one[:2]]
    assert shown(lines, third, act)["claim"] is None
    claim = told["acts"][0]["act"]
    near = lines.json(third[:2], "act", "show", claim, "--as", officer(third, "analyst"))
    assert WORDS not in str(near)
    assert WORDS not in str(shown(lines, other, act))
    assert FACT not in str(shown_to_auditor(lines, one, act))


def shown_to_auditor(lines: CommandLines, agency: str, act: str) -> Any:
    """Return what the list tells the auditor, who may not see the dossier."""
    return lines.json(agency[:2], "targets", "mistaken", "list", "--as", officer(agency, "auditor"))


@SIDES
def test_somebody_who_had_not_judged_it_decides_and_the_barrier_stays(
    lines: CommandLines, sides: tuple[str, str]
) -> None:
    one, _ = sides
    act = given(lines, sides)
    filed(lines, one, act)
    why = ("--upheld", "yes", "--reason", "Otra fecha de nacimiento.", "--fact", FACT)
    refused = lines.run(one[:2], "targets", "mistaken", "decide", act, *why, "--as", officer(one, "analyst"))
    assert (refused.exit_code, "somebody who had not judged it" in refused.stderr) == (1, True)
    say(lines, one, "decide", act, *why, second=True)
    for agency in sides:
        for notices in everywhere(lines, agency, act):
            assert [each["stage"]["code"] for each in notices] == ["not_this_person"]
    later = lines.parties.record(
        one, "targets/dossier/1", {"subject_type": "person", "name": NAME, "state": "asserted"},
        handling="AMBER", purpose=PURPOSE, basis=BASIS,
    )  # fmt: skip
    pair = lines.json(one[:2], "targets", "compare", act, later, "--as", officer(one, "analyst"))["pair"]
    assert [len(each["notices"]) for each in pair] == [1, 0]
    queue = lines.json(one[:2], "targets", "duplicates", "--as", officer(one, "analyst"))["pairs"]
    assert sorted(len(each["notices"]) for each in queue[0]["pair"]) == [0, 1]


@SIDES
def test_who_judged_the_dossier_in_a_pair_does_not_decide(lines: CommandLines, sides: tuple[str, str]) -> None:
    one, _ = sides
    act, other = given(lines, sides), dossier(lines, one, title="Dr.")
    filed(lines, one, act)
    marks = ("--handling", "AMBER", "--purpose", PURPOSE, "--basis", BASIS)
    second = officer(one, "analyst", second=True)
    verdict = ("--verdict", "same", "--reason-code", "documents", "--reason", "x", *marks)
    lines.json(one[:2], "targets", "judge", act, other, *verdict, "--as", second)
    refused = lines.run(
        one[:2], "targets", "mistaken", "decide", act, "--upheld", "no", "--reason", "x", "--as", second
    )
    assert "somebody who had not judged it" in refused.stderr
    told = lines.json(
        one[:2], "targets", "mistaken", "decide", act, "--upheld", "no", "--reason", "x", "--as", officer(one)
    )
    assert told["acts"]
    assert everywhere(lines, one, act) == [[], [], [], []]


@SIDES
def test_it_may_be_claimed_at_the_party_that_received_the_dossier(lines: CommandLines, sides: tuple[str, str]) -> None:
    """The notice goes to the owner, as the receiver's own word: the owner's record is not changed by it."""
    one, other = sides
    act = given(lines, sides)
    told = filed(lines, other, act)
    assert told["acts"][1]["to"] == [one]
    [notice] = lines.json(one[:2], "targets", "show", act, "--as", officer(one))["notices"]
    assert notice["agency"] == other
    assert shown(lines, one, act)["possible"] == ["file"]
    assert [each["act"] for each in listed(lines, one)] == [act]


def listed(lines: CommandLines, agency: str) -> Any:
    """Return the dossiers of which there is a notice."""
    return lines.json(agency[:2], "targets", "mistaken", "list", "--as", officer(agency))["dossiers"]


@SIDES
def test_who_receives_the_dossier_later_is_named_and_told(lines: CommandLines, sides: tuple[str, str]) -> None:
    one, other = sides
    act = dossier(lines, one)
    assert filed(lines, one, act)["acts"][1]["to"] == [one]
    folio = lines.asked(other, one)
    lines.json(one[:2], "folio", "answer", folio, "--record", act, "--as", officer(one))
    lines.parties.settle(3)
    assert lines.json(other[:2], "targets", "show", act, "--as", officer(other))["notices"] == []
    matter = shown(lines, one, act)
    assert (matter["not_told"], "tell" in matter["possible"], matter["clocks"][0]["met"]) == ([other], True, False)
    lines.parties.clock.pass_(2 * DAY)
    assert shown(lines, one, act)["clocks"][0]["late"] is True
    say(lines, one, "tell", act)
    [notice] = lines.json(other[:2], "targets", "show", act, "--as", officer(other))["notices"]
    assert notice["facts"] == [FACT]
    assert shown(lines, one, act)["not_told"] == []
    again = lines.run(one[:2], "targets", "mistaken", "tell", act, "--as", officer(one))
    assert "all of them have it already" in again.stderr


def test_a_correction_does_not_end_a_notice(lines: CommandLines) -> None:
    act = given(lines, ("MX/FGR", "US/DOJ"))
    filed(lines, "MX/FGR", act)
    corrected = corrected_dossier(lines, act)
    for notices in everywhere(lines, "MX/FGR", corrected):
        assert len(notices) == 1
    assert shown(lines, "MX/FGR", corrected)["receivers"] == ["US/DOJ"]
    old = lines.run("MX", "targets", "mistaken", "show", act, "--as", officer("MX/FGR"))
    assert "name the one in force" in old.stderr


def corrected_dossier(lines: CommandLines, of: str) -> str:
    """Correct a dossier."""
    own, now = lines.parties.by_name["MX"].own, lines.parties.clock()
    fields: Any = {"subject_type": "person", "name": NAME, "state": "asserted", "correction": "x"}
    draft = Draft("targets/dossier/1", "MX/FGR", ("MX/FGR",), "AMBER", PURPOSE, BASIS, fields, re=(of,))
    said = filing.issue_drafts(own, [draft], now=now, see=())
    own.store.submit(lambda conn: filing.file_acts(conn, own, said, now=now))
    return said[0].hash


def test_retention_does_not_end_a_notice(lines: CommandLines) -> None:
    """Years later the claim and the dossier's fields are erased by age; the notice stands where they were."""
    act = given(lines, ("MX/FGR", "US/DOJ"))
    filed(lines, "MX/FGR", act)
    lines.parties.clock.pass_(40 * 365 * DAY)
    erased = lines.json("MX", "erase", "expired", "--as", officer("MX/FGR", "operator"))["erased_acts"]
    assert {each["kind"]["code"] for each in erased} == {"targets/dossier/1", "targets/mistaken-claim/1"}


def test_who_may_not_record_files_nothing_and_a_stranger_sees_nothing(lines: CommandLines) -> None:
    act = given(lines, ("MX/FGR", "US/DOJ"))
    asked = ("targets", "mistaken", "file", act, "--channel", "person", "--claim", "x")
    assert lines.run("MX", *asked, "--as", officer("MX/FGR", "lawyer")).exit_code == 1
    assert lines.run("MX", *asked, "--as", officer("MX/FGR", "operator")).exit_code == 1
    gone = lines.run("MX", "targets", "mistaken", "show", "x" * 43, "--as", officer("MX/FGR"))
    assert (gone.exit_code, "not here" in gone.stderr) == (2, True)
    assert listed(lines, "MX/FGR") == []
