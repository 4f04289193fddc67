# SPDX-License-Identifier: Apache-2.0
"""Check digits of identifiers, only to annotate what was received.

Rules
  - The number is kept as received; blanks, hyphens and points are left out for the computation alone.
  - The answer is `passes`, `fails` or `no_check`; it never refuses a record, and the expected digit is never shown.
  - CURP: 18 characters; check = (10 - sum v_i * (18 - i) mod 10) mod 10 for i = 0..16 over 0-9 A-N Ñ O-Z.
    A digit in place 17 means born before 2000, a letter from 2000 on. Sex H, M or X.
  - RFC: 13 characters for a person, 12 for a firm (a blank stands before it); mod 11 with weights 13..2 over
    0-9 A-N & O-Z blank Ñ. The root without its last three characters carries no check digit.
  - IMO ship number: 7 digits, the last = sum d_i * (8 - i) mod 10 for i = 1..6.

Worked example
    check("imo", "IMO 9074729")     is "passes"
    check("imo", "IMO 9074728")     is "fails"
    check("passport", "A1234567")   is "no_check"
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Literal

Check = Literal["passes", "fails", "no_check"]

_CURP_ALPHABET = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
_RFC_ALPHABET = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ"
_CONSONANT = "[B-DF-HJ-NP-TV-Z]"
_STATE = "AS|B[CS]|C[CHLMS]|D[FG]|G[TR]|HG|JC|M[CNS]|N[ELT]|OC|PL|Q[TR]|S[LPR]|T[CLS]|VZ|YN|ZS"
_CURP = re.compile(
    rf"[A-Z][AEIOUX][A-Z]{{2}}(?P<date>[0-9]{{6}})[HMX](?:{_STATE}){_CONSONANT}{{3}}(?P<serial>[0-9A-Z])[0-9]"
)
_RFC = re.compile(r"[A-ZÑ&]{3,4}(?P<date>[0-9]{6})(?P<tail>[0-9A-Z]{2}[0-9A])?")
_RFC_LENGTH = 13
_IMO = re.compile(r"(?:IMO)?(?P<digits>[0-9]{7})")
_SEPARATORS = re.compile(r"[ .\-]")


def check(kind: str, number: str) -> Check:
    """Say whether the check digit of an identifier fits, where its kind has one."""
    rule = _RULES.get(kind)
    return rule(_SEPARATORS.sub("", number).upper()) if rule else "no_check"


def curp_digit(first17: str) -> str:
    """Return the check digit of the first 17 characters of a CURP."""
    total = sum(_CURP_ALPHABET.index(mark) * (18 - place) for place, mark in enumerate(first17))
    return str(-total % 10)


def rfc_digit(without_digit: str) -> str:
    """Return the check character of an RFC without its last character (11 for a firm, 12 for a person)."""
    padded = without_digit.rjust(_RFC_LENGTH - 1)
    total = sum(_RFC_ALPHABET.index(mark) * (_RFC_LENGTH - place) for place, mark in enumerate(padded))
    return "0123456789A"[-total % 11]


def imo_digit(first6: str) -> str:
    """Return the check digit of the first 6 digits of an IMO ship number."""
    return str(sum(int(digit) * (7 - place) for place, digit in enumerate(first6)) % 10)


def _verdict(fits: bool) -> Check:
    return "passes" if fits else "fails"


def _curp(number: str) -> Check:
    match = _CURP.fullmatch(number)
    if not match:
        return "fails"
    century = "19" if match["serial"].isdigit() else "20"
    return _verdict(_is_date(century + match["date"]) and curp_digit(number[:17]) == number[17])


def _rfc(number: str) -> Check:
    match = _RFC.fullmatch(number)
    if not match or not (_is_date("19" + match["date"]) or _is_date("20" + match["date"])):
        return "fails"
    return _verdict(rfc_digit(number[:-1]) == number[-1]) if match["tail"] else "no_check"


def _imo(number: str) -> Check:
    match = _IMO.fullmatch(number)
    return _verdict(match is not None and imo_digit(match["digits"][:6]) == match["digits"][6])


def _is_date(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


_RULES: Mapping[str, Callable[[str], Check]] = MappingProxyType({"curp": _curp, "rfc": _rfc, "imo": _imo})
