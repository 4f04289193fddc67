# SPDX-License-Identifier: Apache-2.0
"""Reading bytes that have exactly one admitted spelling; everything else is a fault.

Rules
  - base64url has no padding, base64 has all of it; both are decoded, encoded again and compared (RFC 4648 §3.5).
  - JSON is UTF-8 without byte order mark or surrounding blanks, without duplicate keys, floats, exponents or -0;
    integers lie within ±(2^53 - 1) (RFC 7493 §2.2); keys are ASCII names; nesting is bounded before parsing.
  - `read_canonical` also demands sorted keys and no blanks, the one form that two programs write alike (RFC 8785).
  - Cheap counts over the whole text decide whether the slow walk over its values is needed at all.

Worked example
    read_json(b'{"a":1}')   is {"a": 1};  read_json(b'{"a":1,"a":1}') raises Fault("json")
"""

import binascii
import json
import re
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from paridad_verify.faults import Fault

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 8
MAX_STRING = 16 * 1024
MAX_ARRAY = 1024

HASH = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
"""32 bytes in canonical base64url: the last character carries four bits only."""

_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}|_sd|_sd_alg|\.\.\.")
_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def to_base64url(data: bytes) -> str:
    """Return unpadded base64url."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def base64url(text: str) -> bytes:
    """Decode canonical unpadded base64url (RFC 7515 §2)."""
    if not _ALPHABET.fullmatch(text) or len(text) % 4 == 1:
        raise Fault("base64url")
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if to_base64url(data) != text:
        raise Fault("base64url")
    return data


def base64(text: str) -> bytes:
    """Decode canonical padded base64 (RFC 4648 §4), as notes and proofs carry it."""
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Fault("base64") from error
    if b64encode(data).decode("ascii") != text:
        raise Fault("base64")
    return data


def read_json(data: bytes, *, max_string: int = MAX_STRING, max_array: int = MAX_ARRAY) -> Any:
    """Parse one JSON value under the rules of this module."""
    try:
        text = data.decode("utf-8")
        if text[:1].isspace() or text[-1:].isspace():
            raise Fault("json", why="blanks outside the value")
        _bound_depth(text)
        value = _DECODER.decode(text)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Fault("json", why=str(error)) from error
    if "\\u" in text or len(data) > max_string or text.count(",") >= max_array:
        _bound_values(value, max_string, max_array)
    return value


def read_canonical(data: bytes, *, max_string: int, max_array: int) -> Any:
    """Parse one JSON value that has the canonical form: keys sorted, no blanks."""
    value = read_json(data, max_string=max_string, max_array=max_array)
    if json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8") != data:
        raise Fault("canonical")
    return value


def _bound_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for character in _STRING.sub("", text):
        depth += (character in "[{") - (character in "]}")
        if depth > MAX_DEPTH:
            raise Fault("json", why=f"deeper than {MAX_DEPTH} levels")


def _bound_values(value: object, max_string: int, max_array: int) -> None:
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value) or len(value.encode()) > max_string:
            raise Fault("json", why="a string that is too long, or holds U+0000 or a lone surrogate")
    elif isinstance(value, dict | list):
        if len(value) > max_array:
            raise Fault("json", why=f"more than {max_array} elements")
        for child in value.values() if isinstance(value, dict) else value:
            _bound_values(child, max_string, max_array)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) != len(pairs) or not all(map(_KEY.fullmatch, tree)):
        raise Fault("json", why="a key stands twice or is not admitted")
    return tree


def _integer(digits: str) -> int:
    if digits == "-0" or len(digits) > len(f"-{MAX_INTEGER}") or abs(int(digits)) > MAX_INTEGER:
        raise Fault("json", why="an integer outside ±(2^53 - 1)")
    return int(digits)


def _no_float(digits: str) -> float:
    raise Fault("json", why=f"the number {digits[:20]} is no integer")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_integer, parse_float=_no_float, parse_constant=_no_float
)
