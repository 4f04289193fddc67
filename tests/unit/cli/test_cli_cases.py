# SPDX-License-Identifier: Apache-2.0
"""`paridad targets case`: each party declares its own, the other reads the sheet, lateness shows alike on both nodes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paridad.base.errors import ParidadError
from paridad.cli.operations import OPERATIONS
from paridad.desks.targets.terms import limit
from support.cli_world import BASIS, PURPOSE, CommandLines, officer
from support.sound import assert_rebuilt, assert_sound

DAY = 86_400
SIDES = pytest.mark.parametrize("sides", [("MX/FGR", "US/DOJ"), ("US/DOJ", "MX/FGR")], ids=["as written", "exchanged"])
MARKS = ("--handling", "AMBER", "--purpose", PURPOSE, "--basis", BASIS)
WORDS = ("--title", "Ruta norte", "--aims", "Saber quién compra.", "--wanted", "Registros de compra.")


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[CommandLines]:
    """Return the command lines of two parties; at the end both nodes are sound."""
    with CommandLines(tmp_path) as found:
        yield found
        found.parties.settle(3)
        assert_sound(found.parties)
        for node in found.parties.nodes:
            assert_rebuilt(node)


def declared(lines: CommandLines, sides: tuple[str, str], *more: str) -> str:
    """Declare a case and deliver it."""
    told = say(lines, sides[0], "declare", "--to", sides[1], *WORDS, *MARKS, *more)
    lines.parties.settle(3)
    return str(told["acts"][0]["act"])


def say(lines: CommandLines, agency: str, verb: str, *more: str) -> Any:
    """Say something of a case."""
    return lines.json(agency[:2], "targets", "case", verb, *more, "--as", officer(agency))


def shown(lines: CommandLines, agency: str, case: str, role: str = "liaison") -> Any:
    """Return a case as somebody sees it."""
    return lines.json(agency[:2], "targets", "case", "show", case, "--as", officer(agency, role))


@SIDES
def test_the_other_party_reads_the_sheet_and_no_dossier(lines: CommandLines, sides: tuple[str, str]) -> None:
    """Every word of the sheet arrives; which dossiers it is about is told to the agency that noted it alone."""
    one, other = sides
    dossier, case = lines.record(one), declared(lines, sides)
    say(lines, one, "link", case, "--dossier", dossier)
    lines.parties.settle(3)
    here, there = shown(lines, one, case), shown(lines, other, case)
    assert [each["act"] for each in here["linked"]] == [dossier]
    assert there["linked"] == []
    assert shown(lines, {"MX": "MX/SSPC", "US": "US/DHS"}[one[:2]], case)["linked"] == []
    assert (here["ours"], there["ours"]) == (True, False)
    same = ("title", "agency", "at", "state", "outcome", "agencies", "owes", "late", "next_due", "fields", "updates")
    assert [here[name] for name in same] == [there[name] for name in same]
    assert {each["path"] for each in there["fields"]} == {"title", "aims", "wanted", "agencies[0]", "next_update"}
    everything = str(lines.json(other[:2], "search", dossier[:12], "--as", officer(other)))
    assert dossier not in everything


@SIDES
def test_lateness_shows_alike_on_both_sides_and_does_nothing(lines: CommandLines, sides: tuple[str, str]) -> None:
    """A quarter passes, then a year: both nodes say that both are late; nothing was said by itself."""
    one, other = sides
    case = declared(lines, sides)
    quarter = limit("case_update").seconds
    before = shown(lines, one, case)
    lines.parties.clock.pass_(quarter + DAY)
    lines.parties.settle(2)
    for agency in sides:
        told = shown(lines, agency, case)
        assert told["late"] is True
        assert [(each["party"], each["late"]) for each in told["owes"]] == [(one[:2], True), (other[:2], True)]
        assert told["update_clock"]["verified"] is False
        home = lines.json(agency[:2], "home", "--as", officer(agency))["case_updates"]
        assert (home["owed"], home["late"]) == (1, 1)
    say(lines, other, "update", case, "--report", "Nada nuevo.")
    lines.parties.settle(3)
    here, there = (shown(lines, agency, case) for agency in sides)
    assert here["owes"] == there["owes"]
    assert [each["late"] for each in here["owes"]] == [True, False]
    lines.parties.clock.pass_(365 * DAY)
    for agency in sides:
        [row] = say(lines, agency, "list")["cases"]
        assert (row["late"], row["state"]) == (True, before["state"])


@SIDES
def test_only_who_declared_it_changes_it(lines: CommandLines, sides: tuple[str, str]) -> None:
    """Updates of both, a rest, an end with its outcome; each is possible to whom the page says so."""
    one, other = sides
    case = declared(lines, sides)
    assert (shown(lines, one, case)["possible"], shown(lines, other, case)["possible"]) == (
        ["update", "suspend", "close", "link"], ["update", "link"],
    )  # fmt: skip
    for verb, more in (("suspend", ()), ("close", ("--outcome", "arrest"))):
        refused = lines.run(
            other[:2], "targets", "case", verb, case, "--report", "x", *more, "--as", officer(other)
        )  # fmt: skip
        assert (refused.exit_code, "only whoever declared it changes it" in refused.stderr) == (1, True)
    say(lines, one, "update", case, "--report", "Dos compras.")
    say(lines, one, "suspend", case, "--report", "Sin personal.")
    lines.parties.settle(3)
    resting = shown(lines, other, case)
    assert (resting["state"]["code"], resting["owes"], resting["next_due"]) == ("suspended", [], None)
    say(lines, one, "update", case, "--report", "Se retoma.")
    say(lines, one, "close", case, "--report", "Detenido.", "--outcome", "arrest")
    lines.parties.settle(3)
    ended = shown(lines, other, case)
    assert (ended["state"]["code"], ended["outcome"]["code"], ended["possible"]) == ("closed", "arrest", ["link"])
    assert len(ended["updates"]) == 4
    late = lines.run(other[:2], "targets", "case", "update", case, "--report", "x", "--as", officer(other))
    assert "closed already" in late.stderr


@SIDES
def test_each_role_sees_what_it_may(lines: CommandLines, sides: tuple[str, str]) -> None:
    """Head and auditor see whose case it is and who is late, not its words; the operator sees none."""
    case = declared(lines, sides)
    for agency in sides:
        for role in ("head", "auditor"):
            told = shown(lines, agency, case, role)
            assert (told["title"], told["withheld"] != [], len(told["owes"])) == ("", True, 2)
            assert "Ruta norte" not in str(told)
        nothing = lines.json(agency[:2], "targets", "case", "list", "--as", officer(agency, "operator"))
        assert nothing["cases"] == []
        gone = lines.run(agency[:2], "targets", "case", "show", case, "--as", officer(agency, "operator"))
        assert gone.exit_code == 2
        assert lines.json(agency[:2], "targets", "case", "list", "--as", officer(agency, "analyst"))["cases"]


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "two persons": (("--handling", "RED", *MARKS[2:], *WORDS), "second person"),
    "another's law": (("--handling", "AMBER", "--purpose", PURPOSE, "--basis", "us-18usc-3184", *WORDS), "basis"),
    "an unknown agency": ((*MARKS, *WORDS, "--agency", "MX/NADIE"), "is not in the charter"),
    "an update after a quarter": ((*MARKS, *WORDS, "--next-update", "2099-01-01"), "beyond the limit of 90 days"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_may_not_be_declared_says_why(lines: CommandLines, case: tuple[tuple[str, ...], str]) -> None:
    """A dry run refuses as the real one; nothing is on record after either."""
    arguments, sentence = case
    for more in (("--dry-run",), ()):
        refused = lines.run(
            "MX", "targets", "case", "declare", "--to", "US/DOJ", *arguments, *more, "--as", officer("MX/FGR")
        )  # fmt: skip
        assert refused.exit_code != 0
        assert sentence in refused.stderr
    assert say(lines, "MX/FGR", "list")["cases"] == []


def test_a_dry_run_shows_what_leaves_and_the_same_command_is_said_once(lines: CommandLines) -> None:
    planned = say(lines, "MX/FGR", "declare", "--to", "US/DOJ", *WORDS, *MARKS, "--simulated", "--dry-run")
    assert {each["path"] for each in planned["leaves"][0]["given"]} >= {"title", "aims", "wanted", "simulated"}
    assert planned["leaves"][0]["withheld"] == []
    asked = ("declare", "--to", "US/DOJ", *WORDS, *MARKS, "--id", "c-1")
    first, again = say(lines, "MX/FGR", *asked), say(lines, "MX/FGR", *asked)
    assert (first["repeated"], again["repeated"], first["acts"]) == (False, True, again["acts"])
    other = lines.run("MX", "targets", "case", *asked[:-2], "--simulated", "--id", "c-1", "--as", officer("MX/FGR"))
    assert "already used for another command" in other.stderr
    update = lines.json(
        "MX",
        "targets",
        "case",
        "update",
        first["acts"][0]["act"],
        "--report",
        "x",
        "--dry-run",
        "--as",
        officer("MX/FGR"),
    )
    assert update["drafts"][0]["to"] == ["US/DOJ"]


def test_who_may_not_record_declares_nothing(lines: CommandLines) -> None:
    for role in ("lawyer", "head", "auditor", "operator"):
        refused = lines.run(
            "MX", "targets", "case", "declare", "--to", "US/DOJ", *WORDS, *MARKS, "--as", officer("MX/FGR", role)
        )
        assert refused.exit_code == 1, role


def test_a_dossier_that_is_not_the_officers_to_see_is_not_linked(lines: CommandLines) -> None:
    case = declared(lines, ("MX/FGR", "US/DOJ"))
    hidden = lines.record("MX/SSPC", handling="RED")
    for act in (hidden, "x" * 43):
        refused = lines.run("MX", "targets", "case", "link", case, "--dossier", act, "--as", officer("MX/FGR"))
        assert (refused.exit_code, "not here" in refused.stderr) == (2, True)
    say(lines, "MX/FGR", "link", case, "--dossier", lines.record("MX/FGR"))
    say(lines, "MX/FGR", "link", case)
    assert shown(lines, "MX/FGR", case)["linked"] == []


def test_a_case_of_which_nothing_is_here_is_not_shown(lines: CommandLines) -> None:
    with pytest.raises(ParidadError, match="not here"):
        OPERATIONS["targets.case.show"](lines.parties.by_name["MX"], {"act": "x" * 43, "officer": "fgr-liaison"})
