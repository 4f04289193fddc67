# SPDX-License-Identifier: Apache-2.0
"""Reading bytes in one way only: base64url and JSON with a single accepted spelling.

Rules
  - base64url without padding, canonical: decoded, encoded again, compared (RFC 4648 §3.5; RFC 7515 §2).
  - UTF-8 is decoded strictly before parsing; no byte order mark, nothing outside the JSON value.
  - No duplicate keys, no floats, no exponent, no -0; integers within ±(2^53 - 1) (RFC 7493 §2.2, §2.3).
  - Keys are ASCII `[a-z][a-z0-9_]{0,63}`, or one of `_sd`, `_sd_alg`, `...`.
  - Strings without lone surrogates and U+0000; at most `MAX_STRING` bytes of UTF-8, arrays at most `MAX_ARRAY`
    elements, unless the caller states other caps.
  - Depth is bounded before the parser runs, so that nesting cannot exhaust the stack; every pass is linear.
  - What two nodes must write byte for byte is written by `write_json`: sorted keys, no blanks, UTF-8.
    Within this profile that is the canonical form of RFC 8785.
  - What is written or read by the hundred has a short way for its ordinary form, a list of plain texts. The short way
    answers only where it provably agrees: everything else, refusals too, goes the one long way.

Worked example
    read_json(b'{"a":1}')           is {"a": 1}
    read_json(b'{"a":1,"a":2}')     raises Malformed: the key "a" stands twice
"""

import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from paridad.base.errors import Malformed
from paridad.base.words import Words

JsonValue = None | bool | int | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"]

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 8
MAX_STRING = 16 * 1024
MAX_ARRAY = 1024

_MAX_KEY = 64
_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}|_sd|_sd_alg|\.\.\.")
_DIGEST_LENGTH = 43
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_LAST = {0: _ALPHABET, 2: _ALPHABET[::16], 3: _ALPHABET[::4]}
"""By length modulo 4, the signs that a canonical text ends with: surplus bits are zero."""
_PADDING = {(rest, bytes([last])): b"=" * (-rest % 4) for rest, lasts in _LAST.items() for last in lasts}
"""By length modulo 4 and last sign, what a canonical text lacks; without an entry it is not one."""
_NEVER = b"!"
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_TO_URL = bytes.maketrans(b"+/", b"-_")
_STRUCTURE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
"""Strings and brackets. A string that nobody closes runs to the end, so that no text is scanned twice."""


def malformed(es: str, en: str) -> Malformed:
    """Build the error of this module."""
    return Malformed(Words(es=es, en=en))


def encode_base64url(data: bytes) -> str:
    """Return the unpadded base64url text of `data` (RFC 7515 §2)."""
    return _encode(data).decode("ascii")


def decode_base64url(text: str) -> bytes:
    """Return the bytes of canonical, unpadded base64url text, or raise `Malformed`."""
    try:
        encoded = text.encode("ascii")
        data = binascii.a2b_base64(encoded.translate(_TO_STANDARD) + b"==")
    except (UnicodeEncodeError, binascii.Error) as error:
        raise malformed(
            "base64url de longitud imposible o con signos ajenos.",
            "base64url of an impossible length or foreign signs.",
        ) from error
    # The decoder skips what it does not know. Encoding again finds it, and surplus bits too.
    if _encode(data) != encoded:
        raise malformed(
            "base64url no canónico: signos ajenos, relleno o bits de sobra.",
            "base64url is not canonical: foreign signs, padding or surplus bits.",
        )
    return data


def decode_base64url_each(texts: Sequence[bytes]) -> list[bytes]:
    """Return the bytes of several texts: `decode_base64url` of many at the cost of few, with the same refusals."""
    padded = b'","'.join([text + _PADDING.get((len(text) % 4, text[-1:]), _NEVER) for text in texts])
    if b"".join(texts).translate(None, _ALPHABET) or _NEVER in padded or not texts:
        return [decode_base64url(text.decode("latin-1")) for text in texts]
    return _BYTES.decode(b'["%b"]' % padded.translate(_TO_STANDARD))


def encode_base64url_each(data: Sequence[bytes]) -> list[str]:
    """Return the unpadded base64url text of several byte strings."""
    together = _ENCODER.encode(data)[2:-2].translate(_TO_URL, b"=").decode("ascii")
    return together.split('","') if data else []


def are_digests(texts: Sequence[object]) -> bool:
    """Say whether each is the canonical text of a SHA-256 digest."""
    return are_base64url(texts, _DIGEST_LENGTH)


def are_base64url(texts: Sequence[object], length: int) -> bool:
    """Say whether each is a canonical text of this many signs; one pass over all of them."""
    for text in texts:
        if type(text) is not str or len(text) != length:
            return False
    together = "".join(texts).encode("utf-8", "surrogatepass")  # type: ignore[arg-type]
    lasts = _LAST.get(length % 4, b"")
    return not together.translate(None, _ALPHABET) and not together[length - 1 :: length].translate(None, lasts)


def encode_digests(digests: Sequence[bytes]) -> list[str]:
    """Return the unpadded base64url text of each 32-byte digest: `encode_base64url` of many at the cost of one.

    A zero byte behind each makes 33, which is 44 signs without a remainder; the last one says nothing and is cut.
    """
    text = _encode(b"\0".join([*digests, b""])).decode("ascii")
    return [text[at : at + 43] for at in range(0, len(text), 44)]


def _encode(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL, b"=")


def read_json(
    data: bytes, *, max_depth: int = MAX_DEPTH, max_string: int = MAX_STRING, max_array: int = MAX_ARRAY
) -> Any:
    """Parse one JSON value under the profile of this module, or raise `Malformed`."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise malformed("El texto no es UTF-8.", "The text is not UTF-8.") from error
    _bound_depth(text, max_depth)
    try:
        value, end = _scan(text, 0)
    except (StopIteration, json.JSONDecodeError) as error:
        at = error.value if isinstance(error, StopIteration) else error.pos
        raise malformed(f"JSON mal formado en el carácter {at}.", f"Malformed JSON at character {at}.") from error
    if end != len(text):
        raise malformed("Hay texto fuera del valor JSON.", "There is text outside the JSON value.")
    # The decoder's hooks have checked keys and numbers. A text without \u escapes holds neither a surrogate nor
    # U+0000, and no part of it is larger than the whole: then nothing is left to look at.
    if len(data) > max_string or "\\u" in text or text.count(",") >= max_array:
        _Limits(max_string, max_array).check(value)
    return value


def read_json_each(data: Sequence[bytes]) -> list[Any]:
    """Parse several JSON values, most of them lists of texts, under the profile and its own caps."""
    texts = _read_texts(data)
    return [read_json(each) for each in data] if texts is None else texts


def _read_texts(data: Sequence[bytes]) -> list[list[str]] | None:
    r"""Return lists of texts that are written in the one form of `write_json`; nothing where one is anything else.

    What writes back to the same bytes has no blank, control character, surrogate or second spelling in it; without
    `\u` it has no U+0000 either, and no part of it is larger than the whole.
    """
    together = b"".join(data)
    if len(together) > MAX_STRING or b"\\u" in together or together.count(b",") >= MAX_ARRAY:
        return None
    try:
        texts = list(map(_TEXTS.decode, data))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return texts if list(map(_ENCODER.encode, texts)) == list(data) else None


def write_json(value: JsonValue, *, max_string: int = MAX_STRING, max_array: int = MAX_ARRAY) -> bytes:
    """Return the one byte form of a value of the profile: sorted ASCII keys, no blanks, UTF-8 (RFC 8785)."""
    _Limits(max_string, max_array).check(value)
    return _ENCODER.encode(value)


def write_json_each(values: Sequence[Sequence[JsonValue]]) -> list[bytes]:
    """Return the one byte form of several lists, under the profile and its own caps."""
    return [_write_texts(value) or write_json(value) for value in values]


def _write_texts(values: Sequence[JsonValue]) -> bytes | None:
    """Return the bytes of a list of ASCII texts; nothing where an element is anything else, or the whole is long."""
    for value in values:
        if type(value) is not str or not value.isascii():
            return None
    written = _ENCODER.encode(values)
    small = len(written) <= MAX_STRING and len(values) <= MAX_ARRAY
    return written if small and b"\\u0000" not in written else None


def _bound_depth(text: str, max_depth: int) -> None:
    if text.count("[") + text.count("{") <= max_depth:
        return
    depth = 0
    for match in _STRUCTURE.finditer(text):
        mark = match.group()
        if mark in {"[", "{"}:
            depth += 1
            if depth > max_depth:
                raise malformed(
                    f"El anidamiento pasa de {max_depth} niveles.", f"The nesting is deeper than {max_depth} levels."
                )
        elif mark in {"]", "}"}:
            depth -= 1


def _strict_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in pairs:
        _check_key(key)
        if key in tree:
            raise malformed(f"La clave {key!r} está dos veces.", f"The key {key!r} stands twice.")
        tree[key] = value
    return tree


def _strict_integer(digits: str) -> int:
    if len(digits) > len("-9007199254740991") or digits == "-0" or abs(value := int(digits)) > MAX_INTEGER:
        raise malformed(f"Entero no admitido: {digits[:20]}.", f"Integer not admitted: {digits[:20]}.")
    return value


def _no_float(digits: str) -> float:
    raise malformed(
        f"Número con punto, exponente o sin valor: {digits[:20]}; use un entero o un texto.",
        f"A number with point, exponent or no value: {digits[:20]}; use an integer or a string.",
    )


def _check_key(key: object) -> None:
    if not isinstance(key, str) or len(key) > _MAX_KEY or not _is_key(key):
        raise malformed(f"Clave no admitida: {str(key)[:64]!r}.", f"Key not admitted: {str(key)[:64]!r}.")


@lru_cache(maxsize=4096)
def _is_key(key: str) -> bool:
    return _KEY.fullmatch(key) is not None


@dataclass(frozen=True, slots=True)
class _Limits:
    """What a tree may hold; checked over the whole tree."""

    max_string: int
    max_array: int

    def check(self, value: object) -> None:
        if isinstance(value, str):
            self._check_string(value)
        elif isinstance(value, list | tuple):
            self._check_array(value)
        elif isinstance(value, dict):
            for key, child in value.items():
                _check_key(key)
                self.check(child)
        elif isinstance(value, int):  # true and false too
            if abs(value) > MAX_INTEGER:
                raise malformed("Entero fuera de ±(2^53-1).", "Integer outside ±(2^53-1).")
        elif value is not None:
            name = type(value).__name__
            raise malformed(f"Valor no admitido: {name}.", f"Value not admitted: {name}.")

    def _check_array(self, values: Sequence[object]) -> None:
        if len(values) > self.max_array:
            raise malformed(f"Lista de más de {self.max_array}.", f"A list of more than {self.max_array}.")
        for child in values:
            # What most elements are, without a call: a short text of ASCII.
            if not (type(child) is str and child.isascii() and len(child) <= self.max_string and "\0" not in child):
                self.check(child)

    def _check_string(self, text: str) -> None:
        try:
            size = len(text if text.isascii() else text.encode("utf-8"))
        except UnicodeEncodeError as error:
            raise malformed("Texto con un sustituto suelto.", "Text with a lone surrogate.") from error
        if size > self.max_string or "\0" in text:
            raise malformed(
                f"Texto de más de {self.max_string} bytes o con U+0000.",
                f"Text of more than {self.max_string} bytes or with U+0000.",
            )


_DECODER = json.JSONDecoder(
    object_pairs_hook=_strict_object, parse_int=_strict_integer, parse_float=_no_float, parse_constant=_no_float
)
_scan: Callable[[str, int], tuple[Any, int]] = vars(_DECODER)["scan_once"]
"""What `raw_decode` wraps; an act is read disclosure by disclosure, and the wrapping would be a third of that."""
_ENCODER = msgspec.json.Encoder(order="sorted")
_TEXTS = msgspec.json.Decoder(list[str])
_BYTES = msgspec.json.Decoder(list[bytes])
