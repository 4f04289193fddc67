# SPDX-License-Identifier: Apache-2.0
"""The shipped programme: complete, in two languages, honest about what was verified, and the same when exchanged."""

import tomllib
from dataclasses import fields
from typing import Any

import pytest

from paridad.programme.codes import BASIS_KINDS
from paridad.programme.errors import UnknownProgramme
from paridad.programmes import shipped_names, shipped_programme
from support.programmes import SHIPPED, exchange_parties, make_programme

WORLD = make_programme()
LISTS = ("handling", "purposes", "bases", "grounds", "outcomes", "obligations", "urgencies", "desks")


def test_the_shipped_programme_compiles_signs_and_reads() -> None:
    """Two parties, their agencies, six desks, five handling codes."""
    charter = WORLD.charter
    assert tuple(charter.parties) == SHIPPED
    assert set(charter.agencies) == {
        *("MX/SRE", "MX/SSPC", "MX/SEDENA", "MX/SEMAR", "MX/FGR"),
        *("US/STATE", "US/DHS", "US/DOJ", "US/HSC"),
    }
    assert tuple(charter.desks) == ("targets", "arms", "customs", "judicial", "skies", "agreements")
    assert tuple(charter.handling) == ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
    assert {code for code, value in charter.handling.items() if value.two_person} == {"AMBER+STRICT", "RED"}
    assert {basis.kind for basis in charter.bases.values()} == set(BASIS_KINDS)
    assert [urgency.answer_seconds for urgency in charter.urgencies.values()] == [28_800, 259_200, 604_800]
    assert charter.notice is not None


def test_every_agency_can_speak_and_be_sealed_to() -> None:
    """Each has an act key and a sealing key in force."""
    for agency in WORLD.charter.agencies:
        assert WORLD.ring.newest(agency, "act", WORLD.now).ed25519 == WORLD.act(agency).ed25519.public.raw
        assert WORLD.ring.sealing_key(agency, WORLD.now).xwing == WORLD.sealing(agency).xwing_public()


def test_what_is_called_verified_says_where_and_what_is_marked_unverified_is_not() -> None:
    """A source that says of itself that it was not compared never carries the mark of verification."""
    doubts = ("sin ", "unverified", "not compared", "prensa", "propuesta", "extractos", "opening only", "ningún")
    template: dict[str, Any] = tomllib.loads(shipped_programme("gis-mx-us").decode())
    entries = [entry for value in template.values() if isinstance(value, list) for entry in value if "source" in entry]
    assert len(entries) > 80
    for entry in entries:
        assert not (entry["verified"] and any(doubt in entry["source"] for doubt in doubts)), entry["id"]
    assert {entry["id"] for entry in entries if entry["verified"]} >= {"US/STATE", "mx-cnpp", "us-18usc-3184"}
    unverified = {entry["id"] for entry in entries if not entry["verified"]}
    assert unverified >= {"US/HSC", "MX/SSPC", "legal-assistance-1987", "extradition-1978", "CUI", "mx-lgpdppso", "RED"}


def test_exchanging_the_parties_exchanges_every_right() -> None:
    """The same lists, clocks and codes; agencies, markings, laws and witnesses change sides."""
    exchanged = make_programme(SHIPPED[::-1]).charter
    charter = WORLD.charter
    for name in LISTS:
        if name != "bases":
            assert getattr(exchanged, name) == getattr(charter, name)
    assert exchanged.clocks == charter.clocks
    other = dict(zip(SHIPPED, SHIPPED[::-1], strict=True))
    for party in SHIPPED:
        mine = [agency.id.partition("/")[2] for agency in charter.agencies_of(party)]
        assert [agency.id.partition("/")[2] for agency in exchanged.agencies_of(other[party])] == mine
        assert len(exchanged.bases_for(other[party])) == len(charter.bases_for(party))
        quorum = charter.witnesses[party]
        assert [other[each] for each in quorum.of] == list(exchanged.witnesses[other[party]].of)
        assert {m.id for m in exchanged.markings.values() if m.party == other[party]} == {
            m.id for m in charter.markings.values() if m.party == party
        }
    assert exchange_parties(exchange_parties(WORLD.template)) == WORLD.template


def test_no_label_says_the_same_in_both_languages_by_neglect() -> None:
    """Every code has words in two languages; equal ones are names."""
    for name in LISTS:
        for code in getattr(WORLD.charter, name).values():
            assert code.words.es != code.words.en, code.id
            assert {field.name for field in fields(code)} >= {"id", "words", "help", "source", "verified"}


def test_a_programme_that_is_not_shipped_is_refused_with_those_that_are() -> None:
    """Names are a closed list, so no path can be smuggled in."""
    assert shipped_names() == ("gis-mx-us",)
    for name in ("none", "../programme", "gis-mx-us/..", ""):
        with pytest.raises(UnknownProgramme, match="gis-mx-us"):
            shipped_programme(name)
