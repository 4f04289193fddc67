# SPDX-License-Identifier: Apache-2.0
"""The strict reader: one accepted spelling of everything; each table of refusals stands beside accepted rows."""

import json
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from paridad.base.errors import Malformed
from paridad.base.strict import (
    MAX_ARRAY,
    MAX_INTEGER,
    MAX_STRING,
    are_base64url,
    are_digests,
    decode_base64url,
    decode_base64url_each,
    encode_base64url,
    encode_base64url_each,
    encode_digests,
    read_json,
    read_json_each,
    write_json,
    write_json_each,
)

KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True) | st.sampled_from(["_sd", "_sd_alg", "...", "z" * 64])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=20
)


# base64url


@given(st.binary())
def test_base64url_is_that_of_the_standard_library_without_padding(data: bytes) -> None:
    text = encode_base64url(data)
    assert text == urlsafe_b64encode(data).decode().rstrip("=")
    assert decode_base64url(text) == data


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=5))
def test_many_digests_are_encoded_as_each_is_by_itself(digests: list[bytes]) -> None:
    assert encode_digests(digests) == [encode_base64url(digest) for digest in digests]


@given(st.text(st.sampled_from("AQgwZz09-_+/=\n ñ"), max_size=9))
def test_no_two_texts_of_base64url_mean_the_same(text: str) -> None:
    try:
        data = decode_base64url(text)
    except Malformed:
        return
    assert encode_base64url(data) == text


BASE64URL = [
    ("", True),
    ("AA", True),
    ("AAA", True),
    ("AAAA", True),
    ("-_-_", True),
    ("A", False),
    ("AAAAA", False),
    ("AB", False),
    ("AAB", False),
    ("AA==", False),
    ("AAA=", False),
    ("AAAA=", False),
    ("AA=A", False),
    ("=AAA", False),
    ("=", False),
    ("+/+/", False),
    ("AA AA", False),
    ("AAAA\n", False),
    ("\nAAAA", False),
    ("AAAA\0", False),
    ("AAñA", False),
    ("AA\ud800A", False),
    ("ＡＡＡＡ", False),  # full-width letters
]


@pytest.mark.parametrize(("text", "accepted"), BASE64URL)
def test_base64url_has_one_spelling(text: str, accepted: bool) -> None:
    if accepted:
        assert encode_base64url(decode_base64url(text)) == text
        return
    with pytest.raises(Malformed, match="base64url"):
        decode_base64url(text)


# Reading JSON

READ: list[tuple[bytes, Any]] = [
    (b"{}", {}),
    (b"[]", []),
    (b"null", None),
    (b'""', ""),
    (b"0", 0),
    (b"-1", -1),
    (b"9007199254740991", MAX_INTEGER),
    (b"-9007199254740991", -MAX_INTEGER),
    (b'{ "a" :\t[ 1 ,\r\n 2 ] }', {"a": [1, 2]}),
    (b'{"_sd":[],"_sd_alg":"sha-256","...":"x"}', {"_sd": [], "_sd_alg": "sha-256", "...": "x"}),
    ('"ñ \\u00f1 \\ud83d\\ude00 😀"'.encode(), "ñ ñ 😀 😀"),
    (b"[" * 8 + b"]" * 8, [[[[[[[[]]]]]]]]),
    (b'"[[[[[[[[[[{{{{{{{{{{"', "[[[[[[[[[[{{{{{{{{{{"),
    (b'["[[[[[[[[[\\"[[[[[[[[[\\\\","]]]"]', ['[[[[[[[[["[[[[[[[[[\\', "]]]"]),
    (b'[[1],[2],[3],[4],[5],[6],[7],[8],[{"a":[]}]]', [[1], [2], [3], [4], [5], [6], [7], [8], [{"a": []}]]),
    (b'"' + b"x" * MAX_STRING + b'"', "x" * MAX_STRING),
    (b"[" + b"1," * (MAX_ARRAY - 1) + b"1]", [1] * MAX_ARRAY),
    (b'{"' + b"z" * 64 + b'":1}', {"z" * 64: 1}),
]  # fmt: skip

REFUSED: list[tuple[str, bytes, str]] = [
    ("nothing", b"", "Malformed JSON"),
    ("a blank before", b" 1", "Malformed JSON"),
    ("a blank behind", b"1 ", "outside"),
    ("a line break behind", b"{}\n", "outside"),
    ("two values", b"{}{}", "outside"),
    ("a leading zero", b"01", "outside"),
    ("a byte order mark", b"\xef\xbb\xbf{}", "Malformed JSON"),
    ("UTF-16 with mark", '{"a":1}'.encode("utf-16"), "UTF-8"),
    ("UTF-16 without mark", '{"a":1}'.encode("utf-16-le"), "Malformed JSON"),
    ("an overlong encoding", b'"\xc0\xaf"', "UTF-8"),
    ("an encoded surrogate", b'"\xed\xa0\x80"', "UTF-8"),
    ("a lone surrogate as escape", b'"\\ud800"', "surrogate"),
    ("a low surrogate first", b'"\\udc00\\ud800"', "surrogate"),
    ("U+0000 as escape", b'"\\u0000"', r"U\+0000"),
    ("U+0000 in a key", b'{"\\u0000":1}', "Key"),
    ("a control character", b'"\x01"', "Malformed JSON"),
    ("an unknown escape", b'"\\x41"', "Malformed JSON"),
    ("a comment", b"{} // x", "outside"),
    ("a comma too many", b"[1,]", "Malformed JSON"),
    ("single quotes", b"{'a':1}", "Malformed JSON"),
    ("a key twice", b'{"a":1,"a":1}', "'a' stands twice"),
    ("a key twice through an escape", b'{"a":1,"\\u0061":1}', "'a' stands twice"),
    ("a key twice further in", b'[{"b":{"a":1,"c":2,"a":1}}]', "'a' stands twice"),
    ("an empty key", b'{"":1}', "Key not admitted"),
    ("a key in capitals", b'{"A":1}', "Key not admitted"),
    ("a key with a hyphen", b'{"a-b":1}', "Key not admitted"),
    ("a key beyond ASCII", '{"año":1}'.encode(), "Key not admitted"),
    ("a key of 65 characters", b'{"' + b"z" * 65 + b'":1}', "Key not admitted"),
    ("a key with a line break", b'{"a\\n":1}', "Key not admitted"),
    ("another reserved-looking key", b'{"_sd_hash":1}', "Key not admitted"),
    ("a float", b"1.0", "point, exponent"),
    ("an exponent", b"1e3", "point, exponent"),
    ("an infinite exponent", b"1e400", "point, exponent"),
    ("NaN", b"NaN", "point, exponent"),
    ("Infinity", b"[-Infinity]", "point, exponent"),
    ("minus zero", b"-0", "Integer not admitted: -0"),
    ("2^53", b"9007199254740992", "Integer not admitted"),
    ("-2^53", b"-9007199254740992", "Integer not admitted"),
    ("seventeen digits", b"10000000000000000", "Integer not admitted"),
    ("five thousand digits", b"9" * 5000, "Integer not admitted"),
    ("a string over 16 KiB", b'"' + b"x" * (MAX_STRING + 1) + b'"', "16384 bytes"),
    ("a string over 16 KiB in UTF-8 only", '"{}"'.format("ñ" * (MAX_STRING // 2 + 1)).encode(), "16384 bytes"),
    ("an array over 1,024", b"[" + b"1," * MAX_ARRAY + b"1]", "list of more than 1024"),
    ("an array over 1,024 further in", b'{"a":[[' + b"1," * MAX_ARRAY + b"1]]}", "list of more than 1024"),
    ("nine levels", b"[" * 9 + b"]" * 9, "deeper than 8"),
    ("nine levels of objects", b'{"a":' * 9 + b"1" + b"}" * 9, "deeper than 8"),
    ("nine levels after a string with brackets", b'["]]]]",' + b"[" * 8 + b"]" * 9, "deeper than 8"),
    ("nine levels after an escaped quote", b'["\\"]]]]",' + b"[" * 8 + b"]" * 9, "deeper than 8"),
    ("nine levels side by side with eight", b"[[[[[[[[]]]]]]],[[[[[[[[]]]]]]]]]", "deeper than 8"),
    ("five thousand levels", b"[" * 5000, "deeper than 8"),
    ("brackets in a string that nobody closes", b'"' + b"[" * 5000, "Malformed JSON"),
    ("a string that ends in a backslash", b'["' + b"[" * 20 + b"\\", "Malformed JSON"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "value"), READ)
def test_what_is_read(data: bytes, value: object) -> None:
    assert read_json(data) == value


@pytest.mark.parametrize(("data", "words"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        read_json(data)


@given(st.binary(max_size=60) | st.text(st.sampled_from('{}[]",:\\u0a1-.e \n'), max_size=40).map(str.encode))
def test_only_the_declared_error_leaves_the_reader(data: bytes) -> None:
    try:
        value = read_json(data)
    except Malformed:
        return
    assert json.loads(data) == value


@given(TREES)
def test_what_is_read_is_what_the_standard_library_reads(tree: object) -> None:
    data = json.dumps(tree).encode()
    if data.count(b"[") + data.count(b"{") <= 8:
        assert read_json(data) == tree


def test_the_caller_may_state_other_caps() -> None:
    text = b'["' + b"x" * 20_000 + b'"]'
    assert read_json(text, max_string=20_000) == ["x" * 20_000]
    with pytest.raises(Malformed, match="19999 bytes"):
        read_json(text, max_string=19_999)
    assert read_json(b"[1,2,3]", max_array=3) == [1, 2, 3]
    with pytest.raises(Malformed, match="more than 2"):
        read_json(b"[1,2,3]", max_array=2)
    assert read_json(b"[[[]]]", max_depth=3) == [[[]]]
    with pytest.raises(Malformed, match="deeper than 2"):
        read_json(b"[[[]]]", max_depth=2)


@pytest.mark.parametrize(
    "data",
    [
        b'"' + b'\\"' * 500_000,
        b"[" * 9 + b'"' + b'\\"' * 500_000,
        b'["' * 9 + b'\\"' * 500_000,
        b'""' * 500_000,
        b"9" * 1_000_000,
        b"{" + b",".join(b'"k%d":1' % n for n in range(80_000)) + b',"k79999":1}',
    ],
    ids=["escaped quotes", "escaped quotes under brackets", "open strings", "empty strings", "digits", "keys"],
)
def test_hostile_texts_of_a_megabyte_take_linear_time(data: bytes) -> None:
    start = time.process_time()
    with pytest.raises(Malformed):
        read_json(data)
    assert time.process_time() - start < 2  # quadratic time would be minutes


# Writing JSON


@given(TREES)
def test_what_is_written_is_the_canonical_form_of_rfc_8785(tree: Any) -> None:
    assert write_json(tree) == rfc8785.dumps(tree)


@given(TREES)
def test_what_is_written_is_read_back(tree: Any) -> None:
    assert read_json(write_json(tree), max_depth=50) == tree


class Colour(StrEnum):
    """A text by another name."""

    RED = "red"


class Number(IntEnum):
    """An integer by another name."""

    ONE = 1


def test_tuples_and_enumerations_are_written_as_what_they_hold() -> None:
    assert write_json({"b": (1, Number.ONE), "a": Colour.RED}) == b'{"a":"red","b":[1,1]}'


UNWRITABLE: list[tuple[Any, str]] = [
    (1.0, "float"),
    (float("nan"), "float"),
    (b"x", "bytes"),
    ({1, 2}, "set"),
    (MappingProxyType({"a": 1}), "mappingproxy"),
    (2**53, "2\\^53"),
    (-(2**53), "2\\^53"),
    ({1: 1}, "Key not admitted"),
    ({"A": 1}, "Key not admitted"),
    ("\ud800", "surrogate"),
    ("a\0b", r"U\+0000"),
    ("x" * (MAX_STRING + 1), "16384 bytes"),
    ([1] * (MAX_ARRAY + 1), "1024"),
    ({"a": [[1.5]]}, "float"),
]


@pytest.mark.parametrize(("value", "words"), UNWRITABLE, ids=range(len(UNWRITABLE)))
def test_what_cannot_be_read_is_not_written(value: Any, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        write_json(value)


def test_the_writer_takes_other_caps_too() -> None:
    assert len(write_json("x" * 20_000, max_string=20_000)) == 20_002
    with pytest.raises(Malformed, match="more than 2"):
        write_json([1, 2, 3], max_array=2)


def test_errors_are_said_in_both_languages() -> None:
    with pytest.raises(Malformed) as caught:
        read_json(b'{"a":1,"a":2}')
    assert caught.value.words.es == "La clave 'a' está dos veces."
    assert isinstance(read_json(b"{}"), Mapping)


# many at once: each as it is by itself


def outcome(work: Callable[[], Any]) -> tuple[str, Any]:
    """Return what a reading gives: the value, or that it is refused."""
    try:
        return "read", work()
    except Malformed:
        return "refused", None


@given(st.lists(st.binary(max_size=9), max_size=5))
def test_many_texts_are_encoded_as_each_is_by_itself(data: list[bytes]) -> None:
    texts = encode_base64url_each(data)
    assert texts == [encode_base64url(each) for each in data]
    assert decode_base64url_each([text.encode() for text in texts]) == data


@given(
    st.lists(
        st.text(st.sampled_from('AQgwZz09-_+/=\n "ñ!,'), max_size=9).map(lambda t: t.encode("latin-1")), max_size=4
    )
)
def test_many_texts_are_decoded_as_each_is_by_itself(texts: list[bytes]) -> None:
    each = outcome(lambda: [decode_base64url(text.decode("latin-1")) for text in texts])
    assert outcome(lambda: decode_base64url_each(texts)) == each


DIGESTS = st.binary(min_size=32, max_size=32).map(encode_base64url)


@given(st.lists(DIGESTS | st.text(st.sampled_from("AEz-_+=\ud800ñ"), min_size=42, max_size=44) | st.none(), max_size=3))
def test_many_digests_are_known_as_each_is_by_itself(texts: list[str | None]) -> None:
    def is_digest(text: object) -> bool:
        return isinstance(text, str) and bool(re.fullmatch(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]", text))

    assert are_digests(texts) == all(map(is_digest, texts))


@pytest.mark.parametrize("length", [20, 21, 22, 23])
def test_texts_of_a_length_are_those_that_decode(length: int) -> None:
    """A length that no bytes have has no texts either."""
    for last in "ABQgwEz-_":
        text = "A" * (length - 1) + last
        assert are_base64url([text, text], length) == (outcome(lambda t=text: decode_base64url(t))[0] == "read")  # type: ignore[misc]


JSON_BYTES = (
    TREES.map(write_json)
    | st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=4).map(
        lambda texts: json.dumps(texts, ensure_ascii=False, separators=(",", ":")).encode()
    )
    | st.lists(st.text(max_size=6), max_size=4).map(lambda texts: json.dumps(texts).encode())
    | st.sampled_from(
        [
            b'["a","b"] ', b' ["a"]', b'["a" ]', b'["\x01"]', b'["\\u0000"]', b'["\\ud800"]', b'["\xed\xa0\x80"]', b'["\\/"]',
            b'["a","b"', b'["a"],["b"]', b'["\\u00e9"]', b'["\x7f"]', b'["a",]', b"", b"[]", b'[["a"]]', b'["\\\\u0000"]',
        ]
    )
)  # fmt: skip


@given(st.lists(JSON_BYTES, max_size=4))
def test_many_values_are_read_as_each_is_by_itself(data: list[bytes]) -> None:
    """The short way for lists of texts refuses nothing and accepts nothing that the long one would not."""
    assert outcome(lambda: read_json_each(data)) == outcome(lambda: [read_json(each) for each in data])


@pytest.mark.parametrize(
    "texts", [["a" * (MAX_STRING - 4)], ["a" * (MAX_STRING + 1)], [""] * MAX_ARRAY, [""] * (MAX_ARRAY + 1)], ids=len
)
def test_the_caps_are_the_same_for_many(texts: list[str]) -> None:
    data = json.dumps(texts, separators=(",", ":")).encode()
    assert outcome(lambda: read_json_each([data])) == outcome(lambda: [read_json(data)])
    assert outcome(lambda: write_json_each([texts])) == outcome(lambda: [write_json(texts)])


@given(st.lists(st.lists(SCALARS | st.text(max_size=4) | TREES, max_size=4), max_size=4))
def test_many_values_are_written_as_each_is_by_itself(values: list[list[Any]]) -> None:
    assert outcome(lambda: write_json_each(values)) == outcome(lambda: [write_json(value) for value in values])
