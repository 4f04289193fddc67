# SPDX-License-Identifier: Apache-2.0
"""The closed lists that policy takes from a charter."""

from dataclasses import replace
from typing import Any

import pytest

from paridad.policy.engine import PolicyEngine
from paridad.policy.errors import PolicyRefused
from paridad.policy.lists import BasisRule, HandlingRule, code_lists
from paridad.policy.texts import charter_entities
from support.policy_world import LISTS, release
from support.programmes import make_programme

GREEN = HandlingRule("GREEN", rank=1, onward="free", two_person=False)

NOT_ADMITTED: dict[str, dict[str, Any]] = {
    "no handling codes": {"handling": ()},
    "no purposes": {"purposes": ()},
    "no bases": {"bases": ()},
    "no agencies": {"agencies": ()},
    "no parties": {"parties": ()},
    "a code twice": {"purposes": ("border", "border")},
    "a handling code twice": {"handling": (GREEN, replace(GREEN, rank=2))},
    "the code for nothing": {"purposes": ("border", "none")},
    "a blank code": {"purposes": ("border", " ")},
    "a code that would end the list": {"purposes": ('border"]; entity Handling enum ["x',)},
    "a code with the sign between parts": {"handling": (replace(GREEN, code="GRE|EN"),)},
    "a code with a line break": {"purposes": ("border\n",)},
    "an agency of nobody": {"agencies": ("A/POLICE", "C/POLICE")},
}


@pytest.mark.parametrize("changes", NOT_ADMITTED.values(), ids=NOT_ADMITTED.keys())
def test_lists_that_do_not_hold_are_refused(changes: dict[str, Any]) -> None:
    assert replace(LISTS)
    with pytest.raises(PolicyRefused):
        replace(LISTS, **changes)


def test_a_handling_code_brings_its_properties_and_no_code_brings_the_strictest() -> None:
    assert (LISTS.two_person("AMBER"), LISTS.onward("AMBER")) == (False, "consent")
    assert (LISTS.two_person("RED"), LISTS.onward("RED")) == (True, "never")
    for unknown in ("none", "PURPLE"):
        assert (LISTS.two_person(unknown), LISTS.onward(unknown)) == (True, "never")


def test_handling_codes_stand_in_order_of_strictness() -> None:
    assert replace(LISTS, handling=LISTS.handling[::-1]).handling_codes == LISTS.handling_codes
    assert LISTS.handling_codes == ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")


BASES = {
    "a treaty serves both": ("treaty-1", "A", "treaty"),
    "a treaty serves the other too": ("treaty-1", "B", "treaty"),
    "one's own law": ("law-of-a", "A", "domestic-law"),
    "the law of the other party": ("law-of-a", "B", "none"),
    "what is in no list": ("somebody said so", "A", "none"),
    "nothing": ("", "A", "none"),
}


@pytest.mark.parametrize(("basis", "party", "kind"), BASES.values(), ids=BASES.keys())
def test_a_basis_has_the_kind_that_this_party_can_rest_on(basis: str, party: str, kind: str) -> None:
    assert LISTS.basis_kind(basis, party) == kind


@pytest.mark.parametrize("parties", [("MX", "US"), ("US", "MX"), ("AA", "BB", "CC")])
def test_the_lists_of_a_charter_make_a_policy_that_decides(parties: tuple[str, ...]) -> None:
    charter = make_programme(parties).charter
    lists = code_lists(charter)
    assert set(lists.handling_codes) == set(charter.handling)
    assert {rule.code for rule in lists.bases} == set(charter.bases)
    recipient = next(agency for agency in lists.agencies if charter.agencies[agency].party != parties[0])
    question = release(
        handling=lists.handling_codes[0], purpose=lists.purposes[0], originator=parties[0], recipient=recipient
    )
    engine = PolicyEngine.load(lists)
    assert engine.decide_one(question, now=1).allowed
    assert not engine.decide_one(replace(question, addressed=False), now=1).allowed
    assert not engine.decide_one(replace(question, handling="PURPLE"), now=1).allowed


def test_the_kind_of_a_basis_keeps_whose_law_it_is() -> None:
    lists = code_lists(make_programme().charter)
    laws = {rule.party for rule in lists.bases if rule.kind == "domestic-law"}
    assert laws == {"MX", "US"}
    assert BasisRule("legal-assistance-1987", "treaty", None) in lists.bases


def test_the_lists_of_the_charter_become_enumerated_entity_types() -> None:
    text = charter_entities(replace(LISTS, handling=(GREEN,)))
    assert text.splitlines() == [
        'entity Handling enum ["none", "GREEN"];',
        'entity Purpose enum ["none", "investigation", "border"];',
        'entity Agency enum ["A/CUSTOMS", "A/POLICE", "B/CUSTOMS", "B/POLICE"];',
        'entity Party enum ["A", "B"];',
    ]
