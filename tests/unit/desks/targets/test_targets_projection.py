# SPDX-License-Identifier: Apache-2.0
"""Rows of dossiers: rebuilt equals incremental, and nobody finds what they may not see."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paridad.desks.targets.dossier import Alias, Dossier, Source, dossier_fields
from paridad.desks.targets.projection import (
    METADATA,
    Listed,
    count,
    find_listed,
    fold,
    forget,
    get,
    project,
    rebuild,
    search,
    tokens_of,
)
from paridad.desks.targets.rules import content_digest
from paridad.folio.state import Recorded
from paridad.policy.visible import Reader
from support.targets_acts import hash_of, recorded
from support.targets_sight import Sight

KINDS = ("identity", "proceedings", "source", "procedural")
ALL = Sight([(handling, kind) for handling in ("AMBER", "RED") for kind in KINDS])
NOTHING = Sight([])

OLGA = dossier_fields(
    Dossier(
        "person", "PEÑA RUIZ, Olga", aliases=(Alias("La Maestra", "weak", "aka"),),
        programmes=("SIM ONE", "SIM-TWO"), source=Source("SIMULATED", "1"),
    )
)  # fmt: skip
HUGO = dossier_fields(Dossier("person", "Peñaloza, Hugo", source=Source("SIMULATED", "2")))
MENDED = dossier_fields(Dossier("person", "PEÑA RUIZ, Olga Lidia", source=Source("SIMULATED", "1")))


@pytest.fixture
def conn() -> Iterator[sa.Connection]:
    """Open a database in memory with the tables of the desk."""
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        METADATA.create_all(connection)
        yield connection
    engine.dispose()


def found(conn: sa.Connection, query: str, sight: Sight = ALL) -> list[str]:
    """Return the names that a query finds."""
    return [row.name for row in search(conn, query, sight)]


SEARCHES = {
    "the beginning of a word": ("pen", ["PEÑA RUIZ, Olga", "Peñaloza, Hugo"]),
    "case and accents aside": ("PEÑA", ["PEÑA RUIZ, Olga", "Peñaloza, Hugo"]),
    "every word must begin one": ("pen olg", ["PEÑA RUIZ, Olga"]),
    "words in any order": ("olga ruiz", ["PEÑA RUIZ, Olga"]),
    "an alias": ("maestra", ["PEÑA RUIZ, Olga"]),
    "not the middle of a word": ("loza", []),
    "no words": (" ,.- ", []),
    "a mark that means something elsewhere": ("%", []),
    "nobody": ("zavala", []),
}


@pytest.mark.parametrize(("query", "names"), SEARCHES.values(), ids=SEARCHES.keys())
def test_search(conn: sa.Connection, query: str, names: list[str]) -> None:
    """Each search finds what its title says, by name."""
    project(conn, [recorded(HUGO, "two"), recorded(OLGA)])
    assert found(conn, query) == names


def test_a_row_as_a_reader_sees_it(conn: sa.Connection) -> None:
    """Every column for one who sees all."""
    project(conn, [recorded(OLGA)])
    row = search(conn, "olga", ALL)[0]
    assert (row.hash, row.iss, row.subject_type, row.state) == (hash_of("one"), "A/ONE", "person", "asserted")
    assert (row.programmes, row.source_list, row.source_entry) == (("SIM ONE", "SIM-TWO"), "SIMULATED", "1")
    assert get(conn, hash_of("one"), ALL) == row
    assert get(conn, hash_of("none"), ALL) is None


def test_columns_that_a_reader_may_not_see_are_empty(conn: sa.Connection) -> None:
    """Identity alone shows the name and what it is, nothing else."""
    project(conn, [recorded(OLGA)])
    row = search(conn, "olga", Sight([("AMBER", "identity")]))[0]
    assert (row.name, row.programmes, row.source_list, row.source_entry, row.state) == (
        "PEÑA RUIZ, Olga",
        (),
        "",
        "",
        "",
    )


INVISIBLE = {
    "a reader who sees nothing": NOTHING,
    "all but the identity": Sight([("AMBER", kind) for kind in KINDS[1:]]),
    "the identity under another handling code": Sight([("RED", "identity")]),
    "the identity only when involved, and the reader is not": Sight(
        [], [("AMBER", "identity")], Reader("ana", "analyst", "A/ON")
    ),
}


@pytest.mark.parametrize("sight", INVISIBLE.values(), ids=INVISIBLE.keys())
def test_who_may_not_see_an_identity_cannot_tell_that_it_is_there(conn: sa.Connection, sight: Sight) -> None:
    """No row, no count, no direct answer."""
    project(conn, [recorded(OLGA)])
    assert (found(conn, "olga", sight), count(conn, sight), get(conn, hash_of("one"), sight)) == ([], 0, None)
    assert (found(conn, "olga"), count(conn, ALL)) == (["PEÑA RUIZ, Olga"], 1)


@pytest.mark.parametrize("agency", ["A/ONE", "B/TWO"])
def test_the_involved_see_what_others_do_not(conn: sa.Connection, agency: str) -> None:
    """Issuer and addressee, each for its own agency."""
    project(conn, [recorded(OLGA, aud=("B/TWO",))])
    sight = Sight([], [("AMBER", "identity")], Reader("ana", "analyst", agency))
    assert (found(conn, "olga", sight), count(conn, sight)) == (["PEÑA RUIZ, Olga"], 1)


def test_a_corrected_dossier_is_found_under_its_act_only(conn: sa.Connection) -> None:
    """Lists show what is in force; the older act stays readable and says that it was corrected."""
    project(conn, [recorded(OLGA), recorded(MENDED, "two", re=(hash_of("one"),))])
    assert (found(conn, "olga"), count(conn, ALL)) == (["PEÑA RUIZ, Olga Lidia"], 1)
    old, new = get(conn, hash_of("one"), ALL), get(conn, hash_of("two"), ALL)
    assert (old and old.corrected, new and new.corrected) == (True, False)


def test_another_party_corrects_nothing(conn: sa.Connection) -> None:
    """Its act is a dossier of its own."""
    project(conn, [recorded(OLGA), recorded(MENDED, "two", iss="B/TWO", re=(hash_of("one"),))])
    assert len(found(conn, "olga")) == 2


def test_an_erased_act_leaves_no_name(conn: sa.Connection) -> None:
    """Projected again with what it still says, or forgotten."""
    project(conn, [recorded(OLGA)])
    project(conn, [recorded({}), recorded({}, "x", kind="targets/novel/1")])
    row = get(conn, hash_of("one"), ALL)
    assert row is not None
    assert (row.name, row.programmes, found(conn, "olga")) == ("", (), [])
    forget(conn, [hash_of("one")])
    assert count(conn, ALL) == 0


def test_an_import_finds_what_it_registered_before(conn: sa.Connection) -> None:
    """By party, list and entry; a corrected act is not it."""
    project(conn, [recorded(OLGA), recorded(MENDED, "two", re=(hash_of("one"),))])
    assert find_listed(conn, "A", "SIMULATED", "1") == Listed(hash_of("two"), content_digest(MENDED))
    assert find_listed(conn, "B", "SIMULATED", "1") is None
    assert find_listed(conn, "A", "SIMULATED", "9") is None


def test_folding() -> None:
    """For search only."""
    assert fold("PEÑA Núñez, Straße") == "pena nunez, strasse"
    assert tokens_of("Ana, ana O'Neill") == (b"ana", b"o", b"neill")


def dump(conn: sa.Connection) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables."""
    return {table.name: sorted(map(tuple, conn.execute(sa.select(table)))) for table in METADATA.sorted_tables}


acts = st.lists(
    st.builds(
        recorded,
        st.sampled_from([OLGA, HUGO, MENDED, {}]),
        st.sampled_from("abc"),
        iss=st.sampled_from(["A/ONE", "B/TWO"]),
        re=st.sampled_from([(), (hash_of("a"),), (hash_of("a"), hash_of("b"), hash_of("a"))]),
        handling=st.sampled_from(["AMBER", "RED"]),
        kind=st.sampled_from(["targets/dossier/1", "targets/novel/1"]),
    ),
    max_size=8,
    unique_by=lambda act: act.hash,
)


@given(acts, st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_rebuilt_equals_incremental(conn: sa.Connection, history: list[Recorded], data: st.DataObject) -> None:
    """In any order, some acts twice."""
    rebuild(conn, [])
    for act in data.draw(st.permutations([*history, *history])):
        project(conn, [act])
    incremental = dump(conn)
    rebuild(conn, history)
    assert dump(conn) == incremental
