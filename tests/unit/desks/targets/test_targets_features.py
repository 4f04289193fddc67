# SPDX-License-Identifier: Apache-2.0
"""Records compared: what agrees, what is missing, what contradicts, and that the lines add up."""

from collections.abc import Mapping
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paridad.base.strict import JsonValue
from paridad.desks.targets import birth_match, firm_match, name_match
from paridad.desks.targets.birth_match import Day
from paridad.desks.targets.codes import code_list
from paridad.desks.targets.features import (
    LEAD,
    ROLE_FEATURES,
    Comparison,
    Row,
    compare,
    feature_words,
    level_words,
    weigh,
)  # fmt: skip
from paridad.desks.targets.frequencies import shipped, within
from paridad.desks.targets.identifiers import Number, curp_digit, number
from paridad.desks.targets.index import Index, Key, keys_of, ranked
from paridad.desks.targets.subjects import Prepared, Subject, of_fields, prepared
from paridad.desks.targets.tokens import LEVELS

CURP, RFC = "PIRO710324MJCNZL92", "PIRO710324AB1"
OTHER_CURP = f"PIRO710324MJCNZL8{curp_digit('PIRO710324MJCNZL8')}"


def person(*names: str, births: tuple[str, ...] = (), **more: JsonValue) -> Prepared:
    """Prepare a person out of fields as a dossier holds them."""
    fields: dict[str, JsonValue] = {
        "subject_type": "person",
        "name": names[0],
        "aliases": [{"name": each, "strength": "strong"} for each in names[1:]],
        "births": [{"date": each} for each in births],
    }
    return prepared(of_fields({**fields, **more}, latest=2026))


def firm(name: str) -> Prepared:
    """Prepare a firm."""
    return prepared(Subject("organisation", (name,)))


def compared(a: Prepared, b: Prepared) -> Comparison:
    """Compare both ways; the sum and the lines agree."""
    there, back = compare(a, b), compare(b, a)
    assert there
    assert back
    assert there.weight == back.weight == weigh(a, b) == sum(row.weight for row in there.rows)
    return there


def rows(a: Prepared, b: Prepared) -> dict[str, Row]:
    """Return the lines by feature."""
    return {row.feature: row for row in compared(a, b).rows}


LEADS: dict[str, tuple[str, str]] = {
    "itself": ("Jesús Chávez Ibarra", "JESUS CHAVEZ IBARRA"),
    "a nickname, and a surname missing": ("Francisco Zavala Ibarra", "Pancho Zavala"),
    "abbreviations": ("María del Carmen Ruiz de Ávila", "Ma. Carmen Ruiz"),
    "sounds": ("Francisco Xavier Núñez Zepeda", "Fco. Javier Nunes Cepeda"),
    "order with and without comma": ("ZEPEDA IBARRA, Olga", "Olga Zepeda Ibarra"),
    "another script": ("Володимир Зеленський", "Volodymyr Oleksandrovych Zelenskyy"),
    "blanks left out": ("SergeiLavrov", "Sergei Lavrov"),
    "a blank in another place": ("AREFULLAH AREF GHAZI", "AREFULLAHA REF GHAZI"),
    "a slip of the pen": ("Olga Pinedo Zepeda", "Olga Pineod Zepeda"),
    "a married name": ("Rosa Zepeda Vda. de Quiroz", "Rosa Zepeda de Quiroz"),
    "an alias": ("Olga Pinedo Zepeda", "Rosa Quiroz Elizondo"),
}
NO_LEADS: dict[str, tuple[str, str]] = {
    "another second surname": ("Juan Pérez López", "Juan Pérez García"),
    "another given name": ("Andrej Babiš", "Antonín Babiš"),
    "surnames exchanged, both common": ("Juan Pérez López", "Juan López Pérez"),
    "a common name and no more": ("Juan Pérez", "Juan Pérez López"),
    "nothing in common": ("Olga Pinedo", "Hugo Zavala"),
    "scripts that cannot be compared": ("贝拉克·奥巴马", "Barack Obama"),
    "nobody": ("N/N", "Barack Obama"),
}


@pytest.mark.parametrize("pair", LEADS.values(), ids=LEADS)
def test_leads(pair: tuple[str, str]) -> None:
    one, other = pair
    more = ("Rosa Quiroz Elizondo",) if one == "Olga Pinedo Zepeda" and other.startswith("Rosa") else ()
    assert compared(person(one, *more), person(other)).lead


@pytest.mark.parametrize("pair", NO_LEADS.values(), ids=NO_LEADS)
def test_no_leads(pair: tuple[str, str]) -> None:
    one, other = pair
    assert not compared(person(one), person(other)).lead


def test_a_missing_surname_is_no_evidence_and_a_different_one_is() -> None:
    whole, short, different = (person(f"Juan Pérez{more}") for more in (" López", "", " García"))
    assert weigh(whole, short) == weigh(short, short)
    assert weigh(whole, different) == weigh(whole, short) - 4000


def test_exchanged_surnames_say_less() -> None:
    one, other = person("ZEPEDA IBARRA, Olga"), person("IBARRA ZEPEDA, Olga")
    assert weigh(one, other) < weigh(one, one) - 7000
    assert rows(one, other)["crossed"].weight > 0


def test_a_name_that_contradicts_needs_to_be_borne_out() -> None:
    """A different given name is a lead only with a date or an identifier beside it."""
    names = ("Andrej Babiš", "Antonín Babiš")
    dated = [person(name, births=("1954-09-02",)) for name in names]
    assert not compared(*(person(name) for name in names)).lead
    assert compared(*dated).lead


def test_where_dates_contradict_the_longer_name_has_to_agree_too() -> None:
    short, whole = (person(name, births=("1971-03-24",)) for name in ("Olga Quiroz", "Olga Quiroz Zepeda"))
    other = person("Olga Quiroz Zepeda", births=("1980-11-15",))
    assert compared(short, whole).lead
    assert compared(whole, other).lead
    assert not compared(short, other).lead


def test_firms_and_persons_are_not_compared() -> None:
    assert compare(person("Olga Pinedo"), firm("Olga Pinedo")) is None
    assert weigh(person("Olga Pinedo"), firm("Olga Pinedo")) == 0


def identified(
    kind: str,
    value: str,
    name: str = "Olga Pinedo Zepeda",
    country: str = "",
    births: tuple[str, ...] = (),
    **more: JsonValue,
) -> Prepared:
    """Prepare a person with one identifier."""
    return person(name, identifiers=[{"type": kind, "number": value, "country": country}], births=births, **more)


def test_an_identifier_counts_by_its_check_and_its_issuer() -> None:
    assert rows(identified("curp", CURP), identified("curp", CURP))["number_curp"].weight == 20_000
    assert rows(identified("passport", "G1234567", country="Aa"), identified("passport", "G 123.4567", country="AA"))[
        "number_passport"].weight == 12_000  # fmt: skip
    assert (
        rows(identified("passport", "G1234567"), identified("passport", "G1234567"))["number_passport"].weight == 6000
    )
    assert "number_passport" not in rows(identified("passport", "G1234567"), identified("passport", "G7654321"))
    half = rows(identified("passport", "G1234567", country="Aa"), identified("passport", "G1234567"))
    assert half["number_passport"].weight == 6000
    other = rows(identified("passport", "G1234567", country="Aa"), identified("passport", "G1234567", country="Bb"))
    assert "number_passport" not in other
    slipped = rows(identified("passport", "G1234567"), identified("passport", "G1234657"))["number_passport"]
    assert (slipped.level, slipped.weight) == ("slip", 5000)


def test_another_curp_weighs_against_and_decides_nothing() -> None:
    same = [person("Olga Pinedo Zepeda", births=("1971-03-24",))] * 2
    other = [identified("curp", each, births=("1971-03-24",)) for each in (CURP, OTHER_CURP)]
    assert weigh(*other) == weigh(*same) - 6000
    assert compared(*other).lead


@pytest.mark.parametrize(
    ("kind", "issuer", "said"), [("ssn", "Bb", -4000), ("national_id", "Aa", -4000), ("passport", "Aa", 0)]
)
def test_a_person_has_one_of_some_numbers_and_several_of_others(kind: str, issuer: str, said: int) -> None:
    """Other numbers of one issuer weigh against; one slip of the pen does not, nor a number of another issuer."""
    one = identified(kind, "223456780", country=issuer)
    assert weigh(one, identified(kind, "876554321", country=issuer)) == weigh(one, person("Olga Pinedo Zepeda")) + said
    ours, theirs = (
        identified("national_id", value, country=at) for value, at in (("223456780", "Aa"), ("876554321", "Cc"))
    )
    assert "number_national_id" not in rows(ours, theirs)
    assert rows(one, identified(kind, "223456870", country=issuer))[f"number_{kind}"].level == "slip"


def test_within_a_register_a_word_is_as_common_as_it_is_there() -> None:
    """What many records of one register are called says little in it; the shipped table stays as it is."""
    counts = {"zapaqua": 501, "garcia": 1, "hernandez": 2}
    own = within(counts, 1000)
    assert own is within(dict(counts), 1000), "the same register gives the same tables, and what was prepared with them"
    assert (own.one_in("surname", "zapaqua"), own.bits("surname", "zapaqua").folded) == (4, 2000)
    assert shipped().bits("surname", "zapaqua").folded > 10_000
    assert own.bits("surname", "garcia") == shipped().bits("surname", "garcia")
    assert own.bits("surname", "hernandez") == shipped().bits("surname", "hernandez")
    subject = Subject("person", ("Olga Zapaqua",))
    one, here = prepared(subject), prepared(subject, own)
    assert weigh(here, here) < weigh(one, one)


def test_curp_name_and_date_are_one_witness() -> None:
    """What a CURP was made of is not counted again, and an RFC beside it says a little."""
    both = [{"type": "curp", "number": CURP}, {"type": "rfc", "number": RFC}]
    one = person("Olga Pinedo Zepeda", births=("1971-03-24",), identifiers=both)
    said = rows(one, one)
    assert (said["number_curp"].weight, said["number_rfc"].weight) == (20_000, 3000)
    assert said["counted_once"].weight == -(said["birth"].weight + 10_000)
    nothing = identified("curp", CURP, name="N/N")
    assert "counted_once" not in rows(nothing, nothing)


def test_an_equal_identifier_under_contradictory_names_is_a_finding() -> None:
    found = compared(identified("curp", CURP), identified("curp", CURP, name="Hugo Zavala Quiroz"))
    assert (found.finding, found.lead) == ("identifier_shared", False)


def test_contacts_and_addresses_say_two_bits_together() -> None:
    contacts: JsonValue = [{"type": "telephone", "value": "55 1234 5678"}]
    addresses: JsonValue = [{"address": "Calle Inventada 12"}]
    one = person("Olga Pinedo Zepeda", contacts=contacts, addresses=addresses)
    assert weigh(one, one) == weigh(*[person("Olga Pinedo Zepeda")] * 2) + 2000
    only = person("Olga Pinedo Zepeda", addresses=addresses)
    assert rows(one, only)["address"].weight == 2000


def test_sex_marks_a_contradiction_of_records_and_weighs_nothing() -> None:
    one, other = (person("Guadalupe Pinedo Zepeda", gender=sex) for sex in ("female", "male"))
    assert rows(one, other)["sex"].weight == 0
    assert "sex" not in rows(one, one)


def test_nothing_about_origin_creed_or_danger_is_compared() -> None:
    """The values of a record are a closed list; nationality is not among them."""
    assert {each.name for each in fields(Subject)} == {
        "kind", "names", "births", "numbers", "contacts", "addresses", "sex"
    }  # fmt: skip
    one = person("Olga Pinedo Zepeda", nationalities=[{"country": "Aa"}])
    other = person("Olga Pinedo Zepeda", nationalities=[{"country": "Bb"}], programmes=["SIM"])
    assert weigh(one, other) == weigh(one, one)


def test_a_weak_alias_is_no_name() -> None:
    fields_: Mapping[str, JsonValue] = {
        "subject_type": "person", "name": "Olga Pinedo", "aliases": [{"name": "La Maestra", "strength": "weak"}]
    }  # fmt: skip
    assert of_fields(fields_).names == ("Olga Pinedo",)


BIRTHS: dict[str, tuple[str, str, str, int]] = {
    "equal": ("1971-03-24", "1971-03-24", "equal", 13_800),
    "day and month exchanged": ("1971-03-04", "1971-04-03", "exchanged", 8000),
    "a neighbouring year": ("1971-03-24", "1972-03-24", "neighbour_year", 7500),
    "one digit": ("1971-03-24", "1971-03-14", "one_digit", 7000),
    "the month": ("1971-03-24", "1971-03-15", "month", 4000),
    "the year": ("1971-03-24", "1971-11-15", "year", 300),
    "nothing": ("1971-03-24", "1980-11-15", "contradiction", -6000),
    "a year holds the day": ("1971", "1971-03-24", "compatible", 4822),
    "a month holds the day": ("1971-03", "1971-03-24", "compatible", 8407),
    "1 January is a year": ("1971-01-01", "1971-03-24", "compatible", 4822),
    "day 1 is a month": ("1971-03-01", "1971-03-24", "compatible", 8407),
    "another month": ("1971-04", "1971-03-24", "other_year", -4000),
    "another year": ("1971", "1980-03-24", "other_year", -4000),
}


@pytest.mark.parametrize("case", BIRTHS.values(), ids=BIRTHS)
def test_dates_of_birth(case: tuple[str, str, str, int]) -> None:
    one, other, name, said = case
    a, b = birth_match.day(one), birth_match.day(other)
    assert a
    assert b
    found, back = birth_match.match((a,), (b,)), birth_match.match((b,), (a,))
    assert found
    assert back
    assert (found.level, found.weight) == (back.level, back.weight) == (name, said)


@pytest.mark.parametrize("text", ["", "1971-02-31", "1899-12-31", "2030-01-01", "soon", "1971-13"])
def test_what_is_no_date_of_birth(text: str) -> None:
    assert birth_match.day(text, latest=2026) is None


def test_a_range_and_an_approximate_year_hold_their_years() -> None:
    wide, about, far = (
        birth_match.day("1970", "1975"),
        birth_match.day("1971", approximate=True),
        birth_match.day("1978"),
    )
    assert wide
    assert about
    assert far
    found = birth_match.match((wide,), (about,))
    assert found
    assert (found.level, found.a, found.weight) == ("compatible", "1970/1975", 2237)
    other = birth_match.match((wide,), (far,))
    assert other
    assert other.weight == -4000


def test_of_several_dates_the_best_counts_less_what_was_tried() -> None:
    days = [birth_match.day(each) for each in ("1971-03-24", "1980-11-15")]
    both = tuple(each for each in days if isinstance(each, Day))
    found = birth_match.match(both, both[:1])
    assert found
    assert found.weight == 13_800 - 1000
    assert birth_match.match(both, ()) is None


FIRMS: dict[str, tuple[str, str, bool]] = {
    "legal forms in two spellings": ("Transportes Ejemplo, S.A. de C.V.", "TRANSPORTES EJEMPLO SA DE CV", True),
    "initials with points": ("A.B.C. Company", "ABC Co.", True),
    "blanks left out": ("vanderbilt corp", "van der bilt corp", True),
    "a form written out": ("Siemens Aktiengesellschaft", "Siemens AG", True),
    "another legal form": ("Siemens GmbH", "Siemens AG", True),
    "a form with marks": ("Volkswagen Gesellschaft mit beschränkter Haftung", "Volkswagen GmbH", True),
    "numbers": ("Apollo Fund VIII L.P.", "Apollo Fund IX L.P.", False),
    "numbers that look alike": ("Estrella 20071", "Estrella 20072", False),
    "Roman numbers are not forms": ("Bowne Denmark A/S", "Bowne II Norge A/S", False),
    "generic words": ("Grupo Comercial", "Grupo Comercial Estrella", False),
    "another rare word": ("LXC Aviation", "LAU Aviation", False),
    "no word at all": ("&", "Siemens", False),
    "initials": ("UIF", "Unidad de Inteligencia Financiera", True),
    "initials of too few words": ("UI", "Unidad Inteligente", False),
    "a slip": ("Oboronnye Initsiativy", "Oboronye Initsiativy", True),
}


@pytest.mark.parametrize("case", FIRMS.values(), ids=FIRMS)
def test_firms(case: tuple[str, str, bool]) -> None:
    one, other, lead = case
    assert compared(firm(one), firm(other)).lead is lead


def test_a_form_on_one_side_and_a_word_on_one_side() -> None:
    said = compared(firm("Siemens AG"), firm("Siemens Energy"))
    assert [row.feature for row in said.rows] == ["firm_word", "firm_word"]
    assert said.rows[1].weight < 0
    assert firm_match.prepare("Co.").tokens


def test_keys_find_and_do_not_decide() -> None:
    index: Index[str] = Index()
    known = {
        "olga": identified("curp", CURP, births=("1971-03-24",), contacts=[{"value": "+52 55 1234 5678"}]),
        "hugo": person("Hugo Zavala", contacts=[{"value": "h@example.org"}]),
        "firm": firm("Transportes Ejemplo, S.A. de C.V."),
    }
    for ref, record in known.items():
        index.add(ref, keys_of(record))
    asked = {
        "by nickname and surname": person("Olguita Pinedo"),
        "by surname and year": person("Rosa Pinedo", births=("1971",)),
        "by root": identified("rfc", "PIRO710324XX9", name="N/N"),
        "by telephone": person("N/N", contacts=[{"value": "55-1234-5678"}]),
    }
    assert len(index) == 3
    assert {name: index.candidates(keys_of(each))[:1] for name, each in asked.items()} == dict.fromkeys(
        asked, ("olga",)
    )
    slipped = identified("passport", "G123456")
    assert keys_of(slipped) & keys_of(identified("passport", "G1234567", name="Hugo Zavala"))
    assert index.candidates(keys_of(firm("Ejemplo Transportes"))) == ("firm",)
    assert index.candidates(keys_of(person("Nadie Conocido"))) == ()


def test_a_key_has_the_sensitivity_of_what_it_is_made_of() -> None:
    record = identified("curp", CURP, contacts=[{"value": "+52 55 1234 5678"}])
    assert {key.sensitivity for key in keys_of(record)} == {"identity", "document", "contact"}
    assert {key.sensitivity for key in keys_of(person("Olga Pinedo", "Olga Ruiz"))} == {"identity"}


def test_candidates_are_gathered_from_the_rarest_key_on() -> None:
    common, rare = [f"r{number}" for number in range(399)], ["a", "b"]
    assert set(ranked([common, rare], 1000)) == {"a", "b"}
    assert ranked([["x"], ["x", "y"], ["z", "y"]], 10)[0] == "x"
    assert len(ranked([common], 1000)) == 125


PIECES = st.lists(st.sampled_from(["Juan", "Chuy", "Jesús", "Pérez", "Peres", "López", "de", "J.", "Núñez", "Zepeda", "Olga"]),
                  min_size=1, max_size=5)  # fmt: skip
TEXTS = st.builds(
    lambda words, comma: " ".join(words).replace(" ", ", ", 1) if comma else " ".join(words), PIECES, st.booleans()
)
DATES = st.lists(st.sampled_from(["1971-03-24", "1971", "1980-11-15", "1971-03-01"]), max_size=2)
IDS = st.lists(
    st.sampled_from([("curp", CURP), ("rfc", RFC), ("curp", OTHER_CURP), ("passport", "G1234567")]), max_size=2
)


@st.composite
def records(draw: st.DrawFn) -> Prepared:
    """Draw a record."""
    numbers = [{"type": kind, "number": value} for kind, value in draw(IDS)]
    return person(*draw(st.lists(TEXTS, min_size=1, max_size=2)), births=tuple(draw(DATES)), identifiers=numbers)


@given(records(), records())
def test_the_sum_is_symmetric_and_the_lines_add_up(a: Prepared, b: Prepared) -> None:
    compared(a, b)


@given(st.lists(TEXTS, min_size=1, max_size=3), st.lists(TEXTS, min_size=1, max_size=3))
def test_firms_too(a: list[str], b: list[str]) -> None:
    compared(*(prepared(Subject("organisation", tuple(names))) for names in (a, b)))


@given(st.lists(st.tuples(st.integers(0, 5), st.one_of(st.none(), records())), max_size=12))
def test_an_index_kept_up_to_date_is_the_index_built_anew(changes: list[tuple[int, Prepared | None]]) -> None:
    """After any run of additions and removals the postings are those of what is left."""
    index: Index[int] = Index()
    left: dict[int, frozenset[Key]] = {}
    for ref, record in changes:
        if record is None:
            index.remove(ref)
            left.pop(ref, None)
        else:
            index.add(ref, keys_of(record))
            left[ref] = keys_of(record)
    anew: Index[int] = Index()
    for ref, keys in left.items():
        anew.add(ref, keys)
    assert index.postings() == anew.postings()


def test_many_equal_words_do_not_take_forever() -> None:
    """Of very many agreements of single words only the strongest are looked at."""
    one = name_match.prepare("Juan Juan Juan Juan Juan Juan Juan Juan Juan")
    assert name_match.match(one, one).weight > LEAD
    initials = name_match.prepare("J. J. J. Juan Javier José Jesús Jaime")
    assert name_match.match(initials, initials).weight > LEAD


def test_numbers_that_cannot_be() -> None:
    assert number("curp", CURP[:-1], "") is None
    assert number("ssn", "078-05-1120", "") is None
    assert number("ssn", "666-09-9998", "") is None
    assert number("ssn", "219-09-0000", "") is None
    plain = number("ssn", "219-09-9998", "")
    assert isinstance(plain, Number)
    assert plain.weight == 12_000
    assert number("passport", "A1", "Aa") is None
    found = number("rfc", "PIRO710324AB9", "")
    assert isinstance(found, Number)
    assert (found.weight, found.key) == (12_000, "rfc::PIRO710324AB9")


def test_every_feature_and_level_has_words_in_both_languages() -> None:
    """No line of an explanation is a bare code."""
    assert set(ROLE_FEATURES.values()) | {"crossed", "birth", "contact", "address", "sex", "counted_once"} < set(
        code_list("feature")
    )
    assert {*LEVELS, *birth_match.WEIGHTS} == set(code_list("level"))
    row = Row("number_curp", "written", "", "", 0, 0)
    assert feature_words(row).es == "Identificador: CURP"
    assert level_words(row).en == "The same, accents and capitals aside"
    assert feature_words(Row("given", "slip", "", "", 0, 0)).en == "Given name"


@pytest.mark.parametrize(
    ("one", "other", "lead"),
    [
        ("Fondo Ejemplo Zapaqua, Ltd.", "Fondo Ejemplo Zapaqua II, Ltd.", False),
        ("Banco Zapaqua, S.A.", "Banco Zapaqua México, S.A.", False),
        ("Banco Zapaqua México, S.A.", "Banco Zapaqua de Mexico", True),
        ("Banco Zapaqua, S.A.", "Banco Zapaqua Popular", True),
    ],
)
def test_a_number_or_a_country_tells_firms_of_one_group_apart(one: str, other: str, *, lead: bool) -> None:
    """A word that is missing is no contradiction, a number or a country is."""
    assert compared(firm(one), firm(other)).lead == lead
