# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a value, as a note beside it; dates as people write them. Nothing is refused or corrected."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paridad.base.strict import JsonValue
from paridad.desks.targets import codes, dates, findings
from paridad.desks.targets.dossier import Birth
from paridad.desks.targets.index import keys_of
from paridad.desks.targets.subjects import of_fields, prepared

TODAY = "2026-12-01"

NAMES = {
    "empty": ("", True), "one letter": ("A", True), "digits": ("4711", True), "N/N": ("N/N", True),
    "desconocido": (" DESCONOCIDO ", True), "unknown": ("Unknown", True), "two words": ("Sin  nombre", True),
    "a point": (".", True), "two letters": ("Xi", False), "a name": ("Olga", False),
    "a surname that is short": ("Na, Olga", False), "digits beside letters": ("Unit 4711", False),
}  # fmt: skip


@pytest.mark.parametrize(("text", "nobody"), NAMES.values(), ids=NAMES.keys())
def test_a_text_that_names_nobody(text: str, nobody: bool) -> None:
    """It is kept; it is no key."""
    assert findings.of_name(text) == ("not_a_name" if nobody else "")


def test_a_text_that_names_nobody_makes_no_key() -> None:
    """With the finding beside it nothing is compared."""
    fields = {"subject_type": "person", "name": "DESCONOCIDO", "name_finding": "not_a_name"}
    assert keys_of(prepared(of_fields(fields))) == frozenset()
    assert keys_of(prepared(of_fields({"subject_type": "person", "name": "Olga Pinedo"})))


IDENTIFIERS = {
    "a CURP": ("curp", "PIRO710324MJCNZL92", "", ""),
    "a CURP with blanks and hyphens": ("curp", "PIRO-710324 MJCNZL92", "", ""),
    "a CURP of 17": ("curp", "PIRO710324MJCNZL9", "", "wrong_length"),
    "a CURP with a wrong digit": ("curp", "PIRO710324MJCNZL91", "", "wrong_digit"),
    "a CURP of no state": ("curp", "PIRO710324MQQNZL92", "", "impossible_part"),
    "a CURP of 31 February": ("curp", "PIRO710231MJCNZL92", "", "impossible_part"),
    "a CURP of a form that is none": ("curp", "1IRO710324MJCNZL92", "", "impossible_part"),
    "an RFC with a wrong digit": ("rfc", "TEJ040112AB1", "", "wrong_digit"),
    "an RFC root": ("rfc", "PIRO710324", "", "root_only"),
    "an RFC of 11": ("rfc", "PIRO710324A", "", "wrong_length"),
    "an RFC of 31 February": ("rfc", "PIRO710231AB1", "", "impossible_part"),
    "a passport of a State": ("passport", "G12345678", "Aa", ""),
    "a passport without": ("passport", "G12345678", " ", "issuer_missing"),
    "a plate": ("plate", "JNV-47-11", "Aa", ""),
    "a plate without its state": ("plate", "JNV-47-11", "", "issuer_missing"),
    "an SSN": ("ssn", "219-55-1234", "", ""),
    "an SSN of area 000": ("ssn", "000-12-3456", "", "impossible_part"),
    "an SSN of group 00": ("ssn", "219-00-3456", "", "impossible_part"),
    "an SSN of serial 0000": ("ssn", "219-12-0000", "", "impossible_part"),
    "a specimen": ("ssn", "078-05-1120", "", "impossible_part"),
    "an SSN of eight": ("ssn", "219-55-123", "", "wrong_length"),
    "an SSN with a letter": ("ssn", "219-55-123A", "", "letters"),
    "an ITIN": ("itin", "912-70-1234", "", ""),
    "an ITIN that begins with 8": ("itin", "812-70-1234", "", "impossible_part"),
    "an EIN": ("ein", "12-3456789", "", ""),
    "an NSS of ten": ("nss", "1234567890", "", "wrong_length"),
    "an A-number": ("a_number", "A012345678", "", ""),
    "an A-number without its letter": ("a_number", "12345678", "", ""),
    "an A-number with letters": ("a_number", "A12B45678", "", "letters"),
    "an A-number of six": ("a_number", "A123456", "", "wrong_length"),
    "a VIN": ("vin", "1M8GDM9AXKP042788", "", ""),
    "a VIN with an O": ("vin", "1M8GDM9AXKP04278O", "", "impossible_part"),
    "a VIN of 16": ("vin", "1M8GDM9AXKP04278", "", "wrong_length"),
    "a VIN made elsewhere, without a check digit": ("vin", "WVWZZZ1JZXW000001", "", ""),
    "an IMO number": ("imo", "IMO 9074729", "", ""),
    "an IMO number with a wrong digit": ("imo", "9074728", "", "wrong_digit"),
    "an MMSI of eight": ("mmsi", "34500000", "", "wrong_length"),
    "an IMEI": ("imei", "490154203237518", "", ""),
    "an IMEI with a wrong digit": ("imei", "490154203237519", "", "wrong_digit"),
    "an IMSI": ("imsi", "334020123456789", "", ""),
    "an IMSI of nine": ("imsi", "334020123", "", "wrong_length"),
    "a CLABE": ("clabe", "032180000118359719", "", ""),
    "a CLABE with a wrong digit": ("clabe", "032180000118359718", "", "wrong_digit"),
    "an ABA number": ("aba", "021000021", "", ""),
    "an ABA number with a wrong digit": ("aba", "021000022", "", "wrong_digit"),
    "an IBAN": ("iban", "GB82 WEST 1234 5698 7654 32", "", ""),
    "an IBAN with wrong digits": ("iban", "GB83 WEST 1234 5698 7654 32", "", "wrong_digit"),
    "an IBAN that is none": ("iban", "12345678901234567", "", "impossible_part"),
    "a 24-bit address": ("mode_s", "0D0A1F", "", ""),
    "a 24-bit address with a G": ("mode_s", "0D0A1G", "", "impossible_part"),
    "a kind without rules": ("cedula", "x", "", ""),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "number", "country", "finding"), IDENTIFIERS.values(), ids=IDENTIFIERS.keys())
def test_which_part_of_an_identifier_is_wrong(kind: str, number: str, country: str, finding: str) -> None:
    """By name; the digit that would fit is not told."""
    assert findings.of_identifier(kind, number, country) == finding
    assert not finding or finding in codes.code_list("value_finding")


@given(st.sampled_from(sorted(codes.code_list("identifier"))), st.text(max_size=40), st.text(max_size=5))
def test_any_text_has_its_finding_or_none(kind: str, number: str, country: str) -> None:
    """Nothing that is written raises."""
    assert findings.of_identifier(kind, number, country) in {"", *codes.code_list("value_finding")}


DATES = {
    "ISO": ("1971-03-24", Birth("1971-03-24", "day")),
    "a month": ("1971-03", Birth("1971-03", "month")),
    "a year": ("1971", Birth("1971", "year")),
    "a day above 12 first": ("25/12/1980", Birth("1980-12-25", "day")),
    "a day above 12 second": ("12/25/1980", Birth("1980-12-25", "day")),
    "the same twice": ("05-05-1980", Birth("1980-05-05", "day")),
    "month and year": ("12/1980", Birth("1980-12", "month")),
    "Spanish": ("24 de marzo de 1971", Birth("1971-03-24", "day")),
    "Spanish, short": ("24-ene-1971", Birth("1971-01-24", "day")),
    "English": ("24 Aug 1971", Birth("1971-08-24", "day")),
    "a month as a word": ("diciembre 1971", Birth("1971-12", "month")),
    "about": ("circa 1971", Birth("1971", "year", approximate=True)),
    "a time behind": ("1971-03-24T00:00:00", Birth("1971-03-24", "day")),
    "two readings": ("04/05/1980", Birth("1980-05-04", "ambiguous", other="1980-04-05", finding="two_readings")),
    "31 February": ("31/02/1980", Birth(finding="impossible_date")),
    "month 13": ("1980-13-01", Birth(finding="impossible_date")),
    "1900-01-01": ("1900-01-01", Birth(finding="placeholder_date")),
    "tomorrow": ("2026-12-02", Birth(finding="future_date")),
    "116 years ago": ("1910-06-01", Birth(finding="too_old")),
    "words": ("sin fecha", Birth(finding="unread_date")),
    "two digits of a year": ("04/05/80", Birth(finding="unread_date")),
    "no month": ("24 xyz 1971", Birth(finding="unread_date")),
}


@pytest.mark.parametrize(("text", "read"), DATES.values(), ids=DATES.keys())
def test_a_date_as_people_write_it(text: str, read: Birth) -> None:
    """With its precision, and the text as it came."""
    found = dates.read(text, today=TODAY)
    assert found.as_received == text
    assert (found.date, found.precision, found.other, found.finding, found.approximate) == (
        read.date, read.precision, read.other, read.finding, read.approximate,
    )  # fmt: skip


def test_a_given_order_leaves_one_reading() -> None:
    """A person says which order a table has."""
    assert dates.read("04/05/1980", today=TODAY, order="dmy").date == "1980-05-04"
    assert dates.read("04/05/1980", today=TODAY, order="mdy").date == "1980-04-05"
    assert dates.read("25/12/1980", today=TODAY, order="mdy").finding == "impossible_date"


def test_both_readings_of_a_date_are_compared() -> None:
    """Each emits its keys."""
    births: list[JsonValue] = [{"date": "1980-05-04", "other": "1981-04-05", "precision": "ambiguous"}]
    fields = {"subject_type": "person", "name": "Olga Pinedo", "births": births}
    assert {day.year for day in of_fields(fields).births} == {1980, 1981}


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_kept(text: str) -> None:
    """Nothing that is written raises; what is used as a date is one."""
    found = dates.read(text, today=TODAY)
    assert found.as_received == text
    assert bool(found.date) != (found.finding not in {"", "two_readings"})
    assert not found.date or dates.exists(found.date)
