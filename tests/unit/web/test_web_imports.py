# SPDX-License-Identifier: Apache-2.0
"""A table at the pages: handed in, mapped by a person, tried, brought in; what comes back goes out to be corrected."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from paridad.cli import import_tables
from paridad.cli.operations import OPERATIONS
from support.web_world import HOST, PURPOSE, RECORD_BASIS, Houses, Person, Seen

TAGS = re.compile(r"<[^>]*>")
AGENCIES = pytest.mark.parametrize("agency", ["MX/FGR", "US/DOJ"])
TABLE = (
    "Folio;Nombre;Primer apellido;Segundo apellido;Fecha de nacimiento;CURP;Religión;Notas\r\n"
    "1;Olga Lidia;Pinedo;Ruiz;24/03/1971;PIRO710324MJCNZL92;secreta;x\r\n"
    "2;Eva;PeÃ±a;;04/05/1980;;;\r\n"
    "3;;;;;;;sin nombre\r\n"
)
CHOSEN = {
    "name": "padron",
    "source": "Padrón inventado",
    "handling": "AMBER",
    "purpose": PURPOSE,
    "basis": RECORD_BASIS,
}


def words(text: str) -> str:
    """Return what a page says, without its tags."""
    return " ".join(unescape(TAGS.sub(" ", text)).split())


@pytest.fixture
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    """Lend two houses."""
    with Houses(tmp_path_factory.mktemp("imports")) as found:
        yield found
        for node in found.parties.nodes:
            node.uploads.wait()


def hand_in(ana: Person, data: bytes, name: str = "padron.csv") -> Seen:
    """Hand in a table at the page."""
    token = re.search(r'name="csrf" value="([^"]*)"', ana.open("imports").text)
    assert token is not None
    files = {"file": (name, data, "text/csv")}
    return ana.ask("POST", f"/{ana.language}/imports", data={"csrf": token[1]}, files=files, headers={"origin": HOST})


def names(houses: Houses, agency: str) -> list[str]:
    """Return the names in the register of an agency's node."""
    node = houses.parties.by_name[agency[:2]]
    found: Any = OPERATIONS["targets.list"](node, {"officer": f"{agency.partition('/')[2].lower()}-analyst"})
    return [each["name"] for each in found["dossiers"]]


@AGENCIES
def test_a_table_from_hand_to_record(houses: Houses, agency: str) -> None:
    """Guesses are shown, a person decides and tries; then it comes in, and the report says what became of it."""
    ana = houses.enter(agency, "analyst")
    page = hand_in(ana, TABLE.encode())
    said = words(page.text)
    assert "The file seems to be in utf-8, divided by semicolon." in said
    assert "For example: Olga Lidia · Eva" in said
    assert "Religión : is not admitted at this desk" in said
    assert "secreta" not in page.text
    page = ana.send(page, press="check", **{**CHOSEN, "source": ""})
    assert (page.status, "Source" in words(page.text)) == (422, True)
    page = ana.send(page, press="check", **CHOSEN)
    said = words(page.text)
    assert "Would come in: Person 2" in said
    assert "4 Nombre The name is missing; or give a description." in said
    assert "Looks as if read in another encoding" in said
    assert "3 Primer apellido PeÃ±a Peña" in said
    assert names(houses, agency) == []
    back = ana.send(page, press="returned")
    assert back.text.splitlines()[1] == '3;;;;;;;sin nombre;"4";"Nombre";"Falta el nombre; o dé una descripción."'
    page = ana.send(page, press="start")
    assert "The import is done." in words(page.text)
    assert names(houses, agency) == ["PeÃ±a, Eva", "Pinedo Ruiz, Olga Lidia"]
    report = words(ana.open(re.findall(r'href="/en/(import/[^"]+)"', page.text)[0]).text)
    for each in (
        "Padrón inventado",
        "padron.csv",
        "Filed 2",
        "Handed back 1",
        "Father's surname",
        "Religión Not admitted",
    ):
        assert each in report
    assert "Padrón inventado Table by a mapping of columns 2 0 0 1" in words(ana.open("imports").text)


@AGENCIES
def test_a_mapping_has_a_name_and_the_second_time_changes_nothing(houses: Houses, agency: str) -> None:
    """What was decided is there to be chosen again; the same file says that nothing changed, in both languages."""
    ana = houses.enter(agency, "analyst", language="es")
    page = hand_in(ana, TABLE.encode())
    page = ana.send(page, press="check", **CHOSEN, order="dmy", c7="")
    page = ana.send(page, press="start")
    assert "La importación terminó." in words(page.text)
    page = hand_in(ana, TABLE.encode())
    saved = re.findall(r'href="/es/(imports/[^"]+mapping=padron)"', page.text)[0]
    page = ana.open(saved)
    assert 'value="dmy" selected' in page.text
    page = ana.send(
        ana.send(page, press="check", **{n: CHOSEN[n] for n in ("handling", "purpose", "basis")}), press="start"
    )
    assert "no cambió nada" in words(page.text)
    assert "Sin cambio 2" in words(page.text)


@AGENCIES
def test_a_large_table_goes_on_by_itself(houses: Houses, agency: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says how far it is; the same form sent again begins nothing anew."""
    monkeypatch.setattr(import_tables, "SMALL", 1)
    ana = houses.enter(agency, "analyst")
    page = ana.send(hand_in(ana, TABLE.encode()), press="check", **CHOSEN)
    first = ana.send(page, press="start")
    assert first.status == 200
    houses.parties.by_name[agency[:2]].uploads.wait()
    again = ana.send(page, press="start")
    assert "The import is done." in words(again.text)
    assert "Filed 2" in words(again.text)
    assert len(names(houses, agency)) == 2


def test_a_changed_mapping_goes_back_to_the_columns(houses: Houses) -> None:
    """With what was chosen; a mapping that does not hold is told on the form."""
    ana = houses.enter("MX/FGR", "analyst")
    page = ana.send(hand_in(ana, TABLE.encode()), press="check", **CHOSEN)
    page = ana.send(page, press="change")
    assert 'value="Padrón inventado"' in page.text
    page = ana.send(page, press="check", c1="other", c2="other", c3="other")
    assert page.status == 422
    assert "the column that names the subject is missing" in words(page.text)
    page = ana.send(page, press="check", c1="given_names", c2="given_names")
    assert "is the same field as" in words(page.text)


def test_what_is_no_table_is_told(houses: Houses) -> None:
    """Nothing handed in, an empty file, headings that are none, more than fits."""
    ana = houses.enter("MX/FGR", "analyst")
    for data, sentence in (
        (b"", "is empty"),
        (b"a,a\r\n", "empty or repeated heading"),
        ("a,b".encode("utf-16"), "UTF-16"),
    ):
        page = hand_in(ana, data)
        assert page.status == 422
        assert sentence in words(page.text)
    token = re.search(r'name="csrf" value="([^"]*)"', ana.open("imports").text)
    assert token is not None
    page = ana.post("/en/imports", [("csrf", token[1])])
    assert "Choose the file" in words(page.text)
    assert hand_in(ana, b"x" * 3_000_000).status == 413


def test_a_table_is_its_officers_alone(houses: Houses) -> None:
    """To anybody else it is not here; an auditor hands nothing in and sees no source."""
    ana = houses.enter("MX/FGR", "analyst")
    page = hand_in(ana, TABLE.encode())
    address = page.address.partition("/en/")[2]
    assert ana.open(address).status == 200
    assert houses.enter("MX/FGR", "liaison").open(address).status == 404
    assert hand_in(houses.enter("MX/FGR", "auditor"), TABLE.encode()).status == 422
    ana.send(ana.send(page, press="check", **CHOSEN), press="start")
    auditor = houses.enter("MX/FGR", "auditor").open("imports")
    report = houses.enter("MX/FGR", "liaison").open(re.findall(r'href="/en/(import/[^"]+)"', auditor.text)[0])
    for others in (auditor, report):
        assert "Padrón inventado" not in words(others.text)
        assert "Nothing came back" not in words(others.text)


def test_a_table_is_gone_after_an_hour(houses: Houses) -> None:
    """And the fifth of an officer lets go of the first."""
    ana = houses.enter("MX/FGR", "analyst")
    first = hand_in(ana, TABLE.encode()).address.partition("/en/")[2]
    for _ in range(4):
        last = hand_in(ana, TABLE.encode()).address.partition("/en/")[2]
    assert ana.open(first).status == 404
    assert ana.open(last).status == 200
    houses.parties.clock.pass_(3600)
    assert houses.enter("MX/FGR", "analyst").open(last).status == 404
