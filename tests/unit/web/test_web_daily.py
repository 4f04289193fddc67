# SPDX-License-Identifier: Apache-2.0
"""Pages of sightings and of mistaken identity: short forms, what is kept back, and notices before every name."""

from collections.abc import Iterator
from typing import Any

import pytest

from support.web_stages import Stages
from support.web_world import BASIS, PURPOSE, Houses, Person, Seen, both_ways

WAYS = pytest.mark.parametrize("sides", list(both_ways()), ids=["as written", "parties exchanged"])
MARKS = {"handling": "AMBER", "purpose": PURPOSE, "basis": BASIS}
VAN = {"event": "seen", "description": "Camioneta gris.", "ago": "20", "area": "Tijuana", "reliability": "first_hand",
       "source_precision": "point", "cell": "872830828ffffff", "point": "32.53, -117.02"}  # fmt: skip


@pytest.fixture
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    """Lend two houses."""
    with Houses(tmp_path_factory.mktemp("daily")) as found:
        yield found


def fill(person: Person, address: str, **filled: Any) -> Seen:
    """Fill in a form, and sign where it may be signed."""
    page = person.send(person.open(address), press="check", **filled)
    return person.send(page, press="sign") if 'name="assent"' in page.text else page


@WAYS
def test_a_patrol_reports_to_the_other_party_and_its_point_stays(houses: Houses, sides: tuple[str, str]) -> None:
    """What stays is named before signing, with the rule; the other side reads the cell; after its time it is gone."""
    one, other = sides
    ana, bob = houses.enter(one), houses.enter(other, language="es")
    checked = ana.send(ana.open("report-sighting"), press="check", **{**VAN, **MARKS, "to": other})
    assert "Will not leave to" in checked.text
    assert "decision of the case" in checked.text
    page = ana.send(checked, press="sign")
    assert "Signed and recorded." in page.text
    assert "32.53, -117.02" in page.text
    houses.settle()
    listed = bob.open("sightings")
    assert "Camioneta gris." in listed.text
    assert "872830828ffffff" in listed.text
    act = page.address.partition("sighting/")[2].partition("?")[0]
    assert "32.53" not in bob.open(f"sighting/{act}").text
    houses.parties.clock.pass_(72 * 3600)
    for person in (houses.enter(one), houses.enter(other)):
        assert person.open(f"sighting/{act}").status == 404
        for address in ("sightings", f"act/{act}", f"search?q={act}"):
            assert "Camioneta gris." not in person.open(address).text


def test_on_a_dossiers_page_the_form_knows_the_dossier(houses: Houses) -> None:
    """It takes the dossier's marks, and the dossier shows the sighting."""
    record, ana = houses.record("MX/FGR"), houses.enter("MX/FGR")
    assert f"report-sighting?of={record}" in ana.open(f"targets/{record}").text
    seen = {name: value for name, value in VAN.items() if name not in {"cell", "point"}}
    page = fill(ana, f"report-sighting?of={record}", **{**seen, "source_precision": "area"})
    assert "Signed and recorded." in page.text
    assert "Camioneta gris." in ana.open(f"targets/{record}").text


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "no hour": ({"ago": ""}, "Missing: How many minutes ago."),
    "an hour in words": ({"ago": "a while"}, "These are no minutes"),
    "no area": ({"area": ""}, "Missing: Municipality or county."),
    "a cell of another form": ({"cell": "here"}, "is no H3 cell"),
    "no handling code": ({"handling": ""}, "handling: is missing"),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_what_a_report_lacks_is_told_on_the_form(houses: Houses, case: tuple[dict[str, str], str]) -> None:
    filled, sentence = case
    page = fill(houses.enter("MX/FGR"), "report-sighting", **{**VAN, **MARKS, **filled})
    assert page.status == 422
    assert sentence in page.text


def test_a_place_finer_than_its_source_is_left_out_before_signing(houses: Houses) -> None:
    ana = houses.enter("MX/FGR")
    checked = ana.send(ana.open("report-sighting"), press="check", **{**VAN, **MARKS, "source_precision": "cell"})
    assert "What is finer than the source was left out" in checked.text
    assert "<td" in checked.text
    page = ana.send(checked, press="sign")
    assert "32.53" not in page.text


@WAYS
def test_a_notice_stands_before_the_name_on_every_page_of_both_sides(houses: Houses, sides: tuple[str, str]) -> None:
    one, other = sides
    record = given(houses, sides)
    ana = houses.enter(one, "analyst")
    claim = {"channel": "person", "claim": "Me detuvieron.", "fact": "Nació en 1990.\nVive en otra ciudad."}
    page = fill(ana, f"mistaken/{record}/file", **claim)
    assert "Me detuvieron." in page.text
    houses.settle()
    name = ana.open(f"targets/{record}").text.partition("<h1")[2].partition(">")[2].partition("<")[0]
    for person in (houses.enter(one), houses.enter(other)):
        for address in (f"targets/{record}", f"search?q={name}", f"match?q={name}"):
            text = person.open(address).text
            before, _, _ = text.rpartition(name)
            assert "Doubted: somebody says that this is not the person" in before, address
            assert "Vive en otra ciudad." in before, address
        assert "Doubted" in person.open("targets").text
        assert name in person.open("mistaken").text
    assert "Me detuvieron." not in houses.enter(other).open(f"mistaken/{record}").text
    refused = fill(ana, f"mistaken/{record}/decide", upheld="yes", reason="x", fact="Nació en 1990.")
    assert "somebody who had not judged it has to decide" in refused.text
    decided = fill(houses.enter(one), f"mistaken/{record}/decide", upheld="yes", reason="x", fact="Nació en 1990.")
    assert "Not this person" in decided.text
    houses.settle()
    assert "No es esta persona" in houses.enter(other, language="es").open(f"targets/{record}").text


def given(houses: Houses, sides: tuple[str, str]) -> str:
    """Return a dossier of one side that it gave the other in a folio."""
    stages = Stages.__new__(Stages)
    stages.houses, stages.asking, stages.asked, stages.names = houses, sides[1], sides[0], {}
    record, folio = houses.record(sides[0], seed=2), stages.opened()
    stages.says(sides[0], "answer", folio, record=[record])
    houses.settle()
    return record


def test_a_receiver_that_came_between_check_and_signature_is_not_passed_over(houses: Houses) -> None:
    """The dossier is given while the claim waits for its signature: nothing is signed, and the page says so."""
    record, ana = houses.record("MX/FGR", seed=2), houses.enter("MX/FGR")
    checked = ana.send(ana.open(f"mistaken/{record}/file"), press="check", channel="person", claim="x")
    stages = Stages.__new__(Stages)
    stages.houses, stages.asking, stages.asked, stages.names = houses, "US/DOJ", "MX/FGR", {}
    stages.says("MX/FGR", "answer", stages.opened(), record=[record])
    houses.parties.clock.now -= 180
    page = ana.send(checked, press="sign")
    assert page.status == 422
    assert "The record changed meanwhile" in page.text
    assert "US/DOJ" in ana.send(page, press="sign").text


def test_what_is_told_later_goes_to_whom_it_is_missing(houses: Houses) -> None:
    record = houses.record("MX/FGR")
    ana = houses.enter("MX/FGR")
    fill(ana, f"mistaken/{record}/file", channel="person", claim="x")
    assert "This dossier was given to nobody." in ana.open(f"mistaken/{record}").text
    refused = fill(ana, f"mistaken/{record}/tell")
    assert "all of them have it already" in refused.text
    day = {"received_on-day": "1", "received_on-month": "1", "received_on-year": "2099"}
    late = fill(ana, f"mistaken/{houses.record('MX/FGR', seed=3)}/file", channel="person", claim="x", **day)
    assert "is no time that has passed" in late.text
