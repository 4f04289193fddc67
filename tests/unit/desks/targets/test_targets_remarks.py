# SPDX-License-Identifier: Apache-2.0
"""The running text of the official list, piece by piece."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paridad.desks.targets.dossier import (
    Account,
    Alias,
    Birth,
    BirthPlace,
    Contact,
    Craft,
    Identifier,
    Link,
    Nationality,
    Organisation,
)
from paridad.desks.targets.remarks import CUT_AT, Gender, Measure, Part, read_date, read_remarks, split

READ: dict[str, Part] = {
    "DOB 24 Mar 1971": Birth("1971-03-24", "day"),
    "DOB Mar 1971": Birth("1971-03", "month"),
    "DOB 1971": Birth("1971", "year"),
    "alt. DOB circa 1971": Birth("1971", "year", approximate=True),
    "DOB circa 1970-1975": Birth("1970", "range", "1975", approximate=True),
    "DOB 1970 to 1975": Birth("1970", "range", "1975"),
    "DOB 01 Jan 1970 to 31 Dec 1975": Birth("1970-01-01", "range", "1975-12-31"),
    "POB Tepatitlan, Jalisco, Aa": BirthPlace("Tepatitlan, Jalisco, Aa"),
    "nationality Congo, Democratic Republic of the": Nationality("Congo, Democratic Republic of the", "nationality"),
    "alt. citizen Bb": Nationality("Bb", "citizenship"),
    "Gender Female": Gender("female", ""),
    "a.k.a. 'LA MAESTRA'": Alias("LA MAESTRA", "weak", "aka"),
    "a.k.a. 'D'AMICO'": Alias("D'AMICO", "weak", "aka"),
    "f.k.a. 'ESTRELLA'": Alias("ESTRELLA", "weak", "fka"),
    "Cedula No. V-8348784 (Cc)": Identifier("cedula", "V-8348784", "Cc"),
    "C.U.R.P. PIRO710324MJCNZL92 (Aa)": Identifier("curp", "PIRO710324MJCNZL92", "Aa", check="passes"),
    "C.U.R.P. # PIRO710324MJCNZL93 (Aa) issued 1971": Identifier(
        "curp", "PIRO710324MJCNZL93", "Aa", issued="1971", check="fails"
    ),
    "RFC GODE-561231-GR8": Identifier("rfc", "GODE-561231-GR8", check="passes"),
    "Passport G 649385 issued 08 Sep 2006 expires Jul 2011": Identifier(
        "passport", "G 649385", issued="2006-09-08", expires="2011-07"
    ),
    "alt. Diplomatic Passport A011892 (Dd) expires 2020": Identifier(
        "diplomatic_passport", "A011892", "Dd", expires="2020"
    ),
    "Folio Mercantil No. 22839 (Jalisco) (Aa)": Identifier("company_register", "22839", "Aa", "Jalisco"),
    "National ID No. D489833(9) (Ee)": Identifier("national_id", "D489833(9)", "Ee"),
    "National ID No. (HWI)040182 (Ff)": Identifier("national_id", "(HWI)040182", "Ff"),
    "Public Registration Number 467323, Doc. 694710 (Gg)": Identifier("company_register", "467323, Doc. 694710", "Gg"),
    "UK Company Number 01126618": Identifier("company_register", "01126618"),
    "SWIFT/BIC ABCDEFGH": Identifier("bank_code", "ABCDEFGH"),
    "Aircraft Tail Number YI-NAE": Identifier("tail_number", "YI-NAE"),
    "Vessel Registration Identification IMO  9074729": Identifier("imo", "9074729", check="passes"),
    "MMSI 345000000": Identifier("mmsi", "345000000"),
    "Telephone: (04) 710043": Contact("telephone", "(04) 710043"),
    "Alt. Fax: 00972": Contact("fax", "00972"),
    "PHONE 850 2 18111 ext. 8221": Contact("telephone", "850 2 18111 ext. 8221"),
    "alt. Email Address olga@example.org": Contact("email", "olga@example.org"),
    "Website example.org/x": Contact("website", "example.org/x"),
    "Digital Currency Address - XBT 12QtD5B": Account("XBT", "12QtD5B"),
    "Linked To: TRANSPORTES EJEMPLO": Link("linked_to", "TRANSPORTES EJEMPLO"),
    "Former Vessel Flag None Identified": Craft("former_flag", "None Identified"),
    "Aircraft Model A300B4-622R": Craft("model", "A300B4-622R"),
    "Organization Established Date 12 Jan 2004": Organisation("established", "12 Jan 2004"),
    "Organization Type: Freight transport": Organisation("activity", "Freight transport"),
    "Target Type Charity or Nonprofit Organization": Organisation("sort", "Charity or Nonprofit Organization"),
    "Secondary sanctions risk: section 1(b)": Measure("Secondary sanctions risk: section 1(b)"),
}


def as_received(part: Part, piece: str) -> Part:
    """Return the same part with the piece it came from."""
    return type(part)(
        **{name: getattr(part, name) for name in part.__slots__ if name != "as_received"}, as_received=piece
    )


@pytest.mark.parametrize(("piece", "part"), READ.items(), ids=READ.keys())
def test_a_piece_is_read(piece: str, part: Part) -> None:
    """Tag and value have a known form; the piece is kept as received."""
    for text, received in ((f"{piece}; ICTY indictee.", piece), (f"{piece}.", f"{piece}.")):
        assert read_remarks(text).parts == (as_received(part, received),)


UNREAD = [
    "DOB 31 Feb 1971", "DOB 1975 to 1970", "DOB 1971 to Feb 1972", "DOB Xyz 1971", "DOB 0000", "DOB unknown", "DOB",
    "DOB 1970 to later", "POB", "nationality possibly Aa;arrested 23 Apr 2002", "nationality", "Gender Unknown",
    "a.k.a. WITHOUT QUOTES", "Passport issued in Aa", "Passport 1 issued 31 Feb 2000", "Passport 1 expires 2010 to 2011",
    "Passport", "Immigration No. A7800002 Border Crossing (Aa)", "Passport (1)", "Registration Number (A) 1",
    "Website www.example.org. Offices Worldwide", "Email Address nobody", "Telephone none", "Digital Currency Address - X",
    "Linked To:", "Aircraft Model", "Passports are held", "ICTY indictee", "Organization Type:", "Passport ABCDEFG",
    "(Following data: DOB 1971; nationality Aa)",
]  # fmt: skip


@pytest.mark.parametrize("piece", UNREAD)
def test_a_piece_of_another_form_is_kept_verbatim(piece: str) -> None:
    """What is not recognised is not guessed."""
    remarks = read_remarks(f"DOB 1971; {piece}; POB Aa.")
    assert remarks.unread == (piece,)
    assert remarks.parts == (Birth("1971", "year", as_received="DOB 1971"), BirthPlace("Aa", "POB Aa."))


def test_the_last_point_of_an_abbreviation_belongs_to_the_name() -> None:
    """The list writes one point, not two."""
    assert read_remarks("Linked To: X, S.A. DE C.V.").of(Link)[0].name == "X, S.A. DE C.V."
    assert read_remarks("Linked To: PSA HOLDINGS LLC.").of(Link)[0].name == "PSA HOLDINGS LLC"


def test_only_the_first_gender_is_read() -> None:
    """The second stays as running text."""
    remarks = read_remarks("Gender Male; Gender Female.")
    assert (remarks.of(Gender)[0].code, remarks.unread) == ("male", ("Gender Female.",))


def test_a_cut_text_says_so_and_its_last_piece_is_not_read() -> None:
    """The source cuts at 1,000 characters."""
    text = "DOB 1971; " + "x" * (CUT_AT - len("DOB 1971; ; Passport G12")) + "; Passport G12"
    remarks = read_remarks(text)
    assert remarks.cut
    assert remarks.unread[-1] == "Passport G12"
    whole = read_remarks(text[: CUT_AT - 1])
    assert (whole.cut, whole.of(Identifier)[0].number) == (False, "G1")


def test_pieces_in_brackets_stay_together() -> None:
    """Data of somebody else may stand in brackets; unpaired brackets keep nothing together."""
    assert split("a (b; c); d") == ("a (b; c)", "d")
    assert split("a (b; c; d") == ("a (b", "c", "d")
    assert split("a) b; (c; d") == ("a) b", "(c", "d")
    assert split("") == ()
    assert split("(((") == ("(((",)


def test_dates() -> None:
    """Day, month or year; a month needs its year and a real day."""
    assert [read_date(text) for text in ("1 Apr 2003", "Apr 2003", "2003")] == ["2003-04-01", "2003-04", "2003"]
    assert [read_date(text) for text in ("30 Feb 2003", "Foo 2003", "12 2003", "", "0000", "1 Apr 0000")] == [None] * 6


def test_each_piece_is_counted_under_its_tag() -> None:
    """Read and unread, so that a new spelling of the source shows."""
    seen = read_remarks("DOB 1971; DOB soon; ICTY indictee.").seen
    assert seen == (("DOB", True), ("DOB", False), ("", False))


@pytest.mark.parametrize(
    "text",
    ["Passport " + "a(b)" * 15_000 + ";", "Passport 1" + " issued 1" * 7_000 + ";", "DOB " + "1 to " * 12_000, "(" * 60_000,
     "Telephone " + "1" * 60_000 + "x", "Linked To: " + "A." * 30_000, "a.k.a. '" * 8_000, "; " * 30_000],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_a_text_made_to_be_slow_is_not(text: str) -> None:
    """64 KiB that almost fit, over and over."""
    start = time.process_time()
    read_remarks(text)
    assert time.process_time() - start < 10


tags = st.sampled_from(
    [*READ, *UNREAD, "DOB", "Passport ", " issued 1999", "; ", "(", ")", "'", "a.k.a. '", "alt. ", "."]
)


@given(st.one_of(st.text(max_size=200), st.lists(st.one_of(tags, st.text(max_size=5)), max_size=12).map("".join)))
def test_whatever_the_text_nothing_is_lost_and_nothing_raises(text: str) -> None:
    """Read and unread pieces together are the whole text."""
    remarks = read_remarks(text)
    assert sorted([part.as_received for part in remarks.parts] + list(remarks.unread)) == sorted(split(text))
    assert len(remarks.seen) == len(split(text))
