# SPDX-License-Identifier: Apache-2.0
"""The whole official list: every row loads, nothing of its text is lost, hard rows end as they should."""

import csv
import gzip
from collections import Counter
from dataclasses import fields as members
from pathlib import Path
from typing import NamedTuple

import pytest

from paridad.acts.envelope import Draft
from paridad.desks.targets.dossier import KIND, Dossier, dossier_fields
from paridad.desks.targets.identifiers import check
from paridad.desks.targets.lines import Reject
from paridad.desks.targets.ofac import SDN_COLUMNS, Row, Tally, load_ofac, read_rows
from paridad.desks.targets.remarks import split
from support.programmes import seeded_random
from support.shared_data import shared
from support.targets_acts import opened, signed

pytestmark = pytest.mark.shared


class Loaded(NamedTuple):
    """One loading of the list."""

    dossiers: dict[int, Dossier]
    rejects: list[Reject]
    tally: Tally


@pytest.fixture(scope="module")
def sdn() -> Path:
    """Return the list itself."""
    return shared("targets/ofac/sdn_2023-12-28.csv.gz")


@pytest.fixture(scope="module")
def loaded(sdn: Path) -> Loaded:
    """Load the list with its other names and addresses."""
    tally = Tally()
    alt, add = shared("targets/ofac/alt_2024-01.csv.gz"), shared("targets/ofac/add_2024-01.csv.gz")
    items = list(load_ofac(sdn, alt, add, listed_on="2023-12-28", tally=tally))
    dossiers = {int(item.authority.split()[-1]): item for item in items if isinstance(item, Dossier)}
    return Loaded(dossiers, [item for item in items if isinstance(item, Reject)], tally)


def narcotics() -> list[dict[str, str]]:
    """Read the derived file of narcotics designations."""
    with gzip.open(shared("targets/ofac/narcotics_2023-12-28.csv.gz"), "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_of_the_list_loads(loaded: Loaded) -> None:
    """13,821 entries, 17,091 other names, no row rejected."""
    assert (len(loaded.dossiers), loaded.rejects) == (13_821, [])
    types = Counter(dossier.subject_type for dossier in loaded.dossiers.values())
    assert types == {"person": 6_646, "organisation": 6_033, "vessel": 764, "aircraft": 378}
    strong = sum(alias.strength == "strong" for dossier in loaded.dossiers.values() for alias in dossier.aliases)
    assert strong == 17_091
    assert sum(len(dossier.addresses) for dossier in loaded.dossiers.values()) == 18_990 - 2_652
    assert sum(dossier.remarks_cut for dossier in loaded.dossiers.values()) == 17


def pieces(dossier: Dossier) -> list[str]:
    """Return every piece of running text that a dossier keeps, read or not, without a closing point."""
    parts = [
        part
        for member in members(dossier)
        if isinstance(value := getattr(dossier, member.name), tuple)
        for part in value
    ]
    kept = [part.as_received for part in parts if getattr(part, "as_received", "")]
    gender = [f"Gender {dossier.gender.capitalize()}"] if dossier.gender else []
    return sorted(piece.removesuffix(".") for piece in (*kept, *dossier.remarks, *dossier.measures, *gender))


def test_nothing_of_the_running_text_is_lost(loaded: Loaded, sdn: Path) -> None:
    """Read and unread pieces of each dossier are the pieces of its row."""
    for row in read_rows(sdn, SDN_COLUMNS):
        assert isinstance(row, Row)
        received = sorted(piece.removesuffix(".") for piece in split(row.values["remarks"]))
        assert pieces(loaded.dossiers[row.entry]) == received


def test_most_of_the_running_text_is_read(loaded: Loaded) -> None:
    """A spelling that stops being read shows here; so does one that is read by accident."""
    read = sum(number for (_, was_read), number in loaded.tally.items() if was_read)
    unread = {tag: number for (tag, was_read), number in loaded.tally.items() if not was_read}
    assert (read, sum(unread.values())) == (53_949, 2_303)
    assert unread.pop("") == 2_280
    assert max(unread.values()) <= 8


def test_check_digits_of_the_whole_list(loaded: Loaded) -> None:
    """As counted by hand once; a change here is a change of the rules."""
    found = Counter((i.type, i.check) for dossier in loaded.dossiers.values() for i in dossier.identifiers)
    assert [found["curp", answer] for answer in ("passes", "fails", "no_check")] == [425, 4, 0]
    assert [found["rfc", answer] for answer in ("passes", "fails", "no_check")] == [262, 29, 62]
    assert [found["imo", answer] for answer in ("passes", "fails", "no_check")] == [757, 9, 0]


def test_the_narcotics_designations_agree_with_the_derived_file(loaded: Loaded) -> None:
    """2,050 entries. The derived file's patterns cut at blanks and apostrophes, so each of its values begins one of ours."""
    rows = narcotics()
    assert len(rows) == 2_050
    for row in rows:
        dossier = loaded.dossiers[int(row["ent_num"])]
        assert dossier.name == row["name"]
        assert set(row["programs"].split()) <= set(dossier.programmes)
        weak = [alias.name for alias in dossier.aliases if alias.strength == "weak" and alias.type == "aka"]
        assert [*map(str.startswith, weak, row["weak_aliases"].split("|"))] == [True] * len(weak)
        for kind in ("curp", "rfc"):
            ours = [identifier.number for identifier in dossier.identifiers if identifier.type == kind]
            assert all(any(number.startswith(listed) for number in ours) for listed in row[kind].split("|") if listed)


def test_curp_and_rfc_of_the_narcotics_designations() -> None:
    """418 of 422 CURP are valid; 317 of 330 RFC have a valid form, 242 of the whole ones their digit."""
    rows = narcotics()
    curps = [check("curp", number) for row in rows for number in row["curp"].split("|") if number]
    rfcs = [check("rfc", number) for row in rows for number in row["rfc"].split("|") if number]
    assert Counter(curps) == {"passes": 418, "fails": 4}
    assert (len(rfcs), Counter(rfcs)["passes"]) == (330, 242)


HARD_ROWS = {
    "several passports and cédulas, weak aliases": (4107, "identifiers", 6),
    "95 other names": (10923, "aliases", 95),
    "47 addresses": (8244, "addresses", 47),
    "four programmes": (15117, "programmes", 4),
    "telephones without tag words alike, one behind two blanks": (15117, "contacts", 15),
    "four former flags": (15036, "craft", 9),
    "cut at 1,000 characters inside an address on a chain": (30518, "remarks", 1),
    "data of another person in brackets": (11313, "remarks", 1),
    "a nationality that is a guess, run into an arrest": (7940, "remarks", 1),
    "a piece without a tag": (7885, "remarks", 2),
}


@pytest.mark.parametrize(("entry", "field", "number"), HARD_ROWS.values(), ids=HARD_ROWS.keys())
def test_hard_rows(loaded: Loaded, entry: int, field: str, number: int) -> None:
    """By entry number; how many values each gives."""
    assert len(getattr(loaded.dossiers[entry], field)) == number


def test_several_curps_of_one_person_stay_several(loaded: Loaded) -> None:
    """23 designated persons carry more than one; none is chosen."""
    entries = [loaded.dossiers[int(row["ent_num"])] for row in narcotics()]
    curps = [{i.number for i in dossier.identifiers if i.type == "curp"} for dossier in entries]
    assert Counter(map(len, curps)) == {0: 1_656, 1: 371, 2: 20, 3: 2, 4: 1}


def test_the_largest_dossiers_can_be_issued_and_opened(loaded: Loaded) -> None:
    """One act each, all fields coming back."""
    largest = sorted(loaded.dossiers.values(), key=lambda dossier: -len(str(dossier)))[:12]
    random = seeded_random("list")
    for dossier in largest:
        fields = dossier_fields(dossier)
        act = signed(Draft(KIND, "A/ONE", ("A/ONE",), "AMBER", "investigation", "treaty", fields), random)
        assert opened(act).fields == fields
