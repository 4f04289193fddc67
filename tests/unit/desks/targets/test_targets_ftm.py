# SPDX-License-Identifier: Apache-2.0
"""Entities of followthemoney in and out: what comes in, what comes back and why, and that nothing is lost on the way."""

import gzip
import importlib.util
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paridad.acts.vocabulary import check_body
from paridad.base.strict import JsonValue
from paridad.desks.targets.dossier import (
    KIND,
    Account,
    Address,
    Alias,
    Contact,
    Dossier,
    Identifier,
    Other,
    Source,
    dossier_fields,
)
from paridad.desks.targets.errors import ListDamaged
from paridad.desks.targets.ftm import Item, load_ftm, read_side
from paridad.desks.targets.ftm_out import Exit, Said, write_line
from paridad.desks.targets.ftm_terms import EDGES, REFUSED, SCHEMATA, SUBJECTS, TERMS, is_refused, property_of, term_of
from paridad.desks.targets.lines import Note, Reject
from paridad.desks.targets.links import KIND as LINK
from paridad.desks.targets.links import Tie, link_fields
from paridad.desks.targets.ofac import load_ofac
from paridad.desks.targets.sample import invent
from support import ftm_sample as sample
from support.ftm_sample import EVERY, OLGA, entity, write_entities
from support.shared_data import shared
from support.targets_acts import VOCABULARY
from support.targets_list import write_list

TODAY = "2026-12-01"


def load(path: Path, side: Mapping[str, Any] | None = None, source: str = "SIMULATED") -> list[Item]:
    """Read a file of entities."""
    return list(load_ftm(path, source=source, today=TODAY, side=side))


def only(items: Iterable[Item], kind: type) -> list[Any]:
    """Return the items of one type."""
    return [each for each in items if isinstance(each, kind)]


@pytest.fixture
def items(tmp_path: Path) -> list[Item]:
    """Read the sample."""
    return load(write_entities(tmp_path / "in.json", *EVERY))


@pytest.fixture
def olga(items: list[Item]) -> Dossier:
    """Return the person of the sample."""
    found: Dossier = only(items, Dossier)[0]
    return found


# What comes in -----------------------------------------------------------------------------------------------------


def test_every_kind_of_subject_comes_in(items: list[Item]) -> None:
    """Person, firm, vehicle, vessel, aircraft, two accounts; nothing comes back; every act can be issued."""
    dossiers = only(items, Dossier)
    assert Counter(each.subject_type for each in dossiers) == {
        "person": 1, "organisation": 1, "vehicle": 1, "vessel": 1, "aircraft": 1, "account": 2,
    }  # fmt: skip
    assert only(items, Reject) == []
    for each in dossiers:
        check_body(VOCABULARY.kinds[KIND], dossier_fields(each), complete=True)


def test_names_stand_as_received_and_by_their_strength(olga: Dossier) -> None:
    """The first name is the name; several surnames are no part of a name, and patronymics never are."""
    assert olga.name == "Olga Lidia Pinedo Ruiz"
    assert olga.aliases == (
        Alias("PINEDO RUIZ, Olga", "strong", "aka"), Alias("Olga Ruiz", "strong", "aka"),
        Alias("La Maestra", "weak", "aka"), Alias("Olga de Soto", "strong", "fka"),
    )  # fmt: skip
    assert olga.name_parts is not None
    assert (olga.name_parts.given_names, olga.name_parts.middle_names, olga.name_parts.surnames) == (
        "Olga",
        "Lidia",
        "",
    )
    assert {Other("lastName", "Pinedo"), Other("fatherName", "Raúl"), Other("motherName", "Carmen")} <= set(olga.other)


def test_dates_are_read_with_their_precision_or_kept(olga: Dossier) -> None:
    """A text that is no date stays as received, with the finding."""
    assert [(b.date, b.precision, b.as_received, b.finding) for b in olga.births] == [
        ("1971-03-24", "day", "", ""), ("1970", "year", "", ""), ("", "", "sin fecha", "unread_date"),
    ]  # fmt: skip


def test_a_number_is_taken_for_what_its_check_digit_says(olga: Dossier) -> None:
    """A CURP among the identity numbers is one; a tax number whose digit does not fit stays a tax number."""
    found = [(i.type, i.number, i.check, i.finding) for i in olga.identifiers]
    assert found[:4] == [
        ("curp", "PIRO710324MJCNZL92", "passes", ""), ("id_number", "77-01", "no_check", ""),
        ("tax_id", "TEJ040112AB1", "no_check", ""), ("passport", "G12345678", "no_check", "issuer_missing"),
    ]  # fmt: skip


def test_what_belongs_to_an_entity_is_in_its_dossier(olga: Dossier) -> None:
    """Passport, card, address and sanction; what they say besides stays among the other data."""
    passport, card = olga.identifiers[4:]
    assert passport == Identifier("passport", "G12345678", "aa", "SRE", "2010-05-05", "2020-05-05")
    assert (card.type, card.as_received) == ("cedula", "Cedula No.")
    assert Address("Calle Inventada 12", "Tepatitlán, 47600", "aa") in olga.addresses
    assert (olga.programmes, olga.measures, olga.authority) == (("SIM-ONE",), ("Inventada.",), "SIM 101")
    assert {Other("Address.latitude", "20.8"), Other("Sanction.listingDate", "2024-01-31")} <= set(olga.other)


def test_an_account_does_not_tell_its_number_in_its_name(items: list[Item]) -> None:
    """The number has another sensitivity than a name: the name that is one stays among the data of the source."""
    bank, wallet = (each for each in only(items, Dossier) if each.subject_type == "account")
    assert bank.name == wallet.name == "Cuenta / Account"
    assert bank.name_finding == wallet.name_finding == "not_a_name"
    assert bank.accounts == (
        Account("MXN", "032180000118359719", type="clabe", institution="Banco Inventado", check="passes"),
    )
    assert Other("name", "032180000118359719") in bank.other
    assert wallet.accounts == (Account("XBT", "1InventedAddress", type="wallet", check="no_check"),)


def test_refused_properties_are_notes_and_are_not_kept(items: list[Item], olga: Dossier) -> None:
    """Ethnicity, religion and politics are named in the report; their values stay nowhere. Topics are the source's."""
    notes = only(items, Note)
    assert sorted(each.column for each in notes) == ["ethnicity", "political", "religion"]
    assert {each.kind for each in notes} == {"refused"}
    assert olga.source_tags == ("sanction", "crime")
    assert not any(each.property in REFUSED for each in olga.other)


@pytest.mark.parametrize("name", ["ethnicity", "religion", "political", "score", "riskScore", "risk", "creditRating"])
def test_what_is_refused(name: str) -> None:
    """By name, whatever the source calls it."""
    assert is_refused(name)


@pytest.mark.parametrize("name", ["topics", "operatingStatus", "name", "description"])
def test_what_is_not_refused(name: str) -> None:
    """The control for the refusals above."""
    assert not is_refused(name)


def test_a_score_beside_the_properties_is_refused_too(tmp_path: Path) -> None:
    """As the answers of search services carry it."""
    path = write_entities(tmp_path / "in.json", entity("x-1", "Person", context={"score": 0.93}, name=["Ana"]))
    dossier, note = load(path)
    assert isinstance(note, Note)
    assert (note.kind, note.column) == ("refused", "score")
    assert "0.93" not in str(dossier)


def test_links_name_their_ends_by_list_and_entry(items: list[Item]) -> None:
    """Edges and references of things to their holders are links; what an edge says besides is kept."""
    ties = {(tie.one[1], tie.other[1]): tie.link for tie in only(items, Tie)}
    assert set(ties) == {("sim-olga", "sim-firm-1"), ("sim-olga", "sim-car-01"), ("sim-olga", "sim-wallet")}
    owns = ties["sim-olga", "sim-firm-1"]
    assert (owns.relation, owns.role, owns.since, owns.other) == (
        "ownership", "accionista", "2019", (Other("percentage", "51"),),
    )  # fmt: skip
    assert ties["sim-olga", "sim-wallet"].role == "holder"
    for each in ties.values():
        check_body(VOCABULARY.kinds[LINK], {**link_fields(each), "dossier": "x"}, complete=True)


def values_of(given: object) -> set[str]:
    """Return every text inside a value."""
    if isinstance(given, str):
        return {given}
    inner = given.values() if isinstance(given, Mapping) else given if isinstance(given, list | tuple) else ()
    return {text for each in inner for text in values_of(each)}


def test_no_value_of_an_entity_is_lost(items: list[Item]) -> None:
    """Whatever is not refused stands in the dossier or the link as it was written."""
    kept = {
        text
        for each in only(items, Dossier) + [tie.link for tie in only(items, Tie)]
        for text in values_of(dossier_fields(each) if isinstance(each, Dossier) else link_fields(each))
    }
    kept |= {end[1] for tie in only(items, Tie) for end in (tie.one, tie.other)}
    kept |= {part for text in kept for part in text.split(", ")} | {"sim-addr", "CryptoWallet", "Company"}
    for each in EVERY:
        said = {text for name, values in each["properties"].items() if name not in REFUSED for text in values}
        assert said <= kept, each["id"]


# What comes back ---------------------------------------------------------------------------------------------------

BACK: dict[str, tuple[bytes, str, str]] = {
    "no JSON": (b"{nonsense", "", "It is not JSON"),
    "a key twice": (b'{"id": "a", "id": "b"}', "", "a key stands twice"),
    "no object": (b"[1]", "", "It is not an object."),
    "no id": (b'{"schema": "Person"}', "id", "It is missing"),
    "an id that is no text": (b'{"id": 7, "schema": "Person"}', "id", "not a text"),
    "no schema": (b'{"id": "a"}', "schema", "It is missing"),
    "a schema that is not read": (b'{"id": "a", "schema": "Position"}', "schema", "does not read the schema Position"),
    "properties that are none": (b'{"id": "a", "schema": "Person", "properties": 1}', "properties", "not an object"),
    "a value that is no list": (
        b'{"id": "a", "schema": "Person", "properties": {"name": "Ana"}}', "name", "not a list of texts",
    ),
    "a nested entity": (
        b'{"id": "a", "schema": "Person", "properties": {"name": ["A"], "sanctions": [{}]}}', "sanctions", "list of texts",
    ),
    "no name": (b'{"id": "a", "schema": "Person", "properties": {}}', "name", "The name is missing."),
    "a name no field can hold": (
        json.dumps(entity("a", "Person", name=["x" * 20_000])).encode(), "", "Text of more than 16384 bytes",
    ),
    "a NUL": (b'{"id": "a", "schema": "Person", "properties": {"name": ["A\\u0000"]}}', "", "U+0000"),
    "not a number": (b'{"id": "a", "schema": "Person", "properties": {"name": [NaN]}}', "", "It is not JSON"),
    "nested without end": (b'{"a":' * 60_000, "", "It is not JSON"),
    "not UTF-8": (b'{"id": "\xff"}', "", "It is not JSON"),
    "a passport of nobody": (b'{"id": "a", "schema": "Passport", "properties": {}}', "holder", "whose it is"),
    "a passport of somebody else": (
        b'{"id": "a", "schema": "Passport", "properties": {"holder": ["b"]}}', "holder", "not in the file",
    ),
    "an address of nobody": (b'{"id": "a", "schema": "Address", "properties": {}}', "id", "not in the file"),
    "an edge with one end": (
        b'{"id": "a", "schema": "Ownership", "properties": {"owner": ["b"]}}', "asset", "An end of the link is missing",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("line", "column", "sentence"), BACK.values(), ids=BACK.keys())
def test_an_entity_that_does_not_hold_comes_back_alone(tmp_path: Path, line: bytes, column: str, sentence: str) -> None:
    """With its line, the property and the reason in both languages; its neighbours come in."""
    path = write_entities(tmp_path / "in.json", OLGA)
    path.write_bytes(path.read_bytes() + line + b"\n" + json.dumps(sample.ADDRESS).encode() + b"\n\n")
    found = load(path)
    assert len(only(found, Dossier)) == 1
    [back] = only(found, Reject)
    assert (back.line, back.column) == (2, column)
    assert sentence in back.reason.en
    assert back.reason.es
    assert back.raw == line


def test_an_entity_twice_comes_back_the_second_time(tmp_path: Path) -> None:
    """Nothing is merged."""
    found = load(write_entities(tmp_path / "in.json", OLGA, OLGA, sample.ADDRESS))
    assert (len(only(found, Dossier)), [r.column for r in only(found, Reject)]) == (1, ["id"])


def test_a_line_that_is_too_long_is_not_held(tmp_path: Path) -> None:
    """More than 1 MiB comes back."""
    path = write_entities(tmp_path / "in.json", entity("a", "Person", name=["A"], notes=["x" * 1024 * 1024]))
    [back] = load(path)
    assert isinstance(back, Reject)
    assert back.reason.en == "The line is longer than 1 MiB."


def test_a_packed_file_reads_alike(tmp_path: Path, items: list[Item]) -> None:
    """The packing shows in the bytes."""
    path = tmp_path / "in.json"
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert load(path) == items


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(st.binary(max_size=200))
def test_noise_is_handed_back(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    """Whatever stands in a file: dossiers, or rejects with their reason."""
    path = tmp_path_factory.mktemp("noise") / "in.json"
    path.write_bytes(noise)
    if noise.startswith(b"\x1f\x8b"):
        with suppress(ListDamaged):
            load(path)
    else:
        assert all(isinstance(each, Reject) for each in load(path))


def test_statements_are_put_together(tmp_path: Path) -> None:
    """One row a value: the value as received counts; a row that lacks its entity comes back."""
    path = tmp_path / "statements.csv"
    path.write_text(
        "canonical_id,entity_id,prop,prop_type,schema,value,dataset,lang,original_value,external,first_seen,last_seen\n"
        "x,sim-a,id,id,Person,abc,sim,,,f,2024-01-02,2024-05-01\n"
        "x,sim-a,name,name,Person,Ana Quetzal,sim,spa,ANA  QUETZAL,f,2024-01-01,2024-05-02\n"
        "x,sim-a,birthDate,date,Person,1971,sim2,,,f,,\n"
        "x,,name,name,Person,Nadie,sim,,,f,,\n",
        encoding="utf-8",
    )
    [back, dossier] = sorted(load(path)[:2], key=lambda each: isinstance(each, Dossier))
    assert isinstance(dossier, Dossier)
    assert isinstance(back, Reject)
    assert (dossier.name, dossier.births[0].date, back.column, back.line) == ("ANA  QUETZAL", "1971", "entity_id", 5)
    assert dossier.source == Source("SIMULATED", "sim-a", first_seen="2024-01-01", last_seen="2024-05-02")


# Out, and in again -------------------------------------------------------------------------------------------------


def out_of(dossiers: Iterable[Dossier], path: Path) -> tuple[Exit, list[Mapping[str, JsonValue]]]:
    """Write dossiers as entities; return the export and the fields that went in."""
    exit_, fields = Exit(TODAY), [dossier_fields(each) for each in dossiers]
    with path.open("wb") as file:
        for number, each in enumerate(fields):
            file.writelines(write_line(line) for line in exit_.dossier(Said(f"act{number}", False, "AMBER", each)))
    return exit_, fields


def assert_comes_back(dossiers: Iterable[Dossier], folder: Path) -> Exit:
    """Insist that a side file and entities give the same fields."""
    exit_, fields = out_of(dossiers, folder / "out.json")
    found = load(folder / "out.json", exit_.side)
    assert [dossier_fields(each) for each in only(found, Dossier)] == fields
    assert only(found, Reject) == []
    return exit_


def test_in_out_in_loses_nothing(items: list[Item], tmp_path: Path) -> None:
    """Dossiers that came as entities go out as entities and come in as they were."""
    assert_comes_back(only(items, Dossier), tmp_path)


def test_a_plain_entity_needs_no_side_file(tmp_path: Path) -> None:
    """What followthemoney can say goes without."""
    path = write_entities(
        tmp_path / "in.json", {**sample.SHIP, "datasets": ["sim"]}, {**sample.PLANE, "datasets": ["x"]}
    )
    assert assert_comes_back(only(load(path), Dossier), tmp_path).side == {}


def test_the_official_layout_comes_back_too(tmp_path: Path) -> None:
    """Dossiers of another loader: their entry numbers become ids, what entities cannot carry stands aside."""
    found = only(load_ofac(*write_list(tmp_path), listed_on="2024-01-31"), Dossier)
    exit_ = assert_comes_back(found, tmp_path)
    assert set(exit_.ids.values()) == {f"ofac-sdn-{number}" for number in (101, 102, 103, 104)}


def test_kinds_that_followthemoney_does_not_have(tmp_path: Path) -> None:
    """A telephone goes out as the account of a user of a telephone service, its own kind aside."""
    phone = Dossier(
        "telephone", "Teléfono / Telephone", source=Source("SIMULATED", "9"),
        contacts=(Contact("telephone", "+52 33 5555 0101", carrier="X"), Contact("imei", "490154203237518", check="passes")),
    )  # fmt: skip
    exit_ = assert_comes_back([phone], tmp_path)
    entity_ = json.loads((tmp_path / "out.json").read_text())
    assert (entity_["schema"], entity_["properties"]["service"]) == ("UserAccount", ["telephone"])
    assert exit_.side["simulated-9"]["subject_type"] == "telephone"


def test_invented_dossiers_come_back(tmp_path: Path) -> None:
    """A hundred of every shape that the demonstration has."""
    assert_comes_back(invent(100, seed=7, countries=("Aa", "Bb")), tmp_path)


def test_what_goes_out_names_its_act_and_is_marked(items: list[Item], tmp_path: Path) -> None:
    """`origin`, `external` and the handling code, on the entity and on what belongs to it."""
    out_of(only(items, Dossier), tmp_path / "out.json")
    lines = [json.loads(line) for line in (tmp_path / "out.json").read_text().splitlines()]
    assert all(each["handling"] == "AMBER" and each["external"] is False for each in lines)
    assert {each["schema"] for each in lines if each["origin"] == ["act0"]} == {
        "Person", "Passport", "Identification", "Address",
    }  # fmt: skip


def test_links_go_out_between_what_went_out(items: list[Item], tmp_path: Path) -> None:
    """A link whose end stayed does not go; one that goes comes back as it was."""
    exit_, _ = out_of(only(items, Dossier), tmp_path / "out.json")
    owns = next(tie for tie in only(items, Tie) if tie.other[1] == "sim-firm-1")
    fields = {**link_fields(owns.link), "dossier": "act0", "to": "act1", "correction": "x"}
    line = exit_.link(Said("act9", True, "AMBER", fields))
    assert line is not None
    assert (line["id"], line["schema"], line["external"]) == ("sim-owns-1", "Ownership", True)
    with (tmp_path / "out.json").open("ab") as file:
        file.write(write_line(line))
    found = next(tie for tie in only(load(tmp_path / "out.json", exit_.side), Tie) if tie.other[1] == "sim-firm-1")
    assert (found.one, found.other, found.link) == (owns.one, owns.other, owns.link)
    assert exit_.link(Said("act9", True, "AMBER", {**fields, "to": "elsewhere"})) is None


def test_a_link_that_an_edge_cannot_carry_has_its_side(tmp_path: Path) -> None:
    """Its source and its state stand aside."""
    exit_, _ = out_of(only(load(write_entities(tmp_path / "i.json", *EVERY)), Dossier), tmp_path / "out.json")
    said: dict[str, JsonValue] = {
        "dossier": "act0",
        "to": "act1",
        "relation": "ownership",
        "state": "disputed",
        "source": {"list": "A"},
    }
    line = exit_.link(Said("act9", False, "AMBER", said))
    assert line is not None
    with (tmp_path / "out.json").open("ab") as file:
        file.write(write_line(line))
    found = next(tie for tie in only(load(tmp_path / "out.json", exit_.side), Tie) if tie.link.state == "disputed")
    assert found.link.source == Source("A", "")


def test_a_side_file_that_is_none_is_refused(tmp_path: Path) -> None:
    """With the line."""
    path = tmp_path / "side.json"
    path.write_bytes(b'{"id": "a", "fields": {"name": "X"}}\n{"id": 1}\n')
    with pytest.raises(ListDamaged) as refusal:
        read_side(path)
    assert "line 2" in refusal.value.words.en
    path.write_bytes(b'{"id": "a", "fields": {"name": null}}\n')
    assert read_side(path) == {"a": {"name": None}}


# The table of terms ------------------------------------------------------------------------------------------------


def test_each_code_goes_out_under_the_property_it_came_from() -> None:
    """The table reads the same in both directions, for every type of subject."""
    for term in TERMS:
        for subject in term.subjects or SCHEMATA:
            assert property_of(term.field, term.code, subject) == term.property
            found = term_of(term.property, subject)
            assert found is not None
            assert found.field == term.field


def test_every_schema_has_its_subject() -> None:
    """What goes out under a schema can come in under it."""
    assert set(SCHEMATA.values()) <= set(SUBJECTS)


@pytest.mark.skipif(not importlib.util.find_spec("followthemoney"), reason="needs followthemoney, the extra [ftm]")
def test_followthemoney_itself_reads_what_goes_out(items: list[Item], tmp_path: Path) -> None:
    """Every schema and property of an export exists there; every term of the table does too."""
    from followthemoney import model

    dossiers = [*only(items, Dossier), *only(load_ofac(*write_list(tmp_path)), Dossier)]
    out_of(dossiers, tmp_path / "out.json")
    for line in (tmp_path / "out.json").read_text().splitlines():
        each = json.loads(line)
        schema = model.get(each["schema"])
        assert schema is not None
        known = {name for name, prop in schema.properties.items() if not prop.stub}
        assert set(each["properties"]) <= known | set(REFUSED), each["schema"]
    for edge_schema, edge in EDGES.items():
        found = model.get(edge_schema)
        assert found is not None
        assert {edge.source, edge.target, edge.role} <= set(found.properties)
    by_subject = {subject: [model.get(s) for s, of in SUBJECTS.items() if of == subject] for subject in SCHEMATA}
    for term in TERMS:
        for subject in term.subjects:
            assert any(term.property in schema.properties for schema in by_subject[subject] if schema), term


@pytest.mark.shared
@pytest.mark.slow
def test_the_whole_official_list_goes_out_and_comes_back(tmp_path: Path) -> None:
    """13,821 dossiers, field by field."""
    files = (shared(f"targets/ofac/{name}.csv.gz") for name in ("sdn_2023-12-28", "alt_2024-01", "add_2024-01"))
    assert_comes_back(only(load_ofac(*files, listed_on="2023-12-28"), Dossier), tmp_path)
