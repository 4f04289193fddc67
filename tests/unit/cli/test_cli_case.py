# SPDX-License-Identifier: Apache-2.0
"""What a folio's acts make of it, the lists to choose from, and a proposal as its second person sees it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.cli_world import BASIS, PURPOSE, CommandLines, officer

PARTS = {"the first asks": ("MX/FGR", "US/DOJ"), "the second asks": ("US/DOJ", "MX/FGR")}


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[CommandLines]:
    """Return the command lines of two parties."""
    with CommandLines(tmp_path) as found:
        yield found


def show(lines: CommandLines, agency: str, folio: str, role: str = "liaison") -> Any:
    """Return a folio as an officer of an agency is told of it."""
    return lines.json(agency[:2], "folio", "show", folio, "--as", officer(agency, role))


@pytest.mark.parametrize(("asking", "asked"), PARTS.values(), ids=PARTS.keys())
def test_both_sides_read_the_same_of_what_was_given(lines: CommandLines, asking: str, asked: str) -> None:
    """Values, rule and clause of what was given and withheld are the same at the giver's and the receiver's node."""
    record = lines.record(asked, handling="AMBER+STRICT")
    lines.parties.settle(2)
    folio = lines.asked(asking, asked, handling="AMBER+STRICT")
    answer = ("folio", "propose", "answer", folio, "--record", record, "--hold", record, "aliases")
    proposed = lines.json(asked[:2], *answer, "--as", officer(asked))["acts"][0]["act"]
    seen = lines.json(asked[:2], "folio", "proposal", folio, proposed, "--as", officer(asked, second=True))
    [leaves] = seen["leaves"]
    assert seen["officer"] == officer(asked)
    assert {"name", "addresses"} <= {each["path"] for each in leaves["given"]}
    assert "aliases" in {each["path"] for each in leaves["withheld"] if each["allowed"]}
    approve = ("folio", "approve", folio, proposed, "--digest", seen["digest"])
    lines.json(asked[:2], *approve, "--as", officer(asked, second=True))
    lines.json(asked[:2], "folio", "carry-out", folio, proposed, "--as", officer(asked))
    lines.parties.settle(3)
    there, here = show(lines, asked, folio), show(lines, asking, folio)
    assert here["releases"] == there["releases"]
    [release] = here["releases"]
    assert release["given"][0]["fields"]
    [held] = [each for each in release["withheld"] if each["rule"] == "not-chosen"]
    assert (held["path"], held["count"], held["clause"]) == ("aliases", 1, "charter:originator")
    assert all(each["because"] for each in release["withheld"])
    assert [each["state"]["code"] for each in here["clocks"]] == ["met", "met", "running"]
    assert (here["proposals"], len(there["proposals"])) == ([], 1)
    [audited] = show(lines, asked, folio, "auditor")["releases"][0]["given"]
    assert {each["path"] for each in audited["fields"]} == {"state", "simulated"}
    assert {"name", "addresses"} <= {each["path"] for each in audited["withheld"]}
    assert all(each["reasons"] for each in audited["withheld"])


def test_a_proposal_is_for_those_who_may_read_it(lines: CommandLines) -> None:
    """An auditor, another agency and the other party are told that there is no such proposal."""
    record = lines.record("US/DOJ")
    folio = lines.asked("MX/FGR", "US/DOJ")
    propose = ("folio", "propose", "answer", folio, "--record", record, "--as", "doj-liaison")
    proposed = lines.json("US", *propose)["acts"][0]["act"]
    for party, reader in (("US", "doj-auditor"), ("US", "doj-operator"), ("MX", "fgr-liaison")):
        refused = lines.run(party, "folio", "proposal", folio, proposed, "--as", reader)
        assert (refused.exit_code, "not here" in refused.stderr) == (2, True), reader


def test_clocks_and_pauses_say_where_they_stand(lines: CommandLines) -> None:
    """A pause stops the answer's clock, with its reason; what is late is said to be; closing makes the rest void."""
    folio = lines.asked("MX/FGR", "US/DOJ")
    lines.json("MX", "folio", "suspend", folio, "--reason", "Falta un papel.", "--as", "fgr-liaison")
    lines.parties.settle(3)
    lines.parties.clock.pass_(7200)
    told = show(lines, "US/DOJ", folio)
    assert [each["state"]["code"] for each in told["clocks"]] == ["overdue", "stopped", "running"]
    [pause] = told["pauses"]
    assert (pause["party"], pause["reason"], pause["until"]) == ("MX", "Falta un papel.", None)
    lines.json("MX", "folio", "close", folio, "--reason", "Ya no hace falta.", "--as", "fgr-liaison")
    states = [each["state"]["code"] for each in show(lines, "MX/FGR", folio)["clocks"]]
    assert states == ["void", "void", "void"]


def test_choices_are_those_of_our_party(lines: CommandLines) -> None:
    """Agencies of the others, bases that are common or our own, whatever the party."""
    for ours, theirs in (("MX", "US"), ("US", "MX")):
        agency = {"MX": "MX/FGR", "US": "US/DOJ"}[ours]
        told = lines.json(ours, "folio", "choices", "--as", officer(agency))
        assert {each["party"] for each in told["agencies"]} == {theirs}
        bases = [each["code"]["code"] for each in told["bases"]]
        assert BASIS in bases
        assert not [each for each in bases if each.startswith(theirs.lower())]
        assert PURPOSE in [each["code"]["code"] for each in told["purposes"]]
        assert all(each["answer_seconds"] >= each["acknowledge_seconds"] for each in told["urgencies"])
    folio = lines.asked("MX/FGR", "US/DOJ")
    of_folio = lines.json("US", "folio", "choices", "--folio", folio, "--as", "doj-liaison")
    assert of_folio["grounds"] == lines.json("US", "folio", "choices", "--as", "doj-liaison")["grounds"]


def test_what_a_role_or_an_agency_may_not_do_is_told_beforehand(lines: CommandLines) -> None:
    """Possible is what folio, role and agency allow together; each refusal of these stands there with its reason."""
    folio = lines.asked("MX/FGR", "US/DOJ")
    because = {each["command"]: each["because"] for each in show(lines, "US/DOJ", folio, "analyst")["impossible"]}
    assert "role is not" in because["acknowledge"]["en"]
    because = {each["command"]: each["because"] for each in show(lines, "US/DHS", folio)["impossible"]}
    assert "takes no part" in because["acknowledge"]["en"]
    assert "acknowledge" in show(lines, "US/DOJ", folio)["possible"]
