# SPDX-License-Identifier: Apache-2.0
"""The loader on a small invented list, on damaged ones and on noise."""

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paridad.desks.targets.dossier import Dossier, dossier_fields
from paridad.desks.targets.errors import ListDamaged
from paridad.desks.targets.lines import Reject
from paridad.desks.targets.ofac import MAX_LINE, Tally, load_ofac
from support.targets_list import ABSENT, ADD, ALT, SDN, entry, line, write_list


def load(folder: Path, *, sdn: str = SDN, alt: str = ALT, add: str = ADD) -> tuple[list[Dossier], list[Reject]]:
    """Load a list and part what was loaded from what was rejected."""
    items = list(load_ofac(*write_list(folder, sdn=sdn, alt=alt, add=add), listed_on="2024-01-31"))
    return [i for i in items if isinstance(i, Dossier)], [i for i in items if isinstance(i, Reject)]


def test_the_small_list_loads_whole(tmp_path: Path) -> None:
    """All four types of subject, nothing rejected."""
    dossiers, rejects = load(tmp_path)
    assert rejects == []
    assert [d.subject_type for d in dossiers] == ["person", "organisation", "vessel", "aircraft"]


def test_a_person_as_received(tmp_path: Path) -> None:
    """Names, aliases of both strengths, dates, documents, address, source."""
    fields = dossier_fields(load(tmp_path)[0][0])
    assert fields["name"] == "PINEDO RUIZ, Olga Lidia"
    assert fields["name_parts"] == {"surnames": "PINEDO RUIZ", "given_names": "Olga Lidia"}
    assert fields["aliases"] == [
        {"name": "RUIZ, Olga", "strength": "strong", "type": "aka", "number": 1},
        {
            "name": "PINEDO DE SOTO, Olga Lidia",
            "strength": "strong",
            "type": "fka",
            "number": 2,
            "remarks": "married name",
        },
        {"name": "LA MAESTRA", "strength": "weak", "type": "aka", "as_received": "a.k.a. 'LA MAESTRA'"},
    ]
    assert fields["programmes"] == ["SIM-ONE", "SIM-TWO"]
    assert fields["title"] == "Directora; Apoderada"
    assert fields["gender"] == "female"
    assert fields["addresses"] == [
        {"address": "Calle Inventada 12, Col. Centro", "place": "Tepatitlan 47600", "country": "Aa", "number": 7}
    ]
    assert fields["source"] == {"list": "OFAC SDN", "entry": "101", "listed_on": "2024-01-31"}
    assert fields["authority"] == "OFAC SDN 101"
    assert fields["remarks"] == ["arrested in spring."]


def test_an_organisation_a_vessel_and_an_aircraft(tmp_path: Path) -> None:
    """An address row that says nothing makes no address; craft data come from columns and from the running text."""
    _, firm, ship, plane = load(tmp_path)[0]
    assert (firm.addresses, firm.name_parts) == ((), None)
    assert [(o.property, o.value) for o in firm.organisation] == [
        ("established", "12 Jan 2004"), ("activity", "Freight transport by road"),
    ]  # fmt: skip
    assert firm.measures == ("Additional Sanctions Information - Subject to Secondary Sanctions.",)
    assert [(c.property, c.value) for c in ship.craft] == [
        ("call_sign", "XCAB1"), ("vessel_type", "General Cargo"), ("tonnage", "9,000"), ("gross_tonnage", "5,000"),
        ("flag", "Aa"), ("owner", "Naviera Ejemplo"), ("former_flag", "Bb"),
    ]  # fmt: skip
    assert [(i.type, i.check) for i in ship.identifiers] == [("imo", "passes"), ("mmsi", "no_check")]
    assert [c.property for c in plane.craft] == ["model", "operator"]


def test_packed_and_plain_files_read_alike(tmp_path: Path) -> None:
    """The packing is seen from the bytes, not from the name."""
    plain = write_list(tmp_path)
    packed = tmp_path / "packed.csv"
    packed.write_bytes(gzip.compress(plain.sdn.read_bytes()))
    assert list(load_ofac(packed)) == list(load_ofac(plain.sdn))


def test_pieces_of_the_running_text_are_counted(tmp_path: Path) -> None:
    """Per tag, read and unread."""
    tally = Tally()
    list(load_ofac(write_list(tmp_path).sdn, tally=tally))
    assert (tally["DOB", True], tally["", False], tally["Passport", True]) == (2, 1, 1)


REJECTED_ROWS = {
    "eleven columns": (line("900", *["x"] * 10), "", "It has 11 columns, not 12."),
    "a quote that is not closed": ('900,"X,-0- ' + ",-0- " * 9 + "\r\n", "", "Quotes or commas misplaced"),
    "text behind a quote": (entry(900, "X").replace('"X"', '"X"y'), "", "Quotes or commas misplaced"),
    "an entry number that is none": (entry("9x", "X"), "ent_num", "It is not an entry number."),
    "entry number zero": (entry(0, "X"), "ent_num", "It is not an entry number."),
    "no entry number": (entry(ABSENT, "X"), "ent_num", "It is not an entry number."),
    "no name": (entry(900, ABSENT), "name", "The name is missing."),
    "a blank name": (entry(900, "  "), "name", "The name is missing."),
    "an unknown type": (entry(900, "X", "unicorn"), "type", "Unknown type of subject."),
    "a control character": (entry(900, "X\x07"), "name", "It contains a control character."),
    "a C1 control character": (entry(900, "X\x85"), "name", "It contains a control character."),
    "the same entry again": (entry(101, "X"), "ent_num", "That entry stands twice."),
    "a name no field can hold": (entry(900, "X" * 16_385), "", "Text of more than 16384 bytes"),
    "a line of more than 64 KiB": (entry(900, "X" * MAX_LINE), "", "longer than 64 KiB"),
    "an end mark before the end": ("\x1a\r\n", "", "columns"),
}


@pytest.mark.parametrize(("row", "column", "sentence"), REJECTED_ROWS.values(), ids=REJECTED_ROWS.keys())
def test_a_row_that_does_not_hold_costs_its_neighbours_nothing(
    tmp_path: Path, row: str, column: str, sentence: str
) -> None:
    """It comes back with file, line, column and reason; the rows around it load."""
    rows = SDN.splitlines(keepends=True)
    dossiers, rejects = load(tmp_path, sdn="".join([rows[0], row, *rows[1:]]))
    assert len(dossiers) == len(rows) - 1
    assert [(r.file, r.line, r.column) for r in rejects] == [("sdn.csv", 2, column)]
    assert sentence in rejects[0].reason.en
    assert rejects[0].reason.es
    assert row.encode().startswith(rejects[0].raw[:50])


def test_a_row_in_another_encoding_is_rejected_with_its_bytes(tmp_path: Path) -> None:
    """Nothing is guessed about it."""
    files = write_list(tmp_path)
    files.sdn.write_bytes(entry(1, "PEÑA").encode("latin-1") + entry(2, "PEÑA").encode("utf-8"))
    first, second = load_ofac(files.sdn)
    assert isinstance(first, Reject)
    assert (first.reason.en, b"PE\xd1A" in first.raw) == ("The line is not UTF-8.", True)
    assert isinstance(second, Dossier)
    assert second.name == "PEÑA"


REJECTED_NAMES = {
    "an unknown type of alias": (line("101", "9", "zka", "X", ABSENT), "alt_type", "It is not aka, fka or nka."),
    "a number twice": (line("101", "1", "aka", "X", ABSENT), "alt_num", "That number stands twice."),
    "a number that is none": (line("101", "x", "aka", "X", ABSENT), "alt_num", "It is not a number."),
    "no name": (line("101", "9", "aka", ABSENT, ABSENT), "alt_name", "The name is missing."),
    "an entry that is not there": (line("999", "9", "aka", "X", ABSENT), "ent_num", "was not loaded."),
    "four columns": (line("101", "9", "aka", "X"), "", "It has 4 columns, not 5."),
}


@pytest.mark.parametrize(("row", "column", "sentence"), REJECTED_NAMES.values(), ids=REJECTED_NAMES.keys())
def test_a_companion_row_that_does_not_hold(tmp_path: Path, row: str, column: str, sentence: str) -> None:
    """It is rejected alone; all dossiers load with their other names."""
    dossiers, rejects = load(tmp_path, alt=ALT.replace("\x1a", row))
    assert (len(dossiers), len(dossiers[0].aliases)) == (4, 3)
    assert [(r.file, r.line, r.column) for r in rejects] == [("alt.csv", 4, column)]
    assert sentence in rejects[0].reason.en


def test_addresses_of_a_rejected_entry_are_handed_back(tmp_path: Path) -> None:
    """What belongs to no loaded entry is not lost in silence."""
    _, rejects = load(tmp_path, sdn=SDN.replace('"individual"', '"unicorn"'))
    assert [(r.file, r.column) for r in rejects] == [
        ("sdn.csv", "type"), ("alt.csv", "ent_num"), ("alt.csv", "ent_num"), ("add.csv", "ent_num"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "parts"),
    [("A, B", ("A", "B")), ("A, B, Jr.", None), ("A", None), ("A,B", None), ("A, ", None), (", B", None)],
)
def test_name_parts_are_split_only_at_one_comma(tmp_path: Path, name: str, parts: tuple[str, str] | None) -> None:
    """Anything else is a hypothesis, and that is not the loader's business."""
    (dossier,), _ = load(tmp_path, sdn=entry(1, name, "individual"), alt="", add="")
    found = dossier.name_parts
    assert (found and (found.surnames, found.given_names)) == parts


def test_blank_lines_and_another_line_end_are_no_rows(tmp_path: Path) -> None:
    """Lines end in CR LF or LF."""
    dossiers, rejects = load(tmp_path, sdn=SDN.replace("\r\n", "\n\n"))
    assert (len(dossiers), rejects) == (4, [])


DAMAGED = {
    "a packed file cut short": gzip.compress(SDN.encode())[:-20],
    "a packed file with a flipped byte": gzip.compress(SDN.encode())[:-6] + b"\0\0\0\0\0\0",
    "bytes that only look packed": b"\x1f\x8b\x08" + bytes(40),
}


@pytest.mark.parametrize("data", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_file_that_cannot_be_read_stops_the_import(tmp_path: Path, data: bytes) -> None:
    """With a sentence and what to do."""
    path = tmp_path / "sdn.csv.gz"
    path.write_bytes(data)
    with pytest.raises(ListDamaged, match=r"sdn\.csv\.gz cannot be read"):
        list(load_ofac(path))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """The same error, and the whole list as its control."""
    with pytest.raises(ListDamaged):
        list(load_ofac(tmp_path / "absent.csv"))
    assert len(list(load_ofac(write_list(tmp_path).sdn))) == 4


cells = st.sampled_from(
    [ABSENT, "1", '"A, B"', '"x', '"', "individual", ",", "\r", "\n", "\x1a", "\x00", "é", "\ud7ff"]
)
noise = st.one_of(st.binary(max_size=300), st.lists(cells, max_size=60).map(lambda parts: ",".join(parts).encode()))


@given(noise, noise, noise)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_noise_never_raises_anything_unexpected(tmp_path: Path, sdn: bytes, alt: bytes, add: bytes) -> None:
    """Dossiers, rejects with a line that is there, or one error that says the file is damaged."""
    files = write_list(tmp_path)
    for path, data in zip(files, (sdn, alt, add), strict=True):
        path.write_bytes(data)
    try:
        items = list(load_ofac(*files))
    except ListDamaged:
        return
    for item in items:
        assert isinstance(item, Dossier) or item.line <= 1 + max(data.count(b"\n") for data in (sdn, alt, add))


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters='"'), min_size=1, max_size=20),
        min_size=1,
        max_size=5,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_name_survives_to_the_letter(tmp_path: Path, names: list[str]) -> None:
    """Quotes aside, whatever stands in the column stands in the dossier."""
    text = "".join(entry(number, f"n{name}") for number, name in enumerate(names, start=1))
    dossiers, rejects = load(tmp_path, sdn=text, alt="", add="")
    assert ([d.name for d in dossiers], rejects) == ([f"n{name}" for name in names], [])
