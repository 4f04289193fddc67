# SPDX-License-Identifier: Apache-2.0
"""Two lists out of one: who stands on both, and that each service knows them under other words."""

import pytest

from paridad.desks.targets.dossier import Dossier, dossier_fields
from paridad.desks.targets.errors import DossierRefused
from paridad.desks.targets.sample import invent
from paridad.desks.targets.two_lists import LISTS, TwoLists, two_lists


def made(seed: int = 7) -> TwoLists:
    return two_lists(invent(600, seed=3, countries=("Aa", "Bb")), common=40, alone=60, seed=seed)


def entries(dossiers: tuple[Dossier, ...]) -> dict[str, Dossier]:
    return {each.source.entry: each for each in dossiers if each.source}


def test_the_lists_have_in_common_what_they_say_and_no_more() -> None:
    lists = made()
    assert (len(lists.first), len(lists.second), len(lists.common)) == (100, 100, 40)
    assert entries(lists.first).keys() & entries(lists.second).keys() == set(lists.common)


def test_the_same_seed_makes_the_same_lists() -> None:
    assert made() == made()
    assert made(8) != made()


def test_each_service_knows_a_person_under_other_words() -> None:
    """Names, dates and numbers differ on some, and on none of them everything is as it was."""
    lists = made()
    ones, others = entries(lists.first), entries(lists.second)
    renamed = sum(ones[each].name != others[each].name for each in lists.common)
    dates = ["".join(born.precision for born in others[each].births) for each in lists.common]
    assert 8 < renamed < 32
    assert {"day", "year", ""} <= set(dates)
    wrong = [
        each for each in lists.common if others[each].births and others[each].births[0].precision == "day"
        and others[each].births[0].date not in {born.date for born in ones[each].births}
    ]  # fmt: skip
    assert wrong
    assert sum(len(each.identifiers) for each in ones.values()) < 100


def test_an_altered_record_says_that_it_is_simulated_and_which_list_it_is_of() -> None:
    lists = made()
    for name, dossiers in zip(LISTS, (lists.first, lists.second), strict=True):
        for each in dossiers:
            fields = dossier_fields(each)
            assert fields["simulated"] is True
            assert str(fields["authority"]).startswith(name)


def test_too_few_persons_are_refused_with_their_number() -> None:
    with pytest.raises(DossierRefused, match="160 persons"):
        two_lists(invent(20, seed=3, countries=("Aa", "Bb")), common=40, alone=60, seed=1)
