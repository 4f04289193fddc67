# SPDX-License-Identifier: Apache-2.0
"""How names sound: each rule has its case, each can fire, and the two resolutions hang together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paridad.desks.targets.phonetic import RULES, Rule, skeleton, sound

SAME: dict[str, tuple[str, str]] = {
    "b and v": ("valdez", "baldes"),
    "j and g": ("jimenez", "gimenez"),
    "x at the start": ("ximenez", "jimenes"),
    "x between vowels": ("mexia", "mejia"),
    "silent h": ("hernandez", "ernandes"),
    "ll and y": ("llanes", "yanez"),
    "qu and k": ("quiroz", "kiros"),
    "doubled letters": ("guerrero", "guerero"),
    "i and y": ("ibarra", "ybarra"),
    "m and n before p": ("ponpeyo", "pompeyo"),
    "z and s inside": ("gonzales", "gonsalez"),
    "ñ": ("peña", "pena"),
    "w": ("wences", "bences"),
}
APART: dict[str, tuple[str, str]] = {
    "x before a consonant is no j": ("sixto", "sijto"),
    "x at the end is no j": ("felix", "felij"),
    "gue is not je": ("guerra", "jerra"),
    "ch is not k": ("chavez", "kavez"),
    "vowels count in P": ("garza", "gorza"),
}


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_each_rule_does_what_it_says(rule: Rule) -> None:
    """The rule by itself turns its example into what stands beside it."""
    assert rule.pattern.sub(rule.becomes, rule.before) == rule.after != rule.before


@pytest.mark.parametrize("place", range(len(RULES)), ids=[rule.name for rule in RULES])
def test_no_rule_makes_a_later_one_impossible(place: int) -> None:
    """After all earlier rules the example of a rule still has something for it to change."""
    text = RULES[place].before
    for earlier in RULES[:place]:
        text = earlier.pattern.sub(earlier.becomes, text)
    assert RULES[place].pattern.search(text)


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_spellings_of_one_sound(pair: tuple[str, str]) -> None:
    assert sound(pair[0]) == sound(pair[1])


@pytest.mark.parametrize("pair", APART.values(), ids=APART)
def test_sounds_that_stay_apart(pair: tuple[str, str]) -> None:
    assert sound(pair[0]) != sound(pair[1])


def test_the_skeleton_has_the_first_sound_and_the_consonants() -> None:
    assert skeleton(sound("ibarra")) == "ibr"
    assert skeleton(sound("chavez")) == "Cb"
    assert skeleton("") == ""


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzñ", min_size=1, max_size=14))
def test_a_token_that_sounds_keeps_a_sound(token: str) -> None:
    """Only a token of silent h has no sound, and a code is stable under repetition of its vowel rule."""
    assert bool(sound(token)) is bool(token.strip("h"))
    assert skeleton(skeleton(sound(token))) == skeleton(sound(token))
