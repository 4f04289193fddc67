# SPDX-License-Identifier: Apache-2.0
"""What a reader sees is what policy answers, class by class and part by part."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from paridad.acts.envelope import Envelope
from paridad.acts.vocabulary import SENSITIVITIES, Kind, load_vocabulary
from paridad.policy.engine import PolicyEngine
from paridad.policy.question import NONE, ROLES, ReadQuestion
from paridad.policy.visible import Reader, Visibility, visible_to
from support.policy_world import LISTS

NOW = 1_760_000_000

VOCABULARY = b"""
[kind."test/dossier/1"]
es = "Expediente"
en = "Dossier"
[kind."test/dossier/1".field.name]
type = "text"
sensitivity = "identity"
es = "Nombre"
en = "Name"
[kind."test/dossier/1".field.informant]
type = "text"
sensitivity = "source"
es = "Fuente"
en = "Source"
[kind."test/dossier/1".field.case]
type = "code"
sensitivity = "procedural"
es = "Asunto"
en = "Case"
[kind."test/dossier/1".field.aliases]
type = "list"
sensitivity = "identity"
es = "Alias"
en = "Aliases"
[kind."test/dossier/1".field.aliases.element]
type = "text"
[kind."test/dossier/1".field.tips]
type = "list"
sensitivity = "identity"
es = "Avisos"
en = "Tips"
[kind."test/dossier/1".field.tips.element]
type = "text"
sensitivity = "source"
[kind."test/dossier/1".field.address]
type = "record"
sensitivity = "identity"
es = "Domicilio"
en = "Address"
[kind."test/dossier/1".field.address.field.city]
type = "text"
es = "Ciudad"
en = "City"
[kind."test/dossier/1".field.address.field.street]
type = "text"
sensitivity = "whereabouts"
es = "Calle"
en = "Street"
"""
KIND = load_vocabulary([VOCABULARY]).kinds["test/dossier/1"]

FIELDS: Mapping[str, Any] = {
    "name": "Ana",
    "informant": "a neighbour",
    "case": "7",
    "aliases": ["Anita", "la Ana"],
    "tips": ["she said", "he said"],
    "address": {"city": "Tijuana", "street": "Calle 8"},
}


def envelope(handling: str = "GREEN", *, iss: str = "B/POLICE", aud: tuple[str, ...] = ("A/POLICE",)) -> Envelope:
    """Return the claims of an act."""
    return Envelope(
        iss=iss,
        iat=NOW,
        jti="x" * 22,
        prg="p@h",
        knd=KIND.name,
        fol="F-1",
        re=(),
        aud=aud,
        hnd=handling,
        pur="investigation",
        bas="treaty-1",
        see=(),
    )


@pytest.fixture(scope="module")
def engine() -> PolicyEngine:
    return PolicyEngine.load(LISTS)


def sight(engine: PolicyEngine, role: str, agency: str = "A/POLICE") -> Visibility:
    """Return what an officer of a role sees."""
    return visible_to(Reader("ana", role, agency), engine, NOW)


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_sees_is_exactly_what_policy_answers(engine: PolicyEngine, role: str) -> None:
    visible = sight(engine, role)
    for handling in (NONE, *LISTS.handling_codes):
        for sensitivity in SENSITIVITIES:
            for involved in (True, False):
                question = ReadQuestion(role=role, sensitivity=sensitivity, handling=handling, involved=involved)
                decision = engine.decide_one(question, now=NOW)
                assert visible.why(handling, sensitivity, involved=involved) == decision
                assert visible.sees(handling, sensitivity, involved=involved) == decision.allowed


def test_whoever_does_not_say_involved_sees_less(engine: PolicyEngine) -> None:
    visible = sight(engine, "analyst")
    assert visible.sees("RED", "identity", involved=True)
    assert not visible.sees("RED", "identity")
    for handling in LISTS.handling_codes:
        for sensitivity in SENSITIVITIES:
            if visible.sees(handling, sensitivity):
                assert visible.sees(handling, sensitivity, involved=True)


CODES: dict[str, tuple[str, str, bool, tuple[str, ...]]] = {
    "an auditor filters no envelope away": ("auditor", "procedural", False, LISTS.handling_codes),
    "an auditor finds no content": ("auditor", "identity", True, ()),
    "an operator finds nothing": ("operator", "procedural", True, ()),
    "an analyst finds open content": ("analyst", "identity", False, ("CLEAR", "GREEN", "AMBER")),
    "an analyst finds what concerns the agency": ("analyst", "identity", True, LISTS.handling_codes),
    "a liaison officer finds no sources": ("liaison", "source", True, ()),
    "somebody without a role finds nothing": ("visitor", "procedural", True, ()),
}


@pytest.mark.parametrize(("role", "sensitivity", "involved", "codes"), CODES.values(), ids=CODES.keys())
def test_the_codes_of_a_querys_filter(
    engine: PolicyEngine, role: str, sensitivity: str, involved: bool, codes: tuple[str, ...]
) -> None:
    assert sight(engine, role).handling_codes(sensitivity, involved=involved) == codes


def test_without_more_the_filter_is_that_of_envelopes(engine: PolicyEngine) -> None:
    assert sight(engine, "head").handling_codes() == LISTS.handling_codes


def test_a_code_that_the_charter_lacks_counts_as_none(engine: PolicyEngine) -> None:
    visible = sight(engine, "analyst")
    assert visible.sees("PURPLE", "procedural")
    assert visible.why("PURPLE", "identity", involved=True).reasons[0].rule == "unmarked-content"


def test_why_carries_the_time_of_the_operation(engine: PolicyEngine) -> None:
    assert sight(engine, "auditor").why("RED", "identity").at == NOW


INVOLVED: dict[str, tuple[str, bool]] = {
    "the agency that issued": ("B/POLICE", True),
    "the agency addressed": ("A/POLICE", True),
    "another agency of the same party": ("A/CUSTOMS", False),
    "the party alone": ("A", False),
}


@pytest.mark.parametrize(("agency", "involved"), INVOLVED.values(), ids=INVOLVED.keys())
def test_involved_is_who_issued_or_is_addressed(agency: str, involved: bool) -> None:
    assert Reader("ana", "analyst", agency).involved(envelope()) is involved


@dataclass(frozen=True)
class Case:
    """Who reads an act of which handling code, what is shown of it and what is named as withheld."""

    role: str
    agency: str
    handling: str
    shown: dict[str, Any]
    withheld: list[str]


FILTERED: dict[str, Case] = {
    "an analyst of the agency sees all": Case("analyst", "A/POLICE", "GREEN", dict(FIELDS), []),
    "a liaison officer sees all but sources": Case(
        "liaison",
        "A/POLICE",
        "GREEN",
        {
            "name": "Ana",
            "case": "7",
            "aliases": ["Anita", "la Ana"],
            "tips": [],
            "address": {"city": "Tijuana", "street": "Calle 8"},
        },
        ["informant", "tips[0]", "tips[1]"],
    ),
    "an analyst elsewhere sees no whereabouts either": Case(
        "analyst",
        "A/CUSTOMS",
        "GREEN",
        {"name": "Ana", "case": "7", "aliases": ["Anita", "la Ana"], "tips": [], "address": {"city": "Tijuana"}},
        ["informant", "tips[0]", "tips[1]", "address.street"],
    ),
    "an analyst elsewhere sees the envelope of a restricted act": Case(
        "analyst",
        "A/CUSTOMS",
        "RED",
        {"case": "7"},
        ["name", "informant", "aliases", "tips", "address"],
    ),
    "an auditor sees procedural fields": Case(
        "auditor",
        "A/POLICE",
        "CLEAR",
        {"case": "7"},
        ["name", "informant", "aliases", "tips", "address"],
    ),
    "an operator sees nothing": Case(
        "operator",
        "A/POLICE",
        "CLEAR",
        {},
        ["name", "informant", "case", "aliases", "tips", "address"],
    ),
}


@pytest.mark.parametrize("case", FILTERED.values(), ids=FILTERED.keys())
def test_fields_are_shown_part_by_part_and_the_rest_is_named(engine: PolicyEngine, case: Case) -> None:
    seen = sight(engine, case.role, case.agency).filter(FIELDS, KIND, envelope(case.handling))
    assert seen.fields == case.shown
    assert [field.path for field in seen.withheld] == case.withheld
    assert all(field.decision.reasons and not field.decision.allowed for field in seen.withheld)


NO_FIELDS: dict[str, tuple[Mapping[str, Any], Kind | None]] = {
    "an unknown kind": (FIELDS, None),
    "a field that the vocabulary lacks": ({"score": 9}, KIND),
}


@pytest.mark.parametrize(("fields", "kind"), NO_FIELDS.values(), ids=NO_FIELDS.keys())
def test_what_has_no_sensitivity_is_not_shown(
    engine: PolicyEngine, fields: Mapping[str, Any], kind: Kind | None
) -> None:
    seen = sight(engine, "analyst").filter(fields, kind, envelope())
    assert (seen.fields, seen.withheld) == ({}, ())


def test_a_value_that_does_not_fit_its_type_shows_nothing(engine: PolicyEngine) -> None:
    seen = sight(engine, "analyst").filter({"address": "Calle 8", "tips": "she said"}, KIND, envelope())
    assert seen.fields == {"address": {}, "tips": []}
