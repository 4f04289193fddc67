# SPDX-License-Identifier: Apache-2.0
"""The verifier reads bytes in one spelling only, and says which rule another spelling breaks."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paridad_verify.strict import Fault, base64, base64url, fits, form, read_canonical, read_json, to_base64url

TEXTS: dict[str, tuple[bytes, str]] = {
    "an object is read": (b'{"a":[1,true,null,"x"]}', ""),
    "blanks inside are JSON": (b'{"a": 1}', ""),
    "the largest integer is read": (b"9007199254740991", ""),
    "eight levels are read": (b"[" * 8 + b"]" * 8, ""),
    "eight levels among many brackets are read": (b"[" * 8 + b"]" * 7 + b",[],[]]", ""),
    "an array of its cap is read": (b"[" + b"1," * 1023 + b'"\\u00f1"]', ""),
    "a string of its cap is read": (b'["' + b"x" * 16384 + b'"]', ""),
    "brackets in a string are no levels": (json.dumps("[" * 40 + '"' + "\\").encode(), ""),
    "an escape is read": (b'"\\u00f1"', ""),
    "the keys of SD-JWT are read": (b'{"_sd":[],"_sd_alg":"x","...":"y"}', ""),
    "bytes that are no UTF-8": (b'"\xff"', "json-syntax"),
    "a byte order mark": (b"\xef\xbb\xbf1", "json-syntax"),
    "UTF-16": ("{}".encode("utf-16"), "json-syntax"),
    "nothing": (b"", "json-syntax"),
    "a blank before": (b" 1", "json-syntax"),
    "a line feed behind": (b"1\n", "json-syntax"),
    "two values": (b"1 2", "json-syntax"),
    "a key twice": (b'{"a":1,"a":1}', "json-key"),
    "a key in capitals": (b'{"A":1}', "json-key"),
    "an accented key": ('{"ñ":1}'.encode(), "json-key"),
    "a float": (b"1.5", "json-number"),
    "an exponent": (b"1e3", "json-number"),
    "an infinite float": (b"1e400", "json-number"),
    "NaN": (b"NaN", "json-number"),
    "minus zero": (b"-0", "json-number"),
    "an integer beyond 2^53 - 1": (b"9007199254740992", "json-number"),
    "an integer of 5,000 digits": (b"1" * 5000, "json-number"),
    "nine levels": (b"[" * 9 + b"]" * 9, "json-depth"),
    "ten levels of both kinds": (b'[{"a":' * 5 + b"1" + b"}]" * 5, "json-depth"),
    "five thousand levels": (b"[" * 5000, "json-depth"),
    "nine levels behind a string with quotes": (b'["\\"\\\\",' + b"[" * 8 + b"]" * 9, "json-depth"),
    "a lone surrogate": (b'"\\ud800"', "json-string"),
    "a lone surrogate within": (b'{"a":["\\ud800"]}', "json-string"),
    "U+0000": (b'"\\u0000"', "json-string"),
    "a string beyond its cap": (b'"' + b"x" * 16385 + b'"', "json-string"),
    "an array beyond its cap": (b"[" + b"1," * 1024 + b"1]", "json-array"),
}


@pytest.mark.parametrize(("text", "fault"), TEXTS.values(), ids=TEXTS.keys())
def test_json(text: bytes, fault: str) -> None:
    """One spelling is read; every other is refused by the name of its rule."""
    if not fault:
        assert read_json(text) == json.loads(text)
        return
    with pytest.raises(Fault) as caught:
        read_json(text)
    assert caught.value.name == fault


def test_caps_are_those_of_the_caller() -> None:
    """A long string and a long list are read where the caller admits them."""
    assert read_json(b'["' + b"x" * 20000 + b'"]', max_string=20000)
    assert len(read_json(b"[" + b"1," * 1999 + b"1]", max_array=2000)) == 2000


CANONICAL = {
    "canonical": (b'{"a":1,"b":[]}', True),
    "unsorted": (b'{"b":1,"a":1}', False),
    "blank": (b'{"a": 1}', False),
}


@pytest.mark.parametrize(("text", "sound"), CANONICAL.values(), ids=CANONICAL.keys())
def test_canonical_json(text: bytes, sound: bool) -> None:
    """Sorted keys and no blanks, or a fault."""
    if sound:
        assert read_canonical(text)
    else:
        with pytest.raises(Fault):
            read_canonical(text)


@given(st.binary(max_size=40))
def test_base64_has_one_spelling(data: bytes) -> None:
    """What is written is read back."""
    text = to_base64url(data)
    assert base64url(text) == data


SPELLINGS: dict[str, tuple[str, bool]] = {
    "canonical": ("QQ", True),
    "unused bits are set": ("QR", False),
    "padding": ("QQ==", False),
    "the other alphabet": ("+/+/", False),
    "a line feed": ("QUFB\n", False),
    "a length that cannot be": ("A", False),
    "a character beyond ASCII": ("ñQQQ", False),
}


@pytest.mark.parametrize(("text", "sound"), SPELLINGS.values(), ids=SPELLINGS.keys())
def test_base64url(text: str, sound: bool) -> None:
    """Only one text decodes to given bytes."""
    if sound:
        assert base64url(text) == b"A"
    else:
        with pytest.raises(Fault):
            base64url(text)


@pytest.mark.parametrize("text", ["QQ", "QR==", "-_-_", "QQ==\n"])
def test_padded_base64(text: str) -> None:
    """The base64 of notes and proofs is padded and canonical."""
    assert base64("QQ==") == b"A"
    with pytest.raises(Fault):
        base64(text)


SHAPES: dict[str, tuple[object, bool]] = {
    "everything": ({"a": "x", "b": 1, "c": [2]}, True),
    "without what may be absent": ({"a": "x", "c": []}, True),
    "something missing": ({"a": "x"}, False),
    "something left over": ({"a": "x", "c": [], "d": 1}, False),
    "a boolean for an integer": ({"a": "x", "b": True, "c": []}, False),
    "another type in a list": ({"a": "x", "c": ["2"]}, False),
    "no object": ([], False),
}


@pytest.mark.parametrize(("value", "sound"), SHAPES.values(), ids=SHAPES.keys())
def test_forms(value: object, sound: bool) -> None:
    """A form has nothing missing and nothing left over."""
    assert fits(value, form("a b?:int c:[int]")) is sound
    assert fits({"a": "x", "z": None}, form("a *"))
    assert not fits({"z": None}, form("a *"))
    assert not fits(3, form("a:hash")["a"])
