# SPDX-License-Identifier: Apache-2.0
"""Links of dossiers as rows: from either end, through corrections, to who may read associations."""

from collections.abc import Iterator
from itertools import permutations

import pytest
import sqlalchemy as sa

from paridad.desks.targets.dossier import Dossier, Identifier, Source, dossier_fields
from paridad.desks.targets.errors import AlreadyRegistered, LinkRefused, NotCurrent
from paridad.desks.targets.links import KIND, Link, SayLink, Standing, decide, digest, link_fields, retracted
from paridad.desks.targets.projection import (
    METADATA,
    all_links,
    ends_of,
    in_force,
    link_on_record,
    links,
    links_of,
    links_of_folio,
    listed,
    project,
    rebuild,
    sharing,
    versions,
)
from paridad.folio.state import Recorded
from support.targets_acts import hash_of, recorded
from support.targets_sight import ANA, Sight

ALL = Sight([("AMBER", kind) for kind in ("identity", "association", "document", "source")])
NO_LINKS = Sight([("AMBER", "identity")])
ONE, OTHER, FOLIO = hash_of("one"), hash_of("other"), "A-2026-0001"
OWNS = Link(ONE, "ownership", OTHER, role="socia", source=Source("SIM", "7"))


def dossier(name: str, number: str = "") -> dict[str, object]:
    """Return the fields of a dossier."""
    identifiers = (Identifier("cedula", number),) if number else ()
    return dict(dossier_fields(Dossier("person", name, identifiers=identifiers, source=Source("SIM", name))))


def acts() -> list[Recorded]:
    """Return two dossiers, one of them corrected, a link between them and a link to a folio."""
    return [
        recorded(dossier("Ana", "12345"), "one"),  # type: ignore[arg-type]
        recorded(dossier("Eva", "12345"), "other"),  # type: ignore[arg-type]
        recorded(dossier("Ana María", "12345"), "mended", re=(ONE,)),  # type: ignore[arg-type]
        recorded(link_fields(OWNS), "owns", kind=KIND),
        recorded(link_fields(Link(ONE, "subject_of", folio=FOLIO)), "about", kind=KIND),
    ]


@pytest.fixture
def conn() -> Iterator[sa.Connection]:
    """Lend an empty database."""
    engine = sa.create_engine("sqlite://")
    METADATA.create_all(engine)
    with engine.connect() as found:
        yield found


def rows(conn: sa.Connection) -> list[tuple[object, ...]]:
    """Return the rows of links."""
    return sorted(map(tuple, conn.execute(sa.select(links))))


def test_a_link_is_found_from_every_version_of_either_end(conn: sa.Connection) -> None:
    """Corrections are followed in both directions."""
    project(conn, acts())
    mended = hash_of("mended")
    assert versions(conn, ONE) == versions(conn, mended) == [ONE, mended]
    assert in_force(conn, ONE) == mended
    for end in (ONE, mended):
        assert set(links_of(conn, end, ALL)) == {hash_of("owns"), hash_of("about")}
    assert links_of(conn, OTHER, ALL) == (hash_of("owns"),)
    assert ends_of(conn, hash_of("owns")) == (mended, OTHER)
    assert links_of_folio(conn, FOLIO, ALL) == (hash_of("about"),)


def test_who_may_not_read_associations_finds_none(conn: sa.Connection) -> None:
    """Not from either end, not by the folio, not by its act."""
    project(conn, acts())
    assert links_of(conn, ONE, NO_LINKS) == links_of_folio(conn, FOLIO, NO_LINKS) == all_links(conn, NO_LINKS) == ()
    assert link_on_record(conn, hash_of("owns"), NO_LINKS) is None
    assert link_on_record(conn, hash_of("owns"), ALL) is not None


def test_a_link_that_was_changed_is_not_in_force(conn: sa.Connection) -> None:
    """The newer one stands; another party's word changes nothing."""
    later = recorded(link_fields(retracted(OWNS)), "later", kind=KIND, re=(hash_of("owns"),))
    theirs = recorded(link_fields(OWNS), "theirs", kind=KIND, re=(hash_of("about"),), iss="B/TWO")
    project(conn, [*acts(), later, theirs])
    assert hash_of("owns") not in links_of(conn, ONE, ALL)
    assert hash_of("about") in links_of(conn, ONE, ALL)
    assert link_on_record(conn, hash_of("owns"), ALL) is None


def test_rebuilt_is_what_came_bit_by_bit(conn: sa.Connection) -> None:
    """Whatever the order."""
    expected: list[tuple[object, ...]] = []
    for order in list(permutations(acts()))[::17]:
        rebuild(conn, [])
        for act in order:
            project(conn, [act])
        expected = expected or rows(conn)
        assert rows(conn) == expected
    rebuild(conn, acts())
    assert rows(conn) == expected


def test_an_import_finds_the_link_of_an_entry(conn: sa.Connection) -> None:
    """By list and entry, with a digest of what it says whichever versions of its ends it names."""
    project(conn, acts())
    found = listed(conn, "A", [("SIM", "7"), ("SIM", "8")], links)
    assert {entry: each.content for entry, each in found.items()} == {("SIM", "7"): digest(link_fields(OWNS))}
    assert digest({**link_fields(OWNS), "to": "elsewhere"}) == digest(link_fields(OWNS))


def test_dossiers_with_one_number_are_found_by_who_sees_documents(conn: sa.Connection) -> None:
    """Those in force; to nobody else."""
    project(conn, acts())
    assert sharing(conn, OTHER, ALL) == (hash_of("mended"),)
    assert sharing(conn, OTHER, NO_LINKS) == ()


def say(link: Link, of: str = "", reason: str = "", iss: str = "A/ONE", handling: str = "AMBER") -> SayLink:
    """Return the command that says a link."""
    return SayLink(iss, handling, "investigation", "treaty", link, of, reason)


def test_a_link_is_said_to_the_own_agency_and_its_envelope_names_no_end() -> None:
    """What a folio gives of it is another matter."""
    [draft] = decide(Standing(), say(OWNS))
    assert (draft.kind, draft.aud, draft.re) == (KIND, ("A/ONE",), ())
    standing = Standing("x", "A", digest(link_fields(OWNS)))
    [draft] = decide(standing, say(retracted(OWNS), "x", "Era otra."))
    assert (draft.re, draft.fields["state"], draft.fields["correction"]) == (("x",), "retracted", "Era otra.")


REFUSED: dict[str, tuple[Standing, SayLink, type[Exception]]] = {
    "unmarked": (Standing(), say(OWNS, handling=""), LinkRefused),
    "of another act than the one in force": (Standing("x", "A"), say(OWNS, "y", "z"), NotCurrent),
    "another party's": (Standing("x", "B"), say(OWNS, "x", "z"), NotCurrent),
    "the same again": (Standing("x", "A", digest(link_fields(OWNS))), say(OWNS, "x", "z"), AlreadyRegistered),
}


@pytest.mark.parametrize(("standing", "command", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_a_link_that_is_refused(standing: Standing, command: SayLink, error: type[Exception]) -> None:
    """With its sentence; the other refusals are told at the command line."""
    with pytest.raises(error):
        decide(standing, command)
    assert ANA.agency == "A/ONE"
