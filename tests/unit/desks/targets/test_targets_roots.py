# SPDX-License-Identifier: Apache-2.0
"""Roots of CURP and RFC: from names and dates, from documents, and where both registers change a word."""

import pytest

from paridad.desks.targets.deconfliction.keys import ROOT_PARTS
from paridad.desks.targets.identifiers import check
from paridad.desks.targets.roots import avoided, document_root, root_tables, roots_of
from paridad.desks.targets.sample import invent

BORN = "1971-03-24"
ROOTS: dict[str, tuple[tuple[str, ...], tuple[str, ...], str, tuple[str, ...]]] = {
    "two surnames": (("pinedo", "ruiz"), ("olga",), BORN, ("PIRO710324",)),
    "José and María are passed over": (("pinedo", "ruiz"), ("jose", "luis"), BORN, ("PIRL710324",)),
    "María alone counts": (("pinedo", "ruiz"), ("maria",), BORN, ("PIRM710324",)),
    "ñ is X": (("peña", "ñañez"), ("ana",), BORN, ("PEXA710324",)),
    "no vowel after the first letter": (("ng", "ruiz"), ("ana",), BORN, ("NXRA710324",)),
    "one surname: two forms": (("smith",), ("john",), BORN, ("SIXJ710324", "SMJO710324")),
    "a letter alone has no second form": (("o",), ("ana",), BORN, ("OXXA710324",)),
    "a word that the registers avoid": (
        ("pena", "duran"), ("olga",), BORN, ("PEDO710324", "PXDO710324", "PEDX710324")),
    "no given name": (("pinedo", "ruiz"), (), BORN, ()),
    "no surname": ((), ("olga",), BORN, ()),
    "a year alone": (("pinedo", "ruiz"), ("olga",), "1971", ()),
}  # fmt: skip


@pytest.mark.parametrize("case", ROOTS.values(), ids=ROOTS.keys())
def test_roots_of_names(case: tuple[tuple[str, ...], tuple[str, ...], str, tuple[str, ...]]) -> None:
    """Every form under which a register may hold the person."""
    surnames, givens, born, roots = case
    assert roots_of(surnames, givens, born) == roots


@pytest.mark.parametrize(
    ("kind", "plain", "roots"),
    [
        ("curp", "PIRO710324MJCNZL92", ("PIRO710324",)),
        ("rfc", "PIRO710324AB1", ("PIRO710324",)),
        ("curp", "PXDO710324MJCNZL92", {"PXDO710324", "PEDO710324", "PEDX710324"}),
        ("rfc", "PEDX710324AB1", {"PEDX710324", "PEDA710324", "PXDA710324", "PEDO710324", "PXDO710324"}),
        ("rfc", "ABC710324AB1", ()),
        ("rfc", "PIRO7103", ()),
        ("ssn", "1234567890", ()),
    ],
)
def test_roots_of_documents(kind: str, plain: str, roots: object) -> None:
    """A root that one register changed meets what the other one wrote."""
    found = document_root(kind, plain)
    assert found == roots if isinstance(roots, tuple) else set(found) == roots


def test_invented_documents_fit_their_names() -> None:
    """The CURP of an invented person has one of the roots of the name, whoever wrote it."""
    fits = seen = 0
    for dossier in invent(60, seed=3, countries=("Aa", "Bb")):
        numbers = [each.number for each in dossier.identifiers if each.type == "curp"]
        if numbers and check("curp", numbers[0]) == "passes":
            seen += 1
            fits += bool(document_root("curp", numbers[0]))
    assert seen
    assert fits == seen


def test_the_tables_of_letters_are_whole() -> None:
    """Three of them; X for no second surname is one of ten; what never occurred is rare and not impossible."""
    tables = root_tables()
    assert set(tables) == set(ROOT_PARTS)
    (second,) = tables["r1"]
    assert 90 < second.counts["X"] * 1000 / second.total < 110
    assert all(
        each.unseen > 0 and each.total == sum(each.counts.values()) for group in tables.values() for each in group
    )
    assert len(avoided()) > 70
