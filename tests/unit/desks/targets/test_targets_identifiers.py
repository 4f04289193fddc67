# SPDX-License-Identifier: Apache-2.0
"""Check digits, from examples computed by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paridad.desks.targets.identifiers import check, curp_digit, imo_digit, rfc_digit

EXAMPLES = {
    "a CURP whose digit fits": ("curp", "PIRO710324MJCNZL92", "passes"),
    "a CURP in lower case with blanks": ("curp", "piro 710324 mjcnzl92", "passes"),
    "a CURP with another digit": ("curp", "PIRO710324MJCNZL93", "fails"),
    "a CURP one character short": ("curp", "PIRO710324MJCNZL9", "fails"),
    "a CURP of a state that is none": ("curp", "PIRO710324MXXNZL92", "fails"),
    "a CURP born on 31 February": ("curp", "PIRO710231MJCNZL9" + curp_digit("PIRO710231MJCNZL9"), "fails"),
    "a CURP born on 29 February 1971, which was none": ("curp", "PIRO710229MJCNZL9" + curp_digit("PIRO710229MJCNZL9"), "fails"),
    "a CURP born on 29 February 2004, with a letter": ("curp", "PIRO040229MJCNZLA" + curp_digit("PIRO040229MJCNZLA"), "passes"),
    "a CURP with sex X": ("curp", "PIRO710324XJCNZL9" + curp_digit("PIRO710324XJCNZL9"), "passes"),
    "a CURP without second surname": ("curp", "PIXO710324MJCNXL9" + curp_digit("PIXO710324MJCNXL9"), "passes"),
    "an RFC of a person": ("rfc", "GODE561231GR8", "passes"),
    "an RFC with hyphens": ("rfc", "GODE-561231-GR8", "passes"),
    "an RFC with another digit": ("rfc", "GODE561231GR7", "fails"),
    "an RFC of a firm": ("rfc", "TEJ040112AB" + rfc_digit("TEJ040112AB"), "passes"),
    "an RFC with an ampersand": ("rfc", "A&J040112AB" + rfc_digit("A&J040112AB"), "passes"),
    "an RFC with ñ": ("rfc", "PEÑA710324AB" + rfc_digit("PEÑA710324AB"), "passes"),
    "an RFC root has no digit": ("rfc", "GODE561231", "no_check"),
    "an RFC root of a firm": ("rfc", "TEJ040112", "no_check"),
    "an RFC of no form": ("rfc", "GODE5612", "fails"),
    "an RFC with an impossible date": ("rfc", "GODE561331", "fails"),
    "an RFC of 29 February 2000": ("rfc", "GODE000229", "no_check"),
    "an IMO number": ("imo", "IMO 9074729", "passes"),
    "an IMO number without its letters": ("imo", "9074729", "passes"),
    "an IMO number with another digit": ("imo", "IMO 9074728", "fails"),
    "an IMO number too short": ("imo", "907472", "fails"),
    "an MMSI": ("mmsi", "345 000 000", "no_check"),
    "an MMSI too short": ("mmsi", "345000", "fails"),
    "a VIN": ("vin", "1M8GDM9AXKP042788", "passes"),
    "a VIN of another part of the world": ("vin", "1M8GDM9A1KP042788", "no_check"),
    "a VIN with an O": ("vin", "1M8GDM9AXKPO42788", "fails"),
    "a CLABE": ("clabe", "032180000118359719", "passes"),
    "a CLABE with another digit": ("clabe", "032180000118359718", "fails"),
    "a CLABE too short": ("clabe", "03218000011835971", "fails"),
    "an ABA number": ("aba", "111000025", "passes"),
    "an ABA number with another digit": ("aba", "111000026", "fails"),
    "an ABA number too short": ("aba", "11100002", "fails"),
    "a social security number": ("ssn", "219-09-9998", "no_check"),
    "an IMEI": ("imei", "490154203237518", "passes"),
    "an IMEI with another digit": ("imei", "490154203237517", "fails"),
    "an IBAN": ("iban", "GB82 WEST 1234 5698 7654 32", "passes"),
    "an IBAN with another digit": ("iban", "GB83 WEST 1234 5698 7654 32", "fails"),
    "a clave de elector, whose check is unverified": ("voter_card", "PNRZOL71032414M100", "no_check"),
    "a passport has no check digit": ("passport", "G12345678", "no_check"),
    "an unknown sort of identifier": ("novel", "1", "no_check"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "number", "expected"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_check(kind: str, number: str, expected: str) -> None:
    """Each example ends as its title says."""
    assert check(kind, number) == expected


def test_digits_computed_by_hand() -> None:
    """IMO 9074729: 9·7 + 0·6 + 7·5 + 4·4 + 7·3 + 2·2 = 139, so 9."""
    assert imo_digit("907472") == "9"
    assert curp_digit("PIRO710324MJCNZL9") == "2"
    assert rfc_digit("GODE561231GR") == "8"


@given(
    st.sampled_from(["curp", "rfc", "imo", "ssn", "mmsi", "vin", "clabe", "aba", "imei", "iban", "novel"]),
    st.text(max_size=30),
)
def test_no_text_raises(kind: str, number: str) -> None:
    """Whatever was received gets one of three answers."""
    assert check(kind, number) in {"passes", "fails", "no_check"}


@given(st.from_regex(r"[A-Z]{4}[0-9]{6}[A-Z][0-9]", fullmatch=True))
def test_one_wrong_digit_is_seen(root: str) -> None:
    """The mod-11 digit of an RFC notices another digit in its last place."""
    others = set("0123456789") - {root[-1]}
    assert all(rfc_digit(root[:-1] + other) != rfc_digit(root) for other in others)
