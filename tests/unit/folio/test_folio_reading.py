# SPDX-License-Identifier: Apache-2.0
"""Reading what somebody else wrote."""

from paridad.folio.reading import wholes


def test_a_path_is_part_of_what_stands_before_its_dots_and_brackets() -> None:
    """The nearest first; a name alone is part of nothing."""
    assert list(wholes("birth_places[2].city")) == ["birth_places[2].city", "birth_places[2]", "birth_places"]
    assert list(wholes("name")) == ["name"]
