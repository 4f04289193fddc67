# SPDX-License-Identifier: Apache-2.0
"""`paridad targets search|compare|judge|duplicates`: leads for a person, on what that person may see."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paridad.base.strict import JsonValue
from paridad.cli import matching
from paridad.desks.targets.judgements import KIND
from support.cli_world import BASIS, PURPOSE, CommandLines, officer
from support.targets_acts import VOCABULARY

AGENCIES = {"one party": "MX/FGR", "the other party": "US/DOJ"}
BOTH = pytest.mark.parametrize("agency", AGENCIES.values(), ids=AGENCIES)
MARKS = ("--handling", "AMBER", "--purpose", PURPOSE, "--basis", BASIS)
CURP = "PIRO710324MJCNZL92"


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[CommandLines]:
    """Return the command lines of two parties."""
    with CommandLines(tmp_path) as found:
        yield found


def dossier(lines: CommandLines, agency: str, name: str, *, handling: str = "AMBER", **more: JsonValue) -> str:
    """File a dossier about an invented person."""
    fields: dict[str, JsonValue] = {"subject_type": "person", "name": name, "state": "asserted", "simulated": True}
    return lines.parties.record(
        agency, "targets/dossier/1", {**fields, **more}, handling=handling, purpose=PURPOSE, basis=BASIS
    )


def analyst(agency: str, *, second: bool = False) -> tuple[str, str]:
    """Return the option that names an analyst of an agency."""
    return "--as", officer(agency, "analyst", second=second)


def judged(
    lines: CommandLines, agency: str, pair: tuple[str, str], verdict: str, *more: str, second: bool = False
) -> Any:
    """Judge a pair."""
    reason = ("--verdict", verdict, "--reason-code", "documents", "--reason", "As the documents show.")
    marks = () if "--handling" in more else MARKS
    return lines.json(agency[:2], "targets", "judge", *pair, *reason, *marks, *more, *analyst(agency, second=second))


@BOTH
def test_a_question_finds_the_record_and_says_why(lines: CommandLines, agency: str) -> None:
    """A nickname, a missing surname and a year: each line says how it agrees; the lines add up to the weight."""
    wanted = dossier(lines, agency, "CHAVEZ ZEPEDA, Jesús", births=[{"date": "1979-05-02", "precision": "day"}])
    dossier(lines, agency, "QUIROZ ELIZONDO, Olga")
    found = lines.json(agency[:2], "targets", "search", "Chuy Chávez", "--born", "1979", *analyst(agency))
    [best] = found["candidates"]
    assert best["act"] == wanted
    assert best["weight"] == sum(each["weight"] for each in best["features"])
    assert [each["level"]["code"] for each in best["features"]] == ["root", "written", "compatible"]
    assert "decides nothing" in found["notice"]["en"]


@BOTH
def test_what_the_reader_may_not_see_is_no_candidate(lines: CommandLines, agency: str) -> None:
    """Another agency's restricted dossier, and an identifier of a class the reader does not read, find nothing."""
    party = agency[:2]
    other = {"MX": "MX/SSPC", "US": "US/DHS"}[party]
    dossier(lines, other, "PINEDO ZEPEDA, Olga", handling="RED")
    asked = ("targets", "search", "Olga Pinedo Zepeda")
    assert lines.json(party, *asked, *analyst(agency))["candidates"] == []
    assert len(lines.json(party, *asked, *analyst(other))["candidates"]) == 1
    assert lines.json(party, *asked, "--as", officer(other, "auditor"))["candidates"] == []


@BOTH
def test_an_identifier_finds_under_any_name(lines: CommandLines, agency: str) -> None:
    wanted = dossier(lines, agency, "PINEDO ZEPEDA, Olga", identifiers=[{"type": "curp", "number": CURP}])
    found = lines.json(agency[:2], "targets", "search", "Olga Pinedo", "--document", CURP, *analyst(agency))
    [best] = found["candidates"]
    assert best["act"] == wanted
    assert "number_curp" in {each["feature"]["code"] for each in best["features"]}


@BOTH
def test_features_first_and_the_weight_after_judging(lines: CommandLines, agency: str) -> None:
    party = agency[:2]
    pair = (dossier(lines, agency, "PINEDO ZEPEDA, Olga"), dossier(lines, agency, "Olga Pinedo Zepeda"))
    before = lines.json(party, "targets", "compare", *pair, *analyst(agency))
    assert ("weight" in before, before["judgement"]) == (False, None)
    assert all("weight" not in each for each in before["features"])
    rehearsed = judged(lines, agency, pair, "same", "--dry-run")
    assert rehearsed == {"dry_run": True, "waits": False}
    told = judged(lines, agency, pair, "same")
    assert (told["waits"], told["lead"]) == (False, True)
    after = lines.json(party, "targets", "compare", *reversed(pair), *analyst(agency))
    assert after["weight"] == told["weight"] > 0
    assert (after["judgement"]["verdict"]["code"], after["judgement"]["act"]) == ("same", told["act"])
    undone = judged(lines, agency, pair, "unsure", "--of", told["act"])
    assert lines.json(party, "targets", "compare", *pair, *analyst(agency))["judgement"]["history"] == [
        told["act"], undone["act"]
    ]  # fmt: skip
    stale = lines.run(
        party, "targets", "judge", *pair, "--verdict", "different", "--reason-code", "source", "--reason", "x", *MARKS,
        *analyst(agency),
    )  # fmt: skip
    assert (stale.exit_code, "another judgement in force" in stale.stderr) == (5, True)


@BOTH
def test_two_persons_above_a_handling_code(lines: CommandLines, agency: str) -> None:
    pair = (dossier(lines, agency, "PINEDO ZEPEDA, Olga"), dossier(lines, agency, "Olga Pinedo Zepeda"))
    marks = ("--handling", "AMBER+STRICT", "--purpose", PURPOSE, "--basis", BASIS)
    first = judged(lines, agency, pair, "same", *marks)
    assert first["waits"] is True
    queue = lines.json(agency[:2], "targets", "duplicates", *analyst(agency))
    assert (len(queue["pairs"]), queue["clusters"]) == (1, [])
    waiting = lines.json(agency[:2], "targets", "compare", *pair, *analyst(agency))["judgement"]
    assert (waiting["verdict"], waiting["waits_for_second"]["code"]) == (None, "same")
    assert judged(lines, agency, pair, "same", *marks, "--of", first["act"], second=True)["waits"] is False
    queue = lines.json(agency[:2], "targets", "duplicates", *analyst(agency))
    assert (queue["pairs"], queue["clusters"][0]["members"]) == ([], sorted(pair))


@BOTH
def test_duplicates_are_a_queue_and_never_a_merge(lines: CommandLines, agency: str) -> None:
    """Leads and shared identifiers wait for a person, page by page; what a chain connects is implied, not judged."""
    party = agency[:2]
    names = ("PINEDO ZEPEDA, Olga", "Olga Pinedo Zepeda", "Olga Lidia Pinedo Zepeda")
    three = [dossier(lines, agency, name) for name in names]
    shared = [
        dossier(lines, agency, name, identifiers=[{"type": "curp", "number": CURP}])
        for name in ("QUIROZ ELIZONDO, Rosa", "HUERTA BELTRÁN, Hugo")
    ]
    queue = lines.json(party, "targets", "duplicates", *analyst(agency))
    assert len(queue["pairs"]) == 4
    assert all("weight" not in each for each in queue["pairs"])
    [finding] = [each for each in queue["pairs"] if "finding" in each]
    assert {each["act"] for each in finding["pair"]} == set(shared)
    judged(lines, agency, (three[0], three[1]), "same")
    judged(lines, agency, (three[1], three[2]), "same")
    after = lines.json(party, "targets", "duplicates", *analyst(agency))
    assert after["clusters"] == [
        {"members": sorted(three), "implied": [sorted((three[0], three[2]))], "flagged": False}
    ]  # fmt: skip
    assert len(after["pairs"]) == 2
    assert lines.json(party, "targets", "list", *analyst(agency))["known"] == 5
    page = lines.json(party, "targets", "duplicates", "--limit", "2", *analyst(agency))
    rest = lines.json(party, "targets", "duplicates", "--after", page["more_after"], *analyst(agency))
    assert len(page["pairs"]) + len(rest["pairs"]) == 2


def test_who_may_not_read_a_judgement_makes_none(lines: CommandLines) -> None:
    """An auditor has no such command; a liaison officer does not read what is of the method."""
    pair = (dossier(lines, "MX/FGR", "PINEDO ZEPEDA, Olga"), dossier(lines, "MX/FGR", "Olga Pinedo Zepeda"))
    asked = ("targets", "judge", *pair, "--verdict", "same", "--reason-code", "documents", "--reason", "x", *MARKS)
    for role, words in (("auditor", "No rule"), ("liaison", "may not read what you would judge")):
        refused = lines.run("MX", *asked, "--as", officer("MX/FGR", role))
        assert refused.exit_code != 0, (role, words)
    judged(lines, "MX/FGR", pair, "same")
    seen = lines.json("MX", "targets", "compare", *pair, "--as", officer("MX/SSPC", "analyst"))
    assert (seen["judgement"], "weight" in seen) == (None, False)
    liaison = lines.json("MX", "targets", "compare", *pair, "--as", officer("MX/FGR"))
    assert (liaison["judgement"], "weight" in liaison) == (None, False)
    unknown = lines.run(
        "MX", "targets", "judge", *pair, *asked[4:-6], "--handling", "BLUE", *MARKS[2:], *analyst("MX/FGR")
    )
    assert unknown.exit_code != 0


def test_a_judgement_never_leaves(lines: CommandLines) -> None:
    """Policy lets no field of it out, whatever the basis and however many persons."""
    pair = (dossier(lines, "MX/FGR", "PINEDO ZEPEDA, Olga"), dossier(lines, "MX/FGR", "Olga Pinedo Zepeda"))
    act = judged(lines, "MX/FGR", pair, "same")["act"]
    folio = lines.asked("US/DOJ", "MX/FGR")
    shown = lines.json("MX", "folio", "preview", folio, act, "--as", officer("MX/FGR"))
    assert shown["release"]["given"] == []
    assert {each["path"].partition("[")[0] for each in shown["release"]["withheld"]} == set(
        VOCABULARY.kinds[KIND].fields
    )


BAD: dict[str, tuple[tuple[str, ...], str]] = {
    "a date that is none": (("search", "Olga", "--born", "1979-02-31"), "Not a date of birth"),
    "a subject that is none": (("search", "Olga", "--subject", "ghost"), "Not a type of subject"),
    "a dossier that is not here": (("compare", "x" * 43, "y" * 43), "not here"),
}


@pytest.mark.parametrize("case", BAD.values(), ids=BAD)
def test_bad_input_is_a_sentence(lines: CommandLines, case: tuple[tuple[str, ...], str]) -> None:
    arguments, sentence = case
    refused = lines.run("MX", "targets", *arguments, *analyst("MX/FGR"))
    assert (refused.exit_code, sentence in refused.stderr) == (2, True)


def test_records_of_two_kinds_are_put_side_by_side_and_not_compared(lines: CommandLines) -> None:
    pair = (
        dossier(lines, "MX/FGR", "PINEDO ZEPEDA, Olga"),
        dossier(lines, "MX/FGR", "Olga S.A.", subject_type="organisation"),
    )
    assert lines.json("MX", "targets", "compare", *pair, *analyst("MX/FGR"))["features"] == []
    assert judged(lines, "MX/FGR", pair, "different")["features"] == []
    assert len(tuple(matching.VERBS)) == 4
