# SPDX-License-Identifier: Apache-2.0
"""Choosing disclosures: what is chosen opens, what is not chosen stays closed, a part never goes without its whole."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paridad.acts.disclosure import digests_of, select
from paridad.acts.errors import SelectionRefused
from paridad.acts.verify import wire_of
from support.acts import digest, make_act, open_made

ACT = open_made(
    make_act({"name": "x", "birth": {"date": "1970", "places": ["a"]}, "aliases": ["a", "b", "c"], "visits": []}).wire
)


def test_what_is_chosen_goes_parents_first_whatever_the_order_of_the_question() -> None:
    chosen = select(ACT, ["aliases[1]", "birth.date", "name", "birth", "aliases"])
    assert chosen == tuple(
        ACT.disclosures[path].text for path in ("name", "birth", "aliases", "birth.date", "aliases[1]")
    )
    assert open_made(wire_of(ACT.signed, chosen)).fields == {"name": "x", "birth": {"date": "1970"}, "aliases": ["b"]}


ASKED = [
    ([], True),
    (["name"], True),
    (["birth"], True),
    (["birth", "birth.date"], True),
    (["birth.date"], False),
    (["aliases[0]"], False),
    (["birth", "aliases[0]"], False),
    (["aliases[3]"], False),
    (["shoe"], False),
    (["birth.shoe", "birth"], False),
]


@pytest.mark.parametrize(("paths", "accepted"), ASKED)
def test_a_choice_is_closed_upward(paths: list[str], accepted: bool) -> None:
    if accepted:
        assert len(select(ACT, paths)) == len(paths)
        return
    with pytest.raises(SelectionRefused, match=r"without|has no field"):
        select(ACT, paths)


def test_the_refusal_names_part_and_whole() -> None:
    with pytest.raises(SelectionRefused) as caught:
        select(ACT, ["birth.date"])
    assert caught.value.sentence("en").startswith("The field birth.date cannot be released without birth.")
    assert caught.value.sentence("es").startswith("El campo birth.date no puede entregarse sin birth.")


def test_digests_are_over_the_text() -> None:
    texts = [each.text for each in ACT.disclosures.values()]
    assert digests_of(texts) == [digest(text) for text in texts] == [each.digest for each in ACT.disclosures.values()]


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
DATE = st.dates().map(str)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "name": TEXT,
        "code": st.text("ABC+-:7", min_size=1, max_size=20),
        "count": st.integers(-(2**53) + 1, 2**53 - 1),
        "armed": st.booleans(),
        "day": DATE,
        "aliases": st.lists(TEXT, max_size=20),
        "visits": st.lists(st.fixed_dictionaries({}, optional={"place": TEXT}), max_size=3),
        "birth": st.fixed_dictionaries({}, optional={"date": DATE, "places": st.lists(TEXT, max_size=3)}),
        **{f"f{n}": TEXT for n in range(12)},
    },
)


def expected(fields: dict[str, Any], chosen: set[str]) -> dict[str, Any]:
    """Say independently which fields a choice of paths leaves open."""
    open_: dict[str, Any] = {name: value for name, value in fields.items() if name in chosen}
    for name, value in open_.items():
        if name in {"aliases", "visits"}:
            open_[name] = [each for place, each in enumerate(value) if f"{name}[{place}]" in chosen]
        elif name == "birth":
            open_[name] = {part: each for part, each in value.items() if f"birth.{part}" in chosen}
    return open_


@settings(max_examples=80, deadline=None)
@given(BODIES, st.data())
def test_issue_select_open_gives_exactly_the_chosen_fields(fields: dict[str, Any], data: st.DataObject) -> None:
    whole = open_made(make_act(fields).wire)
    assert whole.fields == fields
    wished = data.draw(st.sets(st.sampled_from(sorted(whole.disclosures)))) if whole.disclosures else set()
    chosen = {path for path in wished if (whole.disclosures[path].parent or path) in wished}
    act = open_made(wire_of(whole.signed, select(whole, chosen)))
    assert act.fields == expected(fields, chosen)
    assert set(act.disclosures) == chosen
    assert act.hash == whole.hash
    assert len(act.unopened) >= len(whole.disclosures.keys() - chosen) - sum(
        "[" in path or "." in path for path in whole.disclosures
    )
