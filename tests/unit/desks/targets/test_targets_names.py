# SPDX-License-Identifier: Apache-2.0
"""Names as words with roles: what is read, what is kept, what is nobody's name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paridad.desks.targets.names import LEAST, READINGS, fold, parse, roots, working

READ: dict[str, tuple[str, str]] = {
    "two given names before one surname": ("Juan Carlos Pérez", "GGP"),
    "one given name before two surnames": ("Juan Pérez Carlos", "GPM"),
    "surnames, given names": ("PINEDO RUIZ, Olga Lidia", "PMGG"),
    "particles weigh nothing": ("DE LA CRUZ PEÑA, Ma. Luz", "PMGG"),
    "San opens a surname": ("José San Martín Santa Ana", "GPM"),
    "surnames first without a comma": ("HERNÁNDEZ GARCÍA JOSÉ LUIS", "PMGG"),
    "two surnames alone": ("Ibarra Soto", "PM"),
    "a widow": ("Rosa Pérez Vda. de López", "GPH"),
    "a widow after a comma": ("Pérez Vda. de López, Rosa", "PHG"),
    "a title stands beside": ("Dr. Juan Pérez", "XGP"),
    "a suffix is no given name": ("Smith, Jr.", "PX"),
    "a title before surnames": ("Dr. Pérez, Juan", "XPG"),
    "a mononym": ("Hernández", "P"),
    "one word that is a given name": ("Guadalupe", "G"),
    "hyphenated surnames stay together": ("Rosa Luna-Marie", "GPM"),
    "an initial is no particle": ("Juan E. Pérez", "GPM"),
    "a nickname at the start is no particle": ("Ben Netanyahu", "GP"),
    "a particle at the end is a word": ("Juan de", "GP"),
    "many words": ("Ana Rosa Juan Luis Pérez López Ruiz", "GGGGGPM"),
}
NOBODY = ["", " ", "N/N", "DESCONOCIDO", "Unknown", "X", "12345", "FNU LNU", ",", "Dr."]


@pytest.mark.parametrize("case", READ.values(), ids=READ)
def test_the_likeliest_reading(case: tuple[str, str]) -> None:
    name, roles = case
    assert parse(name).readings[0].roles == roles


@pytest.mark.parametrize("text", NOBODY)
def test_what_is_nobodys_name_has_no_reading(text: str) -> None:
    assert parse(text).readings == ()


def test_a_married_name_is_a_reading_beside_the_second_surname() -> None:
    assert {each.roles for each in parse("María López de Hernández").readings} == {"GPM", "GPH"}


WORDS: dict[str, tuple[str, list[str]]] = {
    "the ñ is kept": ("Peña Núñez", ["peña", "nuñez"]),
    "abbreviations are written out": ("Fco. Hdez.", ["francisco", "hernandez"]),
    "San is part of its surname": ("José San Martín", ["jose", "sanmartin"]),
    "apostrophes join": ("O'Brien D’Angelo", ["obrien", "dangelo"]),
    "digits among letters": ("Ig0r Sech1n", ["igor", "sechin"]),
    "another script, letter by letter": ("Володимир", ["volodimir"]),
    "another script, as it is": ("محمد", ["محمد"]),
    "vowels of another script stay": ("मोदी", ["मोदी"]),
    "capitals": ("PÉREZ", ["perez"]),
}


@pytest.mark.parametrize("case", WORDS.values(), ids=WORDS)
def test_working_forms(case: tuple[str, list[str]]) -> None:
    text, forms = case
    assert [word.form for word in parse(text).words] == forms


def test_nicknames_are_many_to_many() -> None:
    assert roots()["beto"] >= {"alberto", "gilberto", "humberto"}
    assert roots()["chuy"] == {"jesus"}
    assert not roots().keys() & {"ñ"}


NAMES = st.lists(
    st.sampled_from(
        ["Juan", "María", "Pérez", "Núñez", "de", "la", "San", "Vda.", "Dr.", "Ma.", "Lee-", "Jr.", "y", "Al"]
    ),
    max_size=9,
)


@given(NAMES, st.booleans())
def test_every_word_is_kept_in_every_reading(words: list[str], comma: bool) -> None:
    """Parsing keeps every token, in order, whatever the reading; chances are never below the least, or there is one."""
    text = " ".join(words).replace(" ", ", ", 1) if comma else " ".join(words)
    name = parse(text)
    kept = " ".join(word.text for word in name.words).replace(".", "").split()
    assert kept == [word.rstrip(".-") for word in words]
    assert len(name.readings) <= READINGS
    assert all(len(each.roles) == len(name.words) and each.chance <= 1000 for each in name.readings)
    assert len(name.readings) < 2 or all(each.chance >= LEAST for each in name.readings)


@given(st.text(max_size=30))
def test_no_text_is_too_odd(text: str) -> None:
    """Whatever comes is read; the working form of a working form is itself as far as folding goes."""
    name = parse(text)
    assert name.text == text
    assert fold(working("Ñandú")) == "nandu"
