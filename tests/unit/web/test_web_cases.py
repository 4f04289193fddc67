# SPDX-License-Identifier: Apache-2.0
"""Pages of priority cases: declared on one, read on the other, updated from both, late on both."""

from collections.abc import Iterator
from typing import Any

import pytest

from support.web_world import BASIS, PURPOSE, Houses, Person, Seen, both_ways

WAYS = pytest.mark.parametrize("sides", list(both_ways()), ids=["as written", "parties exchanged"])
FILLED = {"title": "Ruta norte", "aims": "Saber quién compra.", "wanted": "Registros de compra."}
MARKS = {"handling": "AMBER", "purpose": PURPOSE, "basis": BASIS}


@pytest.fixture
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    """Lend two houses."""
    with Houses(tmp_path_factory.mktemp("cases")) as found:
        yield found


def declare(person: Person, to: str, **more: str) -> Seen:
    """Declare a case through its pages."""
    filled: dict[str, Any] = {**FILLED, **MARKS, "to": [to], **more}
    page = person.send(person.open("declare-case"), press="check", **filled)
    return person.send(page, press="sign") if 'name="assent"' in page.text else page


@WAYS
def test_a_case_from_declaration_to_its_end(houses: Houses, sides: tuple[str, str]) -> None:
    """Every step through forms; the other side reads the sheet and reports, and is not offered to end it."""
    one, other = sides
    ana, bob = houses.enter(one), houses.enter(other, language="es")
    page = declare(ana, other)
    assert "Signed and recorded." in page.text
    assert "There are no updates yet." in page.text
    address = page.address.partition("/en/")[2].partition("?")[0]
    houses.settle()
    theirs = bob.open(address)
    assert "Ruta norte" in theirs.text
    assert "Suspender el caso" not in theirs.text
    assert "es una propuesta de esta mesa" in theirs.text
    checked = bob.send(bob.open(f"{address}/update"), press="check", report="Nada nuevo.")
    assert "Nada nuevo." in checked.text
    assert "Nada nuevo." in bob.send(checked, press="sign").text
    houses.settle()
    assert "Nada nuevo." in ana.open(address).text
    page = ana.send(ana.open(f"{address}/close"), press="check", report="Detenido.", outcome="arrest")
    assert "Closed" in ana.send(page, press="sign").text
    houses.settle()
    assert "Cerrado" in bob.open("cases").text


@WAYS
def test_lateness_is_told_on_both_home_pages(houses: Houses, sides: tuple[str, str]) -> None:
    one, other = sides
    declare(houses.enter(one), other)
    houses.settle()
    for agency in sides:
        assert "We owe 1 update of a priority case." in houses.enter(agency).open("").text
    houses.parties.clock.pass_(91 * 86_400)
    for agency in sides:
        person = houses.enter(agency)
        assert "1 is late." in person.open("").text
        assert person.open("cases").text.count("Late") == 2
    assert "We owe" not in houses.enter(one, "operator").open("").text


def test_own_dossiers_are_noted_and_stay(houses: Houses) -> None:
    record = houses.record("MX/FGR")
    ana = houses.enter("MX/FGR")
    address = declare(ana, "US/DOJ").address.partition("/en/")[2].partition("?")[0]
    page = ana.send(ana.open(f"{address}/link"), press="check", dossier=record)
    assert "the other party does not read it" in page.text
    assert f"targets/{record}" in ana.send(page, press="sign").text
    houses.settle()
    assert record not in houses.enter("US/DOJ").open(address).text


WRONG: dict[str, tuple[dict[str, str], str]] = {
    "nothing in a field": ({"aims": ""}, "Missing: Aims."),
    "a day that does not exist": (
        {"next_update-day": "31", "next_update-month": "2", "next_update-year": "2026"}, "There is no such date",
    ),
    "a day after a quarter": (
        {"next_update-day": "1", "next_update-month": "2", "next_update-year": "2099"}, "beyond the limit of 90 days",
    ),
    "a code for two persons": ({"handling": "RED"}, "second person"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_on_the_form(houses: Houses, case: tuple[dict[str, str], str]) -> None:
    filled, sentence = case
    page = declare(houses.enter("MX/FGR"), "US/DOJ", **filled)
    assert page.status == 422
    assert sentence in page.text
    assert 'value="Ruta norte"' in page.text


def test_a_form_can_be_changed_before_it_is_signed(houses: Houses) -> None:
    ana = houses.enter("MX/FGR")
    checked = ana.send(ana.open("declare-case"), press="check", **FILLED, **MARKS, to=["US/DOJ"])
    assert 'value="Ruta norte"' in ana.send(checked, press="change").text
    assert ana.open("case/" + "x" * 43).status == 404
    assert ana.open("case/" + "x" * 43 + "/update").status == 404
