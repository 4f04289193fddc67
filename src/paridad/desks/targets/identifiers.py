# SPDX-License-Identifier: Apache-2.0
"""Check digits of identifiers, only to annotate what was received.

Rules
  - The number is kept as received; blanks, hyphens and points are left out for the computation alone.
  - The answer is `passes`, `fails` or `no_check`; it never refuses a record, and the expected digit is never shown.
  - CURP: 18 characters; check = (10 - sum v_i * (18 - i) mod 10) mod 10 for i = 0..16 over 0-9 A-N Ñ O-Z.
    A digit in place 17 means born before 2000, a letter from 2000 on. Sex H, M or X.
  - RFC: 13 characters for a person, 12 for a firm (a blank stands before it); mod 11 with weights 13..2 over
    0-9 A-N & O-Z blank Ñ. The root without its last three characters carries no check digit.
  - IMO ship number: 7 digits, the last = sum d_i * (8 - i) mod 10 for i = 1..6. MMSI: 9 digits, no check digit.
  - VIN: 17 characters without I, O and Q; place 9 is a check mod 11 (X for 10). Only vehicles made for North America
    from 1981 on carry it, so that a VIN that does not fit is `no_check`.
  - CLABE: 18 digits, weights 3, 7, 1; ABA number: 9 digits, weights 3, 7, 1 over all; IMEI and IBAN by `python-stdnum`.
  - SSN: 9 digits without check digit; with an area of 000, 666 or 9xx, a group 00 or a serial number 0000 it is
    nobody's and is not compared; specimen numbers neither.
  - UNVERIFIED, and therefore `no_check`: clave de elector, NSS, passport series, A-number, groups of ITIN.

Worked example
    check("imo", "IMO 9074729")     is "passes"
    check("imo", "IMO 9074728")     is "fails"
    check("passport", "A1234567")   is "no_check"
    number("curp", "PIRO710324MJCNZL92", "").key        is "curp::PIRO710324MJCNZL92"
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Literal, NamedTuple

from stdnum import iban, imei

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
_MMSI = re.compile(r"[0-9]{9}")
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_VIN_VALUES: Mapping[str, int] = MappingProxyType(
    {
        **{str(digit): digit for digit in range(10)},
        **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
        **dict(zip("JKLMN", range(1, 6), strict=True)),
        "P": 7,
        "R": 9,
        **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
    }
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_PLACE = 8
_CLABE = re.compile(r"[0-9]{18}")
_ABA = re.compile(r"[0-9]{9}")
_SSN = re.compile(r"(?!000|666|9)[0-9]{3}(?!00)[0-9]{2}(?!0000)[0-9]{4}")
_SPECIMENS = frozenset({"078051120", "219099999", "123456789"})
_RARE, _PLAIN = 20_000, 12_000
_SHORTEST = 5
_MARKS = re.compile(r"[\W_]+")
WITHIN_PERSON = frozenset({"curp", "rfc"})
"""Numbers made of a person's name, date of birth, sex and state: no evidence beside them."""


class Number(NamedTuple):
    """A number that can be compared: its kind, who issued it, and what agreement says."""

    kind: str
    issuer: str
    plain: str
    """Without blanks and marks, upper case."""
    weight: int
    """Millibits; less for a number without check digit, or whose issuer is not known."""

    @property
    def key(self) -> str:
        """The number with its kind and issuer."""
        return f"{self.kind}:{self.issuer}:{self.plain}"


def check(kind: str, number: str) -> Check:
    """Say whether the check digit of an identifier fits, where its kind has one."""
    rule = _RULES.get(kind)
    return rule(_SEPARATORS.sub("", number).upper()) if rule else "no_check"


def number(kind: str, text: str, issuer: str) -> Number | None:
    """Return an identifier ready to be compared, or nothing where it is too short or cannot be."""
    plain, verdict = _MARKS.sub("", text).upper(), check(kind, text)
    if len(plain) < _SHORTEST or (verdict == "fails" and kind != "rfc"):
        return None
    if kind == "ssn" and not is_issued_ssn(plain):
        return None
    if kind == "ssn" or kind in _RULES:
        return Number(kind, "", plain, _RARE if verdict == "passes" else _PLAIN)
    return Number(kind, "".join(issuer.casefold().split()), plain, _PLAIN if issuer else _PLAIN // 2)


def is_issued_ssn(plain: str) -> bool:
    """Say whether nine digits can be somebody's social security number."""
    return plain not in _SPECIMENS and _SSN.fullmatch(plain) is not None


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


def _mmsi(number: str) -> Check:
    return "no_check" if _MMSI.fullmatch(number) else "fails"


def _vin(number: str) -> Check:
    if not _VIN.fullmatch(number):
        return "fails"
    total = sum(_VIN_VALUES[mark] * weight for mark, weight in zip(number, _VIN_WEIGHTS, strict=True))
    return "passes" if "0123456789X"[total % 11] == number[_VIN_PLACE] else "no_check"


def _clabe(number: str) -> Check:
    if not _CLABE.fullmatch(number):
        return "fails"
    total = sum(int(digit) * (3, 7, 1)[place % 3] % 10 for place, digit in enumerate(number[:-1]))
    return _verdict(int(number[-1]) == -total % 10)


def _aba(number: str) -> Check:
    if not _ABA.fullmatch(number):
        return "fails"
    return _verdict(sum(int(digit) * (3, 7, 1)[place % 3] for place, digit in enumerate(number)) % 10 == 0)


def _imei(number: str) -> Check:
    return _verdict(imei.is_valid(number))


def _iban(number: str) -> Check:
    return _verdict(iban.is_valid(number))


def _is_date(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


_RULES: Mapping[str, Callable[[str], Check]] = MappingProxyType(
    {
        "curp": _curp, "rfc": _rfc, "imo": _imo, "mmsi": _mmsi, "vin": _vin, "clabe": _clabe, "aba": _aba,
        "imei": _imei, "iban": _iban,
    }
)  # fmt: skip
"""Kinds of numbers with a form of their own; one register in the world gives out each."""
