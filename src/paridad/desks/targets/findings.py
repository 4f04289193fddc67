# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a value that came in, as a note beside it: nothing is refused for it, nothing is corrected.

Rules
  - A text that names nobody (empty, one letter, digits, "N/N", "DESCONOCIDO", "UNKNOWN") stays and is not compared.
  - A number's finding names the part that is missing or cannot be; the digit that would fit is never shown.
  - A passport or plate without the State that issued it is half an identifier.
  - Details that are UNVERIFIED (A-number, ITIN, NSS, passport series) are checked for their length alone, if at all.

Worked example
    of_name("N/N")                                  is "not_a_name"
    of_identifier("passport", "G12345678", "")      is "issuer_missing"
    of_identifier("ssn", "000-12-3456", "")         is "impossible_part"
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from paridad.desks.targets import names
from paridad.desks.targets.identifiers import check, is_issued_ssn

NOT_A_NAME = "not_a_name"
_NEEDS_ISSUER = frozenset({"passport", "diplomatic_passport", "plate"})
_LENGTHS: Mapping[str, frozenset[int]] = MappingProxyType(
    {
        "curp": frozenset({18}), "rfc": frozenset({9, 10, 12, 13}), "ssn": frozenset({9}), "itin": frozenset({9}),
        "ein": frozenset({9}), "nss": frozenset({11}), "vin": frozenset({17}), "imei": frozenset({15}),
        "imsi": frozenset({14, 15}), "clabe": frozenset({18}), "aba": frozenset({9}), "imo": frozenset({7}),
        "mmsi": frozenset({9}), "mode_s": frozenset({6}), "a_number": frozenset({7, 8, 9}),
    }
)  # fmt: skip
_DIGITS = frozenset({"ssn", "itin", "ein", "nss", "imei", "imsi", "clabe", "aba", "imo", "mmsi", "a_number"})
_LEADS: Mapping[str, str] = MappingProxyType({"a_number": "A", "imo": "IMO"})
"""Letters that may stand before the digits."""
_ROOTS = frozenset({9, 10})
_FORMS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "vin": re.compile(r"[A-HJ-NPR-Z0-9]+"),
        "mode_s": re.compile(r"[0-9A-F]+"),
        "itin": re.compile(r"9[0-9]+"),
        "iban": re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}"),
        "curp": re.compile(r"[A-Z]{4}[0-9]{6}[HMX][A-Z]{5}[0-9A-Z][0-9]"),
        "rfc": re.compile(r"[A-ZÑ&]{3,4}[0-9]{6}(?:[0-9A-Z]{2}[0-9A])?"),
    }
)
"""What a number of its kind is made of, beyond its length."""


def of_name(text: str) -> str:
    """Say whether a text names nobody."""
    return "" if names.parse(text).readings else NOT_A_NAME


def of_identifier(kind: str, number: str, country: str) -> str:
    """Say which part of an identifier is missing or cannot be; empty where nothing is known to be wrong."""
    plain = _plain(kind, number)
    for wrong in (_letters, _length, _form, _digit):
        if found := wrong(kind, plain):
            return found
    return "issuer_missing" if kind in _NEEDS_ISSUER and not country.strip() else ""


def _plain(kind: str, number: str) -> str:
    return "".join(mark for mark in number.upper() if mark.isalnum() or mark == "&").removeprefix(_LEADS.get(kind, ""))


def _letters(kind: str, plain: str) -> str:
    return "letters" if kind in _DIGITS and any(mark.isalpha() for mark in plain) else ""


def _length(kind: str, plain: str) -> str:
    return "wrong_length" if kind in _LENGTHS and len(plain) not in _LENGTHS[kind] else ""


def _form(kind: str, plain: str) -> str:
    if kind == "ssn":
        return "" if is_issued_ssn(plain) else "impossible_part"
    return "impossible_part" if kind in _FORMS and not _FORMS[kind].fullmatch(plain) else ""


def _digit(kind: str, plain: str) -> str:
    if kind == "rfc" and len(plain) in _ROOTS:
        return "root_only"
    if check(kind, plain) != "fails":
        return ""
    made = _MADE.get(kind)
    return "wrong_digit" if made is None or made(plain) else "impossible_part"


def _curp_parts(plain: str) -> bool:
    """Whether all but the check digit of a CURP can be: with some digit it passes."""
    return any(check("curp", plain[:-1] + digit) == "passes" for digit in "0123456789")


def _rfc_parts(plain: str) -> bool:
    return any(check("rfc", plain[:-1] + digit) == "passes" for digit in "0123456789A")


_MADE: Mapping[str, Callable[[str], bool]] = MappingProxyType({"curp": _curp_parts, "rfc": _rfc_parts})
