# SPDX-License-Identifier: Apache-2.0
"""A dossier as what a run compares: the same on both sides, nothing that stands for what is not known."""

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paridad.desks.targets import comparable
from paridad.desks.targets.comparable import capacity, is_compared, parts_of, rules_digest, tables, tables_digest
from paridad.desks.targets.deconfliction.checks import is_capacity
from paridad.desks.targets.deconfliction.keys import CORE, Budget, emit, weight
from paridad.desks.targets.phonetic import skeleton

BUDGET = Budget(records=10_240, epsilon_ppm=300)


def person(name: str, *births: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the fields of a person's dossier."""
    return {"subject_type": "person", "name": name, **({"births": list(births)} if births else {}), **more}


def keys(fields: dict[str, Any], **more: Any) -> set[tuple[str, bytes]]:
    """Return rule and text of what a dossier emits."""
    found = emit([parts_of("r", fields, latest=2026, **more)], tables(), BUDGET).emitted
    return {(each.rule, each.key) for each in found}


SAME = {
    "accents, case and order of writing": ("PINEDO ZAZUETA, Olga Lidia", "Olga Lidia Pinedo Zazueta"),
    "sounds alike": ("IBARRA QUINTERO, Ximena", "YBARRA KINTERO, Jimena"),
    "a nickname": ("VERDUGO ZAZUETA, Jesús", "VERDUGO ZAZUETA, Chuy"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_the_same_person_gives_a_common_key(one: str, other: str) -> None:
    born = {"date": "1971-03-24", "precision": "day"}
    assert keys(person(one, born)) & keys(person(other, born))


@pytest.mark.parametrize(
    ("birth", "dates"),
    [
        ({"date": "1971-03-24"}, ("1971-03-24",)),
        ({"date": "1971"}, ("1971",)),
        ({"date": "1971-03"}, ("1971",)),
        ({"date": "1971-01-01"}, ("1971",)),
        ({"date": "1971-03-24", "approximate": True}, ()),
        ({"date": "1970", "until": "1975"}, ()),
        ({"date": "0000-00-00"}, ()),
        ({"date": "unknown"}, ()),
        ({"date": "2090-03-24"}, ()),
    ],
)
def test_a_date_counts_by_what_is_certain_of_it(birth: dict[str, Any], dates: tuple[str, ...]) -> None:
    """No placeholder is ever part of a key."""
    assert parts_of("r", person("PINEDO ZEPEDA, Olga", birth), latest=2026).dates == dates


def test_names_that_count() -> None:
    """Strong aliases do, weak ones do not; an initial is no given name; nobody's name makes nothing."""
    fields = person(
        "PINEDO ZEPEDA, Olga",
        aliases=[{"name": "PINEDO, O.", "strength": "strong"}, {"name": "La Maestra", "strength": "weak"}],
    )
    found = parts_of("r", fields, latest=2026).names
    assert [([each.sound for each in name.surnames], [each.sound for each in name.givens]) for name in found] == [
        (["pinedo", "sepeda"], ["olga"]), (["pinedo"], []),
    ]  # fmt: skip
    assert parts_of("r", person("DESCONOCIDO"), latest=2026).names == ()


def test_numbers_count_by_kind_and_only_where_they_may() -> None:
    fields = person("PINEDO RUIZ, Olga", identifiers=[{"type": "curp", "number": "PIRO710324MJCNZL92"}])
    assert parts_of("r", fields, latest=2026).ids == (("curp", ":PIRO710324MJCNZL92"),)
    assert parts_of("r", fields, latest=2026, numbers=False).ids == ()


def test_persons_alone_are_compared() -> None:
    assert is_compared(person("x"))
    assert not is_compared({"subject_type": "vessel", "name": "x"})


def test_the_tables_say_how_rare() -> None:
    """Every part of every rule has one; what is frequent weighs less; the first of a month less than another day."""
    parts = {part for each in CORE for part in (each.surname, each.given) if part}
    assert parts <= set(tables())
    assert weight("S", "ernande", tables()) < weight("S", "pinedo", tables()) < weight("S", "never-heard", tables())
    assert weight("s", skeleton("ernande"), tables()) < weight("s", "qqqq", tables())
    assert weight("day", "01", tables()) < weight("day", "17", tables())
    assert weight("i", "j", tables()) < weight("i", "w", tables())


def test_the_digests_follow_from_what_they_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names alone are another comparison; one changed count is another table."""
    assert rules_digest(names_alone=True) != rules_digest(names_alone=False)
    assert len({len(each) for each in (rules_digest(names_alone=True), tables_digest(), sha256().digest())}) == 1
    before, changed = tables_digest(), dict(tables())
    changed["day"] = changed["month"]
    monkeypatch.setattr(comparable, "tables", lambda: changed)
    assert comparable.tables_digest.__wrapped__() != before


@given(st.integers(1, 10**7))
def test_a_capacity_holds_what_is_wanted_and_says_little(wanted: int) -> None:
    found = capacity(wanted)
    assert is_capacity(found)
    assert wanted <= found <= wanted * 5 // 4 + 1
