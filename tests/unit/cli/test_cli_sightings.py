# SPDX-License-Identifier: Apache-2.0
"""`paridad targets sighting`: it reaches whoever owns the dossier, its point stays, and then it is gone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paridad.desks.targets.sightings import KIND
from paridad.node.node import Node
from paridad.store.vault import destructions
from support.cli_world import BASIS, PURPOSE, CommandLines, officer
from support.sound import assert_rebuilt, assert_sound

HOUR = 3600
SIDES = pytest.mark.parametrize("sides", [("MX/FGR", "US/DOJ"), ("US/DOJ", "MX/FGR")], ids=["as written", "exchanged"])
MARKS = ("--handling", "AMBER", "--purpose", PURPOSE, "--basis", BASIS)
CELL, POINT = "872830828ffffff", "32.5331,-117.0191"
VAN = ("--event", "seen", "--area", "Tijuana", "--ago", "20", "--lasted", "5", "--reliability", "first_hand")
WHERE = ("--cell", CELL, "--point", POINT, "--source-precision", "point")


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[CommandLines]:
    """Return the command lines of two parties; at the end both nodes are sound."""
    with CommandLines(tmp_path) as found:
        yield found
        found.parties.settle(3)
        assert_sound(found.parties)
        for node in found.parties.nodes:
            assert_rebuilt(node)


def report(lines: CommandLines, agency: str, *more: str, settled: bool = True) -> Any:
    """Report a grey van and deliver it."""
    told = lines.json(agency[:2], "targets", "sighting", "report", *VAN, *more, "--as", officer(agency))
    if settled:
        lines.parties.settle(3)
    return told


def listed(lines: CommandLines, agency: str, *more: str, role: str = "liaison") -> Any:
    """Return the sightings that somebody sees."""
    found = lines.json(agency[:2], "targets", "sighting", "list", *more, "--as", officer(agency, role))
    return found["sightings"]


def everything(lines: CommandLines, agency: str, act: str, dossier: str = "") -> str:
    """Return everything that could still tell of a sighting: lists, search, the act, the dossier, its node's act list."""
    asked = [("search", act), ("act", "show", act), ("targets", "sighting", "list"), ("search", "van")]
    asked += [("targets", "show", dossier)] if dossier else []
    return "".join(str(lines.json(agency[:2], *each, "--as", officer(agency))) for each in asked)


@SIDES
def test_it_reaches_who_owns_the_dossier_and_its_point_stays(lines: CommandLines, sides: tuple[str, str]) -> None:
    """Reported on a dossier that the other party gave: the area and the cell leave, the point is kept back by name."""
    one, other = sides
    dossier = lines.record(other)
    folio = lines.asked(one, other)
    lines.json(other[:2], "folio", "answer", folio, "--record", dossier, "--as", officer(other))
    lines.parties.settle(3)
    told = report(lines, one, "--of", dossier, "--description", "A grey van.", *WHERE)
    act = told["acts"][0]["act"]
    assert told["acts"][0]["to"] == [other]
    [kept] = told["leaves"][0]["withheld"]
    assert (kept["path"], "decision" in str(kept["reasons"])) == ("point", True)
    [there] = listed(lines, other)
    assert (there["act"], there["of"], there["place"], there["place_precision"]["code"]) == (act, dossier, CELL, "cell")
    [here] = listed(lines, one, "--of", dossier)
    assert (here["place"], here["place_precision"]["code"]) == (POINT, "point")
    assert POINT not in everything(lines, other, act, dossier)
    assert "A grey van." in everything(lines, other, act, dossier)
    [on_dossier] = lines.json(other[:2], "targets", "show", dossier, "--as", officer(other))["sightings"]
    assert on_dossier["act"] == act


@SIDES
def test_a_point_leaves_by_decision_of_the_case_alone(lines: CommandLines, sides: tuple[str, str]) -> None:
    """One person cannot give it; two can, in a folio, and policy says by which rule."""
    one, other = sides
    act = report(lines, one, "--to", other, "--description", "A grey van.", *WHERE, *MARKS)["acts"][0]["act"]
    folio = lines.asked(other, one)
    alone = lines.json(one[:2], "folio", "preview", folio, act, "--as", officer(one))["release"]
    assert "point" in {each["path"] for each in alone["withheld"]}
    two = lines.json(one[:2], "folio", "preview", folio, act, "--two-persons", "--as", officer(one))["release"]
    [point] = [each for each in two["given"] if each["path"] == "point"]
    assert point["reasons"][0]["rule"] == "case-decision"


@SIDES
def test_within_the_party_it_goes_whole_to_the_agency_that_owns_the_dossier(
    lines: CommandLines, sides: tuple[str, str]
) -> None:
    one, other = sides
    agency = {"MX": "MX/SSPC", "US": "US/DHS"}[one[:2]]
    dossier = lines.record(agency)
    told = report(lines, one, "--of", dossier, *WHERE)
    assert (told["acts"][0]["to"], told["leaves"]) == ([agency], [])
    assert listed(lines, agency)[0]["place"] == POINT
    third = {"MX": "MX/SEMAR", "US": "US/STATE"}[one[:2]]
    assert listed(lines, third)[0]["place"] == CELL
    assert listed(lines, other) == []
    auditor = listed(lines, one, role="auditor")
    assert (len(auditor), auditor[0]["place"], auditor[0]["event"], auditor[0]["expires"] > 0) == (1, "", None, True)
    assert listed(lines, one, role="operator") == []


def held(node: Node, act: str) -> tuple[str, ...]:
    """Return the disclosures of an act that a node still has."""
    with node.own.store.read() as conn:
        return node.own.vault.disclosures(conn, act)


@SIDES
def test_once_expired_it_is_nowhere_and_then_destroyed(lines: CommandLines, sides: tuple[str, str]) -> None:
    """At the very second it is in no list and no count; the next round destroys it on both nodes; the ledger is whole."""
    one, other = sides
    dossier = lines.record(one)
    act = report(lines, one, "--of", dossier, "--description", "A grey van.")["acts"][0]["act"]
    outside = report(lines, one, "--to", other, "--description", "A grey van.", *MARKS)["acts"][0]["act"]
    [row] = [each for each in listed(lines, one) if each["act"] == act]
    lines.parties.clock.now = row["expires"] - 1
    assert "A grey van." in everything(lines, one, act, dossier)
    lines.parties.clock.pass_(2000)
    for agency, which in ((one, act), (one, outside), (other, outside)):
        assert listed(lines, agency) == []
        assert "grey van" not in everything(lines, agency, which, dossier if agency == one else "")
        gone = lines.run(agency[:2], "targets", "sighting", "show", which, "--as", officer(agency))
        assert "not here" in gone.stderr
        node = lines.parties.by_name[agency[:2]]
        assert held(node, which)
    lines.parties.settle(1)
    for agency, which in ((one, act), (one, outside), (other, outside)):
        node = lines.parties.by_name[agency[:2]]
        assert held(node, which) == ()
        with node.own.store.read() as conn:
            assert [each.reason for each in destructions(conn, which)] == ["sighting expired"]
        assert KIND in str(lines.json(agency[:2], "act", "show", which, "--as", officer(agency)))


@SIDES
def test_what_expires_before_it_could_be_sent_arrives_empty(lines: CommandLines, sides: tuple[str, str]) -> None:
    """The line was down for days: the signed part arrives in its place, of what was seen nothing does."""
    one, other = sides
    told = report(lines, one, "--to", other, "--description", "A grey van.", *MARKS, settled=False)
    act, node = told["acts"][0]["act"], lines.parties.by_name[one[:2]]
    line, node.transport = node.transport, None
    lines.parties.clock.pass_(80 * HOUR)
    node.tick()
    assert held(node, act) == ()
    node.transport = line
    lines.parties.settle(4)
    assert listed(lines, other) == []
    assert "grey van" not in everything(lines, other, act)
    assert KIND in str(lines.json(other[:2], "act", "show", act, "--as", officer(other)))


DRAFT = {"event": "seen", "description": "A grey van.", "area": "Tijuana", "reliability": "device", "handling": "AMBER",
         "purpose": PURPOSE, "basis": BASIS, "seen_from": "2025-10-09T10:00:00Z"}  # fmt: skip


def file_draft(lines: CommandLines, tmp_path: Path, content: bytes) -> Any:
    """File a draft."""
    path = tmp_path / "draft.json"
    path.write_bytes(content)
    return lines.run("MX", "targets", "sighting", "report", "--from", str(path), "--as", officer("MX/FGR"))


def test_a_draft_written_without_a_line_is_filed_later(lines: CommandLines, tmp_path: Path) -> None:
    assert file_draft(lines, tmp_path, json.dumps(DRAFT).encode()).exit_code == 0
    [row] = listed(lines, "MX/FGR")
    assert (row["description"], row["agency"]) == ("A grey van.", "MX/FGR")


BAD_DRAFTS: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"{", "cannot be read"),
    "a list": (b"[]", "is no JSON object"),
    "a name of nothing": (json.dumps({**DRAFT, "colour": "grey"}).encode(), "takes no “colour”"),
    "an officer": (json.dumps({**DRAFT, "officer": "bob"}).encode(), "takes no “officer”"),
    "an hour of no form": (json.dumps({**DRAFT, "seen_from": "yesterday"}).encode(), "seen_from is no time like"),
    "a number for a text": (json.dumps({**DRAFT, "area": 7}).encode(), "misshapen"),
    "no hour": (json.dumps({k: v for k, v in DRAFT.items() if k != "seen_from"}).encode(), "the time is missing"),
}


@pytest.mark.parametrize("case", BAD_DRAFTS.values(), ids=BAD_DRAFTS)
def test_a_bad_draft_is_refused_by_what_is_wrong(lines: CommandLines, tmp_path: Path, case: tuple[bytes, str]) -> None:
    content, sentence = case
    refused = file_draft(lines, tmp_path, content)
    assert refused.exit_code != 0
    assert sentence in refused.stderr
    assert listed(lines, "MX/FGR") == []


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "minutes in words": (("--ago", "a few"), "These are no minutes"),
    "an agency of no party": (("--to", "MX/NADIE"), "is not in the charter"),
    "a dossier that is not here": (("--of", "x" * 43), "not here"),
    "two persons": (("--to", "US/DOJ", "--handling", "RED"), "second person"),
    "a cell of another form": (("--cell", "here"), "no H3 cell"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_bad_input_is_a_sentence(lines: CommandLines, case: tuple[tuple[str, ...], str]) -> None:
    more, sentence = case
    refused = lines.run(
        "MX", "targets", "sighting", "report", *VAN, "--description", "x", *MARKS, *more, "--as", officer("MX/FGR")
    )
    assert refused.exit_code != 0
    assert sentence in refused.stderr
