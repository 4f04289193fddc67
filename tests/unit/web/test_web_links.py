# SPDX-License-Identifier: Apache-2.0
"""Links and shared identifiers on the pages: from both ends, in both languages, at either party."""

import re
from collections.abc import Iterator
from html import unescape

import pytest

from paridad.base.strict import JsonValue
from paridad.cli.operations import OPERATIONS
from support.web_world import BASIS, PURPOSE, Houses

TAGS = re.compile(r"<[^>]*>")
AGENCIES = pytest.mark.parametrize(("agency", "other"), [("MX/FGR", "US/DOJ"), ("US/DOJ", "MX/FGR")])
MARKS = {"handling": "AMBER", "purpose": PURPOSE, "basis": BASIS}


def words(text: str) -> str:
    """Return what a page says, without its tags."""
    return " ".join(unescape(TAGS.sub(" ", text)).split())


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    """Lend two houses."""
    with Houses(tmp_path_factory.mktemp("links")) as found:
        yield found


def file(houses: Houses, agency: str, name: str) -> str:
    """File a dossier about an invented person with a document of its own party."""
    number: dict[str, JsonValue] = {"type": "cedula", "number": "7716-2", "country": "Aa", "check": "no_check"}
    fields: dict[str, JsonValue] = {
        "subject_type": "person", "name": name, "state": "asserted", "simulated": True, "identifiers": [number],
    }  # fmt: skip
    return houses.parties.record(agency, "targets/dossier/1", fields, handling="AMBER", purpose=PURPOSE, basis=BASIS)


@AGENCIES
def test_a_dossier_shows_its_links_and_what_it_shares(houses: Houses, agency: str, other: str) -> None:
    """The other end, the type, the role and the dates; an identifier of both is a finding."""
    one, two = file(houses, agency, "PINEDO, Olga"), file(houses, agency, "QUIROZ, Hugo")
    node = houses.parties.by_name[agency[:2]]
    officer = f"{agency.partition('/')[2].lower()}-analyst"
    said = {"officer": officer, "act": one, **MARKS}
    OPERATIONS["targets.link"](node, {**said, "to": two, "relation": "associate", "role": "socia", "since": "2019"})
    ana = houses.enter(agency, "analyst")
    first, second = (words(ana.open(f"targets/{each}").text) for each in (one, two))
    assert "QUIROZ, Hugo (Person) Associate , from this one to the other socia since 2019" in first
    assert "PINEDO, Olga (Person) Associate , from the other to this one" in second
    assert "It is a finding for a person: it links and identifies nobody." in first
    assert "Cedula" in first
    spanish = words(houses.enter(agency, "analyst", language="es").open(f"targets/{one}").text)
    assert "Persona asociada , de este hacia el otro" in spanish
    folio = houses.enter(agency).open("inbox")
    assert folio.status == 200


@AGENCIES
def test_a_folio_shows_the_dossiers_that_it_is_about(houses: Houses, agency: str, other: str) -> None:
    """To the own side alone."""
    one = file(houses, agency, "PINEDO, Olga")
    node = houses.parties.by_name[agency[:2]]
    marks = {**MARKS, "urgency": "urgent", "desk": "targets"}
    asked = {"officer": f"{agency.partition('/')[2].lower()}-liaison", "to": other, "question": "¿Quién es?", **marks}
    folio = str(OPERATIONS["folio.ask"](node, asked)["folio"])  # type: ignore[call-overload, index]
    houses.settle()
    analyst = f"{agency.partition('/')[2].lower()}-analyst"
    said = {"officer": analyst, "act": one, "folio": folio, "relation": "subject_of", **MARKS}
    OPERATIONS["targets.link"](node, said)
    own, theirs = (words(houses.enter(each).open(f"folio/{folio}").text) for each in (agency, other))
    assert "Dossiers of this folio PINEDO, Olga (Person)" in own
    assert "PINEDO" not in theirs
    assert folio in words(houses.enter(agency, "analyst").open(f"targets/{one}").text)
