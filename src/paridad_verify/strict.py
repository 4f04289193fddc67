# SPDX-License-Identifier: Apache-2.0
"""Reading bytes that have exactly one admitted spelling and values of exactly one form; and what a fault is.

- A check answers nothing or raises `Fault`. The ten steps of an act are numbers; other checks have a name for a step.
- base64 is decoded, encoded again and compared (RFC 4648 §3.5).
- JSON is UTF-8 without surrounding blanks, duplicate keys, floats or -0; integers lie within ±(2^53 - 1) (RFC 7493);
  keys are ASCII names; nesting is bounded before parsing. Canonical JSON has sorted keys and no blanks (RFC 8785).
"""

import json
import re
from base64 import b64decode, b64encode
from typing import Any, Self

MAX_INTEGER, MAX_DEPTH, MAX_STRING, MAX_ARRAY = 2**53 - 1, 8, 16 * 1024, 1024
HASH = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")  # 32 bytes: the last character carries four bits
AGENCY = re.compile(r"[A-Z][A-Z0-9]{0,15}/[A-Z][A-Z0-9-]{0,31}")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}|_sd|_sd_alg|\.\.\.")


class Fault(Exception):
    """One thing that is wrong with the data; its sentence stands in `words.toml`."""

    def __init__(self, name: str, /, **values: object) -> None:
        self.name, self.values = name, values
        self.step: int | str = ""

    def within(self, step: int | str) -> Self:
        """Note the step that failed, unless a check further in already did."""
        self.step = self.step or step
        return self


def demand(holds: bool, name: str, /, **values: object) -> None:
    """Raise the named fault unless the condition holds."""
    if not holds:
        raise Fault(name, **values)


def to_base64url(data: bytes) -> str:
    """Return unpadded base64url (RFC 7515 §2)."""
    return b64encode(data, b"-_").rstrip(b"=").decode()


def base64url(text: str) -> bytes:
    """Decode canonical unpadded base64url."""
    demand("=" not in text, "base64")
    return base64(text + "=" * (-len(text) % 4), b"-_")


def base64(text: str, alphabet: bytes = b"+/") -> bytes:
    """Decode canonical padded base64, as notes and proofs carry it."""
    try:
        data = b64decode(text, alphabet, validate=True)
    except ValueError:
        raise Fault("base64") from None
    demand(b64encode(data, alphabet).decode() == text, "base64")
    return data


def read_json(data: bytes, *, max_string: int = MAX_STRING, max_array: int = MAX_ARRAY) -> Any:
    """Parse one JSON value; cheap counts decide whether the slow walk over its values is needed at all."""
    try:
        text = data.decode("utf-8")
        _bound_depth(text)
        value = _DECODER.decode(text)
    except ValueError:
        raise Fault("json-syntax") from None
    demand(not text[0].isspace() and not text[-1].isspace(), "json-syntax")
    if "\\u" in text or len(data) > max_string or text.count(",") >= max_array:
        _bound_values(value, max_string, max_array)
    return value


def read_canonical(data: bytes, *, max_string: int = MAX_STRING, max_array: int = MAX_ARRAY) -> Any:
    """Parse one JSON value that has the canonical form."""
    value = read_json(data, max_string=max_string, max_array=max_array)
    written = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    demand(written.encode() == data, "canonical")
    return value


def form(text: str, **more: Any) -> dict[str, Any]:
    """Return the form of an object from words `name:type`: `str` where no type is named, `[x]` for a list of x."""
    types = {"": str, "int": int, "hash": HASH, "agency": AGENCY, **more}
    words = [word.partition(":") for word in text.split()]
    return {name: [types[kind[1:-1]]] if kind[:1] == "[" else types[kind] for name, _, kind in words}


def fits(value: object, shape: Any) -> bool:
    """Whether a value is of a type, pattern, `[shape]` or form; `name?` may be absent, `*` admits other names."""
    if isinstance(shape, type):
        return type(value) is shape
    if isinstance(shape, re.Pattern):
        return isinstance(value, str) and shape.fullmatch(value) is not None
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(each, shape[0]) for each in value)
    if not isinstance(value, dict) or not ("*" in shape or value.keys() <= {name.rstrip("?") for name in shape}):
        return False
    present = [(name.rstrip("?"), inner) for name, inner in shape.items() if name[-1] not in "?*" or name[:-1] in value]
    return all(name in value and fits(value[name], inner) for name, inner in present)


def _bound_depth(text: str) -> None:
    if text.count("[") + text.count("{") > MAX_DEPTH:
        depth = 0
        for mark in "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2]):  # outside strings
            depth += (mark in "[{") - (mark in "]}")
            demand(depth <= MAX_DEPTH, "json-depth")


def _bound_values(value: object, max_string: int, max_array: int) -> None:
    if isinstance(value, str):
        size = len(value.encode("utf-8", "surrogatepass"))
        demand(size <= max_string and not re.search("[\0\ud800-\udfff]", value), "json-string")
    elif isinstance(value, dict | list):
        demand(len(value) <= max_array, "json-array")
        for child in value.values() if isinstance(value, dict) else value:
            _bound_values(child, max_string, max_array)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    demand(len(tree) == len(pairs) and all(map(_KEY.fullmatch, tree)), "json-key")
    return tree


def _integer(digits: str) -> int:
    whole = re.fullmatch("0|-?[1-9][0-9]{0,15}", digits) is not None and abs(int(digits)) <= MAX_INTEGER
    demand(whole, "json-number")
    return int(digits)


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_int=_integer, parse_float=_integer, parse_constant=_integer)
