# SPDX-License-Identifier: Apache-2.0
"""`paridad import ftm`, `targets link` and `targets export`: lists into a node and out of it, at either party."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from support.cli_world import BASIS, PURPOSE, TREES, CommandLines, officer
from support.ftm_sample import EVERY, OLGA, OWNS, RELATIVE, entity, write_entities

AGENCIES = {"one party": "MX/FGR", "the other party": "US/DOJ"}
BOTH = pytest.mark.parametrize("agency", AGENCIES.values(), ids=AGENCIES)
MARKS = ("--handling", "AMBER", "--purpose", PURPOSE, "--basis", BASIS)


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[CommandLines]:
    """Return the command lines of two parties."""
    with CommandLines(tmp_path) as found:
        yield found


def analyst(agency: str) -> tuple[str, str]:
    """Return the option that names an analyst of an agency."""
    return "--as", officer(agency, "analyst")


def brought(lines: CommandLines, agency: str, path: Path, *more: str) -> Any:
    """Bring in a file of entities."""
    arguments = ("--file", str(path), "--source", "SIMULATED", *MARKS, *more, *analyst(agency))
    return lines.json(agency[:2], "import", "ftm", *arguments)


def by_name(lines: CommandLines, agency: str) -> dict[str, str]:
    """Return the dossiers in force, by name."""
    listed = lines.json(agency[:2], "targets", "list", *analyst(agency))["dossiers"]
    return {each["name"]: each["act"] for each in listed}


def shown(lines: CommandLines, agency: str, act: str, role: str = "analyst") -> Any:
    """Show a dossier."""
    return lines.json(agency[:2], "targets", "show", act, "--as", officer(agency, role))


@BOTH
def test_entities_come_in_once(lines: CommandLines, tmp_path: Path, agency: str) -> None:
    """A rehearsal files nothing; then every entity and link is filed; the second time changes nothing and says so."""
    path = write_entities(tmp_path / "in.json", *EVERY, RELATIVE, entity("p", "Position", name=["Jefa"]))
    rehearsed = brought(lines, agency, path, "--dry-run")
    assert (rehearsed["filed"], sum(each["entries"] for each in rehearsed["by_subject"])) == (0, 7)
    assert by_name(lines, agency) == {}
    first = brought(lines, agency, path)
    assert (first["filed"], first["links_filed"], first["rejected"]) == (7, 3, 2)
    assert {(each["line"], each["column"]) for each in first["rejects"]} == {(13, "sim-nobody"), (14, "schema")}
    assert {each["column"] for each in first["noted"]} == {"ethnicity", "religion", "political"}
    assert all("no se guardó" in each["because"]["es"] for each in first["noted"])
    again = brought(lines, agency, path)
    assert (again["filed"], again["corrected"], again["links_filed"], again["unchanged"]) == (0, 0, 0, 10)


@BOTH
def test_a_new_edition_corrects(lines: CommandLines, tmp_path: Path, agency: str) -> None:
    """What changed is a correction that names the act in force; the link follows it; dates of an edition change nothing."""
    path = write_entities(tmp_path / "in.json", *EVERY)
    brought(lines, agency, path)
    before = by_name(lines, agency)["Olga Lidia Pinedo Ruiz"]
    newer = {**OLGA, "properties": {**OLGA["properties"], "birthDate": ["1971-03-25"]}}
    path = write_entities(tmp_path / "in.json", *(newer if each is OLGA else each for each in EVERY))
    edition = brought(lines, agency, path)
    assert (edition["corrected"], edition["links_filed"], edition["unchanged"]) == (1, 0, 9)
    after = by_name(lines, agency)["Olga Lidia Pinedo Ruiz"]
    assert after != before
    assert {each["name"] for each in shown(lines, agency, after)["linked"]} == {
        "Transportes Ejemplo, S.A. de C.V.", "Camioneta blanca", "Cuenta / Account",
    }  # fmt: skip
    assert {each["name"] for each in shown(lines, agency, before)["linked"]} != set()
    path = write_entities(tmp_path / "in.json", {**newer, "last_seen": "2026-11-30"}, *EVERY[1:])
    assert brought(lines, agency, path)["corrected"] == 1, "the time of day of last_seen is data of the source"
    path = write_entities(tmp_path / "in.json", {**newer, "last_seen": "2026-12-01"}, *EVERY[1:])
    assert brought(lines, agency, path)["corrected"] == 0


@BOTH
def test_a_link_whose_end_changes_is_corrected(lines: CommandLines, tmp_path: Path, agency: str) -> None:
    """The same entry with another end is a new act in the place of the old one."""
    brought(lines, agency, write_entities(tmp_path / "in.json", *EVERY))
    moved = {**OWNS, "properties": {**OWNS["properties"], "owner": ["sim-ship-1"]}}
    edition = brought(
        lines, agency, write_entities(tmp_path / "in.json", *(moved if each is OWNS else each for each in EVERY))
    )
    assert (edition["links_filed"], edition["corrected"]) == (1, 0)
    names = by_name(lines, agency)
    [link] = shown(lines, agency, names["Transportes Ejemplo, S.A. de C.V."])["linked"]
    assert (link["name"], link["outward"], link["relation"]["code"]) == ("Sirena del Golfo", False, "ownership")


@BOTH
def test_an_export_comes_back_without_a_change(lines: CommandLines, tmp_path: Path, agency: str) -> None:
    """Out with the side file, and in again: nothing is new."""
    brought(lines, agency, write_entities(tmp_path / "in.json", *EVERY))
    target = tmp_path / "out.json"
    who = ("--as", officer(agency, "analyst"))
    assert lines.json(agency[:2], "targets", "export", "--ftm", str(target), "--dry-run", *who)["entries"] == 7
    told = lines.json(agency[:2], "targets", "export", "--ftm", str(target), *who)
    assert (told["entries"], told["links_written"]) == (7, 3)
    again = brought(lines, agency, target, "--side", told["side_file"])
    assert (again["filed"], again["corrected"], again["links_filed"], again["unchanged"]) == (0, 0, 0, 10)
    assert again["rejected"] == 0
    nowhere = str(tmp_path / "no" / "where.json")
    assert lines.run(agency[:2], "targets", "export", "--ftm", nowhere, *who).exit_code != 0


def test_an_export_holds_what_its_reader_may_see(lines: CommandLines, tmp_path: Path) -> None:
    """Sources are for analysts: to a liaison officer topics and other data do not go out; an auditor's is empty."""
    brought(lines, "MX/FGR", write_entities(tmp_path / "in.json", *EVERY))
    for role, sees in (("analyst", True), ("liaison", False)):
        target = tmp_path / f"{role}.json"
        lines.json("MX", "targets", "export", "--ftm", str(target), "--as", officer("MX/FGR", role))
        text = target.read_text() + Path(f"{target}.side.json").read_text()
        assert ("crime" in text, "fatherName" in text, "Olga" in text) == (sees, sees, True)
    told = lines.json(
        "MX", "targets", "export", "--ftm", str(tmp_path / "none.json"), "--as", officer("MX/FGR", "auditor")
    )
    assert (told["entries"], (tmp_path / "none.json").read_bytes()) == (0, b"")


def test_who_may_not_file_brings_nothing_in(lines: CommandLines, tmp_path: Path) -> None:
    """An auditor files nothing, and marks that the charter does not have are refused by name."""
    path = str(write_entities(tmp_path / "in.json", *EVERY))
    plain = ("import", "ftm", "--file", path, "--source", "S")
    assert lines.run("MX", *plain, *MARKS, "--as", officer("MX/FGR", "auditor")).exit_code != 0
    wrong = ("--handling", "PINK", *MARKS[2:])
    refused = lines.run("MX", *plain, *wrong, *analyst("MX/FGR"))
    assert "the charter has no PINK" in refused.output


# Tables ------------------------------------------------------------------------------------------------------------

TABLE = "Folio,Nombre,Paterno,Nacimiento,Religión,Notas\r\n1,Olga,Pinedo,04/05/1980,x,a\r\n2,,,,,b\r\n3,Eva,Zepeda,31/02/1980,,\r\n"
MAPPING = """
name = "padron"
source = "Padrón inventado"
[columns]
"Folio" = "entry"
"Nombre" = "given_names"
"Paterno" = "paternal"
"Nacimiento" = "birth_date"
"Notas" = ""
"""


@BOTH
def test_a_table_comes_in_by_its_mapping(lines: CommandLines, tmp_path: Path, agency: str) -> None:
    """Tried, brought in, handed back to be corrected; the second time changes nothing; each time leaves its report."""
    table, mapping, back = tmp_path / "t.csv", tmp_path / "m.toml", tmp_path / "back.csv"
    table.write_text(TABLE, encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")
    given = ("import", "csv", "--file", str(table), "--mapping", str(mapping), *MARKS, *analyst(agency))
    tried = lines.json(agency[:2], *given, "--dry-run", "--returned", str(back))
    assert (tried["filed"], tried["by_subject"], tried["rejected"]) == (0, [{"subject": "person", "entries": 2}], 1)
    assert back.read_text(encoding="utf-8").splitlines()[1].startswith('2,,,,,b,"3","Nombre","Falta el nombre')
    first, second = lines.json(agency[:2], *given), lines.json(agency[:2], *given)
    assert [(each["filed"], each["unchanged"]) for each in (first, second)] == [(2, 0), (0, 2)]
    assert {each["because"]["code"]: each["column"] for each in first["noted"]} == {
        "left_out": "Notas",
        "refused": "Religión",
    }
    listed = lines.json(agency[:2], "import", "list", *analyst(agency))["imports"]
    assert sorted((each["filed"], each["unchanged"]) for each in listed) == [(0, 2), (2, 0)]
    report = lines.json(agency[:2], "import", "show", first["act"], *analyst(agency))
    assert (report["file"], report["source"], report["rejects"][0]["line"]) == ("t.csv", "Padrón inventado", 3)
    assert lines.run(agency[:2], "import", "show", lines.record(agency), *analyst(agency)).exit_code != 0
    assert (
        "Padrón" not in lines.run(agency[:2], "import", "show", first["act"], "--as", officer(agency, "auditor")).output
    )


def test_a_table_is_looked_at_before_it_is_mapped(lines: CommandLines, tmp_path: Path) -> None:
    """Without a node; what is proposed is written to be completed."""
    table, out = tmp_path / "t.csv", tmp_path / "m.toml"
    table.write_text(TABLE, encoding="utf-8")
    told = CliRunner().invoke(TREES["en"], ["import", "look", "--file", str(table), "--out", str(out), "--json"])
    assert told.exit_code == 0, told.output
    assert '"Paterno" = "paternal"' in out.read_text(encoding="utf-8")


# Links -------------------------------------------------------------------------------------------------------------


def linked(lines: CommandLines, agency: str, *arguments: str) -> Any:
    """Say a link."""
    return lines.json(agency[:2], "targets", "link", *arguments, *MARKS, *analyst(agency))


@BOTH
def test_a_link_is_shown_from_both_ends(lines: CommandLines, agency: str) -> None:
    """With its type, role, dates and source; taken back, it is shown from none."""
    one, other = lines.record(agency, 1), lines.record(agency, 2)
    arguments = ("--to", other, "--relation", "associate", "--role", "socia", "--since", "2019", "--source", "Caso 7")
    assert linked(lines, agency, one, *arguments, "--dry-run") == {"dry_run": True}
    said = linked(lines, agency, one, *arguments)["act"]
    [out], [back] = (shown(lines, agency, each)["linked"] for each in (one, other))
    assert (out["outward"], back["outward"], out["dossier"], back["dossier"]) == (True, False, other, one)
    assert (out["role"], out["since"], out["source"], out["act"]) == ("socia", "2019", "Caso 7", said)
    assert shown(lines, agency, one, "liaison")["linked"][0]["source"] is None
    again = lines.run(
        agency[:2], "targets", "link", one, *arguments, "--of", said, "--reason", "x", *MARKS, *analyst(agency)
    )
    assert "on record" in again.output
    more = ("--of", said, "--reason", "Era otra.", "--retract")
    linked(lines, agency, one, *arguments, *more)
    assert [shown(lines, agency, each)["linked"] for each in (one, other)] == [[], []]


@BOTH
def test_a_link_to_a_folio_is_shown_at_the_dossier(lines: CommandLines, agency: str) -> None:
    """And the folio says which dossiers it is about."""
    other = next(each for each in AGENCIES.values() if each != agency)
    one, folio = lines.record(agency, 1), lines.asked(agency, other)
    linked(lines, agency, one, "--folio", folio, "--relation", "subject_of")
    [found] = shown(lines, agency, one, "liaison")["linked"]
    assert (found["to_folio"], found["relation"]["code"]) == (folio, "subject_of")
    about = lines.json(agency[:2], "targets", "of-folio", folio, "--as", officer(agency, "liaison"))
    assert [each["dossier"] for each in about["dossiers"]] == [one]
    assert lines.json(other[:2], "targets", "of-folio", folio, "--as", officer(other, "liaison"))["dossiers"] == []


REFUSED = {
    "no end": (("--relation", "associate"), "name another dossier"),
    "two ends": (("--to", "{other}", "--folio", "MX-2026-0001", "--relation", "associate"), "is not here"),
    "itself": (("--to", "{one}", "--relation", "associate"), "is the same dossier"),
    "no such type": (("--to", "{other}", "--relation", "friend"), "is not a type of link"),
    "a folio's type for a dossier": (("--to", "{other}", "--relation", "subject_of"), "name another dossier"),
    "an end before its beginning": (
        ("--to", "{other}", "--relation", "family", "--since", "2020", "--until", "2019"), "is before",
    ),
    "nobody": (("--to", "x" * 43, "--relation", "family"), "is not here"),
    "a link that is not there": (("--to", "{other}", "--relation", "family", "--of", "x" * 43), "is not here"),
    "a day that is none": (("--to", "{other}", "--relation", "family", "--since", "2020-02-31"), "not of type date"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_a_link_that_is_refused(lines: CommandLines, arguments: tuple[str, ...], sentence: str) -> None:
    """With the field and what to do; nothing is filed."""
    one, other = lines.record("MX/FGR", 1), lines.record("MX/FGR", 2)
    filled = [each.format(one=one, other=other) for each in arguments]
    refused = lines.run("MX", "targets", "link", one, *filled, *MARKS, *analyst("MX/FGR"))
    assert refused.exit_code != 0
    assert sentence in refused.output
    assert shown(lines, "MX/FGR", one)["linked"] == []


def test_a_change_of_a_link_says_why(lines: CommandLines) -> None:
    """A correction without its reason is refused."""
    one, other = lines.record("MX/FGR", 1), lines.record("MX/FGR", 2)
    plain = (one, "--to", other, "--relation", "family")
    said = linked(lines, "MX/FGR", *plain)["act"]
    refused = lines.run("MX", "targets", "link", *plain, "--of", said, "--retract", *MARKS, *analyst("MX/FGR"))
    assert "say what was corrected" in refused.output


def test_who_may_not_read_associations_sees_no_link(lines: CommandLines, tmp_path: Path) -> None:
    """Nor who may not know of its other end."""
    brought(lines, "MX/FGR", write_entities(tmp_path / "in.json", *EVERY))
    act = by_name(lines, "MX/FGR")["Olga Lidia Pinedo Ruiz"]
    assert len(shown(lines, "MX/FGR", act)["linked"]) == 3
    for role in ("auditor", "operator"):
        assert lines.run("MX", "targets", "show", act, "--as", officer("MX/FGR", role)).exit_code != 0


@BOTH
def test_a_shared_identifier_is_a_finding(lines: CommandLines, tmp_path: Path, agency: str) -> None:
    """Told at both dossiers, with its kind; it is no link. The same digits of another kind are nothing."""
    files = write_entities(
        tmp_path / "in.json",
        entity("a-1", "Person", name=["Ana Quetzal"], socialSecurityNumber=["219-55-1234"]),
        entity("b-1", "Person", name=["Otra Persona"], socialSecurityNumber=["219551234"]),
        entity("c-1", "Person", name=["Nadie Igual"], idNumber=["219551234"]),
    )
    brought(lines, agency, files)
    names = by_name(lines, agency)
    [found] = shown(lines, agency, names["Ana Quetzal"])["shared_with"]
    assert (found["name"], [each["code"] for each in found["identifiers"]]) == ("Otra Persona", ["ssn"])
    [back] = shown(lines, agency, names["Otra Persona"])["shared_with"]
    assert back["name"] == "Ana Quetzal"
    assert shown(lines, agency, names["Nadie Igual"])["shared_with"] == []
    assert shown(lines, agency, names["Ana Quetzal"])["linked"] == []
