# SPDX-License-Identifier: Apache-2.0
"""Tables in csv: what a person decides of their columns, what comes in as it was written, and what comes back with why.

Each row of the desk's table "bad input" that concerns an import is a test here or in `test_targets_findings`.
"""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paridad.acts.vocabulary import check_body
from paridad.desks.targets import codes
from paridad.desks.targets.dossier import KIND, Account, Dossier, Identifier, NameParts, Other, dossier_fields
from paridad.desks.targets.errors import ListDamaged, MappingRefused
from paridad.desks.targets.index import keys_of
from paridad.desks.targets.lines import Note, Reject
from paridad.desks.targets.mapping import ColumnMapping, as_toml, guess, mapping_of, read_mapping
from paridad.desks.targets.subjects import of_fields, prepared
from paridad.desks.targets.table import Item, detect, load_table, look_at, mended, returned, rows_of, sample
from support.targets_acts import VOCABULARY

TODAY = "2026-12-01"
COLUMNS = {
    "Folio": "entry", "Nombre": "given_names", "Paterno": "paternal", "Materno": "maternal", "Nacimiento": "birth_date",
    "Sexo": "gender", "CURP": "curp", "Pasaporte": "passport", "Seña": "description",
}  # fmt: skip
PLAIN = ColumnMapping("padron", "Padrón inventado", COLUMNS)
OLGA = ("1", "Olga Lidia", "Pinedo", "Ruiz", "1971-03-24", "Mujer", "PIRO710324MJCNZL92", "", "")


def write(path: Path, *rows: Iterable[str], head: Iterable[str] = COLUMNS, encoding: str = "utf-8") -> Path:
    """Write a table."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([list(head), *map(list, rows)])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def load(path: Path, mapping: ColumnMapping = PLAIN) -> list[Item]:
    """Read a table."""
    return list(load_table(path, mapping, today=TODAY))


def only(items: Iterable[Item], kind: type) -> list[Any]:
    """Return the items of one type."""
    return [each for each in items if isinstance(each, kind)]


def one(path: Path, **cells: str) -> Dossier:
    """Return the dossier of one row, by the columns of the plain mapping."""
    row = [cells.get(column, "7" if column == "Folio" else "") for column in COLUMNS]
    [found] = only(load(write(path / "one.csv", row)), Dossier)
    check_body(VOCABULARY.kinds[KIND], dossier_fields(found), complete=True)
    return found  # type: ignore[no-any-return]


# What comes in -----------------------------------------------------------------------------------------------------


def test_a_row_as_it_was_written(tmp_path: Path) -> None:
    """Its name is put together from the columns, which stay beside it; nothing is upper-cased or stripped."""
    [olga] = only(load(write(tmp_path / "a.csv", OLGA)), Dossier)
    assert olga.name == "Pinedo Ruiz, Olga Lidia"
    assert olga.name_parts == NameParts(given_names="Olga Lidia", paternal="Pinedo", maternal="Ruiz")
    assert (olga.gender, olga.births[0].date, olga.births[0].as_received) == ("female", "1971-03-24", "1971-03-24")
    assert olga.identifiers == (Identifier("curp", "PIRO710324MJCNZL92", check="passes"),)
    assert olga.source is not None
    assert (olga.source.list, olga.source.entry, olga.authority) == ("Padrón inventado", "1", "Padrón inventado 1")


@pytest.mark.parametrize("name", ["N/N", "DESCONOCIDO", "UNKNOWN", "4711", "A"])
def test_a_name_that_names_nobody(tmp_path: Path, name: str) -> None:
    """Kept as received, not a name, no key."""
    found = one(tmp_path, Nombre=name)
    assert (found.name, found.name_finding) == (name, "not_a_name")
    assert keys_of(prepared(of_fields(dossier_fields(found)))) == frozenset()


def test_a_row_without_a_name_asks_for_a_description(tmp_path: Path) -> None:
    """With one it comes in under it, and nothing is compared; without it comes back."""
    found = one(tmp_path, Seña="Hombre de unos 40 años, chamarra roja")
    assert (found.name, found.name_finding) == ("Hombre de unos 40 años, chamarra roja", "not_a_name")
    [back] = only(load(write(tmp_path / "b.csv", ["7", *[""] * 8])), Reject)
    assert (back.column, back.reason.en) == ("Nombre", "The name is missing; or give a description.")


DATES = {
    "31/02/1980": ("", "", "impossible_date"),
    "1900-01-01": ("", "", "placeholder_date"),
    "2027-01-01": ("", "", "future_date"),
    "1909-05-01": ("", "", "too_old"),
    "04/05/1980": ("1980-05-04", "1980-04-05", "two_readings"),
    "24/03/1971": ("1971-03-24", "", ""),
}


@pytest.mark.parametrize("written", DATES)
def test_a_date_of_birth_is_kept_and_used_where_it_can_be(tmp_path: Path, written: str) -> None:
    """As received in any case; both readings where there are two."""
    [birth] = one(tmp_path, Nombre="Olga", Nacimiento=written).births
    assert birth.as_received == written
    assert (birth.date, birth.other, birth.finding) == DATES[written]


NUMBERS = {
    ("CURP", "PIRO710324MJCNZL9"): "wrong_length",
    ("CURP", "PIRO710324MJCNZL93"): "wrong_digit",
    ("CURP", "PIRO710324MQQNZL92"): "impossible_part",
    ("Pasaporte", "G12345678"): "issuer_missing",
}


@pytest.mark.parametrize(("column", "number"), NUMBERS)
def test_a_number_that_does_not_hold_is_kept_with_its_finding(tmp_path: Path, column: str, number: str) -> None:
    """It is no strong key, and the digit that would fit is told nowhere."""
    [found] = one(tmp_path, Nombre="Olga", **{column: number}).identifiers
    assert (found.number, found.finding) == (number, NUMBERS[column, number])
    assert "PIRO710324MJCNZL92" not in str(found)


def test_a_name_that_was_read_in_another_encoding(tmp_path: Path) -> None:
    """Kept as it came; the mended form is proposed and not applied. A lost letter is noted."""
    items = load(write(tmp_path / "a.csv", ["1", "MarÃ\xada", "PeÃ±a", *[""] * 6], ["2", "Ana", "PE?A", *[""] * 6]))
    first, second = only(items, Dossier)
    assert (first.name, second.name) == ("PeÃ±a, MarÃ\xada", "PE?A, Ana")
    assert [(n.kind, n.line, n.column, n.value, n.proposed) for n in only(items, Note)] == [
        ("mended", 2, "Nombre", "MarÃ\xada", "María"), ("mended", 2, "Paterno", "PeÃ±a", "Peña"),
        ("lost", 3, "Paterno", "PE?A", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["Peña", "Ângela", "Ãngelo", "São", "â", "PeÃ±a Łódź"])
def test_a_name_that_is_whole_is_not_mended(text: str) -> None:
    """Letters of other languages are letters."""
    assert mended(text) == ""


def test_a_table_in_another_encoding_states_it(tmp_path: Path) -> None:
    """The encoding is proposed; in the wrong one a row comes back with its bytes, in the right one it comes in."""
    row = ["1", "María", "Peña", *[""] * 6]
    head = [*[*COLUMNS][:-1], "Sena"]
    path = write(tmp_path / "a.csv", row, head=head, encoding="windows-1252")
    assert look_at(path).encoding == "windows-1252"
    columns = {**COLUMNS, "Sena": "description"}
    del columns["Seña"]
    [back] = only(load(path, ColumnMapping("p", "P", columns)), Reject)
    assert (back.line, back.reason.en) == (2, "Not in utf-8; it looks like windows-1252.")
    assert "María".encode("windows-1252") in back.raw
    [found] = only(load(path, ColumnMapping("p", "P", columns, encoding="windows-1252")), Dossier)
    assert found.name == "Peña, María"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [(b"abc", "utf-8"), ("ñ".encode(), "utf-8"), (b"\xf1\n", "windows-1252"), (b"\xf1\x81\n", "iso-8859-1"),
     ("a\nñ".encode()[:-1], "utf-8")],
)  # fmt: skip
def test_which_encoding_bytes_seem_to_be_in(data: bytes, encoding: str) -> None:
    """A sign that was cut at the end says nothing."""
    assert detect(data) == encoding


def test_every_field_of_the_list_is_read(tmp_path: Path) -> None:
    """What can be mapped has its place in the dossier; a subject of each kind can be issued."""
    fields = [code for code in codes.code_list("csv_field") if code != "subject_type"]
    cells = [f"v-{code}" for code in fields]
    mapping = ColumnMapping("all", "S", {code: code for code in fields})
    [found] = only(load(write(tmp_path / "a.csv", cells, head=fields), mapping), Dossier)
    text = str(dossier_fields(found))
    unsaid = [
        code for code in fields if f"v-{code}'" not in text and f"v-{code}," not in text and f"v-{code} " not in text
    ]
    assert unsaid == []
    check_body(VOCABULARY.kinds[KIND], dossier_fields(found), complete=True)


SUBJECTS = {
    "a vehicle by its plate": ({"Placa": "plate", "Estado": "plate_state"}, "vehicle", ["JNV4711", "Jalisco"], "JNV4711"),
    "a vessel": ({"Nombre": "name", "OMI": "imo"}, "vessel", ["Sirena", "9074729"], "Sirena"),
    "an aircraft": ({"Matrícula": "tail_number"}, "aircraft", ["XA-SIM"], "XA-SIM"),
    "a telephone": ({"Tel": "telephone", "Cía": "carrier"}, "telephone", ["+52 33 5555 0101", "X"], "Teléfono / Telephone"),
    "an account": ({"CLABE": "clabe", "Banco": "institution"}, "account", ["032180000118359719", "B"], "Cuenta / Account"),
    "a firm": ({"Razón social": "name", "RFC": "rfc"}, "organisation", ["Ejemplo, S.A.", "TEJ040112AB1"], "Ejemplo, S.A."),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "subject", "cells", "name"), SUBJECTS.values(), ids=SUBJECTS.keys())
def test_a_subject_of_each_kind(
    tmp_path: Path, columns: dict[str, str], subject: str, cells: list[str], name: str
) -> None:
    """Whose number it is never stands in the name of a telephone or an account."""
    path = write(tmp_path / "a.csv", cells, head=columns)
    [found] = only(load(path, ColumnMapping("m", "S", columns, subject=subject)), Dossier)
    assert (found.subject_type, found.name) == (subject, name)
    if subject == "account":
        assert found.accounts == (Account("", "032180000118359719", type="clabe", institution="B", check="passes"),)


def test_the_letter_m_is_what_the_table_says(tmp_path: Path) -> None:
    """Unsaid, it stays among the other data."""
    path = write(tmp_path / "a.csv", ["1", "Ana", "", "", "", "M", "", "", ""])
    said = {
        letters: only(load(path, ColumnMapping("m", "S", COLUMNS, letters=letters)), Dossier)[0]
        for letters in ("", "hm", "mf")
    }
    assert [said[each].gender for each in said] == ["", "female", "male"]
    assert said[""].other == (Other("Sexo", "M"),)


# What comes back ---------------------------------------------------------------------------------------------------

BACK = {
    "eight cells": ("2,Ana,,,,,,\r\n", "", "It has 8 columns, not 9."),
    "ten cells": ("2,Ana,,,,,,,,\r\n", "", "It has 10 columns, not 9."),
    "a quote that is not closed": ('2,"Ana,,,,,,,\r\n', "", "Quotes misplaced"),
    "text behind a quote": ('2,"Ana"x,,,,,,,\r\n', "", "Quotes misplaced"),
    "no entry number": (",Ana,,,,,,,\r\n", "Folio", "The entry number is missing."),
    "the same entry": ("1,Ana,,,,,,,\r\n", "Folio", "That entry stands twice."),
    "a control character": ("2,A\x07na,,,,,,,\r\n", "Nombre", "a control character"),
    "too long": ("2," + "x" * 65_536 + ",,,,,,,\r\n", "", "longer than 64 KiB"),
    "a name no field can hold": ("2," + "x" * 20_000 + ",,,,,,,\r\n", "", "16384 bytes"),
}  # fmt: skip


@pytest.mark.parametrize(("row", "column", "sentence"), BACK.values(), ids=BACK.keys())
def test_a_row_that_does_not_hold_costs_its_neighbours_nothing(
    tmp_path: Path, row: str, column: str, sentence: str
) -> None:
    """It comes back with line, column and reason in both languages, and its bytes."""
    path = write(tmp_path / "a.csv", OLGA)
    path.write_bytes(path.read_bytes() + row.encode() + b"9,Eva,,,,,,,\r\n")
    items = load(path)
    assert [each.name for each in only(items, Dossier)] == ["Pinedo Ruiz, Olga Lidia", "Eva"]
    [back] = only(items, Reject)
    assert (back.line, back.column) == (3, column)
    assert sentence in back.reason.en
    assert back.reason.es
    assert back.raw in row.encode()


def test_an_unknown_kind_of_subject_comes_back(tmp_path: Path) -> None:
    """In either language it is known."""
    mapping = ColumnMapping("m", "S", {"Tipo": "subject_type", "Nombre": "name"})
    items = load(
        write(tmp_path / "a.csv", ["Persona", "Ana"], ["vessel", "B"], ["unicornio", "C"], head=["Tipo", "Nombre"]),
        mapping,
    )
    assert [each.subject_type for each in only(items, Dossier)] == ["person", "vessel"]
    assert [(each.column, each.line) for each in only(items, Reject)] == [("Tipo", 4)]


def test_a_cell_may_hold_line_breaks(tmp_path: Path) -> None:
    """A row is where its quotes close; numbers of lines stay those of the file."""
    path = write(tmp_path / "a.csv", ["1", "Ana", *[""] * 6, "alta\r\ndelgada"], ["", *[""] * 8])
    items = load(path)
    assert only(items, Dossier)[0].description == "alta\r\ndelgada"
    assert [each.line for each in only(items, Reject)] == [4]


def test_twelve_of_13821_rows_come_back_to_be_corrected(tmp_path: Path) -> None:
    """13,809 come in. What came back is written as it came, with its reasons; corrected, it comes in."""
    rows = [[str(number), f"Ana {number}", "Quetzal", *[""] * 6] for number in range(1, 13_822)]
    bad = range(1000, 13_000, 1000)
    for number in bad:
        rows[number][1] = rows[number][2] = ""
    path = write(tmp_path / "a.csv", *rows)
    items = load(path)
    backs = only(items, Reject)
    assert (len(only(items, Dossier)), len(backs)) == (13_809, 12)
    assert [each.line for each in backs] == [number + 2 for number in bad]
    data = returned(path, PLAIN, backs, "es")
    lines = list(csv.reader(io.StringIO(data.decode())))
    assert lines[0] == [*COLUMNS, "renglón / line", "columna / column", "razón / reason"]
    assert lines[1] == ["1001", *[""] * 8, "1002", "Nombre", "Falta el nombre; o dé una descripción."]
    fixed = [[line[0], "Eva", *line[2:9]] for line in lines[1:]]
    assert len(only(load(write(tmp_path / "b.csv", *fixed)), Dossier)) == 12


def test_what_comes_back_is_what_came(tmp_path: Path) -> None:
    """To the byte, in whatever encoding, a formula of a spreadsheet included; behind it stand the reasons."""
    path = write(tmp_path / "a.csv", ["", '=HYPERLINK("x")', *[""] * 7])
    path.write_bytes(path.read_bytes() + b"2,\xf1,,,,,,,\r\n")
    backs = only(load(path), Reject)
    lines = returned(path, PLAIN, backs, "en").split(b"\r\n")
    assert lines[1] == b',"=HYPERLINK(""x"")",,,,,,,,"2","Folio","The entry number is missing."'
    assert lines[2].startswith(b"2,\xf1,,,,,,,,")


def test_a_column_that_is_refused_or_left_out_is_told_once(tmp_path: Path) -> None:
    """Its values are kept nowhere; neither is a table without entry numbers silent about what that means."""
    head = ["Nombre", "Religión", "Interno"]
    items = load(
        write(tmp_path / "a.csv", ["Ana", "secreta", "nada"], head=head), ColumnMapping("m", "S", {"Nombre": "name"})
    )
    assert [(each.kind, each.column) for each in only(items, Note)] == [
        ("refused", "Religión"), ("left_out", "Interno"), ("no_entry", ""),
    ]  # fmt: skip
    [found] = only(items, Dossier)
    assert "secreta" not in str(found)
    assert "nada" not in str(found)


def test_without_entry_numbers_the_same_row_is_the_same_entry(tmp_path: Path) -> None:
    """And a changed one is another."""
    mapping = ColumnMapping("m", "S", {"Nombre": "name"})
    first, again, other = (
        only(load(write(tmp_path / "a.csv", [name], head=["Nombre"]), mapping), Dossier)[0].source
        for name in ("Ana", "Ana", "Eva")
    )
    assert first == again != other


DAMAGED = {
    "empty": (b"", "is empty"),
    "UTF-16": ("Folio,Nombre".encode("utf-16"), "UTF-16"),
    "an empty heading": (b"Folio,,Nombre\r\n", "empty or repeated heading"),
    "a heading twice": (b"Nombre,Nombre\r\n", "empty or repeated heading"),
    "very many columns": (b",".join(b"c%d" % n for n in range(300)), "more than 200 columns"),
}


@pytest.mark.parametrize(("data", "sentence"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_table_that_cannot_be_read(tmp_path: Path, data: bytes, sentence: str) -> None:
    """It is refused whole, in a sentence."""
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    for read in (lambda: look_at(path), lambda: load(path)):
        with pytest.raises(ListDamaged) as refusal:
            read()
        assert sentence in refusal.value.words.en


def test_headings_that_are_not_in_the_encoding(tmp_path: Path) -> None:
    """Nothing can be read of such a table."""
    path = write(tmp_path / "a.csv", OLGA, encoding="windows-1252")
    with pytest.raises(ListDamaged):
        load(path)


@settings(max_examples=80, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.lists(st.text(alphabet='ab",\n\r\x00ñ', max_size=30), max_size=12))
def test_no_line_of_a_table_is_lost(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    """Whatever stands in it: rows in their order hold every line that is not blank."""
    path = tmp_path_factory.mktemp("noise") / "a.csv"
    path.write_bytes("\n".join(texts).encode())
    rows = list(rows_of(path))
    assert [each.line for each in rows] == sorted({each.line for each in rows})
    kept = b"".join(each.raw for each in rows)
    assert sorted(kept.replace(b"\r", b"").replace(b"\n", b"")) == sorted(
        path.read_bytes().replace(b"\r", b"").replace(b"\n", b"")
    )


# The mapping -------------------------------------------------------------------------------------------------------


def test_headings_are_guessed_and_nothing_is_applied(tmp_path: Path) -> None:
    """In both languages; a heading of what is refused is guessed to be nothing."""
    head = [
        "No.",
        "Nombre(s)",
        "Apellido Paterno",
        "APELLIDO MATERNO",
        "Fecha de nacimiento",
        "C.U.R.P.",
        "Religión",
        "xyz",
    ]
    path = write(tmp_path / "a.csv", ["1"] * 8, head=head)
    seen = look_at(path)
    assert list(seen.guesses.values()) == [
        "entry",
        "given_names",
        "paternal",
        "maternal",
        "birth_date",
        "curp",
        "",
        "other",
    ]
    assert (seen.refused, seen.divider) == (("Religión",), "comma")
    assert guess(["Nombre", "Telephone", "Phone", "CURP", "curp "]) == {
        "Nombre": "name", "Telephone": "telephone", "Phone": "telephone", "CURP": "curp", "curp ": "other",
    }  # fmt: skip
    assert sample(path, seen, 3) == [["1"] * 8]


@pytest.mark.parametrize(("name", "mark"), [("comma", ","), ("semicolon", ";"), ("tab", "\t"), ("bar", "|")])
def test_a_divider_is_seen(tmp_path: Path, name: str, mark: str) -> None:
    """By how often it stands in the heading."""
    path = tmp_path / "a.csv"
    path.write_text(f"Folio{mark}Nombre\n1{mark}Ana\n", encoding="utf-8")
    mapping = ColumnMapping("m", "S", {"Folio": "entry", "Nombre": "name"}, divider=name)
    assert look_at(path).divider == name
    assert only(load(path, mapping), Dossier)[0].name == "Ana"


def test_a_mapping_is_written_read_and_completed(tmp_path: Path) -> None:
    """What is proposed lacks its source, which a person names."""
    path = write(tmp_path / 'a "b".csv', OLGA)
    proposed = as_toml(look_at(path), 'a "b"')
    file = tmp_path / "m.toml"
    file.write_text(proposed, encoding="utf-8")
    with pytest.raises(MappingRefused, match="source"):
        read_mapping(file)
    file.write_text(proposed.replace('source = ""', 'source = "P"'), encoding="utf-8")
    assert read_mapping(file).columns["Folio"] == "entry"


GOOD: dict[str, Any] = {"name": "n", "source": "s", "columns": {"Nombre": "name"}}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no source": ({"source": " "}, "“source”: is missing"),
    "no name": ({"name": ""}, "“name”: is missing"),
    "an entry that is not known": ({"colums": {}}, "“colums”: is not known"),
    "another type": ({"columns": 7}, "misshapen"),
    "no such subject": ({"subject": "unicorn"}, "“subject”: is not one of"),
    "no such encoding": ({"encoding": "ebcdic"}, "“encoding”: is not one of"),
    "no such divider": ({"divider": ","}, "“divider”: is not one of"),
    "no such order": ({"order": "ymd"}, "misshapen"),
    "no such letters": ({"letters": "x"}, "“letters”: is not one of"),
    "no such field": ({"columns": {"Nombre": "name", "X": "shoe"}}, "there is no field shoe"),
    "a field twice": ({"columns": {"Nombre": "name", "X": "name"}}, "the same field as “Nombre”"),
    "a refused column": ({"columns": {"Nombre": "name", "Religión": "other"}}, "not admitted at this desk"),
    "a score": ({"columns": {"Nombre": "name", "Risk score": "other"}}, "not admitted at this desk"),
    "nobody named": ({"columns": {"X": "curp"}}, "the column that names the subject is missing"),
}


@pytest.mark.parametrize(("change", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_a_mapping_that_is_refused(change: dict[str, Any], sentence: str) -> None:
    """By the name of its entry, in both languages."""
    with pytest.raises(MappingRefused) as refusal:
        mapping_of({**GOOD, **change})
    assert sentence in refusal.value.words.en
    assert refusal.value.words.es
    assert mapping_of(GOOD).of("Nombre") == "name"


def test_a_mapping_that_is_no_toml(tmp_path: Path) -> None:
    """Nothing is read."""
    path = tmp_path / "m.toml"
    path.write_bytes(b"= \xff")
    with pytest.raises(MappingRefused, match="not TOML"):
        read_mapping(path)
