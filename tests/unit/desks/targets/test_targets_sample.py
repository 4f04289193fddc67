# SPDX-License-Identifier: Apache-2.0
"""Invented dossiers: repeatable, marked, of the real shape."""

from collections import Counter
from datetime import date

import pytest

from paridad.acts.envelope import Draft
from paridad.desks.targets.dossier import KIND, dossier_fields
from paridad.desks.targets.identifiers import check
from paridad.desks.targets.sample import curp_of, invent
from support.targets_acts import signed

SAMPLE = list(invent(400, seed=7, countries=("Aa", "Bb"), listed_on="2025-01-01"))


def test_the_same_seed_gives_the_same_dossiers() -> None:
    """Another seed gives others."""
    assert list(invent(400, seed=7, countries=("Aa", "Bb"), listed_on="2025-01-01")) == SAMPLE
    assert list(invent(400, seed=8, countries=("Aa", "Bb"), listed_on="2025-01-01")) != SAMPLE


def test_every_one_says_that_it_is_invented() -> None:
    """In a field of the act and in its source."""
    for dossier in SAMPLE:
        fields = dossier_fields(dossier)
        assert fields["simulated"] is True
        assert dossier.source is not None
        assert dossier.source.list == "SIMULATED"


def test_all_four_types_persons_mostly() -> None:
    """As in the real lists, both naming customs."""
    types = Counter(dossier.subject_type for dossier in SAMPLE)
    assert set(types) == {"person", "organisation", "vessel", "aircraft"}
    assert types["person"] > len(SAMPLE) / 2
    surnames = {len(dossier.name_parts.surnames.split()) > 1 for dossier in SAMPLE if dossier.name_parts}
    assert surnames == {True, False}


def test_check_digits_fit_and_are_annotated() -> None:
    """Recomputed here; nothing fails."""
    for identifier in (i for dossier in SAMPLE for i in dossier.identifiers):
        assert identifier.check == check(identifier.type, identifier.number) != "fails"


def test_no_number_is_anybodys() -> None:
    """Homoclave 9; the advertising range; IMO numbers not reached."""
    numbers = [(i.type, i.number) for dossier in SAMPLE for i in dossier.identifiers]
    assert all(number[16] == "9" for kind, number in numbers if kind == "curp")
    assert all("987-65-4320" <= number <= "987-65-4329" for kind, number in numbers if kind == "ssn")
    assert all(number.startswith("IMO 99") for kind, number in numbers if kind == "imo")


def test_each_can_be_issued() -> None:
    """As one act."""
    for dossier in SAMPLE[:20]:
        signed(Draft(KIND, "A/ONE", ("A/ONE",), "AMBER", "investigation", "treaty", dossier_fields(dossier)))


@pytest.mark.parametrize(
    ("given", "paterno", "materno", "beginning"),
    [("María Guadalupe", "Hernández", "López", "HELG"), ("José", "Núñez", "Peña", "NUPJ"),
     ("Hugo", "Cruz", "Smith", "CUSH"), ("Ana Laura", "Ng", "Ibarra", "NXIA")],
)  # fmt: skip
def test_the_root_of_a_curp_follows_from_the_names(given: str, paterno: str, materno: str, beginning: str) -> None:
    """A common first name gives way to the second; a missing letter is X."""
    curp = curp_of(given, paterno, materno, date(1971, 3, 24), woman=True, state="JC")
    assert curp.startswith(f"{beginning}710324MJC")
    assert check("curp", curp) == "passes"
