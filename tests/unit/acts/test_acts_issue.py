# SPDX-License-Identifier: Apache-2.0
"""Issuing: what is signed, how it is padded, and what is refused before anything is signed."""

import json
from base64 import urlsafe_b64decode
from typing import Any

import pytest

from paridad.acts.envelope import NO_FOLIO, SeenHead
from paridad.acts.errors import BodyRefused, DraftRefused
from paridad.acts.issue import PADDING, ActSigner, issue
from paridad.acts.verify import MAX_DISCLOSURE, MAX_DISCLOSURES, MAX_SIGNED
from paridad.acts.vocabulary import load_vocabulary
from paridad.base.strict import MAX_STRING
from support.acts import (
    CLAIMS,
    DIGEST,
    HEADER,
    KID,
    NOW,
    PRG,
    SEEN,
    SIGNER,
    VOCABULARY,
    counting_random,
    draft_of,
    make_act,
    open_made,
)


def part(signed: bytes, number: int) -> Any:
    """Return the header (0) or payload (1) of a signed text, read independently."""
    text = signed.split(b".")[number]
    return json.loads(urlsafe_b64decode(text + b"=" * (-len(text) % 4)))


def opened(text: str) -> Any:
    """Return what stands in a disclosure, read independently."""
    return json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def test_header_and_claims_are_those_of_the_specification() -> None:
    made = make_act({"name": "Íñigo Núñez"})
    claims = part(made.signed, 1)
    assert part(made.signed, 0) == HEADER
    assert set(claims) == set(CLAIMS) | {"_sd"}
    assert {
        name: claims[name]
        for name in ("iss", "iat", "prg", "knd", "fol", "re", "aud", "hnd", "pur", "bas", "see", "_sd_alg")
    } == {name: CLAIMS[name] for name in CLAIMS if name != "jti"}


def test_the_signature_covers_header_and_payload() -> None:
    text, _, signature = make_act({}).signed.rpartition(b".")
    SIGNER.public.verify(urlsafe_b64decode(signature + b"=="), text)


def test_a_disclosure_is_salt_name_value_and_the_salts_differ() -> None:
    made = make_act({"name": "ñ", "count": 3, "armed": False})
    trees = [opened(text) for text in made.texts]
    assert [tree[1:] for tree in trees] == [["name", "ñ"], ["count", 3], ["armed", False]]
    assert len({tree[0] for tree in trees}) == 3
    assert all(len(urlsafe_b64decode(tree[0] + "==")) == 16 for tree in trees)


def test_what_is_issued_is_what_a_reader_opens() -> None:
    made = make_act({"birth": {"date": "1970"}, "name": "x", "aliases": ["a", "b"]})
    act = open_made(made.wire)
    assert made.disclosures == act.disclosures
    assert (made.kid, made.envelope, made.kind) == (act.kid, act.envelope, act.kind)
    assert list(made.disclosures) == ["birth", "birth.date", "name", "aliases", "aliases[0]", "aliases[1]"]


def test_parents_stand_before_their_parts() -> None:
    made = make_act({"birth": {"date": "1970", "places": ["a", "b"]}, "name": "x", "visits": [{"place": "z"}]})
    assert [
        opened(text)[1:] for text in made.texts if "_sd" not in str(opened(text)) and "..." not in str(opened(text))
    ] == [
        ["date", "1970"],
        ["places", ["a", "b"]],
        ["name", "x"],
        [{"place": "z"}],
    ]
    assert opened(made.texts[0])[1] == "birth"
    assert opened(made.texts[4])[1] == "visits"


@pytest.mark.parametrize(("fields", "size"), [(0, 16), (15, 16), (16, 16), (17, 32), (32, 32), (33, 64), (40, 64)])
def test_the_top_level_is_padded_and_sorted(fields: int, size: int) -> None:
    digests = part(make_act({f"f{n}": "x" for n in range(fields)}).signed, 1)["_sd"]
    assert len(digests) == size
    assert digests == sorted(set(digests))


@pytest.mark.parametrize(("elements", "size"), [(0, 16), (16, 16), (17, 32), (200, 256)])
def test_a_list_is_padded_and_keeps_its_order(elements: int, size: int) -> None:
    made = make_act({"aliases": [f"alias {n}" for n in range(elements)]})
    assert len(opened(made.texts[0])[2]) == size
    assert open_made(made.wire).fields == {"aliases": [f"alias {n}" for n in range(elements)]}


def test_a_record_is_padded_and_sorted() -> None:
    digests = opened(make_act({"birth": {"date": "1970"}}).texts[0])[2]["_sd"]
    assert len(digests) == 16
    assert digests == sorted(set(digests))


def test_an_empty_list_and_a_full_one_look_alike_from_outside() -> None:
    assert len(make_act({"aliases": []}).signed) == len(make_act({"aliases": ["a"] * 16}).signed)


def test_padding_classes_are_those_of_the_specification() -> None:
    assert PADDING == (16, 32, 64, 128, 256, 512)


def test_an_internal_record_without_folio_opens() -> None:
    draft = draft_of({"name": "x"}, aud=("AA/ONE",), folio=NO_FOLIO, re=())
    assert draft.internal
    made = make_act({"name": "x"}, aud=("AA/ONE",), folio=NO_FOLIO, re=())
    assert open_made(made.wire).envelope.aud == ("AA/ONE",)
    assert not draft_of({}, aud=("AA/ONE", "BB/TWO")).internal


def issue_with(**changes: Any) -> bytes:
    """Issue an act with one thing changed, and return its wire form."""
    fields = changes.pop("fields", {"name": "x"})
    arguments: dict[str, Any] = {
        "vocabulary": VOCABULARY,
        "signer": ActSigner(KID, SIGNER.sign),
        "prg": PRG,
        "iat": NOW,
        "see": (SEEN,),
        "random": counting_random(),
    }
    of_the_call = {name: changes.pop(name) for name in tuple(changes) if name in arguments}
    return issue(draft_of(fields, **changes), **(arguments | of_the_call)).wire


ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("the draft as it is", {}),
    ("no fields", {"fields": {}}),
    ("no heads seen", {"see": ()}),
    ("tuples as lists", {"fields": {"aliases": ("a", "b")}}),
    ("a text of 16 KiB", {"fields": {"name": "x" * MAX_STRING}}),
    ("the longest list that fits a disclosure", {"fields": {"aliases": ["x"] * 256}}),
]
REFUSED: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("a kind that is not known", {"kind": "practice/record/2"}, DraftRefused, "practice/record/2 is not known"),
    ("a key of another agency", {"iss": "AA/TWO"}, DraftRefused, "AA/ONE#1 is not of AA/TWO"),
    ("a field that the kind lacks", {"fields": {"shoe": 1}}, BodyRefused, "practice/record/1.shoe does not exist"),
    ("a value of another type", {"fields": {"count": "1"}}, BodyRefused, "count is not of type integer"),
    ("an addressee that is no agency", {"aud": ("BB",)}, DraftRefused, "'aud'"),
    ("no addressee", {"aud": ()}, DraftRefused, "'aud'"),
    ("a reference that is no hash", {"re": ("x",)}, DraftRefused, "'re'"),
    ("a head without a hash as root", {"see": (SeenHead("x", 1, "y"),)}, DraftRefused, "'see'"),
    ("a charter without a hash", {"prg": "practice"}, DraftRefused, "'prg'"),
    ("a time before 1970", {"iat": -1}, DraftRefused, "'iat'"),
    ("a float as time", {"iat": 1.5}, DraftRefused, "'iat'"),
    ("a folio with a blank", {"folio": "a b"}, DraftRefused, "'fol'"),
    ("a text over 16 KiB", {"fields": {"name": "x" * (MAX_STRING + 1)}}, DraftRefused, "16384 bytes"),
    ("a text with U+0000", {"fields": {"name": "a\0b"}}, DraftRefused, r"U\+0000"),
    ("a list over 512", {"fields": {"aliases": ["x"] * 513}}, DraftRefused, "513 parts; 512 fit"),
    ("a list over what fits a disclosure", {"fields": {"aliases": ["x"] * 257}}, DraftRefused, "too large"),
    ("fields over 1 MiB together", {"fields": {"aliases": ["x" * 15_000] * 53}}, DraftRefused, "too large"),
    ("a signed part over 65,535 bytes", {"re": (DIGEST,) * 1020, "see": (SEEN,) * 100}, DraftRefused, "too large"),
]  # fmt: skip


@pytest.mark.parametrize("changes", [row[1] for row in ACCEPTED], ids=[row[0] for row in ACCEPTED])
def test_what_can_be_said_is_signed_and_opens(changes: dict[str, Any]) -> None:
    assert open_made(issue_with(**changes)).kid == KID


def lengths(**changes: Any) -> list[int]:
    """Return how long the parts of an act are: the signed one, then its disclosures."""
    return [len(text) for text in issue_with(**changes).split(b"~")[:-1]]


def test_a_signed_part_of_65_535_bytes_is_the_longest() -> None:
    """A folio of the right length fills it; the next length is refused."""
    fixed: dict[str, Any] = {"re": (DIGEST,) * 1011, "see": (SEEN,) * 16, "fields": {}}
    assert lengths(folio="fffff", **fixed) == [MAX_SIGNED]
    with pytest.raises(DraftRefused, match="too large"):
        issue_with(folio="ffffff", **fixed)


def test_a_disclosure_of_32_kib_is_the_longest() -> None:
    """32,768 characters carry 24,576 bytes; one byte more is refused."""
    fields: dict[str, Any] = {"birth": {"places": ["x" * 16_000, ""]}}
    rest = 24_576 - lengths(fields=fields)[2] * 3 // 4
    fields["birth"]["places"][1] = "x" * rest
    assert lengths(fields=fields)[2] == MAX_DISCLOSURE
    fields["birth"]["places"][1] += "x"
    with pytest.raises(DraftRefused, match="too large"):
        issue_with(fields=fields)


def test_disclosures_of_1_mib_are_the_most() -> None:
    """Together 1,048,576 characters; the next length is refused."""
    fields: dict[str, Any] = {"aliases": ["x" * 16_000] * 48, "f1": "", "name": ""}
    fields["name"] = "x" * ((MAX_DISCLOSURES - sum(lengths(fields=fields)[1:])) * 3 // 4)
    assert sum(lengths(fields=fields)[1:]) == MAX_DISCLOSURES
    fields["name"] += "x"
    with pytest.raises(DraftRefused, match="too large"):
        issue_with(fields=fields)


@pytest.mark.parametrize(("changes", "error", "words"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_cannot_be_said_is_not_signed(changes: dict[str, Any], error: type[Exception], words: str) -> None:
    def never(message: bytes) -> bytes:
        signed.append(message)
        return SIGNER.sign(message)

    signed: list[bytes] = []
    with pytest.raises(error, match=words):
        issue_with(signer=ActSigner(KID, never), **changes)
    assert not signed


WITH_REQUIRED = load_vocabulary(
    [
        b"""
[kind."practice/record/1"]
es = "Expediente"
en = "Record"
[kind."practice/record/1".field.name]
type = "text"
sensitivity = "identity"
required = true
es = "Nombre"
en = "Name"
[kind."practice/record/1".field.birth]
type = "record"
sensitivity = "identity"
es = "Nacimiento"
en = "Birth"
[kind."practice/record/1".field.birth.field.date]
type = "date"
required = true
es = "Fecha"
en = "Date"
[kind."practice/record/1".field.visits]
type = "list"
sensitivity = "identity"
es = "Visitas"
en = "Visits"
[kind."practice/record/1".field.visits.element]
type = "record"
[kind."practice/record/1".field.visits.element.field.place]
type = "text"
required = true
es = "Lugar"
en = "Place"
"""
    ]
)


def test_a_required_field_binds_the_issuer_only() -> None:
    required = WITH_REQUIRED
    with pytest.raises(BodyRefused, match=r"practice/record/1.name is missing"):
        issue_with(vocabulary=required, fields={})
    with pytest.raises(BodyRefused, match=r"practice/record/1.birth.date is missing"):
        issue_with(vocabulary=required, fields={"name": "x", "birth": {}})
    with pytest.raises(BodyRefused, match=r"practice/record/1.visits.place is missing"):
        issue_with(vocabulary=required, fields={"name": "x", "visits": [{"place": "y"}, {}]})
    wire = issue_with(vocabulary=required, fields={"name": "x", "birth": {"date": "1970"}, "visits": [{"place": "y"}]})
    assert open_made(wire.partition(b"~")[0] + b"~", vocabulary=required).fields == {}


def test_a_random_source_that_repeats_itself_is_noticed() -> None:
    with pytest.raises(RuntimeError, match="repeated itself"):
        issue_with(fields={"name": "x", "code": "y"}, random=bytes)
