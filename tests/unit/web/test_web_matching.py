# SPDX-License-Identifier: Apache-2.0
"""Pages of matching: why a record answers, what waits for a person, and never a weight before a judgement."""

import re
from collections.abc import Iterator
from html import unescape

import pytest

from paridad.base.strict import JsonValue
from paridad.cli.operations import OPERATIONS
from support.web_world import BASIS, PURPOSE, Houses

TAGS = re.compile(r"<[^>]*>")
NAMES = ("PINEDO ZEPEDA, Olga", "Olga Pinedo Zepeda", "Olga Lidia Pinedo Zepeda")
AGENCIES = pytest.mark.parametrize("agency", ["MX/FGR", "US/DOJ"])


def words(text: str) -> str:
    """Return what a page says, without its tags."""
    return " ".join(unescape(TAGS.sub(" ", text)).split())


@pytest.fixture(scope="module")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    """Lend two houses: each party holds three dossiers under one name."""
    with Houses(tmp_path_factory.mktemp("matching")) as found:
        for agency in ("MX/FGR", "US/DOJ"):
            for name in NAMES:
                file(found, agency, name)
        yield found


def file(houses: Houses, agency: str, name: str) -> str:
    """File a dossier about an invented person."""
    fields: dict[str, JsonValue] = {"subject_type": "person", "name": name, "state": "asserted", "simulated": True}
    return houses.parties.record(agency, "targets/dossier/1", fields, handling="AMBER", purpose=PURPOSE, basis=BASIS)


@AGENCIES
def test_a_question_is_answered_with_why(houses: Houses, agency: str) -> None:
    ana = houses.enter(agency, "analyst")
    said = words(ana.open("match?q=Olguita+Pinedo").text)
    assert "3 results" in said
    assert "Nickname or short form of the same name" in said
    assert "a match is a lead for a person" in said
    assert "Nothing was found that you may see" in words(ana.open("match?q=Hugo+Quiroz").text)
    assert "Weight" not in words(ana.open("match").text)


@AGENCIES
def test_pairs_wait_without_their_weight_and_judgements_connect(houses: Houses, agency: str) -> None:
    party, _, name = agency.partition("/")
    ana = houses.enter(agency, "analyst")
    said = words(ana.open("duplicates").text)
    assert "3 pairs" in said
    assert "The weight is shown after the pair has been judged." in said
    assert "millibits" not in said
    node, officer = houses.parties.by_name[party], f"{name.lower()}-analyst"
    queue = OPERATIONS["targets.duplicates"](node, {"officer": officer})
    assert isinstance(queue, dict)
    pairs = [[side["act"] for side in each["pair"]] for each in queue["pairs"]]
    for pair, verdict in zip(pairs, ("same", "same", "different"), strict=True):
        asked: dict[str, JsonValue] = {
            "officer": officer, "one": pair[0], "other": pair[1], "verdict": verdict, "reason_code": "source",
            "reason": "As the source says.", "handling": "AMBER", "purpose": PURPOSE, "basis": BASIS,
        }  # fmt: skip
        OPERATIONS["targets.judge"](node, asked)
    said = words(ana.open("duplicates").text)
    assert "No pair waits for a person here" in said
    assert "Two of them were judged different." in said


def test_a_long_list_goes_on(houses: Houses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paridad.cli.matching.EXAMINED", 2)
    page = houses.enter("MX/FGR", "analyst").open("duplicates").text
    [address] = re.findall(r'href="/en/(duplicates\?after=[^"]+)"', page)
    assert "Pairs to be judged" in houses.enter("MX/FGR", "analyst").open(address).text
