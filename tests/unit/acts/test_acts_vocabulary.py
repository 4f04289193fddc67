# SPDX-License-Identifier: Apache-2.0
"""Vocabulary files: what they may say, and how a body is held against them."""

import contextlib
from pathlib import Path
from typing import Any

import pytest

import paridad
from paridad.acts.errors import BodyRefused, VocabularyRefused
from paridad.acts.vocabulary import SENSITIVITIES, Field, Kind, check_body, load_vocabulary
from paridad.base.words import Words
from support.acts import DIGEST, KIND, VOCABULARY

SHIPPED = sorted(Path(paridad.__file__).parent.rglob("vocabulary.toml"))

LABELS = 'es = "Uno"\nen = "One"\n'
HEAD = f'[kind."a/b/1"]\n{LABELS}'
FIELD = f'[kind."a/b/1".field.f]\n{LABELS}sensitivity = "identity"\n'
TEXT = f'{HEAD}{FIELD}type = "text"\n'
LIST = f'{HEAD}{FIELD}type = "list"\n[kind."a/b/1".field.f.element]\n'
RECORD = f'{HEAD}{FIELD}type = "record"\n[kind."a/b/1".field.f.field.g]\n'


def practice() -> Kind:
    kind = VOCABULARY.kind(KIND)
    assert kind is not None
    return kind


def test_there_are_vocabulary_files_to_ship() -> None:
    assert SHIPPED


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_every_shipped_vocabulary_loads(path: Path) -> None:
    assert load_vocabulary([path.read_bytes()]).kinds


def test_all_shipped_vocabularies_load_together() -> None:
    assert load_vocabulary(path.read_bytes() for path in SHIPPED).kinds


LOADED = [
    ("nothing at all", ""),
    ("a kind without fields", HEAD),
    ("a text", TEXT),
    ("a text with unit, term and duty", f'{TEXT}unit = "km"\nterm = "ftm:name"\nrequired = true\n'),
    ("a list whose elements say only their type", f'{LIST}type = "text"\n'),
    ("a list whose elements have words of their own", f'{LIST}type = "text"\n{LABELS}sensitivity = "source"\n'),
    ("a record", f'{RECORD}type = "text"\n{LABELS}'),
    ("a record in a list", f'{LIST}type = "record"\n[kind."a/b/1".field.f.element.field.g]\ntype = "date"\n{LABELS}'),
]

REFUSED = [
    ("not TOML", "[", "The vocabulary is not TOML: "),
    ("a table that is not known", "[kinds]\n", "vocabulary.toml.kinds is not known; admitted are: kind."),
    ("kinds that are no table", "kind = 1\n", ".kind is of another type."),
    ("a kind that is no table", 'kind = {"a/b/1" = 1}\n', ".a/b/1 must be a table."),
    ("a kind without version", f'[kind."a/b"]\n{LABELS}', "a/b does not have the form package/name/version."),
    ("a kind without English", '[kind."a/b/1"]\nes = "Uno"\n', "a/b/1 needs a label in both languages"),
    ("a kind without Spanish", '[kind."a/b/1"]\nen = "One"\n', "a/b/1 needs a label in both languages"),
    ("a blank label", '[kind."a/b/1"]\nes = " "\nen = "One"\n', "a/b/1 needs a label in both languages"),
    ("a label that is a number", '[kind."a/b/1"]\nes = 1\nen = "One"\n', "a/b/1 needs a label in both languages"),
    ("a kind with something else", f"{HEAD}color = 1\n", "a/b/1.color is not known; admitted are: en, es, field."),
    ("a field without type", f"{HEAD}{FIELD}", "a/b/1.f has a type that is not one of: text, code, "),
    ("a field of a foreign type", f'{HEAD}{FIELD}type = "float"\n', "a/b/1.f has a type that is not one of: text, code, "),
    ("a field without label", f'{HEAD}[kind."a/b/1".field.f]\ntype = "text"\nsensitivity = "identity"\n', "a/b/1.f needs a label in both languages"),
    ("a field with one label", f'{HEAD}[kind."a/b/1".field.f]\ntype = "text"\nes = "x"\nsensitivity = "identity"\n', "a/b/1.f needs a label in both languages"),
    ("a field without sensitivity", f'{HEAD}[kind."a/b/1".field.f]\n{LABELS}type = "text"\n', "a/b/1.f has no sensitivity of the list: procedural, identity, "),
    ("a misspelt sensitivity", TEXT.replace('"identity"', '"identitty"'), "a/b/1.f has no sensitivity of the list: procedural, identity, "),
    ("a duty that is a text", f'{TEXT}required = "yes"\n', "a/b/1.f.required is of another type."),
    ("a unit that is a number", f"{TEXT}unit = 1\n", "a/b/1.f.unit is of another type."),
    ("a term that is a number", f"{TEXT}term = 1\n", "a/b/1.f.term is of another type."),
    ("elements that are a number", f'{HEAD}{FIELD}type = "list"\nelement = 1\n', "a/b/1.f.element is of another type."),
    ("fields that are a number", f"{HEAD}field = 1\n", "a/b/1.field is of another type."),
    ("a field that is a number", f"{HEAD}field.f = 1\n", "a/b/1.f must be a table."),
    ("an entry that is not known", f'{TEXT}help = "x"\n', "a/b/1.f.help is not known; admitted are: en, es, required, "),
    ("elements of what is no list", f'{TEXT}[kind."a/b/1".field.f.element]\ntype = "text"\n', "a/b/1.f.element is not known; admitted are: "),
    ("sub-fields of what is no record", f'{TEXT}[kind."a/b/1".field.f.field.g]\ntype = "text"\n', "a/b/1.f.field is not known; admitted are: "),
    ("a list that does not say of what", f'{HEAD}{FIELD}type = "list"\n', "a/b/1.f.element has a type that is not one of: "),
    ("a sub-field without label", f'{RECORD}type = "text"\n', "a/b/1.f.g needs a label in both languages"),
    ("a field named like a claim", TEXT.replace(".f]", ".aud]"), "a/b/1.aud is a reserved or invalid name."),
    ("a field named exp", TEXT.replace(".f]", ".exp]"), "a/b/1.exp is a reserved or invalid name."),
    ("a field named _sd", TEXT.replace(".f]", "._sd]"), "a/b/1._sd is a reserved or invalid name."),
    ("a field in capitals", TEXT.replace(".f]", ".F]"), "a/b/1.F is a reserved or invalid name."),
    ("a sub-field named like a claim", RECORD.replace(".g]", ".iss]") + f'type = "text"\n{LABELS}', "a/b/1.f.iss is a reserved or invalid name."),
]  # fmt: skip


@pytest.mark.parametrize("text", [row[1] for row in LOADED], ids=[row[0] for row in LOADED])
def test_what_a_file_may_say(text: str) -> None:
    load_vocabulary([text.encode()])


@pytest.mark.parametrize(("text", "words"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_a_file_may_not_say(text: str, words: str) -> None:
    """The place comes first, so that whoever wrote the file finds it."""
    with pytest.raises(VocabularyRefused) as caught:
        load_vocabulary([text.encode()])
    assert caught.value.words.en.startswith(words)


def test_a_file_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(VocabularyRefused, match="not TOML"):
        load_vocabulary([b"\xff"])


def test_a_kind_defined_in_two_files_is_refused() -> None:
    with pytest.raises(VocabularyRefused, match="a/b/1 is defined twice"):
        load_vocabulary([TEXT.encode(), HEAD.encode()])


ONE = Words(es="Uno", en="One")
OWN = 'sensitivity = "source"\nes = "Dos"\nen = "Two"\n'

SAID: list[tuple[str, str, Field]] = [
    ("a text", TEXT, Field("f", "text", "identity", ONE)),
    (
        "a text with unit, term and duty",
        f'{TEXT}unit = "km"\nterm = "ftm:name"\nrequired = true\n',
        Field("f", "text", "identity", ONE, required=True, unit="km", term="ftm:name"),
    ),
    (
        "a list whose elements say only their type",
        f'{LIST}type = "code"\n',
        Field("f", "list", "identity", ONE, element=Field("f", "code", "identity", ONE)),
    ),
    (
        "a list whose elements have words of their own",
        f'{LIST}type = "code"\n{OWN}',
        Field("f", "list", "identity", ONE, element=Field("f", "code", "source", Words(es="Dos", en="Two"))),
    ),
    (
        "a record whose part says its sensitivity",
        f'{RECORD}type = "date"\nrequired = true\n{OWN}',
        Field(
            "f",
            "record",
            "identity",
            ONE,
            members={"g": Field("g", "date", "source", Words(es="Dos", en="Two"), required=True)},
        ),
    ),
]


@pytest.mark.parametrize(("text", "said"), [row[1:] for row in SAID], ids=[row[0] for row in SAID])
def test_a_file_is_read_as_it_says(text: str, said: Field) -> None:
    kind = load_vocabulary([text.encode()]).kinds["a/b/1"]
    assert (kind.name, kind.label, kind.fields) == ("a/b/1", ONE, {"f": said})


def test_parts_take_words_and_sensitivity_of_their_whole() -> None:
    kind = load_vocabulary(
        [f'{LIST}type = "record"\n[kind."a/b/1".field.f.element.field.g]\ntype = "date"\n{LABELS}'.encode()]
    ).kinds["a/b/1"]
    whole = kind.fields["f"]
    assert whole.element is not None
    assert (whole.element.name, whole.element.label, whole.element.sensitivity) == (
        "f",
        Words(es="Uno", en="One"),
        "identity",
    )
    assert whole.element.members["g"].sensitivity == "identity"


def test_sensitivities_are_a_closed_list() -> None:
    assert len(SENSITIVITIES) == len(set(SENSITIVITIES)) == 12
    assert load_vocabulary([TEXT.encode()]).kind("a/b/2") is None


@pytest.mark.parametrize(
    ("path", "type_"),
    [
        ("name", "text"),
        ("birth", "record"),
        ("birth.date", "date"),
        ("birth.places", "list"),
        ("aliases", "list"),
        ("aliases[2]", "text"),
        ("visits[0]", "record"),
        ("visits[0].place", "text"),
        ("shoe", None),
        ("birth.shoe", None),
        ("name[0]", None),
        ("name.first", None),
        ("[0]", None),
        ("", None),
        ("birth..date", None),
        ("Name", None),
    ],
)
def test_a_path_names_a_field_of_the_kind(path: str, type_: str | None) -> None:
    found = practice().field_at(path)
    assert (found and found.type) == type_


FITS: dict[str, tuple[list[Any], list[Any]]] = {
    "name": (["", "Íñigo"], [None, 1, True, ["x"], {"x": "y"}]),
    "code": (["X-1", "AMBER+STRICT", "a" * 256], ["", "a b", "ñ", "a" * 257, "x\n", 1]),
    "count": ([0, -1, 2**53 - 1], ["1", True, None]),
    "armed": ([True, False], [0, 1, "true", None]),
    "day": (["1970", "1970-12", "1970-12-31", "2024-02-29"], ["70", "1970-13", "1970-02-30", "2023-02-29", "0000", "1970-1", "1970-01-01T00", "1970\n", 1970]),
    "seen": ([0, 1_790_000_000], [-1, True, "0"]),
    "about": ([DIGEST], [DIGEST[:-1], DIGEST + "A", "A" * 42 + "B", 1]),
    "amount": (["0", "-1", "10.50", "0.0"], ["", "01", "1.", ".5", "1e3", "+1", "1,5", 1]),
    "aliases": ([[], ["a"], ("a", "b")], ["a", [1], [["a"]], {"a": "b"}]),
    "visits": ([[], [{}], [{"place": "x"}]], [{"place": "x"}, [{"shoe": 1}], [{"place": 1}], ["x"]]),
    "birth": ([{}, {"date": "1970", "places": ["a"]}], [[], "1970", {"shoe": 1}, {"date": 1970}, {"places": [1]}]),
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (good, _) in FITS.items() for value in good])
def test_values_that_fit_their_field(name: str, value: Any) -> None:
    check_body(practice(), {name: value})


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, (_, bad) in FITS.items() for value in bad])
def test_values_that_do_not_fit_their_field(name: str, value: Any) -> None:
    with pytest.raises(BodyRefused, match=rf"practice/record/1\.{name}"):
        check_body(practice(), {name: value})


def test_a_body_may_be_partial_but_nothing_is_unknown() -> None:
    check_body(practice(), {})
    with pytest.raises(BodyRefused, match="shoe does not exist in the vocabulary"):
        check_body(practice(), {"name": "x", "shoe": 44})


@pytest.mark.parametrize(
    ("values", "fits"),
    [([], True), ([DIGEST], True), ([DIGEST, DIGEST], True), ([DIGEST, DIGEST[:-1]], False), ([DIGEST, 1], False)],
)
def test_a_list_of_digests_is_one_by_one_what_it_is_at_once(values: list[Any], fits: bool) -> None:
    kind = load_vocabulary([f'{LIST}type = "hash"\n'.encode()]).kinds["a/b/1"]
    with contextlib.nullcontext() if fits else pytest.raises(BodyRefused, match=r"a/b/1\.f is not of type hash"):
        check_body(kind, {"f": values})
