# SPDX-License-Identifier: Apache-2.0
"""A dossier as fields of one act: what is absent, what is too large, and that it can be issued and opened."""

from typing import cast

import pytest

from paridad.acts.envelope import Draft
from paridad.base.strict import JsonValue
from paridad.desks.targets.dossier import (
    KIND,
    Address,
    Alias,
    Birth,
    Dossier,
    Identifier,
    NameParts,
    Source,
    demand_issuable,
    dossier_fields,
)
from paridad.desks.targets.errors import DossierRefused
from support.targets_acts import opened, signed

OLGA = Dossier(
    "person",
    "PINEDO RUIZ, Olga",
    NameParts("PINEDO RUIZ", "Olga"),
    aliases=(Alias("La Maestra", "weak", "aka"), Alias("RUIZ, Olga", "strong", "aka", 12)),
    births=(Birth("1971", "year", approximate=True),),
    identifiers=(Identifier("passport", "G1", "Aa"),),
    addresses=(Address("Calle 1", "", "Aa"),),
    source=Source("SIMULATED", "1"),
    simulated=True,
)


def test_absent_values_make_no_fields() -> None:
    """Nothing says "unknown" where the source says nothing."""
    assert dossier_fields(Dossier("vessel", "X")) == {"subject_type": "vessel", "name": "X", "state": "asserted"}


def test_parts_keep_only_what_was_received() -> None:
    """Records hold what is there."""
    fields = dossier_fields(OLGA)
    assert fields["aliases"] == [
        {"name": "La Maestra", "strength": "weak", "type": "aka"},
        {"name": "RUIZ, Olga", "strength": "strong", "type": "aka", "number": 12},
    ]
    assert fields["births"] == [{"date": "1971", "precision": "year", "approximate": True}]
    assert fields["source"] == {"list": "SIMULATED", "entry": "1"}
    assert fields["simulated"] is True


@pytest.mark.parametrize("name", ["ÑÁÑEZ, Ñ", "nan\u0303ez", "  two  blanks ", "d'Été", "李"])
def test_a_name_stands_as_received(name: str) -> None:
    """No case, blank or normal form is changed."""
    act = opened(
        signed(
            Draft(
                KIND, "A/ONE", ("A/ONE",), "AMBER", "investigation", "treaty", dossier_fields(Dossier("person", name))
            )
        )
    )
    assert act.fields["name"] == name


def test_each_alias_is_disclosed_apart() -> None:
    """List elements and sub-fields are disclosures of their own; the rest opens as it was issued."""
    fields = dossier_fields(OLGA)
    act = opened(signed(Draft(KIND, "A/ONE", ("A/ONE",), "AMBER", "investigation", "treaty", fields)))
    assert act.fields == fields
    assert {"aliases", "aliases[0]", "aliases[1]", "name_parts.surnames", "source.entry"} <= act.disclosures.keys()


def fields_with(name: str, value: object) -> dict[str, JsonValue]:
    """Return a sound dossier with one more field."""
    return {**dossier_fields(OLGA), name: cast("JsonValue", value)}


TOO_LARGE = {
    "a text of more than 16 KiB": ("title", "x" * 16_385, "title"),
    "a list whose digests need more than 32 KiB": ("remarks", ["x"] * 257, "remarks"),
    "more than 512 parts": ("remarks", ["x"] * 513, "has more than 512 parts"),
    "more than 1 MiB in all": ("remarks", ["x" * 16_000] * 60, "1 MiB in all"),
    "a record with a text too long": ("source", {"list": "x" * 16_385}, "source"),
    "a number with a point": ("title", 1.5, "title"),
}


@pytest.mark.parametrize(("name", "value", "sentence"), TOO_LARGE.values(), ids=TOO_LARGE.keys())
def test_what_one_act_cannot_hold_is_refused(name: str, value: object, sentence: str) -> None:
    """The sentence names the field."""
    with pytest.raises(DossierRefused, match=sentence):
        demand_issuable(fields_with(name, value))


@pytest.mark.parametrize(
    "value", [["x"] * 256, ["x" * 16_000] * 40, ("tuple", "of", "texts")], ids=["256 parts", "40 long", "tuple"]
)
def test_what_fits_is_issued(value: object) -> None:
    """The control: just inside the caps, the issuer agrees."""
    fields = fields_with("remarks", value)
    demand_issuable(fields)
    assert signed(Draft(KIND, "A/ONE", ("A/ONE",), "AMBER", "investigation", "treaty", fields)).disclosures
