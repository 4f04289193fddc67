# SPDX-License-Identifier: Apache-2.0
"""The words of the desk: what a dossier may hold, and what it may not."""

import pytest

from paridad.acts.vocabulary import Field, check_body
from paridad.base.errors import ParidadError
from paridad.desks import DESKS, targets, vocabularies
from paridad.desks.targets import codes
from paridad.desks.targets.dossier import KIND, Dossier, dossier_fields
from paridad.desks.targets.rules import REFUSED_PROPERTIES
from support.targets_acts import VOCABULARY

FIELDS = VOCABULARY.kinds[KIND].fields


def names(fields: list[Field]) -> set[str]:
    """All names of fields and their parts."""
    inner = [
        part for field in fields for part in (*field.members.values(), *([field.element] if field.element else []))
    ]
    return {field.name for field in fields} | (names(inner) if inner else set())


def test_the_desks_are_one_written_list() -> None:
    """Each desk brings its vocabulary."""
    assert targets in DESKS
    assert len(vocabularies()) == len(DESKS)


def test_every_value_of_a_dossier_has_a_field() -> None:
    """The typed values and the vocabulary name the same things."""
    assert set(Dossier.__dataclass_fields__) | {"correction"} == set(FIELDS)


@pytest.mark.parametrize("refused", [*REFUSED_PROPERTIES, "danger", "grade", "photo", "ethnic_origin"])
def test_no_field_grades_a_person_or_tells_origin_creed_or_party(refused: str) -> None:
    """The closed list of fields holds no such name; an act that carries one is refused."""
    assert refused not in names(list(FIELDS.values()))
    with pytest.raises(ParidadError):
        check_body(VOCABULARY.kinds[KIND], {"subject_type": "person", "name": "X", refused: "1"})


def test_a_plain_dossier_is_accepted() -> None:
    """The control for the refusals above."""
    check_body(VOCABULARY.kinds[KIND], dossier_fields(Dossier("person", "PINEDO RUIZ, Olga")))


@pytest.mark.parametrize(
    ("field", "sensitivity"),
    [("name", "identity"), ("identifiers", "document"), ("addresses", "whereabouts"), ("contacts", "contact"),
     ("accounts", "financial"), ("links", "association"), ("source", "source"), ("programmes", "proceedings")],
)  # fmt: skip
def test_each_field_says_what_harm_it_can_do(field: str, sensitivity: str) -> None:
    """Policy asks by these."""
    assert FIELDS[field].sensitivity == sensitivity


def test_every_code_has_words_in_both_languages() -> None:
    """An unknown code is shown as it came."""
    for name in codes.list_names():
        assert all(words.es and words.en for words in codes.code_list(name).values())
    assert codes.label("check", "fails").en == "The form or the check digit does not fit"
    assert codes.label("check", "novel").es == "novel"


def test_a_spelling_belongs_to_one_code() -> None:
    """Longer spellings are tried first."""
    for name in ("identifier", "contact", "craft", "organisation", "measure"):
        spellings = list(codes.tags(name))
        assert len(spellings) == len(set(spellings))
        assert spellings == sorted(spellings, key=len, reverse=True)
