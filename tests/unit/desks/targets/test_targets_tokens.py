# SPDX-License-Identifier: Apache-2.0
"""Words compared: at which level they agree, and what that weighs."""

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paridad.desks.targets.frequencies import CAPS, NUMBER, PERSONS, ROLES, read_tables, shipped
from paridad.desks.targets.tokens import (
    AN_INITIAL,
    FOLDED,
    INITIAL,
    NONE,
    ROOT,
    SKELETON,
    SLIP,
    SOUND,
    WRITTEN,
    Token,
    level,
    token,
    weight,
)  # fmt: skip

PAIRS: dict[str, tuple[str, str, int]] = {
    "as written": ("perez", "perez", WRITTEN),
    "ñ and n": ("peña", "pena", FOLDED),
    "a nickname": ("chuy", "jesus", ROOT),
    "two nicknames of one root": ("pancho", "paco", ROOT),
    "one sound": ("valdez", "baldes", SOUND),
    "one skeleton": ("natanyahu", "netanyahu", SKELETON),
    "a slip": ("sergi", "serpi", SLIP),
    "two letters exchanged": ("carlso", "carlos", SLIP),
    "two slips in a long word": ("esparragosa", "eslarragoxa", SLIP),
    "a slip of the sound": ("selenskyj", "zelenskyy", SLIP),
    "a short word beside a longer one": ("merz", "mertz", SLIP),
    "four signs of another script": ("मोडी", "मोदी", SLIP),
    "four letters exchanged": ("ross", "rsos", SLIP),
    "an initial": ("w", "william", INITIAL),
    "another initial": ("w", "james", NONE),
    "two short words": ("luna", "lupa", NONE),
    "a skeleton too short": ("lee", "leo", NONE),
    "letters far apart": ("hernandez", "quintero", NONE),
    "two slips in a middling word": ("marcelo", "barzelu", NONE),
}


@pytest.mark.parametrize("case", PAIRS.values(), ids=PAIRS)
def test_levels(case: tuple[str, str, int]) -> None:
    one, other, at = case
    assert level(token(one), token(other)) == level(token(other), token(one)) == at


def test_a_rare_word_says_more_than_a_common_one_and_no_more_than_its_cap() -> None:
    common, rare = token("hernandez"), token("zyxwvut")
    assert weight(common, common, WRITTEN, "surname") < weight(rare, rare, WRITTEN, "surname") < CAPS["surname"]
    assert weight(rare, rare, WRITTEN, "given") < CAPS["given"]
    assert weight(rare, rare, INITIAL, "given") == AN_INITIAL
    assert weight(common, common, SKELETON, "surname") < weight(common, common, SOUND, "surname")
    assert token("1998").firm == (NUMBER, NUMBER, NUMBER)


def test_frequencies_are_a_described_model() -> None:
    tables = shipped()
    assert tables.one_in("surname", "hernandez") == 20
    assert tables.one_in("surname", "zyxwvut") == PERSONS
    assert tables.one_in("surname", "pena") == tables.one_in("surname", "salinas")
    assert token("vazquez").surname.folded <= token("vasquez").surname.folded == token("vasquez").surname.p + 3000
    assert tables.words.es
    assert tables.words.en
    assert tables.given_share("jose") > 950
    assert tables.given_share("hernandez") < 50
    assert tables.given_share("zyxwvut") == 500


def test_a_party_may_bring_its_own_table() -> None:
    data = tomllib.loads(files("paridad.desks.targets").joinpath("frequencies.toml").read_text("utf-8"))
    own = read_tables({**data, "surname": {"50000": "rarissima"}})
    assert own.one_in("surname", "rarissima") == 2
    assert token("rarissima", own).surname.folded == 1000
    assert token("rarissima").surname.folded == 16610


WORDS = st.text(alphabet="abcdefghijlmnopqrstuvxyzñ", min_size=1, max_size=12)


@given(WORDS, WORDS)
def test_agreement_as_folded_implies_p_implies_s_and_never_weighs_less(a: str, b: str) -> None:
    """The three resolutions hang together, for every word and role."""
    one, other = token(a), token(b)
    assert one.folded != other.folded or one.p == other.p
    assert one.p != other.p or one.s == other.s
    for role in ROLES:
        assert weight(one, one, FOLDED, role) >= weight(one, one, SOUND, role) >= weight(one, one, SKELETON, role)
    for at in range(NONE, WRITTEN + 1):
        assert all(weight(one, other, at, role) == weight(other, one, at, role) >= 0 for role in ROLES)


@given(WORDS, WORDS)
def test_levels_do_not_depend_on_the_side(a: str, b: str) -> None:
    one, other = token(a), token(b)
    assert level(one, other) == level(other, one)
    assert isinstance(one, Token)
